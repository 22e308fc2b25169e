package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/ownsignin"
)

// question is one thing that can be asked of the product: an operation, a page, or a form of it.
type question struct {
	name    string
	who     identity.Who
	page    bool
	payload map[string]any // API Gateway's event
	held    event.Function // as it is deployed
	unheld  event.Function // whose wrapper lets everybody in, so that the use case decides
}

// askable is all that can be question, with the sample events as requests. What ends things comes last.
func askable(t *testing.T, p *product) []question {
	t.Helper()
	functions, err := p.local.Functions()
	if err != nil {
		t.Fatal(err)
	}
	var all []question
	for _, f := range p.local.Stack.Template.Functions {
		switch h := event.HandlerOf(functions[f.ID]).(type) {
		case *api.Resource:
			for _, o := range h.Operations {
				all = append(all, question{name: o.ID, who: o.Who, payload: sample(t, o.ID), held: functions[f.ID],
					unheld: event.HTTP(o.ID, h.Unheld(p.local.Origin()))})
			}
		case *web.Page:
			open := event.HTTP(h.ID, h.Unheld())
			all = append(all, question{name: h.ID, who: h.Who, page: true, payload: sample(t, h.ID), held: functions[f.ID], unheld: open})
			for _, form := range h.Forms {
				payload := sample(t, h.ID)
				payload["requestContext"].(map[string]any)["http"].(map[string]any)["method"] = http.MethodPost
				payload["body"] = url.Values{"do": {form.Do}}.Encode()
				payload["headers"].(map[string]any)["content-type"] = "application/x-www-form-urlencoded"
				all = append(all,
					question{name: h.ID + "." + form.Do, who: form.Who, page: true, payload: payload, held: functions[f.ID], unheld: open})
			}
		case *web.Redirect:
			all = append(all, question{name: h.ID, who: h.Who, page: true, payload: sample(t, h.ID), held: functions[f.ID]})
		}
	}
	ends := []string{"deleteAgency", "removeMember", "eraseMe", "accountPage.erase", "agencyPage.delete"}
	slices.SortStableFunc(all, func(a, b question) int { return slices.Index(ends, a.name) - slices.Index(ends, b.name) })
	return all
}

// sample is the sample event of an operation or a page.
func sample(t *testing.T, id string) map[string]any {
	t.Helper()
	var name strings.Builder
	for n, r := range id {
		if r >= 'A' && r <= 'Z' && n > 0 && id[n-1] >= 'a' {
			name.WriteByte('-')
		}
		name.WriteRune(r)
	}
	b, err := os.ReadFile(filepath.Join("../../../events", strings.ToLower(name.String())+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(b, &payload); err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	headers := payload["headers"].(map[string]any)
	for _, name := range []string{"authorization", "origin", "sec-fetch-site", "cookie"} {
		delete(headers, name)
	}
	delete(payload, "cookies")
	return payload
}

// verdict is what a caller was told about being who it is: "in" when it was let in, whatever became of it then.
func (x question) verdict(t *testing.T, f event.Function, c *caller) string {
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
	var answer struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	at := answer.Headers["location"]
	switch {
	case strings.HasPrefix(at, "/step-up?"),
		answer.StatusCode == http.StatusForbidden && strings.Contains(answer.Body, `"step_up_required"`):
		return "steps up"
	case strings.HasPrefix(at, "/sign-in/at/ag_") && !strings.Contains(at, "problem="),
		answer.StatusCode == http.StatusForbidden && strings.Contains(answer.Body, `"issuer_required"`):
		return "provider"
	case answer.StatusCode >= 500:
		t.Errorf("%s answered %d\n%.300s", x.name, answer.StatusCode, answer.Body)
	case answer.StatusCode == http.StatusNotFound && strings.Contains(answer.Body, "Ask an administrator of Client Portal for access"):
		return "absent"
	case answer.StatusCode == http.StatusUnauthorized, x.page && (at == "/sign-in" || strings.HasPrefix(at, "/sign-in?next=")):
		return "unauthenticated"
	case answer.StatusCode == http.StatusForbidden && (x.page || strings.Contains(answer.Body, `"code":"forbidden"`)):
		return "forbidden"
	case strings.Contains(at, "problem=forbidden"): // a redirect that tells it on the page it came from
		return "forbidden"
	}
	return "in"
}

// persona is somebody who asks.
type persona struct {
	name   string
	caller func() *caller // signed in anew where a call has ended the session
	person bool
	staff  bool // works at an agency
	scopes []identity.Scope
	void   bool // the credential does not count any more
	stale  bool // a person who has proved nothing for a while

	level   agency.Level       // where it works; "" is an owner's
	right   agency.PortalRight // in Client Portal
	invites bool               // whether its agency lets employees invite
	gone    bool               // a person who worked at an agency and does not any more
	bound   bool               // whom its agency's own provider let in
	barred  bool               // whose agency demands its own provider, and who came in otherwise
}

// expected is what the declaration says of the persona, before a use case says more. A page is no place for API keys.
func (s persona) expected(x question) string {
	w := x.who
	if !w.SignedIn() {
		return "in"
	}
	switch is := s.placedAt(x); {
	case is == "in" && s.stale && w.StepUp && !w.Inside:
		return "steps up"
	case !x.page && !s.person && !s.void && len(s.scopes) > 0 && w.Browser():
		return "steps up"
	default:
		return is
	}
}

// placedAt is the same without what takes a step-up.
func (s persona) placedAt(x question) string {
	w := x.who
	switch {
	case x.page && !s.person:
		return "unauthenticated"
	case w.Kind != identity.Staff && s.bound && !w.Bound:
		return "forbidden"
	case w.Kind != identity.Staff && s.person:
		return "in"
	case s.barred:
		return "provider"
	case w.Kind != identity.Staff, s.void, !s.person && len(s.scopes) == 0:
		return "unauthenticated"
	case s.staff, slices.Contains(s.scopes, w.Scope) && w.Keys():
		at := s.placed(w.Right)
		if at == "in" && (s.level == agency.Employee && slices.Contains(notThis, x.name) || s.level != "" && w.Owner ||
			s.level == agency.Admin && slices.Contains(forOwners, x.name)) {
			return "forbidden"
		}
		return at
	}
	return "forbidden"
}

// notThis is what an employee may do, and not as the sample asks for it: no instance is linked.
var notThis = []string{"sendInvite"}

// forOwners is what the use cases keep for owners besides what is declared so.
var forOwners = []string{"updateBranding", "updateLogo"}

// placed is what the standard's table says to somebody of the persona's level and right (PORTAL.md 4.4).
func (s persona) placed(r identity.Right) string {
	office, admin, denied := s.level != agency.Employee, s.level == "" || s.right == agency.Administrator, s.right == agency.Denied
	verdict := func(may bool) string {
		switch {
		case r != identity.Office && r != identity.Colleague && denied && (r != identity.Look || !office):
			return "absent"
		case may:
			return "in"
		}
		return "forbidden"
	}
	switch r {
	case identity.Office, identity.Oversee:
		return verdict(office)
	case identity.Colleague, identity.See, identity.Look:
		return verdict(true)
	case identity.Invite:
		return verdict(admin || s.invites)
	case identity.Administer:
		return verdict(admin)
	case identity.Manage:
		return verdict(admin && office)
	}
	return "unknown"
}

// TestWhoMayIsWhatIsDeclared asks for every operation, page and form as every kind of caller, and compares what each was told
// with what is declared; then once more with nobody held to it, so that the use cases alone decide. Of what takes a step-up those who may
// not are told so, however long ago they proved who they are: only who may is asked to step up (SENDER.md O8).
func TestWhoMayIsWhatIsDeclared(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this asks the functions in the product's own process")
	}
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	p.accept(p.address("ops"))
	colleague := o.add(p.address("removed"), "admin")
	o.delete("/v1/members/" + colleague.ID).is(204)
	place := identity.Membership{Agency: id.Agency(o.agencyOf()), Member: id.Member(colleague.ID)}
	suspended := p.address("suspended")
	_, closed := p.signUp(suspended, "Resting "+p.run)
	p.suspend(closed.ID)
	revoked := o.key("revoked "+p.run, "clients:read")
	o.delete("/v1/api-keys/" + revoked.ID).is(204)
	var all []string
	personas := []persona{
		{name: "anonymous", caller: p.nobody},
		{name: "a person without an agency", caller: p.again(p.address("nobody")), person: true},
		{name: "a client of another agency", caller: p.again(p.address("ops")), person: true},
		{name: "the owner", caller: p.again(owner), person: true, staff: true},
		{name: "the owner, who signed in a while ago", caller: p.stale(owner), person: true, staff: true, stale: true},
		{name: "the owner of another agency", caller: p.again(soloOwner), person: true, staff: true},
		{name: "the owner of a suspended agency", caller: p.again(suspended), person: true, staff: true},
		{name: "a revoked key", caller: func() *caller { return p.program(revoked.Secret) }, void: true},
		{name: "a removed member", caller: func() *caller { return p.session(email.Address(p.address("removed")), place) }, person: true, gone: true},
	}
	for _, s := range identity.Scopes() {
		key := o.key("only "+string(s)+" "+p.run, string(s))
		personas = append(personas, persona{name: "a key for " + string(s), scopes: []identity.Scope{s},
			caller: func() *caller { return p.program(key.Secret) }})
		all = append(all, string(s))
	}
	every := o.key("everything "+p.run, all...)
	personas = append(personas,
		persona{name: "a key for everything", scopes: identity.Scopes(), caller: func() *caller { return p.program(every.Secret) }})
	personas = append(personas, places(p, o, all)...)
	personas = append(personas, issued(p, o)...)
	things := askable(t, p)
	if len(things) < 100 {
		t.Errorf("only %d operations, pages and forms", len(things))
	}
	for _, x := range things {
		for _, s := range personas {
			if s.stale && s.level != "" && !x.who.StepUp {
				continue // it is no other than the same person who has just signed in
			}
			if ends := []string{"deleteAgency", "agencyPage.delete"}; slices.Contains(ends, x.name) && s.expected(x) == "in" {
				continue // what follows needs the agency
			}
			if x.name == "eraseMe" && s.level != "" && !s.person {
				continue // who made the key has just erased itself, and the key went along
			}
			want := s.expected(x)
			if got := x.verdict(t, x.held, s.caller()); got != want && x.who.SignedIn() {
				t.Errorf("%s (%s), asked by %s: %s, the declaration says %s", x.name, x.who, s.name, got, want)
			}
			if x.unheld == nil || s.void || s.gone || !x.who.SignedIn() || x.page && !s.person {
				continue
			}
			if s.barred || s.bound && strings.Contains(x.name, "Page.") {
				continue // finding out who calls bars the former; the latter's forms look at what was typed first, as the next ones do
			}
			if found := strings.Contains(x.name, "Page.") && s.level != ""; found && (s.placed(identity.See) == "in" || x.who.Owner) {
				continue // a form of a page looks first for what the sample names, which is not there; the API has the same use cases
			}
			if s.stale && (x.page || x.who.Inside) {
				continue // which look first for what the sample names, or at what was typed; TestSenderO8NobodyStepsUp… has what is there
			}
			if got := x.verdict(t, x.unheld, s.caller()); (got == "in") != (want == "in") {
				t.Errorf("%s (%s), decided by the use case for %s: %s, the declaration says %s", x.name, x.who, s.name, got, want)
			}
		}
	}
}

// issuedBy is the issuer of the agencies of issued, whom nobody asks.
const issuedBy = "https://idp.example"

// issued are people of agencies that have a provider of their own: an owner whom it let in, who is an owner of another agency and a
// client of a third one besides, and an owner who came by a code where it is demanded, which is no bar to anything else.
func issued(p *product, o *caller) []persona {
	p.t.Helper()
	table := dynamo.Open(p.aws(), p.place.Table, p.now)
	store := dynamo.NewOwnSignIns(table)
	owner := func(name string) (address email.Address, at identity.Membership) {
		address = email.Address(p.address(name))
		_, a := p.signUp(string(address), name+" "+p.run)
		p.onMax(a.ID)
		p.signUp(string(address), "Also "+name+" "+p.run)
		o.invite(string(address))
		p.accept(string(address))
		all, err := dynamo.NewSignUps(table).Memberships(p.t.Context(), id.UserOf(address))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, m := range all {
			if m.Agency == id.Agency(a.ID) {
				return address, m
			}
		}
		p.t.Fatalf("%s does not work at %s", address, a.ID)
		return "", identity.Membership{}
	}
	sets := func(at id.Agency, required bool) { // also anew, since what is asked changes it
		p.t.Helper()
		a, err := store.Agency(p.t.Context(), at)
		if err != nil {
			p.t.Fatal(err)
		}
		if a.SignIn.Issuer == issuedBy && a.SignIn.Required == required {
			return
		}
		people, err := store.People(p.t.Context(), at)
		if err != nil {
			p.t.Fatal(err)
		}
		c := ownsignin.Change{Agency: at, SignIn: agency.SignIn{Name: "Okta", Issuer: issuedBy, ClientID: "c", Secret: "s", SetAt: p.now(),
			Required: required, Version: a.SignIn.Version}, Staff: a.Staff}
		for i := range people {
			c.Holds = append(c.Holds, people[i].ID)
		}
		if err := store.Save(p.t.Context(), c); err != nil {
			p.t.Fatal(err)
		}
	}
	persist := func(at identity.Membership, required bool, open func() *caller) func() *caller {
		var c *caller
		return func() *caller {
			sets(at.Agency, required)
			if c == nil || c.get("/v1/sessions/current").status != http.StatusOK {
				c = open()
			}
			return c
		}
	}
	let, there := owner("let")
	barred, home := owner("barred")
	return []persona{
		{name: "an owner whom its agency's own provider let in", person: true, staff: true, bound: true,
			caller: persist(there, false, func() *caller { return p.bound(let, there) })},
		{name: "an owner who came by a code where its agency's own provider is demanded", person: true, staff: true, barred: true,
			caller: persist(home, true, func() *caller { return p.session(barred, home) })},
	}
}

// places are people and keys of every level and right: at an agency that lets employees invite nobody, and at one that does.
func places(p *product, o *caller, scopes []string) []persona {
	p.t.Helper()
	lets, made := p.signUp(p.address("lets"), "Lets them "+p.run)
	p.onMax(made.ID)
	lets.put("/v1/portal-app", nil).is(200)
	lets.patch("/v1/portal-app", m{"employeesInvite": true}).is(200)
	var all []persona
	add := func(boss *caller, invites bool, level agency.Level, right agency.PortalRight) {
		name := string(level) + " " + string(right)
		if invites {
			name += " who may invite"
		}
		n := len(all) / 3
		address := p.address("place" + strconv.Itoa(n))
		who := boss.add(address, "admin")
		p.skipMails(address)
		c := p.session(email.Address(address))
		key := c.key(name+" "+p.run, scopes...)
		boss.patch("/v1/members/"+who.ID, m{"level": string(level), "portalRight": string(right)}).is(200)
		all = append(all,
			persona{name: name, caller: p.again(address), person: true, staff: true, level: level, right: right, invites: invites},
			persona{name: name + ", who signed in a while ago", caller: p.stale(address), person: true, staff: true, stale: true, level: level,
				right: right, invites: invites},
			persona{name: "a key of " + name, caller: func() *caller { return p.program(key.Secret) }, scopes: identity.Scopes(), level: level,
				right: right, invites: invites})
	}
	add(o, false, agency.Admin, agency.Administrator)
	add(o, false, agency.Admin, agency.PortalEmployee)
	add(o, false, agency.Admin, agency.Denied)
	add(o, false, agency.Employee, agency.Administrator)
	add(o, false, agency.Employee, agency.PortalEmployee)
	add(o, false, agency.Employee, agency.Denied)
	add(lets, true, agency.Employee, agency.PortalEmployee)
	add(lets, true, agency.Employee, agency.Denied)
	return all
}

// forEmployees are all operations that an employee has. Whatever is not among them is refused to employees, so that a new one is
// thought about.
var forEmployees = []string{
	"getHome", "getNotificationSettings", "updateNotificationSettings", "getMailSettings", "removeMember", // their own, and their way about
	"listClients", "getClient", "listInvites", "getInvite", "previewInvite", "getContract", "getPayerChange", // what they see
	"getPortalApp", "listInstances", "getInstance", "listServices", "getService",
	"sendInvite", "resendInvite", "cancelInvite", "rescheduleInvite", "updateReminders", // where the agency lets them
	"listRoles", "getRole", "getClientRights", "previewAsClient", "listContacts", "getContact",
	"listBatches", "getBatch", "sendInvites", "cancelBatch", "exportBatch", "previewImport", "confirmImport",
}

// TestFL15FL16AnEmployeeHasWhatIsListed holds every operation of an agency to the list of those that employees have.
func TestFL15FL16AnEmployeeHasWhatIsListed(t *testing.T) {
	p := own(t, local.Options{})
	if p.local == nil || asBuilt != "" {
		t.Skip("this looks at the functions in the product's own process")
	}
	employee := persona{staff: true, person: true, level: agency.Employee, right: agency.PortalEmployee, invites: true}
	for _, x := range askable(t, p) {
		if x.page || x.who.Kind != identity.Staff {
			continue
		}
		if got := employee.placed(x.who.Right) == "in"; got != slices.Contains(forEmployees, x.name) {
			t.Errorf("%s (%s): employees have it %t", x.name, x.who, got)
		}
	}
}

// again is a person's caller, with a new session when a call has ended the last one.
func (p *product) again(who string) func() *caller {
	var c *caller
	return func() *caller {
		if c == nil || c.get("/v1/sessions/current").status != http.StatusOK {
			c = p.session(email.Address(who))
		}
		return c
	}
}

// stale is the same with sessions whose person has proved nothing for longer than a step-up lasts.
func (p *product) stale(who string) func() *caller {
	again := p.again(who)
	return func() *caller {
		c := again()
		c.proved(p.now().Add(-identity.StepUpLasts - time.Minute))
		return c
	}
}

// session signs somebody in without the mail, of which an address gets fifteen a day. The session acts for the place, which
// the person may have lost; without one for where the person works.
func (p *product) session(who email.Address, places ...identity.Membership) *caller {
	p.t.Helper()
	now := p.now().Truncate(time.Millisecond)
	table := dynamo.Open(p.aws(), p.place.Table, p.now)
	user, sid, hash := id.UserOf(who), ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()), who.Hash()
	cookie := secret.New(secret.Session, append(hash[:16:16], sid[:]...))
	s := &identity.Session{User: user, ID: sid.String(), Hash: secret.HashOf(cookie), Email: who, CreatedAt: now,
		ExpiresAt: now.Add(identity.SessionLifetime)}
	all, err := dynamo.NewSignUps(table).Memberships(p.t.Context(), user)
	if err != nil {
		p.t.Fatal(err)
	}
	places = append(places, all...)
	for _, at := range places {
		if at.Member != "" && s.Member == "" {
			s.Agency, s.Member = at.Agency, at.Member
		}
	}
	code := identity.NewCode(user, who, now, sid.String())
	code.Sent()
	if err := dynamo.NewSignIns(table).OpenSession(p.t.Context(), code, s, nil); err != nil {
		p.t.Fatal(err)
	}
	return &caller{product: p, cookie: cookie}
}
