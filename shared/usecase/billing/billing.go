// Package billing has clients pay for what they were asked to buy, and agencies for their plan: prices are quoted, a
// checkout page is opened, and what became of it is asked for and written down. What a payment service sends is a hint to
// look; nothing is concluded from it.
package billing

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// Provider is the payment service. Failures are payment.Error; of [Unsold] they are faults with code [fault.PaymentsOff].
type Provider interface {
	// Ready returns nil where something is sold, and a fault with code [fault.PaymentsOff] where nothing is. It asks nobody.
	Ready() error
	// Prices reads the active prices with these lookup keys; those that do not exist are left out.
	Prices(ctx context.Context, lookupKeys []string) (map[string]payment.Price, error)
	// CreateCheckout opens a checkout page, once per idempotency key.
	CreateCheckout(ctx context.Context, r payment.CheckoutRequest) (payment.Checkout, error)
	// Checkout reads a checkout.
	Checkout(ctx context.Context, id string) (payment.Checkout, error)
	// ExpireCheckout closes an open page and returns the checkout as it is then: complete, if it was paid meanwhile.
	ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error)
	// CheckoutsOf finds checkouts.
	CheckoutsOf(ctx context.Context, q payment.CheckoutQuery) ([]payment.Checkout, error)
	// Subscription reads a subscription, also one that has ended.
	Subscription(ctx context.Context, id string) (payment.Subscription, error)
	// SubscriptionsOf lists a customer's subscriptions in every state, newest first.
	SubscriptionsOf(ctx context.Context, customer string) ([]payment.Subscription, error)
	// CancelSubscription ends a subscription at once.
	CancelSubscription(ctx context.Context, id string, prorate bool) (payment.Subscription, error)
	// Rest has nothing charged for a subscription until Wake.
	Rest(ctx context.Context, id string) (payment.Subscription, error)
	// Wake takes up again what rests: a new period begins, and is charged, at this moment.
	Wake(ctx context.Context, id string) (payment.Subscription, error)
	// Subscribe makes a subscription of a customer whose card is kept, once per idempotency key. Nothing is charged before it begins.
	Subscribe(ctx context.Context, r payment.SubscribeRequest) (payment.Subscription, error)
	// CardOf is the card that a customer's payments go by, or that of one of its subscriptions; "" for none.
	CardOf(ctx context.Context, customer, subscription string) (string, error)
	// KeepCard has a customer's payments go by a card of theirs where they have chosen none yet.
	KeepCard(ctx context.Context, customer, card string) error
	// CancelAtPeriodEnd has a subscription end with what is paid for, or, with false, go on after all.
	CancelAtPeriodEnd(ctx context.Context, id string, cancel bool) (payment.Subscription, error)
	// VoidInvoice has an open invoice asked for no more. One that was paid is Refused.
	VoidInvoice(ctx context.Context, id string) error
	// LastPayment is the newest payment of a subscription.
	LastPayment(ctx context.Context, subscription string) (payment.Payment, error)
	// Owed is what a subscription's newest invoice still wants of its payer.
	Owed(ctx context.Context, s payment.Subscription) (payment.Owed, error)
	// RefundLast gives a subscription's last payment back, whole, once per idempotency key.
	RefundLast(ctx context.Context, subscription, idempotencyKey string) (payment.Refund, error)
	// Refund gives money back, once per idempotency key.
	Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error)
	// RemoveItem takes one item off a subscription, without a credit. One that is gone is no error; the last one is Refused.
	RemoveItem(ctx context.Context, item string) error
	// DisputesOf lists the disputes of a payment.
	DisputesOf(ctx context.Context, intent string) ([]payment.Dispute, error)
	// Speak has the service write to a customer, and show its invoices, in the language.
	Speak(ctx context.Context, customer string, l words.Language) error
	// BillingPortal is the address of the service's own page for cards and invoices; in the language, or for "" in that of the customer
	// or of the browser.
	BillingPortal(ctx context.Context, customer, returnURL string, l words.Language) (string, error)
	// CancelPage is the address of the service's own page on which a customer cancels one subscription. It is Refused for one that
	// cannot be cancelled there, since it has ended or ends already.
	CancelPage(ctx context.Context, v payment.CancelVisit) (string, error)
	// Events is one page of what happened, newest first, and the id to go on after; "" at the end.
	Events(ctx context.Context, q payment.EventQuery) (page []payment.Event, next string, err error)
	// Trace finds what an object belongs to.
	Trace(ctx context.Context, o payment.Object) (payment.Trace, error)
}

// Queue takes jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Settings are the operator's.
type Settings struct {
	Origin         string // the product's own, for the way back from the payment service
	Tax            contract.Tax
	PromotionCodes bool
	BillingAddress bool
	TaxIDs         bool
}

// asFault turns what the payment service answers into what a caller can do about it.
func asFault(err error) error {
	var e *payment.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case payment.Passing:
		return fault.New(fault.Unavailable,
			"errors.the_payment_service_does_not_answer")
	case payment.Refused, payment.Missing:
		if strings.Contains(e.Param, "price") { // the operator has archived it, or deleted it
			return fault.New(fault.PaymentsOff,
				"errors.what_this_invitation_offers_is_not")
		}
	}
	return err
}

// notSold tells whether the payment service makes no page, now or ever: there will be none to close either.
func notSold(err error) bool {
	return payment.Is(err, payment.Refused) || payment.Is(err, payment.Missing) || fault.Is(err, fault.PaymentsOff)
}

// customerGone tells whether a page was refused because its customer was deleted at the payment service.
func customerGone(err error) bool {
	var e *payment.Error
	return errors.As(err, &e) && e.Kind == payment.Missing && e.Param == "customer"
}

// asPromised holds a page that was made to what the contract says, before anybody can pay on it: what is charged is what was
// shown. A page that asks for another sum is closed, and an operator is called.
func asPromised(ctx context.Context, provider Provider, deal *contract.Contract, every payment.Interval, made payment.Checkout) error {
	if made.Subtotal.Currency == "" {
		return nil
	}
	want, err := deal.Price(every)
	if err != nil {
		return err
	}
	if made.Subtotal == want && want.Minor > 0 {
		return nil
	}
	slog.ErrorContext(ctx, "a payment page asks for another sum than the contract", Alert, "billing_price_differs",
		"checkout", made.ID, "asks", made.Subtotal.String(), "contract", want.String())
	if _, err := provider.ExpireCheckout(ctx, made.ID); err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	return fault.New(fault.PaymentsOff,
		"errors.the_price_of_this_invitation_is")
}

// Kinds of what a checkout is for, in its metadata.
const (
	forClient = "client"
	forPlan   = "plan"
)

// Metadata keys. They say whose a subscription is, for whoever looks at it in the payment service's dashboard and for us.
const (
	metaKind   = "latchkey_for"
	metaAgency = "latchkey_agency"
	metaClient = "latchkey_client"
	metaInvite = "latchkey_invite"
	metaChange = "latchkey_payer_change" // of a subscription, or page, that was made for a change of payer
	metaBack   = "latchkey_goes_on"      // of one by which the old payer goes on after a change that failed
)

// Alert is the key under which a log line asks for an operator: an alarm counts the lines that have it.
const Alert = "alert"

// row is a row of the log.
func row(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

// enqueue puts a job on a queue. That it may fail is no error: what it is about has a due time, and the sweep does it then.
func enqueue(ctx context.Context, q Queue, body []byte) {
	if err := q.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "job not enqueued, left to the sweep", "error", err)
	}
}

// provision asks for the items of the client to be made, or taken away, that nobody is working on.
func provision(ctx context.Context, q Queue, c *client.Client) {
	for n := range c.Items {
		if c.Items[n].Working() && !c.Items[n].Claimed {
			enqueue(ctx, q, job.Provision{Agency: c.Agency, Client: c.ID, Item: c.Items[n].Key}.Encode())
		}
	}
}
