package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// From the mail's link to the portal on a phone: one press accepts and has the code mailed, and the sixth digit is the last thing to
// do. Loading the page of the code again asks for the same code, and the agency's mark stands on every step.
func TestFromTheInvitationToThePortalOnAPhone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	sent := owner.eval(`fetch("/v1/instances").then(r => r.json()).then(all => fetch("/v1/invites", {method: "POST",
		headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
		body: JSON.stringify({email: "ops@acme.example", name: "Acme Ltd",
		grants: [{resource: all.items.find(i => i.name === "Acme production").id, access: "read"}]})})).then(r => r.status)`)
	if sent != "201" {
		t.Fatalf("inviting answered %s", sent)
	}

	client := visit(t, in, l, "client")
	client.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	fits := func() {
		t.Helper()
		if wide := client.eval("Math.max(0, document.documentElement.scrollWidth - 390)"); wide != "0" {
			t.Errorf("the page sticks out by %s px", wide)
		}
		if mark := client.eval(`document.querySelector(".mark")?.getBoundingClientRect().width > 0`); mark != "true" {
			t.Error("the agency's mark is not on the page")
		}
	}
	client.open(l.mailTo("ops@acme.example", 0).Links[0])
	client.sees("Nora Lindqvist from Northwind Automations invited you to their client portal", "Acme production", "Read-only")
	fits()
	client.press("Accept Invitation")
	client.sees("Enter your code", "o•••@acme.example", "Acme production")
	fits()
	mails := len(l.mails("ops@acme.example"))
	l.mailTo("ops@acme.example", 1)
	client.do(chromedp.Reload()) // as a phone does that dropped the page while the mail was read
	client.sees("Enter your code")
	client.code("ops@acme.example", 1)
	client.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
	client.sees("Welcome", "Acme production", "Questions? Ask Nora Lindqvist at Northwind Automations")
	fits()
	if n := len(l.mails("ops@acme.example")); n > max(mails, 2) {
		t.Errorf("loading the page again mailed another code: %d mails", n)
	}
}
