package host

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/template"
)

// maxRequest is what an HTTP API takes (API Gateway Developer Guide, "Quotas for configuring and running an HTTP API
// in API Gateway": payload size 10 MB, not to be raised).
const maxRequest = 10 << 20

// request is an event of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for
// HTTP APIs in API Gateway").
type request struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         requestHTTP `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

type requestHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// response is what a function answers. Without a status code, the whole answer is the body.
type response struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// ServeHTTP is the HTTP API: it finds the route, makes the event, invokes the function and writes what it answers.
// A function that fails, times out or answers something else than a response is a 500, as it is on AWS.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return // the caller has gone
	}
	if len(body) > maxRequest {
		say(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	// HTTP APIs match and pass on the decoded path. It also ends at a decoded question mark there; that is not
	// repeated here.
	path := r.URL.Path
	if path == "" {
		path = "/"
	}
	e, parameters := h.routes.find(r.Method, path)
	if e == nil {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	if told := h.options.Answered; told != nil {
		seen := &statusWriter{ResponseWriter: w}
		w = seen
		defer func() { told(e.function.ID, r, seen.status, w.Header()) }()
	}
	payload, err := json.Marshal(h.event(r, e.route, parameters, path, body))
	if err != nil {
		h.options.Log.Error("cannot make an event", "function", e.function.ID, "error", err)
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer, err := h.Invoke(r.Context(), e.function.ID, payload)
	if err != nil {
		h.options.Log.Error("function failed", "function", e.function.ID, "error", err)
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	if err := write(w, answer); err != nil {
		h.options.Log.Error("function answered no response", "function", e.function.ID, "error", err)
		say(w, http.StatusInternalServerError, "Internal Server Error")
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader writes the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (h *Host) event(r *http.Request, route template.Route, parameters map[string]string, path string, body []byte) request {
	now := h.options.Now()
	source := r.RemoteAddr
	if host, _, err := net.SplitHostPort(source); err == nil {
		source = host
	}
	e := request{
		Version: "2.0", RouteKey: route.Key(), RawPath: path, RawQueryString: r.URL.RawQuery,
		Headers: map[string]string{}, PathParameters: parameters,
		RequestContext: requestContext{
			AccountID: h.template.Inputs.Account, APIID: "local", DomainName: r.Host, DomainPrefix: "local",
			HTTP:      requestHTTP{Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
			RequestID: roundtrip.RequestID(), RouteKey: route.Key(), Stage: "$default",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 +0000"), TimeEpoch: now.UnixMilli(),
		},
	}
	for name, values := range r.Header {
		switch name {
		case "Cookie":
			for _, v := range values {
				for part := range strings.SplitSeq(v, ";") {
					if part = strings.TrimSpace(part); part != "" {
						e.Cookies = append(e.Cookies, part)
					}
				}
			}
		default:
			e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	e.Headers["host"] = r.Host
	e.Headers["content-length"] = strconv.Itoa(len(body))
	e.Headers["x-forwarded-for"] = strings.TrimPrefix(e.Headers["x-forwarded-for"]+", "+source, ", ")
	e.Headers["x-forwarded-proto"] = "https"
	if r.TLS == nil {
		e.Headers["x-forwarded-proto"] = "http"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		e.Headers["x-forwarded-port"] = port
	}
	if query, err := url.ParseQuery(r.URL.RawQuery); err == nil && len(query) > 0 {
		e.QueryStringParameters = make(map[string]string, len(query))
		for name, values := range query {
			e.QueryStringParameters[name] = strings.Join(values, ",")
		}
	}
	if textual(r.Header.Get("Content-Type")) && utf8.Valid(body) {
		e.Body = string(body)
	} else if len(body) > 0 {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// textual tells whether a body of that type is passed on as text. The documentation says no more than "binary"; what
// HTTP APIs were seen to do is to pass on these four, and everything else, a form or no type too, in base64.
func textual(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	switch media = strings.ToLower(strings.TrimSpace(media)); media {
	case "application/json", "application/javascript", "application/xml":
		return true
	default:
		return strings.HasPrefix(media, "text/")
	}
}

// write writes a function's answer. An error means that nothing was written.
func write(w http.ResponseWriter, answer []byte) error {
	var out response
	var loose map[string]json.RawMessage
	if err := json.Unmarshal(answer, &loose); err != nil || loose["statusCode"] == nil {
		// "If your Lambda function returns valid JSON and doesn't return a statusCode, API Gateway assumes" 200, JSON,
		// and that the answer is the body.
		if !json.Valid(answer) {
			return err
		}
		out = response{StatusCode: http.StatusOK, Headers: map[string]string{"content-type": "application/json"}, Body: string(answer)}
	} else if err := json.Unmarshal(answer, &out); err != nil {
		return err
	}
	body := []byte(out.Body)
	if out.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(out.Body); err != nil {
			return err
		}
	}
	header := w.Header()
	for name, v := range out.Headers {
		header.Set(name, v)
	}
	for _, c := range out.Cookies {
		header.Add("Set-Cookie", c)
	}
	if len(body) > 0 || header.Get("Content-Length") == "" { // an answer to HEAD tells the length that GET's has
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	if header.Get("Date") == "" {
		header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if out.StatusCode == http.StatusNoContent || out.StatusCode == http.StatusNotModified {
		header.Del("Content-Length")
		header.Del("Content-Type")
		body = nil
	}
	w.WriteHeader(out.StatusCode)
	w.Write(body) //nolint:errcheck,gosec // the caller has gone; the body is the function's own
	return nil
}

// say answers as API Gateway does on its own account.
func say(w http.ResponseWriter, status int, message string) {
	body := `{"message":"` + message + `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // the caller may have gone
}
