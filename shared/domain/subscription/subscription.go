// Package subscription is the state of what one party pays by subscription: a client for its contract, an agency for its
// plan. What the payment provider tells is a hint to look; what it answers when it is asked is reduced to a state here,
// so that messages may come twice, late, in any order or never, and the state is the same.
package subscription

import (
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// State is where a payment is.
type State string

// The states (Stripe, "How subscriptions work").
const (
	None         State = ""              // nothing has been begun
	CheckoutOpen State = "checkout_open" // a checkout page is out, and may be paid
	Active       State = "active"        // paid
	PastDue      State = "past_due"      // a renewal failed and is tried again; what was bought stays open
	Canceled     State = "canceled"      // ended by either side
	Unpaid       State = "unpaid"        // given up after the last try
	Disputed     State = "disputed"      // the payer's bank has taken the money back for now
)

// Open tells whether what was bought is to be had.
func (s State) Open() bool { return s == Active || s == PastDue }

// Over tells whether it was to be had and is not any more.
func (s State) Over() bool { return s == Canceled || s == Unpaid || s == Disputed }

// How long things take, and when to look after them.
const (
	CheckoutLifetime = 23 * time.Hour   // of a checkout page: under the provider's 24 h, so that ours ends first
	FirstLook        = 2 * time.Minute  // after a page was opened, in case nobody tells us that it was paid
	LastLook         = 30 * time.Minute // between two looks at an open page
	RenewalGrace     = 6 * time.Hour    // after the end of a period, in case nobody tells us that the next one is paid
)

// Checkout is a checkout page that is out.
type Checkout struct {
	ID        string
	URL       string
	Attempt   int // numbers the pages of one payment, for the provider's idempotency keys
	OpenedAt  time.Time
	ExpiresAt time.Time
	Looks     int // how often it was looked after without having been told

	// Language is what the page is in; "" for what the browser likes. It stays what it was when the attempt was begun: the provider
	// takes no other one under the same key.
	Language words.Language
}

// Subscription is the state of a subscription and the way to it.
type Subscription struct {
	State        State
	Interval     payment.Interval
	Checkout     Checkout
	Customer     string    // the provider's id of who pays
	Reads        string    // which customer the provider was told to write to in which language, see Spoken
	Reference    string    // the provider's id of the subscription itself
	PaidAt       time.Time // when it was first paid
	PeriodEnd    time.Time // of what is paid
	EndsAt       time.Time // when it ends by itself; zero while it is renewed until somebody ends it
	Ending       bool      // it is not charged any more: it ends with the period that it is in
	Resting      bool      // the operator has stopped what it pays for: nothing is charged until that is taken up again
	PastDueSince time.Time
	EndedAt      time.Time // when it came to be Over
	Due          time.Time // when to ask the provider, if nobody tells until then; zero for never
	Asked        string    // the invoice that the payer's bank wants to see confirmed; "" for none
	AskedURL     string    // where that is done, at the provider's; "" where no page is known
	Inquiry      bool      // the payer's bank asks about the payment; no money has moved
	Untold       Notice    // what has happened and nobody was told yet
	Telling      time.Time // until when somebody is at telling it, whoever else looks meanwhile; zero for nobody
}

// Notice is what people are told by mail of a payment, as a set.
type Notice uint8

// The notices.
const (
	TellAsked   Notice = 1 << iota // the payer: confirm the payment
	TellInquiry                    // who sells: the bank asks
)

// End is when it ends by itself; zero while it is renewed.
func (p *Subscription) End() time.Time {
	if p.EndsAt.IsZero() && p.Ending { // written down before the day of the end was
		return p.PeriodEnd
	}
	return p.EndsAt
}

// Renews tells whether it goes on until somebody cancels it. What rests does: it is taken up again.
func (p *Subscription) Renews() bool { return p.State.Open() && p.End().IsZero() }

// Forget forgets a customer that is there no more at the provider, so that the next purchase makes another. It returns false
// where it is not the one that is known.
func (p *Subscription) Forget(customer string) bool {
	if customer == "" || p.Customer != customer {
		return false
	}
	p.Customer = ""
	return true
}

// tellLease is how long somebody has for telling, after which somebody else does it.
const tellLease = 2 * time.Minute

// Tell takes it on to tell what nobody was told yet; false where there is nothing, or somebody else is at it.
func (p *Subscription) Tell(now time.Time) bool {
	if p.Untold == 0 || now.Before(p.Telling) {
		return false
	}
	p.Telling = now.Add(tellLease)
	p.look(now)
	return true
}

// Told takes notices off those that are still to be told at now; false where none of them was on.
func (p *Subscription) Told(n Notice, now time.Time) bool {
	was := p.Untold
	if p.Untold &^= n; p.Untold == was {
		return false
	}
	p.Telling = time.Time{}
	p.look(now)
	return true
}

// Over tells whether something was paid for that is not paid any more, also while it is being paid for again.
func (p *Subscription) Over() bool {
	return p.State.Over() || !p.PaidAt.IsZero() && !p.State.Open()
}

// Begin notes that a checkout page is about to be opened in the language: its attempt is taken before the provider is asked, so that
// two tabs ask for the same page. now is the moment. Faults: [fault.AlreadyPaid] when something is paid already.
func (p *Subscription) Begin(i payment.Interval, l words.Language, now time.Time) error {
	if p.State.Open() || p.State == Disputed {
		return fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
	}
	if p.State == CheckoutOpen && !p.Other(i, l, now) {
		return nil // the same page again
	}
	p.State, p.Interval = CheckoutOpen, i
	p.Checkout = Checkout{Attempt: p.Checkout.Attempt + 1, OpenedAt: now, ExpiresAt: now.Add(CheckoutLifetime), Language: l}
	p.Due = now.Add(FirstLook)
	return nil
}

// Other tells whether a page of this interval in this language is another one than that of the attempt.
func (p *Subscription) Other(i payment.Interval, l words.Language, now time.Time) bool {
	return p.Interval != i || p.Checkout.Language != l || !now.Before(p.Checkout.ExpiresAt)
}

// Spoken notes that the provider writes to its customer in the language. It returns false where that was noted before.
func (p *Subscription) Spoken(l words.Language) bool {
	reads := p.Customer + " " + string(l)
	if p.Customer == "" || l == "" || p.Reads == reads {
		return false
	}
	p.Reads = reads
	return true
}

// Opened notes the page that the provider has made for the attempt. It returns false when another attempt was begun
// meanwhile: then the page must be closed again.
func (p *Subscription) Opened(attempt int, id, url, customer string) bool {
	if p.State != CheckoutOpen || p.Checkout.Attempt != attempt {
		return false
	}
	p.Checkout.ID, p.Checkout.URL = id, url
	if customer != "" {
		p.Customer = customer
	}
	return true
}

// Withdraw takes an attempt back for which no page was made. It returns false when another was begun meanwhile.
func (p *Subscription) Withdraw(attempt int) bool {
	if p.State != CheckoutOpen || p.Checkout.Attempt != attempt || p.Checkout.ID != "" {
		return false
	}
	p.State, p.Due = None, time.Time{}
	return true
}

// Shut notes that the open page was closed at the provider, and had not been paid.
func (p *Subscription) Shut() {
	if p.State == CheckoutOpen {
		p.State, p.Due = None, time.Time{}
	}
}

// Hurry has an open page looked at as soon as anybody can, because what it is for has ended.
func (p *Subscription) Hurry(now time.Time) {
	if p.State == CheckoutOpen {
		p.Due = now
	}
}

// Part has a subscription that may be alive looked at as soon as anybody can, because whoever pays by it has left.
func (p *Subscription) Part(now time.Time) {
	if p.Alive() {
		p.Due = now
	}
}

// Alive tells whether the provider may still charge for it although nothing is to be had for it.
func (p *Subscription) Alive() bool {
	return p.Reference != "" && (p.State == Disputed || p.State == Unpaid)
}

// Facts are what the provider answers when it is asked.
type Facts struct {
	Checkout     *payment.Checkout     // the page [Checkout.ID]; nil when there is none
	Subscription *payment.Subscription // nil when there is none
	Disputed     bool                  // a dispute of its money is open or lost
	Inquiry      bool                  // the payer's bank asks about its money, and has not taken it back
	PaidUntil    time.Time             // the end of the last period that was paid; zero where that is not known
	Owed         payment.Owed          // what its newest invoice still wants, while it is past due
}

// Change says what a reduction has led to.
type Change struct {
	Was     State
	Changed bool // whether anything to be stored has changed
	Fulfil  bool // it is paid for the first time: what was bought is to be made
	Opened  bool // it is open again after having been over
	Closed  bool // it is over
	Asks    bool // the payer's bank has begun to ask about the payment
	// Second says that the facts are of another subscription than the one that is paid: it must be cancelled and paid
	// back. Nothing has changed.
	Second bool
}

// Reduce brings the payment to what the provider says. The same facts twice change nothing the second time, and facts
// that are older than what is known can not undo it, since they are asked for anew each time.
func (p *Subscription) Reduce(now time.Time, f Facts) Change {
	before := *p
	c := Change{Was: p.State}
	if s := f.Subscription; s != nil && p.Reference != "" && s.ID != p.Reference && (p.State.Open() || p.State == Disputed) {
		c.Second = !s.Status.Final()
		return c
	}
	if p.earlier(f) {
		f.Subscription = nil
	}
	if f.Checkout != nil && f.Checkout.ID == p.Checkout.ID && f.Checkout.Customer != "" {
		p.Customer = f.Checkout.Customer
	}
	switch {
	case f.Subscription != nil:
		p.fromSubscription(now, f)
	case f.Checkout != nil && f.Checkout.ID == p.Checkout.ID && f.Checkout.Status == payment.CheckoutExpired && p.State == CheckoutOpen:
		p.State, p.Due = None, time.Time{}
	case p.State == CheckoutOpen && p.Checkout.ID == "" && !now.Before(p.Checkout.ExpiresAt): // no page was made, or it has run out
		p.State, p.Due = None, time.Time{}
	}
	p.look(now)
	c.Fulfil = p.State.Open() && before.PaidAt.IsZero()
	if c.Fulfil {
		p.PaidAt = now
	}
	c.Opened = p.State.Open() && before.Over()
	c.Closed = p.Over() && !before.Over()
	c.Asks = p.Inquiry && !before.Inquiry
	c.Changed = *p != before
	return c
}

// earlier tells whether the facts are of a subscription that has ended and is neither the one that is known nor that of the page
// that is out: its late messages say nothing of what came after it.
func (p *Subscription) earlier(f Facts) bool {
	s := f.Subscription
	return s != nil && s.Status.Final() && p.Reference != "" && s.ID != p.Reference &&
		(f.Checkout == nil || f.Checkout.Subscription != s.ID)
}

func (p *Subscription) fromSubscription(now time.Time, f Facts) {
	s := f.Subscription
	if p.Reference != s.ID { // what is known of another subscription says nothing of this one
		p.PeriodEnd = time.Time{}
	}
	p.Reference = s.ID
	if !s.Status.Final() { // the customer of one that has ended may be deleted
		p.Customer = s.Customer
	}
	switch { // a renewal moves the subscription's period ahead before it is paid
	case !f.PaidUntil.IsZero():
		p.PeriodEnd = f.PaidUntil
	case p.PeriodEnd.IsZero():
		p.PeriodEnd = s.PeriodEnd()
	}
	p.EndsAt = s.Ends()
	p.Ending = !p.EndsAt.IsZero() && !s.Renews()
	p.Resting = s.Resting && !s.Status.Final()
	to := p.State
	switch s.Status {
	case payment.Active, payment.Trialing:
		to = Active
	case payment.PastDue:
		to = PastDue
	case payment.UnpaidStatus, payment.Paused:
		to = Unpaid
	case payment.Canceled:
		to = Canceled
	case payment.IncompleteExpired:
		to = Canceled
		if p.PaidAt.IsZero() { // the first payment never came: as if the page had run out
			to = None
		}
	case payment.Incomplete:
		to = CheckoutOpen
	}
	if p.Resting && to.Open() { // nothing is to be had for it, and nothing is charged
		to = Unpaid
	}
	if f.Disputed && to.Open() {
		to = Disputed
	}
	switch {
	case to == PastDue && p.State != PastDue:
		p.PastDueSince = now
	case to != PastDue:
		p.PastDueSince = time.Time{}
	}
	if to.Over() && !p.State.Over() {
		p.EndedAt = now
	} else if !to.Over() {
		p.EndedAt = time.Time{}
	}
	p.State = to
	p.ask(f)
}

// ask notes what the payer's bank wants to know: that a renewal is confirmed, or whether a payment was right.
func (p *Subscription) ask(f Facts) {
	asked := Subscription{}
	if p.State == PastDue && f.Owed.Confirm {
		asked.Asked, asked.AskedURL = f.Owed.Invoice, f.Owed.URL
	}
	switch {
	case asked.Asked == "":
		p.Untold &^= TellAsked
	case asked.Asked != p.Asked: // once for each invoice, however often it is tried
		p.Untold |= TellAsked
	}
	p.Asked, p.AskedURL = asked.Asked, asked.AskedURL
	inquiry := f.Inquiry && p.State.Open()
	switch {
	case !inquiry:
		p.Untold &^= TellInquiry
	case !p.Inquiry:
		p.Untold |= TellInquiry
	}
	p.Inquiry = inquiry
}

// look sets when to ask the provider without having been told.
func (p *Subscription) look(now time.Time) {
	switch p.State {
	case CheckoutOpen:
		if !now.Before(p.Due) {
			p.Checkout.Looks++
			p.Due = now.Add(min(FirstLook<<min(p.Checkout.Looks, 8), LastLook))
		}
	case Active, PastDue, Disputed:
		p.Due = p.PeriodEnd.Add(RenewalGrace)
		if !now.Before(p.Due) { // nobody has told what became of the renewal, and neither does the provider yet
			p.Due = now.Add(RenewalGrace)
		}
	default:
		p.Due = time.Time{}
	}
	if p.Untold == 0 {
		p.Telling = time.Time{}
		return
	}
	// What is to be told is told soon, also when whoever was at it has died.
	at := p.Telling
	if !now.Before(at) {
		at = now.Add(tellLease)
	}
	if p.Due.IsZero() || at.Before(p.Due) {
		p.Due = at
	}
}
