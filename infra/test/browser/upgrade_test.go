package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestAnAgencyBuysMax, finds card and invoices, and cancels, on the page about its plan; when Max ends while an invite is being written,
// what was typed waits until Max is there again.
func TestAnAgencyBuysMax(t *testing.T) {
	in, l := chromium.Start(t), product(t)
	solo := visit(t, in, l, "solo owner")
	solo.signIn(local.SoloOwner)
	solo.open("/clients")
	solo.press("See what's in Max")
	solo.sees("Invite clients with Max", "How would you like to pay?", "Save €")
	solo.look("upgrade")
	solo.press("Continue to payment")
	solo.click(`//a[normalize-space()="Abandon"]`)
	solo.sees("You weren't charged")
	solo.press("Continue to payment")
	solo.card("4242 4242 4242 4242")
	solo.sees("You're on Max")
	solo.look("upgrade-done")
	solo.open("/settings/agency")
	solo.sees("Paid monthly. Renews on")
	solo.look("plan-paid")
	solo.press("Card and invoices")
	solo.sees("Billing")
	solo.click(`//a[contains(., "Back")]`)
	solo.until("the settings", `location.pathname === "/settings/agency"`)

	// The button for it leads straight to cancelling, and back, where it is gone.
	solo.press("Cancel subscription")
	solo.until("the payment service's page", `location.pathname.startsWith("/_local/stripe/portal/") && document.readyState === "complete"`)
	solo.doesNotSee("Card number")
	solo.press("Cancel subscription")
	solo.until("the settings", `location.pathname === "/settings/agency"`)
	solo.until("the end to be known", `document.body.innerText.includes("Ends on") || location.reload()`)
	solo.doesNotSee("Cancel subscription")

	solo.open("/clients?invite=new")
	solo.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	solo.write("name", "Acme Ltd")
	solo.write("email", "ops@acme.example")
	if err := l.inside().Stripe.Cancel(l.inside().Stripe.Subscriptions()[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := l.inside().Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	other := visit(t, in, l, "the same in another tab")
	other.signIn(local.SoloOwner)
	other.open("/clients")
	other.until("Max to end", `document.body.innerText.includes("Inviting clients needs the Max plan.") || location.reload()`)
	solo.press("Send invite")
	solo.sees("Inviting clients needs the Max plan.", "See what's in Max in a new tab")
	typed := solo.eval(`[document.getElementById("email").value, document.getElementById("name").value].join()`)
	if typed != "ops@acme.example,Acme Ltd" {
		t.Errorf("of what was typed, %q is left", typed)
	}
	solo.look("invite-without-max")
	other.open("/settings/agency")
	other.sees("Max ended on")
	other.look("plan-ended")
	other.press("Get Max again")
	other.press("Continue to payment")
	other.card("4242 4242 4242 4242")
	other.sees("You're on Max")
	solo.press("Send invite")
	solo.sent("ops@acme.example")
}
