// Package contacts keeps an agency's cards: it makes, finds, changes and archives them, reads and writes them as files, and shows
// clients what their roles open of their own.
package contacts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
)

// MaxContacts is how many cards an agency may have, archived ones among them. Listing and purging work in steps and need no such
// number; it bounds what an agency can have us keep.
const MaxContacts = 10_000

// Store reads cards. What is not there is a fault with code [fault.NotFound].
type Store interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Contact reads one card as it is now.
	Contact(ctx context.Context, agency id.Agency, which id.Contact) (*contact.Contact, error)
	// Contacts reads cards, newest first, from behind the cursor on: one read of at most Examine of them, of which those that match
	// are returned, and the cursor of the next read, "" at the end.
	Contacts(ctx context.Context, agency id.Agency, q Query) ([]contact.Contact, id.Contact, error)
	// ContactsByID reads some cards; those that do not exist are left out.
	ContactsByID(ctx context.Context, agency id.Agency, ids []id.Contact) (map[id.Contact]contact.Contact, error)
	// Members lists who works at the agency.
	Members(ctx context.Context, agency id.Agency) ([]agency.Member, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
}

// CardStore also writes cards. Writes whose condition fails write nothing and return conflict.ErrChanged.
type CardStore interface {
	Store
	// Holders finds the open cards with the addresses.
	Holders(ctx context.Context, agency id.Agency, addresses []email.Address) (map[email.Address]id.Contact, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error)
	// Create writes cards that must not exist yet, while the agency has at most MaxContacts with them, and no open card has one of
	// their addresses.
	Create(ctx context.Context, agency id.Agency, cards []*contact.Contact, rows []audit.Entry, once *idempotency.Record) error
	// Change writes what people have changed on the card whose version was read, when before is how it was. It never touches the link
	// with a client.
	Change(ctx context.Context, before, after *contact.Contact, row audit.Entry) error
	// Remember writes an idempotency key by itself.
	Remember(ctx context.Context, agency id.Agency, once *idempotency.Record) error
	// Commit writes a change of a client and all that goes with it.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Query asks for a page of cards; zero values ask for all.
type Query struct {
	Find     string       // in names and addresses, in any case
	Kind     contact.Kind // "" for both
	Archived bool         // those that are archived, in place of those that are open
	Free     bool         // only those that no external user is linked with
	Emailed  bool         // only those with an address, as somebody picks from who is to be invited
	Limit    int
	After    id.Contact // the last one of the page before; "" for the first page
	Examine  int        // how many cards a read looks at
}

// How far one request looks: reads of so many cards each; see clients.Directory.
const (
	reads   = 8
	examine = 500
)

// Book reads an agency's cards.
type Book struct {
	Store Store
	Now   func() time.Time
}

// Page is a page of cards with the names of the companies on it.
type Page struct {
	Cards     []contact.Contact
	Companies map[id.Contact]contact.Contact
	Next      id.Contact // "" at the end
}

// List reads a page of cards, newest first, in a bounded number of reads: it may come short of its limit, with a cursor to go on
// from. Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound] for who is denied.
func (b *Book) List(ctx context.Context, caller identity.Caller, q Query) (Page, error) {
	var page Page
	if err := caller.MayPortal(identity.ContactsRead, identity.See); err != nil {
		return page, err
	}
	return b.list(ctx, caller.Agency, q)
}

func (b *Book) list(ctx context.Context, agency id.Agency, q Query) (Page, error) {
	var page Page
	q.Examine = examine
	for range reads {
		some, next, err := b.Store.Contacts(ctx, agency, q)
		if err != nil {
			return page, err
		}
		if room := q.Limit - len(page.Cards); len(some) > room {
			some = some[:room]
			next = some[room-1].ID
		}
		page.Cards = append(page.Cards, some...)
		page.Next, q.After = next, next
		if next == "" || len(page.Cards) == q.Limit {
			break
		}
	}
	var companies []id.Contact
	for i := range page.Cards {
		if of := page.Cards[i].Company; of != "" && !slices.Contains(companies, of) {
			companies = append(companies, of)
		}
	}
	if len(companies) == 0 {
		return page, nil
	}
	var err error
	page.Companies, err = b.Store.ContactsByID(ctx, agency, companies)
	return page, err
}

// Some reads some cards; those that do not exist or are archived are left out. Faults: those of [Book.List].
func (b *Book) Some(ctx context.Context, caller identity.Caller, ids []id.Contact) (map[id.Contact]contact.Contact, error) {
	if err := caller.MayPortal(identity.ContactsRead, identity.See); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // an empty map is as good
	}
	found, err := b.Store.ContactsByID(ctx, caller.Agency, ids)
	for which := range found {
		if c := found[which]; c.Archived() {
			delete(found, which)
		}
	}
	return found, err
}

// Card is a card with what stands around it.
type Card struct {
	*contact.Contact
	At          *contact.Contact // its company; nil for none
	Responsible *agency.Member   // nil for nobody who works there
	User        *client.Client   // the external user that it is linked with; nil for none
}

// Get reads a card. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (b *Book) Get(ctx context.Context, caller identity.Caller, which id.Contact) (*Card, error) {
	if err := caller.MayPortal(identity.ContactsRead, identity.See); err != nil {
		return nil, err
	}
	return b.card(ctx, caller.Agency, which)
}

func (b *Book) card(ctx context.Context, agency id.Agency, which id.Contact) (*Card, error) {
	c, err := b.Store.Contact(ctx, agency, which)
	if err != nil {
		return nil, err
	}
	return b.around(ctx, c)
}

// Around reads what stands around a card that was just written.
func (k *Cards) Around(ctx context.Context, c *contact.Contact) (*Card, error) {
	return k.around(ctx, c)
}

// around reads what stands around a card. What has gone meanwhile is left out.
func (b *Book) around(ctx context.Context, c *contact.Contact) (*Card, error) {
	card := &Card{Contact: c}
	if c.Company != "" {
		at, err := b.Store.Contact(ctx, c.Agency, c.Company)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		card.At = at
	}
	if c.Responsible != "" {
		all, err := b.Store.Members(ctx, c.Agency)
		if err != nil {
			return nil, err
		}
		if n := slices.IndexFunc(all, func(m agency.Member) bool { return m.ID == c.Responsible }); n >= 0 {
			card.Responsible = &all[n]
		}
	}
	if c.Client != "" {
		user, err := b.Store.Client(ctx, c.Agency, c.Client.Ref(), true)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil && user.ID == c.Client && !user.Erased() {
			card.User = user
		}
	}
	return card, nil
}

// Choices is what a card's form offers: companies, those that were made last first, and who works at the agency.
type Choices struct {
	Companies []contact.Contact
	Members   []agency.Member
}

// mostChoices is how many companies a form offers.
const mostChoices = 200

// Choices reads what a card's form offers. Faults: those of [Book.List].
func (b *Book) Choices(ctx context.Context, caller identity.Caller) (Choices, error) {
	page, err := b.List(ctx, caller, Query{Kind: contact.Company, Limit: mostChoices})
	if err != nil {
		return Choices{}, err
	}
	members, err := b.Store.Members(ctx, caller.Agency)
	slices.SortFunc(page.Cards, func(x, y contact.Contact) int {
		return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
	})
	return Choices{page.Cards, members}, err
}

// Agency reads the caller's agency, for the page around. Faults: those of [Book.List].
func (b *Book) Agency(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.ContactsRead, identity.See); err != nil {
		return nil, err
	}
	return b.Store.Agency(ctx, caller.Agency)
}

// Cards also writes an agency's cards.
type Cards struct {
	*Book
	Store CardStore
}

// Office reads the caller's agency for who may change cards. Faults: those of [Cards.Create].
func (k *Cards) Office(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	return k.Store.Agency(ctx, caller.Agency)
}

// NewCards makes Cards over the store.
func NewCards(store CardStore, now func() time.Time) *Cards { return &Cards{&Book{store, now}, store} }

// entry is a row of the log.
func entry(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

// form puts what was typed onto a card, and checks what stands on it elsewhere.
func (k *Cards) form(ctx context.Context, c *contact.Contact, f contact.Fields) error {
	before := *c
	if err := c.Set(f); err != nil {
		return err
	}
	if c.Company != "" && c.Company != before.Company {
		at, err := k.Store.Contact(ctx, c.Agency, c.Company)
		if fault.Is(err, fault.NotFound) || err == nil && (at.Kind != contact.Company || at.Archived()) {
			return contact.NoCompany()
		}
		if err != nil {
			return err
		}
	}
	if c.Responsible != "" && c.Responsible != before.Responsible {
		all, err := k.Store.Members(ctx, c.Agency)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(m agency.Member) bool { return m.ID == c.Responsible }) {
			return contact.NoMember()
		}
	}
	return nil
}

// CheckFields says what is wrong with what was typed into a card that is changed. Faults: [fault.Invalid].
func (k *Cards) CheckFields(f contact.Fields) error {
	return (&contact.Contact{Kind: contact.Person, Name: "-"}).Set(f)
}

// Create makes a card. Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound] for who is denied; [fault.Invalid], also
// where the agency has MaxContacts; [fault.ContactExists] with the card's id, where an open card has the address;
// [fault.IdempotencyUsed].
func (k *Cards) Create(ctx context.Context, caller identity.Caller, f contact.Fields, once string) (*contact.Contact, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	record, err := idempotency.For("createContact", caller.Actor(), once, f)
	if err != nil {
		return nil, err
	}
	now := k.Now().Truncate(time.Millisecond)
	before, err := k.before(ctx, caller.Agency, record, now)
	if err != nil || before != nil {
		return before, err
	}
	c := &contact.Contact{ID: id.New[id.Contact](id.ContactPrefix, now), Agency: caller.Agency, Kind: contact.Person, CreatedAt: now}
	if err := k.form(ctx, c, f); err != nil {
		return nil, err
	}
	err = conflict.Retry(ctx, func() error {
		if err := k.free(ctx, c); err != nil {
			return err
		}
		rows := []audit.Entry{entry(now, caller.Actor(), audit.ContactCreated, string(c.ID), "")}
		err := k.Store.Create(ctx, caller.Agency, []*contact.Contact{c}, rows, record.Of(string(c.ID), now))
		if errors.Is(err, conflict.ErrChanged) {
			again, failure := k.before(ctx, caller.Agency, record, now)
			if failure != nil || again != nil {
				before = again
				return failure
			}
		}
		return err
	})
	if err == nil && before != nil {
		return before, nil
	}
	return c, err
}

// before is what an earlier request with the record's key made; nil for none.
func (k *Cards) before(ctx context.Context, agency id.Agency, record *idempotency.Record, now time.Time) (*contact.Contact, error) {
	if record == nil {
		return nil, nil //nolint:nilnil // nothing was made before
	}
	stored, err := k.Store.Recall(ctx, agency, record.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	again, err := record.Replays(stored, now)
	if err != nil || !again {
		return nil, err
	}
	return k.Store.Contact(ctx, agency, id.Contact(stored.Result))
}

// free returns a fault where another open card has the card's address.
func (k *Cards) free(ctx context.Context, c *contact.Contact) error {
	if c.Email == "" || c.Archived() {
		return nil
	}
	held, err := k.Store.Holders(ctx, c.Agency, []email.Address{c.Email})
	if err != nil {
		return err
	}
	if by := held[c.Email]; by != "" && by != c.ID {
		f := fault.New(fault.ContactExists, "contacts.email_taken")
		f.Existing = string(by)
		f.Fields = []fault.Field{{Location: "email", Message: f.Message}}
		return f
	}
	return nil
}

// Update changes a card, and puts it away or takes it back where archived is not nil; one that is away is changed only with that. A
// match that is not "" and not the tag of what is stored is refused.
//
// Faults: those of [Cards.Create]; [fault.NotFound], [fault.Changed]; [fault.NotActive] for a card that is archived.
func (k *Cards) Update(ctx context.Context, caller identity.Caller, which id.Contact, f contact.Fields, archived *bool, match string,
) (*contact.Contact, error) {
	return k.change(ctx, caller, which, match, func(c *contact.Contact) error {
		if archived != nil && !*archived {
			c.ArchivedAt = time.Time{}
		}
		if c.Archived() && f != (contact.Fields{}) {
			return fault.New(fault.NotActive, "contacts.is_archived")
		}
		if archived != nil && *archived && !c.Archived() {
			c.ArchivedAt = k.Now().Truncate(time.Millisecond)
		}
		return k.form(ctx, c, f)
	})
}

// Archive puts a card away; it is no fault when it is. Faults: those of [Cards.Update].
func (k *Cards) Archive(ctx context.Context, caller identity.Caller, which id.Contact, match string) (*contact.Contact, error) {
	away := true
	return k.Update(ctx, caller, which, contact.Fields{}, &away, match)
}

// Unlink takes the link between a card and its external user away, and with it what the user has by it, from its next request on. It is
// no fault when there is none. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (k *Cards) Unlink(ctx context.Context, caller identity.Caller, which id.Contact) (*contact.Contact, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	var out *contact.Contact
	err := conflict.Retry(ctx, func() error {
		c, err := k.Store.Contact(ctx, caller.Agency, which)
		if out = c; err != nil || c.Client == "" {
			return err
		}
		user, err := k.Store.Client(ctx, caller.Agency, c.Client.Ref(), true)
		if err != nil {
			return err
		}
		was := len(user.Contacts)
		user.Contacts = slices.DeleteFunc(slices.Clone(user.Contacts), func(x id.Contact) bool { return x == which })
		if len(user.Contacts) == was {
			return conflict.ErrChanged
		}
		row := entry(k.Now(), caller.Actor(), audit.ContactUnlinked, string(user.ID), string(which))
		if err := k.Store.Commit(ctx, caller.Agency, client.Change{Client: user, Audit: []audit.Entry{row}}); err != nil {
			return err
		}
		c.Client = ""
		return nil
	})
	return out, err
}

// change changes a card by f, which may decide afresh.
func (k *Cards) change(ctx context.Context, caller identity.Caller, which id.Contact, match string,
	f func(*contact.Contact) error) (*contact.Contact, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	var out *contact.Contact
	err := conflict.Retry(ctx, func() error {
		c, err := k.Store.Contact(ctx, caller.Agency, which)
		if err != nil {
			return err
		}
		if match != "" && match != "*" && match != c.Tag() {
			return fault.New(fault.Changed, "details.changed_meanwhile")
		}
		before := *c
		if err := f(c); err != nil {
			return err
		}
		if out = c; *c == before {
			return nil
		}
		if err := k.free(ctx, c); err != nil {
			return err
		}
		return k.Store.Change(ctx, &before, c, changed(k.Now(), caller.Actor(), &before, c))
	})
	return out, err
}

// changed is the row of the log about a change: what it was of, and never what it says.
func changed(now time.Time, actor string, before, after *contact.Contact) audit.Entry {
	switch {
	case before.Archived() && !after.Archived():
		return entry(now, actor, audit.ContactRestored, string(after.ID), "")
	case after.Archived() && !before.Archived():
		return entry(now, actor, audit.ContactArchived, string(after.ID), "")
	}
	var what []string
	for _, x := range []struct {
		name string
		same bool
	}{{"kind", before.Kind == after.Kind}, {"name", before.Name == after.Name}, {"email", before.Email == after.Email},
		{"phone", before.Phone == after.Phone}, {"address", before.Address == after.Address}, {"taxId", before.TaxID == after.TaxID},
		{"customText", before.Custom == after.Custom}, {"note", before.Note == after.Note},
		{"company", before.Company == after.Company}, {"responsible", before.Responsible == after.Responsible}} {
		if !x.same {
			what = append(what, x.name)
		}
	}
	return entry(now, actor, audit.ContactChanged, string(after.ID), strings.Join(what, " "))
}
