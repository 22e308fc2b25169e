package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// TestTheListOfClientsAtWork sends an invite from the list, looks at clients beside it on a wide screen, and uses a row's menu, by
// keyboard alone.
func TestTheListOfClientsAtWork(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	for _, address := range []string{"one@client.example", "two@client.example"} {
		sent := owner.eval(`fetch("/v1/invites", {method: "POST", headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
			body: JSON.stringify({email: "` + address + `"})}).then(r => r.status)`)
		if sent != "201" && sent != "202" {
			t.Fatalf("inviting answered %s", sent)
		}
	}

	// What comes of an invite is said where the dialog was opened from, with the focus there and the client in the list.
	owner.open("/clients")
	owner.tab("Invite Client")
	owner.strike(kb.Enter)
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.strike("ops@acme.example" + kb.Enter)
	owner.sees("Invitation sent to ops@acme.example.")
	owner.isOn("Invite Client")
	owner.until("the client in the list", `document.querySelector("tbody .name a")?.textContent === "ops@acme.example"`)
	if at := owner.eval("location.pathname + location.search"); at != "/clients" {
		t.Errorf("sending led to %s", at)
	}
	// Who is a client already is a press away.
	owner.strike(kb.Enter)
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.strike("one@client.example" + kb.Enter)
	owner.sees("This address already has a pending invite.", "Open this client")
	owner.strike(kb.Escape)

	// A row's menu opens with the focus in it, and Escape goes back.
	owner.open("/clients")
	owner.eval(`document.querySelector("button[name=menu]").focus()`)
	owner.strike(kb.Enter)
	owner.isOn("Copy address")
	owner.strike(kb.ArrowDown)
	owner.isOn("Cancel invite…")
	owner.strike(kb.Escape)
	owner.isOn("More")

	// On a wide screen the chosen client stands beside the list, and the keys go on through the list.
	owner.do(chromedp.EmulateViewport(1920, 1000))
	owner.open("/clients")
	owner.strike("j" + kb.Enter)
	owner.until("the first client beside the list", `location.pathname.startsWith("/clients/cl_") &&
		document.querySelector("#detail h1")?.textContent === "ops@acme.example" && document.querySelector("#list tr[aria-current]")`)
	owner.isOn("ops@acme.example")
	owner.strike("j" + kb.Enter)
	owner.until("the next client", `document.querySelector("#detail h1")?.textContent === "two@client.example"`)
	owner.strike(kb.Enter)
	owner.until("the focus in the client", `document.activeElement === document.querySelector("#detail h1")`)
	owner.strike(kb.Escape)
	owner.isOn("two@client.example")
	// The address is the client's: loaded again it shows the same, and going back the one before.
	owner.open(owner.eval("location.pathname"))
	owner.until("the list beside the client", `document.querySelectorAll("#list tbody tr").length === 3 &&
		document.querySelector("#detail h1")?.textContent === "two@client.example"`)
	owner.do(chromedp.EmulateViewport(1440, 900))
	owner.until("the client alone", `document.getElementById("list").getBoundingClientRect().width === 0`)
}
