package event

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
)

// HTTP serves an API Gateway HTTP API route (payload format 2.0, "Working with AWS Lambda proxy integrations for
// HTTP APIs") by h. The name stands in the one line that every request leaves in the log, unless h calls [Name].
// Path parameters are set as path values of the request, so h needs no router of its own. The answer to HEAD has no body.
func HTTP(name string, h http.Handler) Function { return httpFunction{name, h} }

// HandlerOf is the handler that a function of [HTTP] serves; nil for other functions. What describes the API, and what
// compares it with the deployment, looks at it.
func HandlerOf(f Function) http.Handler {
	if h, ok := f.(httpFunction); ok {
		return h.h
	}
	return nil
}

type httpFunction struct {
	name string
	h    http.Handler
}

func (f httpFunction) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	start := time.Now()
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("event: not an HTTP API event: %w", err)
	}
	line := &logLine{name: f.name}
	r, err := request(context.WithValue(ctx, lineKey{}, line), &e)
	if err != nil {
		return nil, err
	}
	w := &response{header: http.Header{}}
	f.serve(w, r)
	if r.Method == http.MethodHead { // RFC 9110 section 9.3.2; the length is that of the answer to GET (section 8.6)
		w.header.Set("Content-Length", strconv.Itoa(w.body.Len()))
		w.body.Reset()
	}
	out, err := w.event()
	attrs := append([]any{"operation", line.operation(), "requestId", RequestID(ctx, &e), "method", e.RequestContext.HTTP.Method,
		"route", e.RouteKey, "status", w.status, "ms", float64(time.Since(start).Microseconds()) / 1000, "bytes", w.body.Len()},
		line.take()...)
	// The path is left out on purpose: an invite link's path holds its token.
	if w.status >= 500 {
		slog.ErrorContext(ctx, "request", attrs...)
	} else {
		slog.InfoContext(ctx, "request", attrs...)
	}
	return out, err
}

// serve runs the handler; a panic becomes the same 500 as any other internal error, and is logged once.
func (f httpFunction) serve(w *response, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			Annotate(r.Context(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			*w = response{header: http.Header{}}
			problem.Write(w, fault.New(fault.Internal, "errors.something_went_wrong_on_our_side"))
		}
	}()
	f.h.ServeHTTP(w, r)
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// RequestID is the id of this request: API Gateway's, or Lambda's where API Gateway's is constant (SAM local).
func RequestID(ctx context.Context, e *events.APIGatewayV2HTTPRequest) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok && lc.AwsRequestID != "" {
		return lc.AwsRequestID
	}
	return e.RequestContext.RequestID
}

func request(ctx context.Context, e *events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		b, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return nil, fmt.Errorf("event: body: %w", err)
		}
		body = b
	}
	u := &url.URL{Path: e.RawPath, RawQuery: e.RawQueryString} // API Gateway has decoded the path already
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("event: request: %w", err)
	}
	r.URL = u
	r.RequestURI = e.RawPath
	for k, v := range e.Headers { // API Gateway sends lower case, SAM local what the client sent
		r.Header.Set(k, v)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host = e.RequestContext.DomainName
	if h := r.Header.Get("Host"); h != "" {
		r.Host = h
	}
	r.RemoteAddr = e.RequestContext.HTTP.SourceIP
	for k, v := range e.PathParameters {
		r.SetPathValue(k, v)
	}
	return r, nil
}

// response is an http.ResponseWriter that keeps everything for the answering event.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *response) event() ([]byte, error) {
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: make(map[string]string, len(w.header)), Cookies: []string{}}
	for k, vs := range w.header {
		if k == "Set-Cookie" { // cookies have a list of their own in payload 2.0
			out.Cookies = vs
			continue
		}
		out.Headers[strings.ToLower(k)] = strings.Join(vs, ", ")
	}
	if b := w.body.Bytes(); utf8.Valid(b) {
		out.Body = string(b)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(b), true
	}
	return json.Marshal(out)
}

// logLine gathers what the layers below have to say about a request, for one line per request.
type logLine struct {
	mu    sync.Mutex
	name  string
	attrs []any
}

type lineKey struct{}

// Annotate adds pairs of key and value to the line that the request or message of ctx leaves in the log. Only ids
// and codes: addresses and tokens never go there. A key that is there already gets the new value: whoever reads the log by a
// JSON parser sees one of two equal names only, and which one is not said (RFC 8259 section 4).
func Annotate(ctx context.Context, pairs ...any) {
	if l, ok := ctx.Value(lineKey{}).(*logLine); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		for pair := range slices.Chunk(pairs, 2) {
			l.annotate(pair)
		}
	}
}

func (l *logLine) annotate(pair []any) {
	for n := 0; n+1 < len(l.attrs); n += 2 {
		if l.attrs[n] == pair[0] {
			copy(l.attrs[n:n+2], pair)
			return
		}
	}
	l.attrs = append(l.attrs, pair...)
}

// Name says which of a function's operations or forms the request of ctx is for; it stands in the request's line in the log.
func Name(ctx context.Context, operation string) {
	if l, ok := ctx.Value(lineKey{}).(*logLine); ok {
		l.mu.Lock()
		l.name = operation
		l.mu.Unlock()
	}
}

func (l *logLine) operation() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.name
}

func (l *logLine) take() []any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attrs
}
