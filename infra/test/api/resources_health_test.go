package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/n8n"
)

// health is how an instance is, as either side is told.
type health struct {
	Status, Reason                     string
	CheckedAt, AnsweredAt, SilentSince *time.Time
}

func (c *caller) health(path string) health {
	c.t.Helper()
	var h health
	c.get(path).is(200).into(&h)
	return h
}

func TestFN4BothSidesReadTheSameOfAnInstanceThatIsDown(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("down")
	x := o.tie(far)
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "write"}}}).Email)
	theirs, ours := "/v1/portal/instances/"+x.ID, "/v1/instances/"+x.ID
	page, tile, agencys := "/portal/instances/"+x.ID, "/portal", "/instances/"+x.ID
	if h := client.health(theirs); h.Status != "running" || h.AnsweredAt == nil || h.SilentSince != nil {
		t.Errorf("one that answers: %+v", h)
	}
	client.get(tile).is(200).shows("Running")

	p.advance(2 * time.Minute)
	p.breaks(far, "fail")
	seen := client.health(theirs) // the client comes by, and finds out
	if seen.Reason == "" || seen.SilentSince == nil || seen.AnsweredAt == nil || !seen.AnsweredAt.Before(*seen.SilentSince) {
		t.Errorf("one that is down: %+v", seen)
	}
	if h := o.health(ours); h.Reason == "" || h.SilentSince == nil || !h.SilentSince.Equal(*seen.SilentSince) ||
		!h.AnsweredAt.Equal(*seen.AnsweredAt) {
		t.Errorf("the agency is told %+v, and the client %+v", h, seen)
	}
	// Nobody is told that it runs: neither on its own page nor where it is one of several.
	client.get(page).is(200).shows("Not answering", "We can't show its workflows right now", "It last answered").hides("Running")
	client.get(tile).is(200).shows("Not answering", "does not answer as it should").hides("Running")
	o.get(agencys).is(200).shows("Not answering", "Last answered", "HTTP 50").hides("Running")
	row := string(o.get("/instances").is(200).body)
	if i := strings.Index(row, "Far down"); i < 0 || !strings.Contains(row[i:min(len(row), i+900)], "Not answering") {
		t.Error("the list of instances does not say that it is not answering")
	}

	// Nobody comes by, and it is found out all the same: that it stays down, and that it is back.
	p.until("the background check to see that it is still down", func() bool {
		p.advance(3 * time.Minute)
		return o.health(ours).Status == "failed"
	})
	p.breaks(far, "refuse")
	p.until("the background check to see that the key is refused", func() bool {
		p.advance(3 * time.Minute)
		return strings.Contains(o.health(ours).Reason, "refuses the API key")
	})
	o.get(agencys).is(200).shows("Needs a new key")
	client.get(page).is(200).shows("Needs a new key", "needs to reconnect n8n").hides("API key")
	p.breaks(far, "")
	p.until("the background check to see that it is back", func() bool {
		p.advance(11 * time.Minute)
		h := o.health(ours)
		return h.Status == "running" && h.Reason == "" && h.SilentSince == nil
	})
	client.get(tile).is(200).shows("Running").hides("Not answering")
	o.get(agencys).is(200).shows("Running").hides("Not answering")
}

// What was last seen of an instance that does not answer is on both sides the same, whether somebody had come by or not, and is
// gone with it.
func TestFN4WhatWasLastSeenIsShownOnBothSides(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("lastseen")
	x := o.tie(far)
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "write"}}}).Email)
	theirs, ours := "/v1/portal/instances/"+x.ID, "/v1/instances/"+x.ID
	type roster struct {
		At        time.Time
		Count, On int
		More      bool
		Workflows []struct {
			Name   string
			Active bool
		}
	}
	seen := func(c *caller, at string) *roster {
		var got struct{ LastSeen *roster }
		c.get(at).is(200).into(&got)
		return got.LastSeen
	}
	before := client.flows(x.ID)
	if r := seen(client, theirs); len(before.Workflows) == 0 || r != nil {
		t.Errorf("one that answers: %d workflows, %+v", len(before.Workflows), r)
	}
	// The agency reads what runs and what failed, as its client does.
	o.get("/instances/"+x.ID).is(200).shows("New orders to the ledger", "Support tickets to chat", "Last runs", "Succeeded")

	p.breaks(far, "fail")
	p.advance(2 * time.Hour)
	r := seen(client, theirs)
	if r == nil || r.Count != len(before.Workflows) || len(r.Workflows) != r.Count || r.Workflows[0].Name != before.Workflows[0].Name {
		t.Fatalf("last seen: %+v", r)
	}
	if again := seen(o, ours); again == nil || !again.At.Equal(r.At) || again.Count != r.Count || again.On != r.On {
		t.Errorf("the agency is told %+v, and the client %+v", again, r)
	}
	for _, page := range []*answer{client.get("/portal/instances/" + x.ID), o.get("/instances/" + x.ID)} {
		page.is(200).shows("Not answering", "Last seen", "6 workflows, 3 on", "New orders to the ledger").hides("Succeeded")
	}

	// A switch while it was well is on record; one that was never written down is not made up.
	p.breaks(far, "")
	client.put(theirs+"/workflows/"+before.Workflows[0].ID, m{"active": false}).is(200)
	client.get(theirs).is(200)
	p.breaks(far, "fail")
	if r := seen(client, theirs); r == nil || r.On != 2 || r.Workflows[0].Active {
		t.Errorf("after a switch: %+v", r)
	}

	// Another n8n under the same name is not shown with the other's workflows.
	p.breaks(far, "")
	other := p.far("lastseen-moved")
	o.patch(ours, m{"url": other["url"], "apiKey": other["apiKey"]}).is(200)
	p.breaks(other, "fail")
	if r := seen(client, theirs); r != nil {
		t.Errorf("another n8n is said to have had %+v", r)
	}
	p.breaks(other, "")
	o.delete(ours).is(200)
}

// Nobody had opened any page when it went silent: the background check has seen what there was.
func TestFN4TheBackgroundCheckSeesWhatThereIs(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("unseen")
	x := o.tie(far)
	checked := o.tied(x.ID).CheckedAt
	p.until("the background check", func() bool {
		p.advance(11 * time.Minute)
		return o.tied(x.ID).CheckedAt.After(*checked)
	})
	p.breaks(far, "fail")
	o.get("/instances/"+x.ID).is(200).shows("Not answering", "Last seen", "6 workflows, 3 on")
}

func TestFN6APortalSaysWhatFailedAndWhere(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("fails")
	x := o.tie(far)
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"}}}).Email)
	type run struct {
		ID, WorkflowID, Status string
		Failure                *struct{ Message, Node, URL string }
	}
	var got struct{ Runs []run }
	find := func() *run {
		client.get("/v1/portal/instances/" + x.ID).is(200).into(&got)
		for i := range got.Runs {
			switch r := &got.Runs[i]; {
			case r.Status == "error":
				return r
			case r.Failure != nil:
				t.Errorf("%+v", r)
			}
		}
		return nil
	}
	var failed *run
	p.until("a run to fail", func() bool {
		if failed = find(); failed == nil {
			p.advance(45 * time.Minute)
		}
		return failed != nil
	})
	if f := failed.Failure; f == nil || f.Message != "The service refused the connection - perhaps it is offline" || f.Node != "Post it" ||
		f.URL != far["url"].(string)+"/workflow/"+failed.WorkflowID+"/executions/"+failed.ID {
		t.Errorf("%+v", f)
	}
	for _, page := range []*answer{client.get("/portal/instances/" + x.ID), o.get("/instances/" + x.ID)} {
		page.is(200).shows("At “Post it”: The service refused the connection", "See the run in n8n")
	}
}

func TestFN3APageOfAnInstanceThatAnswersTooMuchIsSmallAndSaysSo(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("floods")
	x := o.tie(far)
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"}}}).Email)
	p.breaks(far, "flood")
	if n := len(o.get("/instances/" + x.ID).is(200).body); n > 100<<10 {
		t.Errorf("the agency's page has %d bytes", n)
	}
	page := client.get("/portal/instances/"+x.ID).is(200).shows("These are the first 1 workflows. There are more in n8n.", "long long")
	if n := len(page.body); n > 100<<10 {
		t.Errorf("a page of %d bytes", n)
	}
	var got struct{ MoreWorkflows bool }
	if client.get("/v1/portal/instances/" + x.ID).is(200).into(&got); !got.MoreWorkflows {
		t.Error("the API does not say that there are more")
	}
}

func TestFN5ABoughtN8NIsEnteredByN8NsOwnInvitation(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	c.buys(secret, mine.ID)
	c.until("all to be ready", func() bool { return states(c.portalThings()) == "ready ready" })
	hosting := c.portalThings()[0]
	in, page := "/v1/portal/instances/"+hosting.ID+"/sign-in", "/portal/instances/"+hosting.ID

	// The mail and the portal say with what.
	p.until("the mail that it is ready", func() bool {
		for _, l := range p.mails(i.Email) {
			if l.Subject == "n8n Hosting, 30 GB is ready" {
				return strings.Contains(l.Text, "You sign in to n8n with "+i.Email)
			}
		}
		return false
	})
	c.get(page).is(200).shows("You sign in to n8n with "+i.Email, "Get your n8n account").hides("Choose your password in n8n")

	var e struct{ State, Email, URL string }
	a := c.post(in, nil).is(200).has("Cache-Control", "no-store").into(&e)
	if e.State != "invited" || e.Email != i.Email || !strings.HasPrefix(e.URL, hosting.URL+"/signup?") {
		t.Errorf("%s", a.body)
	}
	c.post(page, do("enter", url.Values{})).is(200).shows("Choose your password in n8n", "we never see it")

	// Only whoever has bought it.
	o.post(in, nil).fails(404, "not_found")
	p.nobody().post(in, nil).fails(401, "unauthenticated")
	c.post(in, nil, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	far := p.far("not-bought")
	x := o.tie(far)
	other := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "write"}}}).Email)
	other.post("/v1/portal/instances/"+x.ID+"/sign-in", nil).fails(403, "forbidden")
	other.get("/portal/instances/" + x.ID).is(200).hides("Get your n8n account")
	other.post("/portal/instances/"+x.ID, do("enter", url.Values{})).is(403)
	other.post(in, nil).fails(404, "not_found")

	// Where n8n does not let people be invited, that is said.
	bought := m{"url": hosting.URL}
	p.breaks(bought, "no-users")
	if f := c.post(in, nil).fails(422, "instance_unreachable"); !strings.Contains(f.Detail, "does not let people be invited") {
		t.Errorf("%+v", f)
	}
	c.post(page, do("enter", url.Values{})).is(422).shows("does not let people be invited")
	p.breaks(bought, "")

	// They choose a password, and sign in from then on.
	at := strings.TrimPrefix(e.URL, p.place.StandIns)
	p.control(http.MethodGet, "n8n"+at, nil, nil)
	c.post(in, nil).is(200).into(&e)
	if e.State != "ready" || e.URL != hosting.URL {
		t.Errorf("%+v", e)
	}
	for range 30 {
		if c.post(in, nil).status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("an account can be asked for without end")
}

func TestFN2AnAddressIsCutDownToTheInstance(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("pasted")
	at := far["url"].(string)
	for _, pasted := range []string{"/settings/api", "/workflow/x?projectId=y", "/home/credentials", "/projects/x/workflows",
		"/some/page"} {
		far["url"] = at + pasted
		x := o.tie(far)
		if x.URL != at {
			t.Errorf("%s is connected as %s", pasted, x.URL)
		}
		if f := o.post("/v1/instances", far).fails(422, "invalid"); !strings.Contains(f.at("url"), "already connected this n8n") {
			t.Errorf("the same once more: %+v", f)
		}
		o.delete("/v1/instances/" + x.ID).is(200)
	}
	below := m{"name": "Below a page's name", "url": p.place.StandIns + "/workflows/home/workflows", "apiKey": n8n.Key("workflows")}
	if x := o.tie(below); x.URL != p.place.StandIns+"/workflows" {
		t.Errorf("what is below /workflows is connected as %s", x.URL)
	}
	far["url"] = at + "/some/page"
	p.breaks(m{"url": at}, "refuse") // the place is right and the key is not: the key is what is told
	if f := o.post("/v1/instances", far).fails(422, "instance_unreachable"); f.at("apiKey") == "" && f.at("url") == "" {
		t.Errorf("%+v", f)
	}
	p.breaks(m{"url": at}, "")
}
