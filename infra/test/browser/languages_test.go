package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
	"latchkey.dev/shared/domain/words"
)

// From the mail's link to the portal on a phone, in a language that is chosen at the foot of the page, and in Hebrew from right to left.
func TestSenderL2TheWholeInvitationInGermanAndInHebrewOnAPhone(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	words.Speak(words.Areas()...)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)
	for _, speaks := range []words.Language{words.German, words.Hebrew} {
		to := string(speaks) + "@acme.example"
		link := owner.invites(to)
		client := visit(t, in, l, string(speaks))
		client.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
		client.open(link)
		client.sees("Accept Invitation")
		client.eval(`document.querySelector(".languages details").open = true`)
		client.press(speaks.Name())
		client.until("the language", `document.documentElement.lang === "`+string(speaks)+`" && document.readyState === "complete"`)
		if dir := client.eval(`getComputedStyle(document.body).direction`); dir != `"`+speaks.Direction()+`"` && dir != speaks.Direction() {
			t.Errorf("%s runs %s", speaks, dir)
		}
		client.sees(speaks.Say("invitation.accept"))
		client.phone(string(speaks) + "-invitation")
		client.press(speaks.Say("invitation.accept"))
		client.sees(speaks.Say("invitation.code_title"))
		client.phone(string(speaks) + "-code")
		client.code(to, 1)
		client.until("the portal", `location.pathname === "/portal" && document.readyState === "complete"`)
		client.sees(speaks.Say("portal.title"), speaks.Say("portal.welcome"))
		client.phone(string(speaks) + "-portal")
		client.open(l.origin + "/account")
		client.sees(speaks.Say("account.title"))
		client.phone(string(speaks) + "-account")
	}
}
