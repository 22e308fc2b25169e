package stripe

import (
	"fmt"
	"strings"
	"time"

	"latchkey.dev/shared/domain/money"
)

// The billing modes.
const (
	flexible = "flexible"
	classic  = "classic"
)

// setup is the mode of a session that takes a card alone.
const setup = "setup"

const (
	hour = int64(time.Hour / time.Second)
	day  = 24 * hour
	// incompleteFor is how long a first payment may be confirmed (https://docs.stripe.com/billing/subscriptions/overview).
	incompleteFor = 23 * hour
	// finalizesAfter is how long a renewal's invoice stays a draft.
	finalizesAfter = hour
	taxPercent     = 20
)

// retryAfter are the waits between the tries to collect a renewal: 3, 5 and 7 days, as in Stripe's own retry rules.
var retryAfter = []int64{3 * day, 5 * day, 7 * day}

// nextDue is when something happens by itself next. The caller holds the lock.
func (e *Engine) nextDue() int64 {
	if e.due == 0 {
		e.due, _ = e.earliest()
	}
	return e.due
}

func (e *Engine) runDue() {
	_, run := e.earliest()
	e.due = 0
	if run != nil {
		run()
	}
}

// earliest is what is due first, and what to do about it then.
func (e *Engine) earliest() (at int64, run func()) {
	at = never
	consider := func(t int64, f func()) {
		if t < at {
			at, run = t, f
		}
	}
	for _, s := range e.state.sessions.all() {
		if s.Status == "open" {
			consider(s.ExpiresAt, func() { e.expireSession(s) })
		}
	}
	for _, i := range e.state.invoices.all() {
		switch {
		case i.Status == "draft" && i.FinalizesAt != nil:
			consider(*i.FinalizesAt, func() { e.finalize(i); e.collect(i) })
		case i.Status == "open" && i.NextAttempt != nil:
			consider(*i.NextAttempt, func() { e.collect(i) })
		}
	}
	for _, s := range e.state.subscriptions.all() {
		switch s.Status {
		case "incomplete":
			consider(s.Created+incompleteFor, func() { e.expireIncomplete(s) })
		case "trialing", "active", "past_due", "unpaid":
			if s.CancelAt != nil && !s.AtEnd {
				consider(*s.CancelAt, func() { e.cancel(s, "cancellation_requested") })
			}
			consider(s.end(), func() { e.renew(s) })
		}
	}
	return at, run
}

func (s *subscription) end() int64 {
	end := never
	for _, i := range s.Items {
		end = min(end, i.End)
	}
	return end
}

func (e *Engine) interval(s *subscription) string {
	if len(s.Items) == 0 {
		return "month"
	}
	return e.state.prices.get(s.Items[0].Price).Recurring.Interval
}

// periodStart is when the nth period after the anchor begins: on the anchor's day, or the month's last.
func periodStart(anchor int64, interval string, n int) int64 {
	a := time.Unix(anchor, 0).UTC()
	months := n
	if interval == "year" {
		months = 12 * n
	}
	first := time.Date(a.Year(), a.Month()+time.Month(months), 1, a.Hour(), a.Minute(), a.Second(), 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(a.Day(), last)-1).Unix()
}

// subscribe makes the subscription of a session, incomplete, with its first invoice and the intent to pay it.
func (e *Engine) subscribe(s *session, m *method) *subscription {
	sub := &subscription{
		ID: e.id("sub_"), Anchor: e.at, Created: e.at, StartDate: e.at, Currency: s.Currency, Customer: value(s.Customer), Method: &m.ID,
		Metadata: s.SubMeta,
		Status:   "incomplete", Periods: 1, Session: s.ID,
	}
	sub.Tax.Enabled = s.AutomaticTax.Enabled
	if sub.Mode.Type = s.Mode; s.Mode == flexible {
		sub.Mode.Flexible = map[string]any{"proration_discounts": "included"}
	}
	for _, l := range s.Lines {
		p := e.state.prices.get(l.Price)
		sub.Items = append(sub.Items, item{
			ID: e.id("si_"), Object: "subscription_item", Created: e.at, Start: e.at, End: periodStart(e.at, p.Recurring.Interval, 1),
			Price: l.Price, Quantity: l.Quantity,
			Metadata: map[string]string{}, Sub: sub.ID, Discount: []any{}, TaxRates: []any{},
		})
	}
	i := e.bill(sub, "subscription_create", s.Totals.Discount)
	sub.Latest = &i.ID
	put(e, e.state.subscriptions, "sub", sub.ID, sub)
	e.emit("customer.subscription.created", sub.ID)
	e.emit("invoice.created", i.ID)
	e.finalize(i)
	return sub
}

// begin begins a subscription with its trial, for which a bill of nothing is made.
func (e *Engine) begin(s *subscription) {
	i := e.bill(s, "subscription_create", 0)
	for n := range i.Lines {
		l := &i.Lines[n]
		l.Description, l.Amount = "Trial period for "+l.Description, 0
	}
	i.Subtotal, i.Tax, i.Total, i.Due, i.Remaining = 0, 0, 0, 0, 0
	s.Latest = &i.ID
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.created", s.ID)
	e.emit("invoice.created", i.ID)
	e.finalize(i)
	e.paid(i, nil)
}

// bill makes a draft of what the subscription costs for the period that its items are in.
func (e *Engine) bill(s *subscription, reason string, discount int64) *invoice {
	u := e.state.customers.get(s.Customer)
	i := &invoice{
		ID: e.id("in_"), Billing: reason, Created: e.at, Currency: s.Currency, Customer: s.Customer, Metadata: map[string]string{},
		Status: "draft", Subscription: s.ID,
		PeriodStart: e.at, PeriodEnd: e.at, AutoAdvance: true, Discount: discount, Email: u.Email, Name: u.Name, Starting: u.Balance,
	}
	for _, it := range s.Items {
		p := e.state.prices.get(it.Price)
		name := e.state.products.get(p.Product).Name
		i.Lines = append(i.Lines, invoiceLine{
			Description: fmt.Sprintf("%d × %s (at %s / %s)", it.Quantity, name, decimal(p.UnitAmount, p.Currency), p.Recurring.Interval),
			Amount:      p.UnitAmount * it.Quantity, Price: p.ID, Product: p.Product, Item: it.ID, Quantity: it.Quantity, Start: it.Start,
			End: it.End,
		})
		i.Subtotal += p.UnitAmount * it.Quantity
	}
	if s.Tax.Enabled {
		i.Tax = (i.Subtotal - discount) * taxPercent / 100
	}
	i.Total = i.Subtotal - discount + i.Tax
	i.Due = max(0, i.Total+u.Balance)
	i.Remaining = i.Due
	put(e, e.state.invoices, "in", i.ID, i)
	return i
}

// finalize makes a draft a bill, with a payment intent where anything is due.
func (e *Engine) finalize(i *invoice) {
	u := e.state.customers.get(i.Customer)
	u.Next++
	i.Status, i.Number, i.FinalizesAt, i.Transitions.Finalized = "open", ref(fmt.Sprintf("%s-%04d", u.ID[len(u.ID)-8:], u.Next)), nil,
		ref(e.at)
	u.Balance += i.Total - i.Due // what the balance paid; of a credit, what it gained
	i.Ending = ref(u.Balance)
	i.HostedURL = ref(e.options.Base + "/invoice/" + i.ID)
	i.PDF = ref(e.options.Base + "/invoice/" + i.ID + "/pdf")
	put(e, e.state.customers, "cus", u.ID, u)
	if i.Due > 0 {
		p := &intent{ID: e.id("pi_"), Amount: i.Due, Created: e.at, Currency: i.Currency, Customer: i.Customer,
			Metadata: map[string]string{}, Status: "requires_confirmation", Invoice: i.ID}
		put(e, e.state.intents, "pi", p.ID, p)
		i.Intent, i.Payment = p.ID, e.id("inpay_")
		e.emit("payment_intent.created", p.ID)
	}
	put(e, e.state.invoices, "in", i.ID, i)
	e.emit("invoice.finalized", i.ID)
}

// collect tries to have an open invoice paid with the subscription's card. Nobody is there to confirm anything.
func (e *Engine) collect(i *invoice) {
	s := e.state.subscriptions.get(i.Subscription)
	if i.Due == 0 {
		e.paid(i, nil)
		return
	}
	m := e.state.methods.get(value(s.Method))
	i.Attempts++
	i.Attempted = true
	if m == nil { // there is no card to charge
		e.missed(i)
		e.emit("invoice.payment_failed", i.ID)
		e.afterMiss(i, s)
		return
	}
	code := m.renews()
	if s.Fail {
		code = "generic_decline"
	}
	switch code {
	case "":
		e.paid(i, m)
		return
	case "action":
		p := e.state.intents.get(i.Intent)
		p.Status, p.Method = "requires_action", &m.ID
		put(e, e.state.intents, "pi", p.ID, p)
		e.emit("payment_intent.requires_action", p.ID)
		e.missed(i)
		e.emit("invoice.payment_action_required", i.ID)
	default:
		e.declined(i, m, code)
		e.missed(i)
	}
	e.emit("invoice.payment_failed", i.ID)
	e.afterMiss(i, s)
}

// missed plans the next try.
func (e *Engine) missed(i *invoice) {
	i.NextAttempt = nil
	if n := int(i.Attempts) - 1; i.Billing != "subscription_create" && i.AutoAdvance && n < len(retryAfter) {
		i.NextAttempt = ref(e.at + retryAfter[n])
	}
	put(e, e.state.invoices, "in", i.ID, i)
}

// afterMiss is what becomes of the subscription (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
func (e *Engine) afterMiss(i *invoice, s *subscription) {
	switch {
	case s.Status == "incomplete" || s.final():
	case i.NextAttempt != nil:
		e.become(s, "past_due")
	case e.options.AfterRetries == "unpaid":
		e.become(s, "unpaid")
	default:
		e.cancel(s, "payment_failed")
	}
}

func (s *subscription) final() bool {
	return s.Status == "canceled" || s.Status == "incomplete_expired"
}

func (e *Engine) become(s *subscription, status string) {
	if s.Status == status {
		return
	}
	s.Status = status
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.updated", s.ID)
}

// declined notes a charge that the bank refused.
func (e *Engine) declined(i *invoice, m *method, code string) {
	p := e.state.intents.get(i.Intent)
	failure := declineOf(code)
	c := &charge{ID: e.id("ch_"), Amount: i.Due, Created: e.at, Currency: i.Currency, Customer: i.Customer, Failure: &failure.Code,
		Message: &failure.Message, Intent: p.ID, Method: m.ID, Status: "failed"}
	put(e, e.state.charges, "ch", c.ID, c)
	p.Status, p.LastError, p.Latest, p.Method = "requires_payment_method", failure, &c.ID, nil
	put(e, e.state.intents, "pi", p.ID, p)
	e.emit("charge.failed", c.ID)
	e.emit("payment_intent.payment_failed", p.ID)
}

// paid notes that an invoice was paid, by a card or, without one, by nothing being due.
func (e *Engine) paid(i *invoice, m *method) {
	if m != nil {
		p := e.state.intents.get(i.Intent)
		c := &charge{ID: e.id("ch_"), Amount: i.Due, Captured: i.Due, Created: e.at, Currency: i.Currency, Customer: i.Customer, Paid: true,
			Intent: p.ID, Method: m.ID, Status: "succeeded"}
		put(e, e.state.charges, "ch", c.ID, c)
		p.Status, p.Received, p.LastError, p.Latest, p.Method = "succeeded", i.Due, nil, &c.ID, &m.ID
		put(e, e.state.intents, "pi", p.ID, p)
		e.emit("charge.succeeded", c.ID)
		e.emit("payment_intent.succeeded", p.ID)
	}
	i.Status, i.Paid, i.Remaining, i.NextAttempt, i.Transitions.Paid = "paid", i.Due, 0, nil, ref(e.at)
	put(e, e.state.invoices, "in", i.ID, i)
	e.emit("invoice.paid", i.ID)
	e.emit("invoice.payment_succeeded", i.ID)
	if s := e.state.subscriptions.get(i.Subscription); !s.final() && s.Status != "trialing" && value(s.Latest) == i.ID {
		e.become(s, "active")
	}
}

// renew begins the next period, or ends a subscription that was to end with this one.
func (e *Engine) renew(s *subscription) {
	if s.AtEnd {
		e.cancel(s, "cancellation_requested")
		return
	}
	interval := e.interval(s)
	if s.Status == "trialing" {
		s.Status = "active"
	}
	s.Periods++
	next := periodStart(s.Anchor, interval, s.Periods)
	for n := range s.Items {
		s.Items[n].Start, s.Items[n].End = s.Items[n].End, next
	}
	if s.Paused != nil { // its invoice is void at once, and nobody pays
		put(e, e.state.subscriptions, "sub", s.ID, s)
		e.emit("customer.subscription.updated", s.ID)
		return
	}
	i := e.bill(s, "subscription_cycle", 0)
	if s.Status == "unpaid" {
		i.AutoAdvance = false // nobody is charged any more
	} else {
		i.FinalizesAt = ref(e.at + finalizesAfter)
	}
	s.Latest = &i.ID
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.updated", s.ID)
	e.emit("invoice.created", i.ID)
}

// beginAnew has the subscription's first period begin now, and be paid.
func (e *Engine) beginAnew(s *subscription) {
	s.Anchor, s.Periods = e.at, 1
	end := periodStart(e.at, e.interval(s), 1)
	for n := range s.Items {
		s.Items[n].Start, s.Items[n].End = e.at, end
	}
	i := e.bill(s, "subscription_update", 0)
	s.Latest = &i.ID
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.updated", s.ID)
	e.emit("invoice.created", i.ID)
	e.finalize(i)
	e.collect(i)
}

// cancel ends a subscription; what is owed stays owed, and is asked for no more.
func (e *Engine) cancel(s *subscription, reason string) {
	s.Status, s.Ended, s.Reason.Reason = "canceled", ref(e.at), &reason
	if s.Canceled == nil {
		s.Canceled = ref(e.at)
	}
	for _, i := range e.state.invoices.all() {
		if i.Subscription == s.ID && (i.Status == "draft" || i.Status == "open") {
			i.AutoAdvance, i.FinalizesAt, i.NextAttempt = false, nil, nil
			put(e, e.state.invoices, "in", i.ID, i)
		}
	}
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.deleted", s.ID)
}

// credit gives the unused time of the current period to the customer's balance, by an invoice below nothing.
func (e *Engine) credit(s *subscription) {
	i := e.bill(s, "subscription_update", 0)
	i.Subtotal, i.Tax = 0, 0
	for n := range i.Lines {
		l := &i.Lines[n]
		l.Amount = -l.Amount * max(0, l.End-e.at) / (l.End - l.Start)
		l.Description = "Unused time on " + l.Description
		i.Subtotal += l.Amount
	}
	i.Total, i.Due, i.Remaining = i.Subtotal, 0, 0
	s.Latest = &i.ID
	e.emit("invoice.created", i.ID)
	e.finalize(i)
	e.paid(i, nil)
}

func (e *Engine) expireIncomplete(s *subscription) {
	s.Status, s.Ended = "incomplete_expired", ref(e.at)
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.voidLatest(s)
	if c := e.state.sessions.get(s.Session); c != nil && c.Pending != nil {
		c.Pending = nil
		put(e, e.state.sessions, "cs", c.ID, c)
	}
	e.emit("customer.subscription.updated", s.ID)
}

func (e *Engine) expireSession(s *session) {
	s.Status, s.URL, s.Error = "expired", nil, ""
	put(e, e.state.sessions, "cs", s.ID, s)
	e.emit("checkout.session.expired", s.ID)
}

// decimal writes an amount as Stripe's descriptions do.
func decimal(minor int64, currency string) string {
	return money.Amount{Minor: minor, Currency: strings.ToUpper(currency)}.String()
}
