package apitest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
)

// secrets are what a run must not tell its log.
type secrets struct {
	mu  sync.Mutex
	all []string
}

func (s *secrets) keep(x ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, x...)
}

// wholeJob makes every function do all that it can: the main job through the API and through the forms, with what
// goes wrong on the way. It returns the tokens, keys, cookies and codes that there were.
func wholeJob(t *testing.T, p *product) *secrets {
	t.Helper()
	kept := &secrets{}
	codeOf := func(to string) string {
		c := p.nextCode(to) // an owner is mailed other things, too
		kept.keep(c)
		return c
	}
	tokenOf := func(to string) string {
		s := p.nextToken(to)
		kept.keep(s)
		return s
	}
	byAPI := func(to string) *caller {
		c := p.signIn(to)
		kept.keep(c.cookie, p.newestCode(to))
		return c
	}
	byForm := func(c *caller, to string) {
		p.skipMails(to)
		c.post("/sign-in", do("code", url.Values{"email": {to}})).is(303)
		c.cookie = c.post("/sign-in", url.Values{"email": {to}, "code": {codeOf(to)}}).is(303).session()
		kept.keep(c.cookie)
	}

	// Signing in and out by both ways; each sign-in ends the session that came with it.
	o := byAPI(owner)
	p.advance(30 * time.Second)
	byForm(o, owner)
	p.advance(30 * time.Second)
	p.skipMails(owner)
	o.post("/v1/sign-in-codes", m{"email": owner}).is(202)
	c := codeOf(owner)
	wrong := string('0'+(c[0]-'0'+1)%10) + c[1:]
	o.post("/sign-in", url.Values{"email": {owner}, "code": {wrong}}).is(422)
	o.post("/v1/sessions", m{"email": owner, "code": wrong}).is(422)
	o.cookie = o.post("/v1/sessions", m{"email": owner, "code": c}).is(201).session()
	kept.keep(o.cookie)
	o.get("/v1/sessions/current").is(200)
	o.get("/").is(303)
	o.get("/sign-in").is(200)
	guest := byAPI("guest@client.example")
	guest.post("/account", do("sign-out", url.Values{})).is(303)
	p.advance(30 * time.Second)
	byForm(guest, "guest@client.example")
	guest.delete("/v1/sessions/current").is(204)
	p.advance(30 * time.Second)
	guest = byAPI("guest@client.example")
	guest.delete("/v1/sessions/current?everywhere=true").is(204)
	p.nobody().get("/v1/health").is(200)

	// What an agency has, by a person and by a key with every scope.
	instances := o.things("instances")
	grants := []m{{"resource": named(t, instances, "Acme production").ID, "access": "read"},
		{"resource": named(t, o.things("services"), "WhatsApp support line").ID, "access": "write"}}
	program := p.program(o.key("CRM", "invites:read", "invites:write", "clients:read", "clients:write", "resources:read").Secret)
	kept.keep(program.bearer)
	spare := o.key("spare", "invites:read")
	kept.keep(spare.Secret)
	o.post("/v1/api-keys", m{"name": "once", "scopes": []string{"invites:read"}}, "Idempotency-Key", "one").is(201)
	o.post("/v1/api-keys", m{"name": "once", "scopes": []string{"invites:read"}}, "Idempotency-Key", "one").is(201)
	o.get("/v1/api-keys").is(200)
	o.delete("/v1/api-keys/" + spare.ID).is(204)

	// Each operation that a key may call notes its use when the hour is new.
	var one invite
	program.post("/v1/invites", m{"email": "one@client.example", "name": "Acme Ltd", "grants": grants}, "Idempotency-Key", "two", "Prefer",
		"wait=10").is(201).into(&one)
	for _, path := range []string{"/v1/invites", "/v1/invites/" + one.ID, "/v1/clients", "/v1/clients/" + one.ClientID, "/v1/instances",
		"/v1/services"} {
		p.advance(61 * time.Minute)
		program.get(path).is(200)
		o.get(path).is(200)
	}
	p.advance(61 * time.Minute)
	program.post("/v1/invites/"+one.ID+"/resend", nil, "Idempotency-Key", "three", "Prefer", "wait=10").is(200)
	p.advance(61 * time.Minute)
	program.get("/v1/api-keys").is(403)
	p.advance(61 * time.Minute)
	program.post("/v1/api-keys", m{"name": "x", "scopes": []string{"invites:read"}}).is(403)
	p.advance(61 * time.Minute)
	program.delete("/v1/api-keys/" + spare.ID).is(403)
	p.advance(61 * time.Minute)
	two := o.invite("two@client.example")
	program.post("/v1/invites/"+two.ID+"/cancel", nil).is(200)
	o.post("/v1/invites", m{"email": "nobody@reject.example"}, wait...).is(422)

	// The same by the pages.
	o.get("/clients").is(200)
	at := o.post("/clients",
		url.Values{"email": {"three@client.example"}, "key": {"00112233445566778899aabbccddeeff"},
			"resource": {instances[0].ID}}).is(303).header.Get("Location")
	o.post("/clients", url.Values{"email": {"three@client.example"}}).is(409)
	o.get(at).is(200)
	p.advance(61 * time.Second)
	o.post(at, do("resend", url.Values{})).is(303)
	o.post(at, do("resend", url.Values{})).is(429)
	o.post(at, do("cancel", url.Values{})).is(303)
	o.post(at, do("cancel", url.Values{})).is(303)
	tokenOf("three@client.example")
	four := o.invite("four@client.example", m{"grants": grants[:1]})

	// One accepts by the API, one by the page with a code, one by the page with a session.
	secret := tokenOf("one@client.example")
	p.nobody().get("/v1/invitations/" + secret).is(200)
	p.nobody().post("/v1/sign-in-codes", m{"email": "one@client.example", "invitation": secret}).is(202)
	codeOf("one@client.example")
	p.advance(30 * time.Second)
	client := byAPI("one@client.example")
	for _, path := range []string{"/account", "/agencies"} { // what waits for the address is on them, too
		client.get(path).is(200).shows("invited you")
	}
	client.get("/v1/sessions/current").is(200).shows(`"invitations":[{`)
	client.get("/portal").is(200)
	client.get("/v1/invitations/" + secret).is(200)
	client.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	client.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	client.get("/v1/portal").is(200)
	p.advance(61 * time.Minute) // each of the two notes a visit
	client.get("/portal").is(200)

	secret = tokenOf(four.Email)
	p.nobody().get("/i/" + secret).is(200)
	client.post("/i/"+secret, do("code", url.Values{})).is(303)
	c = codeOf(four.Email)
	client.post("/i/"+secret, url.Values{"code": {"000000"}})
	client.cookie = client.post("/i/"+secret, url.Values{"code": {c}}).is(303).session()
	kept.keep(client.cookie)
	client.get("/i/" + secret).is(200)
	o.get("/v1/clients/" + one.ClientID).is(200)
	o.get("/clients/" + four.ClientID).is(200)

	tendClients(t, p, o, program)
	thingsJob(p, o, kept)

	// What it comes back to, and the client that does not exist; a key's use is noted when the hour is new.
	for _, look := range []func(c *caller) *answer{
		func(c *caller) *answer { return c.get("/v1/home") },
		func(c *caller) *answer { return c.post("/v1/sandbox", nil) },
	} {
		p.advance(61 * time.Minute)
		k := o.key("home", "agency:read", "clients:read", "resources:read", "activity:read")
		kept.keep(k.Secret)
		look(p.program(k.Secret)).is(200)
		look(o).is(200)
	}
	for _, path := range []string{"/home", "/sandbox/start", "/sandbox/email", "/sandbox/invitation", "/sandbox/portal"} {
		o.get(path).is(200)
	}

	// What people are told of what clients did.
	o.get("/v1/notification-settings").is(200)
	o.do("PATCH", "/v1/notification-settings", m{"items": []m{{"kind": "invite_expired", "enabled": true}}}).is(200)
	o.get("/settings/notifications").is(200)
	o.post("/settings/notifications", do("save", url.Values{"kind": {"invite_expired"}, "on": {"invite_expired"}})).is(303)
	reminderJob(p, o)

	// What SES reports, and what the sweep repairs: mails whose worker is slower than its lease, and what has expired.
	p.advance(61 * time.Minute)
	o.invite("bounce@simulator.amazonses.com")
	o.invite("complaint@simulator.amazonses.com")
	late := o.invite("late@client.example")
	var slow, throttled invite
	o.post("/v1/invites", m{"email": "invite@throttle.example"}).is(202).into(&throttled)
	o.post("/v1/invites", m{"email": "invite@slow.example"}).is(202).into(&slow)
	p.nobody().post("/v1/sign-in-codes", m{"email": "code@slow.example"}).is(202)
	p.nobody().post("/v1/sign-in-codes", m{"email": "code@throttle.example"}).is(202)
	p.advanceMeanwhile(2 * time.Minute)
	codeOf("code@slow.example")
	codeOf("code@throttle.example")
	p.until("the slow mail", func() bool { return o.look(slow.ID).Status == "pending" })
	for _, i := range []invite{late, slow, throttled} {
		tokenOf(i.Email)
	}
	p.advance(8 * 24 * time.Hour)
	p.advance(2 * time.Minute)
	p.advance(2 * time.Minute)
	p.until("a notice", func() bool {
		return slices.ContainsFunc(p.mails(owner), func(m mail) bool { return strings.Contains(m.Text, "under Notifications.") })
	})

	inviteeJob(p, kept)
	billingJob(t, p, kept)
	provisioningJob(t, p, kept)
	payerPages(p, kept) // on which the agency gives the card that the next finds
	payerJob(t, p, kept)
	agencyJob(t, p, kept)
	portalAppJob(t, p, kept)
	contactsJob(t, p, kept)
	sharingJob(t, p, kept)
	passkeyJob(t, p, kept)
	sessionJob(p, kept)
	renewalJob(p)
	relayJob(p)
	rolesJob(p)
	usersJob(p)
	emailJob(p)
	senderJob(t, p, kept)
	webhooksJob(t, p, kept)
	importsJob(t, p, kept)
	providerJob(p, kept)
	officeJob(p, kept)
	importsPages(t, p, kept)
	stepUpJob(p, kept)
	personJob(p, kept)

	// And what needs nobody.
	for path, status := range map[string]int{"/docs": 200, "/openapi.json": 200, "/v1/nothing": 404, "/nothing": 404} {
		p.nobody().get(path).is(status)
	}
	sheet := regexp.MustCompile(`href="(/assets/[^"]+)"`).FindSubmatch(p.nobody().get("/sign-in").is(200).body)
	p.nobody().get(string(sheet[1])).is(200)
	return kept
}

// first are the rights that a function uses only when it is faster than the worker of the same payment.
var first = map[string]bool{
	"AgencyPlan dynamodb:PutItem": true, "InvitationCheckout dynamodb:PutItem": true, "CheckoutConfirm dynamodb:PutItem": true,
	"StartUpgrade dynamodb:PutItem": true, "StartCheckout dynamodb:PutItem": true, "CheckoutDone dynamodb:PutItem": true,
}

// seldom are the rights that a function uses only when something happens that doesn't here: SES is too busy, or somebody who watches
// sees a change of a domain before the worker does.
var seldom = map[string]bool{"SenderControl sqs:SendMessage": true, "SenderDomainCheck sqs:SendMessage": true}

// TestTheWholeJob has every function do all that it can, and looks at the rights that it used and at what it logged. It is not parallel:
// the log is the process's, and while this test runs no other does.
func TestTheWholeJob(t *testing.T) {
	if os.Getenv("LATCHKEY_URL") != "" {
		t.Skip("the log of a product elsewhere cannot be read")
	}
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	log := &lines{}
	slog.SetDefault(slog.New(slog.NewJSONHandler(log,
		&slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // digits that could be taken for a code
			}
			return a
		}})))
	p := launch(t, local.Options{Record: true, Output: binaryLines{log}})
	kept := wholeJob(t, p)
	if err := p.local.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("EveryFunctionHasExactlyTheRightsThatItUses", func(t *testing.T) { exactRights(t, p) })
	t.Run("TheLogKnowsIDsOnly", func(t *testing.T) { idsOnly(t, log, kept) })
}

// exactRights compares what each function was seen to call in AWS with what template.yaml grants to its role.
func exactRights(t *testing.T, p *product) {
	t.Helper()
	for _, d := range p.local.Recorder.Differences() {
		// A secret is read when a process starts, which in the test's own process is before any invocation.
		f := p.local.Stack.Template.Function(d.Function)
		if asBuilt == "" && d.Action == "ssm:GetParameter" && !d.Missing &&
			(strings.HasSuffix(d.Resource, ":parameter"+f.Environment["SECRET_PARAMETER"]) ||
				strings.HasSuffix(d.Resource, ":parameter"+f.Environment["SEAL_PARAMETER"]) ||
				strings.Contains(d.Resource, ":parameter/latchkey/stripe-") ||
				strings.HasSuffix(d.Resource, ":parameter/latchkey/issuer-secret") ||
				strings.HasSuffix(d.Resource, ":parameter"+f.Environment["PROVISIONER_SECRET_PARAMETER"])) {
			continue
		}
		// Whoever comes first writes the row of the log for what was paid: the function that asks, or the worker that is told.
		if !d.Missing && (first[d.Function+" "+d.Action] || seldom[d.Function+" "+d.Action]) {
			continue
		}
		// The clock of SES stands still there, so that it gives nothing up.
		if asBuilt != "" && d.Action == "ses:PutEmailIdentityDkimSigningAttributes" && !d.Missing {
			continue
		}
		// A client gives a card once the agency has paid for a period, which Stripe's stand-in counts by a clock that cannot be moved.
		if asBuilt != "" && d.Function == "PortalPayerCard" && !d.Missing {
			continue
		}
		t.Error(d)
	}
	if len(p.local.Stack.Template.Functions) < 40 {
		t.Errorf("the template has %d functions", len(p.local.Stack.Template.Functions))
	}
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// binaryLines takes the lines of binaries, and leaves out the function's name and the time.
type binaryLines struct{ to io.Writer }

var timeOfLine = regexp.MustCompile(`"time":"[^"]*",`)

func (b binaryLines) Write(line []byte) (int, error) {
	_, said, _ := bytes.Cut(line, []byte(" "))
	if _, err := b.to.Write(timeOfLine.ReplaceAll(said, nil)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// idsOnly looks for what no line of the log may hold, and for what each has.
func idsOnly(t *testing.T, log *lines, kept *secrets) {
	t.Helper()
	log.mu.Lock()
	defer log.mu.Unlock()
	text := log.b.String()

	for _, never := range []string{"@", "%40", "lki_", "lkk_", "lkn_", "client.example", "Acme Ltd", "Cookie", "Bearer"} {
		if line := lineWith(text, regexp.QuoteMeta(never)); line != "" {
			t.Errorf("the log has %q:\n%s", never, line)
		}
	}
	for _, s := range kept.all {
		if !strings.Contains(text, s) {
			continue
		}
		if line := lineWith(text, `(^|[^0-9A-Za-z.])`+regexp.QuoteMeta(s)+`($|[^0-9A-Za-z])`); line != "" {
			t.Errorf("the log has the secret %q:\n%s", s, line)
		}
	}
	// One line per request, which says what it was, and by which id to find it.
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		var l struct {
			Msg, Operation, RequestID, Agency string
			Status                            int
			MS                                *float64
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("a line of the log is no JSON: %s", line)
		}
		if l.Msg != "request" {
			continue
		}
		seen[l.Operation]++
		if l.RequestID == "" || l.Status == 0 || l.MS == nil {
			t.Errorf("a request's line lacks something: %s", line)
		}
		if l.Operation == "sendInvite" && l.Status < 300 && !strings.HasPrefix(l.Agency, "ag_") {
			t.Errorf("whose request was it? %s", line)
		}
	}
	for _, name := range []string{"sendInvite", "signIn", "invitationPage", "invitationPage.accept", "viewInvitation", "getPortal"} {
		if seen[name] == 0 {
			t.Errorf("no line about %s, but about %v", name, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// lineWith is the first line that matches; "" when none does.
func lineWith(text, pattern string) string {
	p := regexp.MustCompile(pattern)
	for line := range strings.Lines(text) {
		if p.MatchString(line) {
			return line
		}
	}
	return ""
}
