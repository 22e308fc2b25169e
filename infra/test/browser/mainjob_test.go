package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

func TestFE3FE21FE22TheMainJob(t *testing.T) {
	l, in := product(t), chromium.Start(t)

	owner := visit(t, in, l, "owner")
	owner.open("/sign-in")
	owner.look("sign-in")
	owner.signIn(local.Owner)
	owner.sees("Invite your first client")
	owner.look("home-empty")
	owner.open("/clients")
	owner.sees("Invite your first client")
	owner.look("clients-empty")

	// One invite, by keyboard once the dialog is open: the focus is in the address, Enter sends.
	owner.press("Invite Client")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	if on := owner.eval("document.activeElement.id"); on != "email" {
		t.Errorf("the focus is in %q, want the address", on)
	}
	owner.sees("Link Instances", "Acme production", "Link Services", "10 of 10 invites left this hour")
	owner.sees("can't be shared right now: ", "Delta onboarding") // pending_deploy
	if owner.eval(`[...document.querySelectorAll(".choice")].some(c => c.textContent.includes("Delta onboarding"))`) != "false" {
		t.Error("what waits to be deployed can be ticked")
	}
	owner.look("invite-dialog")
	owner.write("name", "Acme Ltd")
	owner.click(`//label[contains(., "Acme production")]/input`)
	owner.click(`//label[contains(., "Acme staging")]/input`)
	owner.click(`//li[contains(., "Acme staging")]//label[contains(., "Read-write")]`)
	owner.write("email", "ops@acme.example"+kb.Enter)
	owner.sent("ops@acme.example")
	owner.sees("Invite pending - This client has not yet accepted their invitation.", "spam folder", "Acme staging")
	owner.look("client-pending")

	mail := l.mailTo("ops@acme.example", 0)
	if len(mail.Links) != 1 || !strings.HasPrefix(mail.Links[0], l.origin+"/i/lki_") {
		t.Fatalf("links in the mail: %v, want exactly one, to the invitation", mail.Links)
	}
	if want := "Nora Lindqvist from Northwind Automations invited Acme Ltd to their client portal"; mail.Subject != want {
		t.Errorf("subject %q, want %q", mail.Subject, want)
	}

	client := visit(t, in, l, "client")
	client.open(mail.Links[0])
	client.sees("Nora Lindqvist from Northwind Automations invited you to their client portal", "o•••@acme.example")
	client.doesNotSee("ops@acme.example")
	client.look("invitation")
	client.press("Accept Invitation")
	client.sees("Enter your code", "Acme staging", "Read-write")
	client.look("invitation-code")
	client.code("ops@acme.example", 1) // which is the last thing to do: it sends itself
	client.until("the portal", `location.pathname === "/portal"`)
	client.sees("Your portal", "Acme production", "Acme staging")
	client.look("portal")

	client.open(mail.Links[0])
	client.sees("You've already accepted")
	stranger := visit(t, in, l, "stranger")
	stranger.open(mail.Links[0])
	stranger.sees("This invitation is no longer valid.")
	stranger.look("invitation-gone")

	owner.open("/clients")
	owner.sees("Acme Ltd", "Active")
	owner.look("clients")
	owner.press("Acme Ltd")
	owner.sees("Timeline")
	owner.doesNotSee("Invite pending")
	owner.look("client-active")
	owner.open("/docs")
	owner.sees("Quickstart")
}

func TestFE19AMailThatCannotBeSentLosesNothingTyped(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.press("Invite Client")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
	owner.write("name", "Someone")
	owner.write("email", "not an address"+kb.Enter)
	owner.sees("Enter a valid email address.")
	owner.do(chromedp.SetValue(chromedp.ID("email"), "someone@reject.example"))
	owner.press("Send invite")
	owner.sees("We couldn't email someone@reject.example", "No invite was created.")
	if name := owner.eval(`document.getElementById("name").value`); name != "Someone" {
		t.Errorf("the name reads %q after the refusal, want it kept", name)
	}
	owner.look("invite-refused")
	owner.open("/clients")
	owner.sees("Invite your first client")
}

func TestDeadLinksSayWhatToDo(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	invite := func(address string) string {
		owner.open("/clients?invite=new")
		owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#invite[open] #email")))
		owner.write("email", address+kb.Enter)
		owner.sent(address)
		return l.mailTo(address, 0).Links[0]
	}
	canceled := invite("first@acme.example")
	owner.press("Cancel invite…")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#cancel[open]")))
	owner.look("client-cancel")
	owner.press("Cancel the invite")
	owner.do(chromedp.WaitNotPresent(chromedp.CSS("dialog#cancel")))
	expired := invite("second@acme.example")

	guest := visit(t, in, l, "guest")
	guest.open(canceled)
	guest.sees("This invitation is no longer valid.")
	guest.signIn("somebody@else.example")
	guest.sees("No portal for this address")
	guest.look("nothing-here")
	guest.open(expired)
	guest.sees("This invitation is for another address", "s•••@acme.example")
	guest.look("invitation-other-account")
	l.advance(8 * 24 * time.Hour)
	guest.open(expired)
	guest.sees("This invitation has expired")
	guest.look("invitation-expired")
}

func TestFE1AnAgencyOnFreeIsToldWhatInvitingNeeds(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	solo := visit(t, in, l, "solo owner")
	solo.signIn(local.SoloOwner)
	solo.sees("Get the Max plan", "You need Max to invite clients.")
	solo.look("home-free-plan")
	solo.open("/clients")
	solo.sees("Inviting clients needs the Max plan.")
	solo.look("clients-free-plan")
}
