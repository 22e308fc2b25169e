package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestFS8AMistypedAddressIsAskedAboutInTheDialog: the script sends nothing before the question is answered, one press takes what
// is proposed, one sends it as typed, and what was typed besides is kept.
func TestFS8AMistypedAddressIsAskedAboutInTheDialog(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	for _, c := range []struct{ typed, meant, sent string }{
		{"ops@gmial.com", "ops@gmail.com", "ops@gmail.com"},
		{"dana@hotnail.com", "dana@hotmail.com", "dana@hotnail.com"},
	} {
		owner.open("/clients")
		owner.press("Invite Client")
		owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
		owner.write("name", "Acme Ltd")
		owner.click(`//label[contains(., "Acme production")]/input`)
		owner.write("email", c.typed+kb.Enter)
		owner.sees("Did you mean "+c.meant+"?", c.typed+" looks like a typing error.")
		owner.until("the focus on the question", `document.activeElement?.textContent.includes("Did you mean")`)
		if n := len(l.mails(c.typed)) + len(l.mails(c.meant)); n != 0 {
			t.Errorf("%d mails went out before the question was answered", n)
		}
		owner.press("Send invite to " + c.sent)
		owner.sees("Invite pending", "Acme Ltd", c.sent, "Acme production")
		l.mailTo(c.sent, 0)
		for _, other := range []string{c.typed, c.meant} {
			if n := len(l.mails(other)); other != c.sent && n != 0 {
				t.Errorf("%d mails went to %s", n, other)
			}
		}
	}
}

// TestFS8AnAddressPutRightIsSent: whoever answers the question in the field, with another address, is not asked again.
func TestFS8AnAddressPutRightIsSent(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/clients?invite=new")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.write("email", "ops@gmial.com"+kb.Enter)
	owner.sees("Did you mean ops@gmail.com?")
	owner.do(chromedp.SetValue(chromedp.ID("email"), "ops@acme.example"))
	owner.write("email", kb.Enter)
	owner.sent("ops@acme.example")
	for _, other := range []string{"ops@gmial.com", "ops@gmail.com"} {
		if n := len(l.mails(other)); n != 0 {
			t.Errorf("%d mails went to %s", n, other)
		}
	}
}
