package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/test/chromium"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
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
	table := dynamo.Open(l.Engine.Config(), l.Stack.Environment("Clients")["TABLE_NAME"], l.Now)
	places, err := dynamo.NewWorkplaces(table).Memberships(ctx, id.UserOf(local.Owner))
	if err != nil || len(places) != 1 {
		t.Fatal(places, err)
	}
	which := places[0].Agency
	things, err := dynamo.NewDirectory(table).Resources(ctx, which, instance.N8N)
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
			if err := c.Accept(at.Add(time.Minute), grants, client.Ties{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := dynamo.NewClients(table).Commit(ctx, which, client.Change{Client: c, Join: joined}); err != nil {
			t.Fatal(err)
		}
	}
	now := l.Now()
	for k := range crowd {
		add(fmt.Sprintf("c%04d@crowd.example", k), fmt.Sprintf("Client %04d", k), now.Add(time.Duration(k-crowd)*time.Minute-time.Hour),
			k%2 == 0)
	}
	n := 0
	for address, name := range odd {
		add(address, name, now.Add(time.Duration(n)*time.Second-time.Minute), false)
		n++
	}
}

func TestAnAgencyOfTwoThousandClients(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	fill(t, l.inside())
	owner := visit(t, in, l, "owner")
	owner.signIn(local.Owner)

	owner.open("/clients")
	owner.sees("Clients", "Older")
	owner.look("crowd-clients")
	for address, name := range odd {
		owner.until("the row of "+address,
			fmt.Sprintf(`[...document.querySelectorAll("table a")].some(a => a.textContent.trim() === %q)`, name))
	}

	// One of two thousand, by a part of its name or its address, and those in one state.
	shown := func() string {
		return owner.eval(`[...document.querySelectorAll("tbody .name a")].map(a => a.textContent.trim()).join("|")`)
	}
	for typed, name := range map[string]string{"1234": "Client 1234", "c0007@crowd": "Client 0007", "النور": odd["rtl@odd.example"],
		"🚀": odd["emoji@odd.example"], "unbroken@": odd["unbroken@odd.example"]} {
		owner.open("/clients")
		owner.write("q", typed)
		owner.until("what is found of "+typed, `document.querySelectorAll("tbody .name a").length < 44`)
		if got := shown(); got != name {
			t.Errorf("a search for %s shows %q, want %q", typed, got, name)
		}
	}
	owner.look("crowd-found")
	owner.open("/clients")
	owner.click(`//*[@id="filters"]/a[starts-with(normalize-space(), "Pending")]`)
	owner.until("pending clients alone", `location.search.includes("status=pending") && document.readyState === "complete"`)
	owner.sees("Pending")
	other := owner.eval(`[...document.querySelectorAll("tbody .badge")].filter(b => b.textContent.trim() !== "Pending").length`)
	if other != "0" {
		t.Errorf("%s of the pending clients are not", other)
	}
	owner.look("crowd-pending")
	owner.open("/clients?q=nobody-at-all")
	owner.look("crowd-nobody")
	owner.open("/clients")

	// Page after page, every client once.
	seen := map[string]bool{}
	for pages := 0; ; pages++ {
		listed := owner.eval(`[...document.querySelectorAll("tbody a")].map(a => a.getAttribute("href"))
			.filter(h => h.startsWith("/clients/")).join(" ")`)
		for _, u := range strings.Fields(listed) {
			if seen[u] {
				t.Fatalf("%s stands twice", u)
			}
			seen[u] = true
		}
		if pages == 1 {
			owner.look("crowd-older")
		}
		older := owner.eval(`[...document.querySelectorAll(".pager a")]
			.find(a => a.textContent.trim() === "Older")?.getAttribute("href") ?? ""`)
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
		owner.click(fmt.Sprintf(`//tr[contains(., %q)]//a`, address))
		owner.sees(address, "Timeline")
		owner.look("crowd-" + strings.Split(address, "@")[0])
	}
}

// Every page that can be reached by links, from the owner's list and from a client's portal, keeps to the budget.
func TestEveryPageKeepsToItsBudget(t *testing.T) {
	l, in := product(t), chromium.Start(t)
	fill(t, l.inside())
	owner := visit(t, in, l, "owner")
	owner.open("/sign-in")
	owner.look("budget-sign-in")
	owner.signIn(local.Owner)
	owner.crawl("/clients", 12)
	guest := visit(t, in, l, "client")
	guest.signIn("c0000@crowd.example")
	guest.crawl("/portal", 4)
}

// crawl looks at one page of each kind that links lead to, and expects at least some.
func (v *visitor) crawl(from string, least int) {
	v.t.Helper()
	ahead, known := []string{from}, map[string]bool{kindOf(from): true}
	pages := 0
	for ; len(ahead) > 0; ahead = ahead[1:] {
		v.open(ahead[0])
		v.look("budget-" + strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(ahead[0]), "-"))
		pages++
		links := v.eval(`[...document.querySelectorAll("a[href]:not([download])")].filter(a => a.origin === location.origin)
			.map(a => a.pathname + a.search).join("\n")`)
		for _, u := range strings.Fields(links) {
			// What is a file, and what is about this run and not of the product.
			if strings.HasPrefix(u, "/_local") || strings.Contains(u, "export") || strings.HasSuffix(u, ".json") || known[kindOf(u)] {
				continue
			}
			known[kindOf(u)] = true
			ahead = append(ahead, u)
		}
	}
	if v.t.Logf("%s looked at %d pages", v.name, pages); pages < least {
		v.t.Errorf("%s looked at %d pages, want %d or more", v.name, pages, least)
	}
}

// kindOf is a path without the ids in it, and without the values of its query that are as long as ids.
func kindOf(u string) string {
	path, query, _ := strings.Cut(u, "?")
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.Contains(p, "_") && len(p) > 20 {
			parts[i] = "{id}"
		}
	}
	keys := strings.Split(query, "&")
	for i, pair := range keys {
		if k, v, _ := strings.Cut(pair, "="); len(v) > 12 {
			keys[i] = k
		}
	}
	return strings.Join(parts, "/") + "?" + strings.Join(keys, "&")
}
