package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
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

// Clients serves /v1/clients.
func (f Functions) Clients() event.Function {
	return api.Route(f.p.Origin(), api.ListClients(f.p.Authenticator(), f.p.Directory())).Function()
}

// Client serves /v1/clients/{clientId}.
func (f Functions) Client() event.Function {
	a, d := f.p.Authenticator(), f.p.Directory()
	return api.Route(f.p.Origin(),
		api.GetClient(a, d), api.UpdateClient(a, d, f.p.Renamer()), api.RemoveClient(a, d, f.p.Removal())).Function()
}

// ClientErase serves /v1/clients/{clientId}/erase.
func (f Functions) ClientErase() event.Function {
	return api.Route(f.p.Origin(), api.EraseClient(f.p.Authenticator(), f.p.Removal())).Function()
}

// ClientGrant serves /v1/clients/{clientId}/grants/{resourceId}.
func (f Functions) ClientGrant() event.Function {
	a, access := f.p.Authenticator(), f.p.Access()
	return api.Route(f.p.Origin(), api.GrantAccess(a, f.p.Directory(), access), api.RevokeAccess(a, access)).Function()
}

// ClientsPage serves /clients.
func (f Functions) ClientsPage() event.Function {
	return web.ClientsPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inviter(), f.p.Previewer()).Function()
}

// ClientPage serves /clients/{clientId}.
func (f Functions) ClientPage() event.Function {
	p := f.p
	return web.ClientPage(p.Site(), p.Authenticator(), p.Directory(), web.ClientForms{
		Inviter: p.Inviter(), Canceller: p.Canceller(), Approvals: p.Approvals(), Proposals: p.Proposals(),
		Renamer: p.Renamer(), Access: p.Access(), Removal: p.Removal(), Retrier: p.Retrier(),
	}).Function()
}

// ContractPage serves /clients/{clientId}/contract.
func (f Functions) ContractPage() event.Function {
	return web.ContractPage(f.p.Site(), f.p.Authenticator(), f.p.Directory()).Function()
}
