package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// authenticator is the platform's of a visitor's browser.
type authenticator struct {
	v     *visitor
	id    webauthn.AuthenticatorID
	quiet cdppage.ScriptIdentifier // of the script that keeps pages from suggesting
}

// authenticator gives the visitor's tab one that knows who holds it.
func (v *visitor) authenticator() *authenticator {
	v.t.Helper()
	a := &authenticator{v: v}
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		added, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2,
				Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
				HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true, DefaultBackupEligibility: true,
				DefaultBackupState: true}})
		if err == nil {
			a.id = added.AuthenticatorID
		}
		return err
	}))
	return a
}

// suggests says whether pages from here on suggest passkeys. The authenticator agrees to whatever it is asked, so that a suggestion is
// taken as soon as it is there.
func (a *authenticator) suggests(is bool) {
	a.v.t.Helper()
	a.v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if is {
			_, err := cdp.Call(ctx, t, cdppage.RemoveScriptToEvaluateOnNewDocument,
				cdppage.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: a.quiet})
			return err
		}
		added, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: "PublicKeyCredential.isConditionalMediationAvailable = async () => false"})
		if err == nil {
			a.quiet = added.Identifier
		}
		return err
	}))
}

// held is how many passkeys the authenticator has.
func (a *authenticator) held() (n int) {
	a.v.t.Helper()
	a.v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		got, err := cdp.Call(ctx, t, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
		if err == nil {
			n = len(got.Credentials)
		}
		return err
	}))
	return n
}

// On a phone: a passkey is made in the account, signs in by the field's suggestion and by the button, and signs in no more once it is
// removed, of which the authenticator hears.
func TestSenderP3APasskeyOnAPhone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	v := visit(t, in, l, "person")
	a := v.authenticator()
	v.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	fits := func() {
		t.Helper()
		if wide := v.eval("Math.max(0, document.documentElement.scrollWidth - 390)"); wide != "0" {
			t.Errorf("the page sticks out by %s px", wide)
		}
	}
	a.suggests(false)
	v.signIn(local.Owner)
	v.open("/account")
	v.press("Create a passkey")
	v.sees("Your passkey is ready.", "never used")
	fits()
	if n := a.held(); n != 1 {
		t.Fatalf("the authenticator has %d", n)
	}
	out := func() {
		t.Helper()
		v.open("/account")
		v.press("Sign out")
	}
	back := func() {
		t.Helper()
		v.until("the page behind the sign-in", `document.readyState === "complete" && location.pathname === "/home"`)
	}
	out()
	v.sees("Sign in with a passkey", "Email me a sign-in code")
	fits()
	v.press("Sign in with a passkey")
	back()

	out()
	v.sees("Sign in with a passkey")
	v.do(chromedp.Focus(chromedp.ID("email")), chromedp.KeyEvent("\t\t"))
	if on := v.eval("document.activeElement.textContent"); on != "Sign in with a passkey" {
		t.Errorf("two tabs behind the field is %q", on)
	}
	v.do(chromedp.KeyEvent("\r"))
	back()

	a.suggests(true)
	out()
	back() // by the suggestion alone
	a.suggests(false)

	v.open("/account")
	v.sees("last used")
	v.click(`//section[@id="passkeys"]//a[contains(., "Remove")]`)
	v.press("Remove passkey")
	v.sees("The passkey is removed.", "You have no passkeys.", "Passkey removed:")
	v.eval("new Promise(done => setTimeout(done))") // what the page said to the browser is said
	if n := a.held(); n != 0 {
		t.Errorf("the authenticator still has %d", n)
	}
}

// An invitation takes a passkey where a code would be mailed, and is accepted with it.
func TestSenderP3AnInvitationByPasskey(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	const to = "ops@acme.example"
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	if sent := owner.eval(`fetch("/v1/invites", {method: "POST", headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
		body: JSON.stringify({email: "ops@acme.example", name: "Acme Ltd"})}).then(r => r.status)`); sent != "201" {
		t.Fatalf("inviting answered %s", sent)
	}
	link := l.mailTo(to, 0).Links[0]
	v := visit(t, in, l, "client")
	a := v.authenticator()
	v.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	a.suggests(false)
	v.signIn(to)
	v.open("/account")
	v.press("Create a passkey")
	v.sees("Your passkey is ready.")
	v.press("Sign out")
	v.until("the sign-in", `location.pathname === "/sign-in"`)

	v.open(link)
	v.press("Sign in with a passkey")
	v.sees("Signed in as " + to)
	v.press("Accept Invitation")
	v.until("the portal", `location.pathname === "/portal"`)
}

// A name that was typed beside the button is there once a passkey has signed in.
func TestSenderP3ANameTypedBesideAPasskeyStays(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.installs()
	owner.open("/client-portal/links")
	link := owner.makesLink()
	v := visit(t, in, l, "guest")
	a := v.authenticator()
	a.suggests(false)
	v.signIn("joe@join.example")
	v.open("/account")
	v.press("Create a passkey")
	v.sees("Your passkey is ready.")
	v.press("Sign out")
	v.until("the sign-in", `location.pathname === "/sign-in"`)

	v.open(link)
	v.write("name", "Joe & Söhne +1")
	v.press("Sign in with a passkey")
	v.sees("Signed in as joe@join.example")
	if typed := v.eval(`document.getElementById("name").value`); typed != "Joe & Söhne +1" {
		t.Errorf("the name is %q", typed)
	}
	v.press("Join")
	v.until("the portal", `location.pathname === "/portal"`)
}
