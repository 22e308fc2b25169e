package letter

import (
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
)

// AccountData is what the mails tell of how somebody signs in.
type AccountData struct {
	Tells    identity.Tells
	Told     identity.Told
	When     string // such as "29 November 2026, 07:40 UTC"
	Link     string // to the person's own account, or to the agency's members; the only link in the mail
	Platform string
}

// Account tells a person that something has changed in how they sign in, or an owner that it has for a colleague.
func Account(d AccountData) Letter {
	d.Platform = line(d.Platform)
	provider, account, device := line(d.Told.Provider), line(d.Told.Account), line(d.Told.Device)
	v := bought(&BoughtData{AgencyName: d.Platform, ToAgency: true, Link: d.Link, Platform: d.Platform})
	v.Button, v.Why = words.Say("accountmail.open"), words.Say("accountmail.foot", "platform", d.Platform)
	v.Preheader = words.Say("accountmail.preheader")
	what, passkey, notYou := provider, line(d.Told.Passkey), words.Say("accountmail.not_you")
	if account != "" {
		what = words.Say("accountmail.account", "provider", provider, "account", account)
	}
	switch d.Tells {
	case identity.LinkAdded:
		v.Title = words.Say("accountmail.added_title", "provider", provider)
		v.Body = []string{words.Say("accountmail.added", "what", what, "platform", d.Platform)}
	case identity.LinkDropped:
		v.Title = words.Say("accountmail.dropped_title", "provider", provider)
		v.Body = []string{words.Say("accountmail.dropped", "what", what)}
	case identity.LinkReplaced:
		v.Title = words.Say("accountmail.replaced_title", "provider", provider)
		v.Body = []string{words.Say("accountmail.replaced", "what", what, "provider", provider)}
	case identity.PasskeyAdded:
		v.Title = words.Say("accountmail.passkey_added_title")
		v.Body = []string{words.Say("accountmail.passkey_added", "name", passkey, "platform", d.Platform)}
		notYou = words.Say("accountmail.passkey_not_you")
	case identity.PasskeyRenamed:
		v.Title = words.Say("accountmail.passkey_renamed_title")
		v.Body = []string{words.Say("accountmail.passkey_renamed", "name", passkey, "before", line(d.Told.Before))}
		notYou = words.Say("accountmail.passkey_not_you")
	case identity.PasskeyRemoved:
		v.Title = words.Say("accountmail.passkey_removed_title")
		v.Body = []string{words.Say("accountmail.passkey_removed", "name", passkey)}
		notYou = words.Say("accountmail.passkey_removed_not_you")
	case identity.NewDevice:
		v.Title = words.Say("accountmail.device_title", "platform", d.Platform)
		v.Body = []string{signedInBy(d.Told.Way, d.Platform)}
		v.Why, notYou = words.Say("accountmail.session_foot", "platform", d.Platform), words.Say("accountmail.device_not_you")
	case identity.SignedOut, identity.SignedOutElse:
		v.Title = words.Say("accountmail.out_title")
		v.Body = []string{words.Say("accountmail.out", "platform", d.Platform)}
		if d.Tells == identity.SignedOutElse {
			v.Title = words.Say("accountmail.out_else_title")
			v.Body = []string{words.Say("accountmail.out_else", "platform", d.Platform)}
		}
		v.Why, notYou = words.Say("accountmail.session_foot", "platform", d.Platform), words.Say("accountmail.out_not_you")
	case identity.LinkOfOther:
		agency, person := line(d.Told.Agency), string(d.Told.Person)
		v.Title = words.Say("accountmail.other_title", "provider", provider)
		v.Body = []string{words.Say("accountmail.other", "person", person, "provider", provider, "agency", agency),
			words.Say("accountmail.other_next", "agency", agency)}
		v.Button = words.Say("accountmail.other_open")
		v.Why = words.Say("accountmail.other_foot", "platform", d.Platform, "agency", agency)
		return v.letter(v.Title)
	}
	v.Body = append(v.Body, words.Say("accountmail.when", "when", d.When))
	if device != "" {
		v.Body[len(v.Body)-1] = words.Say("accountmail.when_with", "when", d.When, "device", device)
	}
	if network := identity.NetworkLike(line(d.Told.Network)); network != "" {
		v.Body = append(v.Body, words.Say("accountmail.network", "network", network))
	}
	v.Body = append(v.Body, notYou)
	return v.letter(v.Title)
}

// signedInBy is what the mail says of how somebody signed in.
func signedInBy(w identity.Way, platform string) string {
	switch w {
	case identity.Passkey:
		return words.Say("accountmail.device_passkey", "platform", platform)
	case identity.Provider:
		return words.Say("accountmail.device_provider", "platform", platform)
	}
	return words.Say("accountmail.device_code", "platform", platform)
}
