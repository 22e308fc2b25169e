package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/local"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/usecase/billing"
)

// webhooks measures the function that Stripe calls, from the event's JSON to the answer's: signature, queue, answer.
func webhooks(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	secrets := []string{"whsec_of_the_bench"}
	listener := &billing.Listener{Queue: queues.Open(p.cfg, p.billingQueue)}
	f := event.HTTP("stripeWebhook", stripe.Receiver(secrets, time.Now, listener.Listen))
	took, all, err := drive(8, b.requests, func(k int) error {
		r := to("POST", "/stripe/webhook", "")
		r.Body = fmt.Sprintf(`{"id":"evt_%08d","object":"event","type":"invoice.paid",
			"data":{"object":{"id":"in_%08d","object":"invoice"}}}`, k, k)
		r.Headers["stripe-signature"] = standin.Sign([]byte(r.Body), secrets, time.Now())
		return call(ctx, f, r, http.StatusOK)
	})
	if err != nil {
		return err
	}
	b.row("webhooks per second, 8 callers", fmt.Sprintf("%.0f", float64(len(took))/all.Seconds()), "", true)
	b.row("   p50, p99", millis(took.at(0.5))+", "+millis(took.at(0.99)), "", true)
	return nil
}

// buyers is how many clients the measure of paying has; it is what one agency may invite in an hour.
const buyers = perAgency

// paying measures the way from a payment to what was bought, with the local run's stand-ins for Stripe and for the program
// that sets instances up, and counts what all that a client does from invite to portal asks of AWS.
func paying(ctx context.Context, b *bench) error {
	l, m, lines, err := b.metered(ctx)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // in memory
	m.only(l)
	t, err := found(ctx, dynamo.OpenOperator(l.Engine.Config(), l.Stack.Template.Tables[0].Name, time.Now), "Northwind Automations")
	if err != nil {
		return err
	}
	m.read()
	lines.reset()
	took := make(latencies, buyers)
	errs := make([]error, buyers)
	var wg sync.WaitGroup
	for k := range buyers {
		wg.Go(func() { took[k], errs[k] = buy(ctx, l, t, fmt.Sprintf("buyer%d@acme.example", k)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	b.row(fmt.Sprintf("payment to ready, %d at once: p50, most", buyers),
		fmt.Sprintf("%.1f s, %.1f s", took.at(0.5).Seconds(), took.at(1).Seconds()), "30 s", took.at(1) <= 30*time.Second)
	b.row("   of which the stand-in takes to set up", fmt.Sprintf("%.0f s", local.SettingUp.Seconds()), "", true)
	calls, reads, write := m.read()
	lines.settle(b, bill(calls, reads, write, lines))
	return nil
}

// metered is the local run with all that it asks of AWS counted, and the lines that it logs. Until the measure ends the program logs
// there, too.
func (b *bench) metered(ctx context.Context) (*local.Local, *meter, *tally, error) {
	m := &meter{ignore: map[string]bool{}}
	lines := &tally{}
	slog.SetDefault(slog.New(slog.NewJSONHandler(lines, nil)))
	l, err := local.Start(ctx, local.Options{Template: filepath.Join(b.root, "template.yaml"), Engine: engine.Options{MailboxSize: 10_000},
		Calls: func(next aws.HTTPClient) aws.HTTPClient { m.to = carrier{next}; return &http.Client{Transport: m} }})
	return l, m, lines, err
}

// only leaves out what runs for all agencies together: that is no lifecycle's.
func (m *meter) only(l *local.Local) {
	for _, f := range l.Stack.Template.Functions {
		m.ignore[f.ID] = len(f.Schedules) > 0
	}
}

// carrier sends requests by an AWS HTTP client.
type carrier struct{ by aws.HTTPClient }

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c.by.Do(r) }

// tally counts the lines of the log that an invocation ends with.
type tally struct {
	mu                 sync.Mutex
	requests, messages int
	ms                 float64
	bytes              int
}

func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests, t.messages, t.ms, t.bytes = 0, 0, 0, 0
}

// Write takes one line.
func (t *tally) Write(line []byte) (int, error) {
	var l struct {
		Msg string
		Ms  float64
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch l.Msg {
	case "request":
		t.requests++
	case "message":
		t.messages++
	default:
		return len(line), nil
	}
	t.ms += max(1, l.Ms)
	t.bytes += len(line)
	return len(line), nil
}

// List prices of us-east-1 in US dollars, without free tiers, as AWS's price pages had them in 2025.
const (
	perHTTP      = 1.00 / 1e6       // API Gateway, HTTP API
	perInvoke    = 0.20 / 1e6       // Lambda
	perGBSecond  = 0.0000133334     // Lambda, arm64
	memoryGB     = 0.25             // of each function
	perRead      = 0.125 / 1e6      // DynamoDB, on demand
	perWrite     = 0.625 / 1e6      // DynamoDB, on demand
	perMessage   = 3 * 0.40 / 1e6   // SQS: sent, received, deleted
	perSNS       = 0.50 / 1e6       // an event of SES's, on its way to a queue
	perMail      = 0.10 / 1e3       // SES
	perLogByte   = 0.50 / (1 << 30) // CloudWatch Logs
	eventsOfMail = 2                // sent, delivered
)

// account is what 1,000 lifecycles cost, by service.
type account struct{ front, compute, table, queue, mail, log float64 }

func (a account) sum() float64 { return a.front + a.compute + a.table + a.queue + a.mail + a.log }

// mailsOf is how many of the calls hand a mail to SES.
func mailsOf(calls []string) (n int) {
	for _, c := range calls {
		if c == mailCall {
			n++
		}
	}
	return n
}

func bill(calls []string, reads, write cost, t *tally) account {
	n := float64(buyers) / 1000
	mails := mailsOf(calls)
	t.mu.Lock()
	defer t.mu.Unlock()
	return account{
		front:   float64(t.requests) * perHTTP / n,
		compute: (float64(t.requests+t.messages)*perInvoke + t.ms/1000*memoryGB*perGBSecond) / n,
		table:   ((reads.table+reads.index)*perRead + (write.table+write.index)*perWrite) / n,
		queue:   (float64(t.messages)*perMessage + float64(mails*eventsOfMail)*perSNS) / n,
		mail:    float64(mails) * perMail / n,
		log:     float64(t.bytes) * perLogByte / n,
	}
}

func (t *tally) settle(b *bench, a account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := a.sum()
	b.row("a paid lifecycle, invite to ready portal",
		fmt.Sprintf("%.1f requests, %.1f messages, %.0f ms of Lambda", float64(t.requests)/buyers, float64(t.messages)/buyers, t.ms/buyers),
		"", true)
	b.row("   1,000 of them at AWS's list prices", fmt.Sprintf("$%.3f", sum), "$0.25", sum <= 0.25)
	b.row("   of which",
		fmt.Sprintf("SES $%.3f, DynamoDB $%.3f, API Gateway $%.3f, Lambda $%.3f, SQS and SNS $%.3f, logs $%.3f", a.mail, a.table, a.front,
			a.compute, a.queue, a.log), "", true)
}

// buyer is a person with a browser.
type buyer struct {
	l       *local.Local
	client  *http.Client
	jar     map[string]string
	address string
}

// page asks for a page, or with a form posts it, and returns where it leads and what it says.
func (p *buyer) page(ctx context.Context, path string, form url.Values, status int) (leads, body string, err error) {
	method, content := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, content = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, p.l.Origin()+path, content)
	if err != nil {
		return "", "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range p.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := p.client.Do(r)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", "", err
	}
	if res.StatusCode != status {
		return "", "", fmt.Errorf("%s %s answered %d, want %d", method, path, res.StatusCode, status)
	}
	for _, c := range res.Cookies() {
		if p.jar == nil {
			p.jar = map[string]string{}
		}
		p.jar[c.Name] = c.Value
	}
	return res.Header.Get("Location"), string(text), nil
}

// mail waits for the person's nth mail.
func (p *buyer) mail(ctx context.Context, n int) (subject string, links []string, err error) {
	for {
		next := p.l.Engine.SES.Watch()
		if all := p.l.Engine.SES.Mails(p.address); len(all) >= n {
			first := all[0].At
			at := 0
			for k, m := range all { // in whichever order they stand, the nth by time
				if (n == 1) == !m.At.After(first) {
					at = k
				}
			}
			return all[at].Subject, all[at].Links, nil
		}
		select {
		case <-next:
		case <-time.After(time.Minute):
			return "", nil, fmt.Errorf("no mail in a minute")
		case <-ctx.Done():
			return "", nil, ctx.Err()
		}
	}
}

// person is somebody with an address and a browser.
func person(l *local.Local, address string) *buyer {
	return &buyer{l: l, address: address,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// invited has the agency invite the person, and is the path of the link in the mail.
func (p *buyer) invited(ctx context.Context, t *tenant, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.l.Origin()+"/v1/invites", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+t.key)
	r.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		return "", err
	}
	res.Body.Close() //nolint:errcheck,gosec // nothing of it is wanted
	if res.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("sending an invite answered %d", res.StatusCode)
	}
	_, links, err := p.mail(ctx, 1)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(links[0], p.l.Origin()), nil
}

// polls is how often a browser looks whether something has gone on, see shared/view/page/source/watch.ts.
const polls = 2 * time.Second

// buy does what a client does from its invite to its portal, and returns how long it was from the payment to the moment in
// which the portal said that everything runs.
func buy(ctx context.Context, l *local.Local, t *tenant, address string) (time.Duration, error) {
	p := person(l, address)
	link, err := p.invited(ctx, t, fmt.Sprintf(`{"email":%q,"payer":"client","order":{"hosting":{"storageGb":30}}}`, address))
	if err != nil {
		return 0, err
	}
	if _, _, err := p.page(ctx, link, nil, http.StatusOK); err != nil {
		return 0, err
	}
	if _, _, err := p.page(ctx, link, url.Values{"do": {"code"}}, http.StatusSeeOther); err != nil {
		return 0, err
	}
	code, _, err := p.mail(ctx, 2)
	if err != nil {
		return 0, err
	}
	to, _, err := p.page(ctx, link, url.Values{"do": {"accept"}, "code": {code[:6]}}, http.StatusSeeOther)
	if err != nil {
		return 0, err
	}
	if _, _, err := p.page(ctx, to, nil, http.StatusOK); err != nil {
		return 0, err
	}
	till, _, err := p.page(ctx, "/checkout/start", url.Values{"agency": {string(t.id)}, "interval": {"month"}}, http.StatusSeeOther)
	if err != nil {
		return 0, err
	}
	if _, err := l.Stripe.Pay(till[strings.LastIndexByte(till, '/')+1:], standin.Card{Number: standin.CardGood}); err != nil {
		return 0, err
	}
	paid := time.Now()
	next := "/checkout/done?agency=" + string(t.id)
	for !strings.HasPrefix(next, "/portal") {
		if next, _, err = p.page(ctx, next, nil, http.StatusSeeOther); err != nil {
			return 0, err
		}
	}
	tick := time.NewTicker(polls)
	defer tick.Stop()
	for {
		_, body, err := p.page(ctx, next, nil, http.StatusOK)
		if err != nil {
			return 0, err
		}
		if strings.Contains(body, "Running") {
			return time.Since(paid), nil
		}
		if time.Since(paid) > 5*time.Minute {
			return 0, fmt.Errorf("what was paid for is not there after five minutes")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// isOf tells whether a call belongs to a function that is not counted.
func (m *meter) isOf(r *http.Request) bool { return m.ignore[host.Invoked(r.Context())] }
