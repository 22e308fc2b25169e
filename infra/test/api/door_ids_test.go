package apitest_test

import (
	"encoding/base64"
	"encoding/json"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/domain/identity"
)

// noIDs are what stands in the place of an id when somebody tries what happens.
var noIDs = map[string]string{
	"empty": "", "a word": "nonsense", "a prefix": "ag_", "3,000 characters": strings.Repeat("a", 3000),
	"3,000 characters behind a prefix": "ag_" + strings.Repeat("0", 3000), "another kind's": "evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE",
	"percent-encoded": "ag%5F01JZ8Y5W3RN6T0V4K2M9QXBDCE%00%2F", "with NUL": "ag_01JZ8Y5W3RN6T0V4K2M9QXBD\x00E", "not UTF-8": "ag_\xff\xfe",
	"in lower case": "ag_01jz8y5w3rn6t0v4k2m9qxbdce", "a path": "../../etc/passwd",
}

// fields are the names that the pages read.
type fields struct {
	query []string // which may stand in a query, or in a form that is read as a whole
	all   []string // of queries and forms
}

// fieldsOfPages are the names of all fields and parameters that the pages read, out of their source: one that is new is tried
// with the others.
func fieldsOfPages(t *testing.T) fields {
	t.Helper()
	files, err := filepath.Glob("../../../shared/frontend/web/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found fields
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			what, ok := call.Fun.(*ast.SelectorExpr)
			lit, is := call.Args[0].(*ast.BasicLit)
			if !ok || !is || lit.Kind != gotoken.STRING || what.Sel.Name != "Get" && what.Sel.Name != "PostFormValue" {
				return true
			}
			field, err := strconv.Unquote(lit.Value)
			if err != nil || field == "do" || field != strings.ToLower(field) {
				return true
			}
			if !slices.Contains(found.all, field) {
				found.all = append(found.all, field)
			}
			if what.Sel.Name == "Get" && !slices.Contains(found.query, field) {
				found.query = append(found.query, field)
			}
			return true
		})
	}
	found.all = append(found.all, "resource", "scope")
	return found
}

// ask puts the question and returns the answer's status and body.
func (x question) ask(t *testing.T, c *caller, payload map[string]any) (int, string) {
	t.Helper()
	if c.cookie != "" {
		payload["cookies"] = []string{"__Host-session=" + c.cookie}
	}
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x.held.Invoke(t.Context(), b)
	if err != nil {
		t.Fatalf("%s: %v", x.name, err)
	}
	var answer struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Body
}

// body is the sample event's body.
func (x question) body(t *testing.T) string {
	t.Helper()
	body, _ := x.payload["body"].(string)
	if coded, _ := x.payload["isBase64Encoded"].(bool); coded {
		b, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return body
}

// again is a copy of the sample event to change.
func (x question) again(t *testing.T) map[string]any {
	t.Helper()
	b, err := json.Marshal(x.payload)
	if err != nil {
		t.Fatal(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(b, &payload); err != nil {
		t.Fatal(err)
	}
	return payload
}

// TestFS3WhatIsNoIDIsNotThere asks for every operation, page and form with what is no id, in the path, in the query, in the
// members of a body and in the fields of a form, as somebody who may: nothing of it is our fault.
func TestFS3WhatIsNoIDIsNotThere(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this asks the functions in the product's own process")
	}
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	p.accept(p.address("ops"))
	read := fieldsOfPages(t)
	if len(read.query) < 20 || len(read.all) < 80 {
		t.Fatalf("only the fields %q", read)
	}
	ends := []string{"deleteAgency", "eraseMe", "endAllSessions", "signOut"}
	things := slices.DeleteFunc(askable(t, p), func(x question) bool {
		return slices.Contains(ends, x.name) // they have no ids, and what comes after needs what they end
	})
	var tried atomic.Int64
	t.Run("each", func(t *testing.T) {
		const parts = 8 // which are asked side by side
		for part := range parts {
			t.Run(strconv.Itoa(part), func(t *testing.T) {
				t.Parallel()
				owners, clients := p.again(owner), p.again(p.address("ops"))
				for i, x := range things {
					if i%parts != part {
						continue
					}
					who := clients
					if x.who.Kind == identity.Staff {
						who = owners
					}
					tried.Add(int64(x.askWithNoIDs(t, who, read)))
				}
			})
		}
	})
	if n := tried.Load(); n < 4_000 {
		t.Errorf("only %d requests were made", n)
	}
}

// askWithNoIDs asks with each of what is no id in every place, and tells how often it asked. Where another part has signed the person out
// everywhere meanwhile, it asks again.
func (x question) askWithNoIDs(t *testing.T, who func() *caller, read fields) (tried int) {
	t.Helper()
	c, posted := who(), x.page && x.body(t) != ""
	for kind, bad := range noIDs {
		alone := kind == "3,000 characters" || kind == "not UTF-8" // each field by itself; with the others all are tried
		check := func(where string, payload map[string]any, strict bool) {
			t.Helper()
			tried++
			status, body := x.ask(t, c, payload)
			for range 3 { // whoever is signed out is told so, and on pages led to the sign-in
				if !x.who.SignedIn() || status != http.StatusUnauthorized && (!strict || status != http.StatusSeeOther) {
					break
				}
				fresh := who()
				if fresh == c {
					break
				}
				c = fresh
				status, body = x.ask(t, c, payload)
			}
			right := status < 500
			if strict {
				right = slices.Contains([]int{http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity}, status) ||
					!x.who.SignedIn() && status < 500 || status == http.StatusForbidden || status == http.StatusBadRequest
			}
			if !right {
				t.Errorf("%s with %s (%s) answered %d\n%.300s", x.name, where, kind, status, body)
			}
		}
		path, ok := x.payload["pathParameters"].(map[string]any)
		for name := range path {
			if payload := x.again(t); ok && bad != "" {
				payload["pathParameters"].(map[string]any)[name] = bad
				check("the path's "+name, payload, strings.HasSuffix(name, "Id"))
			}
		}
		query, err := url.ParseQuery(x.payload["rawQueryString"].(string))
		if err != nil {
			t.Fatal(err)
		}
		all := url.Values{}
		for name := range query {
			all[name] = []string{bad}
		}
		if x.page {
			for _, name := range read.query {
				all.Set(name, bad)
			}
		}
		payload := x.again(t)
		payload["rawQueryString"] = ""
		check("no query", payload, false)
		payload["rawQueryString"] = all.Encode()
		check("its query", payload, false)
		for name := range all {
			if !alone || posted { // what a form is posted to reads the same query as its page

				break
			}
			payload["rawQueryString"] = url.Values{name: {bad}}.Encode()
			check("the query's "+name, payload, false)
		}
		body := x.body(t)
		if form, err := url.ParseQuery(body); x.page && err == nil && body != "" {
			for _, name := range read.all {
				form.Set(name, bad)
			}
			payload := x.again(t)
			payload["body"], payload["isBase64Encoded"] = form.Encode(), false
			check("its fields", payload, false)
			for _, name := range read.all {
				if !alone {
					break
				}
				payload["body"] = url.Values{"do": form["do"], name: {bad}}.Encode()
				check("its "+name, payload, false)
			}
		}
		var members map[string]any
		if json.Unmarshal([]byte(body), &members) == nil {
			for name, value := range members {
				if _, text := value.(string); !text {
					continue
				}
				payload := x.again(t)
				members[name] = bad
				b, err := json.Marshal(members)
				if err != nil {
					t.Fatal(err)
				}
				payload["body"], payload["isBase64Encoded"] = string(b), false
				check("the member "+name, payload, name == "agency" && bad != "")
				members[name] = value
			}
		}
	}
	return tried
}

// TestFS3TheOnesThatWereSeen are the addresses at which it was seen.
func TestFS3TheOnesThatWereSeen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	c := p.accept(p.address("ops"))
	for _, agency := range []string{"", "?agency=", "?agency=" + strings.Repeat("a", 3000), "?agency=%00", "?agency=%ff", "?agency=ag_x"} {
		for _, path := range []string{"/checkout", "/checkout/waiting", "/portal/contract"} {
			c.get(path + agency).is(404)
		}
		code := map[string]int{"": 422, "?agency=": 422}[agency]
		if code == 0 {
			code = 404
		}
		c.get("/v1/portal/contract" + agency).is(code)
		value, err := url.ParseQuery(strings.TrimPrefix(agency, "?"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/v1/portal/billing", "/v1/portal/checkout/confirm", "/v1/portal/leave"} {
			if a := c.post(path, m{"agency": value.Get("agency")}); a.status != 404 && a.status != 422 {
				t.Errorf("%s with %q answered %d\n%s", path, value, a.status, a.body)
			}
		}
		for _, path := range []string{"/checkout/start", "/portal/billing"} {
			c.post(path, value).is(404).shows("Page not found")
		}
		c.get("/checkout/done" + agency).is(404).shows("Page not found")
	}
	c.get("/portal?agency=" + strings.Repeat("a", 3000)).is(404)
	c.get("/portal?agency=").is(200)
}
