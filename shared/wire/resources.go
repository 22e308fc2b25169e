package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
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

// Inventory holds what an agency has tied to the product.
func (p *Parts) Inventory() *resources.Inventory {
	return &resources.Inventory{Store: dynamo.NewInventory(p.Table()), Guard: p.Egress(), Now: p.Now}
}

// Connector connects an agency's instances, which it calls.
func (p *Parts) Connector() *resources.Connector {
	return &resources.Connector{Inventory: p.Inventory(), Instances: dynamo.NewConnections(p.Table()), N8N: p.N8N(),
		Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER")}
}

// Instances serves /v1/instances.
func (f Functions) Instances() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListInstances(a, f.p.Directory()), api.ConnectInstance(a, f.p.Connector())).Function()
}

// Instance serves /v1/instances/{instanceId}.
func (f Functions) Instance() event.Function {
	a, c := f.p.Authenticator(), f.p.Connector()
	return api.Route(f.p.Origin(), api.GetInstance(a, c.Inventory), api.UpdateInstance(a, c), api.DisconnectInstance(a, c.Inventory)).
		Function()
}

// InstanceCheck serves /v1/instances/{instanceId}/check.
func (f Functions) InstanceCheck() event.Function {
	return api.Route(f.p.Origin(), api.CheckInstance(f.p.Authenticator(), f.p.Connector())).Function()
}

// Services serves /v1/services.
func (f Functions) Services() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListServices(a, f.p.Directory()), api.ConnectService(a, f.p.Inventory())).Function()
}

// Service serves /v1/services/{serviceId}.
func (f Functions) Service() event.Function {
	a, i := f.p.Authenticator(), f.p.Inventory()
	return api.Route(f.p.Origin(), api.GetService(a, i), api.DisconnectService(a, i)).Function()
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
	return web.ServicesPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inventory()).Function()
}

// ServicePage serves /services/{serviceId}.
func (f Functions) ServicePage() event.Function {
	return web.ServicePage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.Inventory()).Function()
}
