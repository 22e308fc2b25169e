// Package lookalike tells names that could be taken for that of a well-known organisation: they hold its name, or are written
// with letters and digits that look like it.
package lookalike

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed names.txt
var file string

// known is a name of the list.
type known struct {
	name string // as the list has it
	skel string // all of it, as it looks, without spaces
	word bool   // whether it counts as a word of its own only
}

var list = sync.OnceValue(func() []known {
	var out []known
	for _, l := range strings.Split(file, "\n") {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		name, word := strings.CutSuffix(l, "=")
		out = append(out, entry(name, word))
	}
	return out
})

func entry(name string, word bool) known {
	k := known{name: name, skel: strings.Join(words(name), ""), word: word}
	k.word = k.word || len(k.skel) < inside
	return k
}

// inside is how many letters a name of the list has at least that is looked for within words: "paypalsupport". A shorter one
// stands in too many words by chance.
const inside = 5

// Of is the name of the list, or among the others, that s holds or looks like; "" for none. Case, accents, spaces and signs do
// not count, and letters and digits that look alike are one: "Рaypal", "P a y p a l" and "PAYPA1-Support" are PayPal.
func Of(s string, others ...string) string {
	w := words(s)
	names := list()
	for _, o := range others {
		names = append(names[:len(names):len(names)], entry(o, false))
	}
	for _, k := range names {
		if k.skel != "" && k.in(w) {
			return k.name
		}
	}
	return ""
}

// in tells whether the words hold the name: some of them in a row are the name, or, of a longer name, the row holds it.
func (k known) in(words []string) bool {
	for from := range words {
		row := ""
		for _, w := range words[from:] {
			row += w
			if row == k.skel {
				return true
			}
			if len(row) >= len(k.skel) {
				break
			}
		}
		if !k.word && strings.Contains(words[from], k.skel) {
			return true
		}
	}
	// "PayPalSupport" in one word is found above; "Pay Pal-Support" is not cut where its words are.
	return !k.word && len(k.skel) >= across && strings.Contains(strings.Join(words, ""), k.skel)
}

// Skeleton is s as it looks: what has one skeleton can be taken for each other.
func Skeleton(s string) string { return strings.Join(words(s), "") }

// across is how many letters a name has at least that is looked for across words.
const across = 6

// words are the words of s as they look.
func words(s string) []string {
	s = strings.ToLower(strings.Map(func(r rune) rune {
		if like, ok := capitals[r]; ok {
			return like
		}
		return r
	}, norm.NFKC.String(s)))
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || r == '\'' || r == '’': // accents, what cannot be seen
		default:
			if like, ok := looks()[r]; ok {
				b.WriteString(like)
			} else if unicode.IsLetter(r) || unicode.IsDigit(r) {
				b.WriteRune(r)
			} else {
				b.WriteByte(' ')
			}
		}
	}
	out := strings.Fields(b.String())
	for i := range out {
		out[i] = pairs.Replace(out[i])
	}
	return out
}

// pairs are letters that look like one when they stand together.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// capitals are those that look like a Latin one, where the small letter looks like another or like none.
var capitals = map[rune]rune{'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'Ο': 'o', 'Ρ': 'p',
	'Τ': 't', 'Υ': 'y', 'Χ': 'x'}

// looks is what a letter, digit or sign is taken for: one letter of the Latin alphabet, where i stands for all thin ones. It has
// what keyboards have, and of Unicode's confusables (UTS 39) the lower-case letters of the scripts that are close to Latin; what
// NFKC and the taking away of accents make of a letter is not here.
var looks = sync.OnceValue(func() map[rune]string {
	out := map[rune]string{}
	for to, from := range map[string]string{
		"a": "а4@αɑａ", "b": "8ьвƅɓ", "c": "сϲçƈᴄ", "d": "ԁɗđժ", "e": "е3єёҽɛεəє€", "f": "ƒſ", "g": "9ɡցɠ", "h": "һհнɦ",
		"i": "1l|!іıɩιӏɪłļɭ¡", "j": "јʝ", "k": "кκқƙ", "m": "мɱ", "n": "пողɲŋη", "o": "0оοσօөø°", "p": "рρƿ", "q": "ԛզɋ",
		"r": "гяɾʀ", "s": "5ѕ$ʂꜱ", "t": "7тτŧ+", "u": "υսʋц", "v": "νѵט", "w": "ԝωшѡɯ", "x": "хχ×", "y": "уγүʏ", "z": "2ʐᴢ",
		"ss": "ß", "ae": "æ", "oe": "œ",
	} {
		for _, r := range from {
			out[r] = to
		}
	}
	return out
})
