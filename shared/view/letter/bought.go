package letter

import (
	"strings"
	"time"

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
	v.Title, v.Preheader = d.Thing+" could not be set up", "The payment for it is on its way back."
	if d.ToAgency {
		v.Body = []string{
			d.ClientName + " paid for " + d.Thing + ". We tried to set it up for a day and did not manage to, so we have taken it off " +
				"the subscription and returned what was paid for it.",
			"Whatever else the client has bought stays as it is. The people who run " + d.Platform + " know about it, too.",
		}
		return v.letter(short(d.Thing, 60) + " of " + short(d.ClientName, 60) + " could not be set up and is refunded")
	}
	v.Body = []string{
		"We are sorry: we tried to set up " + d.Thing +
			" for a day and did not manage to. We have returned what you paid for it to your card, which takes your bank five to ten " +
			"days, and it will not be charged again.",
		"Whatever else you have bought from " + d.AgencyName + " stays as it is.",
	}
	return v.letter(short(d.Thing, 60) + " could not be set up, and your payment is returned")
}

// Ready tells the client that what they have bought can be used, and how they get in.
func Ready(d BoughtData) Letter {
	v := bought(&d)
	v.Title, v.Preheader = d.Thing+" is ready", "Open your portal to start."
	v.Body = []string{"We've set up " + d.Thing + " for you. You'll find it in your portal."}
	if d.SignIn != "" {
		v.Preheader = "Choose your password and start."
		v.Body = append(v.Body, "You sign in to n8n with "+line(d.SignIn)+". The first time, open the instance in your portal and press "+
			"“Get your n8n account”: n8n asks you to choose a password. We never see it.")
	}
	return v.letter(short(d.Thing, 60) + " is ready")
}

// Removal tells, a week before, that what is not paid any more will be deleted.
func Removal(d BoughtData) Letter {
	v := bought(&d)
	on := d.On.UTC().Format("2 January 2006")
	v.Title, v.Preheader = d.Thing+" will be deleted on "+on, "It is suspended because it is not paid any more."
	if d.ToAgency {
		v.Body = []string{
			d.Thing + " of " + d.ClientName + " is suspended, because the client does not pay for it any more. On " + on +
				" it is deleted with all that is in it.",
			"When the client pays again before that day, it goes on as it was.",
		}
		return v.letter(short(d.Thing, 60) + " of " + short(d.ClientName, 60) + " will be deleted on " + on)
	}
	v.Body = []string{
		d.Thing + " from " + d.AgencyName + " is suspended, because it is not paid any more. On " + on +
			" it is deleted with all that is in it.",
		"To keep it, open your portal and pay again before that day: it then goes on as it was. To let it go, you need do nothing.",
	}
	return v.letter(short(d.Thing, 60) + " will be deleted on " + on)
}

func bought(d *BoughtData) boughtView {
	d.AgencyName, d.ClientName, d.Thing, d.Platform = line(d.AgencyName), line(d.ClientName), line(d.Thing), line(d.Platform)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	v := boughtView{BoughtData: *d, Fill: a.LightFill, Letters: a.LightOn, Initial: initial(d.AgencyName), Button: "Open your portal"}
	v.Why = "because you bought it from " + d.AgencyName + "."
	if d.ToAgency {
		v.Button, v.Why = "Open the client's page", "because you invited this client for "+d.AgencyName+"."
	}
	return v
}

func (v boughtView) letter(subject string) Letter {
	return Letter{Subject: subject, Text: text("bought.txt", v), HTML: html("bought.html", v)}
}
