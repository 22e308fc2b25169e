package page

import (
	"strings"
	"testing"
)

// rendered is a page without its frame, in one line for each of the template's.
func rendered(t *testing.T, v View) string {
	t.Helper()
	html, _, err := New("Latchkey").Render(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

func emailPage(d SenderDomain) Email {
	return Email{Tab: "email", Max: true, Domain: &d, Sender: &SenderForm{Domain: d.Shown}, Server: &MailServer{}}
}

func TestSenderD2WhatIsWaitedForIsNeverRed(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"draft", "dns_pending", "verifying", "verified", "released"} {
		d := SenderDomain{ID: "dom_1", Shown: "mail.agency.test", State: state, Title: "A state",
			Looked:  Time{Machine: "2026-11-29T12:00:00Z"},
			Records: []SenderLight{{Of: "proof", Light: "waiting"}, {Of: "dkim", Light: "noted"}, {Of: "spf", Light: "right"}},
			Lines:   []SenderLight{{Of: "ses", Light: "waiting", Found: "PENDING"}}}
		if tone := d.Tone(); tone == Bad {
			t.Errorf("%s is %s", state, tone)
		}
		if body := rendered(t, emailPage(d)); strings.Contains(body, `badge bad`) || strings.Contains(body, `class="wrong"`) {
			t.Errorf("%s: something on the page is red", state)
		}
	}
	for _, state := range []string{"degraded", "failed"} {
		if tone := (SenderDomain{State: state}).Tone(); tone != Bad {
			t.Errorf("%s is %s", state, tone)
		}
	}
	if tone := (SenderDomain{State: "disabled", Reason: "lapsed"}).Tone(); tone != Idle {
		t.Errorf("a plan that has ended makes its domain %s", tone)
	}
	if tone := (SenderDomain{State: "verifying", Reason: "taken"}).Tone(); tone != Bad {
		t.Errorf("a domain that somebody else holds is %s", tone)
	}
}

func TestSenderE3WhatIsFoundInDNSIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror=alert(1)>"'.example`
	light := SenderLight{Of: "bounce", Light: "wrong", Type: "MX", Name: evil, Full: evil, Value: evil, Expected: evil, Found: evil,
		Why: evil, Do: evil}
	d := SenderDomain{ID: "dom_1", Shown: evil, ASCII: evil, State: "dns_pending", Title: evil, Next: evil,
		Looked: Time{Machine: "2026-11-29T12:00:00Z"}, Records: []SenderLight{light}, Lines: []SenderLight{light},
		NameServers: []string{evil}, Provider: evil, ProviderURL: "javascript:alert(1)", Mailboxes: evil, ZoneFile: "/x",
		Test: TestMail{Offered: true, To: evil, Sent: Time{Machine: "2026-11-29T12:00:00Z"}, Failed: evil}}
	v := emailPage(d)
	v.Server = &MailServer{Host: evil, User: evil, Stored: true, On: true, ReturnPath: evil,
		Test: &ServerTest{Step: evil, Code: evil, Text: evil, Do: evil}}
	hand := Records{Agency: evil, Shown: evil, Rows: []SenderLight{light}, NameServers: []string{evil}, Provider: evil,
		ProviderURL: "javascript:alert(1)"}
	for name, v := range map[string]View{"the settings": v, "the records": hand} {
		body := rendered(t, v)
		if strings.Contains(body, "<img src=x") || strings.Contains(body, `"javascript:`) || strings.Contains(body, `"'.example"`) {
			t.Errorf("%s hold what was found as markup", name)
		}
		if !strings.Contains(body, "&lt;img src=x onerror=alert(1)&gt;") {
			t.Errorf("%s don't show what was found", name)
		}
	}
}

func TestWhatIsCopiedOfALongNameIsTheName(t *testing.T) {
	t.Parallel()
	const name = "a&b.mail.agency.test"
	if got := string(breaks(name)); strings.ReplaceAll(got, "<wbr>", "") != "a&amp;b.mail.agency.test" || strings.Count(got, "<wbr>") != 3 {
		t.Errorf("breaks: %q", got)
	}
}

func TestThePageOfADomainIsRenewedWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	base := SenderDomain{ID: "dom_1", State: "dns_pending", Title: "Looking", Look: Time{Machine: "2026-11-29T12:00:00Z", In: 60,
		Relative: "in 1 minute"}, Records: []SenderLight{{Of: "proof", Light: "waiting"}}, Health: &SenderHealth{Sent: 1}}
	later := base
	later.Look.In, later.Look.Relative, later.Health = 20, "in 20 seconds", &SenderHealth{Sent: 2}
	if later.Edition() != base.Edition() {
		t.Error("time alone makes the page another one")
	}
	for name, change := range map[string]func(*SenderDomain){
		"a state":      func(d *SenderDomain) { d.State = "verifying" },
		"a light":      func(d *SenderDomain) { d.Records = []SenderLight{{Of: "proof", Light: "right"}} },
		"what is said": func(d *SenderDomain) { d.Records = []SenderLight{{Of: "proof", Light: "waiting", Why: "Because."}} },
		"a line":       func(d *SenderDomain) { d.Lines = []SenderLight{{Of: "ses", Light: "waiting"}} },
		"a look":       func(d *SenderDomain) { d.Look.Machine = "2026-11-29T12:02:00Z" },
		"a test email": func(d *SenderDomain) { d.Test.Sent.Machine = "2026-11-29T12:00:00Z" },
	} {
		other := base
		change(&other)
		if other.Edition() == base.Edition() {
			t.Errorf("%s changes, and the page does not", name)
		}
	}
	for state, want := range map[string]bool{"draft": false, "dns_pending": true, "verifying": true, "verified": false, "degraded": true,
		"disabled": false, "failed": false, "released": false} {
		if got := (SenderDomain{State: state}).Waits(); got != want {
			t.Errorf("the page of a domain that is %s renews itself: %v, want %v", state, got, want)
		}
	}
}

func TestSenderS9APasswordIsNeverOnThePage(t *testing.T) {
	t.Parallel()
	v := emailPage(SenderDomain{ID: "dom_1", Shown: "mail.agency.test", State: "verified"})
	v.Server = &MailServer{Host: "smtp.agency.test", Port: "465", User: "invites", Stored: true}
	body := rendered(t, v)
	at := strings.Index(body, `name="password"`)
	if at < 0 || strings.Contains(body[at:at+strings.Index(body[at:], ">")], "value=") {
		t.Error("the field of the password is missing, or filled in")
	}
	if !strings.Contains(body, "keep the stored one") {
		t.Error("nothing says that an empty password keeps the stored one")
	}
}

func TestFE27WhatTheBannerSaysOfTheSender(t *testing.T) {
	t.Parallel()
	const spam, own = "check their spam folder", "(SPF and DKIM) gets through more often"
	for name, c := range map[string]struct {
		from       MailFrom
		has, lacks string
	}{
		"an own domain": {MailFrom{Own: true}, spam, own},
		"nothing":       {MailFrom{}, own, "/settings/email"},
		"nothing, with the page": {MailFrom{URL: "/settings/email"}, `Email from <a href="/settings/email">your own domain</a> ` + own,
			"It came"},
		"not used now": {MailFrom{Why: "Records are missing.", URL: "/settings/email?id=dom_1"},
			`It came from our address. Records are missing. <a href="/settings/email?id=dom_1">`, own},
	} {
		body := rendered(t, Client{Name: "Acme", Banner: Banner{Tone: Wait, Title: "Invite pending", Spam: true, From: c.from}})
		if !strings.Contains(body, spam) || !strings.Contains(body, c.has) || strings.Contains(body, c.lacks) {
			t.Errorf("%s: the banner lacks %q or has %q", name, c.has, c.lacks)
		}
	}
}
