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

// TestSenderW9AnEndpointFromItsMakingToItsEnd is the whole of webhooks, as an owner goes through it: the secret that is shown once, a test
// event, what came of it, the same again, an endpoint that is off for a while and gets what it missed, another secret, and the end.
func TestSenderW9AnEndpointFromItsMakingToItsEnd(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/settings")
	owner.press("Webhooks")
	owner.sees("No webhooks yet")
	owner.look("webhooks-empty")
	taken := func() (all []struct{ ID, Body string }) {
		l.control(http.MethodGet, "hooks/crm", &all)
		return all
	}

	owner.write("url", "http://hooks.example.com/")
	owner.press("Add endpoint")
	owner.until("the refusal", `document.querySelector("#url[aria-invalid]")`)
	owner.do(chromedp.SetValue(chromedp.ID("url"), l.origin+"/_local/hooks/crm"))
	owner.write("description", "CRM")
	owner.press("Add endpoint")
	owner.sees("Endpoint added", "whsec_", "We won't show it again.")
	owner.look("webhooks-made")
	first := owner.eval(`document.getElementById("secret").textContent.trim()`)
	owner.open("/settings/webhooks")
	owner.sees("/_local/hooks/crm", "CRM, All events", "Active")
	owner.doesNotSee("whsec_")

	owner.click(`//main//ul//a[contains(., "/_local/hooks/crm")]`)
	owner.sees("Nothing was sent yet.")
	owner.press("Send test event")
	owner.sees("Test event on its way", "webhook.test", "Answered 200", "Delivered") // by itself
	owner.look("webhook-delivery")
	owner.press("Redeliver")
	owner.until("two attempts by hand", `document.body.innerText.split("by hand").length === 3`)
	if all := taken(); len(all) != 2 || all[0].ID != all[1].ID {
		t.Errorf("%+v", all)
	}

	owner.press("Disable")
	owner.sees("Endpoint disabled", "It isn't sent any events.")
	owner.open("/clients?invite=new")
	owner.write("email", "ops@acme.example"+kb.Enter)
	owner.sent("ops@acme.example")
	l.advance(3 * time.Minute)
	if n := len(taken()); n != 2 {
		t.Errorf("%d came to an endpoint that is off", n)
	}
	owner.open("/settings/webhooks")
	owner.click(`//main//ul//a[contains(., "/_local/hooks/crm")]`)
	owner.press("Enable")
	owner.sees("Endpoint enabled", "Recover events")
	owner.press("Recover events")
	owner.sees("Recovery started")
	l.advance(time.Minute)
	owner.until("what was missed", `fetch(location.pathname).then(r => r.text()).then(t => t.includes("invite.created") &&
		t.includes("invite.sent"))`)

	owner.open(owner.eval("location.pathname"))
	owner.press("Rotate secret")
	owner.sees("Rotate the signing secret?")
	owner.click(`//dialog[@open]//button[normalize-space()="Rotate secret"]`)
	owner.sees("New signing secret", "We also sign with the old secret until")
	second := owner.eval(`document.getElementById("secret").textContent.trim()`)
	if second == first || !strings.HasPrefix(second, "whsec_") {
		t.Errorf("%s, and then %s", first, second)
	}
	owner.open(owner.eval("location.pathname"))
	owner.look("webhook")
	owner.press("Delete endpoint")
	owner.sees("Delete this endpoint?")
	owner.click(`//dialog[@open]//button[normalize-space()="Delete endpoint"]`)
	owner.sees("Endpoint deleted", "No webhooks yet")
}
