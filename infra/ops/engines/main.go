// Command engines holds the product and the embedded engine against engines that were not written here: it installs
// each into .engines/, which git ignores, starts it on loopback, runs the conformance suites and the API test against
// it, stops it, and prints what held. In the API test the product runs in its embedded host with its AWS clients
// pointed at the engine; mail is the embedded SES's, since no other engine has what the product needs of it.
//
//	go run ./infra/ops/engines [-engines vendor,localstack] [-suites dynamodb,sqs] [-install]
//
// What is known to fail stands in expected/, with the reason. A test that fails and is not listed there fails the
// command; one that is listed and passes is reported.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	names := flag.String("engines", "", "the sets of engines to take, separated by commas; all when empty")
	only := flag.String("suites", "", "the suites to run, separated by commas: dynamodb, sqs, sesv2, api, browser; all when empty")
	keep := flag.Bool("sam", false, "have the product under SAM local until it is interrupted, and test nothing")
	every := flag.Bool("all", false, "all of the API test, where only a part of it is run otherwise")
	install := flag.Bool("install", false, "only install")
	folder := flag.String("dir", ".engines", "the `folder` that engines are installed into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *keep {
		err = errors.Join(os.MkdirAll(filepath.Join(*folder, "log"), 0o750), keepSAM(ctx, *folder))
	} else {
		err = all(ctx, *folder, fields(*names), fields(*only), *install, *every)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
	}
	switch {
	case errors.Is(err, errInstall):
		os.Exit(3)
	case err != nil:
		os.Exit(1)
	}
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func all(ctx context.Context, folder string, names, only []string, install, every bool) error {
	for _, name := range names {
		if !slices.ContainsFunc(sets, func(s set) bool { return s.name == name }) {
			return fmt.Errorf("there is no %q", name)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "log"), 0o750); err != nil {
		return err
	}
	var report strings.Builder
	fmt.Fprintf(&report, "%-12s %-9s %6s %6s %8s %8s %7s\n", "engine", "suite", "passed", "failed", "expected", "skipped", "seconds")
	var errs []error
	for _, s := range sets {
		if !slices.Contains(names, s.name) && (len(names) > 0 || s.asked) {
			continue
		}
		for _, e := range s.engines() {
			if err := e.install(ctx, folder); err != nil {
				return err
			}
		}
		if !install {
			errs = append(errs, s.hold(ctx, folder, only, every, &report))
		}
	}
	if !install {
		fmt.Print("\n" + report.String())
	}
	return errors.Join(errs...)
}

// hold runs the set's suites against its engines.
func (s set) hold(ctx context.Context, folder string, only []string, every bool, report *strings.Builder) (err error) {
	known, err := expected(filepath.Join("infra", "ops", "engines", "expected", s.name+".txt"))
	if err != nil {
		return err
	}
	at, stop, err := s.start(ctx, folder)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	var reached []string
	if s.bring != nil {
		var end func() error
		reached, end, err = s.bring(ctx, folder)
		defer func() { err = errors.Join(err, end()) }()
		if err != nil {
			return err
		}
	}
	var wrong []error
	env := []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"}
	for _, suite := range s.suites {
		if len(only) > 0 && !slices.Contains(only, suite.name) {
			continue
		}
		start := time.Now()
		var r result
		switch {
		case s.bring != nil:
			tests := s.tests
			if suite.name != product.name || every {
				tests = nil
			}
			r, err = suite.test(ctx, folder, s.name, reached, tests, s.not)
		case suite.service != "":
			r, err = suite.test(ctx, folder, s.name, append(env, "AWS_ENDPOINT_URL_"+strings.ToUpper(suite.service)+"="+at[suite.service]),
				nil, nil)
		default:
			r, err = s.product(ctx, folder, suite, at)
		}
		if err != nil {
			return err
		}
		worse, better := r.judge(known[suite.name])
		fmt.Fprintf(report, "%-12s %-9s %6d %6d %8d %8d %7.0f\n", s.name, suite.name, len(r.passed), len(r.failed),
			len(r.failed)-len(worse), len(r.skipped), time.Since(start).Seconds())
		say := func(what string, tests []string) {
			slices.Sort(tests)
			for _, t := range tests {
				fmt.Printf("%s %s: %s: %s\n", s.name, suite.name, what, t)
			}
		}
		if s.name == "sam" {
			fmt.Print(answered(folder))
		}
		say("NEW FAILURE", worse)
		say("passes now, take it off the list", better)
		if len(worse) > 0 {
			wrong = append(wrong, fmt.Errorf("%s: %d tests of %s fail that should not", s.name, len(worse), suite.name))
		}
	}
	return errors.Join(wrong...)
}

// start starts the set's engines, and answers the endpoint of each service. stop ends what was started, and is never
// nil.
func (s set) start(ctx context.Context, folder string) (at map[string]string, stop func() error, err error) {
	var started []*process
	stop = func() error {
		var errs []error
		for _, p := range started {
			errs = append(errs, p.stop())
		}
		return errors.Join(errs...)
	}
	urls := map[string]string{}
	for _, e := range s.engines() {
		free, err := port()
		if err != nil {
			return nil, stop, err
		}
		urls[e.name] = "http://127.0.0.1:" + free
		fmt.Printf("%s: %s at %s\n", s.name, e.name, urls[e.name])
		p, err := run(ctx, folder, e.name, urls[e.name]+e.ready, []string{"PORT=" + free, "ENGINE_DIR=" + filepath.Join(folder, e.name)},
			e.script)
		if err != nil {
			return nil, stop, err
		}
		started = append(started, p)
	}
	at = map[string]string{}
	for service, e := range s.services {
		at[service] = urls[e.name]
	}
	return at, stop, nil
}

// product runs the API test against the product in its embedded host, on the engines.
func (s set) product(ctx context.Context, folder string, api suite, at map[string]string) (r result, err error) {
	binary := filepath.Join(folder, "latchkey")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./infra/run/local/latchkey").CombinedOutput(); err != nil {
		return r, fmt.Errorf("build: %w\n%s", err, out)
	}
	on, err := port()
	if err != nil {
		return r, err
	}
	endpoint, err := port()
	if err != nil {
		return r, err
	}
	env := []string{"PORT=" + on, "AWS_PORT=" + endpoint, "DATA="}
	for _, service := range slices.Sorted(maps.Keys(at)) {
		if service != "sesv2" {
			env = append(env, "AWS_ENDPOINT_URL_"+strings.ToUpper(service)+"="+at[service])
		}
	}
	url := "http://localhost:" + on
	p, err := run(ctx, folder, s.name+"-latchkey", url+"/v1/health", env, binary)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	return api.test(ctx, folder, s.name, []string{"LATCHKEY_URL=" + url}, nil, s.not)
}
