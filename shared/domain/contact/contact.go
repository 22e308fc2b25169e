// Package contact holds the cards of an agency's small CRM: whom it knows, person or company, whether or not they are its external
// users.
package contact

import (
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/text"
)

// Kind says what a card is about.
type Kind string

// The kinds.
const (
	Person  Kind = "person"
	Company Kind = "company"
)

// How long what stands on a card may be, in characters.
const (
	MaxPhone   = 40
	MaxAddress = 300
	MaxTaxID   = 40
	MaxCustom  = 1000
	MaxNote    = 2000
)

// leastDigits is how many digits the shortest telephone number has.
const leastDigits = 3

// Contact is one card.
type Contact struct {
	ID          id.Contact
	Agency      id.Agency
	Kind        Kind
	Name        string
	Email       email.Address // "" for none. No two open cards of an agency have the same
	Phone       string
	Address     string // several lines
	TaxID       string
	Custom      string     // several lines, whatever the agency keeps there
	Note        string     // several lines, for the agency alone: no client ever sees it, whatever its roles give
	Company     id.Contact // of a person: where it works; "" for none
	Responsible id.Member  // who of the agency looks after it; "" for nobody
	Client      id.Client  // the external user it is linked with; "" for none. The client's commit writes it, nothing else does
	ArchivedAt  time.Time  // zero while the card is open
	CreatedAt   time.Time

	Version int // of what was read; 0 for one that is not stored yet
}

// Archived tells whether the card is put away. It is in no list and no picker then, and its client does not see it.
func (c *Contact) Archived() bool { return !c.ArchivedAt.IsZero() }

// Tag names the state of what people edit, for If-Match.
func (c *Contact) Tag() string { return `"` + strconv.Itoa(c.Version) + `"` }

// Fields is what is typed into a card; nil leaves a field as it is.
type Fields struct {
	Kind, Name, Email, Phone, Address, TaxID, Custom, Note, Company, Responsible *string
}

// Set checks what was typed and puts it into the card. Faults: [fault.Invalid] with all that is wrong; then the card is as it was.
func (c *Contact) Set(f Fields) error {
	next := *c
	var wrong []error
	set := func(typed *string, read func(typed string) error) {
		if typed != nil {
			wrong = append(wrong, read(*typed))
		}
	}
	set(f.Kind, func(typed string) error {
		next.Kind = Kind(typed)
		if next.Kind != Person && next.Kind != Company {
			return fault.InField("kind", "details.choose_a_kind")
		}
		return nil
	})
	set(f.Name, func(typed string) (err error) {
		next.Name, err = text.Line("name", typed, text.MaxName)
		return err
	})
	set(f.Email, func(typed string) (err error) {
		if next.Email = ""; text.Trim(typed) != "" {
			next.Email, err = email.Parse("email", typed)
		}
		return err
	})
	set(f.Phone, func(typed string) (err error) {
		next.Phone, err = Phone(typed)
		return err
	})
	set(f.Address, func(typed string) (err error) {
		next.Address, err = text.Prose("address", typed, MaxAddress)
		return err
	})
	set(f.TaxID, func(typed string) (err error) {
		next.TaxID, err = text.Plain("taxId", typed, MaxTaxID)
		return err
	})
	set(f.Custom, func(typed string) (err error) {
		next.Custom, err = text.Prose("customText", typed, MaxCustom)
		return err
	})
	set(f.Note, func(typed string) (err error) {
		next.Note, err = text.Prose("note", typed, MaxNote)
		return err
	})
	set(f.Company, func(typed string) (err error) {
		if next.Company = ""; typed != "" {
			if next.Company, err = id.ParseContact(typed); err != nil {
				return NoCompany()
			}
		}
		return nil
	})
	set(f.Responsible, func(typed string) (err error) {
		if next.Responsible = ""; typed != "" {
			if next.Responsible, err = id.ParseMember(typed); err != nil {
				return NoMember()
			}
		}
		return nil
	})
	if err := fault.Together(append(wrong, next.whole(f))...); err != nil {
		return err
	}
	*c = next
	return nil
}

// whole checks what no field says by itself.
func (c *Contact) whole(f Fields) error {
	switch {
	case c.Name == "" && (f.Name == nil || strings.TrimSpace(*f.Name) == ""):
		return fault.InField("name", "details.enter_a_name")
	case c.Kind == Company && c.Company != "":
		return fault.InField("company", "details.a_company_has_no_company")
	case c.Company != "" && c.Company == c.ID:
		return NoCompany()
	}
	return nil
}

// Phone checks a telephone number, which may be written in any way.
func Phone(typed string) (string, error) {
	s, err := text.Plain("phone", typed, MaxPhone)
	if err != nil || s == "" {
		return "", err
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if digits < leastDigits {
		return "", fault.InField("phone", "details.enter_a_number")
	}
	return s, nil
}

// NoCompany is the fault of a company that is no open card of a company.
func NoCompany() error { return fault.InField("company", "details.no_such_company") }

// NoMember is the fault of somebody who does not work at the agency.
func NoMember() error { return fault.InField("responsible", "details.no_such_member") }
