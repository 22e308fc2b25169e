package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/cookie"
)

// everywhere are the codes that any operation can answer with, and withBody those of any that takes a body.
var (
	everywhere = []fault.Code{fault.Invalid, fault.RateLimited, fault.Internal, fault.Unavailable}
	withBody   = []fault.Code{fault.Malformed, fault.TooLarge, fault.UnsupportedType}
)

// Document is the OpenAPI 3.1 document of the API. Paths gives each path's operations.
func Document(paths map[string]*Resource) (*huma.OpenAPI, error) {
	a := huma.NewAPI(config(), &single{})
	doc := a.OpenAPI()
	doc.Info.Description = "Everything the pages do, your programs can do too. Invite a client with one link. They sign in with their " +
		"email address and find their portal."
	for _, j := range jobs {
		doc.Tags = append(doc.Tags, &huma.Tag{Name: j.name, Description: j.about})
	}
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookie.Name, Description: "A person's session. signIn sets the cookie."},
		"apiKey": {Type: "http", Scheme: "bearer",
			Description: "Your agency's API key, lkk_…. Each operation lists the scope it needs. Powerful scopes (" +
				powerful() + ") do what people confirm first."},
	}
	all := examples()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, o := range paths[path].Operations {
			spec := o.spec
			spec.Method, spec.Path = o.Method, path
			codes := o.codes
			if o.Method != http.MethodGet {
				codes = append(codes[:len(codes):len(codes)], fault.CrossOrigin)
			}
			if len(o.takes) > 0 {
				codes = append(codes[:len(codes):len(codes)], withBody...)
			}
			spec.Responses = problems(a, append(codes[:len(codes):len(codes)], everywhere...))
			spec.Security = security(o.Who)
			order, ok := place(spec.Tags[0], o.ID)
			if !ok {
				return nil, fmt.Errorf("api: no job has the operation %s", o.ID)
			}
			spec.Extensions = map[string]any{"x-who": o.Who.String(), "x-order": order}
			o.register(a, spec)
			describeTypes(doc.Paths[path], o)
			if err := exemplify(operationAt(doc.Paths[path], o.ID), all[o.ID]); err != nil {
				return nil, err
			}
			if slices.Contains(codes, fault.MailRefused) {
				describeAccepted(doc.Paths[path].Post)
			}
		}
	}
	for name, schema := range doc.Components.Schemas.Map() {
		allowNull(schema, doc.Components.Schemas.TypeFromRef("#/components/schemas/"+name))
	}
	return doc, nil
}

// allowNull says of a schema's properties which may be null. Huma says it of values of its own alone: an answer's member
// that is a pointer, and stands in every answer, is null where there is nothing.
func allowNull(s *huma.Schema, t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for n := range t.NumField() {
		f := t.Field(n)
		if f.Anonymous {
			allowNull(s, f.Type)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omitempty") {
			continue
		}
		if p.Ref == "" {
			p.Nullable = true
			continue
		}
		s.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
	}
}

// Document30 is the same document for generators that know OpenAPI 3.0 alone. There a member that may be null says so itself
// (OpenAPI 3.0.3, Schema Object, nullable), and what JSON Schema has besides is no part of it: readers that hold a document to
// its schema refuse all of it over one such member.
func Document30(doc *huma.OpenAPI) ([]byte, error) {
	b, err := doc.Downgrade()
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		return nil, err
	}
	as30(tree)
	return json.Marshal(tree)
}

func as30(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			as30(x)
		}
	case map[string]any:
		if _, ok := v["type"].(string); ok { // a schema
			delete(v, "contentMediaType")
			delete(v, "contentEncoding")
		}
		for _, x := range v {
			as30(x)
		}
		if either, ok := v["anyOf"].([]any); ok && len(either) == 2 {
			if null, ok := either[1].(map[string]any); ok && null["type"] == "null" {
				delete(v, "anyOf")
				v["allOf"], v["nullable"] = either[:1], true
			}
		}
	}
}

const csvType = "text/csv"

// describeTypes says of which types body and answer are: huma knows of one for a body that is a file, and takes every answer for
// JSON.
func describeTypes(item *huma.PathItem, o Operation) {
	for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch} {
		if op == nil || op.OperationID != o.ID {
			continue
		}
		if file := exampleUploads()[o.ID]; file != "" {
			op.RequestBody.Content[o.takes[0]].Example = file
		}
		if len(o.takes) > 1 {
			for _, kind := range o.takes[1:] {
				op.RequestBody.Content[kind] = op.RequestBody.Content[o.takes[0]]
			}
		}
		if op.RequestBody != nil && op.RequestBody.Content[csvType] != nil {
			op.RequestBody.Content[csvType].Example = exampleSheets()[o.ID]
		}
		if len(o.gives) > 0 {
			file := map[string]*huma.MediaType{}
			for _, kind := range o.gives {
				shown := cmp.Or(exampleDownloads()[o.ID], exampleFiles()[kind])
				file[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}, Example: shown}
			}
			op.Responses[strconv.Itoa(o.spec.DefaultStatus)].Content = file
		}
	}
}

// operationAt is the operation of a path that has the ID.
func operationAt(item *huma.PathItem, id string) *huma.Operation {
	for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
		if op != nil && op.OperationID == id {
			return op
		}
	}
	return nil
}

// exemplify gives the JSON of an operation its examples.
func exemplify(op *huma.Operation, e example) error {
	const kind = "application/json"
	if op.RequestBody != nil && op.RequestBody.Content[kind] != nil {
		if e.request == nil {
			return fmt.Errorf("api: there is no example of what to send to %s", op.OperationID)
		}
		op.RequestBody.Content[kind].Example = e.request
	}
	for status, r := range op.Responses {
		if r.Content[kind] == nil {
			continue
		}
		if e.answer == nil {
			return fmt.Errorf("api: there is no example of what %s answers with %s", op.OperationID, status)
		}
		if len(e.more) == 0 {
			r.Content[kind].Example = e.answer
			continue
		}
		r.Content[kind].Examples = map[string]*huma.Example{}
		for _, x := range e.more {
			r.Content[kind].Examples[x.name] = &huma.Example{Summary: x.summary, Value: x.value}
		}
	}
	return nil
}

// describeAccepted adds the answer for a mail that is still on its way, which operations with Prefer: wait share.
func describeAccepted(o *huma.Operation) {
	for _, done := range []string{"200", "201"} {
		if r := o.Responses[done]; r != nil {
			o.Responses["202"] = &huma.Response{Description: "Accepted: the email is on its way, poll Location", Headers: r.Headers,
				Content: map[string]*huma.MediaType{"application/json": {Schema: r.Content["application/json"].Schema,
					Example: exampleInvited("sending", "queued")}}}
		}
	}
}

// security is who may call, in OpenAPI's words. With an API key stands the scope that it needs (OpenAPI 3.1, Security
// Requirement Object: "the array MAY contain a list of role names which are required for the execution").
func security(w identity.Who) []map[string][]string {
	switch {
	case w.Keys():
		return []map[string][]string{{"session": {}}, {"apiKey": {string(w.Scope)}}}
	case w.SignedIn():
		return []map[string][]string{{"session": {}}}
	}
	return []map[string][]string{}
}

// problems describes the error answers, one per status, each with the codes that it may carry.
func problems(a huma.API, codes []fault.Code) map[string]*huma.Response {
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	by := map[int][]string{}
	seen := map[fault.Code]bool{}
	for _, c := range codes {
		if !seen[c] {
			seen[c] = true
			by[c.Status()] = append(by[c.Status()], string(c))
		}
	}
	out := map[string]*huma.Response{}
	for status, names := range by {
		sort.Strings(names)
		out[strconv.Itoa(status)] = &huma.Response{
			Description: fmt.Sprintf("%s: %s", http.StatusText(status), strings.Join(names, ", ")),
			Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schema,
				Example: problem.Of(fault.Saying(fault.Code(names[0]), fault.Code(names[0]).Meaning()))}},
		}
	}
	return out
}
