package apitest_test

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"latchkey.dev/shared/domain/identity"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestSenderO8WhoStepsUpForWhat has every kind of caller, signed in by every way, ask for what takes a step-up: at once, and when the
// sign-in is older than a step-up lasts. What each was told is printed, and is what testdata has.
func TestSenderO8WhoStepsUpForWhat(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := own(t, defaults)
	s := p.inside().Provider
	boss := p.address("boss")
	o, made := p.signUp(boss, "Table "+p.run)
	p.onMax(made.ID)
	o.put("/v1/portal-app", nil).is(200)
	admin, employee, client := p.address("admin"), p.address("employee"), p.address("client")
	o.add(admin, "admin")
	worker := o.add(employee, "admin")
	o.patch("/v1/members/"+worker.ID, m{"level": "employee"}).is(200)
	bought, secret, buyer := o.paying(client)
	buyer.buys(secret, made.ID)
	full := o.key("with", "agency:read", "agency:write", "sender:write", "roles:read", "roles:write", "clients:read", "clients:write")
	bare := o.key("without", "agency:read", "agency:write", "roles:read", "clients:read", "clients:write")

	type thing struct {
		name string
		ask  func(c *caller) *answer
	}
	things := []thing{
		{"billing", func(c *caller) *answer {
			if c.cookie != "" && c.sessionEmail() == client {
				return c.post("/v1/portal/billing", m{"agency": made.ID})
			}
			return c.post("/v1/agency/billing", nil)
		}},
		{"claim a domain", func(c *caller) *answer { return c.post("/v1/sender-domains", m{}) }},
		{"switch a domain", func(c *caller) *answer { return c.post("/v1/sender-domains/dom_x/enable", nil) }},
		{"API keys", func(c *caller) *answer { return c.delete("/v1/api-keys/key_x") }},
		{"members", func(c *caller) *answer { return c.patch("/v1/members/mb_x", m{"level": "admin"}) }},
		{"roles", func(c *caller) *answer { return c.post("/v1/roles", m{}) }},
		{"linking", func(c *caller) *answer {
			if c.cookie == "" {
				return c.delete("/v1/me/passkeys/psk_x")
			}
			return c.get("/sign-in/with/issuer?link=1", "Sec-Fetch-Site", "same-origin")
		}},
		{"erase a client", func(c *caller) *answer { return c.post("/v1/clients/"+bought.ClientID+"/erase", nil) }},
		{"erase oneself", func(c *caller) *answer {
			if c.cookie == "" {
				return c.delete("/v1/me")
			}
			return c.post("/account", do("erase", url.Values{})) // without the tick
		}},
	}
	says := func(c *caller, a *answer) string {
		switch {
		case a.stepsUp() && c.cookie == "":
			return "the browser"
		case a.stepsUp():
			return "step-up"
		case a.status == 401, a.status == 403 && strings.Contains(string(a.body), `"forbidden"`):
			return "no"
		}
		return "yes"
	}

	type row struct {
		who, way string
		c        *caller
	}
	var rows []row
	for _, who := range []struct{ name, address string }{{"owner", boss}, {"admin", admin}, {"employee", employee}, {"client", client}} {
		p.advance(2 * time.Minute)
		code := p.signIn(who.address)
		rows = append(rows, row{who.name, "code", code})
		d := newDevice()
		code.register(d)
		phone := p.nobody()
		phone.cookie = phone.answers(d, phone.asked()).is(201).session()
		rows = append(rows, row{who.name, "passkey", phone})
	}
	for _, who := range []struct{ name, address string }{{"owner", boss}, {"admin", admin}, {"employee", employee}, {"client", client}} {
		for _, way := range []struct {
			name string
			at   any
		}{{"provider, which says when", p.now().Unix()}, {"provider, which does not", nil}} {
			s.Claim(func(claims map[string]any) { claims["auth_time"] = way.at })
			c := p.nobody()
			c.from(s, "issuer", elsewhere("sub-"+who.name+p.run, who.address), "").to("/")
			rows = append(rows, row{who.name, way.name, c})
		}
	}
	// All sign-ins at one moment, however long that took.
	for n := range rows {
		rows[n].c.strict = true
		if !strings.Contains(rows[n].way, "does not") {
			rows[n].c.proves()
		}
	}
	rows = append(rows, row{"key with the scope", "-", p.program(full.Secret)}, row{"key without it", "-", p.program(bare.Secret)})

	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "caller\tway of signing in\twhen")
	for _, x := range things {
		fmt.Fprint(w, "\t", x.name)
	}
	fmt.Fprintln(w)
	lines := func(when string) {
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s", r.who, r.way, when)
			for _, x := range things {
				fmt.Fprint(w, "\t", says(r.c, x.ask(r.c)))
			}
			fmt.Fprintln(w)
		}
	}
	lines("at once")
	p.advance(identity.StepUpLasts + time.Second)
	lines("10 minutes later")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	t.Log("\n" + got)
	const golden = "testdata/stepup.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil { //nolint:gosec // as the others are
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got {
		t.Errorf("%v: it differs from %s; run the test with -update when that is meant", err, golden)
	}
}
