package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/usecase/provisioning"
)

// Retrier has something set up again.
func (p *Parts) Retrier() *provisioning.Retrier {
	return &provisioning.Retrier{Store: dynamo.NewClients(p.Table()), Queue: p.ProvisionQueue(), Now: p.Now}
}

// ClientItemRetry serves /v1/clients/{clientId}/items/{resourceId}/retry.
func (f Functions) ClientItemRetry() event.Function {
	return api.Route(f.p.Origin(), api.RetryProvisioning(f.p.Authenticator(), f.p.Retrier())).Function()
}
