package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestBuyingNeedsNoScript: the dialog shows the prices, and links and forms alone lead to the payment service's page.
func TestBuyingNeedsNoScript(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.withoutScript()
	owner.open("/clients?invite=new")
	owner.sees("Invite Client", "Ask Client to Pay")
	owner.click(`//label[normalize-space()="Ask Client to Pay"]`)
	owner.sees("n8n Hosting", "€49.00 a month", "or €490.00 a year", "WhatsApp Service", "Your client chooses monthly or annual")
	owner.doesNotSee("Asks for")
	owner.click(`//*[@id="hosting"]//label[starts-with(normalize-space(), "30 GB")]`)
	owner.write("email", "not an address")
	owner.press("Send invite")
	owner.sees("Enter a valid email address.")
	owner.do(chromedp.SetValue(chromedp.ID("email"), "ops@acme.example"))
	owner.press("Send invite")
	owner.sees("Invite pending", "Not paid yet")

	client := visit(t, in, l, "client")
	client.withoutScript()
	client.open(l.mailTo("ops@acme.example", 0).Links[0])
	client.press("Continue to your order")
	client.code("ops@acme.example", 1)
	client.press("Sign in and continue")
	client.sees("How would you like to pay?")
	client.press("Read the contract")
	client.sees("Contract", "Not paid yet", "Download as text")
	client.doesNotSee("Print or save as PDF")
	client.press("Your order")
	client.click(`//button[span[normalize-space()="Pay €49.00"]]`)
	client.card("4242 4242 4242 4242")
	client.until("the portal", `location.pathname === "/portal"`)
	client.sees("n8n Hosting, 30 GB", "Your contract")
}

// withoutScript turns the pages' own scripts off; the test's go on.
func (v *visitor) withoutScript() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}
