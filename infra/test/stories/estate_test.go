package lifecycle

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/publicsuffix"

	stub "latchkey.dev/infra/run/dns"
	asking "latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/sescontrol"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/senders"
)

// estate is a world in which agencies set their sender domains up: with DNS, and with the workers of both queues.
type estate struct {
	*world
	dns      *stub.Stub
	doctor   *senders.Watched
	turns    *senders.Switch
	servers  *senders.Servers
	names    *senders.Settings
	handOffs *senders.Records
	operator *senders.Operator
	closing  *agencies.Closing
	ses      *mailService
	everyone []*office
	plans    *dynamo.Operator
}

// sesPace is the pause before each call of SES.
const sesPace = 1100 * time.Millisecond

// mailService is SES as it is called about names. It verifies what is published when it is looked at.
type mailService struct {
	to http.RoundTripper

	mu    sync.Mutex
	calls []time.Time
	there map[string]bool // the identities
	gone  map[string]int  // how often each was deleted while it was there
	busy  func(n int) bool
}

// RoundTrip carries the call on, or refuses it.
func (s *mailService) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.calls = append(s.calls, time.Now())
	busy := s.busy != nil && s.busy(len(s.calls))
	s.mu.Unlock()
	if busy {
		return refusal(r), nil
	}
	res, err := s.to.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := strings.CutPrefix(r.URL.Path, "/v2/email/identities/"); ok && !strings.Contains(name, "/") {
		switch r.Method {
		case http.MethodDelete:
			s.gone[name]++
			delete(s.there, name)
		case http.MethodGet:
			s.there[name] = true
		}
	}
	return res, nil
}

// has tells whether there is an identity of the name, and how often one was deleted.
func (s *mailService) has(d sender.Domain) (bool, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.there[string(d)], s.gone[string(d)]
}

func estateIn(t *testing.T, s settings, story func(d *estate)) {
	t.Helper()
	inSuch(t, s, func(w *world) {
		d := openEstate(w)
		story(d)
		d.dns.Close()
	})
}

func openEstate(w *world) *estate {
	w.t.Helper()
	d := &estate{world: w, dns: stub.Unheard(2)}
	looks, deeds := queues.Open(w.signed(), w.sendersQueue), queues.Open(w.signed(), w.identitiesQueue)
	w.network.mu.Lock()
	d.ses = &mailService{to: w.network.to, there: map[string]bool{}, gone: map[string]int{}}
	w.network.mu.Unlock()
	cfg := w.signed()
	d.plans = dynamo.OpenOperator(w.engine.Config(), *w.tableName(), time.Now)
	cfg.HTTPClient = &http.Client{Transport: beside{w.network, d.ses}}
	asker := &asking.Asker{Resolvers: []netip.AddrPort{d.dns.Addrs()[0]}, StandIns: d.dns.Addrs(), Connect: d.dns.Connect}
	doctor := &senders.Doctor{Store: d.domains, DNS: func() senders.Asking { return asker.Check() }, Identities: deeds, Now: time.Now}
	d.doctor = &senders.Watched{Doctor: doctor, Senders: looks}
	w.checker.Doctor = doctor
	w.provisioner.Service = sescontrol.Open(cfg, sescontrol.Settings{Stage: stage, Set: stage + "-set", Pace: sesPace, Now: time.Now})
	d.turns = &senders.Switch{Store: d.domains, Mail: w.queue, Now: time.Now}
	d.servers = &senders.Servers{Store: d.domains, Mail: w.queue, Keys: w.ring, Now: time.Now}
	d.names = &senders.Settings{Store: d.domains, Mail: w.queue, Platform: "Latchkey", Now: time.Now}
	d.handOffs = &senders.Records{Store: d.domains, Mail: w.queue, Now: time.Now}
	d.operator = &senders.Operator{Store: dynamo.NewSenderDecisions(dynamo.Open(w.signed(), *w.tableName(), time.Now)), Senders: looks,
		Now: time.Now}
	d.closing = &agencies.Closing{Store: w.table, Checkouts: billing.Unsold{}, Now: time.Now}
	return d
}

// boss is the office's owner with a sign-in of this moment.
func (o *office) boss() identity.Caller {
	c := o.owner
	c.Since, c.Proved = time.Now(), time.Now()
	return c
}

// claim has the office claim a domain, whose identity is made.
func (d *estate) claim(o *office, name string) *sender.Claim {
	d.t.Helper()
	v, err := d.claims.Claim(d.ctx, o.boss(), name, "")
	must(d.t, err)
	d.deliver()
	return d.read(v.Claim)
}

func (d *estate) read(c *sender.Claim) *sender.Claim {
	d.t.Helper()
	got, err := d.domains.Claim(d.ctx, c.Agency, c.ID)
	must(d.t, err)
	return got
}

// all are the office's claims.
func (d *estate) all(o *office) []*sender.Claim {
	d.t.Helper()
	all, err := d.domains.Claims(d.ctx, o.id)
	must(d.t, err)
	return all
}

// publish puts what the claim asks for into DNS, and has SES see it.
func (d *estate) publish(c *sender.Claim) {
	d.t.Helper()
	zone, err := publicsuffix.EffectiveTLDPlusOne(string(c.Domain))
	must(d.t, err)
	if at := d.dns.Server(0); !slices.Contains(at.Origins(), zone) && !slices.Contains(at.Origins(), zone+".") {
		must(d.t, d.dns.SetZone(zone, ""))
	}
	var lines []string
	for _, r := range sender.Records(c.Wanted()) {
		value := r.Value
		switch r.Type {
		case sender.TXT:
			value = `"` + value + `"`
		case sender.MX:
			value = fmt.Sprint(r.Preference, " ", value, ".")
		default:
			value += "."
		}
		lines = append(lines, fmt.Sprintf("%s. 300 IN %s %s", r.Name, r.Type, value))
	}
	must(d.t, d.dns.Publish(strings.Join(lines, "\n")))
	if c.Identity.Made() {
		must(d.t, d.engine.SES.SetVerification(string(c.Domain), "SUCCESS", "SUCCESS"))
	}
}

// verified has the office claim a domain and prove it.
func (d *estate) verified(o *office, name string) *sender.Claim {
	d.t.Helper()
	c := d.claim(o, name)
	d.publish(c)
	_, err := d.doctor.Check(d.ctx, o.boss(), c.ID)
	must(d.t, err)
	d.pass(4 * time.Minute) // SES is asked at the second look
	c = d.read(c)
	if c.State != sender.Verified {
		d.t.Fatalf("%s is %s (%s), SES says %q", name, c.State, c.Reason, c.Identity.Status)
	}
	return c
}

// tested has a test mail delivered, too.
func (d *estate) tested(o *office, name string) *sender.Claim {
	d.t.Helper()
	c := d.verified(o, name)
	_, err := d.turns.Test(d.ctx, o.boss(), c.ID)
	must(d.t, err)
	d.deliver()
	if c = d.read(c); c.TestedAt.IsZero() {
		d.t.Fatalf("the test mail: %+v", c.Test)
	}
	return c
}

// on has it switched on.
func (d *estate) on(o *office, name string) *sender.Claim {
	d.t.Helper()
	c := d.tested(o, name)
	_, err := d.turns.Enable(d.ctx, o.boss(), c.ID)
	must(d.t, err)
	d.deliver()
	d.skip(time.Second) // what is changed next is another change, of which owners are told
	return d.read(c)
}

// plan puts the office on a plan, as the operator does.
func (d *estate) plan(o *office, p agency.Plan) {
	d.t.Helper()
	now := time.Now()
	must(d.t, d.plans.SetPlan(d.ctx, o.id, p, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Operator,
		Action: audit.PlanChanged, Subject: string(o.id)}))
}

// leaks are what the table still has of a claim that is gone: itself, what leads to it, what its name holds, and the identity.
func (d *estate) leaks(c *sender.Claim) []string {
	var out []string
	top := string(sender.TopOf(c.Domain))
	for _, i := range d.items() {
		pk, sk := text(i, "pk"), text(i, "sk")
		if sk == "dom#"+string(c.ID) || sk == string(c.ID) || pk == "dm#"+top || pk == "dmc#"+string(c.Domain) ||
			strings.HasPrefix(pk, "look#") && sk == string(c.Domain) {
			out = append(out, pk+" "+sk)
		}
	}
	return out
}

// nothing tells what is wrong when something is left of a claim, or SES still has the identity of its name.
func (d *estate) nothing(c *sender.Claim) error {
	if left := d.leaks(c); len(left) > 0 {
		return fmt.Errorf("%v are left", left)
	}
	s, err := d.domains.Settings(d.ctx, c.Agency)
	if err != nil {
		return err
	}
	there, _ := d.ses.has(c.Domain)
	if s.Has(c.ID) || s.On == c.ID || there {
		return fmt.Errorf("the settings have %v, on is %q, SES has it: %t", s.Claims, s.On, there)
	}
	return nil
}

// counted tells what is wrong when not as many identities are counted as there are.
func (d *estate) counted() error {
	n, err := d.domains.Identities(d.ctx)
	if err != nil {
		return err
	}
	d.ses.mu.Lock()
	defer d.ses.mu.Unlock()
	if n != len(d.ses.there) {
		return fmt.Errorf("%d identities are counted, and SES has %d", n, len(d.ses.there))
	}
	return nil
}

// told is how many mails the owner has with the subject.
func (d *estate) told(o *office, subject string) int {
	n := 0
	for _, m := range d.engine.SES.Mails(string(o.owner.Email)) {
		if strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}
