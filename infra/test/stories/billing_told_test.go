package lifecycle

import (
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/subscription"
)

// Several events of one thing come at once, and so do the workers that look at it: people are told once.
func TestFM5WhatManyEventsTellOfIsToldOnce(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		p := o.get(which).Payment
		_, err := s.till.Inquire(p.Reference, "fraudulent")
		must(t, err)
		together(16, func(int) { must(t, s.checkouts.Settle(s.ctx, o.id, o.get(which).Ref(), "")) })
		s.run(10 * time.Minute)
		told := 0
		for _, m := range s.engine.SES.Mails(string(o.owner.Email)) {
			if strings.Contains(m.Text, "No money has moved") {
				told++
			}
		}
		equal(s.world, "mails about the inquiry", told, 1)
		equal(s.world, "nothing is left to tell", o.get(which).Payment.Untold, subscription.Notice(0))

		a, _, plan := s.boughtMax()
		must(t, s.till.ChangeCard(s.agency(a).Payment.Customer, standin.Card3DSAlways))
		must(t, s.till.Renew(plan))
		together(16, func(int) { must(t, s.plans.Settle(s.ctx, a.id, "")) })
		s.run(10 * time.Minute)
		asked := 0
		for _, m := range s.engine.SES.Mails(string(a.owner.Email)) {
			if strings.Contains(m.Text, "renewal of Max") {
				asked++
			}
		}
		equal(s.world, "mails to the owner", asked, 1)
	})
}
