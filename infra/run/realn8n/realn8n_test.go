// Package realn8n_test drives a real n8n, as npm installs it, through the product: an agency connects it, a client lists
// its workflows, switches one on, sees it run, and switches it off. It runs where LATCHKEY_N8N names the folder into which
// n8n was installed, which make test-n8n does.
package realn8n_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/realn8n"
)

type m = map[string]any

// n8n starts n8n on loopback, with a data folder of its own, and returns its address.
func n8n(t *testing.T, dir string) string {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(on.Addr().String())
	if err := on.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "n8n.log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("node", filepath.Join(dir, "node_modules/n8n/bin/n8n"), "start")
	c.Stdout, c.Stderr = log, log
	c.Env = append(os.Environ(), realn8n.Environment(t.TempDir(), port)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait(); _ = log.Close() })
	at := "http://127.0.0.1:" + port
	for over := time.After(3 * time.Minute); ; {
		// It is healthy before its routes are there; its settings are among the last.
		if res, err := http.Get(at + "/rest/settings"); err == nil { //nolint:noctx // a test's own
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
				return at
			}
		}
		select {
		case <-over:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("n8n does not start:\n%s", text)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// person is a browser or program with cookies and headers.
type person struct {
	t      *testing.T
	at     string
	client *http.Client
	header http.Header
	kept   map[string]string // the product's cookies
}

func visitor(t *testing.T, at string) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t, at, &http.Client{Jar: jar, Timeout: 30 * time.Second}, http.Header{}, map[string]string{}}
}

// do makes a request that must be answered with the status.
func (p *person) do(method, path string, body any, status int, into any) {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.at+path, bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header = p.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		p.t.Fatalf("%s %s: %s, want %d, %v\n%.2000s", method, path, res.Status, status, err, text)
	}
	for _, c := range res.Cookies() { // the product's are for https alone, and a jar would keep them back
		if strings.HasPrefix(c.Name, "__Host-") {
			if p.kept[c.Name] = c.Value; c.MaxAge < 0 {
				delete(p.kept, c.Name)
			}
		}
	}
	all := ""
	for name, value := range p.kept {
		all += name + "=" + value + "; "
	}
	p.header.Set("Cookie", strings.TrimSuffix(all, "; "))
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			p.t.Fatalf("%s %s: %v\n%.2000s", method, path, err, text)
		}
	}
}

// signIn signs a person in to the product.
func signIn(t *testing.T, at, address string) *person {
	t.Helper()
	p := visitor(t, at)
	var asked struct{ Flow string }
	p.do("POST", "/v1/sign-in-codes", m{"email": address}, 202, &asked)
	p.do("POST", "/v1/sessions", m{"email": address, "flow": asked.Flow,
		"code": regexp.MustCompile(`\d{6}`).FindString(newest(t, p, address, "code").Subject)}, 201, nil)
	return p
}

type mail struct {
	Subject string
	Links   []string
}

// newest waits for a mail whose subject has the word.
func newest(t *testing.T, p *person, to, word string) mail {
	t.Helper()
	for over := time.After(20 * time.Second); ; {
		var all []mail
		p.do("GET", "/_local/mail?to="+to, nil, 200, &all)
		for _, x := range all {
			if strings.Contains(x.Subject, word) {
				return x
			}
		}
		select {
		case <-over:
			t.Fatalf("no mail to %s with %q, but %+v", to, word, all)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

type flows struct {
	Connected bool
	Reason    string
	Workflows []struct {
		ID, Name string
		Active   bool
	}
	Runs []struct{ ID, WorkflowName, Status string }
}

// keyOf makes an n8n's owner and an API key, as its own pages do.
func keyOf(t *testing.T, far string) string {
	t.Helper()
	boss := visitor(t, far)
	boss.do("POST", "/rest/owner/setup",
		m{"email": "boss@agency.example", "firstName": "Bo", "lastName": "Ss", "password": "Correct-Horse-7"}, 200, nil)
	var key struct {
		Data struct {
			RawAPIKey string `json:"rawApiKey"`
		}
	}
	boss.do("POST", "/rest/api-keys",
		m{"label": "Latchkey", "expiresAt": nil,
			"scopes": []string{"workflow:list", "workflow:read", "workflow:create", "workflow:activate", "workflow:deactivate",
				"workflow:update", "execution:list", "execution:read", "credential:create"}}, 200, &key)
	return key.Data.RawAPIKey
}

// latchkey starts the product, whose functions may call the n8n.
func latchkey(t *testing.T, far string) *local.Local {
	t.Helper()
	beside, err := netip.ParseAddrPort(strings.TrimPrefix(far, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := local.Start(t.Context(), local.Options{Beside: []netip.AddrPort{beside}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestARealN8NThroughThePortal(t *testing.T) {
	dir := os.Getenv("LATCHKEY_N8N")
	if dir == "" {
		t.Skip("make test-n8n installs n8n and runs this")
	}
	began := time.Now()
	far := n8n(t, dir)
	t.Logf("n8n answers at %s after %.1f s", far, time.Since(began).Seconds())

	// Its owner and API key, as n8n's own pages make them, and two workflows: one that runs each second, one that nothing can start.
	key := keyOf(t, far)
	program := visitor(t, far)
	program.header.Set("X-N8N-API-KEY", key)
	node := func(name, kind string, version float64, parameters m) m {
		return m{"id": name, "name": name, "type": kind, "typeVersion": version, "position": []int{0, 0}, "parameters": parameters}
	}
	end := node("End", "n8n-nodes-base.noOp", 1, m{})
	program.do("POST", "/api/v1/workflows", m{"name": "Every second", "settings": m{}, "connections": m{"Tick": m{"main": [][]m{{{"node": "End", "type": "main", "index": 0}}}}},
		"nodes": []m{node("Tick", "n8n-nodes-base.scheduleTrigger", 1.2,
			m{"rule": m{"interval": []m{{"field": "seconds", "secondsInterval": 1}}}}), end}}, 200, nil)
	program.do("POST", "/api/v1/workflows", m{"name": "Nothing starts it", "settings": m{}, "connections": m{}, "nodes": []m{end}}, 200,
		nil)

	l := latchkey(t, far)
	owner := signIn(t, l.Origin(), local.Owner)
	owner.do("POST", "/v1/instances", m{"name": "The real one", "url": far, "apiKey": "not-the-key"}, 422, nil)
	var instance struct{ ID, Status string }
	owner.do("POST", "/v1/instances", m{"name": "The real one", "url": far + "/home/workflows", "apiKey": key}, 201,
		&instance)
	t.Logf("connected: %+v", instance)
	owner.do("POST", "/v1/instances/"+instance.ID+"/check", nil, 200, &instance)
	if instance.Status != "running" {
		t.Errorf("%+v", instance)
	}
	owner.do("POST", "/v1/invites", m{"email": "ops@acme.example", "grants": []m{{"resource": instance.ID, "access": "write"}}}, 202, nil)
	link := newest(t, owner, "ops@acme.example", "invite").Links[0]
	client := signIn(t, l.Origin(), "ops@acme.example")
	client.do("POST", "/v1/invitations/"+link[strings.LastIndex(link, "/")+1:]+"/accept", m{}, 200, nil)

	look := func() (f flows) {
		t.Helper()
		client.do("GET", "/v1/portal/instances/"+instance.ID, nil, 200, &f)
		if !f.Connected || f.Reason != "" {
			t.Fatalf("%+v", f)
		}
		return f
	}
	id := map[string]string{}
	for _, w := range look().Workflows {
		id[w.Name] = w.ID
		if w.Active {
			t.Errorf("%s is on", w.Name)
		}
	}
	if len(id) != 2 {
		t.Fatalf("workflows: %v", id)
	}
	t.Logf("listed: %v", id)
	at := "/v1/portal/instances/" + instance.ID + "/workflows/"
	var w struct{ Active bool }
	client.do("PUT", at+id["Every second"], m{"active": true}, 200, &w)
	if !w.Active {
		t.Error("it is not on")
	}
	client.do("PUT", at+id["Nothing starts it"], m{"active": true}, 422, nil)
	client.do("PUT", at+"DoesNotExist0000", m{"active": true}, 404, nil)
	for over := time.After(time.Minute); ; {
		f := look()
		if len(f.Runs) > 0 && f.Runs[0].Status == "success" {
			t.Logf("switched on and seen to run: %+v", f.Runs[0])
			if f.Runs[0].WorkflowName != "Every second" {
				t.Errorf("%+v", f.Runs[0])
			}
			break
		}
		select {
		case <-over:
			t.Fatalf("it never ran: %+v", f)
		case <-time.After(250 * time.Millisecond):
		}
	}
	client.do("PUT", at+id["Every second"], m{"active": false}, 200, &w)
	for _, x := range look().Workflows {
		if x.Active {
			t.Errorf("%s is still on", x.Name)
		}
	}
	t.Log("switched off")

	// Taken away, and nothing changed in n8n itself.
	owner.do("DELETE", "/v1/instances/"+instance.ID, nil, 200, nil)
	client.do("GET", "/v1/portal/instances/"+instance.ID, nil, 404, nil)
	var all struct{ Data []any }
	program.do("GET", "/api/v1/workflows", nil, 200, &all)
	if len(all.Data) != 2 {
		t.Errorf("n8n has %d workflows left", len(all.Data))
	}
	fmt.Println("a real n8n was connected, listed, switched on, seen to run, switched off and disconnected")
}
