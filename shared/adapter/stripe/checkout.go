package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// billingMode is the mode of every subscription that is made (https://docs.stripe.com/billing/subscriptions/billing-mode). It is
// Stripe's default of today, and is said all the same, so that another default changes nothing here. In this mode a
// cancellation in the billing portal comes as cancel_at; [payment.Subscription.Ends] reads both forms, since subscriptions that
// were made before have the other.
const billingMode = "flexible"

// CreateCheckout opens a Checkout Session for a subscription, paid by card, or one that only takes a card
// (https://docs.stripe.com/api/checkout/sessions/create). The same idempotency key brings the same session for 24 hours,
// as it was when it was made.
//
// A price that does not exist or is archived is Refused or Missing, a customer that was deleted Missing.
func (c *Client) CreateCheckout(ctx context.Context, r payment.CheckoutRequest) (payment.Checkout, error) {
	if r.Card {
		return c.createSetup(ctx, r)
	}
	params := &stripe.CheckoutSessionCreateParams{
		Mode:               stripe.String(string(stripe.CheckoutSessionModeSubscription)),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ClientReferenceID:  optional(r.Reference),
		Customer:           optional(r.Customer),
		SuccessURL:         optional(r.SuccessURL),
		CancelURL:          optional(r.CancelURL),
		Metadata:           r.Metadata,
		SubscriptionData: &stripe.CheckoutSessionCreateSubscriptionDataParams{Metadata: r.Metadata,
			BillingMode: &stripe.CheckoutSessionCreateSubscriptionDataBillingModeParams{Type: stripe.String(billingMode)}},
	}
	params.Locale = locale(r.Language)
	if r.IdempotencyKey != "" {
		params.SetIdempotencyKey(r.IdempotencyKey)
	}
	if r.Customer == "" { // Stripe takes one of the two
		params.CustomerEmail = optional(r.Email)
	}
	for _, l := range r.Lines {
		params.LineItems = append(params.LineItems,
			&stripe.CheckoutSessionCreateLineItemParams{Price: stripe.String(l.PriceID), Quantity: stripe.Int64(max(1, l.Quantity))})
	}
	if !r.ExpiresAt.IsZero() {
		params.ExpiresAt = stripe.Int64(r.ExpiresAt.Unix())
	}
	if r.PromotionCodes {
		params.AllowPromotionCodes = stripe.Bool(true)
	}
	if r.BillingAddress {
		params.BillingAddressCollection = stripe.String(string(stripe.CheckoutSessionBillingAddressCollectionRequired))
	}
	if r.AutomaticTax {
		params.AutomaticTax = &stripe.CheckoutSessionCreateAutomaticTaxParams{Enabled: stripe.Bool(true)}
	}
	if r.TaxIDs {
		params.TaxIDCollection = &stripe.CheckoutSessionCreateTaxIDCollectionParams{Enabled: stripe.Bool(true)}
	}
	if r.Customer != "" && (r.AutomaticTax || r.TaxIDs) {
		// Tax of a customer that exists goes by what is typed now, and is kept for the renewals.
		params.CustomerUpdate = &stripe.CheckoutSessionCreateCustomerUpdateParams{Address: stripe.String("auto"),
			Name: stripe.String("auto")}
	}
	s, err := c.api.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return payment.Checkout{}, explain(err)
	}
	return checkout(s), nil
}

// createSetup opens a Checkout Session that takes a card for payments to come, and nothing else
// (https://docs.stripe.com/payments/checkout/save-and-reuse). A customer is made where none is named.
func (c *Client) createSetup(ctx context.Context, r payment.CheckoutRequest) (payment.Checkout, error) {
	params := &stripe.CheckoutSessionCreateParams{
		Mode:               stripe.String(string(stripe.CheckoutSessionModeSetup)),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ClientReferenceID:  optional(r.Reference),
		Customer:           optional(r.Customer),
		SuccessURL:         optional(r.SuccessURL),
		CancelURL:          optional(r.CancelURL),
		Metadata:           r.Metadata,
	}
	params.Locale = locale(r.Language)
	if r.IdempotencyKey != "" {
		params.SetIdempotencyKey(r.IdempotencyKey)
	}
	if r.Customer == "" {
		params.CustomerEmail, params.CustomerCreation = optional(r.Email), stripe.String("always")
	}
	if !r.ExpiresAt.IsZero() {
		params.ExpiresAt = stripe.Int64(r.ExpiresAt.Unix())
	}
	if r.BillingAddress || r.AutomaticTax { // tax goes by the customer's address when the payments come
		params.BillingAddressCollection = stripe.String(string(stripe.CheckoutSessionBillingAddressCollectionRequired))
	}
	if r.Customer != "" && r.AutomaticTax {
		params.CustomerUpdate = &stripe.CheckoutSessionCreateCustomerUpdateParams{Address: stripe.String("auto"),
			Name: stripe.String("auto")}
	}
	s, err := c.api.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return payment.Checkout{}, explain(err)
	}
	return checkout(s), nil
}

// Checkout reads a Checkout Session (https://docs.stripe.com/api/checkout/sessions/retrieve).
func (c *Client) Checkout(ctx context.Context, id string) (payment.Checkout, error) {
	params := &stripe.CheckoutSessionRetrieveParams{}
	params.AddExpand("setup_intent")
	s, err := c.api.V1CheckoutSessions.Retrieve(ctx, id, params)
	if err != nil {
		return payment.Checkout{}, explain(err)
	}
	return checkout(s), nil
}

// ExpireCheckout closes an open Checkout Session (https://docs.stripe.com/api/checkout/sessions/expire) and returns it as
// it is then. One that was completed or expired before stays what it is: look at the Status. Only that answer tells that
// nobody can pay any more.
func (c *Client) ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error) {
	s, err := c.api.V1CheckoutSessions.Expire(ctx, id, nil)
	if err = explain(err); payment.Is(err, payment.Refused) {
		now, again := c.Checkout(ctx, id)
		if again == nil && now.Status == payment.CheckoutOpen { // refused for another reason
			return payment.Checkout{}, err
		}
		return now, again
	}
	if err != nil {
		return payment.Checkout{}, err
	}
	return checkout(s), nil
}

// CheckoutsOf finds Checkout Sessions, newest first (https://docs.stripe.com/api/checkout/sessions/list).
func (c *Client) CheckoutsOf(ctx context.Context, q payment.CheckoutQuery) ([]payment.Checkout, error) {
	params := &stripe.CheckoutSessionListParams{Customer: optional(q.Customer), Subscription: optional(q.Subscription),
		Status: optional(string(q.Status))}
	if q.Email != "" {
		params.CustomerDetails = &stripe.CheckoutSessionListCustomerDetailsParams{Email: stripe.String(q.Email)}
	}
	params.Limit = stripe.Int64(100)
	return collect(ctx, c.api.V1CheckoutSessions.List(ctx, params), most, checkout)
}

func checkout(s *stripe.CheckoutSession) payment.Checkout {
	out := payment.Checkout{
		ID: s.ID, Status: payment.CheckoutStatus(s.Status), PaymentStatus: payment.Status(s.PaymentStatus), Reference: s.ClientReferenceID,
		Metadata: s.Metadata, Email: s.CustomerEmail, URL: s.URL, Subtotal: amount(s.AmountSubtotal, s.Currency),
		Total:     amount(s.AmountTotal, s.Currency),
		CreatedAt: at(s.Created), ExpiresAt: at(s.ExpiresAt), Livemode: s.Livemode,
	}
	if s.TotalDetails != nil {
		out.Tax, out.Discount = amount(s.TotalDetails.AmountTax, s.Currency), amount(s.TotalDetails.AmountDiscount, s.Currency)
	} else {
		out.Tax = money.Amount{Currency: out.Total.Currency}
		out.Discount = out.Tax
	}
	if s.CustomerDetails != nil && s.CustomerDetails.Email != "" {
		out.Email = s.CustomerDetails.Email
	}
	if s.Customer != nil {
		out.Customer = known(s.Customer.ID)
	}
	if s.Subscription != nil {
		out.Subscription = known(s.Subscription.ID)
	}
	if s.Invoice != nil {
		out.Invoice = known(s.Invoice.ID)
	}
	if s.SetupIntent != nil && s.SetupIntent.PaymentMethod != nil {
		out.Card = known(s.SetupIntent.PaymentMethod.ID)
	}
	return out
}

// locale is how Stripe's own pages are asked for in a language (https://docs.stripe.com/js/appendix/supported_locales). They have no
// Hebrew, and are in what the browser likes then.
func locale(l words.Language) *string {
	if l == words.Hebrew {
		return stripe.String("auto")
	}
	return optional(string(l))
}

// Speak has Stripe write to a customer, and show its invoices and receipts, in the language
// (https://docs.stripe.com/api/customers/update#update_customer-preferred_locales).
func (c *Client) Speak(ctx context.Context, customer string, l words.Language) error {
	_, err := c.api.V1Customers.Update(ctx, customer,
		&stripe.CustomerUpdateParams{PreferredLocales: stripe.StringSlice([]string{string(l)})})
	return explain(err)
}

// BillingPortal opens Stripe's billing portal for a customer, who changes the card, reads invoices and cancels there,
// and comes back to returnURL (https://docs.stripe.com/api/customer_portal/sessions/create). The link is for this person
// at this moment: redirect to it, and keep it nowhere. It is in the language, or for "" in that of the customer or of the browser.
func (c *Client) BillingPortal(ctx context.Context, customer, returnURL string, l words.Language) (string, error) {
	s, err := c.api.V1BillingPortalSessions.Create(ctx, &stripe.BillingPortalSessionCreateParams{Customer: stripe.String(customer),
		ReturnURL: optional(returnURL), Locale: locale(l)})
	if err != nil {
		return "", explain(err)
	}
	return s.URL, nil
}

// CancelPage opens Stripe's billing portal where one subscription is cancelled, with nothing else on the page
// (https://docs.stripe.com/customer-management/portal-deep-links). The link is for this person at this moment, as that of
// BillingPortal.
func (c *Client) CancelPage(ctx context.Context, v payment.CancelVisit) (string, error) {
	s, err := c.api.V1BillingPortalSessions.Create(ctx, &stripe.BillingPortalSessionCreateParams{
		Customer: stripe.String(v.Customer), ReturnURL: stripe.String(v.Back), Locale: locale(v.Language),
		FlowData: &stripe.BillingPortalSessionCreateFlowDataParams{
			Type: stripe.String(string(stripe.BillingPortalSessionFlowTypeSubscriptionCancel)),
			SubscriptionCancel: &stripe.BillingPortalSessionCreateFlowDataSubscriptionCancelParams{
				Subscription: stripe.String(v.Subscription)},
			AfterCompletion: &stripe.BillingPortalSessionCreateFlowDataAfterCompletionParams{
				Type:     stripe.String(string(stripe.BillingPortalSessionFlowAfterCompletionTypeRedirect)),
				Redirect: &stripe.BillingPortalSessionCreateFlowDataAfterCompletionRedirectParams{ReturnURL: stripe.String(v.Done)}},
		}})
	if err != nil {
		return "", explain(err)
	}
	return s.URL, nil
}

// Customer reads a customer (https://docs.stripe.com/api/customers/retrieve); a deleted one is Deleted and nothing else.
func (c *Client) Customer(ctx context.Context, id string) (payment.Customer, error) {
	u, err := c.api.V1Customers.Retrieve(ctx, id, nil)
	if err != nil {
		return payment.Customer{}, explain(err)
	}
	return payment.Customer{ID: u.ID, Email: u.Email, Deleted: u.Deleted}, nil
}
