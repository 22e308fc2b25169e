package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/provisioning"
)

// Retrier has something set up again.
func (p *Parts) Retrier() *provisioning.Retrier {
	return &provisioning.Retrier{Store: dynamo.NewClients(p.Table()), Queue: p.ProvisionQueue(), Now: p.Now}
}
