package letter

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// BoughtData is what the mails about something that a client has bought tell.
type BoughtData struct {
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	ClientName  string // the client's name, or its address
	Thing       string // "n8n Hosting, 30 GB"
	ToAgency    bool   // whether it goes to the agency's person, and not to the client
	Link        string // to the portal, or for the agency to the client's page; the only link in the mail
	On          time.Time
	SignIn      string // the address that the client signs in to n8n with; "" for what is no n8n
	Platform    string
	Language    words.Language // "" for English
}

type boughtView struct {
	speech
	BoughtData
	Fill, Letters, Initial, Preheader string
	Title, Button, Why                string
	Body                              []string
}

// Refund tells that what was bought could not be set up and is paid back.
func Refund(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = v.Say("mail.refund_title", "thing", d.Thing), v.Say("mail.refund_preheader")
	if d.ToAgency {
		v.Preheader = v.Say("mail.refund_preheader_agency")
		v.Body = []string{v.Say("mail.refund_text_agency", "client", d.ClientName, "thing", d.Thing),
			v.Say("mail.refund_rest_agency", "platform", d.Platform)}
		return v.letter(v.Say("mail.refund_subject_agency", "client", short(d.ClientName, 60), "thing", short(d.Thing, 60)))
	}
	v.Body = []string{v.Say("mail.refund_text", "thing", d.Thing), v.Say("mail.refund_rest", "agency", d.AgencyName)}
	return v.letter(v.Say("mail.refund_subject", "thing", short(d.Thing, 60)))
}

// Ready tells the client that what they have bought can be used, and how they get in.
func Ready(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = v.Say("mail.ready_title", "thing", d.Thing), v.Say("mail.ready_preheader")
	v.Body = []string{v.Say("mail.ready_text", "thing", d.Thing)}
	if d.SignIn != "" {
		v.Preheader = v.Say("mail.ready_preheader_n8n")
		v.Body = append(v.Body, v.Say("mail.ready_n8n", "email", line(d.SignIn)))
	}
	return v.letter(v.Say("mail.ready_title", "thing", short(d.Thing, 60)))
}

// Removal tells, a week before, that what is not paid any more will be deleted.
func Removal(d BoughtData) Letter {
	v := bought(&d)
	on := words.Date(d.On.UTC())
	v.Title, v.Preheader = v.Say("mail.removal_title", "thing", d.Thing, "day", on), v.Say("mail.removal_preheader")
	if d.ToAgency {
		v.Body = []string{v.Say("mail.removal_text_agency", "thing", d.Thing, "client", d.ClientName, "day", on),
			v.Say("mail.removal_keep_agency")}
		return v.letter(v.Say("mail.removal_subject_agency", "client", short(d.ClientName, 60), "thing", short(d.Thing, 60), "day", on))
	}
	v.Body = []string{v.Say("mail.removal_text", "thing", d.Thing, "agency", d.AgencyName, "day", on), v.Say("mail.removal_keep")}
	return v.letter(v.Say("mail.removal_subject", "thing", short(d.Thing, 60), "day", on))
}

func bought(d *BoughtData) boughtView {
	d.AgencyName, d.ClientName, d.Thing, d.Platform = line(d.AgencyName), line(d.ClientName), line(d.Thing), line(d.Platform)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	l := in(d.Language)
	v := boughtView{speech: l, BoughtData: *d, Fill: a.LightFill, Letters: a.LightOn, Initial: initial(d.AgencyName),
		Button: l.Say("mail.open_portal"), Why: l.Say("mail.bought_foot", "platform", d.Platform, "agency", d.AgencyName)}
	if d.ToAgency {
		v.Button = v.Say("mail.open_client")
		v.Why = v.Say("mail.bought_foot_agency", "platform", d.Platform, "agency", d.AgencyName)
	}
	return v
}

func (v boughtView) letter(subject string) Letter {
	return v.speech.letter(subject, "bought", v)
}
