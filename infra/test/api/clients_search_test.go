package apitest_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
)

// find lists the addresses that a search gives, all pages of it, and how many pages there were.
func (c *caller) find(query string) (all []string, pages int) {
	c.t.Helper()
	for next := ""; ; {
		var v struct {
			Items      []struct{ Email string }
			NextCursor *string
		}
		c.get("/v1/clients?" + query + next).is(200).into(&v)
		for _, x := range v.Items {
			all = append(all, strings.SplitN(x.Email, "@", 2)[0])
		}
		pages++
		if v.NextCursor == nil {
			return all, pages
		}
		next = "&cursor=" + url.QueryEscape(*v.NextCursor)
	}
}

func TestClientsAreFoundByNameAndAddress(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for address, name := range map[string]string{"ops@acme.example": "Ärzte am Bahnhof", "hello@blue.example": "Acme Holding",
		"x@y.example": "", "info@alnoor.example": "شركة النور"} {
		o.invite(address, m{"name": name})
	}
	p.accept("hello@blue.example")
	gone := o.invite("gone@acme.example", m{"name": "Gone"})
	o.delete("/v1/clients/" + gone.ClientID).is(200)
	for query, want := range map[string][]string{
		"q=acme": {"gone", "hello", "ops"}, "q=ACME": {"gone", "hello", "ops"}, "q=%20acme%20": {"gone", "hello", "ops"}, "q=acme&status=active": {"hello"},
		"q=acme&status=pending": {"ops"}, "q=acme&status=inactive": {"gone"}, "q=%C3%A4rzte": {"ops"}, "q=A%CC%88RZTE": {"ops"}, "q=%D8%A7%D9%84%D9%86%D9%88%D8%B1": {"info"},
		"q=y.example": {"x"}, "q=nobody": nil, "q=": {"gone", "hello", "info", "ops", "x"}, "q=%25": nil, "q=a)+OR+": nil, "status=active": {"hello"},
	} {
		got, _ := o.find(query)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	o.get("/v1/clients?q="+strings.Repeat("x", 201)).fails(422, "invalid")

	// The page is a plain form and plain links.
	o.get("/clients?q=acme").is(200).shows("Acme Holding", "3 clients.", "Clear search", "All 3", "Cancelled 1").hides("alnoor")
	o.get("/clients?q=acme&status=active").is(200).shows("Acme Holding", "1 client.").hides("Gone")
	o.get("/clients?q=nobody").is(200).shows("No clients found", "No name or email contains “nobody”.", "Clear search")
	o.get("/clients?status=active&q=gone").is(200).shows("in this status")
	body := string(o.get("/clients?q=acme").body)
	for _, link := range []string{`href="/clients?q=acme&amp;status=pending"`, `href="/clients?q=acme" aria-current="true"`,
		`value="acme"`} {
		if !strings.Contains(body, link) {
			t.Errorf("the page has no %s", link)
		}
	}
	o.get("/clients?status=happy").is(200).shows("Acme Holding", "Ärzte")
	o.get("/clients?q=%3Cscript%3E").is(200).hides("<script>")
	// Renamed, it is found by its new name alone; accents are kept.
	o.patch("/v1/clients/"+gone.ClientID, m{"name": "Nova"}).is(200)
	if got, _ := o.find("q=nova"); !slices.Equal(got, []string{"gone"}) {
		t.Errorf("after the rename %v", got)
	}
	if solo, _ := p.signIn(soloOwner).find("q=acme"); len(solo) != 0 {
		t.Errorf("another agency finds %v", solo)
	}
}

// crowd puts n clients into the table as if each had been invited long ago, the first one longest: copies of one that was.
func (p *product) crowd(o *caller, n int, name func(int) string) {
	p.t.Helper()
	var who struct{ Agency struct{ ID id.Agency } }
	o.get("/v1/sessions/current").is(200).into(&who)
	pattern := id.Client(o.invite("pattern@client.example").ClientID)
	db := dynamodb.NewFromConfig(p.aws())
	out, err := db.GetItem(p.t.Context(), &dynamodb.GetItemInput{TableName: &p.place.Table, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: string(who.Agency.ID)},
		"sk": &types.AttributeValueMemberS{Value: "cl#" + string(pattern.Ref())}}})
	if err != nil {
		p.t.Fatal(err)
	}
	begun := p.now().Add(-time.Duration(n) * time.Hour)
	var batch []types.WriteRequest
	for i := range n {
		address := email.Address(fmt.Sprintf("c%04d@crowd.example", i))
		ref := id.RefOf(who.Agency.ID, address)
		which := string(id.At[id.Client](id.ClientPrefix, ref, begun.Add(time.Duration(i)*time.Minute)))
		item := maps.Clone(out.Item)
		for k, v := range map[string]string{"sk": "cl#" + string(ref), "id": which, "ls": which, "email": string(address), "name": name(i),
			"find": strings.ToLower(name(i))} {
			item[k] = &types.AttributeValueMemberS{Value: v}
		}
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		if len(batch) == 25 || i == n-1 {
			if _, err := db.BatchWriteItem(p.t.Context(),
				&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{p.place.Table: batch}}); err != nil {
				p.t.Fatal(err)
			}
			batch = nil
		}
	}
}

func TestASearchInACrowdIsBoundedAndComplete(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	p.crowd(o, 3200, func(i int) string {
		if i%400 == 5 {
			return fmt.Sprintf("Needle %d", i)
		}
		return fmt.Sprintf("Straw %d", i)
	})
	// Newest first, the ones that a request does not reach behind its cursor.
	got, pages := o.find("q=needle")
	want := []string{"c2805", "c2405", "c2005", "c1605", "c1205", "c0805", "c0405", "c0005"}
	if !slices.Equal(got, want) || pages != 2 {
		t.Errorf("%v on %d pages, want %v on 2", got, pages, want)
	}
	if got, pages = o.find("q=c0000@"); !slices.Equal(got, []string{"c0000"}) || pages != 2 {
		t.Errorf("the oldest: %v on %d pages", got, pages)
	}
	if got, pages = o.find("q=straw&limit=200&status=pending"); len(got) != 3192 || pages != 16 {
		t.Errorf("%d straws on %d pages, want 3192 on 16", len(got), pages)
	}
	o.get("/clients?q=c0000%40").is(200).shows("Not among your newest clients", "Search older clients")
	o.get("/clients?q=needle").is(200).shows("and there may be older ones", "Older")
}
