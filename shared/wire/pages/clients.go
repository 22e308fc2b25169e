package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// ClientsPage serves /clients.
func (f Functions) ClientsPage() event.Function {
	return web.ClientsPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inviter(), f.p.Previewer()).Function()
}

// ClientPage serves /clients/{clientId}.
func (f Functions) ClientPage() event.Function {
	p := f.p
	return web.ClientPage(p.Site(), p.Authenticator(), p.Directory(), web.ClientForms{
		Inviter: p.Inviter(), Canceller: p.Canceller(), Scheduler: p.Scheduler(), Approvals: p.Approvals(), Proposals: p.Proposals(),
		Renamer: p.Renamer(), Access: p.Access(), Removal: p.Removal(), Retrier: p.Retrier(),
		Promotions: p.Promotions(),
	}).Function()
}

// ContractPage serves /clients/{clientId}/contract.
func (f Functions) ContractPage() event.Function {
	return web.ContractPage(f.p.Site(), f.p.Authenticator(), f.p.Directory()).Function()
}
