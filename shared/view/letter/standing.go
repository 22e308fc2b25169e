package letter

import (
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/words"
)

// StandingData is what the mails about an agency's standing tell.
type StandingData struct {
	AgencyName string
	To, From   agency.Standing // how it stands now, and how it stood
	ToAgency   bool            // whether it goes to somebody who works there, and not to a client that pays
	OnMax      bool            // whether the agency pays for its own plan
	Link       string          // to the agency's list of clients, or to the portal; the only link in the mail
	Platform   string
	Language   words.Language // "" for English
}

// Standing tells that an agency is suspended, that what its clients have bought is stopped too, or that it goes on. It has nothing of
// the agency's brand.
func Standing(d StandingData) Letter {
	v := bought(&BoughtData{AgencyName: d.Platform, ToAgency: d.ToAgency, Link: d.Link, Platform: d.Platform,
		Language: d.Language})
	name, brief := line(d.AgencyName), short(d.AgencyName, 60)
	if d.ToAgency {
		v.Button, v.Why = v.Say("mail.standing_open", "platform", v.Platform),
			v.Say("mail.standing_foot_agency", "platform", v.Platform, "agency", name)
		return standingToAgency(d, &v, name, brief)
	}
	v.Why = v.Say("mail.standing_foot", "platform", v.Platform, "agency", name)
	switch {
	case d.To == agency.Halted:
		v.Title, v.Preheader = v.Say("mail.halted_title"), v.Say("mail.halted_preheader")
		v.Body = []string{v.Say("mail.halted_text", "agency", name), v.Say("mail.halted_next")}
		return v.letter(v.Say("mail.halted_subject", "agency", brief))
	case d.To == agency.Suspended:
		v.Title, v.Preheader = v.Say("mail.suspended_title"), v.Say("mail.suspended_preheader", "agency", name)
		v.Body = []string{v.Say("mail.suspended_text", "agency", name), v.Say("mail.suspended_next")}
		return v.letter(v.Say("mail.suspended_subject", "agency", brief))
	case d.From == agency.Halted:
		v.Title, v.Preheader = v.Say("mail.restarted_title"), v.Say("mail.restarted_preheader")
		v.Body = []string{v.Say("mail.restarted_text", "agency", name)}
		return v.letter(v.Say("mail.restarted_subject", "agency", brief))
	}
	v.Title, v.Preheader = v.Say("mail.resumed_title", "agency", name), v.Say("mail.resumed_preheader")
	v.Body = []string{v.Say("mail.resumed_text", "agency", name)}
	return v.letter(v.Say("mail.resumed_subject", "agency", brief))
}

// standingToAgency is [Standing] for somebody who works at the agency.
func standingToAgency(d StandingData, v *boughtView, name, brief string) Letter {
	var subject string
	switch d.To {
	case agency.Halted:
		v.Title, v.Preheader = v.Say("mail.halted_title_agency"), v.Say("mail.halted_preheader_agency")
		v.Body = []string{v.Say("mail.halted_text_agency", "agency", name)}
		subject = v.Say("mail.halted_subject_agency", "agency", brief)
	case agency.Suspended:
		v.Title, v.Preheader = v.Say("mail.suspended_title_agency", "agency", name), v.Say("mail.suspended_preheader_agency")
		v.Body = []string{v.Say("mail.suspended_text_agency", "agency", name), v.Say("mail.suspended_keep_agency")}
		subject = v.Say("mail.suspended_subject_agency", "agency", brief)
	default:
		v.Title, v.Preheader = v.Say("mail.resumed_title_agency", "agency", name), v.Say("mail.resumed_preheader_agency")
		v.Body = []string{v.Say("mail.resumed_text_agency", "agency", name)}
		if d.OnMax {
			v.Body = append(v.Body, v.Say("mail.resumed_max"))
		}
		return v.letter(v.Say("mail.resumed_subject_agency", "agency", brief))
	}
	if d.OnMax && d.From == agency.Good {
		v.Body = append(v.Body, v.Say("mail.suspended_max"))
	}
	v.Body = append(v.Body, v.Say("mail.standing_support"))
	return v.letter(subject)
}
