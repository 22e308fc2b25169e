package wire

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/resources"
)

// N8N calls n8n instances.
func (p *Parts) N8N() *n8n.Client {
	if p.Outside.N8N != nil {
		return n8n.New(p.Outside.N8N)
	}
	return n8n.New(p.Egress().Transport())
}

// Connector connects an agency's instances and services.
func (p *Parts) Connector() *resources.Connector {
	return &resources.Connector{Store: p.Table(), N8N: p.N8N(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER"), Guard: p.Egress(), Now: p.Now}
}

// Instances serves /v1/instances.
func (f Functions) Instances() event.Function {
	return api.Route(f.p.Origin(), api.ListInstances(f.p.Authenticator(), f.p.Directory()), api.ConnectInstance(f.p.Authenticator(), f.p.Connector())).Function()
}

// Instance serves /v1/instances/{instanceId}.
func (f Functions) Instance() event.Function {
	a, c := f.p.Authenticator(), f.p.Connector()
	return api.Route(f.p.Origin(), api.GetInstance(a, c), api.UpdateInstance(a, c), api.DisconnectInstance(a, c)).Function()
}

// InstanceCheck serves /v1/instances/{instanceId}/check.
func (f Functions) InstanceCheck() event.Function {
	return api.Route(f.p.Origin(), api.CheckInstance(f.p.Authenticator(), f.p.Connector())).Function()
}

// Services serves /v1/services.
func (f Functions) Services() event.Function {
	return api.Route(f.p.Origin(), api.ListServices(f.p.Authenticator(), f.p.Directory()), api.ConnectService(f.p.Authenticator(), f.p.Connector())).Function()
}

// Service serves /v1/services/{serviceId}.
func (f Functions) Service() event.Function {
	return api.Route(f.p.Origin(), api.GetService(f.p.Authenticator(), f.p.Connector()), api.DisconnectService(f.p.Authenticator(), f.p.Connector())).Function()
}

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
	return web.ServicesPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Connector()).Function()
}

// ServicePage serves /services/{serviceId}.
func (f Functions) ServicePage() event.Function {
	return web.ServicePage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Connector()).Function()
}
