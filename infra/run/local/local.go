// Package local is the embedded run: the whole product in one process, on the embedded AWS engine, with everything
// that template.yaml declares. Nothing but Go is needed to start it.
package local

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/engine/roundtrip"
	hosting "latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/mailserver"
	"latchkey.dev/infra/run/n8n"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/infra/run/provisioner"
	"latchkey.dev/infra/run/receiver"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/stripe"
	"latchkey.dev/infra/run/template"
	asking "latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/hook"
	"latchkey.dev/shared/adapter/oidc"
	"latchkey.dev/shared/adapter/smtp"
	payments "latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/wire"
)

// Sender is the address that the local run's mails come from; its domain is verified from the start.
const Sender = "invites@mail.latchkey.example"

// Options are the settings of a local run. The zero value is in memory, on ports that the system chooses.
type Options struct {
	// Addr, AWSAddr and DNSAddr are the loopback addresses of the product, of the AWS endpoint and of the name server. Default
	// "127.0.0.1:0".
	Addr, AWSAddr, DNSAddr string
	// InProcess listens on nothing: the product is reached through Handler only, and its origin is
	// http://localhost:8080. It may then run inside a testing/synctest bubble.
	InProcess bool
	// Dir keeps the state, the moved clock too. Empty keeps everything in memory.
	Dir string
	// StripeKey is a test key of Stripe's own ("sk_test_…"): the product then talks to Stripe, and the stand-in rests.
	StripeKey string
	// Template is the template's file. Default: template.yaml in the working directory or the nearest one above.
	Template string
	// Parameters are template parameters to be set otherwise than the local run does.
	Parameters map[string]string
	// Now is the clock that the run's own, which can be moved, starts from. Default time.Now.
	Now func() time.Time
	// Log takes what goes wrong outside of a function. Default slog.Default().
	Log *slog.Logger
	// Engine are further settings of the engine, for tests; Dir and Now are set here.
	Engine engine.Options
	// Endpoints are services that are not the embedded engine's, by the names "dynamodb", "sqs" and "sesv2": the URLs
	// of engines that are already there. With "sesv2" elsewhere the mailbox stays empty.
	Endpoints map[string]string
	// Lambda is the endpoint of Lambda's Invoke, such as sam local start-lambda's: the functions run there, and here
	// are only the events of queues and schedules, the AWS engine, and the pages under /_local. The clock cannot be
	// moved then, and Parameters must name the Origin. Stripe's pages are below it, since the product's pages send forms to
	// their own origin alone: whatever answers there passes /_local on to here.
	Lambda string
	// Near is the origin at which those functions reach this process, when it is not Origin(): containers know it by
	// another name. What stands in for n8n, Stripe and the program that sets things up is there.
	Near string
	// Accounts are providers by whose accounts people sign in, by their hosts: they are called there, and nobody over the network.
	Accounts map[string]http.Handler
	// Google has people sign in by a stand-in for Google too, which is called there, and nobody over the network.
	Google bool
	// Beside are listeners of this machine that the functions may call as well, such as an n8n that a test has started.
	Beside []netip.AddrPort
	// NoEvents leaves queues and schedules to something else that brings them to the functions.
	NoEvents bool
	// Calls puts something between the functions and the AWS engine, to look at their calls. Nil for nothing.
	Calls func(next aws.HTTPClient) aws.HTTPClient
	// N8N is the folder into which n8n was installed (infra/run/realn8n): what clients buy is a real one then, for the first few.
	// Empty for stand-ins alone.
	N8N string
	// Record notes which AWS actions each function calls; see Local.Recorder.
	Record bool
	// Binaries is a folder that binaries.Build filled: the functions are those, in processes of their own, and no part of
	// this process. They go by the machine's clock, which cannot be moved. Empty for functions in this process.
	Binaries string
	// Output takes what those processes write. Nil for nobody.
	Output io.Writer
	// Answered is told of every request that a function was invoked for, as by hosting.Options. Nil for nobody.
	Answered func(function string, r *http.Request, status int, header http.Header)
}

// SettingUp is how long the stand-in takes to set up what a client has bought, in a run that listens.
const SettingUp = 8 * time.Second

// Local is a running product.
type Local struct {
	// Engine is the embedded AWS, Stack what was made on it from the template, Host what runs the functions.
	Engine *engine.Engine
	Stack  *stack.Stack
	Host   *hosting.Host
	// Stripe stands in for Stripe. In process nothing happens there by itself: call its Tick.
	Stripe *stripe.Engine
	// Provisioner is the program that sets up what clients buy. In process everything is there at once.
	Provisioner *provisioner.Server
	// Provider is by whose accounts people can sign in, unless parameters name another issuer.
	Provider *provider.Server
	// Company stands in for providers that agencies have of their own.
	Company *provider.Server
	// Google stands in for Google, with Options.Google; else nil.
	Google *provider.Server
	// MailServer stands in for agencies' own mail servers, whatever their names are. In process there is none.
	MailServer *mailserver.Server
	// Recorder is nil unless Options.Record.
	Recorder *hosting.Recorder

	dns           *names // what stands in for DNS
	trusted       string // the file of the certificate that the mail server has, for binaries; "" for none
	closing       sync.Once
	ending        atomic.Bool // since Close was called, nothing is told any more
	closed        error       // what close said
	elsewhere     elsewhere
	binaries      *binaries.Set  // nil where functions run in this process or behind Invoke
	realInstances *realInstances // nil where everything that is set up is a stand-in
	n8n           *n8n.Server
	// Receiver stands in for programs that agencies have events sent to.
	Receiver   *receiver.Server
	origin     string
	near       string // Options.Near, or the origin
	beside     []netip.AddrPort
	awsURL     string
	payments   *payments.Client
	clock      *clock
	queueClock *clock // the queues', which is ahead by what was made older
	env        *environment.Environment
	log        *slog.Logger
	handler    http.Handler
	servers    []*http.Server
}

// Start brings everything up and returns when it answers. The sweep has run by then, so that what a killed process
// left unfinished is on its way again.
func Start(ctx context.Context, o Options) (l *Local, err error) {
	l = &Local{log: cmp.Or(o.Log, slog.Default())}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
			l = nil
		}
	}()
	if l.clock, err = openClock(o.Dir, "clock", o.Now); err != nil {
		return l, err
	}
	if l.queueClock, err = openClock(o.Dir, "queue-clock", l.clock.Now); err != nil {
		return l, err
	}
	var product, endpoint net.Listener
	l.origin = "http://localhost:8080"
	if !o.InProcess {
		if product, err = listen(o.Addr); err != nil {
			return l, err
		}
		defer closeUnlessServed(&err, product)
		if endpoint, err = listen(o.AWSAddr); err != nil {
			return l, err
		}
		defer closeUnlessServed(&err, endpoint)
		l.origin, l.awsURL = urlOf(product), urlOf(endpoint)
	}
	l.near, l.beside = cmp.Or(o.Near, l.origin), o.Beside
	l.elsewhere = elsewhere{endpoints: o.Endpoints, lambda: o.Lambda}
	if err = l.elsewhere.check(); err != nil {
		return l, err
	}
	settings := o.Engine
	settings.Dir, settings.Now, settings.QueueNow = o.Dir, l.clock.Now, l.queueClock.Now
	if l.dns, err = openNames(o.DNSAddr, o.Dir); err != nil {
		return l, err
	}
	settings.DNS = l.dns.address()
	if !o.InProcess {
		if l.MailServer, err = mailserver.Start("127.0.0.1:0"); err != nil {
			return l, err
		}
	}
	if o.Endpoints["sqs"] != "" {
		settings.Publish = l.publish
	}
	if l.Engine, err = engine.Open(settings); err != nil {
		return l, err
	}
	if l.MailServer != nil {
		l.MailServer.Tell(func(m mailserver.Mail) {
			if err := l.Engine.SES.Keep(m.To, []byte(m.Content)); err != nil {
				l.log.Warn("a mail by an agency's own server is not in the mailbox", "error", err)
			}
		})
	}
	if strings.Contains(o.StripeKey, "_live_") {
		return l, errors.New("local: the key moves real money; a local run takes test keys of Stripe's only")
	}
	if err = l.refuse(o); err != nil {
		return l, err
	}
	pages := l.origin
	if o.Lambda != "" {
		pages = cmp.Or(o.Parameters["Origin"], pages)
	}
	if l.Stripe, err = stripe.Open(stripe.Options{Now: l.clock.Now, Base: pages + stripePath, Dir: o.Dir}); err != nil {
		return l, err
	}
	l.payments = payments.Open(o.StripeKey, payments.Options{})
	if o.StripeKey == "" {
		l.payments = payments.Open(l.Stripe.Key(),
			payments.Options{Pages: pages, HTTPClient: &http.Client{Transport: roundtrip.Transport(l.Stripe.API())}})
	}
	if err = l.deploy(ctx, o); err != nil {
		return l, err
	}
	mux := http.NewServeMux()
	mux.Handle("/_local/", l.pages())
	door := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_local" || strings.HasPrefix(r.URL.Path, "/_local/") {
			mux.ServeHTTP(w, r)
			return
		}
		l.Host.ServeHTTP(w, r) // by no mux of Go's, which redirects from paths that an HTTP API takes as they are: //, . and ..
	})
	l.handler = engine.LoopbackOnly(door)
	if o.Near != "" {
		l.handler = fromContainers(door)
	}
	open := func() {
		if !o.InProcess {
			l.Stripe.Start()
			l.serve(product, l.handler)
		}
	}
	if !o.InProcess {
		aws := l.Engine.Handler()
		if l.binaries != nil && l.Recorder != nil {
			aws = l.Recorder.Handler(aws)
		}
		l.serve(endpoint, fromContainers(aws))
	}
	if l.apart() { // functions in other processes need AWS, and what stands in for others
		open()
	}
	if !o.NoEvents {
		if err = l.Host.RunSchedules(ctx); err != nil && o.StripeKey == "" { // Stripe's own may be out of reach, which the log says
			return l, err
		}
		l.Host.Start()
	}
	if !l.apart() {
		open()
	}
	return l, nil
}

// apart tells whether the functions are in other processes, and go by the machine's clock.
func (l *Local) apart() bool { return l.elsewhere.lambda != "" || l.binaries != nil }

// refuse names settings that binaries cannot follow.
func (l *Local) refuse(o Options) error {
	switch {
	case o.Binaries == "":
		return nil
	case o.InProcess:
		return errors.New("local: binaries reach AWS over the network, so that a run with them must listen")
	case o.Lambda != "":
		return errors.New("local: functions are either binaries or behind Invoke")
	case o.Calls != nil:
		return errors.New("local: the calls of binaries cannot be looked at in this process")
	case o.Now != nil || l.clock.ahead() > 0:
		return errors.New("local: binaries go by the machine's clock, and this run's is another: begin with a new folder")
	}
	return nil
}

// deploy makes the template's resources and ties the functions to its events.
func (l *Local) deploy(ctx context.Context, o Options) error {
	path, err := findTemplate(o.Template)
	if err != nil {
		return err
	}
	//nolint:gosec // names of parameters, not what is in them
	given := map[string]string{"Origin": l.origin, "MailFrom": Sender, "CheckMx": "false",
		"ProvisioningDriver": "webhook", "ProvisionerUrl": l.origin + programPath,
		"ProvisionerSecretParameter": "/latchkey/provisioner-secret",
		"Tax":                        "included:19", // what the demo's prices say
		"IssuerUrl":                  l.origin + providerPath, "IssuerName": "Local provider", "IssuerClientId": provider.ClientID,
		"IssuerSecretParameter": "/latchkey/issuer-secret", "IssuerDomains": "client.example northwind.example solo.example acme.example",
		"StripeSecretParameter": "/latchkey/stripe-key", "StripeWebhookSecretParameter": "/latchkey/stripe-webhook-secret"}
	if o.Google {
		given["GoogleClientId"], given["GoogleSecretParameter"] = provider.ClientID, "/latchkey/google-secret"
		l.Google = &provider.Server{Issuer: oidc.GoogleIssuer, Front: l.origin + googlePath, Name: "Google", Now: l.clock.Now}
	}
	if o.StripeKey == "" {
		given["StripeApiBase"] = l.origin + stripePath + "/api"
	}
	if o.Binaries != "" {
		given["AwsEndpointUrl"] = l.awsURL
	}
	maps.Copy(given, o.Parameters)
	declared, err := template.Read(path, template.Inputs{Parameters: given})
	if err != nil {
		return err
	}
	cfg := l.elsewhere.config(l.Engine.Config()) // the host's own, which nobody records
	if l.Stack, err = stack.Up(ctx, cfg, declared); err != nil {
		return err
	}
	l.Stack.Subscriptions(l.Engine.SES.Subscribe)
	for _, identity := range l.Stack.Template.Identities { // nobody publishes DNS records for it
		if err := l.Engine.SES.SetVerification(identity.Name, "SUCCESS", ""); err != nil {
			return err
		}
	}
	env, err := l.environment(cfg, o)
	if err != nil {
		return err
	}
	l.n8n = n8n.New(l.clock.Now)
	l.Receiver = receiver.New(l.clock.Now)
	l.Provider = &provider.Server{Issuer: l.origin + providerPath, Now: l.clock.Now}
	l.Company = &provider.Server{Issuer: l.origin + companyPath, Now: l.clock.Now, Own: true}
	built := &standIns{origin: l.near, now: l.clock.Now, tell: l.tell}
	if !o.InProcess {
		built.takes = SettingUp / 2
	}
	l.Provisioner = &provisioner.Server{Secret: []byte(programSecret), Maker: built, Now: l.clock.Now}
	if o.N8N != "" {
		if l.realInstances, err = openRealInstances(built, o.N8N); err != nil {
			return err
		}
		l.Provisioner.Maker = l.realInstances
	}
	l.env = env
	all, err := l.functions(o)
	if err != nil {
		return err
	}
	if err := seed(ctx, env, l.near); err != nil {
		return err
	}
	if l.Host, err = hosting.New(l.Stack.Template, all,
		hosting.Options{AWS: cfg, Now: l.clock.Now, Log: l.log, Answered: o.Answered}); err != nil {
		return err
	}
	l.Stripe.Listen(&stripe.Webhook{URL: l.origin + "/stripe/webhook", Secrets: []string{webhookSecret}, Types: payment.EventTypes,
		Client: &http.Client{Transport: roundtrip.Transport(l.Host)}})
	return nil
}

// functions are the template's functions: behind Lambda's Invoke or as built binaries where that is said, else in this
// process.
func (l *Local) functions(o Options) (map[string]event.Function, error) {
	if o.Lambda != "" {
		return l.elsewhere.functions(l.Stack.Template), nil
	}
	if o.Binaries != "" {
		relay, err := l.relay()
		if err != nil {
			return nil, err
		}
		if l.binaries, err = l.elsewhere.binaries(l.Stack.Template, o, l.dns.stub.Variable(), relay, l.standInList); err != nil {
			return nil, err
		}
		return l.binaries.Functions(), nil
	}
	outside := l.outside()
	var roots *x509.CertPool
	if l.MailServer != nil {
		roots = l.MailServer.Roots
	}
	return wired(l.Stack.Template, wire.From(l.env, wire.Outside{MailRoots: roots,
		Payments: l.payments, Egress: &outside, N8N: l.nearby(standInPath, l.n8n, outside.Transport()),
		Hooks: l.nearby(hooksPath, l.Receiver, hook.Carrier(outside.Dialer())), Program: l.program(), Domains: domains{},
		Accounts: l.accounts(o, outside.Transport())}))
}

// relay are the variables by which a binary reaches what stands in for agencies' mail servers, and trusts its certificate.
func (l *Local) relay() (map[string]string, error) {
	if l.MailServer == nil {
		return nil, nil
	}
	f, err := os.CreateTemp("", "latchkey-*.pem")
	if err != nil {
		return nil, err
	}
	l.trusted = f.Name()
	_, err = f.Write(l.MailServer.PEM())
	return map[string]string{smtp.Variable: l.MailServer.Addr().String(), "SSL_CERT_FILE": l.trusted}, errors.Join(err, f.Close())
}

// Functions makes the template's functions anew, for what looks at how they are made.
func (l *Local) Functions() (map[string]event.Function, error) { return l.functions(Options{}) }

// environment answers the variables of all functions together, and those that Lambda itself sets.
func (l *Local) environment(cfg aws.Config, o Options) (*environment.Environment, error) {
	variables, err := l.Stack.Variables()
	if err != nil {
		return nil, err
	}
	variables["AWS_REGION"] = cfg.Region
	variables[asking.Variable] = l.dns.stub.Variable()
	if l.MailServer != nil {
		variables[smtp.Variable] = l.MailServer.Addr().String()
	}
	variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"] = "test", "test"
	variables["AWS_ENDPOINT_URL"] = aws.ToString(cfg.BaseEndpoint)
	for service, url := range l.elsewhere.endpoints {
		variables["AWS_ENDPOINT_URL_"+strings.ToUpper(service)] = url
	}
	l.Engine.SSM.Put(variables["SECRET_PARAMETER"], codeKey)
	l.Engine.SSM.Put(variables["SEAL_PARAMETER"], sealKey)
	l.Engine.SSM.Put(variables["PROVISIONER_SECRET_PARAMETER"], programSecret)
	for _, of := range []string{"GOOGLE", "MICROSOFT", "ISSUER"} {
		if name := variables[of+"_SECRET_PARAMETER"]; name != "" {
			l.Engine.SSM.Put(name, provider.Secret)
		}
	}
	if name := variables["STRIPE_SECRET_PARAMETER"]; name != "" {
		l.Engine.SSM.Put(name, cmp.Or(o.StripeKey, l.Stripe.Key()))
	}
	if name := variables["STRIPE_WEBHOOK_SECRET_PARAMETER"]; name != "" {
		l.Engine.SSM.Put(name, webhookSecret)
	}
	env := environment.New(func(name string) string { return variables[name] })
	env.Now = l.clock.Now
	env.HTTPClient = cfg.HTTPClient
	if o.Calls != nil {
		env.HTTPClient = o.Calls(env.HTTPClient)
	}
	if o.Record {
		l.Recorder = hosting.NewRecorder(l.Stack.Template)
		env.HTTPClient = l.Recorder.Client(env.HTTPClient)
	}
	return env, nil
}

// Origin is the product's origin, such as "http://localhost:8080".
func (l *Local) Origin() string { return l.origin }

// Payments is what asks for money: the product's client of Stripe on the stand-in, in this process, or on Stripe itself with
// Options.StripeKey.
func (l *Local) Payments() *payments.Client { return l.payments }

// Ring is what agencies' secrets are sealed with.
func (l *Local) Ring() *seal.Ring {
	r, err := seal.New([]byte(sealKey))
	if err != nil {
		panic(err) // it is long enough
	}
	return r
}

// AWSEndpoint is the AWS endpoint, such as "http://localhost:4566"; empty in process.
func (l *Local) AWSEndpoint() string { return l.awsURL }

// Handler serves the product and the pages under /_local.
func (l *Local) Handler() http.Handler { return l.handler }

// Now is the time that the whole product tells.
func (l *Local) Now() time.Time { return l.clock.Now() }

// Advance moves the product's time forward, and returns when everything that became due by it has run: receives look
// for messages again, expired items are deleted, schedules run. A negative d is an error, and so is any when the
// functions run elsewhere.
func (l *Local) Advance(ctx context.Context, d time.Duration) error {
	if l.apart() {
		return errFixedClock
	}
	if err := l.clock.advance(d); err != nil {
		return err
	}
	l.Engine.Tick()
	if err := l.Stripe.Tick(ctx); err != nil { // its webhooks bring work to the queues
		return err
	}
	return l.Host.Tick(ctx)
}

// Close finishes the requests and messages that are being handled, and closes the state's files. Once more is fine, and
// answers the same.
func (l *Local) Close() error {
	l.closing.Do(func() { l.closed = l.close() })
	return l.closed
}

func (l *Local) close() error {
	l.ending.Store(true)
	var errs []error
	if l.binaries != nil && l.Host != nil { // what they work on needs the listeners to the end
		l.Host.Close()
	}
	for _, s := range slices.Backward(l.servers) { // the product's before the AWS endpoint, which its functions need
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if s.Shutdown(ctx) != nil { // a long poll of the AWS CLI may last 20 s
			errs = append(errs, s.Close())
		}
		cancel()
	}
	if l.Stripe != nil {
		errs = append(errs, l.Stripe.Close())
	}
	if l.Host != nil {
		l.Host.Close()
	}
	if l.binaries != nil {
		errs = append(errs, l.binaries.Close())
	}
	if l.realInstances != nil {
		errs = append(errs, l.realInstances.real.Close())
	}
	if l.Engine != nil {
		errs = append(errs, l.Engine.Close())
	}
	if l.dns != nil {
		l.dns.stub.Close()
	}
	if l.MailServer != nil {
		errs = append(errs, l.MailServer.Close())
	}
	if l.trusted != "" {
		errs = append(errs, os.Remove(l.trusted))
	}
	return errors.Join(errs...)
}

// findTemplate looks for template.yaml from the working directory upwards.
func findTemplate(path string) (string, error) {
	if path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("local: %w", err)
	}
	for {
		path := filepath.Join(dir, "template.yaml")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("local: there is no template.yaml in the working directory or above")
		}
		dir = up
	}
}
