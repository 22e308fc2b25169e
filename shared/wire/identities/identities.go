// Package identities wires what has the mail service make the identities of agencies' domains. It alone may, and it may not send.
package identities

import (
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sescontrol"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// Provisioner calls the mail service about names.
func (p Parts) Provisioner() *senders.Provisioner {
	pace, err := time.ParseDuration(p.String("SES_PACE"))
	if err != nil {
		p.Fail(err)
	}
	return &senders.Provisioner{Store: dynamo.NewSenderWork(p.Table()),
		Service: sescontrol.Open(p.AWS("sesv2"), sescontrol.Settings{Stage: p.String("SES_STAGE"), Set: p.String("CONFIGURATION_SET"),
			Tenants: p.Optional("SES_ACCOUNT"), Pace: pace, Now: p.Now}),
		Senders: p.SendersQueue(), Identities: p.IdentitiesQueue(), Now: p.Now, Note: event.Annotate}
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

// SenderControl works on the identities' queue.
func (f Functions) SenderControl() event.Function {
	return event.Queue("senderControl", event.Body(f.p.Provisioner().Handle))
}
