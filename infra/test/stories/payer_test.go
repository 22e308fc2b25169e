package lifecycle

import (
	"encoding/json"
	"errors"
	"fmt"
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

// Of many who propose and agree at once one does, and the others who agree find it so.
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
		if many(func(int) error { return l.agree(by.Other()) }, fault.Unavailable) == 0 {
			t.Error("nobody agrees")
		}
		must(t, l.o.logged(audit.PayerAgreed, 1)) // what is agreed to is no fault for the others, and is no other agreement
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
