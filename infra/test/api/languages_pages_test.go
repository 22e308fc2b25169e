package apitest_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
	secret := token(t, p.nextMail(shared))
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
