package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/n8n"
)

// far is a stand-in for an n8n that no other test uses: what it takes to connect it.
func (p *product) far(name string) m {
	return m{"name": "Far " + name, "url": p.place.StandIns + "/" + strings.ToLower(name) + "-" + p.run,
		"apiKey": n8n.Key(strings.ToLower(name) + "-" + p.run)}
}

// breaks makes the stand-in fail.
func (p *product) breaks(far m, fault string) {
	p.t.Helper()
	at := strings.TrimPrefix(far["url"].(string), p.place.StandIns)
	p.control(http.MethodPost, "n8n"+at+"/fault", m{"fault": fault}, nil)
}

// tied is an instance or service as its own operations answer it.
type tied struct {
	thing
	Connected   bool
	CheckedAt   *time.Time
	Reason      string
	Clients     []struct{ ID, Name, Status, Access string }
	MoreClients bool
}

func (c *caller) tie(far m) tied {
	c.t.Helper()
	var x tied
	a := c.post("/v1/instances", far).is(201).into(&x)
	if at := a.header.Get("Location"); at != "/v1/instances/"+x.ID {
		c.t.Errorf("Location: %q", at)
	}
	return x
}

func (c *caller) tied(id string) tied {
	c.t.Helper()
	var x tied
	c.get("/v1/instances/" + id).is(200).into(&x)
	return x
}

// flows is an instance as its client sees it.
type flows struct {
	ID, Name, Status, Access, URL, Reason string
	Connected                             bool
	Workflows                             []struct {
		ID, Name  string
		Active    bool
		UpdatedAt *time.Time
	}
	Runs []struct {
		ID, WorkflowID, WorkflowName, Status string
		StartedAt, StoppedAt                 *time.Time
	}
}

func (c *caller) flows(id string) flows {
	c.t.Helper()
	var f flows
	c.get("/v1/portal/instances/" + id).is(200).into(&f)
	return f
}

func TestAnInstanceIsConnectedOnceItHasAnswered(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("Acme")
	before := len(o.things("instances"))

	for _, c := range []struct {
		fault, field, says string
	}{
		{"refuse", "apiKey", "refuses the API key"}, {"forbid", "apiKey", "does not let the API key do this"}, {"fail", "url", "HTTP 503"},
		{"garbage", "url", "does not speak n8n's public API"}, {"redirect", "url", "elsewhere.example"},
	} {
		p.breaks(far, c.fault)
		f := o.post("/v1/instances", far).fails(422, "instance_unreachable")
		if !strings.Contains(f.at(c.field), c.says) || !strings.Contains(f.Reason, c.says) {
			t.Errorf("an n8n that does %q: %+v", c.fault, f)
		}
	}
	p.breaks(far, "")
	for url, says := range map[string]string{"http://127.0.0.1:1": "must begin with https://", "https://127.0.0.1:1": "is private",
		"https://169.254.169.254": "is private"} {
		inside := m{"name": "x", "url": url, "apiKey": "k"}
		if f := o.post("/v1/instances", inside).fails(422, "invalid"); !strings.Contains(f.at("url"), says) {
			t.Errorf("one at %s: %+v", url, f)
		}
	}
	wrong := m{"name": "x", "url": far["url"], "apiKey": "wrong"}
	o.post("/v1/instances", wrong).fails(422, "instance_unreachable")
	if n := len(o.things("instances")); n != before {
		t.Fatalf("%d instances are stored of those that did not answer", n-before)
	}

	x := o.tie(far)
	if x.Status != "running" || !x.Linkable || !x.Connected || x.CheckedAt == nil || x.Reason != "" || x.Type != "n8n" ||
		x.URL != far["url"] {
		t.Errorf("%+v", x)
	}
	if got := o.tied(x.ID); got.Name != "Far Acme" || len(got.Clients) != 0 {
		t.Errorf("%+v", got)
	}
	if f := o.post("/v1/instances", far).fails(422, "invalid"); !strings.Contains(f.at("url"), "already connected this n8n") {
		t.Errorf("the same once more: %+v", f)
	}
	// Nowhere is the key told.
	for _, path := range []string{"/v1/instances", "/v1/instances/" + x.ID, "/instances", "/instances/" + x.ID + "?ask=edit"} {
		o.get(path).is(200).hides(far["apiKey"].(string), "s1.")
	}
}

func TestAnInstancesFieldsAreChecked(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	f := o.post("/v1/instances", m{"name": " ", "url": "ftp://x", "apiKey": ""}).fails(422, "invalid")
	for field, says := range map[string]string{"name": "recognise", "url": "https://", "apiKey": "API key"} {
		if !strings.Contains(f.at(field), says) {
			t.Errorf("%s: %q, want it to say %q", field, f.at(field), says)
		}
	}
	for _, bad := range []m{{"url": "https://user:pass@n8n.example"}, {"url": "https://n8n.example/?x=1"},
		{"name": "see https://evil.example"}, {"apiKey": "a b"}, {"apiKey": strings.Repeat("x", 3000)}} {
		body := p.far("fields")
		for k, v := range bad {
			body[k] = v
		}
		if f := o.post("/v1/instances", body).fails(422, "invalid"); len(f.Errors) != 1 {
			t.Errorf("%v: %+v", bad, f)
		}
	}
}

func TestConnectingTwiceWithOneKeyMakesOne(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("twice")
	var one, two tied
	o.post("/v1/instances", far, "Idempotency-Key", p.run+"i").is(201).into(&one)
	o.post("/v1/instances", far, "Idempotency-Key", p.run+"i").is(201).into(&two)
	if one.ID != two.ID {
		t.Errorf("%s and %s", one.ID, two.ID)
	}
	far["name"] = "Another"
	o.post("/v1/instances", far, "Idempotency-Key", p.run+"i").fails(409, "idempotency_conflict")

	service := m{"type": "whatsapp", "name": "Line " + p.run, "url": "https://wa.example"}
	o.post("/v1/services", service, "Idempotency-Key", p.run+"s").is(201).into(&one)
	o.post("/v1/services", service, "Idempotency-Key", p.run+"s").is(201).into(&two)
	if one.ID != two.ID || one.Type != "whatsapp" || one.Status != "active" || !one.Linkable {
		t.Errorf("%+v and %+v", one, two)
	}
	service["type"] = "other"
	o.post("/v1/services", service, "Idempotency-Key", p.run+"s").fails(409, "idempotency_conflict")
}

func TestAnInstanceIsChangedWithItsNewKeyTriedFirst(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	here, there := p.far("here"), p.far("there")
	x := o.tie(here)
	at := "/v1/instances/" + x.ID
	tag := o.get(at).header.Get("ETag")

	var got tied
	a := o.do(http.MethodPatch, at, m{"name": "Renamed"}, "If-Match", tag).is(200).into(&got)
	if got.Name != "Renamed" || got.URL != here["url"] || a.header.Get("ETag") == tag {
		t.Errorf("%+v, ETag %s", got, a.header.Get("ETag"))
	}
	o.do(http.MethodPatch, at, m{"name": "Lost"}, "If-Match", tag).fails(412, "changed_meanwhile")

	// A key that is stored goes nowhere else.
	if f := o.do(http.MethodPatch, at, m{"url": there["url"]}).fails(422, "invalid"); f.at("apiKey") == "" {
		t.Errorf("another address without a key: %+v", f)
	}
	o.do(http.MethodPatch, at, m{"url": there["url"], "apiKey": "wrong"}).fails(422, "instance_unreachable")
	if got = o.tied(x.ID); got.URL != here["url"] || got.Name != "Renamed" {
		t.Errorf("a refused change left %+v", got)
	}
	o.do(http.MethodPatch, at, m{"url": there["url"], "apiKey": there["apiKey"]}).is(200).into(&got)
	if got.URL != there["url"] || got.Status != "running" {
		t.Errorf("%+v", got)
	}
	y := o.tie(here) // the old address is free again
	if f := o.do(http.MethodPatch, "/v1/instances/"+y.ID, m{"url": there["url"], "apiKey": there["apiKey"]}).fails(422,
		"invalid"); f.at("url") == "" {
		t.Errorf("an address that another instance has: %+v", f)
	}
}

func TestACheckNotesWhatItSees(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("checked")
	x := o.tie(far)
	p.advance(time.Minute)
	p.breaks(far, "fail")
	var got tied
	o.post("/v1/instances/"+x.ID+"/check", nil).is(200).into(&got)
	if got.Status != "failed" || got.Linkable || !strings.Contains(got.Reason, "HTTP 503") || !got.CheckedAt.After(*x.CheckedAt) {
		t.Errorf("%+v", got)
	}
	o.get("/instances").is(200).shows("Failed", "HTTP 503")
	o.get("/instances/"+x.ID).is(200).shows("n8n isn't answering", "HTTP 50")
	o.post("/v1/invites", m{"email": p.address("late"), "grants": []m{{"resource": x.ID, "access": "read"}}}).fails(422, "invalid")

	p.breaks(far, "")
	got = tied{}
	o.post("/v1/instances/"+x.ID+"/check", nil).is(200).into(&got)
	if got.Status != "running" || got.Reason != "" {
		t.Errorf("%+v", got)
	}
	bare := named(t, o.things("instances"), "Internal automations")
	if f := o.post("/v1/instances/"+bare.ID+"/check", nil).fails(422, "invalid"); f.at("apiKey") == "" {
		t.Errorf("an instance without a key: %+v", f)
	}
}

func TestDisconnectingSaysWhoLosesWhat(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("lost")
	x := o.tie(far)
	grant := m{"grants": []m{{"resource": x.ID, "access": "write"}}}
	in := o.invite(p.address("in"), m{"name": "Inside Ltd"}, grant)
	client := p.accept(in.Email)
	out := o.invite(p.address("out"), m{"name": "Outside Ltd"}, m{"grants": []m{{"resource": x.ID, "access": "read"}}})
	away := o.invite(p.address("away"), grant)
	o.post("/v1/invites/"+away.ID+"/cancel", nil).is(200)

	if got := o.tied(x.ID); len(got.Clients) != 2 || got.Clients[0].Name != "Outside Ltd" || got.Clients[0].Status != "pending" ||
		got.Clients[1].ID != in.ClientID || got.Clients[1].Access != "write" {
		t.Errorf("who sees it: %+v", got.Clients)
	}
	o.get("/instances").is(200).shows("2 clients")
	o.get("/instances/"+x.ID+"?ask=disconnect").is(200).shows("Disconnect Far lost?", "These 2 clients lose access right away:",
		"Inside LtdRead-write", "Outside LtdRead-only")
	client.flows(x.ID)

	var gone tied
	o.delete("/v1/instances/" + x.ID).is(200).into(&gone)
	if len(gone.Clients) != 2 || gone.MoreClients {
		t.Errorf("who lost it: %+v", gone)
	}
	o.get("/v1/instances/"+x.ID).fails(404, "not_found")
	o.delete("/v1/instances/"+x.ID).fails(404, "not_found")
	client.get("/v1/portal/instances/"+x.ID).fails(404, "not_found")
	var portal struct{ Instances []thing }
	client.get("/v1/portal").is(200).into(&portal)
	if len(portal.Instances) != 0 {
		t.Errorf("still in the portal: %+v", portal)
	}
	// The pending invite goes on without it.
	later := p.accept(out.Email)
	later.get("/v1/portal").is(200).into(&portal)
	if len(portal.Instances) != 0 {
		t.Errorf("accepted what was gone: %+v", portal)
	}
	o.tie(far) // and the address can be connected again
}

func TestServicesComeAndGo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	f := o.post("/v1/services", m{"type": "fax", "name": "x"}).fails(422, "invalid")
	if f.at("type") == "" {
		t.Errorf("%+v", f)
	}
	o.post("/v1/services", m{"type": "other", "name": "x", "url": "javascript:alert(1)"}).fails(422, "invalid")
	var x tied
	o.post("/v1/services", m{"type": "hermes", "name": "Agent " + p.run}).is(201).into(&x)
	in := o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"}}})
	o.get("/v1/services/" + x.ID).is(200).into(&x)
	if len(x.Clients) != 1 || x.Clients[0].ID != in.ClientID || x.Kind != "service" || x.URL != "" {
		t.Errorf("%+v", x)
	}
	o.get("/v1/instances/"+x.ID).fails(404, "not_found") // a service is no instance
	o.delete("/v1/instances/"+x.ID).fails(404, "not_found")
	o.delete("/v1/services/" + x.ID).is(200).into(&x)
	if len(x.Clients) != 1 {
		t.Errorf("%+v", x)
	}
	o.get("/v1/services/"+x.ID).fails(404, "not_found")
	o.delete("/v1/services/"+x.ID).fails(404, "not_found")
}

func TestInstancesAreTheirAgencysAlone(t *testing.T) {
	p := start(t)
	o, solo := p.signIn(owner), p.signIn(soloOwner)
	x := o.tie(p.far("mine"))
	service := o.things("services")[0]
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"}}}).Email)
	read := p.program(o.key("reads", "resources:read").Secret)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/v1/instances", p.far("x")}, {"GET", "/v1/instances/" + x.ID, nil}, {"PATCH", "/v1/instances/" + x.ID, m{"name": "Theirs"}}, {"POST", "/v1/instances/" + x.ID + "/check", nil},
		{"DELETE", "/v1/instances/" + x.ID, nil}, {"POST", "/v1/services", m{"type": "other", "name": "x"}}, {"GET", "/v1/services/" + service.ID, nil}, {"DELETE", "/v1/services/" + service.ID, nil},
	} {
		p.nobody().do(c.method, c.path, c.body).fails(401, "unauthenticated")
		client.do(c.method, c.path, c.body).fails(403, "forbidden")
		if c.method != "GET" {
			read.do(c.method, c.path, c.body).fails(403, "forbidden")
			o.do(c.method, c.path, c.body, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
		}
		if strings.Count(c.path, "/") > 2 {
			solo.do(c.method, c.path, c.body).fails(404, "not_found")
		}
		if c.body != nil {
			o.do(c.method, c.path, raw("{"), "Content-Type", "application/json").fails(400, "malformed")
			o.do(c.method, c.path, raw(`{"name":"`+strings.Repeat("x", 300<<10)+`"}`), "Content-Type", "application/json").fails(413,
				"too_large")
		}
	}
	if got := o.tied(x.ID); got.Name != "Far mine" {
		t.Errorf("%+v", got)
	}
	for _, path := range []string{"/instances", "/instances/" + x.ID, "/services", "/services/" + service.ID} {
		client.get(path).is(403)
		p.nobody().get(path).is(303)
	}
	solo.get("/instances/" + x.ID).is(404)
	solo.get("/instances").is(200).shows("Connect your first n8n")
	solo.get("/services").is(200).shows("Connect your first service")
}

func TestX14AClientSeesItsRealWorkflowsAndRuns(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("shown")
	x := o.tie(far)
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"}}}).Email)
	got := client.flows(x.ID)
	if !got.Connected || got.Reason != "" || got.Access != "read" || got.Name != "Far shown" || len(got.Workflows) < 5 ||
		len(got.Runs) == 0 || len(got.Runs) > 20 {
		t.Fatalf("%+v", got)
	}
	names := map[string]string{}
	for _, w := range got.Workflows {
		if w.UpdatedAt == nil || w.Name == "Archived long ago" {
			t.Errorf("%+v", w)
		}
		names[w.ID] = w.Name
	}
	for i, r := range got.Runs {
		if r.WorkflowName != names[r.WorkflowID] || r.StartedAt == nil || r.StoppedAt == nil || i > 0 &&
			r.StartedAt.After(*got.Runs[i-1].StartedAt) {
			t.Errorf("run %d: %+v", i, r)
		}
	}
	// The tile leads there, and the page shows the same; who may only look is told so, and has nothing to press.
	client.get("/portal").is(200).shows("See workflows")
	page := client.get("/portal/instances/"+x.ID).is(200).shows("Far shown", got.Workflows[0].Name, "On", "Off", "Last runs", "Succeeded",
		"Only Northwind Automations can switch them on or off.").hides(`role="switch"`)
	armoured(t, page)
	// The agency's key stays out of it.
	page.hides(far["apiKey"].(string))
	client.get("/v1/portal/instances/" + x.ID).hides(far["apiKey"].(string))

	for _, fault := range []string{"fail", "refuse", "garbage", "redirect"} {
		p.breaks(far, fault)
		down := client.flows(x.ID)
		if down.Reason == "" || len(down.Workflows) != 0 || down.Name != "Far shown" || strings.Contains(down.Reason, "elsewhere") {
			t.Errorf("with %s: %+v", fault, down)
		}
		client.get("/portal/instances/"+x.ID).is(200).shows("t show its workflows right now", "We check it every few minutes.",
			"tell Northwind Automations")
	}
	p.breaks(far, "no-runs")
	if some := client.flows(x.ID); len(some.Workflows) == 0 || len(some.Runs) != 0 || some.Reason == "" {
		t.Errorf("without runs: %+v", some)
	}
	client.get("/portal/instances/"+x.ID).is(200).shows("t show its runs right now", got.Workflows[0].Name)

	bare := named(t, o.things("instances"), "Internal automations")
	other := p.accept(o.invite(p.address("bare"), m{"grants": []m{{"resource": bare.ID, "access": "write"}}}).Email)
	if f := other.flows(bare.ID); f.Connected || f.Reason != "" || f.Workflows == nil {
		t.Errorf("one without a key: %+v", f)
	}
	other.get("/portal/instances/" + bare.ID).is(200).shows("connected yet")
}

func TestFE8X14OnlyReadWriteClientsSwitchWorkflows(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("switched")
	x := o.tie(far)
	writes, reads := p.accept(o.invite(p.address("writes"), m{"grants": []m{{"resource": x.ID, "access": "write"}}}).Email),
		p.accept(o.invite(p.address("reads"), m{"grants": []m{{"resource": x.ID, "access": "read"}}}).Email)
	stranger := p.accept(o.invite(p.address("stranger")).Email)
	at := "/v1/portal/instances/" + x.ID
	is := func(name string) (string, bool) {
		t.Helper()
		for _, w := range writes.flows(x.ID).Workflows {
			if w.Name == name {
				return w.ID, w.Active
			}
		}
		t.Fatalf("there is no workflow %q", name)
		return "", false
	}
	id, on := is("Invoice reminders")
	if on {
		t.Fatal("it is on from the start")
	}
	before := len(writes.flows(x.ID).Runs)
	var w struct {
		ID, Name string
		Active   bool
	}
	writes.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}).is(200).into(&w)
	if !w.Active || w.Name != "Invoice reminders" {
		t.Errorf("%+v", w)
	}
	writes.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}).is(200)
	if f := writes.flows(x.ID); len(f.Runs) <= before && before < 20 || f.Runs[0].WorkflowName != "Invoice reminders" {
		t.Errorf("it was switched on and has no run: %+v", f.Runs)
	}
	// By the page's plain form.
	page := writes.get("/portal/instances/" + x.ID).is(200).shows("You can see its workflows and switch them on and off.")
	if n := strings.Count(string(page.body), `role="switch"`); n < 5 || !strings.Contains(string(page.body), `aria-checked="true"`) {
		t.Errorf("%d switches", n)
	}
	form := "/portal/instances/" + x.ID
	writes.post(form, do("workflow", url.Values{"workflow": {id}, "active": {"false"}})).is(303).has("Location",
		"/portal/instances/"+x.ID+"?done=off")
	writes.get("/portal/instances/" + x.ID + "?done=off").is(200).shows("Switched off.")
	if _, on = is("Invoice reminders"); on {
		t.Error("it is still on")
	}

	// Nobody else does, by whatever way.
	for _, c := range []*caller{reads, stranger, p.nobody(), o} {
		want := map[*caller]int{reads: 403, stranger: 404}[c]
		if want == 0 {
			want = 404
			if c.cookie == "" {
				want = 401
			}
		}
		if got := c.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}); got.status != want {
			t.Errorf("status %d, want %d: %s", got.status, want, got.body)
		}
		c.post(form, do("workflow", url.Values{"workflow": {id}, "active": {"true"}}))
	}
	reads.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}).fails(403, "forbidden")
	reads.post(form, do("workflow", url.Values{"workflow": {id}, "active": {"true"}})).is(403).shows("This instance is read-only.")
	if _, on = is("Invoice reminders"); on {
		t.Error("somebody else has switched it on")
	}

	// What n8n does not do is told, and nothing is claimed.
	stuck, _ := is("Shared: format an address")
	if f := writes.do(http.MethodPut, at+"/workflows/"+stuck, m{"active": true}).fails(422,
		"instance_unreachable"); !strings.Contains(f.Detail, "Nothing was switched") ||
		!strings.Contains(f.Detail, "nothing in the workflow can start it") {
		t.Errorf("%+v", f)
	}
	p.breaks(far, "fail")
	writes.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}).fails(422, "instance_unreachable")
	writes.post(form, do("workflow", url.Values{"workflow": {id}, "active": {"true"}})).is(422).shows("Nothing was switched")
	p.breaks(far, "")
	for _, odd := range []string{"nothing", "..%2f..%2fexecutions", strings.Repeat("x", 70), "a%20b"} {
		writes.do(http.MethodPut, at+"/workflows/"+odd, m{"active": true}).fails(404, "not_found")
	}
	writes.do(http.MethodPut, at+"/workflows/"+id, m{}).fails(422, "invalid")
	writes.do(http.MethodPut, at+"/workflows/"+id, raw("{"), "Content-Type", "application/json").fails(400, "malformed")
	writes.do(http.MethodPut, at+"/workflows/"+id, raw(`{"active":true,"x":"`+strings.Repeat("x", 300<<10)+`"}`), "Content-Type",
		"application/json").fails(413, "too_large")
	writes.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	p.nobody().get(at).fails(401, "unauthenticated")
	stranger.get(at).fails(404, "not_found")

	// Right up to the moment at which it is taken away.
	o.delete("/v1/instances/" + x.ID).is(200)
	writes.do(http.MethodPut, at+"/workflows/"+id, m{"active": true}).fails(404, "not_found")
	writes.post(form, do("workflow", url.Values{"workflow": {id}, "active": {"true"}})).is(404)
}

func TestARightThatIsTakenIsGoneWithTheNextSwitch(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	x := o.tie(p.far("taken"))
	in := o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "write"}}})
	client := p.accept(in.Email)
	flow := client.flows(x.ID).Workflows[0]
	at, right := "/v1/portal/instances/"+x.ID, "/v1/clients/"+in.ClientID+"/grants/"+x.ID
	client.do(http.MethodPut, at+"/workflows/"+flow.ID, m{"active": !flow.Active}).is(200)
	o.do(http.MethodPut, right, m{"access": "read"}).is(200)
	client.do(http.MethodPut, at+"/workflows/"+flow.ID, m{"active": flow.Active}).fails(403, "forbidden")
	o.delete(right).is(204)
	client.do(http.MethodPut, at+"/workflows/"+flow.ID, m{"active": flow.Active}).fails(404, "not_found")
	client.get("/portal/instances/" + x.ID).is(404)
	if got := o.tied(x.ID); len(got.Clients) != 0 {
		t.Errorf("still seen by %+v", got.Clients)
	}
}

func TestASuspendedAgencysInstancesRest(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	x := o.tie(p.far("rests"))
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "write"}}}).Email)
	flow := client.flows(x.ID).Workflows[0]
	var who struct{ Agency struct{ ID string } }
	o.get("/v1/sessions/current").is(200).into(&who)
	p.edit(who.Agency.ID, "agency", "SET suspended = :t", map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}})
	at := "/v1/portal/instances/" + x.ID
	client.get(at).fails(403, "forbidden")
	client.do(http.MethodPut, at+"/workflows/"+flow.ID, m{"active": !flow.Active}).fails(403, "forbidden")
	client.get("/portal/instances/" + x.ID).is(403).shows("This portal is paused.")
	client.post("/portal/instances/"+x.ID, do("workflow", url.Values{"workflow": {flow.ID}, "active": {"true"}})).is(403)
}

func TestNobodyLooksAroundWithOurChecks(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	x := o.tie(p.far("often"))
	for range 119 {
		o.post("/v1/instances/"+x.ID+"/check", nil).is(200)
	}
	a := o.post("/v1/instances/"+x.ID+"/check", nil)
	a.fails(429, "rate_limited")
	if a.header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	o.post("/v1/instances", p.far("more")).fails(429, "rate_limited")
	o.post("/instances/"+x.ID, do("check", nil)).is(429).shows("120 times per hour")
	p.advance(time.Hour)
	o.post("/v1/instances/"+x.ID+"/check", nil).is(200)
}

func TestOneAddressIsConnectedOnceByWhoeverIsFirst(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("raced")
	done := make(chan int)
	for range 8 {
		go func() { done <- o.post("/v1/instances", far).status }()
	}
	made := 0
	for range 8 {
		if status := <-done; status == 201 {
			made++
		} else if status != 422 && status != 409 {
			t.Errorf("status %d", status)
		}
	}
	n := 0
	for _, x := range o.things("instances") {
		if x.URL == far["url"] {
			n++
		}
	}
	if made != 1 || n != 1 {
		t.Errorf("%d were told that they connected it, and it is there %d times", made, n)
	}
}

func TestInstancesAndServicesByThePages(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	armoured(t,
		o.get("/instances").is(200).shows("Acme production", "Delta onboarding", "Being set up.", "Everline archive",
			"Stopped. Clients see it"))
	armoured(t, o.get("/services").is(200).shows("WhatsApp support line", "Hermes agent"))
	armoured(t, o.get("/instances?ask=connect").is(200).shows("Create a key that can list, read, activate and deactivate workflows"))
	far := p.far("form")
	fields := url.Values{"name": {"By form " + p.run}, "url": {far["url"].(string)}, "apiKey": {"a-wrong-key"}}
	bad := o.post("/instances", fields).is(422).shows("There is a problem", "refuses the API key").hides("a-wrong-key")
	if !strings.Contains(string(bad.body), `value="By form `+p.run+`"`) || !strings.Contains(string(bad.body), far["url"].(string)) {
		t.Error("what was typed is lost")
	}
	fields.Set("apiKey", far["apiKey"].(string))
	at := o.post("/instances", fields).is(303).header.Get("Location")
	page := o.get(at).is(200).shows("Connected.", "By form "+p.run, "Nobody yet.", "Danger zone")
	armoured(t, page)
	at, _, _ = strings.Cut(at, "?")

	o.post(at, url.Values{"name": {""}, "url": fields["url"]}).is(422).shows("Enter a name")
	o.post(at, url.Values{"name": {"Another name"}, "url": fields["url"], "tag": {`"old"`}}).is(412).shows("Someone else changed " +
		"this instance")
	o.post(at, url.Values{"name": {"Another name"}, "url": fields["url"]}).is(303).has("Location", at+"?done=saved")
	o.post(at, do("check", nil)).is(303)
	o.get(at+"?done=checked").is(200).shows("Another name", "n8n is answering.")
	o.post(at, do("disconnect", nil)).is(303).has("Location", "/instances?done=disconnected")
	o.get("/instances?done=disconnected").is(200).shows("Disconnected.")
	for _, path := range []string{at, at + "/check", at + "/disconnect"} {
		o.post(path, url.Values{"name": {"x"}, "url": {"https://x.example"}}).is(404)
	}
	bare := named(t, o.things("instances"), "Internal automations")
	o.post("/instances/"+bare.ID, do("check", nil)).is(422).shows("no API key yet")

	o.post("/services", url.Values{"type": {"other"}, "name": {""}}).is(422).shows("Enter a name")
	at = o.post("/services",
		url.Values{"type": {"other"}, "name": {"Status page " + p.run}, "url": {"https://status.example"}}).is(303).header.Get("Location")
	armoured(t, o.get(at).is(200).shows("Status page "+p.run, "https://status.example"))
	at, _, _ = strings.Cut(at, "?")
	o.get(at + "?ask=disconnect").is(200).shows("Nobody has access, so nobody loses anything.")
	o.post(at, do("disconnect", nil)).is(303).has("Location", "/services?done=disconnected")
	o.get(at).is(404)
}

// thingsJob makes the functions of instances and services do all that they can, for whoever watches them.
func thingsJob(p *product, o *caller, kept *secrets) {
	program := p.program(o.key("things", "resources:read", "resources:write").Secret)
	kept.keep(program.bearer)
	fresh := func() { p.advance(61 * time.Minute) } // each operation that a key may call notes its use when the hour is new
	one, two, three := p.far("one"), p.far("two"), p.far("three")
	for _, f := range []m{one, two, three} {
		kept.keep(f["apiKey"].(string))
	}
	var x, s tied
	fresh()
	program.post("/v1/instances", one, "Idempotency-Key", "one").is(201).into(&x)
	fresh()
	program.get("/v1/instances/" + x.ID).is(200)
	fresh()
	program.do(http.MethodPatch, "/v1/instances/"+x.ID, m{"url": two["url"], "apiKey": two["apiKey"]}).is(200)
	fresh()
	program.post("/v1/instances/"+x.ID+"/check", nil).is(200)
	fresh()
	program.post("/v1/services", m{"type": "other", "name": "Status"}, "Idempotency-Key", "two").is(201).into(&s)
	fresh()
	program.get("/v1/services/" + s.ID).is(200)

	client := p.accept(o.invite("things@client.example",
		m{"grants": []m{{"resource": x.ID, "access": "write"}, {"resource": s.ID, "access": "read"}}}).Email)
	kept.keep(client.cookie)
	f := client.flows(x.ID)
	client.get("/portal/instances/" + x.ID).is(200)
	p.breaks(two, "fail") // what either has seen is written down
	client.flows(x.ID)
	p.breaks(two, "")
	client.get("/portal/instances/" + x.ID).is(200)
	fresh() // and the instance is called by the clock
	client.do(http.MethodPut, "/v1/portal/instances/"+x.ID+"/workflows/"+f.Workflows[0].ID, m{"active": !f.Workflows[0].Active}).is(200)
	client.post("/portal/instances/"+x.ID, do("workflow", url.Values{"workflow": {f.Workflows[1].ID}, "active": {"false"}})).is(303)

	form := func(f m) url.Values {
		return url.Values{"key": {"00112233"}, "name": {f["name"].(string)}, "url": {f["url"].(string)}, "apiKey": {f["apiKey"].(string)}}
	}
	o.get("/instances").is(200)
	o.get("/instances/" + x.ID).is(200)
	o.post("/instances", form(two)).is(422)
	at, _, _ := strings.Cut(o.post("/instances", form(three)).is(303).header.Get("Location"), "?")
	o.post(at, form(two)).is(422)
	o.post(at, form(one)).is(303)
	o.post(at, do("check", nil)).is(303)
	o.post("/instances/"+named(p.t, o.things("instances"), "Internal automations").ID, do("check", nil)).is(422)
	o.post(at, do("disconnect", nil)).is(303)
	o.get("/services").is(200)
	o.get("/services/" + s.ID).is(200)
	o.post("/services", url.Values{"type": {"x"}}).is(422)
	at, _, _ = strings.Cut(o.post("/services",
		url.Values{"key": {"00112233"}, "type": {"other"}, "name": {"More"}}).is(303).header.Get("Location"), "?")
	o.post(at, do("disconnect", nil)).is(303)
	fresh()
	program.delete("/v1/services/" + s.ID).is(200)
	fresh()
	program.delete("/v1/instances/" + x.ID).is(200)
}
