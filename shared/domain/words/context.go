package words

import "context"

type inContext struct{}

// With has what is done in the context speak the language.
func With(ctx context.Context, l Language) context.Context {
	return context.WithValue(ctx, inContext{}, l)
}

// In is the language that is spoken in the context; English where none was said.
func In(ctx context.Context) Language {
	if l, said := Said(ctx); said {
		return l
	}
	return English
}

// Said is the language that the context was told to speak; said is false where it was told none.
func Said(ctx context.Context) (l Language, said bool) {
	l, said = ctx.Value(inContext{}).(Language)
	return l, said
}
