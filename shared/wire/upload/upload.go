// Package upload makes the operation that takes a picture, whose decoders make it heavier than the others.
package upload

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/picture"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// Uploads changes how an agency looks, with a new logo too.
func (p Parts) Uploads() *agencies.Uploads {
	return &agencies.Uploads{Store: dynamo.NewBranding(p.Table()), Picture: picture.Read, Now: p.Now}
}

// Functions has one method for each of these functions, named by its logical id in the templates.
type Functions struct{ p Parts }

// With are the functions made of these parts.
func With(p *wire.Parts) Functions { return Functions{Parts{p}} }

// Start serves one of the functions through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(wire.From(env, wire.Outside{}))), nil
	})
}

// AgencyLogo serves /v1/agency/logo.
func (f Functions) AgencyLogo() event.Function {
	return api.Route(f.p.Origin(), api.UpdateLogo(f.p.Authenticator(), f.p.Uploads(), f.p.Platform())).Function()
}
