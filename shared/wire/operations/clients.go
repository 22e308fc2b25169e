package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Clients serves /v1/clients.
func (f Functions) Clients() event.Function {
	return api.Route(f.p.Origin(), api.ListClients(f.p.Authenticator(), f.p.Directory())).Function()
}

// Client serves /v1/clients/{clientId}.
func (f Functions) Client() event.Function {
	a, d := f.p.Authenticator(), f.p.Directory()
	return api.Route(f.p.Origin(),
		api.GetClient(a, d), api.UpdateClient(a, d, f.p.External()), api.RemoveClient(a, d, f.p.Removal())).Function()
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
