package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// WebhookEndpoints serves /v1/webhook-endpoints.
func (f Functions) WebhookEndpoints() event.Function {
	a := f.p.Authenticator()
	return api.Route(f.p.Origin(), api.ListWebhookEndpoints(a, f.p.WebhookDirectory()), api.CreateWebhookEndpoint(a, f.p.WebhookSecrets())).
		Function()
}

// WebhookEndpoint serves /v1/webhook-endpoints/{endpointId}.
func (f Functions) WebhookEndpoint() event.Function {
	a, e := f.p.Authenticator(), f.p.WebhookEndpoints()
	return api.Route(f.p.Origin(), api.GetWebhookEndpoint(a, f.p.WebhookDirectory()), api.UpdateWebhookEndpoint(a, e),
		api.DeleteWebhookEndpoint(a, e)).Function()
}

// WebhookSecret serves /v1/webhook-endpoints/{endpointId}/secret.
func (f Functions) WebhookSecret() event.Function {
	return api.Route(f.p.Origin(), api.RotateWebhookSecret(f.p.Authenticator(), f.p.WebhookSecrets())).Function()
}

// WebhookTest serves /v1/webhook-endpoints/{endpointId}/test.
func (f Functions) WebhookTest() event.Function {
	return api.Route(f.p.Origin(), api.SendTestEvent(f.p.Authenticator(), f.p.WebhooksAsked())).Function()
}

// WebhookRecover serves /v1/webhook-endpoints/{endpointId}/recover.
func (f Functions) WebhookRecover() event.Function {
	return api.Route(f.p.Origin(), api.RecoverEvents(f.p.Authenticator(), f.p.WebhooksAsked())).Function()
}

// WebhookDeliveries serves /v1/webhook-endpoints/{endpointId}/deliveries.
func (f Functions) WebhookDeliveries() event.Function {
	return api.Route(f.p.Origin(), api.ListDeliveries(f.p.Authenticator(), f.p.WebhookDirectory())).Function()
}

// WebhookDelivery serves /v1/webhook-endpoints/{endpointId}/deliveries/{deliveryId}.
func (f Functions) WebhookDelivery() event.Function {
	return api.Route(f.p.Origin(), api.GetDelivery(f.p.Authenticator(), f.p.WebhookDirectory())).Function()
}

// WebhookRedeliver serves /v1/webhook-endpoints/{endpointId}/deliveries/{deliveryId}/redeliver.
func (f Functions) WebhookRedeliver() event.Function {
	return api.Route(f.p.Origin(), api.Redeliver(f.p.Authenticator(), f.p.WebhooksAsked())).Function()
}
