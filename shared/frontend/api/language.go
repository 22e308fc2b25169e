package api

import (
	"context"

	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// Spoken is the language in which a caller shows somebody what that person agrees to.
type Spoken struct {
	Language string `query:"language" doc:"Of your page. The hash holds for it. English if left out." example:"de"`
}

// in is the context that speaks the language. Fault: [fault.Invalid] in language.
func (s Spoken) in(ctx context.Context) (context.Context, error) {
	l, err := text.Language("language", s.Language)
	if err != nil || l == "" {
		return ctx, err
	}
	return words.With(ctx, l), nil
}
