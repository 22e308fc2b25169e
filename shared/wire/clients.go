package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/clients"
)

// Directory lists an agency's clients and resources.
func (p *Parts) Directory() *clients.Directory {
	return &clients.Directory{Store: dynamo.NewDirectory(p.Table()), Prices: dynamo.NewPrices(p.Table()), Now: p.Now}
}

// Renamer corrects the names of clients.
func (p *Parts) Renamer() *clients.Renamer {
	return &clients.Renamer{Store: dynamo.NewClients(p.Table()), Now: p.Now}
}

// Access opens resources to clients, and closes them.
func (p *Parts) Access() *clients.Access {
	return &clients.Access{Store: dynamo.NewGrants(p.Table()), Now: p.Now}
}

// Removal ends relationships, and erases those that have ended.
func (p *Parts) Removal() *clients.Removal {
	return &clients.Removal{Store: dynamo.NewClients(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}
