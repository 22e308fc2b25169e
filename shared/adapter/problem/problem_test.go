package problem_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
)

func TestHeadersSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	hour := fault.Limit{Name: "invites", Quota: 10, Window: time.Hour}
	for _, c := range []struct {
		name  string
		fault fault.Error
		want  http.Header
	}{
		{"nothing to say", fault.Error{Code: fault.Invalid}, http.Header{}},
		{"a wait", fault.Error{Retry: 90 * time.Second}, http.Header{"Retry-After": {"90"}}},
		{"a wait is never cut short", fault.Error{Retry: time.Second + 1}, http.Header{"Retry-After": {"2"}}},
		{"a wait is never zero", fault.Error{Retry: 1}, http.Header{"Retry-After": {"1"}}},
		{"a limit", fault.Error{Retry: 1500 * time.Millisecond, Limit: hour}, http.Header{
			"Retry-After": {"2"}, "Ratelimit-Policy": {`"invites";q=10;w=3600`}, "Ratelimit": {`"invites";r=0;t=2`},
		}},
	} {
		if d := cmp.Diff(c.want, problem.Headers(&c.fault)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestAFaultIsAnsweredAsProblemDetails(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	f := fault.InField("email", "Enter a valid email address.")
	f.Code, f.Reason, f.Retry = fault.MailRefused, "there is no mailbox", time.Minute
	problem.Write(w, f)
	if w.Code != 422 {
		t.Errorf("status %d", w.Code)
	}
	want := http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
		"Retry-After": {"60"}}
	if d := cmp.Diff(want, w.Header()); d != "" {
		t.Error(d)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{
		"type": "/docs#mail_refused", "title": "Unprocessable Entity", "status": 422.0, "code": "mail_refused",
		"detail": "Enter a valid email address.", "reason": "there is no mailbox",
		"errors": []any{map[string]any{"location": "email", "message": "Enter a valid email address."}},
	}, got); d != "" {
		t.Error(d)
	}
}

func TestEveryCodeHasAProblemWithATitle(t *testing.T) {
	t.Parallel()
	for _, c := range fault.Codes() {
		if p := problem.Of(fault.New(c, "x")); p.Title == "" || p.GetStatus() != c.Status() || p.Code != string(c) ||
			p.Type != "/docs#"+string(c) {
			t.Errorf("%s: %+v", c, p)
		}
	}
}
