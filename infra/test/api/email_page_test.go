package apitest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/identity"
)

const emailPath = "/settings/email"

// zones has the domain's records published in one of the ways of /_local/dns.
func (p *product) zones(domain, way string) {
	p.t.Helper()
	p.control(http.MethodPost, "dns/"+domain, m{"do": way}, nil)
}

// holds asks for markup.
func (a *answer) holds(markup ...string) *answer {
	a.t.Helper()
	for _, m := range markup {
		if !strings.Contains(string(a.body), m) {
			a.t.Errorf("%s does not hold %q, but: %.1500s", a.what, m, a.text())
		}
	}
	return a
}

// misses asks for words not to be on a page.
func (a *answer) misses(words ...string) *answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.text(), w) {
			a.t.Errorf("%s shows %q, and should not", a.what, w)
		}
	}
	return a
}

// onPage adds a domain by the page, and returns its id once its records are there.
func (c *caller) onPage(domain string) string {
	c.t.Helper()
	at, err := url.Parse(c.post(emailPath, do("claim", url.Values{"domain": {domain}})).is(303).header.Get("Location"))
	if err != nil || at.Path != emailPath {
		c.t.Fatalf("the page of a domain is at %s, %v", at, err)
	}
	c.until("the records", func() bool {
		return strings.Contains(string(c.get(at.String()).is(200).body), "I&#39;ve added the records")
	})
	return at.Query().Get("id")
}

// verifiedOnPage adds a domain and waits until it is verified.
func (c *caller) verifiedOnPage(domain string) string {
	c.t.Helper()
	d := c.onPage(domain)
	c.zones(domain, "asked")
	c.post(emailPath, do("check", url.Values{"id": {d}})).is(303)
	c.until("the domain to be verified", func() bool {
		c.advance(10 * time.Second)
		return strings.Contains(string(c.get(emailPath+"?id="+d).is(200).body), "Send a test email")
	})
	return d
}

// ownerOnMax is the owner of an agency of its own on Max, who has just signed in.
func (p *product) ownerOnMax(name string) *caller {
	p.t.Helper()
	c, me := p.signUp(p.address(name), "Agency "+name+" "+p.run)
	p.onMax(me.ID)
	return c
}

func TestFE20ThePageLeadsFromAClaimToTheOwnSender(t *testing.T) {
	p := start(t)
	c, domain := p.ownerOnMax("mara"), "mail.mara-"+p.run+".com"
	c.get(emailPath).is(200).shows("Send from your own domain").shows("via Latchkey <")
	d := c.verifiedOnPage(domain)
	id := url.Values{"id": {d}}
	c.post(emailPath, do("test", id)).is(303)
	c.until("the test mail", func() bool { return strings.Contains(c.get(emailPath+"?id="+d).text(), "was delivered") })
	at := c.post(emailPath, do("enable", id)).is(303).header.Get("Location")
	c.get(at).is(200).shows("Emails now come from").shows("In use").shows("invites@" + domain)
	c.post(emailPath, do("sender", url.Values{"name": {"Mara & Co"}, "local": {"hello"}, "replyTo": {"team@" + domain}})).is(303)
	c.get(emailPath).is(200).shows("Mara & Co <hello@" + domain + ">")
	tried := c.post(emailPath, do("try", url.Values{"name": {"Mara's other name"}, "local": {"hello"}})).is(200)
	tried.shows("Mara's other name")
	c.get(emailPath).is(200).hides("Mara's other name")
	at = c.post(emailPath, do("disable", id)).is(303).header.Get("Location")
	c.get(at).is(200).shows("Switched off.").shows("via Latchkey <")
	c.post(emailPath, do("release", id)).is(303)
	c.get(emailPath).is(200).shows("Records you can delete")
}

func TestFE20WhatWasTypedIsKeptOnThePageButNoPassword(t *testing.T) {
	p := start(t)
	c := p.ownerOnMax("typed")
	c.post(emailPath, do("claim", url.Values{"domain": {"gmail.com"}})).is(422).
		holds(`value="gmail.com"`).shows("public mailbox provider")
	d := c.onPage("mail.typed-" + p.run + ".com")
	id := func(more url.Values) url.Values {
		more.Set("id", d)
		return more
	}
	c.post(emailPath, do("label", id(url.Values{"label": {"9bounce"}}))).is(422).holds(`value="9bounce"`)
	c.post(emailPath, do("records", id(url.Values{"email": {"it@"}}))).is(422).holds(`value="it@"`)
	c.post(emailPath, do("sender", url.Values{"name": {"Us via them"}, "local": {"in vites"}})).is(422).
		shows("Us via them").shows("in vites")
	a := c.post(emailPath, do("smtp", id(url.Values{"host": {"192.0.2.7"}, "port": {"465"}, "user": {"ann"},
		"password": {"hunter2-is-secret"}}))).is(422)
	a.holds(`value="192.0.2.7"`).holds(`value="ann"`).holds(`value="465" selected`).hides("hunter2-is-secret")
	c.post(emailPath, do("smtp", id(url.Values{"host": {"smtp.typed-" + p.run + ".com"}, "port": {"587"}, "user": {"ann"}}))).is(422).
		holds(`id="password-wrong"`)
	c.post(emailPath, do("test", id(url.Values{}))).is(409).shows("Wait until the domain is verified.")
	c.post(emailPath, do("enable", id(url.Values{}))).is(409)
	c.post(emailPath, do("revoke", id(url.Values{}))).is(400)
	c.post(emailPath, do("check", url.Values{"id": {"dom_nothing"}})).is(404)
	c.post(emailPath, do("smtp", id(url.Values{"host": {"smtp.typed-" + p.run + ".com"}, "port": {"2525"}, "user": {"ann"},
		"password": {"hunter2-is-secret"}}))).is(303)
	page := c.get(emailPath).is(200)
	page.holds(`value="2525" selected`).shows("Only the first record").hides("hunter2-is-secret")
	if rows := strings.Count(string(page.body), `<td data-label="Value">`); rows != 1 {
		t.Errorf("%d records are asked for where mail goes by the agency's own server, want the proof alone", rows)
	}
	c.post(emailPath, do("smtp-test", id(url.Values{}))).is(409)
	c.post(emailPath, do("smtp-remove", id(url.Values{}))).is(303)
	c.get(emailPath).is(200).hides(`value="2525" selected`)
}

func TestFE20TheSenderTakesAStepUp(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	c := p.ownerOnMax("stale")
	d := c.onPage("mail.stale-" + p.run + ".com")
	p.advance(identity.StepUpLasts + time.Second)
	c.strict = true
	for _, x := range []string{"label", "test", "enable", "disable", "sender", "smtp", "smtp-test", "smtp-remove", "release"} {
		c.post(emailPath, do(x, url.Values{"id": {d}, "password": {"hunter2-is-secret"}})).is(307).
			has("Location", "/step-up?to=%2Fsettings%2Femail")
	}
	c.get(emailPath).is(200)
}

func TestFE20WhoeverRunsTheDNSSeesTheRecordsAndNothingElse(t *testing.T) {
	p := start(t)
	c, domain := p.ownerOnMax("handed"), "mail.handed-"+p.run+".com"
	d := c.onPage(domain)
	to := p.address("it")
	c.post(emailPath, do("records", url.Values{"id": {d}, "email": {to}})).is(303)
	mail := p.nextMail(to)
	at := regexp.MustCompile(`/records/[0-9A-Za-z_]+`).FindString(mail.Text)
	if at == "" {
		t.Fatalf("the mail has no link: %s", mail.Text)
	}
	seen := p.nobody().get(at).is(200).has("Cache-Control", "no-store").has("Referrer-Policy", "no-referrer")
	seen.shows("_latchkey.mail").shows("Agency handed").holds(`name="robots" content="noindex"`).hides(p.address("handed")).hides(to)
	file := p.nobody().get(at+"?zone=1").is(200).has("Content-Type", "text/plain; charset=utf-8").has("Cache-Control", "no-store")
	if text := string(file.body); strings.Count(text, "\n") < 6 || text != string(c.get(emailPath+"?zone="+d).is(200).body) {
		t.Errorf("the zone file is %q", text)
	}
	if got := file.header.Get("Content-Disposition"); got != `attachment; filename="`+domain+`.zone"` {
		t.Errorf("the file is %s", got)
	}
	page := string(c.get(emailPath).is(200).body)
	link := regexp.MustCompile(`name="link" value="([^"]+)"`).FindStringSubmatch(page)
	if link == nil || strings.Contains(page, to) || !strings.Contains(page, "Up to 5 a day") {
		t.Fatalf("the page says of the link: %v", link)
	}
	c.post(emailPath, do("revoke", url.Values{"id": {d}, "link": {link[1]}})).is(303)
	for _, dead := range []string{at, at + "?zone=1", "/records/nothing", "/records/" + strings.Repeat("x", 100)} {
		p.nobody().get(dead).is(410).shows("This link no longer works").hides("Agency handed")
	}
	c.post(emailPath, do("records", url.Values{"id": {d}, "email": {to}})).is(303)
}

// TestFE27TheClientsPageSaysWhatEmailsComeFrom: nothing set up, set up and not used, and used.
func TestFE27TheClientsPageSaysWhatEmailsComeFrom(t *testing.T) {
	p := start(t)
	c := p.ownerOnMax("spam")
	at := "/clients/" + c.invite(p.address("first")).ClientID
	const own, spam = "your own domain (SPF and DKIM)", "check their spam folder"
	c.get(at).is(200).shows(spam).shows(own)
	d := c.verifiedOnPage("mail.spam-" + p.run + ".com")
	c.get(at).is(200).shows(spam).misses(own).shows("Your domain isn't switched on.").holds(`href="/settings/email"`)
	c.post(emailPath, do("test", url.Values{"id": {d}})).is(303)
	c.until("the test mail", func() bool { return strings.Contains(c.get(emailPath).text(), "was delivered") })
	c.post(emailPath, do("enable", url.Values{"id": {d}})).is(303)
	c.get(at).is(200).shows(spam).misses(own).hides(`href="/settings/email"`).hides("our address")
}

func TestFE20OnFreeThePageSaysWhatMaxBrings(t *testing.T) {
	p := start(t)
	c, _ := p.signUp(p.address("free"), "Free "+p.run)
	c.get(emailPath).is(200).shows("part of Max").holds(`href="/upgrade"`).hides(`value="claim"`)
	c.post(emailPath, do("claim", url.Values{"domain": {"mail.free-" + p.run + ".com"}})).is(403).
		shows("Sending from your own domain is part of Max.")
}

// TestX17HomeTellsOfADomainWhoseRecordsAreGone: it leads to the domain's page, until its records are back.
func TestX17HomeTellsOfADomainWhoseRecordsAreGone(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	c, domain := p.ownerOnMax("gone"), "mail.gone-"+p.run+".com"
	d := c.verifiedOnPage(domain)
	if got := c.home().kinds(); got != "" {
		t.Errorf("home lists %s for a domain that is verified", got)
	}
	p.zones(domain, "delete")
	for range 3 { // misses within the hour are one
		p.advance(2 * time.Hour)
		c.post(emailPath, do("check", url.Values{"id": {d}})).is(303)
	}
	if got := c.home().kinds(); got != "domain_failed" {
		t.Errorf("home lists %q for a domain whose records are gone", got)
	}
	c.get("/home").is(200).shows("DNS records of " + domain + " are missing.").holds(`href="/settings/email?id=` + d + `"`)
	c.get(emailPath).is(200).shows("Records missing")
	p.zones(domain, "asked")
	p.advance(10 * time.Second)
	c.get(emailPath).is(200).shows("Verified")
	if got := c.home().kinds(); got != "" {
		t.Errorf("home lists %s for a domain whose records are back", got)
	}
}

// emailJob is the part of the whole job about the agency's own sender, on its page.
func emailJob(p *product) {
	c, me := p.signUp("sender@agency.example", "Sending")
	p.onMax(me.ID)
	domain := "mail.sending-" + p.run + ".com"
	d := c.verifiedOnPage(domain)
	id := url.Values{"id": {d}}
	with := func(name, value string) url.Values { return url.Values{"id": {d}, name: {value}} }
	c.post(emailPath, do("records", with("email", "it@agency.example"))).is(303)
	at := regexp.MustCompile(`/records/[0-9A-Za-z_]+`).FindString(p.nextMail("it@agency.example").Text)
	p.nobody().get(at).is(200)
	c.get(emailPath + "?zone=" + d).is(200)
	link := regexp.MustCompile(`name="link" value="([^"]+)"`).FindStringSubmatch(string(c.get(emailPath).is(200).body))
	c.post(emailPath, do("revoke", with("link", link[1]))).is(303)
	c.post(emailPath, do("test", id)).is(303)
	c.until("the test mail", func() bool { return strings.Contains(c.get(emailPath).text(), "was delivered") })
	c.post(emailPath, do("enable", id)).is(303)
	c.get("/clients/" + c.invite("banner@client.example").ClientID).is(200)
	c.post(emailPath, do("sender", url.Values{"name": {"Sending"}, "local": {"hello"}})).is(303)
	c.post(emailPath, do("try", url.Values{"name": {"Sending"}, "local": {"hello"}})).is(200)
	c.post(emailPath, do("disable", id)).is(303)
	c.post(emailPath, do("label", with("label", "returns"))).is(303)
	server := url.Values{"id": {d}, "host": {"smtp.sending-" + p.run + ".com"}, "port": {"587"}, "user": {"u"}, "password": {"p"}}
	c.post(emailPath, do("smtp", server)).is(303)
	server.Del("password") // the stored one is kept
	c.post(emailPath, do("smtp", server)).is(303)
	c.post(emailPath, do("smtp-test", id))
	c.post(emailPath, do("smtp-remove", id)).is(303)
	c.post(emailPath, do("release", id)).is(303)
}
