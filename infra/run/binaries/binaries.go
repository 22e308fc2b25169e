// Package binaries runs the deployed functions as Lambda does: each a process of its own, which polls a Runtime API, is
// started at its first event, is kept warm for the next, and is killed when its time is over.
package binaries

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/event"
)

// Use is what functions are built for.
type Use struct {
	// Processor is Go's name of the processor, on Linux. Empty is this machine.
	Processor string
	// StandIns has the functions read from the variable egress.Variable what stands in for the outside here. Without it they call
	// nothing but the public internet, whatever they are told.
	StandIns bool
}

var (
	// Deployed are the functions as template.yaml deploys them.
	Deployed = Use{Processor: "arm64"}
	// Here are the functions that the local run starts. Only the linker makes them otherwise than those that are deployed.
	Here = Use{StandIns: true}
)

// Flags are those of go build: no RPC server of the former Go runtime, no paths, no symbols.
func (u Use) Flags() []string {
	link := "-ldflags=-s"
	if u.StandIns {
		link += " -X latchkey.dev/shared/adapter/egress.standIns=env"
	}
	return []string{"-tags=lambda.norpc", "-trimpath", link, "-buildvcs=false"}
}

// Build compiles every function of the module at root into dir, with one command. Each binary has its directory's name. What
// go build finds up to date in dir it leaves there, so that building into the same folder again takes seconds. Packages are
// "./functions/..." unless given.
func Build(ctx context.Context, root, dir string, u Use, packages ...string) error {
	if len(packages) == 0 {
		packages = []string{"./functions/..."}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("binaries: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // programs, which anybody may read
		return fmt.Errorf("binaries: %w", err)
	}
	args := append([]string{"build"}, u.Flags()...)
	args = append(append(args, "-o", dir+string(filepath.Separator)), packages...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own arguments
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if u.Processor != "" {
		cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+u.Processor)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("binaries: go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Path is where Build puts the binary of a function.
func Path(dir string, f *template.Function) string {
	return filepath.Join(dir, filepath.Base(f.Directory))
}

// Variables are those that the template gives to the function, and those that Lambda itself sets (AWS Lambda Developer
// Guide, "Using Lambda environment variables"), with the credentials of nobody in particular.
func Variables(t *template.Template, f *template.Function) map[string]string {
	all := map[string]string{
		"AWS_REGION": t.Inputs.Region, "AWS_DEFAULT_REGION": t.Inputs.Region,
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
		"AWS_LAMBDA_FUNCTION_NAME": f.Name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(f.MemoryMB),
		"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": f.LogGroup, "_HANDLER": "bootstrap", "TZ": ":UTC",
	}
	maps.Copy(all, f.Environment)
	return all
}

// Options are the settings of a set of functions.
type Options struct {
	// Dir is the folder that Build filled.
	Dir string
	// Template says which functions there are, with their variables for this run.
	Template *template.Template
	// Further are variables that a function has besides those of Variables, or otherwise. Nil for none. It is asked at every
	// invocation: a process that was started with others is replaced, as Lambda does when a function is configured anew.
	Further func(f *template.Function) map[string]string
	// Most is how many environments of one function run at the same time; who comes when all are busy waits. Default 4.
	Most int
	// Log takes each line that a function writes, after the function's name. Nil for nobody.
	Log io.Writer
}

// Set is the functions of a template, each with the processes that run it.
type Set struct {
	options Options
	pools   map[string]*pool

	mu      sync.Mutex
	closed  bool
	closing chan struct{}
	running map[*Process]bool
}

// Open finds the binary of every function of the template, and starts none. It names all that are missing.
func Open(o Options) (*Set, error) {
	if o.Most == 0 {
		o.Most = 4
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, fmt.Errorf("binaries: %w", err)
	}
	s := &Set{options: o, pools: map[string]*pool{}, closing: make(chan struct{}), running: map[*Process]bool{}}
	var missing []string
	var writing sync.Mutex
	for _, f := range o.Template.Functions {
		if info, err := os.Stat(Path(o.Dir, f)); err != nil || info.IsDir() {
			missing = append(missing, filepath.Base(f.Directory))
			continue
		}
		p := &pool{set: s, function: f, slots: make(chan struct{}, o.Most), log: &output{most: 256 << 10}}
		if o.Log != nil {
			p.log.next = named{name: f.ID, to: o.Log, mu: &writing}
		}
		s.pools[f.ID] = p
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("binaries: %s has no binary of %s: build the functions into it first", o.Dir, strings.Join(missing, ", "))
	}
	return s, nil
}

// Functions are the template's functions by their logical ids. An invocation that finds every process of its function
// busy has another one started, as Lambda does, and from Options.Most on waits for one.
func (s *Set) Functions() map[string]event.Function {
	all := map[string]event.Function{}
	for id, p := range s.pools {
		all[id] = p
	}
	return all
}

// Log is what the function of that logical id wrote last, in whole lines.
func (s *Set) Log(id string) string {
	if p := s.pools[id]; p != nil {
		return p.log.String()
	}
	return ""
}

// Close kills every process, and returns when none is left. Invocations that wait or run fail.
func (s *Set) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	left := maps.Clone(s.running)
	s.mu.Unlock()
	var gone sync.WaitGroup
	for p := range left {
		gone.Go(func() { s.end(p) })
	}
	gone.Wait()
	return nil
}

// ErrClosed says that the set was closed.
var ErrClosed = errors.New("binaries: the functions have been closed")

// start starts a process unless the set is closed, so that Close misses none.
func (s *Set) start(p *pool) (*Process, error) {
	variables := s.variables(p.function)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	started, err := start(s.options.Dir, s.options.Template, p.function, variables, p.log)
	if err == nil {
		s.running[started] = true
	}
	return started, err
}

// variables are those that a process of the function is started with now.
func (s *Set) variables(f *template.Function) map[string]string {
	variables := Variables(s.options.Template, f)
	if s.options.Further != nil {
		maps.Copy(variables, s.options.Further(f))
	}
	return variables
}

func (s *Set) end(p *Process) {
	p.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
}

// pool is one function's processes.
type pool struct {
	set      *Set
	function *template.Function
	slots    chan struct{} // one for each invocation that runs
	log      *output

	mu   sync.Mutex
	idle []*Process // the last one was used last
}

// Invoke runs the function on an event in a process that has nothing else to do, and returns its answer. When ctx ends, or
// after the function's timeout, the process is killed.
func (p *pool) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-p.set.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: all %d environments were busy: %w", p.function.ID, cap(p.slots), context.Cause(ctx))
	}
	for {
		warm, err := p.warm(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := warm.Invoke(ctx, payload)
		if errors.Is(err, errIdle) { // it ended after its last invocation: nobody has seen the event
			p.set.end(warm)
			continue
		}
		p.give(warm)
		return answer, err
	}
}

// initTime is what Lambda leaves a process until its first poll (AWS Lambda Developer Guide, "Understanding the Lambda
// execution environment lifecycle").
const initTime = 10 * time.Second

// warm is a process that polls: the one that was used last, or a new one.
func (p *pool) warm(ctx context.Context) (*Process, error) {
	for {
		p.mu.Lock()
		last := len(p.idle) - 1
		if last < 0 {
			p.mu.Unlock()
			break
		}
		warm := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		if warm.running() && maps.Equal(warm.variables, p.set.variables(p.function)) {
			return warm, nil
		}
		p.set.end(warm)
	}
	fresh, err := p.set.start(p)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, max(initTime, p.function.Timeout))
	defer cancel()
	if _, err := fresh.Ready(ctx); err != nil {
		p.set.end(fresh)
		return nil, err
	}
	return fresh, nil
}

// give keeps the process for the next invocation, when it still runs.
func (p *pool) give(used *Process) {
	if !used.running() {
		p.set.end(used)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, used)
}

// named writes each line after a name.
type named struct {
	name string
	to   io.Writer
	mu   *sync.Mutex // of all that write there
}

// Write passes on one line.
func (n named) Write(line []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.to.Write(append([]byte(n.name+" "), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// output keeps the last whole lines of what is written to it, and passes each on.
type output struct {
	most int       // bytes
	next io.Writer // nil for nobody

	mu   sync.Mutex
	kept []byte
	rest []byte // of a line that has no end yet
}

// Write never fails: a function must not stop because nobody reads its log.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, p...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		if end < 0 && len(o.rest) < o.most {
			return len(p), nil
		}
		if end < 0 {
			end = len(o.rest) - 1
		}
		o.line(o.rest[:end+1])
		o.rest = bytes.Clone(o.rest[end+1:])
	}
}

func (o *output) line(line []byte) {
	o.kept = append(o.kept, line...)
	if over := len(o.kept) - o.most; over > 0 {
		if end := bytes.IndexByte(o.kept[over:], '\n'); end >= 0 {
			over += end + 1
		}
		o.kept = bytes.Clone(o.kept[min(over, len(o.kept)):])
	}
	if o.next != nil {
		o.next.Write(line) //nolint:errcheck,gosec // see Write
	}
}

// end ends a line that its writer did not end.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rest) > 0 {
		o.line(append(o.rest, '\n'))
		o.rest = nil
	}
}

// String is what is kept.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.kept) + string(o.rest)
}
