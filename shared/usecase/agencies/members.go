package agencies

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/text"
)

// Members lists those who work at the agency, in the order in which they came.
func (o *Office) Members(ctx context.Context, caller identity.Caller) (*Roster, error) {
	return o.Store.Roster(ctx, caller.Agency)
}

// NewMember is who is to be added.
type NewMember struct {
	Email string
	Name  string
	Role  agency.Role
}

// Add gives a person a place at the agency. No account is made: the person signs in with the address, and a mail
// tells it so. Faults: [fault.Invalid], [fault.Forbidden], [fault.AlreadyMember],
// [fault.IdempotencyUsed].
func (o *Office) Add(ctx context.Context, caller identity.Caller, n NewMember, once string) (*agency.Member, error) {
	name, address := email.Split(n.Email)
	if strings.TrimSpace(n.Name) != "" {
		name = n.Name
	}
	to, err := email.Parse("email", address)
	if err != nil {
		return nil, err
	}
	if name, err = text.Line("name", name, text.MaxName); err != nil {
		return nil, err
	}
	if !n.Role.Valid() {
		return nil, fault.InField("role", "Choose owner or admin.")
	}
	record, err := idempotency.For("addMember", caller.Actor(), once, n)
	if err != nil {
		return nil, err
	}
	var m *agency.Member
	replayed := false
	err = conflict.Retry(ctx, func() error {
		roster, err := o.Store.Roster(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := roster.Members.MayManage(caller.Member); err != nil {
			return err
		}
		now := o.Now()
		if record != nil {
			stored, err := o.Store.Recall(ctx, caller.Agency, record.Key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if replayed, err = record.Replays(stored, now); err != nil {
				return err
			} else if replayed {
				if m = roster.Members.Find(id.Member(stored.Result)); m == nil {
					return fault.New(fault.NotFound, "The member that this Idempotency-Key made has been removed since.")
				}
				return nil
			}
		}
		if roster.Members.ByEmail(to) != nil {
			const message = "This person works at your agency already."
			return &fault.Error{Code: fault.AlreadyMember, Message: message, Fields: []fault.Field{{Location: "email", Message: message}}}
		}
		if len(roster.Members) >= agency.MaxMembers {
			return fault.InField("email", "An agency can have %d people. Remove somebody first.", agency.MaxMembers)
		}
		m = &agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: to, Name: name, Role: n.Role, AddedAt: now, Notice: agency.NewNotice(now)}
		s := Staffing{Agency: caller.Agency, Staff: roster.Agency.Staff, At: now, Add: m, Audit: []audit.Entry{row(now, caller.Actor(), audit.MemberAdded, string(m.ID), string(m.Role))}}
		s.Once = record.Of(string(m.ID), now)
		return o.Store.Staff(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	if !replayed {
		o.enqueue(ctx, caller.Agency, m)
	}
	return m, nil
}

// MemberChange is what to change about a member. Nil fields stay as they are.
type MemberChange struct {
	Name *string
	Role *agency.Role
}

// Change gives a member another role or name. Faults: [fault.NotFound], [fault.Invalid], [fault.Forbidden],
// [fault.LastOwner].
func (o *Office) Change(ctx context.Context, caller identity.Caller, which id.Member, c MemberChange) (*agency.Member, error) {
	var name string
	if c.Name != nil {
		var err error
		if name, err = text.Line("name", *c.Name, text.MaxName); err != nil {
			return nil, err
		}
	}
	if c.Role != nil && !c.Role.Valid() {
		return nil, fault.InField("role", "Choose owner or admin.")
	}
	var m *agency.Member
	err := conflict.Retry(ctx, func() error {
		roster, err := o.Store.Roster(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := roster.Members.MayManage(caller.Member); err != nil {
			return err
		}
		if m = roster.Members.Find(which); m == nil {
			return errNoMember
		}
		before := *m
		if c.Name != nil {
			m.Name = name
		}
		if c.Role != nil {
			if err := roster.Members.MayLose(which, *c.Role); err != nil {
				return err
			}
			m.Role = *c.Role
		}
		if *m == before {
			return nil
		}
		now, detail := o.Now(), ""
		if m.Role != before.Role {
			detail = string(before.Role) + " to " + string(m.Role)
		}
		return o.Store.Staff(ctx, Staffing{Agency: caller.Agency, Staff: roster.Agency.Staff, At: now, Change: m,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.MemberChanged, string(m.ID), detail)}})
	})
	return m, err
}

// Remove takes a person's place at the agency away: with its next request it is not of the agency any more, its API
// keys are revoked in the same transaction, and the invites that it has out are dead. Anybody may remove itself.
// Faults: [fault.NotFound], [fault.Forbidden], [fault.LastOwner].
func (o *Office) Remove(ctx context.Context, caller identity.Caller, which id.Member) error {
	return conflict.Retry(ctx, func() error {
		roster, err := o.Store.Roster(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if which != caller.Member {
			if err := roster.Members.MayManage(caller.Member); err != nil {
				return err
			}
		}
		m := roster.Members.Find(which)
		if m == nil {
			return errNoMember
		}
		if err := roster.Members.MayLose(which, ""); err != nil {
			return err
		}
		keys, err := o.Store.APIKeys(ctx, caller.Agency)
		if err != nil {
			return err
		}
		now := o.Now()
		s := Staffing{Agency: caller.Agency, Staff: roster.Agency.Staff, At: now, Remove: m, Audit: []audit.Entry{row(now, caller.Actor(), audit.MemberRemoved, string(m.ID), "")}}
		for i := range keys {
			if k := &keys[i]; k.CreatedBy == which && k.RevokedAt.IsZero() {
				s.Revoke = append(s.Revoke, k.ID)
				s.Audit = append(s.Audit, row(now, caller.Actor(), audit.KeyRevoked, string(k.ID), "its maker was removed"))
			}
		}
		return o.Store.Staff(ctx, s)
	})
}
