package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/contacts"
)

// Contacts reads an agency's cards.
func (p *Parts) Contacts() *contacts.Book {
	return &contacts.Book{Store: dynamo.NewBook(p.Table()), Now: p.Now}
}

// Cards reads and writes them.
func (p *Parts) Cards() *contacts.Cards { return contacts.NewCards(dynamo.NewCards(p.Table()), p.Now) }

// OwnContacts shows clients what is about them.
func (p *Parts) OwnContacts() *contacts.Own {
	return &contacts.Own{Store: dynamo.NewOwnCards(p.Table()), Now: p.Now}
}
