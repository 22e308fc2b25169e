// Package account is what a person does about itself: it sees what is kept of it, takes that along, leaves a portal,
// and has itself forgotten.
package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
)

// Store is what a person's own data is read from. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Person reads all that is kept of a person by itself, as it is now. A person of whom nothing is kept has no items.
	Person(ctx context.Context, user id.User) (*Person, error)
	// Agency reads an agency.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads a member of an agency as it is now.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Lists says on which lists of people to invite an agency has the address.
	Lists(ctx context.Context, agency id.Agency, of email.Address) ([]List, error)
}

// List is a line of a list of people that an agency has invited, or wanted to.
type List struct {
	Batch     id.Batch
	CreatedAt time.Time
	Name      string // as the agency has written it; "" for none
}

// Person is what is kept of a person by itself.
type Person struct {
	Email     email.Address // "" of whoever has never signed in
	CreatedAt time.Time     // of the first sign-in
	Sessions  []identity.Session
	Codes     int         // how many sign-in codes are kept
	Asked     []time.Time // when codes were asked for
	Places    []Place
	Wishes    []Wish
	Links     []identity.Link   // the accounts at providers that sign it in
	Passkeys  *passkey.Set      // nil of a person who never had any
	Changes   []identity.Change // of how the person signs in, oldest first
}

// Empty tells whether nothing is kept of the person by itself.
func (p *Person) Empty() bool {
	return len(p.Places) == 0 && len(p.Sessions) == 0 && p.Codes == 0 && len(p.Asked) == 0 && len(p.Wishes) == 0 && p.Email == "" &&
		len(p.Links) == 0 && p.Passkeys == nil && len(p.Changes) == 0
}

// Wish is that the person asks to join an agency by a link, and an administrator has not decided yet.
type Wish struct {
	Agency  id.Agency
	Request id.JoinRequest
	Name    string // as it was typed
	At      time.Time
}

// Place is one agency that the person has to do with.
type Place struct {
	Agency id.Agency
	Member id.Member // where it works there; else ""
	Client id.Client // where it is a client; else ""
	Former id.Client // where it was one; else ""
}

// Workplace is an agency that the person works at.
type Workplace struct {
	Agency *agency.Agency
	Member *agency.Member
}

// Portal is an agency that the person is or was a client of.
type Portal struct {
	Agency *agency.Agency
	Client *client.Client
	Lists  []List // on which the agency has the person's address
}

// Overview is all that is kept of a person. What an agency has deleted is not in it.
type Overview struct {
	Person     *Person
	Workplaces []Workplace
	Portals    []Portal // those it is a client of, by name
	Former     []Portal // those it was a client of, by name
}

// Self shows people what is kept of them.
type Self struct {
	Store Store
	Now   func() time.Time
}

// See gathers all that is kept of the caller. Faults: [fault.Unauthenticated]; [fault.Forbidden] for who was let in by one agency's
// own provider.
func (s *Self) See(ctx context.Context, caller identity.Caller) (*Overview, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_your_account"); err != nil {
		return nil, err
	}
	p, err := s.Store.Person(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	o := &Overview{Person: p}
	for _, at := range p.Places {
		of, err := s.Store.Agency(ctx, at.Agency)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if at.Member != "" {
			m, err := s.Store.Member(ctx, at.Agency, at.Member)
			if err == nil {
				o.Workplaces = append(o.Workplaces, Workplace{of, m})
			} else if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		if at.Client == "" && at.Former == "" {
			continue
		}
		lists, err := s.Store.Lists(ctx, at.Agency, caller.Email)
		if err != nil {
			return nil, err
		}
		c, err := s.Store.Client(ctx, at.Agency, id.RefOf(at.Agency, caller.Email), true)
		switch {
		case fault.Is(err, fault.NotFound): // erased by the agency
		case err != nil:
			return nil, err
		case c.Erased():
		case c.Joined():
			o.Portals = append(o.Portals, Portal{of, c, lists})
		default:
			o.Former = append(o.Former, Portal{of, c, lists})
		}
	}
	byName := func(x, y Portal) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) }
	slices.SortFunc(o.Portals, byName)
	slices.SortFunc(o.Former, byName)
	slices.SortFunc(o.Workplaces, func(x, y Workplace) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) })
	return o, nil
}

func sorted(a *agency.Agency) string { return strings.ToLower(a.Name) + string(a.ID) }
