package client

import (
	"fmt"
	"slices"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

// Card is a contact as far as a client is linked to it.
type Card struct {
	ID       id.Contact
	Name     string
	Email    string
	Phone    string
	Company  id.Contact // where who it is about works; "" for none
	Client   id.Client  // whom it is linked to; "" for nobody
	Archived bool
}

// MayGive returns a fault that names each role of a list that cannot be given now: one that does not exist, is off, or over. found
// are those that exist. What somebody has already stays with them, though it may give nothing any more. An employee may give what
// is marked so, and no other. Faults: [fault.Invalid].
func MayGive(want, has []id.Role, found []role.Role, administers bool, now time.Time) error {
	var wrong []error
	for n, which := range want {
		field := fmt.Sprintf("roles[%d]", n)
		i := slices.IndexFunc(found, func(r role.Role) bool { return r.ID == which })
		switch {
		case i < 0:
			wrong = append(wrong, fault.InField(field, "errors.no_such_role"))
		case slices.Contains(has, which):
		case found[i].Expired(now):
			wrong = append(wrong, fault.InField(field, "errors.role_is_over", "name", found[i].Name))
		case !found[i].Active:
			wrong = append(wrong, fault.InField(field, "errors.role_is_off", "name", found[i].Name))
		case !administers && !found[i].EmployeesMayGive:
			wrong = append(wrong, fault.InField(field, "errors.role_is_administrators", "name", found[i].Name))
		}
	}
	return fault.Together(wrong...)
}

// MayLink returns a fault for a contact, named by the field, that the client cannot be linked to: [fault.Invalid] for one that does
// not exist, or is archived; [fault.AlreadyLinked] for another client's.
func MayLink(field string, want id.Contact, found []Card, which id.Client) error {
	i := slices.IndexFunc(found, func(k Card) bool { return k.ID == want })
	switch {
	case i < 0:
		return fault.InField(field, "errors.no_such_contact")
	case found[i].Archived:
		return fault.InField(field, "errors.contact_is_archived", "name", found[i].Name)
	case found[i].Client != "" && found[i].Client != which:
		f := fault.New(fault.AlreadyLinked, "errors.contact_is_linked", "name", found[i].Name)
		f.Existing = string(found[i].Client)
		return f
	}
	return nil
}

// Good is what of the roles and the contact of the client's invite is good at its acceptance, and the rows of the log about what is
// not: an invitation is accepted with what is left, and where no role is, the administrators of Client Portal hear of it.
func (c *Client) Good(roles []role.Role, cards []Card, now time.Time) (Ties, []audit.Entry) {
	var ties Ties
	var rows []audit.Entry
	say := func(action audit.Action, detail string) {
		rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: action,
			Subject: string(c.ID), Detail: detail})
	}
	for _, which := range c.Invite.Roles {
		if i := slices.IndexFunc(roles, func(r role.Role) bool { return r.ID == which }); i >= 0 && roles[i].Counts(now) {
			ties.Roles = append(ties.Roles, which)
		}
	}
	if len(ties.Roles) == 0 && len(c.Invite.Roles) > 0 {
		say(audit.NothingOpen, "")
	}
	if x := c.Invite.Contact; x != "" {
		if MayLink("contact", x, cards, c.ID) == nil {
			ties.Contacts = []id.Contact{x}
		} else {
			say(audit.ContactRefused, string(x))
		}
	}
	return ties, rows
}
