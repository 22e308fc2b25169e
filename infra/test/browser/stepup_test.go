package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
	"latchkey.dev/shared/domain/identity"
)

// TestSenderO8FormsGoOnWithAllThatWasTyped sends forms of a sign-in that is too old, confirms on the page between, and looks at what
// has become of what was typed: a form with a text, one with many boxes of one name, and one of many fields with a password.
func TestSenderO8FormsGoOnWithAllThatWasTyped(t *testing.T) {
	for _, script := range []bool{true, false} {
		t.Run(fmt.Sprintf("script %t", script), func(t *testing.T) {
			l, in := product(t), chromium.Start(t)
			owner := visit(t, in, l, "owner")
			owner.signIn(local.Owner)
			owner.open("/settings/email")
			owner.write("domain", ownDomain+kb.Enter)
			owner.sees("Add the records") // which takes no step-up
			if !script {
				owner.withoutScript()
				owner.do(chromedp.EmulateViewport(320, 900))
			}
			fits := func() {
				t.Helper()
				owner.until("a page that sticks out nowhere", `innerWidth === 1440 || document.documentElement.scrollWidth <= 320`)
			}
			confirms := func(button, page string) {
				t.Helper()
				before := len(l.mails(local.Owner))
				owner.press(button)
				owner.sees("Confirm it's you", local.Owner, "Cancel")
				if script && page != "" {
					owner.look(page)
				}
				fits()
				owner.code(local.Owner, before)
				if !script {
					owner.press("Confirm")
				}
			}
			late := func() { l.advance(identity.StepUpLasts + time.Minute) }

			late()
			owner.open("/settings/members")
			owner.write("email", "kim@northwind-automations.com")
			owner.write("name", `Kim "K" & Søn`)
			owner.click(`//label[contains(., "Owner")][.//input[@type="radio"]]`)
			confirms("Add member", "step-up")
			owner.sees(`Kim "K" & Søn`, "kim@northwind-automations.com")

			late()
			owner.open("/settings/keys")
			owner.sees("Powerful permissions", "Each use is in Activity")
			if fits(); script {
				owner.look("keys-powers")
			}
			owner.write("name", "CRM sync")
			for _, scope := range []string{"invites:write", "clients:read", "roles:write"} {
				owner.click(fmt.Sprintf(`//input[@name="scope"][@value=%q]`, scope))
			}
			confirms("Create key", "")
			owner.sees("CRM sync", "clients:read, invites:write, roles:write", "Powerful")

			late()
			owner.open("/settings/email")
			owner.eval(`document.getElementById("server").setAttribute("open", "")`)
			owner.write("host", "smtp.northwind-automations.com")
			owner.do(chromedp.SetValue(chromedp.ID("port"), "465"))
			owner.write("user", "mailer+1@northwind")
			owner.write("password", `p&"<ss`)
			confirms("Save server", "")
			owner.until("what was typed", `document.getElementById("host")?.value === "smtp.northwind-automations.com" &&
				document.getElementById("port").value === "465" && document.getElementById("user").value === "mailer+1@northwind"`)
			owner.sees("leave empty to keep the stored one")

			late()
			owner.open("/settings/agency?delete=ask") // and who thinks better of it comes back
			owner.write("name", "Northwind Automations")
			owner.press("Delete for good")
			owner.sees("Confirm it's you")
			owner.press("Cancel")
			owner.until("the agency's page", `location.pathname === "/settings/agency"`)
		})
	}
}
