package apitest_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/identity"
)

// caller is somebody who makes requests: nobody at first, then a person with a cookie or a program with a key.
type caller struct {
	*product
	cookie string // the session cookie's value
	bearer string // an API key
	strict bool   // proves nothing again by itself

	mu  sync.Mutex
	jar map[string]string // the browser's other cookies
}

// cookies is what the browser sends.
func (c *caller) cookies() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	if c.cookie != "" {
		all = append(all, "__Host-session="+c.cookie)
	}
	for _, name := range slices.Sorted(maps.Keys(c.jar)) {
		all = append(all, name+"="+c.jar[name])
	}
	return strings.Join(all, "; ")
}

// keep puts what an answer sets into the jar; the session's cookie is the tests' own business.
func (c *caller) keep(set []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range set {
		switch {
		case x.Name == "__Host-session":
		case x.MaxAge < 0:
			delete(c.jar, x.Name)
		case c.jar == nil:
			c.jar = map[string]string{x.Name: x.Value}
		default:
			c.jar[x.Name] = x.Value
		}
	}
}

func (p *product) nobody() *caller { return &caller{product: p} }

// program is a caller with an API key.
func (p *product) program(key string) *caller { return &caller{product: p, bearer: key} }

// raw is a body that is sent as it is.
type raw string

// do makes a request. A body is sent as JSON, url.Values as a form, raw as it is; headers are pairs of name and value. Somebody who has to
// prove again who it is does so, and asks again.
func (c *caller) do(method, path string, body any, headers ...string) *answer {
	c.t.Helper()
	a := c.once(method, path, body, headers...)
	if c.strict || c.bearer != "" || !a.stepsUp() {
		return a
	}
	c.proves()
	return c.once(method, path, body, headers...)
}

// stepsUp tells whether the answer asks somebody to prove again who it is.
func (a *answer) stepsUp() bool {
	return a.status == 403 && bytes.Contains(a.body, []byte(`"step_up_required"`)) ||
		strings.HasPrefix(a.header.Get("Location"), "/step-up?")
}

// proves has the session know that its person has just proved who it is, without the mail.
func (c *caller) proves() { c.proved(c.now()) }

// proved has the session know that its person proved it then.
func (c *caller) proved(at time.Time) {
	c.t.Helper()
	user, session, err := identity.LocateSession(c.cookie)
	if err != nil {
		c.t.Fatal(err)
	}
	c.edit("us#"+string(user), "session#"+session, "SET proved = :now",
		map[string]types.AttributeValue{":now": number(at.UnixMilli())})
}

// once is do as it comes.
func (c *caller) once(method, path string, body any, headers ...string) *answer {
	c.t.Helper()
	var b []byte
	contentType := "application/json"
	switch v := body.(type) {
	case nil:
		contentType = ""
	case raw:
		b = []byte(v)
	case url.Values:
		b, contentType = []byte(v.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		if b, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if all := c.cookies(); all != "" {
		r.Header.Set("Cookie", all)
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := &answer{t: c.t, what: method + " " + path, status: res.StatusCode, header: res.Header, body: text, cookies: res.Cookies()}
	c.keep(res.Cookies())
	seen.note(c.t, c.product, method, strings.SplitN(path, "?", 2)[0], a)
	return a
}

func (c *caller) get(path string, headers ...string) *answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, headers...)
}

func (c *caller) post(path string, body any, headers ...string) *answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, body, headers...)
}

func (c *caller) delete(path string, headers ...string) *answer {
	c.t.Helper()
	return c.do(http.MethodDelete, path, nil, headers...)
}

// answer is what came back.
type answer struct {
	t       *testing.T
	what    string
	status  int
	header  http.Header
	body    []byte
	cookies []*http.Cookie
}

// is asks for a status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d\n%.1500s", a.what, a.status, status, a.body)
	}
	return a
}

// into reads a JSON answer.
func (a *answer) into(v any) *answer {
	a.t.Helper()
	if ct := a.header.Get("Content-Type"); ct != "application/json" {
		a.t.Fatalf("%s answered %q, want JSON\n%.500s", a.what, ct, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.body)
	}
	return a
}

// problem is RFC 9457's form with the product's own members.
type problem struct {
	Type, Title, Detail, Code, Reason, Existing string
	Status                                      int
	Errors                                      []struct{ Location, Message string }
}

// at is the message at a field.
func (p problem) at(field string) string {
	for _, e := range p.Errors {
		if e.Location == field {
			return e.Message
		}
	}
	return ""
}

// fails asks for a problem with a status and code, and for the form that every problem has.
func (a *answer) fails(status int, code string) problem {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d, want %d %s\n%.1500s", a.what, a.status, status, code, a.body)
	}
	var p problem
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Fatalf("%s answered %q, want a problem\n%.500s", a.what, ct, a.body)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.body)
	}
	if p.Code != code {
		a.t.Fatalf("%s answered the code %q, want %q\n%s", a.what, p.Code, code, a.body)
	}
	if p.Status != status || p.Title != http.StatusText(status) || p.Type != "/docs#"+code {
		a.t.Errorf("%s: type, title and status do not go with the answer: %s", a.what, a.body)
	}
	if !strings.HasSuffix(p.Detail, ".") || strings.ToUpper(p.Detail[:1]) != p.Detail[:1] {
		a.t.Errorf("%s: the detail %q is no sentence", a.what, p.Detail)
	}
	a.has("Cache-Control", "no-store")
	a.has("X-Content-Type-Options", "nosniff")
	return p
}

// says asks for a problem with exactly this sentence.
func (a *answer) says(status int, code, detail string) problem {
	a.t.Helper()
	p := a.fails(status, code)
	if p.Detail != detail {
		a.t.Errorf("%s says %q, want %q", a.what, p.Detail, detail)
	}
	return p
}

// has asks for a header field's value.
func (a *answer) has(name, value string) *answer {
	a.t.Helper()
	if got := a.header.Get(name); got != value {
		a.t.Errorf("%s answered %s: %q, want %q", a.what, name, got, value)
	}
	return a
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// text is a page as a person reads it.
func (a *answer) text() string {
	shown := inline.ReplaceAllString(string(a.body), "")
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(shown, "")), " "))
}

// shows asks for words on a page.
func (a *answer) shows(words ...string) *answer {
	a.t.Helper()
	text := a.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			a.t.Errorf("%s does not show %q, but: %.1500s", a.what, w, text)
		}
	}
	return a
}

// hides asks for words not to be in the answer at all.
func (a *answer) hides(words ...string) *answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(string(a.body), w) {
			a.t.Errorf("%s shows %q, and should not", a.what, w)
		}
	}
	return a
}

// session is the value of the session cookie that was set; "" when none was.
func (a *answer) session() string {
	for _, c := range a.cookies {
		if c.Name == "__Host-session" {
			return c.Value
		}
	}
	return ""
}

// signIn signs a person in through the API, with the code from the mailbox, as everybody does.
func (p *product) signIn(address string) *caller {
	p.t.Helper()
	c := p.nobody()
	p.skipMails(address)
	c.post("/v1/sign-in-codes", m{"email": address}).is(202)
	a := c.post("/v1/sessions", m{"email": address, "code": p.nextCode(address)}).is(201)
	if c.cookie = a.session(); c.cookie == "" {
		p.t.Fatalf("signing in %s set no session cookie", address)
	}
	return c
}

// m is a JSON object.
type m = map[string]any

// invite is an invite as the API answers it.
type invite struct {
	ID, ClientID, Email, Name, DisplayName, Payer, Status, Reason, Message string
	Grants                                                                 []struct{ Resource, Access string }
	Order                                                                  *m
	ExpiresAt, CreatedAt                                                   time.Time
	Timeline                                                               []struct {
		Event, Detail string
		At            time.Time
	}
}

func (i invite) events() []string {
	var all []string
	for _, e := range i.Timeline {
		all = append(all, e.Event)
	}
	return all
}

// wait is the preference to be told what became of the mail.
var wait = []string{"Prefer", "wait=10"}

// invite sends an invite and waits until its mail is out.
func (c *caller) invite(address string, more ...m) invite {
	c.t.Helper()
	body := m{"email": address}
	for _, x := range more {
		for k, v := range x {
			body[k] = v
		}
	}
	var i invite
	c.post("/v1/invites", body, wait...).is(201).into(&i)
	return i
}

// look reads an invite.
func (c *caller) look(id string) invite {
	c.t.Helper()
	var i invite
	c.get("/v1/invites/" + id).is(200).into(&i)
	return i
}

// thing is an instance or a service.
type thing struct {
	ID, Kind, Type, Name, Status, Access, URL string
	Linkable                                  bool
}

// things lists the agency's instances or services.
func (c *caller) things(path string) []thing {
	c.t.Helper()
	var list struct{ Items []thing }
	c.get("/v1/" + path).is(200).into(&list)
	return list.Items
}

// named picks what has the name.
func named(t *testing.T, all []thing, name string) thing {
	t.Helper()
	i := slices.IndexFunc(all, func(x thing) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("there is no %q among %+v", name, all)
	}
	return all[i]
}

// accept signs the invited person in and accepts the invitation of the newest mail.
func (p *product) accept(address string) *caller {
	p.t.Helper()
	secret := p.nextToken(address)
	c := p.signIn(address)
	c.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	return c
}
