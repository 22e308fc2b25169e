package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/template"
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/page"
)

var update = flag.Bool("update", false, "write the OpenAPI document anew")

// The document that the site shows is a file, so that the functions that show it do not carry the whole API. It must
// say what the operations say.
func TestTheDocumentShownIsThatOfTheOperations(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Read("../../template.yaml", template.Inputs{Parameters: map[string]string{"Origin": "https://portal.example", "MailFrom": "invites@portal.example"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := api.Document(func(operation string) (method, path string, err error) {
		f := tmpl.Function(string(operation[0]-'a'+'A') + operation[1:])
		if f == nil || len(f.Routes) != 1 {
			return "", "", fmt.Errorf("the template has no one route for %s", operation)
		}
		return f.Routes[0].Method, f.Routes[0].Path, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer // so that a change can be read
	if err := json.Indent(&indented, got, "", " "); err != nil {
		t.Fatal(err)
	}
	got = append(indented.Bytes(), '\n')
	const path = "../../shared/web/openapi.json"
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs; run go test ./infra/gallery -update when the API was meant to change (-want +got):\n%s", path, d)
	}
	docs, err := page.DocsOf(got)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range docs.Groups {
		n += len(g.Operations)
	}
	if want := len(api.Operations(api.Services{})); n != want {
		t.Errorf("the page shows %d operations, there are %d", n, want)
	}
}
