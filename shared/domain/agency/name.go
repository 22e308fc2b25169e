package agency

import (
	"strings"
	"time"
	"unicode"

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
	if row := 0; strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case unicode.IsDigit(r):
			row++
		case !unicode.IsSpace(r) && !unicode.IsPunct(r) && !unicode.Is(unicode.Cf, r): // "493 021" and "493-021" read as one
			row = 0
		}
		return row >= digitsInARow
	}) {
		return words.Say("notifications.held_digits")
	}
	n := 0
	for _, w := range strings.Fields(name) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) { // "&" is none
			n++
		}
	}
	if n > MailWords {
		return words.Say("notifications.held_words")
	}
	return ""
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
