package page

import (
	"fmt"
	"html/template"
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

func ours(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") ||
		strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "mailto:") || strings.HasPrefix(address, "#")
}
