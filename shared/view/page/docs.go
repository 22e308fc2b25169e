package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Docs is a readable rendering of an OpenAPI document.
type Docs struct {
	Brand   Brand
	Title   string
	Version string
	Intro   string
	Groups  []DocsGroup
	Codes   []DocsCode
}

// DocsCode is an error code; its place on the page is where a problem's type leads.
type DocsCode struct {
	Code, Text string
	Status     int
}

func (v Docs) frame() frame {
	return frame{template: "docs", title: v.Title, brand: v.Brand, public: true}
}

// DocsGroup is the operations under one tag.
type DocsGroup struct {
	Name       string
	Operations []DocsOperation
}

// DocsOperation is one operation.
type DocsOperation struct {
	ID, Method, Path, Summary, Text string
	Parameters                      []DocsField
	Body                            []DocsField
	BodyExample                     string
	Answers                         []DocsAnswer
}

// DocsField is a parameter, or a property of a body.
type DocsField struct {
	Name, Kind, Text string
	Required         bool
}

// DocsAnswer is one answer of an operation.
type DocsAnswer struct {
	Status, Text string
	Codes        []string
	Example      string
}

// schema is as much of JSON Schema (draft 2020-12) as the reference shows.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"` // a name, or several
	Format      string            `json:"format"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	Enum        []any             `json:"enum"`
	Examples    []json.RawMessage `json:"examples"`
	MinLength   *int              `json:"minLength"`
	MaxLength   *int              `json:"maxLength"`
	Minimum     *float64          `json:"minimum"`
	Maximum     *float64          `json:"maximum"`
	MaxItems    *int              `json:"maxItems"`
}

type media struct {
	Schema   schema          `json:"schema"`
	Example  json.RawMessage `json:"example"`
	Examples map[string]struct {
		Value json.RawMessage `json:"value"`
	} `json:"examples"`
}

type operation struct {
	OperationID string   `json:"operationId"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Parameters  []struct {
		Name        string `json:"name"`
		In          string `json:"in"`
		Description string `json:"description"`
		Required    bool   `json:"required"`
		Schema      schema `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string           `json:"description"`
		Content     map[string]media `json:"content"`
	} `json:"responses"`
}

type openapi struct {
	Info struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	} `json:"info"`
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// methods in the order in which a path's operations are shown.
var methods = []string{"get", "post", "put", "patch", "delete"}

// DocsOf prepares an OpenAPI 3.1 document in JSON to be shown. Operations are grouped by their first tag, in the
// order of the document's tags, and within one by path and method.
func DocsOf(doc []byte) (Docs, error) {
	var d openapi
	if err := json.Unmarshal(doc, &d); err != nil {
		return Docs{}, fmt.Errorf("page: OpenAPI document: %w", err)
	}
	v := Docs{Title: cmp.Or(d.Info.Title, "API"), Version: d.Info.Version, Intro: strings.TrimSpace(d.Info.Description)}
	if !strings.Contains(v.Title, "API") {
		v.Title += " API"
	}
	groups := map[string][]DocsOperation{}
	var order []string
	for _, t := range d.Tags {
		order = append(order, t.Name)
	}
	paths := make([]string, 0, len(d.Paths))
	for p := range d.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		for _, m := range methods {
			raw, ok := d.Paths[p][m]
			if !ok {
				continue
			}
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				return Docs{}, fmt.Errorf("page: OpenAPI document: %s %s: %w", m, p, err)
			}
			tag := "Operations"
			if len(o.Tags) > 0 {
				tag = o.Tags[0]
			}
			if !slices.Contains(order, tag) {
				order = append(order, tag)
			}
			groups[tag] = append(groups[tag], d.operation(&o, m, p))
		}
	}
	for _, tag := range order {
		if len(groups[tag]) > 0 {
			v.Groups = append(v.Groups, DocsGroup{tag, groups[tag]})
		}
	}
	return v, nil
}

func (d *openapi) operation(o *operation, method, path string) DocsOperation {
	out := DocsOperation{ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Summary: cmp.Or(o.Summary, o.OperationID),
		Text: strings.TrimSpace(o.Description)}
	for _, p := range o.Parameters {
		out.Parameters = append(out.Parameters,
			DocsField{Name: p.Name, Kind: d.kind(p.Schema) + ", in " + p.In, Text: sentence(p.Description, p.Schema), Required: p.Required})
	}
	if m, ok := o.RequestBody.Content["application/json"]; ok {
		out.Body = d.fields(m.Schema, "", 0)
		out.BodyExample = d.example(m)
	}
	statuses := make([]string, 0, len(o.Responses))
	for s := range o.Responses {
		statuses = append(statuses, s)
	}
	slices.Sort(statuses)
	for _, s := range statuses {
		r := o.Responses[s]
		a := DocsAnswer{Status: s, Text: r.Description}
		for kind, m := range r.Content {
			if kind == "application/problem+json" { // its description is the status, and then the codes
				text, codes, _ := strings.Cut(r.Description, ": ")
				a.Text, a.Codes = text, strings.Split(codes, ", ")
			} else if e := d.example(m); e != "" {
				a.Example = e
			}
		}
		out.Answers = append(out.Answers, a)
	}
	return out
}

func (d *openapi) resolve(s schema) schema {
	for range 8 { // a chain of references; a ring of them ends here
		name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/")
		if !ok {
			return s
		}
		described := s.Description
		s = d.Components.Schemas[name]
		s.Description = cmp.Or(described, s.Description)
	}
	return s
}

// fields lists the properties of a body, those of inner objects behind a dot.
func (d *openapi) fields(s schema, prefix string, depth int) []DocsField {
	s = d.resolve(s)
	names := make([]string, 0, len(s.Properties))
	for n := range s.Properties {
		if n != "$schema" {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b string) int { // what is required first
		ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b)
		if ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	var out []DocsField
	for _, n := range names {
		p := d.resolve(s.Properties[n])
		out = append(out,
			DocsField{Name: prefix + n, Kind: d.kind(p), Text: sentence(p.Description, p), Required: slices.Contains(s.Required, n)})
		if depth >= 3 {
			continue
		}
		if len(p.Properties) > 0 {
			out = append(out, d.fields(p, prefix+n+".", depth+1)...)
		}
		if p.Items != nil {
			out = append(out, d.fields(*p.Items, prefix+n+"[].", depth+1)...)
		}
	}
	return out
}

func (d *openapi) kind(s schema) string {
	s = d.resolve(s)
	name := ""
	switch t := s.Type.(type) {
	case string:
		name = t
	case []any: // a type or null
		for _, x := range t {
			if n, ok := x.(string); ok && n != "null" {
				name = n
			}
		}
	}
	switch {
	case len(s.Enum) > 0:
		var words []string
		for _, e := range s.Enum {
			words = append(words, fmt.Sprint(e))
		}
		return "one of " + strings.Join(words, ", ")
	case name == "array" && s.Items != nil:
		return "list of " + d.kind(*s.Items)
	case s.Format != "":
		return s.Format
	}
	return cmp.Or(name, "any")
}

// sentence is a description with the limits of the value.
func sentence(text string, s schema) string {
	text = strings.TrimSpace(text)
	var limits []string
	if s.MaxLength != nil {
		limits = append(limits, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		limits = append(limits, fmt.Sprintf("at most %d", *s.MaxItems))
	}
	if s.Minimum != nil && s.Maximum != nil {
		limits = append(limits, fmt.Sprintf("%v to %v", *s.Minimum, *s.Maximum))
	}
	if len(limits) == 0 {
		return text
	}
	return strings.TrimSpace(text + " (" + strings.Join(limits, "; ") + ")")
}

func (d *openapi) example(m media) string {
	raw := m.Example
	if raw == nil {
		keys := make([]string, 0, len(m.Examples))
		for k := range m.Examples {
			keys = append(keys, k)
		}
		if len(keys) > 0 {
			raw = m.Examples[slices.Min(keys)].Value
		}
	}
	if s := d.resolve(m.Schema); raw == nil && len(s.Examples) > 0 {
		raw = s.Examples[0]
	}
	var b bytes.Buffer
	if raw == nil || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}
