package apitest_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// in asks for a mail to be in a language: what its headers and its HTML say of it, and what it says itself.
func (x mail) in(t *testing.T, language, direction string, words ...string) {
	t.Helper()
	if got := x.Headers["Content-Language"]; got != language {
		t.Errorf("%q: Content-Language is %q, want %s", x.Subject, got, language)
	}
	if want := `<html lang="` + language + `" dir="` + direction + `">`; !strings.Contains(x.HTML, want) {
		t.Errorf("%q has no %s", x.Subject, want)
	}
	for _, w := range words {
		if !strings.Contains(x.Subject+x.Text, w) {
			t.Errorf("%q says nowhere %q:\n%s", x.Subject, w, x.Text)
		}
	}
}

func TestSenderL2MailsAreInTheLanguageOfWhoReadsThem(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.patch("/v1/mail-settings", m{"language": "xx"}).fails(422, "invalid")
	o.patch("/v1/mail-settings", m{"language": "DE"}).is(200).shows(`"language":"de"`)

	// The agency's own, the invite's, and after that the client's.
	to := p.address("l2")
	i := o.invite(to, m{"name": "Acme Ltd", "message": "Willkommen und welcome."})
	first := p.nextMail(to)
	first.in(t, "de", "ltr", "ins Kundenportal eingeladen", "Willkommen und welcome.")
	if strings.Contains(first.Text, "invited you") {
		t.Errorf("English is left in\n%s", first.Text)
	}
	hebrew := p.address("l2-he")
	o.post("/v1/invites", m{"email": hebrew, "language": "klingon"}).fails(422, "invalid")
	o.invite(hebrew, m{"language": "he"})
	p.nextMail(hebrew).in(t, "he", "rtl", "לפורטל הלקוחות")

	// The code is in the language of the page, and what the browser likes is kept with the acceptance.
	secret := token(t, first)
	guest := p.nobody()
	guest.post("/i/"+secret, do("code", url.Values{}), "Accept-Language", "fr-CA,fr;q=0.9").is(303)
	mailed := p.nextMail(to)
	mailed.in(t, "fr", "ltr", "votre code")
	a := guest.post("/i/"+secret, url.Values{"code": {sixDigits.FindString(mailed.Text)}}, "Accept-Language", "fr-CA,fr;q=0.9").is(303)
	if !strings.HasPrefix(a.header.Get("Location"), "/portal") {
		t.Fatalf("accepting leads to %q", a.header.Get("Location"))
	}
	o.get("/v1/clients/" + i.ClientID).is(200).shows(`"language":"fr"`)

	// The agency's word about a client goes behind its own.
	o.patch("/v1/clients/"+i.ClientID, m{"language": "pl"}).is(200).shows(`"language":"fr"`, `"language":"pl"`)
	o.patch("/v1/clients/"+i.ClientID, m{"language": "pl,"}).fails(422, "invalid")

	// A list says it for each line.
	lines := p.address("l2-it")
	o.installs()
	both := []m{{"email": lines, "language": "it"}, {"email": p.address("l2-no"), "language": "no"}}
	o.post("/v1/batches", m{"lines": both}, wait...).is(201).shows(`"verdict":"invalid"`)
	p.nextMail(lines).in(t, "it", "ltr", "ti ha invitato") //nolint:misspell // Italian
}

func TestSenderL1WhatIsAgreedToIsBoundToItsLanguage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("l1")
	i := o.invite(to)
	path := "/v1/invitations/" + p.nextToken(to)
	var german, english struct{ Offer, Language string }
	guest := p.signIn(to)
	guest.get(path + "?language=de").is(200).into(&german)
	guest.get(path).is(200).into(&english)
	if german.Offer == english.Offer || german.Language != "de" || english.Language != "en" {
		t.Errorf("%+v and %+v", german, english)
	}
	guest.get(path+"?language=tlh").fails(422, "invalid")
	guest.post(path+"/accept", m{"offer": german.Offer}).fails(409, "offer_changed")
	guest.post(path+"/accept", m{"offer": german.Offer, "language": "fr"}).fails(409, "offer_changed")
	if s := o.look(i.ID).Status; s != "pending" {
		t.Errorf("the invite is %s", s)
	}
	guest.post(path+"/accept", m{"offer": german.Offer, "language": "de"}).is(200)
	o.get("/v1/clients/" + i.ClientID).is(200).shows(`"language":"de"`)
}
