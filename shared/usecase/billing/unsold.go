package billing

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

var errUnsold = fault.New(fault.PaymentsOff, "errors.payments_are_not_set_up_on")

// Unsold is the [Provider] of a platform on which nothing is sold: each of its methods fails with code [fault.PaymentsOff].
// As a client.CheckoutCloser it has nothing to do.
type Unsold struct{}

var _ Provider = Unsold{}

// Close closes nothing, since no page is open.
func (Unsold) Close(context.Context, *client.Client) error { return nil }

// Ready fails.
func (Unsold) Ready() error { return errUnsold }

// Prices fails.
func (Unsold) Prices(context.Context, []string) (map[string]payment.Price, error) {
	return nil, errUnsold
}

// CreateCheckout fails.
func (Unsold) CreateCheckout(context.Context, payment.CheckoutRequest) (payment.Checkout, error) {
	return payment.Checkout{}, errUnsold
}

// Checkout fails.
func (Unsold) Checkout(context.Context, string) (payment.Checkout, error) {
	return payment.Checkout{}, errUnsold
}

// ExpireCheckout fails.
func (Unsold) ExpireCheckout(context.Context, string) (payment.Checkout, error) {
	return payment.Checkout{}, errUnsold
}

// CheckoutsOf fails.
func (Unsold) CheckoutsOf(context.Context, payment.CheckoutQuery) ([]payment.Checkout, error) {
	return nil, errUnsold
}

// Subscription fails.
func (Unsold) Subscription(context.Context, string) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// SubscriptionsOf fails.
func (Unsold) SubscriptionsOf(context.Context, string) ([]payment.Subscription, error) {
	return nil, errUnsold
}

// CancelSubscription fails.
func (Unsold) CancelSubscription(context.Context, string, bool) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// Subscribe fails.
func (Unsold) Subscribe(context.Context, payment.SubscribeRequest) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// CardOf fails.
func (Unsold) CardOf(context.Context, string, string) (string, error) { return "", errUnsold }

// KeepCard fails.
func (Unsold) KeepCard(context.Context, string, string) error { return errUnsold }

// CancelAtPeriodEnd fails.
func (Unsold) CancelAtPeriodEnd(context.Context, string, bool) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// VoidInvoice fails.
func (Unsold) VoidInvoice(context.Context, string) error { return errUnsold }

// LastPayment fails.
func (Unsold) LastPayment(context.Context, string) (payment.Payment, error) {
	return payment.Payment{}, errUnsold
}

// Owed fails.
func (Unsold) Owed(context.Context, payment.Subscription) (payment.Owed, error) {
	return payment.Owed{}, errUnsold
}

// RefundLast fails.
func (Unsold) RefundLast(context.Context, string, string) (payment.Refund, error) {
	return payment.Refund{}, errUnsold
}

// Refund fails.
func (Unsold) Refund(context.Context, payment.RefundRequest) (payment.Refund, error) {
	return payment.Refund{}, errUnsold
}

// Rest has nothing to stop.
func (Unsold) Rest(context.Context, string) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// Wake has nothing to take up again.
func (Unsold) Wake(context.Context, string) (payment.Subscription, error) {
	return payment.Subscription{}, errUnsold
}

// RemoveItem fails.
func (Unsold) RemoveItem(context.Context, string) error { return errUnsold }

// DisputesOf fails.
func (Unsold) DisputesOf(context.Context, string) ([]payment.Dispute, error) { return nil, errUnsold }

// Speak fails.
func (Unsold) Speak(context.Context, string, words.Language) error { return errUnsold }

// BillingPortal fails.
func (Unsold) BillingPortal(context.Context, string, string, words.Language) (string, error) {
	return "", errUnsold
}

// CancelPage fails.
func (Unsold) CancelPage(context.Context, payment.CancelVisit) (string, error) { return "", errUnsold }

// Events fails.
func (Unsold) Events(context.Context, payment.EventQuery) ([]payment.Event, string, error) {
	return nil, "", errUnsold
}

// Trace fails.
func (Unsold) Trace(context.Context, payment.Object) (payment.Trace, error) {
	return payment.Trace{}, errUnsold
}
