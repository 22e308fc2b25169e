// Package settings makes the page that takes a picture, see the package upload.
package settings

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/wire"
	"latchkey.dev/shared/wire/site"
	"latchkey.dev/shared/wire/upload"
)

// Functions has one method for its function, named by its logical id in the templates.
type Functions struct{ p upload.Parts }

// With are the functions made of these parts.
func With(p *wire.Parts) Functions { return Functions{upload.Parts{Parts: p}} }

// Start serves the function through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(wire.From(env, wire.Outside{}))), nil
	})
}

// SettingsPage serves /settings.
func (f Functions) SettingsPage() event.Function {
	return web.SettingsPage(site.Of(&f.p.Parts.Parts.Parts), f.p.Authenticator(), f.p.Settings(), f.p.Uploads()).Function()
}
