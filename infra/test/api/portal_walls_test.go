package apitest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// told is what somebody was answered.
type told struct {
	status   int
	location string // where a page leads
	code     string // of a problem
	body     string
}

// hear asks as the caller, in the product's own process.
func (x question) hear(t *testing.T, f event.Function, c *caller) told {
	t.Helper()
	headers := x.payload["headers"].(map[string]any)
	delete(headers, "authorization")
	delete(x.payload, "cookies")
	if c.bearer != "" {
		headers["authorization"] = "Bearer " + c.bearer
	}
	if c.cookie != "" {
		x.payload["cookies"] = []string{"__Host-session=" + c.cookie}
	}
	payload, err := json.Marshal(x.payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatalf("%s: %v", x.name, err)
	}
	var a struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}
	var problem struct{ Code string }
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(a.Body, "{") {
		if err := json.Unmarshal([]byte(a.Body), &problem); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
	}
	if a.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s answered %d\n%.300s", x.name, a.StatusCode, a.Body)
	}
	return told{a.StatusCode, a.Headers["location"], problem.Code, a.Body}
}

// installs has Client Portal be there, or not, in an agency.
func (p *product) installs(agency string, there bool) {
	p.t.Helper()
	in := &dynamodb.UpdateItemInput{TableName: &p.place.Table,
		Key:                      map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: agency}, "sk": &types.AttributeValueMemberS{Value: "agency"}},
		ExpressionAttributeNames: map[string]string{"#p": "portal"}, UpdateExpression: aws.String("REMOVE #p")}
	if there {
		in.UpdateExpression = aws.String("SET #p = :n")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "1767225600000"}}
	}
	if _, err := dynamodb.NewFromConfig(p.aws()).UpdateItem(p.t.Context(), in); err != nil {
		p.t.Fatal(err)
	}
}

// opensAll gives a client all that there is to give: every entry of the whole catalogue.
func (p *product) opensAll(agency, which string) {
	p.t.Helper()
	rules := role.Rules{}
	for _, part := range role.Catalogue() {
		keys := func(k role.Kind) []string {
			var out []string
			for _, e := range part.List(k) {
				out = append(out, e.Key)
			}
			return out
		}
		rules[part.Module] = role.Lists{Fields: keys(role.Fields), Relations: keys(role.Relations), Actions: keys(role.Actions),
			Notices: keys(role.Notices)}
	}
	table := p.operator()
	c, err := table.Client(p.t.Context(), id.Agency(agency), id.Client(which).Ref(), true)
	if err != nil {
		p.t.Fatal(err)
	}
	c.Rules = rules
	if err := table.Commit(p.t.Context(), id.Agency(agency), client.Change{Client: c}); err != nil {
		p.t.Fatal(err)
	}
}

// TestPortalLK1NobodyReadsAListWhateverTheMenuShows asks for all that there is without a credential, of an agency that has Client
// Portal and of one that has not.
func TestPortalLK1NobodyReadsAListWhateverTheMenuShows(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this asks the functions in the product's own process")
	}
	o := p.signIn(owner)
	i := o.invite(p.address("ops"), m{"name": "Canary & Sons"})
	p.accept(i.Email)
	at := o.agencyOf()
	n := 0
	for _, there := range []bool{false, true} {
		p.installs(at, there)
		for _, x := range askable(t, p) {
			got := x.hear(t, x.held, p.nobody())
			if strings.Contains(got.body, "Canary") || strings.Contains(got.body, i.Email) {
				t.Errorf("%s tells nobody about a client", x.name)
			}
			if !x.who.SignedIn() {
				continue
			}
			n++
			if x.page && got.status == http.StatusSeeOther && (got.location == "/sign-in" || strings.HasPrefix(got.location, "/sign-in?")) {
				continue
			}
			if got.status != http.StatusUnauthorized {
				t.Errorf("%s, installed %t: %d %s to %q", x.name, there, got.status, got.code, got.location)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d were asked", n)
	}
}

// TestPortalLK19NoRightOfAClientOpensTheTeamsSide gives a client every right that there is: what is the team's answers as it does
// somebody who has nothing at all.
func TestPortalLK19NoRightOfAClientOpensTheTeamsSide(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this asks the functions in the product's own process")
	}
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.accept(i.Email)
	at := o.agencyOf()
	p.installs(at, true)
	p.opensAll(at, i.ClientID)
	p.advance(time.Second)
	me, nobody := p.again(i.Email), p.again(p.address("nobody"))
	n := 0
	for _, x := range askable(t, p) {
		if x.who.Kind != identity.Staff {
			continue
		}
		n++
		for name, f := range map[string]event.Function{"held": x.held, "decided by the use case": x.unheld} {
			if f == nil {
				continue
			}
			got, want := x.hear(t, f, me()), x.hear(t, f, nobody())
			if got.status != want.status || got.code != want.code || got.location != want.location {
				t.Errorf("%s (%s), %s: a client with every right reads %d %s %q, who has nothing %d %s %q", x.name, x.who, name, got.status,
					got.code, got.location, want.status, want.code, want.location)
			}
			if got.status < http.StatusMultipleChoices {
				t.Errorf("%s (%s), %s: %d for a client", x.name, x.who, name, got.status)
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d were asked", n)
	}
	// The rights are there: it is not that they were lost.
	c, err := p.operator().Client(t.Context(), id.Agency(at), id.RefOf(id.Agency(at), email.Address(i.Email)), true)
	if err != nil || !c.Rules.Has(role.Invoices, role.Actions, "pay") {
		t.Errorf("the client's rules: %v, %v", c, err)
	}
}
