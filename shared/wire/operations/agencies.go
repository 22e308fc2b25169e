package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Agencies serves /v1/agencies.
func (f Functions) Agencies() event.Function {
	return api.Route(f.p.Origin(), api.SignUpAgency(f.p.Authenticator(), f.p.SignIns(), f.p.SignUps(), f.p.Platform())).Function()
}

// Agency serves /v1/agency.
func (f Functions) Agency() event.Function {
	auth := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.GetAgency(auth, f.p.Settings(), f.p.Platform()), api.DeleteAgency(auth, f.p.Closing())).Function()
}

// Branding serves /v1/agency/branding.
func (f Functions) Branding() event.Function {
	return api.Route(f.p.Origin(), api.UpdateBranding(f.p.Authenticator(), f.p.Branding(), f.p.Platform())).Function()
}

// Members serves /v1/members.
func (f Functions) Members() event.Function {
	auth := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListMembers(auth, f.p.Settings()), api.AddMember(auth, f.p.Newcomers())).Function()
}

// Member serves /v1/members/{memberId}.
func (f Functions) Member() event.Function {
	auth, members := f.p.Authenticator(), f.p.Members()
	return api.Route(f.p.Origin(), api.UpdateMember(auth, members), api.RemoveMember(auth, members)).Function()
}

// NotificationSettings serves /v1/notification-settings.
func (f Functions) NotificationSettings() event.Function {
	auth, n := f.p.Authenticator(), f.p.Notifications()
	return api.Route(f.p.Origin(), api.GetNotificationSettings(auth, n), api.UpdateNotificationSettings(auth, n)).Function()
}

// MailSettings serves /v1/mail-settings.
func (f Functions) MailSettings() event.Function {
	auth, m := f.p.Authenticator(), f.p.MailSettings()
	return api.Route(f.p.Origin(), api.GetMailSettings(auth, m), api.UpdateMailSettings(auth, m)).Function()
}

// Home serves /v1/home.
func (f Functions) Home() event.Function {
	return api.Route(f.p.Origin(), api.GetHome(f.p.Authenticator(), f.p.Desk(), f.p.ActivityLog())).Function()
}

// Sandbox serves /v1/sandbox.
func (f Functions) Sandbox() event.Function {
	return api.Route(f.p.Origin(), api.OpenSandbox(f.p.Authenticator(), f.p.Sandbox(), f.p.Origin())).Function()
}
