package browser_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// clipboard lets the test read the clipboard, and pages write to it by themselves.
func (v *visitor) clipboard() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, name := range []string{"clipboard-read", "clipboard-write"} {
			_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{Origin: v.l.origin,
				Setting: browser.PermissionSettingGranted, Permission: &browser.PermissionDescriptor{Name: name},
				BrowserContextID: chromedp.FromContext(ctx).BrowserContextID})
			if err != nil {
				return err
			}
		}
		_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

// refusesToCopy has the browser refuse what pages write to the clipboard from here on, as one does that wants to see a click for it.
func (v *visitor) refusesToCopy() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: `Clipboard.prototype.writeText = () =>
				Promise.reject(new DOMException("Write permission denied.", "NotAllowedError"))`})
		return err
	}))
}

// link is the address that the page shows of a link that was just made.
func (v *visitor) link() string {
	return v.eval(`document.getElementById("secret").textContent.trim()`)
}

// TestPortalL1TheLinkIsCopiedAndThePageSaysSoOnlyThen makes a link where the browser lets pages copy, resets it, and makes one where the
// browser refuses, and one without a script.
func TestPortalL1TheLinkIsCopiedAndThePageSaysSoOnlyThen(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	if got := owner.eval(`fetch("/v1/portal-app", {method: "PUT"}).then(r => r.status)`); got != "200" {
		t.Fatalf("installing answers %s", got)
	}
	const copied, refused = "Copied. Paste it where you want to share it.", "Your browser didn't let us copy it."
	kept := func() string { return owner.eval("navigator.clipboard.readText()") }

	owner.clipboard()
	owner.open("/client-portal/links")
	owner.press("Create and copy link")
	owner.sees("Link created", copied)
	first := owner.link()
	if kept() != first {
		t.Errorf("%q is on the clipboard, and the link is %q", kept(), first)
	}
	owner.open("/client-portal/links")
	owner.click(`(//ul//a[b])[1]`)
	owner.press("Reset")
	owner.click(`//dialog[@open]//button[normalize-space()="Reset"]`)
	owner.sees("New link created", copied)
	second := owner.link()
	if kept() != second || second == first {
		t.Errorf("%q is on the clipboard, and the link is %q", kept(), second)
	}

	owner.refusesToCopy()
	owner.open("/client-portal/links")
	owner.press("Create and copy link")
	owner.sees("Link created", refused)
	owner.doesNotSee(copied)
	if got := owner.eval("getSelection().toString().trim()"); got != owner.link() {
		t.Errorf("%q is selected, and the link is %q", got, owner.link())
	}
	if kept() != second {
		t.Errorf("%q is on the clipboard", kept())
	}

	owner.withoutScript()
	owner.open("/client-portal/links")
	owner.press("Create and copy link")
	owner.sees("Link created", "Copy it now. We won't show it again.")
	owner.doesNotSee(copied)
	if got := owner.eval(`getComputedStyle(document.getElementById("secret")).userSelect`); got != "all" {
		t.Errorf("a click on the link selects %s", strconv.Quote(got))
	}
	if got := owner.eval(`document.querySelector("[data-copy=secret]").hidden`); got != "true" {
		t.Error("there is a button that does nothing")
	}

	guest := visit(t, in, l, "guest")
	guest.open(second)
	guest.sees("Email me a sign-in code")
	guest.open(first)
	guest.sees("This link doesn't work")
}
