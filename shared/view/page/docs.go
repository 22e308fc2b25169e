package page

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
)

// flow is a workflow that people paste into n8n. The deployment's origin takes the place of the one that it calls.
//
//go:embed n8n.json
var flow string

// Docs is a readable rendering of an OpenAPI document: what a beginner has to know, or the operations for one job. All of them on one
// page are more than a page may weigh.
type Docs struct {
	Job     *DocsGroup // whose operations are shown; nil for what a beginner has to know
	Brand   Brand
	Title   string
	Version string
	Intro   string
	Origin  string // of the deployment, which the examples call
	Problem string // an error as it is answered
	Scopes  []DocsScope
	Groups  []DocsGroup
	Codes   []DocsCode
	Flow    string // a workflow for n8n, which calls the deployment
}

// DocsScope is something that an API key may be allowed, and which operations it is for.
type DocsScope struct {
	Name       string
	Operations []DocsOperation
	Powerful   bool // whether it does what people confirm first
}

// DocsCode is an error code; its place on the page is where a problem's type leads.
type DocsCode struct {
	Code, Text string
	Status     int
}

// For is the page of the job with the id; false for none.
func (v Docs) For(id string) (Docs, bool) {
	n := slices.IndexFunc(v.Groups, func(g DocsGroup) bool { return g.ID == id })
	if n < 0 {
		return v, false
	}
	v.Job = &v.Groups[n]
	return v, true
}

func (v Docs) frame(_ words.Language) frame {
	title := v.Title
	if v.Job != nil {
		title = v.Job.Name + " · " + title
	}
	return frame{template: docsHTML, title: title, brand: v.Brand, public: true}
}

// DocsGroup is the operations for one job.
type DocsGroup struct {
	ID, Name, Text string
	Operations     []DocsOperation
}

// DocsOperation is one operation.
type DocsOperation struct {
	ID, Method, Path, Summary, Text string
	URL                             string // where it is described
	Who                             string // may call it, in words
	Scope                           string // of an API key that may; "" where none may
	Parameters                      []DocsField
	Body                            []DocsField
	Curl                            string // a command that calls it with the example
	Answers                         []DocsAnswer
	Codes                           []string // of the errors

	order int
}

// DocsField is a parameter, or a property of a body.
type DocsField struct {
	Name, Kind, Text string
	Required         bool
}

// DocsAnswer is a success of an operation.
type DocsAnswer struct {
	Status, Text string
	Example      string
	Fields       []DocsField
	As           *DocsOperation // an operation further up whose answer has the same fields, in place of them; nil for none
}

// schema is as much of JSON Schema (draft 2020-12) as the reference shows.
type schema struct {
	Ref         string            `json:"$ref"`
	AnyOf       []schema          `json:"anyOf"` // of a value that may be null, the first is what it is otherwise
	Type        any               `json:"type"`  // a name, or several
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
	Examples struct {        // in place of one
		Usual struct {
			Value json.RawMessage `json:"value"`
		} `json:"usual"`
	} `json:"examples"`
}

type operation struct {
	Who         string   `json:"x-who"`
	Order       int      `json:"x-order"`
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
		Example     any    `json:"example"`
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
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"tags"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// methods in the order in which a path's operations are shown.
var methods = []string{"get", "post", "put", "patch", "delete"}

// DocsOf prepares an OpenAPI 3.1 document in JSON to be shown, with examples that call the origin. Operations are grouped by their
// first tag, in the order of the document's tags, and within one by x-order.
func DocsOf(doc []byte, origin string) (Docs, error) {
	var d openapi
	if err := json.Unmarshal(doc, &d); err != nil {
		return Docs{}, fmt.Errorf("page: OpenAPI document: %w", err)
	}
	v := Docs{Title: cmp.Or(d.Info.Title, "API"), Version: d.Info.Version, Intro: strings.TrimSpace(d.Info.Description), Origin: origin,
		Flow: strings.TrimSpace(strings.ReplaceAll(flow, "https://portal.example.com", origin))}
	if !strings.Contains(v.Title, "API") {
		v.Title += " API"
	}
	groups := map[string][]DocsOperation{}
	for _, p := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, m := range methods {
			raw, ok := d.Paths[p][m]
			if !ok {
				continue
			}
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				return Docs{}, fmt.Errorf("page: OpenAPI document: %s %s: %w", m, p, err)
			}
			if len(o.Tags) == 0 {
				return Docs{}, fmt.Errorf("page: OpenAPI document: %s %s has no tag", m, p)
			}
			groups[o.Tags[0]] = append(groups[o.Tags[0]], d.operation(&o, m, p, origin))
		}
	}
	scopes, told := map[string][]DocsOperation{}, map[string]*DocsOperation{}
	for _, t := range d.Tags {
		all, job := groups[t.Name], strings.ReplaceAll(strings.ToLower(t.Name), " ", "-")
		for n := range all {
			all[n].URL = "/docs?job=" + job + "#" + all[n].ID
		}
		slices.SortStableFunc(all, func(a, b DocsOperation) int { return cmp.Compare(a.order, b.order) })
		v.Groups = append(v.Groups, DocsGroup{job, t.Name, t.Description, all})
		once(all, told)
		for _, o := range all {
			if o.Scope != "" {
				scopes[o.Scope] = append(scopes[o.Scope], o)
			}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(scopes)) {
		v.Scopes = append(v.Scopes, DocsScope{s, scopes[s], identity.Scope(s).Powerful()})
	}
	return v, nil
}

// manyFields is from how many fields on an answer is described once.
const manyFields = 12

// once has an answer of many fields described where it stands first; further down the reader is led there.
func once(operations []DocsOperation, told map[string]*DocsOperation) {
	for n := range operations {
		for k := range operations[n].Answers {
			a := &operations[n].Answers[k]
			key := fmt.Sprint(a.Fields)
			switch first := told[key]; {
			case len(a.Fields) < manyFields:
			case first == nil:
				told[key] = &operations[n]
			default:
				a.As, a.Fields, a.Example = first, nil, ""
			}
		}
	}
}

// who says in words who may call, out of x-who, such as "anyone", "staff agency:read" or "portal invite invites:write".
func who(declared string) (sentence, scope string) {
	declared = strings.TrimSuffix(declared, ", stepped up") // which the operation's description says
	declared, themselves := strings.CutSuffix(declared, " or themselves")
	declared, owners := strings.CutSuffix(declared, ", owners")
	kind, rest, _ := strings.Cut(declared, " ")
	right := ""
	if kind == "portal" {
		right, rest, _ = strings.Cut(rest, " ")
	}
	switch {
	case kind == "anyone":
		return words.Say("docs.who_anyone"), ""
	case kind == "holder":
		return words.Say("docs.who_holder"), ""
	case kind == "visitor":
		return words.Say("docs.who_visitor"), ""
	case kind == "person":
		return words.Say("docs.who_person"), ""
	case kind == "client":
		return words.Say("docs.who_client"), ""
	case rest == "in person":
		sentence = words.Say("docs.who_member")
	default:
		sentence, scope = words.Say("docs.who_staff"), rest
	}
	switch {
	case themselves:
		sentence = words.Say("docs.right_owners_or_self") + " " + sentence
	case owners:
		sentence = words.Say("docs.right_owners") + " " + sentence
	case kind != "colleague":
		sentence = members(right) + " " + sentence
	}
	return sentence, scope
}

// members says which members may call, by what it asks of Client Portal; with "" owners and admins.
func members(right string) string {
	switch right {
	case "see", "look":
		return words.Say("docs.right_see")
	case "invite":
		return words.Say("docs.right_invite")
	case "administer":
		return words.Say("docs.right_administer")
	case "oversee":
		return words.Say("docs.right_oversee")
	case "manage":
		return words.Say("docs.right_manage")
	}
	return words.Say("docs.right_office")
}

func (d *openapi) operation(o *operation, method, path, origin string) DocsOperation {
	out := DocsOperation{ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Summary: cmp.Or(o.Summary, o.OperationID),
		Text: strings.TrimSpace(o.Description), order: o.Order}
	out.Who, out.Scope = who(o.Who)
	for _, p := range o.Parameters {
		out.Parameters = append(out.Parameters, DocsField{Name: p.Name, Kind: words.Say("docs.in", "kind", d.kind(p.Schema), "place", p.In),
			Text: sentence(p.Description, p.Schema), Required: p.Required})
	}
	if m, ok := o.RequestBody.Content["application/json"]; ok {
		out.Body = d.fields(m.Schema, "", 0)
	}
	for _, s := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[s]
		if _, isProblem := r.Content["application/problem+json"]; isProblem { // its description is the status, and then the codes
			_, codes, _ := strings.Cut(r.Description, ": ")
			out.Codes = append(out.Codes, strings.Split(codes, ", ")...)
			continue
		}
		a := DocsAnswer{Status: s, Text: r.Description}
		for _, m := range r.Content {
			a.Example, a.Fields = cmp.Or(d.example(m), a.Example), d.fields(m.Schema, "", 0)
		}
		out.Answers = append(out.Answers, a)
	}
	out.Curl = d.curl(o, &out, origin)
	return out
}

// curl is a command that calls an operation with its example, as a shell takes it. What signs in keeps the session in a file, and
// what only people may do sends it.
func (d *openapi) curl(o *operation, of *DocsOperation, origin string) string {
	path := of.Path
	var fields []string
	for _, p := range o.Parameters {
		value := fmt.Sprint(p.Example)
		if p.Example == nil && len(p.Schema.Examples) > 0 {
			value = strings.Trim(string(p.Schema.Examples[0]), `"`)
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		case p.Name == "Prefer":
			fields = append(fields, "Prefer: "+value)
		}
	}
	var b strings.Builder
	b.WriteString("curl ")
	body, hasBody := o.RequestBody.Content["application/json"]
	_, isFile := o.RequestBody.Content["image/png"]
	_, isSheet := o.RequestBody.Content["text/csv"]
	if of.Method != http.MethodGet && (of.Method != http.MethodPost || !hasBody) {
		b.WriteString("-X " + of.Method + " ")
	}
	b.WriteString(origin + path)
	next := func(s string) { b.WriteString(" \\\n  " + s) }
	switch {
	case of.Scope != "":
		next(`-H "Authorization: Bearer $LATCHKEY_KEY"`)
	case of.ID == "signIn":
		next("-c session.txt")
	case o.Who != "anyone" && o.Who != "holder":
		next("-b session.txt")
	}
	for _, f := range fields {
		next("-H " + quoted(f))
	}
	switch {
	case hasBody:
		next("-H 'Content-Type: application/json'")
		var text bytes.Buffer
		if json.Compact(&text, body.Example) == nil && text.Len() > 60 {
			text.Reset()
			_ = json.Indent(&text, body.Example, "  ", "  ") // Compact has just read it
		}
		next("-d " + quoted(text.String()))
	case isSheet:
		next("-H 'Content-Type: text/csv'")
		next("--data-binary @clients.csv")
	case isFile:
		next("-H 'Content-Type: image/png'")
		next("--data-binary @logo.png")
	}
	return b.String()
}

// quoted is a text as a shell's word that means nothing else (POSIX.1, Shell Command Language, 2.2.2).
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (d *openapi) resolve(s schema) schema {
	for range 8 { // a chain of references; a ring of them ends here
		if len(s.AnyOf) > 0 {
			s.Ref = s.AnyOf[0].Ref
		}
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
		var all []string
		for _, e := range s.Enum {
			all = append(all, fmt.Sprint(e))
		}
		return words.Say("docs.one_of", "values", strings.Join(all, ", "))
	case name == "array" && s.Items != nil:
		return words.Say("docs.list_of", "kind", d.kind(*s.Items))
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
		limits = append(limits, words.Say("docs.characters", "max", *s.MaxLength))
	}
	if s.MaxItems != nil {
		limits = append(limits, words.Say("docs.at_most", "max", *s.MaxItems))
	}
	if s.Minimum != nil && s.Maximum != nil {
		limits = append(limits, words.Say("docs.between", "min", *s.Minimum, "max", *s.Maximum))
	}
	if len(limits) == 0 {
		return text
	}
	return strings.TrimSpace(text + " (" + strings.Join(limits, "; ") + ")")
}

// example is a body's example as people read it: JSON indented, other text as it is.
func (d *openapi) example(m media) string {
	raw := m.Example
	if raw == nil {
		raw = m.Examples.Usual.Value
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var b bytes.Buffer
	if raw == nil || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}
