package wire

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/picture"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
)

// Agencies is where people make agencies, and choose for which they act.
func (p *Parts) Agencies() *signin.Agencies { return &signin.Agencies{Store: p.Table(), Now: p.Now} }

// Office is an agency's own life.
func (p *Parts) Office() *agencies.Office {
	return &agencies.Office{Store: p.Table(), Queue: p.MailQueue(), Picture: picture.Read, Now: p.Now}
}

// Agencies serves /v1/agencies.
func (f Functions) Agencies() event.Function {
	return api.Route(f.p.Origin(), api.SignUpAgency(f.p.Authenticator(), f.p.Codes(), f.p.Agencies())).Function()
}

// Agency serves /v1/agency.
func (f Functions) Agency() event.Function {
	return api.Route(f.p.Origin(), api.GetAgency(f.p.Authenticator(), f.p.Office()), api.DeleteAgency(f.p.Authenticator(), f.p.Office())).Function()
}

// Branding serves /v1/agency/branding.
func (f Functions) Branding() event.Function {
	return api.Route(f.p.Origin(), api.UpdateBranding(f.p.Authenticator(), f.p.Office())).Function()
}

// AgencyLogo serves /v1/agency/logo.
func (f Functions) AgencyLogo() event.Function {
	return api.Route(f.p.Origin(), api.UpdateLogo(f.p.Authenticator(), f.p.Office())).Function()
}

// Members serves /v1/members.
func (f Functions) Members() event.Function {
	return api.Route(f.p.Origin(), api.ListMembers(f.p.Authenticator(), f.p.Office()), api.AddMember(f.p.Authenticator(), f.p.Office())).Function()
}

// Member serves /v1/members/{memberId}.
func (f Functions) Member() event.Function {
	return api.Route(f.p.Origin(), api.UpdateMember(f.p.Authenticator(), f.p.Office()), api.RemoveMember(f.p.Authenticator(), f.p.Office())).Function()
}

// Logo serves /logos/{agencyId}/{file}.
func (f Functions) Logo() event.Function { return web.Logo(f.p.Site(), f.p.Office()).Function() }

// SignUpPage serves /sign-up.
func (f Functions) SignUpPage() event.Function {
	return web.SignUpPage(f.p.Site(), f.p.Authenticator(), f.p.Codes(), f.p.Agencies()).Function()
}

// AgenciesPage serves /agencies.
func (f Functions) AgenciesPage() event.Function {
	return web.AgenciesPage(f.p.Site(), f.p.Authenticator(), f.p.Agencies()).Function()
}

// SettingsPage serves /settings.
func (f Functions) SettingsPage() event.Function {
	return web.SettingsPage(f.p.Site(), f.p.Authenticator(), f.p.Office()).Function()
}

// AgencyPage serves /settings/agency.
func (f Functions) AgencyPage() event.Function {
	return web.AgencyPage(f.p.Site(), f.p.Authenticator(), f.p.Office()).Function()
}

// MembersPage serves /settings/members.
func (f Functions) MembersPage() event.Function {
	return web.MembersPage(f.p.Site(), f.p.Authenticator(), f.p.Office()).Function()
}
