package letter

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// ReminderData is what the mail tells that reminds somebody of an invitation.
type ReminderData struct {
	Held        bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName  string
	AgencyColor string    // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string    // https only; otherwise the mail has none
	Inviter     string    // the name of the person who invites; "" for one that has none
	ClientName  string    // "" for a client without a name
	Link        string    // to the invitation
	Ends        time.Time // when it ends, by the recipient's clocks
	Stop        string    // the link by which its recipient stops reminders
	Platform    string
	Language    words.Language // "" for English
}

// Reminder is the mail that reminds somebody of an invitation before it ends. Link and Stop must be http or https URLs of our own making.
func Reminder(d ReminderData) Letter {
	d.AgencyName, d.ClientName, d.Platform, d.Inviter = line(d.AgencyName), line(d.ClientName), line(d.Platform), line(d.Inviter)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a, l := page.AccentOf(d.AgencyColor), in(d.Language)
	agency := short(d.AgencyName, 70)
	if d.Held {
		agency = l.Say("mail.some_agency", "platform", d.Platform)
	}
	v := struct {
		ReminderData
		Fill, On, Initial, Preheader, Who string
		Until                             words.Deadline
	}{d, a.LightFill, a.LightOn, initial(d.AgencyName), l.Say("reminders.mail_preheader"), d.AgencyName, words.Deadline(d.Ends)}
	if d.Inviter != "" {
		v.Who = l.Say("reminders.mail_who", "inviter", d.Inviter, "agency", d.AgencyName)
	}
	return l.letter(l.Say("reminders.mail_subject", "agency", agency), "reminder", v)
}
