package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/payment"
)

// Subscription reads a subscription (https://docs.stripe.com/api/subscriptions/retrieve), also one that has ended.
func (c *Client) Subscription(ctx context.Context, id string) (payment.Subscription, error) {
	s, err := c.api.V1Subscriptions.Retrieve(ctx, id, nil)
	if err != nil {
		return payment.Subscription{}, explain(err)
	}
	return subscription(s), nil
}

// SubscriptionsOf lists a customer's subscriptions in every state, newest first
// (https://docs.stripe.com/api/subscriptions/list).
func (c *Client) SubscriptionsOf(ctx context.Context, customer string) ([]payment.Subscription, error) {
	params := &stripe.SubscriptionListParams{Customer: stripe.String(customer), Status: stripe.String("all")}
	params.Limit = stripe.Int64(100)
	return collect(ctx, c.api.V1Subscriptions.List(ctx, params), most, subscription)
}

func subscription(s *stripe.Subscription) payment.Subscription {
	out := payment.Subscription{
		ID: s.ID, Status: payment.SubscriptionStatus(s.Status), Resting: s.PauseCollection != nil, Metadata: s.Metadata,
		CancelAtPeriodEnd: s.CancelAtPeriodEnd,
		CreatedAt:         at(s.Created), CancelAt: at(s.CancelAt), CanceledAt: at(s.CanceledAt), EndedAt: at(s.EndedAt),
		Livemode: s.Livemode,
	}
	if s.Customer != nil {
		out.Customer = known(s.Customer.ID)
	}
	if s.LatestInvoice != nil {
		out.LatestInvoice = known(s.LatestInvoice.ID)
	}
	if s.DefaultPaymentMethod != nil {
		out.Card = known(s.DefaultPaymentMethod.ID)
	}
	if s.Items == nil {
		return out
	}
	for _, i := range s.Items.Data {
		item := payment.Item{ID: i.ID, Quantity: i.Quantity, PeriodStart: at(i.CurrentPeriodStart), PeriodEnd: at(i.CurrentPeriodEnd)}
		if i.Price != nil {
			item.PriceID, item.LookupKey, item.Amount = i.Price.ID, i.Price.LookupKey, amount(i.Price.UnitAmount, i.Price.Currency)
			if i.Price.Recurring != nil {
				item.Interval = payment.Interval(i.Price.Recurring.Interval)
			}
			if i.Price.Product != nil {
				item.ProductID = i.Price.Product.ID
			}
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// Subscribe makes a subscription of a customer whose card is kept (https://docs.stripe.com/api/subscriptions/create). What comes before
// its first period counts as a trial at Stripe: nothing is charged before it is over
// (https://docs.stripe.com/billing/subscriptions/trials). The same idempotency key brings the same subscription for 24 hours.
//
// A price that is archived, or a card that is not the customer's any more, is Refused or Missing.
func (c *Client) Subscribe(ctx context.Context, r payment.SubscribeRequest) (payment.Subscription, error) {
	params := &stripe.SubscriptionCreateParams{Customer: stripe.String(r.Customer), DefaultPaymentMethod: optional(r.Card),
		Metadata: r.Metadata, TrialEnd: stripe.Int64(r.From.Unix()), OffSession: stripe.Bool(true),
		BillingMode: &stripe.SubscriptionCreateBillingModeParams{Type: stripe.String(billingMode)}}
	if r.IdempotencyKey != "" {
		params.SetIdempotencyKey(r.IdempotencyKey)
	}
	for _, l := range r.Lines {
		params.Items = append(params.Items,
			&stripe.SubscriptionCreateItemParams{Price: stripe.String(l.PriceID), Quantity: stripe.Int64(max(1, l.Quantity))})
	}
	if r.AutomaticTax {
		params.AutomaticTax = &stripe.SubscriptionCreateAutomaticTaxParams{Enabled: stripe.Bool(true)}
	}
	s, err := c.api.V1Subscriptions.Create(ctx, params)
	if err != nil {
		return payment.Subscription{}, explain(err)
	}
	return subscription(s), nil
}

// CardOf is the payment method by which one of a customer's subscriptions is paid, or else what the customer's own is
// (https://docs.stripe.com/api/customers/object); "" for none.
func (c *Client) CardOf(ctx context.Context, customer, subscription string) (string, error) {
	if subscription != "" {
		s, err := c.Subscription(ctx, subscription)
		if err != nil && !payment.Is(err, payment.Missing) {
			return "", err
		}
		if s.Card != "" && s.Customer == customer {
			return s.Card, nil
		}
	}
	u, err := c.api.V1Customers.Retrieve(ctx, customer, nil)
	if err = explain(err); payment.Is(err, payment.Missing) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return ownCard(u), nil
}

// ownCard is the payment method by which a customer's invoices are paid; "" for none.
func ownCard(u *stripe.Customer) string {
	if u.Deleted || u.InvoiceSettings == nil || u.InvoiceSettings.DefaultPaymentMethod == nil {
		return ""
	}
	return known(u.InvoiceSettings.DefaultPaymentMethod.ID)
}

// KeepCard makes a payment method that a customer has given the one by which their invoices are paid, unless they have one
// (https://docs.stripe.com/api/customers/update#update_customer-invoice_settings-default_payment_method). A page that takes a card for
// later leaves that to us (https://docs.stripe.com/payments/checkout/save-and-reuse).
func (c *Client) KeepCard(ctx context.Context, customer, card string) error {
	u, err := c.api.V1Customers.Retrieve(ctx, customer, nil)
	if err != nil || u.Deleted || ownCard(u) != "" {
		return explain(err)
	}
	_, err = c.api.V1Customers.Update(ctx, customer, &stripe.CustomerUpdateParams{
		InvoiceSettings: &stripe.CustomerUpdateInvoiceSettingsParams{DefaultPaymentMethod: stripe.String(card)}})
	return explain(err)
}

// VoidInvoice has an open invoice asked for no more (https://docs.stripe.com/api/invoices/void). One that was paid is Refused; one that
// is void is no error.
func (c *Client) VoidInvoice(ctx context.Context, id string) error {
	_, err := c.api.V1Invoices.VoidInvoice(ctx, id, nil)
	if err = explain(err); payment.Is(err, payment.Refused) {
		now, again := c.Invoice(ctx, id)
		if again == nil && now.Status == payment.InvoiceVoid {
			return nil
		}
	}
	return err
}

// CancelSubscription ends a subscription at once (https://docs.stripe.com/api/subscriptions/cancel) and returns it as it
// is then; one that has ended already is returned as it is. With prorate, the unused time becomes a credit on a last
// invoice; money goes back only by [Client.Refund].
func (c *Client) CancelSubscription(ctx context.Context, id string, prorate bool) (payment.Subscription, error) {
	params := &stripe.SubscriptionCancelParams{}
	if prorate {
		params.Prorate, params.InvoiceNow = stripe.Bool(true), stripe.Bool(true)
	}
	s, err := c.api.V1Subscriptions.Cancel(ctx, id, params)
	if err = explain(err); payment.Is(err, payment.Missing) || payment.Is(err, payment.Refused) { // Stripe says so of one that has ended
		now, again := c.Subscription(ctx, id)
		if again == nil && !now.Status.Final() {
			return payment.Subscription{}, err
		}
		return now, again
	}
	if err != nil {
		return payment.Subscription{}, err
	}
	return subscription(s), nil
}

// CancelAtPeriodEnd has a subscription end with what is paid for, or, with false, go on after all
// (https://docs.stripe.com/api/subscriptions/update). One that has ended is Refused or Missing.
func (c *Client) CancelAtPeriodEnd(ctx context.Context, id string, cancel bool) (payment.Subscription, error) {
	s, err := c.api.V1Subscriptions.Update(ctx, id, &stripe.SubscriptionUpdateParams{CancelAtPeriodEnd: stripe.Bool(cancel)})
	if err != nil {
		return payment.Subscription{}, explain(err)
	}
	return subscription(s), nil
}

// Rest has nothing charged for a subscription until [Client.Wake]: what it would have asked for meanwhile is void
// (https://docs.stripe.com/billing/subscriptions/pause-payment). Its status stays as it is.
func (c *Client) Rest(ctx context.Context, id string) (payment.Subscription, error) {
	s, err := c.api.V1Subscriptions.Update(ctx, id, &stripe.SubscriptionUpdateParams{
		PauseCollection: &stripe.SubscriptionUpdatePauseCollectionParams{Behavior: stripe.String("void")}})
	if err != nil {
		return payment.Subscription{}, explain(err)
	}
	return subscription(s), nil
}

// Wake takes up again what rests: a new period begins, and is charged, at this moment
// (https://docs.stripe.com/billing/subscriptions/billing-cycle). Nothing is owed for the time between.
func (c *Client) Wake(ctx context.Context, id string) (payment.Subscription, error) {
	params := &stripe.SubscriptionUpdateParams{BillingCycleAnchorNow: stripe.Bool(true), ProrationBehavior: stripe.String("none")}
	params.AddUnsetField(stripe.SubscriptionUpdateParamsUnsetFieldPauseCollection)
	s, err := c.api.V1Subscriptions.Update(ctx, id, params)
	if err != nil {
		return payment.Subscription{}, explain(err)
	}
	return subscription(s), nil
}

// RemoveItem takes one item off a subscription and leaves the others (https://docs.stripe.com/api/subscription_items/delete),
// without a credit for the unused time: what is owed back is for [Client.Refund]. An item that is gone already is no
// error; the last item of a subscription is Refused, it is ended by [Client.CancelSubscription].
func (c *Client) RemoveItem(ctx context.Context, item string) error {
	_, err := c.api.V1SubscriptionItems.Delete(ctx, item, &stripe.SubscriptionItemDeleteParams{ProrationBehavior: stripe.String("none")})
	if err = explain(err); payment.Is(err, payment.Missing) {
		return nil
	}
	return err
}
