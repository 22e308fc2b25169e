// Package host stands in for API Gateway, the pollers of Lambda's event source mappings, and EventBridge Scheduler:
// it brings the events of template.yaml's routes, queues and schedules, as the JSON that AWS sends, to functions that
// run in this process.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/event"
)

// Options are a host's settings.
type Options struct {
	// AWS is the configuration of the SQS client that polls the queues. Without an HTTPClient or credentials, only
	// routes and schedules run.
	AWS aws.Config
	// Now is the clock of schedules and of the times in events. Waiting itself uses real timers: a clock that is
	// moved by hand needs a call of [Host.Tick]. Default time.Now.
	Now func() time.Time
	// Log takes what goes wrong. Default slog.Default().
	Log *slog.Logger
	// Pollers is how many invocations of a queue's function may run at the same time, where the template sets no
	// MaximumConcurrency; Lambda begins with 5. Default 5.
	Pollers int
	// Answered is told of every request that a function of a route was invoked for, once it is answered: the function's
	// logical id, the request, the status and the header of the answer. Nil for nobody.
	Answered func(function string, r *http.Request, status int, header http.Header)
}

// Host runs functions on the template's events. It serves the HTTP API's routes as an http.Handler from the moment it
// is made; queues and schedules run between [Host.Start] and [Host.Close].
type Host struct {
	template  *template.Template
	functions map[string]event.Function
	options   Options
	routes    router

	invoking sync.RWMutex // held for reading by every invocation

	mu        sync.Mutex
	schedules []*schedule
	moved     chan struct{} // closed when the clock was moved
	stop      context.CancelFunc
	running   sync.WaitGroup
}

// New ties functions, by the logical ids of the template, to the events that invoke them. It answers an error for a
// function of the template that is not given, and for one that is given and not in the template.
func New(t *template.Template, functions map[string]event.Function, o Options) (*Host, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Pollers == 0 {
		o.Pollers = 5
	}
	var errs []error
	for id, f := range functions {
		if t.Function(id) == nil {
			errs = append(errs, fmt.Errorf("host: the template has no function %s", id))
		}
		if f == nil {
			errs = append(errs, fmt.Errorf("host: the function %s is nil", id))
		}
	}
	h := &Host{template: t, functions: functions, options: o, moved: make(chan struct{})}
	for _, f := range t.Functions {
		if _, ok := functions[f.ID]; !ok {
			errs = append(errs, fmt.Errorf("host: nothing serves the template's function %s", f.ID))
		}
		for _, route := range f.Routes {
			h.routes.add(route, f)
		}
		for _, s := range f.Schedules {
			h.schedules = append(h.schedules, &schedule{function: f, every: s.Every, name: s.Name})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return h, nil
}

// Start begins to poll the queues and to run the schedules, whose first run is one period from now. It may be called
// once; Close ends it.
func (h *Host) Start() {
	ctx, stop := context.WithCancel(context.Background())
	h.mu.Lock()
	h.stop = stop
	now := h.options.Now()
	for _, s := range h.schedules {
		s.next = now.Add(s.every)
	}
	h.mu.Unlock()
	if h.options.AWS.Credentials != nil {
		for _, f := range h.template.Functions {
			for _, source := range f.Sources {
				h.poll(ctx, f, source)
			}
		}
	}
	for _, s := range h.schedules {
		h.running.Go(func() { h.keep(ctx, s) })
	}
}

// Close ends polling and schedules, and returns when the last invocation has: each has its function's timeout at most.
func (h *Host) Close() {
	h.mu.Lock()
	stop := h.stop
	h.mu.Unlock()
	if stop != nil {
		stop()
	}
	h.running.Wait()
}

type invokedKey struct{}

// Invoked is the logical id of the function whose invocation ctx belongs to, or "".
func Invoked(ctx context.Context) string {
	id, _ := ctx.Value(invokedKey{}).(string)
	return id
}

var errTimeout = errors.New("the function timed out")

// Invoke runs the function of that logical id on an event and returns its answer. Its context ends with the
// function's timeout; a function that goes on after it is left behind, and a panic is an error, as Lambda would
// report both.
func (h *Host) Invoke(ctx context.Context, id string, payload []byte) ([]byte, error) {
	t := h.template.Function(id)
	f := h.functions[id]
	if t == nil || f == nil {
		return nil, fmt.Errorf("host: there is no function %s", id)
	}
	// Lambda does not end an invocation when its caller goes away.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), t.Timeout, errTimeout)
	ctx = context.WithValue(ctx, invokedKey{}, id)
	type outcome struct {
		answer []byte
		err    error
	}
	done := make(chan outcome, 1)
	h.invoking.RLock()
	go func() {
		defer h.invoking.RUnlock()
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				done <- outcome{err: fmt.Errorf("%s panicked: %v\n%s", id, p, debug.Stack())}
			}
		}()
		answer, err := f.Invoke(ctx, payload)
		done <- outcome{answer, err}
	}()
	select {
	case out := <-done:
		return out.answer, out.err
	case <-ctx.Done():
		select {
		case out := <-done: // it ended by itself, which cancelled ctx
			return out.answer, out.err
		default:
			return nil, fmt.Errorf("%s: %w after %s", id, context.Cause(ctx), t.Timeout)
		}
	}
}

// Quiet waits until no function runs, and lets none begin until f has returned, whose error it answers.
func (h *Host) Quiet(f func() error) error {
	h.invoking.Lock()
	defer h.invoking.Unlock()
	return f()
}

var _ http.Handler = (*Host)(nil)
