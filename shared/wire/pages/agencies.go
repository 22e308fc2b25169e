package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// Logo serves /logos/{agencyId}/{file}.
func (f Functions) Logo() event.Function { return web.Logo(f.p.Site(), f.p.Logos()).Function() }

// SignUpPage serves /sign-up.
func (f Functions) SignUpPage() event.Function {
	return web.SignUpPage(f.p.Site(), f.p.Authenticator(), f.p.Codes(), f.p.SignIns(), f.p.SignUps(), f.p.Prices()).Function()
}

// AgenciesPage serves /agencies.
func (f Functions) AgenciesPage() event.Function {
	return web.AgenciesPage(f.p.Site(), f.p.Authenticator(), f.p.Workplaces(), f.p.Waiting()).Function()
}

// AgencyPage serves /settings/agency.
func (f Functions) AgencyPage() event.Function {
	return web.AgencyPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.Closing()).Function()
}

// MembersPage serves /settings/members.
func (f Functions) MembersPage() event.Function {
	return web.MembersPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.Newcomers(), f.p.Members()).Function()
}

// NotificationsPage serves /settings/notifications.
func (f Functions) NotificationsPage() event.Function {
	return web.NotificationsPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.Notifications(),
		f.p.MailSettings()).Function()
}

// HomePage serves /home.
func (f Functions) HomePage() event.Function {
	return web.HomePage(f.p.Site(), f.p.Authenticator(), f.p.Desk(), f.p.ActivityLog(), f.p.Waiting()).Function()
}

// SandboxPage serves /sandbox/{step}.
func (f Functions) SandboxPage() event.Function {
	return web.SandboxPage(f.p.Site(), f.p.Authenticator(), f.p.Sandbox(), f.p.Origin(), f.p.Platform()).Function()
}
