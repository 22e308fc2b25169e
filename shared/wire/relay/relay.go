// Package relay wires what sends mails by agencies' own mail servers. It is apart from what sends through SES, since each of the two
// links a client of its own.
package relay

import (
	"net/url"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/mx"
	"latchkey.dev/shared/adapter/smtp"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// Worker sends mails by agencies' own mail servers, to which it is the platform's host.
func (p Parts) Worker() *delivery.Worker {
	w := &delivery.Worker{Store: dynamo.NewMail(p.Table()), Domains: p.Domains, Queue: p.MailQueue(),
		Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Origin: p.Origin(), Platform: p.Platform(), From: p.String("MAIL_FROM"),
		Now: p.Now}
	if p.Domains == nil {
		w.Domains = mx.Open(p.Environment)
	}
	servers := smtp.Open(p.Environment, host(w.Origin))
	servers.Roots = p.MailRoots
	w.Through = func(server mailserver.Server, password string) delivery.Mailer {
		return servers.Through(server, password)
	}
	return w
}

// host is the name of an origin's host.
func host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return "localhost"
	}
	return u.Hostname()
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

// RelayMail works on the relay queue.
func (f Functions) RelayMail() event.Function {
	return event.Queue("relayMail", event.Body(f.p.Worker().Handle))
}
