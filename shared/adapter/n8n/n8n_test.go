package n8n_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

const key = "n8n_api_secret"

// client calls the listeners at the addresses besides what every deployment calls.
func client(t *testing.T, listeners ...string) *n8n.Client {
	t.Helper()
	p := egress.Strict()
	for _, at := range listeners {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		p = p.Allowing(netip.MustParseAddrPort(u.Host))
	}
	return n8n.New(p.Transport())
}

// far is an n8n that answers as the handler does.
func far(t *testing.T, h http.HandlerFunc) instance.Endpoint {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return instance.Endpoint{URL: s.URL, Key: key}
}

// answers answers each path with its JSON, and asks for the key everywhere but at /healthz.
func answers(paths map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := paths[r.Method+" "+r.URL.RequestURI()]
		switch {
		case r.URL.Path == "/healthz":
			body = `{"status":"ok"}`
			if r.Header.Get("X-N8N-API-KEY") != "" {
				body = `{"status":"the key was sent where none is needed"}`
			}
		case r.Header.Get("X-N8N-API-KEY") != key:
			w.WriteHeader(http.StatusUnauthorized)
			return
		case !ok:
			http.Error(w, `{"message":"not found"}`, http.StatusNotFound)
			return
		}
		fmt.Fprint(w, body)
	}
}

func reason(t *testing.T, err error, field string) string {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Code != fault.Unreachable || len(f.Fields) != 1 || f.Fields[0].Location != field {
		t.Fatalf("%+v, want instance_unreachable at %s", err, field)
	}
	if !strings.HasSuffix(f.Message, ".") || strings.HasSuffix(f.Message, "..") {
		t.Errorf("%q is no sentence", f.Message)
	}
	return f.Reason
}

func TestACheckAsksForHealthAndThenWithTheKey(t *testing.T) {
	t.Parallel()
	e := far(t, answers(map[string]string{"GET /api/v1/workflows?excludePinnedData=true&limit=1": `{"data":[],"nextCursor":null}`}))
	c := client(t, e.URL)
	if err := c.Check(t.Context(), e); err != nil {
		t.Error(err)
	}
	e.Key = "wrong"
	if got := reason(t, c.Check(t.Context(), e), "apiKey"); !strings.Contains(got, "refuses the API key") {
		t.Error(got)
	}
	hidden := far(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"data":[]}`)
	})
	if err := client(t, hidden.URL).Check(t.Context(), hidden); err != nil {
		t.Errorf("an n8n whose /healthz is hidden: %v", err)
	}
}

func TestWhatIsWrongIsSaidInPlainWords(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" {
				w.WriteHeader(code)
			}
		}
	}
	for name, c := range map[string]struct {
		h     http.HandlerFunc
		field string
		want  string
	}{
		"401":     {status(401), "apiKey", "refuses the API key"},
		"403":     {status(403), "apiKey", "does not let the API key do this"},
		"404":     {status(404), "url", "no n8n API at this address"},
		"429":     {status(429), "url", "slow down"},
		"500":     {status(500), "url", "HTTP 500"},
		"418":     {status(418), "url", "HTTP 418"},
		"down":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "url", "HTTP 503"},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>welcome</html>") }, "url", "does not speak n8n's public API"},
		"other":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"hello":"world"}`) }, "url", "does not speak n8n's public API"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/x", http.StatusFound)
		}, "url", "elsewhere.example"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"before":"`)
			for range 9 << 10 {
				fmt.Fprint(w, strings.Repeat("x", 1024))
			}
			fmt.Fprint(w, `","data":[]}`)
		}, "url", "too long"},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}, "url", "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := far(t, c.h)
			if got := reason(t, client(t, e.URL).Check(t.Context(), e), c.field); !strings.Contains(got, c.want) {
				t.Errorf("%q, want it to say %q", got, c.want)
			}
		})
	}
}

func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	if got := reason(t, client(t, s.URL).Check(t.Context(), instance.Endpoint{URL: s.URL}), "url"); !strings.Contains(got,
		"nothing answers") {
		t.Error(got)
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	secure.Config.ErrorLog = nil
	if got := reason(t, client(t, secure.URL).Check(t.Context(), instance.Endpoint{URL: secure.URL}), "url"); !strings.Contains(got,
		"certificate") {
		t.Error(got)
	}
}

func TestOneThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	e := far(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-over:
		}
	})
	defer close(over)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if got := reason(t, client(t, e.URL).Check(ctx, e), "url"); !strings.Contains(got, "in time") {
		t.Error(got)
	}
}

// A redirect is not followed, whether it leads away or stays: the key would go along.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var reached bool
	target := far(t, func(http.ResponseWriter, *http.Request) { reached = true })
	for _, to := range []string{target.URL + "/api/v1/workflows", "/elsewhere"} {
		e := far(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				reached = true
			}
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		})
		reason(t, client(t, e.URL, target.URL).Check(t.Context(), e), "url")
	}
	if reached {
		t.Error("the redirect was followed")
	}
}

// The server listens on loopback, so whoever gets through to it has passed the guard.
func TestPrivateAddressesAreNotCalled(t *testing.T) {
	t.Parallel()
	reached := false
	e := far(t, func(http.ResponseWriter, *http.Request) { reached = true })
	u, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"} {
		at := instance.Endpoint{URL: "https://" + host + ":" + u.Port(), Key: key}
		if got := reason(t, client(t).Check(t.Context(), at), "url"); !strings.Contains(got, "private network") ||
			strings.Contains(got, host) {
			t.Errorf("%s: %s", host, got)
		}
	}
	// As one that was connected where the operator of an earlier release allowed it.
	plain := instance.Endpoint{URL: "http://n8n.example.com", Key: key}
	if got := reason(t, client(t).Check(t.Context(), plain), "url"); !strings.Contains(got, "https://") {
		t.Error(got)
	}
	if reached {
		t.Error("the guard let somebody through")
	}
}

func TestWorkflowsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	e := far(t, answers(map[string]string{
		"GET /api/v1/workflows?excludePinnedData=true&limit=100": `{"data":[{"id":"a1","name":"One","active":true,
			"updatedAt":"2026-03-01T10:00:00.000Z",
			"nodes":[{}],"tags":[]},
			{"id":7,"name":"Seven","active":false,"updatedAt":"2026-03-01T12:00:00.000+02:00"},{"id":"gone","name":"Archived","isArchived":true}],"nextCursor":"c=1"}`,
		"GET /api/v1/workflows?cursor=c%3D1&excludePinnedData=true&limit=100": `{"data":[{"id":"b2","name":"Two","active":false}],"nextCursor":null}`,
	}))
	got, more, err := client(t, e.URL).Workflows(t.Context(), e)
	if err != nil || more || len(got) != 3 {
		t.Fatalf("%+v, %v, %v", got, more, err)
	}
	ten := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	if got[0] != (instance.Workflow{ID: "a1", Name: "One", Active: true, UpdatedAt: ten}) || got[1].ID != "7" ||
		!got[1].UpdatedAt.Equal(ten) || got[2].ID != "b2" {
		t.Errorf("%+v", got)
	}
}

func TestAListWithoutEndEnds(t *testing.T) {
	t.Parallel()
	n := 0
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(w, `{"data":[{"id":"%d","name":"x"}],"nextCursor":"again"}`, n)
	})
	got, more, err := client(t, e.URL).Workflows(t.Context(), e)
	if err != nil || !more || len(got) != n || n > 5 {
		t.Errorf("%d workflows in %d pages, more %v, %v", len(got), n, more, err)
	}
}

func TestAWorkflowIsSwitched(t *testing.T) {
	t.Parallel()
	e := far(t, answers(map[string]string{
		"GET /api/v1/workflows/a1?excludePinnedData=true": `{"id":"a1","name":"One","active":false}`,
		"POST /api/v1/workflows/a1/activate":              `{"id":"a1","name":"One","active":true}`,
		"POST /api/v1/workflows/a1/deactivate":            `{"id":"a1","name":"One","active":false}`,
	}))
	c := client(t, e.URL)
	if w, err := c.Workflow(t.Context(), e, "a1"); err != nil || w.Active || w.Name != "One" {
		t.Errorf("%+v, %v", w, err)
	}
	for _, on := range []bool{true, false} {
		if w, err := c.SetActive(t.Context(), e, "a1", on); err != nil || w.Active != on {
			t.Errorf("%+v, %v", w, err)
		}
	}
	for _, id := range []string{"other", "../executions", "a1/activate", "a1?x=1", "%2e%2e"} {
		if _, err := c.Workflow(t.Context(), e, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("reading %q: %v", id, err)
		}
		if _, err := c.SetActive(t.Context(), e, id, true); !fault.Is(err, fault.NotFound) {
			t.Errorf("switching %q: %v", id, err)
		}
	}
}

func TestARefusalToSwitchIsToldAsOne(t *testing.T) {
	t.Parallel()
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"Workflow \"My workflow\" has no node to start the workflow"}`, http.StatusBadRequest)
	})
	_, err := client(t, e.URL).SetActive(t.Context(), e, "a1", true)
	if f := fault.As(err); f == nil || f.Code != fault.Unreachable || len(f.Fields) != 0 ||
		!strings.Contains(f.Message, "has no trigger") {
		t.Errorf("%+v", f)
	}
}

func TestRunsOfEveryAgeOfN8NAreUnderstood(t *testing.T) {
	t.Parallel()
	e := far(t, answers(map[string]string{"GET /api/v1/executions?includeData=false&limit=20": `{"data":[
		{"id":1003,"workflowId":"a1","status":"success","finished":true,"startedAt":"2026-03-01T10:00:00.000Z",
			"stoppedAt":"2026-03-01T10:00:02.500Z"},
		{"id":"1002","workflowId":12,"status":"running","startedAt":"2026-03-01T10:00:00.000Z","stoppedAt":null},
		{"id":"1001","workflowId":"a1","finished":false,"startedAt":"2026-03-01T09:00:00Z","stoppedAt":"2026-03-01T09:00:01Z"},
		{"id":"1000","workflowId":"a1","finished":false,"startedAt":"2026-03-01T09:00:00Z"},
		{"id":"999","workflowId":"a1","status":"quantum"}],"nextCursor":null}`}))
	got, err := client(t, e.URL).LastRuns(t.Context(), e)
	if err != nil || len(got) != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []instance.RunStatus{instance.RunSucceeded, instance.RunGoing, instance.RunFailed, instance.RunGoing,
		instance.RunUnknown} {
		if got[i].Status != want {
			t.Errorf("run %s is %s, want %s", got[i].ID, got[i].Status, want)
		}
	}
	if got[0].ID != "1003" || got[1].Workflow != "12" || got[0].StoppedAt.Sub(got[0].StartedAt) != 2500*time.Millisecond ||
		!got[1].StoppedAt.IsZero() {
		t.Errorf("%+v", got)
	}
}
