package apitest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// asksFor invites an address and has whoever opens the invitation ask for another one.
func (p *product) asksFor(o *caller, from, to string, more ...m) (invite, string) {
	p.t.Helper()
	i := o.invite(from, more...)
	secret := p.nextToken(from)
	p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": to}).is(204)
	return i, secret
}

func TestX5TheAgencyInvitesTheAddressThatWasAskedFor(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production")
	to := p.address("pat")
	i, secret := p.asksFor(o, p.address("ops"), to,
		m{"name": "Acme Ltd", "message": "Hello", "grants": []m{{"resource": production.ID, "access": "write"}}})
	if c := o.readClient(i.ClientID); c.Proposal == nil || *c.Proposal != to {
		t.Fatalf("the agency is told of %v, want %s", c.Proposal, to)
	}
	o.get("/clients/"+i.ClientID).is(200).shows("asked you to use "+to+" instead", "Invite "+to, "Keep "+i.Email)
	o.get("/clients").is(200).shows("Wants another address")

	var made invite
	at := "/v1/invites/" + i.ID + "/proposal/"
	o.post(at+"approve", nil, "Prefer", "wait=10", "Idempotency-Key", "approve "+p.run).is(201).into(&made).has("Location",
		"/v1/invites/"+made.ID)
	if made.Email != to || made.Name != "Acme Ltd" || made.Message != "Hello" || len(made.Grants) != 1 ||
		made.Grants[0].Access != "write" || made.ClientID == i.ClientID {
		t.Errorf("the new invite is %+v", made)
	}
	if old := o.look(i.ID); old.Status != "canceled" {
		t.Errorf("the old invite is %s", old.Status)
	}
	p.nobody().get("/v1/invitations/"+secret).fails(410, "invitation_gone")
	// The same request again answers the same; another one finds nothing to approve.
	o.post(at+"approve", nil, "Idempotency-Key", "approve "+p.run).is(201).into(&made)
	if made.Email != to {
		t.Errorf("repeated, it answers %s", made.Email)
	}
	o.post(at+"approve", nil).fails(409, "not_pending")
	o.post(at+"refuse", nil).fails(409, "not_pending")
	o.post("/v1/invites/in_x/proposal/approve", nil).fails(404, "not_found")
	o.post("/v1/invites/in_x/proposal/refuse", nil).fails(404, "not_found")
	o.post(at+"approve", nil, "Idempotency-Key", strings.Repeat("k", 256)).fails(422, "invalid")
	p.signIn(soloOwner).post(at+"approve", nil).fails(404, "not_found")
	if got := p.accept(to).portal(); !slices.Equal(got, []string{production.Name + " write"}) {
		t.Errorf("whoever accepts it sees %v", got)
	}
}

func TestX5TheAgencyKeepsTheAddressThatItInvited(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := p.asksFor(o, p.address("ops"), p.address("pat"))
	var same invite
	o.post("/v1/invites/"+i.ID+"/proposal/refuse", nil).is(200).into(&same)
	if c := o.readClient(i.ClientID); c.Proposal != nil || c.Status != "pending" || same.ID != i.ID {
		t.Errorf("after the refusal the client is %+v", c)
	}
	p.nobody().get("/v1/invitations/" + secret).is(200)
	if n := len(p.mails(p.address("pat"))); n != 0 {
		t.Errorf("%d mails went to the address that was refused", n)
	}
	slow, _ := p.asksFor(o, p.address("hasty"), "slow-"+p.run+"@slow.example")
	o.post("/v1/invites/"+slow.ID+"/proposal/approve", nil).is(202)
	// By form, both answers.
	p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": p.address("pat")}).is(204)
	at := "/clients/" + i.ClientID
	o.post(at, do("proposal", url.Values{"answer": {"refuse"}})).is(303).has("Location", at+"?done=kept")
	o.post(at, do("proposal", url.Values{"answer": {"refuse"}})).is(409).shows("Nobody is asking for another address")
	p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": p.address("pat")}).is(204)
	next := o.post(at, do("proposal", url.Values{"answer": {"approve"}})).is(303).header.Get("Location")
	o.get(next).is(200).shows("Invitation sent to the other address.", p.address("pat"))
	o.get(at).is(200).shows("Cancelled", "Invite again")
}

func TestX5WhatCannotBeSentIsNotApproved(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("taken"))
	o.invite(p.address("paying"), m{"payer": "client"})
	o.invite(p.address("member"))
	p.accept(p.address("member"))
	i, secret := p.asksFor(o, p.address("ops"), p.address("taken"))
	at := "/v1/invites/" + i.ID + "/proposal/approve"
	propose := func(to string) {
		t.Helper()
		p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": to}).is(204)
	}
	o.post(at, nil).fails(409, "already_invited")
	propose(p.address("member"))
	o.post(at, nil).fails(409, "already_client")
	propose(p.address("paying"))
	o.post(at, nil).fails(409, "payer_fixed")
	o.post("/clients/"+i.ClientID, do("proposal", url.Values{"answer": {"approve"}})).is(409)
	if c := o.readClient(i.ClientID); c.Status != "pending" || c.Proposal == nil {
		t.Errorf("after what was refused the client is %+v", c)
	}
	p.nobody().get("/v1/invitations/" + secret).is(200)
	p.nobody().post(at, nil).fails(401, "unauthenticated")
	o.post(at, nil, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	reader := p.program(o.key("reader", "invites:read").Secret)
	reader.post(at, nil).fails(403, "forbidden")
	refuse := "/v1/invites/" + i.ID + "/proposal/refuse"
	p.nobody().post(refuse, nil).fails(401, "unauthenticated")
	reader.post(refuse, nil).fails(403, "forbidden")
	o.post(refuse, nil, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")

	// The hour's eleventh is not sent either.
	p.advance(25 * time.Hour)
	o = p.signIn(owner)
	propose(p.address("pat"))
	for n := range 10 {
		o.invite(p.address("full" + string(rune('a'+n))))
	}
	o.post(at, nil).fails(429, "rate_limited")
	p.advance(61 * time.Minute)

	var who struct{ Agency struct{ ID string } }
	o.get("/v1/sessions/current").is(200).into(&who)
	p.edit(who.Agency.ID, "agency", "SET suspended = :t", map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}})
	o.post(at, nil).fails(403, "agency_suspended")
	p.edit(who.Agency.ID, "agency", "SET #plan = :f REMOVE suspended",
		map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "free"}})
	o.post(at, nil).fails(403, "plan_required")
	p.edit(who.Agency.ID, "agency", "SET #plan = :f", map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "max"}})

	// One that is approved and cannot be mailed is rolled back, with the reason.
	propose("nobody@reject.example")
	o.post(at, nil, "Prefer", "wait=10").fails(422, "mail_refused")
	o.post(at, nil).fails(409, "not_pending")
}

// answerProposals does all that can be done about proposals, by API and by form.
func answerProposals(t *testing.T, p *product, o, program *caller) {
	t.Helper()
	p.advance(61 * time.Minute)
	one, secret := p.asksFor(o, "first@client.example", "second@client.example")
	p.advance(61 * time.Minute)
	program.post("/v1/invites/"+one.ID+"/proposal/refuse", nil).is(200)
	o.post("/clients/"+one.ClientID, do("proposal", url.Values{"answer": {"refuse"}})).is(409)
	p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": "second@client.example"}).is(204)
	p.advance(61 * time.Minute)
	program.post("/v1/invites/"+one.ID+"/proposal/approve", nil, wait...).is(201)
	two, _ := p.asksFor(o, "third@client.example", "fourth.other@client.example")
	o.post("/clients/"+two.ClientID, do("proposal", url.Values{"answer": {"approve"}})).is(303)
}
