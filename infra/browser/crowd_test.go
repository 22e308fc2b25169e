package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/chromium"
	"latchkey.dev/infra/local"
	"latchkey.dev/shared/agency"
	"latchkey.dev/shared/client"
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/email"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/instance"
	"latchkey.dev/shared/invite"
	"latchkey.dev/shared/link"
	"latchkey.dev/shared/secret"
)

// crowd is how many clients the agency of these tests has, beside those with odd names.
const crowd = 2000

// odd are names as people have them, by the address that goes with each.
var odd = map[string]string{
	"one@odd.example":      "Q",
	"long@odd.example":     strings.TrimSpace(strings.Repeat("The Very Long Trading Company of Rotterdam ", 5))[:200],
	"unbroken@odd.example": strings.Repeat("Donaudampfschiff", 13)[:200],
	"rtl@odd.example":      "شركة النور للتجارة",
	"emoji@odd.example":    "🚀 Rocket 👩‍👩‍👧 Family",
}

// fill gives the owner's agency a crowd of clients, written as the product writes them, but past the hourly limit:
// every other one has accepted, and the odd ones, which are the newest, are pending.
func fill(t *testing.T, l *local.Local) {
	t.Helper()
	ctx := context.Background()
	table := dynamo.Open(l.Engine.Config(), l.Stack.Environment("ListClients")["TABLE_NAME"], l.Now)
	places, err := table.Memberships(ctx, id.UserOf(local.Owner))
	if err != nil || len(places) != 1 {
		t.Fatal(places, err)
	}
	which := places[0].Agency
	things, err := table.Resources(ctx, which, instance.N8N)
	if err != nil {
		t.Fatal(err)
	}
	add := func(address, name string, at time.Time, joined bool) {
		grants := []instance.Grant{{Resource: things[0].ID, Access: instance.Read, Name: things[0].Name}}
		c, err := client.Begin(nil, which, client.Offer{Email: email.Address(address), Name: name, Payer: invite.AgencyPays, Grants: grants,
			From: invite.Sender{AgencyName: "Northwind Automations", Color: "#0b6e4f"}}, at)
		if err != nil {
			t.Fatal(err)
		}
		c.Invite.First(at, agency.Slot{New: at})
		c.Invite.Claim(at, c.Invite.Mail.Job, secret.HashOf(link.New(which, c.Ref())))
		c.Invite.MailSent(at)
		if joined {
			if err := c.Accept(at.Add(time.Minute), grants); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Commit(ctx, which, client.Change{Client: c, Join: joined}); err != nil {
			t.Fatal(err)
		}
	}
	now := l.Now()
	for k := range crowd {
		add(fmt.Sprintf("c%04d@crowd.example", k), fmt.Sprintf("Client %04d", k), now.Add(time.Duration(k-crowd)*time.Minute-time.Hour), k%2 == 0)
	}
	n := 0
	for address, name := range odd {
		add(address, name, now.Add(time.Duration(n)*time.Second-time.Minute), false)
		n++
	}
}

func TestAnAgencyOfTwoThousandClients(t *testing.T) {
	t.Parallel()
	in, l := chromium.Start(t), product(t)
	fill(t, l)
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)

	owner.sees("Clients", "Older")
	owner.look("crowd-clients")
	for address, name := range odd {
		owner.until("the row of "+address, fmt.Sprintf(`[...document.querySelectorAll("table a")].some(a => a.textContent.trim() === %q)`, name))
	}

	// One of two thousand, by a part of its name or its address, and those in one state.
	shown := func() string {
		return owner.eval(`[...document.querySelectorAll("tbody .name a")].map(a => a.textContent.trim()).join("|")`)
	}
	for typed, name := range map[string]string{"1234": "Client 1234", "c0007@crowd": "Client 0007", "النور": odd["rtl@odd.example"], "🚀": odd["emoji@odd.example"], "unbroken@": odd["unbroken@odd.example"]} {
		owner.open("/clients")
		owner.write("q", typed)
		owner.until("what is found of "+typed, `document.querySelectorAll("tbody .name a").length < 50`)
		if got := shown(); got != name {
			t.Errorf("a search for %s shows %q, want %q", typed, got, name)
		}
	}
	owner.look("crowd-found")
	owner.open("/clients")
	owner.press("Pending")
	owner.until("pending clients alone", `location.search.includes("status=pending") && document.readyState === "complete"`)
	owner.sees("Pending")
	if other := owner.eval(`[...document.querySelectorAll("tbody .badge")].filter(b => b.textContent.trim() !== "Pending").length`); other != "0" {
		t.Errorf("%s of the pending clients are not", other)
	}
	owner.look("crowd-pending")
	owner.open("/clients?q=nobody-at-all")
	owner.look("crowd-nobody")
	owner.open("/clients")

	// Page after page, every client once.
	seen := map[string]bool{}
	for pages := 0; ; pages++ {
		for _, u := range strings.Fields(owner.eval(`[...document.querySelectorAll("tbody a")].map(a => a.getAttribute("href")).filter(h => h.startsWith("/clients/")).join(" ")`)) {
			if seen[u] {
				t.Fatalf("%s stands twice", u)
			}
			seen[u] = true
		}
		if pages == 1 {
			owner.look("crowd-older")
		}
		older := owner.eval(`[...document.querySelectorAll(".pager a")].find(a => a.textContent.trim() === "Older")?.getAttribute("href") ?? ""`)
		if older == "" {
			break
		}
		owner.open(older)
	}
	if want := crowd + len(odd); len(seen) != want {
		t.Errorf("the pages hold %d clients, want %d", len(seen), want)
	}

	// The pages of clients with odd names.
	for address := range odd {
		owner.open("/clients")
		owner.do(chromedp.Click(fmt.Sprintf(`//tr[contains(., %q)]//a`, address)))
		owner.sees(address, "Timeline")
		owner.look("crowd-" + strings.Split(address, "@")[0])
	}
}

// Every page that the panel leads to, and all that can be reached without a decision, keeps to the budget.
func TestEveryPageKeepsToItsBudget(t *testing.T) {
	t.Parallel()
	in, l := chromium.Start(t), product(t)
	fill(t, l)
	owner := visit(t, in, l, "owner")
	owner.open("/sign-in")
	owner.look("budget-sign-in")
	owner.signIn(local.Owner)
	todo, done := []string{"/clients"}, map[string]bool{"/clients": true}
	for len(todo) > 0 && len(done) < 60 {
		at := todo[0]
		todo = todo[1:]
		owner.open(at)
		owner.look("budget-" + strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(at), "-"))
		links := owner.eval(`[...new Set([...document.querySelectorAll("a[href^='/']:not([download])")].map(a => a.getAttribute("href").split("#")[0]))].join("\n")`)
		kinds := map[string]int{} // a few of each kind of page: what follows an id or a cursor is one kind
		for _, u := range strings.Fields(links) {
			kind := kindOf(u)
			if kinds[kind]++; done[u] || kinds[kind] > 1 || strings.HasPrefix(u, "/_local") || strings.Contains(u, "export") || strings.Contains(u, "openapi.json") {
				continue
			}
			if n := kinds[kind]; n == 1 && !done[kind] {
				done[u], done[kind] = true, true
				todo = append(todo, u)
			}
		}
	}
	t.Logf("looked at %d pages", len(done)/2)
}

// kindOf is a path without the ids and the values of its query.
func kindOf(u string) string {
	path, query, _ := strings.Cut(u, "?")
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.Contains(p, "_") && len(p) > 20 {
			parts[i] = "{id}"
		}
	}
	var keys []string
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if len(v) > 12 {
			v = ""
		}
		keys = append(keys, k+"="+v)
	}
	return strings.Join(parts, "/") + "?" + strings.Join(keys, "&") + " "
}
