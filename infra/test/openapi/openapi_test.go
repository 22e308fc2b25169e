// Package openapi_test keeps the published OpenAPI document in step with the operations and template.yaml.
package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/api"
)

var update = flag.Bool("update", false, "write the document anew")

// The goldens are what is served: the document, and the same for generators that know OpenAPI 3.0 alone.
const (
	golden   = "../../../shared/frontend/web/openapi.json"
	golden30 = "../../../shared/frontend/web/openapi-3.0.json"
)

// paths are the operations at each path of the API: the functions say which, the templates say where.
func paths(t *testing.T) map[string]*api.Resource {
	t.Helper()
	l, err := local.Start(t.Context(), local.Options{InProcess: true, NoEvents: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	functions, err := l.Functions()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*api.Resource{}
	for _, f := range l.Stack.Template.Functions {
		r, ok := event.HandlerOf(functions[f.ID]).(*api.Resource)
		if !ok {
			continue
		}
		for _, route := range f.Routes {
			all[route.Path] = r
		}
	}
	return all
}

// document is what the operations and the templates say today.
func document(t *testing.T) []byte {
	t.Helper()
	now, _ := documents(t)
	return now
}

// documents are the document and the one for OpenAPI 3.0.
func documents(t *testing.T) (now, before []byte) {
	t.Helper()
	doc, err := api.Document(paths(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	old, err := api.Document30(doc)
	if err != nil {
		t.Fatal(err)
	}
	return indented(t, b), indented(t, old)
}

func indented(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func TestTheDocumentIsWhatTheOperationsSay(t *testing.T) {
	t.Parallel()
	now, before := documents(t)
	for file, got := range map[string][]byte{golden: now, golden30: before} {
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the operations have changed and %s has not: look at what callers will notice, then run make openapi", file)
		}
	}
}

// keywords30 are the members of a schema of OpenAPI 3.0 (3.0.3, Schema Object). The published schema of documents refuses others.
var keywords30 = strings.Fields("title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems " +
	"minItems uniqueItems maxProperties minProperties required enum type not allOf oneOf anyOf items properties additionalProperties " +
	"description format default nullable discriminator readOnly writeOnly example externalDocs deprecated xml")

func TestFH4TheDocumentOf30HasNothingOfALaterOne(t *testing.T) {
	t.Parallel()
	_, before := documents(t)
	var doc map[string]any
	if err := json.Unmarshal(before, &doc); err != nil {
		t.Fatal(err)
	}
	schemas := 0
	var look func(at string, v any)
	schema := func(at string, v any) {
		s, ok := v.(map[string]any)
		if !ok || s["$ref"] != nil {
			return
		}
		schemas++
		for key, x := range s {
			switch {
			case !slices.Contains(keywords30, key) && !strings.HasPrefix(key, "x-"):
				t.Errorf("%s has %s", at, key)
			case key == "type" && (x == "null" || reflect.TypeOf(x).Kind() != reflect.String):
				t.Errorf("%s is of the type %v", at, x)
			case (key == "exclusiveMaximum" || key == "exclusiveMinimum") && reflect.TypeOf(x).Kind() != reflect.Bool:
				t.Errorf("%s has %s: %v", at, key, x)
			}
		}
	}
	look = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for n, x := range v {
				if name := at[strings.LastIndexByte(at, '/')+1:]; name == "allOf" || name == "anyOf" || name == "oneOf" {
					schema(at, x)
				}
				look(fmt.Sprintf("%s/%d", at, n), x)
			}
		case map[string]any:
			for key, x := range v {
				switch key {
				case "example", "examples", "default", "enum":
					continue
				case "schema", "items", "additionalProperties", "not":
					schema(at+"/"+key, x)
				case "properties", "schemas":
					if all, ok := x.(map[string]any); ok {
						for name, s := range all {
							schema(at+"/"+name, s)
						}
					}
				}
				look(at+"/"+key, x)
			}
		}
	}
	look("", doc)
	if schemas < 200 {
		t.Errorf("only %d schemas were looked at", schemas)
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
	want := 0
	for _, r := range paths(t) {
		want += len(r.Operations)
	}
	if seen != want || want == 0 {
		t.Errorf("%d operations described, there are %d", seen, want)
	}
	for _, c := range fault.Codes() {
		// These two are answered outside of any operation: for a method that a path does not have, and on $default.
		if !told[string(c)] && c != fault.WrongMethod && c != fault.NotFound {
			t.Errorf("no operation lists the code %s", c)
		}
	}
}
