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
	return web.UserPage(p.Site(), p.Authenticator(), web.UserParts{Users: p.Users(), External: p.External(), Contacts: p.Contacts(),
		Promotions: p.Promotions(), Log: p.ActivityLog()}).Function()
}
