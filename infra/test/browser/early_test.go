package browser_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestWhatIsDoneBeforeTheScriptIsThereCounts does on each page what somebody quick does on a slow line: the page is there, and its
// script is not.
func TestWhatIsDoneBeforeTheScriptIsThereCounts(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	for _, x := range []struct{ email, name string }{{"ops@acme.example", "Acme GmbH"}, {"hello@borealis.example", "Borealis Labs"}} {
		owner.open("/clients?invite=new")
		owner.write("email", x.email)
		owner.write("name", x.name)
		owner.click(`//label[contains(., "Acme staging")]/input`)
		owner.press("Send invite")
		owner.listed()
	}
	client := visit(t, in, l, "client")
	client.accepts("ops@acme.example")

	owner.scripts(false)
	owner.goes("/clients")
	owner.types("q", "boreal")
	owner.scripts(true)
	owner.until("the one that was looked for", `location.search === "?q=boreal" && document.querySelectorAll("#list .name").length === 1`)

	// A right that was chosen is saved: the button that would have is gone.
	owner.scripts(false)
	owner.goes("/clients")
	link := owner.eval(`[...document.querySelectorAll("#list .name a")].find(a => a.textContent.includes("Acme")).pathname`)
	owner.goes(link)
	const right = `document.querySelector("form[data-right] [name=access][value=write]")`
	owner.until("a right that can be chosen", right)
	owner.eval(right + ".click()")
	owner.scripts(true)
	owner.sees("Acme staging", "Undo")
	owner.open(link)
	owner.until("the right that was chosen", right+".checked")

	owner.scripts(false)
	owner.goes("/settings")
	owner.types("name", " & Sons")
	owner.scripts(true)
	owner.until("the name in the preview", `document.querySelector("[data-preview] [data-name]").textContent.includes(" & Sons")`)

	// Whoever types into a dialog that came open goes on where they are.
	owner.scripts(false)
	owner.goes("/clients?invite=new")
	owner.types("name", "Cedar Bikes")
	owner.scripts(true)
	owner.until("the focus where it was", `document.activeElement.id === "name" &&
		document.querySelector("#invite-form").closest("dialog").open`)

	// Where an agency begins, the code that is typed sends itself.
	founder := visit(t, in, l, "founder")
	founder.open("/sign-up")
	founder.write("name", "Birch Studio")
	founder.write("email", "mia@birch.example")
	founder.scripts(false)
	founder.click(`//main//form//button[contains(@class, "main")]`)
	founder.until("the code's field", `document.readyState === "interactive" && document.getElementById("code")`)
	founder.types("code", sixDigits.FindString(l.mailTo("mia@birch.example", 0).Subject))
	founder.scripts(true)
	founder.until("the agency", `location.pathname !== "/sign-up" && document.body.innerText.includes("Birch Studio")`)
}

// goes follows an address, and waits for what the page has without its script.
func (v *visitor) goes(path string) {
	v.t.Helper()
	v.eval(fmt.Sprintf("void location.assign(%q)", path))
	v.until("the page without its script",
		fmt.Sprintf(`location.pathname + location.search === %q && document.readyState === "interactive"`, path))
}

// scripts lets the scripts of the visitor's pages come, or has them wait.
func (v *visitor) scripts(come bool) {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if come {
			_, err := cdp.Call(ctx, t, fetch.Disable, cdp.Empty{})
			return err
		}
		// What the browser has kept does not wait.
		if _, err := cdp.Call(ctx, t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/assets/*.js"}}})
		return err
	}))
	if come {
		v.until("the whole page", `document.readyState === "complete"`)
	}
}
