package lifecycle

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
)

// lease is a client whose hosting runs, and whose payer may change.
type lease struct {
	*works
	o       *office
	which   id.Invite
	address string
	changes *billing.PayerChanges
	cards   *billing.Cards
	plan    string // the subscription of the agency's own plan; "" for an agency whose plan is given
	halted  bool   // something happened by which what was bought may stand still although it is paid for
	over    bool   // something happened by which it may end
}

const payerAddress = "c0@acme.example"

// leased has a client buy, of an agency that pays for its plan by card, or by none.
func (w *works) leased(card bool) *lease {
	w.t.Helper()
	l := &lease{works: w, address: payerAddress}
	if l.o = w.office("Northwind"); card {
		l.o, _, l.plan = w.boughtMax()
	}
	l.which = w.order(l.o, l.address)
	_, err := w.checkouts.Start(w.ctx, person(l.address), l.o.id, payment.Month, "")
	must(w.t, err)
	must(w.t, payWith(standin.CardGood)(w.shop, w.session(l.o, l.which)))
	w.until(2*time.Minute, 10*time.Second)
	l.changes = &billing.PayerChanges{Store: w.table, Prices: w.prices, Billing: queues.Open(w.signed(), w.queue), Now: time.Now}
	l.cards = &billing.Cards{Store: w.table, Provider: w.service, Settings: w.checkouts.Settings, Now: time.Now}
	return l
}

func (l *lease) boss() identity.Caller {
	c := l.o.owner
	c.Session, c.Since, c.Proved = "elsewhere", time.Now(), time.Now()
	return c
}

func (l *lease) now() *client.Client { l.t.Helper(); return l.o.get(l.which) }

// as is the caller of a side, and how it calls.
func (l *lease) as(side client.Side) (identity.Caller, billing.Party) {
	if side == client.ByAgency {
		return l.boss(), billing.Party{Client: l.now().ID}
	}
	return person(l.address), billing.Party{Agency: l.o.id}
}

func (l *lease) propose(by, to client.Side) error {
	caller, at := l.as(by)
	_, err := l.changes.Propose(l.ctx, caller, at, billing.Wish{To: to})
	return err
}

func (l *lease) agree(by client.Side) error {
	caller, at := l.as(by)
	c, err := l.changes.Get(l.ctx, caller, at)
	if err == nil {
		_, err = l.changes.Agree(l.ctx, caller, at, c.Change.Hash())
	}
	return err
}

// card has who is to pay give this card, if one is wanted.
func (l *lease) card(number string) error {
	p := l.now().Change
	if p == nil || p.State != client.ChangeAgreed || !p.NeedCard {
		return nil
	}
	caller, at := l.as(p.To)
	if _, err := l.cards.Open(l.ctx, caller, at); err != nil {
		return err
	}
	_, err := l.till.Pay(l.now().Change.Next.Checkout.ID, standin.Card{Number: number})
	return err
}

// agreed has both sides agree that the side pays, and the card given.
func (l *lease) agreed(to client.Side, card string) {
	l.t.Helper()
	must(l.t, l.propose(to.Other(), to))
	must(l.t, l.agree(to))
	must(l.t, l.card(card))
	l.until(5*time.Minute, 30*time.Second)
}

// handed has the side pay, after the period that is paid now.
func (l *lease) handed(to client.Side) {
	l.t.Helper()
	l.agreed(to, standin.CardGood)
	must(l.t, l.livesBy(12*time.Hour, 32*24*time.Hour))
	if c := l.now(); c.Payer() != to || c.Change.State != client.ChangeDone {
		l.t.Fatalf("%s pays, the change is %s %s", c.Payer(), c.Change.State, c.Change.Reason)
	}
}

// paidPeriod is a period for which an invoice was paid.
type paidPeriod struct {
	invoice, sub, customer string
	from, to               time.Time
}

// invoiced are the periods of what the client has bought that were paid and not paid back, oldest first.
func (l *lease) invoiced() []paidPeriod {
	var out []paidPeriod
	back := map[string]bool{}
	events := l.till.Events()
	for _, e := range events {
		if e.Type != "charge.refunded" {
			continue
		}
		var c struct {
			Customer string `json:"customer"`
			Refunded bool   `json:"refunded"`
			Intent   string `json:"payment_intent"`
		}
		must(l.t, json.Unmarshal(e.Body, &c))
		back[c.Intent] = c.Refunded
	}
	seen := map[string]bool{}
	for _, e := range events {
		if e.Type != "invoice.paid" || seen[e.Object] {
			continue
		}
		seen[e.Object] = true
		var i struct {
			Customer string `json:"customer"`
			Paid     int64  `json:"amount_paid"`
			Parent   struct {
				Of struct {
					Sub  string            `json:"subscription"`
					Meta map[string]string `json:"metadata"`
				} `json:"subscription_details"`
			} `json:"parent"`
			Lines struct {
				Data []struct {
					Period struct {
						Start int64 `json:"start"`
						End   int64 `json:"end"`
					} `json:"period"`
				} `json:"data"`
			} `json:"lines"`
		}
		must(l.t, json.Unmarshal(e.Body, &i))
		if i.Paid == 0 || i.Parent.Of.Meta["latchkey_for"] != "client" {
			continue
		}
		if len(back) > 0 {
			last, err := l.service.LastPayment(l.ctx, i.Parent.Of.Sub)
			if err == nil && back[last.Intent] && last.Invoice == e.Object {
				continue
			}
		}
		p := i.Lines.Data[0].Period
		out = append(out, paidPeriod{e.Object, i.Parent.Of.Sub, i.Customer, time.Unix(p.Start, 0), time.Unix(p.End, 0)})
	}
	slices.SortFunc(out, func(a, b paidPeriod) int { return a.from.Compare(b.from) })
	return out
}

// overlaps tells of two periods that were both paid for one thing.
func (l *lease) overlaps(all []paidPeriod) error {
	for n := 1; n < len(all); n++ {
		if all[n].from.Before(all[n-1].to) {
			return fmt.Errorf("two periods are paid at once: %+v and %+v", all[n-1], all[n])
		}
	}
	return nil
}

// running tells of a thing that is paid for and stands still.
func (l *lease) running(all []paidPeriod) error {
	c := l.now()
	paid := slices.ContainsFunc(all, func(p paidPeriod) bool { return !time.Now().Before(p.from) && time.Now().Before(p.to) })
	if _, running, _ := l.yard.standing(c); !l.halted && running != 2 && (paid || !l.over) {
		return fmt.Errorf("%d of 2 things run at %s: %+v, change %+v", running, time.Now().Format(time.RFC3339), c.Payment, c.Change)
	}
	return nil
}

// lives lets days go by, and looks every few hours.
func (l *lease) lives(d time.Duration) error { return l.livesBy(6*time.Hour, d) }

func (l *lease) livesBy(step, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		l.skip(step)
		l.reconciler.Reconcile(l.ctx) //nolint:errcheck // the next run comes
		l.until(3*time.Minute, time.Minute)
		all := l.invoiced()
		if err := errors.Join(l.running(all), l.overlaps(all)); err != nil {
			return err
		}
	}
	return nil
}

// rests tells what is wrong with a relationship in which nothing is under way any more.
func (l *lease) rests() error {
	c := l.now()
	if c.Change.Open() {
		return fmt.Errorf("the change is still %s, due %s", c.Change.State, c.Change.Due)
	}
	a := l.agency(l.o)
	var alive []string
	for _, s := range l.till.Subscriptions() {
		x, err := l.service.Subscription(l.ctx, s.ID)
		if err != nil {
			return err
		}
		if x.Status.Final() || x.Metadata["latchkey_for"] != "client" {
			continue
		}
		alive = append(alive, x.ID)
		if of := a.Payment.Customer == x.Customer; l.plan != "" && of != c.AgencyPays() {
			return fmt.Errorf("%s of %s is alive, and %s pays", x.ID, x.Customer, c.Payer())
		}
	}
	if len(alive) > 1 || len(alive) == 1 && alive[0] != c.Payment.Reference {
		return fmt.Errorf("alive are %v, and %s is paid by", alive, c.Payment.Reference)
	}
	if open := c.Payment.State.Open(); open != (len(alive) == 1) && c.Payment.State != subscription.Disputed {
		return fmt.Errorf("the payment is %s, and %v alive", c.Payment.State, alive)
	}
	if !l.over && !l.halted && len(alive) != 1 {
		return errors.New("nobody pays any more")
	}
	for _, i := range c.Items {
		x, err := l.table.Resource(l.ctx, l.o.id, i.Resource)
		if err != nil {
			return err
		}
		if x.Status != instance.Deleted && (x.Handed != c.AgencyPays() || x.Owner.Ref() != c.Ref()) {
			return fmt.Errorf("%s is handed over: %t, and %s pays", x.Name, x.Handed, c.Payer())
		}
	}
	return nil
}

func TestX4TheAgencyTakesOverWhatItsClientPaysFor(t *testing.T) {
	t.Parallel()
	for _, card := range []bool{true, false} {
		t.Run(fmt.Sprint("an agency with a card: ", card), func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				l := w.leased(card)
				before := l.now()
				end := before.Payment.PeriodEnd
				must(t, l.propose(client.ByClient, client.ByAgency))
				p := l.now().Change
				equal(w.world, "the day", p.Terms.At.Equal(end), true)
				equal(w.world, "its state", p.State, client.ChangeProposed)
				w.wants(l.agree(client.ByClient), fault.NoChange)
				must(t, l.agree(client.ByAgency))
				equal(w.world, "a card is wanted", l.now().Change.NeedCard, !card)
				must(t, l.card(standin.CardGood))
				w.until(5*time.Minute, 30*time.Second)

				c := l.now()
				equal(w.world, "both are set", c.Change.State, client.ChangeScheduled)
				equal(w.world, "the client pays still", c.Payer(), client.ByClient)
				old, err := w.service.Subscription(w.ctx, before.Payment.Reference)
				must(t, err)
				next, err := w.service.Subscription(w.ctx, c.Change.Next.Reference)
				must(t, err)
				equal(w.world, "the old one ends, when the new one begins",
					[3]bool{old.Renews(), old.Ends().Equal(end), next.PeriodEnd().Equal(end)}, [3]bool{false, true, true})
				w.wants(w.leaving.Leave(w.ctx, person(l.address), l.o.id), fault.NotActive)
				_, err = w.removal.Remove(w.ctx, l.boss(), c.ID)
				w.wants(err, fault.NotActive)

				must(t, l.lives(40*24*time.Hour))
				c = l.now()
				equal(w.world, "it is done", c.Change.State, client.ChangeDone)
				equal(w.world, "the agency pays", c.Payer(), client.ByAgency)
				equal(w.world, "the client's customer", c.Payment.Customer, before.Payment.Customer)
				equal(w.world, "its access", []instance.Access{c.Access(c.Items[0].Resource), c.Access(c.Items[1].Resource)},
					[]instance.Access{instance.Write, instance.Write})
				must(t, l.rests())
				_, _, made := l.yard.standing(c)
				equal(w.world, "things made", made, 2)
				must(t, l.o.logged(audit.PayerChanged, 1))
				must(t, l.o.logged(audit.ProvisionSuspended, 0))

				// The client may go now, and what the agency pays for stays.
				_, err = w.checkouts.Start(w.ctx, person(l.address), l.o.id, payment.Month, "")
				w.wants(err, fault.NothingToPay)
				_, err = w.invoices.Cancel(w.ctx, person(l.address), l.o.id)
				w.wants(err, fault.NotFound)
				must(t, w.leaving.Leave(w.ctx, person(l.address), l.o.id))
				must(t, l.lives(31*24*time.Hour))
				must(t, l.rests())
				_, err = w.removal.Remove(w.ctx, l.boss(), c.ID)
				must(t, err)
				must(t, w.removal.Erase(w.ctx, l.boss(), c.ID))
				w.days(31 * 24 * time.Hour)
				must(t, w.stands(nil, 2, 2, 2))
				must(t, l.overlaps(l.invoiced()))
			})
		})
	}
}

func TestX4TheClientTakesOverWhatItsAgencyPaysFor(t *testing.T) {
	t.Parallel()
	for _, by := range []client.Side{client.ByAgency, client.ByClient} {
		t.Run("proposed by the "+string(by), func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				l := w.leased(true)
				l.handed(client.ByAgency)
				must(t, l.propose(by, client.ByClient))
				must(t, l.agree(by.Other()))
				equal(w.world, "a card is wanted", l.now().Change.NeedCard, true)
				must(t, l.card(standin.Card3DS))
				if id := l.now().Change.Next.Checkout.ID; true {
					_, err := w.till.Confirm(id, true)
					must(t, err)
				}
				must(t, l.lives(40*24*time.Hour))
				c := l.now()
				equal(w.world, "it is done", c.Change.State, client.ChangeDone)
				equal(w.world, "the client pays", c.Payer(), client.ByClient)
				equal(w.world, "and owns it", [2]bool{c.Bought(c.Items[0].Resource) != nil, c.Bought(c.Items[1].Resource) != nil},
					[2]bool{true, true})
				must(t, l.rests())
				must(t, l.o.logged(audit.ProvisionSuspended, 0))
				url, err := w.invoices.Cancel(w.ctx, person(l.address), l.o.id)
				must(t, err)
				equal(w.world, "it can be cancelled", url != "", true)
			})
		})
	}
}

// The new payer's card is taken, and refused when the old payer's period is over: the old payer goes on, without a day between.
func TestX4WhereTheNewCardFailsTheOldPayerGoesOn(t *testing.T) {
	t.Parallel()
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		t.Run("to the "+string(to), func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				l := w.leased(to == client.ByClient)
				if to == client.ByClient {
					l.handed(client.ByAgency)
				}
				before := l.now()
				l.agreed(to, standin.CardFailsLater)
				equal(w.world, "both are set", l.now().Change.State, client.ChangeScheduled)
				must(t, l.lives(45*24*time.Hour))
				c := l.now()
				equal(w.world, "it failed", [2]string{string(c.Change.State), string(c.Change.Reason)}, [2]string{"failed", "card_failed"})
				equal(w.world, "the old payer pays", c.Payer(), before.Payer())
				must(t, l.rests())
				must(t, l.o.logged(audit.PayerFailed, 1))
				must(t, l.o.logged(audit.ProvisionSuspended, 0))
				paid := l.invoiced()
				last := paid[len(paid)-1]
				equal(w.world, "paid by the old payer", last.customer, paid[len(paid)-2].customer)
				// The product runs for some minutes every six hours here.
				if gap := last.from.Sub(paid[len(paid)-2].to); gap > 7*time.Hour {
					t.Errorf("nothing is paid for %s", gap)
				}
			})
		})
	}
}

// An agency that pays for nothing yet takes over one client, and before the day of that another one: it is one customer of the payment
// service, at which its owners find the cards and the subscriptions of both.
func TestX4AnAgencyIsOneCustomerForAllThatItTakesOver(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		first := w.leased(false)
		other := *first
		second := &other
		second.address = "c1@acme.example"
		second.which = w.order(first.o, second.address)
		_, err := w.checkouts.Start(w.ctx, person(second.address), first.o.id, payment.Month, "")
		must(t, err)
		must(t, payWith(standin.CardGood)(w.shop, w.session(first.o, second.which)))
		w.until(2*time.Minute, 10*time.Second)
		for _, l := range []*lease{first, second} {
			must(t, l.propose(client.ByClient, client.ByAgency))
			must(t, l.agree(client.ByAgency))
			w.until(3*time.Minute, 30*time.Second) // until it is known that a card is wanted
			must(t, l.card(standin.CardGood))
			w.until(5*time.Minute, 30*time.Second)
			equal(w.world, "both are set", l.now().Change.State, client.ChangeScheduled)
		}
		for range 66 {
			w.skip(12 * time.Hour)
			w.until(3*time.Minute, time.Minute)
		}
		for _, l := range []*lease{first, second} {
			c := l.now()
			equal(w.world, "who pays", c.Payer(), client.ByAgency)
			x, err := w.service.Subscription(w.ctx, c.Payment.Reference)
			must(t, err)
			equal(w.world, "the customer", x.Customer, l.agency(l.o).Payment.Customer)
		}
	})
}

func TestX4AProposalExpiresAfterFourteenDays(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		l := w.leased(true)
		must(t, l.propose(client.ByAgency, client.ByAgency))
		w.wants(l.propose(client.ByClient, client.ByAgency), fault.ChangeOpen)
		must(t, l.lives(13*24*time.Hour))
		equal(w.world, "after 13 days", l.now().Change.State, client.ChangeProposed)
		must(t, l.lives(36*time.Hour))
		equal(w.world, "after 14 days", l.now().Change.State, client.ChangeExpired)
		w.wants(l.agree(client.ByClient), fault.NoChange)
		must(t, l.propose(client.ByClient, client.ByAgency))
		must(t, l.o.logged(audit.PayerExpired, 1))
	})
}

// What was renewed before both sides had agreed has another day, to which who agrees has to agree anew.
func TestX4AnotherDayIsAnotherAgreement(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		l := w.leased(true)
		must(t, l.lives(25*24*time.Hour))
		must(t, l.propose(client.ByClient, client.ByAgency))
		old := l.now().Change.Hash()
		must(t, l.lives(8*24*time.Hour))
		p := l.now().Change
		equal(w.world, "its version", p.Terms.Version, 2)
		caller, at := l.as(client.ByAgency)
		_, err := l.changes.Agree(w.ctx, caller, at, old)
		w.wants(err, fault.TermsChanged)
		must(t, l.agree(client.ByAgency))
		must(t, l.lives(40*24*time.Hour))
		equal(w.world, "the agency pays", l.now().Payer(), client.ByAgency)
		must(t, l.rests())
	})
}

func TestX4WhoMayProposeAndAgree(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		l := w.leased(true)
		boss, office := l.as(client.ByAgency)
		me, portal := l.as(client.ByClient)
		try := func(caller identity.Caller, at billing.Party, to client.Side) error {
			_, err := l.changes.Propose(w.ctx, caller, at, billing.Wish{To: to})
			return err
		}
		stale := boss
		stale.Proved = time.Now().Add(-11 * time.Minute)
		w.wants(try(stale, office, client.ByAgency), fault.StepUpRequired)
		late := me
		late.Proved = time.Now().Add(-11 * time.Minute)
		w.wants(try(late, portal, client.ByAgency), fault.StepUpRequired)
		employee := boss.At(identity.Place{Level: agency.Employee, Portal: agency.Administrator})
		w.wants(try(employee, office, client.ByAgency), fault.Forbidden)
		w.wants(try(identity.Caller{}, portal, client.ByAgency), fault.Unauthenticated)
		w.wants(try(person("other@acme.example"), portal, client.ByAgency), fault.NotFound)
		_, err := l.changes.Propose(w.ctx, boss, office, billing.Wish{To: client.ByAgency, Resource: l.o.n8n[0]})
		w.wants(err, fault.NotProvisioned)
		w.wants(try(boss, office, client.ByClient), fault.Invalid)
		w.wants(try(boss, office, "nobody"), fault.Invalid)

		must(t, try(me, portal, client.ByAgency))
		hash := l.now().Change.Hash()
		_, err = l.changes.Agree(w.ctx, employee, office, hash)
		w.wants(err, fault.Forbidden)
		_, err = l.changes.Agree(w.ctx, stale, office, hash)
		w.wants(err, fault.StepUpRequired)
		_, err = l.changes.Agree(w.ctx, boss, office, "another")
		w.wants(err, fault.TermsChanged)
		_, err = l.changes.Withdraw(w.ctx, boss, office)
		w.wants(err, fault.NoChange)
		_, err = l.changes.Decline(w.ctx, me, portal)
		w.wants(err, fault.NoChange)
		_, err = l.changes.Decline(w.ctx, employee, office)
		w.wants(err, fault.Forbidden)
		_, err = l.changes.Decline(w.ctx, boss, office)
		must(t, err)
		equal(w.world, "declined", l.now().Change.State, client.ChangeDeclined)
	})
}

// Of many who propose and agree at once one does.
func TestX4OneOfManyProposes(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		l := w.leased(true)
		many := func(do func(n int) error, code fault.Code) (made int) {
			var mu sync.Mutex
			var all sync.WaitGroup
			for n := range 64 {
				all.Go(func() {
					err := do(n)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						made++
					case !fault.Is(err, code) && !fault.Is(err, fault.Unavailable):
						t.Errorf("%v", err)
					}
				})
			}
			all.Wait()
			return made
		}
		sides := []client.Side{client.ByAgency, client.ByClient}
		equal(w.world, "proposals", many(func(n int) error { return l.propose(sides[n%2], client.ByAgency) }, fault.ChangeOpen), 1)
		by := l.now().Change.By
		equal(w.world, "agreements", many(func(int) error { return l.agree(by.Other()) }, fault.NoChange), 1)
		must(t, l.o.logged(audit.PayerAgreed, 1))
		must(t, l.lives(40*24*time.Hour))
		must(t, l.rests())
		equal(w.world, "the agency pays", l.now().Payer(), client.ByAgency)
	})
}

// Two are told at once: one sets the change up, the other one is told of the subscription that the first one makes, in whatever
// moment of that. It is not taken for a second one.
func TestX4ToldOfWhatIsBeingSetUp(t *testing.T) {
	t.Parallel()
	for _, to := range []client.Side{client.ByAgency, client.ByClient} {
		t.Run("to the "+string(to), func(t *testing.T) {
			t.Parallel()
			for after, over := 0, false; !over && !t.Failed(); after++ {
				worksIn(t, func(w *works) {
					l := w.leased(true)
					if to == client.ByClient {
						l.handed(client.ByAgency)
					}
					must(t, l.propose(to.Other(), to))
					must(t, l.agree(to))
					must(t, l.card(standin.CardGood))
					known := map[string]bool{}
					for _, s := range w.till.Subscriptions() {
						known[s.ID] = true
					}
					ref := l.now().Ref()
					done := make(chan error)
					go func() { done <- w.checkouts.Settle(w.ctx, l.o.id, ref, "") }()
					<-time.After(time.Duration(after) * time.Millisecond)
					over = l.now().Change.State == client.ChangeScheduled
					for _, s := range w.till.Subscriptions() {
						if !known[s.ID] {
							must(t, w.checkouts.Settle(w.ctx, l.o.id, ref, s.ID))
						}
					}
					must(t, <-done)
					w.until(5*time.Minute, 30*time.Second)
					if p := l.now().Change; p.State != client.ChangeScheduled {
						t.Errorf("told after %d ms: the change is %s %s", after, p.State, p.Reason)
					}
				})
			}
		})
	}
}

// event is something that happens to a relationship whose payer is about to change to the side. It returns false where it cannot
// happen now, and changes nothing then.
type payerEvent struct {
	name string
	do   func(l *lease, to client.Side) error
}

var payerEvents = []payerEvent{
	{"propose", func(l *lease, to client.Side) error { return l.propose(to.Other(), to) }},
	{"agree", func(l *lease, to client.Side) error {
		if !l.now().Change.Open() {
			if err := l.propose(to.Other(), to); err != nil {
				return err
			}
		}
		return errors.Join(l.agree(to), l.card(standin.CardGood))
	}},
	{"withdraw", func(l *lease, to client.Side) error {
		caller, at := l.as(to.Other())
		_, err := l.changes.Withdraw(l.ctx, caller, at)
		return err
	}},
	{"cancel", func(l *lease, _ client.Side) error {
		c := l.now()
		if !c.Change.Bound() {
			l.over = true
		}
		return l.till.CancelAtPeriodEnd(c.Payment.Reference, true)
	}},
	{"remove", func(l *lease, _ client.Side) error {
		_, err := l.removal.Remove(l.ctx, l.boss(), l.now().ID)
		return err
	}},
	{"past due", func(l *lease, _ client.Side) error {
		c := l.now()
		l.over = l.over || !c.Change.Bound()
		sub := c.Payment.Reference
		if c.Change.Open() && c.Change.Next.Reference != "" {
			sub = c.Change.Next.Reference
		}
		return l.till.FailRenewals(sub, true)
	}},
	{"dispute", func(l *lease, _ client.Side) error {
		l.halted, l.over = true, true
		_, err := l.till.Dispute(l.now().Payment.Reference, "fraudulent")
		return err
	}},
	{"lost webhook", func(l *lease, _ client.Side) error { l.till.SetPlan(standin.Plan{Lose: 1}); return nil }},
}

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
