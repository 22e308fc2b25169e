package apitest_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sheet sends a file by the page's form.
func (c *caller) sheet(file string) *answer {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	token := regexp.MustCompile(`name="form-token" value="([^"]+)"`).FindSubmatch(c.get("/client-portal/invite").is(200).body)
	if token != nil {
		if err := w.WriteField("form-token", string(token[1])); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := w.WriteField("do", "check"); err != nil {
		c.t.Fatal(err)
	}
	part, err := w.CreateFormFile("file", "people.csv")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do("POST", "/client-portal/invite", raw(b.Bytes()), "Content-Type", w.FormDataContentType())
}

func TestPortalFL7ThePageInvitesManyWithoutAScript(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.get("/client-portal/invite").is(404)
	o.installs()
	role := o.hasRole("Client", true)
	o.hasRole("Off for now", false)
	first := o.get("/client-portal/invite").is(200).shows("Invite User", "More", "Client").hides("Off for now") // FL9
	if n := strings.Count(string(first.body), `name="email"`); n != 3 {
		t.Errorf("it begins with %d lines", n)
	}
	// More is a submit that adds a line and keeps what was typed.
	form := url.Values{"key": {"0123456789abcdef"}, "email": {"a@client.example", "", ""}, "name": {"Acme", "", ""}, "role1": {role},
		"do": {"more"}}
	more := o.post("/client-portal/invite", form).is(200)
	if s := string(more.body); strings.Count(s, `name="email"`) != 4 || !strings.Contains(s, `value="a@client.example"`) {
		t.Error("a line is missing, or what was typed")
	}
	// A pasted list becomes lines.
	form.Set("do", "read")
	form.Set("paste", "B <b@client.example>, c@client.example; nobody")
	read := o.post("/client-portal/invite", form).is(200)
	for _, want := range []string{"a@client.example", "b@client.example", "c@client.example", "nobody"} {
		if !strings.Contains(string(read.body), `value="`+want+`"`) {
			t.Errorf("%s is no line", want)
		}
	}
	form = url.Values{"key": {"0123456789abcdef"}, "do": {"send"}, "role1": {role},
		"email": {"a@client.example", "b@client.example", "", "nobody"}, "name": {"Acme", "", "", ""}}
	sent := o.post("/client-portal/invite", form).is(303)
	at := sent.header.Get("Location")
	o.get(at).is(200).shows("2 of 3 invited", "a@client.example", "4. nobody", "Not sent")
	if again := o.post("/client-portal/invite", form).is(303); again.header.Get("Location") != at {
		t.Error("the same form is another batch")
	}
	o.post("/client-portal/invite", url.Values{"do": {"send"}, "email": {"", ""}}).is(422).shows("Add at least one email address.")
}

// ticks are the boxes of a page with the name, by their values: whether each is ticked.
func (a *answer) ticks(name string) map[string]bool {
	out := map[string]bool{}
	box := regexp.MustCompile(`<input type="checkbox" name="` + name + `" value="([^"]+)"( checked)?>`)
	for _, x := range box.FindAllSubmatch(a.body, -1) {
		out[string(x[1])] = len(x[2]) > 0
	}
	return out
}

// TestPortalFL8ContactsArePickedOnThePage finds contacts while lines are typed, makes lines of them, and invites them.
func TestPortalFL8ContactsArePickedOnThePage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	role, other := o.hasRole("Client", true), o.hasRole("Accountant", true)
	ida := o.contact(m{"name": "Ida Berg", "email": "ida@acme.example"})
	quiet := o.contact(m{"name": "Omar Bergen"}) // has no address
	o.contact(m{"name": "Zoe", "email": "zoe@acme.example"})
	form := url.Values{"key": {"0123456789abcdef"}, "email": {"first@acme.example", "", "half@"}, "name": {"First", "", ""},
		"role1": {role, other}, "role2": {other}, "find": {"berg"}, "do": {"find"}}
	// The key Enter searches, too, and sends nothing.
	for _, do := range []string{"find", "enter"} {
		form.Set("do", do)
		found := o.post("/client-portal/invite", form).is(200).shows("Ida Berg", "ida@acme.example", "Omar Bergen", "No email").hides("Zoe")
		if got := found.ticks("pick"); len(got) != 2 {
			t.Errorf("by %s there are %v", do, got)
		}
		for _, typed := range []string{`value="first@acme.example"`, `value="First"`, `value="half@"`, `value="berg"`} {
			if !strings.Contains(string(found.body), typed) {
				t.Errorf("%s is lost by %s", typed, do)
			}
		}
		if got := found.ticks("role1"); !got[role] || !got[other] {
			t.Errorf("the roles of the first line are %v", got)
		}
	}
	form.Set("do", "pick")
	o.post("/client-portal/invite", form).is(422).shows("Tick who to add.", "Omar Bergen")
	form["pick"] = []string{ida.ID, quiet.ID, "con_none", ida.ID}
	picked := o.post("/client-portal/invite", form).is(200)
	s := string(picked.body)
	if strings.Count(s, `name="email"`) != 4 || !strings.Contains(s, `value="ida@acme.example"`) ||
		!picked.ticks("contact2")[ida.ID] || !picked.ticks("contact4")[quiet.ID] || !picked.ticks("role2")[other] {
		t.Error("the contacts are no lines, or a role is lost")
	}
	// What is sent is linked to the contact, but where somebody has unticked it.
	form = url.Values{"key": {"0123456789abcdef"}, "do": {"send"}, "email": {"ida.new@acme.example", "omar@acme.example"},
		"name": {"Ida", "Omar"}, "contact1": {ida.ID}, "role1": {role, other}}
	at := o.post("/client-portal/invite", form).is(303).header.Get("Location")
	var b batchAnswer
	o.get("/v1/batches/" + strings.Split(at, "batch=")[1]).is(200).into(&b)
	if l := b.Lines[0]; l.Contact != ida.ID || len(l.Roles) != 2 || b.Lines[1].Contact != "" || b.Lines[1].Verdict != "created" {
		t.Errorf("it has become %+v", b.Lines)
	}
	if c := p.accept("ida.new@acme.example"); c == nil {
		t.Fatal("nobody accepts")
	}
	var card struct{ ExternalUser *struct{ Email string } }
	o.get("/v1/contacts/" + ida.ID).is(200).into(&card)
	if card.ExternalUser == nil || card.ExternalUser.Email != "ida.new@acme.example" {
		t.Error("the contact is linked to nobody")
	}
	// Who is linked is not offered, and a link of the contact's own page fills the line.
	o.post("/client-portal/invite", url.Values{"do": {"find"}, "find": {"ida"}}).is(200).shows("No contact without an external user")
	s = string(o.get("/client-portal/invite?contact=" + quiet.ID).is(200).body)
	if !strings.Contains(s, `value="Omar Bergen"`) || !strings.Contains(s, `value="`+quiet.ID+`" checked`) {
		t.Error("the contact's line is empty")
	}
}

// TestPortalFL9SeveralRolesOfALine gives lines several roles, in an agency with few and with many of them.
func TestPortalFL9SeveralRolesOfALine(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	var roles []string
	for n := range 30 {
		var made struct{ ID string }
		o.post("/v1/roles", m{"name": fmt.Sprintf("Role %02d", n), "active": true}).is(201).into(&made)
		roles = append(roles, made.ID)
	}
	lines := url.Values{"key": {"0123456789abcdef"}, "do": {"more"}}
	for n := range 49 {
		lines.Add("email", fmt.Sprintf("somebody.with.a.long.name%d@client.example", n))
		lines.Add("name", fmt.Sprintf("Somebody With A Long Name %d", n))
		lines[fmt.Sprint("role", n+1)] = roles[n%20 : n%20+2]
	}
	full := o.post("/client-portal/invite", lines).is(200).hides("More")
	if n := strings.Count(string(full.body), `name="email"`); n != 50 || len(full.body) > 60_000 {
		t.Errorf("%d lines take %d bytes", n, len(full.body))
	}
	if s := string(full.body); !strings.Contains(s, `name="role3" value="`+roles[2]+`"`) || !strings.Contains(s, "Role 02, Role 03") {
		t.Error("the roles of a line are lost")
	}
	lines.Set("do", "roles")
	open := o.do("POST", "/client-portal/invite?line=3", raw(lines.Encode()), "Content-Type", "application/x-www-form-urlencoded").is(200)
	if got := open.ticks("role3"); len(got) != 30 || !got[roles[2]] || !got[roles[3]] || got[roles[4]] {
		t.Errorf("the third line offers %v", got)
	}
	// A pasted list has its own.
	read := url.Values{"do": {"read"}, "paste": {"x@client.example, y@client.example"}, "role": {roles[0], roles[5]}, "email": {"", ""}}
	pasted := o.post("/client-portal/invite", read).is(200)
	for n := 1; n <= 2; n++ {
		if got := pasted.ticks(fmt.Sprint("role", n)); !got[roles[0]] || !got[roles[5]] || got[roles[1]] {
			t.Errorf("line %d has %v", n, got)
		}
	}
	// What is asked for and cannot be given any more is refused, and not left out in silence; and too much of it is.
	o.do("PATCH", "/v1/roles/"+roles[7], m{"active": false}).is(200)
	send := url.Values{"key": {"0123456789abcdef"}, "do": {"send"}, "email": {"a@client.example", "b@client.example", "c@client.example"},
		"role1": {roles[0], roles[1]}, "role2": {roles[0], roles[7]}, "role3": roles[8:19]}
	at := o.post("/client-portal/invite", send).is(303).header.Get("Location")
	o.get(at).is(200).shows("1 of 3 invited", "isn't active", "Pick at most 10 roles.", "Correct what wasn't sent")
	var b batchAnswer
	o.get("/v1/batches/" + strings.Split(at, "batch=")[1]).is(200).into(&b)
	if !slices.Equal(b.verdicts(), []string{"created", "role", "invalid"}) || !slices.Equal(b.Lines[0].Roles, roles[:2]) {
		t.Errorf("it has become %+v", b.Lines)
	}
	// What was not sent is typed already when it is corrected.
	again := o.get("/client-portal/invite?again=" + b.ID).is(200)
	if s := string(again.body); !strings.Contains(s, `value="b@client.example"`) || !strings.Contains(s, `value="c@client.example"`) ||
		strings.Contains(s, `value="a@client.example"`) || !again.ticks("role1")[roles[0]] || !again.ticks("role2")[roles[9]] {
		t.Error("what was not sent is not in the form")
	}
}

func TestPortalX10ThePageChecksAFileAndSendsItOnceConfirmed(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	file := "email,name,shoe size\n"
	for n := range 12 {
		file += fmt.Sprintf("p%d@client.example,P%d,\n", n, n)
	}
	o.sheet("").is(422).shows("Choose a CSV file.")
	o.sheet("name\nx\n").is(422)
	o.sheet(strings.Repeat("x", 2<<20)).is(413)
	checked := o.sheet(file + "bad,,\n").is(303)
	shown := o.get(checked.header.Get("Location")).is(200).shows("12 of 13 rows are ready", "shoe size", "Send 12 invites")
	hash := regexp.MustCompile(`name="hash" value="([^"]+)"`).FindSubmatch(shown.body)
	sent := o.post("/client-portal/invite", url.Values{"do": {"confirm"}, "hash": {string(hash[1])}}).is(303)
	at := sent.header.Get("Location")
	o.get(at).is(200).shows("Scheduled", "Cancel what's scheduled", "Download as CSV")

	// FL10, FL14: what is sent stands under Invitations, and can be cancelled and sent again there.
	list := o.get("/client-portal/invitations").is(200).shows("P0", "P11", "Scheduled", "Goes out about")
	id := regexp.MustCompile(`name="do" value="cancel"><input type="hidden" name="invite" value="([^"]+)"`).FindSubmatch(list.body)
	o.post("/client-portal/invitations", url.Values{"do": {"cancel"}, "invite": {string(id[1])}}).is(303)
	o.post("/client-portal/invitations", url.Values{"do": {"resend"}, "invite": {string(id[1])}}).is(409)
	o.get("/client-portal/invitations?show=ended").is(200).shows("Cancelled")
	o.post("/client-portal/invite", url.Values{"do": {"cancel"}, "batch": {strings.Split(at, "batch=")[1]}}).is(303)
	if s := o.get("/client-portal/invitations").is(200); strings.Contains(s.text(), "Scheduled") {
		t.Error("something still waits")
	}
	p.advance(2 * time.Minute)
	p.accept("p5@client.example")
	if s := o.get("/client-portal/invitations").is(200); slices.Contains(strings.Fields(s.text()), "P5") {
		t.Error("who has joined is among the invitations still")
	}
	p.signIn(soloOwner).get("/client-portal/invitations").is(404)
}

func TestPortalFL10InvitationsListsTheBatches(t *testing.T) {
	p := start(t)
	o := p.signIn(owner).installs()
	o.get("/client-portal/invitations?show=batches").is(200).shows("No batches here")
	lines := append(people(12, "a"), m{"email": "A0@client.example"}, m{"email": "x"})
	var b batchAnswer
	o.post("/v1/batches", m{"lines": lines}).is(201).into(&b)
	o.post("/v1/batches", m{"lines": people(2, "a")}).is(201)
	o.sheet("email\ndry@client.example\n").is(303) // a dry run is none
	shown := o.get("/client-portal/invitations?show=batches").is(200).
		shows("14 people", "12 invites, 1 duplicate, 1 not sent", "The last one goes out about", "2 people",
			"no invites, 2 already invited")
	s := string(shown.body)
	for _, want := range []string{`href="/client-portal/invite?batch=` + b.ID + `"`, `href="/v1/batches/` + b.ID + `/export"`} {
		if !strings.Contains(s, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Count(s, "/export") != 2 || strings.Index(s, ">2 people<") > strings.Index(s, ">14 people<") {
		t.Error("there are others, or they are out of order")
	}
	// FL10: by the API, with what the lines have become, in pages.
	var list struct {
		Items []struct {
			ID, State, By        string
			Verdicts             map[string]int
			CreatedAt, DeletedAt time.Time
		}
		NextCursor *string
	}
	o.get("/v1/batches?limit=1").is(200).into(&list)
	if len(list.Items) != 1 || list.NextCursor == nil || list.Items[0].Verdicts["pending"] != 2 || list.Items[0].ID == b.ID {
		t.Fatalf("the first page is %+v", list)
	}
	o.get("/v1/batches?limit=1&cursor=" + *list.NextCursor).is(200).into(&list)
	if len(list.Items) != 1 || list.Items[0].ID != b.ID ||
		list.Items[0].Verdicts["created"] != 10 || list.Items[0].Verdicts["scheduled"] != 2 {
		t.Fatalf("the second page is %+v", list)
	}
	o.get("/v1/batches?cursor=cl_1").fails(422, "invalid")
	o.get("/client-portal/invitations?show=batches&cursor=x").is(404)
	// The page has pages, too.
	for n := range 21 {
		o.post("/v1/batches", m{"lines": m1(fmt.Sprintf("more%d@client.example", n))}).is(201)
	}
	first := o.get("/client-portal/invitations?show=batches").is(200)
	next := regexp.MustCompile(`href="([^"]*cursor=bat_[^"]+)"`).FindSubmatch(first.body)
	if next == nil || strings.Count(string(first.body), "/export") != 20 {
		t.Fatal("there is no second page, or the first has another length")
	}
	second := o.get(html.UnescapeString(string(next[1]))).is(200).shows("14 people", "Newest")
	if strings.Count(string(second.body), "/export") != 3 {
		t.Error("the second page has another length")
	}
	p.signIn(soloOwner).installs().get("/client-portal/invitations?show=batches").is(200).shows("No batches here")
}

// m1 is one line of a batch.
func m1(email string) []m { return []m{{"email": email}} }
