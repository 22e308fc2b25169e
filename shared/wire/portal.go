package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/portal"
)

// Portal is what agencies share with a client.
func (p *Parts) Portal() *portal.Portal {
	return &portal.Portal{Store: dynamo.NewPortals(p.Table()), Now: p.Now}
}

// PortalGlances looks into the n8n instances that a portal lists.
func (p *Parts) PortalGlances() *portal.Glances {
	return &portal.Glances{N8N: p.N8N(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER")}
}

// PortalInstances shows a client its n8n instances.
func (p *Parts) PortalInstances() *portal.Instances {
	return &portal.Instances{Store: dynamo.NewPortalInstances(p.Table()), N8N: p.N8N(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"),
		Now: p.Now}
}
