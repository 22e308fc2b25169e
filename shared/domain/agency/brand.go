package agency

import (
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

// DefaultColor is the colour of an agency that has not chosen one.
const DefaultColor = "#4f46e5"

// ParseName reads the name of an agency, which must have one.
func ParseName(typed string) (string, error) {
	name, err := text.Line("name", typed, text.MaxName)
	if err == nil && strings.Contains(name, "=?") { // begins a word in another encoding (RFC 2047), which readers of mail decode
		err = fault.InField("name", "errors.leave_out_encoded")
	}
	if err == nil && name == "" {
		err = fault.InField("name", "errors.enter_the_name_that_your_clients")
	}
	return name, err
}

// ParseColor reads a colour as #rrggbb, in either case; "" is [DefaultColor].
func ParseColor(typed string) (string, error) {
	c := strings.ToLower(strings.TrimSpace(typed))
	if c == "" {
		return DefaultColor, nil
	}
	if len(c) != 7 || c[0] != '#' || strings.Trim(c[1:], "0123456789abcdef") != "" {
		return "", fault.InField("color", "errors.write_the_colour_as_and_six")
	}
	return c, nil
}
