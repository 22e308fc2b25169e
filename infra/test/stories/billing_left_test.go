package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/delivery"

	"latchkey.dev/shared/adapter/dynamo"
)

// byOperator is a row of the log of what the operator does now.
func (o *office) byOperator(what audit.Action) audit.Entry {
	now := time.Now()
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: "operator", Action: what, Subject: string(o.id)}
}

// stop suspends the agency, and stops what its clients have bought.
func (s *shop) stop(o *office) {
	s.t.Helper()
	must(s.t, s.table.Suspend(s.ctx, o.id, "it was reported", o.byOperator(audit.AgencySuspended)))
	must(s.t, s.table.Halt(s.ctx, o.id, o.byOperator(audit.AgencyHalted)))
	s.run(5 * time.Minute)
}

// A dispute closes the portal, and the subscription behind it goes on: whoever leaves then, is removed or erased, is charged no more.
func TestFM8WhoeverLeavesWhileItsPaymentIsDisputedIsChargedNoMore(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"leaves", "is removed", "is erased by the agency", "erases itself"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			shopIn(t, func(s *shop) {
				o := s.office("Northwind")
				which := s.buy(o, "ops@acme.example")
				c := o.get(which)
				_, err := s.till.Dispute(c.Payment.Reference, "fraudulent")
				must(t, err)
				s.run(5 * time.Minute)
				equal(s.world, "disputed", o.get(which).Payment.State, subscription.Disputed)
				switch way {
				case "leaves":
					must(t, s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id))
				case "is removed":
					_, err = s.removal.Remove(s.ctx, o.owner, c.ID)
					must(t, err)
				case "is erased by the agency":
					must(t, s.removal.Erase(s.ctx, o.owner, c.ID))
				case "erases itself":
					must(t, s.erasure.Erase(s.ctx, person("ops@acme.example")))
				}
				s.run(5 * time.Minute)
				equal(s.world, "subscriptions", len(s.alive(which)), 0)
				last, err := s.service.LastPayment(s.ctx, c.Payment.Reference)
				must(t, err)
				s.long(40 * 24 * time.Hour)
				now, err := s.service.LastPayment(s.ctx, c.Payment.Reference)
				must(t, err)
				equal(s.world, "the last payment", now.Intent, last.Intent)
			})
		})
	}
}

// What rests while the operator has stopped it ends with whoever is erased: nothing is charged when the agency goes on, and the days
// that were given back are not given back twice.
func TestFM8WhatRestsEndsWithWhoeverIsErased(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		sub := o.get(which).Payment.Reference
		s.long(10 * 24 * time.Hour)
		s.stop(o)
		equal(s.world, "it rests", o.get(which).Payment.Resting, true)
		before, err := s.service.LastPayment(s.ctx, sub)
		must(t, err)
		must(t, s.erasure.Erase(s.ctx, person("ops@acme.example")))
		s.run(5 * time.Minute)
		equal(s.world, "subscriptions", len(s.alive(which)), 0)
		must(t, s.table.Resume(s.ctx, o.id, o.byOperator(audit.AgencyResumed)))
		s.long(40 * 24 * time.Hour)
		after, err := s.service.LastPayment(s.ctx, sub)
		must(t, err)
		equal(s.world, "paid and given back", [2]any{after.Intent, after.Refunded}, [2]any{before.Intent, before.Refunded})
	})
}

// What is stopped is not charged while its last payment is disputed either, be it a client's or the agency's own plan.
func TestFM8WhatIsStoppedWhileItIsDisputedIsNotCharged(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o, _, plan := s.boughtMax()
		which := s.buy(o, "ops@acme.example")
		sub := o.get(which).Payment.Reference
		for _, disputed := range []string{plan, sub} {
			_, err := s.till.Dispute(disputed, "fraudulent")
			must(t, err)
		}
		s.run(5 * time.Minute)
		s.stop(o)
		for name, of := range map[string]string{"the plan": plan, "the client": sub} {
			x, err := s.service.Subscription(s.ctx, of)
			must(t, err)
			equal(s.world, name+" rests", x.Resting, true)
		}
		must(t, s.table.Resume(s.ctx, o.id, o.byOperator(audit.AgencyResumed)))
		s.run(5 * time.Minute)
		for name, of := range map[string]string{"the plan": plan, "the client": sub} {
			x, err := s.service.Subscription(s.ctx, of)
			must(t, err)
			equal(s.world, name+" goes on", x.Resting, false)
		}
	})
}

// A plan whose payment is disputed ends with its agency.
func TestFM8ADisputedPlanEndsWithItsAgency(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o, owner, plan := s.boughtMax()
		_, err := s.till.Dispute(plan, "fraudulent")
		must(t, err)
		s.run(5 * time.Minute)
		equal(s.world, "disputed", s.agency(o).Payment.State, subscription.Disputed)
		closing := &agencies.Closing{Store: dynamo.NewClosings(s.table.Table), Now: time.Now}
		owner.Since, owner.Proved = time.Now(), time.Now()
		must(t, closing.Close(s.ctx, owner, "Solo"))
		s.run(5 * time.Minute)
		x, err := s.service.Subscription(s.ctx, plan)
		must(t, err)
		equal(s.world, "the plan", x.Status, payment.Canceled)
	})
}

// An invite whose mail comes back for good is dead: nobody pays on the page that was opened from an earlier mail.
func TestFM8ThePageOfAnInviteThatCameBackCloses(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		page := s.session(o, which)
		must(t, s.feedback.Record(s.ctx, delivery.Report{Kind: delivery.Bounced, At: time.Now(), Detail: "there is no such mailbox",
			Tags: map[string]string{"kind": "invite", "agency": string(o.id), "client": string(o.client(which)), "invite": string(which)}}))
		s.run(3 * time.Minute)
		made, err := s.service.Checkout(s.ctx, page)
		must(t, err)
		equal(s.world, "the page", made.Status, payment.CheckoutExpired)
		equal(s.world, "the payment", o.get(which).Payment.State, subscription.None)
	})
}

// scrubbed is a payment service at which somebody has changed by hand what was written on a subscription.
type scrubbed struct{ billing.Provider }

func (s scrubbed) Subscription(ctx context.Context, which string) (payment.Subscription, error) {
	x, err := s.Provider.Subscription(ctx, which)
	for key := range x.Metadata {
		if strings.HasSuffix(key, "client") {
			x.Metadata[key] = "Acme Ltd"
		}
	}
	return x, err
}

// A client's subscription on which its client cannot be read any more is no plan of its agency's, and is found all the same.
func TestFM8AClientsSubscriptionIsNoPlan(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		s.bill.Provider = scrubbed{s.service}
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
		must(t, err)
		s.run(5 * time.Minute)
		equal(s.world, "the client's payment", o.get(which).Payment.State, subscription.Active)
		equal(s.world, "the plan's", s.agency(o).Payment.State, subscription.None)
		must(t, s.till.Cancel(o.get(which).Payment.Reference)) // by then its customer is known
		s.run(5 * time.Minute)
		equal(s.world, "and its end", o.get(which).Payment.State, subscription.Canceled)
	})
}
