package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// PortalApp serves /v1/portal-app.
func (f Functions) PortalApp() event.Function {
	auth, app := f.p.Authenticator(), f.p.PortalApp()
	return api.Route(f.p.Origin(), api.GetPortalApp(auth, app), api.InstallPortal(auth, app), api.UpdatePortalSettings(auth, app),
		api.UninstallPortal(auth, app)).Function()
}

// ClientMakeInternal serves /v1/clients/{clientId}/make-internal.
func (f Functions) ClientMakeInternal() event.Function {
	return api.Route(f.p.Origin(), api.MakeInternal(f.p.Authenticator(), f.p.Promotions())).Function()
}
