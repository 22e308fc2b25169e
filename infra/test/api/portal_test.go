package apitest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The page that lists what is shared says of each n8n how much of it is on, what ran last, and what failed and why; and whom to
// ask. Where an n8n does not say, nothing is made up.
func TestX14ThePortalSaysWhatRunsWhatFailedAndWhomToAsk(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("glance")
	x := o.tie(far)
	bare := named(t, o.things("instances"), "Internal automations")
	client := p.accept(o.invite(p.address("in"), m{"grants": []m{{"resource": x.ID, "access": "read"},
		{"resource": bare.ID, "access": "write"}}}).Email)
	all := client.flows(x.ID)
	active := 0
	for _, w := range all.Workflows {
		if w.Active {
			active++
		}
	}
	on := fmt.Sprintf("%d of %d workflows are on", active, len(all.Workflows))
	portal := client.get("/portal").is(200).shows("Far glance", "Internal automations", on, "Last run",
		"Questions? Ask Nora Lindqvist at Northwind Automations", owner)
	if n := strings.Count(portal.text(), "Last run"); n != 1 {
		t.Errorf("%d instances are said to have run, and one of the two is not connected", n)
	}
	for fault, want := range map[string]string{"fail": "See workflows", "refuse": "See workflows", "garbage": "See workflows",
		"no-runs": "t show its runs right now"} {
		p.breaks(far, fault)
		client.get("/portal").is(200).shows("Far glance", want).hides("Last run", far["apiKey"].(string))
	}
	p.breaks(far, "")
	notAsBuilt(t, "n8n's stand-in runs workflows by the clock, which cannot be moved")
	// A workflow that failed is named with the reason, until it has run again.
	said, again := false, false
	for range 60 {
		p.advance(5 * time.Minute)
		text := client.get("/portal").is(200).text()
		failed := strings.Contains(text, "failed")
		again = again || said && !failed
		if said = said || failed; failed && !strings.Contains(text, "The service refused the connection") {
			t.Fatalf("the portal does not say why: %s", text)
		}
	}
	if !said || !again {
		t.Errorf("in five hours the portal said that a run failed: %v; and that it is over: %v", said, again)
	}
}
