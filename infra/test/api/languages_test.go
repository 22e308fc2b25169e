package apitest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/words"
)

func init() { words.Speak(words.Areas()...) }

// The sentence that each language says on the sign-in page.
func signInIn(l words.Language) string { return l.Say("signin.title") }

func TestSenderL2APageSpeaksWhatTheBrowserLikesBest(t *testing.T) {
	p := start(t)
	for header, l := range map[string]words.Language{
		"de-CH,de;q=0.9,en;q=0.8": words.German, "fr": words.French, "es-419,en;q=0.1": words.Spanish, "it-IT": words.Italian,
		"nl": words.Dutch, "pt-PT": words.Portuguese, "pl,de;q=0.9": words.Polish, "iw": words.Hebrew, "en-GB": words.English,
		"": words.English, "ja": words.English, "xx;q=abc": words.English, strings.Repeat("de,", 200): words.English,
	} {
		a := p.nobody().get("/sign-in", "Accept-Language", header).is(200).has("Content-Language", string(l)).shows(signInIn(l))
		if want := `<html lang="` + string(l) + `" dir="` + l.Direction() + `">`; !strings.Contains(string(a.body), want) {
			t.Errorf("%.40q is answered with %.60s, want %s", header, a.body, want)
		}
	}
	// What is refused is told in it, too, and so is what is not there.
	guest := p.nobody()
	guest.post("/sign-in", do("code", url.Values{"email": {"nobody"}}), "Accept-Language", "de").is(422).
		shows(words.German.Say("errors.email_invalid")).has("Content-Language", "de")
	guest.get("/nonsense", "Accept-Language", "pl").is(404).has("Content-Language", "pl").shows(words.Polish.Say("errors.nothing_here"))
	// The agency's own pages, and the API, are in English.
	o := p.signIn(owner)
	o.get("/clients", "Accept-Language", "de").is(200).has("Content-Language", "en")
	guest.get("/v1/portal", "Accept-Language", "de").shows(words.Say("errors.nobody_is_signed_in_ask_for")).fails(401, "unauthenticated")
}

// A browser that likes none of our languages reads the invitation in the one that the agency chose, and accepts what it has read.
func TestSenderL1WhatABrowserOfNoLanguageHasReadIsWhatItAccepts(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("neither")
	o.invite(to, m{"language": "fr", "payer": "client", "order": asked["order"]})
	path := "/i/" + p.nextToken(to)
	guest := p.nobody()
	offer := func(a *answer) url.Values { return url.Values{"offer": {hiddenField(t, a.body, "offer")}} }
	a := guest.get(path, "Accept-Language", "sv").is(200).has("Content-Language", "fr")
	next := guest.post(path, do("code", offer(a)), "Accept-Language", "sv").is(303).header.Get("Location")
	a = guest.get(next, "Accept-Language", "sv").is(200).has("Content-Language", "fr")
	if changed := words.French.Say("invitation.changed_title"); strings.Contains(string(a.body), changed) {
		t.Errorf("the offer has not changed, and the page says %q", changed)
	}
	accept := offer(a)
	accept.Set("code", p.nextCode(to))
	a = guest.post(path, do("accept", accept), "Accept-Language", "sv").is(303)
	guest.cookie = a.session()
	guest.get(a.header.Get("Location"), "Accept-Language", "sv").is(200).has("Content-Language", "fr").
		shows(words.French.Say("checkout.how"))
}

// TestSenderL1WhoComesBackWithABrowserOfNoLanguageReadsTheAgencys: neither the client nor whoever invited it has said one.
func TestSenderL1WhoComesBackWithABrowserOfNoLanguageReadsTheAgencys(t *testing.T) {
	p := start(t)
	address := p.address("hausherr")
	o, a := p.signUp(address, "Hausherr "+p.run)
	p.onMax(a.ID)
	o.patch("/v1/mail-settings", m{"language": "de"}).is(200)
	to := p.address("gast")
	o.invite(to, m{"payer": "client", "order": asked["order"]})
	c := p.signIn(to) // with a browser that has kept nothing
	for _, page := range []string{"/checkout", "/portal/contract"} {
		c.get(page+"?agency="+a.ID, "Accept-Language", "sv").is(200).has("Content-Language", "de")
		c.get(page+"?agency="+a.ID, "Accept-Language", "pl").is(200).has("Content-Language", "pl")
	}
	o.patch("/v1/mail-settings", m{"language": "it"}).is(200)
	c.get("/checkout?agency="+a.ID, "Accept-Language", "sv").is(200).has("Content-Language", "it")
}

func TestSenderL2TheChoiceOfALanguageHoldsForTheBrowserAndForMails(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("choosy")
	grant := m{"resource": o.things("instances")[0].ID, "access": "read"}
	o.invite(to, m{"name": "Acme Ltd", "language": "fr", "message": "Welcome aboard.", "grants": []m{grant}})
	mail := p.nextMail(to)
	if !strings.Contains(mail.Text, words.French.Say("mail.accept")) || !strings.Contains(mail.HTML, `<html lang="fr"`) {
		t.Errorf("the agency chose French, and the mail says:\n%s", mail.Text)
	}
	path := "/i/" + token(t, mail)
	guest := p.nobody()
	// A browser that says nothing is answered in the invitation's language, any other in its own, until one is chosen.
	guest.get(path).is(200).has("Content-Language", "fr").shows("Welcome aboard.")
	guest.get(path, "Accept-Language", "he").is(200).has("Content-Language", "he").shows("Welcome aboard.")
	guest.post(path, do("language", url.Values{"language": {"tlh"}})).is(400)
	guest.post(path+"?answer=decline", do("language", url.Values{"language": {"nl"}})).is(303).has("Location", path+"?answer=decline")
	guest.get(path, "Accept-Language", "he").is(200).has("Content-Language", "nl")

	// The code is mailed in the language of the page that asked for it, and what is accepted is kept with it.
	guest.post(path, do("code", url.Values{}), "Accept-Language", "he").is(303)
	mail = p.nextMail(to)
	if !strings.Contains(mail.HTML, `<html lang="nl"`) {
		t.Errorf("the code was asked for in Dutch, and the mail says:\n%s", mail.Text)
	}
	a := guest.post(path, url.Values{"code": {code(t, mail)}}).is(303)
	guest.cookie = a.session()
	portal := a.header.Get("Location")
	guest.get(portal).is(200).has("Content-Language", "nl")

	// Another browser without a choice follows the one that is kept, and keeps it.
	other := p.nobody()
	other.cookie = guest.cookie
	b := other.get(portal, "Accept-Language", "pl").is(200).has("Content-Language", "nl")
	if !slices.ContainsFunc(b.cookies, func(c *http.Cookie) bool { return c.Name == "__Host-language" && c.Value == "nl" }) {
		t.Errorf("the browser is not told which language was chosen: %v", b.cookies)
	}
	// A choice in the portal is the client's own: mails follow.
	guest.post(strings.Split(portal, "&")[0], do("language", url.Values{"language": {"it"}})).is(303)
	guest.get(portal).is(200).has("Content-Language", "it")
	third := p.nobody()
	third.cookie = guest.cookie
	third.get(portal).is(200).has("Content-Language", "it")
}
