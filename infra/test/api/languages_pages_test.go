package apitest_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/words"
)

// inEnglish are the sentences in English that clients read, without markup, of four words and more; of those with values the
// parts of three words and more between them.
func inEnglish(t *testing.T) (all []string) {
	t.Helper()
	const catalogue = "../../../shared/domain/words/"
	files, err := filepath.Glob(catalogue + "de/*.json")
	if err != nil {
		t.Fatal(err)
	}
	add := func(s string) {
		if strings.Contains(s, "<") {
			return
		}
		parts := valueOf.Split(s, -1)
		for _, part := range parts {
			if part = strings.TrimSpace(part); len(strings.Fields(part)) > 3 || len(parts) > 1 && len(strings.Fields(part)) == 3 {
				all = append(all, part)
			}
		}
	}
	for _, f := range files {
		b, err := os.ReadFile(catalogue + "en/" + filepath.Base(f))
		if err != nil {
			t.Fatal(err)
		}
		var area map[string]json.RawMessage
		if err := json.Unmarshal(b, &area); err != nil {
			t.Fatal(err)
		}
		for _, raw := range area {
			var s string
			var forms map[string]string
			if json.Unmarshal(raw, &s) == nil {
				add(s)
			} else if json.Unmarshal(raw, &forms) == nil {
				for _, form := range forms {
					add(form)
				}
			}
		}
	}
	if len(all) < 1000 {
		t.Fatalf("only %d sentences", len(all))
	}
	return all
}

var valueOf = regexp.MustCompile(`\{[^}]*\}`)

var tagsOf = regexp.MustCompile(`<[^>]*>`)

func TestSenderL1APageInGermanHoldsNoSentenceInEnglish(t *testing.T) {
	p := start(t)
	english := inEnglish(t)
	o := p.signIn(owner)
	looks := func(c *caller, paths ...string) {
		t.Helper()
		for _, path := range paths {
			a := c.get(path, "Accept-Language", "de")
			if a.status == 303 || a.header.Get("Content-Language") != string(words.German) {
				t.Errorf("%s answers %d in %q", path, a.status, a.header.Get("Content-Language"))
				continue
			}
			said := strings.Join(strings.Fields(tagsOf.ReplaceAllString(string(a.body), " ")), " ")
			for _, s := range english {
				if strings.Contains(said, s) {
					t.Errorf("%s says in English %q", path, s)
				}
			}
		}
	}
	guest := p.nobody()
	looks(guest, "/sign-in", "/sign-in?step=code", "/nonsense", "/i/lki_x", "/join/lks_x", "/unsubscribe/lku_x")

	things := o.things("instances")
	shared := p.address("shared")
	o.invite(shared, m{"name": "Acme Ltd", "message": "Hallo.", "grants": []m{{"resource": things[0].ID, "access": "write"}}})
	secret := p.nextToken(shared)
	link := "/i/" + secret
	looks(guest, link, link+"?step=code", link+"?answer=decline", link+"?answer=propose")
	client := p.acceptWith(shared, secret)
	looks(client, link, "/portal", "/portal?welcome=1", "/portal/instances/"+things[0].ID, "/account", "/account?erase=ask")

	to := p.address("pays")
	_, theirs, pays := o.paying(to)
	at, _ := o.agency()
	looks(pays, "/i/"+theirs, "/checkout?agency="+at.ID, "/checkout/waiting?agency="+at.ID)
	l := p.leased(p.address("leased"))
	looks(l.c, "/portal?agency="+l.at, l.mine)
	l.o.post(l.office, do("propose", url.Values{"to": {"agency"}, "interval": {"month"}})).is(303)
	looks(l.c, "/portal?agency="+l.at, l.mine, l.mine+"&problem=no_payer_change")
}

func TestSenderL1APersonWithNoPortalReadsNoEnglish(t *testing.T) {
	p := start(t)
	a := p.signIn(p.address("nowhere")).get("/portal", "Accept-Language", "de").is(200).has("Content-Language", "de")
	a.shows(words.German.Say("nowhere.title"), words.German.Say("nowhere.sign_up")).hides("Create your agency")
}

func TestSenderL2WhatAPagesScriptIsRefusedIsSaidInThePagesLanguage(t *testing.T) {
	p := start(t)
	guest := p.nobody()
	for _, l := range []words.Language{words.German, words.Hebrew, words.English} {
		guest.post("/v1/me/passkeys/options", nil, "Accept-Language", string(l)).is(401).shows(l.Say("errors.nobody_is_signed_in_ask_for"))
	}
	o := p.signIn(owner)
	shared := p.address("switches")
	thing := o.things("instances")[0].ID
	o.invite(shared, m{"grants": []m{{"resource": thing, "access": "read"}}})
	client := p.acceptWith(shared, p.nextToken(shared))
	path := "/v1/portal/instances/" + thing + "/workflows/nonsense"
	english := client.put(path, m{"active": true})
	german := client.put(path, m{"active": true}, "Accept-Language", "de")
	if german.status != english.status || german.status < 400 || string(german.body) == string(english.body) {
		t.Errorf("a switch is refused in German with\n%s and in English with\n%s", german.body, english.body)
	}
}

func TestSenderL2ABrowserWithNoneOfOurLanguagesIsAnsweredInTheAgencys(t *testing.T) {
	p := start(t)
	o := p.shareOwner("silent")
	o.patch("/v1/mail-settings", m{"language": "fr"}).is(200)
	ja := []string{"Accept-Language", "ja"}

	// The invitation, and what is agreed to on it.
	to := p.address("silent-guest")
	o.invite(to, m{"name": "Acme Ltd", "payer": "agency"})
	at := "/i/" + p.nextToken(to)
	guest := p.nobody()
	a := guest.get(at, ja...).is(200).has("Content-Language", "fr")
	offer := offerField.FindSubmatch(a.body)
	if offer == nil {
		t.Fatalf("the page names no offer:\n%s", a.body)
	}
	guest.post(at, do("code", url.Values{"offer": {string(offer[1])}}), ja...).is(303)
	mailed := p.nextMail(to)
	mailed.in(t, "fr", "ltr", "votre code")
	a = guest.post(at, url.Values{"code": {sixDigits.FindString(mailed.Subject)}, "offer": {string(offer[1])}}, ja...).is(303)
	guest.cookie = a.session()
	guest.get(a.header.Get("Location"), ja...).is(200).has("Content-Language", "fr")

	// A link by which anybody joins.
	l := o.share(m{"name": "Site"})
	at = "/join/" + l.token()
	p.nobody().get(at, ja...).is(200).has("Content-Language", "fr")
	joins(t, p, at, p.address("silent-join"), "fr", ja...)
}

var offerField = regexp.MustCompile(`name="offer" value="([0-9a-f]+)"`)

// joins has a new browser follow a link and join, and holds all that it meets to the language.
func joins(t *testing.T, p *product, at, who, language string, headers ...string) *caller {
	t.Helper()
	guest := p.nobody()
	guest.get(at, headers...).is(200).has("Content-Language", language)
	guest.post(at, do("code", url.Values{"email": {who}, "name": {"Pat Doe"}}), headers...).is(303)
	mailed := p.nextMail(who)
	mailed.in(t, language, words.Language(language).Direction())
	right := sixDigits.FindString(mailed.Subject)
	a := guest.post(at, do("join", url.Values{"email": {who}, "name": {"Pat Doe"}, "code": {right}}), headers...).is(303)
	guest.cookie = a.session()
	guest.get(a.header.Get("Location"), headers...).is(200).has("Content-Language", language)
	return guest
}

func TestSenderL2WhoJoinsByALinkIsWrittenToInTheLanguageOfThePage(t *testing.T) {
	p := start(t)
	o := p.shareOwner("joinlang")
	l := o.share(m{"name": "Site"})
	he := []string{"Accept-Language", "he-IL,he;q=0.9,en;q=0.8"}
	guest := joins(t, p, "/join/"+l.token(), p.address("joins-he"), "he", he...)
	var mine struct{ Items []struct{ ID string } }
	o.get("/v1/clients").is(200).into(&mine)
	o.get("/v1/clients/" + mine.Items[0].ID).is(200).shows(`"language":"he"`)
	other := p.nobody() // another browser of theirs follows
	other.cookie = guest.cookie
	other.get("/portal", "Accept-Language", "en").is(200).has("Content-Language", "he")

	// Whoever asks to join is told in the language in which they asked, whoever lets them in.
	door := o.share(m{"name": "Door", "approval": true})
	who := p.address("asks-he")
	asks := p.signIn(who)
	asks.post("/join/"+door.token(), do("join", url.Values{"name": {"Pat Doe"}}), he...).is(303)
	var all struct{ Items []struct{ ID string } }
	o.get("/v1/join-requests").is(200).into(&all)
	o.post("/v1/join-requests/"+all.Items[0].ID+"/approve", nil).is(200)
	p.advance(2 * time.Minute)
	p.nextMail(who).in(t, "he", "rtl")
}
