// Package roles looks after the roles that an agency gives to its external users, and says what each of these may see and do, by
// which role, and until when.
package roles

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// Store keeps roles. Reads of what is not there return a fault with code [fault.NotFound]; writes whose condition fails write nothing
// and return conflict.ErrChanged.
type Store interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Role reads one role as it is now.
	Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error)
	// Roles lists the agency's roles in the order in which they were made.
	Roles(ctx context.Context, agency id.Agency) ([]role.Role, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error)
	// MakeRole writes a role that must not exist yet, while the agency has Client Portal and fewer than [role.MaxRoles]; no other role
	// may have its name.
	MakeRole(ctx context.Context, r *role.Role, row audit.Entry, once *idempotency.Record) error
	// ChangeRole writes the new state of the role whose version was read; before is the name that it had. Who has it is not touched.
	ChangeRole(ctx context.Context, r *role.Role, before string, row audit.Entry) error
	// DeleteRole deletes the role whose version was read, while nobody has it.
	DeleteRole(ctx context.Context, r *role.Role, row audit.Entry) error
	// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are more.
	EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error)
}

// Roles looks after an agency's roles.
type Roles struct {
	Store Store
	Now   func() time.Time
}

// Draft is what somebody says of a role. Nil fields are left as they are; of a new role they are empty and off.
type Draft struct {
	Name             *string
	Description      *string
	ExpiresAt        *time.Time // zero for never
	Active           *bool
	EmployeesMayGive *bool
	Rules            *role.Rules
}

// Check says what is wrong with a draft by itself. Faults: [fault.Invalid].
func (d Draft) Check() error {
	_, err := d.read()
	return err
}

// read is the draft with its values in the form that they are kept in.
func (d Draft) read() (Draft, error) {
	var name, about, rules error
	if d.Name != nil {
		var s string
		s, name = role.ReadName("name", *d.Name)
		d.Name = &s
	}
	if d.Description != nil {
		var s string
		s, about = role.ReadDescription("description", *d.Description)
		d.Description = &s
	}
	if d.Rules != nil {
		var r role.Rules
		r, rules = role.ReadRules("rules", *d.Rules)
		d.Rules = &r
	}
	if d.ExpiresAt != nil {
		at := d.ExpiresAt.Truncate(time.Millisecond).UTC()
		d.ExpiresAt = &at
	}
	return d, fault.Together(name, about, rules)
}

// apply puts the draft into the role. A time that is past is refused, unless it is the one that the role has.
func (d Draft) apply(r *role.Role, now time.Time) error {
	before := *r
	if d.Name != nil {
		r.Name = *d.Name
	}
	if d.Description != nil {
		r.Description = *d.Description
	}
	if d.Active != nil {
		r.Active = *d.Active
	}
	if d.EmployeesMayGive != nil {
		r.EmployeesMayGive = *d.EmployeesMayGive
	}
	if d.Rules != nil {
		r.Rules = *d.Rules
	}
	if at := d.ExpiresAt; at != nil && !at.Equal(r.ExpiresAt) {
		if !at.IsZero() && !at.After(now) {
			return fault.InField("expiresAt", "errors.role_past")
		}
		if at.After(role.Latest()) {
			return fault.InField("expiresAt", "errors.term_is_too_far")
		}
		r.ExpiresAt = *at
	}
	if r.Active != before.Active || !r.ExpiresAt.Equal(before.ExpiresAt) {
		r.Schedule(now)
	}
	return nil
}

// Tag names the state of a role, for If-Match. Who has the role is none of it.
func Tag(r *role.Role) string { return `"` + strconv.Itoa(r.Version) + `"` }

// at holds the caller to the right, and reads the agency, which must have Client Portal.
func (s *Roles) at(ctx context.Context, caller identity.Caller, scope identity.Scope, right identity.Right) (*agency.Agency, error) {
	if err := caller.MayPortal(scope, right); err != nil {
		return nil, err
	}
	a, err := s.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	return a, a.MayPortal()
}

// List lists the roles in the order in which they were made. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (s *Roles) List(ctx context.Context, caller identity.Caller) ([]role.Role, *agency.Agency, error) {
	a, err := s.at(ctx, caller, identity.RolesRead, identity.See)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.Store.Roles(ctx, caller.Agency)
	return all, a, err
}

// Get reads a role. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (s *Roles) Get(ctx context.Context, caller identity.Caller, which id.Role) (*role.Role, *agency.Agency, error) {
	a, err := s.at(ctx, caller, identity.RolesRead, identity.See)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Store.Role(ctx, caller.Agency, which)
	return r, a, err
}

// Create makes a role; one that says nothing else is off, gives nothing, and is for administrators to give. Faults:
// [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound], [fault.Invalid], [fault.NameTaken], [fault.IdempotencyUsed].
func (s *Roles) Create(ctx context.Context, caller identity.Caller, d Draft, once string) (*role.Role, error) {
	if _, err := s.at(ctx, caller, identity.RolesWrite, identity.Administer); err != nil {
		return nil, err
	}
	record, err := idempotency.For("createRole", caller.Actor(), once, d)
	if err != nil {
		return nil, err
	}
	if d.Name == nil {
		d.Name = new(string)
	}
	if d, err = d.read(); err != nil {
		return nil, err
	}
	var made *role.Role
	err = conflict.Retry(ctx, func() error {
		now := s.Now().Truncate(time.Millisecond)
		if made, err = s.stored(ctx, caller.Agency, record, now); err != nil || made != nil {
			return err
		}
		r := &role.Role{ID: id.New[id.Role](id.RolePrefix, now), Agency: caller.Agency, CreatedAt: now}
		if err := d.apply(r, now); err != nil {
			return err
		}
		err := s.Store.MakeRole(ctx, r, s.entry(caller, audit.RoleCreated, r.ID, ""), record.Of(string(r.ID), now))
		if errors.Is(err, conflict.ErrChanged) {
			if failure := s.room(ctx, r); failure != nil {
				return failure
			}
		}
		made = r
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// stored is what an earlier request with the record's key made; nil for none.
func (s *Roles) stored(ctx context.Context, agency id.Agency, record *idempotency.Record, now time.Time) (*role.Role, error) {
	if record == nil {
		return nil, nil //nolint:nilnil // nothing was made before
	}
	before, err := s.Store.Recall(ctx, agency, record.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	again, err := record.Replays(before, now)
	if err != nil || !again {
		return nil, err
	}
	return s.Store.Role(ctx, agency, id.Role(before.Result))
}

// room returns a fault when the agency has too many roles, or another one of this name, or Client Portal no more.
func (s *Roles) room(ctx context.Context, r *role.Role) error {
	a, err := s.Store.Agency(ctx, r.Agency)
	if err != nil {
		return err
	}
	if err := a.MayPortal(); err != nil {
		return err
	}
	all, err := s.Store.Roles(ctx, r.Agency)
	if err != nil {
		return err
	}
	known := false
	for i := range all {
		switch {
		case all[i].ID == r.ID:
			known = true
		case role.Fold(all[i].Name) == role.Fold(r.Name):
			f := fault.InField("name", "errors.role_name_taken")
			f.Code, f.Existing = fault.NameTaken, string(all[i].ID)
			return f
		}
	}
	if !known && len(all) >= role.MaxRoles {
		return fault.New(fault.Invalid, "errors.roles_full", "most", role.MaxRoles)
	}
	return nil
}

// Update changes a role; what it gives counts from the next request of its users on. A match that is not "" and not the tag of what is
// stored is refused. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound], [fault.Invalid], [fault.NameTaken],
// [fault.Changed].
func (s *Roles) Update(ctx context.Context, caller identity.Caller, which id.Role, d Draft, match string) (*role.Role, error) {
	var out *role.Role
	err := conflict.Retry(ctx, func() error {
		before, after, err := s.next(ctx, caller, which, d, match)
		if err != nil {
			return err
		}
		out = after
		what := difference(before, after)
		if what == "" {
			return nil
		}
		err = s.Store.ChangeRole(ctx, after, before.Name, s.entry(caller, audit.RoleChanged, which, what))
		if errors.Is(err, conflict.ErrChanged) {
			if failure := s.room(ctx, after); failure != nil {
				return failure
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Extend has a role that expires last longer, by so much from its expiry on, or from now on when that is past. Faults: those of Update;
// [fault.Invalid] for a role that never expires.
func (s *Roles) Extend(ctx context.Context, caller identity.Caller, which id.Role, by time.Duration) (*role.Role, error) {
	var out *role.Role
	err := conflict.Retry(ctx, func() error {
		before, _, err := s.next(ctx, caller, which, Draft{}, "")
		if err != nil {
			return err
		}
		if before.ExpiresAt.IsZero() {
			return fault.InField("expiresAt", "errors.role_never_expires")
		}
		from := s.Now()
		if before.ExpiresAt.After(from) {
			from = before.ExpiresAt
		}
		until := from.Add(by)
		out, err = s.Update(ctx, caller, which, Draft{ExpiresAt: &until}, Tag(before))
		if fault.Is(err, fault.Changed) {
			return conflict.ErrChanged
		}
		return err
	})
	return out, err
}

// next is the role as it is, and as the draft makes it.
func (s *Roles) next(
	ctx context.Context, caller identity.Caller, which id.Role, d Draft, match string,
) (before, after *role.Role, err error) {
	if _, err := s.at(ctx, caller, identity.RolesWrite, identity.Administer); err != nil {
		return nil, nil, err
	}
	if d, err = d.read(); err != nil {
		return nil, nil, err
	}
	if before, err = s.Store.Role(ctx, caller.Agency, which); err != nil {
		return nil, nil, err
	}
	if err := same(before, match); err != nil {
		return nil, nil, err
	}
	x := *before
	return before, &x, d.apply(&x, s.Now().Truncate(time.Millisecond))
}

// same refuses to change another state than the one that was read.
func same(r *role.Role, match string) error {
	if match != "" && match != "*" && match != Tag(r) {
		return fault.New(fault.Changed, "errors.role_changed")
	}
	return nil
}

// difference says in words of the log what has changed; "" for nothing.
func difference(before, after *role.Role) string {
	var out []string
	add := func(is bool, what string) {
		if is {
			out = append(out, what)
		}
	}
	add(before.Name != after.Name, "name")
	add(before.Description != after.Description, "description")
	add(!before.ExpiresAt.Equal(after.ExpiresAt), "expiry")
	add(!before.Active && after.Active, "on")
	add(before.Active && !after.Active, "off")
	add(!before.EmployeesMayGive && after.EmployeesMayGive, "employees")
	add(before.EmployeesMayGive && !after.EmployeesMayGive, "administrators")
	add(!before.Rules.Equal(after.Rules), "rules")
	return strings.Join(out, ",")
}

// Delete deletes a role that nobody has. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound], [fault.Changed];
// [fault.InUse] with how many have it.
func (s *Roles) Delete(ctx context.Context, caller identity.Caller, which id.Role, match string) error {
	if _, err := s.at(ctx, caller, identity.RolesWrite, identity.Administer); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		r, err := s.Store.Role(ctx, caller.Agency, which)
		if err != nil {
			return err
		}
		if err := same(r, match); err != nil {
			return err
		}
		if err := r.MayDelete(); err != nil {
			return err
		}
		return s.Store.DeleteRole(ctx, r, s.entry(caller, audit.RoleDeleted, which, r.Name))
	})
}

// entry is a row of the log.
func (s *Roles) entry(caller identity.Caller, action audit.Action, which id.Role, detail string) audit.Entry {
	now := s.Now().Truncate(time.Millisecond)
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action, Subject: string(which),
		Detail: detail}
}
