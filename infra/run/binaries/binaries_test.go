package binaries_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/event"
)

const declared = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Logs: {Type: AWS::Logs::LogGroup}
  Role: {Type: AWS::IAM::Role}
  Answer:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: latchkey-answer, CodeUri: functions/a/answer, Role: !GetAtt Role.Arn,
      LoggingConfig: {LogGroup: !Ref Logs}, Timeout: 900, MemorySize: 256, Environment: {Variables: {TABLE_NAME: t}},
      Events: {Hour: {Type: ScheduleV2, Properties: {Name: answer, ScheduleExpression: rate(1 hour)}}}}
  Short:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: latchkey-short, CodeUri: functions/b/answer, Role: !GetAtt Role.Arn,
      LoggingConfig: {LogGroup: !Ref Logs}, Timeout: 1,
      Events: {Hour: {Type: ScheduleV2, Properties: {Name: short, ScheduleExpression: rate(1 hour)}}}}
  Broken:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: latchkey-broken, CodeUri: functions/c/answer, Role: !GetAtt Role.Arn,
      LoggingConfig: {LogGroup: !Ref Logs}, Timeout: 900, Environment: {Variables: {FAIL: the key is missing}},
      Events: {Hour: {Type: ScheduleV2, Properties: {Name: broken, ScheduleExpression: rate(1 hour)}}}}
`

// built is the folder of the one binary that all tests run.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "binaries"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(built) //nolint:errcheck // the system's folder for it
		if err := binaries.Build(context.Background(), ".", built, binaries.Here, "./testdata/answer"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func open(t *testing.T, o binaries.Options) *binaries.Set {
	t.Helper()
	var err error
	if o.Template, err = template.Parse([]byte(declared), template.Inputs{}); err != nil {
		t.Fatal(err)
	}
	if o.Dir == "" {
		o.Dir = built
	}
	s, err := binaries.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

type answer struct {
	PID       int
	Invoked   int
	Variables []string
}

func ask(t *testing.T, f event.Function, payload string) answer {
	t.Helper()
	out, err := f.Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("answered %s", out)
	}
	return a
}

func TestAProcessIsStartedAtItsFirstEventAndKeptWarm(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{}).Functions()["Answer"]
	first, second := ask(t, f, `{}`), ask(t, f, `{}`)
	if first.Invoked != 1 || second.Invoked != 2 || first.PID != second.PID {
		t.Errorf("first %d in process %d, then %d in process %d", first.Invoked, first.PID, second.Invoked, second.PID)
	}
}

func TestAProcessWithOldVariablesIsReplaced(t *testing.T) {
	t.Parallel()
	said := "127.0.0.1:1"
	f := open(t, binaries.Options{Further: func(*template.Function) map[string]string {
		return map[string]string{"AWS_SAID": said}
	}}).Functions()["Answer"]
	first := ask(t, f, `{}`)
	said = "127.0.0.1:1,127.0.0.1:2"
	second := ask(t, f, `{}`)
	if first.PID == second.PID || second.Invoked != 1 || !slices.Contains(second.Variables, "AWS_SAID="+said) {
		t.Errorf("process %d, and then %d with %q", first.PID, second.PID, second.Variables)
	}
}

// No template can loosen what a deployed function may call: the variable counts in the binaries of the local run alone.
func TestOnlyBinariesForHereMayCallWhatStandsIn(t *testing.T) {
	t.Parallel()
	strict := binaries.Deployed
	strict.Processor = "" // so that it can be run here
	for use, want := range map[binaries.Use]string{
		strict:        "egress: 127.0.0.1:8080 may not be called, by its address: Loopback, RFC 1122",
		binaries.Here: "<nil>",
	} {
		dir := t.TempDir()
		if err := binaries.Build(t.Context(), "../../../shared/adapter/egress", dir, use, "./testdata/judge"); err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), filepath.Join(dir, "judge"), "127.0.0.1:8080")
		c.Env = []string{egress.Variable + "=127.0.0.1:8080"}
		out, err := c.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("built for %+v it says %q, %v; want %q", use, got, err, want)
		}
	}
}

// The Makefile builds by itself, so that a fresh machine compiles everything once, and has to do it as this package does.
func TestTheMakefileHasTheSameFlags(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	here, deployed := binaries.Here.Flags(), binaries.Deployed.Flags() // tags and paths, the linker's, and no version control
	for _, line := range []string{
		"export GOFLAGS := " + here[1] + " " + here[0],
		"HERE := go build '" + here[2] + "' " + here[3] + " -o bin/local/",
		"\tGOOS=linux GOARCH=" + binaries.Deployed.Processor + " go build " + deployed[2] + " " + deployed[3] + " -o bin/",
	} {
		if !strings.Contains(string(text), "\n"+line+" ") && !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("no line of the Makefile begins with %q", line)
		}
	}
	if n := strings.Count(string(text), "standIns"); n != 1 {
		t.Errorf("the Makefile names what stands in %d times; it is for the local run's binaries alone", n)
	}
}

func TestAProcessKnowsItsOwnVariablesAlone(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{Further: func(f *template.Function) map[string]string {
		return map[string]string{"AWS_ACCESS_KEY_ID": "key" + f.ID}
	}}).Functions()["Answer"]
	got := ask(t, f, `{}`).Variables
	for _, want := range []string{"TABLE_NAME=t", "AWS_ACCESS_KEY_ID=keyAnswer", "AWS_LAMBDA_FUNCTION_NAME=latchkey-answer",
		"AWS_REGION=us-east-1", "TZ=:UTC", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
	for _, v := range got {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "AWS_") && !slices.Contains([]string{"TABLE_NAME", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID"}, name) {
			t.Errorf("%s reached it", v)
		}
	}
}

// Eight events that each wait for the others of its four: with fewer processes none would be answered, and with more the
// next four would not have to wait.
func TestWhoComesWhenAllProcessesAreBusyGetsAnotherUpToTheBound(t *testing.T) {
	t.Parallel()
	const most = 4
	var mu sync.Mutex
	inside, highest, arrived := 0, 0, 0
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		inside++
		arrived++
		highest = max(highest, inside)
		gate := full
		if arrived%most == 0 {
			close(full)
			full = make(chan struct{})
		}
		mu.Unlock()
		<-gate
		mu.Lock()
		inside--
		mu.Unlock()
	}))
	t.Cleanup(server.Close)
	f := open(t, binaries.Options{Most: most}).Functions()["Answer"]
	pids := map[int]int{}
	var all sync.WaitGroup
	for range 2 * most {
		all.Go(func() {
			out, err := f.Invoke(t.Context(), []byte(`{"Do":"meet","Meet":"`+server.URL+`"}`))
			var a answer
			if err != nil || json.Unmarshal(out, &a) != nil {
				t.Errorf("%s, %v", out, err)
			}
			mu.Lock()
			defer mu.Unlock()
			pids[a.PID]++
		})
	}
	all.Wait()
	if highest != most || len(pids) != most {
		t.Errorf("%d ran at the same time, in the processes %v; want %d of each", highest, pids, most)
	}
}

func TestAFunctionThatTimesOutIsKilledAndReplaced(t *testing.T) {
	t.Parallel()
	s := open(t, binaries.Options{})
	f := s.Functions()["Short"]
	if _, err := f.Invoke(t.Context(), []byte(`{"Do":"hang"}`)); err == nil || !strings.Contains(err.Error(), "timed out after 1s") ||
		!strings.Contains(err.Error(), "asked to hang") {
		t.Errorf("%v", err)
	}
	before := ask(t, s.Functions()["Answer"], `{}`)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the caller's own end")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(why)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	if _, err := s.Functions()["Answer"].Invoke(ctx, []byte(`{"Do":"meet","Meet":"`+server.URL+`"}`)); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if after := ask(t, s.Functions()["Answer"], `{}`); after.PID == before.PID || there(before.PID) {
		t.Errorf("the process %d goes on after its end: %v", before.PID, after)
	}
}

// there tells whether a process of that id is.
func there(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

func TestAProcessThatEndsDuringAnInvocationFailsItAndIsReplaced(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{}).Functions()["Answer"]
	before := ask(t, f, `{}`)
	_, err := f.Invoke(t.Context(), []byte(`{"Do":"exit"}`))
	for _, part := range []string{"ended during an invocation", "exit status 3", "asked to exit", "it was asked to"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Fatalf("%v does not say %q", err, part)
		}
	}
	if after := ask(t, f, `{}`); after.PID == before.PID || after.Invoked != 1 {
		t.Errorf("%+v after %+v", after, before)
	}
}

func TestAPanicFailsOneInvocationAndEndsItsProcess(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{}).Functions()["Answer"]
	before := ask(t, f, `{}`)
	if _, err := f.Invoke(t.Context(), []byte(`{"Do":"panic"}`)); err == nil || !strings.Contains(err.Error(), "as asked") {
		t.Errorf("%v", err)
	}
	if after := ask(t, f, `{}`); after.PID == before.PID {
		t.Errorf("process %d goes on after a panic", after.PID)
	}
}

func TestAnErrorLeavesTheProcessWarm(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{}).Functions()["Answer"]
	before := ask(t, f, `{}`)
	if _, err := f.Invoke(t.Context(), []byte(`{"Do":"fail"}`)); err == nil ||
		!strings.Contains(err.Error(), "unexpected end of JSON input") {
		t.Errorf("%v", err)
	}
	if after := ask(t, f, `{}`); after.PID != before.PID || after.Invoked != 3 {
		t.Errorf("%+v after %+v", after, before)
	}
}

func TestAProcessThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	f := open(t, binaries.Options{}).Functions()["Broken"]
	for range 2 { // it is tried anew at each event
		if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, binaries.ErrExited) ||
			!strings.Contains(err.Error(), "cannot start: the key is missing") {
			t.Errorf("%v", err)
		}
	}
}

func TestABinaryThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	declared, err := template.Parse([]byte(declared), template.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := binaries.Open(binaries.Options{Dir: t.TempDir(), Template: declared}); err == nil ||
		!strings.Contains(err.Error(), "no binary of answer") {
		t.Errorf("%v", err)
	}
}

// lockedBuffer is a buffer that many write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestWhatAFunctionWritesIsKeptAndPassedOn(t *testing.T) {
	t.Parallel()
	var to lockedBuffer
	s := open(t, binaries.Options{Log: &to})
	ask(t, s.Functions()["Answer"], `{"Do":"answer"}`)
	if err := s.Close(); err != nil { // what was written is read to its end
		t.Fatal(err)
	}
	if got := s.Log("Answer"); got != "asked to answer\n" {
		t.Errorf("kept %q", got)
	}
	if got := to.b.String(); got != "Answer asked to answer\n" {
		t.Errorf("passed on %q", got)
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	t.Parallel()
	s := open(t, binaries.Options{})
	warm := ask(t, s.Functions()["Answer"], `{}`)
	waits := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(waits)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	failed := make(chan error)
	go func() {
		_, err := s.Functions()["Answer"].Invoke(context.Background(), []byte(`{"Do":"meet","Meet":"`+server.URL+`"}`))
		failed <- err
	}()
	<-waits
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("an invocation was answered by a process that was killed")
	}
	if there(warm.PID) {
		t.Errorf("process %d is left", warm.PID)
	}
	if _, err := s.Functions()["Answer"].Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, binaries.ErrClosed) {
		t.Errorf("%v", err)
	}
}
