package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/hook"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

// The receivers, each on a port of its own on loopback.
const (
	goodPort uint16 = 9000 + iota
	slowPort
	redirectingPort
	wrongPort
	deadPort
	forgetfulPort
)

// arrival is an event as a receiver got it.
type arrival struct {
	port uint16
	at   time.Time
	head http.Header
	body string
}

func (a arrival) id() string { return a.head.Get("Webhook-Id") }

func (a arrival) kind() webhook.Type {
	var of struct{ Type webhook.Type }
	_ = json.Unmarshal([]byte(a.body), &of)
	return of.Type
}

// receivers are programs on loopback, without the network: good, slow, dead, redirecting, wrong in their answers, and forgetful. Names
// are looked up here, too.
type receivers struct {
	mu      sync.Mutex
	all     []arrival
	answer  func(a arrival, n int) int // the wrong one's status, by how much has come to it
	opened  []netip.AddrPort           // connections, also such as nobody listens for
	busy    map[uint16]int
	busiest map[uint16]int
	servers []*http.Server
	doors   map[uint16]chan net.Conn
}

// door is a listener whose connections are pipes.
type door struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.done) })
	return nil
}

func (d *door) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func openReceivers() *receivers {
	r := &receivers{busy: map[uint16]int{}, busiest: map[uint16]int{}, doors: map[uint16]chan net.Conn{},
		answer: func(arrival, int) int { return 500 }}
	for _, port := range []uint16{goodPort, slowPort, redirectingPort, wrongPort, forgetfulPort} {
		d := &door{conns: make(chan net.Conn), done: make(chan struct{})}
		r.doors[port] = d.conns
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.take(port, w, q) }),
			ReadHeaderTimeout: time.Minute}
		r.servers = append(r.servers, s)
		go s.Serve(d) //nolint:errcheck // it ends with the story
	}
	return r
}

func (r *receivers) close() {
	for _, s := range r.servers {
		_ = s.Close()
	}
}

func (r *receivers) take(port uint16, w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	a := arrival{port, time.Now(), q.Header, string(body)}
	r.mu.Lock()
	r.all = append(r.all, a)
	n := len(r.of(port))
	status := r.answer(a, n)
	r.busy[port]++
	r.busiest[port] = max(r.busiest[port], r.busy[port])
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.busy[port]--
		r.mu.Unlock()
	}()
	switch port {
	case slowPort:
		select {
		case <-time.After(time.Minute):
		case <-q.Context().Done():
		}
	case redirectingPort:
		http.Redirect(w, q, "http://169.254.169.254/latest/meta-data", http.StatusTemporaryRedirect)
	case forgetfulPort: // it has taken the event, and says nothing the first time
		if n == 1 {
			panic(http.ErrAbortHandler)
		}
	case wrongPort:
		<-time.After(time.Second)
		w.WriteHeader(status)
		fmt.Fprint(w, strings.Repeat("no ", 100_000)) //nolint:errcheck // far more than is read
	}
}

// of is what has come to a receiver. The lock is held.
func (r *receivers) of(port uint16) []arrival {
	var out []arrival
	for _, a := range r.all {
		if a.port == port {
			out = append(out, a)
		}
	}
	return out
}

func (r *receivers) got(port uint16) []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(port)
}

// dialer reaches the receivers, and nothing else: every connection is counted.
func (r *receivers) dialer() egress.Dialer {
	var may []netip.AddrPort
	for port := goodPort; port <= forgetfulPort; port++ {
		may = append(may, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	}
	return egress.Dialer{Policy: egress.Strict().Allowing(may...),
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			if strings.HasPrefix(host, "inner.") { // a name that leads inside
				return []netip.Addr{netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("169.254.169.254"),
					netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("64:ff9b::a00:7")}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		},
		Connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			r.mu.Lock()
			r.opened = append(r.opened, to)
			conns := r.doors[to.Port()]
			r.mu.Unlock()
			if conns == nil {
				return nil, errors.New("connection refused")
			}
			here, there := net.Pipe()
			select {
			case conns <- there:
				return here, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}}
}

// hooks is the product's webhooks in a world.
type hooks struct {
	*world
	office    *office
	receivers *receivers
	directory *webhooks.Directory
	secrets   *webhooks.Secrets
	asked     *webhooks.Asked
	hookSweep *webhooks.Sweep
	carrier   *webhooks.Worker
	hookQueue string
	secretOf  map[id.WebhookEndpoint]string
}

func hooksIn(t *testing.T, story func(h *hooks)) {
	t.Helper()
	in(t, func(w *world) {
		h := &hooks{world: w, office: w.office("Northwind"), receivers: openReceivers(),
			hookQueue: w.stack.Template.Queue("WebhooksQueue").URL,
			secretOf:  map[id.WebhookEndpoint]string{}}
		defer h.receivers.close()
		queue, table := queues.Open(w.signed(), h.hookQueue), w.table.Table
		d := h.receivers.dialer()
		carrier := hook.Carrier(d)
		defer carrier.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		h.directory = &webhooks.Directory{Store: dynamo.NewWebhookReads(table), Now: time.Now}
		h.secrets = &webhooks.Secrets{Endpoints: webhooks.Endpoints{Store: dynamo.NewWebhooks(table), Guard: d.Policy,
			Own: "portal.latchkey.example",
			Now: time.Now}, Keys: w.ring}
		h.asked = &webhooks.Asked{Store: dynamo.NewWebhooks(table), Queue: queue, Now: time.Now}
		h.hookSweep = &webhooks.Sweep{Store: dynamo.NewWebhookSweep(table), Queue: queue, Now: time.Now, Note: event.Annotate}
		h.carrier = &webhooks.Worker{Store: dynamo.NewWebhookWork(table), Queue: queue, Keys: w.ring,
			Post: hook.New(carrier), Now: time.Now}
		story(h)
	})
}

// boss is the owner, who has just signed in.
func (h *hooks) boss() identity.Caller {
	c := h.office.owner
	c.Proved = time.Now()
	return c
}

func (h *hooks) endpoint(url string, types ...webhook.Type) *webhook.Endpoint {
	h.t.Helper()
	e, secret, err := h.secrets.Create(h.ctx, h.boss(), webhooks.Change{URL: &url, Types: &types}, "")
	must(h.t, err)
	h.secretOf[e.ID] = secret
	return e
}

func at(port uint16) string { return fmt.Sprintf("http://127.0.0.1:%d/hook", port) }

func (h *hooks) look(e *webhook.Endpoint) *webhook.Endpoint {
	h.t.Helper()
	out, err := h.directory.Get(h.ctx, h.boss(), e.ID)
	must(h.t, err)
	return out
}

func (h *hooks) deliveries(e *webhook.Endpoint) []webhook.Delivery {
	h.t.Helper()
	out, _, err := h.directory.Deliveries(h.ctx, h.boss(), e.ID, webhooks.DeliveryQuery{Limit: 200})
	must(h.t, err)
	return out
}

// work hands everything that is on the webhook queue now to the worker, ten at the same time, until nothing is there.
func (h *hooks) work() {
	h.t.Helper()
	for h.waits(h.hookQueue) {
		out, err := h.sqs.ReceiveMessage(h.ctx, &sqs.ReceiveMessageInput{QueueUrl: &h.hookQueue, MaxNumberOfMessages: 10})
		must(h.t, err)
		done := make([]bool, len(out.Messages))
		lived := h.network.step(h.ctx, func(ctx context.Context) {
			var all sync.WaitGroup
			for i, m := range out.Messages {
				all.Go(func() { done[i] = h.carrier.Handle(ctx, []byte(*m.Body)) == nil })
			}
			all.Wait()
		})
		for i, m := range out.Messages {
			if lived && done[i] {
				_, err := h.sqs.DeleteMessage(h.ctx, &sqs.DeleteMessageInput{QueueUrl: &h.hookQueue, ReceiptHandle: m.ReceiptHandle})
				must(h.t, err)
			}
		}
	}
}

// runs lets time go by with the product and its webhooks running, the sweep of each once a minute; over hours, every quarter of an hour.
func (h *hooks) runs(d time.Duration) {
	h.t.Helper()
	step := 10 * time.Second // messages with a delay come in between
	if h.every = time.Minute; d > 4*time.Hour {
		step, h.every = 5*time.Minute, 15*time.Minute
	}
	next := time.Now()
	for end := time.Now().Add(d); time.Now().Before(end); {
		if !time.Now().Before(next) {
			h.network.step(h.ctx, func(ctx context.Context) { _ = h.hookSweep.Run(ctx) })
			next = time.Now().Add(h.every)
		}
		h.work()
		h.pass(step)
		h.work()
	}
}

// TestSenderW8ReceiversThatFailForFiveDays sends events to one of each kind for five days: what the log of deliveries says, who is
// mailed and when, what is disabled, and what recovery brings.
func TestSenderW8ReceiversThatFailForFiveDays(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		good, dead, slow := h.endpoint(at(goodPort)), h.endpoint(at(deadPort)), h.endpoint(at(slowPort))
		redirecting, inner := h.endpoint(at(redirectingPort)), h.endpoint("https://inner.example/hook")
		wrong, nowhere := h.endpoint(at(wrongPort)), h.endpoint("https://nowhere.example/hook")
		start := time.Now()
		h.office.invite("ops@acme.example") // created, sent, delivered
		h.runs(2 * time.Minute)
		for e, fault := range map[*webhook.Endpoint]webhook.Fault{dead: webhook.NoAnswer, slow: webhook.Slow, redirecting: webhook.Redirected,
			inner: webhook.NotPublic, nowhere: webhook.NoName, wrong: ""} {
			if s := h.look(e).Status(); s != "failing" {
				t.Errorf("%s is %s", e.URL, s)
			}
			tried := 0
			for _, d := range h.deliveries(e) {
				for _, a := range d.Attempts {
					tried++
					if a.Fault != fault || a.OK() || len(a.Excerpt) > webhook.Excerpt || strings.Contains(a.Excerpt, "10.0.0.7") {
						t.Errorf("%s: %+v", e.URL, a)
					}
					if a.Took > hook.Patience+time.Second {
						t.Errorf("%s took %s", e.URL, a.Took)
					}
				}
			}
			if tried == 0 {
				t.Errorf("%s was never tried", e.URL)
			}
		}
		if n := len(h.receivers.got(goodPort)); n != 3 || h.look(good).Status() != "active" {
			t.Errorf("the good one has %d", n)
		}

		// Half a day later nobody is told anything; after a day the owner is, of all of them in one mail.
		owner := string(h.office.owner.Email)
		told := func() int {
			n := 0
			for _, m := range h.engine.SES.Mails(owner) {
				if strings.Contains(m.Text, "webhook endpoint") {
					n++
				}
			}
			return n
		}
		h.runs(12 * time.Hour)
		equal(h.world, "mails after half a day", told(), 0)
		h.runs(13 * time.Hour)
		equal(h.world, "mails after a day", told(), 1)
		h.runs(4*24*time.Hour - 2*time.Hour)
		equal(h.world, "mails after five days, nearly", told(), 1)
		for _, e := range []*webhook.Endpoint{dead, slow, redirecting, inner, nowhere, wrong} {
			if x := h.look(e); x.Disabled != "" {
				t.Errorf("%s is disabled after %s", e.URL, x.DisabledAt.Sub(start))
			}
		}
		h.runs(2 * time.Hour)
		equal(h.world, "mails after five days", told(), 2)
		for _, e := range []*webhook.Endpoint{dead, slow, redirecting, inner, nowhere, wrong} {
			x := h.look(e)
			if x.Disabled != webhook.Failed || x.DisabledAt.Sub(x.MissedSince) < webhook.DisableAfter {
				t.Errorf("%s: %+v", e.URL, x)
			}
			for _, d := range h.deliveries(e) {
				if d.Tries > webhook.MaxTries || d.State == webhook.Taken {
					t.Errorf("%s: %d tries, %s", e.URL, d.Tries, d.State)
				}
			}
		}
		must(t, h.office.logged(audit.EndpointDisabled, 6))
		must(t, h.office.logged(audit.EndpointFailing, 6))

		// W11: no socket was opened to where a name led inside, and none where a redirect pointed.
		for _, to := range h.receivers.opened {
			if to.Addr() != netip.MustParseAddr("127.0.0.1") || to.Port() > forgetfulPort {
				t.Errorf("a connection was opened to %s", to)
			}
		}

		// W8: what comes while it is disabled is missed; enabled again, and asked for, it comes, and what was given up as well.
		h.office.invite("two@acme.example")
		h.runs(time.Minute)
		before := len(h.receivers.got(wrongPort))
		h.receivers.mu.Lock()
		h.receivers.answer = func(arrival, int) int { return 202 }
		h.receivers.mu.Unlock()
		on := true
		e, err := h.secrets.Update(h.ctx, h.boss(), wrong.ID, webhooks.Change{Enabled: &on})
		must(t, err)
		_, err = h.asked.Recover(h.ctx, h.boss(), wrong.ID, e.MissedSince)
		must(t, err)
		h.runs(5 * time.Minute)
		ids := map[string]bool{}
		for _, a := range h.receivers.got(wrongPort)[before:] {
			ids[a.id()] = true
		}
		want, kinds := map[string]bool{}, map[webhook.Type]int{}
		for _, a := range h.receivers.got(goodPort) {
			if !want[a.id()] {
				kinds[a.kind()]++
			}
			want[a.id()] = true
		}
		if !maps.Equal(ids, want) {
			t.Errorf("%d came by recovery, of %d", len(ids), len(want))
		}
		if !maps.Equal(kinds, map[webhook.Type]int{"invite.created": 2, "invite.sent": 2, "invite.delivered": 2, "invite.reminded": 1}) {
			t.Errorf("%v", kinds)
		}
		if x := h.look(wrong); x.Status() != "active" || x.Recover.Running() || !x.MissedSince.IsZero() {
			t.Errorf("%+v", x)
		}
	})
}

// TestSenderW1EveryEventIsSigned has the published library verify what a receiver gets: with the secret, and over a rotation with both.
func TestSenderW1EveryEventIsSigned(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort), "invite.created")
		old := h.secretOf[e.ID]
		verified := func(secret string, a arrival) bool {
			by, err := standard.NewWebhook(secret)
			must(t, err)
			if sent, err := strconv.ParseInt(a.head.Get("Webhook-Timestamp"), 10, 64); err != nil || a.at.Unix()-sent > 1 {
				t.Errorf("it came at %d, and says %d", a.at.Unix(), sent)
			}
			return by.VerifyIgnoringTimestamp([]byte(a.body), a.head) == nil
		}
		last := func() arrival {
			t.Helper()
			all := h.receivers.got(goodPort)
			return all[len(all)-1]
		}
		h.office.invite("one@acme.example")
		h.runs(time.Minute)
		if !verified(old, last()) || strings.Contains(last().head.Get("Webhook-Signature"), " ") {
			t.Error("it isn't signed with the secret")
		}
		_, fresh, err := h.secrets.Rotate(h.ctx, h.boss(), e.ID)
		must(t, err)
		h.runs(23 * time.Hour)
		h.office.invite("two@acme.example")
		h.runs(time.Minute)
		if !verified(old, last()) || !verified(fresh, last()) {
			t.Error("within a day of the rotation one of the secrets doesn't verify")
		}
		h.runs(time.Hour)
		h.office.invite("three@acme.example")
		h.runs(time.Minute)
		if verified(old, last()) || !verified(fresh, last()) {
			t.Error("a day after the rotation the old secret verifies, or the new one does not")
		}
		if n := len(h.receivers.got(goodPort)); n != 3 {
			t.Errorf("%d events", n)
		}
		// The secret is nowhere in the table.
		for _, i := range h.of(string(h.office.id)) {
			for name, v := range i {
				if s, ok := v.(*types.AttributeValueMemberS); ok && (strings.Contains(s.Value, fresh) || strings.Contains(s.Value, old)) {
					t.Errorf("%s holds a secret", name)
				}
			}
		}
	})
}

// TestSenderW6GoneAndBusy: 410 disables at once and tells the owner, and Retry-After is kept.
func TestSenderW6GoneAndBusy(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(wrongPort))
		h.receivers.answer = func(arrival, int) int { return 410 }
		h.office.invite("one@acme.example")
		h.runs(2 * time.Minute)
		if x := h.look(e); x.Disabled != webhook.Gone {
			t.Errorf("%+v", x)
		}
		h.runs(time.Hour)
		if m := h.newest(string(h.office.owner.Email)); m == nil || !strings.Contains(m.Text, "disabled a webhook endpoint") {
			t.Error("nobody was told")
		}
		n := len(h.receivers.got(wrongPort))
		h.office.invite("two@acme.example")
		h.runs(time.Hour)
		equal(h.world, "events after that", len(h.receivers.got(wrongPort)), n)
	})
}

// TestSenderW10OneAtATimeWhileItFails sends many events to a receiver that fails and takes its time, and to the same once it is well.
func TestSenderW10OneAtATimeWhileItFails(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(wrongPort), "invite.created")
		h.office.invite("first@acme.example")
		h.runs(time.Minute)
		if h.look(e).Status() != "failing" {
			t.Fatal("it doesn't fail")
		}
		h.receivers.mu.Lock()
		h.receivers.busiest[wrongPort] = 0
		h.receivers.mu.Unlock()
		for n := range 9 {
			h.office.invite(fmt.Sprintf("c%d@acme.example", n))
		}
		h.runs(90 * time.Minute)
		if n := h.receivers.busiest[wrongPort]; n != 1 {
			t.Errorf("%d at the same time", n)
		}
		h.receivers.mu.Lock()
		h.receivers.answer = func(arrival, int) int { return 200 }
		h.receivers.mu.Unlock()
		h.runs(3 * time.Hour)
		for _, d := range h.deliveries(e) {
			if d.State != webhook.Taken {
				t.Errorf("%s is %s after %d tries", d.ID, d.State, d.Tries)
			}
		}
		equal(h.world, "deliveries", len(h.deliveries(e)), 10)
	})
}

// TestSenderW10NoEventIsLost puts a fault at every call of the outbox, from the invite's commit to the record of its delivery: every row
// of the log reaches the receiver, and what comes twice has the same id and the same text.
func TestSenderW10NoEventIsLost(t *testing.T) {
	t.Parallel()
	for _, v := range []verdict{loseIt, loseAnswer, throttle, crashBefore, crashAfter} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			everyCall(t, v)
		})
	}
}

// everyCall walks through the calls of one run, each with the fault, in a world for each.
func everyCall(t *testing.T, v verdict) {
	t.Helper()
	for k, calls := 0, 1; k < calls; k++ {
		hooksIn(t, func(h *hooks) {
			good, forgetful := h.endpoint(at(goodPort)), h.endpoint(at(forgetfulPort))
			h.runs(2 * time.Minute) // the look back is over
			h.network.faults(func(c call) verdict {
				if c.number == k {
					return v
				}
				return pass
			})
			h.network.step(h.ctx, func(ctx context.Context) {
				_, _ = h.inviter.Send(ctx, h.office.owner, h.office.draft("ops@acme.example"), "once")
			})
			h.network.step(h.ctx, func(ctx context.Context) { // whoever got no answer asks again
				_, _ = h.inviter.Send(ctx, h.office.owner, h.office.draft("ops@acme.example"), "once")
			})
			h.network.step(h.ctx, func(ctx context.Context) { _ = h.hookSweep.Run(ctx) })
			h.work()
			calls = max(calls, h.network.calls())
			h.network.faults(nil)
			h.runs(30 * time.Minute)
			h.told(k, good, goodPort)
			h.told(k, forgetful, forgetfulPort)
		})
		if t.Failed() {
			return
		}
	}
}

// told holds that a receiver has had every event of the log, and what the log doesn't have, and nothing else.
func (h *hooks) told(k int, e *webhook.Endpoint, port uint16) {
	h.t.Helper()
	want := map[string]bool{}
	for _, i := range h.of(string(h.office.id)) {
		sk, _ := i["sk"].(*types.AttributeValueMemberS)
		action, _ := i["action"].(*types.AttributeValueMemberS)
		if action == nil || !webhook.May(audit.Action(action.Value)) {
			continue
		}
		if i["dp"] != nil {
			h.t.Errorf("call %d: %s is still to be told", k, sk.Value)
		}
		want[sk.Value[3:]] = true
	}
	got := map[string]string{}
	for _, a := range h.receivers.got(port) {
		if old, ok := got[a.id()]; ok && old != a.body {
			h.t.Errorf("call %d: %s says %s, and then %s", k, a.id(), old, a.body)
		}
		got[a.id()] = a.body
		var body struct{ Type, Timestamp string }
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Type == "" {
			h.t.Errorf("call %d: %s", k, a.body)
		}
	}
	if missing := slices.DeleteFunc(slices.Collect(maps.Keys(want)), func(s string) bool { return got[s] != "" }); len(missing) > 0 ||
		len(got) != len(want) || len(want) < 3 {
		h.t.Errorf("call %d: of %d events %d came to %s, without %v", k, len(want), len(got), e.URL, missing)
	}
	for _, d := range h.deliveries(e) {
		if d.State != webhook.Taken {
			h.t.Errorf("call %d: %s is %s", k, d.Type, d.State)
		}
	}
}

// TestSenderW10AnEndpointThatIsMadeMeanwhile is told of a row whose writer had not seen it yet.
func TestSenderW10AnEndpointThatIsMadeMeanwhile(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		h.endpoint(at(goodPort))
		h.skip(5 * time.Second)
		row := id.New[id.Event](id.EventPrefix, time.Now())
		text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
		_, err := h.db.PutItem(h.ctx, &dynamodb.PutItemInput{TableName: h.tableName(), Item: map[string]types.AttributeValue{
			"pk": text(string(h.office.id)), "sk": text("au#" + string(row)), "action": text(string(audit.RoleCreated)), "actor": text("system"),
			"subject": text("rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"),
			"at":      &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixMilli(), 10)}}})
		must(t, err)
		h.runs(3 * time.Minute)
		all := h.receivers.got(goodPort)
		if len(all) != 1 || all[0].id() != string(row) {
			t.Errorf("%+v", all)
		}
		h.runs(10 * time.Minute)
		equal(h.world, "events", len(h.receivers.got(goodPort)), 1)
	})
}

// TestSenderW10WhatIsFoundTwiceComesOnce has the look through the log be faster than the outbox: one of them has an event sent.
func TestSenderW10WhatIsFoundTwiceComesOnce(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		h.office.invite("ops@acme.example")
		h.skip(webhook.LookBack + time.Second)
		look := webhook.Job{Kind: webhook.Regain, Agency: e.Agency, Endpoint: e.ID, Back: true}
		h.network.step(h.ctx, func(ctx context.Context) {
			must(t, h.carrier.Handle(ctx, look.Encode()))
			must(t, h.hookSweep.Run(ctx))
		})
		h.runs(10 * time.Minute)
		seen := map[string]int{}
		for _, a := range h.receivers.got(goodPort) {
			seen[a.id()]++
		}
		if n := len(h.receivers.got(goodPort)); len(seen) != 3 || n != 3 {
			t.Errorf("of %d events %d came", len(seen), n)
		}
	})
}

// TestSenderW10RowsThatCannotBeToldKeepNobodyFromItsTurn has more of them at the head of the outbox than a round takes at a time.
func TestSenderW10RowsThatCannotBeToldKeepNobodyFromItsTurn(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		h.endpoint(at(goodPort))
		text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
		due := &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixMilli(), 10)}
		for shard := range dynamo.NewWebhookSweep(h.table.Table).Shards() {
			for range 120 {
				_, err := h.db.PutItem(h.ctx, &dynamodb.PutItemInput{TableName: h.tableName(), Item: map[string]types.AttributeValue{
					"pk": text(string(h.office.id)), "sk": text("au#" + string(id.New[id.Event](id.EventPrefix, time.Now()))),
					"dp": text("hook#" + strconv.Itoa(shard)), "due": due, "action": text(string(audit.RoleCreated)), "actor": text("system"),
					"at": text("no time")}})
				must(t, err)
			}
		}
		h.skip(time.Second)
		h.office.invite("ops@acme.example")
		for range 3 {
			h.skip(time.Minute)
			h.network.step(h.ctx, func(ctx context.Context) {
				if h.hookSweep.Run(ctx) == nil {
					t.Error("what cannot be told is told to nobody who could mend it")
				}
			})
			h.work()
		}
		for _, a := range h.receivers.got(goodPort) {
			if a.kind() == "invite.created" {
				return
			}
		}
		t.Errorf("of %d events none is that of the invite", len(h.receivers.got(goodPort)))
	})
}

// TestSenderW9ADeletedEndpointLeavesNothing deletes one with many deliveries.
func TestSenderW9ADeletedEndpointLeavesNothing(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		for n := range webhook.MaxAsked {
			_, err := h.asked.Test(h.ctx, h.boss(), e.ID)
			must(t, err)
			if n%10 == 0 {
				h.runs(time.Minute)
			}
		}
		h.runs(2 * time.Minute)
		equal(h.world, "deliveries", len(h.deliveries(e)), webhook.MaxAsked)
		must(t, h.secrets.Delete(h.ctx, h.boss(), e.ID))
		h.runs(10 * time.Minute)
		for _, i := range h.of(string(h.office.id)) {
			if sk := i["sk"].(*types.AttributeValueMemberS).Value; strings.HasPrefix(sk, "we#") || strings.HasPrefix(sk, "wd#") {
				t.Errorf("%s is left", sk)
			}
		}
		synctest.Wait()
	})
}

// TestSenderW10WhatFailsTogetherIsOneFailure has many events meet a receiver that is out of order for a moment: it is left alone for
// seconds, as after one event, and not for the hour that so many failures in a row would be worth.
func TestSenderW10WhatFailsTogetherIsOneFailure(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(wrongPort), "invite.created")
		for n := range 9 {
			h.office.invite(fmt.Sprintf("c%d@acme.example", n))
		}
		h.receivers.answer = func(a arrival, n int) int {
			if n <= 9 {
				return 500
			}
			return 200
		}
		h.runs(10 * time.Second)
		if n := h.receivers.busiest[wrongPort]; n < 5 {
			t.Fatalf("%d at the same time", n)
		}
		h.runs(3 * time.Minute)
		for _, d := range h.deliveries(e) {
			if d.State != webhook.Taken {
				t.Errorf("%s is %s after %d tries, the next at %s", d.ID, d.State, d.Tries, time.Until(d.Due))
			}
		}
		equal(h.world, "the endpoint", h.look(e).Status(), "active")
	})
}

// TestSenderW8AnotherAddressBeginsAnew gives endpoints that fail another address: what waited comes at once, and what the old address has
// failed disables nothing.
func TestSenderW8AnotherAddressBeginsAnew(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		waits, idle := h.endpoint(at(deadPort)), h.endpoint("https://nowhere.example/hook")
		good := at(goodPort)
		h.office.invite("ops@acme.example")
		h.runs(6 * time.Hour)
		_, err := h.secrets.Update(h.ctx, h.boss(), waits.ID, webhooks.Change{URL: &good})
		must(t, err)
		equal(h.world, "how it is", h.look(waits).Status(), "active")
		h.runs(2 * time.Minute)
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 3)
		for _, d := range h.deliveries(waits) {
			equal(h.world, "a delivery", d.State, webhook.Taken)
		}
		h.runs(3*24*time.Hour + 18*time.Hour) // all tries are over
		same := "https://nowhere.example/hook"
		_, err = h.secrets.Update(h.ctx, h.boss(), idle.ID, webhooks.Change{URL: &same})
		must(t, err)
		equal(h.world, "with the same address", h.look(idle).Status(), "failing")
		other := at(slowPort)
		_, err = h.secrets.Update(h.ctx, h.boss(), idle.ID, webhooks.Change{URL: &other})
		must(t, err)
		h.runs(3 * 24 * time.Hour)
		if x := h.look(idle); x.Disabled != "" {
			t.Errorf("a week after the first failure, at another address, it is disabled: %+v", x)
		}
	})
}

// TestSenderW9ARecoveryEndsWithItsEndpoint disables an endpoint while events are recovered for it: nobody looks after that any more, and
// it is known since when there is something to recover.
func TestSenderW9ARecoveryEndsWithItsEndpoint(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		on, off := true, false
		switched := func(to *bool) *webhook.Endpoint {
			t.Helper()
			x, err := h.secrets.Update(h.ctx, h.boss(), e.ID, webhooks.Change{Enabled: to})
			must(t, err)
			return x
		}
		switched(&off) // within the minute of its look back
		h.office.invite("ops@acme.example")
		h.runs(10 * time.Minute)
		switched(&on)
		since := h.look(e).MissedSince
		_, err := h.asked.Recover(h.ctx, h.boss(), e.ID, since)
		must(t, err)
		x := switched(&off)
		if x.Recover.Running() || x.Back.Running() || x.MissedSince.After(since.Add(time.Millisecond)) || !x.Due().IsZero() {
			t.Errorf("disabled, it is %+v, and is looked after at %v", x, x.Due())
		}
		h.runs(time.Hour)
		equal(h.world, "events while it is disabled", len(h.receivers.got(goodPort)), 0)
		x = switched(&on)
		_, err = h.asked.Recover(h.ctx, h.boss(), e.ID, x.MissedSince)
		must(t, err)
		h.runs(5 * time.Minute)
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 3)
	})
}

// TestSenderW9WhatIsWrittenForADeletedEndpointIsDeleted has somebody who had read the endpoint before it was deleted write a delivery
// afterwards: nobody looks after it for the month for which deliveries are kept.
func TestSenderW9WhatIsWrittenForADeletedEndpointIsDeleted(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		must(t, h.secrets.Delete(h.ctx, h.boss(), e.ID))
		h.runs(10 * time.Minute)
		for n := range 3 {
			late := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, time.Now().Add(time.Duration(n)*time.Second)), "invite.sent",
				time.Now(), webhook.Data{}, webhook.Live, time.Now())
			must(t, dynamo.NewWebhooks(h.table.Table).SaveDelivery(h.ctx, &late))
		}
		h.runs(10 * time.Minute)
		for _, i := range h.of(string(h.office.id)) {
			if sk := i["sk"].(*types.AttributeValueMemberS).Value; strings.HasPrefix(sk, "we#") || strings.HasPrefix(sk, "wd#") {
				t.Errorf("%s is left", sk)
			}
		}
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 0)
	})
}

// TestSenderW3EachSecretHasItsDay rotates twice within an hour, as somebody does who hasn't copied the new secret: the receiver's own,
// which is the first, verifies for all of its 24 hours.
func TestSenderW3EachSecretHasItsDay(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort), "invite.created")
		secrets := []string{h.secretOf[e.ID]}
		rotate := func() error {
			_, fresh, err := h.secrets.Rotate(h.ctx, h.boss(), e.ID)
			secrets = append(secrets, fresh)
			return err
		}
		verifies := func(step string, want ...bool) {
			t.Helper()
			h.office.invite(strings.ReplaceAll(step, " ", "-") + "@acme.example")
			h.runs(time.Minute)
			all := h.receivers.got(goodPort)
			last := all[len(all)-1]
			for n, secret := range secrets[:len(want)] {
				by, err := standard.NewWebhook(secret)
				must(t, err)
				if ok := by.VerifyIgnoringTimestamp([]byte(last.body), last.head) == nil; ok != want[n] {
					t.Errorf("%s: secret %d verifies: %t", step, n, ok)
				}
			}
		}
		must(t, rotate())
		h.runs(time.Hour)
		must(t, rotate())
		verifies("at once", true, true, true)
		h.runs(22 * time.Hour)
		verifies("a day after", true, true, true)
		h.runs(time.Hour)
		verifies("a day and more after", false, true, true)
		h.runs(time.Hour)
		verifies("another hour later", false, false, true)
		for range webhook.MaxRotations {
			must(t, rotate())
		}
		f := h.wants(rotate(), fault.RateLimited)
		if f == nil || f.Retry <= webhook.Overlap-time.Minute || f.Retry > webhook.Overlap {
			t.Errorf("refused with %+v", f)
		}
		h.skip(webhook.Overlap)
		must(t, rotate())
	})
}
