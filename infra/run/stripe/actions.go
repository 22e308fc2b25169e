package stripe

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Card is what a customer types on the checkout page.
type Card struct {
	Number  string // one of Stripe's test numbers (https://docs.stripe.com/testing); spaces are left out
	Email   string // where the session has none
	Name    string
	Country string // of two letters
	Promo   string // PromoCode takes 20 % off the first invoice, where the session allows promotion codes
}

// PromoCode is the one promotion code there is.
const PromoCode = "LATCHKEY20"

// Stripe's test numbers that the stand-in knows.
const (
	CardGood         = "4242424242424242"
	CardDeclined     = "4000000000000002"
	CardNoFunds      = "4000000000009995"
	CardExpired      = "4000000000000069"
	Card3DS          = "4000002500003155" // once, on the first payment
	Card3DSAlways    = "4000002760003184" // renewals fail, with invoice.payment_action_required
	Card3DSDeclined  = "4000008400001629" // confirmed, then declined
	CardFailsLater   = "4000000000000341" // can be kept, and never charged
	mastercardNumber = "5555555555554444"
)

var cards = map[string]struct{ brand, first, later string }{
	CardGood: {"visa", "", ""}, mastercardNumber: {"mastercard", "", ""},
	CardDeclined: {"visa", "generic_decline", "generic_decline"}, CardNoFunds: {"visa", "insufficient_funds", "insufficient_funds"},
	CardExpired: {"visa", "expired_card", "expired_card"}, Card3DS: {"visa", "action", ""}, Card3DSAlways: {"visa", "action", "action"},
	Card3DSDeclined: {"visa", "action", "generic_decline"}, CardFailsLater: {"visa", "generic_decline", "generic_decline"},
}

// renews is what the bank says to a payment when nobody is there: "" for yes, "action", or a decline code.
func (m *method) renews() string { return cards[m.Number].later }

func declineOf(code string) *paymentError {
	switch code {
	case "expired_card":
		return &paymentError{Code: "expired_card", Message: "Your card has expired.", Type: "card_error"}
	case "insufficient_funds":
		return &paymentError{Code: "card_declined", DeclineCode: ref(code), Message: "Your card has insufficient funds.",
			Type: "card_error"}
	case "authentication":
		return &paymentError{Code: "payment_intent_authentication_failure",
			Message: "The card could not be confirmed. Try again or use another card.", Type: "card_error"}
	}
	return &paymentError{Code: "card_declined", DeclineCode: ref("generic_decline"), Message: "Your card was declined.", Type: "card_error"}
}

// Result is what came of a try to pay.
type Result struct {
	// Status is "complete", "declined", or "authenticate" when the bank wants it confirmed.
	Status  string `json:"status"`
	Message string `json:"message,omitempty"` // what the page says of a decline
	URL     string `json:"url"`               // where the customer goes next
}

// ErrNotOpen is returned for a session that is complete or expired.
var ErrNotOpen = errors.New("stripe: the checkout is not open")

// ErrNone is returned for an id that there is not.
var ErrNone = errors.New("stripe: there is no such thing")

// do runs an action under the lock and keeps what it changed.
func (e *Engine) do(f func() error) error {
	e.lock()
	err := f()
	return errors.Join(err, e.unlockAndKeep())
}

// Pay is what a customer does on the checkout page.
func (e *Engine) Pay(id string, c Card) (r Result, err error) {
	err = e.do(func() error {
		s := e.state.sessions.get(id)
		if s == nil {
			return ErrNone
		}
		if s.Status != "open" {
			return ErrNotOpen
		}
		r = e.pay(s, c)
		put(e, e.state.sessions, "cs", s.ID, s)
		return nil
	})
	return r, err
}

func (e *Engine) refuse(s *session, message string) Result {
	s.Error = message
	return Result{"declined", message, value(s.URL)}
}

func (e *Engine) pay(s *session, c Card) Result {
	number := strings.ReplaceAll(c.Number, " ", "")
	card, known := cards[number]
	email := value(s.Email)
	if s.Details != nil && s.Details.Email != nil {
		email = *s.Details.Email
	}
	if email == "" {
		email = strings.TrimSpace(c.Email)
	}
	switch {
	case !known:
		return e.refuse(s, "Your card number is not one of Stripe's test numbers.")
	case email == "":
		return e.refuse(s, "Your email is incomplete.")
	case c.Promo != "" && (!strings.EqualFold(c.Promo, PromoCode) || s.AllowPromotion == nil || !*s.AllowPromotion):
		return e.refuse(s, "This promotion code is invalid.")
	case card.first != "" && card.first != "action" && (s.What != setup || number != CardFailsLater): // which can be kept
		return e.refuse(s, declineOf(card.first).Message)
	}
	s.Error = ""
	if s.What == setup {
		return e.save(s, c, number)
	}
	s.Totals.Discount, s.Totals.Tax = 0, 0
	if c.Promo != "" {
		s.Totals.Discount = s.Subtotal * 20 / 100
	}
	if s.AutomaticTax.Enabled {
		s.Totals.Tax, s.AutomaticTax.Status = (s.Subtotal-s.Totals.Discount)*taxPercent/100, ref("complete")
	}
	s.Total = s.Subtotal - s.Totals.Discount + s.Totals.Tax
	m := e.attach(s, c, number, card.brand, email)
	if s.Pending != nil { // a try before was given up at the bank's page; its subscription is paid now
		if old := e.state.subscriptions.get(s.Pending.Subscription); old != nil && old.Status == "incomplete" {
			old.Status, old.Ended = "incomplete_expired", ref(e.at)
			e.voidLatest(old)
			put(e, e.state.subscriptions, "sub", old.ID, old)
			e.emit("customer.subscription.updated", old.ID)
		}
		s.Pending = nil
	}
	sub := e.subscribe(s, m)
	i := e.state.invoices.get(value(sub.Latest))
	if card.first == "action" && i.Due > 0 {
		p := e.state.intents.get(i.Intent)
		p.Status, p.Method = "requires_action", &m.ID
		put(e, e.state.intents, "pi", p.ID, p)
		e.emit("payment_intent.requires_action", p.ID)
		s.Pending = &attempt{m.ID, sub.ID, i.ID, i.Intent}
		return Result{"authenticate", "", e.options.Base + "/checkout/" + s.ID + "/confirm"}
	}
	return e.complete(s, sub, i, m)
}

// save keeps a card for payments to come. Unlike a purchase it leaves the customer's own card what it is.
func (e *Engine) save(s *session, c Card, number string) Result {
	email := value(s.Email)
	if s.Details != nil && s.Details.Email != nil {
		email = *s.Details.Email
	}
	if email == "" {
		email = strings.TrimSpace(c.Email)
	}
	own := ""
	if u := e.state.customers.get(value(s.Customer)); u != nil {
		own = u.Settings.DefaultPaymentMethod
	}
	m := e.attach(s, c, number, cards[number].brand, email)
	u := e.state.customers.get(*s.Customer)
	u.Settings.DefaultPaymentMethod = own
	if m.Billing.Address != nil {
		u.Address = m.Billing.Address
	}
	put(e, e.state.customers, "cus", u.ID, u)
	s.Saved = m.ID
	if cards[number].first == "action" {
		s.Pending = &attempt{Method: m.ID}
		return Result{"authenticate", "", e.options.Base + "/checkout/" + s.ID + "/confirm"}
	}
	return e.saved(s)
}

func (e *Engine) saved(s *session) Result {
	s.Status, s.Pending, s.Error, s.URL = "complete", nil, "", nil
	put(e, e.state.sessions, "cs", s.ID, s)
	e.emit("checkout.session.completed", s.ID)
	return Result{"complete", "", strings.ReplaceAll(value(s.SuccessURL), "{CHECKOUT_SESSION_ID}", s.ID)}
}

// attach makes the customer, where there is none, and the card theirs.
func (e *Engine) attach(s *session, c Card, number, brand, email string) *method {
	var where *address
	if c.Country != "" {
		where = &address{Country: ref(strings.ToUpper(c.Country))}
	}
	var u *customer
	if s.Customer != nil {
		u = e.state.customers.get(*s.Customer)
	} else {
		u = &customer{ID: e.id("cus_"), Created: e.at, Email: &email, Name: optional(c.Name), Metadata: map[string]string{}, Address: where}
		s.Customer = &u.ID
		put(e, e.state.customers, "cus", u.ID, u)
		e.emit("customer.created", u.ID)
	}
	s.Details = &customerDetails{Address: where, Email: &email, Name: optional(c.Name), TaxExempt: "none", TaxIDs: []any{}}
	m := e.newMethod(u, number, brand)
	m.Billing.Email, m.Billing.Name, m.Billing.Address = &email, optional(c.Name), where
	u.Settings.DefaultPaymentMethod = m.ID
	put(e, e.state.customers, "cus", u.ID, u)
	return m
}

func (e *Engine) newMethod(u *customer, number, brand string) *method {
	m := &method{ID: e.id("pm_"), Created: e.at, Customer: u.ID, Number: number}
	m.Card.Brand, m.Card.Last4, m.Card.ExpMonth, m.Card.ExpYear, m.Card.Funding, m.Card.Country = brand, number[len(number)-4:], 12, 2040,
		"credit", "US"
	put(e, e.state.methods, "pm", m.ID, m)
	e.emit("payment_method.attached", m.ID)
	return m
}

func (e *Engine) complete(s *session, sub *subscription, i *invoice, m *method) Result {
	i.Attempts, i.Attempted = i.Attempts+1, true
	if i.Due == 0 {
		m = nil
	}
	s.Status, s.PaymentStatus, s.Pending, s.Error = "complete", "paid", nil, ""
	if m == nil {
		s.PaymentStatus = "no_payment_required"
	}
	s.Subscription, s.Invoice, s.URL = &sub.ID, &i.ID, nil
	put(e, e.state.sessions, "cs", s.ID, s)
	e.paid(i, m)
	e.emit("checkout.session.completed", s.ID)
	return Result{"complete", "", strings.ReplaceAll(value(s.SuccessURL), "{CHECKOUT_SESSION_ID}", s.ID)}
}

func (e *Engine) voidLatest(s *subscription) {
	if i := e.state.invoices.get(value(s.Latest)); i != nil && i.Status == "open" {
		e.void(i)
	}
}

// void has an invoice asked for no more.
func (e *Engine) void(i *invoice) {
	i.Status, i.Transitions.Voided, i.NextAttempt = "void", ref(e.at), nil
	put(e, e.state.invoices, "in", i.ID, i)
	if p := e.state.intents.get(i.Intent); p != nil {
		p.Status, p.CanceledAt = "canceled", ref(e.at)
		put(e, e.state.intents, "pi", p.ID, p)
	}
	e.emit("invoice.voided", i.ID)
}

// Confirm is what a customer does on the bank's page: confirm the payment, or fail to.
func (e *Engine) Confirm(id string, confirmed bool) (r Result, err error) {
	err = e.do(func() error {
		s := e.state.sessions.get(id)
		if s == nil {
			return ErrNone
		}
		if s.Status != "open" || s.Pending == nil {
			return ErrNotOpen
		}
		if s.What == setup {
			number := e.state.methods.get(s.Pending.Method).Number
			if confirmed && number != Card3DSDeclined {
				r = e.saved(s)
				return nil
			}
			s.Pending, s.Saved = nil, ""
			r = e.refuse(s, declineOf("authentication").Message)
			put(e, e.state.sessions, "cs", s.ID, s)
			return nil
		}
		sub, i, m := e.state.subscriptions.get(s.Pending.Subscription), e.state.invoices.get(s.Pending.Invoice),
			e.state.methods.get(s.Pending.Method)
		code := ""
		switch {
		case !confirmed:
			code = "authentication"
		case m.Number == Card3DSDeclined:
			code = "generic_decline"
		}
		if code == "" {
			r = e.complete(s, sub, i, m)
			return nil
		}
		i.Attempts, i.Attempted = i.Attempts+1, true
		e.declined(i, m, code)
		e.missed(i)
		e.emit("invoice.payment_failed", i.ID)
		r = e.refuse(s, declineOf(code).Message)
		put(e, e.state.sessions, "cs", s.ID, s)
		return nil
	})
	return r, err
}

// FailRenewals has the bank decline the subscription's renewals from now on, or no longer. A new card ends it, too.
func (e *Engine) FailRenewals(id string, fail bool) error {
	return e.onSubscription(id, func(s *subscription) error {
		s.Fail = fail
		put(e, e.state.subscriptions, "sub", s.ID, s)
		return nil
	})
}

// Cancel ends a subscription at once, as an operator does it in Stripe's dashboard.
func (e *Engine) Cancel(id string) error {
	return e.onSubscription(id, func(s *subscription) error {
		if s.final() {
			return fmt.Errorf("stripe: the subscription is %s", s.Status)
		}
		e.cancel(s, "cancellation_requested")
		return nil
	})
}

// Renew ends a subscription's period now in place of at its end, and has the bill for the next one paid without the hour that it is a
// draft for. At Stripe a test clock is moved for it (https://docs.stripe.com/billing/testing/test-clocks); this is for where the
// clock cannot be.
func (e *Engine) Renew(id string) error {
	return e.onSubscription(id, func(s *subscription) error {
		if s.final() || s.Paused != nil {
			return errors.New("stripe: the subscription does not renew")
		}
		s.Anchor, s.Periods = e.at, 0
		for n := range s.Items {
			s.Items[n].End = e.at
		}
		e.renew(s)
		if i := e.state.invoices.get(value(s.Latest)); !s.final() && i.FinalizesAt != nil {
			e.finalize(i)
			e.collect(i)
		}
		return nil
	})
}

// CancelAtPeriodEnd is what a customer does in the billing portal.
func (e *Engine) CancelAtPeriodEnd(id string, end bool) error {
	return e.onSubscription(id, func(s *subscription) error {
		if s.final() {
			return fmt.Errorf("stripe: the subscription is %s", s.Status)
		}
		e.endWithPeriod(s, end, s.Mode.Type)
		return nil
	})
}

// CancelAt has a subscription end at a time of the operator's choice, as in Stripe's dashboard.
func (e *Engine) CancelAt(id string, at time.Time) error {
	return e.onSubscription(id, func(s *subscription) error {
		if s.final() || at.Unix() <= e.at {
			return errors.New("stripe: the subscription has ended, or the time has")
		}
		s.AtEnd, s.CancelAt, s.Canceled, s.Reason.Reason = false, ref(at.Unix()), ref(e.at), ref("cancellation_requested")
		put(e, e.state.subscriptions, "sub", s.ID, s)
		e.emit("customer.subscription.updated", s.ID)
		return nil
	})
}

// endWithPeriod has a subscription end with its period, or go on after all. How the end is told depends on the mode: in the
// flexible one as a time alone, in the classic one as the end of the period, too.
func (e *Engine) endWithPeriod(s *subscription, end bool, mode string) {
	if end == (s.CancelAt != nil) {
		return
	}
	s.AtEnd, s.CancelAt, s.Canceled, s.Reason.Reason = end && mode != flexible, nil, nil, nil
	if end {
		s.CancelAt, s.Canceled, s.Reason.Reason = ref(s.end()), ref(e.at), ref("cancellation_requested")
	}
	put(e, e.state.subscriptions, "sub", s.ID, s)
	e.emit("customer.subscription.updated", s.ID)
}

// ChangeCard is what a customer does in the billing portal: another card for all their subscriptions. What is open is
// paid with it at its next try, or by [Engine.PayInvoice].
func (e *Engine) ChangeCard(customerID, number string) error {
	return e.do(func() error {
		u := e.state.customers.get(customerID)
		number = strings.ReplaceAll(number, " ", "")
		card, known := cards[number]
		if u == nil || u.Deleted {
			return ErrNone
		}
		if !known {
			return errors.New("stripe: the number is not one of Stripe's test numbers")
		}
		m := e.newMethod(u, number, card.brand)
		u.Settings.DefaultPaymentMethod = m.ID
		put(e, e.state.customers, "cus", u.ID, u)
		e.emit("customer.updated", u.ID)
		for _, s := range e.state.subscriptions.all() {
			if s.Customer == u.ID && !s.final() {
				s.Method, s.Fail = &m.ID, false
				put(e, e.state.subscriptions, "sub", s.ID, s)
				e.emit("customer.subscription.updated", s.ID)
			}
		}
		return nil
	})
}

// PayInvoice is what a customer does on an open invoice's page. It answers "" or what the bank said.
func (e *Engine) PayInvoice(id string) (code string, err error) {
	err = e.do(func() error {
		i := e.state.invoices.get(id)
		if i == nil {
			return ErrNone
		}
		if i.Status != "open" {
			return fmt.Errorf("stripe: the invoice is %s", i.Status)
		}
		s, m := e.state.subscriptions.get(i.Subscription), e.state.methods.get(value(e.state.subscriptions.get(i.Subscription).Method))
		if code = m.renews(); code == "action" {
			code = "" // the customer is there and confirms
		}
		if s.Fail {
			code = "generic_decline"
		}
		i.Attempted = true
		if code != "" {
			e.declined(i, m, code)
			e.emit("invoice.payment_failed", i.ID)
			return nil
		}
		e.paid(i, m)
		return nil
	})
	return code, err
}

// Dispute has the cardholder's bank take the subscription's newest payment back, and returns the dispute's id.
func (e *Engine) Dispute(subscriptionID, reason string) (id string, err error) {
	return e.question(subscriptionID, reason, "needs_response")
}

// Inquire has the cardholder's bank ask about the subscription's newest payment, without taking it back, and returns the
// dispute's id (https://docs.stripe.com/disputes/how-disputes-work#inquiries).
func (e *Engine) Inquire(subscriptionID, reason string) (id string, err error) {
	return e.question(subscriptionID, reason, "warning_needs_response")
}

// Escalate makes a dispute of an inquiry: the bank takes the money back.
func (e *Engine) Escalate(id string) error {
	return e.do(func() error {
		d := e.state.disputes.get(id)
		if d == nil || !d.asks() {
			return ErrNone
		}
		d.Status, d.Refundable = "needs_response", false
		put(e, e.state.disputes, "du", d.ID, d)
		e.emit("charge.dispute.updated", d.ID)
		e.emit("charge.dispute.funds_withdrawn", d.ID)
		return nil
	})
}

// asks tells whether it is an inquiry that is open.
func (d *dispute) asks() bool {
	return strings.HasPrefix(d.Status, "warning_") && d.Status != "warning_closed"
}

func (e *Engine) question(subscriptionID, reason, status string) (id string, err error) {
	err = e.onSubscription(subscriptionID, func(s *subscription) error {
		c := e.lastCharge(s)
		if c == nil || c.Disputed {
			return errors.New("stripe: there is no payment to dispute")
		}
		d := &dispute{ID: e.id("du_"), Amount: c.Amount - c.Refunded, Charge: c.ID, Created: e.at, Currency: c.Currency, Intent: c.Intent,
			Reason: reason, Status: status}
		d.Refundable = d.asks()
		c.Disputed = true
		put(e, e.state.charges, "ch", c.ID, c)
		put(e, e.state.disputes, "du", d.ID, d)
		id = d.ID
		e.emit("charge.dispute.created", d.ID)
		if !d.asks() {
			e.emit("charge.dispute.funds_withdrawn", d.ID)
		}
		return nil
	})
	return id, err
}

// CloseDispute decides a dispute. An inquiry closes, whoever wins.
func (e *Engine) CloseDispute(id string, won bool) error {
	return e.do(func() error {
		d := e.state.disputes.get(id)
		if d == nil {
			return ErrNone
		}
		switch {
		case d.Status == "won" || d.Status == "lost" || d.Status == "warning_closed":
			return errors.New("stripe: the dispute is closed")
		case d.asks():
			d.Status = "warning_closed"
		case won:
			d.Status = "won"
		default:
			d.Status = "lost"
		}
		put(e, e.state.disputes, "du", d.ID, d)
		e.emit("charge.dispute.closed", d.ID)
		return nil
	})
}

// Refund gives the subscription's newest payment back, as an operator does it in Stripe's dashboard.
func (e *Engine) Refund(subscriptionID string) error {
	return e.onSubscription(subscriptionID, func(s *subscription) error {
		c := e.lastCharge(s)
		if c == nil {
			return errors.New("stripe: there is no payment to give back")
		}
		if _, fail := e.giveBack(c, 0, map[string]string{}, nil); fail != nil {
			return errors.New("stripe: " + fail.message)
		}
		return nil
	})
}

// DeleteCustomer deletes a customer, and ends their subscriptions, as Stripe does.
func (e *Engine) DeleteCustomer(id string) error {
	return e.do(func() error {
		u := e.state.customers.get(id)
		if u == nil || u.Deleted {
			return ErrNone
		}
		for _, s := range e.state.subscriptions.all() {
			if s.Customer == id && !s.final() {
				e.cancel(s, "cancellation_requested")
			}
		}
		e.emit("customer.deleted", u.ID)
		u.Deleted = true
		put(e, e.state.customers, "cus", u.ID, u)
		return nil
	})
}

func (e *Engine) onSubscription(id string, f func(*subscription) error) error {
	return e.do(func() error {
		s := e.state.subscriptions.get(id)
		if s == nil {
			return ErrNone
		}
		return f(s)
	})
}

func (e *Engine) lastCharge(s *subscription) *charge {
	for _, i := range e.state.invoices.newest() {
		if i.Subscription == s.ID && i.Status == "paid" && i.Intent != "" {
			return e.state.charges.get(value(e.state.intents.get(i.Intent).Latest))
		}
	}
	return nil
}

// refundable tells whether a charge that is disputed can still be given back: the bank only asks about it.
func (e *Engine) refundable(c *charge) bool {
	for _, d := range e.state.disputes.all() {
		if d.Charge == c.ID && !strings.HasPrefix(d.Status, "warning_") {
			return false
		}
	}
	return true
}

// giveBack refunds amount of a charge, or all that is left of it.
func (e *Engine) giveBack(c *charge, amount int64, metadata map[string]string, reason *string) (*refund, *apiError) {
	left := c.Captured - c.Refunded
	switch {
	case c.Disputed && !e.refundable(c):
		return nil, invalid("", "charge_disputed", "Charge "+c.ID+" has been charged back; cannot issue a refund.")
	case left == 0:
		return nil, invalid("", "charge_already_refunded", "Charge "+c.ID+" has already been refunded.")
	case amount == 0:
		amount = left
	case amount > left:
		return nil, invalid("amount", "", fmt.Sprintf("Refund amount (%d) is greater than unrefunded amount on charge (%d)", amount, left))
	}
	r := &refund{ID: e.id("re_"), Amount: amount, Charge: c.ID, Created: e.at, Currency: c.Currency, Metadata: metadata, Intent: c.Intent,
		Reason: reason, Status: "succeeded"}
	c.Refunded += amount
	c.Full = c.Refunded == c.Captured
	put(e, e.state.refunds, "re", r.ID, r)
	put(e, e.state.charges, "ch", c.ID, c)
	e.emit("refund.created", r.ID)
	e.emit("charge.refunded", c.ID)
	return r, nil
}
