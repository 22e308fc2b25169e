package letter

import "latchkey.dev/shared/domain/words"

// ApprovedData is what the mail tells by which somebody hears that an agency lets it in.
type ApprovedData struct {
	Held        bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	Email       string // what the person signs in with
	Link        string // to the portal; the only link in the mail
	Platform    string
	Language    words.Language // "" for English
}

// Approved tells a person that the agency lets it in. It holds no secret, and nothing of what the portal shows.
func Approved(d ApprovedData) Letter {
	v := bought(&BoughtData{AgencyName: d.AgencyName, AgencyColor: d.AgencyColor, LogoURL: d.LogoURL, Link: d.Link, Platform: d.Platform,
		Language: d.Language})
	v.Title, v.Preheader = v.Say("mail.approved_title", "agency", v.AgencyName), v.Say("mail.approved_preheader")
	v.Body = []string{v.Say("mail.approved_text", "agency", v.AgencyName), v.Say("mail.approved_sign_in", "email", line(d.Email))}
	v.Why = v.Say("mail.approved_foot", "platform", v.Platform, "agency", v.AgencyName)
	if d.Held {
		return v.letter(v.Say("mail.approved_held"))
	}
	return v.letter(v.Say("mail.approved_subject", "agency", short(v.AgencyName, 80)))
}
