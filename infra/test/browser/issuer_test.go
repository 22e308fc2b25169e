package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/provider"
	"latchkey.dev/infra/test/chromium"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// asks calls an operation as who is signed in, and is the status that comes back, with one value of the answer.
func (v *visitor) asks(method, path, body, value string) string {
	v.t.Helper()
	return v.eval(fmt.Sprintf(`fetch(%q, {method: %q, headers: {"Content-Type": "application/json", "Prefer": "wait=10"},
		body: %q || undefined}).then(async r => r.status + " " + ((await r.json().catch(() => ({})))[%q] ?? ""))`,
		path, method, body, value))
}

// signsAt signs in at the stand-in for an agency's own provider, whose page it is on.
func (v *visitor) signsAt(address string) {
	v.t.Helper()
	v.sees("Sign in as whoever you like")
	v.write("email", address)
	v.press("Continue")
}

// byCode signs in by a code, which leads to the way in of the agency that somebody last acted for.
func (v *visitor) byCode(address, to string) {
	v.t.Helper()
	before := len(v.l.mails(address))
	v.open("/sign-in?email=" + address)
	v.press("Email me a sign-in code")
	v.sees("Check your email")
	v.code(address, before)
	v.until("the agency's own way in", fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, to))
}

// chooses goes on as the agency, on the page that lists those at which the person works.
func (v *visitor) chooses(agency string) {
	v.t.Helper()
	v.click(fmt.Sprintf(`//button[.//b[normalize-space()=%q]]`, agency))
}

// An owner sets up the agency's own provider, tests it and requires it; a member comes in by it on a phone, and their other agency and
// the portal of a third one open by code as before; and when it fails an owner enters without it.
func TestSenderO6AnAgencyRequiresItsOwnSignInAndAMemberComesInOnAPhone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	inside := l.inside()
	if asBuilt != "" {
		t.Skip("the stand-in is in the product's own process")
	}
	const kim = "kim@northwind.example"
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	at := strings.TrimPrefix(owner.asks("GET", "/v1/agency", "", "id"), "200 ")
	if got := owner.asks("POST", "/v1/members", `{"email":"`+kim+`","level":"admin"}`, "id"); !strings.HasPrefix(got, "201 mb_") {
		t.Fatalf("adding a member answers %s", got)
	}

	// Kim has an agency of their own, and is a client of Solo Studio.
	operator := dynamo.OpenOperator(inside.Engine.Config(), inside.Stack.Environment("Clients")["TABLE_NAME"], inside.Now)
	solo := visit(t, in, l, "solo")
	solo.signIn(local.SoloOwner)
	other := strings.TrimPrefix(solo.asks("GET", "/v1/agency", "", "id"), "200 ")
	if err := operator.SetPlan(t.Context(), id.Agency(other), agency.Max, audit.Entry{
		ID: id.New[id.Event](id.EventPrefix, inside.Now()), At: inside.Now(), Actor: audit.System, Action: audit.PlanChanged,
		Subject: other}); err != nil {
		t.Fatal(err)
	}
	before := len(l.mails(kim))
	if got := solo.asks("POST", "/v1/invites", `{"email":"`+kim+`","name":"Kim Larsen"}`, "id"); !strings.HasPrefix(got, "201 in_") {
		t.Fatalf("inviting answers %s", got)
	}
	link := l.mailTo(kim, before).Links[0]
	v := visit(t, in, l, "member")
	v.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	v.signIn(kim)
	v.open(link)
	v.press("Accept Invitation")
	v.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
	if got := v.asks("POST", "/v1/agencies", `{"name":"Kim Studio"}`, "id"); !strings.HasPrefix(got, "201 ag_") {
		t.Fatalf("making an agency answers %s", got)
	}

	// The owner sets it up, tests it, and requires it.
	owner.open("/settings/sign-in")
	owner.sees("Set up your own sign-in", "Register this redirect URI at your provider:", "/sign-in/at/"+at+"/from")
	owner.look("own-sign-in-set")
	owner.write("name", "Okta")
	owner.write("issuer", inside.Company.Issuer+"/") // which is not what it calls itself
	owner.write("client-id", provider.ClientID)
	owner.write("client-secret", provider.Secret)
	owner.press("Save")
	owner.sees("Saved. Test the sign-in now.", "Not required")
	owner.press("Test sign-in")
	owner.sees("We found no OpenID provider at this issuer URL that we can use.")
	owner.look("own-sign-in-wrong")
	owner.open("/settings/sign-in?edit=1")
	owner.eval(`document.getElementById("issuer").value = ""`)
	owner.write("issuer", inside.Company.Issuer)
	owner.write("client-secret", provider.Secret)
	owner.press("Save")
	owner.sees("Saved. Test the sign-in now.")
	l.advance(identity.CodeApart + time.Second) // since the last code
	before = len(l.mails(local.Owner))
	owner.press("Test sign-in")
	owner.signsAt(local.Owner)
	owner.sees("We check this address once.")
	owner.code(local.Owner, before)
	owner.sees("You've just signed in with Okta, so it works.", "1 of 2 members has signed in with it.")
	owner.look("own-sign-in-tested")
	owner.press("Require for all members")
	owner.sees("Members sign in with Okta from now on. We've emailed all owners.", "Required")
	owner.look("own-sign-in-required")

	// Kim comes in by it, on a phone.
	v.open("/agencies")
	v.chooses("Northwind Automations")
	v.until("the way in", `location.pathname === "/sign-in/at/`+at+`" && document.readyState === "complete"`)
	v.sees("Sign in with Okta", "Northwind Automations")
	v.phone("office")
	l.advance(identity.CodeApart + time.Second)
	before = len(l.mails(kim))
	v.press("Sign in with Okta")
	v.signsAt(kim)
	v.sees("We check this address once. Enter the code, and Okta signs you in from then on.")
	v.phone("office-code")
	v.code(kim, before)
	v.until("the office", `document.readyState === "complete" && !location.pathname.startsWith("/sign-in")`)
	v.open("/clients")
	v.until("the clients", `location.pathname === "/clients" && document.readyState === "complete"`)
	v.phone("office-clients")
	for _, path := range []string{"/account", "/agencies", "/portal"} {
		v.open(path)
		v.sees("You don't have access", "which opens that agency only")
	}
	v.phone("office-nothing-else")
	v.open("/home")
	v.click(`//details[@class="menu"]/summary`)
	v.click(`//header//form[input[@value="sign-out"]]/button`)
	v.sees("You're signed out.")

	// By a code their own agency and the portal open as before, and the office leads to its own way in.
	l.advance(identity.CodeApart + time.Second)
	v.byCode(kim, "/sign-in/at/"+at)
	v.press("Your other agencies")
	v.sees("Northwind Automations", "Kim Studio")
	v.chooses("Kim Studio")
	v.until("their own agency", `document.readyState === "complete" && !location.pathname.startsWith("/agencies")`)
	v.open("/clients")
	v.until("its clients", `location.pathname === "/clients" && document.readyState === "complete"`)
	v.open("/portal")
	v.sees("Solo Studio")
	v.open("/agencies")
	v.chooses("Northwind Automations")
	v.until("the way in", `location.pathname === "/sign-in/at/`+at+`" && document.readyState === "complete"`)
	v.press("Sign in with Okta") // known by now: no code
	v.signsAt(kim)
	v.until("the office", `document.readyState === "complete" && location.pathname === "/home"`)

	// It fails, and an owner enters by a code.
	inside.Company.Fail(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	l.advance(2 * time.Hour)
	boss := visit(t, in, l, "another browser of the owner's")
	boss.open("/sign-in/at/" + at + "?problem=unavailable") // where whoever comes back from it is led
	boss.sees("Okta isn't answering right now.", "Owners can")
	boss.look("office-failed")
	boss.byCode(local.Owner, "/sign-in/at/"+at)
	boss.sees("Enter without Okta")
	boss.look("office-owner")
	before = len(l.mails(local.Owner))
	boss.press("Enter without Okta")
	boss.until("the office", `document.readyState === "complete" && location.pathname === "/home"`)
	l.advance(2 * time.Minute) // what is told goes out with the sweep
	if m := l.mailTo(local.Owner, before); !strings.Contains(m.Subject, "without Okta") {
		t.Errorf("the owner is told %q", m.Subject)
	}
}
