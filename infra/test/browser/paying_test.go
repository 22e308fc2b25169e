package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// card fills the payment service's page with a card, and pays.
func (v *visitor) card(number string) {
	v.t.Helper()
	v.until("the payment service's page", `location.pathname.startsWith("/_local/stripe/checkout/") && document.getElementById("number")`)
	v.eval(`document.getElementById("number").value = "` + number + `"`)
	v.press("Subscribe")
}

// TestFE23FE24AClientPays walks from the agency's dialog to a portal whose n8n runs, past all that happens on the way: a card that
// is declined, going back without paying, a renewal that fails, and a lapse.
func TestFE23FE24AClientPays(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/clients?invite=new")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.write("name", "Acme Ltd")
	owner.press("Ask Client to Pay")
	owner.sees("Your client chooses monthly or annual", "€49.00 a month", "€490.00 a year", "most common for agencies")
	// The size that most ask for is chosen already; a free portal is chosen on purpose.
	owner.sees("Asks for €49.00 a month or €490.00 a year", "Who pays can't be changed after sending.")
	owner.click(`//*[@id="hosting"]//label[starts-with(normalize-space(), "No hosting")]`)
	owner.sees("Free portal access")
	owner.click(`//*[@id="hosting"]//label[starts-with(normalize-space(), "30 GB")]`)
	owner.sees("Asks for €49.00 a month or €490.00 a year")
	owner.click(`//label[starts-with(normalize-space(), "WhatsApp Service")]`)
	owner.sees("Asks for €68.00 a month or €680.00 a year")
	owner.look("invite-paying")
	owner.write("email", "ops@acme.example"+kb.Enter)
	owner.sent("ops@acme.example")
	owner.sees("They pay", "Contract and payment", "Not paid yet", "€68.00 a month or €680.00 a year")
	owner.look("client-paying-pending")

	client := visit(t, in, l, "client")
	client.open(l.mailTo("ops@acme.example", 0).Links[0])
	client.sees("Nora Lindqvist from Northwind Automations invited you to their client portal",
		"You pay for it and you own it", "€49.00 a month")
	client.look("invitation-paying")
	client.press("Continue to your order")
	client.sees("Enter your code")
	client.code("ops@acme.example", 1)
	client.sees("How would you like to pay?", "You save", "€68.00", "€680.00")
	client.look("checkout")

	at := client.eval("location.search")
	client.open("/checkout/waiting" + at)
	client.sees("Confirming your payment", "Back to your order")
	client.look("checkout-waiting")
	client.open("/checkout" + at)

	// By keyboard alone: the choice, then the button.
	client.tab("Monthly")
	client.strike(kb.ArrowDown)
	if on := client.eval(`document.querySelector("[name=interval]:checked").value`); on != "year" {
		t.Fatalf("the arrow has chosen %q", on)
	}
	client.tab("Pay €680.00")
	client.strike(kb.Enter)
	client.card("4000 0000 0000 0002")
	client.sees("declined")
	client.click(`//a[normalize-space()="Abandon"]`)
	client.sees("Nothing was charged")
	client.look("checkout-back")
	client.click(`//button[span[normalize-space()="Pay €68.00"]]`)
	client.card("4000 0025 0000 3155")
	client.sees("Your bank asks whether you want to pay")
	client.press("Fail")
	client.until("the payment service to say so",
		`location.pathname.startsWith("/_local/stripe/checkout/") && document.querySelector("[role=alert]")`)
	client.card("4000 0025 0000 3155")
	client.sees("Your bank asks whether you want to pay")
	client.press("Confirm")
	client.until("the portal", `location.pathname === "/portal"`)
	client.sees("Welcome", "n8n Hosting, 30 GB", "Payment received", "WhatsApp Service", "Card and invoices")
	client.look("portal-setting-up")
	owner.open("/clients")
	owner.press("Acme Ltd")
	owner.sees("n8n Hosting, 30 GB", "Their own", "Payment received")
	owner.look("client-setting-up")

	// Both pages get on by themselves.
	client.sees("Starting it")
	client.sees("Running")
	client.until("both to be ready", `!document.querySelector(".progress")`)
	owner.until("both to be ready", `!document.querySelector(".progress")`)
	owner.look("client-active-paying")
	client.open("/portal")
	client.look("portal-running")
	client.press("Your contract")
	client.sees("Contract", "Annual", "First paid on", "Paid until", "Download as text", "Print or save as PDF")
	client.look("contract-client")
	client.press("Your portal")
	owner.press("Contract")
	owner.sees("Acme Ltd", "Paid until")
	owner.look("contract-agency")
	client.click(`//a[starts-with(normalize-space(), "See workflows")]`)
	client.sees("Last runs")

	// A renewal fails, which the client is told, and is given up at last.
	sub := l.inside().Stripe.Subscriptions()[0]
	if err := l.inside().Stripe.FailRenewals(sub.ID, true); err != nil {
		t.Fatal(err)
	}
	l.advance(366 * 24 * time.Hour)
	owner.signIn(local.Owner)
	owner.open("/clients")
	owner.sees("Payment failed")
	owner.look("clients-past-due")
	owner.press("Acme Ltd")
	owner.sees("Their last payment failed.", "Past due")
	client.signIn("ops@acme.example")
	client.open("/portal")
	client.sees("Your last payment failed", "Update your card")
	client.look("portal-past-due")
	client.press("Update your card")
	client.sees("Billing")
	client.click(`//a[contains(., "Back")]`)
	client.until("the portal", `location.pathname === "/portal"`)

	// Paying takes a step-up, from which one goes on where one was.
	l.advance(61 * time.Minute)
	before := len(l.mails("ops@acme.example"))
	client.press("Update your card")
	client.sees("Confirm it's you", "ops@acme.example")
	client.look("step-up-paying")
	client.code("ops@acme.example", before)
	client.sees("Billing")
	client.click(`//a[contains(., "Back")]`)
	client.until("the portal", `location.pathname === "/portal"`)
	l.advance(40 * 24 * time.Hour)
	client.signIn("ops@acme.example")
	client.open("/portal")
	client.sees("Your portal is paused")
	client.look("portal-paused")
	client.press("Restart subscription")
	client.sees("Restart your subscription")
	client.look("checkout-again")
	client.click(`//button[span[normalize-space()="Pay €680.00"]]`)
	client.card("4242 4242 4242 4242")
	client.until("the portal", `location.pathname === "/portal"`)
	client.until("the portal to be open", `!document.body.innerText.includes("Your portal is paused")`)
	client.sees("n8n Hosting, 30 GB")
	client.look("portal-again")
}
