package apitest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// linkTo invites an address and gives the invite and its link's secret.
func (c *caller) linkTo(address string, more ...m) (invite, string) {
	c.t.Helper()
	i := c.invite(address, more...)
	return i, c.nextToken(address)
}

func TestX5AnInviteeDeclinesWithAReason(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"), m{"name": "Acme Ltd"})
	path := "/v1/invitations/" + secret + "/decline"
	for reason, words := range map[string]string{strings.Repeat("a", 301): "Use up to 300 characters.",
		"see evil.ru/login": "Leave out “evil.ru/login”, which looks like a link.", "a <b>": "Leave out < and >."} {
		if f := p.nobody().post(path, m{"reason": reason}).fails(422, "invalid"); f.at("reason") != words {
			t.Errorf("%.20q: %+v", reason, f)
		}
	}
	p.nobody().post(path, m{"reason": "We work with\nsomebody else now."}).is(204)

	after := o.look(i.ID)
	if after.Status != "canceled" || after.Reason != "We work with\nsomebody else now." ||
		after.events()[len(after.events())-1] != "declined" {
		t.Errorf("the invite is %+v", after)
	}
	o.get("/clients/"+i.ClientID).is(200).shows("This invitation was declined.", "We work with somebody else now.", "Declined",
		"Invite again").hides("This invitation was cancelled.")
	o.get("/clients").is(200).shows("Declined")
	p.nobody().get("/v1/invitations/"+secret).says(410, "invitation_gone", "This invitation is no longer valid.")
	p.nobody().post(path, nil).fails(410, "invitation_gone")
	p.signIn(i.Email).post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	// The address is free to be invited again, and nothing of the reason stays with the new invite.
	p.advance(61 * time.Second)
	next, again := o.linkTo(i.Email)
	if next.ClientID != i.ClientID || next.Reason != "" {
		t.Errorf("invited again, it is %+v", next)
	}
	p.nobody().post("/v1/invitations/"+again+"/decline", m{}).is(204) // no reason is needed
}

func TestX5DecliningByThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"))
	c := p.nobody()
	c.get("/i/"+secret).is(200).shows("Wrong person?", "Decline")
	c.get("/i/"+secret+"?answer=decline").is(200).shows("Decline this invitation?", "Your reason")
	if s := o.look(i.ID).Status; s != "pending" {
		t.Fatalf("looking made it %s", s)
	}
	c.post("/i/"+secret, do("decline", url.Values{"reason": {"go to www.evil"}})).is(422).
		shows("Leave out “www.evil”, which looks like a link.",
			"go to www.evil")
	c.post("/i/"+secret, do("decline", url.Values{"reason": {"Not <our> thing"}})).is(422).hides("<our>")
	thanks := "/i/" + secret + "?done=declined"
	c.post("/i/"+secret, do("decline", url.Values{"reason": {"Not our thing"}})).is(303).has("Location", thanks)
	c.get(thanks).is(200).shows("You declined the invitation", "told the person who invited you").hides(i.Email, "Northwind")
	c.get("/i/" + secret).is(410).shows("This invitation is no longer valid.")
	c.post("/i/"+secret, do("decline", url.Values{})).is(410).hides("Northwind")
	o.get("/clients/" + i.ClientID).is(200).shows("Not our thing")
}

// TestOnlyAnAnswerThatWasGivenIsThankedFor: the address that thanks thanks for nothing else, whoever types it.
func TestOnlyAnAnswerThatWasGivenIsThankedFor(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	c := p.nobody()
	const no, other = "?done=declined", "?done=proposed"
	waits, open := o.linkTo(p.address("waits"))
	for _, done := range []string{no, other} {
		c.get("/i/"+open+done).is(200).shows("Accept Invitation").hides("You declined", "told Northwind")
	}

	// Proposing and declining are two things.
	_, elsewhere := o.linkTo(p.address("elsewhere"))
	c.post("/i/"+elsewhere, do("propose", url.Values{"email": {p.address("right")}})).is(303)
	c.get("/i/" + elsewhere + other).is(200).shows("told Northwind Automations")
	c.get("/i/" + elsewhere + no).is(200).shows("Accept Invitation").hides("You declined")
	_, refused := o.linkTo(p.address("refuses"))
	c.post("/i/"+refused, do("decline", url.Values{})).is(303)
	c.get("/i/" + refused + no).is(200).shows("You declined the invitation")

	// Of links that are dead for any other reason, the page is that of a dead link.
	o.post("/v1/invites/"+waits.ID+"/cancel", nil).is(200)
	_, used := o.linkTo(p.address("used"))
	p.signIn(p.address("used")).post("/v1/invitations/"+used+"/accept", nil).is(200)
	dead := c.get("/i/lki_unknown").is(410).shows("This invitation is no longer valid.")
	for name, at := range map[string]string{"cancelled": open + no, "used": used + no, "one letter off": swapLast(refused) + no,
		"never was": "lki_unknown" + no, "cancelled, proposed": open + other, "declined, proposed": refused + other} {
		if a := c.get("/i/" + at).is(410); string(a.body) != string(dead.body) {
			t.Errorf("%s: is another page than that of a dead link:\n%s", name, a.body)
		}
	}
}

func TestX5TheWrongPersonProposesAnotherAddress(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"))
	path := "/v1/invitations/" + secret + "/propose"
	c := p.nobody()
	c.post(path, m{"email": "nobody"}).says(422, "invalid", "Enter a valid email address.")
	if f := c.post(path, m{"email": strings.ToUpper(i.Email)}).fails(422, "invalid"); !strings.Contains(f.at("email"),
		"the invited address") {
		t.Errorf("its own address: %+v", f)
	}
	right := p.address("pat")
	c.get("/i/" + secret + "?answer=propose").is(200).shows("Who should they invite?").hides(i.Email)
	c.post("/i/"+secret, do("propose", url.Values{"email": {"pat@"}})).is(422).shows("Enter a valid email address.")
	thanks := "/i/" + secret + "?done=proposed"
	c.post("/i/"+secret, do("propose", url.Values{"email": {right}})).is(303).has("Location", thanks)
	c.get(thanks).is(200).shows("told Northwind Automations", "do anything else.")
	c.get("/i/lki_unknown?done=proposed").is(410).shows("This invitation is no longer valid.")
	// Until the agency says so, nothing is mailed and nothing changes.
	after := o.look(i.ID)
	if after.Status != "pending" || after.events()[len(after.events())-1] != "address_proposed" || len(p.mails(right)) != 0 {
		t.Errorf("the invite is %+v, and %d mails went out", after, len(p.mails(right)))
	}
	c.get("/v1/invitations/" + secret).is(200)
	o.get("/clients/" + i.ClientID).is(200).shows("Asked for another address")

	p.advance(24 * time.Hour)
	for range 3 {
		c.post(path, m{"email": right}).is(204)
	}
	c.post(path, m{"email": right}).fails(429, "rate_limited")
	c.post("/i/"+secret, do("propose", url.Values{"email": {right}})).is(429).shows("several addresses today")
	p.advance(24 * time.Hour)
	c.post(path, m{"email": right}).is(204)
}

func TestTheHolderOfAnExpiredLinkAsksForANewOne(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("late"))
	ask := "/v1/invitations/" + secret + "/request-link"
	c := p.nobody()
	c.post(ask, nil).fails(410, "invitation_gone") // it is good: there is nothing to ask for
	p.advance(7*24*time.Hour + time.Minute)
	c.post("/v1/invitations/"+secret+"/decline", nil).fails(410, "invitation_expired")
	c.post("/v1/invitations/"+secret+"/propose", m{"email": p.address("pat")}).fails(410, "invitation_expired")
	c.post("/i/"+secret, do("decline", url.Values{})).is(410).shows("This invitation has expired")

	c.get("/i/"+secret).is(410).shows("Northwind Automations", "Ask for a new link")
	c.post("/i/"+secret, do("request", url.Values{})).is(303).has("Location", "/i/"+secret)
	c.get("/i/" + secret).is(410).shows("You asked for a new link").hides("<button class=\"button main")
	c.post(ask, nil).is(204) // a second time is no fault
	o = p.signIn(owner)
	asked := 0
	for _, e := range o.look(i.ID).events() {
		if e == "new_link_requested" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("it is noted %d times a day, want once", asked)
	}
	o.get("/clients/"+i.ClientID).is(200).shows("Your client asks for a new link.", "Send again")
	p.advance(24 * time.Hour)
	c.post(ask, nil).is(204)
	o.post("/v1/invites/"+i.ID+"/resend", nil, wait...).is(200)
	c.get("/v1/invitations/" + p.nextToken(i.Email)).is(200)
	c.post(ask, nil).fails(410, "invitation_gone")
	c.get("/i/" + secret).is(410).shows("This invitation is no longer valid.").hides("Northwind")
}

func TestDeadLinksTakeNoAnswer(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, canceled := o.linkTo(p.address("canceled"))
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)
	_, used := o.linkTo(p.address("used"))
	me := p.signIn(p.address("used"))
	me.post("/v1/invitations/"+used+"/accept", nil).is(200)
	for _, secret := range []string{canceled, used, "lki_x", swapLast(canceled)} {
		for _, who := range []*caller{p.nobody(), me} {
			at := "/v1/invitations/" + secret
			who.post(at+"/decline", m{"reason": "x"}).says(410, "invitation_gone", "This invitation is no longer valid.")
			who.post(at+"/propose", m{"email": p.address("pat")}).says(410, "invitation_gone", "This invitation is no longer valid.")
			who.post(at+"/request-link", nil).says(410, "invitation_gone", "This invitation is no longer valid.")
		}
		for _, form := range []string{"decline", "propose", "request"} {
			p.nobody().post("/i/"+secret, do(form, url.Values{"email": {p.address("pat")}})).is(410).shows("This invitation is no longer " +
				"valid.").hides("Northwind")
		}
	}
}

func TestABouncedMailsLinkIsNoLongerValid(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo("bounce@simulator.amazonses.com")
	p.until("the bounce", func() bool { return o.look(i.ID).Status == "failed" })
	p.nobody().get("/v1/invitations/"+secret).says(410, "invitation_gone", "This invitation is no longer valid.")
	p.nobody().get("/i/" + secret).is(410).shows("This invitation is no longer valid.").hides("Northwind")
}

func TestSECURITY3WhatIsAcceptedIsWhatWasShown(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	things := o.things("instances")
	production, staging := named(t, things, "Acme production"), named(t, things, "Acme staging")
	i, secret := o.linkTo(p.address("ops"),
		m{"grants": []m{{"resource": production.ID, "access": "read"}, {"resource": staging.ID, "access": "write"}}})
	me := p.signIn(i.Email)
	path := "/v1/invitations/" + secret
	var v struct {
		Offer  string
		Grants []struct{ Name string }
	}
	me.get(path).is(200).into(&v)
	if v.Offer == "" || len(v.Grants) != 2 {
		t.Fatalf("the offer is %+v", v)
	}
	seen := v.Offer
	me.get("/i/" + secret).is(200).shows("Acme staging")
	// One of the things goes: what is shown, and what can be accepted, is what is left.
	var who struct{ Agency struct{ ID string } }
	o.get("/v1/sessions/current").is(200).into(&who)
	p.remove(who.Agency.ID, "r#"+staging.ID)
	me.post(path+"/accept", m{"offer": seen}).fails(409, "offer_changed")
	me.post(path+"/accept", m{"offer": 5}).fails(422, "invalid")
	me.post("/i/"+secret, url.Values{"offer": {seen}}).is(409).shows("The offer has changed", "Acme production",
		"Accept Invitation").hides("Acme staging")
	if s := o.look(i.ID).Status; s != "pending" {
		t.Fatalf("the invite is %s", s)
	}
	me.get(path).is(200).into(&v)
	if v.Offer == seen || len(v.Grants) != 1 {
		t.Errorf("the offer is %+v", v)
	}
	me.post(path+"/accept", m{"offer": v.Offer}).is(200)
	me.post(path+"/accept", m{"offer": seen}).is(200) // accepted already: there is nothing to compare
	var portal struct{ Instances []thing }
	me.get("/v1/portal").is(200).into(&portal)
	if len(portal.Instances) != 1 {
		t.Errorf("the portal has %+v", portal.Instances)
	}
}

// Strangers are not told why.
func TestSECURITY10WhatCannotBeAcceptedIsNotOffered(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i, secret := o.linkTo(p.address("ops"))
	me := p.signIn(i.Email)
	var who struct{ Agency struct{ ID, MemberID string } }
	o.get("/v1/sessions/current").is(200).into(&who)
	one := map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}}
	free := map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "free"}}
	most := map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "max"}}
	gone := func(why string) {
		t.Helper()
		for _, c := range []*caller{p.nobody(), me} {
			c.get("/v1/invitations/"+secret).says(410, "invitation_gone", "This invitation is no longer valid.")
			c.get("/i/"+secret).is(410).shows("This invitation is no longer valid.").hides("Northwind", why)
			c.post("/i/"+secret, do("code", url.Values{})).is(410)
			c.post("/v1/invitations/"+secret+"/decline", nil).fails(410, "invitation_gone")
		}
		me.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	}
	p.edit(who.Agency.ID, "agency", "SET suspended = :t", one)
	gone("suspended")
	p.edit(who.Agency.ID, "agency", "SET #plan = :f REMOVE suspended", free)
	gone("Max")
	p.edit(who.Agency.ID, "agency", "SET #plan = :f", most)
	me.get("/i/" + secret).is(200).shows("Accept Invitation") // resumed, it is as it was
	p.remove(who.Agency.ID, "mb#"+who.Agency.MemberID)
	gone("works")
}

// remove deletes an item of the table.
func (p *product) remove(pk, sk string) {
	p.t.Helper()
	db := dynamodb.NewFromConfig(p.aws())
	_, err := db.DeleteItem(p.t.Context(), &dynamodb.DeleteItemInput{TableName: &p.place.Table,
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}})
	if err != nil {
		p.t.Fatalf("cannot delete %s %s: %v", pk, sk, err)
	}
}

// onMax puts an agency on the plan Max, as the operator does.
func (p *product) onMax(agency string) {
	p.t.Helper()
	p.edit(agency, "agency", "SET #plan = :f", map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "max"}})
}

// everything is every item of the table in words, by its keys.
func (p *product) everything() map[string]string {
	p.t.Helper()
	db := dynamodb.NewFromConfig(p.aws())
	all := map[string]string{}
	in := &dynamodb.ScanInput{TableName: &p.place.Table}
	for {
		page, err := db.Scan(p.t.Context(), in)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, i := range page.Items {
			var plain map[string]any
			if err := attributevalue.UnmarshalMap(i, &plain); err != nil {
				p.t.Fatal(err)
			}
			all[fmt.Sprint(plain["pk"], " ", plain["sk"])] = fmt.Sprint(plain)
		}
		if page.LastEvaluatedKey == nil {
			return all
		}
		in.ExclusiveStartKey = page.LastEvaluatedKey
	}
}
