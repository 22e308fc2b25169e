package apitest_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	contract "latchkey.dev/shared/domain/invite"
)

// TestALargeAgencyIsPurgedInSteps deletes one of 2,000 clients, half of whom have accepted: no single run has to do it
// all, and what a run leaves is found by the next.
func TestALargeAgencyIsPurgedInSteps(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	a, _ := o.agency()
	var who struct{ Agency struct{ MemberID string } }
	o.get("/v1/sessions/current").is(200).into(&who)
	table, now := p.operator(), p.now()
	const clients = 2000
	last := email.Address("")
	for n := range clients {
		last = email.Address(fmt.Sprintf("c%04d@client.example", n))
		c, err := client.Begin(nil, id.Agency(a.ID),
			client.Offer{Email: last, Payer: contract.AgencyPays,
				From: contract.Sender{AgencyName: a.Name, Member: id.Member(who.Agency.MemberID)}}, now)
		if err != nil {
			t.Fatal(err)
		}
		c.Invite.Status, c.Listed = contract.Pending, true
		change := client.Change{Client: c}
		if n%2 == 1 {
			if err := c.Accept(now, nil, client.Ties{}); err != nil {
				t.Fatal(err)
			}
			change.Join = true
		}
		if err := table.Commit(t.Context(), id.Agency(a.ID), change); err != nil {
			t.Fatal(err)
		}
	}
	o.get("/settings/agency?delete=ask").is(200).shows("More than 200 clients lose their portals")
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).is(204)
	runs := 0
	for ; len(p.items(a.ID)) > 2; runs++ {
		if runs > 30 {
			t.Fatalf("%d items are left after %d runs", len(p.items(a.ID)), runs)
		}
		p.advance(time.Minute)
	}
	if len(p.items("us#"+string(id.UserOf(last)))) != 0 {
		t.Error("a client's own list still names the agency")
	}
	// Nothing is to be done any more, for good.
	p.advance(2 * time.Hour)
	p.until("the sweep to be done with it", func() bool { return !p.isDue(a.ID) })
}
