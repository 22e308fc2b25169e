package letter

import "latchkey.dev/shared/domain/agency"

// StandingData is what the mails about an agency's standing tell.
type StandingData struct {
	AgencyName string
	To, From   agency.Standing // how it stands now, and how it stood
	ToAgency   bool            // whether it goes to somebody who works there, and not to a client that pays
	Link       string          // to the agency's list of clients, or to the portal; the only link in the mail
	Platform   string
}

// Standing tells that an agency is suspended, that what its clients have bought is stopped too, or that it goes on. It has nothing of
// the agency's brand.
func Standing(d StandingData) Letter {
	v := bought(&BoughtData{AgencyName: d.Platform, ToAgency: d.ToAgency, Link: d.Link, Platform: d.Platform})
	name := line(d.AgencyName)
	if v.Button, v.Why = "Open your portal", v.Platform+" sent this email because you bought something from "+name+"."; d.ToAgency {
		v.Button, v.Why = "Open "+v.Platform, v.Platform+" sent this email because you work at "+name+"."
	}
	subject := ""
	switch {
	case d.To == agency.Halted && d.ToAgency:
		v.Title, v.Preheader = "What your clients bought is stopped", "They are not charged while it is."
		v.Body = []string{
			name + " is suspended, and what your clients have bought is stopped. They are not charged from today on, and get the days " +
				"back that they had paid for. We told them, too.",
			"Nothing is deleted. Write to our support to sort it out.",
		}
		subject = "What the clients of " + short(name, 60) + " bought is stopped"
	case d.To == agency.Halted:
		v.Title, v.Preheader = "What you bought is stopped for now", "You are not charged, and get the unused days back."
		v.Body = []string{
			"We stopped what you bought from " + name + ". You are not charged from today on. The days you had already paid for are " +
				"returned to your card, which takes your bank five to ten days.",
			"Nothing is deleted. When it starts again we tell you, and your card is charged for a new period from that day. You can " +
				"cancel in your portal at any time.",
		}
		subject = "What you bought from " + short(name, 60) + " is stopped, and you are not charged"
	case d.To == agency.Suspended && d.ToAgency:
		v.Title, v.Preheader = name+" is suspended", "Pending invites are cancelled and your portals are paused."
		v.Body = []string{
			"We suspended " + name + ". Its pending invites and open payment pages are cancelled, and its portals are paused.",
			"Clients who pay for what is their own keep it and go on paying. Your data stays. Write to our support to sort it out.",
		}
		subject = short(name, 60) + " is suspended"
	case d.To == agency.Suspended:
		v.Title, v.Preheader = "What you bought stays yours", "The portal of "+name+" is paused."
		v.Body = []string{
			"The portal of " + name + " is paused, so what they shared with you is closed for now.",
			"What you bought keeps running, and you pay for it as before. Your portal still has your contract, your card and your " +
				"invoices, and you can cancel there.",
		}
		subject = "The portal of " + short(name, 60) + " is paused; what you bought keeps running"
	case d.ToAgency:
		v.Title, v.Preheader = name+" is back", "The suspension is lifted."
		v.Body = []string{"The suspension of " + name + " is lifted. Your portals are open, and you can invite clients again. " +
			"Invites that were pending are cancelled: send them again."}
		subject = "The suspension of " + short(name, 60) + " is lifted"
	case d.From == agency.Halted:
		v.Title, v.Preheader = "What you bought starts again", "Your card is charged for a new period from today on."
		v.Body = []string{"What you bought from " + name + " starts again, with everything in it. A new period begins today, and " +
			"your card is charged for it. You can cancel in your portal at any time."}
		subject = "What you bought from " + short(name, 60) + " starts again"
	default:
		v.Title, v.Preheader = "The portal of "+name+" is open again", "Everything is as it was."
		v.Body = []string{"The portal of " + name + " is open again, with everything that they share with you. What you bought was " +
			"running all the time."}
		subject = "The portal of " + short(name, 60) + " is open again"
	}
	return v.letter(subject)
}
