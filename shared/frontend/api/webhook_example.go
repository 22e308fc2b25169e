package api

import (
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
)

func hookExamples() map[string]example {
	const endpoint, event = "whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	e := EndpointBody{ID: endpoint, URL: "https://hooks.example.com/latchkey", Description: "n8n, new clients",
		Types: []string{"client.activated", "invite.accepted"}, Status: "active", CreatedAt: after(0)}
	made, changed, rotated, behind := e, e, e, e
	made.Secret = "whsec_…"
	changed.Types = []string{}
	rotated.Secret, rotated.OldSecretUntil = "whsec_…", orNull(time.Time(after(48*time.Hour)))
	behind.Recovering = true
	at := time.Time(after(24 * time.Hour))
	d := DeliveryBody{ID: string(webhook.DeliveryOf(event)), EndpointID: endpoint, MessageID: event, Type: "invite.accepted", Kind: "event",
		Status: "delivered", OccurredAt: Time(at), Attempts: []AttemptBody{{At: Time(at.Add(2 * time.Second)), DurationMs: 84,
			StatusCode: 200, Body: "ok"}}}
	test := d
	test.Type, test.Kind, test.Status, test.Attempts = string(webhook.Test), "test", "pending", []AttemptBody{}
	payload := webhook.Body("invite.accepted", webhook.Data{Version: 1, Sequence: at.UnixMilli(), AgencyID: exampleAgency,
		ID: exampleInvite, Status: "accepted", Actor: exampleClient,
		Client: &webhook.Party{ID: string(id.Client(exampleClient)), Name: "Acme Ltd", Status: "active"}})
	return map[string]example{
		"createWebhookEndpoint": exchanges(raw(`{"url":"https://hooks.example.com/latchkey","description":"n8n, new clients",`+
			`"types":["client.activated","invite.accepted"]}`), made),
		"listWebhookEndpoints":  answers(listed(e)),
		"getWebhookEndpoint":    answers(e),
		"updateWebhookEndpoint": exchanges(raw(`{"types":[]}`), changed),
		"rotateWebhookSecret":   answers(rotated),
		"sendTestEvent":         answers(test),
		"listDeliveries":        answers(listed(d)),
		"getDelivery":           answers(WholeDelivery{d, payload}),
		"redeliver":             answers(d),
		"recoverEvents":         exchanges(raw(`{"since":"2026-11-28T07:40:00Z"}`), behind),
	}
}
