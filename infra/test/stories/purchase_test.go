package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/provisioning"
)

// comeback is a way in which somebody who has bought, and has gone, is invited again.
type comeback struct {
	name  string
	order *onboarding.Order                                                                  // that it is invited with again; nil for none
	pays  standing                                                                           // when it goes, and after that
	after func(w *works, o *office, first, which id.Invite, address string, term bool) error // term: wait for the end of the 30 days
}

var comebacks = []comeback{
	{"to buy the same", &onboarding.Order{Hosting: true, StorageGB: 30, WhatsApp: true}, lapsed,
		func(w *works, o *office, first, which id.Invite, address string, term bool) error {
			c := o.get(which)
			if err := w.stands(c, 2, 2, 2); err != nil || !term {
				return err
			}
			w.days(40 * 24 * time.Hour)
			return errors.Join(w.stands(o.get(which), 2, 2, 2), o.shows(address, 2), w.announcedTo(address, 0), w.paysFor(which, 1),
				w.paysFor(first, 0))
		}},
	{"to buy something else", &onboarding.Order{Hosting: true, StorageGB: 10}, lapsed,
		func(w *works, o *office, first, which id.Invite, address string, term bool) error {
			// what it had is kept until its term is over
			if err := errors.Join(w.stands(o.get(which), 3, 1, 3), o.shows(address, 1)); err != nil || !term {
				return err
			}
			w.days(40 * 24 * time.Hour)
			return errors.Join(w.stands(o.get(which), 1, 1, 3), o.shows(address, 1), w.announcedTo(address, 2), w.paysFor(which, 1),
				w.paysFor(first, 0))
		}},
	{"to see the portal", nil, lapsed, toLook},
	{"while it is paid for some days still", nil, ending, paidAsBefore},
	{"after a dispute that was won when it was gone", nil, won, toLook},
}

// toLook is somebody who comes back and buys nothing: what it had is kept until its term is over.
func toLook(w *works, o *office, first, which id.Invite, address string, term bool) error {
	if err := errors.Join(w.stands(o.get(which), 2, 0, 2), o.shows(address, 0)); err != nil || !term {
		return err
	}
	w.days(40 * 24 * time.Hour)
	return errors.Join(w.stands(o.get(which), 0, 0, 2), w.announcedTo(address, 2), w.paysFor(first, 0))
}

func paidAsBefore(w *works, o *office, first, which id.Invite, address string, _ bool) error {
	if err := errors.Join(w.stands(o.get(which), 2, 2, 2), o.shows(address, 2), w.paysFor(first, 1)); err != nil {
		return err
	}
	// Its payment is what it was: it can lapse, and be taken up again.
	if err := w.till.Cancel(o.get(which).Payment.Reference); err != nil {
		return err
	}
	w.until(5*time.Minute, 30*time.Second)
	if err := w.stands(o.get(which), 2, 0, 2); err != nil {
		return err
	}
	if err := w.pays(o, which, address); err != nil {
		return err
	}
	return errors.Join(w.stands(o.get(which), 2, 2, 2), o.shows(address, 2))
}

// standing is how it is with a payment when its relationship ends.
type standing string

const (
	lapsed standing = "lapsed"
	ending standing = "ending" // it is paid, and not renewed
	won    standing = "won"    // a dispute had closed it, and is won when it is gone
	taken  standing = "taken"  // a dispute has closed it
)

// goes has the relationship end, or be about to, with the payment as it is said.
func (w *works) goes(o *office, which id.Invite, p standing) error {
	c := o.get(which)
	switch p {
	case lapsed:
		if err := w.till.Cancel(c.Payment.Reference); err != nil {
			return err
		}
		w.until(2*time.Minute, 30*time.Second)
	case ending:
		return errors.Join(w.till.CancelAtPeriodEnd(c.Payment.Reference, true), w.checkouts.Settle(w.ctx, o.id, c.Ref(), ""))
	case won, taken:
		dispute, err := w.till.Dispute(c.Payment.Reference, "fraudulent")
		if err != nil {
			return err
		}
		w.until(2*time.Minute, 30*time.Second)
		if p == taken {
			return nil
		}
		if _, err := w.removal.Remove(w.ctx, o.owner, c.ID); err != nil {
			return err
		}
		if err := w.till.CloseDispute(dispute, true); err != nil {
			return err
		}
		w.until(2*time.Minute, 30*time.Second)
	}
	return nil
}

// stands tells what is wrong when of all that the client has bought another number is there, runs, or was made.
func (w *works) stands(c *client.Client, there, running, made int) error {
	w.yard.mu.Lock()
	defer w.yard.mu.Unlock()
	all := 0
	for _, n := range w.yard.made {
		all += n
	}
	if len(w.yard.kept) != there || len(w.yard.run) != running || all != made {
		return fmt.Errorf("%d things are there, %d run, %d were made; want %d, %d, %d: %s", len(w.yard.kept), len(w.yard.run), all, there,
			running, made, told(c))
	}
	return nil
}

func told(c *client.Client) (out string) {
	if c == nil {
		return ""
	}
	for _, i := range c.Items {
		out += fmt.Sprintf("%s %s left=%v stale=%v; ", i.Article.Name(), i.State, i.Left, i.Stale)
	}
	return out
}

func (w *works) announcedTo(address string, want int) error {
	if n := w.announced(address); n != want {
		return fmt.Errorf("%d mails announce a deletion, want %d", n, want)
	}
	return nil
}

// paysFor tells what is wrong when another number of subscriptions of the invite take money.
func (w *works) paysFor(which id.Invite, want int) error {
	if n := len(w.alive(which)); n != want {
		return fmt.Errorf("%d subscriptions of %s, want %d", n, which, want)
	}
	return nil
}

// pays opens a page and pays there.
func (w *works) pays(o *office, which id.Invite, address string) error {
	if _, err := w.checkouts.Start(w.ctx, person(address), o.id, payment.Month, ""); err != nil {
		return err
	}
	if err := payWith(standin.CardGood)(w.shop, w.session(o, which)); err != nil {
		return err
	}
	w.until(3*time.Minute, 10*time.Second)
	return nil
}

// play has somebody buy, go and be invited again, with the worker failing at the so-many-th call after that.
func (b comeback) play(w *works, at int, is verdict) (calls int, err error) {
	const address = "c0@acme.example"
	o, first := w.checkout(0, payWith(standin.CardGood))
	w.until(time.Minute, 5*time.Second)
	if err := w.sound(o, first, true); err != nil {
		return 0, err
	}
	if err := w.goes(o, first, b.pays); err != nil {
		return 0, err
	}
	if b.pays == ending { // then it is the client alone who can end it
		err = w.leaving.Leave(w.ctx, person(address), o.id)
	} else {
		_, err = w.removal.Remove(w.ctx, o.owner, o.client(first))
	}
	if err != nil {
		return 0, err
	}
	w.days(24 * time.Hour)
	draft := onboarding.Draft{Email: address, Payer: invite.ClientPays, Order: b.order}
	if b.pays == ending { // asked to pay twice, it is not
		draft.Order = &onboarding.Order{Hosting: true, StorageGB: 30}
		if _, err := w.inviter.Send(w.ctx, o.owner, draft, ""); !fault.Is(err, fault.AlreadyClient) {
			return 0, fmt.Errorf("invited to pay twice: %w", err)
		}
		draft.Order = nil
	}
	made, err := w.inviter.Send(w.ctx, o.owner, draft, "")
	if err != nil {
		return 0, err
	}
	w.deliver()
	w.crash(at, is, true)
	if b.order == nil {
		_, err = w.invitations.Accept(w.ctx, w.token(address), "", person(address))
	} else if _, err = w.checkouts.Start(w.ctx, person(address), o.id, payment.Month, ""); err == nil {
		err = payWith(standin.CardGood)(w.shop, w.session(o, made.Invite.ID))
	}
	if err != nil {
		return 0, err
	}
	w.until(2*time.Minute, 10*time.Second)
	calls = min(w.calls, 60)
	w.network.faults(nil)
	w.until(6*time.Minute, time.Minute)
	return calls, b.after(w, o, first, made.Invite.ID, address, at < 0)
}

// What somebody has bought before comes along when it is invited again: it is had again when it is paid for, and deleted
// in its time when it is not.
func TestWhatWasBoughtBeforeComesAlong(t *testing.T) {
	t.Parallel()
	for _, b := range comebacks {
		for _, is := range []verdict{crashBefore, loseAnswer} {
			t.Run(b.name+", "+is.String(), func(t *testing.T) {
				t.Parallel()
				n := -1 // nothing fails
				for calls := 0; n < calls && !t.Failed(); n++ {
					worksIn(t, func(w *works) {
						made, err := b.play(w, n, is)
						if err != nil {
							t.Errorf("call %d: %v", n, err)
						}
						calls = max(calls, made)
					})
				}
				t.Logf("%d calls", n)
			})
		}
	}
}

// erasure is somebody who has bought and is forgotten.
type erasure struct {
	name  string
	after time.Duration // its payment
	pays  standing      // then; when it is ending, it is the person who has itself forgotten
	days  time.Duration // after which the agency forgets it
}

var erasures = []erasure{
	{"by the agency, after it has lapsed", time.Minute, lapsed, 2 * 24 * time.Hour},
	{"by the agency, after a dispute that was won when it was gone", time.Minute, won, 24 * time.Hour},
	{"by the agency, while its payment is disputed", time.Minute, taken, 0},
	{"by itself, while it is paid", time.Minute, ending, 0},
	{"by itself, before anything is begun", 0, ending, 0},
	{"by itself, while it is made", 3 * time.Second, ending, 0},
	{"by itself, while it is nearly there", 12 * time.Second, ending, 0},
}

func (e erasure) play(w *works, at int, is verdict) (calls int, err error) {
	const address = "c0@acme.example"
	o, which := w.checkout(0, payWith(standin.CardGood))
	w.till.Tick(w.ctx) //nolint:errcheck // webhooks may be refused
	for w.take(w.queue, w.bill.Handle) > 0 {
	}
	if e.after > 0 {
		w.until(e.after, time.Second)
	}
	c := o.get(which)
	ref := c.Payment.Reference
	if ref == "" {
		return 0, errors.New("it has not paid")
	}
	if err := w.goes(o, which, e.pays); err != nil {
		return 0, err
	}
	self := e.pays == ending
	if !self {
		if _, err := w.removal.Remove(w.ctx, o.owner, c.ID); err != nil {
			return 0, err
		}
		w.days(e.days)
	}
	w.crash(at, is, true)
	if self {
		err = w.erasure.Erase(w.ctx, person(address))
	} else {
		err = w.removal.Erase(w.ctx, o.owner, c.ID)
	}
	if err != nil {
		return 0, err
	}
	if err := o.nameless(address); err != nil {
		return 0, fmt.Errorf("at once: %w", err)
	}
	if _, err := w.removal.Remove(w.ctx, o.owner, c.ID); !fault.Is(err, fault.NotFound) {
		return 0, fmt.Errorf("what remains can be removed: %w", err)
	}
	if _, err := w.invites.Get(w.ctx, o.owner, which); !fault.Is(err, fault.NotFound) {
		return 0, fmt.Errorf("its invite can be read: %w", err)
	}
	if _, err := w.retrier.Retry(w.ctx, o.owner, c.ID, c.Items[0].Resource); !fault.Is(err, fault.NotFound) {
		return 0, fmt.Errorf("what remains can be tried again: %w", err)
	}
	if now, err := w.self.See(w.ctx, person(address)); err != nil || len(now.Portals)+len(now.Former) != 0 {
		return 0, fmt.Errorf("the person still sees something: %+v, %w", now, err)
	}
	w.until(4*time.Minute, 20*time.Second)
	calls = min(w.calls, 60)
	w.network.faults(nil)
	w.until(10*time.Minute, time.Minute)
	if err := errors.Join(w.stands(nil, 0, 0, len(w.yard.made)), o.nameless(address)); err != nil {
		return calls, err
	}
	if sub, err := w.service.Subscription(w.ctx, ref); err != nil || !sub.Status.Final() && (!self || sub.Renews()) {
		return calls, fmt.Errorf("its subscription is %s: %w", sub.Status, err)
	}
	last, err := w.service.LastPayment(w.ctx, ref)
	if err != nil || last.Refunded.Minor != 0 { // what was disputed once cannot be paid back
		return calls, fmt.Errorf("%d of %d is paid back: %w", last.Refunded.Minor, last.Amount.Minor, err)
	}
	for _, c := range o.relationships() {
		if !c.Erased() || c.Stands() || !c.Due().IsZero() || len(c.Items) == 0 {
			return calls, fmt.Errorf("%+v is looked after still", c)
		}
		x, err := w.table.Resource(w.ctx, o.id, c.Items[0].Resource)
		if err != nil || x.Status != instance.Deleted || x.URL != "" || x.Key != "" {
			return calls, fmt.Errorf("%+v: %w", x, err)
		}
	}
	// As if nobody had ever typed it.
	if _, err := o.send(address); err != nil {
		return calls, err
	}
	w.deliver()
	if _, err := w.invitations.Accept(w.ctx, w.token(address), "", person(address)); err != nil {
		return calls, err
	}
	w.until(2*time.Minute, time.Minute)
	return calls, errors.Join(o.shows(address, 2), w.stands(nil, 0, 0, len(w.yard.made)))
}

// nameless tells what is wrong when anything stored still holds the address or a word about the person.
func (o *office) nameless(address string) error {
	for _, i := range o.w.items() {
		for name := range i {
			if strings.Contains(text(i, name), address) {
				return fmt.Errorf("%s of %s %s still holds the address", name, text(i, "pk"), text(i, "sk"))
			}
		}
	}
	for _, c := range o.relationships() {
		if !c.Erased() || c.Listed || c.Name != "" || len(c.Invite.Timeline)+len(c.Invite.Tokens)+len(c.Grants)+len(c.Earlier) > 0 ||
			c.Invite.Message+string(c.Invite.ID) != "" {
			return fmt.Errorf("too much remains: %+v", c)
		}
	}
	return nil
}

// What somebody who is forgotten has bought is deleted, and not paid for any more; until that is done something remains
// that has no name.
func TestWhatAnErasedPersonHasBoughtIsDeleted(t *testing.T) {
	t.Parallel()
	for _, e := range erasures {
		for _, is := range []verdict{crashBefore, loseAnswer} {
			t.Run(e.name+", "+is.String(), func(t *testing.T) {
				t.Parallel()
				n := -1 // nothing fails
				for calls := 0; n < calls && !t.Failed(); n++ {
					worksIn(t, func(w *works) {
						made, err := e.play(w, n, is)
						if err != nil {
							t.Errorf("call %d: %v", n, err)
						}
						calls = max(calls, made)
					})
				}
				t.Logf("%d calls", n)
			})
		}
	}
}

// A worker has asked for a thing when the person is forgotten, and its request is slow to come: what is deleted is deleted
// last.
func TestWhatIsBegunWhileItsOwnerIsErasedIsDeletedToo(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.till.Tick(w.ctx) //nolint:errcheck // webhooks may be refused
		for w.take(w.queue, w.bill.Handle) > 0 {
		}
		must(t, w.goes(o, which, ending))
		c, erased, other := o.get(which), false, *w.worker
		w.worker.Driver = slow{w.worker.Driver, func() {
			if erased {
				return
			}
			erased = true
			must(t, w.erasure.Erase(w.ctx, person("c0@acme.example")))
			// Another worker looks after what remains, before this one's request has come through.
			must(t, w.sweep.Run(w.ctx))
			must(t, other.Handle(w.ctx, job.Provision{Agency: o.id, Client: c.ID, Item: c.Items[0].Key}.Encode()))
		}}
		w.until(5*time.Minute, 5*time.Second)
		if !erased {
			t.Fatal("nothing was begun")
		}
		must(t, w.stands(nil, 0, 0, 1))
	})
}

// slow is a driver whose requests to begin are slow to come.
type slow struct {
	provisioning.Driver
	before func()
}

func (s slow) Begin(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	s.before()
	return s.Driver.Begin(ctx, o)
}

// A closed agency's clients leave nothing behind that runs.
func TestWhatClientsOfAClosedAgencyHaveBoughtIsDeleted(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(time.Minute, 5*time.Second)
		must(t, w.sound(o, which, true))
		ref := o.get(which).Payment.Reference
		for n := 0; ; n++ {
			left, err := w.table.PurgeSome(w.ctx, o.id)
			must(t, err)
			if left == 0 {
				break
			}
			if n > 10 {
				t.Fatal("it has no end")
			}
		}
		must(t, o.nameless("c0@acme.example"))
		w.until(10*time.Minute, 30*time.Second)
		must(t, w.stands(nil, 0, 0, 2))
		sub, err := w.service.Subscription(w.ctx, ref)
		if err != nil || !sub.Status.Final() {
			t.Errorf("its subscription is %s, %v", sub.Status, err)
		}
		if last, err := w.service.LastPayment(w.ctx, ref); err != nil || last.Refunded != last.Amount {
			t.Errorf("%d of %d is paid back, %v", last.Refunded.Minor, last.Amount.Minor, err)
		}
	})
}

// forgetful is a store with a bug in what it keeps.
type forgetful struct {
	*whole.Table
	bug func(*client.Change)
}

func (f forgetful) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	f.bug(&c)
	return f.Table.Commit(ctx, a, c)
}

// The stories are worth what they find.
func TestTheStoriesOfWhatIsLeftFindPlantedBugs(t *testing.T) {
	t.Parallel()
	items := func(f func(*purchase.Item)) func(*client.Change) {
		return func(c *client.Change) {
			for n := range c.Client.Items {
				f(&c.Client.Items[n])
			}
		}
	}
	for name, bug := range map[string]func(*client.Change){
		"a new invite forgets what was bought": func(c *client.Change) {
			if c.Client.Invite.Status == invite.Sending {
				c.Client.Items = nil
			}
		},
		"a new invite forgets what is paid": func(c *client.Change) {
			if c.Client.Invite.Status == invite.Sending {
				c.Client.Payment.Reference, c.Client.Payment.State = "", ""
			}
		},
		"what was left counts as paid": items(func(i *purchase.Item) { i.Left = false }),
		"erasing forgets what runs": func(c *client.Change) {
			if c.Erase {
				c.Client.Items = nil
			}
		},
		"erasing forgets what is paid": func(c *client.Change) {
			if c.Erase {
				c.Client.Payment.State = ""
			}
		},
		"erasing erases nothing": func(c *client.Change) { c.Erase = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found []error
			for _, b := range comebacks {
				found = append(found, withBug(t, bug, func(w *works) (int, error) { return b.play(w, -1, pass) }))
			}
			for _, e := range erasures {
				found = append(found, withBug(t, bug, func(w *works) (int, error) { return e.play(w, -1, pass) }))
			}
			found = slices.DeleteFunc(found, func(err error) bool { return err == nil })
			if len(found) == 0 {
				t.Fatal("not found")
			}
			t.Logf("found %d times, first: %v", len(found), found[0])
		})
	}
}

func withBug(t *testing.T, bug func(*client.Change), story func(*works) (int, error)) (err error) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t)
		defer s.close()
		w := openWorks(s)
		kept := forgetful{s.table, bug}
		w.inviter.Store, w.canceller.Store, w.grants.Store, w.removal.Store = kept, kept, kept, kept
		w.leaving.Store, w.erasure.Store = kept, kept
		_, err = story(w)
	})
	return err
}
