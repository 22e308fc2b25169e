package browser_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

const ownDomain = "mail.northwind-automations.com"

// publish has the domain's records published in one of the ways of /_local/dns.
func (p *place) publish(domain, way string) {
	p.t.Helper()
	p.send(http.MethodPost, "dns/"+domain, `{"do":"`+way+`"}`, &struct{}{})
}

// TestFE20FE27FromAClaimToAnInvitationFromTheOwnDomain is the whole of Custom Email, as an owner goes through it.
func TestFE20FE27FromAClaimToAnInvitationFromTheOwnDomain(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/settings")
	owner.press("Email")
	owner.sees("Send from your own domain", "Your emails come from Northwind Automations via Latchkey")
	owner.look("email-empty")
	owner.write("domain", "gmail.com"+kb.Enter)
	owner.until("the refusal", `document.querySelector("#domain[aria-invalid]")`)
	owner.do(chromedp.SetValue(chromedp.ID("domain"), ownDomain))
	owner.write("domain", kb.Enter)
	owner.sees("Add the records", "_latchkey.mail", "I've added the records", "bounce.mail")
	owner.look("email-draft")
	if file := owner.eval(`fetch(document.querySelector("a[download]").href).then(r => r.text())`); strings.Count(file, "\n") < 6 ||
		!strings.Contains(file, "_latchkey."+ownDomain+". 3600 IN TXT") {
		t.Errorf("the zone file is %q", file)
	}

	// The records are handed on, and whoever has the link sees them without an account.
	owner.click(`//summary[contains(., "Send these records")]`)
	owner.write("email", "it@northwind-automations.com"+kb.Enter)
	owner.sees("We've emailed the records.", "Up to 5 a day")
	letter := l.mailTo("it@northwind-automations.com", 0)
	guest := visit(t, in, l, "whoever runs the DNS")
	link := letter.Links[0]
	guest.open(link)
	guest.sees("DNS records for "+ownDomain, "Northwind Automations asks you to add these records", "_latchkey.mail")
	guest.doesNotSee("Sign in")
	guest.look("records")

	owner.press("I've added the records")
	owner.sees("Looking for your records")
	l.advance(10 * time.Second)
	l.publish(ownDomain, "asked")
	owner.sees("of 6 right") // by itself
	l.advance(time.Minute)   // in which SES sees the records, too
	owner.until("the domain to be verified", `document.querySelector("#doctor .badge.good")`)
	owner.sees("Verified", "Send yourself a test email")
	owner.open("/settings/email") // a page that has renewed itself has moved
	owner.look("email-verified")

	owner.press("Send a test email")
	owner.sees("was delivered")
	if from := l.mailTo(local.Owner, 1).From; !strings.Contains(from, "<invites@"+ownDomain+">") {
		t.Errorf("the test email is from %s", from)
	}
	owner.press("Switch on")
	owner.sees("Emails now come from Northwind Automations <invites@"+ownDomain+">", "In use")
	owner.look("email-on")

	owner.open("/clients?invite=new")
	owner.write("email", "ops@acme.example"+kb.Enter)
	owner.sent("ops@acme.example")
	if from := l.mailTo("ops@acme.example", 0).From; from != `"Northwind Automations" <invites@`+ownDomain+`>` {
		t.Errorf("the invitation is from %s", from)
	}
	owner.sees("check their spam folder")
	owner.doesNotSee("own domain")

	owner.open("/settings/email")
	owner.click(`//button[starts-with(normalize-space(), "Revoke")]`)
	owner.sees("The link no longer works.")
	guest.open(link)
	guest.sees("This link no longer works")
	guest.look("records-dead")
}

// mistakesShown are the usual mistakes with what the page says of them, in the order in which one domain can be taken through them:
// the first ones keep it from being verified.
var mistakesShown = []struct{ way, rule, says, do string }{
	{"doubled", "D3", "Your provider added the domain itself", "Enter only _latchkey.mail as the name."},
	{"proxied", "D4", "so it's proxied", "Set the record to DNS only (grey cloud)."},
	{"text", "D5", "The type is TXT and must be CNAME.", "Add a CNAME record with the value"},
	{"target", "D6", "the domain", "amazonses.com."},
	{"other", "D2", "The value isn't the one we ask for.", "Change the value to latchkey-verify="},
	{"missing", "D1", "We don't see the record yet.", "Add it at "},
	{"wildcard", "D13", "wildcard", "_latchkey.mail"},
	{"loop", "E5", "circle", "_latchkey.mail"},
	{"split", "D19", "doesn't have the record yet. Your other name servers do.", "This often ends within an hour."},
	{"servfail", "D18", "We couldn't ask your name servers", "We try again by ourselves."},
	{"delete", "D17", "We don't see the record yet. We asked ns1.", "Others may keep this answer until"},
	{"spf", "D9", "There's more than one SPF record", "Replace them with one record: v=spf1"},
	{"lookups", "D10", "10", "SPF"},
	{"occupied", "D11", "must have exactly one MX record", "choose another name"},
	{"cname", "D12", "parking.registrar.net", "bounce.mail"},
	{"strict", "D14", "strict alignment of SPF", "Your mail still passes by its DKIM signature."},
	{"twice", "D15", "There's more than one DMARC record", "Keep one of them and delete the others."},
	{"parent", "D15", "The policy is inherited from", "quarantine"},
}

// TestX8EachUsualMistakeIsNamedOnThePage publishes each of them, and reads what the page says.
func TestX8EachUsualMistakeIsNamedOnThePage(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/settings/email")
	owner.write("domain", ownDomain+kb.Enter)
	owner.press("I've added the records")
	owner.sees("Looking for your records")
	for _, x := range mistakesShown {
		l.publish(ownDomain, x.way)
		l.advance(time.Minute + time.Second) // so that many looks stay within an hour's, and old answers are forgotten
		owner.eval("window.before = true")
		owner.press("Look now")
		owner.until("the page of "+x.way, `!window.before && document.readyState === "complete"`)
		for _, words := range []string{x.says, x.do} { // where the look takes its time, the page renews itself
			owner.until(fmt.Sprintf("%s, %s: the page to say %q", x.rule, x.way, words), `(() => {
				const details = document.querySelector("#doctor details");
				if (details) details.open = true;
				return document.body.innerText.replace(/\s+/g, " ").includes(`+strconv.Quote(words)+`);
			})()`)
		}
		t.Logf("%s, %s: %s", x.rule, x.way, owner.eval(`[...new Set([...document.querySelectorAll(".light div")].map(e => e.innerText
			.replace(/\s+/g, " ")))].join(" | ")`))
		if x.way == "doubled" || x.way == "occupied" {
			owner.look("email-mistake-" + x.way)
		}
	}
}

// TestFE20SettingUpADomainNeedsNoScript: by keyboard alone, with links and forms.
func TestFE20SettingUpADomainNeedsNoScript(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.withoutScript()
	owner.open("/settings/email")
	owner.write("domain", ownDomain+kb.Enter)
	owner.sees("Add the records")
	l.publish(ownDomain, "asked")
	owner.keys("I've added the records")
	owner.sees("Records found")
	for owner.eval(`!!document.body?.innerText.includes("Send a test email")`) != "true" {
		l.advance(30 * time.Second)
		owner.open("/settings/email")
	}
	owner.keys("Send a test email")
	owner.until("the test email to be under way", `document.body?.innerText.includes("Send another test email")`)
	for owner.eval(`!!document.body?.innerText.includes("was delivered")`) != "true" {
		owner.open("/settings/email")
	}
	owner.keys("Switch on")
	owner.sees("In use", "Emails now come from Northwind Automations")
	owner.keys("Remove domain…")
	owner.sees("Remove " + ownDomain + "?")
	owner.keys("Keep domain")
	owner.sees("In use")
}

// keys goes to what reads like that by the tabulator, and presses Enter there.
func (v *visitor) keys(words string) {
	v.t.Helper()
	v.until(words, fmt.Sprintf(`[...document.querySelectorAll("button, a")].some(e => e.innerText.trim() === %q)`, words))
	for range 200 {
		v.do(chromedp.KeyEvent(kb.Tab))
		if v.eval("document.activeElement.innerText.trim()") == words {
			v.do(chromedp.KeyEvent(kb.Enter))
			return
		}
	}
	v.t.Fatalf("%s cannot reach %q by keyboard", v.name, words)
}
