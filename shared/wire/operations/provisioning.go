package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// ClientItemRetry serves /v1/clients/{clientId}/items/{resourceId}/retry.
func (f Functions) ClientItemRetry() event.Function {
	return api.Route(f.p.Origin(), api.RetryProvisioning(f.p.Authenticator(), f.p.Retrier())).Function()
}
