package roundtrip

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
)

// Transport returns a round tripper that has h serve every request in this process, without a socket.
//
// It keeps the promises of [http.RoundTripper] and two of its own. The request's body is read to its end and closed
// before h runs, so that a client never races its own upload; and when the request's context ends, RoundTrip returns
// its error at once, also while h is still long-polling (h sees the same context and is expected to give up on its
// own). A panic in h becomes an error of the round trip, as a server would close the connection; it says what
// panicked and where.
//
// It blocks on nothing but channels, so it may be used inside a testing/synctest bubble, and it is safe for any number
// of concurrent calls. The answer is recorded whole: h cannot stream.
func Transport(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := drain(req)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	served := serverSide(req, body)
	if ctx.Done() == nil {
		rec := new(recorder)
		if err := t.serve(rec, served); err != nil {
			return nil, err
		}
		return rec.response(req), nil
	}
	type outcome struct {
		rec *recorder
		err error
	}
	// Buffered: a handler that outlives its caller must not stay behind on the send.
	done := make(chan outcome, 1)
	go func() {
		rec := new(recorder)
		err := t.serve(rec, served)
		done <- outcome{rec, err}
	}()
	select {
	case out := <-done:
		if out.err != nil {
			return nil, out.err
		}
		return out.rec.response(req), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// serve runs the handler and turns a panic into an error.
func (t inProcess) serve(rec *recorder, req *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			err = http.ErrAbortHandler
		default:
			err = fmt.Errorf("wire: the handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	t.handler.ServeHTTP(rec, req)
	return nil
}

// drain reads and closes the request's body.
func drain(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	if n := req.ContentLength; n > 0 && n <= 8<<20 {
		body := make([]byte, n)
		if _, err := io.ReadFull(req.Body, body); err != nil {
			return nil, fmt.Errorf("wire: reading the request's body: %w", err)
		}
		return body, nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("wire: reading the request's body: %w", err)
	}
	return body, nil
}

// serverSide is the request as a server would hand it to its handler. The client's own request is not changed.
func serverSide(req *http.Request, body []byte) *http.Request {
	served := req.WithContext(req.Context())
	served.Header = req.Header.Clone()
	if served.Header == nil {
		served.Header = make(http.Header)
	}
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	served.Proto, served.ProtoMajor, served.ProtoMinor = "HTTP/1.1", 1, 1
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:0"
	served.ContentLength = int64(len(body))
	served.TransferEncoding = nil
	served.GetBody = nil
	if len(body) == 0 {
		served.Body = http.NoBody
	} else {
		served.Body = io.NopCloser(bytes.NewReader(body))
	}
	return served
}

// recorder is the in-memory ResponseWriter.
type recorder struct {
	header http.Header
	sent   http.Header // what the header was when the status was written
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = make(http.Header, 4)
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) {
	if r.status != 0 || status < 200 {
		return
	}
	r.status = status
	r.sent = r.header.Clone()
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	return r.body.Write(p)
}

func (r *recorder) response(req *http.Request) *http.Response {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	if r.sent == nil {
		r.sent = make(http.Header)
	}
	body := r.body.Bytes()
	if req.Method == http.MethodHead {
		body = nil
	}
	if r.sent.Get("Content-Length") == "" && req.Method != http.MethodHead {
		r.sent.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return &http.Response{
		Status:        strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.sent,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}
