package roles

import (
	"context"
	"slices"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// MaxAffected is how many clients are looked through for those that would lose something.
const MaxAffected = 2000

// Effect is what a change of a role would take away.
type Effect struct {
	Users  int    // how many have the role
	Losing int    // how many of them would lose something that no other role, and no rule of their own, gives them
	Lost   []Lost // what they would lose, in the catalogue's order
	More   bool   // whether the agency has more clients than were looked through
}

// Lost is an entry that some users would lose.
type Lost struct {
	role.Right
	Users int
}

// Try says what an update would take away from how many users, and writes nothing. Faults: those of Update.
func (s *Roles) Try(ctx context.Context, caller identity.Caller, which id.Role, d Draft, match string) (*role.Role, *Effect, error) {
	before, after, err := s.next(ctx, caller, which, d, match)
	if err != nil {
		return nil, nil, err
	}
	if role.Fold(before.Name) != role.Fold(after.Name) {
		if err := s.room(ctx, after); err != nil {
			return nil, nil, err
		}
	}
	e, err := s.effect(ctx, before, after)
	return after, e, err
}

// effect compares what each user has with the role as it was and as it will be. A new expiry counts as if it had come: that is what it
// takes away one day.
func (s *Roles) effect(ctx context.Context, before, after *role.Role) (*Effect, error) {
	e := &Effect{Users: before.Users}
	if before.Users == 0 || !takes(before, after) {
		return e, nil
	}
	a, err := s.Store.Agency(ctx, before.Agency)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Roles(ctx, before.Agency)
	if err != nil {
		return nil, err
	}
	all := make(map[id.Role]role.Role, len(list))
	for _, r := range list {
		all[r.ID] = r
	}
	then := *after
	if ends(before, after) {
		then.Active = false
	}
	now := s.Now()
	counts := map[role.Module]map[role.Kind]map[string]*Lost{}
	found := 0
	e.More, err = s.Store.EachClient(ctx, before.Agency, MaxAffected, func(c *client.Client) {
		if !slices.Contains(c.Roles, before.ID) {
			return
		}
		found++
		had := role.Effective(c.Subject(a), of(c.Roles, all, before), now)
		has := role.Effective(c.Subject(a), of(c.Roles, all, &then), now)
		lost := had.Beyond(&has)
		if len(lost) > 0 {
			e.Losing++
		}
		for _, r := range lost {
			if counts[r.Module] == nil {
				counts[r.Module] = map[role.Kind]map[string]*Lost{}
			}
			if counts[r.Module][r.Kind] == nil {
				counts[r.Module][r.Kind] = map[string]*Lost{}
			}
			if counts[r.Module][r.Kind][r.Entry.Key] == nil {
				counts[r.Module][r.Kind][r.Entry.Key] = &Lost{Right: r}
			}
			counts[r.Module][r.Kind][r.Entry.Key].Users++
		}
	})
	if err != nil {
		return nil, err
	}
	e.More = e.More && found < before.Users
	full := role.Effective(role.Subject{Installed: true, Own: before.Rules}, nil, now)
	for _, r := range full.All() {
		if l := counts[r.Module][r.Kind][r.Entry.Key]; l != nil {
			e.Lost = append(e.Lost, *l)
		}
	}
	return e, nil
}

// takes tells whether the change can take anything away from anybody.
func takes(before, after *role.Role) bool {
	if before.Active && !after.Active || ends(before, after) {
		return true
	}
	had := role.Effective(role.Subject{Installed: true, Own: before.Rules}, nil, before.CreatedAt)
	has := role.Effective(role.Subject{Installed: true, Own: after.Rules}, nil, before.CreatedAt)
	return before.Active && len(had.Beyond(&has)) > 0
}

// ends tells whether the role gets an end, or an earlier one.
func ends(before, after *role.Role) bool {
	return !after.ExpiresAt.IsZero() && (before.ExpiresAt.IsZero() || after.ExpiresAt.Before(before.ExpiresAt))
}

// of are the roles of one client, with one of them in another state.
func of(which []id.Role, all map[id.Role]role.Role, as *role.Role) []role.Role {
	out := make([]role.Role, 0, len(which))
	for _, r := range which {
		if r == as.ID {
			out = append(out, *as)
		} else if x, ok := all[r]; ok {
			out = append(out, x)
		}
	}
	return out
}
