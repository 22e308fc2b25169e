// Package provision wires what sets up what was paid for, which by CloudFormation's client is heavier than the others.
package provision

import (
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/wire"
)

// Parts are those of the whole deployment and what is here. It must never be put into an interface.
type Parts struct{ *wire.Parts }

// driver sets up what clients buy, as the operator has chosen: by CloudFormation, by a program of the operator's, or not.
func (p Parts) driver() provisioning.Driver {
	d, err := cloudformation.From(p.Environment, func() (provisioning.Driver, error) {
		if p.Optional("PROVISIONER_URL") == "" {
			return provisioning.NoDriver{}, nil
		}
		return provisionhook.From(p.Environment, p.Secret("PROVISIONER_SECRET_PARAMETER"), p.Egress(), p.Program)
	})
	if err != nil {
		p.Fail(err)
	}
	return d
}

// ProvisioningWorker makes what was paid for.
func (p Parts) ProvisioningWorker() *provisioning.Worker {
	return &provisioning.Worker{Store: dynamo.NewPurchases(p.Table()), Driver: p.driver(), Refunds: p.Refunds(),
		Queue: p.ProvisionQueue(), Mail: p.MailQueue(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Now: p.Now}
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

// Provision works on the queue of what was paid for.
func (f Functions) Provision() event.Function {
	return event.Queue("provision", event.Body(f.p.ProvisioningWorker().Handle))
}
