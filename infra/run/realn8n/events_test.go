package realn8n_test

import (
	"html"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
)

// flow is the workflow as /docs has it.
var flow = regexp.MustCompile(`(?s)<code translate="no" id="n8n-flow">(.*?)</code>`)

// TestSenderW1ARealN8NVerifiesEvents pastes the workflow of /docs into a real n8n, and does what the page says: a client who joins is
// posted to a channel once, by the name that the API knows, and what isn't signed by us is refused.
func TestSenderW1ARealN8NVerifiesEvents(t *testing.T) {
	dir := os.Getenv("LATCHKEY_N8N")
	if dir == "" {
		t.Skip("make test-n8n installs n8n and runs this")
	}
	far := n8n(t, dir)
	l := latchkey(t, far)
	program := visitor(t, far)
	program.header.Set("X-N8N-API-KEY", keyOf(t, far))
	owner := signIn(t, l.Origin(), local.Owner)

	page, err := http.Get(l.Origin() + "/docs") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := flow.FindSubmatch(text)
	if found == nil {
		t.Fatal("/docs has no workflow")
	}
	var endpoint struct{ ID, Secret string }
	owner.do("POST", "/v1/webhook-endpoints", m{"url": far + "/webhook/latchkey", "types": []string{"client.activated"}}, 201, &endpoint)
	var key struct{ Secret string }
	owner.do("POST", "/v1/api-keys", m{"name": "n8n", "scopes": []string{"clients:read"}}, 201, &key)
	var credential struct{ ID string }
	program.do("POST", "/api/v1/credentials", m{"name": "Latchkey", "type": "httpHeaderAuth",
		"data": m{"name": "Authorization", "value": "Bearer " + key.Secret}}, 200, &credential)

	// What people fill in: the secret, the credential, and the channel's address.
	filled := html.UnescapeString(string(found[1]))
	for old, with := range map[string]string{"whsec_…": endpoint.Secret,
		"https://hooks.slack.com/services/…": l.Origin() + "/_local/hooks/chat",
		`"genericAuthType": "httpHeaderAuth", "options": {}}`: `"genericAuthType": "httpHeaderAuth", "options": {}}, ` +
			`"credentials": {"httpHeaderAuth": {"id": "` + credential.ID + `", "name": "Latchkey"}}`} {
		if strings.Count(filled, old) != 1 {
			t.Fatalf("the workflow has no %s to fill in:\n%s", old, filled)
		}
		filled = strings.Replace(filled, old, with, 1)
	}
	var workflow struct{ ID string }
	program.do("POST", "/api/v1/workflows", raw(filled), 200, &workflow)
	program.do("POST", "/api/v1/workflows/"+workflow.ID+"/activate", m{}, 200, nil)

	type delivery struct {
		ID, Type, Status string
		Attempts         []struct {
			StatusCode  int
			Error, Body string
		}
	}
	var all struct{ Items []delivery }
	delivered := func(kind string, attempts int) (d delivery) {
		t.Helper()
		until(t, "n8n to take "+kind, time.Minute, func() bool {
			owner.do("GET", "/v1/webhook-endpoints/"+endpoint.ID+"/deliveries", nil, 200, &all)
			for _, d = range all.Items {
				if d.Type == kind && len(d.Attempts) == attempts {
					return true
				}
			}
			return false
		})
		if d.Status != "delivered" || d.Attempts[attempts-1].StatusCode != 200 {
			t.Fatalf("%+v", d)
		}
		return d
	}
	owner.do("POST", "/v1/webhook-endpoints/"+endpoint.ID+"/test", nil, 202, nil)
	t.Logf("%+v", delivered("webhook.test", 1))

	owner.do("POST", "/v1/invites", m{"email": "ops@acme.example", "name": "Acme & Sons"}, 202, nil)
	link := newest(t, owner, "ops@acme.example", "invite").Links[0]
	client := signIn(t, l.Origin(), "ops@acme.example")
	client.do("POST", "/v1/invitations/"+link[strings.LastIndex(link, "/")+1:]+"/accept", m{}, 200, nil)
	owner.do("POST", "/_local/clock", m{"advance": "1m"}, 200, nil)
	d := delivered("client.activated", 1)
	t.Logf("%+v", d)

	// The channel has it; the same once more, which n8n takes and has seen, and what somebody else has signed, are not posted.
	var chat []struct{ Body string }
	posted := func() int {
		owner.do("GET", "/_local/hooks/chat", nil, 200, &chat)
		return len(chat)
	}
	until(t, "the channel to have it", time.Minute, func() bool { return posted() == 1 })
	if want := `"Acme &amp; Sons (ops@acme.example) has joined"`; !strings.Contains(chat[0].Body, want) {
		t.Errorf("the channel has %s", chat[0].Body)
	}
	t.Logf("posted: %s", chat[0].Body)
	owner.do("POST", "/v1/webhook-endpoints/"+endpoint.ID+"/deliveries/"+d.ID+"/redeliver", nil, 202, nil)
	delivered("client.activated", 2)
	forger := visitor(t, far)
	forger.header.Set("webhook-id", "evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE")
	forger.header.Set("webhook-timestamp", "1796024402")
	forger.header.Set("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=")
	forger.do("POST", "/webhook/latchkey", m{"type": "client.activated", "data": m{}}, 401, nil)
	var runs struct{ Data []struct{ Status string } }
	until(t, "n8n to be done", time.Minute, func() bool {
		program.do("GET", "/api/v1/executions?workflowId="+workflow.ID, nil, 200, &runs)
		return len(runs.Data) == 4 && !slices.ContainsFunc(runs.Data, func(x struct{ Status string }) bool { return x.Status != "success" })
	})
	if n := posted(); n != 1 {
		t.Errorf("%d were posted: %+v", n, chat)
	}
}

// raw is JSON as it stands.
type raw string

// MarshalJSON writes it as it is.
func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }
