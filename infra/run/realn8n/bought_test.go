package realn8n_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/realn8n"
)

// until waits until f says that it is so.
func until(t *testing.T, what string, within time.Duration, f func() bool) {
	t.Helper()
	for over := time.After(within); !f(); {
		select {
		case <-over:
			t.Fatalf("not within %v: %s", within, what)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// A client buys hosting and gets a real n8n: its portal lists its workflow, switches it on and sees it run; what is not paid
// any more does not answer, and runs again, as it was, when it is.
func TestARealN8NIsBought(t *testing.T) {
	dir := os.Getenv("LATCHKEY_N8N")
	if dir == "" {
		t.Skip("make test-n8n installs n8n and runs this")
	}
	l, err := local.Start(t.Context(), local.Options{N8N: dir})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = l.Close()
		}
	})
	owner := signIn(t, l.Origin(), local.Owner)
	var agency struct{ ID string }
	owner.do("GET", "/v1/agency", nil, 200, &agency)
	owner.do("POST", "/v1/invites", m{"email": "ops@acme.example", "payer": "client", "order": m{"hosting": m{"storageGb": 30}}}, 202, nil)
	link := newest(t, owner, "ops@acme.example", "invite").Links[0]
	client := signIn(t, l.Origin(), "ops@acme.example")
	buy := func() {
		t.Helper()
		var page struct{ URL string }
		client.do("POST", "/v1/invitations/"+link[strings.LastIndex(link, "/")+1:]+"/checkout", m{"interval": "month"}, 200, &page)
		id := page.URL[strings.LastIndex(page.URL, "/")+1:]
		id, _, _ = strings.Cut(id, "?")
		id, _, _ = strings.Cut(id, "#")
		client.do("POST", "/_local/stripe/checkout/"+id, m{"card": "pay"}, 200, nil)
	}
	buy()
	paid := time.Now()
	type portal struct {
		Instances []struct {
			ID, Status, URL string
			Progress        *struct{ State string }
		}
	}
	look := func() (p portal) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.Origin()+"/v1/portal", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = client.header.Clone()
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // read below
		if res.StatusCode == http.StatusOK {
			if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	var p portal
	until(t, "the instance to run", 3*time.Minute, func() bool {
		p = look()
		return len(p.Instances) == 1 && p.Instances[0].Status == "running" && p.Instances[0].URL != ""
	})
	at, id := p.Instances[0].URL, p.Instances[0].ID
	t.Logf("%s after the payment a real n8n runs at %s", time.Since(paid).Round(100*time.Millisecond), at)
	if strings.Contains(at, "/_local/") {
		t.Fatal("it is a stand-in")
	}
	var f flows
	client.do("GET", "/v1/portal/instances/"+id, nil, 200, &f)
	if !f.Connected || len(f.Workflows) != 1 || f.Workflows[0].Name != realn8n.Sample {
		t.Fatalf("%+v", f)
	}
	client.do("PUT", "/v1/portal/instances/"+id+"/workflows/"+f.Workflows[0].ID, m{"active": true}, 200, nil)
	until(t, "a run to be seen", time.Minute, func() bool {
		client.do("GET", "/v1/portal/instances/"+id, nil, 200, &f)
		return len(f.Runs) > 0 && f.Runs[0].Status == "success"
	})
	t.Logf("switched on and seen to run: %+v", f.Runs[0])

	// Its client signs in to it, as the local run says.
	boss := visitor(t, at)
	boss.do("POST", "/rest/login", m{"emailOrLdapLoginId": realn8n.Owner, "password": realn8n.Password}, 200, nil)

	sub := ""
	for _, e := range l.Stripe.Events() {
		if e.Type == "customer.subscription.created" {
			sub = e.Object
		}
	}
	if err := l.Stripe.Cancel(sub); err != nil {
		t.Fatalf("%q: %v", sub, err)
	}
	answers := func() bool {
		res, err := http.Get(at + "/healthz") //nolint:noctx,gosec // a test's own
		if err != nil {
			return false
		}
		return res.Body.Close() == nil
	}
	until(t, "it to be halted", time.Minute, func() bool { return !answers() })
	t.Log("not paid any more, it does not answer")
	buy()
	until(t, "it to run again, with what it had", 2*time.Minute, func() bool {
		if p = look(); len(p.Instances) != 1 || p.Instances[0].Status != "running" || p.Instances[0].URL != at || !answers() {
			return false
		}
		client.do("GET", "/v1/portal/instances/"+id, nil, 200, &f)
		return f.Connected && len(f.Workflows) == 1 && f.Workflows[0].Active
	})
	t.Log("paid again, it runs as it was")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	closed = true
}

// The script of infra/ops/instance.yaml makes owner and key of a real n8n, and does no harm when it runs again.
func TestTheInstanceTemplatesScriptOnARealN8N(t *testing.T) {
	dir := os.Getenv("LATCHKEY_N8N")
	if dir == "" {
		t.Skip("make test-n8n installs n8n and runs this")
	}
	text, err := os.ReadFile("../../ops/instance.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	at, folder := n8n(t, dir), t.TempDir()
	script := scriptOf(&doc)
	if !strings.Contains(script, "/rest/owner/setup") {
		t.Fatalf("the container setup has no script: %q", script)
	}
	run := func(keys string) (map[string]string, string) {
		t.Helper()
		to := filepath.Join(folder, "keys")
		_ = os.Remove(to)
		c := exec.Command("node", "-e", script)
		c.Env = append(os.Environ(), "N8N_AT="+at, "HANDOVER="+to, "OWNER=owner@ins-1.n8n.example", "KEYS="+keys)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		held := map[string]string{}
		if b, err := os.ReadFile(to); err == nil {
			if err := json.Unmarshal(b, &held); err != nil {
				t.Fatal(err)
			}
		}
		return held, string(out)
	}
	const password = `{"password":"Ab1defghijklmnopqrstuvwxyz012345"}`
	first, _ := run(password)
	if first["apiKey"] == "" || first["password"] == "" {
		t.Fatalf("%v", first)
	}
	program := visitor(t, at)
	program.header.Set("X-N8N-API-KEY", first["apiKey"])
	program.do("GET", "/api/v1/workflows", nil, 200, nil)
	second, _ := run(password) // the first was cut off before it could hand over
	if second["apiKey"] == "" || second["apiKey"] == first["apiKey"] {
		t.Errorf("%v", second)
	}
	program.header.Set("X-N8N-API-KEY", second["apiKey"])
	program.do("GET", "/api/v1/workflows", nil, 200, nil)
	if held, said := run(`{"password":"x","apiKey":"there"}`); len(held) != 0 || !strings.Contains(said, "is there") {
		t.Errorf("%v, %s", held, said)
	}
	t.Log("owner and key made, made again after a crash, and left alone")
}

// scriptOf is the command of the container setup.
func scriptOf(n *yaml.Node) string {
	if n.Kind == yaml.MappingNode {
		name, command := "", ""
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch n.Content[i].Value {
			case "Name":
				name = n.Content[i+1].Value
			case "Command":
				if c := n.Content[i+1]; c.Kind == yaml.SequenceNode && len(c.Content) == 1 {
					command = c.Content[0].Value
				}
			}
		}
		if name == "setup" {
			return command
		}
	}
	for _, c := range n.Content {
		if s := scriptOf(c); s != "" {
			return s
		}
	}
	return ""
}
