// Package api is the HTTP API: one function for a path and its operations, with typed input and output from which the OpenAPI
// document is made. An operation checks its input's form, finds out who is calling, calls one use case and puts the
// outcome into JSON; it decides nothing.
package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/release"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 256 << 10

// Operation is one method of a path. The path is not its business: template.yaml has it.
type Operation struct {
	ID     string
	Method string
	// Who says who may call it.
	Who identity.Who

	takes    []string        // the media types of a body, in lower case; none where there is no body
	gives    []string        // the media types of the answer, where it is no JSON
	chosen   map[string]bool // the parameters of the query whose value is never empty
	auth     *signin.Authenticator
	unheld   bool // the wrapper finds out who is calling, and holds nobody to Who
	spec     huma.Operation
	codes    []fault.Code
	form     func(body []byte) error // what is wrong with a body's fields, as far as they alone say it; nil for nothing
	register func(huma.API, huma.Operation)
}

// described is what an operation says of itself.
type described struct {
	id, method, tag      string
	who                  identity.Who
	status               int // of success
	summary, description string
	codes                []fault.Code // the faults that it can answer with, besides those that every operation can
	maxBody              int64        // in bytes; MaxBody when it is 0
	gives                []string     // the media types of the answer, where it is no JSON
}

// operation makes an operation. Its caller is authenticated and held to who may call before anything of the request is read;
// auth is nil for what anyone may call, about whom nothing is looked at. Where the form of a body is wrong, its values are checked
// all the same, so that its sender reads of all fields at once.
func operation[In, Out any](auth *signin.Authenticator, d described,
	handle func(ctx context.Context, caller identity.Caller, in *In) (*Out, error), values ...func(*In) error) Operation {
	return Operation{
		form: formOf(values),
		ID:   d.id, Method: d.method, Who: d.who, takes: bodyTypes(reflect.TypeFor[In]()),
		chosen: chosenParameters(reflect.TypeFor[In]()), gives: d.gives, auth: auth,
		codes: append(d.codes[:len(d.codes):len(d.codes)], refusals(d.who)...),
		spec: huma.Operation{OperationID: d.id, Summary: d.summary, Description: d.description + stepsUp(d.who), Tags: []string{d.tag},
			DefaultStatus: d.status, MaxBodyBytes: cmp.Or(d.maxBody, MaxBody)},
		register: func(a huma.API, op huma.Operation) {
			huma.Register(a, op, func(ctx context.Context, in *In) (*Out, error) {
				out, err := handle(ctx, of(ctx).caller, in)
				if err != nil {
					f := tell(ctx, err)
					return nil, huma.ErrorWithHeaders(problem.Of(f), problem.Headers(f))
				}
				return out, nil
			})
		},
	}
}

// stepsUp says of what takes a step-up how people and keys come by it.
func stepsUp(w identity.Who) string {
	if !w.StepUp {
		return ""
	}
	if w.Keys() {
		return " People confirm with stepUp, at most 10 minutes before, that it's them. The scope of a key is powerful: its maker " +
			"confirmed it, and owners are emailed about its use."
	}
	return " People confirm with stepUp, at most 10 minutes before, that it's them. API keys are refused with step_up_required."
}

// refusals are the faults that the wrapper itself answers with.
func refusals(w identity.Who) []fault.Code {
	all := unfit(w)
	if w.StepUp || w.Browser() {
		all = append(all, fault.StepUpRequired)
	}
	return all
}

// unfit are those about what the caller is.
func unfit(w identity.Who) []fault.Code {
	switch {
	case w.Kind == identity.Staff && w.Denies():
		return []fault.Code{fault.Unauthenticated, fault.Forbidden, fault.IssuerRequired, fault.NotFound}
	case w.Kind == identity.Staff:
		return []fault.Code{fault.Unauthenticated, fault.Forbidden, fault.IssuerRequired}
	case w.SignedIn() && w.Bound:
		return []fault.Code{fault.Unauthenticated}
	case w.SignedIn():
		return []fault.Code{fault.Unauthenticated, fault.Forbidden}
	}
	return nil
}

// authenticate finds out who is calling, and holds the caller to who may.
func (o Operation) authenticate(ctx context.Context, c signin.Credentials, r *http.Request) (identity.Caller, error) {
	switch {
	case o.auth == nil:
		return identity.Caller{}, nil
	case o.unheld:
		return o.auth.Identify(ctx, c)
	}
	caller, err := o.auth.Authenticate(ctx, c, o.Who.Asked(r.PathValue))
	if err == nil && o.Who.Kind == identity.Staff {
		event.Annotate(ctx, "agency", string(caller.Agency), "actor", caller.Actor())
	}
	return caller, err
}

// Resource is what stands at one path: its operations, each at a method of its own.
type Resource struct {
	Operations []Operation

	guard    http.Handler
	handlers map[string]http.Handler
	allow    string
}

// Route puts operations at one path. HEAD is GET without the body (RFC 9110 section 9.3.2), and any other method is
// answered with 405 and those that there are. Requests that change something are refused when a browser sends them from
// another site than the origin (OWASP, "Cross-Site Request Forgery Prevention", Fetch Metadata;
// net/http.CrossOriginProtection).
func Route(origin string, operations ...Operation) *Resource {
	r := &Resource{Operations: operations, handlers: map[string]http.Handler{}}
	for _, o := range operations {
		if r.handlers[o.Method] != nil {
			panic("api: two operations with the method " + o.Method + ": " + o.ID)
		}
		r.handlers[o.Method] = o.handler()
	}
	if get := r.handlers[http.MethodGet]; get != nil {
		r.handlers[http.MethodHead] = get
	}
	r.allow = strings.Join(slices.Sorted(maps.Keys(r.handlers)), ", ")
	guard := http.NewCrossOriginProtection()
	if origin != "" {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			panic(err) // environment.Origin has checked it
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		event.Annotate(req.Context(), "code", string(fault.CrossOrigin))
		problem.Write(w, fault.New(fault.CrossOrigin, "errors.this_request_came_from_another_sites"))
	}))
	r.guard = guard.Handler(http.HandlerFunc(r.serve))
	return r
}

// Unheld is the same path, whose callers are found out and held to nothing: what is refused there is refused by a use case.
// A suite compares that with what is declared.
func (r *Resource) Unheld(origin string) *Resource {
	operations := slices.Clone(r.Operations)
	for n := range operations {
		operations[n].unheld = true
	}
	return Route(origin, operations...)
}

// Speaks is the path as one that clients' pages ask by themselves, and show what it refuses: that is said in the language that the page
// asks for by Accept-Language. Other callers read English. The areas are those that it takes sentences from.
func (r *Resource) Speaks(areas ...*words.Area) *Resource {
	words.Speak(words.Errors, words.Time)
	words.Speak(areas...)
	served := r.guard
	r.guard = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if l, ok := words.Accepted(req.Header.Get("Accept-Language")); ok {
			req = req.WithContext(words.With(req.Context(), l))
		}
		served.ServeHTTP(w, req)
	})
	return r
}

// ServeHTTP serves the path; path parameters are the request's path values.
func (r *Resource) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.guard.ServeHTTP(w, req) }

func (r *Resource) serve(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	h := r.handlers[req.Method]
	if h == nil {
		f := fault.New(fault.WrongMethod, "errors.this_path_takes_only_see_docs", "allow", r.allow)
		event.Annotate(req.Context(), "code", string(f.Code))
		w.Header().Set("Allow", r.allow)
		problem.Write(w, f)
		return
	}
	h.ServeHTTP(w, req)
}

// Function is the path as a Lambda function.
func (r *Resource) Function() event.Function { return event.HTTP(r.Operations[0].ID, r) }

// handler serves the operation and nothing else.
func (o Operation) handler() http.Handler {
	one := &single{}
	spec := o.spec
	spec.Method, spec.Path = o.Method, "/" // a stand-in: nothing is routed here
	o.register(huma.NewAPI(config(), one), spec)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, asked := r.Context(), read(r)
		event.Name(ctx, o.ID)
		var err error
		if asked.caller, err = o.authenticate(ctx, asked.credentials, r); err != nil {
			problem.Write(w, tell(ctx, err))
			return
		}
		if r, asked.body, err = o.prepared(r); err != nil {
			problem.Write(w, tell(ctx, err))
			return
		}
		asked.form = o.form
		one.ServeHTTP(w, r.WithContext(context.WithValue(ctx, requestKey{}, asked)))
	})
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
	c := huma.DefaultConfig("Latchkey", release.Version)
	c.CreateHooks = nil // no $schema links in the answers
	c.RejectUnknownQueryParameters = true
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	return c
}

// request is what every operation may want to know of a request besides its input.
type request struct {
	credentials signin.Credentials
	caller      identity.Caller
	once        string
	wait        time.Duration
	ip          string
	browser     identity.Browser
	body        []byte
	form        func(body []byte) error
}

// Once is the input of what is carried out once for one key, however often it is sent.
type Once struct {
	Key string `header:"Idempotency-Key" doc:"Any string. We carry out requests with the same key only once." maxLength:"255"`
}

// Waiting is the input of what can hold its answer until a mail is out.
type Waiting struct {
	Prefer string `header:"Prefer" doc:"wait=10 holds the answer until the email is sent or refused, up to 10 seconds." example:"wait=10"`
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
	out.credentials.Session, out.browser = cookie.Of(r), cookie.Browser(r)
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
func tell(ctx context.Context, err error) *fault.Error {
	f := fault.As(err)
	if f == nil {
		event.Annotate(ctx, "error", err.Error())
		f = internal
		if ctx.Err() != nil {
			f = fault.New(fault.Unavailable, "errors.this_took_too_long_nothing_is")
		}
	} else {
		event.Annotate(ctx, "code", string(f.Code))
	}
	if l, said := words.Said(ctx); said {
		f = f.In(l)
	}
	return f
}

var internal = fault.New(fault.Internal,
	"errors.something_went_wrong_on_our_side")
