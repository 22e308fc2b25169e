package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// suite is a package of tests that takes an endpoint.
type suite struct {
	name    string
	path    string
	service string // whose endpoint it takes; "" for the product's
}

var (
	table   = suite{"dynamodb", "./infra/test/conformance/dynamodb", "dynamodb"}
	queues  = suite{"sqs", "./infra/test/conformance/sqs", "sqs"}
	mail    = suite{"sesv2", "./infra/test/conformance/sesv2", "sesv2"}
	product = suite{"api", "./infra/test/api", ""}
	walk    = suite{"browser", "./infra/test/browser", ""}
)

// result is what became of a suite's tests, by the names of the outermost.
type result struct {
	passed, skipped []string
	failed          map[string]string // with the first line that says why
}

// event is a line of go test -json.
type event struct{ Action, Test, Output string }

// test runs the suite with the variables: the tests of these names or all, but for those that are not to be run. Only a
// suite that cannot be run at all is an error.
func (s suite) test(ctx context.Context, folder, name string, env, tests, not []string) (result, error) {
	args := []string{"test", "-json", "-count=1", "-timeout=90m"}
	if len(not) > 0 {
		args = append(args, "-skip=^("+strings.Join(not, "|")+")$")
	}
	if len(tests) > 0 {
		args = append(args, "-run=^("+strings.Join(tests, "|")+")$")
	}
	c := exec.CommandContext(ctx, "go", append(args, s.path)...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go test does not take the tests' process with it
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	out, failure := c.Output()
	if err := os.WriteFile(filepath.Join(folder, "log", name+"-"+s.name+".json"), out, 0o600); err != nil {
		return result{}, err
	}
	r := read(out)
	if failure != nil && len(r.failed) == 0 {
		return r, fmt.Errorf("%s: %w: %.2000s", s.path, failure, out)
	}
	return r, nil
}

func read(out []byte) result {
	r := result{failed: map[string]string{}}
	why := map[string]string{}
	for line := range bytes.Lines(out) {
		var e event
		if json.Unmarshal(line, &e) != nil || e.Test == "" {
			continue
		}
		outermost, _, inner := strings.Cut(e.Test, "/")
		switch {
		case e.Action == "output" && why[outermost] == "" && strings.Contains(e.Output, "_test.go:"):
			why[outermost] = strings.TrimSpace(e.Output)
		case inner:
		case e.Action == "pass":
			r.passed = append(r.passed, outermost)
		case e.Action == "skip":
			r.skipped = append(r.skipped, outermost)
		case e.Action == "fail":
			r.failed[outermost] = why[outermost]
		}
	}
	return r
}

// expected reads which tests are known to fail on the engine, and for which reason: a line for each, with the suite,
// the test and the reason. A line that begins with # is a remark.
func expected(path string) (map[string]map[string]string, error) {
	known := map[string]map[string]string{}
	text, err := os.ReadFile(path) //nolint:gosec // a file of this repository
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(line, " ", 3)
		if len(part) < 3 || !strings.HasPrefix(part[1], "Test") {
			return nil, fmt.Errorf("%s:%d: write: suite, test, and the reason", path, i+1)
		}
		if known[part[0]] == nil {
			known[part[0]] = map[string]string{}
		}
		known[part[0]][part[1]] = strings.TrimSpace(part[2])
	}
	return known, nil
}

// judge compares with what is known: what fails and should not, and what passes and was said to fail.
func (r result) judge(known map[string]string) (worse, better []string) {
	for test, why := range r.failed {
		if known[test] == "" {
			worse = append(worse, test+"  "+why)
		}
	}
	for _, test := range r.passed {
		if known[test] != "" {
			better = append(better, test+"  "+known[test])
		}
	}
	return worse, better
}
