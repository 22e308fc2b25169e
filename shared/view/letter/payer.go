package letter

import (
	"latchkey.dev/shared/domain/client"
)

// PayerData is what a mail to a client about a change of who pays tells.
type PayerData struct {
	BoughtData // Thing is all that is paid for, Link the page with both contracts

	State    client.ChangeState
	ToClient bool   // whether the client is to pay
	Proposes bool   // whether it is the client who proposes it
	Pays     bool   // whether the client pays now
	Anew     bool   // whether the terms are not those that were proposed at first
	Card     bool   // whether a card is wanted
	Old, New string // what is paid each time, before and after: "€49.00 a month"
	Day      string // of the change
	Until    string // when the proposal expires
	Reason   string // why it came to nothing; "" where somebody said so
}

// Payer tells a client what became of a change of who pays, or that the agency proposes one.
func Payer(d PayerData) Letter {
	v := bought(&d.BoughtData)
	v.Preheader, v.Button = v.Say("payer.mail_preheader"), v.Say("payer.mail_look")
	brief, things := short(d.AgencyName, 60), short(d.Thing, 60)
	switch d.State {
	case client.ChangeProposed:
		return proposedPayer(d, v, brief, things)
	case client.ChangeAgreed:
		v.Title = v.Say("payer.mail_agreed", "agency", d.AgencyName)
		switch {
		case d.ToClient && d.Card:
			v.Button = v.Say("payer.card")
			v.Body = []string{v.Say("payer.mail_agreed_card", "day", d.Until, "new", d.New, "at", d.Day)}
		case d.ToClient:
			v.Body = []string{v.Say("payer.mail_agreed_yours", "new", d.New, "day", d.Day)}
		default:
			v.Body = []string{v.Say("payer.mail_agreed_theirs", "agency", d.AgencyName, "new", d.New, "day", d.Day)}
		}
		return v.letter(v.Say("payer.mail_agreed", "agency", brief))
	case client.ChangeScheduled:
		v.Title = v.Say("payer.mail_scheduled", "day", d.Day)
		v.Body = []string{v.Say("payer.mail_scheduled_they", "agency", d.AgencyName, "things", d.Thing, "day", d.Day)}
		if d.ToClient {
			v.Body = []string{v.Say("payer.mail_scheduled_you", "new", d.New, "day", d.Day, "things", d.Thing)}
		}
		return v.letter(v.Title)
	case client.ChangeDone:
		if d.ToClient {
			v.Title = v.Say("payer.mail_done_you", "things", d.Thing)
			v.Body = []string{v.Say("payer.mail_done_you_text", "new", d.New)}
			return v.letter(v.Say("payer.mail_done_you", "things", things))
		}
		v.Title = v.Say("payer.mail_done_they", "agency", d.AgencyName, "things", d.Thing)
		v.Body = []string{v.Say("payer.mail_done_they_text", "agency", d.AgencyName)}
		return v.letter(v.Say("payer.mail_done_they", "agency", brief, "things", things))
	}
	return endedPayer(d, v, brief)
}

// proposedPayer is the mail about a proposal that waits for an answer.
func proposedPayer(d PayerData, v boughtView, brief, things string) Letter {
	if d.Anew {
		v.Title = v.Say("payer.mail_anew", "day", d.Day)
		v.Body = []string{v.Say("payer.mail_anew_text", "day", d.Day), v.Say("payer.mail_anew_you", "day", d.Until)}
		if d.Proposes {
			v.Body[1] = v.Say("payer.mail_anew_they", "agency", d.AgencyName, "day", d.Until)
		}
		return v.letter(v.Title)
	}
	v.Button = v.Say("payer.mail_read")
	rest := []string{v.Say("payer.mail_nothing"), v.Say("payer.mail_answer", "day", d.Until)}
	if d.ToClient {
		v.Title = v.Say("payer.mail_asks", "agency", d.AgencyName, "things", d.Thing)
		v.Body = append([]string{v.Say("payer.mail_asks_text", "agency", d.AgencyName, "old", d.Old, "day", d.Day, "new", d.New)},
			rest...)
		return v.letter(v.Say("payer.mail_asks", "agency", brief, "things", things))
	}
	v.Title = v.Say("payer.mail_offers", "agency", d.AgencyName, "things", d.Thing)
	v.Body = append([]string{v.Say("payer.mail_offers_text", "agency", d.AgencyName, "old", d.Old, "day", d.Day, "new", d.New)},
		rest...)
	return v.letter(v.Say("payer.mail_offers", "agency", brief, "things", things))
}

// endedPayer is the mail about a change that came to nothing.
func endedPayer(d PayerData, v boughtView, brief string) Letter {
	subject := v.Say("payer.mail_canceled")
	v.Title = subject
	switch d.State {
	case client.ChangeDeclined:
		v.Title, subject = v.Say("payer.mail_declined", "agency", d.AgencyName), v.Say("payer.mail_declined", "agency", brief)
	case client.ChangeWithdrawn:
		subject = v.Say("payer.mail_withdrawn")
		v.Title = subject
	case client.ChangeExpired:
		subject = v.Say("payer.mail_expired")
		v.Title = subject
	case client.ChangeFailed:
		subject = v.Say("payer.mail_failed")
		v.Title = subject
	}
	if d.Reason != "" {
		v.Body = append(v.Body, d.Reason)
	}
	switch {
	case d.State != client.ChangeFailed && d.Reason == "":
		v.Body = append(v.Body, v.Say("payer.mail_no_change"))
	case d.State != client.ChangeFailed && d.State != client.ChangeExpired: // what happened is said, and may have ended what was paid
	case d.Pays:
		v.Body = append(v.Body, v.Say("payer.mail_goes_on_you", "things", d.Thing))
	default:
		v.Body = append(v.Body, v.Say("payer.mail_goes_on_they", "agency", d.AgencyName, "things", d.Thing))
	}
	return v.letter(subject)
}
