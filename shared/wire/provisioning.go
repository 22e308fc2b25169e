package wire

import (
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/provisioning"
)

// Retrier has something set up again.
func (p *Parts) Retrier() *provisioning.Retrier {
	return &provisioning.Retrier{Store: p.Table(), Queue: p.ProvisionQueue(), Now: p.Now}
}

// Driver sets up what clients buy, as the operator has chosen.
func (p *Parts) Driver() provisioning.Driver {
	d, err := cloudformation.From(p.Environment, func() (provisioning.Driver, error) {
		return provisionhook.From(p.Environment, p.secret("PROVISIONER_SECRET_PARAMETER"), p.Egress(), p.Program)
	})
	if err != nil {
		p.Fail(err)
	}
	return d
}

// ClientItemRetry serves /v1/clients/{clientId}/items/{resourceId}/retry.
func (f Functions) ClientItemRetry() event.Function {
	return api.Route(f.p.Origin(), api.RetryProvisioning(f.p.Authenticator(), f.p.Retrier())).Function()
}

// ProvisionerCallback serves /provisioner/callback.
func (f Functions) ProvisionerCallback() event.Function {
	key := provisionhook.Key(f.p.secret("PROVISIONER_SECRET_PARAMETER"))
	return event.HTTP("provisionerCallback", provisionhook.Receiver(key, f.p.Now, f.p.ProvisionQueue()))
}

// Provision works on the queue of what was paid for.
func (f Functions) Provision() event.Function {
	w := &provisioning.Worker{Store: f.p.Table(), Driver: f.p.Driver(), Till: f.p.Cashier(), Queue: f.p.ProvisionQueue(), Mail: f.p.MailQueue(),
		Keys: ssm.Ring(f.p.Environment, "SEAL_PARAMETER"), Now: f.p.Now}
	return event.Queue("provision", event.Body(w.Handle))
}
