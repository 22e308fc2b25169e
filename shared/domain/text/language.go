package text

import (
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// Language reads the tag of a language that was sent in field; "" is none. It returns a fault in the field for one that the product
// doesn't speak.
func Language(field, typed string) (words.Language, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return "", nil
	}
	if l, ok := words.ParseLanguage(typed); ok {
		return l, nil
	}
	var all []string
	for _, l := range words.Languages() {
		all = append(all, string(l))
	}
	return "", fault.InField(field, "errors.choose_a_language", "languages", strings.Join(all, ", "))
}
