// Package portal is where a client stands after accepting: what its agencies have opened to it, as it is now.
package portal

import (
	"context"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/role"
)

// Store reads, and notes visits. What is not there is a fault with code [fault.NotFound].
type Store interface {
	client.Gatekeeper
	// Visit notes when the client opened its portal; it is no error when another visit was noted within client.SeenApart, or
	// when the relationship has gone.
	Visit(ctx context.Context, agency id.Agency, which id.Client, now time.Time) error
	// Portals lists the agencies that the person is a client of.
	Portals(ctx context.Context, user id.User) ([]id.Agency, error)
	// Left lists the agencies that the person was a client of.
	Left(ctx context.Context, user id.User) ([]id.Agency, error)
	// Agency reads an agency.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads a person who works at the agency.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
}

// Portal shows a person what is open to it.
type Portal struct {
	Store Store
	Now   func() time.Time
}

// Access says how far the portal is open.
type Access string

// The degrees.
const (
	Full     Access = "full"
	Inactive Access = "inactive"
	Closed   Access = "closed" // the agency has been deleted
	// Over is for a client whose access has come to its end: what it pays for is its own and stays open, the agency's does not.
	Over Access = "ended"
	// Kept is for a client that pays for what is its own while the agency is suspended: that stays open, the agency's does not.
	Kept Access = "kept"
)

// Item is one thing that is open to the client.
type Item struct {
	instance.Resource
	Access instance.Access
	Making *purchase.Item // how far it is, of what the client has bought; else nil
}

// View is a person's portal at one agency. Choices holds the agencies to choose from when the person is a client of
// several; then, as long as none is chosen, Agency is nil.
type View struct {
	Agency    *agency.Agency
	Client    *client.Client
	Access    Access
	Instances []Item
	Services  []Item
	Lost      []instance.Grant // what ended with the client's access
	Inviter   *agency.Member   // who invited the client, and still works there; nil for nobody
	Choices   []*agency.Agency
	Modules   []role.Module // of Client Portal that are open to the client now
}

// Get shows the portal at the agency that is asked for; "" for the only one there is. What was revoked a moment ago
// is not in it. Faults: [fault.Unauthenticated]; [fault.NotFound] for an agency that the person is no client of.
func (p *Portal) Get(ctx context.Context, caller identity.Caller, which id.Agency) (*View, error) {
	return p.get(ctx, caller, which, "")
}

// Return is Get for a person who was at an agency's portal before: where several can be chosen, that one is, as long as it
// is still one of them.
func (p *Portal) Return(ctx context.Context, caller identity.Caller, last id.Agency) (*View, error) {
	return p.get(ctx, caller, "", last)
}

func (p *Portal) get(ctx context.Context, caller identity.Caller, which, last id.Agency) (*View, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_your_portal"); err != nil {
		return nil, err
	}
	mine, err := p.Store.Portals(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	v := &View{}
	if len(mine) > 1 {
		for _, a := range mine {
			of, err := p.Store.Agency(ctx, a)
			if fault.Is(err, fault.NotFound) {
				continue // it was deleted a moment ago
			}
			if err != nil {
				return nil, err
			}
			v.Choices = append(v.Choices, of)
		}
		slices.SortFunc(v.Choices, func(a, b *agency.Agency) int {
			return strings.Compare(strings.ToLower(a.Name)+string(a.ID), strings.ToLower(b.Name)+string(b.ID))
		})
	}
	if which == "" && slices.ContainsFunc(v.Choices, func(a *agency.Agency) bool { return a.ID == last }) {
		which = last
	}
	switch {
	case which == "" && len(mine) > 1:
		return v, nil
	case which == "" && len(mine) == 1:
		which = mine[0]
	case which == "" || !slices.Contains(mine, which):
		return nil, fault.New(fault.NotFound, "errors.you_have_no_portal_here_follow")
	}
	return v, p.fill(ctx, v, which, caller)
}

// fill reads the agency, the relationship, and what is open in it.
func (p *Portal) fill(ctx context.Context, v *View, which id.Agency, caller identity.Caller) error {
	now := p.Now()
	pass, err := client.Enter(ctx, p.Store, which, caller.Email, now)
	if err != nil {
		return err
	}
	v.Agency, v.Client = pass.Agency, pass.Client
	if v.Access = Full; !v.Agency.ClosedAt.IsZero() {
		v.Access = Closed
		return nil
	}
	v.Inviter, err = p.Store.Member(ctx, which, v.Client.Invite.From.Member)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	grants := v.Client.GrantsAt(now)
	if v.Agency.Suspended {
		v.Access = Kept
		grants = slices.DeleteFunc(slices.Clone(grants), func(g instance.Grant) bool { return v.Client.Bought(g.Resource) == nil })
	}
	if v.Client.At(now) != client.Active || v.Access == Kept && !v.Client.Payment.State.Open() {
		v.Access = Inactive
		return nil
	}
	ids := make([]id.Resource, len(grants))
	for i, g := range grants {
		ids[i] = g.Resource
	}
	var have map[id.Resource]instance.Resource
	if len(ids) > 0 {
		if have, err = p.Store.ResourcesByID(ctx, which, ids); err != nil {
			return err
		}
	}
	if v.Access == Full && v.Client.Lapsed(now) {
		v.Access, v.Lost = Over, v.Client.Lost(now)
	}
	v.Modules = pass.Rights.Modules()
	v.arrange(grants, have, v.Client.Making)
	p.visited(ctx, v.Client)
	return nil
}

// visited notes that the client has opened its portal, at most once in client.SeenApart, so that its agency knows. The portal is
// shown whether or not that can be written.
func (p *Portal) visited(ctx context.Context, c *client.Client) {
	if now := p.Now(); c.MaySee(now) {
		_ = p.Store.Visit(ctx, c.Agency, c.ID, now)
	}
}

// Preview is what the portal of an agency shows to a client with these grants.
func Preview(a *agency.Agency, grants []instance.Grant, have map[id.Resource]instance.Resource) *View {
	v := &View{Agency: a, Access: Full}
	v.arrange(grants, have, func(id.Resource) *purchase.Item { return nil })
	return v
}

// PreviewOf is what the portal of an agency shows to one of its clients at a moment, or will once it accepts.
func PreviewOf(a *agency.Agency, c *client.Client, have map[id.Resource]instance.Resource, now time.Time) *View {
	v := &View{Agency: a, Client: c, Access: Full}
	v.arrange(c.OpenAt(now), have, c.Bought)
	return v
}

// arrange puts what is granted, and is there, in its place.
func (v *View) arrange(grants []instance.Grant, have map[id.Resource]instance.Resource, making func(id.Resource) *purchase.Item) {
	for _, g := range grants {
		r, ok := have[g.Resource]
		if !ok {
			continue
		}
		if r.Kind == instance.N8N {
			v.Instances = append(v.Instances, Item{r, g.Access, making(r.ID)})
		} else {
			v.Services = append(v.Services, Item{r, g.Access, making(r.ID)})
		}
	}
}

// Ended is a portal that the person has no more.
type Ended struct {
	Agency *agency.Agency
	At     time.Time
	By     client.Side
	Bought bool // whether there was a contract, which it can still read
}

// Ended lists the portals that the person had, the latest to end first. Agencies that are gone, or have forgotten the
// person, are not in it. Faults: [fault.Unauthenticated].
func (p *Portal) Ended(ctx context.Context, caller identity.Caller) ([]Ended, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_your_portal"); err != nil {
		return nil, err
	}
	all, err := p.Store.Left(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	var out []Ended
	for _, which := range all {
		c, err := p.Store.Client(ctx, which, id.RefOf(which, caller.Email), false)
		if err == nil && c.EndedAt.IsZero() { // invited again
			continue
		}
		var of *agency.Agency
		if err == nil {
			of, err = p.Store.Agency(ctx, which)
		}
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Ended{of, c.EndedAt, c.EndedBy, c.Contract() != nil})
	}
	slices.SortFunc(out, func(a, b Ended) int { return b.At.Compare(a.At) })
	return out, nil
}
