package dynamo

import (
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/usecase/account"
)

// PersonalData is what a person reads of itself.
type PersonalData struct{ t *Table }

// NewPersonalData makes PersonalData of the table.
func NewPersonalData(t *Table) PersonalData { return PersonalData{t} }

var _ account.Store = PersonalData{}

// Person reads all that is kept of a person by itself, as it is now.
func (p PersonalData) Person(ctx context.Context, user id.User) (*account.Person, error) {
	return p.t.person(ctx, user)
}

// Agency reads the agency as it is now.
func (p PersonalData) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (p PersonalData) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return p.t.member(ctx, which, member)
}

// Client reads one relationship.
func (p PersonalData) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, agency, ref, fresh)
}

// Lists says on which lists of people to invite an agency has the address.
func (p PersonalData) Lists(ctx context.Context, agency id.Agency, of email.Address) ([]account.List, error) {
	return p.t.listed(ctx, agency, of)
}

// Wish reads what somebody wants of an agency's reminders; what is not stored is empty.
func (p PersonalData) Wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error) {
	return p.t.wish(ctx, which, user)
}

// Box reads a member's box of notices; one that is not stored is empty.
func (p PersonalData) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return p.t.box(ctx, which, member)
}

// Departures is what leaving a portal needs.
type Departures struct{ t *Table }

// NewDepartures makes Departures of the table.
func NewDepartures(t *Table) Departures { return Departures{t} }

var _ account.LeavingStore = Departures{}

// Person reads all that is kept of a person by itself, as it is now.
func (d Departures) Person(ctx context.Context, user id.User) (*account.Person, error) {
	return d.t.person(ctx, user)
}

// Client reads one relationship.
func (d Departures) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return d.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (d Departures) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return d.t.commit(ctx, agency, change)
}

// Erasures is what erasing a person needs.
type Erasures struct{ t *Table }

// NewErasures makes Erasures of the table.
func NewErasures(t *Table) Erasures { return Erasures{t} }

var _ account.ErasureStore = Erasures{}

// Person reads all that is kept of a person by itself, as it is now.
func (e Erasures) Person(ctx context.Context, user id.User) (*account.Person, error) {
	return e.t.person(ctx, user)
}

// Client reads one relationship.
func (e Erasures) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return e.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (e Erasures) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return e.t.commit(ctx, agency, change)
}

// Unask takes back a wish to join an agency.
func (e Erasures) Unask(ctx context.Context, user id.User, wish account.Wish) error {
	return e.t.unask(ctx, user, wish)
}

// Forget deletes all that is kept of a person by itself, the sessions last.
func (e Erasures) Forget(ctx context.Context, user id.User) error {
	return e.t.forget(ctx, user)
}
