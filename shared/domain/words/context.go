package words

import "context"

type inContext struct{}

// With has what is done in the context speak the language.
func With(ctx context.Context, l Language) context.Context {
	return context.WithValue(ctx, inContext{}, l)
}

// In is the language that is spoken in the context; English where none was said.
func In(ctx context.Context) Language {
	if l, ok := ctx.Value(inContext{}).(Language); ok {
		return l
	}
	return English
}
