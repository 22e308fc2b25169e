package identity

import (
	"cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
)

// Right is what of Client Portal, and of the clients behind it, something asks of those who work at an agency.
type Right string

// The rights.
const (
	// Office is the agency's own business: owners and admins do it, whatever they may do in Client Portal.
	Office Right = ""
	// Colleague is what everybody has who works there: its own place, and the way about the pages.
	Colleague Right = "colleague"
	// See is seeing external users, their invites and what is open to them. Who is denied sees none of it.
	See Right = "see"
	// Invite is inviting external users: administrators do it, and employees where the agency lets them.
	Invite Right = "invite"
	// Administer is changing what external users may see, and by whom they are let in: administrators do it.
	Administer Right = "administer"
	// Look is looking at what the agency runs: owners and admins do it, and employees who see clients.
	Look Right = "look"
	// Oversee is the agency's own business in which its clients are seen: owners and admins do it who see clients.
	Oversee Right = "oversee"
	// Manage is the agency's own business that changes what clients have: owners and admins do it who administer Client Portal.
	Manage Right = "manage"
)

// Place is what a caller is at its agency, as it is now: a member, or a key with its maker's place.
type Place struct {
	Level   agency.Level
	Portal  agency.PortalRight
	Invites bool // an employee who may invite, as the agency has it
}

// PlaceOf is the place of a member. a is its agency, which is asked about employees alone; nil for anybody else.
func PlaceOf(m *agency.Member, a *agency.Agency) Place {
	p := Place{Level: m.Level, Portal: m.PortalRight()}
	p.Invites = p.Portal == agency.PortalEmployee && a != nil && a.Portal.EmployeesInvite
	return p
}

// At is the caller in that place.
func (c Caller) At(p Place) Caller {
	c.place = p
	return c
}

// Level is the caller's at its agency; "" for nobody's.
func (c Caller) Level() agency.Level { return c.place.Level }

// PortalRight is what the caller may do in Client Portal; "" for nobody's.
func (c Caller) PortalRight() agency.PortalRight { return c.place.Portal }

// Administers tells whether the caller is an administrator of Client Portal.
func (c Caller) Administers() bool { return c.place.Portal == agency.Administrator }

// MayPortal returns nil when the caller acts for an agency, has the right in Client Portal, and may do what the scope names, as
// [Caller.May] has it. Otherwise a fault with code [fault.Unauthenticated]; [fault.NotFound] for who is denied: nothing of it is
// there for them; [fault.Forbidden].
//
// Of the office's business, which is what [Office] is, a key that is to be a person is told by [fault.StepUpRequired].
func (c Caller) MayPortal(s Scope, r Right) error {
	if r == Office {
		return c.May(s)
	}
	if err := c.within(s); err != nil {
		return err
	}
	switch r {
	case Colleague:
		return nil
	case Look:
		if c.May(s) == nil {
			return nil
		}
		return c.inPortal(See)
	case Oversee:
		return cmp.Or(c.inPortal(See), c.May(s))
	case Manage:
		return cmp.Or(c.inPortal(Administer), c.May(s))
	}
	return c.inPortal(r)
}

// inPortal is what a right in Client Portal says, whatever the caller's level.
func (c Caller) inPortal(r Right) error {
	switch c.place.Portal {
	case agency.Administrator:
		return nil
	case agency.PortalEmployee:
		switch {
		case r == See, r == Invite && c.place.Invites:
			return nil
		case r == Invite:
			return fault.New(fault.Forbidden, "errors.employees_cannot_invite")
		}
		return fault.New(fault.Forbidden, "errors.only_portal_administrators")
	}
	return fault.New(fault.NotFound, "errors.there_is_nothing_here_for_you")
}
