package browser_test

import (
	"net/http"
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
	owner.sees("We've emailed the records.", "4 left today")
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
	owner.sees("of 7 right") // by itself
	owner.look("email-pending")
	owner.until("the domain to be verified", `document.querySelector("#doctor .badge.good")`)
	owner.sees("Verified", "Send yourself a test email")
	owner.look("email-verified")

	owner.press("Send a test email")
	owner.sees("was delivered")
	if test := l.mailTo(local.Owner, 1); !strings.Contains(test.Subject, "") {
		t.Errorf("the test email is %q", test.Subject)
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
