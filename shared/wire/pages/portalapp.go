package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// MarketplacePage serves /marketplace.
func (f Functions) MarketplacePage() event.Function {
	return web.MarketplacePage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.PortalApp(), f.p.Members()).Function()
}

// PortalSettingsPage serves /settings/client-portal.
func (f Functions) PortalSettingsPage() event.Function {
	return web.PortalSettingsPage(f.p.Site(), f.p.Authenticator(), f.p.PortalApp()).Function()
}

// AppSettingsPage serves /client-portal/settings.
func (f Functions) AppSettingsPage() event.Function {
	return web.AppSettingsPage(f.p.Site(), f.p.Authenticator(), f.p.PortalApp()).Function()
}
