package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/run/receiver"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/webhook"
)

type hookEndpoint struct {
	ID, URL, Status, DisabledReason, Secret string
	Types                                   []string
	FailingSince, MissedSince               *time.Time
	OldSecretUntil                          *time.Time
	Recovering                              bool
}

type hookDelivery struct {
	ID, EndpointID, MessageID, Type, Kind, Status string
	NextAttemptAt                                 *time.Time
	Attempts                                      []struct {
		StatusCode  int
		Error, Body string
		Manual      bool
	}
	Payload json.RawMessage
}

// hook is where a program is that takes events.
func (p *product) hook(name string) string {
	return strings.TrimSuffix(p.place.StandIns, "/n8n") + "/hooks/" + name + p.run
}

// taken is what has come to it.
func (p *product) taken(name string) []receiver.Taken {
	var all []receiver.Taken
	p.control(http.MethodGet, "hooks/"+name+p.run, nil, &all)
	return all
}

// types are those of what has come to it, in order.
func (p *product) types(name string) []string {
	var out []string
	for _, x := range p.taken(name) {
		var of struct{ Type string }
		if err := json.Unmarshal([]byte(x.Body), &of); err != nil {
			p.t.Error(err)
		}
		out = append(out, of.Type)
	}
	slices.Sort(out)
	return out
}

// tell has it answer so from now on.
func (p *product) tell(name string, answer m) {
	p.control(http.MethodPost, "hooks/"+name+p.run+"/answer", answer, nil)
}

func (c *caller) endpoint(id string) hookEndpoint {
	c.t.Helper()
	var e hookEndpoint
	c.get("/v1/webhook-endpoints/" + id).is(200).into(&e)
	return e
}

func (c *caller) makeEndpoint(name string, types ...string) hookEndpoint {
	c.t.Helper()
	var e hookEndpoint
	c.post("/v1/webhook-endpoints", m{"url": c.hook(name), "types": types}).is(201).into(&e)
	return e
}

func (c *caller) deliveries(e hookEndpoint) []hookDelivery {
	c.t.Helper()
	var all struct{ Items []hookDelivery }
	c.get("/v1/webhook-endpoints/" + e.ID + "/deliveries").is(200).into(&all)
	return all.Items
}

// TestSenderW5AnInviteIsToldFromItsBeginningToItsEnd follows one invitation through all of its events, thin, and without secrets.
func TestSenderW5AnInviteIsToldFromItsBeginningToItsEnd(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	all, some := o.makeEndpoint("all"), o.makeEndpoint("some", "client.activated")
	p.tell("all", m{"status": 200, "body": `{"received":"Acme Ltd"}`})
	to := p.address("told")
	i := o.invite(to, m{"name": "Acme Ltd"})
	p.accept(to)
	want := []string{"client.activated", "invite.accepted", "invite.created", "invite.delivered", "invite.sent"}
	p.until("all events", func() bool {
		p.advance(time.Minute)
		return slices.Equal(p.types("all"), want) && len(p.taken("some")) == 1
	})
	ids := map[string]bool{}
	for _, x := range p.taken("all") {
		ids[x.ID] = true
		for _, not := range []string{to, "lki_", "@", "http"} {
			if strings.Contains(x.Body, not) {
				t.Errorf("%q is in %s", not, x.Body)
			}
		}
		var e struct {
			Type      string
			Timestamp time.Time
			Data      webhook.Data
		}
		if err := json.Unmarshal([]byte(x.Body), &e); err != nil || len(x.Body) > 2<<10 {
			t.Fatal(err, len(x.Body))
		}
		if e.Data.Version != 1 || e.Data.Sequence != e.Timestamp.UnixMilli() || e.Data.Client.ID != i.ClientID ||
			e.Data.Client.Name != "Acme Ltd" {
			t.Errorf("%s", x.Body)
		}
	}
	if len(ids) != len(want) {
		t.Errorf("%d ids", len(ids))
	}
	for _, d := range o.deliveries(all) {
		if d.Status != "delivered" || len(d.Attempts) != 1 || d.Attempts[0].StatusCode != 200 ||
			d.Attempts[0].Body != `{"received":"…"}` {
			t.Errorf("%+v", d)
		}
	}
	if x := o.deliveries(some); len(x) != 1 || x[0].Type != "client.activated" {
		t.Errorf("%+v", x)
	}
	// A client who is erased has no name any more, in no delivery.
	o.delete("/v1/clients/" + i.ClientID).is(200)
	o.post("/v1/clients/"+i.ClientID+"/erase", nil)
	for _, d := range o.deliveries(all) {
		o.get("/v1/webhook-endpoints/" + all.ID + "/deliveries/" + d.ID).is(200).hides("Acme Ltd")
	}
}

// TestSenderW2SecretsAreShownOnceAndRotated says how, and TestSenderW1 in stories that they are what is signed with.
func TestSenderW2SecretsAreShownOnceAndRotated(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	once := []string{"Idempotency-Key", "w2-" + p.run}
	var first, again hookEndpoint
	o.post("/v1/webhook-endpoints", m{"url": p.hook("w2")}, once...).is(201).into(&first)
	o.post("/v1/webhook-endpoints", m{"url": p.hook("w2")}, once...).is(201).into(&again)
	o.post("/v1/webhook-endpoints", m{"url": p.hook("other")}, once...).fails(409, "idempotency_conflict")
	if !strings.HasPrefix(first.Secret, "whsec_") || again.ID != first.ID || again.Secret != "" {
		t.Errorf("%+v %+v", first, again)
	}
	var rotated hookEndpoint
	o.post("/v1/webhook-endpoints/"+first.ID+"/secret", nil).is(200).into(&rotated)
	if rotated.Secret == first.Secret || !strings.HasPrefix(rotated.Secret, "whsec_") || rotated.OldSecretUntil == nil {
		t.Errorf("%+v", rotated)
	}
	if e := o.endpoint(first.ID); e.Secret != "" || e.OldSecretUntil == nil {
		t.Errorf("%+v", e)
	}
	o.get("/settings/webhooks/" + first.ID).is(200).hides("whsec_").shows("We also sign with the old secret")
	for range webhook.MaxRotations - 1 {
		o.post("/v1/webhook-endpoints/"+first.ID+"/secret", nil).is(200)
	}
	o.post("/v1/webhook-endpoints/"+first.ID+"/secret", nil).fails(429, "rate_limited")
	o.post("/settings/webhooks/"+first.ID, do("rotate", url.Values{})).is(429).shows("You've rotated this secret 5 times in 24 hours.")
	// Another agency has none of it.
	solo := p.fresh(soloOwner)
	solo.get("/v1/webhook-endpoints/"+first.ID).fails(404, "not_found")
	solo.post("/v1/webhook-endpoints/"+first.ID+"/secret", nil).fails(404, "not_found")
	solo.get("/settings/webhooks/" + first.ID).is(404)
}

// TestSenderW9TheLogSaysWhatOfAnEndpointChanged: what is so already is no change, and where two things change, both are said.
func TestSenderW9TheLogSaysWhatOfAnEndpointChanged(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	e := o.makeEndpoint("log", "invite.sent")
	at := "/v1/webhook-endpoints/" + e.ID
	logged := func() (out []string) {
		t.Helper()
		var log struct {
			Items []struct {
				Action  string
				Subject struct{ ID string }
			}
		}
		o.get("/v1/activity").is(200).into(&log)
		for _, x := range log.Items {
			if x.Subject.ID == e.ID {
				out = append(out, strings.TrimPrefix(x.Action, "webhook_endpoint."))
			}
		}
		slices.Sort(out)
		return out
	}
	for _, same := range []m{{}, {"enabled": true}, {"url": p.hook("log")}, {"types": []string{"invite.sent"}}, {"description": ""}} {
		o.do("PATCH", at, same).is(200)
	}
	if got := logged(); !slices.Equal(got, []string{"created"}) {
		t.Errorf("%v", got)
	}
	o.do("PATCH", at, m{"url": p.hook("elsewhere"), "enabled": false}).is(200)
	if got := logged(); !slices.Equal(got, []string{"changed", "created", "disabled"}) {
		t.Errorf("%v", got)
	}
}

// TestSenderO8WhereEventsGoTakesAStepUp holds that a session which was left open sends nothing elsewhere, and that a key needs its scope.
func TestSenderO8WhereEventsGoTakesAStepUp(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.fresh(owner)
	e := o.makeEndpoint("steps")
	key, reader := o.key("events", "webhooks:write"), o.key("reader", "webhooks:read", "agency:write")
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	at := "/v1/webhook-endpoints/" + e.ID
	o.post("/v1/webhook-endpoints", m{"url": p.hook("b")}).fails(403, "step_up_required")
	o.do("PATCH", at, m{"url": p.hook("b")}).fails(403, "step_up_required")
	o.post(at+"/secret", nil).fails(403, "step_up_required")
	o.delete(at).fails(403, "step_up_required")
	o.post(at+"/test", nil).is(202)
	o.post("/settings/webhooks", do("create", url.Values{"url": {p.hook("b")}})).is(307)
	o.post("/settings/webhooks/"+e.ID, do("rotate", url.Values{})).is(307)
	p.program(key.Secret).post("/v1/webhook-endpoints", m{"url": p.hook("b")}).is(201)
	p.program(key.Secret).get(at).fails(403, "forbidden")
	p.program(reader.Secret).get(at).is(200)
	p.program(reader.Secret).post(at+"/test", nil).fails(403, "forbidden")
	if !identity.WebhooksWrite.Powerful() || identity.WebhooksRead.Powerful() {
		t.Error("who decides where events go has a powerful scope")
	}
}

// TestSenderW10TenEndpointsUnder64Callers holds the cap.
func TestSenderW10TenEndpointsUnder64Callers(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	var all sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 64 {
		all.Go(func() {
			switch a := o.post("/v1/webhook-endpoints", m{"url": p.hook("cap")}); a.status {
			case 201:
				mu.Lock()
				made++
				mu.Unlock()
			case 409, 503: // full, or too many at once
			default:
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	all.Wait()
	for made < webhook.MaxEndpoints { // whoever was turned away because of the crowd may come again
		o.makeEndpoint("cap")
		made++
	}
	o.post("/v1/webhook-endpoints", m{"url": p.hook("cap")}).fails(409, "limit_reached")
	var list struct{ Items []hookEndpoint }
	o.get("/v1/webhook-endpoints").is(200).into(&list)
	if made != webhook.MaxEndpoints || len(list.Items) != made {
		t.Errorf("%d were made, and there are %d", made, len(list.Items))
	}
	o.get("/settings/webhooks").is(200).shows("You have all 10 endpoints.")
	for _, e := range list.Items {
		all.Go(func() { o.delete("/v1/webhook-endpoints/" + e.ID).is(204) })
	}
	all.Wait()
	o.makeEndpoint("cap")
}

// TestSenderW11WhereEventsMayGo is about addresses as they are typed in.
func TestSenderW11WhereEventsMayGo(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	for _, bad := range []string{"", "hooks.example.com", "http://hooks.example.com/", "https://user:secret@hooks.example.com/",
		"https://hooks.example.com/#a", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://8.8.8.8/",
		"https://localhost/", "https://hooks.example.com:80/", "https://hooks.example.com:22/", "https://hooks.example.com:0/",
		"ftp://hooks.example.com/", "javascript:alert(1)", "https://hooks.example.com/a\nb",
		// Ports and addresses in forms that look like something else.
		"https://hooks.example.com:00022/", "https://hooks.example.com:0022/", "https://hooks.example.com:99999/",
		"https://hooks.example.com:65536/", "https://hooks.example.com:-1/", "https://127.1/", "https://0x7f.1/", "https://0177.0.0.1/",
		"https://2130706433/", "https://1.2.3.4./", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[fe80::1%25eth0]/",
		"https://１２７.０.０.１/", "https://localhost./", "https://@hooks.example.com/", "https://user@hooks.example.com/",
		"https://.example.com/", "https://a..example.com/", "https://*.example.com/", "https://hooks.example.com\\@evil.example/",
		"https://" + strings.Repeat("a", 64) + ".example.com/", "https:///hooks", "https:hooks.example.com/", "//hooks.example.com/",
		"https://hooks.example.com/?q=ü", "https://hooks.example.com/\x00", "https://ex ample.com/", "https://%31%32%37.0.0.1/",
		"https://" + strings.Repeat("a", 600) + ".example/"} {
		f := o.post("/v1/webhook-endpoints", m{"url": bad}).fails(422, "invalid")
		if f.at("url") == "" {
			t.Errorf("%q: %+v", bad, f)
		}
	}
	for typed, kept := range map[string]string{"https://hooks.example.com:8443/a?b=c": "https://hooks.example.com:8443/a?b=c",
		" HTTPS://Hooks.Example.COM./A ":   "https://hooks.example.com/A",
		"https://bücher.example.com:443/ä": "https://xn--bcher-kva.example.com/%C3%A4",
		"https://my_app.example.com:01025": "https://my_app.example.com:1025",
		"https://hooks.example.com:/":      "https://hooks.example.com/"} {
		var e hookEndpoint
		if o.post("/v1/webhook-endpoints", m{"url": typed}).is(201).into(&e); e.URL != kept {
			t.Errorf("%q is kept as %q", typed, e.URL)
		}
	}
	o.post("/v1/webhook-endpoints", m{"url": "https://hooks.example.com/", "types": []string{"invite.accepted", "nonsense"}}).
		fails(422, "invalid")
	o.post("/settings/webhooks", do("create", url.Values{"url": {"http://10.0.0.1/<b>"}, "description": {"<i>mine"},
		"type": {"invite.sent"}})).is(422).
		holds("http://10.0.0.1/&lt;b&gt;", "&lt;i&gt;mine", `value="invite.sent" checked`).
		shows("Use an address that begins with https://.")
}

// TestSenderW9PeopleSeeAndRedoWhatWasSent walks through tests, redeliveries and recovery, by the API and by the page.
func TestSenderW9PeopleSeeAndRedoWhatWasSent(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	e := o.makeEndpoint("w9", "invite.created")
	at := "/v1/webhook-endpoints/" + e.ID
	var d hookDelivery
	a := o.post(at+"/test", nil).is(202)
	a.into(&d)
	a.has("Location", at+"/deliveries/"+d.ID)
	p.until("the test event", func() bool { return len(p.taken("w9")) == 1 })
	if x := p.taken("w9")[0]; x.ID != d.MessageID || !strings.Contains(x.Body, `"type":"webhook.test"`) {
		t.Errorf("%+v", x)
	}
	o.invite(p.address("w9"))
	p.until("the invite", func() bool {
		p.advance(time.Minute)
		return len(p.taken("w9")) == 2
	})
	all := o.deliveries(e)
	event := all[slices.IndexFunc(all, func(d hookDelivery) bool { return d.Kind == "event" })]
	page := "/settings/webhooks/" + e.ID
	o.get(page).is(200).shows("invite.created", "Delivered", "Answered 200")
	o.get(page+"?delivery="+event.ID).is(200).shows(event.MessageID, "Attempts").holds("invite.created")
	p.advance(time.Minute) // it says the same however much later it is sent again
	o.post(page, do("redeliver", url.Values{"delivery": {event.ID}})).to(page + "?done=redelivered&delivery=" + event.ID)
	p.until("the same again", func() bool { return len(p.taken("w9")) == 3 })
	if x := p.taken("w9"); x[1].ID != x[2].ID || x[1].Body != x[2].Body {
		t.Errorf("%+v", x)
	}
	o.get(at + "/deliveries?status=failed").is(200).hides("invite.created")
	o.get(at+"/deliveries?status=nonsense").fails(422, "invalid")
	o.get(at+"/deliveries/dlv_01JZ8Y5W3RN6T0V4K2M9QXBDCE").fails(404, "not_found")

	// What comes while it is disabled is missed, until it is recovered.
	o.post(page, do("disable", url.Values{})).is(303)
	o.invite(p.address("w9-missed"))
	p.advance(2 * time.Minute)
	o.post(at+"/recover", m{"since": "2020-01-01T00:00:00Z"}).fails(422, "invalid")
	o.post(at+"/recover", m{"since": p.now().Add(-time.Hour).Format(time.RFC3339)}).fails(409, "endpoint_disabled")
	o.post(at+"/deliveries/"+event.ID+"/redeliver", nil).fails(409, "endpoint_disabled")
	if n := len(p.taken("w9")); n != 3 {
		t.Errorf("%d came to an endpoint that is disabled", n)
	}
	o.do("PATCH", at, m{"enabled": true}).is(200)
	missed := o.endpoint(e.ID).MissedSince
	if missed == nil {
		t.Fatal("nobody knows since when it has missed events")
	}
	o.post(at+"/recover", m{"since": missed.Format(time.RFC3339Nano)}).is(202)
	p.until("what was missed", func() bool { return len(p.taken("w9")) == 4 && !o.endpoint(e.ID).Recovering })
	for range webhook.MaxAsked {
		if a := o.post(at+"/test", nil); a.status != 202 {
			o.post(at+"/test", nil).fails(429, "rate_limited")
			return
		}
	}
	t.Error("tests have no limit")
}

// TestSenderW9WhatEndpointsPromise meets what each operation says of endpoints and deliveries that are not there, or busy.
func TestSenderW9WhatEndpointsPromise(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	e := o.makeEndpoint("promises")
	const noDelivery = "/deliveries/dlv_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	since := m{"since": p.now().Add(-time.Hour).Format(time.RFC3339)}
	for _, at := range []string{"/v1/webhook-endpoints/whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "/v1/webhook-endpoints/nonsense"} {
		o.get(at).fails(404, "not_found")
		o.do("PATCH", at, m{"description": "x"}).fails(404, "not_found")
		o.post(at+"/secret", nil).fails(404, "not_found")
		o.post(at+"/test", nil).fails(404, "not_found")
		o.post(at+"/recover", since).fails(404, "not_found")
		o.get(at+"/deliveries").fails(404, "not_found")
		o.get(at+noDelivery).fails(404, "not_found")
		o.post(at+noDelivery+"/redeliver", nil).fails(404, "not_found")
		o.delete(at).fails(404, "not_found")
		o.get("/settings/webhooks" + strings.TrimPrefix(at, "/v1/webhook-endpoints")).is(404)
	}
	at := "/v1/webhook-endpoints/" + e.ID
	o.post(at+noDelivery+"/redeliver", nil).fails(404, "not_found")
	o.do("PATCH", at, m{"url": "http://hooks.example.com/"}).fails(422, "invalid")
	o.get("/v1/webhook-endpoints?cursor=nonsense").fails(422, "invalid")
	o.get(at+"/deliveries?cursor=nonsense").fails(422, "invalid")

	// A recovery that is under way: the worker has not been told of it, and the sweep looks in five minutes.
	store, now := dynamo.NewWebhooks(dynamo.Open(p.aws(), p.place.Table, p.now)), p.now()
	kept, err := store.Endpoint(t.Context(), id.Agency(o.agencyOf()), id.WebhookEndpoint(e.ID))
	if err != nil {
		t.Fatal(err)
	}
	kept.CatchUp(now.Add(-time.Hour), now)
	if err := store.SaveEndpoint(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if !o.endpoint(e.ID).Recovering {
		t.Error("it isn't recovering")
	}
	o.post(at+"/recover", since).fails(409, "recovery_running")
	o.post("/settings/webhooks/"+e.ID, do("recover", url.Values{"since": {now.Add(-time.Hour).UTC().Format("2006-01-02T15:04")}})).
		is(409).shows("Events are being recovered.")
	p.until("the end of the recovery", func() bool {
		p.advance(time.Minute)
		return !o.endpoint(e.ID).Recovering
	})
	o.post(at+"/recover", since).is(202)
}

// TestSenderW9AnAgencyThatIsClosedSendsNothing deletes an agency while one of its endpoints fails: endpoints, secrets and deliveries go
// with it, and nobody is called any more.
func TestSenderW9AnAgencyThatIsClosedSendsNothing(t *testing.T) {
	p := start(t)
	o := p.fresh(owner)
	for _, name := range []string{"closed", "closed-busy"} {
		o.makeEndpoint(name)
	}
	p.tell("closed-busy", m{"status": 503})
	o.invite(p.address("closed"))
	p.until("events", func() bool {
		p.advance(time.Minute)
		return len(p.taken("closed")) == 3 && len(p.taken("closed-busy")) > 0
	})
	a, _ := o.agency()
	o = p.fresh(owner)
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).is(204)
	o.get("/v1/webhook-endpoints").fails(403, "forbidden")
	p.until("the purge", func() bool { p.advance(time.Minute); return len(p.items(a.ID)) <= 2 })
	before := len(p.taken("closed-busy"))
	p.advance(26 * time.Hour)
	p.until("the sweeps to be done with it", func() bool { return !p.isDue(a.ID) })
	if n := len(p.items(a.ID)); n != 2 {
		t.Errorf("%d items are left", n)
	}
	if got := len(p.taken("closed-busy")); got != before || len(p.taken("closed")) > 4 {
		t.Errorf("%d and %d came after the end", got-before, len(p.taken("closed"))-3)
	}
}
