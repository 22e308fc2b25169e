package apitest_test

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// desk is what getHome answers.
type desk struct {
	Tasks     []deskTask
	MoreTasks int
	Clients   *struct {
		Pending, Active, Inactive int
		Reasons                   map[string]int
		More                      bool
	}
	Instances *struct{ All, Up, Down int }
	Steps     []struct {
		Step string
		Done bool
	}
	Events []occurrence
}

// deskTask is one thing that needs the agency.
type deskTask struct {
	Kind, Text, ClientID, ResourceID string
	At                               time.Time
}

func (c *caller) home() desk {
	c.t.Helper()
	var d desk
	c.get("/v1/home").is(200).into(&d)
	return d
}

// kinds are the kinds of the tasks, in their order.
func (d desk) kinds() string {
	var all []string
	for _, t := range d.Tasks {
		all = append(all, t.Kind)
	}
	return strings.Join(all, " ")
}

func TestX17HomeTellsWhatNeedsTheAgency(t *testing.T) {
	notAsBuilt(t, "the clock moves, and with it what an invite waits for")
	p := start(t)
	o, me := p.signUp(p.address("nora"), "Fresh Flows "+p.run)
	p.onMax(me.ID)
	if d := o.home(); d.kinds() != "" || d.Clients == nil || d.Clients.Pending != 0 || d.Events == nil {
		t.Errorf("a new agency has %+v", d)
	}
	expires := o.invite(p.address("expires"), m{"name": "Late Ltd"})
	o.invite(p.address("active"))
	p.accept(p.address("active"))
	p.advance(6*24*time.Hour + time.Hour)
	o = p.signInLater(p.address("nora"))
	asks := o.invite(p.address("asks"), m{"name": "Wrong Ltd"})
	secret := p.nextToken(asks.Email)
	p.nobody().post("/v1/invitations/"+secret+"/propose", m{"email": p.address("other")}).is(204)
	d := o.home()
	if want := "address_proposed invite_expires"; d.kinds() != want {
		t.Fatalf("%s wait, want %s", d.kinds(), want)
	}
	if x := d.Tasks[0]; x.ClientID != asks.ClientID || x.Text != "Wrong Ltd asked to use another address." {
		t.Errorf("the wish is told as %+v", x)
	}
	if x := d.Tasks[1]; x.ClientID != expires.ClientID || !x.At.After(p.now()) {
		t.Errorf("the end is told as %+v", x)
	}
	if c := d.Clients; c.Pending != 2 || c.Active != 1 || c.Inactive != 0 || c.More {
		t.Errorf("clients in numbers: %+v", c)
	}
	if len(d.Steps) != 0 {
		t.Errorf("who has clients is told to begin: %+v", d.Steps)
	}
	if len(d.Events) == 0 || len(d.Events) > 8 || d.Events[0].Subject.Name == "" {
		t.Errorf("the newest events are %+v", d.Events)
	}
	page := string(o.get("/home").is(200).body)
	for _, want := range []string{"2 things need you.", "Late Ltd", `action="/clients/` + expires.ClientID + `"`, `value="resend"`,
		`href="/clients/` + asks.ClientID + `"`, `href="/clients?status=pending"`, `aria-current="page"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// Doing what it says settles it.
	o.post("/clients/"+expires.ClientID, do("resend", nil)).is(303)
	if got := o.home().kinds(); got != "address_proposed" {
		t.Errorf("after sending again %s wait", got)
	}
	// An expired invite waits only once its holder asks.
	p.advance(8 * 24 * time.Hour)
	o = p.signInLater(p.address("nora"))
	if got := o.home().kinds(); got != "" {
		t.Errorf("after everything expired %s wait", got)
	}
	p.nobody().post("/v1/invitations/"+secret+"/request-link", nil).is(204)
	if got := o.home().kinds(); got != "link_requested" {
		t.Errorf("%s wait, want link_requested", got)
	}
}

func TestHomeTellsOfMailThatBouncesAndInstancesThatAreDown(t *testing.T) {
	p := start(t)
	o, me := p.signUp(p.address("nora"), "Broken Flows "+p.run)
	p.onMax(me.ID)
	n8n := o.tie(p.far("down"))
	o.invite("bounce@simulator.amazonses.com", m{"name": "Gone Ltd"})
	p.until("the mail bounces", func() bool { return o.home().kinds() == "bounced" })
	p.breaks(p.far("down"), "fail")
	o.post("/v1/instances/"+n8n.ID+"/check", nil)
	d := o.home()
	if d.kinds() != "instance_down bounced" || d.Tasks[0].ResourceID != n8n.ID || d.Instances.Down != 1 || d.Instances.Up != 0 {
		t.Errorf("%+v", d)
	}
}

func TestHomeShowsAKeyWhatItsScopesAllow(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	d := p.program(o.key("only the agency "+p.run, "agency:read").Secret).home()
	if d.Clients != nil || d.Instances != nil || len(d.Events) != 0 || len(d.Tasks) != 0 {
		t.Errorf("a key for agency:read sees %+v", d)
	}
	d = p.program(o.key("clients too "+p.run, "agency:read", "clients:read").Secret).home()
	if d.Clients == nil || d.Clients.Pending == 0 || d.Instances != nil || len(d.Events) != 0 {
		t.Errorf("a key for clients:read, too, sees %+v", d)
	}
}

func TestWhoSignsInComesHome(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.get("/").is(303).has("Location", "/home")
	if page := string(o.get("/clients").is(200).body); strings.Index(page, `href="/home"`) > strings.Index(page, `href="/instances"`) {
		t.Error("home does not come first in the panel")
	}
}

func TestFirstStepsOnFreeLeadToThePlanAndTheSandbox(t *testing.T) {
	p := start(t)
	o, me := p.signUp(p.address("new"), "New Studio "+p.run)
	steps := func() string {
		var all []string
		for _, s := range o.home().Steps {
			word := s.Step
			if s.Done {
				word += "!"
			}
			all = append(all, word)
		}
		return strings.Join(all, " ")
	}
	if got := steps(); got != "brand connect plan invite" {
		t.Errorf("the first steps are %s", got)
	}
	page := string(o.get("/home").is(200).body)
	for _, want := range []string{`href="/upgrade"`, `href="/sandbox/start"`, `href="/settings"`, `href="/instances?ask=connect"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "invite=new") {
		t.Error("who is on Free is asked to invite")
	}
	o.patch("/v1/agency/branding", m{"color": "#0b6e4f"}).is(200)
	o.post("/v1/services", m{"type": "other", "name": "Line", "url": "https://line.example/"}).is(201)
	p.onMax(me.ID)
	if got := steps(); got != "brand! connect! invite" {
		t.Errorf("then the steps are %s", got)
	}
	o.invite(p.address("first"))
	if got := steps(); got != "" {
		t.Errorf("with a client the steps are %s", got)
	}
}

func TestX30TheSandboxIsOpenOnAnyPlanAndMakesNothing(t *testing.T) {
	p := start(t)
	o, me := p.signUp(p.address("solo"), "Solo "+p.run)
	before := p.items(me.ID)
	var box struct {
		Sandbox    bool
		Notice     string
		Client     person
		Invitation struct{ Email, Standing string }
		Portal     struct {
			Instances []struct{ Name, Access string }
		}
		Pages struct{ Email, Invitation, Portal string }
	}
	o.post("/v1/sandbox", nil).is(200).into(&box)
	if !box.Sandbox || box.Notice != "Sandbox: nothing here is real, no email is sent" || box.Client.Status != "pending" ||
		!strings.HasSuffix(box.Invitation.Email, ".example") || len(box.Portal.Instances) != 2 {
		t.Errorf("%+v", box)
	}
	o.get("/v1/clients/" + box.Client.ID).is(404)
	for _, step := range []string{"start", "email", "invitation", "invitation?answer=decline", "invitation?answer=propose", "declined",
		"proposed", "portal", "portal?welcome=1", "workflows", "workflows?of=reports", "workflows?on=2.9.<script>"} {
		a := o.get("/sandbox/" + step).is(200)
		body := string(a.body)
		if !strings.Contains(body, "Sandbox: nothing here is real, no email is sent") {
			t.Errorf("%s is not marked\n%.600s", step, body)
		}
		if step != "start" && strings.Contains(body, "<script") {
			t.Errorf("%s runs a script", step)
		}
		if step != "email" {
			armoured(t, a)
		}
	}
	o.get("/sandbox/nothing").is(404)
	email := o.get("/sandbox/email").is(200)
	if policy := email.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
		strings.Contains(policy, "script-src") {
		t.Errorf("the email's policy is %s", policy)
	}
	if !strings.Contains(string(email.body), `href="`+box.Pages.Invitation+`"`) {
		t.Error("the email does not lead to the sandbox's invitation")
	}
	// Its forms lead through it, and change nothing.
	for form, next := range map[string]string{"accept": "/sandbox/portal?welcome=1", "decline": "/sandbox/declined",
		"propose": "/sandbox/proposed"} {
		o.post("/sandbox/invitation", do(form, url.Values{"reason": {"no"}, "email": {"x"}})).is(303).has("Location", next)
	}
	o.post("/sandbox/workflows", do("workflow", url.Values{"workflow": {"1"}, "active": {"false"}})).is(303).
		has("Location", "/sandbox/workflows?on=2")
	if got := len(p.items(me.ID)); got != len(before) {
		t.Errorf("the agency has %d items, and had %d", got, len(before))
	}
	if got := p.mails(box.Client.Email); len(got) != 0 {
		t.Errorf("mails were sent: %v", got)
	}
	// FE1 and FS8 hold beside it.
	f := o.post("/v1/invites", m{"email": p.address("real"), "payer": "agency"}).is(403)
	if !strings.Contains(string(f.body), "Inviting clients needs the Max plan.") {
		t.Errorf("%s", f.body)
	}
	if found, _ := o.find(""); len(found) != 0 {
		t.Errorf("%v are clients", found)
	}
}

// TestHomesNumbersAreThoseOfTheListsTheyLeadTo: each says of how many of what, and its list has as many, under that word.
func TestHomesNumbersAreThoseOfTheListsTheyLeadTo(t *testing.T) {
	p := start(t)
	o, me := p.signUp(p.address("nora"), "Counted Flows "+p.run)
	p.onMax(me.ID)
	up, down := o.tie(p.far("up")), o.tie(p.far("down"))
	p.breaks(p.far("down"), "fail")
	o.post("/v1/instances/"+down.ID+"/check", nil)
	o.invite(p.address("pending"))
	o.invite(p.address("active"))
	p.accept(p.address("active"))
	for _, n := range []string{"one", "two"} {
		o.post("/v1/invites/"+o.invite(p.address(n)).ID+"/cancel", nil).is(200)
	}
	declined := o.invite(p.address("declined"))
	p.nobody().post("/v1/invitations/"+p.nextToken(declined.Email)+"/decline", nil).is(204)

	c := o.home().Clients
	if c.Pending != 1 || c.Active != 1 || c.Inactive != 3 || len(c.Reasons) != 2 || c.Reasons["canceled"] != 2 ||
		c.Reasons["declined"] != 1 {
		t.Errorf("clients in numbers: %+v", c)
	}
	home := string(o.get("/home").is(200).body)
	if strings.Contains(home, "Inactive") {
		t.Error("home doesn't say why clients are inactive")
	}
	numbers := regexp.MustCompile(`<li><a href="(/[^"]+)"><b class="[a-z]*">(\d+)</b><span>([^<]+)</span>`).FindAllStringSubmatch(home, -1)
	seen := map[string]string{}
	for _, m := range numbers {
		path, n, word := html.UnescapeString(m[1]), m[2], m[3]
		seen[word] = n
		if strings.Contains(path, "invite=new") {
			continue
		}
		list := string(o.get(path).is(200).body)
		row := `href="/clients/cl_`
		if strings.HasPrefix(path, "/instances") {
			row = `href="/instances/ins_`
		}
		_, table, _ := strings.Cut(list, "<tbody>")
		table, _, _ = strings.Cut(table, "</tbody>")
		if got := strconv.Itoa(strings.Count(table, "<tr")); got != n || !strings.Contains(table, row) {
			t.Errorf("%s %s leads to a list of %s at %s", n, word, got, path)
		}
		if !regexp.MustCompile(`aria-current="true">[^<]+ <span>` + n + `</span>`).MatchString(list) {
			t.Errorf("the filter at %s has another number than %s", path, n)
		}
	}
	for word, n := range map[string]string{"Pending": "1", "Active": "1", "Cancelled": "2", "Declined": "1", "Instances running": "1",
		"Instances down": "1"} {
		if seen[word] != n {
			t.Errorf("home counts %q %s, want %s", seen[word], word, n)
		}
	}
	// A list that has become empty meanwhile says so, and leads back to all.
	o.get("/instances").is(200).shows("Running or active", "Not answering")
	p.breaks(p.far("down"), "")
	o.post("/v1/instances/"+down.ID+"/check", nil).is(200)
	o.get("/instances?status=down").is(200).shows("No instance is like that right now.", "All 2")
	o.get("/instances?status=none").is(200).shows(up.Name, down.Name)
}
