// Package hooks wires what posts events to agencies' programs. It is apart from the other workers, since it links what calls outside.
package hooks

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/hook"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/webhooks"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// HookWorker brings events to agencies' programs.
func (p Parts) HookWorker() *webhooks.Worker {
	carrier := p.Hooks
	if carrier == nil {
		carrier = hook.Carrier(p.Egress().Dialer())
	}
	return &webhooks.Worker{Store: dynamo.NewWebhookWork(p.Table()), Queue: p.WebhooksQueue(),
		Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Post: hook.New(carrier), Now: p.Now}
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

// DeliverWebhook works on the webhook queue.
func (f Functions) DeliverWebhook() event.Function {
	return event.Queue("deliverWebhook", event.Body(f.p.HookWorker().Handle))
}
