package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// PortalPage serves /portal.
func (f Functions) PortalPage() event.Function {
	return web.PortalPage(f.p.Site(), f.p.Authenticator(), f.p.Portal(), f.p.PortalGlances(), f.p.Waiting()).Function()
}

// PortalInstancePage serves /portal/instances/{instanceId}.
func (f Functions) PortalInstancePage() event.Function {
	return web.PortalInstancePage(f.p.Site(), f.p.Authenticator(), f.p.PortalInstances()).Function()
}
