package stripe

import (
	"context"
	"encoding/json"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/payment"
)

// Events is one page of what happened, newest first (https://docs.stripe.com/api/events/list), and the id to go on after:
// empty on the last page. Stripe keeps events for 30 days.
func (c *Client) Events(ctx context.Context, q payment.EventQuery) (page []payment.Event, next string, err error) {
	params := &stripe.EventListParams{}
	if len(q.Types) > 0 { // an empty list would be sent, as one empty type
		params.Types = stripe.StringSlice(q.Types)
	}
	params.Limit = stripe.Int64(min(max(q.Limit, 0), 100))
	if q.Limit <= 0 {
		params.Limit = stripe.Int64(100)
	}
	params.StartingAfter = optional(q.After)
	if q.Undelivered {
		params.DeliverySuccess = stripe.Bool(false)
	}
	if !q.Since.IsZero() || !q.Until.IsZero() {
		params.CreatedRange = &stripe.RangeQueryParams{}
		if !q.Since.IsZero() {
			params.CreatedRange.GreaterThanOrEqual = q.Since.Unix()
		}
		if !q.Until.IsZero() {
			params.CreatedRange.LesserThan = q.Until.Unix()
		}
	}
	list := c.api.V1Events.List(ctx, params)
	if err := list.Err(); err != nil {
		return nil, "", explain(err)
	}
	page = []payment.Event{}
	for _, e := range list.Data() {
		page = append(page, event(e))
	}
	if list.Meta().HasMore && len(page) > 0 {
		next = page[len(page)-1].ID
	}
	return page, next, nil
}

// Event reads one event (https://docs.stripe.com/api/events/retrieve).
func (c *Client) Event(ctx context.Context, id string) (payment.Event, error) {
	e, err := c.api.V1Events.Retrieve(ctx, id, nil)
	if err != nil {
		return payment.Event{}, explain(err)
	}
	return event(e), nil
}

func event(e *stripe.Event) payment.Event {
	out := payment.Event{ID: e.ID, Type: string(e.Type), Account: e.Account, Livemode: e.Livemode, Created: at(e.Created)}
	if e.Data != nil {
		out.Object = object(e.Data.Raw)
	}
	return out
}

// object is what the event's object is called; the rest of it is what it was then, and nobody reads it.
func object(raw []byte) payment.Object {
	var o struct {
		ID     string `json:"id"`
		Object string `json:"object"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return payment.Object{}
	}
	return payment.Object{Type: o.Object, ID: o.ID}
}

// Trace finds what an object belongs to, by asking for it as it is now: an event says "a charge was refunded", and which
// subscription that was about has to be found out. An object of a type that billing does not know has an empty Trace, one
// that is no longer there is Missing.
func (c *Client) Trace(ctx context.Context, o payment.Object) (payment.Trace, error) {
	switch o.Type {
	case "checkout.session":
		s, err := c.Checkout(ctx, o.ID)
		return payment.Trace{Checkout: s.ID, Subscription: s.Subscription, Customer: s.Customer, Reference: s.Reference}, err
	case "subscription":
		s, err := c.Subscription(ctx, o.ID)
		return payment.Trace{Subscription: s.ID, Customer: s.Customer}, err
	case "invoice":
		i, err := c.Invoice(ctx, o.ID)
		return payment.Trace{Subscription: i.Subscription, Customer: i.Customer}, err
	case "customer":
		u, err := c.Customer(ctx, o.ID)
		if payment.Is(err, payment.Missing) {
			return payment.Trace{Customer: o.ID, Gone: true}, nil
		}
		if err != nil {
			return payment.Trace{}, err
		}
		return payment.Trace{Customer: o.ID, Gone: u.Deleted}, nil
	case "charge":
		ch, err := c.api.V1Charges.Retrieve(ctx, o.ID, nil)
		if err != nil {
			return payment.Trace{}, explain(err)
		}
		t := payment.Trace{}
		if ch.Customer != nil {
			t.Customer = ch.Customer.ID
		}
		if ch.PaymentIntent == nil {
			return t, nil
		}
		return c.traceIntent(ctx, ch.PaymentIntent.ID, t)
	case "payment_intent":
		return c.traceIntent(ctx, o.ID, payment.Trace{})
	case "dispute":
		d, err := c.Dispute(ctx, o.ID)
		if err != nil || d.Intent == "" {
			return payment.Trace{}, err
		}
		return c.traceIntent(ctx, d.Intent, payment.Trace{})
	}
	return payment.Trace{}, nil
}

// traceIntent goes from a payment to the invoice that it paid, and from there to the subscription
// (https://docs.stripe.com/api/invoice-payment/list).
func (c *Client) traceIntent(ctx context.Context, intent string, t payment.Trace) (payment.Trace, error) {
	params := &stripe.InvoicePaymentListParams{Payment: &stripe.InvoicePaymentListPaymentParams{
		Type: stripe.String(string(stripe.InvoicePaymentPaymentTypePaymentIntent)), PaymentIntent: stripe.String(intent)}}
	params.Limit = stripe.Int64(1)
	params.AddExpand("data.invoice")
	invoices, err := collect(ctx, c.api.V1InvoicePayments.List(ctx, params), 1, func(p *stripe.InvoicePayment) payment.Invoice {
		if p.Invoice == nil {
			return payment.Invoice{}
		}
		return invoice(p.Invoice)
	})
	if err != nil {
		return payment.Trace{}, err
	}
	for _, i := range invoices {
		t.Subscription, t.Customer = i.Subscription, i.Customer
	}
	return t, nil
}
