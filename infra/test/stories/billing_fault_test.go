package lifecycle

import (
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/view/receipt"
)

// buyWith is buy with another card.
func (s *shop) buyWith(o *office, address, card string) id.Invite {
	s.t.Helper()
	which := s.order(o, address)
	_, err := s.checkouts.Start(s.ctx, person(address), o.id, payment.Month, "")
	must(s.t, err)
	r, err := s.till.Pay(s.session(o, which), standin.Card{Number: card})
	must(s.t, err)
	if r.Status == "authenticate" {
		_, err = s.till.Confirm(s.session(o, which), true)
		must(s.t, err)
	}
	s.run(2 * time.Minute)
	equal(s.world, "payment", o.get(which).Payment.State, subscription.Active)
	return which
}

// A client cancels in the billing portal, and the end is told in the form of either billing mode.
func TestFM1WhatIsCancelledEndsAndMayBeLeft(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		sub := o.get(which).Payment.Reference
		read := func() payment.Subscription {
			x, err := s.service.Subscription(s.ctx, sub)
			must(t, err)
			return x
		}
		s.wants(s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id), fault.NotActive)

		must(t, s.till.CancelAtPeriodEnd(sub, true))
		if x := read(); x.CancelAtPeriodEnd || x.CancelAt.IsZero() {
			t.Errorf("in the flexible mode the end is told as %v, %v", x.CancelAt, x.CancelAtPeriodEnd)
		}
		s.run(2 * time.Minute)
		c := o.get(which)
		end := read().PeriodEnd()
		equal(s.world, "it ends", [2]bool{c.Payment.Ending, c.Payment.End().Equal(end)}, [2]bool{true, true})
		r, err := receipt.In(words.English).Of(c, time.Now())
		must(t, err)
		equal(s.world, "it says so", r.State.Text, "Ends on "+receipt.Day(end)+". Nothing is charged after that.")

		must(t, s.till.CancelAtPeriodEnd(sub, false)) // it goes on after all
		s.run(2 * time.Minute)
		s.wants(s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id), fault.NotActive)
		equal(s.world, "it renews again", o.get(which).Payment.End().IsZero(), true)

		_, err = s.service.CancelAtPeriodEnd(s.ctx, sub, true) // the classic form
		must(t, err)
		equal(s.world, "the classic form", read().CancelAtPeriodEnd, true)
		s.run(2 * time.Minute)
		equal(s.world, "it ends", o.get(which).Payment.End().Equal(end), true)
		must(t, s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id))
		s.long(32 * 24 * time.Hour)
		equal(s.world, "subscriptions", len(s.alive(which)), 0)
	})
}

// An end that the operator has set for later than the period is an end, and is charged until then.
func TestFM1AnEndAfterTheNextRenewalIsToldAndStillCharged(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		sub, end := o.get(which).Payment.Reference, time.Now().AddDate(0, 1, 15).Truncate(time.Second)
		must(t, s.till.CancelAt(sub, end))
		s.run(2 * time.Minute)
		c := o.get(which)
		equal(s.world, "when it ends", c.Payment.End().Equal(end), true)
		equal(s.world, "nothing more is charged", c.Payment.Ending, false)
		s.wants(s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id), fault.NotActive)
		s.long(33 * 24 * time.Hour)
		c = o.get(which)
		equal(s.world, "the last period", [2]bool{c.Payment.Ending, c.Payment.End().Equal(end)}, [2]bool{true, true})
		must(t, s.leaving.Leave(s.ctx, person("ops@acme.example"), o.id))
		s.long(15 * 24 * time.Hour)
		equal(s.world, "it has ended", o.get(which).Payment.State, subscription.Canceled)
	})
}

// boughtMax founds an agency that pays for Max, and returns its subscription.
func (s *shop) boughtMax() (*office, identity.Caller, string) {
	s.t.Helper()
	o := s.found("Solo", agency.Free, time.Now().Add(-90*24*time.Hour))
	owner := identity.Caller{User: o.owner.User, Email: o.owner.Email, Agency: o.id, Member: o.owner.Member,
		Since: time.Now(), Proved: time.Now()}.
		At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
	return o, owner, s.payMax(o, owner)
}

func (s *shop) payMax(o *office, owner identity.Caller) string {
	s.t.Helper()
	owner.Since, owner.Proved = time.Now(), time.Now()
	_, err := s.plans.Start(s.ctx, owner, payment.Month)
	must(s.t, err)
	_, err = s.till.Pay(s.agency(o).Payment.Checkout.ID, standin.Card{Number: standin.CardGood})
	must(s.t, err)
	s.run(2 * time.Minute)
	equal(s.world, "the plan", s.agency(o).Plan, agency.Max)
	return s.agency(o).Payment.Reference
}

func (s *shop) agency(o *office) *agency.Agency {
	s.t.Helper()
	a, err := s.table.Agency(s.ctx, o.id)
	must(s.t, err)
	return a
}

func TestFM2ACancelledPlanEnds(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o, _, sub := s.boughtMax()
		must(t, s.till.CancelAtPeriodEnd(sub, true))
		s.run(2 * time.Minute)
		p := s.agency(o).Payment
		equal(s.world, "it ends", [2]bool{p.Ending, p.End().Equal(p.PeriodEnd)}, [2]bool{true, true})
		s.long(32 * 24 * time.Hour)
		equal(s.world, "the plan", s.agency(o).Plan, agency.Free)
	})
}

// A bank that asks has taken nothing back; one that takes back has.
func TestFM3AnInquiryKeepsThePortalOpen(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		inquiry, err := s.till.Inquire(o.get(which).Payment.Reference, "fraudulent")
		must(t, err)
		s.run(5 * time.Minute)
		c := o.get(which)
		equal(s.world, "the client", c.At(time.Now()), client.Active)
		equal(s.world, "the payment", [2]any{c.Payment.State, c.Payment.Inquiry}, [2]any{subscription.Active, true})
		must(t, o.logged(audit.PaymentInquiry, 1))
		s.run(time.Hour)
		told := 0 // beside what else it is told, of an acceptance and a payment
		for _, m := range s.engine.SES.Mails(string(o.owner.Email)) {
			if strings.Contains(m.Text, "No money has moved") {
				told++
			}
		}
		equal(s.world, "mails to the agency about it", told, 1)

		must(t, s.till.Escalate(inquiry))
		s.run(5 * time.Minute)
		equal(s.world, "the money was taken back", o.get(which).Payment.State, subscription.Disputed)
		must(t, s.till.CloseDispute(inquiry, true))
		s.run(5 * time.Minute)
		equal(s.world, "won", o.get(which).At(time.Now()), client.Active)

		other := s.buy(o, "pat@acme.example")
		inquiry, err = s.till.Inquire(o.get(other).Payment.Reference, "fraudulent")
		must(t, err)
		s.run(5 * time.Minute)
		must(t, s.till.CloseDispute(inquiry, true))
		s.run(5 * time.Minute)
		equal(s.world, "an inquiry that closed", [2]any{o.get(other).Payment.State, o.get(other).Payment.Inquiry},
			[2]any{subscription.Active, false})
	})
}

// A renewal moves the subscription's period before it is paid: what is shown is what is paid.
func TestFM4ADeclinedRenewalPaysForNothing(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		sub, paid := o.get(which).Payment.Reference, o.get(which).Payment.PeriodEnd
		must(t, s.till.FailRenewals(sub, true))
		s.skip(time.Until(paid) + 10*time.Minute) // the period has begun, and its invoice is a draft
		s.run(2 * time.Minute)
		c := o.get(which)
		equal(s.world, "before it is tried", [2]any{c.Payment.State, c.Payment.PeriodEnd.Equal(paid)}, [2]any{subscription.Active, true})
		s.long(24 * time.Hour)
		c = o.get(which)
		equal(s.world, "declined", [2]any{c.Payment.State, c.Payment.PeriodEnd.Equal(paid)}, [2]any{subscription.PastDue, true})
		must(t, s.till.FailRenewals(sub, false))
		s.long(10 * 24 * time.Hour)
		x, err := s.service.Subscription(s.ctx, sub)
		must(t, err)
		c = o.get(which)
		equal(s.world, "paid", [2]any{c.Payment.State, c.Payment.PeriodEnd.Equal(x.PeriodEnd())}, [2]any{subscription.Active, true})
		equal(s.world, "a month further", c.Payment.PeriodEnd.After(paid), true)
	})
}

// The payer is asked once for each invoice, on the portal and by mail, with a link to where it is confirmed.
func TestFM5ARenewalThatMustBeConfirmedAsksThePayer(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buyWith(o, "ops@acme.example", standin.Card3DSAlways)
		mails := len(s.engine.SES.Mails("ops@acme.example"))
		s.long(32 * 24 * time.Hour)
		p := o.get(which).Payment
		equal(s.world, "the payment", [2]any{p.State, p.Asked != ""}, [2]any{subscription.PastDue, true})
		equal(s.world, "where", p.AskedURL, pages+"/stripe/invoice/"+p.Asked)
		s.long(5 * 24 * time.Hour) // it is tried again meanwhile
		equal(s.world, "mails", len(s.engine.SES.Mails("ops@acme.example")), mails+1)
		m := s.newest("ops@acme.example")
		for _, part := range []string{m.Text, m.HTML} {
			if !strings.Contains(part, p.AskedURL) || !strings.Contains(part, "Confirm payment") {
				t.Errorf("the mail lacks the link: %s", part)
			}
		}
		code, err := s.till.PayInvoice(p.Asked)
		must(t, err)
		equal(s.world, "the bank", code, "")
		s.run(5 * time.Minute)
		p = o.get(which).Payment
		equal(s.world, "confirmed", [2]any{p.State, p.Asked + p.AskedURL}, [2]any{subscription.Active, ""})

		s.long(31 * 24 * time.Hour) // the next one is another invoice
		equal(s.world, "asked again", o.get(which).Payment.Asked != "", true)
		equal(s.world, "mails", len(s.engine.SES.Mails("ops@acme.example")), mails+2)
	})
}

// The same for the agency's own plan: its owners are asked, once for each invoice, and nobody else is.
func TestFM5TheOwnersAreAskedToConfirmMax(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o, owner, _ := s.boughtMax()
		const second, colleague = "second@solo.example", "colleague@solo.example"
		for who, role := range map[string]agency.Level{second: agency.Owner, colleague: agency.Admin} {
			n := &agencies.Newcomers{Store: s.table, Queue: s.world.queue, Now: time.Now}
			_, err := n.Add(s.ctx, owner, agencies.NewMember{Email: who, Level: role}, "")
			must(t, err)
		}
		s.run(time.Minute)
		must(t, s.till.ChangeCard(s.agency(o).Payment.Customer, standin.Card3DSAlways))
		count := func(who string) int { return len(s.engine.SES.Mails(who)) }
		before := [3]int{count(string(owner.Email)), count(second), count(colleague)}
		s.long(32 * 24 * time.Hour)
		p := s.agency(o).Payment
		equal(s.world, "the payment", [2]any{p.State, p.Asked != ""}, [2]any{subscription.PastDue, true})
		s.long(5 * 24 * time.Hour) // it is tried again meanwhile
		equal(s.world, "mails", [3]int{count(string(owner.Email)), count(second), count(colleague)},
			[3]int{before[0] + 1, before[1] + 1, before[2]})
		m := s.newest(second)
		for _, part := range []string{m.Text, m.HTML} {
			if !strings.Contains(part, p.AskedURL) || !strings.Contains(part, "renewal of Max") {
				t.Errorf("the mail lacks the link: %s", part)
			}
		}
		code, err := s.till.PayInvoice(p.Asked)
		must(t, err)
		equal(s.world, "the bank", code, "")
		s.run(5 * time.Minute)
		p = s.agency(o).Payment
		equal(s.world, "confirmed", [2]any{p.State, p.Asked + p.AskedURL}, [2]any{subscription.Active, ""})
		equal(s.world, "the plan", s.agency(o).Plan, agency.Max)
		s.long(31 * 24 * time.Hour) // the next one is another invoice
		equal(s.world, "asked again", count(second), before[1]+2)
	})
}

// Who was deleted at the payment service is forgotten, whichever of its events comes first, and may buy again.
func TestFM9ADeletedCustomerIsForgottenAndMayBuyAgain(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]standin.Plan{"told": {}, "never told": {Lose: 1}, "in another order": {Reorder: 1, Repeat: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shopIn(t, func(s *shop) {
				o := s.office("Northwind")
				which := s.buy(o, "ops@acme.example")
				solo, owner, _ := s.boughtMax()
				before, max := o.get(which).Payment.Customer, s.agency(solo).Payment.Customer
				plan.Seed = 3
				s.till.SetPlan(plan)
				must(t, s.till.DeleteCustomer(before))
				must(t, s.till.DeleteCustomer(max))
				s.long(33 * 24 * time.Hour) // at the latest the renewal is asked after
				equal(s.world, "the client's payment", o.get(which).Payment.State, subscription.Canceled)
				equal(s.world, "the plan", s.agency(solo).Plan, agency.Free)
				if plan.Lose == 0 {
					equal(s.world, "customers", o.get(which).Payment.Customer+s.agency(solo).Payment.Customer, "")
				}
				s.till.SetPlan(standin.Plan{})
				_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
				must(t, err)
				_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
				must(t, err)
				s.run(5 * time.Minute)
				s.payMax(solo, owner)
				p := o.get(which).Payment
				equal(s.world, "bought again", [2]any{p.State, p.Customer != before && p.Customer != ""}, [2]any{subscription.Active, true})
				equal(s.world, "subscriptions", len(s.alive(which)), 1)
				if s.waits(s.queue) {
					t.Error("a message is stuck")
				}
			})
		})
	}
}

// A customer that is deleted while its page is being opened keeps nobody from paying, and leaves nothing that is tried for ever.
func TestFM9ACustomerDeletedWhileItPaysIsForgotten(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		p := o.get(which).Payment
		must(t, s.till.Cancel(p.Reference))
		s.run(2 * time.Minute)
		s.till.SetPlan(standin.Plan{Lose: 1})
		must(t, s.till.DeleteCustomer(p.Customer))
		_, err := s.invoices.Page(s.ctx, person("ops@acme.example"), o.id)
		s.wants(err, fault.NotFound)
		_, err = s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Year, "")
		must(t, err)
		equal(s.world, "the customer", o.get(which).Payment.Customer, "")
	})
}
