package letter

import (
	"strings"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// ReminderData is what the mail tells that reminds somebody of an invitation.
type ReminderData struct {
	Held        bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	Inviter     string // the name of the person who invites; "" for one that has none
	ClientName  string // "" for a client without a name
	Link        string // to the invitation
	Ends        string // when it ends, by the recipient's clocks
	Stop        string // the link by which its recipient stops reminders
	Platform    string
}

// Reminder is the mail that reminds somebody of an invitation before it ends. Link and Stop must be http or https URLs of our own making.
func Reminder(d ReminderData) Letter {
	d.AgencyName, d.ClientName, d.Platform, d.Inviter = line(d.AgencyName), line(d.ClientName), line(d.Platform), line(d.Inviter)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	agency := short(d.AgencyName, 70)
	if d.Held {
		agency = words.Say("notifications.some_agency", "platform", d.Platform)
	}
	v := struct {
		ReminderData
		Fill, On, Initial, Preheader, Who string
	}{d, a.LightFill, a.LightOn, initial(d.AgencyName), words.Say("reminders.mail_preheader"), d.AgencyName}
	if d.Inviter != "" {
		v.Who = words.Say("reminders.mail_who", "inviter", d.Inviter, "agency", d.AgencyName)
	}
	return Letter{Subject: words.Say("reminders.mail_subject", "agency", agency), Text: text("reminder.txt", v),
		HTML: html("reminder.html", v)}
}
