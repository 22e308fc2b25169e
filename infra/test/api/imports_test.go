package apitest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type batchLine struct {
	Line                                  int
	Email, Name, Contact, Verdict, Reason string
	Roles                                 []string
	DuplicateOf                           int
	ClientID, InviteID, Status            string
	SendAt                                *time.Time
}

type batchAnswer struct {
	ID, State, Outcome   string
	CreatedAt, DeletedAt time.Time
	Lines                []batchLine
}

func (b batchAnswer) verdicts() (out []string) {
	for _, l := range b.Lines {
		out = append(out, l.Verdict)
	}
	return out
}

type checkedAnswer struct {
	Hash           string
	ExpiresAt      time.Time
	Ready          int
	IgnoredColumns []string
	MoneyRoles     []string
	Rows           []batchLine
}

// item writes attributes of an item of the caller's agency, as the operator's hand does.
func (c *caller) item(sk string, attributes map[string]types.AttributeValue) {
	c.t.Helper()
	var who struct{ Agency struct{ ID string } }
	c.get("/v1/sessions/current").is(200).into(&who)
	names, values, set := map[string]string{}, map[string]types.AttributeValue{}, []string{}
	for name, v := range attributes {
		names["#"+name], values[":"+name] = name, v
		set = append(set, "#"+name+" = :"+name)
	}
	slices.Sort(set)
	table := c.place.Table
	if table == "" {
		table = c.local.Stack.Template.Function("Sweep").Environment["TABLE_NAME"]
	}
	_, err := dynamodb.NewFromConfig(c.aws()).UpdateItem(c.t.Context(), &dynamodb.UpdateItemInput{TableName: &table,
		Key:                      map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: who.Agency.ID}, "sk": &types.AttributeValueMemberS{Value: sk}},
		UpdateExpression:         aws.String("SET " + strings.Join(set, ", ")),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values})
	if err != nil {
		c.t.Fatal(err)
	}
}

func number(n int64) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

// installs has the caller's agency install Client Portal.
func (c *caller) installs() *caller {
	c.t.Helper()
	c.item("agency", map[string]types.AttributeValue{"portal": number(c.now().UnixMilli())})
	return c
}

// hasRole gives the caller's agency a role.
func (c *caller) hasRole(name string, active bool, modules ...string) string {
	c.t.Helper()
	which := "rol_01KC5R9V3MC2E4G6J8N0Q2S" + fmt.Sprintf("%03d", len(name)%1000)
	rules := map[string]types.AttributeValue{}
	for _, m := range modules {
		rules[m] = &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"fields": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "number"}}}}}
	}
	on := int64(0)
	if active {
		on = 1
	}
	c.item("rol#"+which, map[string]types.AttributeValue{"name": &types.AttributeValueMemberS{Value: name}, "active": number(on),
		"rules": &types.AttributeValueMemberM{Value: rules}, "v": number(1), "created": number(1)})
	return which
}

func people(n int, of string) (out []m) {
	for i := range n {
		out = append(out, m{"email": fmt.Sprintf("%s%d@client.example", of, i)})
	}
	return out
}

// csv sends a file.
func (c *caller) csv(file string) *answer {
	c.t.Helper()
	return c.do("POST", "/v1/imports", raw(file), "Content-Type", "text/csv")
}

func TestPortalFL7SeveralInvitesAtOnce(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.post("/v1/batches", m{"lines": people(1, "a")}).fails(404, "not_found") // without the app there is nothing
	o.installs()
	var b batchAnswer
	lines := append(people(11, "a"), m{"email": ""}, m{"email": "A0@client.example"}, m{"email": "x"})
	at := o.post("/v1/batches", m{"lines": lines}, wait...).is(201).into(&b)
	if at.header.Get("Location") != "/v1/batches/"+b.ID || b.Outcome != "some" || b.State != "done" || len(b.Lines) != 13 {
		t.Fatalf("it is %+v", b)
	}
	for n, l := range b.Lines {
		want := map[bool]string{true: "created", false: "scheduled"}[n < 10]
		switch n {
		case 11:
			want = "duplicate"
		case 12:
			want = "invalid"
		}
		if l.Verdict != want || (want == "scheduled") != (l.SendAt != nil) {
			t.Errorf("line %d is %s: %s", l.Line, l.Verdict, l.Reason)
		}
	}
	if l := b.Lines[11]; l.DuplicateOf != 1 || l.Line != 13 {
		t.Errorf("the duplicate is line %d of %d", l.Line, l.DuplicateOf)
	}
	if b.Lines[0].Status != "pending" || b.Lines[10].Status != "scheduled" {
		t.Errorf("they stand %s and %s", b.Lines[0].Status, b.Lines[10].Status)
	}
	p.nextMail("a3@client.example")

	// What waits is an invite like another, but for its link, and has its time everywhere.
	var waits struct {
		Status string
		SendAt *time.Time
	}
	o.get("/v1/invites/" + b.Lines[10].InviteID).is(200).into(&waits)
	if waits.Status != "scheduled" || waits.SendAt == nil {
		t.Errorf("it is %+v", waits)
	}
	var list struct{ Items []struct{ ID string } }
	o.get("/v1/invites?status=scheduled").is(200).into(&list)
	if len(list.Items) != 1 {
		t.Errorf("%d are scheduled", len(list.Items))
	}
	o.post("/v1/invites/"+b.Lines[10].InviteID+"/resend", nil).fails(409, "not_pending")
	o.get("/clients/" + b.Lines[10].ClientID).is(200).shows("The invitation is scheduled.")

	// Nothing but skipped lines is no success.
	var again batchAnswer
	o.post("/v1/batches", m{"lines": people(3, "a")}).is(201).into(&again)
	if again.Outcome != "none" || !slices.Equal(again.verdicts(), []string{"pending", "pending", "pending"}) {
		t.Errorf("once more it is %+v", again)
	}
	o.delete("/v1/batches/" + b.ID).is(200).into(&b)
	if b.Lines[10].Status != "canceled" || b.Lines[0].Status != "pending" {
		t.Errorf("after the end they stand %s and %s", b.Lines[10].Status, b.Lines[0].Status)
	}
	o.get("/v1/batches/" + b.ID).is(200)
	p.signIn(soloOwner).installs().get("/v1/batches/"+b.ID).fails(404, "not_found")
}

func TestPortalB1OneToFiftyLines(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	for _, lines := range [][]m{{}, {{"email": " "}}, people(51, "a")} {
		o.post("/v1/batches", m{"lines": lines}).fails(422, "invalid")
	}
	roles := make([]string, 11)
	for n := range roles {
		roles[n] = fmt.Sprintf("rol_01KC5R9V3MC2E4G6J8N0Q2S%03d", n)
	}
	var b batchAnswer
	o.post("/v1/batches", m{"lines": []m{{"email": "a@client.example", "roles": roles}, {"email": "b@client.example", "roles": []string{"none"}},
		{"email": "c@client.example", "contact": "none"}}}).is(201).into(&b)
	if !slices.Equal(b.verdicts(), []string{"invalid", "invalid", "invalid"}) {
		t.Errorf("they are %v", b.verdicts())
	}
}

func TestPortalV1ADryRunMakesNothingAndIsConfirmedByItsHash(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	role := o.hasRole("Client", true)
	o.hasRole("Former client", false)
	file := "Name;E-Mail;Phone;Roles\r\nAcme;a@client.example;1;client\r\n;b@client.example;;Former client\r\n\r\n" +
		"C;nobody;;\r\n;A@client.example;;\r\n"
	var c checkedAnswer
	o.csv(file).is(200).into(&c)
	var verdicts []string
	for _, r := range c.Rows {
		verdicts = append(verdicts, fmt.Sprint(r.Line, " ", r.Verdict))
	}
	if want := []string{"2 ready", "3 role", "5 invalid", "6 duplicate"}; !slices.Equal(verdicts, want) {
		t.Errorf("its rows are %v", verdicts)
	}
	file1 := string(o.get("/v1/batches/" + strings.Split(c.Hash, ".")[0] + "/export?only=failed").is(200).body)
	if !strings.Contains(file1, "3,b@client.example") || strings.Contains(file1, "2,a@client.example") {
		t.Errorf("what cannot be sent is %q", file1)
	}
	if c.Ready != 1 || !slices.Equal(c.IgnoredColumns, []string{"Phone"}) || !slices.Equal(c.Rows[0].Roles, []string{role}) {
		t.Errorf("it is %+v", c)
	}
	var list struct{ Items []struct{ ID string } }
	if o.get("/v1/invites").is(200).into(&list); len(list.Items) != 0 {
		t.Errorf("the dry run has made %d invites", len(list.Items))
	}

	// What has changed since is told, and nothing is sent.
	o.invite("a@client.example")
	f := o.post("/v1/imports/confirm", m{"hash": c.Hash}).fails(409, "import_changed")
	if len(f.Errors) != 1 || f.Errors[0].Location != "rows[2]" || f.Existing == "" || f.Existing == c.Hash {
		t.Errorf("the change is told as %+v", f)
	}
	o.post("/v1/imports/confirm", m{"hash": f.Existing}).fails(422, "invalid") // nothing is left to send
	o.post("/v1/imports/confirm", m{"hash": "bat_01KC5R9V3MC2E4G6J8N0Q2S4V6.0"}).fails(404, "not_found")

	o.csv(strings.Replace(file, "a@client", "new@client", 1)).is(200).into(&c)
	var b, same batchAnswer
	o.post("/v1/imports/confirm", m{"hash": c.Hash}, wait...).is(201).into(&b)
	if want := []string{"created", "role", "invalid", "pending"}; !slices.Equal(b.verdicts(), want) || b.Lines[3].Line != 6 {
		t.Errorf("it has become %v", b.verdicts())
	}
	o.post("/v1/imports/confirm", m{"hash": c.Hash}).is(201).into(&same)
	if same.ID != b.ID {
		t.Error("confirming again is another batch")
	}
	p.nextMail("new@client.example")

	// A day later a dry run is gone.
	o.csv(strings.Replace(file, "a@client", "later@client", 1)).is(200).into(&c)
	p.advance(24*time.Hour + time.Minute)
	o.post("/v1/imports/confirm", m{"hash": c.Hash}).fails(404, "not_found")
}

func TestPortalV4VerdictsAreAFile(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	var b batchAnswer
	o.post("/v1/batches", m{"lines": []m{{"email": "a@client.example", "name": "=cmd()"}, {"email": "+1@", "name": "x"}}}).is(201).into(&b)
	all := o.get("/v1/batches/"+b.ID+"/export").is(200).has("Content-Type", "text/csv; charset=utf-8; header=present")
	want := "row,email,name,roles,contact,verdict,problem,sendAt\r\n1,a@client.example,'=cmd(),,,created,,\r\n2,'+1@,x,,,invalid,"
	if s := string(all.body); !strings.Contains(s, want) {
		t.Errorf("it is %q", s)
	}
	failed := o.get("/v1/batches/" + b.ID + "/export?only=failed").is(200)
	if s := string(failed.body); strings.Contains(s, "a@client.example") || !strings.Contains(s, "'+1@") {
		t.Errorf("what failed is %q", s)
	}
	var c checkedAnswer
	o.csv(string(all.body)).is(200).into(&c) // what was exported can be read again
	if len(c.Rows) != 2 || c.Rows[0].Name != "=cmd()" || c.Rows[0].Verdict != "pending" {
		t.Errorf("read again it is %+v", c.Rows)
	}
}

func TestPortalV5ARoleWithMoneyToManyAsksOnceMore(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	o.hasRole("Payer", true, "invoices")
	file := "email,roles\n"
	for n := range 11 {
		file += fmt.Sprintf("m%d@client.example,Payer\n", n)
	}
	var c checkedAnswer
	if o.csv(file).is(200).into(&c); !slices.Equal(c.MoneyRoles, []string{"Payer"}) {
		t.Errorf("it shows %v", c.MoneyRoles)
	}
	o.post("/v1/imports/confirm", m{"hash": c.Hash}).fails(422, "invalid")
	var b batchAnswer
	o.post("/v1/imports/confirm", m{"hash": c.Hash, "money": true}).is(201).into(&b)
	if b.Outcome != "all" || b.Lines[10].Verdict != "scheduled" {
		t.Errorf("it has become %+v", b)
	}
}

func TestPortalV3AThousandRowsAndNoMore(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	file := func(n int) string {
		var s strings.Builder
		s.WriteString("email\n")
		for i := range n {
			fmt.Fprintf(&s, "row%d@client.example\n", i)
		}
		return s.String()
	}
	o.csv(file(1001)).fails(422, "invalid")
	o.csv("name\nx\n").fails(422, "invalid")
	o.csv(strings.Repeat("x", 1<<20+1)).fails(413, "too_large")
	var c checkedAnswer
	o.csv(file(1000)).is(200).into(&c)
	if shown := o.get("/client-portal/invite?check=" + c.Hash).is(200).shows("900 more rows"); len(shown.body) > 60<<10 {
		t.Errorf("the page has %d bytes", len(shown.body))
	}
	var b batchAnswer
	o.post("/v1/imports/confirm", m{"hash": c.Hash}).is(201).into(&b)
	n := map[string]int{}
	for _, l := range b.Lines {
		n[l.Verdict]++
	}
	if n["created"] != 10 || n["scheduled"] != 990 {
		t.Errorf("they are %v", n)
	}
	if last := b.Lines[999].SendAt; last == nil || last.Sub(p.now()) < 4*24*time.Hour {
		t.Errorf("the last one goes out at %v", last)
	}
	o.post("/v1/batches", m{"lines": people(11, "more")}).is(201).into(&b)
	if want := slices.Concat(slices.Repeat([]string{"scheduled"}, 10), []string{"limit"}); !slices.Equal(b.verdicts(), want) {
		t.Errorf("more of them are %v", b.verdicts())
	}
}

// TestPortalV3WhatNobodyKnowsIsJudgedHoweverLongItIs holds that odd roles, names and addresses have a verdict, and are no failure of
// ours.
func TestPortalV3WhatNobodyKnowsIsJudgedHoweverLongItIs(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	long := strings.Repeat("\U0001F600", 3000)
	var file strings.Builder
	file.WriteString("email,name,roles\n")
	for n := range 60 {
		fmt.Fprintf(&file, "a%d@client.example,,%s\n", n, long)
	}
	var c checkedAnswer
	o.csv(file.String()).is(200).into(&c)
	for _, r := range c.Rows {
		if r.Verdict != "role" || len(r.Roles) != 1 || len(r.Roles[0]) > 300 {
			t.Fatalf("an unknown role is %s: %s", r.Verdict, r.Reason)
		}
	}
	o.do("GET", "/v1/batches/"+strings.Split(c.Hash, ".")[0]+"/export", nil).is(200)
	o.csv("email,roles\na@client.example," + strings.Repeat("x|y|", 100_000) + "\nb@client.example," + manyNames(60_000) + "\n").
		is(200).into(&c)
	if c.Rows[0].Verdict != "role" || c.Rows[1].Verdict != "invalid" || len(c.Rows[1].Roles) > 10 {
		t.Errorf("they are %s and %s, with %d roles", c.Rows[0].Verdict, c.Rows[1].Verdict, len(c.Rows[1].Roles))
	}
	o.csv("email,name\n" + strings.Repeat(long[:12_000]+"@client.example,x\na@client.example,see https://x.example/"+long[:2000]+"\n", 60)).
		is(200)
}

func manyNames(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "r%d|", i)
	}
	return out.String()
}

// TestPortalB3ARoleThatStandsTwiceStopsNothing holds that a line which names a role twice is an invite with that role.
func TestPortalB3ARoleThatStandsTwiceStopsNothing(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	r := o.hasRole("Twice", true, "contact")
	var b batchAnswer
	twice := m{"email": "a@client.example", "roles": []string{r, r, r}}
	o.post("/v1/batches", m{"lines": []m{twice, {"email": "b@client.example"}}}, wait...).is(201).into(&b)
	if b.State != "done" || !slices.Equal(b.verdicts(), []string{"created", "created"}) || !slices.Equal(b.Lines[0].Roles, []string{r}) {
		t.Errorf("it is %+v", b)
	}
	var i struct{ Roles []string }
	o.post("/v1/invites", m{"email": "c@client.example", "payer": "agency", "roles": slices.Repeat([]string{r}, 12)}).is(202).into(&i)
	if !slices.Equal(i.Roles, []string{r}) {
		t.Errorf("an invite with one role twelve times has %v", i.Roles)
	}
}

// TestPortalB8AContactThatCannotBeLinkedIsSaidBeforeTheMail holds that a line is judged by the rule of an invite sent by itself.
func TestPortalB8AContactThatCannotBeLinkedIsSaidBeforeTheMail(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	away, taken := o.contact(m{"name": "Away"}).ID, o.contact(m{"name": "Taken"}).ID
	o.delete("/v1/contacts/" + away).is(200)
	o.item("con#"+taken, map[string]types.AttributeValue{"client": &types.AttributeValueMemberS{Value: "cl_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}})
	var b batchAnswer
	o.post("/v1/batches", m{"lines": []m{{"email": "a@client.example", "contact": away}, {"email": "b@client.example", "contact": taken},
		{"email": "c@client.example", "contact": "con_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}}}, wait...).is(201).into(&b)
	if !slices.Equal(b.verdicts(), []string{"invalid", "invalid", "invalid"}) {
		t.Fatalf("they are %v", b.verdicts())
	}
	for n, says := range []string{"archived", "linked to another", "no such contact"} {
		if !strings.Contains(b.Lines[n].Reason, says) {
			t.Errorf("line %d: %s", n+1, b.Lines[n].Reason)
		}
	}
}

// TestPortalB6WhateverEndsAScheduledInviteGivesItsTimeBack holds that a time is promised to nobody any more once the invite is over,
// whichever way it ended.
func TestPortalB6WhateverEndsAScheduledInviteGivesItsTimeBack(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	l := o.share(m{})
	who := func(n int) string { return fmt.Sprintf("b6-%d-%s@client.example", n, p.run) }
	lines := make([]m, 20)
	for n := range lines {
		lines[n] = m{"email": who(n)}
	}
	var b, next batchAnswer
	o.post("/v1/batches", m{"lines": lines}).is(201).into(&b)
	hour := b.Lines[10].SendAt
	one := func(n int) batchLine {
		t.Helper()
		o.post("/v1/batches", m{"lines": []m{{"email": who(n)}}}).is(201).into(&next)
		if next.Lines[0].Verdict != "scheduled" {
			t.Fatalf("it is %+v", next.Lines[0])
		}
		return next.Lines[0]
	}
	if late := one(100); !late.SendAt.After(hour.Add(30 * time.Minute)) {
		t.Fatalf("the hour's places are not taken: %v, and then %v", hour, late.SendAt)
	}
	for n, end := range []func(batchLine){
		func(x batchLine) { o.post("/v1/invites/"+x.InviteID+"/cancel", nil).is(200) },
		func(x batchLine) { o.delete("/v1/clients/" + x.ClientID).is(200) },
		func(x batchLine) { // the person comes by a link before the mail, and does not know of it
			p.signIn(x.Email).post("/v1/join/"+l.token(), nil).is(200)
		},
	} {
		end(b.Lines[12+n])
		if x := one(200 + n); x.SendAt.After(hour.Add(5 * time.Minute)) {
			t.Errorf("way %d: %v stays promised, the next is %v", n, hour, x.SendAt)
		}
	}
	o.get("/v1/batches/" + b.ID).is(200).into(&b)
	for n := range 3 {
		if s := b.Lines[12+n].Status; s != "canceled" {
			t.Errorf("way %d: the invite is %s", n, s)
		}
	}
}

// TestPortalM2WhatAnAdministratorGivesWithAScheduledInviteIsTheAdministratorsToGive has an administrator change the roles of an employee's
// invite that waits for its time, and then a role be no employee's to give any more.
func TestPortalM2WhatAnAdministratorGivesWithAScheduledInviteIsTheAdministratorsToGive(t *testing.T) {
	p := start(t)
	if !p.moves() {
		notAsBuilt(t, "it waits for an hour")
	}
	o := p.shareOwner("m2-later")
	o.patch("/v1/portal-app", m{"employeesInvite": true}).is(200)
	plain := o.role(m{"name": "Plain", "active": true, "employeesMayGive": true})
	strong := o.role(m{"name": "Strong", "active": true})
	o.add(p.address("m2-emp"), "employee")
	e := p.signIn(p.address("m2-emp"))
	lines := make([]m, 13)
	for n := range lines {
		lines[n] = m{"email": fmt.Sprintf("m2-%d-%s@client.example", n, p.run), "roles": []string{plain.ID}}
	}
	var b batchAnswer
	e.post("/v1/batches", m{"lines": lines}).is(201).into(&b)
	given, left := b.Lines[11], b.Lines[12]
	if given.Verdict != "scheduled" || left.Verdict != "scheduled" {
		t.Fatalf("they are %v", b.verdicts())
	}
	o.patch("/v1/clients/"+given.ClientID, m{"roles": []string{strong.ID}}).is(200)
	o.patch("/v1/roles/"+plain.ID, m{"employeesMayGive": false}).is(200)
	p.advance(left.SendAt.Sub(p.now()) + 2*time.Minute)
	p.until("both are decided", func() bool {
		o.get("/v1/batches/" + b.ID).is(200).into(&b)
		return b.Lines[11].Status != "scheduled" && b.Lines[11].Status != "sending" && b.Lines[12].Status != "scheduled"
	})
	if s := b.Lines[11].Status; s != "pending" {
		t.Errorf("what the administrator has given is %s: %s", s, b.Lines[11].Reason)
	}
	if s := b.Lines[12]; s.Verdict != "failed" || !strings.Contains(s.Reason, "Plain") {
		t.Errorf("a role that is the employee's to give no more went out: %s %s", s.Verdict, s.Reason)
	}
}
