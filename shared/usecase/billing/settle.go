package billing

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/subscription"
)

// Settle asks the payment service how a relationship's payment stands, and brings the relationship to it: a payment makes
// a client and the work of making what was bought, a lapse closes it, money that nothing can be given for goes back. The
// subscription is the one to ask for; "" for the one that is known. However often, late or at once it is called, the
// result is the same.
func (s *Checkouts) Settle(ctx context.Context, agencyID id.Agency, ref id.Ref, sub string) error {
	var after func() error
	err := conflict.Retry(ctx, func() error {
		after = nil
		c, err := s.Store.Client(ctx, agencyID, ref, true)
		if fault.Is(err, fault.NotFound) {
			return s.endStray(ctx, sub)
		}
		if err != nil {
			return err
		}
		turned, then, err := s.turn(ctx, c, &sub)
		if err != nil || turned {
			after = then
			return err
		}
		if c.Erased() && !c.AgencyKeeps() {
			return s.endErased(ctx, c, sub)
		}
		if err := s.tidy(ctx, c); err != nil {
			return err
		}
		facts, err := facts(ctx, s.Provider, &c.Payment, sub)
		if x := facts.Subscription; err == nil && c.Change.Bound() && x != nil && x.ID == c.Payment.Reference && x.Status.Final() {
			return conflict.ErrChanged // it has ended in this moment, as it was set to: nothing closes, see turn
		}
		if err == nil {
			err = s.rest(ctx, c, &facts)
		}
		if err == nil {
			err = s.part(ctx, c, &facts)
		}
		if err != nil {
			return err
		}
		after, err = s.apply(ctx, c, facts)
		return err
	})
	if err != nil || after == nil {
		return err
	}
	return after()
}

// tidy looks after pages that nobody else looks after: one that was made by somebody who could not say so, which the same
// request finds again, and one on which nobody may pay any more, which closes now: its invite has ended otherwise than by being
// cancelled, or its agency is suspended, has no plan or has lost who invited.
func (s *Checkouts) tidy(ctx context.Context, c *client.Client) error {
	p := &c.Payment
	if p.State != subscription.CheckoutOpen {
		return nil
	}
	now := s.Now()
	if p.Checkout.ID == "" && c.Contract() != nil && now.Sub(p.Checkout.OpenedAt) >= lost && now.Before(p.Checkout.ExpiresAt) {
		made, err := s.make(ctx, c)
		switch {
		case notSold(err):
			p.Withdraw(p.Checkout.Attempt)
		case err != nil:
			return asFault(err)
		default:
			p.Opened(p.Checkout.Attempt, made.ID, made.URL, made.Customer)
		}
		if err := s.Store.Commit(ctx, c.Agency, client.Change{Client: c}); err != nil {
			return err
		}
		return conflict.ErrChanged // what is kept is read anew
	}
	if p.Checkout.ID == "" {
		return nil
	}
	if over := c.Invite.Status == invite.Canceled || c.Invite.Status == invite.Failed || !c.EndedAt.IsZero(); !over {
		err := s.maySell(ctx, c, p.Over() && c.Joined())
		if !fault.Is(err, fault.Gone) { // or nothing is wrong with it
			return err
		}
	}
	if _, err := s.Provider.ExpireCheckout(ctx, p.Checkout.ID); err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	return nil
}

// lost is how long after an attempt was begun its page counts as one that nobody has told of.
const lost = time.Minute

// apply brings the relationship to the facts. What it returns is done when the change is written: it may be repeated, and
// is found again by the next look when it fails.
func (s *Checkouts) apply(ctx context.Context, c *client.Client, f subscription.Facts) (after func() error, err error) {
	now := s.Now().Truncate(time.Millisecond)
	x := f.Subscription
	if x != nil && x.Metadata[metaInvite] != "" && x.Metadata[metaInvite] != string(c.Invite.ID) && x.ID != c.Payment.Reference {
		if !x.Renews() { // of a time before, and ending
			return nil, nil //nolint:nilnil // nothing is to be done
		}
		return func() error { return payBack(ctx, s.Provider, x.ID, "it is of an invite that was replaced") }, nil
	}
	before, customer := c.Payment.Reference, c.Payment.Customer
	change := c.Payment.Reduce(now, f)
	if c.AgencyPays() { // the agency's customer is the agency's
		c.Payment.Customer = customer
	}
	if change.Second {
		return func() error { return payBack(ctx, s.Provider, f.Subscription.ID, "it is a second one") }, nil
	}
	w := client.Change{Client: c}
	closed := false
	var given promised
	if change.Fulfil {
		if closed, err = s.closed(ctx, c); err != nil {
			return nil, err
		}
		if given, err = s.promised(ctx, c); err != nil {
			return nil, err
		}
	}
	switch {
	case change.Fulfil && (closed || !s.fulfil(now, c, f.Subscription, given, &w)):
		// Cancelled before the money came: nobody gets anything for it.
		ref := c.Payment.Reference
		c.Payment.State, c.Payment.PaidAt, c.Payment.EndedAt, c.Payment.Due = subscription.Canceled, time.Time{}, now, time.Time{}
		w.Audit = append(w.Audit, paid(now, c, audit.PaymentReturned, ref))
		after = func() error { return payBack(ctx, s.Provider, ref, "its invite was cancelled") }
	case change.Closed:
		for n := range c.Items {
			if i := &c.Items[n]; !i.Left {
				i.Hold(now)
			}
		}
		w.Audit = append(w.Audit, paid(now, c, audit.PaymentEnded, string(c.Payment.State)))
	case change.Opened:
		for n := range c.Items {
			// A new subscription pays for all that the contract holds, also for what was deleted or paid back.
			if i := &c.Items[n]; !i.Left && !i.Resume(now) && c.Payment.Reference != before {
				i.Renew(now)
			}
		}
		w.Audit = append(w.Audit, paid(now, c, audit.PaymentResumed, ""))
	case change.Was != c.Payment.State && c.Payment.State == subscription.PastDue:
		w.Audit = append(w.Audit, paid(now, c, audit.PaymentFailed, ""))
	}
	followed, err := s.follow(ctx, c, now, &w)
	if err != nil {
		return nil, err
	}
	if change.Asks {
		w.Audit = append(w.Audit, paid(now, c, audit.PaymentInquiry, ""))
	}
	tells := s.Mail != nil && after == nil && c.Payment.Tell(now)
	if spoken := s.speak(ctx, c); spoken || change.Changed || tells || followed || len(w.Audit) > 0 {
		if err := s.Store.Commit(ctx, c.Agency, w); err != nil {
			return nil, err
		}
		provision(ctx, s.Provision, c)
	}
	if tells {
		after = func() error { return s.tell(ctx, c) }
	}
	return s.tellChange(ctx, c, after), nil
}

// speak has the payment service write to a client that pays in its language. It returns whether there is anything new to note. What the
// service does not take in this moment is said again by the next look, and keeps no payment up.
func (s *Checkouts) speak(ctx context.Context, c *client.Client) bool {
	l, was := c.Language, c.Payment
	if deal := c.Contract(); l == "" && deal != nil {
		l = deal.Language
	}
	if c.AgencyPays() || c.Erased() || !c.Payment.State.Open() || !c.Payment.Spoken(l) {
		return false
	}
	if err := s.Provider.Speak(ctx, c.Payment.Customer, l); payment.Is(err, payment.Passing) {
		c.Payment = was
		return false
	} else if err != nil && !payment.Is(err, payment.Missing) {
		slog.WarnContext(ctx, "the payment service writes to a client in another language", "client", c.ID, "language", l, "error", err)
	}
	return true
}

// tell hands over the mails about what has happened, and notes that: what could not be handed over is told by the look that is due
// when nobody is taken to be at it any more. A crash between the two tells twice.
func (s *Checkouts) tell(ctx context.Context, c *client.Client) error {
	said := c.Payment.Untold
	m := job.Mail{Agency: c.Agency, Client: c.ID}
	if said&subscription.TellAsked != 0 {
		m.Kind, m.Job = job.Confirm, c.Payment.Asked
		if c.AgencyPays() {
			m.Member = c.Change.Agent()
		}
		if err := s.Mail.Send(ctx, m.Encode(), 0); err != nil {
			return err
		}
	}
	m.Member = ""
	if said&subscription.TellInquiry != 0 && !c.AgencyPays() {
		m.Kind, m.Job, m.Member = job.Inquiry, c.Payment.Reference, c.Invite.From.Member
		if err := s.Mail.Send(ctx, m.Encode(), 0); err != nil {
			return err
		}
	}
	return s.change(ctx, c.Agency, c.Ref(), func(is *client.Client) bool {
		return is.Payment.Told(said, s.Now().Truncate(time.Millisecond))
	})
}

// Forget forgets a customer of the relationship's that is there no more at the payment service.
func (s *Checkouts) Forget(ctx context.Context, agency id.Agency, ref id.Ref, customer string) error {
	return s.change(ctx, agency, ref, func(c *client.Client) bool { return c.Payment.Forget(customer) })
}

// change writes what f changes of the relationship as it is now; f returns false where there is nothing to be changed.
func (s *Checkouts) change(ctx context.Context, agency id.Agency, ref id.Ref, f func(c *client.Client) bool) error {
	return conflict.Retry(ctx, func() error {
		c, err := s.Store.Client(ctx, agency, ref, true)
		if fault.Is(err, fault.NotFound) || err == nil && !f(c) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.Store.Commit(ctx, agency, client.Change{Client: c})
	})
}

// closed tells whether nothing can be had of the agency: it is at its end, or is suspended and the payer is no client of it yet.
func (s *Checkouts) closed(ctx context.Context, c *client.Client) (bool, error) {
	a, err := s.Store.Agency(ctx, c.Agency)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return err == nil && (!a.ClosedAt.IsZero() || a.Suspended && !c.Joined()), err
}

// promised is what the invite gives of Client Portal, as it is now.
type promised struct {
	roles []role.Role
	cards []client.Card
}

func (s *Checkouts) promised(ctx context.Context, c *client.Client) (p promised, err error) {
	if c.Joined() {
		return p, nil
	}
	for _, which := range c.Invite.Roles {
		r, err := s.Store.Role(ctx, c.Agency, which)
		if err == nil {
			p.roles = append(p.roles, *r)
		} else if !fault.Is(err, fault.NotFound) {
			return p, err
		}
	}
	if which := c.Invite.Contact; which != "" {
		card, err := s.Store.Card(ctx, c.Agency, which)
		if err == nil {
			p.cards = append(p.cards, *card)
		} else if !fault.Is(err, fault.NotFound) {
			return p, err
		}
	}
	return p, nil
}

// fulfil makes the payer a client, with the work of making what was bought; what it has bought of the same before, and is
// kept still, is taken up again instead. It returns false for an invite that is not to be had any more.
func (s *Checkouts) fulfil(now time.Time, c *client.Client, sub *payment.Subscription, given promised, w *client.Change) bool {
	if !c.Joined() {
		ties, rows := c.Good(given.roles, given.cards, now)
		if !c.AcceptPaid(now, ties) {
			return false
		}
		w.Join = true
		w.Audit = append(append(w.Audit, row(now, string(c.ID), audit.InviteAccepted, string(c.Invite.ID), "")), rows...)
	}
	w.Customer = sub.Customer
	w.Audit = append(w.Audit, paid(now, c, audit.PaymentReceived, sub.ID))
	for _, i := range sub.Items {
		a, ok := article(c.Contract(), i)
		if !ok {
			slog.Error("paid for something that the contract does not hold", "client", c.ID, "subscription", sub.ID, "price", i.PriceID)
			continue
		}
		if kept := c.Adopt(a, now); kept != nil { // it comes back with all that is in it
			c.Grants = append(c.Grants, instance.Grant{Resource: kept.Resource, Access: instance.Write, Name: a.Name()})
			continue
		}
		prefix, kind := id.InstancePrefix, "n8n"
		if a.Product == contract.WhatsApp {
			prefix, kind = id.ServicePrefix, "whatsapp"
		}
		r := instance.Resource{ID: id.New[id.Resource](prefix, now), Type: kind, Name: a.Name(), Status: instance.PendingDeploy,
			Owner: c.ID, CreatedAt: now}
		r.Kind = instance.KindOf(r.ID)
		w.Make = append(w.Make, r)
		c.Items = append(c.Items, purchase.New(i.ID, a, r.ID, now))
		c.Grants = append(c.Grants, instance.Grant{Resource: r.ID, Access: instance.Write, Name: r.Name})
	}
	return true
}

// article finds what an item of a subscription is in the contract, by its price.
func article(c *contract.Contract, i payment.Item) (contract.Article, bool) {
	if c == nil {
		return contract.Article{}, false
	}
	for _, l := range c.Lines {
		if l.Month.ID == i.PriceID || l.Year.ID == i.PriceID {
			return l.Article, true
		}
	}
	return contract.Article{}, false
}

// part ends the subscription of somebody who has left and pays by one that goes on: nothing is to be had for it. What was paid
// already was had, or is disputed, and stays. The facts are then what the payment service says after it.
func (s *Checkouts) part(ctx context.Context, c *client.Client, f *subscription.Facts) error {
	x := f.Subscription
	if x == nil || c.AgencyPays() || c.EndedAt.IsZero() || x.ID != c.Payment.Reference || !x.Renews() {
		return nil
	}
	if _, err := s.Provider.CancelSubscription(ctx, x.ID, false); err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	var err error
	*f, err = facts(ctx, s.Provider, &c.Payment, x.ID)
	return err
}

// endErased ends what is paid for by somebody who was erased. What nothing could be had for any more is ended without paying back:
// the bank has the money, or the days that were left were given back before.
func (s *Checkouts) endErased(ctx context.Context, c *client.Client, sub string) error {
	if c.Payment.Alive() {
		if _, err := s.Provider.CancelSubscription(ctx, c.Payment.Reference, false); err != nil && !payment.Is(err, payment.Missing) {
			return asFault(err)
		}
	}
	for _, x := range []string{sub, c.Payment.Reference} {
		if err := s.endStray(ctx, x); err != nil {
			return err
		}
	}
	if c.Payment.Due.IsZero() {
		return nil
	}
	c.Payment = subscription.Subscription{}
	return s.Store.Commit(ctx, c.Agency, client.Change{Client: c})
}

// endStray ends a subscription of a relationship that is not there any more, and gives its money back.
func (s *Checkouts) endStray(ctx context.Context, sub string) error {
	if sub == "" {
		return nil
	}
	x, err := s.Provider.Subscription(ctx, sub)
	if payment.Is(err, payment.Missing) || err == nil && !x.Renews() {
		return nil
	}
	if err != nil {
		return asFault(err)
	}
	return payBack(ctx, s.Provider, sub, "its relationship is gone")
}
