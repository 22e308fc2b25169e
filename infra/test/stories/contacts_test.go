package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/contacts"
)

// cardsOf is what an agency does with its contacts.
func cardsOf(o *office) *contacts.Cards {
	return contacts.NewCards(dynamo.NewCards(o.w.table.Table), time.Now)
}

// card makes a contact.
func (o *office) card(kind contact.Kind, name, email string) *contact.Contact {
	o.w.t.Helper()
	of := string(kind)
	c, err := cardsOf(o).Create(o.w.ctx, o.owner, contact.Fields{Kind: &of, Name: &name, Email: &email}, "")
	must(o.w.t, err)
	return c
}

// link has a client be what contacts are about.
func (o *office) link(which id.Client, cards ...id.Contact) {
	o.w.t.Helper()
	c, err := o.w.table.Client(o.w.ctx, o.id, which.Ref(), true)
	must(o.w.t, err)
	c.Contacts = cards
	must(o.w.t, dynamo.NewClients(o.w.table.Table).Commit(o.w.ctx, o.id, client.Change{Client: c,
		Audit: []audit.Entry{{ID: id.New[id.Event](id.EventPrefix, time.Now()), At: time.Now(), Actor: audit.System,
			Action: audit.ContactLinked, Subject: string(which)}}}))
}

func TestPortalContactsAnAddressIsOnOneCardOf64(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		k := cardsOf(o)
		made := w.tally(64, func(n int) error {
			name, email := fmt.Sprint("Ida ", n), "ida@acme.example"
			_, err := k.Create(w.ctx, o.owner, contact.Fields{Name: &name, Email: &email}, "")
			return err
		}, fault.ContactExists)
		equal(w, "made", made, 1)
		page, err := k.List(w.ctx, o.owner, contacts.Query{Limit: 200})
		must(t, err)
		equal(w, "cards", len(page.Cards), 1)
	})
}

func TestPortalContactsAnImportIsConfirmedBy64AtOnce(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		k := cardsOf(o)
		var file strings.Builder
		file.WriteString("name,email\n")
		for n := range 100 {
			fmt.Fprintf(&file, "With %d,c%d@acme.example\nWithout %d,\n", n, n, n)
		}
		dry, err := k.Preview(w.ctx, o.owner, []byte(file.String()))
		must(t, err)
		w.tally(64, func(int) error {
			done, err := k.Confirm(w.ctx, o.owner, []byte(file.String()), dry.Hash)
			if err == nil && done.Count(contacts.Created) != 200 {
				t.Errorf("made %d", done.Count(contacts.Created))
			}
			return err
		}, fault.PreviewChanged)
		page, err := k.List(w.ctx, o.owner, contacts.Query{Limit: 500})
		must(t, err)
		equal(w, "cards", len(page.Cards), 200)
	})
}

// TestPortalContactsFilesThatAreImportedAtOnceAreDifferentFiles begins imports in the same millisecond.
func TestPortalContactsFilesThatAreImportedAtOnceAreDifferentFiles(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		k := cardsOf(o)
		const files, rows = 16, 40
		together(files, func(n int) {
			var file strings.Builder
			file.WriteString("name\n")
			for row := range rows {
				fmt.Fprintf(&file, "Row %d of file %d\n", row, n)
			}
			dry, err := k.Preview(w.ctx, o.owner, []byte(file.String()))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := k.Confirm(w.ctx, o.owner, []byte(file.String()), dry.Hash); err != nil {
				t.Error(err)
			}
		})
		names := map[string]bool{}
		for q := (contacts.Query{Limit: 200}); ; {
			page, err := k.List(w.ctx, o.owner, q)
			must(t, err)
			for i := range page.Cards {
				names[page.Cards[i].Name] = true
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		equal(w, "cards", len(names), files*rows)
	})
}

// tally has so many callers do something at once, and counts those who could; the others are refused with the code.
func (w *world) tally(n int, do func(int) error, code fault.Code) int {
	w.t.Helper()
	var hold sync.Mutex
	made := 0
	together(n, func(i int) {
		err := do(i)
		hold.Lock()
		defer hold.Unlock()
		if err == nil {
			made++
		} else if !fault.Is(err, code) {
			w.t.Errorf("refused with %v", err)
		}
	})
	return made
}

func TestPortalContactsAnEditKeepsTheLink(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		sent, link := o.invite("ida@acme.example")
		which := o.get(sent).ID
		must(t, second(w.invitations.Accept(w.ctx, link, "", person("ida@acme.example"))))
		ida := o.card(contact.Person, "Ida", "ida@acme.example")
		k := cardsOf(o)
		stale, err := k.Get(w.ctx, o.owner, ida.ID)
		must(t, err)
		o.link(which, ida.ID)
		// Whoever has read the card before it was linked writes what it has typed, and not that there is no link.
		phone := "+46 8 123"
		must(t, second(k.Update(w.ctx, o.owner, ida.ID, contact.Fields{Phone: &phone}, nil, stale.Tag())))
		card, err := k.Get(w.ctx, o.owner, ida.ID)
		must(t, err)
		if card.Client != which || card.User == nil || card.Phone != phone {
			t.Errorf("the card is %+v of %+v", card.Contact, card.User)
		}
		must(t, second(k.Unlink(w.ctx, o.owner, ida.ID)))
		must(t, second(k.Unlink(w.ctx, o.owner, ida.ID)))
		card, err = k.Get(w.ctx, o.owner, ida.ID)
		must(t, err)
		c, err := w.table.Client(w.ctx, o.id, which.Ref(), true)
		must(t, err)
		if card.Client != "" || card.User != nil || len(c.Contacts) != 0 {
			t.Errorf("the link stays: %+v, %v", card.Contact, c.Contacts)
		}
	})
}

func TestPortalContactsOfWhoeverIsErasedGo(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		k := cardsOf(o)
		sent, link := o.invite("ida@acme.example")
		which := o.get(sent).ID
		must(t, second(w.invitations.Accept(w.ctx, link, "", person("ida@acme.example"))))
		linked := o.card(contact.Person, "Ida", "ida.private@acme.example")
		firm := o.card(contact.Company, "Ida's firm", "firm@acme.example")
		o.card(contact.Person, "Ida B.", "ida@acme.example")
		o.card(contact.Person, "Ole", "ole@acme.example")
		o.link(which, linked.ID, firm.ID)
		must(t, second(w.removal.Remove(w.ctx, o.owner, which)))
		must(t, w.removal.Erase(w.ctx, o.owner, which))
		page, err := k.List(w.ctx, o.owner, contacts.Query{Limit: 10})
		must(t, err)
		var names []string
		for i := range page.Cards {
			names = append(names, page.Cards[i].Name)
		}
		if want := []string{"Ole", "Ida's firm"}; !slices.Equal(names, want) {
			t.Errorf("there are %q, want %q", names, want)
		}
		// The addresses are free again.
		o.card(contact.Person, "Another", "ida@acme.example")
	})
}
