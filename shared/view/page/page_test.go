package page_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/view/page"
)

func write(t *testing.T, v page.View, method string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	if err := page.New("Latchkey").Write(w, r, http.StatusOK, v, func() string { return "the-token" }); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestThePolicyAllowsThePagesOwnStyleAndNothingInline(t *testing.T) {
	t.Parallel()
	for _, color := range []string{"", "#0f766e", "#facc15", "red;}</style><script>"} {
		w := write(t, page.SignIn{Brand: page.Brand{Name: "Acme", Color: color}}, http.MethodGet)
		policy, body := w.Header().Get("Content-Security-Policy"), w.Body.String()
		m := regexp.MustCompile(`<style>([^<]*)</style>`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("%q: no style in %s", color, body)
		}
		sum := sha256.Sum256([]byte(m[1]))
		if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("%q: the policy does not allow the style %s: %s", color, m[1], policy)
		}
		if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("policy %s", policy)
		}
		if n := strings.Count(body, "<script"); n != 1 {
			t.Errorf("%q: %d scripts", color, n)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := write(t, page.Nowhere{Email: "a@b.example"}, http.MethodGet).Header()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPrivatePagesAreNotCompressed(t *testing.T) {
	t.Parallel()
	if e := write(t, page.Nowhere{}, http.MethodGet, "Accept-Encoding", "gzip").Header().Get("Content-Encoding"); e != "" {
		t.Errorf("a page that may hold secrets is in %s", e)
	}
}

func TestAssetsAreCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	serve := func(accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		if !page.ServeAsset(w, r, strings.TrimPrefix(page.SheetPath(), page.AssetPrefix)) {
			t.Fatal("the style sheet is not there")
		}
		return w
	}
	plain := serve("").Body.String()
	for _, accept := range []string{"gzip", "br, gzip;q=0.5", "GZIP"} {
		w := serve(accept)
		z, err := gzip.NewReader(w.Body)
		if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
			t.Fatalf("%q: %v %v", accept, err, w.Header())
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != plain {
			t.Errorf("%q: %v, or other content", accept, err)
		}
	}
	for _, accept := range []string{"br", "gzip;q=0", "gzip; q=0.0", "identity"} {
		if e := serve(accept).Header().Get("Content-Encoding"); e != "" {
			t.Errorf("%q is answered in %s", accept, e)
		}
	}
}

func TestLogosOfOtherOriginsAreLeftOut(t *testing.T) {
	t.Parallel()
	for url, shown := range map[string]bool{
		"":                                     false,
		"/assets/logo.png":                     true,
		"data:image/svg+xml;base64,PHN2Zy8+":   true,
		"data:text/html;base64,PGI+":           false,
		"//evil.example/logo.png":              false,
		`/\evil.example/logo.png`:              false,
		"https://evil.example/logo.png":        false,
		"javascript:alert(1)":                  false,
		"/\t/evil.example/logo.png":            false,
		"data:image/svg+xml,<svg onload=x()/>": false,
	} {
		if got := (page.Brand{LogoURL: url}).Logo() != ""; got != shown {
			t.Errorf("%q: shown %v, want %v", url, got, shown)
		}
	}
}

func TestWhatIsTypedStaysText(t *testing.T) {
	t.Parallel()
	tags := regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)
	render := func(t interface{ Fatal(...any) }, s string) int {
		html, _, err := page.New("Latchkey").Render(page.Invitation{Brand: page.Brand{Name: "A" + s}, Step: page.AskCode, URL: "/i/x",
			Inviter: "B" + s, Message: "C" + s, Opens: []page.Linked{{Name: "D" + s}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(tags.FindAll(html, -1))
	}
	want := render(t, "")
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(),
			rapid.SampledFrom([]string{`"><script>alert(1)</script>`, "</blockquote><a href=x>", "'-->", "{{.}}", "</title>"})).Draw(t,
			"typed")
		if got := render(t, s); got != want {
			t.Fatalf("%q makes %d tags, want %d", s, got, want)
		}
	})
}

// A link in a note has the note's colour. A button has its own: on the agency's colour the note's could not be read.
func TestAButtonInANoteKeepsItsColour(t *testing.T) {
	sheets, err := filepath.Glob("source/*.css")
	if err != nil || len(sheets) == 0 {
		t.Fatal(sheets, err)
	}
	links := regexp.MustCompile(`\.note(?:\.\w+)* a[^,{]*`)
	rules, found := regexp.MustCompile(`([^{}]+){([^{}]*)}`), 0
	for _, name := range sheets {
		sheet, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range rules.FindAllStringSubmatch(string(sheet), -1) {
			if !strings.Contains(" "+rule[2], " color:") {
				continue
			}
			for _, s := range links.FindAllString(rule[1], -1) {
				if found++; !strings.Contains(s, ":not(.button)") {
					t.Errorf("%s: %q colours buttons too; add :not(.button)", name, strings.TrimSpace(s))
				}
			}
		}
	}
	if found == 0 {
		t.Error("no rule colours the links of notes, so that this test holds nothing")
	}
}

func TestATypedMessageKeepsItsLines(t *testing.T) {
	t.Parallel()
	html, _, err := page.New("Latchkey").Render(page.Clients{Form: &page.InviteForm{Open: true, Message: "one\n\n   two"}})
	if err != nil || !strings.Contains(string(html), ">one\n\n   two</textarea>") {
		t.Errorf("%v: the message is not as it was typed", err)
	}
}

func TestTimesAreToldTheWayPeopleSayThem(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 11, 21, 14, 3, 22, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", -9 * time.Second: "just now", -10 * time.Second: "10 seconds ago", -time.Minute: "1 minute ago", -119 * time.Second: "1 minute ago",
		-2 * time.Hour: "2 hours ago", -24 * time.Hour: "1 day ago", 7 * 24 * time.Hour: "in 7 days", -90 * 24 * time.Hour: "3 months ago", -800 * 24 * time.Hour: "2 years ago",
	} {
		if got := page.TimeAt(now.Add(d), now).Relative; got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	at := page.TimeAt(now.Add(-time.Minute), now)
	if at.Machine != "2025-11-21T14:02:22Z" || at.Exact != "21 November 2025, 14:02:22 UTC" || at.Day != "21 November 2025" ||
		at.In != -60 {
		t.Errorf("%+v", at)
	}
}

func FuzzDocs(f *testing.F) {
	f.Add([]byte(`{"paths":{"/a":{"get":{"operationId":"a",
		"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},
		"components":{"schemas":{"A":{"properties":{"a":{"$ref":"#/components/schemas/A"}}}}}}`))
	f.Add([]byte(`{"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}},
		"components":{"schemas":{"A":{"$ref":"#/components/schemas/A"}}}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := page.DocsOf(doc, "https://portal.example.com")
		if err != nil {
			return
		}
		if _, _, err := page.New("x").Render(v); err != nil {
			t.Error(err)
		}
	})
}

func TestFS4EveryFormThatChangesSomethingCarriesAToken(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("template/*.html")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// A template that writes the tag in another way would go without it.
		all := regexp.MustCompile(`(?i)method\s*=\s*["']?post`).FindAll(b, -1)
		known := regexp.MustCompile(`<form\b[^>]*\bmethod="post"`).FindAll(b, -1)
		if len(all) != len(known) {
			t.Errorf("%s has %d forms that post, of which %d are known as such", name, len(all), len(known))
		}
	}
	body := write(t, page.SignIn{AskCode: true, Email: "a@b.example"}, http.MethodGet).Body.String()
	if n, m := strings.Count(body, `method="post"`), strings.Count(body, `name="form-token" value="the-token"`); n < 1 || n != m {
		t.Errorf("%d forms and %d tokens", n, m)
	}
	html, _, err := page.New("Latchkey").Render(page.SignIn{})
	if err != nil || strings.Contains(string(html), "form-token") {
		t.Errorf("a page for nobody's browser has a token: %v", err)
	}
}
