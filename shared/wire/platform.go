package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/sweep"
)

// Health serves /v1/health.
func (f Functions) Health() event.Function {
	return api.Route(f.p.Origin(), api.GetHealth()).Function()
}

// HomePage serves /.
func (f Functions) HomePage() event.Function {
	return web.HomePage(f.p.Site(), f.p.Authenticator()).Function()
}

// DocsPage serves /docs.
func (f Functions) DocsPage() event.Function { return web.DocsPage(f.p.Site()).Function() }

// OpenAPIDocument serves /openapi.json.
func (f Functions) OpenAPIDocument() event.Function {
	return web.OpenAPIDocument(f.p.Site()).Function()
}

// Asset serves /assets/{file}.
func (f Functions) Asset() event.Function { return web.Asset(f.p.Site()).Function() }

// NotFound serves whatever no route takes.
func (f Functions) NotFound() event.Function { return web.NotFound(f.p.Site()).Function() }

// Sweep runs on a schedule and finds what is overdue.
func (f Functions) Sweep() event.Function {
	p := f.p
	s := &sweep.Sweep{Store: dynamo.NewDue(p.Table()), Mail: p.MailQueue(), Billing: p.BillingQueue(), Provision: p.ProvisionQueue(),
		Now: p.Now, Note: event.Annotate}
	return event.Schedule("sweep", s.Run)
}
