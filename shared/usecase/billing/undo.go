package billing

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/payment"
)

// goesOnAfter is how soon a subscription begins by which the old payer goes on: it is billed as every renewal is then, and what the
// card does not pay is tried again.
const goesOnAfter = 5 * time.Minute

// undo takes back what was begun for a change that comes to nothing: the new subscription ends without having charged anything, and
// the old one goes on. Where the new one was paid in this moment after the old one has ended, the change is made after all.
func (s *Checkouts) undo(ctx context.Context, c *client.Client) (bool, func() error, error) {
	p, now := c.Change, s.Now().Truncate(time.Millisecond)
	old, err := s.Provider.Subscription(ctx, c.Payment.Reference)
	if err != nil && !payment.Is(err, payment.Missing) {
		return false, nil, asFault(err)
	}
	over := err != nil || old.Status.Final()
	if id := p.Next.Checkout.ID; id != "" && p.Method == "" { // nobody gives a card any more
		if _, err := s.Provider.ExpireCheckout(ctx, id); err != nil && !payment.Is(err, payment.Missing) {
			return false, nil, asFault(err)
		}
	}
	made, done, then, err := s.endNext(ctx, c, over)
	if err != nil || done {
		return done, then, err
	}
	switch {
	case over && s.goesOn(c, made):
		return s.goOn(ctx, c, old, now)
	case !over && p.OldEnds && !old.Renews() && !old.PeriodEnd().After(now): // it ends in this moment, which the next look sees
		return false, nil, conflict.ErrChanged
	case !over && p.OldEnds && !old.Renews():
		if _, err := s.Provider.CancelAtPeriodEnd(ctx, old.ID, false); err != nil {
			if refused(err) { // it has ended in this moment, which the next look sees
				return false, nil, conflict.ErrChanged
			}
			return false, nil, asFault(err)
		}
	}
	if !over && p.OldEnds { // also where somebody else has just had it go on, who could not write that down
		c.Payment.EndsAt, c.Payment.Ending = time.Time{}, false
	}
	return s.undone(ctx, c, now)
}

// endNext ends the new subscription. done says that the change is made after all.
func (s *Checkouts) endNext(ctx context.Context, c *client.Client, over bool) (made, done bool, then func() error, err error) {
	p := c.Change
	next := p.Next.Reference
	if next == "" && p.Method != "" {
		found, err := s.made(ctx, p.Next.Customer, p, "")
		if err != nil {
			return false, false, nil, asFault(err)
		}
		next = value(found).ID
	}
	if next == "" {
		return false, false, nil, nil
	}
	x, err := s.Provider.Subscription(ctx, next)
	if payment.Is(err, payment.Missing) {
		return true, false, nil, nil
	}
	if err != nil {
		return true, false, nil, asFault(err)
	}
	last, err := s.lastPayment(ctx, next, x.Status.Final())
	if err != nil {
		return true, false, nil, err
	}
	switch {
	case last.Until.After(p.Terms.At) && over: // it was paid, and nothing else is
		p.State, p.Reason = client.ChangeScheduled, ""
		done, then, err := s.handOver(ctx, c, x, s.Now().Truncate(time.Millisecond))
		return true, done, then, err
	case last.Until.After(p.Terms.At): // the old one was renewed as well: one of the two goes back
		return true, false, nil, payBack(ctx, s.Provider, next, "the old payer goes on")
	case x.Status.Final():
		return true, false, nil, nil
	}
	owed, err := s.Provider.Owed(ctx, x)
	if err != nil && !payment.Is(err, payment.Missing) {
		return true, false, nil, asFault(err)
	}
	if owed.Invoice != "" { // what is open could be paid still after the end
		if err := s.Provider.VoidInvoice(ctx, owed.Invoice); payment.Is(err, payment.Refused) {
			return true, false, nil, conflict.ErrChanged // paid in this moment
		} else if err != nil && !payment.Is(err, payment.Missing) {
			return true, false, nil, asFault(err)
		}
	}
	if _, err := s.Provider.CancelSubscription(ctx, next, false); err != nil && !payment.Is(err, payment.Missing) {
		return true, false, nil, asFault(err)
	}
	return true, false, nil, nil
}

// goesOn tells whether the old payer's subscription has to go on by another one, since it has ended by the change that came to
// nothing: the old payer has not asked for its end.
func (s *Checkouts) goesOn(c *client.Client, made bool) bool {
	return made && c.Change.OldEnds && (c.Joined() || c.AgencyPays()) && c.Payment.State.Open()
}

// goOn has the old payer go on by a subscription like the one that has ended, from now on.
func (s *Checkouts) goOn(ctx context.Context, c *client.Client, old payment.Subscription, now time.Time) (bool, func() error, error) {
	p := c.Change
	next, err := s.made(ctx, old.Customer, p, "1")
	if err != nil {
		return false, nil, asFault(err)
	}
	if next == nil {
		meta := changeMetadata(c)
		meta[metaBack] = "1"
		r := payment.SubscribeRequest{IdempotencyKey: string(p.ID) + ".on", Metadata: meta, Customer: old.Customer, Card: old.Card,
			From: now.Add(goesOnAfter), AutomaticTax: p.Terms.Old.Tax.Way == contract.Worked}
		for _, i := range old.Items {
			r.Lines = append(r.Lines, payment.Line{PriceID: i.PriceID, Quantity: i.Quantity})
		}
		made, err := s.Provider.Subscribe(ctx, r)
		if refused(err) && !customerGone(err) {
			slog.ErrorContext(ctx, "the old payer of a change that came to nothing cannot go on", Alert, "billing_payer_change_stuck",
				"client", c.ID, "subscription", old.ID, "error", err)
		}
		if refused(err) { // there is nobody to charge: it is over, as what is not paid
			p.OldEnds = false
			return s.undone(ctx, c, now)
		}
		if err != nil {
			return false, nil, asFault(err)
		}
		next = &made
	}
	c.Payment.Reference, c.Payment.PeriodEnd = next.ID, time.Time{}
	c.Payment.EndsAt, c.Payment.Ending, c.Payment.Due = time.Time{}, false, now
	return s.undone(ctx, c, now)
}

// undone notes that nothing of the change is left at the payment service.
func (s *Checkouts) undone(ctx context.Context, c *client.Client, now time.Time) (bool, func() error, error) {
	p := c.Change
	p.Undone(now)
	c.Payment.Due = now // how the old one stands now
	var rows []audit.Entry
	if r := ended(c, now); p.State != client.ChangeWithdrawn { // who has withdrawn it is in the log already
		rows = append(rows, r)
	}
	return s.write(ctx, c, rows...)
}
