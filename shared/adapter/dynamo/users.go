package dynamo

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/clients"
)

// rolesByID reads some of the agency's roles as they are now; those that do not exist are left out.
func (t *Table) rolesByID(ctx context.Context, agency id.Agency, ids []id.Role) ([]role.Role, error) {
	keys := make([]item, len(ids))
	for n, which := range ids {
		keys[n] = key(string(agency), rolePrefix+string(which))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	return readRoles(items)
}

// cards reads some of the agency's contacts as they are now, as far as clients are linked to them; those that do not exist are left
// out.
func (t *Table) cards(ctx context.Context, agency id.Agency, ids []id.Contact) ([]client.Card, error) {
	keys := make([]item, len(ids))
	for n, which := range ids {
		keys[n] = key(string(agency), contactPrefix+string(which))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]client.Card, 0, len(items))
	for _, i := range items {
		c, err := readCard(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// card reads one of them.
func (t *Table) card(ctx context.Context, agency id.Agency, which id.Contact) (*client.Card, error) {
	r, err := t.get(ctx, string(agency), contactPrefix+string(which), true, "errors.there_is_no_such_contact")
	if err != nil {
		return nil, err
	}
	c, err := readCard(r)
	return &c, err
}

func readCard(r *reader) (client.Card, error) {
	_, archived := r.item["archived"]
	return client.Card{ID: id.Contact(strings.TrimPrefix(r.s("sk"), contactPrefix)), Name: r.s("name"), Email: r.s("email"),
		Phone: r.s("phone"), Company: id.Contact(r.s("company")), Client: id.Client(r.s(linkedClient)), Archived: archived}, r.err
}

// External is what changing external users needs.
type External struct{ t *Table }

// NewExternal makes External of the table.
func NewExternal(t *Table) External { return External{t} }

var _ clients.ExternalStore = External{}

// Client reads one relationship.
func (e External) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return e.t.client(ctx, agency, ref, fresh)
}

// Agency reads the agency as it is now.
func (e External) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return e.t.agency(ctx, which)
}

// RolesByID reads some of the agency's roles as they are now; those that do not exist are left out.
func (e External) RolesByID(ctx context.Context, agency id.Agency, ids []id.Role) ([]role.Role, error) {
	return e.t.rolesByID(ctx, agency, ids)
}

// Cards reads some of the agency's contacts as they are now; those that do not exist are left out.
func (e External) Cards(ctx context.Context, agency id.Agency, ids []id.Contact) ([]client.Card, error) {
	return e.t.cards(ctx, agency, ids)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (e External) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return e.t.commit(ctx, agency, change)
}

// Users is what showing external users needs. It writes nothing.
type Users struct{ t *Table }

// NewUsers makes Users of the table.
func NewUsers(t *Table) Users { return Users{t} }

var _ clients.UserStore = Users{}

// Client reads one relationship.
func (u Users) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return u.t.client(ctx, agency, ref, fresh)
}

// Clients lists relationships, newest first, from behind the cursor on.
func (u Users) Clients(ctx context.Context, agency id.Agency, q clients.Query) ([]client.Client, id.Client, error) {
	return u.t.clients(ctx, agency, q)
}

// Agency reads the agency as it is now.
func (u Users) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return u.t.agency(ctx, which)
}

// Roles lists the agency's roles in the order in which they were made.
func (u Users) Roles(ctx context.Context, agency id.Agency) ([]role.Role, error) {
	return u.t.roles(ctx, agency)
}

// Cards reads some of the agency's contacts as they are now; those that do not exist are left out.
func (u Users) Cards(ctx context.Context, agency id.Agency, ids []id.Contact) ([]client.Card, error) {
	return u.t.cards(ctx, agency, ids)
}
