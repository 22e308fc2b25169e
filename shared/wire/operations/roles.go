package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// UserRoles serves /v1/roles.
func (f Functions) UserRoles() event.Function {
	a, r := f.p.Authenticator(), f.p.Roles()
	return api.Route(f.p.Origin(), api.ListRoles(a, r), api.CreateRole(a, r)).Function()
}

// UserRole serves /v1/roles/{roleId}.
func (f Functions) UserRole() event.Function {
	a, r := f.p.Authenticator(), f.p.Roles()
	return api.Route(f.p.Origin(), api.GetRole(a, r), api.UpdateRole(a, r), api.DeleteRole(a, r)).Function()
}

// ClientRights serves /v1/clients/{clientId}/rights.
func (f Functions) ClientRights() event.Function {
	return api.Route(f.p.Origin(), api.GetClientRights(f.p.Authenticator(), f.p.Rights())).Function()
}

// PortalPreview serves /v1/portal-preview.
func (f Functions) PortalPreview() event.Function {
	return api.Route(f.p.Origin(), api.PreviewAsClient(f.p.Authenticator(), f.p.Rights())).Function()
}
