package letter

import (
	"time"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// AccountData is what a person reads of what has changed about how it signs in.
type AccountData struct {
	What     identity.What
	Name     string // of what has changed
	Before   string // what it was called, where its name has changed
	Device   string // on which that was done; "" where it told nothing
	At       time.Time
	Link     string // to the person's account; the only link in the mail
	Platform string
}

// Account is the mail that tells a person what has changed about how it signs in, so that it learns of what somebody else did.
func Account(d AccountData) Letter {
	d.Name, d.Before, d.Device, d.Platform = line(d.Name), line(d.Before), line(d.Device), line(d.Platform)
	title, what, unknown := accountWords(d)
	when := d.At.UTC().Format("2 January 2006, 15:04 UTC")
	if d.Device != "" {
		when += ", " + d.Device
	}
	a := page.AccentOf("")
	v := struct {
		AccountData
		Title, What, When, Unknown, Fill, On, Preheader string
	}{d, title, what, when, unknown, a.LightFill, a.LightOn, words.Say("mail.account_preheader")}
	return Letter{Subject: words.Say("mail.account_subject", "title", title, "platform", d.Platform),
		Text: text("account.txt", v), HTML: html("account.html", v)}
}

// accountWords say what has changed, in a title and a sentence, and what to do about it where that was somebody else.
func accountWords(d AccountData) (title, what, unknown string) {
	switch d.What {
	case identity.PasskeyRenamed:
		return words.Say("mail.passkey_renamed"), words.Say("mail.passkey_renamed_text", "before", d.Before),
			words.Say("mail.passkey_renamed_unknown")
	case identity.PasskeyRemoved:
		return words.Say("mail.passkey_removed"), words.Say("mail.passkey_removed_text"), words.Say("mail.passkey_removed_unknown")
	}
	return words.Say("mail.passkey_added"), words.Say("mail.passkey_added_text"), words.Say("mail.passkey_added_unknown")
}
