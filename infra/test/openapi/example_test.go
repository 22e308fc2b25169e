package openapi_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"latchkey.dev/shared/domain/release"
)

// body is what the document says of a request's or an answer's body.
type body map[string]struct {
	Schema   json.RawMessage
	Example  json.RawMessage
	Examples map[string]struct {
		Summary string
		Value   json.RawMessage
	}
}

// described is an operation as the document has it.
type described struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Example  any
		Schema   struct{ Examples []any }
	}
	RequestBody struct{ Content body }
	Responses   map[string]struct{ Content body }
}

func operationsOf(t *testing.T, document []byte) map[string]map[string]described {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]described
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) < 40 {
		t.Fatalf("%d paths", len(doc.Paths))
	}
	return doc.Paths
}

// TestFH5EveryOperationShowsARequestAndAnAnswer holds each example against its schema, by a validator that is not ours.
func TestFH5EveryOperationShowsARequestAndAnAnswer(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(golden) // as it is served; another test holds it to the operations
	if err != nil {
		t.Fatal(err)
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	const at = "https://latchkey.dev/openapi.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(at, tree); err != nil {
		t.Fatal(err)
	}
	escaped := strings.NewReplacer("~", "~0", "/", "~1")
	pointer := func(parts ...string) string {
		p := at + "#"
		for _, x := range parts {
			p += "/" + url.PathEscape(escaped.Replace(x))
		}
		return p
	}
	held := 0
	holds := func(what string, b body, parts ...string) {
		for kind, m := range b {
			all := map[string]json.RawMessage{}
			if m.Example != nil {
				all[""] = m.Example
			}
			for name, x := range m.Examples {
				if all[name] = x.Value; x.Summary == "" || m.Example != nil || m.Examples["usual"].Value == nil {
					t.Errorf("%s: the examples of %s have no summary, none that is usual, or one beside them", what, kind)
				}
			}
			if len(all) == 0 {
				if !strings.HasPrefix(kind, "image/") { // a picture is no text
					t.Errorf("%s: %s has no example", what, kind)
				}
				continue
			}
			schema, err := compiler.Compile(pointer(append(parts, "content", kind, "schema")...))
			if err != nil {
				t.Fatal(err)
			}
			for name, x := range all {
				example, err := jsonschema.UnmarshalJSON(bytes.NewReader(x))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(example); err != nil {
					t.Errorf("%s: the example %s of %s does not fit: %v", what, name, kind, err)
				}
				held++
			}
		}
	}
	for path, methods := range operationsOf(t, document) {
		for method, o := range methods {
			holds(o.OperationID+" request", o.RequestBody.Content, "paths", path, method, "requestBody")
			for status, r := range o.Responses {
				holds(o.OperationID+" "+status, r.Content, "paths", path, method, "responses", status)
			}
			for _, p := range o.Parameters {
				if p.In == "path" && p.Example == nil && len(p.Schema.Examples) == 0 {
					t.Errorf("%s: the path's %s has no example", o.OperationID, p.Name)
				}
			}
		}
	}
	if held < 300 {
		t.Errorf("%d examples were held against their schemas, there are more", held)
	}
}

// TestTheVersionIsThatOfTheChangelog keeps the release, the document and the changelog's newest section the same.
func TestTheVersionIsThatOfTheChangelog(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile("../../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## \[?(\d+\.\d+\.\d+)\]? - \d{4}-\d\d-\d\d$`).FindSubmatch(changelog)
	if newest == nil || string(newest[1]) != release.Version {
		t.Errorf("the changelog's newest release is %q, the version is %s", newest, release.Version)
	}
	var doc struct{ Info struct{ Version string } }
	if err := json.Unmarshal(document(t), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Info.Version != release.Version {
		t.Errorf("the document is of version %q, the release is %s", doc.Info.Version, release.Version)
	}
}
