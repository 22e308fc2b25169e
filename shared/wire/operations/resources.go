package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

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
