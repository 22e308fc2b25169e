// Package mail wires what sends mails and hears what became of them, which nothing else does.
package mail

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/mx"
	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// domains tells whether a domain takes mail.
func (p Parts) domains() delivery.Domains {
	if p.Domains != nil {
		return p.Domains
	}
	return mx.Open(p.Environment)
}

// MailWorker sends mails through SES.
func (p Parts) MailWorker() *delivery.Worker {
	return &delivery.Worker{Store: dynamo.NewMail(p.Table()),
		Mailer:  ses.Open(p.AWS("sesv2"), p.String("CONFIGURATION_SET"), p.Optional("SES_TENANTS")),
		Domains: p.domains(), Queue: p.MailQueue(), Relay: p.RelayQueue(), Key: ssm.Secret(p.Environment, "SECRET_PARAMETER"),
		Tenants: p.Optional("SES_TENANTS") != "",
		Origin:  p.Origin(), Platform: p.Platform(), From: p.String("MAIL_FROM"), Now: p.Now}
}

// Feedback records what became of mails.
func (p Parts) Feedback() *delivery.Feedback {
	return &delivery.Feedback{Store: dynamo.NewFeedback(p.Table()), Now: p.Now}
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

// SendMail works on the mail queue.
func (f Functions) SendMail() event.Function {
	return event.Queue("sendMail", event.Body(f.p.MailWorker().Handle))
}

// RecordDelivery works on the queue of what became of mails.
func (f Functions) RecordDelivery() event.Function {
	return event.Queue("recordDelivery", event.Body(ses.Recorder(f.p.Feedback())))
}
