package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// UserRolesPage serves /client-portal/roles.
func (f Functions) UserRolesPage() event.Function {
	return web.RolesPage(f.p.Site(), f.p.Authenticator(), f.p.Roles()).Function()
}

// UserRolePage serves /client-portal/roles/{roleId}.
func (f Functions) UserRolePage() event.Function {
	return web.RolePage(f.p.Site(), f.p.Authenticator(), f.p.Roles()).Function()
}

// SeeAsPage serves /client-portal/see-as.
func (f Functions) SeeAsPage() event.Function {
	return web.SeeAsPage(f.p.Site(), f.p.Authenticator(), f.p.Rights()).Function()
}
