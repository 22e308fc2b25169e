package letter

import (
	"time"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
)

// AccountData is what the mails tell of how somebody signs in.
type AccountData struct {
	Tells    identity.Tells
	Told     identity.Told
	When     time.Time
	Link     string // to the person's own account, or to the agency's members; the only link in the mail
	Platform string
	Language words.Language // "" for English
}

// Account tells a person that something has changed in how they sign in, or an owner that it has for a colleague.
func Account(d AccountData) Letter {
	d.Platform = line(d.Platform)
	provider, account, device := line(d.Told.Provider), line(d.Told.Account), line(d.Told.Device)
	v := bought(&BoughtData{AgencyName: d.Platform, ToAgency: true, Link: d.Link, Platform: d.Platform,
		Language: d.Language})
	v.Button, v.Why = v.Say("accountmail.open"), v.Say("accountmail.foot", "platform", d.Platform)
	v.Preheader = v.Say("accountmail.preheader")
	when := words.Moment(d.When.UTC())
	what, passkey, notYou := provider, line(d.Told.Passkey), v.Say("accountmail.not_you")
	if account != "" {
		what = v.Say("accountmail.account", "provider", provider, "account", account)
	}
	switch d.Tells {
	case identity.LinkAdded:
		v.Title = v.Say("accountmail.added_title", "provider", provider)
		v.Body = []string{v.Say("accountmail.added", "what", what, "platform", d.Platform)}
	case identity.LinkDropped:
		v.Title = v.Say("accountmail.dropped_title", "provider", provider)
		v.Body = []string{v.Say("accountmail.dropped", "what", what)}
	case identity.LinkReplaced:
		v.Title = v.Say("accountmail.replaced_title", "provider", provider)
		v.Body = []string{v.Say("accountmail.replaced", "what", what, "provider", provider)}
	case identity.PasskeyAdded:
		v.Title = v.Say("accountmail.passkey_added_title")
		v.Body = []string{v.Say("accountmail.passkey_added", "name", passkey, "platform", d.Platform)}
		notYou = v.Say("accountmail.passkey_not_you")
	case identity.PasskeyRenamed:
		v.Title = v.Say("accountmail.passkey_renamed_title")
		v.Body = []string{v.Say("accountmail.passkey_renamed", "name", passkey, "before", line(d.Told.Before))}
		notYou = v.Say("accountmail.passkey_not_you")
	case identity.PasskeyRemoved:
		v.Title = v.Say("accountmail.passkey_removed_title")
		v.Body = []string{v.Say("accountmail.passkey_removed", "name", passkey)}
		notYou = v.Say("accountmail.passkey_removed_not_you")
	case identity.OfficeLinked, identity.OfficeReplaced:
		agency := line(d.Told.Agency)
		v.Title = v.Say("accountmail.office_linked_title", "provider", provider, "agency", agency)
		v.Body = []string{v.Say("accountmail.office_linked", "provider", provider, "agency", agency)}
		if d.Tells == identity.OfficeReplaced {
			v.Title = v.Say("accountmail.office_replaced_title", "provider", provider, "agency", agency)
			v.Body = []string{v.Say("accountmail.office_replaced", "provider", provider, "agency", agency)}
		}
		notYou = v.Say("accountmail.office_not_you", "agency", agency)
	case identity.IssuerRequired, identity.IssuerFree, identity.IssuerRests, identity.IssuerResumes, identity.IssuerWithout:
		agency := line(d.Told.Agency)
		v.Title, v.Body = v.issuer(d.Tells, agency, provider, string(d.Told.Person))
		if device != "" {
			v.Body = append(v.Body, v.Say("accountmail.when_with", "when", when, "device", device))
		} else {
			v.Body = append(v.Body, v.Say("accountmail.when", "when", when))
		}
		v.Body = append(v.Body, v.Say("accountmail.issuer_not_us"))
		v.Button = v.Say("accountmail.issuer_open")
		v.Why = v.Say("accountmail.other_foot", "platform", d.Platform, "agency", agency)
		return v.letter(v.Title)
	case identity.NewDevice:
		v.Title = v.Say("accountmail.device_title", "platform", d.Platform)
		v.Body = []string{v.signedInBy(d.Told.Way, d.Platform)}
		v.Why, notYou = v.Say("accountmail.session_foot", "platform", d.Platform), v.Say("accountmail.device_not_you")
	case identity.SignedOut, identity.SignedOutElse:
		v.Title = v.Say("accountmail.out_title")
		v.Body = []string{v.Say("accountmail.out", "platform", d.Platform)}
		if d.Tells == identity.SignedOutElse {
			v.Title = v.Say("accountmail.out_else_title")
			v.Body = []string{v.Say("accountmail.out_else", "platform", d.Platform)}
		}
		v.Why, notYou = v.Say("accountmail.session_foot", "platform", d.Platform), v.Say("accountmail.out_not_you")
	case identity.LinkOfOther:
		agency, person := line(d.Told.Agency), string(d.Told.Person)
		v.Title = v.Say("accountmail.other_title", "provider", provider)
		v.Body = []string{v.Say("accountmail.other", "person", person, "provider", provider, "agency", agency),
			v.Say("accountmail.other_next", "agency", agency)}
		v.Button = v.Say("accountmail.other_open")
		v.Why = v.Say("accountmail.other_foot", "platform", d.Platform, "agency", agency)
		return v.letter(v.Title)
	}
	v.Body = append(v.Body, v.Say("accountmail.when", "when", when))
	if device != "" {
		v.Body[len(v.Body)-1] = v.Say("accountmail.when_with", "when", when, "device", device)
	}
	if network := identity.NetworkLike(line(d.Told.Network)); network != "" {
		v.Body = append(v.Body, v.Say("accountmail.network", "network", network))
	}
	v.Body = append(v.Body, notYou)
	return v.letter(v.Title)
}

// issuer is what the owners of an agency read of its own provider.
func (s speech) issuer(what identity.Tells, agency, provider, person string) (title string, body []string) {
	switch what {
	case identity.IssuerRequired:
		return s.Say("accountmail.issuer_required_title", "agency", agency, "provider", provider),
			[]string{s.Say("accountmail.issuer_required", "person", person, "provider", provider)}
	case identity.IssuerFree:
		return s.Say("accountmail.issuer_free_title", "agency", agency, "provider", provider),
			[]string{s.Say("accountmail.issuer_free", "person", person)}
	case identity.IssuerRests:
		return s.Say("accountmail.issuer_rests_title", "agency", agency, "provider", provider),
			[]string{s.Say("accountmail.issuer_rests", "agency", agency)}
	case identity.IssuerResumes:
		return s.Say("accountmail.issuer_resumes_title", "agency", agency, "provider", provider),
			[]string{s.Say("accountmail.issuer_resumes", "agency", agency, "provider", provider)}
	}
	return s.Say("accountmail.issuer_without_title", "person", person, "agency", agency, "provider", provider),
		[]string{s.Say("accountmail.issuer_without", "person", person, "provider", provider)}
}

// signedInBy is what the mail says of how somebody signed in.
func (s speech) signedInBy(w identity.Way, platform string) string {
	switch w {
	case identity.Passkey:
		return s.Say("accountmail.device_passkey", "platform", platform)
	case identity.Provider:
		return s.Say("accountmail.device_provider", "platform", platform)
	}
	return s.Say("accountmail.device_code", "platform", platform)
}
