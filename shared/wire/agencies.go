package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
)

// SignUps makes agencies.
func (p *Parts) SignUps() *signin.SignUps {
	return &signin.SignUps{Store: dynamo.NewSignUps(p.Table()), Now: p.Now}
}

// Workplaces shows people the agencies that they work at, and lets them choose.
func (p *Parts) Workplaces() *signin.Workplaces {
	return &signin.Workplaces{Store: dynamo.NewWorkplaces(p.Table()), Now: p.Now}
}

// Settings shows an agency to its own people.
func (p *Parts) Settings() *agencies.Settings {
	return &agencies.Settings{Store: dynamo.NewSettings(p.Table()), Now: p.Now}
}

// Branding changes how an agency looks.
func (p *Parts) Branding() *agencies.Branding {
	return &agencies.Branding{Store: dynamo.NewBranding(p.Table()), Now: p.Now}
}

// Logos serves logos.
func (p *Parts) Logos() *agencies.Logos {
	return &agencies.Logos{Store: dynamo.NewLogos(p.Table()), Now: p.Now}
}

// Newcomers adds members.
func (p *Parts) Newcomers() *agencies.Newcomers {
	return &agencies.Newcomers{Store: dynamo.NewNewcomers(p.Table()), Queue: p.MailQueue(), Now: p.Now}
}

// Members changes and removes members.
func (p *Parts) Members() *agencies.Members {
	return &agencies.Members{Store: dynamo.NewMembers(p.Table()), Now: p.Now}
}

// Closing deletes agencies.
func (p *Parts) Closing() *agencies.Closing {
	return &agencies.Closing{Store: dynamo.NewClosings(p.Table()), Now: p.Now}
}

// Agencies serves /v1/agencies.
func (f Functions) Agencies() event.Function {
	return api.Route(f.p.Origin(), api.SignUpAgency(f.p.Authenticator(), f.p.SignIns(), f.p.SignUps())).Function()
}

// Agency serves /v1/agency.
func (f Functions) Agency() event.Function {
	auth := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.GetAgency(auth, f.p.Settings()), api.DeleteAgency(auth, f.p.Closing())).Function()
}

// Branding serves /v1/agency/branding.
func (f Functions) Branding() event.Function {
	return api.Route(f.p.Origin(), api.UpdateBranding(f.p.Authenticator(), f.p.Branding())).Function()
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

// Logo serves /logos/{agencyId}/{file}.
func (f Functions) Logo() event.Function { return web.Logo(f.p.Site(), f.p.Logos()).Function() }

// SignUpPage serves /sign-up.
func (f Functions) SignUpPage() event.Function {
	return web.SignUpPage(f.p.Site(), f.p.Authenticator(), f.p.Codes(), f.p.SignIns(), f.p.SignUps()).Function()
}

// AgenciesPage serves /agencies.
func (f Functions) AgenciesPage() event.Function {
	return web.AgenciesPage(f.p.Site(), f.p.Authenticator(), f.p.Workplaces()).Function()
}

// AgencyPage serves /settings/agency.
func (f Functions) AgencyPage() event.Function {
	return web.AgencyPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.Closing()).Function()
}

// MembersPage serves /settings/members.
func (f Functions) MembersPage() event.Function {
	return web.MembersPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.Newcomers(), f.p.Members()).Function()
}
