// Package text decides which words of a user may be shown to another: in a mail's subject, on a page, in a list.
// An invite is mail in our name to somebody who did not ask for it, so names and messages carry no links, no markup
// and nothing that a mail header could be broken with.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/fault"
)

// Limits, in characters.
const (
	MaxName    = 200
	MaxMessage = 500
)

// Line checks one line of text typed into field and returns it trimmed, with runs of white space folded and in
// Unicode's normal form C, without what cannot be seen; "" when nothing of it would be seen. It returns a fault in the field
// for line breaks, control characters, characters that turn the writing direction, markup, what looks like a link, and more
// than most characters.
func Line(field, typed string, most int) (string, error) {
	if strings.ContainsAny(typed, "\r\n\u2028\u2029") {
		return "", fault.InField(field, "errors.keep_this_to_one_line")
	}
	return clean(field, typed, most, true)
}

// Plain is like Line for what is no name and is mailed to nobody, such as a telephone number: what looks like a link, or like markup,
// stays as it is.
func Plain(field, typed string, most int) (string, error) {
	if strings.ContainsAny(typed, "\r\n\u2028\u2029") {
		return "", fault.InField(field, "errors.keep_this_to_one_line")
	}
	return clean(field, typed, most, false)
}

// Paragraph is like Line, but keeps single line breaks.
func Paragraph(field, typed string, most int) (string, error) {
	return paragraph(field, typed, most, true)
}

// Prose is like Paragraph for what is mailed to nobody: what looks like a link, or like markup, stays as it is.
func Prose(field, typed string, most int) (string, error) {
	return paragraph(field, typed, most, false)
}

func paragraph(field, typed string, most int, strict bool) (string, error) {
	typed = strings.ReplaceAll(strings.ReplaceAll(typed, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(typed, "\n")
	var kept []string
	for _, l := range lines {
		c, err := clean(field, l, most, strict)
		if err != nil {
			return "", err
		}
		kept = append(kept, c)
	}
	s := strings.TrimSpace(strings.Join(kept, "\n"))
	if utf8.RuneCountInString(s) > most {
		return "", fault.InField(field, "errors.use_at_most_characters", "most", most)
	}
	return s, nil
}

// Fold is s as it is compared when people search: in Unicode's normal form C, in lower case, without white space around it
// and without what cannot be seen.
func Fold(s string) string { return strings.ToLower(norm.NFC.String(Trim(Seen(s)))) }

// clean checks one line. A strict one has no markup and no link in it.
func clean(field, typed string, most int, strict bool) (string, error) {
	if !utf8.ValidString(typed) {
		return "", fault.InField(field, "errors.use_plain_text_utf_8")
	}
	space := func(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' }
	s := strings.Join(strings.FieldsFunc(norm.NFC.String(Seen(typed)), space), " ")
	for _, r := range s {
		if turns[r] != "" {
			return "", turnFault(field, r)
		}
		if unicode.IsControl(r) {
			return "", fault.InField(field, "errors.leave_out_control_characters")
		}
	}
	// Before what takes longer, since what is typed may be of any length.
	if utf8.RuneCountInString(s) > most {
		return "", fault.InField(field, "errors.use_at_most_characters", "most", most)
	}
	if strict && strings.ContainsAny(s, "<>") {
		return "", fault.InField(field, "errors.leave_out_and")
	}
	if strict {
		if found, instead := Link(s); found != "" {
			return "", linkFault(field, found, instead)
		}
	}
	if !strings.ContainsFunc(s, visible) {
		return "", nil
	}
	return s, nil
}

// visible tells whether a character shows anything by itself. Unicode takes the fillers of Hangul for letters and the
// Braille blank for a sign, though they are drawn as nothing.
func visible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return false
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
}

// MixedScripts tells whether s mixes letters of scripts that are easily taken for each other (Latin, Cyrillic,
// Greek) within one word: "Pаypal" with a Cyrillic а (Unicode Technical Standard 39, section 5).
func MixedScripts(s string) bool {
	for _, word := range strings.Fields(s) {
		seen := 0
		for i, table := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(table, r) }) {
				seen |= 1 << i
			}
		}
		if seen&(seen-1) != 0 {
			return true
		}
	}
	return false
}
