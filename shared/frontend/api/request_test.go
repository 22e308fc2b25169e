package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

func asked(fields ...string) request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.RemoteAddr = "203.0.113.7"
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return read(r)
}

func TestAWaitIsReadOutOfThePreferences(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "WAIT=5": 5 * time.Second, `wait="5"`: 5 * time.Second, "respond-async, wait=5": 5 * time.Second,
		"wait=5, respond-async": 5 * time.Second, "wait=10": longestWait, "wait=11": longestWait, "wait=9999999999999": longestWait,
		"wait": 0, "wait=": 0, "wait=0": 0, "wait=-1": 0, "wait=soon": 0, "wait=1.5": 0, "waiting=5": 0, "respond-async": 0, ",,=,": 0,
		"wait=99999999999999999999999": 0,
	} {
		r := asked("Prefer", value)
		if r.wait != want {
			t.Errorf("Prefer: %s waits %s, want %s", value, r.wait, want)
		}
		if applied := r.applied(); (applied == "") != (want == 0) {
			t.Errorf("Prefer: %s is answered %q", value, applied)
		}
	}
	if got := asked("Prefer", "respond-async", "Prefer", "wait=3"); got.wait != 3*time.Second || got.applied() != "wait=3" {
		t.Errorf("%s: the field may stand twice", got.wait)
	}
}

func TestTheBearerSchemeHasNoCase(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"Bearer lkk_1": "lkk_1", "bearer lkk_1": "lkk_1", "BEARER   lkk_1 ": "lkk_1",
		"Basic lkk_1": "", "lkk_1": "", "": "", "Bearer": "", "Bearer ": ""} {
		if got := asked("Authorization", value).credentials.Bearer; got != want {
			t.Errorf("%q carries %q, want %q", value, got, want)
		}
	}
}

func TestTheRestOfARequestIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	r := asked("Idempotency-Key", "k 1", "Cookie", "theme=dark; __Host-session=lkn_1")
	if r.once != "k 1" || r.ip != "203.0.113.7" || r.credentials.Session != "lkn_1" {
		t.Errorf("%+v", r)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("wait=10", "Bearer x", "__Host-session=1")
	f.Add(`wait="-0x1";a=b,,wait`, "bearer", `__Host-session="`)
	f.Fuzz(func(t *testing.T, prefer, authorization, cookies string) {
		r := asked("Prefer", prefer, "Authorization", authorization, "Cookie", cookies)
		if r.wait < 0 || r.wait > longestWait || r.wait%time.Second != 0 {
			t.Fatalf("%q waits %s", prefer, r.wait)
		}
		if b := r.credentials.Bearer; b != strings.TrimSpace(b) {
			t.Fatalf("%q carries %q", authorization, b)
		}
	})
}

func finding(location, message string) error {
	return &huma.ErrorDetail{Location: location, Message: message, Value: "SECRET"}
}

func TestAFindingIsASentenceAtItsField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ location, message, field, says string }{
		{"body", "expected required property email to be present", "email", words.Say(email.Invalid)},
		{"body", "expected required property code to be present", "code", "Fill in this field."},
		{"body.grants[0]", "expected required property resource to be present", "grants[0].resource", "Fill in this field."},
		{"body.nome", "unexpected property", "nome", "There's no such field."},
		{"query.status", `expected value to be one of "pending, active, inactive"`, "status", "Choose one of pending, active, inactive."},
		{"query.everywhere", "invalid boolean", "everywhere", "This must be true or false."},
		{"query.limit", "invalid integer", "limit", "This must be a whole number."},
		{"body.email", "expected string", "email", words.Say(email.Invalid)},
	} {
		f := formFault(http.StatusUnprocessableEntity, "validation failed", []error{finding(c.location, c.message)})
		if f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != c.field || f.Fields[0].Message != c.says ||
			f.Message != c.says {
			t.Errorf("%s: %s is told as %+v", c.location, c.message, f)
		}
	}
	// What is left of huma's wording still ends as a sentence, at its field, without what was sent.
	for _, message := range []string{"expected length <= 255", "expected length >= 1", "expected number >= 1", "expected number <= 200",
		"expected string", "expected integer", "expected number", "expected boolean", "expected array", "expected object"} {
		f := formFault(http.StatusUnprocessableEntity, "validation failed", []error{finding("body.x", message)})
		if m := f.Message; !strings.HasPrefix(m, "This must be ") || !strings.HasSuffix(m, ".") || strings.Contains(m, "SECRET") ||
			f.Fields[0].Location != "x" {
			t.Errorf("%s is told as %+v", message, f)
		}
	}
}

func TestSeveralFindingsAreToldTogether(t *testing.T) {
	t.Parallel()
	f := formFault(http.StatusUnprocessableEntity, "validation failed",
		[]error{finding("body", "expected required property code to be present"), finding("body.a", "unexpected property")})
	if f.Code != fault.Invalid || len(f.Fields) != 2 || f.Message != "Some fields need your attention." {
		t.Errorf("%+v", f)
	}
}

func TestAFormThatCannotBeReadIsMalformed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		message string
		errs    []error
		code    fault.Code
		says    string
	}{
		{400, "request body is required", nil, fault.Malformed, "The request has no body. Send the JSON, or the file."},
		{400, "validation failed", []error{finding("body", "invalid character '}' looking for beginning of value")}, fault.Malformed, "The body isn't valid JSON."},
		{422, "validation failed", []error{finding("body", "unexpected end of JSON input")}, fault.Malformed, "The body isn't valid JSON."},
		{400, "x", []error{errors.New("anything")}, fault.Malformed, "The body isn't valid JSON."},
		{400, "x", nil, fault.Malformed, "The body isn't valid JSON."},
		{413, "request body is too large limit=262144 bytes", nil, fault.TooLarge, "256 KB"},
		{415, "unknown content type: text/plain", nil, fault.UnsupportedType, "application/json"},
		{406, "x", nil, fault.Malformed, "application/json"},
		{408, "request body read timeout", nil, fault.Malformed, "didn't arrive"},
		{500, "cannot read request body", []error{errors.New("SECRET")}, fault.Internal, "on our side"},
	} {
		f := formFault(c.status, c.message, c.errs)
		if f.Code != c.code || !strings.Contains(f.Message, c.says) || strings.Contains(f.Message, "SECRET") {
			t.Errorf("%d %s is told as %+v", c.status, c.message, f)
		}
	}
}
