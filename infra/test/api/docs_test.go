package apitest_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/identity"
)

// listing is one command or answer as /docs prints it.
var listing = regexp.MustCompile(`(?s)<code translate="no"[^>]*>(.*?)</code></pre>`)

// jobLink leads from /docs to the operations for one job.
var jobLink = regexp.MustCompile(`<h2><a href="(/docs\?job=[a-z-]+)"`)

// docs is what /docs shows, with the operations for each job behind it.
func (p *product) docs() string {
	p.t.Helper()
	all := string(p.nobody().get("/docs").is(200).body)
	for _, address := range jobs(all) {
		_, main, _ := strings.Cut(string(p.nobody().get(address).is(200).body), "<main")
		all += main
	}
	return all
}

// printed is what /docs prints to be copied, as it is read.
func (p *product) printed() []string {
	p.t.Helper()
	var all []string
	for _, m := range listing.FindAllStringSubmatch(p.docs(), -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

// secret is a key of the demo agency, with scopes.
func (p *product) secret(scopes ...string) string {
	p.t.Helper()
	return p.signIn(owner).key("docs", scopes...).Secret
}

// shell runs a command of the page as people do who copy it, with their key in the variable that the page names.
func (p *product) shell(key, command string) string {
	p.t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		const missing = "this needs curl, which infra/test/api/curl.sh installs or says how"
		if os.Getenv("CI") == "true" {
			p.t.Fatal(missing)
		}
		p.t.Skip(missing)
	}
	c := exec.CommandContext(p.t.Context(), "sh", "-c", command)
	c.Dir, c.Env = p.t.TempDir(), append(os.Environ(), "LATCHKEY_KEY="+key, "HOME=/nonexistent")
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		p.t.Fatal(err)
	}
	for name, content := range map[string][]byte{"session.txt": nil, "logo.png": logo.Bytes(),
		"clients.csv": []byte("email,name\r\nops@acme.example,Acme Ltd\r\n")} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), content, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	var report strings.Builder
	c.Stderr = &report
	out, err := c.Output()
	if err != nil {
		p.t.Fatalf("%s\n%v: %s", command, err, report.String())
	}
	return string(out)
}

// starting is the command of the page that begins with a text.
func (p *product) starting(with string) string {
	p.t.Helper()
	for _, s := range p.printed() {
		if strings.HasPrefix(s, with) {
			return s
		}
	}
	p.t.Fatalf("/docs has no command that begins with %q", with)
	return ""
}

func TestFH5TheQuickstartWorksAsItIsPrinted(t *testing.T) {
	p := start(t)
	key := p.secret("invites:write", "invites:read")
	answer := p.shell(key, p.starting("curl -i "+p.url+"/v1/invites"))
	head, body, _ := strings.Cut(strings.ReplaceAll(answer, "\r", ""), "\n\n")
	if !strings.HasPrefix(head, "HTTP/1.1 201") {
		t.Fatalf("the first invite was answered with\n%s", answer)
	}
	var sent struct{ ID, Status string }
	if err := json.Unmarshal([]byte(body), &sent); err != nil || sent.Status != "pending" {
		t.Fatalf("%v: %s", err, body)
	}
	at := regexp.MustCompile(`(?mi)^location: (\S+)$`).FindStringSubmatch(head)
	if at == nil || at[1] != "/v1/invites/"+sent.ID {
		t.Errorf("the answer leads to %q, want the invite", at)
	}
	poll := strings.ReplaceAll(p.starting("curl "+p.url+"/v1/invites/in_"), "in_01JZ8Y5W3RN6T0V4K2M9QXBDCE", sent.ID)
	if got := p.shell(key, poll); !strings.Contains(got, `"status":"pending"`) {
		t.Errorf("asking for it again said %s", got)
	}
}

// TestFH5EveryExampleReachesItsOperation runs every printed command. What an example names is not there, and so the answer may be
// that; but the request is well formed, and leads to the operation.
func TestFH5EveryExampleReachesItsOperation(t *testing.T) {
	p := start(t)
	var all []string
	for _, s := range identity.Scopes() {
		all = append(all, string(s))
	}
	key := p.secret(all...)
	ran := 0
	for _, command := range p.printed() {
		if !strings.HasPrefix(command, "curl ") || strings.Count(command, "curl ") > 1 {
			continue
		}
		ran++
		got := p.shell(key, strings.Replace(command, "curl ", `curl -s -o /dev/stderr -w '%{stderr}\n%{stdout}%{http_code}' `, 1))
		switch got {
		case "400", "403", "405", "406", "413", "415", "500", "503", "000":
			t.Errorf("%s\nwas answered with %s", command, got)
		}
	}
	if ran < 70 {
		t.Errorf("%d commands were printed, there are as many operations as that", ran)
	}
}

// TestX13ASpreadsheetOfClientsAsItIsPrinted runs the commands that make clients.csv, with pages of two, so that there are several.
func TestX13ASpreadsheetOfClientsAsItIsPrinted(t *testing.T) {
	p := start(t)
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("this needs jq")
	}
	o := p.fresh(owner)
	key := o.key("sheet", "clients:read").Secret
	names := []string{"Acme Ltd", `Bolt "the fast", GmbH`, "=HYPERLINK(1)", "", "+49 Nord"}
	for n, name := range names {
		o.invite(p.address(fmt.Sprintf("sheet-%d", n)), m{"name": name})
	}
	script := strings.Replace(p.starting("next=\n"), "limit=100", "limit=2", 1)
	rows, err := csv.NewReader(strings.NewReader(p.shell(key, script+"\ncat clients.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(names) || !slices.Equal(rows[0], []string{"email", "name", "status", "since"}) {
		t.Fatalf("%q", rows)
	}
	for n, want := range []string{"'+49 Nord", "", "'=HYPERLINK(1)", names[1], names[0]} { // newest first
		if row := rows[n+1]; row[0] != p.address(fmt.Sprintf("sheet-%d", len(names)-1-n)) || row[1] != want || row[2] != "pending" {
			t.Errorf("row %d is %q, want %q", n+1, row, want)
		}
	}
}

// TestX13TheWorkflowForN8NCallsThisDeployment reads the workflow of the page as n8n would; make test-n8n has a real one run it.
func TestX13TheWorkflowForN8NCallsThisDeployment(t *testing.T) {
	p := start(t)
	var flow struct {
		Nodes []struct{ Parameters struct{ URL string } }
	}
	if err := json.Unmarshal([]byte(p.starting("{\n  \"name\": \"Latchkey")), &flow); err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, n := range flow.Nodes {
		if strings.HasPrefix(n.Parameters.URL, "="+p.url+"/v1/clients/") {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("%d nodes call %s", calls, p.url)
	}
}

func TestFH5TheDocumentNamesItsServer(t *testing.T) {
	p := start(t)
	for _, path := range []string{"/openapi.json", "/openapi-3.0.json"} {
		var document struct{ Servers []struct{ URL string } }
		a := p.nobody().get(path).is(http.StatusOK)
		if err := json.Unmarshal(a.body, &document); err != nil {
			t.Fatal(err)
		}
		if len(document.Servers) != 1 || document.Servers[0].URL != p.url {
			t.Errorf("%s names %v, want %s", path, document.Servers, p.url)
		}
	}
}

func TestFH5TheDocsBeginWithWhatABeginnerNeeds(t *testing.T) {
	p := start(t)
	guide, page := string(p.nobody().get("/docs").is(200).body), p.docs()
	at := -1
	for _, id := range []string{"quickstart", "authentication", "errors", "paging", "idempotency", "times", "limits", "error-codes",
		"sendInvite", "listClients", "connectInstance", "getAgency", "viewInvitation", "getPortal", "requestSignInCode", "exportMyData",
		"listActivity", "getHealth"} {
		n := strings.Index(page, `id="`+id+`"`)
		if n < at || n < 0 {
			t.Errorf("%s stands at %d, after what came before it at %d", id, n, at)
		}
		at = n
		if !regexp.MustCompile(`href="/docs(\?job=[a-z-]+)?#` + id + `"`).MatchString(guide) {
			t.Errorf("nothing leads to %s", id)
		}
	}
	places := map[string]bool{}
	for _, address := range append([]string{"/docs"}, jobs(guide)...) {
		for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(string(p.nobody().get(address).is(200).body), -1) {
			if places[address+"#"+m[1]] {
				t.Errorf("two places of %s have the id %s", address, m[1])
			}
			places[address+"#"+m[1]] = true
		}
	}
	for _, m := range regexp.MustCompile(`href="(/docs[^"]*#[^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !places[m[1]] {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
	p.nobody().get("/docs?job=nothing").is(http.StatusNotFound)
}

// jobs are the addresses that the guide leads to for operations.
func jobs(guide string) []string {
	var all []string
	for _, m := range jobLink.FindAllStringSubmatch(guide, -1) {
		all = append(all, m[1])
	}
	return all
}
