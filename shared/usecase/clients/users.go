package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// UserStore reads what is shown of external users.
type UserStore interface {
	lister
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Roles lists all roles of the agency, by name.
	Roles(ctx context.Context, agency id.Agency) ([]role.Role, error)
	// Cards reads some of the agency's contacts as they are now; those that do not exist are left out.
	Cards(ctx context.Context, agency id.Agency, ids []id.Contact) ([]client.Card, error)
}

// Users shows an agency its external users: those who have accepted.
type Users struct {
	Store UserStore
	Now   func() time.Time
}

// UserPage is a page of the list of external users.
type UserPage struct {
	Agency *agency.Agency
	Items  []client.Client
	Roles  []role.Role // all that the agency has
	Next   id.Client   // "" at the end
}

// UserCard is all that is shown of an external user.
type UserCard struct {
	Agency *agency.Agency
	Client *client.Client
	Roles  []role.Role   // all that the agency has
	Rights role.Rights   // what is open to the user now
	Cards  []client.Card // those that it is linked to
	Firms  []client.Card // the companies on those
}

// List lists external users, newest first. Faults: [fault.NotFound], also where Client Portal is not installed; [fault.Forbidden].
func (u *Users) List(ctx context.Context, caller identity.Caller, q Query) (*UserPage, error) {
	a, err := u.portal(ctx, caller)
	if err != nil {
		return nil, err
	}
	p := &UserPage{Agency: a}
	q.Joined = true
	if p.Items, p.Next, _, err = find(ctx, u.Store, u.Now(), caller.Agency, q); err != nil {
		return nil, err
	}
	p.Roles, err = u.Store.Roles(ctx, caller.Agency)
	return p, err
}

// Get reads one external user. Faults: [fault.NotFound], also for a client that has not accepted; [fault.Forbidden].
func (u *Users) Get(ctx context.Context, caller identity.Caller, which id.Client) (*UserCard, error) {
	a, err := u.portal(ctx, caller)
	if err != nil {
		return nil, err
	}
	ref := which.Ref()
	if ref == "" {
		return nil, errNoClient
	}
	c, err := u.Store.Client(ctx, caller.Agency, ref, true)
	if fault.Is(err, fault.NotFound) || err == nil && (c.ID != which || !c.Listed || !c.Joined()) {
		return nil, errNoClient
	}
	if err != nil {
		return nil, err
	}
	card := &UserCard{Agency: a, Client: c}
	if card.Roles, err = u.Store.Roles(ctx, caller.Agency); err != nil {
		return nil, err
	}
	card.Rights = role.Effective(c.Subject(a), given(card.Roles, c.Roles), u.Now())
	if card.Cards, err = u.cards(ctx, caller.Agency, c.Contacts); err != nil {
		return nil, err
	}
	var firms []id.Contact
	for _, k := range card.Cards {
		if k.Company != "" {
			firms = append(firms, k.Company)
		}
	}
	card.Firms, err = u.cards(ctx, caller.Agency, distinct(firms))
	return card, err
}

func (u *Users) cards(ctx context.Context, agency id.Agency, which []id.Contact) ([]client.Card, error) {
	if len(which) == 0 {
		return nil, nil
	}
	return u.Store.Cards(ctx, agency, which)
}

// portal holds the caller to the right to see external users, where there are any.
func (u *Users) portal(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return nil, err
	}
	a, err := u.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	return a, a.MayPortal()
}

// given are the roles among all that somebody has.
func given(all []role.Role, has []id.Role) []role.Role {
	var out []role.Role
	for _, which := range has {
		for _, r := range all {
			if r.ID == which {
				out = append(out, r)
			}
		}
	}
	return out
}
