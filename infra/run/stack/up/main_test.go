package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey.dev/infra/run/engine"
)

// served is an embedded engine behind a socket.
func served(t *testing.T) (*engine.Engine, string) {
	t.Helper()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(e.Handler())
	t.Cleanup(func() {
		s.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, s.URL
}

func nothing(string) string { return "" }

func TestUpMakesTheStackOnAnEndpointAndSaysWhat(t *testing.T) {
	t.Parallel()
	_, url := served(t)
	variables := filepath.Join(t.TempDir(), "env.json")
	args := []string{"-endpoint", url, "-template", "../../../../template.yaml", "-param", "Stage=uptest", "-secrets", "-env", variables}
	var out strings.Builder
	if err := run(t.Context(), args, nothing, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"uptest-table", "uptest-mail-dead-letters", "mail.latchkey.example", "configuration set    uptest-mail",
		"/latchkey/code-key"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
	text, err := os.ReadFile(variables)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]string
	if err := json.Unmarshal(text, &all); err != nil || all["Invites"]["TABLE_NAME"] != "uptest-table" ||
		!strings.HasSuffix(all["Invites"]["MAIL_QUEUE_URL"], "/uptest-mail") {
		t.Errorf("the variables: %v, %v", err, all["Invites"])
	}

	out.Reset()
	if err := run(t.Context(), args, nothing, &out); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	if !strings.Contains(out.String(), "/latchkey/code-key (was there)") {
		t.Errorf("a secret was made anew:\n%s", out.String())
	}
}

func TestUpLeavesOutWhatTheEndpointLacks(t *testing.T) {
	t.Parallel()
	e, url := served(t)
	var out strings.Builder
	if err := run(t.Context(), []string{"-endpoint", url, "-template", "../../../../template.yaml", "-without", "sesv2"}, nothing,
		&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "identity") {
		t.Errorf("mail resources are said to be there:\n%s", out.String())
	}
	if err := e.SES.SetVerification("mail.latchkey.example", "SUCCESS", ""); err == nil {
		t.Error("a mail identity was made")
	}
}

func TestUpSaysWhatIsWrongWithItsArguments(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"write it as NAME=VALUE": {"-param", "Stage"},
		"is no argument":         {"http://localhost:4566"},
		"no service":             {"-endpoint", "http://127.0.0.1:1", "-template", "../../../../template.yaml", "-without", "sns"},
		"Stage":                  {"-endpoint", "http://127.0.0.1:1", "-template", "../../../../template.yaml", "-param", "Stage=NO"},
		"no such file":           {"-endpoint", "http://127.0.0.1:1", "-template", "elsewhere.yaml"},
	} {
		if err := run(t.Context(), args, nothing, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
