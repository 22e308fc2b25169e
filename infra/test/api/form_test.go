package apitest_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// concrete is the path of an operation with ids in it that nothing has.
func concrete(path string) string {
	for name, value := range map[string]string{"token": "lki_x", "inviteId": "in_x", "clientId": "cl_x", "keyId": "key_x",
		"instanceId": "ins_x", "serviceId": "svc_x", "workflowId": "x", "resourceId": "ins_x", "memberId": "mb_x",
		"linkId": "lnk_x", "requestId": "req_x", "batchId": "bat_x", "contactId": "con_x", "roleId": "rol_x", "domainId": "dom_x"} {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// documented is every operation of the document, by method and path.
func (p *product) documented() map[string]operation {
	p.t.Helper()
	all := seen.load(p.t, p)
	if len(all) < 60 {
		p.t.Fatalf("the document has only %d operations", len(all))
	}
	return all
}

// files are the operations whose body is a file, and no JSON.
var files = map[string]struct {
	kind, content string
	most          int // bytes
}{
	"updateLogo":     {"image/gif", "GIF89a", 1<<20 + 1024},
	"importContacts": {"text/csv", "email\r\nops@acme.example\r\n", 1<<20 + 1024},
	"previewImport":  {"text/csv", "email\r\nops@acme.example\r\n", 1<<20 + 1024},
}

func TestFH7AParameterThatIsNotThereIsRefusedByEveryOperation(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("forms"), "Forms Automations")
	for at, op := range p.documented() {
		method, _, _ := strings.Cut(at, " ")
		var body any
		if op.RequestBody != nil {
			body = m{}
		}
		a := o.do(method, concrete(op.path)+"?surprise=1", body)
		if f, ok := files[op.OperationID]; ok {
			a.fails(415, "unsupported_media_type")
			a = o.do(method, op.path+"?surprise=1", raw(f.content), "Content-Type", f.kind)
		}
		if f := a.fails(422, "invalid"); f.at("surprise") == "" {
			t.Errorf("%s: the unknown parameter is not named: %+v", op.OperationID, f)
		}
	}
	o.get("/v1/clients?limit=1&limit=2").fails(422, "invalid")
}

func TestFH2AndFH8EveryBodyIsHeldToItsFormFirst(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("forms"), "Forms Automations")
	const refused = "unsupported_media_type"
	for at, op := range p.documented() {
		if op.RequestBody == nil {
			continue
		}
		method, _, _ := strings.Cut(at, " ")
		send := func(body, contentType string, headers ...string) *answer {
			return o.do(method, concrete(op.path), raw(body), append([]string{"Content-Type", contentType}, headers...)...)
		}
		send(`{"name":"a"}`, "text/plain").fails(http.StatusUnsupportedMediaType, refused)
		send(`{"name":"a"}`, "").fails(http.StatusUnsupportedMediaType, refused)
		send(`name=a`, "application/x-www-form-urlencoded").fails(http.StatusUnsupportedMediaType, refused)
		kind, limit := "application/json", 256<<10
		if f, ok := files[op.OperationID]; ok {
			kind, limit = f.kind, f.most
			send("", kind).fails(400, "malformed")
		} else {
			for _, broken := range []string{"{", `{"name":"a","name":"b"}`, `{"name":"a","Name":"b"}`, `{"name":"a"} {}`,
				`{"a":"` + "\xff" + `"}`} {
				send(broken, kind).fails(400, "malformed")
			}
			send(`{"name":"a"}`, "application/json; charset=latin1").fails(http.StatusUnsupportedMediaType, refused)
			send(`{"name":"a"}`, kind, "Content-Encoding", "gzip").fails(http.StatusUnsupportedMediaType, refused)
			// Types have no case, so that this is read, and refused for what is in it.
			if f := send(`{"surprise":1}`, "APPLICATION/JSON; Charset=UTF-8").fails(422, "invalid"); f.at("surprise") == "" {
				t.Errorf("%s does not name the unknown field: %+v", op.OperationID, f)
			}
		}
		send(`{"name":"`+strings.Repeat("x", limit)+`"}`, kind).fails(413, "too_large")
	}
}

func TestFH3AnIntegerIsAnIntegerHoweverItIsWritten(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for n, size := range []string{"10", "10.0", "1e1", "1.00E+1"} {
		o.post("/v1/invites/preview", raw(fmt.Sprintf(
			`{"email":"size%d@client.example","payer":"client","order":{"hosting":{"storageGb":%s}}}`, n, size))).is(200)
	}
	for _, size := range []string{"10.5", "1e-1", "11.0", "99999999999999999999", "1e25"} {
		f := o.post("/v1/invites/preview", raw(`{"email":"a@client.example","payer":"client","order":{"hosting":{"storageGb":`+size+`}}}`)).
			fails(422, "invalid")
		if f.at("order.hosting.storageGb") == "" {
			t.Errorf("%s: %+v", size, f)
		}
	}
	o.post("/v1/invites/preview", raw(`{"email":"a@client.example","order":{"hosting":{"storageGb":1e400}}}`)).fails(400, "malformed")
}

func TestFH6AllFieldsAreToldAtOnce(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	stopped := named(t, o.things("instances"), "Acme staging")
	for _, c := range []struct {
		method, path string
		body         m
		fields       []string
	}{
		{"POST", "/v1/invites", m{"email": "bad", "payer": "nobody"}, []string{"email", "payer"}},
		{"POST", "/v1/invites/preview", m{"email": "bad", "payer": "nobody", "message": strings.Repeat("x", 501)}, []string{"email", "payer", "message"}},
		{"POST", "/v1/invites", m{"email": "a@client.example", "name": "a\x01b", "payer": "client", "order": m{"hosting": m{"storageGb": 11}}},
			[]string{"name", "order.hosting.storageGb"}},
		{"POST", "/v1/invites", m{"email": "bad", "grants": []m{{"resource": "ins_x", "access": "look"}, {"resource": stopped.ID, "access": "read"}}},
			[]string{"email", "grants[0].resource", "grants[0].access"}},
		{"POST", "/v1/members", m{"email": "bad", "name": strings.Repeat("x", 300), "level": "owner"}, []string{"email", "name"}},
		{"POST", "/v1/api-keys", m{"name": "", "scopes": []string{"everything"}}, []string{"name", "scopes"}},
		{"POST", "/v1/agencies", m{"name": "", "color": "green"}, []string{"name", "color"}},
		{"PATCH", "/v1/agency/branding", m{"name": "", "color": "green"}, []string{"name", "color"}},
		{"POST", "/v1/instances", m{"name": "", "url": "ftp://x", "apiKey": ""}, []string{"name", "url", "apiKey"}},
		// Where the form is wrong, the values of the other fields are told of, too.
		{"POST", "/v1/invites", m{"payer": "nobody"}, []string{"email", "payer"}},
		{"POST", "/v1/invites", m{"email": "bad", "payer": "nobody", "zz": 1, "grants": "all"}, []string{"email", "payer", "zz", "grants"}},
		{"POST", "/v1/invites/preview", m{"email": "bad", "message": 1, "grants": []m{{"resource": "ins_x", "access": "look"}, {}}},
			[]string{"email", "message", "grants[0].access", "grants[1].resource", "grants[1].access"}},
		{"POST", "/v1/quotes", m{"order": m{"hosting": m{"storageGb": 11}}, "zz": 1}, []string{"order.hosting.storageGb", "zz"}},
		{"POST", "/v1/members", m{"email": "bad", "level": "guest"}, []string{"email", "level"}},
		{"POST", "/v1/api-keys", m{"name": 1, "scopes": []string{"everything"}}, []string{"name", "scopes"}},
		{"POST", "/v1/agencies", m{"name": "<", "color": "green", "email": "bad", "code": "x"}, []string{"name", "color", "email", "code"}},
		{"POST", "/v1/agencies", m{"color": "green", "zz": 1}, []string{"name", "color", "zz"}},
		{"PATCH", "/v1/agency/branding", m{"name": "", "color": "green", "removeLogo": "yes"}, []string{"name", "color", "removeLogo"}},
		{"POST", "/v1/instances", m{"name": "<"}, []string{"name", "url", "apiKey"}},
		{"POST", "/v1/services", m{"type": "fax", "name": "<", "url": "ftp://x"}, []string{"type", "name", "url"}},
		{"POST", "/v1/sessions", m{"email": "bad", "code": "x"}, []string{"email", "code"}},
		{"POST", "/v1/sign-in-codes", m{"email": "bad", "zz": 1}, []string{"email", "zz"}},
	} {
		f := o.do(c.method, c.path, c.body).fails(422, "invalid")
		for _, field := range c.fields {
			if f.at(field) == "" {
				t.Errorf("%s %s does not name %s, but %+v", c.method, c.path, field, f.Errors)
			}
		}
	}
}

func TestFH7EveryListIsPaged(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.add(p.address("second"), "admin")
	o.invite(p.address("one"))
	o.invite(p.address("two"))
	o.key("first "+p.run, "clients:read")
	o.key("second "+p.run, "clients:read")
	for _, path := range []string{"/v1/instances", "/v1/services", "/v1/members", "/v1/api-keys", "/v1/clients", "/v1/invites",
		"/v1/activity"} {
		type list struct {
			Items      []struct{ ID string }
			NextCursor *string
		}
		var all, page list
		o.get(path + "?limit=200").is(200).into(&all)
		var walked []struct{ ID string }
		for cursor := ""; ; {
			page = list{}
			o.get(path + "?limit=1&cursor=" + cursor).is(200).into(&page)
			if len(page.Items) > 1 {
				t.Fatalf("%s: %d items on a page of one", path, len(page.Items))
			}
			walked = append(walked, page.Items...)
			if page.NextCursor == nil || len(walked) > len(all.Items) {
				break
			}
			cursor = *page.NextCursor
		}
		if len(all.Items) < 2 || !slices.Equal(walked, all.Items) {
			t.Errorf("%s by pages of one is %v, want %v", path, walked, all.Items)
		}
		if f := o.get(path+"?cursor=nonsense").fails(422, "invalid"); f.at("cursor") == "" {
			t.Errorf("%s: %+v", path, f)
		}
		o.get(path+"?limit=0").fails(422, "invalid")
		o.get(path+"?limit=201").fails(422, "invalid")
	}
}

func TestFH10WhatIsCarriedOutOnceSaysSo(t *testing.T) {
	p := start(t)
	for at, op := range p.documented() {
		once, says := slices.Contains(op.codes("409"), "idempotency_conflict"), false
		for _, parameter := range op.Parameters {
			says = says || parameter.Name == "Idempotency-Key"
		}
		if once != says && op.OperationID != "approveProposal" { // whose every answer is the one invite's
			t.Errorf("%s: Idempotency-Key is documented: %t, and its conflict: %t", at, says, once)
		}
	}
	o := p.signIn(owner)
	o.get("/v1/activity/export").is(200).has("Content-Type", "text/csv; charset=utf-8; header=present")
	o.get("/v1/activity/export?format=jsonl").is(200).has("Content-Type", "application/jsonl; charset=utf-8")
}

func TestFH1HeadIsGetWithoutItsBody(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, path := range []string{"/v1/clients", "/v1/instances", "/openapi.json", "/openapi-3.0.json", "/docs", "/clients", "/settings",
		"/no/such/page"} {
		get, head := o.get(path), o.do(http.MethodHead, path, nil)
		if head.status != get.status || len(head.body) != 0 {
			t.Errorf("HEAD %s answered %d with %d bytes, GET %d", path, head.status, len(head.body), get.status)
		}
		for _, field := range []string{"Content-Type", "Cache-Control", "Content-Security-Policy", "ETag"} {
			if head.header.Get(field) != get.header.Get(field) {
				t.Errorf("HEAD %s has %s: %q, GET %q", path, field, head.header.Get(field), get.header.Get(field))
			}
		}
		if n := head.header.Get("Content-Length"); n == "0" || n == "" {
			t.Errorf("HEAD %s says that GET has %q bytes", path, n)
		}
	}
	for _, path := range []string{"/v1/clients", "/openapi.json", "/docs", "/settings"} {
		for _, method := range []string{http.MethodPatch, http.MethodOptions, "PROPFIND"} {
			if a := o.do(method, path, nil).is(405); !strings.Contains(a.header.Get("Allow"), "HEAD") {
				t.Errorf("%s %s allows %q", method, path, a.header.Get("Allow"))
			}
		}
	}
}

func TestHomeSandboxAndNotificationsAreTheAgencysOwn(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	client := p.accept(p.address("ops"))
	client.get("/v1/home").fails(403, "forbidden")
	client.post("/v1/sandbox", nil).fails(403, "forbidden")
}

func TestFH7AQueryThatCannotBeReadIsRefused(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, query := range []string{"%zz=1", "limit=%zz", "limit=", "limit", "status=", "limit=1;cursor=x"} {
		o.get("/v1/clients?"+query).fails(422, "invalid")
	}
	o.get("/v1/clients?cursor=&limit=1").is(200)
	var many strings.Builder
	for n := range 2000 {
		fmt.Fprintf(&many, "&p%d=1", n)
	}
	if f := o.get("/v1/clients?"+many.String()[1:]).fails(422, "invalid"); len(f.Errors) != 50 {
		t.Errorf("%d errors are told", len(f.Errors))
	}
	var first struct{ NextCursor *string }
	o.get("/v1/instances?limit=1").is(200).into(&first)
	if first.NextCursor == nil {
		t.Fatal("there is one instance only")
	}
	o.get("/v1/services?cursor="+*first.NextCursor).fails(422, "invalid")
}

func TestFH8AMemberOfAnotherCaseIsAnother(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for body, field := range map[string]string{`{"Email":"a@client.example"}`: "Email", `{"email":"a@client.example","Name":"x"}`: "Name",
		`{"email":"a@client.example","meſſage":"x"}`:                              "meſſage",
		`{"email":"a@client.example","payer":"client","order":{"WhatsApp":true}}`: "order.WhatsApp"} {
		if f := o.post("/v1/invites/preview", raw(body)).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%s: %+v", body, f.Errors)
		}
	}
	o.post("/v1/invites/preview", raw(`{"email":"a@client.example","message":"x","meſſage":"y"}`)).fails(400, "malformed")
	o.post("/v1/invites/preview", raw(`{"email":"a@client.example","name":"\ud83d"}`)).fails(400, "malformed")
	long := strings.Repeat("x", 100_000)
	if a := o.post("/v1/invites/preview", raw(`{"`+long+`":1}`)).is(422); len(a.body) > 1000 {
		t.Errorf("a long name comes back in %d bytes", len(a.body))
	}
}

func TestFH9TimesHaveOneFormAndAreReadInEveryForm(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, at := range []string{"2016-12-31t23:59:60z", "2016-12-31T23:59:60.5Z", "2016-12-31T23:59:60%2B01:00",
		"2026-01-01T00:00:00.123456789-14:00"} {
		o.get("/v1/activity?limit=1&from=" + at).is(200)
	}
	for _, at := range []string{"2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "0000-01-01T00:00:00Z",
		"2026-01-01T00:60:00Z"} {
		o.get("/v1/activity?limit=1&from="+at).fails(422, "invalid")
	}
	o.invite(p.address("times"))
	form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	rows, err := csv.NewReader(bytes.NewReader(marked(t, o.get("/v1/activity/export").is(200).body))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(len(rows), err)
	}
	for _, row := range rows[1:] {
		if !form.MatchString(row[1]) {
			t.Errorf("a time of the export is %s", row[1])
		}
	}
}

// A condition that cannot be met is never passed over, and who isn't known is told how to say who one is.
func TestFH1WhatHeadersSayIsHeld(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	c := o.invite(p.address("match"))
	path := "/v1/clients/" + c.ClientID
	tag := o.get(path).is(200).header.Get("ETag")
	for _, match := range []string{`"`, `""`, strings.Trim(tag, `"`), `W/""`, `"other"`} {
		o.do(http.MethodPatch, path, m{"name": "Other"}, "If-Match", match).fails(412, "changed_meanwhile")
	}
	o.do(http.MethodPatch, path, m{"name": "Other"}, "If-Match", tag).is(200)
	p.nobody().get("/v1/clients").is(401).has("WWW-Authenticate", `Bearer realm="Latchkey"`)
}

// In a change, null could mean to keep a value or to take it away.
func TestFH4NullInAChangeIsRefused(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	seen := 0
	for at, op := range p.documented() {
		if method, _, _ := strings.Cut(at, " "); method != http.MethodPatch {
			continue
		}
		f := o.do(http.MethodPatch, concrete(op.path), m{"name": nil, "items": nil}).fails(422, "invalid")
		if f.at("name") == "" || f.at("items") == "" {
			t.Errorf("%s: %+v", at, f.Errors)
		}
		seen++
	}
	if seen < 5 {
		t.Errorf("%d changes were asked for", seen)
	}
	o.post("/v1/invites/preview", m{"email": "a@client.example", "name": nil, "order": nil}).is(200) // nothing is there to keep
}

// A path is what stands there: none is taken for another, and what there is not is a problem like any other.
func TestFH1APathIsTakenAsItIs(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, path := range []string{"/v1//clients", "/v1/clients/", "/v1/./clients", "/v1/clients/../clients", "/v1/clients//", "/v1/Clients",
		"/v1/clients%2F", "/v1/clients/%2e%2e/health", "/v1/clients;x=1"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions} {
			a := o.do(method, path, nil).is(404)
			if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("%s %s is answered as %s", method, path, kind)
			}
		}
	}
}
