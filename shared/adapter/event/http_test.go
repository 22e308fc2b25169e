package event

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"latchkey.dev/shared/adapter/problem"
)

// lines is what one test's events leave in the log. The package logs to slog's default, which all tests share, so the
// lines find their test by the context.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

type linesKey struct{}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

func (l *lines) all(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(l.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

type byContext struct{}

func (byContext) Enabled(context.Context, slog.Level) bool { return true }
func (byContext) Handle(ctx context.Context, r slog.Record) error {
	l, ok := ctx.Value(linesKey{}).(*lines)
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slog.NewJSONHandler(&l.out, nil).Handle(ctx, r)
}
func (h byContext) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h byContext) WithGroup(string) slog.Handler      { return h }

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(byContext{}))
	os.Exit(m.Run())
}

func logged(t *testing.T) (context.Context, *lines) {
	l := &lines{}
	return context.WithValue(t.Context(), linesKey{}, l), l
}

// posted is a request as API Gateway brings it ("Payload format structure", version 2.0).
const posted = `{
	"version": "2.0", "routeKey": "POST /v1/invites/{inviteId}/resend", "rawPath": "/v1/invites/in_1/resend",
	"rawQueryString": "a=1&a=2&b=%20x",
	"cookies": ["__Host-session=lkn_secret", "theme=dark"],
	"headers": {"host": "abc.execute-api.eu-central-1.amazonaws.com", "x-many": "one,two",
		"authorization": "Bearer lkk_secret", "content-type": "application/json"},
	"requestContext": {"domainName": "portal.example.com", "requestId": "gateway-1",
		"http": {"method": "POST", "path": "/v1/invites/in_1/resend",
			"protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl"}},
	"pathParameters": {"inviteId": "in_1"}, "body": "{\"payer\":\"agency\"}", "isBase64Encoded": false
}`

func invoke(t *testing.T, ctx context.Context, payload string,
	h http.HandlerFunc) events.APIGatewayV2HTTPResponse { //nolint:revive // t first, as everywhere
	t.Helper()
	out, err := HTTP("resendInvite", h).Invoke(ctx, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	var res events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &res); err != nil {
		t.Fatal(err)
	}
	return res
}

func TestAnEventBecomesTheRequestThatWasSent(t *testing.T) {
	t.Parallel()
	ctx, _ := logged(t)
	called := false
	invoke(t, ctx, posted, func(_ http.ResponseWriter, r *http.Request) {
		called = true
		body, _ := io.ReadAll(r.Body)
		for _, c := range []struct{ what, got, want string }{
			{"method", r.Method, "POST"},
			{"path", r.URL.Path, "/v1/invites/in_1/resend"},
			{"request URI", r.RequestURI, "/v1/invites/in_1/resend"},
			{"a repeated query parameter", strings.Join(r.URL.Query()["a"], ","), "1,2"},
			{"an escaped query parameter", r.URL.Query().Get("b"), " x"},
			{"a header in canonical case", r.Header.Get("X-Many"), "one,two"},
			{"the credentials", r.Header.Get("Authorization"), "Bearer lkk_secret"},
			{"the host that the client named", r.Host, "abc.execute-api.eu-central-1.amazonaws.com"},
			{"the client's address", r.RemoteAddr, "203.0.113.7"},
			{"a path value", r.PathValue("inviteId"), "in_1"},
			{"a path value that is not there", r.PathValue("other"), ""},
			{"the body", string(body), `{"payer":"agency"}`},
		} {
			if c.got != c.want {
				t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
			}
		}
		for name, want := range map[string]string{"__Host-session": "lkn_secret", "theme": "dark"} {
			if c, err := r.Cookie(name); err != nil || c.Value != want {
				t.Errorf("cookie %s is %v, %v", name, c, err)
			}
		}
		if r.ContentLength != int64(len(body)) {
			t.Errorf("content length %d", r.ContentLength)
		}
	})
	if !called {
		t.Error("the handler was not called")
	}
}

func TestHeadersAndCookiesAreFoundInAnyCase(t *testing.T) {
	t.Parallel()
	// SAM local passes on what the client wrote, and has cookies only in their header field.
	ctx, _ := logged(t)
	invoke(t, ctx, `{"version":"2.0","rawPath":"/","headers":{"AUTHORIZATION":"Bearer x","Cookie":"a=1; b=2"},
		"requestContext":{"domainName":"fallback.example","http":{"method":"GET","sourceIp":"::1"}}}`,
		func(_ http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != "Bearer x" {
				t.Errorf("authorization %q", got)
			}
			if c, err := r.Cookie("b"); err != nil || c.Value != "2" {
				t.Errorf("cookie %v, %v", c, err)
			}
			if r.Host != "fallback.example" {
				t.Errorf("host %q: without a host field it is the gateway's domain", r.Host)
			}
		})
}

func TestAnEncodedBodyIsReadAsBytes(t *testing.T) {
	t.Parallel()
	ctx, _ := logged(t)
	want := []byte{0xff, 0x00, 0xfe, 'x'}
	payload := `{"rawPath":"/","requestContext":{"http":{"method":"POST"}},"isBase64Encoded":true,"body":"` +
		base64.StdEncoding.EncodeToString(want) + `"}`
	res := invoke(t, ctx, payload, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if !bytes.Equal(got, want) {
			t.Errorf("body %x", got)
		}
		_, _ = w.Write(got)
	})
	got, err := base64.StdEncoding.DecodeString(res.Body)
	if !res.IsBase64Encoded || err != nil || !bytes.Equal(got, want) {
		t.Errorf("what is no text is answered as %q, encoded %v", res.Body, res.IsBase64Encoded)
	}
}

func TestAnAnswerBecomesAnEvent(t *testing.T) {
	t.Parallel()
	ctx, _ := logged(t)
	res := invoke(t, ctx, posted, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Add("Vary", "Cookie")
		w.Header().Add("Vary", "Accept")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot) // as with net/http, the first one holds
		_, _ = io.WriteString(w, "<p>é</p>")
	})
	if res.StatusCode != 201 || res.Body != "<p>é</p>" || res.IsBase64Encoded {
		t.Errorf("%+v", res)
	}
	if res.Headers["content-type"] != "text/html; charset=utf-8" || res.Headers["vary"] != "Cookie, Accept" {
		t.Errorf("headers %v", res.Headers)
	}
	if strings.Join(res.Cookies, "|") != "a=1|b=2" {
		t.Errorf("cookies %q: each has an entry of its own, since commas occur in them", res.Cookies)
	}
	if _, there := res.Headers["set-cookie"]; there {
		t.Error("cookies stand in the headers too")
	}
}

func TestAHandlerThatWritesNothingAnswers200(t *testing.T) {
	t.Parallel()
	ctx, _ := logged(t)
	out, err := HTTP("x", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).Invoke(ctx, []byte(posted))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(out); !strings.Contains(s, `"statusCode":200`) || !strings.Contains(s, `"cookies":[]`) ||
		!strings.Contains(s, `"headers":{}`) {
		t.Errorf("%s: lists and maps are never null", s)
	}
}

func TestAPanicIsAnInternalProblemAndOneLine(t *testing.T) {
	t.Parallel()
	ctx, log := logged(t)
	res := invoke(t, ctx, posted, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "half=done")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "half an ans")
		panic("boom")
	})
	var p problem.Problem
	if err := json.Unmarshal([]byte(res.Body), &p); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 500 || res.Headers["content-type"] != problem.MediaType || p.Code != "internal" {
		t.Errorf("%d %v %s", res.StatusCode, res.Headers, res.Body)
	}
	if len(res.Cookies) > 0 || strings.Contains(res.Body, "half") || strings.Contains(res.Body, "boom") {
		t.Errorf("something of what the handler began is answered: %v %s", res.Cookies, res.Body)
	}
	all := log.all(t)
	if len(all) != 1 {
		t.Fatalf("%d lines: %s", len(all), log)
	}
	if l := all[0]; l["level"] != "ERROR" || l["panic"] != "boom" || l["status"] != 500.0 ||
		!strings.Contains(l["stack"].(string), "http_test.go") {
		t.Errorf("line %v", l)
	}
}

func TestEveryRequestLeavesOneLineWithoutSecrets(t *testing.T) {
	t.Parallel()
	ctx, log := logged(t)
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "lambda-1"})
	invoke(t, ctx, posted, func(w http.ResponseWriter, r *http.Request) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { Annotate(r.Context(), "agency", "ag_1") })
		}
		wg.Wait()
		Annotate(r.Context(), "client", "cl_1", "agency", "ag_2")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, "12345")
	})
	all := log.all(t)
	if len(all) != 1 {
		t.Fatalf("%d lines: %s", len(all), log)
	}
	l := all[0]
	for k, want := range map[string]any{"level": "INFO", "operation": "resendInvite", "requestId": "lambda-1", "method": "POST",
		"route": "POST /v1/invites/{inviteId}/resend", "status": 409.0, "bytes": 5.0, "agency": "ag_2", "client": "cl_1"} {
		if l[k] != want {
			t.Errorf("%s is %v, want %v", k, l[k], want)
		}
	}
	if n := strings.Count(log.String(), `"agency"`); n != 1 {
		t.Errorf("the line names the agency %d times: %s", n, log)
	}
	for _, secret := range []string{"in_1", "lkn_secret", "lkk_secret", "203.0.113.7", "a=1", "%20x", "theme", "payer"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the line holds %q: %s", secret, log)
		}
	}
}

func TestTheRequestIDIsAPIGatewaysWithoutLambda(t *testing.T) {
	t.Parallel()
	ctx, log := logged(t)
	invoke(t, ctx, posted, func(http.ResponseWriter, *http.Request) {})
	if l := log.all(t)[0]; l["requestId"] != "gateway-1" {
		t.Errorf("%v", l["requestId"])
	}
}

func TestAnnotatingOutsideOfAnEventDoesNothing(t *testing.T) {
	t.Parallel()
	Annotate(t.Context(), "a", 1)
}

func TestWhatIsNoEventIsAnError(t *testing.T) {
	t.Parallel()
	never := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") })
	for name, payload := range map[string]string{
		"no JSON":        `{`,
		"a list":         `[]`,
		"a broken body":  `{"isBase64Encoded":true,"body":"%%%","requestContext":{"http":{"method":"POST"}}}`,
		"no such method": `{"requestContext":{"http":{"method":"GET /"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := HTTP("x", never).Invoke(t.Context(), []byte(payload)); err == nil {
				t.Errorf("answered %s", out)
			}
		})
	}
}

func FuzzHTTP(f *testing.F) {
	f.Add([]byte(posted))
	f.Add([]byte(`{"isBase64Encoded":true,"body":"/w==","requestContext":{"http":{"method":"PUT"}}}`))
	f.Add([]byte(`{"rawPath":"//x/%zz","headers":{"":"","a\nb":"c"},"cookies":["","=;"],"pathParameters":{"a":"/"}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.Cookies()
			_ = r.URL.Query()
			_ = r.URL.String()
			b, _ := io.ReadAll(r.Body)
			_, _ = w.Write(b)
		})
		out, err := HTTP("fuzz", echo).Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		var res events.APIGatewayV2HTTPResponse
		if err := json.Unmarshal(out, &res); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %v", out, err)
		}
		if !res.IsBase64Encoded && !utf8.ValidString(res.Body) {
			t.Fatal("a body that is no text must be encoded")
		}
	})
}
