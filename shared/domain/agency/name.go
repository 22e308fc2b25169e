package agency

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/lookalike"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// MailWords is how many words a name has at most that stands in From and Subject without having been looked at.
const MailWords = 5

// digitsInARow is how many digits a sign-in code has: a name with as many could pass for one.
const digitsInARow = 6

// NameHeld says why a name of the agency stands in no From and no Subject, as the end of "because the name …"; "" when it may
// stand there. It may when nothing about it is odd, from the first paid plan on, and when the operator has allowed this very
// name. A name that mixes scripts within a word stands there never. Where it may not, mails are the platform's own, and the
// name stands in their text alone.
func (a *Agency) NameHeld(name, platform string) string {
	if text.MixedScripts(name) {
		return words.Say("notifications.held_scripts")
	}
	if a.Plan == Max || !a.Payment.PaidAt.IsZero() || a.NameAllowed != "" && a.NameAllowed == name {
		return ""
	}
	if like := lookalike.Of(name, platform); like != "" {
		return words.Say("notifications.held_like", "name", like)
	}
	seen := norm.NFKC.String(name) // circled and raised digits are digits
	if row := 0; strings.ContainsFunc(seen, func(r rune) bool {
		switch {
		case unicode.IsDigit(r):
			row++
		case unicode.IsLetter(r): // "493 021", "493-021" and "493|021" read as one
			row = 0
		}
		return row >= digitsInARow
	}) {
		return words.Say("notifications.held_digits")
	}
	if wordsOf(seen) > MailWords {
		return words.Say("notifications.held_words")
	}
	return ""
}

// wordsOf is how many words a name has. Signs part words as spaces do, "your-account-is-locked", but for single letters: those of
// "A.B.C. GmbH" are one word, and "&" is none.
func wordsOf(name string) int {
	n := 0
	for _, w := range strings.Fields(name) {
		long, letters := 0, false
		for p := range strings.FieldsFuncSeq(w, parts) {
			letters = true
			if utf8.RuneCountInString(p) > 1 {
				long++
			}
		}
		if long == 0 && letters {
			long = 1
		}
		n += long
	}
	return n
}

// Held says in a sentence that mails don't come in the agency's name, until when, and why; "" when they do, see NameHeld.
func (a *Agency) Held(platform string) string {
	why := a.NameHeld(a.Name, platform)
	switch {
	case why == "":
		return ""
	case text.MixedScripts(a.Name):
		return words.Say("notifications.name_never", "platform", platform, "why", why)
	}
	return words.Say("notifications.name_held", "platform", platform, "why", why)
}

// MailTier is how far the agency is trusted with mails that it causes.
func (a *Agency) MailTier(now time.Time) allowance.Tier {
	switch {
	case a.Plan != Max:
		return allowance.Free
	case now.Sub(a.CreatedAt) < Probation:
		return allowance.Young
	}
	return allowance.Established
}

// parts tells whether a character parts words.
func parts(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.M) && r != '\'' && r != '’'
}
