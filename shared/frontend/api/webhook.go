package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/usecase/webhooks"
)

// EndpointBody is a webhook endpoint, without its secret.
type EndpointBody struct {
	ID             string   `json:"id" example:"whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	URL            string   `json:"url" example:"https://hooks.example.com/latchkey"`
	Description    string   `json:"description" example:"n8n, new clients"`
	Types          []string `json:"types" doc:"The events it is sent. Empty: all." example:"[\"invite.accepted\"]"`
	Status         string   `json:"status" enum:"active,failing,disabled"`
	DisabledReason string   `json:"disabledReason,omitempty" enum:"by_person,gone,failing" doc:"gone: it answered 410."`
	DisabledAt     *Time    `json:"disabledAt" doc:"null while it is enabled."`
	FailingSince   *Time    `json:"failingSince" doc:"null while events reach it. We disable it after 5 days."`
	MissedSince    *Time    `json:"missedSince" doc:"Since when it has missed events. Pass it to recoverEvents. null for none."`
	Recovering     bool     `json:"recovering" doc:"Whether events are being recovered."`
	OldSecretUntil *Time    `json:"oldSecretUntil" doc:"Until when we also sign with the secret before. null if we don't."`
	CreatedAt      Time     `json:"createdAt"`
	Secret         string   `json:"secret,omitempty" doc:"The signing secret. Shown once, when you create or rotate it."`
}

func endpointBody(e *webhook.Endpoint, now time.Time) EndpointBody {
	b := EndpointBody{ID: string(e.ID), URL: e.URL, Description: e.Description, Types: []string{}, Status: e.Status(),
		DisabledReason: string(e.Disabled), DisabledAt: orNull(e.DisabledAt), FailingSince: orNull(e.FailingSince),
		MissedSince: orNull(e.Missing(now)), Recovering: e.Recover.Running(), CreatedAt: Time(e.CreatedAt)}
	for _, t := range e.Types {
		b.Types = append(b.Types, string(t))
	}
	if until := e.RotatedAt.Add(webhook.Overlap); e.Previous != "" && now.Before(until) {
		b.OldSecretUntil = orNull(until)
	}
	return b
}

// AttemptBody is one try of a delivery.
type AttemptBody struct {
	At         Time   `json:"at"`
	DurationMs int64  `json:"durationMs" example:"84"`
	StatusCode int    `json:"statusCode" doc:"0 if there was no answer." example:"200"`
	Error      string `json:"error,omitempty" enum:"dns,not_public,connect,timeout,tls,redirect,response" doc:"Why there's no answer."`
	Body       string `json:"body" doc:"The start of the answer: 4 KB of the last one, 256 bytes of those before." example:"ok"`
	Manual     bool   `json:"manual" doc:"A test or redelivery. It doesn't count towards disabling."`
}

// DeliveryBody is an event on its way to an endpoint.
type DeliveryBody struct {
	ID            string        `json:"id" example:"dlv_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	EndpointID    string        `json:"endpointId" example:"whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	MessageID     string        `json:"messageId" doc:"The webhook-id that your program sees." example:"evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Type          string        `json:"type" example:"invite.accepted"`
	Kind          string        `json:"kind" enum:"event,test,recovered"`
	Status        string        `json:"status" enum:"pending,delivered,failed,missed" doc:"missed: the endpoint was disabled."`
	OccurredAt    Time          `json:"occurredAt"`
	NextAttemptAt *Time         `json:"nextAttemptAt" doc:"null if there is none, before the first one, and if you've asked for one now."`
	Attempts      []AttemptBody `json:"attempts" doc:"The last 16, oldest first."`
}

func deliveryBody(d *webhook.Delivery) DeliveryBody {
	b := DeliveryBody{ID: string(d.ID), EndpointID: string(d.Endpoint), MessageID: string(d.Message), Type: string(d.Type),
		Kind: string(d.Kind), Status: string(d.State), OccurredAt: Time(d.At), NextAttemptAt: orNull(d.Next()), Attempts: []AttemptBody{}}
	for _, a := range d.Attempts {
		b.Attempts = append(b.Attempts,
			AttemptBody{Time(a.At), a.Took.Milliseconds(), a.Status, string(a.Fault), a.Excerpt, a.ByPerson})
	}
	return b
}

// PayloadBody is what is sent, as it would be sent now.
type PayloadBody json.RawMessage

// MarshalJSON writes it as it is.
func (p PayloadBody) MarshalJSON() ([]byte, error) { return p, nil }

// Schema is the type in the document.
func (PayloadBody) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "The body that we send."}
}

// WholeDelivery is a delivery with its payload.
type WholeDelivery struct {
	DeliveryBody

	Payload PayloadBody `json:"payload"`
}

type newEndpointBody struct {
	URL         string   `json:"url" doc:"https, port 443 or 1024 up. No IP address." example:"https://hooks.example.com/latchkey"`
	Description string   `json:"description,omitempty" example:"n8n, new clients"`
	Types       []string `json:"types,omitempty" doc:"The events to send. Left out or empty: all." example:"[\"invite.accepted\"]"`
}

func typesOf(all []string) []webhook.Type {
	out := make([]webhook.Type, len(all))
	for i, t := range all {
		out[i] = webhook.Type(t)
	}
	return out
}

type createEndpointInput struct {
	Once

	Body newEndpointBody
}

func (in *createEndpointInput) change() webhooks.Change {
	types := typesOf(in.Body.Types)
	return webhooks.Change{URL: &in.Body.URL, Description: &in.Body.Description, Types: &types}
}

type endpointOutput struct {
	Location string `header:"Location" doc:"Where the endpoint is."`
	Body     EndpointBody
}

type endpointAnswer struct{ Body EndpointBody }

// eventList is the types of events, for the document.
func eventList() string {
	var all []string
	for _, t := range webhook.Types() {
		all = append(all, string(t))
	}
	return strings.Join(all, ", ")
}

// CreateWebhookEndpoint makes an endpoint.
func CreateWebhookEndpoint(auth *signin.Authenticator, secrets *webhooks.Secrets) Operation {
	return operation(auth, described{
		id: "createWebhookEndpoint", method: http.MethodPost, who: identity.ByStaff(identity.WebhooksWrite).Stepped(), tag: tagHooks,
		status: 201, summary: "Create a webhook endpoint",
		description: "We POST each event as JSON, signed as Standard Webhooks 1.0.0 says: verify webhook-signature over webhook-id, " +
			"webhook-timestamp and the raw body with your secret. Any 2xx within 15 seconds counts, and redirects don't. We try ten " +
			"times in four days. An event can come twice, with the same webhook-id, and in any order: data.sequence says which of two " +
			"is later. After 5 days without success we disable the endpoint and email the owners. We send from changing addresses: " +
			"check the signature, not the IP address. The secret is shown once. An agency can have 10 endpoints. Events: " +
			eventList() + ".",
		codes: []fault.Code{fault.Invalid, fault.IdempotencyUsed, fault.Full},
	}, func(ctx context.Context, caller identity.Caller, in *createEndpointInput) (*endpointOutput, error) {
		e, secret, err := secrets.Create(ctx, caller, in.change(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		out := &endpointOutput{"/v1/webhook-endpoints/" + string(e.ID), endpointBody(e, secrets.Now())}
		out.Body.Secret = secret
		return out, nil
	}, func(in *createEndpointInput) error { return secrets.Check(in.change()) })
}

type endpointsOutput struct {
	Body struct {
		Items      []EndpointBody `json:"items"`
		NextCursor *string        `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListWebhookEndpoints lists the endpoints.
func ListWebhookEndpoints(auth *signin.Authenticator, directory *webhooks.Directory) Operation {
	return operation(auth, described{
		id: "listWebhookEndpoints", method: http.MethodGet, who: identity.ByStaff(identity.WebhooksRead), tag: tagHooks, status: 200,
		summary: "List webhook endpoints", description: "Oldest first.", codes: []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*endpointsOutput, error) {
		all, err := directory.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		page, next, err := pageOf(*in, all, func(e *webhook.Endpoint) string { return string(e.ID) }, false, id.EndpointPrefix)
		if err != nil {
			return nil, err
		}
		out := &endpointsOutput{}
		out.Body.Items, out.Body.NextCursor = []EndpointBody{}, next
		for i := range page {
			out.Body.Items = append(out.Body.Items, endpointBody(&page[i], directory.Now()))
		}
		return out, nil
	})
}

// EndpointRef names an endpoint.
type EndpointRef struct {
	EndpointID string `path:"endpointId" example:"whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// GetWebhookEndpoint reads one endpoint.
func GetWebhookEndpoint(auth *signin.Authenticator, directory *webhooks.Directory) Operation {
	return operation(auth, described{
		id: "getWebhookEndpoint", method: http.MethodGet, who: identity.ByStaff(identity.WebhooksRead), tag: tagHooks, status: 200,
		summary: "Get a webhook endpoint", description: "Its state, without its secret.", codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *EndpointRef) (*endpointAnswer, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		e, err := directory.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &endpointAnswer{endpointBody(e, directory.Now())}, nil
	})
}

type updateEndpointInput struct {
	EndpointRef

	Body struct {
		URL         *string   `json:"url,omitempty" example:"https://hooks.example.com/latchkey"`
		Description *string   `json:"description,omitempty"`
		Types       *[]string `json:"types,omitempty" doc:"Empty: all."`
		Enabled     *bool     `json:"enabled,omitempty" doc:"false stops sending. true starts again; recoverEvents sends what it missed."`
	}
}

func (in *updateEndpointInput) change() webhooks.Change {
	c := webhooks.Change{URL: in.Body.URL, Description: in.Body.Description, Enabled: in.Body.Enabled}
	if in.Body.Types != nil {
		types := typesOf(*in.Body.Types)
		c.Types = &types
	}
	return c
}

// UpdateWebhookEndpoint changes an endpoint.
func UpdateWebhookEndpoint(auth *signin.Authenticator, endpoints *webhooks.Endpoints) Operation {
	return operation(auth, described{
		id: "updateWebhookEndpoint", method: http.MethodPatch, who: identity.ByStaff(identity.WebhooksWrite).Stepped(), tag: tagHooks,
		status: 200, summary: "Change a webhook endpoint", description: "What you leave out stays. Also enables and disables it.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *updateEndpointInput) (*endpointAnswer, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		e, err := endpoints.Update(ctx, caller, which, in.change())
		if err != nil {
			return nil, err
		}
		return &endpointAnswer{endpointBody(e, endpoints.Now())}, nil
	}, func(in *updateEndpointInput) error { return endpoints.Check(in.change()) })
}

// DeleteWebhookEndpoint deletes an endpoint.
func DeleteWebhookEndpoint(auth *signin.Authenticator, endpoints *webhooks.Endpoints) Operation {
	return operation(auth, described{
		id: "deleteWebhookEndpoint", method: http.MethodDelete, who: identity.ByStaff(identity.WebhooksWrite).Stepped(), tag: tagHooks,
		status: 204, summary: "Delete a webhook endpoint", description: "With all of its deliveries, for good.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *EndpointRef) (*noContent, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		return nil, endpoints.Delete(ctx, caller, which)
	})
}

// RotateWebhookSecret makes another secret.
func RotateWebhookSecret(auth *signin.Authenticator, secrets *webhooks.Secrets) Operation {
	return operation(auth, described{
		id: "rotateWebhookSecret", method: http.MethodPost, who: identity.ByStaff(identity.WebhooksWrite).Stepped(), tag: tagHooks,
		status: 200, summary: "Rotate a webhook secret",
		description: "The new secret is shown once. For 24 hours we sign with the one before, too, so that you can change yours without " +
			"missing an event. Rotate again within that time, and each secret keeps its 24 hours.",
		codes: []fault.Code{fault.NotFound, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *EndpointRef) (*endpointAnswer, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		e, secret, err := secrets.Rotate(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		out := &endpointAnswer{endpointBody(e, secrets.Now())}
		out.Body.Secret = secret
		return out, nil
	})
}

type deliveryAnswer struct {
	Location string `header:"Location" doc:"Where to see what came of it."`
	Body     DeliveryBody
}

func acceptedDelivery(d *webhook.Delivery) *deliveryAnswer {
	return &deliveryAnswer{"/v1/webhook-endpoints/" + string(d.Endpoint) + "/deliveries/" + string(d.ID), deliveryBody(d)}
}

// SendTestEvent sends a test event.
func SendTestEvent(auth *signin.Authenticator, asked *webhooks.Asked) Operation {
	return operation(auth, described{
		id: "sendTestEvent", method: http.MethodPost, who: identity.ByStaff(identity.WebhooksWrite), tag: tagHooks, status: 202,
		summary: "Send a test event", description: "An event of the type webhook.test, tried once. Works for a disabled endpoint, too.",
		codes: []fault.Code{fault.NotFound, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *EndpointRef) (*deliveryAnswer, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		d, err := asked.Test(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return acceptedDelivery(d), nil
	})
}

type listDeliveriesInput struct {
	EndpointRef
	Paging

	Status string `query:"status" enum:"pending,delivered,failed,missed" doc:"Only these."`
}

type deliveriesOutput struct {
	Body struct {
		Items      []DeliveryBody `json:"items"`
		NextCursor *string        `json:"nextCursor" doc:"null at the end. A page can be short of its limit and still have one."`
	}
}

// ListDeliveries lists what was sent to an endpoint.
func ListDeliveries(auth *signin.Authenticator, directory *webhooks.Directory) Operation {
	return operation(auth, described{
		id: "listDeliveries", method: http.MethodGet, who: identity.ByStaff(identity.WebhooksRead), tag: tagHooks, status: 200,
		summary: "List deliveries", description: "Of the last 30 days, newest event first.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *listDeliveriesInput) (*deliveriesOutput, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		after, err := in.after(id.DeliveryPrefix)
		if err != nil {
			return nil, err
		}
		page, next, err := directory.Deliveries(ctx, caller, which,
			webhooks.DeliveryQuery{State: webhook.State(in.Status), Limit: in.Limit, After: id.Delivery(after)})
		if err != nil {
			return nil, err
		}
		out := &deliveriesOutput{}
		out.Body.Items, out.Body.NextCursor = []DeliveryBody{}, cursor(next)
		for i := range page {
			out.Body.Items = append(out.Body.Items, deliveryBody(&page[i]))
		}
		return out, nil
	})
}

type deliveryInput struct {
	EndpointRef

	DeliveryID string `path:"deliveryId" example:"dlv_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

func (in *deliveryInput) ids() (id.WebhookEndpoint, id.Delivery, error) {
	which, err := id.ParseWebhookEndpoint(in.EndpointID)
	if err != nil {
		return "", "", err
	}
	d, err := id.ParseDelivery(in.DeliveryID)
	return which, d, err
}

type wholeDeliveryOutput struct{ Body WholeDelivery }

// GetDelivery reads one delivery.
func GetDelivery(auth *signin.Authenticator, directory *webhooks.Directory) Operation {
	return operation(auth, described{
		id: "getDelivery", method: http.MethodGet, who: identity.ByStaff(identity.WebhooksRead), tag: tagHooks, status: 200,
		summary: "Get a delivery", description: "What we sent, and each answer. A client's name is the one they have now.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *deliveryInput) (*wholeDeliveryOutput, error) {
		which, delivery, err := in.ids()
		if err != nil {
			return nil, err
		}
		d, payload, err := directory.Delivery(ctx, caller, which, delivery)
		if err != nil {
			return nil, err
		}
		return &wholeDeliveryOutput{WholeDelivery{deliveryBody(d), payload}}, nil
	})
}

// Redeliver tries a delivery once more.
func Redeliver(auth *signin.Authenticator, asked *webhooks.Asked) Operation {
	return operation(auth, described{
		id: "redeliver", method: http.MethodPost, who: identity.ByStaff(identity.WebhooksWrite), tag: tagHooks, status: 202,
		summary: "Redeliver an event", description: "At once, with the same webhook-id. Also one that was delivered.",
		codes: []fault.Code{fault.NotFound, fault.EndpointOff, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *deliveryInput) (*deliveryAnswer, error) {
		which, delivery, err := in.ids()
		if err != nil {
			return nil, err
		}
		d, err := asked.Redeliver(ctx, caller, which, delivery)
		if err != nil {
			return nil, err
		}
		return acceptedDelivery(d), nil
	})
}

type recoverInput struct {
	EndpointRef

	Body struct {
		Since string `json:"since" doc:"RFC 3339, at most 30 days ago." maxLength:"40" example:"2026-11-28T07:40:00Z"`
	}
}

type recoverOutput struct {
	Location string `header:"Location" doc:"Where to see how far it is: recovering is false in the end."`
	Body     EndpointBody
}

// RecoverEvents sends what has not reached an endpoint.
func RecoverEvents(auth *signin.Authenticator, asked *webhooks.Asked) Operation {
	return operation(auth, described{
		id: "recoverEvents", method: http.MethodPost, who: identity.ByStaff(identity.WebhooksWrite), tag: tagHooks, status: 202,
		summary: "Recover missed events",
		description: "Sends every event since then that hasn't reached the endpoint: those that failed, and those from while it was " +
			"disabled. One recovery at a time.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.EndpointOff, fault.Recovering, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *recoverInput) (*recoverOutput, error) {
		which, err := id.ParseWebhookEndpoint(in.EndpointID)
		if err != nil {
			return nil, err
		}
		since, err := activity.Moment("since", in.Body.Since, false)
		if err != nil {
			return nil, err
		}
		e, err := asked.Recover(ctx, caller, which, since)
		if err != nil {
			return nil, err
		}
		return &recoverOutput{"/v1/webhook-endpoints/" + string(e.ID), endpointBody(e, asked.Now())}, nil
	})
}
