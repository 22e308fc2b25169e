package lifecycle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine/roundtrip"
	standin "latchkey.dev/infra/run/stripe"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
)

// shop is a world in which things are sold: with the payment service's stand-in behind the same bad network.
type shop struct {
	*world
	till       *standin.Engine
	service    *stripe.Client
	prices     *billing.Prices
	checkouts  *billing.Checkouts
	invoices   *billing.Invoices
	plans      *billing.Plans
	listener   *billing.Listener
	bill       *billing.Worker
	reconciler *billing.Reconciler
	queue      string // of billing jobs
	deaf       bool   // webhooks are refused
}

const webhookSecret = "whsec_life"

// pages is where the stand-in has its pages.
const pages = "http://till.example"

// shopIn runs a story in a shop of its own.
func shopIn(t *testing.T, story func(s *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t)
		defer s.close()
		story(s)
	})
}

func openShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{world: open(t, settings{})}
	var err error
	s.till, err = standin.Open(standin.Options{Now: time.Now, Base: pages + "/stripe"})
	must(t, err)
	made, err := s.sqs.CreateQueue(s.ctx, &sqs.CreateQueueInput{QueueName: aws.String("life-billing")})
	must(t, err)
	s.queue = *made.QueueUrl
	jobs := queues.Open(s.signed(), s.queue)

	s.service = stripe.Open(s.till.Key(),
		stripe.Options{Pages: pages, HTTPClient: &http.Client{Transport: beside{s.network, roundtrip.Transport(s.till.API())}}})
	set := billing.Settings{Origin: origin, Tax: contract.Tax{Way: contract.Untaxed}}
	s.prices = &billing.Prices{Store: s.table, Now: time.Now}
	s.checkouts = &billing.Checkouts{Store: s.table, Provider: s.service, Provision: s.sweep.Provision, Mail: s.world.queue,
		Settings: set, Now: time.Now}
	s.invoices = &billing.Invoices{Store: s.table, Provider: s.service, Origin: origin, Now: time.Now}
	s.plans = &billing.Plans{Store: s.table, Provider: s.service, Prices: s.prices, Mail: s.world.queue, Settings: set, Now: time.Now}
	s.listener = &billing.Listener{Queue: jobs}
	s.bill = &billing.Worker{Store: s.table, Provider: s.service, Checkouts: s.checkouts, Plans: s.plans, Now: time.Now}
	s.reconciler = &billing.Reconciler{Store: s.table, Provider: s.service, Listener: s.listener, Tax: set.Tax, Now: time.Now}
	must(t, s.reconciler.Refresh(s.ctx))
	closer := &billing.CheckoutCloser{Provider: s.service, Queue: jobs}
	s.canceller.Checkouts, s.approvals.Checkouts, s.decliner.Checkouts, s.removal.Checkouts = closer, closer, closer, closer
	s.sweep.Billing = jobs
	s.till.Listen(&standin.Webhook{URL: "http://product.example/stripe", Secrets: []string{webhookSecret}, Types: payment.EventTypes,
		Client: &http.Client{Transport: roundtrip.Transport(http.HandlerFunc(s.webhook))}})
	return s
}

func (s *shop) close() {
	s.network.faults(nil)
	must(s.t, s.till.Close())
	s.world.close()
}

// webhook is the function of that name: it checks the signature, puts the event on the queue and answers.
func (s *shop) webhook(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(body); err != nil && len(body) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e, err := stripe.VerifyWebhook(body, r.Header.Get("Stripe-Signature"), []string{webhookSecret}, time.Now())
	if err != nil || s.deaf {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ok := false
	if s.network.step(s.ctx, func(ctx context.Context) { ok = s.listener.Listen(ctx, e) == nil }); !ok {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// run lets time go by with everything running: mails, the payment service's own clock, its webhooks and the workers.
func (s *shop) run(d time.Duration) {
	end := time.Now().Add(d)
	for {
		must(s.t, s.till.Tick(s.ctx))
		for s.take(s.queue, s.bill.Handle) > 0 {
		}
		left := time.Until(end)
		if left <= 0 {
			return
		}
		s.pass(min(left, time.Minute))
	}
}

// long lets days go by, with a look every few hours, and the reconciliation.
func (s *shop) long(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		s.skip(6 * time.Hour)
		s.reconciler.Reconcile(s.ctx) //nolint:errcheck // the next run comes
		s.run(3 * time.Minute)
	}
}

// order asks the address to buy 30 GB of hosting and WhatsApp.
func (s *shop) order(o *office, address string) id.Invite {
	s.t.Helper()
	c, err := s.inviter.Send(s.ctx, o.owner,
		onboarding.Draft{Email: address, Payer: invite.ClientPays, Order: &onboarding.Order{Hosting: true, StorageGB: 30, WhatsApp: true}},
		"")
	must(s.t, err)
	s.deliver()
	return c.Invite.ID
}

// session is the page that the relationship's payment has open.
func (s *shop) session(o *office, which id.Invite) string { return o.get(which).Payment.Checkout.ID }

// alive are the subscriptions of the invite that take money.
func (s *shop) alive(which id.Invite) (out []payment.Subscription) {
	seen := map[string]bool{}
	for _, e := range s.till.Events() {
		if e.Type != "customer.subscription.created" || seen[e.Object] {
			continue
		}
		seen[e.Object] = true
		sub, err := s.service.Subscription(s.ctx, e.Object)
		must(s.t, err)
		if sub.Metadata["latchkey_invite"] == string(which) && !sub.Status.Final() {
			out = append(out, sub)
		}
	}
	return out
}

func TestFE17PayingMakesAClientWithWhatItBought(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		me := person("ops@acme.example")
		_, err := s.invitations.Accept(s.ctx, s.token("ops@acme.example"), "", me)
		s.wants(err, fault.PaymentRequired)
		page, err := s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		must(t, err)
		again, err := s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		must(t, err)
		equal(s.world, "the page of a second tab", again.URL, page.URL)

		result, err := s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
		must(t, err)
		equal(s.world, "paying", result.Status, "complete")
		s.run(time.Minute)

		c := o.get(which)
		equal(s.world, "state", [2]string{string(c.Payment.State), string(c.At(time.Now()))}, [2]string{"active", "active"})
		equal(s.world, "things bought", len(c.Items), 2)
		equal(s.world, "grants", len(c.Grants), 2)
		for n, i := range c.Items {
			r, err := s.table.ResourcesByID(s.ctx, o.id, []id.Resource{i.Resource})
			must(t, err)
			if x := r[i.Resource]; x.Owner != c.ID || x.Status != instance.PendingDeploy || c.Grants[n].Access != instance.Write {
				t.Errorf("%+v", x)
			}
		}
		must(t, o.logged(audit.PaymentReceived, 1))
		must(t, o.logged(audit.InviteAccepted, 1))
		equal(s.world, "subscriptions", len(s.alive(which)), 1)
		_, err = s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		s.wants(err, fault.AlreadyPaid)
		url, err := s.invoices.Page(s.ctx, me, o.id)
		if err != nil || url == "" {
			t.Errorf("cards and invoices: %q, %v", url, err)
		}
	})
}

func TestX3AContractKeepsItsPriceWhenPricesChange(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		before, err := o.get(which).Invite.Contract.Sum(payment.Year)
		must(t, err)
		must(t, s.till.Transfer("hosting_30", 9900, 99000))
		s.skip(2 * time.Minute)
		_, err = s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Year, "")
		must(t, err)
		page, err := s.service.Checkout(s.ctx, s.session(o, which))
		must(t, err)
		equal(s.world, "what the page asks for", page.Total, before.Total)
		must(t, s.reconciler.Refresh(s.ctx))
		next, err := s.prices.Quote(s.ctx, contract.Order{StorageGB: 30})
		must(t, err)
		equal(s.world, "the next invite's price", next.Lines[0].Month.Amount.Minor, int64(9900))

		// An operator who archives a price takes the offer away; the person is told so.
		must(t, s.till.Reprice("hosting_30", 4900, 49000))
		s.order(o, "pat@acme.example")
		must(t, s.till.Reprice("hosting_30", 5900, 59000))
		_, err = s.checkouts.Start(s.ctx, person("pat@acme.example"), o.id, payment.Year, "")
		s.wants(err, fault.PaymentsOff)
	})
}

func TestAnotherIntervalClosesTheFirstPage(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		me := person("ops@acme.example")
		_, err := s.checkouts.Start(s.ctx, me, o.id, payment.Month, "")
		must(t, err)
		first := s.session(o, which)
		_, err = s.checkouts.Start(s.ctx, me, o.id, payment.Year, "")
		must(t, err)
		if _, err := s.till.Pay(first, standin.Card{Number: standin.CardGood}); err == nil {
			t.Error("the first page can still be paid")
		}
		_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
		must(t, err)
		s.run(time.Minute)
		equal(s.world, "subscriptions", len(s.alive(which)), 1)
		equal(s.world, "interval", o.get(which).Payment.Interval, payment.Year)
	})
}

func TestCancellingClosesThePageAndPayingFirstWins(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		page := s.session(o, which)
		_, err = s.canceller.Cancel(s.ctx, o.owner, which)
		must(t, err)
		if _, err := s.till.Pay(page, standin.Card{Number: standin.CardGood}); err == nil {
			t.Error("a cancelled invite can be paid")
		}

		paid := s.order(o, "pat@acme.example")
		_, err = s.checkouts.Start(s.ctx, person("pat@acme.example"), o.id, payment.Month, "")
		must(t, err)
		_, err = s.till.Pay(s.session(o, paid), standin.Card{Number: standin.CardGood})
		must(t, err)
		_, err = s.canceller.Cancel(s.ctx, o.owner, paid)
		s.wants(err, fault.AlreadyPaid)
		s.run(time.Minute)
		equal(s.world, "status", o.status(paid), invite.Accepted)
	})
}

func TestAPaymentAfterTheInviteHasExpiredIsHonoured(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.order(o, "ops@acme.example")
		s.skip(invite.Lifetime - time.Hour)
		_, err := s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		s.pass(2 * time.Hour)
		equal(s.world, "status", o.status(which), invite.Expired)
		_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
		must(t, err)
		s.run(5 * time.Minute)
		equal(s.world, "status", o.status(which), invite.Accepted)
		equal(s.world, "state", o.get(which).At(time.Now()), client.Active)
	})
}

func TestLapseAndReturn(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		sub := o.get(which).Payment.Reference
		must(t, s.till.FailRenewals(sub, true))
		s.long(32 * 24 * time.Hour)
		equal(s.world, "a renewal failed", o.get(which).Payment.State, subscription.PastDue)
		equal(s.world, "and the client", o.get(which).At(time.Now()), client.Active)
		must(t, s.till.FailRenewals(sub, false))
		s.long(10 * 24 * time.Hour)
		equal(s.world, "it was tried again", o.get(which).Payment.State, subscription.Active)
		must(t, s.till.Cancel(sub))
		s.run(5 * time.Minute)
		c := o.get(which)
		equal(s.world, "ended", [2]string{string(c.Payment.State), string(c.At(time.Now()))}, [2]string{"canceled", "inactive"})
		view, err := s.portal.Get(s.ctx, person("ops@acme.example"), o.id)
		must(t, err)
		equal(s.world, "the portal", string(view.Access), "inactive")

		_, err = s.checkouts.Start(s.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
		must(t, err)
		s.run(5 * time.Minute)
		c = o.get(which)
		equal(s.world, "paid again", [2]string{string(c.Payment.State), string(c.At(time.Now()))}, [2]string{"active", "active"})
		equal(s.world, "subscriptions", len(s.alive(which)), 1)
	})
}

func TestADisputeCloses(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.office("Northwind")
		which := s.buy(o, "ops@acme.example")
		dispute, err := s.till.Dispute(o.get(which).Payment.Reference, "fraudulent")
		must(t, err)
		s.run(5 * time.Minute)
		equal(s.world, "disputed", o.get(which).At(time.Now()), client.Inactive)
		must(t, s.till.CloseDispute(dispute, true))
		s.run(5 * time.Minute)
		equal(s.world, "won", o.get(which).At(time.Now()), client.Active)
	})
}

// buy has the address pay for its invite.
func (s *shop) buy(o *office, address string) id.Invite {
	s.t.Helper()
	which := s.order(o, address)
	_, err := s.checkouts.Start(s.ctx, person(address), o.id, payment.Month, "")
	must(s.t, err)
	_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
	must(s.t, err)
	s.run(2 * time.Minute)
	equal(s.world, "payment", o.get(which).Payment.State, subscription.Active)
	return which
}

func TestAnAgencyBuysMaxAndLosesItWithoutHarmToClients(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o := s.found("Solo", agency.Free, time.Now().Add(-90*24*time.Hour))
		_, err := o.send("ops@acme.example")
		s.wants(err, fault.PlanRequired)
		owner := identity.Caller{User: o.owner.User, Email: o.owner.Email, Agency: o.id, Member: o.owner.Member,
			Since: time.Now(), Proved: time.Now()}.
			At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
		_, err = s.plans.Start(s.ctx, owner, payment.Year)
		must(t, err)
		a, err := s.table.Agency(s.ctx, o.id)
		must(t, err)
		_, err = s.till.Pay(a.Payment.Checkout.ID, standin.Card{Number: standin.CardGood})
		must(t, err)
		s.run(2 * time.Minute)
		which := joined(o, "ops@acme.example")
		_, err = s.plans.Start(s.ctx, owner, payment.Year)
		s.wants(err, fault.AlreadyPaid)
		a, err = s.table.Agency(s.ctx, o.id)
		must(t, err)
		must(t, s.till.Cancel(a.Payment.Reference))
		s.run(2 * time.Minute)
		_, err = o.send("pat@acme.example")
		s.wants(err, fault.PlanRequired)
		equal(s.world, "the client", o.get(which).At(time.Now()), client.Active)
		must(t, o.shows("ops@acme.example", 2))
		must(t, o.logged(audit.PlanChanged, 2))
	})
}

// Whatever becomes of webhooks, and whatever call fails while they are dealt with: one charge, one client.
func TestEveryPaymentIsFoundHoweverItIsTold(t *testing.T) {
	t.Parallel()
	plans := map[string]standin.Plan{"in order": {}, "lost": {Lose: 1}, "repeated": {Repeat: 1}, "reordered": {Reorder: 1},
		"days late": {Delay: 1}, "all of it": {Lose: .3, Repeat: .4, Reorder: .5, Delay: .4}}
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shopIn(t, func(s *shop) {
				for n := range 3 {
					plan.Seed = uint64(n) //nolint:gosec // a count
					s.till.SetPlan(plan)
					o := s.office(fmt.Sprint("Agency ", n))
					address := fmt.Sprintf("c%d@acme.example", n)
					which := s.order(o, address)
					_, err := s.checkouts.Start(s.ctx, person(address), o.id, payment.Month, "")
					must(t, err)
					_, err = s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
					must(t, err)
					s.long(4 * 24 * time.Hour)
					s.paidOnce(o, which)
				}
			})
		})
	}
}

func (s *shop) paidOnce(o *office, which id.Invite) {
	s.t.Helper()
	c := o.get(which)
	if c.Payment.State != subscription.Active || !c.Joined() || len(c.Items) != 2 || len(s.alive(which)) != 1 ||
		s.alive(which)[0].ID != c.Payment.Reference {
		s.t.Fatalf("%s: %+v, joined %t, %d items, alive: %v", which, c.Payment, c.Joined(), len(c.Items), s.alive(which))
	}
	must(s.t, o.logged(audit.PaymentReceived, 1))
}

// A fault at each call of opening a page and of dealing with what became of it.
func TestAFaultAnywhereInAPaymentHarmsNothing(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			shopIn(t, func(s *shop) {
				calls := 1
				for at := 0; at < calls; at++ {
					o := s.office(fmt.Sprint("Agency ", at))
					address := fmt.Sprintf("c%d@acme.example", at)
					which := s.order(o, address)
					hit := ""
					s.network.faults(func(c call) verdict {
						if c.number != at || c.again && !m.ever {
							return pass
						}
						hit = c.operation
						return m.is
					})
					for range 3 {
						var err error
						if s.network.step(s.ctx, func(ctx context.Context) {
							_, err = s.checkouts.Start(ctx, person(address), o.id, payment.Month, "")
						}) && err == nil {
							break
						}
						s.skip(2 * time.Second)
					}
					s.network.calm(func() { must(t, s.paysSomehow(o, which)) })
					s.run(2 * time.Minute)
					calls = max(calls, min(s.network.calls(), 60))
					s.network.faults(nil)
					s.run(45 * time.Minute)
					if t.Failed() {
						return
					}
					c := o.get(which)
					if n := len(s.alive(which)); c.Payment.State != subscription.Active || len(c.Items) != 2 || n != 1 {
						t.Fatalf("call %d (%s): %s, %d items, %d subscriptions", at, hit, c.Payment.State, len(c.Items), n)
					}
				}
				t.Logf("%d calls", calls)
			})
		})
	}
}

// paysSomehow pays the page that is open; without one it asks for it once more, as people do.
func (s *shop) paysSomehow(o *office, which id.Invite) error {
	if s.session(o, which) == "" {
		if _, err := s.checkouts.Start(s.ctx, person(string(o.get(which).Email)), o.id, payment.Month, ""); err != nil {
			return err
		}
	}
	_, err := s.till.Pay(s.session(o, which), standin.Card{Number: standin.CardGood})
	return err
}

// Two tabs, two intervals, cancelling and paying at once: never two that are paid.
func TestNeverTwoSubscriptionsForOneInvite(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		for n := range 12 {
			r := rand.New(rand.NewPCG(uint64(n), 7)) //nolint:gosec // to be repeated
			o := s.office(fmt.Sprint("Agency ", n))
			address := fmt.Sprintf("c%d@acme.example", n)
			which := s.order(o, address)
			var delays [4]int
			for k := range delays {
				delays[k] = r.IntN(12)
			}
			together(4, func(k int) {
				s.skip(time.Duration(delays[k]) * time.Millisecond)
				s.checkouts.Start(s.ctx, person(address), o.id,
					[]payment.Interval{payment.Month, payment.Year}[k%2], "") //nolint:errcheck // some lose
			})
			for _, open := range s.open(which) { // whatever page is open is paid
				s.till.Pay(open, standin.Card{Number: standin.CardGood}) //nolint:errcheck // it may have been closed
			}
			s.run(10 * time.Minute)
			c := o.get(which)
			if n := len(s.alive(which)); n > 1 || n == 1 != c.Payment.State.Open() {
				t.Fatalf("%d subscriptions, %+v", n, c.Payment)
			}
		}
	})
}

// open are the pages of the invite that can be paid.
func (s *shop) open(which id.Invite) (out []string) {
	all, err := s.service.CheckoutsOf(s.ctx,
		payment.CheckoutQuery{Status: payment.CheckoutOpen, Email: string(s.offices[len(s.offices)-1].get(which).Email)})
	must(s.t, err)
	for _, x := range all {
		if x.Reference == string(which) {
			out = append(out, x.ID)
		}
	}
	return out
}
