package apitest_test

import (
	"net/url"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
)

// operator is the table as the operator's command line has it.
func (p *product) operator() *dynamo.Operator {
	return dynamo.OpenOperator(p.aws(), p.place.Table, p.now)
}

// byOperator is a row of the log about what an operator does.
func (p *product) byOperator(what audit.Action, which string) audit.Entry {
	now := p.now()
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Operator, Action: what, Subject: which}
}

func (p *product) suspend(which string) {
	p.t.Helper()
	if err := p.operator().Suspend(p.t.Context(), id.Agency(which), "", p.byOperator(audit.AgencySuspended, which)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *product) resume(which string) {
	p.t.Helper()
	if err := p.operator().Resume(p.t.Context(), id.Agency(which), p.byOperator(audit.AgencyResumed, which)); err != nil {
		p.t.Fatal(err)
	}
}

func TestASuspendedAgencyRestsAndLosesNothing(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	far := p.far("resting")
	x := o.tie(far)
	a, _ := o.agency()
	joined := o.invite(p.address("joined"), m{"grants": []m{{"resource": x.ID, "access": "write"}}})
	client := p.accept(joined.Email)
	client.get("/v1/portal/instances/" + x.ID).is(200)
	waiting := o.invite(p.address("waiting"))
	secret := token(t, p.nextMail(waiting.Email))
	late := p.signIn(waiting.Email)
	k := o.key("CRM", "invites:write", "clients:read")
	flow := client.flows(x.ID).Workflows[0]
	p.advance(61 * time.Second)

	p.suspend(a.ID)
	// Inviting and sending again, by people and by keys.
	for _, c := range []*caller{o, p.program(k.Secret)} {
		c.post("/v1/invites", m{"email": p.address("x")}).fails(403, "agency_suspended")
		c.post("/v1/invites/"+waiting.ID+"/resend", nil).fails(403, "agency_suspended")
	}
	o.get("/clients").is(200).shows("This agency is suspended.", "joined").hides(`href="/clients?invite=new"`)
	o.get("/settings/agency").is(200).shows("Your agency is suspended", "Nothing is deleted")
	// Acceptance, the portal, and what it opens.
	late.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	late.post("/i/"+secret, url.Values{}).is(410)
	var portal struct {
		Access    string
		Instances []m
	}
	client.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "inactive" || len(portal.Instances) != 0 {
		t.Errorf("the portal is %+v", portal)
	}
	client.get("/portal").is(200).shows("This portal is paused.")
	client.get("/v1/portal/instances/"+x.ID).fails(403, "forbidden")
	if s := client.do("PUT", "/v1/portal/instances/"+x.ID+"/workflows/"+flow.ID, m{"active": true}).status; s != 403 && s != 405 {
		t.Errorf("switching a workflow answered %d", s)
	}
	client.post("/portal/instances/"+x.ID, do("workflow", url.Values{"workflow": {flow.ID}, "active": {"true"}})).is(403)
	// What there is can still be looked at, and ended.
	o.get("/v1/clients").is(200)
	p.program(k.Secret).get("/v1/clients").is(200)

	p.resume(a.ID)
	o.invite(p.address("x"))
	client.get("/v1/portal").is(200).into(&portal)
	if portal.Access != "full" || len(portal.Instances) != 1 {
		t.Errorf("after it the portal is %+v", portal)
	}
	client.get("/v1/portal/instances/" + x.ID).is(200)
	late.post("/v1/invitations/"+secret+"/accept", nil).is(200)
}
