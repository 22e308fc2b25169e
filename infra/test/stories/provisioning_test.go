package lifecycle

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine/roundtrip"
	maker "latchkey.dev/infra/run/provisioner"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/provisionhook"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/provisioning"
)

// works is a shop whose goods are made: by an operator's program, behind the same bad network.
type works struct {
	*shop
	program *maker.Server
	yard    *yard
	worker  *provisioning.Worker
	retrier *provisioning.Retrier
	jobs    string // the provisioning queue
	keys    *seal.Ring
	calls   int // that the worker has made, while they are counted
	within  bool
}

// yard is where things stand. Each needs some looks to be there, and some more to run.
type yard struct {
	mu     sync.Mutex
	made   map[string]int // from nothing, by key
	run    map[string]int // how often it was looked at since it was started; it is not there without an entry
	kept   map[string]bool
	broken func(key string) bool
}

func (y *yard) Start(t maker.Thing) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	if _, on := y.run[t.Key]; on {
		return errors.New("it runs already")
	}
	if !y.kept[t.Key] {
		y.made[t.Key]++
	}
	y.run[t.Key], y.kept[t.Key] = 0, true
	return nil
}

func (y *yard) Look(t maker.Thing) (provisioning.Stage, string, string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.run[t.Key]++
	switch n := y.run[t.Key]; {
	case y.broken != nil && y.broken(t.Key):
		return provisioning.Broken, "", ""
	case n <= 2:
		return provisioning.Making, "", ""
	case n == 3:
		return provisioning.There, "", ""
	}
	return provisioning.Running, "https://" + t.Key + ".n8n.example", "api-key-of-" + t.Key
}

func (y *yard) Halt(t maker.Thing, forget bool) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	delete(y.run, t.Key)
	if forget {
		delete(y.kept, t.Key)
	}
	return nil
}

// standing is how many of the keys' things there are, and how many of them run.
func (y *yard) standing(c *client.Client) (there, running, made int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, i := range c.Items {
		if y.kept[i.Key] {
			there++
		}
		if _, on := y.run[i.Key]; on {
			running++
		}
		made += y.made[i.Key]
	}
	return there, running, made
}

func worksIn(t *testing.T, story func(w *works)) {
	t.Helper()
	shopIn(t, func(s *shop) { story(openWorks(s)) })
}

func openWorks(s *shop) *works {
	s.t.Helper()
	w := &works{shop: s, yard: &yard{made: map[string]int{}, run: map[string]int{}, kept: map[string]bool{}}}
	secret := []byte("a secret of the lifecycle tests' program")
	w.program = &maker.Server{Secret: secret, Maker: w.yard, Now: time.Now}
	driver, err := provisionhook.Open(provisionhook.Options{URL: "https://program.example/", Secret: secret,
		Through: beside{s.network, roundtrip.Transport(w.program)}, Now: time.Now})
	must(s.t, err)
	made, err := s.sqs.CreateQueue(s.ctx, &sqs.CreateQueueInput{QueueName: aws.String("life-provision")})
	must(s.t, err)
	w.jobs = *made.QueueUrl
	jobs := queues.Open(s.signed(), w.jobs)
	w.keys, err = seal.New([]byte("a key of the lifecycle tests of 32 bytes or more"))
	must(s.t, err)
	s.checkouts.Provision, s.sweep.Provision = jobs, jobs
	w.worker = &provisioning.Worker{Store: s.table, Driver: driver, Refunds: &billing.Refunds{Provider: s.service}, Queue: jobs,
		Mail: s.queueOfMail(), Keys: w.keys, Now: time.Now}
	w.retrier = &provisioning.Retrier{Store: s.table, Queue: jobs, Now: time.Now}
	return w
}

func (s *shop) queueOfMail() *queues.Queue { return s.world.queue }

// until lets time go by with everything running, the worker at each step of it.
func (w *works) until(d, step time.Duration) {
	for end := time.Now().Add(d); ; {
		w.run(0)
		w.within = true
		for w.take(w.jobs, w.worker.Handle) > 0 {
		}
		w.within = false
		left := time.Until(end)
		if left <= 0 {
			return
		}
		w.pass(min(left, step))
	}
}

// days lets days go by.
func (w *works) days(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.skip(6 * time.Hour)
		w.reconciler.Reconcile(w.ctx) //nolint:errcheck // the next run comes
		w.until(3*time.Minute, time.Minute)
	}
}

// crash has the network fail at the so-many-th call of the worker, in the mode.
func (w *works) crash(at int, is verdict, ever bool) {
	w.calls = 0
	w.network.faults(func(c call) verdict {
		if !w.within {
			return pass
		}
		n := w.calls
		if c.again {
			n--
		} else {
			w.calls++
		}
		if n != at || c.again && !ever {
			return pass
		}
		return is
	})
}

// purchases are what can become of a checkout page.
var purchases = []struct {
	name string
	paid bool
	buy  func(s *shop, page string) error
}{
	{"paid", true, payWith(standin.CardGood)},
	{"declined, then paid", true, func(s *shop, page string) error {
		return errors.Join(payWith(standin.CardDeclined)(s, page), payWith(standin.CardGood)(s, page))
	}},
	{"confirmed with the bank", true, func(s *shop, page string) error {
		if _, err := s.till.Pay(page, standin.Card{Number: standin.Card3DS}); err != nil {
			return err
		}
		_, err := s.till.Confirm(page, true)
		return err
	}},
	{"declined", false, payWith(standin.CardDeclined)},
	{"abandoned", false, func(*shop, string) error { return nil }},
}

func payWith(number string) func(*shop, string) error {
	return func(s *shop, page string) error {
		_, err := s.till.Pay(page, standin.Card{Number: number})
		return err
	}
}

var tellings = []struct {
	name string
	plan standin.Plan
}{{"in order", standin.Plan{}}, {"lost", standin.Plan{Lose: 1}}, {"repeated", standin.Plan{Repeat: 1}},
	{"reordered", standin.Plan{Reorder: 1}}, {"late", standin.Plan{Delay: 1}}}

// checkout brings an address to its page and does there what people do.
func (w *works) checkout(n int, buy func(*shop, string) error) (*office, id.Invite) {
	w.t.Helper()
	o := w.office(fmt.Sprint("Agency ", n))
	w.offices = w.offices[len(w.offices)-1:]
	must(w.t, w.engine.SES.ClearMails())
	address := fmt.Sprintf("c%d@acme.example", n)
	which := w.order(o, address)
	_, err := w.checkouts.Start(w.ctx, person(address), o.id, payment.Month, "")
	must(w.t, err)
	must(w.t, buy(w.shop, w.session(o, which)))
	return o, which
}

// sound tells what is wrong with a purchase that has come to its end: it was paid once and everything is there once and
// runs, or it was not and nothing is.
func (w *works) sound(o *office, which id.Invite, paid bool) error {
	c := o.get(which)
	there, running, made := w.yard.standing(c)
	if !paid {
		if len(c.Items) != 0 || len(w.alive(which)) != 0 || c.Joined() {
			return fmt.Errorf("not paid, and %d items, %d subscriptions", len(c.Items), len(w.alive(which)))
		}
		return nil
	}
	if len(c.Items) != 2 || len(w.alive(which)) != 1 || there != 2 || running != 2 || made != 2 {
		return fmt.Errorf("%d items, %d subscriptions, %d things, %d run, made %d times", len(c.Items), len(w.alive(which)), there, running,
			made)
	}
	for _, i := range c.Items {
		x, err := w.table.Resource(w.ctx, o.id, i.Resource)
		if err != nil {
			return err
		}
		if i.State != purchase.Ready || x.Status != instance.Running || x.URL != "https://"+strings.ToLower(i.Key)+".n8n.example" ||
			x.Owner != c.ID {
			return fmt.Errorf("%s is %s (%s), and %+v", i.Key, i.State, i.Reason, x)
		}
		if key, err := w.keys.Open(x.Key, x.Place(o.id)); x.Kind == instance.N8N && (err != nil || key != "api-key-of-"+i.Key) {
			return fmt.Errorf("its API key: %w", err)
		}
	}
	return errors.Join(o.logged(audit.PaymentReceived, 1), o.logged(audit.ProvisionReady, 2), o.logged(audit.ProvisionRequested, 2))
}

func TestFE24WhatIsPaidForIsThereWithinHalfAMinute(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		o, which := w.checkout(0, payWith(standin.CardGood))
		paid := time.Now()
		w.until(30*time.Second, time.Second)
		must(w.t, w.sound(o, which, true))
		for _, i := range o.get(which).Items {
			if took := i.ReadyAt.Sub(paid); took > 30*time.Second || len(i.Steps) != 4 {
				t.Errorf("%s took %v in %d steps", i.Article.Name(), took, len(i.Steps))
			}
		}
		view, err := w.portal.Get(w.ctx, person("c0@acme.example"), o.id)
		must(w.t, err)
		equal(w.world, "the portal", [2]int{len(view.Instances), len(view.Services)}, [2]int{1, 1})
	})
}

// All pairs of what becomes of a checkout, of how its webhooks come, and of the call at which the worker dies.
func TestX6HoweverItIsPaidToldAndCutOff(t *testing.T) {
	t.Parallel()
	for _, is := range []verdict{crashBefore, crashAfter, loseAnswer} {
		t.Run(is.String(), func(t *testing.T) {
			t.Parallel()
			n, calls := 0, 1
			for at := 0; at < calls && !t.Failed(); at++ {
				worksIn(t, func(w *works) {
					for k, p := range purchases {
						if !p.paid && at >= len(tellings) { // the worker has nothing to do
							continue
						}
						told := tellings[(at+k)%len(tellings)]
						told.plan.Seed = uint64(n) //nolint:gosec // a count
						w.till.SetPlan(told.plan)
						o, which := w.checkout(k, p.buy)
						n++
						w.crash(at, is, true)
						w.until(time.Minute, 10*time.Second)
						calls = max(calls, min(w.calls, 60))
						w.network.faults(nil)
						w.until(6*time.Minute, time.Minute)
						if err := w.sound(o, which, p.paid); err != nil {
							t.Errorf("%s, webhooks %s, call %d: %v", p.name, told.name, at, err)
							return
						}
					}
				})
			}
			t.Logf("%d calls, %d purchases", calls, n)
		})
	}
}

// refunded tells what is wrong with a purchase of which so many items could not be made and the others were.
func (w *works) refunded(o *office, which id.Invite, hosting, whatsapp bool) error {
	c := o.get(which)
	var problems []error
	back, ready := int64(0), 0
	for _, i := range c.Items {
		fails, price := hosting, int64(2900)
		for _, l := range c.Invite.Contract.Lines {
			if l.Article == i.Article {
				price = l.Month.Amount.Minor
			}
		}
		if i.Article.Product == contract.WhatsApp {
			fails = whatsapp
		}
		want, status := purchase.Ready, instance.Running
		if fails {
			want, status = purchase.Refunded, instance.Deleted
			back += price
		} else {
			ready++
		}
		x, err := w.table.Resource(w.ctx, o.id, i.Resource)
		if err != nil || i.State != want || x.Status != status {
			problems = append(problems, fmt.Errorf("%s is %s, its resource %s, %w", i.Article.Name(), i.State, x.Status, err))
		}
	}
	last, err := w.service.LastPayment(w.ctx, c.Payment.Reference)
	if err != nil || last.Refunded.Minor != back {
		problems = append(problems, fmt.Errorf("%d of %d is paid back, want %d, %w", last.Refunded.Minor, last.Amount.Minor, back, err))
	}
	if alive := w.alive(which); len(alive) != min(ready, 1) || ready > 0 && len(alive[0].Items) != ready {
		problems = append(problems, fmt.Errorf("%d subscriptions", len(alive)))
	}
	if want := c.Payment.State == subscription.Active; want != (ready > 0) {
		problems = append(problems, fmt.Errorf("the payment is %s", c.Payment.State))
	}
	if there, _, _ := w.yard.standing(c); there != ready {
		problems = append(problems, fmt.Errorf("%d things stand", there))
	}
	for _, to := range []string{string(c.Email), string(o.owner.Email)} {
		told := 0
		for _, m := range w.engine.SES.Mails(to) {
			if strings.Contains(m.Subject, "couldn't set up") {
				told++
			}
		}
		if told < len(c.Items)-ready {
			problems = append(problems, fmt.Errorf("%d mails to %s", told, to))
		}
	}
	return errors.Join(append(problems, o.logged(audit.ProvisionRefunded, len(c.Items)-ready))...)
}

// refusing has the program refuse what is named.
func (w *works) refusing(hosting, whatsapp bool) {
	w.program.Fail(func(verb string, t maker.Thing) string {
		if verb == "begin" && (t.Product == string(contract.WhatsApp) && whatsapp || t.Product == string(contract.Hosting) && hosting) {
			return "There is no room left."
		}
		return ""
	})
}

var shortages = []struct {
	name              string
	hosting, whatsapp bool
}{{"both", true, true}, {"WhatsApp alone", false, true}, {"hosting alone", true, false}}

func TestX6WhatCannotBeMadeIsPaidBackAfterADay(t *testing.T) {
	t.Parallel()
	for _, f := range shortages {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				w.refusing(f.hosting, f.whatsapp)
				o, which := w.checkout(0, payWith(standin.CardGood))
				w.until(15*time.Minute, 30*time.Second)
				for _, i := range o.get(which).Items {
					if fails := cmp.Or(i.Article.Product == contract.Hosting && f.hosting, i.Article.Product == contract.WhatsApp &&
						f.whatsapp); fails &&
						(i.State != purchase.Failed || i.Reason != "There is no room left." || i.Tries != purchase.Tries ||
							!i.Late(time.Now())) {
						t.Errorf("after a quarter of an hour: %+v", i)
					}
				}
				w.days(30 * time.Hour)
				must(w.t, w.refunded(o, which, f.hosting, f.whatsapp))
			})
		})
	}
}

// The worker dies at each call of paying back.
func TestX6MoneyGoesBackOnceWhereverItIsCutOff(t *testing.T) {
	t.Parallel()
	for _, is := range []verdict{crashBefore, crashAfter, loseAnswer} {
		for _, f := range shortages {
			t.Run(f.name+", "+is.String(), func(t *testing.T) {
				t.Parallel()
				n := 0
				for calls := 1; n < calls && !t.Failed(); n++ {
					worksIn(t, func(w *works) {
						w.refusing(f.hosting, f.whatsapp)
						o, which := w.checkout(0, payWith(standin.CardGood))
						w.until(4*time.Minute, time.Minute)
						w.skip(24 * time.Hour)
						w.crash(n, is, true)
						w.until(2*time.Minute, 30*time.Second)
						calls = max(calls, min(w.calls, 60))
						w.network.faults(nil)
						w.until(15*time.Minute, time.Minute)
						if err := w.refunded(o, which, f.hosting, f.whatsapp); err != nil {
							t.Errorf("call %d: %v", n, err)
						}
					})
				}
				t.Logf("%d calls", n)
			})
		}
	}
}

func TestAThingThatBreaksIsMadeAgain(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		left := map[string]int{}
		w.program.Fail(func(verb string, t maker.Thing) string {
			if left[t.Key]++; verb == "begin" && left[t.Key] <= 3 {
				return "A moment, please."
			}
			return ""
		})
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(5*time.Minute, 5*time.Second)
		must(w.t, w.sound(o, which, true))
	})
}

func TestX6APersonAsksForAnotherTry(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		w.refusing(true, false)
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(15*time.Minute, 30*time.Second)
		c := o.get(which)
		hosting, whatsapp := c.Items[0], c.Items[1]
		equal(w.world, "hosting", hosting.State, purchase.Failed)
		_, err := w.retrier.Retry(w.ctx, o.owner, c.ID, whatsapp.Resource)
		w.wants(err, fault.NotActive)
		_, err = w.retrier.Retry(w.ctx, o.owner, c.ID, o.n8n[0])
		w.wants(err, fault.NotFound)
		_, err = w.retrier.Retry(w.ctx, w.office("Another").owner, c.ID, hosting.Resource)
		w.wants(err, fault.NotFound)
		w.program.Fail(nil)
		_, err = w.retrier.Retry(w.ctx, o.owner, c.ID, hosting.Resource)
		must(w.t, err)
		w.until(time.Minute, 5*time.Second)
		must(w.t, o.logged(audit.ProvisionRetried, 1))
		must(w.t, w.sound(o, which, true))
	})
}

// What is not paid is halted, announced, deleted; paid again before that it runs as it was, and after that it is made anew.
func TestWhatIsNotPaidIsHaltedAnnouncedAndDeleted(t *testing.T) {
	t.Parallel()
	for _, again := range []string{"never", "in time", "too late"} {
		t.Run("paid again "+again, func(t *testing.T) {
			t.Parallel()
			worksIn(t, func(w *works) {
				o, which := w.checkout(0, payWith(standin.CardGood))
				w.until(2*time.Minute, 5*time.Second)
				must(w.t, w.sound(o, which, true))
				must(w.t, w.till.Cancel(o.get(which).Payment.Reference))
				w.until(5*time.Minute, 30*time.Second)
				there, running, _ := w.yard.standing(o.get(which))
				equal(w.world, "halted", [2]int{there, running}, [2]int{2, 0})
				must(w.t, o.logged(audit.ProvisionSuspended, 2))
				w.days(24 * 24 * time.Hour)
				equal(w.world, "announced", w.announced("c0@acme.example"), 2)
				equal(w.world, "announced to the agency", w.announced(string(o.owner.Email)), 2)
				pay := func() {
					_, err := w.checkouts.Start(w.ctx, person("c0@acme.example"), o.id, payment.Month, "")
					must(w.t, err)
					equal(w.world, "before it is paid", o.get(which).At(time.Now()), client.Inactive)
					must(w.t, payWith(standin.CardGood)(w.shop, w.session(o, which)))
					w.until(3*time.Minute, 5*time.Second)
				}
				if again == "in time" {
					pay()
					there, running, made := w.yard.standing(o.get(which))
					equal(w.world, "running", [3]int{there, running, made}, [3]int{2, 2, 2})
					must(w.t, o.logged(audit.ProvisionResumed, 2))
					w.days(10 * 24 * time.Hour)
					there, _, _ = w.yard.standing(o.get(which))
					equal(w.world, "later", there, 2)
					return
				}
				w.days(7 * 24 * time.Hour)
				there, _, _ = w.yard.standing(o.get(which))
				equal(w.world, "deleted", there, 0)
				must(w.t, o.logged(audit.ProvisionDeleted, 2))
				for _, i := range o.get(which).Items {
					x, err := w.table.Resource(w.ctx, o.id, i.Resource)
					must(w.t, err)
					equal(w.world, "its resource", [3]string{string(x.Status), x.URL, x.Key}, [3]string{"deleted", "", ""})
				}
				if again == "too late" {
					pay()
					there, running, made := w.yard.standing(o.get(which))
					equal(w.world, "made anew", [3]int{there, running, made}, [3]int{2, 2, 4})
				}
			})
		})
	}
}

func (w *works) announced(to string) (n int) {
	for _, m := range w.engine.SES.Mails(to) {
		if strings.Contains(m.Subject, "will be deleted on") {
			n++
		}
	}
	return n
}

// Suspended and resumed while steps are under way, in whatever order: what runs is what is paid.
func TestWhatRunsIsWhatIsPaid(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		for n := range 24 {
			o, which := w.checkout(n, payWith(standin.CardGood))
			w.until(time.Duration(n)*time.Second, time.Second)
			c := o.get(which)
			dispute, err := w.till.Dispute(c.Payment.Reference, "fraudulent")
			if err != nil { // the payment is not there yet
				w.until(2*time.Minute, 5*time.Second)
				continue
			}
			// The payment is settled while the worker works.
			w.till.Tick(w.ctx) //nolint:errcheck // webhooks may be refused
			together(2, func(k int) {
				w.skip(time.Duration(n*k%7) * time.Millisecond)
				if k == 0 {
					w.checkouts.Settle(w.ctx, o.id, c.Ref(), "") //nolint:errcheck // it is settled again
					return
				}
				w.sweep.Run(w.ctx) //nolint:errcheck // it runs again
				w.take(w.jobs, w.worker.Handle)
			})
			w.until(5*time.Minute, 10*time.Second)
			if _, running, _ := w.yard.standing(o.get(which)); running != 0 {
				t.Fatalf("%d: %d run that are not paid", n, running)
			}
			must(w.t, w.till.CloseDispute(dispute, true))
			w.until(10*time.Minute, 10*time.Second)
			if there, running, made := w.yard.standing(o.get(which)); there != 2 || running != 2 || made != 2 {
				t.Fatalf("%d: won, and %d of %d run, made %d times", n, running, there, made)
			}
		}
	})
}
