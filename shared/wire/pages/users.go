package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// UsersPage serves /client-portal.
func (f Functions) UsersPage() event.Function {
	return web.UsersPage(f.p.Site(), f.p.Authenticator(), f.p.Users()).Function()
}

// UserPage serves /client-portal/users/{clientId}.
func (f Functions) UserPage() event.Function {
	p := f.p
	return web.UserPage(p.Site(), p.Authenticator(), p.Users(), p.External(), p.ActivityLog()).Function()
}
