package apitest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// items are what the table has in a partition.
func (p *product) items(pk string) []map[string]types.AttributeValue {
	p.t.Helper()
	var all []map[string]types.AttributeValue
	pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(p.aws()), &dynamodb.QueryInput{TableName: &p.place.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: pk}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

// isDue tells whether the sweep is to look after anything in a partition.
func (p *product) isDue(pk string) bool {
	p.t.Helper()
	return slices.ContainsFunc(p.items(pk), func(i map[string]types.AttributeValue) bool { return i["due"] != nil })
}

func TestADeletedAgencyIsDeadAtOnceAndGoneSoon(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("dana")
	_, d := o.hire(to, "admin")
	k := o.key("CRM", "clients:read")
	joined := o.invite(p.address("joined"))
	client := p.accept(joined.Email)
	waiting := o.invite(p.address("waiting"))
	secret := p.nextToken(waiting.Email)
	late := p.signIn(waiting.Email)
	a, _ := o.agency()

	p.advance(16 * time.Minute)
	p.nobody().get("/clients").is(303)
	o.strict = true
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).fails(403, "step_up_required")
	o = p.signIn(owner)
	d.do("DELETE", "/v1/agency", m{"name": a.Name}).fails(403, "forbidden")
	if f := o.do("DELETE", "/v1/agency", m{"name": "Northwind"}).fails(422, "invalid"); f.at("name") == "" {
		t.Errorf("%+v", f)
	}
	client.get("/v1/portal").is(200)
	o.do("DELETE", "/v1/agency", m{"name": a.Name}).is(204)

	// At once.
	for _, c := range []*caller{o, d} {
		c.get("/v1/clients").fails(403, "forbidden")
		c.get("/v1/agency").fails(403, "forbidden")
		c.post("/v1/invites", m{"email": p.address("x")}).fails(403, "forbidden")
		c.post("/v1/api-keys", m{"name": "x", "scopes": []string{"clients:read"}}).fails(403, "forbidden")
	}
	p.program(k.Secret).get("/v1/clients").fails(401, "unauthenticated")
	late.get("/i/" + secret).is(410)
	late.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	client.get("/portal").is(200).shows("This portal has closed")

	// Soon, and nothing but the fact remains. Sign-ins stay.
	p.until("the purge", func() bool { p.advance(time.Minute); return len(p.items(a.ID)) <= 2 })
	p.advance(2 * time.Hour)
	p.until("the sweep to be done with it", func() bool { return !p.isDue(a.ID) })
	left := p.items(a.ID)
	if len(left) != 2 {
		t.Fatalf("%d items are left", len(left))
	}
	for _, i := range left {
		for name, v := range i {
			if s, ok := v.(*types.AttributeValueMemberS); ok && (strings.Contains(s.Value, "@") || strings.Contains(s.Value, "Northwind")) {
				t.Errorf("%s still says %q", name, s.Value)
			}
		}
		if _, due := i["due"]; due {
			t.Error("the sweep is to look after it again")
		}
	}
	client.get("/v1/sessions/current").is(200)
	client.get("/v1/portal").fails(404, "not_found")
	late.get("/i/" + secret).is(410)
	o.get("/agencies").is(200).shows("You don't work at an agency yet")
	// The owner can start afresh, and the others are untouched.
	o.post("/v1/agencies", m{"name": "Northwind again"}).is(201)
	p.signIn(soloOwner).get("/v1/agency").is(200)
}

func TestDeletingByThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("a"))
	o.invite(p.address("b"))
	armoured(t, o.get("/settings/agency").is(200).shows("Danger zone", "Delete agency…"))
	ask := o.get("/settings/agency?delete=ask").is(200).shows("Delete Northwind Automations?", "2 clients lose their portals",
		"Your clients keep their sign-ins", "Delete for good")
	armoured(t, ask)
	o.post("/settings/agency", url.Values{"name": {"northwind"}}).is(422).shows("Type the agency's name exactly as shown.")
	p.advance(16 * time.Minute)
	o.strict = true
	o.post("/settings/agency", url.Values{"name": {"Northwind Automations"}}).is(307).has("Location", "/step-up?to=%2Fsettings%2Fagency")
	o = p.signIn(owner)
	o.post("/settings/agency", url.Values{"name": {"Northwind Automations"}}).is(303).has("Location", "/agencies?done=deleted")
	o.get("/agencies?done=deleted").is(200).shows("Your agency is deleted.", "Create your agency")
	o.get("/clients").is(403)
}
