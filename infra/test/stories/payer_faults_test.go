package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
)

// Whatever two things happen, in whatever order, before the payer changes: nobody pays twice for one thing, what is paid for runs, and
// nothing is left half done.
func TestX4AnyTwoThingsHarmNothing(t *testing.T) {
	t.Parallel()
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		for _, first := range payerEvents {
			t.Run(string(to)+" pays, "+first.name, func(t *testing.T) {
				t.Parallel()
				for n, second := range payerEvents {
					worksIn(t, func(w *works) {
						l := w.leased(true)
						if to == client.ByClient {
							l.handed(client.ByAgency)
						}
						if err := l.two(to, first, second, time.Duration(n%2)*36*time.Hour); err != nil {
							t.Errorf("then %s: %v", second.name, err)
						}
					})
				}
			})
		}
	}
}

// two has two things happen, so far apart, and lives until all that comes of them is over.
func (l *lease) two(to client.Side, first, second payerEvent, apart time.Duration) error {
	for n, e := range []payerEvent{first, second} {
		// What is not possible now is refused, and changes nothing.
		if err := e.do(l, to); err != nil && fault.As(err) == nil && e.name != "cancel" && e.name != "dispute" {
			return err
		}
		if n == 0 && apart > 0 {
			if err := l.livesBy(12*time.Hour, apart); err != nil {
				return err
			}
		}
	}
	return cmp.Or(l.livesBy(12*time.Hour, 36*24*time.Hour), l.rests())
}

// meanwhile is something else that happens to somebody whose payer is about to change. It returns whether the payer is to have changed
// all the same in the end.
type meanwhile struct {
	name    string
	changes bool // whether the payer changes all the same, where both sides have agreed
	do      func(l *lease, to client.Side)
}

// payers are the payment service's customers of who pays now, and of who is to pay; "" where that one is not known yet.
func (l *lease) payers() (now, next string) {
	l.t.Helper()
	c := l.now()
	sub, err := l.service.Subscription(l.ctx, c.Payment.Reference)
	must(l.t, err)
	if next = c.Change.Next.Customer; next == "" && c.Change.To == client.ByAgency {
		next = l.agency(l.o).Payment.Customer
	}
	return sub.Customer, next
}

// closing closes the agency, as its owner does.
func (l *lease) closing() error {
	c := &agencies.Closing{Store: l.table, Checkouts: billing.Unsold{}, Now: time.Now}
	return c.Close(l.ctx, l.boss(), l.agency(l.o).Name)
}

var meanwhiles = []meanwhile{
	{"the old payment is paid back", false, func(l *lease, _ client.Side) {
		l.over, l.halted = true, true
		must(l.t, l.till.Refund(l.now().Payment.Reference))
	}},
	{"the prices change", true, func(l *lease, _ client.Side) { must(l.t, l.till.Transfer("hosting_30", 5900, 59000)) }},
	{"the prices change, and what was agreed to is sold no more", false, func(l *lease, _ client.Side) {
		must(l.t, l.till.Reprice("hosting_30", 5900, 59000))
	}},
	{"the agency's plan ends", true, func(l *lease, _ client.Side) { must(l.t, l.till.Cancel(l.plan)) }},
	{"the new payer's card is replaced by one that fails", false, func(l *lease, _ client.Side) {
		if _, next := l.payers(); next != "" {
			must(l.t, l.till.ChangeCard(next, standin.CardFailsLater))
		}
	}},
	{"the new payer is deleted at the payment service", false, func(l *lease, to client.Side) {
		now, next := l.payers()
		if l.now().Change.State != client.ChangeScheduled && to == client.ByClient {
			next = "" // who was a customer once, and is none by this change yet
		}
		if next != "" && next != now {
			must(l.t, l.till.DeleteCustomer(next))
		}
	}},
	{"the old payer is deleted at the payment service", false, func(l *lease, _ client.Side) {
		l.over, l.halted = true, true
		now, _ := l.payers()
		must(l.t, l.till.DeleteCustomer(now))
	}},
	{"the bank takes the old payment back", false, func(l *lease, _ client.Side) {
		l.over, l.halted = true, true
		must(l.t, second(l.till.Dispute(l.now().Payment.Reference, "fraudulent")))
	}},
	{"the agency is to be closed", true, func(l *lease, _ client.Side) { l.wants(l.closing(), fault.NotActive) }},
}

// Whatever else happens during an open change, or between the agreement and its day, and in whichever direction: nobody pays twice for
// one thing, what is paid for runs, and no proposal is left hanging.
func TestX4WhateverHappensMeanwhileHarmsNothing(t *testing.T) {
	t.Parallel()
	stages := []string{"proposed", "agreed", "scheduled"}
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		for _, m := range meanwhiles {
			t.Run(string(to)+" pays, "+m.name, func(t *testing.T) {
				t.Parallel()
				for n, stage := range stages {
					worksIn(t, func(w *works) {
						l := w.leased(true)
						if to == client.ByClient {
							l.handed(client.ByAgency)
						}
						before := l.now().Payer()
						must(t, l.propose(to.Other(), to))
						if n > 0 {
							must(t, l.agree(to))
							must(t, l.card(standin.CardGood))
						}
						if n > 1 {
							w.until(5*time.Minute, 30*time.Second)
							equal(w.world, "both are set", l.now().Change.State, client.ChangeScheduled)
						}
						m.do(l, to)
						if err := cmp.Or(l.livesBy(12*time.Hour, 36*24*time.Hour), l.rests()); err != nil {
							t.Errorf("%s: %v", stage, err)
						}
						c := l.now()
						if c.Change.State != client.ChangeDone && c.Payer() != before {
							t.Errorf("%s: the change is %s, and %s pays", stage, c.Change.State, c.Payer())
						}
						if n > 0 && m.changes && c.Payer() != to {
							t.Errorf("%s: %s pays, the change is %s %s", stage, c.Payer(), c.Change.State, c.Change.Reason)
						}
					})
				}
			})
		}
	}
}

// Who is forgotten during a change, or between the agreement and its day, leaves nothing behind that is paid for twice: the agency keeps
// and pays what is its own, and what nobody may have any more ends and is paid back. Whoever pays, or is bound by both, stays.
func TestX4WhoIsForgottenLeavesNoChangeBehind(t *testing.T) {
	t.Parallel()
	ends := map[string]func(l *lease) error{
		"the client erases themselves": func(l *lease) error { return l.erasure.Erase(l.ctx, person(l.address)) },
		"the agency removes and erases them": func(l *lease) error {
			which := l.now().ID
			_, err := l.removal.Remove(l.ctx, l.boss(), which)
			return cmp.Or(err, l.removal.Erase(l.ctx, l.boss(), which))
		},
		"the operator purges the agency": func(l *lease) error {
			for {
				if left, err := l.table.PurgeSome(l.ctx, l.o.id); err != nil || left == 0 {
					return err
				}
			}
		},
	}
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		for name, end := range ends {
			t.Run(string(to)+" pays, "+name, func(t *testing.T) {
				t.Parallel()
				for n, stage := range []string{"proposed", "agreed", "scheduled"} {
					worksIn(t, func(w *works) {
						l := w.leased(true)
						if to == client.ByClient {
							l.handed(client.ByAgency)
						}
						must(t, l.propose(to.Other(), to))
						if n > 0 {
							must(t, l.agree(to))
						}
						if n > 1 {
							must(t, l.card(standin.CardGood))
							w.until(5*time.Minute, 30*time.Second)
						}
						purged := name == "the operator purges the agency"
						switch err := end(l); {
						case purged, to == client.ByClient && n < 2:
							must(t, err)
						default:
							w.wants(err, fault.NotActive)
							must(t, l.livesBy(12*time.Hour, 36*24*time.Hour))
							must(t, l.rests())
							return
						}
						w.until(10*time.Minute, 30*time.Second)
						w.days(31 * 24 * time.Hour)
						if things := 2; purged {
							must(t, w.stands(nil, 0, 0, things))
						} else {
							must(t, w.stands(nil, things, things, things))
						}
						alive := 0
						for _, s := range w.till.Subscriptions() {
							x, err := w.service.Subscription(w.ctx, s.ID)
							must(t, err)
							if !x.Status.Final() && x.Metadata["latchkey_for"] == "client" {
								alive++
							}
						}
						if want := map[bool]int{true: 0, false: 1}[purged]; alive != want {
							t.Errorf("%s: %d subscriptions are alive, want %d", stage, alive, want)
						}
						must(t, l.overlaps(l.invoiced()))
					})
				}
			})
		}
	}
}

// The process dies, or an answer is lost, at each call by which a change is set up and carried out: it is made all the same, once.
func TestX4AFaultAtAnyCallLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	for _, is := range []verdict{crashBefore, loseAnswer} {
		for _, late := range []bool{false, true} { // while it is set up, or when the payer changes
			t.Run(fmt.Sprintf("%s, late: %t", is, late), func(t *testing.T) {
				t.Parallel()
				for n, calls := 0, 1; n < calls && !t.Failed(); n++ {
					worksIn(t, func(w *works) {
						l := w.leased(true)
						must(t, l.propose(client.ByClient, client.ByAgency))
						must(t, l.agree(client.ByAgency))
						seen := 0
						faults := func() {
							w.network.faults(func(c call) verdict {
								if c.again {
									return pass
								}
								if seen++; seen-1 == n {
									return is
								}
								return pass
							})
						}
						if !late {
							faults()
						}
						w.until(5*time.Minute, 30*time.Second)
						if late {
							must(t, l.livesBy(12*time.Hour, time.Until(l.now().Change.Terms.At)-time.Hour))
							faults()
							w.until(4*time.Hour, 20*time.Minute)
						}
						calls = max(calls, min(seen, 40))
						w.network.faults(nil)
						if err := cmp.Or(l.livesBy(12*time.Hour, 33*24*time.Hour), l.rests()); err != nil {
							t.Errorf("call %d: %v", n, err)
						}
						if c := l.now(); c.Payer() != client.ByAgency || c.Change.State != client.ChangeDone {
							t.Errorf("call %d: %s pays, the change is %s %s", n, c.Payer(), c.Change.State, c.Change.Reason)
						}
						if err := l.o.logged(audit.PayerChanged, 1); err != nil {
							t.Errorf("call %d: %v", n, err)
						}
					})
				}
			})
		}
	}
}

// hasty is a payment service that is spoken to with a bug.
type hasty struct {
	billing.Provider
	subscribe func(*payment.SubscribeRequest)
	keepsOld  bool // nobody tells it that the old subscription ends
}

func (h hasty) Subscribe(ctx context.Context, r payment.SubscribeRequest) (payment.Subscription, error) {
	if h.subscribe != nil {
		h.subscribe(&r)
	}
	return h.Provider.Subscribe(ctx, r)
}

func (h hasty) CancelAtPeriodEnd(ctx context.Context, sub string, end bool) (payment.Subscription, error) {
	if h.keepsOld && end {
		return h.Subscription(ctx, sub)
	}
	return h.Provider.CancelAtPeriodEnd(ctx, sub, end)
}

// deaf is a payment service that takes no word of a subscription's end for a while.
type deaf struct {
	billing.Provider
	until time.Time
}

func (d deaf) CancelAtPeriodEnd(ctx context.Context, sub string, end bool) (payment.Subscription, error) {
	if end && time.Now().Before(d.until) {
		return payment.Subscription{}, &payment.Error{Kind: payment.Passing, Status: 503}
	}
	return d.Provider.CancelAtPeriodEnd(ctx, sub, end)
}

// The new subscription is made, and the old one cannot be told to end before it has renewed: the old payer goes on, and what the new one
// was charged at that day goes back.
func TestX4WhereTheOldOneCannotBeEndedInTimeItGoesOnAlone(t *testing.T) {
	t.Parallel()
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		t.Run("to the "+string(to), func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				l := w.leased(true)
				if to == client.ByClient {
					l.handed(client.ByAgency)
				}
				end := l.now().Payment.PeriodEnd
				must(t, l.livesBy(12*time.Hour, time.Until(end)-15*time.Hour))
				l.checkouts.Provider = deaf{l.service, end.Add(5 * time.Hour)}
				must(t, l.propose(to.Other(), to))
				must(t, l.agree(to))
				must(t, l.card(standin.CardGood))
				w.until(time.Until(end)+5*time.Hour, 30*time.Minute)
				must(t, cmp.Or(l.livesBy(12*time.Hour, 36*24*time.Hour), l.rests()))
				equal(w.world, "who pays", l.now().Payer(), to.Other())
			})
		})
	}
}

// payerBugs are bugs in how a change of payer is carried out.
var payerBugs = map[string]func(l *lease){
	"the new subscription charges at once": func(l *lease) {
		l.checkouts.Provider = hasty{Provider: l.service, subscribe: func(r *payment.SubscribeRequest) {
			r.From = time.Now().Add(time.Minute)
		}}
	},
	"the new subscription charges days too late": func(l *lease) {
		l.checkouts.Provider = hasty{Provider: l.service, subscribe: func(r *payment.SubscribeRequest) {
			r.From = r.From.Add(3 * 24 * time.Hour)
		}}
	},
	"the old subscription is not set to end": func(l *lease) {
		l.checkouts.Provider = hasty{Provider: l.service, keepsOld: true}
	},
	"who owns it now is not kept": keeping(func(c *client.Change) { c.Set = nil }),
	"who pays now is not kept": keeping(func(c *client.Change) {
		if c.Client.Change != nil && c.Client.Change.State == client.ChangeDone {
			c.Client.PaidBy = ""
		}
	}),
	"what was begun is not taken back": keeping(func(c *client.Change) {
		if p := c.Client.Change; p != nil && p.State == client.ChangeUndoing {
			p.Undone(time.Now())
		}
	}),
	"the client keeps no access": keeping(func(c *client.Change) {
		if c.Client.AgencyPays() {
			c.Client.Grants = nil
		}
	}),
}

// keeping has everything that is written about changes of payer written with a bug.
func keeping(bug func(*client.Change)) func(l *lease) {
	return func(l *lease) {
		kept := forgetful{l.table, bug}
		l.checkouts.Store, l.changes.Store, l.cards.Store = kept, kept, kept
	}
}

// payerStories are what happens to a change of payer, and what is wrong after it.
var payerStories = map[string]func(l *lease) error{
	"it is made": func(l *lease) error {
		err := errors.Join(l.propose(client.ByClient, client.ByAgency), l.agree(client.ByAgency), l.card(standin.CardGood))
		if err = cmp.Or(err, l.livesBy(12*time.Hour, 36*24*time.Hour), l.rests()); err != nil {
			return err
		}
		c := l.now()
		if c.Payer() != client.ByAgency || c.Change.State != client.ChangeDone {
			return fmt.Errorf("%s pays, the change is %s %s", c.Payer(), c.Change.State, c.Change.Reason)
		}
		paid := l.invoiced()
		for n := 1; n < len(paid); n++ {
			if gap := paid[n].from.Sub(paid[n-1].to); gap > time.Hour {
				return fmt.Errorf("nobody pays for %s", gap)
			}
		}
		for _, i := range c.Items {
			if got := c.Access(i.Resource); got != instance.Write {
				return fmt.Errorf("the client's access is %q", got)
			}
		}
		return nil
	},
	"it is withdrawn": func(l *lease) error {
		err := errors.Join(l.propose(client.ByClient, client.ByAgency), l.agree(client.ByAgency), l.card(standin.CardGood))
		l.until(5*time.Minute, 30*time.Second)
		caller, at := l.as(client.ByClient)
		_, withdrawn := l.changes.Withdraw(l.ctx, caller, at)
		return cmp.Or(err, withdrawn, l.livesBy(12*time.Hour, 36*24*time.Hour), l.rests())
	},
}

// The stories of who pays are worth what they find.
func TestX4TheStoriesOfWhoPaysFindPlantedBugs(t *testing.T) {
	t.Parallel()
	bugs := maps.Clone(payerBugs)
	bugs[""] = func(*lease) {}
	for name, plant := range bugs {
		t.Run(cmp.Or(name, "none"), func(t *testing.T) {
			t.Parallel()
			var found []string
			for what, story := range payerStories {
				worksIn(t, func(w *works) {
					l := w.leased(true)
					plant(l)
					if err := story(l); err != nil {
						found = append(found, what+": "+err.Error())
					}
				})
			}
			if (name == "") != (len(found) == 0) {
				t.Fatalf("found: %v", found)
			}
			if len(found) > 0 {
				t.Logf("found %d times, first: %.200s", len(found), found[0])
			}
		})
	}
}
