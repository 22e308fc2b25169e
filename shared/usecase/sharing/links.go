package sharing

import (
	"context"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
)

// LinkStore keeps links.
type LinkStore interface {
	SceneStore
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// People lists the agency's members as they are now.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
	// Links lists all links of the agency as they are now, newest first.
	Links(ctx context.Context, agency id.Agency) ([]sharelink.Link, error)
	// Roles lists all roles of the agency.
	Roles(ctx context.Context, agency id.Agency) ([]role.Role, error)
	// Names gives the present names of clients; what is gone is left out.
	Names(ctx context.Context, agency id.Agency, ids []string) (map[string]string, error)
	// SaveLink writes a change.
	SaveLink(ctx context.Context, c Change) error
}

// Links looks after an agency's links.
type Links struct {
	Store LinkStore
	Now   func() time.Time
}

// Shown is a link as an administrator sees it.
type Shown struct {
	sharelink.Link
	Why   sharelink.Why     // in which way it does not work
	Maker string            // name or address of who it rests on; "" for somebody who is gone
	Roles []role.Role       // those of the link that there are
	Names map[string]string // of who came by it, by their ids, where they are asked for
}

// Office is what the pages of links show of the agency besides.
type Office struct {
	Agency *agency.Agency
	Roles  []role.Role // that a link can have
}

// Office reads what the pages show besides. Faults: [fault.NotFound] for an agency without Client Portal.
func (l *Links) Office(ctx context.Context, caller identity.Caller) (*Office, error) {
	if err := administer(caller, identity.RolesRead); err != nil {
		return nil, err
	}
	a, err := l.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	if err := a.MayPortal(); err != nil {
		return nil, err
	}
	roles, err := l.Store.Roles(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	now := l.Now()
	roles = slices.DeleteFunc(roles, func(r role.Role) bool { return !r.Counts(now) })
	return &Office{Agency: a, Roles: roles}, nil
}

// Create makes a link for the caller's agency. The token is returned here and never again: a repeated request (same once key)
// answers with the link and an empty token.
//
// Faults: [fault.NotFound] for an agency without Client Portal; [fault.Forbidden], [fault.Suspended], [fault.PlanRequired];
// [fault.Invalid], also for more than [sharelink.MaxLinks] that work; [fault.IdempotencyUsed].
func (l *Links) Create(ctx context.Context, caller identity.Caller, in sharelink.Typed, once string) (*Shown, string, error) {
	if err := administer(caller, identity.RolesWrite); err != nil {
		return nil, "", err
	}
	record, err := idempotency.For("createShareLink", caller.Actor(), once, in)
	if err != nil {
		return nil, "", err
	}
	var made *Shown
	var token string
	err = conflict.Retry(ctx, func() error {
		token = ""
		now := l.Now().Truncate(time.Millisecond) // as it is stored
		// What the agency has before the links, so that one which is made between the two reads is noticed.
		at, err := l.Store.Scene(ctx, caller.Agency, Query{Maker: caller.Member, Ledger: true, Once: record})
		if err != nil {
			return err
		}
		if err := may(at, caller); err != nil {
			return err
		}
		if again, err := record.Replays(at.Once, now); err != nil {
			return err
		} else if again {
			made, err = l.get(ctx, caller, id.ShareLink(at.Once.Result))
			return err
		}
		terms, err := in.On(sharelink.Defaults(now), now)
		if err == nil {
			err = terms.Within(at.Maker.Level, now)
		}
		if err != nil {
			return err
		}
		roles, err := l.pick(ctx, caller.Agency, terms.Roles, nil)
		if err != nil {
			return err
		}
		all, err := l.Store.Links(ctx, caller.Agency)
		if err != nil {
			return err
		}
		people, err := l.Store.People(ctx, caller.Agency)
		if err != nil {
			return err
		}
		drop, err := sharelink.Room(all, func(x *sharelink.Link) bool { return !answered(people.Find(x.By)) }, now)
		if err != nil {
			return err
		}
		link, secret := sharelink.New(caller.Agency, caller.Member, terms, now)
		token = secret
		made = &Shown{Link: *link, Maker: called(at.Maker), Roles: roles}
		return l.Store.SaveLink(ctx, Change{Link: &made.Link, Staff: at.Agency.Staff, Ledger: at.Ledger, Drop: drop,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.LinkCreated, string(link.ID), detail(terms))},
			Once:  record.Of(string(link.ID), now)})
	})
	if err != nil {
		return nil, "", err
	}
	return made, token, nil
}

// may returns nil when the caller, as a member is now, may change links of the agency as it is now.
func may(at *Scene, caller identity.Caller) error {
	if at.Agency == nil {
		return errNoAgency
	}
	if err := open(at.Agency); err != nil {
		return err
	}
	if !answered(at.Maker) {
		return fault.New(fault.Forbidden, "errors.only_portal_administrators")
	}
	return administer(caller, identity.RolesWrite)
}

// pick finds the roles in the agency. Those that the link has not had before must count now.
func (l *Links) pick(ctx context.Context, which id.Agency, wanted, had []id.Role) ([]role.Role, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	at, err := l.Store.Scene(ctx, which, Query{Roles: wanted})
	if err != nil {
		return nil, err
	}
	for _, w := range wanted {
		if slices.Contains(had, w) {
			continue
		}
		n := slices.IndexFunc(at.Roles, func(r role.Role) bool { return r.ID == w })
		if n < 0 {
			return nil, fault.InField("roles", "errors.there_is_no_such_role")
		}
		if !at.Roles[n].Counts(l.Now()) {
			return nil, fault.InField("roles", "links.idle_role", "role", at.Roles[n].Name)
		}
	}
	return at.Roles, nil
}

// detail says what somebody may want to look up about new terms.
func detail(t sharelink.Terms) string {
	var parts []string
	if t.ExpiresAt.IsZero() {
		parts = append(parts, words.Say("links.never_expires"))
	}
	if t.MaxUses == 0 {
		parts = append(parts, words.Say("links.unlimited"))
	}
	if t.Approval {
		parts = append(parts, words.Say("links.asks"))
	}
	return strings.Join(parts, ", ")
}

// called is the member's name, or the address in its place; "" for nobody.
func called(m *agency.Member) string {
	switch {
	case m == nil:
		return ""
	case m.Name != "":
		return m.Name
	}
	return string(m.Email)
}

// List lists the links of the caller's agency, newest first, those that are dead too. Faults: [fault.NotFound] for an agency without
// Client Portal.
func (l *Links) List(ctx context.Context, caller identity.Caller) ([]Shown, error) {
	if err := administer(caller, identity.RolesRead); err != nil {
		return nil, err
	}
	a, err := l.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	if err := a.MayPortal(); err != nil {
		return nil, err
	}
	all, err := l.Store.Links(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	people, err := l.Store.People(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	var wanted []id.Role
	for i := range all {
		for _, r := range all[i].Roles {
			if !slices.Contains(wanted, r) {
				wanted = append(wanted, r)
			}
		}
	}
	at := &Scene{}
	if len(wanted) > 0 {
		if at, err = l.Store.Scene(ctx, caller.Agency, Query{Roles: wanted}); err != nil {
			return nil, err
		}
	}
	out := make([]Shown, 0, len(all))
	for i := range all {
		if !all[i].Gone(l.Now()) {
			out = append(out, l.shown(&all[i], a, people.Find(all[i].By), at.Roles))
		}
	}
	return out, nil
}

// shown is a link with what there is to say of it.
func (l *Links) shown(x *sharelink.Link, a *agency.Agency, maker *agency.Member, roles []role.Role) Shown {
	s := Shown{Link: *x, Maker: called(maker), Why: standing(x, a, maker, l.Now())}
	for _, r := range roles {
		if slices.Contains(x.Roles, r.ID) {
			s.Roles = append(s.Roles, r)
		}
	}
	return s
}

// answered tells whether somebody answers for a link who may let people in.
func answered(maker *agency.Member) bool {
	return maker != nil && maker.PortalRight() == agency.Administrator
}

// standing is in which way a link of the agency does not work: what the link says itself, then who made it, then the agency.
func standing(x *sharelink.Link, a *agency.Agency, maker *agency.Member, now time.Time) sharelink.Why {
	switch why := x.Standing(now); {
	case why != sharelink.Works:
		return why
	case !answered(maker):
		return sharelink.NoMaker
	case open(a) != nil:
		return sharelink.NoAgency
	}
	return sharelink.Works
}

// Get reads a link, with the names of those who came by it. Faults: [fault.NotFound].
func (l *Links) Get(ctx context.Context, caller identity.Caller, which id.ShareLink) (*Shown, error) {
	if err := administer(caller, identity.RolesRead); err != nil {
		return nil, err
	}
	return l.get(ctx, caller, which)
}

func (l *Links) get(ctx context.Context, caller identity.Caller, which id.ShareLink) (*Shown, error) {
	x, err := l.Store.Link(ctx, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if x.Gone(l.Now()) {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_share_link")
	}
	at, err := l.Store.Scene(ctx, caller.Agency, Query{Maker: x.By, Roles: x.Roles})
	if err != nil {
		return nil, err
	}
	if at.Agency == nil {
		return nil, errNoAgency
	}
	if err := at.Agency.MayPortal(); err != nil {
		return nil, err
	}
	s := l.shown(x, at.Agency, at.Maker, at.Roles)
	if len(x.Joined) > 0 {
		var ids []string
		for _, j := range x.Joined {
			ids = append(ids, string(j.Client))
		}
		if s.Names, err = l.Store.Names(ctx, caller.Agency, ids); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

// Update sets other terms. Faults: [fault.NotFound]; [fault.Invalid]; [fault.NotActive] for a link that was disabled.
func (l *Links) Update(ctx context.Context, caller identity.Caller, which id.ShareLink, in sharelink.Typed) (*Shown, error) {
	shown, _, err := l.change(ctx, caller, which, audit.LinkChanged, func(x *sharelink.Link, now time.Time) (string, bool, error) {
		terms, err := in.On(x.Terms, now)
		if err != nil {
			return "", false, err
		}
		if _, err := l.pick(ctx, caller.Agency, terms.Roles, x.Roles); err != nil {
			return "", false, err
		}
		return "", true, x.Change(terms)
	})
	return shown, err
}

// Reset puts a new token in the place of the one that is out, which is dead at once. The new one is returned here and never again.
// Whoever came by the link stays, and its uses go on counting. Faults: [fault.NotFound]; [fault.NotActive] for a link that was
// disabled.
func (l *Links) Reset(ctx context.Context, caller identity.Caller, which id.ShareLink) (*Shown, string, error) {
	return l.change(ctx, caller, which, audit.LinkReset, func(x *sharelink.Link, _ time.Time) (string, bool, error) {
		token, err := x.Renew(caller.Member)
		return token, true, err
	})
}

// Disable ends a link for good. One that is disabled stays so. Faults: [fault.NotFound].
func (l *Links) Disable(ctx context.Context, caller identity.Caller, which id.ShareLink) (*Shown, error) {
	shown, _, err := l.change(ctx, caller, which, audit.LinkDisabled, func(x *sharelink.Link, now time.Time) (string, bool, error) {
		return "", x.Disable(now), nil
	})
	return shown, err
}

// change reads a link, changes it and writes it, while the caller is an administrator of the agency as it is now.
func (l *Links) change(ctx context.Context, caller identity.Caller, which id.ShareLink, action audit.Action,
	do func(*sharelink.Link, time.Time) (token string, changed bool, err error)) (*Shown, string, error) {
	if err := administer(caller, identity.RolesWrite); err != nil {
		return nil, "", err
	}
	var token string
	err := conflict.Retry(ctx, func() error {
		now := l.Now().Truncate(time.Millisecond)
		at, err := l.Store.Scene(ctx, caller.Agency, Query{Link: which, Maker: caller.Member})
		if err != nil {
			return err
		}
		if at.Agency == nil {
			return errNoAgency
		}
		if err := at.Agency.MayPortal(); err != nil {
			return err
		}
		if at.Link == nil || at.Link.Gone(now) {
			return fault.New(fault.NotFound, "errors.there_is_no_such_share_link")
		}
		if err := may(at, caller); err != nil && action != audit.LinkDisabled { // what a cap or a plan allows no more can be taken away
			return err
		}
		changed, before := false, at.Link.Terms
		if token, changed, err = do(at.Link, now); err != nil || !changed {
			return err
		}
		if action == audit.LinkReset || action == audit.LinkChanged && !at.Link.Lasts(before) {
			if err := at.Link.Within(at.Maker.Level, now); err != nil {
				return err
			}
		}
		return l.Store.SaveLink(ctx, Change{Link: at.Link, Staff: at.Agency.Staff,
			Audit: []audit.Entry{row(now, caller.Actor(), action, string(which), "")}})
	})
	if err != nil {
		return nil, "", err
	}
	shown, err := l.get(ctx, caller, which)
	return shown, token, err
}
