package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestX5AnInviteeGivesEveryOtherAnswer: names another address, pastes a code with what surrounds it, is told how many
// tries it has, accepts, and at last leaves the portal; another one declines.
func TestX5AnInviteeGivesEveryOtherAnswer(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	invite := func(address string) string {
		owner.open("/clients?invite=new")
		owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
		owner.write("email", address+kb.Enter)
		owner.sent(address)
		return l.mailTo(address, 0).Links[0]
	}
	first := invite("ops@acme.example")
	guest := visit(t, in, l, "guest")
	guest.open(first)
	guest.press("Wrong person?")
	guest.sees("Who should they invite?")
	guest.look("invitation-propose")
	guest.write("email", "pat@acme.example")
	guest.press("Suggest this address")
	guest.sees("We've told Northwind Automations", "You don't need to do anything else.")
	guest.look("invitation-proposed")
	owner.open("/clients")
	owner.press("ops@acme.example")
	owner.sees("pat@acme.example")

	guest.open(first)
	guest.press("Accept Invitation")
	guest.sees("Enter your code", "Send a new code in")
	guest.look("invitation-code")
	if off := guest.eval(`document.querySelector("button[data-wait]").disabled`); off != "true" {
		t.Error("a new code can be asked for at once")
	}
	if on := guest.eval("document.activeElement.id"); on != "code" {
		t.Errorf("the focus is in %q, want the code", on)
	}
	right := l.mailTo("ops@acme.example", 1).Subject[:6]
	wrong := string('0'+(right[0]-'0'+1)%10) + right[1:]
	guest.write("code", wrong) // it sends itself, as the right one will
	guest.sees("You have 4 tries left")
	guest.look("invitation-code-wrong")
	guest.eval(`(() => {
		const field = document.getElementById("code"), data = new DataTransfer();
		field.value = "";
		data.setData("text", "Your code: ` + right[:3] + " " + right[3:] + ` (ten minutes)");
		field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
	})()`)
	guest.sees("Welcome", "Nothing is shared with you yet")

	guest.open("/account")
	guest.sees("Your account", "This device")
	guest.look("account")
	guest.click(`//a[starts-with(normalize-space(), "Leave…")]`)
	guest.sees("Leave the portal of Northwind Automations?", "They keep")
	guest.look("account-leave")
	guest.press("Leave portal")
	guest.sees("You've left the portal.", "Former portals")
	guest.open("/portal")
	guest.sees("You have no portal right now")
	guest.look("portal-none")
	guest.open(first)
	guest.sees("Your access has ended")
	guest.look("invitation-ended")

	other := visit(t, in, l, "another guest")
	other.open(invite("second@acme.example"))
	other.press("Decline")
	other.sees("Decline this invitation?")
	other.look("invitation-decline")
	other.write("reason", "We work with somebody else now.")
	other.press("Decline invitation")
	other.sees("You declined the invitation")
	other.look("invitation-declined")
	owner.open("/clients")
	owner.sees("Declined")
	owner.press("second@acme.example")
	owner.sees("This invitation was declined.", "We work with somebody else now.")
	owner.look("client-declined")
}
