package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
)

// From the Marketplace to external users with roles, by email and by a link, and back: every page of Client Portal on the way is
// looked at on a phone and on a desk.
func TestFL1ToFL23TheMainJobOfClientPortal(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/client-portal")
	owner.sees("Client Portal isn't installed.")
	owner.installs()
	owner.look("marketplace-installed")
	owner.open("/client-portal")
	owner.sees("External Users", "Invitations", "External User Roles", "Links", "Settings", "Nobody has accepted yet")
	owner.look("external-users-empty")

	// FL19, FL20: a role is off when it is new, and gives what is ticked.
	owner.open("/client-portal/roles")
	owner.look("roles")
	owner.write("name", "Reseller")
	owner.press("Create role")
	owner.sees("Role created.", "View fields", "View relations", "Available actions")
	owner.ticks("Name")
	owner.ticks("Active A role that is off gives nothing.")
	owner.press("Save role")
	owner.sees("Role saved.")
	owner.look("role")
	owner.press("See as")
	owner.sees("The role “Reseller” gives it.", "Shown", "Hidden")
	owner.look("see-as-role")

	owner.open("/contacts?ask=add")
	owner.until("the focus in the name", `document.activeElement.id === "contact-name"`)
	owner.write("contact-name", "Ida Berg")
	owner.write("contact-email", "ida@acme.example"+kb.Enter)
	owner.sees("Contact added.")
	owner.look("contact")
	owner.open("/contacts")
	owner.look("contacts")

	// FL7: a line for each person, and a word about each of them. What was wrong is not typed anew.
	owner.open("/client-portal/invite")
	owner.write("email1", "ida@acme.example")
	owner.write("email2", "nonsense")
	owner.look("invite-users")
	owner.click(`//button[@value="send"]`)
	owner.sees("ida@acme.example", "Not sent")
	owner.look("invite-users-sent")
	owner.open("/client-portal/invitations")
	owner.sees("ida@acme.example", "Pending", "Cancel")
	owner.look("invitations")

	client := visit(t, in, l, "client")
	client.accepts("ida@acme.example")

	// FL22: the card, and the end of the access.
	owner.open("/client-portal")
	owner.look("external-users")
	owner.press("ida@acme.example")
	owner.sees("End of access", "Rules for this user alone", "History")
	owner.look("external-user")
	owner.press("End now")
	owner.sees("Their access has ended.")
	owner.look("external-user-ended")
	client.open("/portal")
	client.sees("Your access has ended", "To get access again, ask Nora Lindqvist")
	client.look("portal-over")
	owner.click(`//button[contains(., "Extend by 30 days")]`)
	owner.sees("Access extended.")
	client.open("/portal")
	client.doesNotSee("Your access has ended")

	// FL11 to FL13: a link lets people in, and is dead once it is reset.
	owner.open("/client-portal/links")
	owner.look("links-empty")
	owner.ticks("Create a CRM contact for an external user")
	owner.ticks("Reseller")
	link := owner.makesLink()
	owner.look("links")
	guest := visit(t, in, l, "guest")
	guest.open(link)
	guest.look("join")
	guest.write("email", "joe@join.example"+kb.Enter)
	guest.sees("Check your email")
	guest.look("join-code")
	guest.code("joe@join.example", 0)
	guest.until("the portal", `location.pathname === "/portal"`)
	guest.press("Your details")
	guest.sees("What Northwind Automations has about you.")
	guest.look("portal-details")
	guest.press("Overview")
	guest.until("the portal", `location.pathname === "/portal"`)
	owner.open("/client-portal/links")
	owner.click(`//ul[contains(@class, "rows")]//a`)
	owner.sees("1 of 25 uses", "joe@join.example")
	owner.look("link")
	owner.press("Reset")
	owner.click(`//dialog[@open]//button[normalize-space()="Reset"]`)
	owner.sees("New link created")
	stranger := visit(t, in, l, "stranger")
	stranger.open(link)
	stranger.sees("This link doesn't work", "Ask whoever sent it for a new one.")
	stranger.look("join-dead")
	guest.open(link)
	guest.press("Open your portal")
	guest.until("the portal again", `location.pathname === "/portal"`)

	// FL17, and FL1 back again: nothing is lost.
	owner.open("/settings/client-portal")
	owner.sees("Portal Settings")
	owner.click(`//label[contains(., "Employees can invite external users")]`)
	owner.press("Save settings")
	owner.sees("Settings saved.")
	owner.look("portal-settings")
	owner.open("/marketplace")
	owner.press("Remove…")
	owner.do(chromedp.WaitVisible(chromedp.CSS("dialog#remove[open]")))
	owner.look("marketplace-remove")
	owner.press("Remove Client Portal")
	owner.sees("Client Portal is removed. Nothing is lost.")
	guest.open("/portal")
	guest.doesNotSee("Your details")
	owner.installs()
	owner.open("/client-portal/roles")
	owner.sees("Reseller")
}

// Links and forms alone do all of Client Portal, for the agency and for whoever comes in.
func TestClientPortalNeedsNoScript(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.withoutScript()
	owner.installs()

	owner.open("/client-portal/roles")
	owner.press("Create role")
	owner.sees("Give the role a name.")
	owner.write("name", "Reseller")
	owner.press("Create role")
	owner.sees("Role created.")
	owner.ticks("Name")
	owner.ticks("Active A role that is off gives nothing.")
	owner.press("Save role")
	owner.sees("Role saved.")

	owner.open("/contacts?ask=add")
	owner.write("contact-name", "Ida Berg")
	owner.write("contact-email", "not an address"+kb.Enter)
	owner.sees("Enter a valid email address.")
	owner.do(chromedp.SetValue(chromedp.ID("contact-email"), "ida@acme.example"))
	owner.write("contact-email", kb.Enter)
	owner.sees("Contact added.")

	owner.open("/client-portal/invite")
	owner.write("email1", "ida@acme.example")
	owner.write("email2", "nonsense")
	owner.click(`//button[@value="send"]`)
	owner.sees("ida@acme.example", "Not sent")

	client := visit(t, in, l, "client")
	client.withoutScript()
	client.accepts("ida@acme.example")
	owner.open("/client-portal")
	owner.press("ida@acme.example")
	owner.press("End now")
	owner.sees("Their access has ended.")

	owner.open("/client-portal/links")
	link := owner.makesLink()
	guest := visit(t, in, l, "guest")
	guest.withoutScript()
	guest.open(link)
	guest.write("email", "joe@join.example")
	guest.press("Email me a sign-in code")
	guest.sees("Check your email")
	guest.code("joe@join.example", 0)
	guest.press("Join")
	guest.until("the portal", `location.pathname === "/portal"`)
	owner.open("/client-portal/links")
	owner.click(`//ul[contains(@class, "rows")]//a`)
	owner.press("Reset")
	owner.click(`//dialog[@open]//button[normalize-space()="Reset"]`)
	owner.sees("New link created")

	owner.open("/marketplace")
	owner.press("Remove…")
	owner.click(`//dialog[@open]//button[normalize-space()="Remove Client Portal"]`)
	owner.sees("Client Portal is removed. Nothing is lost.")
}

// Client Portal with no pointer at all: each stop is seen, and the focus goes where the work goes on.
func TestClientPortalByKeyboardAlone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	owner.open("/marketplace")
	owner.tab("Install")
	owner.strike(kb.Enter)
	owner.sees("Client Portal is installed.")

	owner.open("/client-portal/roles")
	owner.tab("Name")
	owner.strike("Reseller" + kb.Enter)
	owner.sees("Role created.")
	owner.tab("Active")
	owner.strike(" ")
	owner.tab("Edit own phone and address")
	owner.strike(" ")
	owner.tab("Save role")
	owner.strike(kb.Enter)
	owner.sees("Role saved.")

	owner.open("/contacts")
	owner.tab("Add contact")
	owner.strike(kb.Enter)
	owner.isOn("Name")
	owner.strike(kb.Escape)
	owner.isOn("Add contact")
	owner.strike(kb.Enter)
	owner.isOn("Name")
	owner.strike("Ida Berg" + kb.Enter)
	owner.sees("Contact added.")

	owner.open("/client-portal/links")
	owner.tab("Name")
	owner.strike("Newsletter")
	owner.tab("Create and copy link")
	owner.strike(kb.Enter)
	owner.sees("Link created")
	owner.tab("Newsletter")
	owner.strike(kb.Enter)
	owner.sees("Who joined")
	owner.tab("Reset")
	owner.strike(kb.Enter)
	owner.isOn("Cancel")
	owner.tab("Reset")
	owner.strike(kb.Enter)
	owner.sees("New link created")

	owner.open("/marketplace")
	owner.tab("Remove…")
	owner.strike(kb.Enter)
	owner.isOn("Keep it")
	owner.strike(kb.Escape)
	owner.isOn("Remove…")
	owner.strike(kb.Enter)
	owner.isOn("Keep it")
	owner.tab("Remove Client Portal")
	owner.strike(kb.Enter)
	owner.sees("Client Portal is removed.")
}

// installs installs Client Portal in the Marketplace.
func (v *visitor) installs() {
	v.t.Helper()
	v.open("/marketplace")
	v.press("Install")
	v.sees("Client Portal is installed.")
}

// ticks ticks the box that reads like that.
func (v *visitor) ticks(words string) {
	v.t.Helper()
	v.click(fmt.Sprintf(`//label[contains(@class, "tick")][normalize-space()=%q]`, words))
}

// accepts follows the invitation that was mailed to the address, up to the portal.
func (v *visitor) accepts(address string) {
	v.t.Helper()
	v.open(v.l.mailTo(address, 0).Links[0])
	v.press("Accept Invitation")
	v.sees("Enter your code")
	v.code(address, 1)
	if v.eval(`matchMedia("(scripting: enabled)").matches`) != "true" {
		v.click(`//main//form//button[contains(@class, "main")]`)
	}
	v.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
}

// makesLink saves the form of a link by which people join, and takes the link from the page, which shows it once.
func (v *visitor) makesLink() string {
	v.t.Helper()
	v.press("Create and copy link")
	v.sees("Link created", "We won't show it again.")
	return v.eval(`document.querySelector(".secret code").textContent.trim()`)
}
