// Package site makes the functions that show what is the same for everybody. They have no table, and ask nobody.
package site

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/wire/bare"
)

// Of is what every page has in common.
func Of(p *bare.Parts) *web.Site { return web.New(p.Platform(), p.Origin(), p.Now) }

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p *bare.Parts }

// With are the functions made of these parts.
func With(p *bare.Parts) Functions { return Functions{p} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(&bare.Parts{Environment: env})), nil
	})
}

// DocsPage serves /docs.
func (f Functions) DocsPage() event.Function { return web.DocsPage(Of(f.p)).Function() }

// OpenAPIDocument serves /openapi.json.
func (f Functions) OpenAPIDocument() event.Function {
	return web.OpenAPIDocument(Of(f.p)).Function()
}

// Asset serves /assets/{file}.
func (f Functions) Asset() event.Function { return web.Asset(Of(f.p)).Function() }

// NotFound serves whatever no route takes.
func (f Functions) NotFound() event.Function { return web.NotFound(Of(f.p)).Function() }
