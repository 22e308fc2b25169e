package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestX4ThePayerChangesAndChangesBack walks both ways from a proposal to another payer, while time passes: the one by keyboard, the
// other without a script.
func TestX4ThePayerChangesAndChangesBack(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/clients?invite=new")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.press("Ask Client to Pay")
	owner.write("email", "ops@acme.example"+kb.Enter)
	owner.sent("ops@acme.example")
	client := visit(t, in, l, "client")
	client.open(l.mailTo("ops@acme.example", 0).Links[0])
	client.press("Continue to your order")
	client.code("ops@acme.example", 1)
	client.sees("How would you like to pay?")
	client.click(`//button[span[normalize-space()="Pay €49.00"]]`)
	client.card("4242 4242 4242 4242")
	client.until("the portal", `location.pathname === "/portal"`)

	// Until hosting runs, the page waits by itself. Then the agency proposes that it pays, by keyboard alone, and adds its card when the
	// client has agreed.
	owner.open("/clients")
	owner.press("ops@acme.example")
	owner.press("Change who pays")
	owner.sees("Propose that you pay", "€49.00 a month or €490.00 a year")
	owner.look("client-payer")
	owner.tab("Propose change")
	owner.strike(kb.Enter)
	owner.sees("Waiting for ops@acme.example to answer")
	owner.look("client-payer-proposed")
	client.open("/portal")
	client.press("Review")
	client.sees("offers to pay", "Terms 1, fingerprint")
	client.look("portal-payer-asked")
	client.tab("Agree to this change")
	client.strike(kb.Enter)
	client.sees("to add a card")
	owner.open(owner.eval("location.pathname"))
	owner.sees("Add your card to finish")
	owner.tab("Add your card")
	owner.strike(kb.Enter)
	owner.card("4242 4242 4242 4242")
	owner.sees("The payer changes on")
	owner.look("client-payer-scheduled")
	l.inside()
	l.advance(33 * 24 * time.Hour)
	client.signIn("ops@acme.example")
	client.open("/portal")
	client.press("Change who pays")
	client.sees("pays now", "Propose that you pay")
	client.look("portal-payer-done")

	// The client takes it back, without a script. The page waits by itself all the same.
	mine, at := client.eval("location.pathname + location.search"), owner.eval("location.pathname")
	client.withoutScript()
	client.open(mine)
	client.press("Propose change")
	client.sees("Waiting for")
	owner.signIn(local.Owner)
	owner.click(`//ul[contains(@class, "tasks")]//a[starts-with(normalize-space(), "Review")]`) // among what needs the agency
	owner.sees("offers to pay")
	owner.withoutScript()
	owner.open(at)
	owner.press("Agree to this change")
	owner.sees("to add a card")
	client.open(mine)
	client.press("Add your card")
	client.card("4242 4242 4242 4242")
	client.sees("The payer changes on")
	l.advance(33 * 24 * time.Hour)
	again := visit(t, in, l, "client, later")
	again.signIn("ops@acme.example")
	again.open(mine)
	again.sees("You pay now", "Propose that")
	again.look("portal-payer-back")
}
