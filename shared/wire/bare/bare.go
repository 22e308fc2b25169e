// Package bare wires the functions that ask nobody: neither the table nor a queue. A program initializes every package that
// it imports, used or not, and the SDK's are a tenth of a function's size, so that these few have a package of their own.
package bare

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
)

// Parts makes what needs nothing but the environment. It must never be put into an interface: then the linker drops what a
// function does not ask for.
type Parts struct{ *environment.Environment }

// Origin is the platform's public origin.
func (p *Parts) Origin() string { return p.Environment.Origin("ORIGIN") }

// Platform is the platform's name as people read it.
func (p *Parts) Platform() string { return p.String("PLATFORM_NAME") }

// Site is what every page has in common.
func (p *Parts) Site() *web.Site { return web.New(p.Platform(), p.Origin(), p.Now) }

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p *Parts }

// With are the functions made of these parts.
func With(p *Parts) Functions { return Functions{p} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(&Parts{env})), nil
	})
}

// Health serves /v1/health.
func (f Functions) Health() event.Function {
	return api.Route(f.p.Origin(), api.GetHealth()).Function()
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
