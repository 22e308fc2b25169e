// Package payment holds what a payment service says, as plain values: prices, checkouts, subscriptions, payments,
// invoices, disputes and events. They are Stripe's objects with what this product reads of them; the adapter
// latchkey.dev/shared/adapter/stripe makes them, and use cases read them without knowing who made them.
//
// All of them are what is at this moment: an event only says that something happened to an object, and the object is
// read again before anything is concluded.
package payment

import (
	"fmt"
	"strings"
	"time"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/words"
)

// Interval is how often a price is paid.
type Interval string

// The intervals in use.
const (
	Month Interval = "month"
	Year  Interval = "year"
)

// TaxBehavior says whether a price holds its tax.
type TaxBehavior string

// The behaviours. With TaxUnspecified automatic tax refuses the price, unless the account has a default.
const (
	TaxInclusive   TaxBehavior = "inclusive"
	TaxExclusive   TaxBehavior = "exclusive"
	TaxUnspecified TaxBehavior = "unspecified"
)

// Price is what one of a product costs for an interval. A price never changes its amount: another amount is another
// price, to which the lookup key may be transferred.
type Price struct {
	ID          string
	LookupKey   string
	Amount      money.Amount
	Interval    Interval
	ProductID   string
	Product     string // the product's name, as the customer reads it
	TaxBehavior TaxBehavior
	Active      bool   // can be bought
	Archived    bool   // its product cannot be bought any more
	Twice       bool   // another active price has the same lookup key
	Whole       bool   // Amount is what it costs: not null, no fraction, and not beyond what is counted
	Count       int64  // how many intervals lie between two payments
	Usage       string // "licensed", or "metered" for what is paid by its use
	Scheme      string // "per_unit", or "tiered"
	Tiered      bool
	Transformed bool // the quantity is divided before it is multiplied
	Custom      bool // the customer says what it costs
}

// mostMinor bounds what a price may cost in minor units: it is beyond what a payment service takes, and far within what is counted.
const mostMinor = 999_999_999_999

// Flaw says why a price cannot be sold as one that is paid every interval, in the operator's words; "" for one that can. What is
// shown, and locked into a contract, is the amount and the interval alone, so that nothing else may change what is charged.
func (p Price) Flaw(every Interval) string {
	switch {
	case p.Twice:
		return "another active price has the same lookup key"
	case !p.Active:
		return "it is not active"
	case p.Archived:
		return "its product is archived"
	case !ValidID(p.ID):
		return "its id has not the form of one"
	case p.Interval == "":
		return "it is paid once, and must recur every " + string(every)
	case p.Interval != every:
		return fmt.Sprintf("it recurs by the %.20s, and must recur every %s", p.Interval, every)
	case p.Count != 1:
		return fmt.Sprintf("it recurs every %d %ss, and must recur every %s", p.Count, p.Interval, every)
	case p.Usage != "licensed":
		return fmt.Sprintf("its usage type is %.20q, and must be licensed", p.Usage)
	case p.Scheme != "per_unit" || p.Tiered:
		return "it has tiers, and must be per unit"
	case p.Transformed:
		return "its quantity is divided (transform_quantity)"
	case p.Custom:
		return "the customer chooses its amount (custom_unit_amount)"
	case !p.Whole:
		return "its unit_amount is not a whole number of the currency's smallest unit"
	case p.Amount.Minor <= 0:
		return "it costs nothing, or less"
	case p.Amount.Minor > mostMinor:
		return "it costs more than can be charged"
	}
	if _, err := money.Of(p.Amount.Minor, p.Amount.Currency); err != nil {
		return "its currency is none"
	}
	return ""
}

// Line is one line of a checkout.
type Line struct {
	PriceID  string
	Quantity int64 // 0 is 1
}

// CheckoutRequest is what a checkout is made of.
type CheckoutRequest struct {
	// IdempotencyKey makes the request once, however often it is sent (1 to 255 characters).
	IdempotencyKey string
	// Reference is ours: the id of what is paid for. It comes back on the checkout.
	Reference string
	// Metadata stands on the checkout and on the subscription that it makes.
	Metadata map[string]string
	// Customer is the one who pays, when the payment service knows them; else Email fills in the form, and completing
	// the checkout makes a customer.
	Customer, Email string
	Lines           []Line
	// SuccessURL may hold {CHECKOUT_SESSION_ID}, which is replaced by the checkout's id.
	SuccessURL, CancelURL string
	// ExpiresAt is 30 minutes to 24 hours ahead; zero is 24 hours.
	ExpiresAt time.Time
	// Language is what the page is to be in; "" for what the browser likes. It is one of the request's parameters: a key that was used
	// with another one is refused.
	Language words.Language
	// Card says that nothing is bought: the page takes a card for payments to come. There are no Lines then.
	Card bool
	// The operator's settings.
	AutomaticTax   bool
	PromotionCodes bool
	BillingAddress bool // always asked for, not only where tax or the card needs it
	TaxIDs         bool // businesses may give their VAT number
}

// SubscribeRequest is what a subscription is made of that nobody has to visit a page for: its payer's card is kept.
type SubscribeRequest struct {
	// IdempotencyKey makes the request once, however often it is sent (1 to 255 characters).
	IdempotencyKey string
	Metadata       map[string]string
	Customer       string
	Card           string // the payment method to charge; empty for the customer's own
	Lines          []Line
	// From is when its first period begins, and is charged. It is ahead.
	From         time.Time
	AutomaticTax bool
}

// CheckoutStatus is where a checkout is.
type CheckoutStatus string

// The states of a checkout.
const (
	CheckoutOpen     CheckoutStatus = "open"
	CheckoutComplete CheckoutStatus = "complete"
	CheckoutExpired  CheckoutStatus = "expired"
)

// Status is whether a checkout's money is there.
type Status string

// The states of a checkout's payment.
const (
	Paid              Status = "paid"
	Unpaid            Status = "unpaid"
	NoPaymentRequired Status = "no_payment_required"
)

// Checkout is one visit to the till.
type Checkout struct {
	ID            string
	Status        CheckoutStatus
	PaymentStatus Status
	Reference     string
	Metadata      map[string]string
	Customer      string // empty until there is one
	Email         string
	Subscription  string // empty until complete
	Invoice       string // the first invoice; empty until complete
	Card          string // the payment method that a page without anything to buy has taken; empty until complete
	URL           string // where the customer pays; empty unless open
	Subtotal      money.Amount
	Tax           money.Amount
	Discount      money.Amount
	Total         money.Amount
	CreatedAt     time.Time
	ExpiresAt     time.Time
	Livemode      bool
}

// Settled tells whether what was bought is to be delivered: the checkout is complete, and paid or free.
func (c Checkout) Settled() bool {
	return c.Status == CheckoutComplete && (c.PaymentStatus == Paid || c.PaymentStatus == NoPaymentRequired)
}

// CheckoutQuery finds checkouts. Stripe has no search by reference: ask for the customer's, or for those of the email,
// and compare Reference.
type CheckoutQuery struct {
	Customer, Email, Subscription string         // one of them
	Status                        CheckoutStatus // empty for all
}

// CancelVisit is a customer's visit to the page on which one subscription is cancelled: from where it comes back, and from where
// when it was cancelled.
type CancelVisit struct {
	Customer, Subscription string
	Back, Done             string
	Language               words.Language // of the page; "" for what the customer or the browser likes
}

// SubscriptionStatus is where a subscription is.
type SubscriptionStatus string

// The states of a subscription (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
const (
	Incomplete        SubscriptionStatus = "incomplete"         // the first payment needs an action, for 23 hours
	IncompleteExpired SubscriptionStatus = "incomplete_expired" // it never came
	Trialing          SubscriptionStatus = "trialing"
	Active            SubscriptionStatus = "active"
	PastDue           SubscriptionStatus = "past_due" // a renewal failed and is tried again
	Canceled          SubscriptionStatus = "canceled"
	UnpaidStatus      SubscriptionStatus = "unpaid" // the tries are used up; invoices go on as drafts
	Paused            SubscriptionStatus = "paused" // a trial ended without a card
)

// Final tells whether nothing will ever be charged again.
func (s SubscriptionStatus) Final() bool { return s == Canceled || s == IncompleteExpired }

// Serves tells whether what was bought is to be running: while a renewal is tried again, too.
func (s SubscriptionStatus) Serves() bool { return s == Active || s == Trialing || s == PastDue }

// Item is one line of a subscription.
type Item struct {
	ID          string
	PriceID     string
	LookupKey   string
	ProductID   string
	Amount      money.Amount // of one
	Quantity    int64
	Interval    Interval
	PeriodStart time.Time
	PeriodEnd   time.Time
}

// Subscription is what is paid again and again.
type Subscription struct {
	ID                string
	Status            SubscriptionStatus
	Customer          string
	Items             []Item
	Metadata          map[string]string
	LatestInvoice     string
	Card              string // the payment method that is charged; empty for the customer's own
	Resting           bool   // nothing is charged until it is taken up again, whatever the status says
	CancelAtPeriodEnd bool
	CreatedAt         time.Time
	CancelAt          time.Time // zero unless it is to end
	CanceledAt        time.Time // zero unless somebody asked for its end
	EndedAt           time.Time // zero unless it has ended
	Livemode          bool
}

// Ends is when it ends without being renewed; zero for one that goes on until somebody ends it. In the flexible billing mode, and
// from the billing portal, the end comes as a time; in the classic mode, and of older subscriptions, as the end of the period
// (https://docs.stripe.com/billing/subscriptions/billing-mode/compare).
func (s Subscription) Ends() time.Time {
	if s.CancelAt.IsZero() && s.CancelAtPeriodEnd {
		return s.PeriodEnd()
	}
	return s.CancelAt
}

// Renews tells whether it will be charged again: it does not end with the period that it is in.
func (s Subscription) Renews() bool {
	ends := s.Ends()
	return !s.Status.Final() && (ends.IsZero() || ends.After(s.PeriodEnd()))
}

// PeriodEnd is when the first of its items must be paid again; zero for a subscription without items. A renewal moves it
// before it is paid: see [Payment.Until] for what is paid.
func (s Subscription) PeriodEnd() time.Time {
	var end time.Time
	for _, i := range s.Items {
		if end.IsZero() || i.PeriodEnd.Before(end) {
			end = i.PeriodEnd
		}
	}
	return end
}

// Payment is money that was taken, and what came of it.
type Payment struct {
	Intent       string // the payment intent
	Charge       string // empty when nothing was ever charged
	Invoice      string // where the payment was found by one
	Customer     string
	Amount       money.Amount // taken
	Refunded     money.Amount
	Succeeded    bool
	Disputed     bool // a dispute was opened on it at some time; DisputesOf says how it stands
	DeclineCode  string
	CreatedAt    time.Time
	RefundedFull bool
	// Until is the end of the last period that was paid, by whatever: also by a credit, or where nothing was due. It is of
	// payments that were found by a subscription.
	Until time.Time
	// NeedsStep says that the payer's bank wants to see the payment confirmed (3-D Secure).
	NeedsStep bool
}

// Owed is what a subscription's newest invoice still wants of its payer.
type Owed struct {
	Invoice string // "" where nothing is open
	// Confirm says that the payer's bank wants to see the payment confirmed, which no other try can take the place of.
	Confirm bool
	// URL is the payment service's own page for the invoice, where it can be confirmed or paid otherwise; "" where none is known
	// that can be trusted.
	URL string
}

// RefundRequest is what a refund is made of.
type RefundRequest struct {
	IdempotencyKey string
	Intent         string
	Amount         money.Amount // the zero value is all that is left
	Metadata       map[string]string
}

// RefundStatus is where a refund is.
type RefundStatus string

// The states of a refund.
const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
	RefundCanceled  RefundStatus = "canceled"
	RefundNeedsStep RefundStatus = "requires_action"
)

// Refund is money given back.
type Refund struct {
	ID     string
	Status RefundStatus
	Intent string
	Amount money.Amount
}

// DisputeStatus is where a dispute is.
type DisputeStatus string

// The states of a dispute, and of an inquiry, in which the bank asks and takes no money back yet
// (https://docs.stripe.com/disputes/how-disputes-work#inquiries).
const (
	InquiryNeedsResponse DisputeStatus = "warning_needs_response"
	InquiryUnderReview   DisputeStatus = "warning_under_review"
	DisputeNeedsResponse DisputeStatus = "needs_response"
	DisputeUnderReview   DisputeStatus = "under_review"
	DisputeWon           DisputeStatus = "won"
	DisputeLost          DisputeStatus = "lost"
	DisputePrevented     DisputeStatus = "prevented"
	InquiryClosed        DisputeStatus = "warning_closed"
)

// Dispute is a payment that the cardholder's bank questions.
type Dispute struct {
	ID     string
	Status DisputeStatus
	Intent string
	Charge string
	Amount money.Amount
	Reason string // a word of Stripe's, such as "fraudulent"
}

// Open tells whether the money is gone and it is not decided yet whether it comes back. Of an inquiry no money has moved.
func (d Dispute) Open() bool {
	switch d.Status {
	case DisputeWon, DisputeLost, DisputePrevented:
		return false
	}
	return !d.Inquiry()
}

// Inquiry tells whether the bank only asks, or has asked, about the payment.
func (d Dispute) Inquiry() bool { return strings.HasPrefix(string(d.Status), "warning_") }

// Asks tells whether the bank asks about the payment at this moment.
func (d Dispute) Asks() bool { return d.Inquiry() && d.Status != InquiryClosed }

// InvoiceStatus is where an invoice is.
type InvoiceStatus string

// The states of an invoice.
const (
	InvoiceDraft         InvoiceStatus = "draft"
	InvoiceOpen          InvoiceStatus = "open"
	InvoicePaid          InvoiceStatus = "paid"
	InvoiceUncollectible InvoiceStatus = "uncollectible"
	InvoiceVoid          InvoiceStatus = "void"
)

// Invoice is a bill.
type Invoice struct {
	ID           string
	Number       string // empty for a draft
	Status       InvoiceStatus
	Customer     string
	Subscription string
	Total        money.Amount
	Due          money.Amount // still to be paid
	Attempts     int64
	CreatedAt    time.Time
	NextAttempt  time.Time // zero when none is planned
	HostedURL    string    // the payment service's page for it; empty for a draft
	PDF          string    // where it can be downloaded
}

// Customer is somebody who pays.
type Customer struct {
	ID      string
	Email   string
	Deleted bool // and every subscription of theirs canceled
}

// Object names one of the payment service's objects.
type Object struct {
	Type string // as Stripe calls it: "checkout.session", "subscription", "invoice", "customer", "charge", "dispute"
	ID   string
}

// longestID is how long an id of the payment service's may be (https://docs.stripe.com/upgrades: at most 255 characters).
const longestID = 255

// ValidID tells whether s has the form of an id of the payment service's: 1 to 255 ASCII letters, digits and underscores. What has
// another form is believed by nobody, and never becomes a key of ours.
func ValidID(s string) bool {
	if s == "" || len(s) > longestID {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// Known tells whether an event and what it is about are named in the form that ids have.
func (e Event) Known() bool {
	return strings.HasPrefix(e.ID, "evt_") && ValidID(e.ID) && ValidID(e.Object.ID) && len(e.Object.Type) <= longestID
}

// Event says that something happened to an object. It is a hint: what the object is now must be asked for.
type Event struct {
	ID       string
	Type     string // such as "invoice.paid"
	Object   Object
	Account  string // set when the event is a connected account's, not the platform's own
	Livemode bool
	Created  time.Time
}

// EventQuery finds events, newest first. Stripe keeps them for 30 days.
type EventQuery struct {
	Since, Until time.Time // created at or after, before; zero for no bound
	Types        []string  // at most 20
	Undelivered  bool      // only those that an endpoint has not taken yet, or never took
	After        string    // the id that a page ended with
	Limit        int64     // 1 to 100; 0 is 100
}

// Trace is what an object belongs to, as far as it can be known. What is not known is empty.
type Trace struct {
	Checkout, Subscription, Customer, Reference string
	// Gone says that the customer was deleted at the payment service: nothing can be bought as them any more.
	Gone bool
}

// EventTypes are the events that billing listens to, at most 20.
var EventTypes = []string{
	"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
	"checkout.session.expired",
	"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted", "customer.subscription.paused",
	"customer.subscription.resumed",
	"invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.finalization_failed",
	"customer.deleted", "charge.refunded", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.funds_withdrawn",
	"charge.dispute.closed",
}
