package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
	"latchkey.dev/shared/domain/identity"
)

// phone looks at the page on a phone of 390 px, light and dark: nothing sticks out sideways. With SCREENSHOTS set to a folder it leaves
// pictures there.
func (v *visitor) phone(page string) {
	v.t.Helper()
	v.until("the whole page", `document.readyState === "complete"`)
	for _, scheme := range []string{"light", "dark"} {
		v.do(chromium.See(390, 844, scheme))
		v.until("the new width", "innerWidth === 390")
		if wide := v.eval("Math.max(0, document.documentElement.scrollWidth - 390)"); wide != "0" {
			v.t.Errorf("%s sticks out by %s px", page, wide)
		}
		dir := os.Getenv("SCREENSHOTS")
		if dir == "" {
			continue
		}
		b, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			v.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-390-%s.png", page, scheme)), b, 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
}

// invites sends an invitation with something in it, and is its link.
func (v *visitor) invites(to string) string {
	v.t.Helper()
	sent := v.eval(fmt.Sprintf(`fetch("/v1/instances").then(r => r.json()).then(all => fetch("/v1/invites", {method: "POST",
		headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
		body: JSON.stringify({email: %q, name: "Pat Doe",
		grants: [{resource: all.items.find(i => i.name === "Acme production").id, access: "read"}]})})).then(r => r.status)`, to))
	if sent != "201" {
		v.t.Fatalf("inviting answered %s", sent)
	}
	return v.l.mailTo(to, 0).Links[0]
}

// From the mail's link to the portal on a phone, by Google: one mail, no code, and the same account signs in by itself afterwards.
func TestSenderO7TheWholeInvitationWithGoogleOnAPhone(t *testing.T) {
	l, in := withGoogle(t), chromium.Start(t)
	const to = "pat.doe@gmail.com"
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	link := owner.invites(to)

	v := visit(t, in, l, "client")
	v.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	v.open(link)
	v.sees("Nora Lindqvist from Northwind Automations invited you to their client portal", "Continue with Google")
	v.phone("google-invitation")
	v.press("Continue with Google")
	v.sees("Google", "Sign in as whoever you like")
	v.write("email", "somebody.else@gmail.com") // the wrong account first
	v.press("Continue")
	v.sees("Your Google account has another address", "Continue with Google", "Accept Invitation")
	v.phone("google-another-address")
	v.press("Continue with Google")
	v.sees("Sign in as whoever you like")
	v.press("Cancel")
	v.sees("You didn't finish signing in with Google.")
	v.press("Continue with Google")
	v.sees("Sign in as whoever you like")
	v.write("email", "Pat.Doe@gmail.com")
	v.press("Continue")
	v.sees("Signed in as "+to, "Acme production", "Read-only")
	v.phone("google-signed-in")
	v.press("Accept Invitation")
	v.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
	v.sees("Welcome", "Acme production")
	v.phone("google-portal")
	if n := len(l.mails(to)); n != 1 {
		t.Errorf("the invitation cost %d mails, want the invitation alone", n)
	}
	v.open("/account")
	v.sees("Google")
	v.press("Sign out")
	v.sees("Continue with Google")
	v.phone("google-sign-in")
	v.press("Continue with Google")
	v.sees("Sign in as whoever you like")
	v.write("email", to)
	v.press("Continue")
	v.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
}

// The same with no pointer at all.
func TestSenderO7TheWholeInvitationWithGoogleByKeyboardAlone(t *testing.T) {
	l, in := withGoogle(t), chromium.Start(t)
	const to = "kim.key@gmail.com"
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	link := owner.invites(to)

	v := visit(t, in, l, "client")
	v.open(link)
	v.sees("invited you to their client portal")
	v.tab("Continue with Google")
	v.strike(kb.Enter)
	v.until("Google", `document.title === "Google" && document.activeElement?.name === "email"`)
	v.strike(to + kb.Enter) // the first button is what Enter presses
	v.sees("Signed in as " + to)
	v.tab("Accept Invitation")
	v.strike(kb.Enter)
	v.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
	v.sees("Acme production")
	v.strike(kb.Tab)
	v.isOn("Skip to content")
}

// adds types a colleague into the form on the members' page and sends it, which asks for a step-up.
func (v *visitor) adds(address string) {
	v.t.Helper()
	v.open("/settings/members")
	v.write("email", address)
	v.write("name", "Kim Larsen")
	v.press("Add member")
	v.sees("Confirm it's you")
}

// Whoever sat down a while ago confirms by a passkey, and the form that asked for it goes on with what was typed.
func TestSenderO8AStepUpByPasskeyKeepsWhatWasTyped(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	l.inside()
	v := visit(t, in, l, "owner")
	a := v.authenticator()
	a.suggests(false)
	v.signIn(local.Owner)
	v.open("/account")
	v.press("Create a passkey")
	v.sees("Your passkey is ready.")
	l.advance(identity.StepUpLasts + time.Minute)
	v.adds("kim@northwind.example")
	v.phone("step-up-passkey")
	v.press("Confirm with a passkey")
	v.until("the members", `location.pathname === "/settings/members" && document.readyState === "complete"`)
	v.sees("Kim Larsen", "kim@northwind.example")

	// With a code that is asked for already, and where nothing is typed: on a phone.
	l.advance(identity.StepUpLasts + time.Minute)
	v.adds("ada@northwind.example")
	v.press("Email me a code")
	v.sees("enter the code we sent to")
	v.phone("step-up-code")
	v.press("Confirm with a passkey")
	v.sees("ada@northwind.example")
	l.advance(identity.StepUpLasts + time.Minute)
	v.open("/step-up?to=%2Fsettings%2Fkeys")
	v.press("Confirm with a passkey")
	v.until("the keys", `location.pathname === "/settings/keys"`)
}

// The same by an account at a provider, which leads away and back: with script it goes on by itself, without by one more press. A
// provider that does not say when the person signed in there leads back to the form, and a code does.
func TestSenderO8AStepUpByProviderKeepsWhatWasTyped(t *testing.T) {
	l, in := withGoogle(t), chromium.Start(t)
	v := visit(t, in, l, "owner")
	v.signIn(local.Owner)
	const account = "Local provider"
	v.open("/account")
	v.press("Connect " + account)
	v.sees("Sign in as whoever you like")
	v.write("email", local.Owner)
	v.press("Continue")
	v.sees(account + " is connected.")

	l.advance(identity.StepUpLasts + time.Minute)
	v.adds("kim@northwind.example")
	v.sees("Confirm with " + account)
	v.phone("step-up-provider")
	v.press("Confirm with " + account)
	v.sees("You are asked to sign in again.")
	v.write("email", local.Owner)
	v.click(`//input[@name="told"]`)
	v.press("Continue")
	v.sees(account+" didn't confirm that you signed in just now.", "Email me a code")
	v.phone("step-up-no-proof")
	v.press("Confirm with " + account)
	v.sees("You are asked to sign in again.")
	v.write("email", local.Owner)
	v.press("Continue")
	v.until("the members", `location.pathname === "/settings/members" && document.readyState === "complete"`)
	v.sees("Kim Larsen", "kim@northwind.example")

	l.advance(identity.StepUpLasts + time.Minute)
	v.withoutScript()
	v.adds("ada@northwind.example")
	if v.eval(`document.querySelector("[data-passkey]:not([hidden])") === null`) != "true" {
		t.Error("a passkey is offered without script")
	}
	v.press("Confirm with " + account)
	v.sees("You are asked to sign in again.")
	v.write("email", local.Owner)
	v.press("Continue")
	v.sees("Thanks, it's you")
	v.phone("step-up-done")
	v.press("Continue")
	v.sees("ada@northwind.example")
}
