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
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/domain/unsubscribe"
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
	// Wish reads what somebody wants of an agency's reminders; what is not stored is empty.
	Wish(ctx context.Context, agency id.Agency, user id.User) (*unsubscribe.Wish, error)
	// Box reads a member's box of notices; one that is not stored is empty.
	Box(ctx context.Context, agency id.Agency, member id.Member) (*notice.Box, error)
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
	Told   *notice.Box // what the member has chosen to be told; nil where it wasn't asked for
}

// Portal is an agency that the person is or was a client of.
type Portal struct {
	Agency *agency.Agency
	Client *client.Client
	Lists  []List // on which the agency has the person's address

	Unreminded time.Time // since when no reminders of invitations are wanted; zero where they are, or it wasn't asked for
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
				o.Workplaces = append(o.Workplaces, Workplace{Agency: of, Member: m})
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
			o.Portals = append(o.Portals, Portal{Agency: of, Client: c, Lists: lists})
		default:
			o.Former = append(o.Former, Portal{Agency: of, Client: c, Lists: lists})
		}
	}
	byName := func(x, y Portal) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) }
	slices.SortFunc(o.Portals, byName)
	slices.SortFunc(o.Former, byName)
	slices.SortFunc(o.Workplaces, func(x, y Workplace) int { return strings.Compare(sorted(x.Agency), sorted(y.Agency)) })
	return o, nil
}

// All is [Self.See] with what the person has said of mails. Faults: as there.
func (s *Self) All(ctx context.Context, caller identity.Caller) (*Overview, error) {
	o, err := s.See(ctx, caller)
	if err != nil {
		return nil, err
	}
	for _, portals := range [][]Portal{o.Portals, o.Former} {
		for n := range portals {
			w, err := s.Store.Wish(ctx, portals[n].Agency.ID, caller.User)
			if err != nil {
				return nil, err
			}
			portals[n].Unreminded = w.OffAt
		}
	}
	for n := range o.Workplaces {
		at := &o.Workplaces[n]
		if at.Told, err = s.Store.Box(ctx, at.Agency.ID, at.Member.ID); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func sorted(a *agency.Agency) string { return strings.ToLower(a.Name) + string(a.ID) }
