// Package api is the HTTP API: one operation per function, with typed input and output from which the OpenAPI
// document is made. An operation checks its input's form, finds out who is calling, calls one use case and puts the
// outcome into JSON; it decides nothing.
package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 256 << 10

// Operation is one route of the API. Method and path are not its business: template.yaml has them.
type Operation struct {
	ID       string
	spec     huma.Operation
	codes    []fault.Code
	register func(huma.API, huma.Operation)
}

// operation describes one operation. The codes are the faults that it can answer with, besides those that every
// operation can.
func operation[In, Out any](id, summary, description, tag string, status int, codes []fault.Code, handle func(context.Context, *In) (*Out, error)) Operation {
	return Operation{ID: id, codes: codes,
		spec: huma.Operation{OperationID: id, Summary: summary, Description: description, Tags: []string{tag}, DefaultStatus: status, MaxBodyBytes: MaxBody},
		register: func(a huma.API, op huma.Operation) {
			huma.Register(a, op, func(ctx context.Context, in *In) (*Out, error) {
				out, err := handle(ctx, in)
				if err != nil {
					return nil, tell(ctx, err)
				}
				return out, nil
			})
		}}
}

// Handler serves the operation and nothing else; path parameters are the request's path values. Requests that change
// something are refused when a browser sends them from another site than the origin (OWASP, "Cross-Site Request
// Forgery Prevention", Fetch Metadata; net/http.CrossOriginProtection).
func (o Operation) Handler(origin string) http.Handler {
	one := &single{}
	spec := o.spec
	spec.Method, spec.Path = http.MethodPost, "/" // stand-ins: nothing is routed here
	o.register(huma.NewAPI(config(), one), spec)
	guard := http.NewCrossOriginProtection()
	if origin != "" {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			panic(err) // environment.Origin has checked it
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, fault.New(fault.CrossOrigin, "This request came from another site's page. Use the portal's own pages, or an API key."))
	}))
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		one.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, read(r))))
	}))
}

// single is a huma adapter for an API of one operation.
type single struct {
	op     *huma.Operation
	handle func(huma.Context)
}

func (s *single) Handle(op *huma.Operation, handle func(huma.Context)) { s.op, s.handle = op, handle }

func (s *single) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handle(humago.NewContext(s.op, r, w))
}

func config() huma.Config {
	c := huma.DefaultConfig("Latchkey", "1")
	c.CreateHooks = nil // no $schema links in the answers
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	return c
}

// request is what every operation may want to know of a request besides its input.
type request struct {
	credentials signin.Credentials
	once        string
	wait        time.Duration
	ip          string
}

type requestKey struct{}

func of(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// longestWait bounds Prefer: wait (RFC 7240 section 4.3), well below the function's timeout of 15 s in template.yaml.
const longestWait = 10 * time.Second

func read(r *http.Request) request {
	out := request{once: r.Header.Get("Idempotency-Key"), ip: r.RemoteAddr}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		out.credentials.Bearer = strings.TrimSpace(token)
	}
	out.credentials.Session = cookie.Of(r)
	for _, field := range r.Header.Values("Prefer") {
		for p := range strings.SplitSeq(field, ",") {
			p, _, _ = strings.Cut(p, ";") // parameters of a preference: wait has none
			name, value, _ := strings.Cut(p, "=")
			n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if err == nil && n > 0 && out.wait == 0 && strings.EqualFold(strings.TrimSpace(name), "wait") { // the first one counts
				out.wait = min(time.Duration(min(n, 3600))*time.Second, longestWait)
			}
		}
	}
	return out
}

// applied is the Preference-Applied field (RFC 7240 section 3).
func (r request) applied() string {
	if r.wait == 0 {
		return ""
	}
	return "wait=" + strconv.Itoa(int(r.wait/time.Second))
}

// tell turns an error into what the caller may know. What is no fault is written to the log, once, and is "internal"
// to everybody else.
func tell(ctx context.Context, err error) error {
	f := fault.As(err)
	if f == nil {
		event.Annotate(ctx, "error", err.Error())
		f = internal
		if ctx.Err() != nil {
			f = fault.New(fault.Unavailable, "This took too long. Nothing is lost; try again in a moment.")
		}
	} else {
		event.Annotate(ctx, "code", string(f.Code))
	}
	return huma.ErrorWithHeaders(problem.Of(f), problem.Headers(f))
}

var internal = fault.New(fault.Internal, "Something went wrong on our side. Try again in a moment; if it stays, tell us the time at which it happened.")

// Function is the operation as a Lambda function behind its route.
func (o Operation) Function(origin string) event.Function { return event.HTTP(o.ID, o.Handler(origin)) }
