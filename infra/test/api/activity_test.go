package apitest_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/id"
)

// party is who did something, or what it was done to.
type party struct{ ID, Kind, Name string }

// occurrence is one row of the log.
type occurrence struct {
	ID, Action, Detail string
	At                 time.Time
	Actor, Subject     party
}

// activity reads the whole log, page by page.
func (c *caller) activity(query string) []occurrence {
	c.t.Helper()
	var all []occurrence
	for next := ""; ; {
		var v struct {
			Items      []occurrence
			NextCursor *string
		}
		c.get("/v1/activity?limit=7&" + query + next).is(200).into(&v)
		all = append(all, v.Items...)
		if v.NextCursor == nil {
			return all
		}
		next = "&cursor=" + url.QueryEscape(*v.NextCursor)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func actions(all []occurrence) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.Action)
	}
	return out
}

func TestX12TheLogTellsWhoDidWhat(t *testing.T) {
	notAsBuilt(t, "instead of moving the clock everything is made older, but ids, by which the log is picked by day")
	p := start(t)
	o := p.signIn(owner)
	production := named(t, o.things("instances"), "Acme production")
	begun := p.now()
	i := o.invite("ops@acme.example", m{"name": "Acme Ltd"})
	client := p.accept(i.Email)
	p.advance(48 * time.Hour)
	at := "/v1/clients/" + i.ClientID
	o = p.signIn(owner)
	o.put(at+"/grants/"+production.ID, m{"access": "read"}).is(200)
	o.put(at+"/grants/"+production.ID, m{"access": "write"}).is(200)
	o.delete(at + "/grants/" + production.ID).is(204)
	o.patch(at, m{"name": "=Acme, \"Ltd\""}).is(200)
	k := o.key("CRM", "invites:write")
	other := p.program(k.Secret).invite("other@blue.example")
	o.post("/v1/invites/"+other.ID+"/cancel", nil).is(200)

	// Newest first, each with its actor and its subject by name.
	all := o.activity("")
	want := []string{"invite.canceled", "invite.sent", "invite.created", "api_key.created", "client.renamed", "client.access_revoked", "client.access_changed", "client.access_granted",
		"invite.accepted", "invite.sent", "invite.created"}
	if !slices.Equal(sorted(actions(all)), sorted(want)) {
		t.Fatalf("the log is %v, want %v", actions(all), want)
	}
	if !slices.IsSortedFunc(all, func(a, b occurrence) int { return b.At.Compare(a.At) }) {
		t.Errorf("the log is not newest first: %v", all)
	}
	row := func(action, subject string) occurrence {
		i := slices.IndexFunc(all, func(e occurrence) bool { return e.Action == action && (subject == "" || e.Subject.ID == subject) })
		if i < 0 {
			t.Fatalf("no %s of %s in %v", action, subject, all)
		}
		return all[i]
	}
	if e := row("invite.created", i.ID); e.Actor.Kind != "member" || e.Actor.Name == "" || e.Subject.ID != i.ID ||
		e.Subject.Kind != "invite" || e.Subject.Name != `=Acme, "Ltd"` {
		t.Errorf("the first row is %+v", e)
	}
	if e := row("invite.accepted", ""); e.Actor.ID != i.ClientID || e.Actor.Kind != "client" {
		t.Errorf("the acceptance is %+v", e)
	}
	if e := row("invite.created", other.ID); e.Actor.ID != k.ID || e.Actor.Name != "CRM" || e.Subject.Name != "other@blue.example" {
		t.Errorf("what the key did is %+v", e)
	}
	if e := row("client.access_changed", ""); e.Subject.ID != i.ClientID || e.Detail != production.ID+" write" {
		t.Errorf("the changed right is %+v", e)
	}

	// Filters, each and together.
	day := begun.Add(48 * time.Hour).Format(time.DateOnly)
	for query, want := range map[string][]string{
		"action=api_key": {"api_key.created"}, "action=invite.created": {"invite.created", "invite.created"}, "action=invite.cre": nil,
		"actor=" + k.ID: {"invite.created"}, "actor=system": {"invite.sent", "invite.sent"}, "actor=" + i.ClientID: {"invite.accepted"},
		"subject=" + i.ClientID: {"client.renamed", "client.access_revoked", "client.access_changed", "client.access_granted", "invite.accepted", "invite.sent", "invite.created"},
		"subject=" + other.ID:   {"invite.canceled", "invite.sent", "invite.created"}, "subject=" + k.ID: {"api_key.created"},
		"to=" + begun.Format(time.DateOnly): {"invite.accepted", "invite.sent", "invite.created"}, "from=" + day + "&action=client": {"client.renamed", "client.access_revoked", "client.access_changed", "client.access_granted"},
		"from=" + day + "&to=" + day + "&actor=system": {"invite.sent"}, "from=" + url.QueryEscape(begun.Add(100*time.Hour).Format(time.RFC3339)): nil,
		"subject=nothing": nil, "actor=" + i.ClientID + "&action=client": nil,
	} {
		if got := actions(o.activity(query)); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for field, value := range map[string]string{"from": "yesterday", "to": "2026-02-30", "cursor": "x", "limit": "201"} {
		if f := o.get("/v1/activity?"+field+"="+value).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%s=%s: %+v", field, value, f)
		}
	}
	o.get("/v1/activity?from=2026-03-02&to=2026-03-01").fails(422, "invalid")

	// The page says it in sentences.
	text := o.get("/activity").is(200).shows("invited =Acme, \"Ltd\"", "gave =Acme, \"Ltd\" read-only access to Acme production",
		"Invitation sent to", "accepted the invitation", "CRM invited other@blue.example", "created the API key CRM",
		begun.UTC().Format("2 January 2006")).text()
	if strings.Contains(text, "mb_") || strings.Contains(text, "ins_") {
		t.Errorf("ids stand on the page: %s", text)
	}
	o.get("/activity?action=api_key").is(200).shows("created the API key").hides("Invitation sent")
	o.get("/activity?subject="+i.ClientID).is(200).shows("About =Acme", "Clear filters").hides("other@blue.example")
	o.get("/activity?actor=" + k.ID).is(200).shows("By CRM")
	o.get("/activity?action=agency&from=2020-01-01&to=2020-01-02").is(200).shows("Nothing matches", "Show everything")
	o.get("/activity?from=soon").is(422).shows("Enter a day as 2026-03-31")
	o.get("/activity?from=2026-03-02&to=2026-03-01").is(422).shows("Choose an end that comes after the beginning.")
	o.get("/activity?cursor=evt_x").is(404)
	o.get("/clients/" + i.ClientID).is(200).shows("Activity")
	p.signIn(soloOwner).get("/activity").is(200).shows("Nothing has happened yet")

	// An erased client leaves its rows, without a name; the next one at the address lends it none.
	o.delete(at).is(200)
	o.post(at+"/erase", nil).is(204)
	p.advance(2 * time.Second)
	o.invite("ops@acme.example", m{"name": "Newcomer"})
	for _, e := range o.activity("") {
		if old := e.Subject.ID == i.ID || e.Subject.ID == i.ClientID; old && e.Subject.Name != "" {
			t.Errorf("an erased client has a name: %+v", e)
		}
	}
	o.get("/activity").is(200).shows("a deleted client", "invited Newcomer")
	o.get("/v1/activity/export").is(200).hides("Acme", "ops@")

	// Nobody else reads it.
	for _, path := range []string{"/v1/activity", "/v1/activity/export"} {
		p.nobody().get(path).fails(401, "unauthenticated")
		client.get(path).fails(403, "forbidden")
		p.program(k.Secret).get(path).fails(403, "forbidden")
		if solo := string(p.signInLater(soloOwner).get(path).is(200).body); strings.Contains(solo, i.ID) {
			t.Errorf("another agency reads %s", solo)
		}
	}
	p.nobody().get("/activity").is(303).has("Location", "/sign-in?next=%2Factivity")
	client.get("/activity").is(403)
}

// signInLater signs in once the pause between two codes is over.
func (p *product) signInLater(address string) *caller {
	p.t.Helper()
	p.advance(30 * time.Second)
	return p.signIn(address)
}

func TestX12TheLogIsExportedInParts(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var who struct{ Agency struct{ ID id.Agency } }
	o.get("/v1/sessions/current").is(200).into(&who)
	i := o.invite("ops@acme.example", m{"name": "=1+1, \"Ltd\"\u00e9"})
	p.advance(time.Second)
	o.invite("plus@acme.example", m{"name": "+SUM(A1)"})

	a := o.get("/v1/activity/export").is(200).has("Cache-Control", "no-store").has("Link", "")
	if ct := a.header.Get("Content-Type"); !strings.HasPrefix(ct, "text/csv") {
		t.Errorf("the file is %s", ct)
	}
	if d, want := a.header.Get("Content-Disposition"), `attachment; filename="activity-`+p.now().Format(time.DateOnly)+`.csv"`; d != want {
		t.Errorf("Content-Disposition: %s, want %s", d, want)
	}
	rows, err := csv.NewReader(bytes.NewReader(marked(t, a.body))).ReadAll()
	if err != nil || len(rows) != 5 ||
		strings.Join(rows[0], ",") != "id,at,actor,actorKind,actorName,action,subject,subjectKind,subjectName,detail" {
		t.Fatalf("%v: %q", err, rows)
	}
	if !bytes.Contains(a.body, []byte("\r\n")) {
		t.Error("lines do not end as RFC 4180 has it")
	}
	// No cell is a formula.
	for _, r := range rows[1:] {
		for _, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[6] == i.ID && r[8] == "'=1+1, \"Ltd\"\u00e9" }) {
		t.Errorf("the rows are %q", rows)
	}
	lines := strings.Split(strings.TrimSpace(string(o.get("/v1/activity/export?format=jsonl&action=invite.created").is(200).body)), "\n")
	var e occurrence
	if len(lines) != 2 || json.Unmarshal([]byte(lines[1]), &e) != nil || e.Subject.Name != "=1+1, \"Ltd\"\u00e9" {
		t.Errorf("the lines are %q", lines)
	}
	o.get("/v1/activity/export?format=xml").fails(422, "invalid")
	o.get("/v1/activity/export?from=x").fails(422, "invalid")

	// A long log comes in parts that fit together, and so does a rare action in it, in a bounded number of reads each.
	db := dynamodb.NewFromConfig(p.aws())
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	const n = 4400
	begun := p.now().Add(-n * time.Minute)
	for from := 0; from < n; from += 25 {
		var batch []types.WriteRequest
		for k := from; k < from+25; k++ {
			at := begun.Add(time.Duration(k) * time.Second)
			action := "client.renamed"
			if k == 3 {
				action = "client.left"
			}
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{"pk": s(string(who.Agency.ID)), "sk": s("au#" + string(id.New[id.Event](id.EventPrefix, at))),
				"at": &types.AttributeValueMemberN{Value: fmt.Sprint(at.UnixMilli())}, "actor": s("system"), "action": s(action),
				"subject": s(i.ClientID)}}})
		}
		if _, err := db.BatchWriteItem(p.t.Context(),
			&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{p.place.Table: batch}}); err != nil {
			t.Fatal(err)
		}
	}
	parts := func(path string) (all []string, parts int) {
		for path != "" {
			a := o.get(path).is(200)
			rows, err := csv.NewReader(bytes.NewReader(marked(t, a.body))).ReadAll()
			if err != nil || len(rows) > 2001 {
				t.Fatalf("part %d: %d rows, %v", parts, len(rows), err)
			}
			for _, r := range rows[1:] {
				all = append(all, r[0])
			}
			parts++
			path = ""
			if m := regexp.MustCompile(`^<(.*)>; rel="next"$`).FindStringSubmatch(a.header.Get("Link")); m != nil {
				path = m[1]
			}
		}
		return all, parts
	}
	all, count := parts("/v1/activity/export")
	if !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) || len(slices.Compact(all)) != n+4 || count != 3 {
		t.Errorf("%d rows in %d parts, want %d in 3", len(all), count, n+4)
	}
	if left, count := parts("/v1/activity/export?action=client.left"); len(left) != 1 || count > 3 {
		t.Errorf("the rare row: %v in %d parts", left, count)
	}
	o.get("/activity?action=client.left").is(200).shows("Nothing recent matches", "Look further back")
	o.get("/activity").is(200).shows("Older", "CSV", "JSON lines")
}

// marked is a CSV file behind its byte order mark, of which it has one.
func marked(t *testing.T, body []byte) []byte {
	t.Helper()
	rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	if !ok || bytes.Contains(rest, []byte("\xef\xbb\xbf")) {
		t.Errorf("FT4: the file begins with % x", body[:min(8, len(body))])
	}
	return rest
}

func TestFT4AnExportOpensInExcel(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("zoe"), m{"name": "Zoë " + p.run})
	a := o.get("/v1/activity/export?format=csv").is(200)
	rows, err := csv.NewReader(bytes.NewReader(marked(t, a.body))).ReadAll()
	if err != nil || len(rows) < 2 || rows[0][0] != "id" || !bytes.Contains(a.body, []byte("Zoë")) {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if lines := o.get("/v1/activity/export?format=jsonl").is(200); lines.body[0] != '{' { // which has none (RFC 8259, 8.1)
		t.Errorf("%q", lines.body[:3])
	}
}
