package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"latchkey.dev/shared/view/page"
)

func get(t *testing.T, path string, compressed bool) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if compressed {
		r.Header.Set("Accept-Encoding", "gzip, br")
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, r)
	return w
}

func TestEveryStateRenders(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|javascript:`)
	for _, s := range states() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			w := get(t, "/"+s.Name, false)
			body := w.Body.String()
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, body)
			}
			for _, bad := range []string{"ZgotmplZ", "<no value>", "%!"} {
				if strings.Contains(body, bad) {
					t.Errorf("the page holds %q", bad)
				}
			}
			if s.view == nil {
				return
			}
			if m := inline.FindString(body); m != "" {
				t.Errorf("the page holds %q, which its policy blocks", m)
			}
			for _, script := range regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(body, -1) {
				sum := sha256.Sum256([]byte(script[1]))
				allowed := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
				if !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self' "+allowed) {
					t.Error("the page holds a script that its policy blocks")
				}
			}
			if n := strings.Count(body, "<h1"); n != 1 {
				t.Errorf("the page has %d h1, want 1", n)
			}
			if n := strings.Count(body, "<main"); n != 1 {
				t.Errorf("the page has %d main landmarks, want 1", n)
			}
			ids := map[string]bool{}
			for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(body, -1) {
				if ids[m[1]] {
					t.Errorf("the id %q stands twice", m[1])
				}
				ids[m[1]] = true
			}
			for _, m := range regexp.MustCompile(`\s(?:for|aria-labelledby|aria-describedby)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
				for id := range strings.FieldsSeq(m[1]) {
					if !ids[id] {
						t.Errorf("something refers to the id %q, which is not there", id)
					}
				}
			}
		})
	}
}

func TestNoPageIsHeavierThanItsBudget(t *testing.T) {
	t.Parallel()
	const budget = 60_000
	weights := map[string]int{}
	for _, path := range []string{page.SheetPath(), page.ScriptPath()} {
		w := get(t, path, true)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: status %d", path, w.Code)
		}
		weights[path] = w.Body.Len()
	}
	for _, s := range states() {
		if s.view == nil {
			continue
		}
		wire := get(t, "/"+s.Name, true).Body.Len()
		body := get(t, "/"+s.Name, false).Body.String()
		assets := 0
		for path, weight := range weights { // those that the page asks for
			if strings.Contains(body, path) {
				assets += weight
			}
		}
		t.Logf("%-32s %6d with assets %6d", s.Name, wire, wire+assets)
		if wire+assets > budget {
			t.Errorf("%s: %d bytes over the wire with its assets; the budget is %d", s.Name, wire+assets, budget)
		}
		if n := strings.Count(body, `src="/`) + strings.Count(body, `rel="stylesheet"`); n > 2 {
			t.Errorf("%s: %d requests besides its own", s.Name, n)
		}
	}
}

func TestIndexLeadsToEveryState(t *testing.T) {
	t.Parallel()
	body := get(t, "/", false).Body.String()
	for _, s := range states() {
		if !strings.Contains(body, `href="/`+s.Name+`"`) {
			t.Errorf("the index has no link to %s", s.Name)
		}
	}
}

func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	if err := run("0.0.0.0:0"); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("run on all interfaces: %v", err)
	}
}
