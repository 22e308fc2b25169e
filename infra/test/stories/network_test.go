package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// network is what lies between the product and AWS. Every call takes a millisecond of virtual time, so that things
// have an order, and those that run at the same time really do.
type network struct {
	to http.RoundTripper

	mu    sync.Mutex
	fault func(call) verdict // nil while all is well
	count int                // API calls so far, an SDK's repetitions not counted
	down  bool               // the process has crashed: nothing leaves it any more
	kill  context.CancelFunc // ends the step that is under way
}

// call is one attempt of an API call.
type call struct {
	number    int    // counts calls from 0; the SDK's further attempts have the same number
	operation string // "TransactWriteItems", "SendMessage", "SendEmail", …
	again     bool   // the SDK's own repetition
}

type verdict int

const (
	pass       verdict = iota
	loseIt             // the request never arrives
	loseAnswer         // it is carried out, and nobody hears of it
	throttle           // refused for now
	crashBefore
	crashAfter
)

func (v verdict) String() string {
	return [...]string{"pass", "lose the request", "lose the answer", "throttle", "crash before", "crash after"}[v]
}

var (
	errLost    = errors.New("network: connection reset")
	errCrashed = errors.New("network: the process is gone")
)

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) { return n.carry(r, n.to) }

// beside is the same network on the way to another service.
type beside struct {
	n  *network
	to http.RoundTripper
}

func (b beside) RoundTrip(r *http.Request) (*http.Response, error) { return b.n.carry(r, b.to) }

func (n *network) carry(r *http.Request, to http.RoundTripper) (*http.Response, error) {
	switch v := n.judge(r); v {
	case loseIt:
		<-time.After(time.Millisecond)
		return nil, errLost
	case throttle:
		return refusal(r), nil
	case crashBefore:
		return nil, errCrashed
	case loseAnswer, crashAfter:
		res, err := to.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		if err == nil {
			io.Copy(io.Discard, res.Body) //nolint:errcheck // in memory
			err = res.Body.Close()
		}
		if v == crashAfter {
			n.crash()
			return nil, errors.Join(errCrashed, err)
		}
		return nil, errors.Join(errLost, err)
	}
	<-time.After(time.Millisecond)
	return to.RoundTrip(r)
}

// judge counts the call and decides what becomes of it.
func (n *network) judge(r *http.Request) verdict {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return crashBefore
	}
	attempt := r.Header.Get("Amz-Sdk-Request")
	c := call{operation: operation(r), again: attempt != "" && !strings.HasPrefix(attempt, "attempt=1;"), number: n.count}
	if c.again {
		c.number--
	} else {
		n.count++
	}
	if n.fault == nil {
		return pass
	}
	v := n.fault(c)
	if v == crashBefore {
		n.down = true
		n.kill()
	}
	return v
}

func (n *network) crash() {
	n.mu.Lock()
	n.down = true
	n.mu.Unlock()
	n.kill()
}

// step runs one invocation of a function. It tells whether the process lived through it; a new one is there after it.
func (n *network) step(ctx context.Context, f func(context.Context)) (lived bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n.mu.Lock()
	n.kill = cancel
	n.mu.Unlock()
	f(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	lived, n.down = !n.down, false
	return lived
}

// faults has f decide about every call from here on; nil ends all faults. It starts the count of calls anew.
func (n *network) faults(f func(call) verdict) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fault, n.count = f, 0
}

// calm has f run without faults and without being counted: it is the test that asks.
func (n *network) calm(f func()) {
	n.mu.Lock()
	fault, count := n.fault, n.count
	n.fault = nil
	n.mu.Unlock()
	f()
	n.mu.Lock()
	n.fault, n.count = fault, count
	n.mu.Unlock()
}

func (n *network) calls() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.count
}

func operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/outbound-emails") {
		return "SendEmail"
	}
	return r.Method + " " + r.URL.Path
}

// refusal is how each of the services says that it has too much to do.
func refusal(r *http.Request) *http.Response {
	h := http.Header{"Content-Type": {roundtrip.JSON10}}
	body, status := `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}`, 400
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1/"):
		h = http.Header{"Content-Type": {"application/json"}}
		body, status = `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests."}}`, 429
	case r.Header.Get("X-Amz-Target") == "":
		h = http.Header{"Content-Type": {"application/json"}, "X-Amzn-Errortype": {"TooManyRequestsException"}}
		body, status = `{"message":"Maximum sending rate exceeded."}`, 429
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r}
}
