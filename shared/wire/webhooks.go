package wire

import (
	"net/url"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/usecase/webhooks"
)

// WebhookDirectory shows agencies their webhook endpoints.
func (p *Parts) WebhookDirectory() *webhooks.Directory {
	return &webhooks.Directory{Store: dynamo.NewWebhookReads(p.Table()), Now: p.Now}
}

// WebhookEndpoints changes agencies' webhook endpoints.
func (p *Parts) WebhookEndpoints() *webhooks.Endpoints {
	own := ""
	if u, err := url.Parse(p.Origin()); err == nil {
		own = u.Hostname()
	}
	return &webhooks.Endpoints{Store: dynamo.NewWebhooks(p.Table()), Guard: p.Egress(), Own: own, Now: p.Now}
}

// WebhookSecrets makes webhook endpoints, and new secrets for them.
func (p *Parts) WebhookSecrets() *webhooks.Secrets {
	return &webhooks.Secrets{Endpoints: *p.WebhookEndpoints(), Keys: ssm.Ring(p.Environment, "SEAL_PARAMETER")}
}

// WebhooksAsked does what people ask for of events that are on their way.
func (p *Parts) WebhooksAsked() *webhooks.Asked {
	return &webhooks.Asked{Store: dynamo.NewWebhooks(p.Table()), Queue: p.WebhooksQueue(), Now: p.Now}
}

// WebhookSweep brings events on their way.
func (p *Parts) WebhookSweep() *webhooks.Sweep {
	return &webhooks.Sweep{Store: dynamo.NewWebhookSweep(p.Table()), Queue: p.WebhooksQueue(), Now: p.Now, Note: event.Annotate}
}
