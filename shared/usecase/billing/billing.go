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

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// Till is the payment service. Failures are payment.Error.
type Till interface {
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
	// LastPayment is the newest payment of a subscription.
	LastPayment(ctx context.Context, subscription string) (payment.Payment, error)
	// RefundLast gives a subscription's last payment back, whole, once per idempotency key.
	RefundLast(ctx context.Context, subscription, idempotencyKey string) (payment.Refund, error)
	// Refund gives money back, once per idempotency key.
	Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error)
	// RemoveItem takes one item off a subscription, without a credit. One that is gone is no error; the last one is Refused.
	RemoveItem(ctx context.Context, item string) error
	// DisputesOf lists the disputes of a payment.
	DisputesOf(ctx context.Context, intent string) ([]payment.Dispute, error)
	// BillingPortal is the address of the service's own page for cards and invoices.
	BillingPortal(ctx context.Context, customer, returnURL string) (string, error)
	// Events is one page of what happened, newest first, and the id to go on after; "" at the end.
	Events(ctx context.Context, q payment.EventQuery) (page []payment.Event, next string, err error)
	// Trace finds what an object belongs to.
	Trace(ctx context.Context, o payment.Object) (payment.Trace, error)
}

// Store keeps relationships and agencies. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads somebody who works at the agency.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// Charge writes what an agency pays, and its plan, while its payment still is the one that was read.
	Charge(ctx context.Context, a *agency.Agency, before agency.Agency, rows []audit.Entry) error
	// Payer finds who a customer of the payment service is; empty when nobody is known by it.
	Payer(ctx context.Context, customer string) (id.Agency, id.Ref, error)
	// Handled tells whether an event has been dealt with.
	Handled(ctx context.Context, event string) (bool, error)
	// Handle remembers that an event has been dealt with.
	Handle(ctx context.Context, event string, now time.Time) error
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

var errOff = fault.New(fault.PaymentsOff, "Payments are not set up on this platform yet, so nothing can be sold. Leave the order out to invite to the portal alone.")

// PriceList quotes the operator's prices as they were read last, see [Clerk.Refresh]: whoever invites asks nobody outside,
// and a contract holds the price that was shown, so that a change of prices reaches nobody by surprise.
type PriceList struct {
	Store interface {
		// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
		Tariff(ctx context.Context) (contract.Tariff, error)
	}
	Now func() time.Time
}

// Quote makes the contract of an order at the prices of now; nil for an order that buys nothing. Faults: [fault.Invalid],
// [fault.PaymentsOff].
func (p *PriceList) Quote(ctx context.Context, o contract.Order) (*contract.Contract, error) {
	if articles, err := o.Articles(); err != nil || len(articles) == 0 {
		return nil, err
	}
	t, err := p.Tariff(ctx)
	if err != nil {
		return nil, err
	}
	if !t.Open() {
		return nil, errOff
	}
	return contract.Write(o, t.Prices, t.Tax, p.Now())
}

// Tariff is all that is sold; the zero Tariff where nothing is.
func (p *PriceList) Tariff(ctx context.Context) (contract.Tariff, error) {
	if p == nil {
		return contract.Tariff{}, nil
	}
	return p.Store.Tariff(ctx)
}

// Plan is what an agency pays for Max. Faults: [fault.PaymentsOff].
func (p *PriceList) Plan(ctx context.Context) (*contract.Contract, error) {
	t, err := p.Tariff(ctx)
	if err != nil {
		return nil, err
	}
	a := contract.Article{Product: contract.Max}
	l := contract.Line{Article: a, Month: t.Prices[a.LookupKey(payment.Month)], Year: t.Prices[a.LookupKey(payment.Year)]}
	if l.Month.ID == "" || l.Year.ID == "" {
		return nil, fault.New(fault.PaymentsOff, "The Max plan has no price on this platform yet. Ask the platform's support.")
	}
	return &contract.Contract{Lines: []contract.Line{l}, Tax: t.Tax, At: p.Now()}, nil
}

// said turns what the payment service answers into what a caller can do about it.
func said(err error) error {
	var e *payment.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case payment.Passing:
		return fault.New(fault.Unavailable, "The payment service does not answer at the moment. Nothing was charged; try again in a moment.")
	case payment.Refused:
		if strings.Contains(e.Param, "price") { // the operator has archived it
			return fault.New(fault.PaymentsOff, "What this invitation offers is not sold any more. Ask for a new invitation; nothing was charged.")
		}
	}
	return err
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
)

// Alert is the key under which a log line asks for an operator: an alarm counts the lines that have it.
const Alert = "alert"

// row is a row of the log.
func row(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

// enqueue puts a job on a queue. That it may fail is no error: what it is about has a due time, and the sweep does it then.
func enqueue(ctx context.Context, q Queue, body []byte) {
	if q == nil {
		return
	}
	if err := q.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "job not enqueued, left to the sweep", "error", err)
	}
}

// provision asks for the items to be looked after.
func provision(ctx context.Context, q Queue, c *client.Client) {
	for n := range c.Items {
		if c.Items[n].Working() && !c.Items[n].Claimed {
			enqueue(ctx, q, job.Provision{Agency: c.Agency, Client: c.ID, Item: c.Items[n].Key}.Encode())
		}
	}
}
