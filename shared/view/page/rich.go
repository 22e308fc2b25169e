package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"latchkey.dev/shared/domain/words"
)

// RichIn is a sentence of the catalogue that has markup of its own, such as "You sign in with <b>{email}</b>.". Values are escaped, but for
// those that are HTML already. A value that stands as an address, <a href="{url}">, must be a path of ours, or begin with https:// or
// mailto:, since html/template does not look into what this returns.
func RichIn(l words.Language, key string, values ...any) (template.HTML, error) {
	for i := 0; i+1 < len(values); i += 2 {
		name, _ := values[i].(string)
		address, isText := values[i+1].(string)
		if isText && strings.HasSuffix(name, "url") && !ours(address) {
			return "", fmt.Errorf("page: %s: %s is no address to link to", key, name)
		}
	}
	s, err := l.Fill(key, func(v any) string {
		if safe, ok := v.(template.HTML); ok {
			return string(safe)
		}
		return template.HTMLEscapeString(fmt.Sprint(v))
	}, values...)
	return template.HTML(s), err //nolint:gosec // the catalogue is ours, and values are escaped
}

// apart keeps each value of a sentence that is read from right to left in an order of its own (UAX 9): without that the "x" of 192.0.2.x
// goes before the numbers, and the full stop after a name into it.
func apart(l words.Language, values []any) []any {
	if l.Direction() != "rtl" {
		return values
	}
	out := slices.Clone(values)
	for i := 1; i < len(out); i += 2 {
		if v, isText := out[i].(string); isText && v != "" && out[i-1] != "n" {
			out[i] = "\u2068" + v + "\u2069"
		}
	}
	return out
}

func ours(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") ||
		strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "mailto:") || strings.HasPrefix(address, "#")
}
