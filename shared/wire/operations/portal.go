package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/api"
)

// Portal serves /v1/portal.
func (f Functions) Portal() event.Function {
	return api.Route(f.p.Origin(), api.GetPortal(f.p.Authenticator(), f.p.Portal())).Function()
}

// PortalInstance serves /v1/portal/instances/{instanceId}.
func (f Functions) PortalInstance() event.Function {
	return api.Route(f.p.Origin(), api.GetPortalInstance(f.p.Authenticator(), f.p.PortalInstances())).Function()
}

// PortalEntry serves /v1/portal/instances/{instanceId}/sign-in.
func (f Functions) PortalEntry() event.Function {
	return api.Route(f.p.Origin(), api.EnterInstance(f.p.Authenticator(), f.p.PortalInstances())).Function()
}

// PortalWorkflow serves /v1/portal/instances/{instanceId}/workflows/{workflowId}.
func (f Functions) PortalWorkflow() event.Function {
	return api.Route(f.p.Origin(), api.SetWorkflowState(f.p.Authenticator(), f.p.PortalInstances())).Speaks(words.N8N).Function()
}

// PortalLeave serves /v1/portal/leave.
func (f Functions) PortalLeave() event.Function {
	return api.Route(f.p.Origin(), api.LeavePortal(f.p.Authenticator(), f.p.Leaving())).Function()
}
