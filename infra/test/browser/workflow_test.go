package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/n8n"
	"latchkey.dev/infra/test/chromium"
)

// An agency connects an n8n in the dialog, and its client switches a workflow in place, by the script and by keyboard.
func TestX14ConnectingAnN8NAndSwitchingItsWorkflows(t *testing.T) {
	l, in := product(t), chromium.Start(t)

	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/instances")
	owner.press("Connect an instance")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#connect[open] #name")))
	if on := owner.eval("document.activeElement.id"); on != "name" {
		t.Errorf("the focus is in %q, want the name", on)
	}
	owner.write("name", "Browser n8n")
	owner.write("url", l.standIns+"/browser")
	owner.write("apiKey", "wrong")
	owner.press("Connect instance")
	owner.sees("There is a problem", "refuses the API key")
	got := owner.eval(`[document.activeElement.id, document.getElementById("name").value,
		document.getElementById("apiKey").value].join()`)
	if got != "problems,Browser n8n," {
		t.Errorf("focus, name and key after a refusal: %q", got)
	}
	owner.write("apiKey", n8n.Key("browser"))
	owner.press("Connect instance")
	owner.sees("Connected.", "Nobody yet.")
	owner.look("instance")
	id := owner.eval(`location.pathname.split("/")[2]`)
	sent := owner.eval(fmt.Sprintf(`fetch("/v1/invites", {method: "POST", headers: {"Content-Type": "application/json"},
		body: JSON.stringify({email: "ops@acme.example", grants: [{resource: %q, access: "write"}]})}).then(r => r.status)`, id))
	if sent != "201" && sent != "202" {
		t.Fatalf("inviting answered %s", sent)
	}

	client := visit(t, in, l, "client")
	client.open(l.mailTo("ops@acme.example", 0).Links[0])
	client.press("Accept Invitation")
	client.sees("Enter your code")
	client.code("ops@acme.example", 1)
	client.sees("Your portal", "Browser n8n")
	client.click(`//a[starts-with(normalize-space(), "See workflows")]`)
	client.sees("Invoice reminders", "Last runs")
	client.look("portal-instance")

	switchOf := func(name string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".flows li")].find(l => l.textContent.includes(%q)).querySelector("button")`,
			name)
	}
	reminders := switchOf("Invoice reminders")
	client.eval(reminders + `.focus()`)
	client.do(chromedp.KeyEvent(" "))
	client.until("the switch to be on",
		reminders+
			`.getAttribute("aria-checked") === "true" && document.querySelector("[data-said]").textContent === "Invoice reminders is on."`)
	if at := client.eval(`[location.search, document.activeElement === ` + reminders + `].join()`); at != ",true" {
		t.Errorf("switching left the page, or lost the focus: %s", at)
	}
	client.click(`//li[contains(., "Invoice reminders")]//button`)
	client.until("the switch to be off", reminders+`.getAttribute("aria-checked") === "false" &&
		document.querySelector("[data-said]").textContent === "Invoice reminders is off."`)

	owner.press("Check now")
	owner.sees("n8n is answering.")
	owner.press("Disconnect…")
	owner.sees("This client loses access right away:", "ops@acme.example")
	owner.press("Disconnect instance")
	owner.sees("Disconnected.")
	client.open("/portal")
	client.sees("Nothing is shared with you yet")
}
