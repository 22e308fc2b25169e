package contacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// OwnStore is what clients need to see what is about them, and to change what they may of it.
type OwnStore interface {
	client.Gatekeeper
	// Contact reads one card as it is now.
	Contact(ctx context.Context, agency id.Agency, which id.Contact) (*contact.Contact, error)
	// ContactsByID reads some cards; those that do not exist are left out.
	ContactsByID(ctx context.Context, agency id.Agency, ids []id.Contact) (map[id.Contact]contact.Contact, error)
	// Members lists who works at the agency.
	Members(ctx context.Context, agency id.Agency) ([]agency.Member, error)
	// Portals lists the agencies that the person is a client of.
	Portals(ctx context.Context, user id.User) ([]id.Agency, error)
	// Change writes what people have changed on the card whose version was read.
	Change(ctx context.Context, before, after *contact.Contact, row audit.Entry) error
}

// Own shows clients their own cards, as far as their roles open them.
type Own struct {
	Store OwnStore
	Now   func() time.Time
}

// Shown is a card as somebody's rights show it: what they do not show is nil, and is nowhere else.
type Shown struct {
	ID          id.Contact
	Kind        contact.Kind
	Name        *string
	Email       *string
	Phone       *string
	Address     *string
	TaxID       *string
	Custom      *string
	Company     *string // its name
	CompanyCard *Shown  // what the same rights show of it
	Responsible *string // the name of who looks after it, and nothing else of that person
	Edits       bool    // whether the client may change its telephone number and its address, as far as they are shown
}

// Tag names the state of what the client can change, for If-Match. It says nothing of what is not shown.
func (s *Shown) Tag() string {
	h := sha256.New()
	for _, v := range []*string{s.Phone, s.Address} {
		if v != nil {
			h.Write([]byte(*v))
		}
		h.Write([]byte{0})
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:8]) + `"`
}

// Show is the card as the rights show it. at is its company's card, and by who looks after it; nil for none.
func Show(r *role.Rights, c *contact.Contact, at *contact.Contact, by *agency.Member) *Shown {
	s := &Shown{ID: c.ID, Kind: c.Kind, Edits: r.May(role.Contact, "edit")}
	for _, f := range []struct {
		field string
		to    **string
		value string
	}{{"name", &s.Name, c.Name}, {"email", &s.Email, string(c.Email)}, {"phone", &s.Phone, c.Phone}, {"address", &s.Address, c.Address},
		{"tax_id", &s.TaxID, c.TaxID}, {"custom_text", &s.Custom, c.Custom}} {
		if r.Shows(role.Contact, f.field) {
			*f.to = &f.value
		}
	}
	if at != nil && (at.Archived() || at.Kind != contact.Company) { // a card that was a company's once is about somebody else now
		at = nil
	}
	if r.Shows(role.Contact, "company") && c.Kind == contact.Person {
		s.Company = new(string)
		if at != nil {
			*s.Company = at.Name
		}
	}
	if at != nil && r.Relates(role.Contact, "company") {
		s.CompanyCard = Show(r, at, nil, nil)
		s.CompanyCard.Edits = false
	}
	if r.Relates(role.Contact, "responsible") {
		s.Responsible = new(string)
		if by != nil {
			*s.Responsible = by.Name
		}
	}
	return s
}

// Mine is what a client sees of its cards at an agency.
type Mine struct {
	*client.Pass
	Cards []*Shown
}

// Get shows a person its own cards at the agency; "" for the only one that it is a client of, and last for one of several. For an agency
// that is named, nothing is read but the cards and what [client.Enter] reads. Faults:
// [fault.Unauthenticated]; [fault.NotFound] where nothing of a card is open to it, or it is no client.
func (o *Own) Get(ctx context.Context, caller identity.Caller, which, last id.Agency) (*Mine, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	if which == "" {
		places, err := o.Store.Portals(ctx, caller.User)
		if err != nil {
			return nil, err
		}
		switch {
		case slices.Contains(places, last):
			which = last
		case len(places) == 1:
			which = places[0]
		default:
			return nil, nothing()
		}
	}
	return o.at(ctx, caller, which)
}

// nothing is what is told where nothing is open, whatever the reason.
func nothing() error { return fault.New(fault.NotFound, "details.nothing_here") }

// at reads what is open to the person at an agency.
func (o *Own) at(ctx context.Context, caller identity.Caller, which id.Agency) (*Mine, error) {
	pass, err := client.Enter(ctx, o.Store, which, caller.Email, o.Now())
	if fault.Is(err, fault.NotFound) || err == nil && !pass.Rights.Has(role.Contact) {
		return nil, nothing()
	}
	if err != nil {
		return nil, err
	}
	m := &Mine{Pass: pass}
	return m, o.fill(ctx, m)
}

// fill reads the cards and what stands around them, as far as the rights show it.
func (o *Own) fill(ctx context.Context, m *Mine) error {
	cards, err := o.cards(ctx, m.Agency.ID, m.Client.Contacts)
	if err != nil {
		return err
	}
	var at []id.Contact
	for _, n := range m.Client.Contacts {
		if c, ok := cards[n]; ok && c.Company != "" {
			at = append(at, c.Company)
		}
	}
	companies, err := o.cards(ctx, m.Agency.ID, at)
	if err != nil {
		return err
	}
	var members []agency.Member
	if m.Rights.Relates(role.Contact, "responsible") {
		if members, err = o.Store.Members(ctx, m.Agency.ID); err != nil {
			return err
		}
	}
	for _, n := range m.Client.Contacts {
		c, ok := cards[n]
		if !ok || c.Archived() || c.Client != m.Client.ID {
			continue
		}
		var company *contact.Contact
		if x, ok := companies[c.Company]; ok {
			company = &x
		}
		var by *agency.Member
		if i := slices.IndexFunc(members, func(x agency.Member) bool { return x.ID == c.Responsible }); i >= 0 {
			by = &members[i]
		}
		m.Cards = append(m.Cards, Show(&m.Rights, &c, company, by))
	}
	return nil
}

func (o *Own) cards(ctx context.Context, agency id.Agency, ids []id.Contact) (map[id.Contact]contact.Contact, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // none
	}
	return o.Store.ContactsByID(ctx, agency, slices.Compact(slices.Sorted(slices.Values(ids))))
}

// One shows a person one of its own cards, whichever agency has it. Faults: those of [Own.Get].
func (o *Own) One(ctx context.Context, caller identity.Caller, which id.Contact) (*Mine, *Shown, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, nil, err
	}
	places, err := o.Store.Portals(ctx, caller.User)
	if err != nil {
		return nil, nil, err
	}
	for _, place := range places {
		m, err := o.at(ctx, caller, place)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if n := slices.IndexFunc(m.Cards, func(s *Shown) bool { return s.ID == which }); n >= 0 {
			return m, m.Cards[n], nil
		}
	}
	return nil, nil, nothing()
}

// Details is what clients change of their own cards; nil leaves a field as it is.
type Details struct {
	Phone, Address *string
}

// Update changes what the client may of one of its own cards. What is not open to it is refused at its field, and nothing is changed.
// A match that is not "" and not the tag of what is shown is refused. Faults: those of [Own.Get]; [fault.Invalid], [fault.Changed].
func (o *Own) Update(ctx context.Context, caller identity.Caller, which id.Contact, d Details, match string) (*Shown, error) {
	var out *Shown
	err := conflict.Retry(ctx, func() error {
		m, shown, err := o.One(ctx, caller, which)
		if err != nil {
			return err
		}
		if err := granted(shown, d); err != nil {
			return err
		}
		if match != "" && match != "*" && match != shown.Tag() {
			return fault.New(fault.Changed, "details.changed_meanwhile")
		}
		c, err := o.Store.Contact(ctx, m.Agency.ID, which)
		if err != nil {
			return err
		}
		if c.Client != m.Client.ID || c.Archived() { // it was taken away a moment ago
			return conflict.ErrChanged
		}
		before := *c
		if err := c.Set(contact.Fields{Phone: d.Phone, Address: d.Address}); err != nil {
			return err
		}
		out = shown
		if *c == before {
			return nil
		}
		if err := o.Store.Change(ctx, &before, c, changed(o.Now(), string(m.Client.ID), &before, c)); err != nil {
			return err
		}
		if shown.Phone != nil {
			shown.Phone = &c.Phone
		}
		if shown.Address != nil {
			shown.Address = &c.Address
		}
		return nil
	})
	return out, err
}

// granted refuses fields that the client may not change, each at its place.
func granted(s *Shown, d Details) error {
	var wrong []error
	for _, f := range []struct {
		name         string
		typed, shown *string
	}{{"phone", d.Phone, s.Phone}, {"address", d.Address, s.Address}} {
		if f.typed != nil && (!s.Edits || f.shown == nil) {
			wrong = append(wrong, fault.InField(f.name, "details.not_yours"))
		}
	}
	return fault.Together(wrong...)
}

// CheckDetails says what is wrong with what a client typed. Faults: [fault.Invalid].
func (o *Own) CheckDetails(d Details) error {
	return (&contact.Contact{Kind: contact.Person, Name: "-"}).Set(contact.Fields{Phone: d.Phone, Address: d.Address})
}
