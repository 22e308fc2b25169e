package realn8n_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	adapter "latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/domain/instance"
)

// What a real n8n answers is what the adapter reads: a list with megabytes pinned to it, what failed in a run and where, and how
// a person whom it invites gets in.
func TestFN1FN5FN6WhatARealN8NAnswersIsUnderstood(t *testing.T) {
	dir := os.Getenv("LATCHKEY_N8N")
	if dir == "" {
		t.Skip("make test-n8n installs n8n and runs this")
	}
	far, ctx := n8n(t, dir), t.Context()
	boss := visitor(t, far)
	boss.do("POST", "/rest/owner/setup",
		m{"email": "boss@agency.example", "firstName": "Bo", "lastName": "Ss", "password": "Correct-Horse-7"}, 200, nil)
	var key struct {
		Data struct {
			RawAPIKey string `json:"rawApiKey"`
		}
	}
	boss.do("POST", "/rest/api-keys", m{"label": "Latchkey", "expiresAt": nil,
		"scopes": []string{"workflow:list", "workflow:read", "workflow:create", "workflow:activate", "workflow:deactivate",
			"workflow:update", "execution:list", "execution:read", "user:create", "user:list", "user:read"}}, 200, &key)
	at := instance.Endpoint{URL: far, Key: key.Data.RawAPIKey}
	program := visitor(t, far)
	program.header.Set("X-N8N-API-KEY", at.Key)
	c := adapter.New(http.DefaultTransport)

	// A workflow of each way to fail, begun by a webhook.
	node := func(name, kind string, version float64, parameters m) m {
		return m{"id": name, "name": name, "type": kind, "typeVersion": version, "position": []int{0, 0}, "parameters": parameters}
	}
	ways := map[string]struct {
		step m
		says string
	}{
		"stops": {node("Stop it", "n8n-nodes-base.stopAndError", 1,
			m{"errorMessage": "The ledger said no: https://x.example/a?token=secret"}), "The ledger said no: https://x.example/a"},
		"throws": {node("Code it", "n8n-nodes-base.code", 2, m{"jsCode": "throw new Error('it broke')"}), "it broke [line 1]"},
		"asks": {node("Ask it", "n8n-nodes-base.httpRequest", 4.2, m{"url": "http://127.0.0.1:1/x", "options": m{}}),
			"The service refused the connection"},
	}
	ids := map[string]string{}
	for name, way := range ways {
		hook := node("Hook", "n8n-nodes-base.webhook", 2, m{"path": name, "httpMethod": "GET", "responseMode": "onReceived"})
		hook["webhookId"] = name
		var made struct{ ID string }
		program.do("POST", "/api/v1/workflows", m{"name": name, "settings": m{}, "nodes": []m{hook, way.step},
			"connections": m{"Hook": m{"main": [][]m{{{"node": way.step["name"], "type": "main", "index": 0}}}}}}, 200, &made)
		if w, err := c.SetActive(ctx, at, made.ID, true); err != nil || !w.Active {
			t.Fatalf("%s: %+v, %v", name, w, err)
		}
		ids[made.ID] = name
		program.do("GET", "/webhook/"+name, nil, 200, nil)
	}
	var runs []instance.Run
	until(t, "three failed runs with their reasons", time.Minute, func() bool {
		var err error
		if runs, err = c.LastRuns(ctx, at); err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.Failure.Message == "" {
				return false
			}
		}
		return len(runs) == len(ways)
	})
	for _, r := range runs {
		way := ways[ids[r.Workflow]]
		if r.Status != instance.RunFailed || r.StartedAt.IsZero() || r.StoppedAt.IsZero() || r.Failure.Node != way.step["name"] ||
			!strings.HasPrefix(r.Failure.Message, way.says) || strings.Contains(r.Failure.Message, "secret") {
			t.Errorf("%s: %+v", ids[r.Workflow], r)
		}
		t.Logf("failed and explained: %+v", r.Failure)
	}

	// Nine megabytes are pinned to another: n8n leaves them out when it is asked to.
	start := node("Start", "n8n-nodes-base.manualTrigger", 1, m{})
	boss.do("POST", "/rest/workflows", m{"name": "pinned", "nodes": []m{start}, "connections": m{}, "settings": m{}, "active": false,
		"pinData": m{"Start": []m{{"json": m{"x": strings.Repeat("pinned ", 9<<20/7)}}}}}, 200, nil)
	began := time.Now()
	all, more, err := c.Workflows(ctx, at)
	if err != nil || more || len(all) != len(ways)+1 {
		t.Fatalf("%d workflows, more %v, %v", len(all), more, err)
	}
	if err := c.Check(ctx, at); err != nil {
		t.Error(err)
	}
	t.Logf("listed beside 9 MB of pinned data in %v", time.Since(began).Round(time.Millisecond))

	// Who is invited gets n8n's own link, the same when it is asked for again, and signs in once they have chosen a password.
	const who = "Ops@acme.example"
	first, err := c.Invite(ctx, at, who)
	if err != nil || first.State != instance.EntryInvited || !strings.HasPrefix(first.URL, far+"/signup?") {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := c.Invite(ctx, at, who); err != nil || again != first {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	u, err := url.Parse(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	guest := visitor(t, far)
	guest.do("POST", "/rest/invitations/"+u.Query().Get("inviteeId")+"/accept", m{"inviterId": u.Query().Get("inviterId"),
		"firstName": "Op", "lastName": "S", "password": "Correct-Horse-8"}, 200, nil)
	if entry, err := c.Invite(ctx, at, who); err != nil || entry.State != instance.EntryReady {
		t.Errorf("who has a password: %+v, %v", entry, err)
	}
	if _, err := c.Invite(ctx, instance.Endpoint{URL: far, Key: "wrong"}, who); err == nil {
		t.Error("a wrong key invites")
	}
	t.Log("invited, signed up and ready")
}
