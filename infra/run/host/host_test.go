package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/event"
)

// declaration is a function in a template: its routes' keys, and properties as YAML of one line.
type declaration struct {
	routes     []string
	properties string
}

// declare is a template with those functions, by logical id.
func declare(t *testing.T, functions map[string]declaration) *template.Template {
	t.Helper()
	var b strings.Builder
	b.WriteString("Transform: AWS::Serverless-2016-10-31\nResources:\n" +
		"  Role: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", " +
		"Statement: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: \"*\"}]}}]}}\n" +
		"  Logs: {Type: AWS::Logs::LogGroup}\n" +
		"  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, " +
		"maxReceiveCount: 2}}}\n" +
		"  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}\n")
	paths := map[string]string{}
	for id, f := range functions {
		fmt.Fprintf(&b, "  %s: {Type: AWS::Serverless::Function, Properties: {FunctionName: %s, CodeUri: x, Role: !GetAtt Role.Arn, "+
			"LoggingConfig: {LogGroup: !Ref Logs}, Timeout: 5", id, id)
		if f.properties != "" {
			b.WriteString(", " + f.properties)
		}
		b.WriteString("}}\n")
		for _, key := range f.routes {
			method, path, _ := strings.Cut(key, " ")
			if method = strings.ToLower(method); method == "any" {
				method = "x-amazon-apigateway-any-method"
			}
			paths[path] += fmt.Sprintf("            %s: {x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, "+
				"payloadFormatVersion: \"2.0\", credentials: !GetAtt Role.Arn, "+
				"uri: !Sub \"arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations\"}}\n", method, id)
		}
	}
	b.WriteString("  Api:\n    Type: AWS::Serverless::HttpApi\n    Properties:\n      DefinitionBody:\n        openapi: 3.0.1\n        " +
		"paths:\n")
	for path, methods := range paths {
		fmt.Fprintf(&b, "          %s:\n%s", path, methods)
	}
	if len(paths) == 0 {
		b.WriteString("          {}\n")
	}
	got, err := template.Parse([]byte(b.String()), template.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func route(method, path string) declaration {
	return declaration{routes: []string{method + " " + path}}
}

// function is an event.Function of a Go function.
type function func(ctx context.Context, payload []byte) ([]byte, error)

func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

func open(t *testing.T, declared *template.Template, functions map[string]event.Function, o host.Options) *host.Host {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	h, err := host.New(declared, functions, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAFunctionWithoutAHandlerAndTheReverseAreErrors(t *testing.T) {
	t.Parallel()
	declared := declare(t, map[string]declaration{"A": route("GET", "/a")})
	_, err := host.New(declared, map[string]event.Function{"B": event.Schedule("b", nil), "C": nil}, host.Options{})
	for _, want := range []string{"nothing serves the template's function A", "the template has no function B", "the function C is nil"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

func TestRoutesAreChosenAsDocumented(t *testing.T) {
	t.Parallel()
	keys := []string{
		"GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "GET /", "POST /i/{token}", "POST /i/{token}/code", "GET /clients",
	}
	functions, served := map[string]declaration{}, map[string]event.Function{}
	for i, key := range keys {
		method, path, _ := strings.Cut(key, " ")
		id := fmt.Sprintf("F%d", i)
		functions[id] = route(method, path)
		served[id] = function(func(_ context.Context, payload []byte) ([]byte, error) {
			var e struct {
				RouteKey       string            `json:"routeKey"`
				PathParameters map[string]string `json:"pathParameters"`
			}
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			return json.Marshal(map[string]any{"statusCode": 200, "body": fmt.Sprint(e.RouteKey, " ", e.PathParameters)})
		})
	}
	h := open(t, declare(t, functions), served, host.Options{})
	for request, want := range map[string]string{ // the first four are AWS's own examples
		"GET /pets/dog/1":       "GET /pets/dog/1 map[]",
		"GET /pets/dog/2":       "GET /pets/dog/{id} map[id:2]",
		"GET /pets/cat/1":       "GET /pets/{proxy+} map[proxy:cat/1]",
		"POST /test/5":          "ANY /{proxy+} map[proxy:test/5]",
		"GET /":                 "GET / map[]",
		"POST /i/lki_x":         "POST /i/{token} map[token:lki_x]",
		"POST /i/lki_x/code":    "POST /i/{token}/code map[token:lki_x]",
		"POST /i/a%20b/code":    "POST /i/{token}/code map[token:a b]",
		"GET /clients":          "GET /clients map[]",
		"HEAD /":                `{"message":"Not Found"}`,
		"GET /pets/dog/1/extra": "GET /pets/{proxy+} map[proxy:dog/1/extra]",
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if got := w.Body.String(); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}

// A path with a limit of its own for POST has two routes to one function: POST's own, and ANY for the other methods, HEAD
// among them. The event has the route's key, and the method that was asked with.
func TestAMethodsOwnRouteBeatsAny(t *testing.T) {
	t.Parallel()
	declared := declare(t, map[string]declaration{
		"Page": {routes: []string{"ANY /i/{token}", "POST /i/{token}"}}, "Other": {routes: []string{"GET /i/{token}/{more}", "ANY /only"}},
	})
	answers := func(id string) event.Function {
		return function(func(_ context.Context, payload []byte) ([]byte, error) {
			var e struct {
				RouteKey       string `json:"routeKey"`
				RequestContext struct {
					RouteKey string                  `json:"routeKey"`
					HTTP     struct{ Method string } `json:"http"`
				} `json:"requestContext"`
			}
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			if e.RequestContext.RouteKey != e.RouteKey {
				t.Errorf("two route keys: %s", payload)
			}
			return json.Marshal(map[string]any{"statusCode": 200, "body": id + ": " + e.RequestContext.HTTP.Method + " by " + e.RouteKey})
		})
	}
	h := open(t, declared, map[string]event.Function{"Page": answers("Page"), "Other": answers("Other")}, host.Options{})
	for request, want := range map[string]string{
		"GET /i/x":      "Page: GET by ANY /i/{token}",
		"HEAD /i/x":     "Page: HEAD by ANY /i/{token}",
		"POST /i/x":     "Page: POST by POST /i/{token}",
		"DELETE /i/x":   "Page: DELETE by ANY /i/{token}",
		"GET /i/x/y":    "Other: GET by GET /i/{token}/{more}",
		"HEAD /i/x/y":   `{"message":"Not Found"}`, // as on AWS, where GET's own route takes no HEAD
		"HEAD /only":    "Other: HEAD by ANY /only",
		"OPTIONS /only": "Other: OPTIONS by ANY /only",
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if got := w.Body.String(); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}

func TestTheEventIsPayload2(t *testing.T) {
	t.Parallel()
	declared := declare(t, map[string]declaration{"A": route("POST", "/i/{token}")})
	var got map[string]any
	h := open(t, declared, map[string]event.Function{"A": function(func(ctx context.Context, payload []byte) ([]byte, error) {
		if host.Invoked(ctx) != "A" {
			t.Errorf("the invocation is of %q", host.Invoked(ctx))
		}
		return []byte(`{"statusCode":201,"headers":{"x-b":"1"},"cookies":["a=1; Path=/","b=2"],"body":"AP8=","isBase64Encoded":true}`),
			json.Unmarshal(payload, &got)
	})}, host.Options{Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }})

	r := httptest.NewRequest(http.MethodPost, "http://portal.example.com:8080/i/a%2Fb?x=1&x=2&y=%20", strings.NewReader("email=a"))
	r.SetPathValue("token", "")
	r.URL.Path, r.URL.RawPath = "/i/ab c", "/i/ab%20c"
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {"s=1; t=2"}, "Accept": {"a", "b"},
		"User-Agent": {"test"}}
	r.RemoteAddr = "192.0.2.7:5555"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)

	if w.Code != 201 || w.Body.String() != "\x00\xff" || len(w.Header()["Set-Cookie"]) != 2 || w.Header().Get("X-B") != "1" {
		t.Errorf("answered %d %q %v", w.Code, w.Body, w.Header())
	}
	context := got["requestContext"].(map[string]any)
	if id, _ := context["requestId"].(string); len(id) < 8 {
		t.Errorf("request id %q", id)
	}
	delete(context, "requestId")
	want := map[string]any{
		"version": "2.0", "routeKey": "POST /i/{token}", "rawPath": "/i/ab c", "rawQueryString": "x=1&x=2&y=%20",
		"cookies": []any{"s=1", "t=2"}, "pathParameters": map[string]any{"token": "ab c"},
		"queryStringParameters": map[string]any{"x": "1,2", "y": " "},
		"headers": map[string]any{
			"content-type": "application/x-www-form-urlencoded", "accept": "a,b", "user-agent": "test", "host": "portal.example.com:8080",
			"content-length": "7", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "http", "x-forwarded-port": "8080",
		},
		"body": "ZW1haWw9YQ==", "isBase64Encoded": true,
		"requestContext": map[string]any{
			"accountId": "000000000000", "apiId": "local", "domainName": "portal.example.com:8080", "domainPrefix": "local",
			"http":     map[string]any{"method": "POST", "path": "/i/ab c", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "test"},
			"routeKey": "POST /i/{token}", "stage": "$default", "time": "04/Mar/2026:05:06:07 +0000", "timeEpoch": 1772600767000.0,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatGoesWrongIsAnsweredAsByAPIGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		served := map[string]event.Function{
			"Fails":  function(func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") }),
			"Panics": function(func(context.Context, []byte) ([]byte, error) { panic("no") }),
			"Hangs": function(func(ctx context.Context, _ []byte) ([]byte, error) {
				<-ctx.Done()
				<-t.Context().Done() // goes on after its time
				return nil, nil
			}),
			"Loose": function(func(context.Context, []byte) ([]byte, error) { return []byte(`{"a":1}`), nil }),
			"Junk":  function(func(context.Context, []byte) ([]byte, error) { return []byte(`{`), nil }),
		}
		functions := map[string]declaration{}
		for id := range served {
			functions[id] = route("POST", "/"+id)
		}
		h := open(t, declare(t, functions), served, host.Options{})
		ask := func(path, body string) string {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
			text, _ := io.ReadAll(w.Result().Body)
			return fmt.Sprint(w.Code, " ", string(text))
		}
		start := time.Now()
		for path, want := range map[string]string{
			"/Fails": `500 {"message":"Internal Server Error"}`, "/Panics": `500 {"message":"Internal Server Error"}`,
			"/Hangs": `500 {"message":"Internal Server Error"}`, "/Junk": `500 {"message":"Internal Server Error"}`,
			"/Loose": `200 {"a":1}`, "/Nobody": `404 {"message":"Not Found"}`,
		} {
			if got := ask(path, ""); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("the function that hangs was given %s, its timeout is 5 s", took)
		}
		if got := ask("/Loose", strings.Repeat("x", 10<<20+1)); got != `413 {"message":"Request Entity Too Large"}` {
			t.Errorf("too large: %s", got)
		}
	})
}

func TestWhoWatchesIsToldOfEveryAnswerOfAFunction(t *testing.T) {
	t.Parallel()
	var told []string
	h := open(t, declare(t, map[string]declaration{"A": route("GET", "/a"), "B": route("GET", "/b")}), map[string]event.Function{
		"A": function(func(context.Context, []byte) ([]byte, error) {
			return []byte(`{"statusCode":303,"headers":{"location":"/elsewhere"}}`), nil
		}),
		"B": function(func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") }),
	}, host.Options{Answered: func(id string, r *http.Request, status int, header http.Header) {
		told = append(told, fmt.Sprint(id, " ", r.Header.Get("Authorization"), " ", status, " ", header.Get("Location")))
	}})
	for _, path := range []string{"/a", "/b", "/nothing"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer x")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if diff := cmp.Diff([]string{"A Bearer x 303 /elsewhere", "B Bearer x 500 "}, told); diff != "" {
		t.Error(diff)
	}
}

func TestNoFunctionRunsWhileItIsQuiet(t *testing.T) {
	t.Parallel()
	var running atomic.Int64
	begun, release := make(chan struct{}, 9), make(chan struct{})
	h := open(t, declare(t, map[string]declaration{"A": route("GET", "/a")}),
		map[string]event.Function{"A": function(func(context.Context, []byte) ([]byte, error) {
			running.Add(1)
			defer running.Add(-1)
			begun <- struct{}{}
			<-release
			return nil, nil
		})}, host.Options{})
	var all sync.WaitGroup
	invoke := func() {
		all.Go(func() {
			if _, err := h.Invoke(t.Context(), "A", nil); err != nil {
				t.Error(err)
			}
		})
	}
	invoke()
	<-begun
	all.Go(func() {
		if err := h.Quiet(func() error {
			invoke()
			if n := running.Load(); n != 0 {
				t.Errorf("%d run", n)
			}
			return errors.ErrUnsupported
		}); !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	})
	close(release)
	all.Wait()
}

func TestSchedulesRunByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs, offset atomic.Int64
		declared := declare(t, map[string]declaration{"S": {properties: "Events: {E: {Type: ScheduleV2, Properties: {ScheduleExpression: " +
			"rate(1 minute)}}}"}})
		now := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		h := open(t, declared, map[string]event.Function{"S": function(func(_ context.Context, payload []byte) ([]byte, error) {
			var e struct{ Source, Time string }
			if err := json.Unmarshal(payload, &e); err != nil || e.Source != "aws.scheduler" || e.Time == "" {
				t.Errorf("event %s", payload)
			}
			runs.Add(1)
			return nil, nil
		})}, host.Options{Now: now})
		after := func(d time.Duration, want int64, why string) {
			t.Helper()
			<-time.After(d) // the bubble's clock
			synctest.Wait()
			if got := runs.Load(); got != want {
				t.Errorf("%d runs, want %d: %s", got, want, why)
			}
		}
		if err := h.RunSchedules(t.Context()); err != nil {
			t.Error(err)
		}
		after(0, 1, "at the start")
		h.Start()
		defer h.Close()
		after(150*time.Second, 3, "two minutes have passed")
		offset.Store(int64(61 * time.Minute))
		if err := h.Tick(t.Context()); err != nil {
			t.Error(err)
		}
		after(0, 4, "the clock was moved by 61 minutes, and what became due runs once")
		after(59*time.Second, 4, "the next run is a period after the last")
		after(2*time.Second, 5, "a period after the last")
	})
}
