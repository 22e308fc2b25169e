package text

import (
	"fmt"
	"strings"
	"unicode"

	"latchkey.dev/shared/domain/fault"
)

// turns are the characters that turn the writing direction around and so can make a name read as another one, by name
// (UAX 9, explicit directional embeddings, overrides and isolates).
var turns = map[rune]string{
	'\u202a': "left-to-right embedding", '\u202b': "right-to-left embedding", '\u202c': "pop directional formatting",
	'\u202d': "left-to-right override", '\u202e': "right-to-left override", '\u2066': "left-to-right isolate",
	'\u2067': "right-to-left isolate", '\u2068': "first strong isolate", '\u2069': "pop directional isolate",
}

// joined are the scripts whose words are written with joiners (UAX 31, section 2.3).
var joined = []*unicode.RangeTable{unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
	unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
	unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Khmer}

const (
	joiner    = '\u200d'
	nonJoiner = '\u200c'
	blackFlag = '\U0001f3f4'
)

// Seen leaves out what cannot be seen and changes nothing that can: marks of direction, which the pages and mails set by
// isolating each name, spaces without width, soft hyphens, byte order marks. Joiners stay where a script or an emoji is
// written with them. What turns the direction around stays, for whoever reads it to refuse.
func Seen(s string) string {
	if strings.IndexFunc(s, maybeUnseen) < 0 {
		return s
	}
	var out []rune
	all := []rune(s)
	flag := false // within the tags of a flag
	for i, r := range all {
		var before, after rune
		if len(out) > 0 {
			before = out[len(out)-1]
		}
		if i+1 < len(all) {
			after = all[i+1]
		}
		flag = flag && isTag(r) || r == blackFlag
		if !unseen(r) || keeps(r, before, after, flag) {
			out = append(out, r)
		}
	}
	return string(out)
}

func maybeUnseen(r rune) bool { return r >= 0x80 && unseen(r) }

// unseen tells whether a character shows nothing and is not white space, a control or a turn: formats, but for those
// that are drawn before a number, and what Unicode has programs ignore that cannot show it.
func unseen(r rune) bool {
	if turns[r] != "" {
		return false
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) ||
		r == '\u034f' || r == '\u180b' || r == '\u180c' || r == '\u180d' || r == '\u180f' || r >= 0xe0100 && r <= 0xe01ef ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.IsLetter(r)
}

// keeps tells whether what cannot be seen is needed between the two.
func keeps(r, before, after rune, flag bool) bool {
	switch {
	case r == joiner && pictured(before) && unicode.Is(unicode.So, after):
		return true
	case r == joiner || r == nonJoiner:
		return unicode.In(before, joined...)
	case isTag(r):
		return flag
	case r >= 0xe0100 && r <= 0xe01ef: // the form of an ideograph in a name
		return unicode.Is(unicode.Han, before)
	case r >= '\u180b' && r <= '\u180f':
		return unicode.Is(unicode.Mongolian, before)
	}
	return false
}

func isTag(r rune) bool { return r >= 0xe0020 && r <= 0xe007f }

// pictured tells whether an emoji may end with the character: a sign, a skin tone or the selector of pictures.
func pictured(r rune) bool {
	return unicode.Is(unicode.So, r) || r >= 0x1f3fb && r <= 0x1f3ff || r == '\ufe0f'
}

// Trim leaves out white space and what cannot be seen at both ends, as what is copied from a page or a chat brings along.
// It is for what has one form and is no prose: addresses, codes, keys.
func Trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || turns[r] != "" || r >= 0x80 && unseen(r) })
}

// turnFault refuses what turns the writing direction around, and names it, since it cannot be seen.
func turnFault(field string, r rune) error {
	return fault.InField(field, "errors.there_is_a_character_in_it", "turns", turns[r], "sprintf", fmt.Sprintf("U+%04X", r))
}
