package apitest_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/url"
	"regexp"
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
	form := url.Values{"key": {"0123456789abcdef"}, "email": {"a@client.example", "", ""}, "name": {"Acme", "", ""}, "role": {role, "", ""},
		"contact": {"", "", ""}, "do": {"more"}}
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
	form = url.Values{"key": {"0123456789abcdef"}, "do": {"send"}, "role": {role, "", "", ""}, "contact": {"", "", "", ""},
		"email": {"a@client.example", "b@client.example", "", "nobody"}, "name": {"Acme", "", "", ""}}
	sent := o.post("/client-portal/invite", form).is(303)
	at := sent.header.Get("Location")
	o.get(at).is(200).shows("2 of 3 are invites now", "a@client.example", "4. nobody", "Not sent")
	if again := o.post("/client-portal/invite", form).is(303); again.header.Get("Location") != at {
		t.Error("the same form is another batch")
	}
	o.post("/client-portal/invite", url.Values{"do": {"send"}, "email": {"", ""}}).is(422).shows("Add at least one email address.")

	// FL8: a contact fills the line.
	s := string(o.get("/client-portal/invite?contact=con_01KC5R9V3MC2E4G6J8N0Q2S4V6&email=ops@acme.example").is(200).body)
	if !strings.Contains(s, `value="ops@acme.example"`) || !strings.Contains(s, `value="con_01KC5R9V3MC2E4G6J8N0Q2S4V6"`) {
		t.Error("the contact's line is empty")
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
	o.get("/client-portal/invitations").is(200).hides("P5")
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
