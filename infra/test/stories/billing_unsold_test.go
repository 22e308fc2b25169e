package lifecycle

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/billing"
)

// shut has the operator take payments away: what was the payment service is billing.Unsold from then on.
func (s *shop) shut() {
	off := billing.Unsold{}
	s.checkouts.Provider, s.invoices.Provider, s.plans.Provider = off, off, off
	s.bill.Provider, s.reconciler.Provider = off, off
	s.canceller.Checkouts, s.removal.Checkouts = off, off
}

func TestWhereNothingIsSoldAnyMoreAnOfferCannotBeTakenUp(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		me := person("ops@acme.example")
		s.shut()
		_, err := s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		s.wants(err, fault.PaymentsOff)
		equal(s.world, "the payment", o.get(which).Payment.State, subscription.None)
		_, err = s.checkouts.Start(s.ctx, me, o.id, payment.Year, "")
		s.wants(err, fault.PaymentsOff)
		equal(s.world, "the payment after another try", o.get(which).Payment.State, subscription.None)
		_, err = s.invoices.Page(s.ctx, me, o.id)
		s.wants(err, fault.PaymentsOff)
		_, err = s.canceller.Cancel(s.ctx, o.owner, which)
		must(t, err)
	})
}

func TestWhereNothingIsSoldAnyMoreAnOpenPageKeepsNobody(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		me := person("ops@acme.example")
		_, err := s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		must(t, err)
		s.shut()
		c, err := s.checkouts.Confirm(s.ctx, me, o.id)
		must(t, err)
		equal(s.world, "joined", c.Joined(), false)
		_, err = s.canceller.Cancel(s.ctx, o.owner, which)
		must(t, err)
		equal(s.world, "status", o.status(which), invite.Canceled)
	})
}

func TestWhereNothingIsSoldAnyMoreThePricesAreForgotten(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.found("Solo", agency.Free, time.Now().Add(-90*24*time.Hour))
		_, err := s.prices.QuoteFor(s.ctx, o.owner, contract.Order{StorageGB: 30})
		must(t, err)
		s.shut()

		owner := o.owner
		owner.Since, owner.Proved = time.Now(), time.Now()
		_, err = s.plans.Start(s.ctx, owner, payment.Month) // at the price that is known still
		s.wants(err, fault.PaymentsOff)
		a, err := s.table.Agency(s.ctx, o.id)
		must(t, err)
		equal(s.world, "the plan's payment", a.Payment.State, subscription.None)

		must(t, s.reconciler.Reconcile(s.ctx))
		_, err = s.prices.QuoteFor(s.ctx, o.owner, contract.Order{StorageGB: 30})
		s.wants(err, fault.PaymentsOff)
		_, err = s.prices.Plan(s.ctx)
		s.wants(err, fault.PaymentsOff)
		must(t, s.reconciler.Reconcile(s.ctx)) // there is nothing left to forget
	})
}

func TestWhoMayBuyAndSeePrices(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		key := &identity.APIKey{ID: "key_1", Agency: o.id, CreatedBy: o.owner.Member, Scopes: []identity.Scope{identity.InvitesRead}}
		reads := key.Program().At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
		for name, c := range map[string]struct {
			caller       identity.Caller
			quote, start fault.Code
		}{
			"nobody":           {identity.Caller{}, fault.Unauthenticated, fault.Unauthenticated},
			"a client":         {person("ops@acme.example"), fault.Forbidden, fault.Forbidden},
			"a key that reads": {reads, fault.Forbidden, fault.StepUpRequired},
		} {
			if _, err := s.prices.QuoteFor(s.ctx, c.caller, contract.Order{StorageGB: 30}); !fault.Is(err, c.quote) {
				t.Errorf("%s asks for a price: %v", name, err)
			}
			if _, err := s.plans.Start(s.ctx, c.caller, payment.Month); !fault.Is(err, c.start) {
				t.Errorf("%s buys a plan: %v", name, err)
			}
			if _, err := s.plans.Account(s.ctx, c.caller, "/"); !fault.Is(err, c.start) {
				t.Errorf("%s opens the agency's invoices: %v", name, err)
			}
		}
	})
}
