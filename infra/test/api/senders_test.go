package apitest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/usecase/senders"
)

// verdict is how a record stands.
type verdict struct{ Light, Cause, Expected, Found, Why, Do string }

// dnsRecord is a record to publish.
type dnsRecord struct {
	Role, Type, Name, ShortName, Value, Note string
	Preference                               int
	Verdict                                  verdict
}

// line is the record as a line of a zone file.
func (r dnsRecord) line() string {
	switch r.Type {
	case "TXT":
		return fmt.Sprintf("%s. 300 IN TXT %q\n", r.Name, r.Value)
	case "MX":
		return fmt.Sprintf("%s. 300 IN MX %d %s.\n", r.Name, r.Preference, r.Value)
	}
	return fmt.Sprintf("%s. 300 IN %s %s.\n", r.Name, r.Type, r.Value)
}

// senderDomain is a sender domain as the API answers it.
type senderDomain struct {
	ID, Domain, Shown, State, Reason, Title, Next, Zone, BounceLabel string
	On, Ready                                                        bool
	Records                                                          []dnsRecord
	DMARC, SES                                                       *verdict
	NameServers                                                      []string
	NextLookAt, KeptUntil, CheckedAt, VerifiedAt                     *time.Time
	Test                                                             *struct{ Outcome, Detail string }
	Health                                                           *struct{ Sent int }
	SMTP                                                             *struct {
		Host, Security, User, BouncesNote string
		Port                              int
	}
	Links []struct{ ID, To string }
}

// of is the first record of a role.
func (d senderDomain) of(t *testing.T, role string) dnsRecord {
	t.Helper()
	i := slices.IndexFunc(d.Records, func(r dnsRecord) bool { return r.Role == role })
	if i < 0 {
		t.Fatalf("%s asks for no record of the role %s: %+v", d.Domain, role, d.Records)
	}
	return d.Records[i]
}

// lines are all of its records.
func (d senderDomain) lines() string {
	var b strings.Builder
	for _, r := range d.Records {
		b.WriteString(r.line())
	}
	return b.String()
}

// zone is a domain that somebody has registered for this test, and nobody for another.
func (p *product) zone(name string) string { return name + "-" + p.run + ".com" }

// publish puts lines of a zone file into DNS.
func (p *product) publish(lines string) { p.control(http.MethodPost, "dns", m{"lines": lines}, nil) }

// unpublish takes all that stands at a name out of DNS.
func (p *product) unpublish(name string) { p.control(http.MethodPost, "dns", m{"delete": name}, nil) }

// claim begins with a domain, and waits until its records are known.
func (c *caller) claim(domain string) senderDomain {
	c.t.Helper()
	var d senderDomain
	a := c.post("/v1/sender-domains", m{"domain": domain}, wait...).is(201).into(&d)
	a.has("Location", "/v1/sender-domains/"+d.ID)
	c.until("the records of "+domain, func() bool { return c.domain(d.ID).Ready })
	return c.domain(d.ID)
}

// domain reads a domain.
func (c *caller) domain(id string) senderDomain {
	c.t.Helper()
	var d senderDomain
	c.get("/v1/sender-domains/" + id).is(200).into(&d)
	return d
}

// checks has a domain looked at now.
func (c *caller) checks(id string) senderDomain {
	c.t.Helper()
	c.advance(10 * time.Second)
	var d senderDomain
	c.post("/v1/sender-domains/"+id+"/check", nil).is(200).into(&d)
	return d
}

// verifies publishes what the domain asks for, and waits until it is verified.
func (c *caller) verifies(d senderDomain) senderDomain {
	c.t.Helper()
	c.publish(d.lines())
	c.checks(d.ID)
	c.until("the end of the verification", func() bool {
		if d = c.domain(d.ID); d.State != "verified" {
			c.advance(time.Minute)
		}
		return d.State == "verified"
	})
	return d
}

// fresh is somebody who has just signed in.
func (p *product) fresh(who string) *caller { return p.session(email.Address(who)) }

// tests has a domain tried, and waits until the mail is delivered.
func (c *caller) tests(id string) senderDomain {
	c.t.Helper()
	d := senderDomain{}
	c.post("/v1/sender-domains/"+id+"/test", nil, wait...).is(200).into(&d)
	c.until("the test mail", func() bool {
		d = c.domain(id)
		return d.Test != nil && d.Test.Outcome != "pending"
	})
	if d.Test.Outcome != "delivered" {
		c.t.Fatalf("the test mail has %+v", d.Test)
	}
	return d
}

// sends is how an agency's mail goes out.
type sends struct {
	Name, Local, ReplyTo, Way, Address, DomainID, Why string
	Preview                                           struct{ From, ReplyTo string }
}

func (c *caller) sends() sends {
	c.t.Helper()
	var s sends
	c.get("/v1/sender").is(200).into(&s)
	return s
}

func TestSenderT12FromTheClaimToTheFirstMail(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	if s := o.sends(); s.Way != "platform" || s.DomainID != "" || s.Why != "" || !strings.Contains(s.Preview.From, " via ") ||
		!strings.HasSuffix(s.Preview.From, " <"+s.Address+">") || s.Preview.ReplyTo != owner {
		t.Errorf("before anything is set up it is %+v", s)
	}
	at := "mail." + p.zone("northwind")
	d := o.claim(" " + strings.ToUpper(at) + ". ")
	if d.Domain != at || d.State != "draft" || d.On || d.NextLookAt != nil || d.KeptUntil == nil || d.VerifiedAt != nil ||
		len(d.Records) != 6 {
		t.Errorf("a domain that was claimed is %+v", d)
	}
	roles := map[string]int{}
	for _, r := range d.Records {
		roles[r.Role+" "+r.Type]++
		if r.Verdict.Light != "waiting" || r.Verdict.Cause != "not_looked" || !strings.HasSuffix(r.Name, at) {
			t.Errorf("nobody has looked at %+v", r)
		}
	}
	if roles["proof TXT"] != 1 || roles["dkim CNAME"] != 3 || roles["bounce MX"] != 1 || roles["spf TXT"] != 1 {
		t.Errorf("its records are %v", roles)
	}
	file := o.get("/v1/sender-domains/"+d.ID+"/zone-file").is(200).has("Content-Type", "text/plain; charset=utf-8").
		has("Content-Disposition", `attachment; filename="`+at+`.zone"`)
	if got := strings.Count(string(file.body), "\n"); got != 6 || !strings.Contains(string(file.body), at+". 3600 IN ") {
		t.Errorf("the zone file is\n%s", file.body)
	}

	// Somebody says that the records are there before they are: they are waited for, and nothing is wrong.
	p.publish(p.zone("northwind") + `. 300 IN TXT "hello"`)
	if d = o.checks(d.ID); d.State != "dns_pending" || d.NextLookAt == nil || d.CheckedAt == nil || d.Zone != p.zone("northwind") {
		t.Errorf("after the first look it is %+v", d)
	}
	for _, r := range d.Records {
		if r.Verdict.Light != "waiting" || r.Verdict.Do == "" || r.ShortName != strings.TrimSuffix(r.Name, "."+d.Zone) {
			t.Errorf("what is missing is %+v", r)
		}
	}
	o.post("/v1/sender-domains/"+d.ID+"/test", nil).fails(409, "not_active")
	o.post("/v1/sender-domains/"+d.ID+"/enable", nil).fails(409, "not_active")

	d = o.verifies(d)
	if d.VerifiedAt == nil || d.SES == nil || d.SES.Light != "right" || d.Health == nil {
		t.Errorf("once it is verified it is %+v", d)
	}
	for _, r := range d.Records {
		if r.Verdict.Light != "right" && r.Role != "dmarc" {
			t.Errorf("a record of a verified domain is %+v", r)
		}
	}
	o = p.fresh(owner)
	o.post("/v1/sender-domains/"+d.ID+"/enable", nil).says(409, "not_active",
		"Send yourself a test email first. Once it's delivered, you can switch your domain on.")
	if s := o.sends(); s.Way != "platform" {
		t.Errorf("before it is switched on mail goes %+v", s)
	}
	p.skipMails(owner)
	d = o.tests(d.ID)
	// It came from the domain, to whoever asked for it. Owners are told of other things, too, from our own address.
	if !slices.ContainsFunc(p.mails(owner), func(m mail) bool { return strings.Contains(m.From, "<invites@"+at+">") }) {
		t.Errorf("no mail to the owner is from %s", at)
	}
	var on senderDomain
	if o.post("/v1/sender-domains/"+d.ID+"/enable", nil).is(200).into(&on); !on.On || on.State != "verified" {
		t.Errorf("switched on it is %+v", on)
	}
	s := o.sends()
	if s.Way != "own_domain" || s.DomainID != d.ID || s.Address != "invites@"+at || strings.Contains(s.Preview.From, " via ") {
		t.Errorf("mail goes %+v", s)
	}
	i := o.invite(p.address("ops"))
	name, _, _ := strings.Cut(s.Preview.From, " <")
	if got := p.nextMail(i.Email); !strings.Contains(got.From, name) || !strings.HasSuffix(got.From, "<invites@"+at+">") {
		t.Errorf("the invitation is from %q, the preview said %q", got.From, s.Preview.From)
	}
	o.post("/v1/sender-domains/"+d.ID+"/disable", nil).is(200)
	p.advance(2 * time.Minute)
	i = o.invite(p.address("two"))
	if got := p.nextMail(i.Email); strings.Contains(got.From, at) || !strings.Contains(got.From, " via ") {
		t.Errorf("with the domain switched off the invitation is from %q", got.From)
	}
	o = p.fresh(owner)
	o.delete("/v1/sender-domains/" + d.ID).is(204)
	if d = o.domain(d.ID); d.State != "released" || d.On || d.KeptUntil == nil {
		t.Errorf("given back it is %+v", d)
	}
	o.delete("/v1/sender-domains/" + d.ID).is(204)
	var log struct{ Items []struct{ Action string } }
	o.get("/v1/activity?limit=200&subject=" + d.ID).is(200).into(&log)
	did := map[string]int{}
	for _, e := range log.Items {
		did[e.Action]++
	}
	if len(did) < 6 {
		t.Errorf("the log of the domain has %v", did)
	}
}

func TestSenderD3TheUsualMistakesAreNamed(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	zone := p.zone("northwind")
	d := o.claim("mail." + zone)
	proof, key, bounce, spf := d.of(t, "proof"), d.of(t, "dkim"), d.of(t, "bounce"), d.of(t, "spf")
	put := func(r dnsRecord, change func(*dnsRecord)) string {
		change(&r)
		return r.line()
	}
	p.publish(d.lines())
	for _, c := range []struct {
		rule, role, light, cause string
		instead                  []string // names at which nothing of what was asked for stands
		lines                    string
		says                     string // in what to do about it
	}{
		{"D17 missing", "dkim", "waiting", "missing", []string{key.Name}, "", key.ShortName},
		{"D3 doubled suffix", "dkim", "wrong", "doubled_suffix", []string{key.Name},
			put(key, func(r *dnsRecord) { r.Name += "." + zone }), key.ShortName},
		{"D4 proxied", "dkim", "wrong", "proxied", []string{key.Name},
			key.Name + ". 300 IN A 192.0.2.10", "DNS only"},
		{"D5 wrong type", "dkim", "wrong", "wrong_type", []string{key.Name}, put(key, func(r *dnsRecord) { r.Type = "TXT" }), "CNAME"},
		{"D6 doubled value", "dkim", "wrong", "doubled_target", []string{key.Name},
			put(key, func(r *dnsRecord) { r.Value += "." + zone }), key.Value + "."},
		{"D1 other value", "proof", "wrong", "other_value", []string{proof.Name},
			put(proof, func(r *dnsRecord) { r.Value = "latchkey-verify=00000000000000000000000000000000" }), proof.Value},
		{"D13 wildcard", "proof", "wrong", "wildcard", nil, put(proof, func(r *dnsRecord) { r.Name = "*." + d.Domain }), proof.ShortName},
		// From here on the domain may be verified meanwhile: mail arrives without a name of its own for bounces.
		{"D9 two SPF records", "spf", "wrong", "two_spf", nil,
			put(spf, func(r *dnsRecord) { r.Value = "v=spf1 include:spf.hosting.net ~all" }), "include:spf.hosting.net"},
		{"D11 occupied", "bounce", "wrong", "occupied", nil, put(bounce, func(r *dnsRecord) { r.Value = "mx.hosting.net" }), "another name"},
		{"D12 CNAME", "bounce", "wrong", "cname_here", []string{bounce.Name},
			put(bounce, func(r *dnsRecord) { r.Type, r.Value = "CNAME", "parked.hosting.net" }), "CNAME"},
	} {
		for _, r := range d.Records {
			p.unpublish(r.Name)
			p.unpublish(r.Name + "." + zone)
		}
		p.unpublish("*." + d.Domain)
		p.publish(d.lines())
		for _, name := range c.instead {
			p.unpublish(name)
		}
		if c.lines != "" {
			p.publish(c.lines)
		}
		got := o.checks(d.ID)
		r := got.of(t, c.role)
		if r.Verdict.Light != c.light || r.Verdict.Cause != c.cause || r.Verdict.Why == "" || !strings.Contains(r.Verdict.Do, c.says) {
			t.Errorf("%s: %+v", c.rule, r.Verdict)
		}
		if (c.cause == "missing") != (r.Verdict.Found == "") {
			t.Errorf("%s: what was found is %q", c.rule, r.Verdict.Found)
		}
		if (c.role == "dkim" || c.role == "proof") && got.State != "dns_pending" {
			t.Errorf("%s: the domain is %s", c.rule, got.State)
		}
		// The others are what they are: one wrong record says nothing of the rest (D1).
		for _, other := range got.Records {
			alike := other.Role == c.role || c.role == "bounce" && other.Role == "spf" || other.Role == "dmarc" || c.cause == "wildcard"
			if !alike && other.Verdict.Light != "right" {
				t.Errorf("%s: beside it %s is %+v", c.rule, other.Role, other.Verdict)
			}
		}
	}
	for _, c := range []struct{ rule, policy, light, cause string }{
		{"D15 inherited", "v=DMARC1; p=quarantine", "right", "inherited"},
		{"D14 strict alignment of SPF", "v=DMARC1; p=reject; aspf=s", "noted", "spf_unaligned"},
	} {
		p.unpublish("_dmarc." + zone)
		p.publish("_dmarc." + zone + `. 300 IN TXT "` + c.policy + `"`)
		if got := o.checks(d.ID).DMARC; got == nil || got.Light != c.light || got.Cause != c.cause {
			t.Errorf("%s: %+v", c.rule, got)
		}
	}
}

// another is the owner of one more agency on Max.
func (p *product) another(name string) (address string, o *caller) {
	p.t.Helper()
	address = p.address(name)
	_, a := p.signUp(address, name+" "+p.run)
	p.onMax(a.ID)
	return address, p.fresh(address)
}

func TestSenderT2ADomainIsOneAgencysAndTheOtherHearsNoName(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	at := "mail." + p.zone("northwind")
	d := o.verifies(o.claim(at))
	rival, r := p.another("rival")
	theirs := r.claim(at) // an answer like for any other domain
	if theirs.State != "draft" || theirs.of(t, "proof").Value == d.of(t, "proof").Value {
		t.Errorf("a domain of another agency is claimed as %+v", theirs)
	}
	// As for any other domain: to prove the whole tree would not bring a name that is in other hands.
	if got, want := theirs.of(t, "proof").Name, "_latchkey."+at; got != want {
		t.Errorf("the proof is asked for at %s, want %s", got, want)
	}
	if got := r.checks(theirs.ID); got.State != "dns_pending" {
		t.Errorf("without its own proof it is %s", got.State)
	}
	p.publish(theirs.of(t, "proof").line())
	p.advance(10 * time.Second)
	got := r.post("/v1/sender-domains/"+theirs.ID+"/check", nil)
	got.says(409, "domain_taken", "Another agency here sends from this domain.")
	got.hides("Northwind", o.agencyOf())
	r = p.fresh(rival)
	r.post("/v1/sender-domains/"+theirs.ID+"/test", nil).fails(409, "not_active")
	r.delete("/v1/sender-domains/" + theirs.ID).is(204)
	// T3: with a name of the tree in other hands, the tree itself has to be proven for another one.
	beside := r.claim("news." + p.zone("northwind"))
	if got, want := beside.of(t, "proof").Name, "_latchkey."+p.zone("northwind"); got != want {
		t.Errorf("beside it the proof is asked for at %s, want %s", got, want)
	}
	if d = o.domain(d.ID); d.State != "verified" {
		t.Errorf("whoever had it has it as %+v", d)
	}
}

func TestSenderT9ANameThatLooksLikeAnothersWaitsForTheOperator(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	o.verifies(o.claim("mail." + p.zone("northwood")))
	rival, r := p.another("rival")
	d := r.claim("mail." + p.zone("n0rthw00d"))
	p.publish(d.lines())
	r.checks(d.ID)
	for range 3 {
		p.advance(2 * time.Minute)
	}
	r.until("the records to be found", func() bool { return r.domain(d.ID).State == "verifying" })
	if d = r.domain(d.ID); d.Reason != "held" || !strings.Contains(d.Next, "Our team looks at this name first.") {
		t.Errorf("a name that looks like another agency's is %+v", d)
	}
	r = p.fresh(rival)
	r.post("/v1/sender-domains/"+d.ID+"/test", nil).fails(409, "not_active")
	l := p.inside()
	operator := &senders.Operator{Store: dynamo.NewSenderDecisions(dynamo.Open(p.aws(), p.place.Table, p.now)), Now: p.now,
		Senders: sqs.Open(p.aws(), l.Stack.Template.Queue("SendersQueue").URL)}
	held, err := operator.Held(t.Context())
	if err != nil || len(held) != 1 || string(held[0].ID) != d.ID || held[0].Why == "" {
		t.Fatalf("the operator sees %+v, %v", held, err)
	}
	if _, err := operator.Allow(t.Context(), held[0].Agency, held[0].ID); err != nil {
		t.Fatal(err)
	}
	r.until("the end of the verification", func() bool {
		if r.domain(d.ID).State == "verified" {
			return true
		}
		p.advance(time.Minute)
		return false
	})
}

func TestSenderT1NoClaimGetsPastTheCapOf64AtOnce(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			switch a := o.post("/v1/sender-domains", m{"domain": fmt.Sprintf("mail.%s", p.zone(fmt.Sprint("d", i)))}); a.status {
			case 201:
				made.Add(1)
			case 422:
				refused.Add(1)
			default:
				t.Errorf("%s answered %d: %s", a.what, a.status, a.body)
			}
		})
	}
	all.Wait()
	var list struct{ Items []senderDomain }
	o.get("/v1/sender-domains").is(200).into(&list)
	if made.Load() != 3 || refused.Load() != 61 || len(list.Items) != 3 {
		t.Errorf("%d of 64 were made and %d refused, and there are %d", made.Load(), refused.Load(), len(list.Items))
	}
	if got := o.post("/v1/sender-domains", m{"domain": p.zone("one-more")}).fails(422, "invalid").at("domain"); got == "" {
		t.Error("the fault is at no field")
	}
	// In its first week an agency has one.
	_, young := p.another("young")
	young.claim("mail." + p.zone("young"))
	young.post("/v1/sender-domains", m{"domain": "news." + p.zone("young")}).fails(422, "invalid")
}

func TestSenderD16ADomainIsCheckedSixtyTimesAnHour(t *testing.T) {
	notAsBuilt(t, "the hours of the limits are the clock's, which is not moved there")
	p := start(t)
	if !p.moves() {
		t.Skip("the hours of the limits are the clock's, which does not move here")
	}
	p.advance(p.now().Truncate(time.Hour).Add(time.Hour).Sub(p.now())) // to the beginning of an hour
	o := p.fresh(owner)
	d := o.claim("mail." + p.zone("northwind"))
	p.publish(d.of(t, "spf").line())
	path := "/v1/sender-domains/" + d.ID + "/check"
	for n := range 60 {
		p.advance(10 * time.Second)
		if a := o.post(path, nil); a.status != 200 {
			t.Fatalf("look %d answered %d: %s", n+1, a.status, a.body)
		}
		if n == 0 {
			o.post(path, nil).is(200) // a moment later it is the same look
		}
	}
	p.advance(10 * time.Second)
	a := o.post(path, nil)
	a.fails(429, "rate_limited")
	if a.header.Get("Retry-After") == "" || !strings.Contains(a.header.Get("RateLimit-Policy"), "q=60") {
		t.Errorf("the answer has %v", a.header)
	}
	p.advance(time.Hour)
	o.post(path, nil).is(200)
}

func TestSenderS4TestMailsAndRecordsAreFiveOf64AtOnce(t *testing.T) {
	p := start(t)
	d := p.fresh(owner).claim("mail." + p.zone("northwind"))
	d = p.fresh(owner).verifies(d)
	o := p.fresh(owner)
	for _, c := range []struct {
		path string
		body func(n int) any
		link int
	}{
		{"/v1/sender-domains/" + d.ID + "/test", func(int) any { return nil }, 0},
		{"/v1/sender-domains/" + d.ID + "/records", func(n int) any { return m{"email": p.address(fmt.Sprint("pat", n))} }, 5},
	} {
		var did, limited atomic.Int32
		var all sync.WaitGroup
		for n := range 64 {
			all.Go(func() {
				switch a := o.post(c.path, c.body(n)); a.status {
				case 200:
					did.Add(1)
				case 429:
					limited.Add(1)
				default:
					t.Errorf("%s answered %d: %s", a.what, a.status, a.body)
				}
			})
		}
		all.Wait()
		if did.Load() != 5 || limited.Load() != 59 {
			t.Errorf("%s: %d of 64 were done and %d refused", c.path, did.Load(), limited.Load())
		}
		if got := len(o.domain(d.ID).Links); got != c.link {
			t.Errorf("%s: there are %d links", c.path, got)
		}
	}
}

func TestSenderT13WhoMayAndWithWhichSignIn(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	key := p.program(o.key("sender "+p.run, "agency:read", "agency:write").Secret)
	d := key.claim("mail." + p.zone("northwind"))
	at := "/v1/sender-domains/" + d.ID
	p.publish(d.of(t, "spf").line())
	key.checks(d.ID)
	key.get("/v1/sender-domains").is(200)
	key.get("/v1/sender").is(200)
	key.get(at + "/zone-file").is(200)
	reader := p.program(o.key("reads "+p.run, "agency:read").Secret)
	reader.post("/v1/sender-domains", m{"domain": p.zone("x")}).fails(403, "forbidden")
	reader.post(at+"/check", nil).fails(403, "forbidden")

	stepped := []struct {
		method, path string
		body         any
	}{
		{"PATCH", "/v1/sender", m{"name": "Northwind"}}, {"PATCH", at, m{"bounceLabel": "replies"}}, {"DELETE", at, nil},
		{"POST", at + "/test", nil}, {"POST", at + "/enable", nil}, {"POST", at + "/disable", nil},
		{"PUT", at + "/smtp", m{"host": "smtp.northwind.net", "port": 587, "user": "u", "password": "p"}}, {"DELETE", at + "/smtp", nil},
		{"POST", at + "/smtp/test", nil},
	}
	for _, x := range stepped {
		key.do(x.method, x.path, x.body).fails(403, "forbidden")
	}
	p.advance(11 * time.Minute)
	o.strict = true
	for _, x := range stepped {
		o.do(x.method, x.path, x.body).fails(403, "step_up_required")
	}
	o.get(at).is(200) // which asks for no more than a session
	if got := o.domain(d.ID); got.BounceLabel != "bounce" || got.SMTP != nil || got.On {
		t.Errorf("what was refused has changed it to %+v", got)
	}

	// Another agency's, nobody's, and none.
	_, rival := p.another("rival")
	for _, x := range stepped[1:] {
		rival.do(x.method, x.path, x.body).fails(404, "not_found")
	}
	rival.get(at).fails(404, "not_found")
	rival.get(at+"/zone-file").fails(404, "not_found")
	rival.post(at+"/check", nil).fails(404, "not_found")
	rival.post(at+"/records", m{"email": p.address("pat")}).fails(404, "not_found")
	rival.delete(at+"/records").fails(404, "not_found")
	rival.get("/v1/sender-domains/dom_nothing").fails(404, "not_found")
	p.nobody().get(at).fails(401, "unauthenticated")
	p.nobody().get("/v1/records/"+"lkr_nothing").fails(410, "invitation_gone")

	// Without the plan nothing is set up, and reading is fine.
	solo := p.fresh(soloOwner)
	solo.post("/v1/sender-domains", m{"domain": "mail." + p.zone("solo")}).says(403, "plan_required",
		"Sending from your own domain is part of Max.")
	solo.get("/v1/sender-domains").is(200)
	if s := solo.sends(); s.Way != "platform" {
		t.Errorf("an agency on Free sends %+v", s)
	}
}

func TestSenderT8WhatIsNoDomainOfAnAgencyIsRefusedAtItsField(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	for _, typed := range []string{"", "gmail.com", "co.uk", "me.vercel.app", "northwind", "192.0.2.1", "localhost", "a.internal",
		"mail.northwind.example", "www." + p.zone("x"), "https://" + p.zone("x"), "me@" + p.zone("x"), "аpple.com",
		strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 130) + "com"} {
		if got := o.post("/v1/sender-domains", m{"domain": typed}).fails(422, "invalid").at("domain"); got == "" {
			t.Errorf("what is wrong with %q is said at no field", typed)
		}
	}
	once := []string{"Idempotency-Key", "sender-" + p.run}
	var first, again senderDomain
	o.post("/v1/sender-domains", m{"domain": "mail." + p.zone("northwind")}, once...).is(201).into(&first)
	o.post("/v1/sender-domains", m{"domain": "mail." + p.zone("northwind")}, once...).is(201).into(&again)
	if first.ID != again.ID {
		t.Errorf("a request that came twice made %s and %s", first.ID, again.ID)
	}
	o.post("/v1/sender-domains", m{"domain": "news." + p.zone("northwind")}, once...).fails(409, "idempotency_conflict")
	taken := o.post("/v1/sender-domains", m{"domain": "mail." + p.zone("northwind")}).fails(409, "already_claimed")
	if taken.at("domain") == "" {
		t.Error("a domain that was claimed already is told at no field")
	}
	o.until("its records", func() bool { return o.domain(first.ID).Ready })
	if got := o.do("PATCH", "/v1/sender-domains/"+first.ID, m{"bounceLabel": "-no-"}).fails(422, "invalid").at("bounceLabel"); got == "" {
		t.Error("a label that is none is told at no field")
	}
	var d senderDomain
	o.do("PATCH", "/v1/sender-domains/"+first.ID, m{"bounceLabel": "Replies"}).is(200).into(&d)
	if name := d.of(t, "bounce").Name; d.BounceLabel != "replies" || name != "replies."+d.Domain || d.of(t, "spf").Name != name {
		t.Errorf("with another label it is %+v", d)
	}
	var list struct {
		Items     []senderDomain
		Suggested string
	}
	o.get("/v1/sender-domains?limit=1").is(200).into(&list)
	if len(list.Items) != 1 || list.Items[0].ID != first.ID {
		t.Errorf("the list is %+v", list)
	}
}

func TestSenderT10TheSenderIsCalledWhatTheAgencySays(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	wrong := o.do("PATCH", "/v1/sender", m{"name": "Latchkey Support", "local": "a b", "replyTo": "nobody"}).fails(422, "invalid")
	for _, field := range []string{"name", "local", "replyTo"} {
		if wrong.at(field) == "" {
			t.Errorf("nothing is said at %s: %+v", field, wrong.Errors)
		}
	}
	for _, name := range []string{"Acme via Latchkey", "a@b.example", "A\u202eB", strings.Repeat("x", 65)} {
		if got := o.do("PATCH", "/v1/sender", m{"name": name}).fails(422, "invalid").at("name"); got == "" {
			t.Errorf("the name %q is refused at no field", name)
		}
	}
	reply := p.address("hello")
	p.skipMails(owner)
	o.do("PATCH", "/v1/sender", m{"name": "Northwind Team", "local": "Hello", "replyTo": reply}).is(200)
	s := o.sends()
	if s.Name != "Northwind Team" || s.Local != "hello" || s.ReplyTo != reply || s.Preview.ReplyTo != reply ||
		!strings.HasPrefix(s.Preview.From, "Northwind Automations via ") {
		t.Errorf("it is %+v", s)
	}
	p.nextMail(owner) // every owner hears of it
	o.do("PATCH", "/v1/sender", m{"name": "", "local": "", "replyTo": ""}).is(200)
	if s = o.sends(); s.Name != "" || s.Local != "invites" || s.ReplyTo != "" || s.Preview.ReplyTo != owner {
		t.Errorf("empty fields come to %+v", s)
	}
	o.get("/v1/activity?action=agency.sender_changed").is(200).shows("agency.sender_changed")
}

func TestSenderS9S10AServersPasswordIsShownToNobodyAndSentNowhereElse(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	d := o.claim("mail." + p.zone("northwind"))
	at := "/v1/sender-domains/" + d.ID + "/smtp"
	o.post(at+"/test", nil).says(409, "not_active", "Set up your mail server first.")
	wrong := o.put(at, m{"host": "192.0.2.1", "port": 25, "user": "", "password": "x"}).fails(422, "invalid")
	for _, field := range []string{"host", "port", "user"} {
		if wrong.at(field) == "" {
			t.Errorf("nothing is said at %s: %+v", field, wrong.Errors)
		}
	}
	const password = "correct horse battery"
	server := m{"host": "smtp.northwind.net", "port": 587, "security": "starttls", "user": "invites", "password": password}
	var set senderDomain
	a := o.put(at, server).is(200).into(&set)
	a.hides(password)
	if set.SMTP == nil || set.SMTP.Host != "smtp.northwind.net" || set.SMTP.Port != 587 || len(set.Records) != 1 || set.SES != nil ||
		set.Records[0].Role != "proof" || !strings.Contains(set.SMTP.BouncesNote, "invites@"+d.Domain) {
		t.Errorf("with its own server it is %+v", set)
	}
	o.get("/v1/sender-domains/" + d.ID).is(200).hides(password)
	// The stored password goes to the same host and port alone.
	o.put(at, m{"host": "smtp.northwind.net", "port": 587, "user": "other"}).is(200)
	if got := o.put(at, m{"host": "smtp.elsewhere.net", "port": 587, "user": "other"}).fails(422, "invalid").at("password"); got == "" {
		t.Error("the stored password was taken for another host")
	}
	o.post(at+"/test", nil).fails(409, "not_active") // before the proof is there
	p.publish(set.lines())
	o.checks(d.ID)
	o.until("the proof", func() bool {
		if o.domain(d.ID).State == "verified" {
			return true
		}
		o.advance(time.Minute)
		return false
	})
	o = p.fresh(owner)
	o.post("/v1/sender-domains/"+d.ID+"/enable", nil).fails(409, "not_active")
	var back senderDomain
	o.delete(at).is(200).into(&back)
	if back.SMTP != nil || back.SES == nil || len(back.Records) < 6 || back.State == "verified" {
		t.Errorf("without the server it is %+v", back)
	}
	o.delete(at).is(200)
}

func TestSenderALinkShowsTheRecordsAndNothingElse(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	d := o.claim("mail." + p.zone("northwind"))
	at := "/v1/sender-domains/" + d.ID + "/records"
	o.post(at, m{"email": "nobody"}).fails(422, "invalid")
	pat := p.address("pat")
	var sent senderDomain
	once := []string{"Idempotency-Key", "records-" + p.run}
	o.post(at, m{"email": pat}, once...).is(200).into(&sent)
	o.post(at, m{"email": pat}, once...).is(200).into(&sent)
	if len(sent.Links) != 1 || strings.Contains(sent.Links[0].To, pat) || !strings.HasSuffix(sent.Links[0].To, "@client.example") {
		t.Errorf("there are the links %+v", sent.Links)
	}
	letter := p.nextMail(pat)
	if !strings.HasSuffix(letter.From, "<"+o.sends().Address+">") { // and no sender of the agency's own
		t.Errorf("the records are mailed from %s", letter.From)
	}
	i := slices.IndexFunc(letter.Links, func(l string) bool { return strings.Contains(l, "/records/lkr_") })
	if i < 0 {
		t.Fatalf("the mail leads to %v", letter.Links)
	}
	_, token, _ := strings.Cut(letter.Links[i], "/records/")
	var shown struct {
		Agency, Domain string
		Records        []dnsRecord
	}
	a := p.nobody().get("/v1/records/" + token).is(200).into(&shown)
	a.hides(owner, o.agencyOf(), d.ID, pat)
	if shown.Domain != d.Domain || len(shown.Records) != len(d.Records) || shown.Records[0].Value != d.Records[0].Value {
		t.Errorf("the link shows %+v", shown)
	}
	o.delete(at + "?link=none").is(200)
	p.nobody().get("/v1/records/" + token).is(200)
	o.delete(at + "?link=" + sent.Links[0].ID).is(200)
	p.nobody().get("/v1/records/"+token).fails(410, "invitation_gone")
	// Another one ends by itself after 14 days.
	o.post(at, m{"email": pat}).is(200)
	letter = p.nextMail(pat)
	_, token, _ = strings.Cut(letter.Links[slices.IndexFunc(letter.Links, func(l string) bool { return strings.Contains(l, "/records/") })],
		"/records/")
	p.nobody().get("/v1/records/" + token).is(200)
	p.nobody().get("/v1/records/"+token[:len(token)-1]+"x").fails(410, "invitation_gone")
	o.delete(at).is(200)
	p.nobody().get("/v1/records/"+token).fails(410, "invitation_gone")
}

// TestSenderEachRefusalThatIsPromisedComes asks where it may not be asked, or is too early or too late.
func TestSenderEachRefusalThatIsPromisedComes(t *testing.T) {
	p := start(t)
	to, o := p.another("refused")
	at := o.agencyOf()
	var early senderDomain
	o.post("/v1/sender-domains", m{"domain": p.zone("mail.early")}).is(201).into(&early)
	path := "/v1/sender-domains/" + early.ID
	o.get(path+"/zone-file").fails(409, "not_active") // SES is asked at its pace
	o.post(path+"/check", m{}).fails(409, "not_active")
	o.post(path+"/records", m{"email": "it@dnshost.example"}).fails(409, "not_active")
	all := []struct{ method, path string }{{"POST", "/check"}, {"POST", "/test"}, {"POST", "/enable"}, {"POST", "/disable"}, {"PUT", "/smtp"},
		{"DELETE", "/smtp"}, {"POST", "/smtp/test"}, {"POST", "/records"}, {"DELETE", "/records"}, {"PATCH", ""}, {"DELETE", ""}}
	for _, x := range all {
		o.do(x.method, path+x.path, m{}, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	}
	o.post("/v1/sender-domains", m{}, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	o.do("PATCH", "/v1/sender", m{}, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")

	key := p.program(o.key("other "+p.run, "clients:read").Secret)
	for _, read := range []string{"/v1/sender", "/v1/sender-domains", path, path + "/zone-file"} {
		key.get(read).fails(403, "forbidden")
	}
	key.post(path+"/records", m{"email": "it@dnshost.example"}).fails(403, "forbidden")
	key.delete(path+"/records").fails(403, "forbidden")

	o.until("the records", func() bool { return o.domain(early.ID).Ready })
	o.post(path+"/records", m{"email": p.address("it")}, "Idempotency-Key", "records "+p.run).is(200)
	o.post(path+"/records", m{"email": p.address("other")}, "Idempotency-Key", "records "+p.run).fails(409, "idempotency_conflict")
	server := m{"host": "smtp.northwind.com", "port": 465, "security": "tls", "user": "mailer", "password": "secret"}
	o.do("PUT", path+"/smtp", server).is(200)
	refused := func(code string) {
		t.Helper()
		o.post(path+"/check", m{}).fails(403, code)
		o.post(path+"/test", m{}).fails(403, code)
		o.post(path+"/enable", m{}).fails(403, code)
		o.post(path+"/records", m{"email": p.address("it")}).fails(403, code)
		o.do("PUT", path+"/smtp", server).fails(403, code)
		o.post(path+"/smtp/test", m{}).fails(403, code)
		o.post("/v1/sender-domains", m{"domain": p.zone("mail.more")}).fails(403, code)
	}
	p.onFree(at)
	o = p.fresh(to)
	refused("plan_required")
	p.onMax(at)
	p.suspend(at)
	refused("agency_suspended")
	p.resume(at)

	o.delete(path)
	o.do("PATCH", path, m{"bounceLabel": "other"}).fails(409, "not_active")
	o.do("PUT", path+"/smtp", server).fails(409, "not_active")
}
