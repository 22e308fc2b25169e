package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestSenderR8AnInviteIsScheduledInTheDialog: the script sends what is to go out later as the form would, what is wrong stands at its
// field, the client's page gives it another time, and the settings change how clients are reminded.
func TestSenderR8AnInviteIsScheduledInTheDialog(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/clients?invite=new")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.write("email", "later@acme.example")
	owner.do(chromedp.Click(chromedp.CSS("details.when > summary")), chromedp.WaitVisible(chromedp.ID("sendAt")))
	now := time.Now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format("2006-01-02T15:04") }
	owner.do(chromedp.SetValue(chromedp.ID("sendAt"), at(-time.Hour)))
	owner.press("Send invite")
	owner.sees("Choose a time at least 5 minutes from now.")
	owner.do(chromedp.SetValue(chromedp.ID("sendAt"), at(48*time.Hour)))
	owner.press("Send invite")
	owner.sees("It goes out on ", "Change time")
	owner.do(chromedp.SetValue(chromedp.ID("sendAt"), at(72*time.Hour)))
	owner.press("Change time")
	owner.sees("Time changed.", now.Add(72*time.Hour).Format("2 January 2006"))
	if n := len(l.mails("later@acme.example")); n != 0 {
		t.Errorf("%d mails went out", n)
	}
	owner.press("Cancel invite…")
	owner.sees("won't go out")
	owner.open("/settings/notifications")
	owner.do(chromedp.SetValue(chromedp.ID("first"), "2"), chromedp.SetValue(chromedp.ID("zone"), "Nowhere"))
	owner.press("Save reminders")
	owner.sees("There is a problem", "Choose a time zone by its name")
	owner.do(chromedp.SetValue(chromedp.ID("zone"), "Europe/Berlin"))
	owner.press("Save reminders")
	owner.sees("Reminders saved.", "2 days after the invitation")
	// What people stop who are not signed in works by the keyboard, and without a script of ours.
	guest := visit(t, in, l, "guest")
	guest.open("/unsubscribe/" + fmt.Sprintf("lku_%060d", 0))
	guest.sees("Stop these emails?")
	guest.press("Stop these emails")
	guest.sees("You won't get these emails any more")
}
