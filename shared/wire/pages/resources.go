package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// InstancesPage serves /instances.
func (f Functions) InstancesPage() event.Function {
	return web.InstancesPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Connector()).Function()
}

// InstancePage serves /instances/{instanceId}.
func (f Functions) InstancePage() event.Function {
	return web.InstancePage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Connector()).Function()
}

// ServicesPage serves /services.
func (f Functions) ServicesPage() event.Function {
	return web.ServicesPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inventory()).Function()
}

// ServicePage serves /services/{serviceId}.
func (f Functions) ServicePage() event.Function {
	return web.ServicePage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inventory()).Function()
}
