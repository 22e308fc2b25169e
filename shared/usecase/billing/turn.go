package billing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// turn carries out a change of payer one step further, as far as the payment service allows. It returns true where there is nothing
// else to be done about the relationship's payment now. sub is the subscription that was told of; it becomes "" where that is the
// change's own.
//
// Each step is written down before the next one begins, and each may be repeated: a subscription is made under a key, and found again
// by what stands on it. The old subscription ends by itself at the end of what is paid, and the new one charges nothing before that,
// so that whoever dies between two steps leaves at worst a subscription that was not charged yet.
func (s *Checkouts) turn(ctx context.Context, c *client.Client, sub *string) (bool, func() error, error) {
	p := c.Change
	if *sub != "" && *sub != c.Payment.Reference {
		of, err := s.madeFor(ctx, *sub)
		switch {
		case err != nil:
			return false, nil, err
		case of != "" && (!p.Open() || of != string(p.ID)):
			return true, nil, s.endOf(ctx, *sub)
		case of != "": // also where whoever makes it has not written it down yet
			*sub = ""
		}
	}
	if !p.Open() {
		return false, nil, nil
	}
	switch p.State {
	case client.ChangeAgreed:
		return s.setUp(ctx, c)
	case client.ChangeScheduled:
		return s.watch(ctx, c)
	case client.ChangeUndoing:
		return s.undo(ctx, c)
	}
	return false, nil, nil
}

// madeFor is the change of payer for which a subscription was made; "" for any other.
func (s *Checkouts) madeFor(ctx context.Context, sub string) (string, error) {
	x, err := s.Provider.Subscription(ctx, sub)
	if payment.Is(err, payment.Missing) {
		return "", nil
	}
	return x.Metadata[metaChange], asFault(err)
}

// endOf ends a subscription that was made for a change of payer that came to nothing.
func (s *Checkouts) endOf(ctx context.Context, sub string) error {
	x, err := s.Provider.Subscription(ctx, sub)
	if payment.Is(err, payment.Missing) || err == nil && x.Status.Final() {
		return nil
	}
	if err != nil {
		return asFault(err)
	}
	return payBack(ctx, s.Provider, sub, "it is of a change of payer that came to nothing")
}

// setUp makes the new subscription, which charges nothing before the day of the change, and has the old one end on that day.
func (s *Checkouts) setUp(ctx context.Context, c *client.Client) (bool, func() error, error) {
	p, now := c.Change, s.Now().Truncate(time.Millisecond)
	a, err := s.Store.Agency(ctx, c.Agency)
	if fault.Is(err, fault.NotFound) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	begun := p.Next.Reference != "" // then it is finished, however late it is
	if !begun && (a.Suspended || !c.Joined() || !now.Before(p.Terms.At.Add(-client.SetUpMargin))) {
		return s.later(ctx, c, now)
	}
	old, err := s.Provider.Subscription(ctx, c.Payment.Reference)
	if err != nil && !payment.Is(err, payment.Missing) {
		return false, nil, asFault(err)
	}
	if begun && old.Status.Final() { // by this change: what becomes of it is seen by the next look
		p.Schedule(now)
		return s.write(ctx, c, payerRow(now, audit.System, audit.PayerScheduled, c, audit.Moment(p.Terms.At)))
	}
	if begun && old.PeriodEnd().After(p.Terms.At) { // nobody could have it end in time: it has renewed, and the new one goes
		p.Stop(client.ChangeFailed, client.OldKept, now)
		return s.write(ctx, c)
	}
	if old.Status != payment.Active || !old.Renews() && !p.OldEnds || !old.PeriodEnd().Equal(p.Terms.At) {
		return s.later(ctx, c, now)
	}
	known, err := s.payersCard(ctx, c, a.Payment.Customer, a.Payment.Reference)
	if err != nil {
		return false, nil, err
	}
	if !known {
		return s.later(ctx, c, now)
	}
	if p.Next.Reference == "" {
		made, err := s.subscribe(ctx, c)
		if refused(err) {
			slog.WarnContext(ctx, "the subscription of a new payer is refused", "client", c.ID, "error", err)
			p.Stop(client.ChangeFailed, client.CardFailed, now)
			if f := asFault(err); fault.Is(f, fault.PaymentsOff) {
				p.Reason = client.NotSold
			}
			return s.write(ctx, c)
		}
		if err != nil {
			return false, nil, asFault(err)
		}
		p.Next.Reference, p.OldEnds = made.ID, true
		if err := s.Store.Commit(ctx, c.Agency, client.Change{Client: c}); err != nil {
			return false, nil, err
		}
	}
	old, err = s.Provider.CancelAtPeriodEnd(ctx, c.Payment.Reference, true)
	if refused(err) { // it has ended meanwhile
		p.Stop(client.ChangeCanceled, client.OldEnded, now)
		return s.write(ctx, c)
	}
	if err != nil {
		return false, nil, asFault(err)
	}
	if !old.PeriodEnd().Equal(p.Terms.At) { // it was renewed in this moment, and goes on
		p.Stop(client.ChangeFailed, client.OldKept, now)
		return s.write(ctx, c)
	}
	p.Schedule(now)
	return s.write(ctx, c, payerRow(now, audit.System, audit.PayerScheduled, c, audit.Moment(p.Terms.At)))
}

// refused tells whether the payment service does not do it, now or ever.
func refused(err error) bool {
	return payment.Is(err, payment.Refused) || payment.Is(err, payment.Missing) || payment.Is(err, payment.Declined)
}

// later leaves a change that cannot be set up now to the next look, and to what becomes of the payment meanwhile.
func (s *Checkouts) later(ctx context.Context, c *client.Client, now time.Time) (bool, func() error, error) {
	if p := c.Change; !now.Before(p.Due) {
		p.Look(now)
		if err := s.Store.Commit(ctx, c.Agency, client.Change{Client: c}); err != nil {
			return false, nil, err
		}
	}
	return false, nil, nil
}

// write writes the relationship with rows of the log, and has the client told.
func (s *Checkouts) write(ctx context.Context, c *client.Client, rows ...audit.Entry) (bool, func() error, error) {
	if err := s.Store.Commit(ctx, c.Agency, client.Change{Client: c, Audit: rows}); err != nil {
		return false, nil, err
	}
	return true, s.tellChange(ctx, c, nil), nil
}

// payersCard finds the card of who is to pay: the one that was given for the change, or that the agency's plan is paid by. It returns
// false while there is none, after writing down that one is wanted.
func (s *Checkouts) payersCard(ctx context.Context, c *client.Client, customer, plan string) (bool, error) {
	p := c.Change
	if p.Method != "" {
		return true, nil
	}
	needed := p.NeedCard
	switch {
	case p.Next.Checkout.ID != "":
		page, err := s.Provider.Checkout(ctx, p.Next.Checkout.ID)
		if err != nil && !payment.Is(err, payment.Missing) {
			return false, asFault(err)
		}
		if page.Status == payment.CheckoutComplete && page.Card != "" && page.Customer != "" {
			p.Method, p.Next.Customer, p.NeedCard = page.Card, page.Customer, false
			if p.To == client.ByAgency { // so that for the next client no card is asked for again
				if err := s.Provider.KeepCard(ctx, page.Customer, page.Card); err != nil && !refused(err) {
					return false, asFault(err)
				}
			}
		}
	case p.To == client.ByAgency && customer != "":
		card, err := s.Provider.CardOf(ctx, customer, plan)
		if err != nil {
			return false, asFault(err)
		}
		if card != "" {
			p.Method, p.Next.Customer = card, customer
		}
		if want := card == ""; p.NeedCard != want {
			p.NeedCard, p.Untold = want, true
		}
	}
	if p.Method == "" && p.NeedCard == needed {
		return false, nil
	}
	if p.To == client.ByAgency && p.Method != "" { // now, so that the next card is given at the same customer, and not on the day
		if err := s.introduce(ctx, c.Agency, p.Next.Customer); err != nil {
			return false, err
		}
	}
	if err := s.Store.Commit(ctx, c.Agency, client.Change{Client: c}); err != nil {
		return false, err
	}
	return p.Method != "", nil
}

// subscribe makes the new payer's subscription, or finds the one that was made before.
func (s *Checkouts) subscribe(ctx context.Context, c *client.Client) (payment.Subscription, error) {
	p := c.Change
	if found, err := s.made(ctx, p.Next.Customer, p, ""); err != nil || found != nil {
		return value(found), err
	}
	r := payment.SubscribeRequest{IdempotencyKey: string(p.ID) + "." + fmt.Sprint(p.Terms.Version), Metadata: changeMetadata(c),
		Customer: p.Next.Customer, Card: p.Method, From: p.Terms.At, AutomaticTax: p.Terms.New.Tax.Way == contract.Worked}
	for _, l := range p.Terms.New.Lines {
		r.Lines = append(r.Lines, payment.Line{PriceID: l.Price(p.Terms.Every).ID, Quantity: 1})
	}
	return s.Provider.Subscribe(ctx, r)
}

func value(x *payment.Subscription) payment.Subscription {
	if x == nil {
		return payment.Subscription{}
	}
	return *x
}

// made finds a subscription that was made for the change and nobody could write down; nil for none. back is "1" for that of the old
// payer's, by which it goes on.
func (s *Checkouts) made(ctx context.Context, customer string, p *client.PayerChange, back string) (*payment.Subscription, error) {
	if customer == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	all, err := s.Provider.SubscriptionsOf(ctx, customer)
	if payment.Is(err, payment.Missing) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	for n := range all {
		if x := &all[n]; x.Metadata[metaChange] == string(p.ID) && x.Metadata[metaBack] == back && !x.Status.Final() {
			return x, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// watch looks whether both subscriptions still are as they were set, and has the new payer pay from its first payment on. While the
// old subscription has ended and the new one is not paid yet, which takes Stripe an hour, nothing changes for anybody.
func (s *Checkouts) watch(ctx context.Context, c *client.Client) (bool, func() error, error) {
	p, now := c.Change, s.Now().Truncate(time.Millisecond)
	old, err := s.Provider.Subscription(ctx, c.Payment.Reference)
	if err != nil && !payment.Is(err, payment.Missing) {
		return false, nil, asFault(err)
	}
	over := err != nil || old.Status.Final()
	next, err := s.Provider.Subscription(ctx, p.Next.Reference)
	if err != nil && !payment.Is(err, payment.Missing) {
		return false, nil, asFault(err)
	}
	gone := err != nil || next.Status.Final()
	stop := func(outcome client.ChangeState, why client.ChangeReason) (bool, func() error, error) {
		p.Stop(outcome, why, now)
		if _, _, err := s.write(ctx, c); err != nil {
			return false, nil, err
		}
		return s.undo(ctx, c)
	}
	last, err := s.lastPayment(ctx, p.Next.Reference, gone)
	if err != nil {
		return false, nil, err
	}
	paid := last.Until.After(p.Terms.At)
	switch a, err := s.Store.Agency(ctx, c.Agency); {
	case err != nil && !fault.Is(err, fault.NotFound):
		return false, nil, err
	case paid && over:
		return s.handOver(ctx, c, next, now)
	case err == nil && a.Suspended:
		return stop(client.ChangeCanceled, client.WasSuspended)
	case gone || !next.Renews():
		return stop(client.ChangeFailed, client.NewEnded)
	case next.Status == payment.PastDue || !next.Status.Serves():
		return stop(client.ChangeFailed, client.CardFailed)
	case !over && (old.Renews() || old.PeriodEnd().After(p.Terms.At)):
		return stop(client.ChangeCanceled, client.OldKept)
	}
	if !over {
		f, err := facts(ctx, s.Provider, &c.Payment, "")
		if err != nil {
			return false, nil, err
		}
		if f.Disputed {
			return stop(client.ChangeCanceled, client.WasDisputed)
		}
	}
	if now.Before(p.Due) && !p.Untold {
		return over, nil, nil
	}
	p.Watch(now)
	if !c.Payment.Due.IsZero() && !now.Before(c.Payment.Due) {
		c.Payment.Due = p.Due
	}
	if _, then, err := s.write(ctx, c); err != nil || over {
		return true, then, err
	}
	return false, s.tellChange(ctx, c, nil), nil
}

// lastPayment is the newest payment of a subscription; the zero Payment where it is gone.
func (s *Checkouts) lastPayment(ctx context.Context, sub string, gone bool) (payment.Payment, error) {
	if gone || sub == "" {
		return payment.Payment{}, nil
	}
	last, err := s.Provider.LastPayment(ctx, sub)
	if payment.Is(err, payment.Missing) {
		return payment.Payment{}, nil
	}
	return last, asFault(err)
}

// handOver has the new payer pay, and own what was bought, which it has just paid for.
func (s *Checkouts) handOver(ctx context.Context, c *client.Client, next payment.Subscription, now time.Time) (bool, func() error, error) {
	w := client.Change{Client: c}
	customer := c.Payment.Customer
	c.HandOver(next.ID, now)
	f, err := facts(ctx, s.Provider, &c.Payment, next.ID)
	if err != nil {
		return false, nil, err
	}
	c.Payment.Reduce(now, f)
	if c.AgencyPays() {
		c.Payment.Customer = customer
	} else {
		w.Customer = next.Customer
	}
	for n := range c.Items { // what somebody has held is paid for
		if i := &c.Items[n]; !i.Left {
			i.Resume(now)
		}
	}
	for _, i := range c.Items {
		x, err := s.Store.Resource(ctx, c.Agency, i.Resource)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return false, nil, err
		}
		if was := *x; s.owned(x, c) && *x != was {
			w.Set = append(w.Set, x)
		}
	}
	w.Audit = append(w.Audit, payerRow(now, audit.System, audit.PayerChanged, c, string(c.Payer())))
	if c.AgencyPays() {
		if err := s.introduce(ctx, c.Agency, next.Customer); err != nil {
			return false, nil, err
		}
	}
	if err := s.Store.Commit(ctx, c.Agency, w); err != nil {
		return false, nil, err
	}
	provision(ctx, s.Provision, c)
	return true, s.tellChange(ctx, c, nil), nil
}

// introduce notes the customer by whom an agency pays that never paid for a plan, so that its owners find their card and invoices.
func (s *Checkouts) introduce(ctx context.Context, which id.Agency, customer string) error {
	return conflict.Retry(ctx, func() error {
		a, err := s.Store.Agency(ctx, which)
		if fault.Is(err, fault.NotFound) || err == nil && (a.Payment.Customer != "" || !a.ClosedAt.IsZero()) {
			return nil
		}
		if err != nil {
			return err
		}
		before := *a
		a.Payment.Customer = customer
		return s.Store.Charge(ctx, a, before, nil)
	})
}

// owned writes on a resource whose it is.
func (s *Checkouts) owned(x *instance.Resource, c *client.Client) bool {
	if !x.Bought() {
		return false
	}
	x.Owner, x.Handed = c.ID, c.AgencyPays()
	return true
}

// ended is the row of the log of a change that came to nothing by itself.
func ended(c *client.Client, now time.Time) audit.Entry {
	action := audit.PayerCanceled
	switch c.Change.State {
	case client.ChangeExpired:
		action = audit.PayerExpired
	case client.ChangeFailed:
		action = audit.PayerFailed
	}
	return payerRow(now, audit.System, action, c, string(c.Change.Reason))
}

// follow brings a change that is not set up yet to what has become of the payment. It returns whether anything has changed.
func (s *Checkouts) follow(ctx context.Context, c *client.Client, now time.Time, w *client.Change) (bool, error) {
	if !c.Change.Open() {
		return false, nil
	}
	a, err := s.Store.Agency(ctx, c.Agency)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	switch c.FollowPayment(err != nil || a.Suspended, now) {
	case "":
		if p := c.Change; p.State == client.ChangeProposed && !p.Due.IsZero() && !now.Before(p.Due) {
			p.Rest(now)
			return true, nil
		}
		return false, nil
	case client.ChangeUndoing:
	case client.ChangeProposed:
		w.Audit = append(w.Audit, payerRow(now, audit.System, audit.PayerAnew, c, fmt.Sprint(c.Change.Terms.Version)))
	default:
		w.Audit = append(w.Audit, ended(c, now))
	}
	return true, nil
}

// tellChange adds to what is done after a change is written that the client is told what has become of the payer. What could not be
// handed over is told by the next look.
func (s *Checkouts) tellChange(ctx context.Context, c *client.Client, after func() error) func() error {
	p := c.Change
	if s.Mail == nil || p == nil || !p.Untold {
		return after
	}
	return func() error {
		if after != nil {
			if err := after(); err != nil {
				return err
			}
		}
		m := job.Mail{Kind: job.Payer, Agency: c.Agency, Client: c.ID, Item: string(p.ID), Job: string(p.State)}
		if !c.Erased() {
			if err := s.Mail.Send(ctx, m.Encode(), 0); err != nil {
				return err
			}
		}
		return s.change(ctx, c.Agency, c.Ref(), func(is *client.Client) bool {
			return is.Change != nil && is.Change.ID == p.ID && is.Change.State == p.State &&
				is.Change.Told(s.Now().Truncate(time.Millisecond))
		})
	}
}
