package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// strike presses keys, and nothing else: wherever the focus is. Each key goes down once, as from a keyboard, so that a
// page that takes it then keeps it from writing anything.
func (v *visitor) strike(keys string, modifiers ...chromedp.Modifier) {
	v.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := events[0], events[len(events)-1]
		for _, m := range modifiers {
			down.Modifiers |= int64(m)
		}
		up.Modifiers = down.Modifiers
		if len(events) == 3 && down.Modifiers&^int64(chromedp.ModifierShift) == 0 {
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		} else if down.Modifiers == int64(chromedp.ModifierCtrl) && r == 'a' {
			down.Commands = []string{"selectAll"}
		}
		v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *down); err != nil {
				return err
			}
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *up)
			return err
		}))
	}
}

// focus says what has the focus, as a screen reader would call it.
func (v *visitor) focus() string {
	v.t.Helper()
	return v.eval(focused)
}

const focused = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "";
	const said = e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || e.id;
	return said.replace(/\s+/g, " ").trim();
})()`

// shown fails the test when one cannot see where the focus is: nothing is drawn around it, or it is out of sight.
func (v *visitor) shown() {
	v.t.Helper()
	// Drawn around the element itself, or around what stands for it: its label, its row.
	const script = `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return "";
		const drawn = (x) => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
		const around = [e, e.nextElementSibling, e.closest("label"), e.closest("tr"), e.closest("li")];
		if (!around.some(drawn)) return "nothing is drawn around it";
		const b = (e.closest("label") ?? e).getBoundingClientRect();
		const within = b.bottom > 0 && b.right > 0 && b.top < innerHeight && b.left < innerWidth;
		if (b.width < 1 || b.height < 1 || !within) return "it is out of sight, at " + JSON.stringify(b);
		return "";
	})()`
	// A smooth move of the page may be under way.
	v.until("the focus on "+v.focus()+" to be seen ("+v.eval(script)+")", script+` === ""`)
}

// tab goes on, stop by stop, until the focus is on what is called like this. Every stop on the way must be seen.
func (v *visitor) tab(to string, o ...chromedp.Modifier) {
	v.t.Helper()
	var stops []string
	for range 60 {
		v.strike(kb.Tab, o...)
		v.shown()
		on := v.focus()
		if strings.HasPrefix(on, to) {
			return
		}
		stops = append(stops, on)
	}
	v.t.Fatalf("%s does not come to %q by keyboard, but to %q", v.name, to, stops)
}

func (v *visitor) isOn(what string) {
	v.t.Helper()
	v.until("the focus on "+what, fmt.Sprintf(`document.readyState === "complete" && %s.startsWith(%q)`, focused, what))
	v.shown()
}

// From signing in to a client that stands in its portal, with no pointer at all.
func TestTheWholeInviteByKeyboardAlone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")

	owner.open("/sign-in")
	owner.isOn("Email address")
	owner.strike("not an address" + kb.Enter)
	owner.sees("Enter a valid email address.")
	owner.tab("Email address")
	owner.strike("a", chromedp.ModifierCtrl)
	owner.strike(local.Owner + kb.Enter)
	owner.sees("Check your email")
	owner.isOn("Sign-in code")
	owner.strike(l.mailTo(local.Owner, 0).Subject[:6]) // which sends itself
	owner.sees("Invite your first client")
	owner.open("/clients")

	// The first stop skips the panel; the next one after it is the page's one action.
	owner.strike(kb.Tab)
	owner.isOn("Skip to content")
	owner.strike(kb.Enter)
	owner.tab("Invite Client")
	owner.strike(kb.Enter) // a link, to the list with its dialog open
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.isOn("Client email")

	// Escape closes, the focus goes back to where it came from, and what was typed is still there.
	owner.strike("ops@acme.example")
	owner.strike(kb.Escape)
	owner.until("the dialog closed", `!document.querySelector("dialog#invite").open`)
	owner.isOn("Invite Client")
	owner.strike(kb.Enter)
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.isOn("Client email")
	if typed := owner.eval(`document.activeElement.value`); typed != "ops@acme.example" {
		t.Errorf("the address reads %q after the dialog was closed, want it kept", typed)
	}
	owner.tab("Client name")
	owner.strike("Acme Ltd")

	// The payer is one stop, with arrow keys inside of it.
	owner.tab("You Pay")
	owner.strike(kb.ArrowRight)
	owner.isOn("Ask Client to Pay")
	owner.strike(kb.End + kb.Home)
	owner.isOn("You Pay")
	if on := owner.eval(`document.querySelector("[name=payer]:checked").value`); on != "agency" {
		t.Errorf("the payer is %q, want agency", on)
	}

	// What is opened: a tick with the space bar, then its right with the arrow keys.
	owner.tab("Acme production")
	owner.strike(" ")
	owner.tab("Read-only")
	owner.strike(kb.ArrowRight)
	owner.isOn("Read-write")
	owner.tab("Personal message")
	owner.tab("Acme production", chromedp.ModifierShift) // and back again
	owner.tab("Send invite")
	owner.strike(" ")
	if owner.listed() {
		owner.isOn("Invite Client")
		owner.tab("See how it's going")
		owner.strike(kb.Enter)
	}
	owner.sees("Invite pending - This client has not yet accepted their invitation.", "Acme production")

	mail := l.mailTo("ops@acme.example", 0)
	client := visit(t, in, l, "client")
	client.open(mail.Links[0])
	client.sees("Nora Lindqvist from Northwind Automations invited you")
	client.tab("Accept Invitation")
	client.strike(kb.Enter)
	client.sees("Enter your code")
	client.isOn("Sign-in code")
	client.strike(l.mailTo("ops@acme.example", 1).Subject[:6])
	client.until("the portal", `location.pathname.startsWith("/portal") && document.readyState === "complete"`)
	client.sees("Acme production")
	client.strike(kb.Tab)
	client.isOn("Skip to content")
	client.strike(kb.Enter)
	client.until("a stop in the content", `document.activeElement`)
	client.strike(kb.Tab)
	client.shown()
	if !strings.Contains(client.eval(`document.activeElement.closest("main") ? "main" : ""`), "main") {
		t.Errorf("after the skip link, the focus is on %q, outside of the content", client.focus())
	}

	// The owner's way back to the client: the list, by its name.
	owner.open("/clients")
	owner.tab("Acme Ltd")
	owner.strike(kb.Enter)
	owner.sees("Timeline", "Active")
}
