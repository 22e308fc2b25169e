package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestTheAccountSignsOutElsewhere: on a desk by keyboard, on a phone without a script, a person sees where else it is signed in, ends one
// session, and then all others.
func TestTheAccountSignsOutElsewhere(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	desk, phone, lost, old := visit(t, in, l, "desk"), visit(t, in, l, "phone"), visit(t, in, l, "lost"), visit(t, in, l, "old")
	desk.do(chromedp.EmulateViewport(1440, 900))
	phone.do(chromedp.EmulateViewport(320, 700, chromedp.EmulateMobile))
	for _, v := range []*visitor{old, lost, phone, desk} {
		v.signIn(local.Owner)
	}

	desk.open("/account")
	desk.sees("Where you're signed in", "This device", "Signed in with a code", "We don't look up places.")
	desk.look("account")
	if n := desk.eval(`document.querySelectorAll('#sessions [value="end-session"]').length`); n != "3" {
		t.Fatalf("%s other sessions can be ended, want 3", n)
	}
	desk.eval(`(document.querySelector('#sessions li:nth-child(3) button').focus(), 1)`) // after this desk and the phone
	desk.shown()
	desk.strike("\r")
	desk.sees("You're signed out there.", "Signed out on")
	lost.open("/account")
	lost.sees("Email me a sign-in code")

	phone.withoutScript()
	phone.open("/account")
	phone.sees("Where you're signed in")
	if wide := phone.eval("Math.max(0, document.documentElement.scrollWidth - 320)"); wide != "0" {
		t.Errorf("the page sticks out by %s px", wide)
	}
	phone.press("Sign out everywhere else")
	phone.sees("You're signed out everywhere else.", "Signed out everywhere else")
	for _, v := range []*visitor{desk, old} {
		v.open("/account")
		v.sees("Email me a sign-in code")
	}
	phone.press("Sign out everywhere")
	phone.sees("You're signed out on every device.")
}
