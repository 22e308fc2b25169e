// Package health makes the function that says whether the product answers, which asks nobody.
package health

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/wire/bare"
)

// Functions has one method for its function, named by its logical id in the templates.
type Functions struct{ p *bare.Parts }

// With are the functions made of these parts.
func With(p *bare.Parts) Functions { return Functions{p} }

// Start serves the function through the Lambda Runtime API. It does not return.
func Start(f func(Functions) event.Function) {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		return f(With(&bare.Parts{Environment: env})), nil
	})
}

// Health serves /v1/health.
func (f Functions) Health() event.Function {
	return api.Route(f.p.Origin(), api.GetHealth()).Function()
}
