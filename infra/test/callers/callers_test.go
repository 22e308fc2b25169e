// Package callers_test calls the API by what others have made out of its document: clients in Go and Python by generators that
// are not ours, which walk the main job, and Schemathesis, which tries what the document allows and what it does not.
package callers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/domain/identity"
)

// What makes the Go client. It knows OpenAPI 3.0 alone, and takes /openapi-3.0.json; the Python one takes /openapi.json.
const (
	goGenerator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"
	tools       = "../../../.engines/callers/bin"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	os.Exit(m.Run())
}

func product(t *testing.T) string {
	t.Helper()
	l, err := local.Start(context.Background(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Origin()
}

// tool is the path of a tool that infra/test/callers/tools.sh installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(tools, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	const missing = "infra/test/callers/tools.sh has not installed "
	if os.Getenv("CI") == "true" {
		t.Fatal(missing + name)
	}
	t.Skip(missing + name)
	return ""
}

// run runs a program, and fails with what it says when it fails.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, tail(out))
	}
	return string(out)
}

// tail is the end of what a program has said.
func tail(out []byte) []byte {
	const most = 8000
	if len(out) > most {
		return out[len(out)-most:]
	}
	return out
}

// described fetches a document into a folder.
func described(t *testing.T, origin, name, dir string) string {
	t.Helper()
	res, err := http.Get(origin + "/" + name) //nolint:gosec,noctx // the product of this test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", name, res.StatusCode, err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const walked = "portal of Northwind Automations with "

func TestAGoClientThatIsGeneratedWalksTheMainJob(t *testing.T) {
	t.Parallel()
	origin, dir := product(t), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/go")); err != nil {
		t.Fatal(err)
	}
	document := described(t, origin, "openapi-3.0.json", dir)
	if err := os.Mkdir(filepath.Join(dir, "latchkey"), 0o700); err != nil {
		t.Fatal(err)
	}
	mod := []string{"GOFLAGS=-mod=mod"}
	run(t, dir, mod, "go", "run", goGenerator, "-generate", "types,client", "-package", "latchkey", "-o", "latchkey/latchkey.go", document)
	run(t, dir, mod, "go", "mod", "tidy")
	if said := run(t, dir, mod, "go", "run", ".", origin, "go@client.example"); !strings.Contains(said, walked) {
		t.Errorf("the client said %q", said)
	}
}

func TestAPythonClientThatIsGeneratedWalksTheMainJob(t *testing.T) {
	t.Parallel()
	generator, python := tool(t, "openapi-python-client"), tool(t, "python")
	origin, dir := product(t), t.TempDir()
	document := described(t, origin, "openapi.json", dir)
	said := run(t, dir, nil, generator, "generate", "--path", document, "--meta", "none", "--output-path", "latchkey_client")
	// What it cannot make it leaves out with a warning. It knows no body that is a picture or a table, and has to know all the rest.
	files := []string{"PUT /v1/agency/logo", "POST /v1/imports", "POST /v1/contacts/import"}
	for _, left := range regexp.MustCompile(`WARNING parsing (.*) within`).FindAllStringSubmatch(said, -1) {
		if !slices.Contains(files, left[1]) {
			t.Errorf("the generator leaves out %s:\n%s", left[1], said)
		}
	}
	program, err := filepath.Abs("testdata/python/main.py")
	if err != nil {
		t.Fatal(err)
	}
	said = run(t, dir, []string{"PYTHONPATH=" + dir}, python, program, origin, "python@client.example")
	if !strings.Contains(said, walked) {
		t.Errorf("the client said %q", said)
	}
}

// checks are what Schemathesis holds every answer to: that it is none of a fault of ours, and that the document has it.
const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance," +
	"response_headers_conformance,unsupported_method,allow_header_conformance"

func TestSchemathesisFindsNoAnswerThatIsNotDocumented(t *testing.T) {
	t.Parallel()
	schemathesis := tool(t, "schemathesis")
	for name, credential := range map[string]func(*office) string{
		"with a key":     func(o *office) string { return "Authorization: Bearer " + o.key(t) },
		"with a session": func(o *office) string { return "Cookie: __Host-session=" + o.cookie },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := product(t)
			args := []string{"run", origin + "/openapi.json", "--url", origin, "--header", credential(enter(t, origin)),
				"--checks", checks, "--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1",
				"--request-timeout", "60", "--no-color", "--workers", "1", "--suppress-health-check", "all",
				"--generation-database", "none"}
			// What ends the caller's own right to call is not called by a caller who goes on.
			for _, ends := range []string{"signIn", "signOut", "signUpAgency", "endAllSessions", "eraseMe", "deleteAgency",
				"removeMember"} {
				args = append(args, "--exclude-operation-id", ends)
			}
			said := run(t, t.TempDir(), nil, schemathesis, args...)
			tested := regexp.MustCompile(`Test cases:\n\s+(\d+) generated, (\d+) passed`).FindStringSubmatch(said)
			if tested == nil || tested[1] != tested[2] || len(tested[1]) < 4 {
				t.Errorf("Schemathesis said:\n%s", tail([]byte(said)))
			}
		})
	}
}

// office is an owner who is signed in.
type office struct{ origin, cookie string }

// enter signs the demo agency's owner in.
func enter(t *testing.T, origin string) *office {
	t.Helper()
	const owner = "owner@northwind.example"
	o := &office{origin: origin}
	asked := o.post(t, "/v1/sign-in-codes", map[string]any{"email": owner}, http.StatusAccepted)
	flow := asked.Header.Get("Set-Cookie")
	var code string
	for range 300 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/_local/mail?to="+owner, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err = closed(res, err); err != nil {
			t.Fatal(err)
		}
		var mails []struct{ Text string }
		if err := json.Unmarshal(text, &mails); err != nil {
			t.Fatal(err)
		}
		if len(mails) > 0 {
			code = regexp.MustCompile(`\b\d{6}\b`).FindString(mails[0].Text)
			break
		}
		time.Sleep(100 * time.Millisecond) // the mail is on its way
	}
	in := o.post(t, "/v1/sessions", map[string]any{"email": owner, "code": code}, http.StatusCreated, "Cookie", strings.Split(flow, ";")[0])
	for _, c := range in.Cookies() {
		if c.Name == "__Host-session" {
			o.cookie = c.Value
		}
	}
	return o
}

func closed(res *http.Response, err error) error {
	if failed := res.Body.Close(); err == nil {
		return failed
	}
	return err
}

// key makes an API key that may all that a key may.
func (o *office) key(t *testing.T) string {
	t.Helper()
	var made struct{ Secret string }
	res := o.post(t, "/v1/api-keys", map[string]any{"name": "Schemathesis", "scopes": identity.Scopes()}, http.StatusCreated)
	if err := json.Unmarshal(res.body, &made); err != nil {
		t.Fatal(err)
	}
	return made.Secret
}

type answer struct {
	*http.Response

	body []byte
}

func (o *office) post(t *testing.T, path string, body any, want int, headers ...string) answer {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.origin+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if o.cookie != "" {
		r.Header.Set("Cookie", "__Host-session="+o.cookie)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err = closed(res, err); err != nil || res.StatusCode != want {
		t.Fatalf("%s answered %d, want %d: %s %v", path, res.StatusCode, want, text, err)
	}
	return answer{res, text}
}
