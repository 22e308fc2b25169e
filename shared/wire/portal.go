package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/portal"
)

// Portal is what agencies share with a client.
func (p *Parts) Portal() *portal.Portal {
	return &portal.Portal{Store: dynamo.NewPortals(p.Table()), Now: p.Now}
}

// PortalInstances shows a client its n8n instances.
func (p *Parts) PortalInstances() *portal.Instances {
	return &portal.Instances{Store: dynamo.NewPortalInstances(p.Table()), N8N: p.N8N(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"),
		Now: p.Now}
}

// Portal serves /v1/portal.
func (f Functions) Portal() event.Function {
	return api.Route(f.p.Origin(), api.GetPortal(f.p.Authenticator(), f.p.Portal())).Function()
}

// PortalInstance serves /v1/portal/instances/{instanceId}.
func (f Functions) PortalInstance() event.Function {
	return api.Route(f.p.Origin(), api.GetPortalInstance(f.p.Authenticator(), f.p.PortalInstances())).Function()
}

// PortalWorkflow serves /v1/portal/instances/{instanceId}/workflows/{workflowId}.
func (f Functions) PortalWorkflow() event.Function {
	return api.Route(f.p.Origin(), api.SetWorkflowState(f.p.Authenticator(), f.p.PortalInstances())).Function()
}

// PortalLeave serves /v1/portal/leave.
func (f Functions) PortalLeave() event.Function {
	return api.Route(f.p.Origin(), api.LeavePortal(f.p.Authenticator(), f.p.Leaving())).Function()
}

// PortalPage serves /portal.
func (f Functions) PortalPage() event.Function {
	return web.PortalPage(f.p.Site(), f.p.Authenticator(), f.p.Portal()).Function()
}

// PortalInstancePage serves /portal/instances/{instanceId}.
func (f Functions) PortalInstancePage() event.Function {
	return web.PortalInstancePage(f.p.Site(), f.p.Authenticator(), f.p.PortalInstances()).Function()
}
