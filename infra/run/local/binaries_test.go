package local_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/template"
)

// stubs is a folder with a binary for every function, each the small program of package binaries' tests.
func stubs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := binaries.Build(t.Context(), "../binaries", dir, binaries.Here, "./testdata/answer"); err != nil {
		t.Fatal(err)
	}
	declared, err := template.Read("../../../template.yaml",
		template.Inputs{Parameters: map[string]string{"Origin": "http://localhost", "MailFrom": local.Sender}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range declared.Functions {
		if err := os.Symlink("answer", binaries.Path(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFunctionsMayBeBinaries(t *testing.T) {
	t.Parallel()
	told := make(chan string, 1)
	l := start(t, local.Options{Binaries: stubs(t), Answered: func(id string, _ *http.Request, status int, _ http.Header) {
		if status == http.StatusOK {
			told <- id
		}
	}})
	w := ask(l, "GET", "/v1/health", "") // without a status code, a function's whole answer is the body
	var a struct {
		PID       int
		Variables []string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.PID == 0 || a.PID == os.Getpid() {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	id := <-told
	for _, want := range []string{"AWS_ENDPOINT_URL=" + l.AWSEndpoint(), "AWS_ACCESS_KEY_ID=" + host.AccessKey(id)} {
		if !slices.Contains(a.Variables, want) {
			t.Errorf("%s was not told %s, but %q", id, want, a.Variables)
		}
	}
	if w := ask(l, "POST", "/_local/clock", `{"advance":"1m"}`, "Content-Type", "application/json"); w.Code != http.StatusNotImplemented {
		t.Errorf("a clock that nobody goes by was moved: %d %s", w.Code, w.Body)
	}
}

func TestBinariesCannotFollowEverySetting(t *testing.T) {
	t.Parallel()
	moved := t.TempDir()
	if err := os.WriteFile(filepath.Join(moved, "clock"), []byte("61m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	some := t.TempDir()
	for want, o := range map[string]local.Options{
		"must listen":       {InProcess: true},
		"behind Invoke":     {Lambda: "http://localhost:1"},
		"looked at":         {Calls: func(next aws.HTTPClient) aws.HTTPClient { return next }},
		"machine's clock":   {Now: func() time.Time { return time.Unix(0, 0) }},
		"with a new folder": {Dir: moved},
		"has no binary of":  {},
	} {
		o.Binaries = some
		if l, err := local.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			if l != nil {
				l.Close()
			}
		}
	}
}
