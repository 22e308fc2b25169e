package words

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Language is a language that the product speaks, by its tag (BCP 47).
type Language string

// The languages. Hebrew is written from right to left.
const (
	English    Language = "en"
	German     Language = "de"
	French     Language = "fr"
	Spanish    Language = "es"
	Italian    Language = "it"
	Dutch      Language = "nl"
	Portuguese Language = "pt-BR"
	Polish     Language = "pl"
	Hebrew     Language = "he"
)

// spoken is every language with what it is called in itself, as people look for it in a list.
var spoken = []struct {
	Language
	name string
}{
	{English, "English"}, {German, "Deutsch"}, {French, "Français"}, {Spanish, "Español"}, {Italian, "Italiano"},
	{Dutch, "Nederlands"}, {Portuguese, "Português (Brasil)"}, {Polish, "Polski"}, {Hebrew, "עברית"},
}

// Languages lists every language, English first.
func Languages() []Language {
	all := make([]Language, len(spoken))
	for i, l := range spoken {
		all[i] = l.Language
	}
	return all
}

// ParseLanguage reads the tag of a language of ours, in any case; ok is false for any other.
func ParseLanguage(tag string) (l Language, ok bool) {
	for _, s := range spoken {
		if strings.EqualFold(tag, string(s.Language)) {
			return s.Language, true
		}
	}
	return "", false
}

// Name is what the language is called in itself.
func (l Language) Name() string {
	for _, s := range spoken {
		if s.Language == l {
			return s.name
		}
	}
	return string(l)
}

// Direction is in which direction the language is written, as HTML's dir says it: "ltr" or "rtl".
func (l Language) Direction() string {
	if l == Hebrew {
		return "rtl"
	}
	return "ltr"
}

// maxAccepted is the longest Accept-Language that is looked at, in bytes. Browsers send far less.
const maxAccepted = 200

// Accepted is the language of ours that an Accept-Language header likes best (RFC 9110 section 12.5.4); ok is false where it likes none,
// says nothing, or is too long to be a browser's. A language without its region stands for any of its regions (RFC 4647 section 3.4), and
// a region that we do not have for the one that we have: pt-PT is answered in pt-BR.
func Accepted(header string) (l Language, ok bool) {
	if len(header) > maxAccepted {
		return "", false
	}
	type liked struct {
		Language
		weight float64
	}
	var all []liked
	for entry := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(entry, ";")
		weight := 1.0
		if q, found := strings.CutPrefix(strings.TrimSpace(parameters), "q="); found {
			w, err := strconv.ParseFloat(q, 64)
			if err != nil || w < 0 || w > 1 {
				continue
			}
			weight = w
		} else if strings.TrimSpace(parameters) != "" {
			continue
		}
		if of, ours := nearest(strings.TrimSpace(tag)); ours && weight > 0 {
			all = append(all, liked{of, weight})
		}
	}
	if len(all) == 0 {
		return "", false
	}
	slices.SortStableFunc(all, func(a, b liked) int { return cmp.Compare(b.weight, a.weight) })
	return all[0].Language, true
}

// nearest is the language of ours that has the same first part as the tag. "iw" is how older systems name Hebrew (RFC 5646).
func nearest(tag string) (Language, bool) {
	if l, ok := ParseLanguage(tag); ok {
		return l, true
	}
	first, _, _ := strings.Cut(tag, "-")
	if strings.EqualFold(first, "iw") {
		return Hebrew, true
	}
	for _, s := range spoken {
		of, _, _ := strings.Cut(string(s.Language), "-")
		if strings.EqualFold(first, of) {
			return s.Language, true
		}
	}
	return "", false
}

// The forms of a sentence that counts something, by the names that CLDR has for them.
const (
	one   = "one"
	two   = "two"
	few   = "few"
	many  = "many"
	other = "other"
)

// form is which of them a whole number takes (Unicode CLDR 48, Language Plural Rules). The table is ours, since the one of x/text is of
// CLDR 32, which has other rules for five of these languages (golang/go issue 80753).
func (l Language) form(n int64) string {
	if n < 0 {
		n = -n
	}
	million := n != 0 && n%1_000_000 == 0
	switch l {
	case French, Portuguese:
		switch {
		case n <= 1:
			return one
		case million:
			return many
		}
	case Spanish, Italian:
		switch {
		case n == 1:
			return one
		case million:
			return many
		}
	case Polish:
		switch tens, units := n%100, n%10; {
		case n == 1:
			return one
		case units >= 2 && units <= 4 && (tens < 12 || tens > 14):
			return few
		default:
			return many
		}
	case Hebrew:
		switch n {
		case 1:
			return one
		case 2:
			return two
		}
	default:
		if n == 1 {
			return one
		}
	}
	return other
}

// Number is how the language writes a whole number, its thousands apart (Unicode CLDR 48, numbers). Spanish, Italian and Polish
// leave four digits together.
func (l Language) Number(n int64) string { return l.Decimal(n, 0) }

// Decimal is how the language writes a number of which the last decimals digits stand behind the point: 129000 with two is "1,290.00".
func (l Language) Decimal(n int64, decimals int) string {
	size := uint64(n) //nolint:gosec // two's complement: right for the smallest, too
	sign := ""
	if n < 0 {
		sign, size = "-", -size
		if l == Hebrew {
			sign = "\u200e-" // else the sign goes behind the number
		}
	}
	digits := strconv.FormatUint(size, 10)
	for len(digits) <= decimals {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	var b strings.Builder
	b.WriteString(sign)
	together := len(whole) <= 3 || len(whole) == 4 && (l == Spanish || l == Italian || l == Polish)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && !together {
			b.WriteString(l.thousands())
		}
		b.WriteRune(d)
	}
	if decimals > 0 {
		b.WriteString(l.point())
		b.WriteString(fraction)
	}
	return b.String()
}

// point is what stands between a number's whole and its fraction.
func (l Language) point() string {
	if l == English || l == Hebrew {
		return "."
	}
	return ","
}

func (l Language) thousands() string {
	switch l {
	case English, Hebrew:
		return ","
	case French:
		return "\u202f" // narrow no-break space
	case Polish:
		return "\u00a0"
	}
	return "."
}

// Localized is a value that reads differently in each language, such as a date or an amount.
type Localized interface {
	// In is how the value is written in the language.
	In(l Language) string
}

// written is a value as the language writes it.
func (l Language) written(v any) string {
	if v, ok := v.(Localized); ok {
		return v.In(l)
	}
	return fmt.Sprint(v)
}
