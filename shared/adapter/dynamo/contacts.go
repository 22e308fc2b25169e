package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/contacts"
)

// Book is what reading an agency's cards needs. It writes nothing.
type Book struct{ t *Table }

// NewBook makes Book of the table.
func NewBook(t *Table) Book { return Book{t} }

var _ contacts.Store = Book{}

// Agency reads the agency as it is now.
func (b Book) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return b.t.agency(ctx, which)
}

// Contact reads one card as it is now.
func (b Book) Contact(ctx context.Context, agency id.Agency, which id.Contact) (*contact.Contact, error) {
	return b.t.contact(ctx, agency, which)
}

// Contacts reads cards, newest first, from behind the cursor on.
func (b Book) Contacts(ctx context.Context, agency id.Agency, q contacts.Query) ([]contact.Contact, id.Contact, error) {
	return b.t.contacts(ctx, agency, q)
}

// ContactsByID reads some cards; those that do not exist are left out.
func (b Book) ContactsByID(ctx context.Context, agency id.Agency, ids []id.Contact) (map[id.Contact]contact.Contact, error) {
	return b.t.contactsByID(ctx, agency, ids)
}

// Members lists who works at the agency.
func (b Book) Members(ctx context.Context, which id.Agency) ([]agency.Member, error) {
	return b.t.members(ctx, which)
}

// Client reads one relationship.
func (b Book) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return b.t.client(ctx, agency, ref, fresh)
}

// Cards is what writing an agency's cards needs besides.
type Cards struct{ Book }

// NewCards makes Cards of the table.
func NewCards(t *Table) Cards { return Cards{Book{t}} }

var _ contacts.CardStore = Cards{}

// Holders finds the open cards with the addresses.
func (c Cards) Holders(
	ctx context.Context, agency id.Agency, addresses []email.Address,
) (map[email.Address]id.Contact, error) {
	return c.t.holders(ctx, agency, addresses)
}

// Recall reads what an idempotency key made.
func (c Cards) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return c.t.recall(ctx, agency, hash)
}

// Create writes cards that must not exist yet.
func (c Cards) Create(
	ctx context.Context, agency id.Agency, cards []*contact.Contact, rows []audit.Entry, once *idempotency.Record,
) error {
	return c.t.createContacts(ctx, agency, cards, rows, once)
}

// Change writes what people have changed on the card whose version was read.
func (c Cards) Change(ctx context.Context, before, after *contact.Contact, row audit.Entry) error {
	return c.t.changeContact(ctx, before, after, row)
}

// Remember writes an idempotency key by itself.
func (c Cards) Remember(ctx context.Context, agency id.Agency, once *idempotency.Record) error {
	return c.t.remember(ctx, agency, once)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (c Cards) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return c.t.commit(ctx, agency, change)
}

// OwnCards is what clients need to see what is about them.
type OwnCards struct{ Book }

// NewOwnCards makes OwnCards of the table.
func NewOwnCards(t *Table) OwnCards { return OwnCards{Book{t}} }

var _ contacts.OwnStore = OwnCards{}

// Portals lists the agencies that the person is a client of.
func (o OwnCards) Portals(ctx context.Context, user id.User) ([]id.Agency, error) {
	return o.t.portals(ctx, user)
}

// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (o OwnCards) Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error) {
	return o.t.standing(ctx, agency, which)
}

// Change writes what people have changed on the card whose version was read.
func (o OwnCards) Change(ctx context.Context, before, after *contact.Contact, row audit.Entry) error {
	return o.t.changeContact(ctx, before, after, row)
}
