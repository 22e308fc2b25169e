// Package smoke drives every deployed binary as Lambda would: through the Runtime API, with its event from events/ and
// the variables that template.yaml gives it, against the embedded engine. It also keeps the names in step, and the
// list of what each binary links.
package smoke

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// runtimeAPI is Lambda's side of one execution environment (AWS Lambda Developer Guide, "Using the Lambda runtime API
// for custom runtimes"): it hands out invocations and takes their answers.
type runtimeAPI struct {
	server   *http.Server
	addr     string
	polled   chan struct{} // closed at the first poll: the function is ready
	once     sync.Once
	events   chan []byte
	answers  chan answer
	initErrs chan string
}

// answer is what a function said to one invocation: a response, or an error's JSON.
type answer struct {
	body   []byte
	failed bool
}

func newRuntimeAPI(functionARN string, timeout time.Duration) (*runtimeAPI, error) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		addr: on.Addr().String(), polled: make(chan struct{}), events: make(chan []byte), answers: make(chan answer, 1),
		initErrs: make(chan string, 1),
	}
	var count int
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		a.once.Do(func() { close(a.polled) })
		select {
		case event := <-a.events:
			count++ // a function polls for one at a time
			h := w.Header()
			h.Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c"+fmt.Sprintf("%04d", count))
			h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(timeout).UnixMilli(), 10))
			h.Set("Lambda-Runtime-Invoked-Function-Arn", functionARN)
			h.Set("Lambda-Runtime-Trace-Id", "Root=1-692fd5a1-0c5a1e5d4b7e3f1a2b3c4d5e;Parent=5e1b4151d43a4f6a;Sampled=0")
			w.Write(event) //nolint:errcheck,gosec // the function has gone
		case <-r.Context().Done():
		}
	})
	take := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			w.WriteHeader(http.StatusAccepted)
			a.answers <- answer{body, failed}
		}
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", take(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		a.initErrs <- string(body)
	})
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go a.server.Serve(on) //nolint:errcheck // closed below
	return a, nil
}

// process is a running binary with the Runtime API that it polls.
type process struct {
	api    *runtimeAPI
	cmd    *exec.Cmd
	output *bytes.Buffer
	exited chan error
	start  time.Time
}

// launch starts a binary with these variables alone.
func launch(ctx context.Context, binary, functionARN string, timeout time.Duration, variables map[string]string) (*process, error) {
	api, err := newRuntimeAPI(functionARN, timeout)
	if err != nil {
		return nil, err
	}
	p := &process{api: api, output: new(bytes.Buffer), exited: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, binary) //nolint:gosec // built by the test
	p.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + api.addr}
	for name, v := range variables {
		p.cmd.Env = append(p.cmd.Env, name+"="+v)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.start = time.Now()
	if err := p.cmd.Start(); err != nil {
		api.server.Close() //nolint:errcheck,gosec // it never served
		return nil, err
	}
	go func() { p.exited <- p.cmd.Wait() }()
	return p, nil
}

// errExited says that a process ended before it polled: an init error, to Lambda.
var errExited = errors.New("the process ended before it polled")

// ready waits for the first poll and returns how long it took from the process's start.
func (p *process) ready(ctx context.Context) (time.Duration, error) {
	select {
	case <-p.api.polled:
		return time.Since(p.start), nil
	case err := <-p.exited:
		p.exited <- err
		return 0, fmt.Errorf("%w: %w\n%s", errExited, err, p.output)
	case body := <-p.api.initErrs:
		return 0, fmt.Errorf("init error: %s", body)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// invoke hands the function an event and returns its response and how long it took.
func (p *process) invoke(ctx context.Context, event []byte) ([]byte, time.Duration, error) {
	start := time.Now()
	select {
	case p.api.events <- event:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	select {
	case a := <-p.api.answers:
		took := time.Since(start)
		if a.failed {
			return nil, took, fmt.Errorf("the function failed: %s", a.body)
		}
		return a.body, took, nil
	case err := <-p.exited:
		p.exited <- err
		return nil, 0, fmt.Errorf("the process ended: %w\n%s", err, p.output)
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// stop ends the process and its Runtime API, and returns what it wrote.
func (p *process) stop() string {
	p.cmd.Process.Kill() //nolint:errcheck,gosec // it has ended by itself
	p.exited <- <-p.exited
	p.api.server.Close() //nolint:errcheck,gosec // nobody polls any more
	return p.output.String()
}
