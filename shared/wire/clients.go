package wire

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
)

// Directory lists an agency's clients and resources.
func (p *Parts) Directory() *onboarding.Directory {
	return &onboarding.Directory{Store: p.Table(), Prices: p.Table(), Now: p.Now}
}

// Keeper changes relationships for an agency.
func (p *Parts) Keeper() *clients.Keeper {
	return &clients.Keeper{Store: p.Table(), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Clients serves /v1/clients.
func (f Functions) Clients() event.Function {
	return api.Route(f.p.Origin(), api.ListClients(f.p.Authenticator(), f.p.Directory())).Function()
}

// Client serves /v1/clients/{clientId}.
func (f Functions) Client() event.Function {
	a, d, k := f.p.Authenticator(), f.p.Directory(), f.p.Keeper()
	return api.Route(f.p.Origin(), api.GetClient(a, d), api.UpdateClient(a, d, k), api.RemoveClient(a, d, k)).Function()
}

// ClientErase serves /v1/clients/{clientId}/erase.
func (f Functions) ClientErase() event.Function {
	return api.Route(f.p.Origin(), api.EraseClient(f.p.Authenticator(), f.p.Keeper())).Function()
}

// ClientGrant serves /v1/clients/{clientId}/grants/{resourceId}.
func (f Functions) ClientGrant() event.Function {
	a, k := f.p.Authenticator(), f.p.Keeper()
	return api.Route(f.p.Origin(), api.GrantAccess(a, f.p.Directory(), k), api.RevokeAccess(a, k)).Function()
}

// ClientsPage serves /clients.
func (f Functions) ClientsPage() event.Function {
	return web.ClientsPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inviter()).Function()
}

// ClientPage serves /clients/{clientId}.
func (f Functions) ClientPage() event.Function {
	return web.ClientPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inviter(), f.p.Keeper(), f.p.Retrier()).Function()
}

// ContractPage serves /clients/{clientId}/contract.
func (f Functions) ContractPage() event.Function {
	return web.ContractPage(f.p.Site(), f.p.Authenticator(), f.p.Directory()).Function()
}
