package binaries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/template"
)

// Process is one of Lambda's execution environments: a running binary with the Runtime API that it polls, on the loopback
// interface (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"). It handles one invocation at
// a time.
type Process struct {
	function  *template.Function
	variables map[string]string // that it was started with
	arn       string
	cmd       *exec.Cmd
	server    *http.Server
	output    *output
	begun     time.Time

	once     sync.Once
	polled   chan struct{} // closed at the first poll
	took     time.Duration // from its start to its first poll
	events   chan invocation
	answers  chan answer
	initErrs chan string
	exited   chan struct{} // closed when it has ended
	status   error         // of its end, once exited is closed
}

// invocation is an event on its way to the process.
type invocation struct {
	id       string
	deadline time.Time
	payload  []byte
}

// answer is what the process said to an invocation: a response, or an error's JSON.
type answer struct {
	id     string
	body   []byte
	failed bool
}

// ErrExited says that a process ended before it polled: an init error, to Lambda.
var ErrExited = errors.New("the process ended before it polled")

// errIdle says that a process ended before it took an invocation.
var errIdle = errors.New("the process has ended")

// Start starts the binary of a function from dir, with these variables and the address of its Runtime API alone: nothing of
// this process's environment reaches it.
func Start(dir string, t *template.Template, f *template.Function, variables map[string]string) (*Process, error) {
	return start(dir, t, f, variables, nil)
}

func start(dir string, t *template.Template, f *template.Function, variables map[string]string, log io.Writer) (*Process, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("binaries: %w", err)
	}
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("binaries: %w", err)
	}
	p := &Process{
		function: f, variables: variables,
		arn:    "arn:" + t.Inputs.Partition + ":lambda:" + t.Inputs.Region + ":" + t.Inputs.Account + ":function:" + f.Name,
		output: &output{most: 16 << 10, next: log}, polled: make(chan struct{}), events: make(chan invocation),
		answers: make(chan answer, 1), initErrs: make(chan string, 1), exited: make(chan struct{}),
	}
	p.server = &http.Server{Handler: p.runtimeAPI(), ReadHeaderTimeout: 10 * time.Second}
	p.cmd = exec.Command(Path(dir, f)) //nolint:gosec,noctx // what Build has built; Stop ends it
	p.cmd.Dir = dir
	p.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + on.Addr().String()}
	for name, v := range variables {
		p.cmd.Env = append(p.cmd.Env, name+"="+v)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	apart(p.cmd)
	p.begun = time.Now()
	go p.server.Serve(on) //nolint:errcheck // closed with the process
	if err := p.cmd.Start(); err != nil {
		p.server.Close() //nolint:errcheck,gosec // it never served
		return nil, fmt.Errorf("binaries: %s does not start: %w", f.ID, err)
	}
	go func() {
		p.status = p.cmd.Wait()
		p.output.end()
		close(p.exited)
	}()
	return p, nil
}

// runtimeAPI hands out invocations and takes their answers.
func (p *Process) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		p.once.Do(func() {
			p.took = time.Since(p.begun)
			close(p.polled)
		})
		select {
		case next := <-p.events:
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Lambda-Runtime-Aws-Request-Id", next.id)
			h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(next.deadline.UnixMilli(), 10))
			h.Set("Lambda-Runtime-Invoked-Function-Arn", p.arn)
			h.Set("Lambda-Runtime-Trace-Id", "Root=1-692fd5a1-0c5a1e5d4b7e3f1a2b3c4d5e;Parent=5e1b4151d43a4f6a;Sampled=0")
			w.Write(next.payload) //nolint:errcheck,gosec // the process has gone, which Invoke sees
		case <-r.Context().Done():
		}
	})
	take := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			// The answer goes on before it is acknowledged: who has it may find the process busy with ending.
			select {
			case p.answers <- answer{r.PathValue("id"), body, failed}:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", take(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) //nolint:errcheck // what has come of it
		select {
		case p.initErrs <- string(body):
		default:
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// Ready waits for the first poll, and returns how long it took from the process's start. An error says what the process
// wrote last.
func (p *Process) Ready(ctx context.Context) (time.Duration, error) {
	select {
	case <-p.polled:
		return p.took, nil
	default:
	}
	select {
	case <-p.polled:
		return p.took, nil
	case body := <-p.initErrs:
		return 0, p.fault(fmt.Errorf("init error: %s", body))
	case <-p.exited:
		select {
		case body := <-p.initErrs:
			return 0, p.fault(fmt.Errorf("%w: init error: %s", ErrExited, body))
		default:
		}
		return 0, p.fault(fmt.Errorf("%w: %w", ErrExited, p.end()))
	case <-ctx.Done():
		return 0, p.fault(fmt.Errorf("it has not polled: %w", context.Cause(ctx)))
	}
}

// Invoke hands the process an event and returns its answer. When ctx ends before that, or the function's timeout is over,
// the process is killed: Lambda does not let it go on either.
func (p *Process) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	now := time.Now()
	next := invocation{id: roundtrip.RequestID(), deadline: now.Add(p.function.Timeout), payload: payload}
	if end, ok := ctx.Deadline(); ok && end.Before(next.deadline) {
		next.deadline = end
	}
	timeout := time.NewTimer(p.function.Timeout)
	defer timeout.Stop()
	select {
	case <-p.exited:
		return nil, errIdle
	default:
	}
	select {
	case p.events <- next:
	case <-p.exited:
		return nil, errIdle
	case <-ctx.Done():
		return nil, p.killed(context.Cause(ctx))
	case <-timeout.C:
		return nil, p.killed(fmt.Errorf("it took no event within %s", p.function.Timeout))
	}
	for {
		select {
		case a := <-p.answers:
			if a.id != next.id {
				continue
			}
			return p.read(a)
		case <-p.exited:
			select {
			case a := <-p.answers: // it answered, and then ended
				if a.id == next.id {
					return p.read(a)
				}
			default:
			}
			return nil, p.fault(fmt.Errorf("the process ended during an invocation: %w", p.end()))
		case <-ctx.Done():
			return nil, p.killed(context.Cause(ctx))
		case <-timeout.C:
			return nil, p.killed(fmt.Errorf("the function timed out after %s", p.function.Timeout))
		}
	}
}

func (p *Process) read(a answer) ([]byte, error) {
	if !a.failed {
		return a.body, nil
	}
	var said struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(a.body, &said) == nil && said.ErrorMessage != "" {
		return nil, fmt.Errorf("%s failed: %s: %s", p.function.ID, said.ErrorType, said.ErrorMessage)
	}
	return nil, fmt.Errorf("%s failed: %.1000s", p.function.ID, a.body)
}

// killed ends the process for a reason.
func (p *Process) killed(why error) error {
	p.Stop()
	return p.fault(why)
}

// fault is an error of the process with the last lines that it wrote.
func (p *Process) fault(err error) error {
	lines := strings.Split(strings.TrimRight(p.output.String(), "\n"), "\n")
	lines = lines[max(0, len(lines)-20):]
	return fmt.Errorf("%s: %w\n%s", p.function.ID, err, strings.Join(lines, "\n"))
}

// end is how the process ended.
func (p *Process) end() error {
	if p.status == nil {
		return errors.New("exit status 0")
	}
	return p.status
}

func (p *Process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Stop kills the process, unless it has ended by itself, closes its Runtime API, and returns what the process wrote last.
func (p *Process) Stop() string {
	p.cmd.Process.Kill() //nolint:errcheck,gosec // it has ended by itself
	<-p.exited
	p.server.Close() //nolint:errcheck,gosec // nobody polls any more
	return p.output.String()
}
