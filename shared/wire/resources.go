package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/resources"
)

// N8N calls n8n instances.
func (p *Parts) N8N() *n8n.Client {
	if p.Outside.N8N != nil {
		return n8n.New(p.Outside.N8N)
	}
	return n8n.New(p.Egress().Transport())
}

// Inventory holds what an agency has tied to the product.
func (p *Parts) Inventory() *resources.Inventory {
	return &resources.Inventory{Store: dynamo.NewInventory(p.Table()), Guard: p.Egress(), Now: p.Now}
}

// Connector connects an agency's instances, which it calls.
func (p *Parts) Connector() *resources.Connector {
	return &resources.Connector{Inventory: p.Inventory(), Instances: dynamo.NewConnections(p.Table()), N8N: p.N8N(),
		Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER")}
}

// Watch calls the connected instances by the clock.
func (p *Parts) Watch() *resources.Watch {
	return &resources.Watch{Store: dynamo.NewWatched(p.Table()), N8N: p.N8N(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Now: p.Now,
		Note: event.Annotate}
}
