package onboarding

import (
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

// mayAsk returns nil when the caller, as it is at the moment, may send this invite: who may invite, and an employee nothing that is
// the agency's to give. It is asked of people as they are now, since a level may have changed while a form was filled in, and an
// agency what it lets its employees do. Faults: [fault.Forbidden]; [fault.NotFound] for who is denied Client Portal.
func (s *Snapshot) mayAsk(caller identity.Caller, d Draft) error {
	if s.Member == nil {
		return fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
	}
	if err := caller.At(identity.PlaceOf(s.Member, s.Agency)).MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return err
	}
	return d.within(s.Member.Level)
}

// within returns nil when somebody at the level may give what the draft gives: an employee gives nothing that is the agency's.
// Otherwise a fault with code [fault.Forbidden].
func (d Draft) within(l agency.Level) error {
	switch {
	case l != agency.Employee:
		return nil
	case len(d.Grants) > 0:
		return fault.New(fault.Forbidden, "errors.employees_grant_nothing")
	case d.Order != nil || d.Payer == invite.ClientPays:
		return fault.New(fault.Forbidden, "errors.employees_sell_nothing")
	}
	return nil
}

// own returns nil when the caller may send the client's invite again, and cancel it: administrators any, and others their own ones.
// Otherwise a fault with code [fault.Forbidden].
func own(caller identity.Caller, c *client.Client) error {
	if caller.Administers() || c.Invite.From.Member == caller.Member {
		return nil
	}
	return fault.New(fault.Forbidden, "errors.only_your_own_invites")
}
