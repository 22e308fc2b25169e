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
}

type boughtView struct {
	BoughtData
	Fill, Letters, Initial, Preheader string
	Title, Button, Why                string
	Body                              []string
}

// Refund tells that what was bought could not be set up and is paid back.
func Refund(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = words.Say("mail.refund_title", "thing", d.Thing), words.Say("mail.refund_preheader")
	if d.ToAgency {
		v.Preheader = words.Say("mail.refund_preheader_agency")
		v.Body = []string{words.Say("mail.refund_text_agency", "client", d.ClientName, "thing", d.Thing),
			words.Say("mail.refund_rest_agency", "platform", d.Platform)}
		return v.letter(words.Say("mail.refund_subject_agency", "client", short(d.ClientName, 60), "thing", short(d.Thing, 60)))
	}
	v.Body = []string{words.Say("mail.refund_text", "thing", d.Thing), words.Say("mail.refund_rest", "agency", d.AgencyName)}
	return v.letter(words.Say("mail.refund_subject", "thing", short(d.Thing, 60)))
}

// Ready tells the client that what they have bought can be used, and how they get in.
func Ready(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = words.Say("mail.ready_title", "thing", d.Thing), words.Say("mail.ready_preheader")
	v.Body = []string{words.Say("mail.ready_text", "thing", d.Thing)}
	if d.SignIn != "" {
		v.Preheader = words.Say("mail.ready_preheader_n8n")
		v.Body = append(v.Body, words.Say("mail.ready_n8n", "email", line(d.SignIn)))
	}
	return v.letter(words.Say("mail.ready_title", "thing", short(d.Thing, 60)))
}

// Removal tells, a week before, that what is not paid any more will be deleted.
func Removal(d BoughtData) Letter {
	v := bought(&d)
	on := d.On.UTC().Format("2 January 2006")
	v.Title, v.Preheader = words.Say("mail.removal_title", "thing", d.Thing, "day", on), words.Say("mail.removal_preheader")
	if d.ToAgency {
		v.Body = []string{words.Say("mail.removal_text_agency", "thing", d.Thing, "client", d.ClientName, "day", on),
			words.Say("mail.removal_keep_agency")}
		return v.letter(words.Say("mail.removal_subject_agency", "client", short(d.ClientName, 60), "thing", short(d.Thing, 60), "day", on))
	}
	v.Body = []string{words.Say("mail.removal_text", "thing", d.Thing, "agency", d.AgencyName, "day", on), words.Say("mail.removal_keep")}
	return v.letter(words.Say("mail.removal_subject", "thing", short(d.Thing, 60), "day", on))
}

func bought(d *BoughtData) boughtView {
	d.AgencyName, d.ClientName, d.Thing, d.Platform = line(d.AgencyName), line(d.ClientName), line(d.Thing), line(d.Platform)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	v := boughtView{BoughtData: *d, Fill: a.LightFill, Letters: a.LightOn, Initial: initial(d.AgencyName),
		Button: words.Say("mail.open_portal"), Why: words.Say("mail.bought_foot", "platform", d.Platform, "agency", d.AgencyName)}
	if d.ToAgency {
		v.Button = words.Say("mail.open_client")
		v.Why = words.Say("mail.bought_foot_agency", "platform", d.Platform, "agency", d.AgencyName)
	}
	return v
}

func (v boughtView) letter(subject string) Letter {
	return Letter{Subject: subject, Text: text("bought.txt", v), HTML: html("bought.html", v)}
}
