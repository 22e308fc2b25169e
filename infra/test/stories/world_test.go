package lifecycle

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ses"
	standin "latchkey.dev/infra/run/mailserver"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/mx"
	adapters "latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/adapter/sescontrol"
	"latchkey.dev/shared/adapter/smtp"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/zone"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/usecase/sweep"
)

const (
	origin   = "https://portal.latchkey.example"
	mailFrom = "invites@mail.latchkey.example"
	stage    = "life"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // faults are made on purpose here, thousands of them
	// What the command line says comes after. A failure's seed repeats it; a file would be left in the checkout.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.checks": "30"} {
		must(nil, flag.Set(name, value))
	}
	debug.SetGCPercent(400) // thousands of short calls, and hardly anything that lasts
	os.Exit(m.Run())
}

// store is all that the use cases ask of the table. A test may put something between them and the table.
type store interface {
	clients.DirectoryStore
	onboarding.AnswerStore
	clients.AccessStore
	account.Store
	account.ErasureStore
	signin.Store
	signin.CodeStore
	signin.OpeningStore
	signin.SessionStore
	signin.KeyStore
	portal.Store
	delivery.Store
	delivery.FeedbackStore
	sweep.Store
}

// product is the use cases as the functions compose them.
type product struct {
	table       *whole.Table
	queue       *queues.Queue
	door        *signin.Authenticator
	codes       *signin.Codes
	signIns     *signin.SignIns
	sessions    *signin.Sessions
	keys        *signin.Keys
	inviter     *onboarding.Inviter
	invites     *onboarding.Invites
	canceller   *onboarding.Canceller
	approvals   *onboarding.Approvals
	proposals   *onboarding.Proposals
	invitations *onboarding.Invitations
	answers     *onboarding.Answers
	decliner    *onboarding.Decliner
	directory   *clients.Directory
	renamer     *clients.Renamer
	grants      *clients.Access
	removal     *clients.Removal
	self        *account.Self
	leaving     *account.Leaving
	erasure     *account.Erasure
	portal      *portal.Portal
	worker      *delivery.Worker
	feedback    *delivery.Feedback
	claims      *senders.Claims
	domains     dynamo.SenderWork
	checker     *senders.Checker
	provisioner *senders.Provisioner
	sweep       *sweep.Sweep
	bulk        *imports.Sender
	batches     *imports.Batches
}

// world is the product with all that is around it, in a bubble of virtual time.
type world struct {
	product
	external external
	browsing sync.Mutex
	browsers map[email.Address]identity.Browser // one for each address
	t        testing.TB
	ctx      context.Context
	engine   *engine.Engine
	stack    *stack.Stack
	network  *network
	db       *dynamodb.Client // the operator's own, beside the product
	sqs      *sqs.Client
	sweepAt  time.Time     // of the schedule's next run
	every    time.Duration // between its runs
	offices  []*office

	mailQueue, relayQueue, deliveryQueue, sendersQueue, identitiesQueue string // URLs

	relay    *delivery.Worker // by agencies' own mail servers
	ring     *seal.Ring       // that their passwords are sealed with
	servers  *smtp.Sender     // reaches them; nil in worlds that have none
	verified bool             // whether SES has been told of the agencies' domain
	relayed  *standin.Server  // what stands in for them; nil in worlds that have none
}

// settings change a world before it is made.
type settings struct {
	engine engine.Options
	// between, when not nil, is put between the use cases and the table.
	between func(*whole.Table) store
}

// in runs a story in a world of its own.
func in(t *testing.T, story func(w *world)) { t.Helper(); inSuch(t, settings{}, story) }

func inSuch(t *testing.T, s settings, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, s)
		defer w.close()
		story(w)
	})
}

var declared = sync.OnceValues(func() (*template.Template, error) {
	return template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{
		"Stage": stage, "Origin": origin, "MailFrom": mailFrom, "CheckMx": "false",
	}})
})

func open(t testing.TB, s settings) *world {
	t.Helper()
	tmpl, err := declared()
	must(t, err)
	e, err := engine.Open(s.engine)
	must(t, err)
	w := &world{t: t, ctx: context.Background(), engine: e, network: &network{to: roundtrip.Transport(e.Handler())},
		sweepAt: time.Now().Add(time.Minute), every: time.Minute}
	cfg := e.Config()
	// Nobody looks at signatures here, and to make them is half of what a call costs.
	cfg.Credentials = aws.AnonymousCredentials{}
	w.stack, err = stack.Up(w.ctx, cfg, tmpl)
	must(t, err)
	w.stack.Subscriptions(e.SES.Subscribe)
	for _, i := range w.stack.Template.Identities {
		must(t, e.SES.SetVerification(i.Name, "SUCCESS", ""))
	}
	w.db, w.sqs = dynamodb.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	w.mailQueue, w.relayQueue = w.stack.Template.Queue("MailQueue").URL, w.stack.Template.Queue("RelayQueue").URL
	w.deliveryQueue = w.stack.Template.Queue("DeliveryQueue").URL

	cfg.HTTPClient = &http.Client{Transport: w.network}
	vars := w.stack.Environment("SendMail")
	w.table, w.queue = whole.Open(cfg, vars["TABLE_NAME"], time.Now), queues.Open(w.signed(), w.mailQueue)
	var kept store = w.table
	if s.between != nil {
		kept = s.between(w.table)
	}
	key := []byte("a key of the lifecycle tests, 32 bytes or more")
	w.door = &signin.Authenticator{Store: kept, Now: time.Now}
	seals, err := identity.NewSeals(key)
	must(t, err)
	w.browsers = map[email.Address]identity.Browser{}
	w.codes = &signin.Codes{Store: kept, Queue: w.queue, Seals: seals, Now: time.Now}
	w.signIns = &signin.SignIns{Store: kept, Key: key, Seals: seals, Now: time.Now}
	w.sessions = &signin.Sessions{Store: kept, Now: time.Now}
	w.keys = &signin.Keys{Store: kept, Now: time.Now}
	prices := &billing.Prices{Store: w.table, Now: time.Now}
	w.inviter = &onboarding.Inviter{Store: kept, Queue: w.queue, Prices: prices, Now: time.Now}
	w.invites = &onboarding.Invites{Store: kept}
	w.canceller = &onboarding.Canceller{Store: kept, Checkouts: billing.Unsold{}, Now: time.Now}
	w.approvals = &onboarding.Approvals{Store: kept, Queue: w.queue, Checkouts: billing.Unsold{}, Now: time.Now}
	w.proposals = &onboarding.Proposals{Store: kept, Now: time.Now}
	w.invitations = &onboarding.Invitations{Store: kept, Now: time.Now}
	w.answers = &onboarding.Answers{Store: kept, Now: time.Now}
	w.decliner = &onboarding.Decliner{Store: kept, Checkouts: billing.Unsold{}, Now: time.Now}
	w.directory = &clients.Directory{Store: kept, Prices: w.table, Now: time.Now}
	w.renamer = &clients.Renamer{Store: kept, Now: time.Now}
	w.grants = &clients.Access{Store: kept, Now: time.Now}
	w.removal = &clients.Removal{Store: kept, Checkouts: billing.Unsold{}, Now: time.Now}
	w.self = &account.Self{Store: kept, Now: time.Now}
	w.leaving = &account.Leaving{Store: kept, Checkouts: billing.Unsold{}, Now: time.Now}
	staff := &agencies.Members{Store: w.table, Now: time.Now}
	w.erasure = &account.Erasure{Store: kept, Members: staff, Checkouts: billing.Unsold{}, Now: time.Now}
	w.portal = &portal.Portal{Store: kept, Now: time.Now}
	w.worker = &delivery.Worker{Store: kept, Mailer: adapters.Open(w.signed(), vars["CONFIGURATION_SET"], stage),
		Domains: mx.Unasked{}, Queue: w.queue, Relay: queues.Open(w.signed(), w.relayQueue),
		Key: key, Origin: origin, Platform: "Latchkey", From: mailFrom, Now: time.Now}
	ring, err := seal.New([]byte("another key of the lifecycle tests that is as long"))
	must(t, err)
	relay := *w.worker
	relay.Mailer, relay.Keys, relay.Through = nil, ring, func(server mailserver.Server, password string) delivery.Mailer {
		return w.servers.Through(server, password)
	}
	w.relay, w.ring = &relay, ring
	w.feedback = &delivery.Feedback{Store: kept, Now: time.Now}
	w.watchDomains(cfg, vars["CONFIGURATION_SET"])
	w.bulk = &imports.Sender{Store: dynamo.NewBatches(w.table.Table), Queue: w.queue, Domains: mx.Unasked{}, Now: time.Now}
	w.batches = &imports.Batches{Store: dynamo.NewLines(w.table.Table), Now: time.Now}
	w.external = w.externalOver(kept)
	w.sweep = &sweep.Sweep{Store: kept, Batches: w.external.bulk, Mail: w.queue, Billing: idle{}, Provision: idle{}, Senders: queues.Open(w.signed(), w.sendersQueue),
		Now: time.Now, Note: event.Annotate}
	return w
}

// signed is the configuration of what signs its calls by itself, and does not know the SDK's anonymous caller.
func (w *world) signed() aws.Config {
	cfg := w.engine.Config()
	cfg.HTTPClient = &http.Client{Transport: w.network}
	return cfg
}

// watchDomains makes what looks after sender domains. Nobody answers questions of DNS here.
func (w *world) watchDomains(cfg aws.Config, set string) {
	w.sendersQueue, w.identitiesQueue = w.stack.Template.Queue("SendersQueue").URL, w.stack.Template.Queue("IdentitiesQueue").URL
	looks, identities := queues.Open(w.signed(), w.sendersQueue), queues.Open(w.signed(), w.identitiesQueue)
	w.domains = dynamo.NewSenderWork(w.table.Table)
	w.claims = &senders.Claims{Store: w.domains, Senders: looks, Identities: identities, Platform: "Latchkey",
		Ours: senders.Ours(origin, mailFrom), Now: time.Now}
	w.checker = &senders.Checker{Doctor: &senders.Doctor{Store: w.domains, DNS: func() senders.Asking { return silence{} },
		Identities: identities, Now: time.Now}, Work: w.domains, Mail: w.queue, Region: cfg.Region}
	w.provisioner = &senders.Provisioner{Store: w.domains, Senders: looks, Identities: identities, Now: time.Now, Note: event.Annotate,
		Service: sescontrol.Open(cfg, sescontrol.Settings{Stage: stage, Set: set, Pace: 1100 * time.Millisecond, Now: time.Now})}
}

// silence is name servers that say nothing.
type silence struct{}

func (silence) Zone(_ context.Context, name string) (zone.Zone, error) {
	return zone.Zone{}, &zone.CannotAsk{Name: name}
}

func (silence) First(context.Context, zone.Zone, string, zone.Type) zone.Reply { return zone.Reply{} }

func (silence) Resolver(context.Context, string, zone.Type) zone.Reply { return zone.Reply{} }

func (silence) Left() int { return 0 }

// idle is a queue that nobody works on: what is put there is not done.
type idle struct{}

// Send forgets the message.
func (idle) Send(context.Context, []byte, time.Duration) error { return nil }

func (w *world) close() {
	w.network.faults(nil)
	if w.relayed != nil {
		must(w.t, w.relayed.Close())
	}
	synctest.Wait()
	must(w.t, w.engine.Close())
}

func must(t testing.TB, err error) {
	if err == nil {
		return
	}
	t.Helper()
	t.Fatal(err)
}

// deliver hands everything that is on the queues now to its function, and what comes of that, until nothing is there.
func (w *world) deliver() {
	for {
		synctest.Wait() // SES publishes behind its answer
		jobs := w.take(w.mailQueue, w.worker.Handle) + w.take(w.relayQueue, w.relay.Handle) +
			w.take(w.sendersQueue, w.checker.Handle) + w.take(w.identitiesQueue, w.provisioner.Handle)
		if jobs+w.take(w.deliveryQueue, adapters.Recorder(w.feedback)) == 0 {
			return
		}
	}
}

// take receives one batch, has each message handled, and deletes those that were.
func (w *world) take(url string, handle func(context.Context, []byte) error) int {
	if !w.waits(url) { // the queue's own long poll would take 20 seconds to say so
		return 0
	}
	out, err := w.sqs.ReceiveMessage(w.ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0})
	must(w.t, err)
	for _, m := range out.Messages {
		var failed error
		if w.network.step(w.ctx, func(ctx context.Context) { failed = handle(ctx, []byte(*m.Body)) }) && failed == nil {
			_, err := w.sqs.DeleteMessage(w.ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			must(w.t, err)
		}
	}
	return len(out.Messages)
}

// waits tells whether a message on the queue is visible.
func (w *world) waits(url string) bool { return w.engine.SQS.Visible(path.Base(url)) > 0 }

// pass lets time go by with the product running: messages come when they are visible, the sweep every minute.
func (w *world) pass(d time.Duration) {
	end := time.Now().Add(d)
	for {
		w.deliver()
		now := time.Now()
		if !now.Before(end) {
			return
		}
		next := end
		if w.sweepAt.Before(next) {
			next = w.sweepAt
		}
		for _, q := range w.engine.SQS.Overview() {
			if q.DeadLetterQueue == "" {
				continue
			}
			for _, m := range q.Messages {
				if !m.VisibleAt.IsZero() && m.VisibleAt.Before(next) && m.VisibleAt.After(now) {
					next = m.VisibleAt
				}
			}
		}
		<-time.After(next.Sub(now))
		if !time.Now().Before(w.sweepAt) {
			w.tidy()
			w.sweepAt = time.Now().Add(w.every)
		}
	}
}

// skip lets time go by with nothing running.
func (w *world) skip(d time.Duration) { <-time.After(d) }

// tidy runs the sweep once; what fails is left for the next run.
func (w *world) tidy() (err error) {
	w.network.step(w.ctx, func(ctx context.Context) { err = w.sweep.Run(ctx) })
	return err
}

// settled lets a quarter of an hour pass, after which nothing may be in flight, and checks all invariants.
func (w *world) settled() {
	w.t.Helper()
	w.network.faults(nil)
	w.pass(15 * time.Minute)
	w.nothingInFlight()
	w.check()
}

var (
	aLink = regexp.MustCompile(regexp.QuoteMeta(origin) + `/i/([0-9A-Za-z_]+)`)
	aCode = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// newest is the newest mail to the address, or nil.
func (w *world) newest(to string) *ses.Mail {
	for _, m := range w.engine.SES.Mails(to) {
		return m
	}
	return nil
}

// tokens are the secrets of all links that were mailed to the address, newest first.
func (w *world) tokens(to string) []string {
	var out []string
	for _, m := range w.engine.SES.Mails(to) {
		if found := aLink.FindStringSubmatch(m.Text); found != nil {
			out = append(out, found[1])
		}
	}
	if w.relayed == nil {
		return out
	}
	for _, m := range w.relayed.Mails() {
		text := strings.ReplaceAll(m.Content, "=\r\n", "") // as far as a link is broken into lines
		if found := aLink.FindStringSubmatch(text); m.To == to && found != nil {
			out = slices.Insert(out, 0, found[1])
		}
	}
	return out
}

// token is the secret of the newest link that was mailed to the address.
func (w *world) token(to string) string {
	w.t.Helper()
	all := w.tokens(to)
	if len(all) == 0 {
		w.t.Fatalf("no link was mailed to %s", to)
	}
	return all[0]
}

// person is somebody who is signed in with the address, where signing in is not the story.
func person(address string) identity.Caller {
	a := email.Address(strings.ToLower(address))
	return identity.Caller{User: id.UserOf(a), Email: a, Session: "elsewhere", Since: time.Now(), Proved: time.Now()}
}

// signIn signs somebody in as people do: with the code that is mailed.
func (w *world) signIn(address string) (cookie string, caller identity.Caller) {
	w.t.Helper()
	a, err := email.Parse("email", address)
	must(w.t, err)
	must(w.t, w.request(a, "192.0.2.1"))
	w.deliver()
	cookie, _, err = w.guess(a, w.code(address), "192.0.2.1", "")
	must(w.t, err)
	caller, err = w.door.Identify(w.ctx, signin.Credentials{Session: cookie})
	must(w.t, err)
	return cookie, caller
}

// request asks for a code, in the browser that the world has for the address.
func (w *world) request(to email.Address, ip string) error {
	w.browsing.Lock()
	from := w.browsers[to]
	w.browsing.Unlock()
	flow, err := w.codes.Request(w.ctx, to, from, ip)
	if err == nil {
		w.browsing.Lock()
		w.browsers[to] = identity.Browser{Flow: flow, Known: from.Known}
		w.browsing.Unlock()
	}
	return err
}

// guess signs in, in the same browser.
func (w *world) guess(who email.Address, typed, ip, old string) (string, *identity.Session, error) {
	w.browsing.Lock()
	from := w.browsers[who]
	w.browsing.Unlock()
	opened, err := w.signIns.SignIn(w.ctx, who, typed, from, ip, old)
	if err != nil {
		return "", nil, err
	}
	w.browsing.Lock()
	w.browsers[who] = identity.Browser{Flow: from.Flow, Known: opened.Known}
	w.browsing.Unlock()
	return opened.Cookie, opened.Session, nil
}

// code is the sign-in code in the newest mail to the address.
func (w *world) code(address string) string {
	w.t.Helper()
	if m := w.newest(address); m != nil && !aLink.MatchString(m.Text) {
		if code := aCode.FindString(m.Text); code != "" {
			return code
		}
	}
	w.t.Fatalf("the newest mail to %s holds no code", address)
	return ""
}
