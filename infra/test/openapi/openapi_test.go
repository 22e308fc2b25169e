// Package openapi_test keeps the published OpenAPI document in step with the operations and template.yaml.
package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/api"
)

var update = flag.Bool("update", false, "write the document anew")

const golden = "../../../shared/frontend/web/openapi.json"

func read(t *testing.T) *template.Template {
	t.Helper()
	tpl, err := template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{"Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// document is what the operations and the template say today.
func document(t *testing.T) []byte {
	t.Helper()
	tpl := read(t)
	b, err := api.Document(func(operation string) (method, path string, err error) {
		f := tpl.Function(strings.ToUpper(operation[:1]) + operation[1:])
		if f == nil || len(f.Routes) != 1 {
			return "", "", fmt.Errorf("template.yaml has no one route for %s", operation)
		}
		return f.Routes[0].Method, f.Routes[0].Path, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func TestTheDocumentIsWhatTheOperationsSay(t *testing.T) {
	t.Parallel()
	got := document(t)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the operations have changed and %s has not: look at what callers will notice, then run make openapi", golden)
	}
}

// TestTheRoutesAreTheTemplates keeps the list from which a wrong method is told from an unknown path.
func TestTheRoutesAreTheTemplates(t *testing.T) {
	t.Parallel()
	const list = "../../../shared/frontend/web/routes.txt"
	var all []string
	for _, f := range read(t).Functions {
		for _, r := range f.Routes {
			if r.Path != "$default" {
				all = append(all, r.Key()+"\n")
			}
		}
	}
	slices.Sort(all)
	got := strings.Join(all, "")
	if *update {
		if err := os.WriteFile(list, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(list); err != nil || got != string(want) {
		t.Errorf("template.yaml's routes have changed and %s has not: run make openapi", list)
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Responses   map[string]struct{ Description string }
		}
	}
	if err := json.Unmarshal(document(t), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %s, want 3.1", doc.OpenAPI)
	}
	told := map[string]bool{}
	seen := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			seen++
			if op.OperationID == "" || op.Summary == "" {
				t.Errorf("%s %s has no operationId or summary", method, path)
			}
			if len(op.Responses) < 2 {
				t.Errorf("%s lists no errors", op.OperationID)
			}
			for _, r := range op.Responses {
				if _, codes, ok := strings.Cut(r.Description, ": "); ok {
					for _, c := range strings.Split(codes, ", ") {
						told[c] = true
					}
				}
			}
		}
	}
	if want := len(api.Operations(api.Services{})); seen != want {
		t.Errorf("%d operations described, there are %d", seen, want)
	}
	for _, c := range fault.Codes() {
		// These two are answered outside of any operation: on $default.
		if !told[string(c)] && c != fault.WrongMethod && c != fault.NotFound {
			t.Errorf("no operation lists the code %s", c)
		}
	}
}
