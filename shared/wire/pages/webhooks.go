package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// WebhooksPage serves /settings/webhooks.
func (f Functions) WebhooksPage() event.Function {
	return web.WebhooksPage(f.p.Site(), f.p.Authenticator(), f.p.Settings(), f.p.WebhookDirectory(), f.p.WebhookSecrets()).Function()
}

// WebhookPage serves /settings/webhooks/{endpointId}.
func (f Functions) WebhookPage() event.Function {
	return web.WebhookPage(f.p.Site(), f.p.Authenticator(), web.HookParts{Settings: f.p.Settings(), Directory: f.p.WebhookDirectory(),
		Secrets: f.p.WebhookSecrets(), Asked: f.p.WebhooksAsked()}).Function()
}
