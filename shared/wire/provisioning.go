package wire

import (
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/provisioning"
)

// Retrier has something set up again.
func (p *Parts) Retrier() *provisioning.Retrier {
	return &provisioning.Retrier{Store: dynamo.NewClients(p.Table()), Queue: p.ProvisionQueue(), Now: p.Now}
}

// driver sets up what clients buy, as the operator has chosen: by CloudFormation, by a program of the operator's, or not.
func (p *Parts) driver() provisioning.Driver {
	d, err := cloudformation.From(p.Environment, func() (provisioning.Driver, error) {
		if p.Optional("PROVISIONER_URL") == "" {
			return provisioning.NoDriver{}, nil
		}
		return provisionhook.From(p.Environment, p.secret("PROVISIONER_SECRET_PARAMETER"), p.Egress(), p.Program)
	})
	if err != nil {
		p.Fail(err)
	}
	return d
}

// ProvisioningWorker makes what was paid for.
func (p *Parts) ProvisioningWorker() *provisioning.Worker {
	return &provisioning.Worker{Store: dynamo.NewPurchases(p.Table()), Driver: p.driver(), Refunds: p.Refunds(),
		Queue: p.ProvisionQueue(), Mail: p.MailQueue(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Now: p.Now}
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
	return event.Queue("provision", event.Body(f.p.ProvisioningWorker().Handle))
}
