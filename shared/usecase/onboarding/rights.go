package onboarding

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// rights puts into the offer what of Client Portal the draft gives: all of it is looked at now, and once more at the acceptance. Who
// may give it is asked of people as they are now. Faults: [fault.NotFound] where Client Portal is not installed; [fault.Invalid]
// with the field; [fault.AlreadyLinked].
func (s *Snapshot) rights(o *client.Offer, d Draft, now time.Time) error {
	if len(d.Roles) == 0 && d.Contact == "" && d.Until.IsZero() {
		return nil
	}
	if err := s.Agency.MayPortal(); err != nil {
		return err
	}
	d.Roles = distinct(d.Roles)
	if len(d.Roles) > client.MaxRoles {
		return fault.InField("roles", "errors.too_many_roles", "most", client.MaxRoles)
	}
	administers := s.Member != nil && s.Member.PortalRight() == agency.Administrator
	badRoles := client.MayGive(d.Roles, nil, s.Roles, administers, now)
	var badContact, badTerm error
	if d.Contact != "" {
		which := id.Client("") // an address that is nobody's client yet
		if s.Client != nil {
			which = s.Client.ID
		}
		if badContact = client.MayLink("contact", d.Contact, s.cards(), which); fault.Is(badContact, fault.AlreadyLinked) {
			return badContact
		}
	}
	if o.Until = d.Until; !d.Until.IsZero() {
		o.Until, badTerm = client.ReadTerm("accessExpiresAt", d.Until, now)
	}
	o.Roles, o.Contact = d.Roles, d.Contact
	return fault.Together(badRoles, badContact, badTerm)
}

// cards are the contact that was asked for, where there is one.
func (s *Snapshot) cards() []client.Card {
	if s == nil || s.Card == nil {
		return nil
	}
	return []client.Card{*s.Card}
}

func distinct(all []id.Role) []id.Role {
	seen := map[id.Role]bool{}
	var out []id.Role
	for _, r := range all {
		if !seen[r] {
			out = append(out, r)
		}
		seen[r] = true
	}
	return out
}
