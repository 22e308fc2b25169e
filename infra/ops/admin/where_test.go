package main

import (
	"bytes"
	"context"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine"
)

// Beside make run, nothing has to be said; what is said counts.
func TestFH14TheLocalRunIsFound(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	at := httptest.NewServer(engine.LoopbackOnly(s.e.Handler()))
	defer at.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(at.URL, "http://"))
	of := func(pairs ...string) func(string) string {
		all := map[string]string{"AWS_PORT": port}
		for n := 0; n < len(pairs); n += 2 {
			all[pairs[n]] = pairs[n+1]
		}
		return func(name string) string { return all[name] }
	}
	for name, c := range map[string]struct {
		env  func(string) string
		args []string
		said string
	}{
		"nothing is said":      {of(), []string{"list"}, "the local run at http://127.0.0.1:" + port},
		"its own stage":        {of(), []string{"-stage", "latchkey", "list"}, "the local run"},
		"its endpoint is said": {of("AWS_PORT", "1", "AWS_ENDPOINT_URL", at.URL), []string{"list"}, ""},
	} {
		var said, out bytes.Buffer
		cfg, err := where(t.Context(), c.env, c.args, &said)
		if err != nil || !strings.Contains(said.String(), c.said) {
			t.Errorf("%s: %v, said %q", name, err, said.String())
			continue
		}
		if err := run(context.Background(), cfg, c.args, &out, now); err != nil || !strings.Contains(out.String(), string(s.agency)) {
			t.Errorf("%s: %v, %s", name, err, out.String())
		}
	}
	for name, c := range map[string]struct {
		env  func(string) string
		args []string
	}{
		"a profile is said":     {of("AWS_PROFILE", "prod"), []string{"list"}},
		"keys are said":         {of("AWS_ACCESS_KEY_ID", "AKIA"), []string{"list"}},
		"another stage":         {of(), []string{"-stage", "latchkeyprod", "list"}},
		"another stage, in one": {of(), []string{"--stage=prod", "list"}},
	} {
		if says(c.env) == namesStage(c.args) {
			t.Errorf("%s: it is taken for the local run", name)
		}
	}
	s.fails([]string{"-stage", "prod", "list"}, `there is no stage "prod" here`)
	s.fails([]string{"-stage", "prod", "stuck"}, "such as latchkeyprod")
}

// Where there is neither, it says what it needs. Not parallel: the SDK reads the process's own environment.
func TestFH14WithoutAnythingItSaysWhatItNeeds(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	env := func(name string) string { return map[string]string{"AWS_PORT": port}[name] }
	_, err = where(t.Context(), env, []string{"list"}, &bytes.Buffer{})
	for _, want := range []string{"make run", "AWS_PORT", "AWS_PROFILE", "-stage latchkeyprod", "http://127.0.0.1:" + port} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v does not name %s", time.Since(start), err, want)
		}
	}
	// Who names a stage has not asked for the local run, and is told nothing of it that was not looked for.
	_, err = where(t.Context(), env, []string{"-stage", "prod", "list"}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "AWS_PROFILE") || !strings.Contains(err.Error(), "leave -stage out") ||
		strings.Contains(err.Error(), "no local run answers") {
		t.Errorf("of a stage: %v", err)
	}
}
