package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

var now = time.Date(2025, 11, 21, 14, 3, 22, 0, time.UTC)

func site() *Site { return New("Latchkey", "https://portal.example", func() time.Time { return now }) }

func do(h http.Handler, method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://portal.example"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhatHasNoRoute(t *testing.T) {
	t.Parallel()
	h := NotFound(site())
	for _, c := range []struct{ method, path, kind string }{
		{"GET", "/nowhere", "text/html; charset=utf-8"},
		{"POST", "/nowhere", "text/html; charset=utf-8"},
		{"GET", "/i/", "text/html; charset=utf-8"},
		{"GET", "/v1/nowhere", "application/problem+json"},
		{"DELETE", "/v1/nowhere", "application/problem+json"},
		{"GET", "/v1", "application/problem+json"},
		{"GET", "/v1/invites/", "application/problem+json"},
	} {
		w := do(h, c.method, c.path, nil)
		if w.Code != http.StatusNotFound || w.Header().Get("Allow") != "" || w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s %s: %d, Allow %q, %s; want 404, %s", c.method, c.path, w.Code, w.Header().Get("Allow"),
				w.Header().Get("Content-Type"), c.kind)
		}
		if c.kind == "application/problem+json" {
			var p struct {
				Status       int
				Code, Detail string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != http.StatusNotFound || p.Code == "" || p.Detail == "" {
				t.Errorf("%s %s: %s", c.method, c.path, w.Body)
			}
		}
	}
}

func TestAPageTakesItsOwnMethods(t *testing.T) {
	t.Parallel()
	s := site()
	for _, c := range []struct {
		page   http.Handler
		method string
		status int
		allow  string
	}{
		{DocsPage(s), "GET", 200, ""},
		{DocsPage(s), "HEAD", 200, ""},
		{DocsPage(s), "POST", 405, "GET, HEAD"},
		{DocsPage(s), "DELETE", 405, "GET, HEAD"},
		{formPage(s), "GET", 200, ""},
		{formPage(s), "PUT", 405, "GET, HEAD, POST"},
		{StartCheckout("https://portal.example", nil, nil), "GET", 405, "POST"},
		{CheckoutDone(nil, nil), "POST", 405, "GET, HEAD"},
	} {
		w := do(c.page, c.method, "/x", nil, "Sec-Fetch-Site", "same-origin")
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s: %d, Allow %q; want %d, %q", c.method, w.Code, w.Header().Get("Allow"), c.status, c.allow)
		}
	}
}

// TestWhoIsNotSignedInIsLedBackByHEADAsByGET: what looks at a page by HEAD is told the same way on.
func TestWhoIsNotSignedInIsLedBackByHEADAsByGET(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"GET": "/sign-in?next=%2Fupgrade", "HEAD": "/sign-in?next=%2Fupgrade", "POST": "/sign-in"} {
		w := httptest.NewRecorder()
		site().fail(w, httptest.NewRequest(method, "/upgrade?x=1", nil), fault.New(fault.Unauthenticated, "Sign in."))
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d to %q, want %q", method, w.Code, got, want)
		}
	}
}

// TestALookThatCouldNotBeSavedIsNotShown: the address of the settings may come from anybody.
func TestALookThatCouldNotBeSavedIsNotShown(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		name, color string
		noted       bool
	}{
		"done=tried&name=Acme&color=%23ff0000":         {"Acme", "#ff0000", true},
		"color=%23ff0000":                              {"Northwind", "#ff0000", false}, // as the script asks
		"name=Acme":                                    {"Northwind", "#0000ff", false},
		"done=tried&name=&color=%23ff0000":             {"Northwind", "#ff0000", false},
		"done=tried&name=" + strings.Repeat("N", 3000): {"Northwind", "#0000ff", false},
		"done=tried&name=Acme%0d%0aX:1":                {"Northwind", "#0000ff", false},
		"done=tried&name=Acme&color=red%3B%7D":         {"Acme", "#0000ff", true},
		"done=saved&name=Acme":                         {"Northwind", "#0000ff", true},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		v := page.Branding{Name: "Northwind", Color: "#0000ff"}
		if look(&v, q); v.Name != want.name || v.Color != want.color || (v.Note.Text != "") != want.noted {
			t.Errorf("%.60s: %q, %q, %q", query, v.Name, v.Color, v.Note.Text)
		}
	}
}

// formPage is a page with two forms, of which the first is what it is for.
func formPage(s *Site) *Page {
	says := func(status int) handler {
		return func(w http.ResponseWriter, _ *http.Request, _ identity.Caller) error {
			w.WriteHeader(status)
			return nil
		}
	}
	first := form("first", identity.ByAnyone, says(http.StatusCreated))
	first = primary(first)
	return s.page("formPage", nil, identity.ByAnyone, says(http.StatusOK), first,
		form("second", identity.ByAnyone, says(http.StatusAccepted)))
}

func TestTheButtonSaysWhichFormIsSent(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"first": http.StatusCreated, "second": http.StatusAccepted, "": http.StatusCreated,
		"third": http.StatusBadRequest} {
		if w := do(formPage(site()), "POST", "/x", url.Values{"do": {value}}, "Sec-Fetch-Site", "same-origin"); w.Code != want {
			t.Errorf("do=%q: %d, want %d", value, w.Code, want)
		}
	}
}

func TestFormsAreTakenFromOurOwnPagesOnly(t *testing.T) {
	t.Parallel()
	for _, p := range []http.Handler{formPage(site()), StartCheckout("https://portal.example", nil, nil),
		StartUpgrade("https://portal.example", nil, nil)} {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			{"Sec-Fetch-Site", "same-site", "Origin", "https://other.portal.example"},
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
		} {
			w := do(p, "POST", "/x", url.Values{"do": {"first"}}, header...)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "This came from another site") {
				t.Errorf("%v: %d", header, w.Code)
			}
			if w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%v: sets a cookie", header)
			}
		}
	}
}

func TestSigningOutLeadsOnlyToOurPages(t *testing.T) {
	t.Parallel()
	h := AccountPage(site(), nil, nil, nil, nil, &signin.Sessions{}, nil, nil, nil, nil, nil)
	good := link.New("ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB", "0123456789ABCDEF")
	for next, want := range map[string]string{
		"":                        "/sign-in?done=signed-out",
		"https://evil.example/":   "/sign-in?done=signed-out",
		"//evil.example":          "/sign-in?done=signed-out",
		"/i//evil.example":        "/sign-in?done=signed-out",
		"/i/../../evil":           "/sign-in?done=signed-out",
		"/i/" + good + "x":        "/sign-in?done=signed-out",
		"/i/" + good + "\r\nX: y": "/sign-in?done=signed-out",
		"/home":                   "/sign-in?done=signed-out",
		"/clients?x=y":            "/sign-in?next=%2Fclients",
		"/i/" + good:              "/i/" + good,
		"/upgrade?x=y":            "/sign-in?next=%2Fupgrade",
		"//evil.example/upgrade":  "/sign-in?done=signed-out",
		"/checkout?agency=ag_x":   "/sign-in?done=signed-out",
		"/checkout?agency=ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB&problem=x": "/sign-in?next=%2Fcheckout%3Fagency%3Dag_01KAM5Q0Z8W3RN6T0V4K2M9QXB",
		"https://evil.example/i/lk":                                "/sign-in?done=signed-out",
	} {
		w := do(h, "POST", "/account", url.Values{"do": {"sign-out"}, "next": {next}}, "Sec-Fetch-Site", "same-origin")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("next=%q: %d to %q, want %q", next, w.Code, w.Header().Get("Location"), want)
		}
		c := w.Result().Cookies() //nolint:bodyclose // a recorder's
		if len(c) != 1 || c[0].Name != "__Host-session" || c[0].MaxAge >= 0 || !c[0].Secure || !c[0].HttpOnly || c[0].Path != "/" ||
			c[0].Domain != "" {
			t.Errorf("next=%q: cookies %v", next, c)
		}
	}
}

func TestLargeAndBrokenFormsAreRefused(t *testing.T) {
	t.Parallel()
	h := SignInPage(site(), nil, &signin.Codes{}, &signin.SignIns{}, nil, nil)
	if w := do(h, "POST", "/sign-in", url.Values{"email": {strings.Repeat("a", maxForm)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", w.Code)
	}
	r := httptest.NewRequest("POST", "/sign-in", strings.NewReader("email=%zz"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("a broken form: %d", w.Code)
	}
}

func TestWhatWasTypedIsKept(t *testing.T) {
	t.Parallel()
	w := do(SignInPage(site(), nil, &signin.Codes{}, &signin.SignIns{}, nil, nil), "POST", "/sign-in",
		url.Values{"do": {"code"}, "email": {"<b>ops@"}})
	body := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "Enter a valid email address.") ||
		!strings.Contains(body, `value="&lt;b&gt;ops@"`) {
		t.Errorf("status %d: %s", w.Code, body)
	}
	f := page.InviteForm{Instances: []page.Choice{{ID: "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}, {ID: "ins_2"}},
		Services: []page.Choice{{ID: "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}}}
	typed(&f,
		url.Values{"email": {"ops@"}, "name": {"Acme"}, "message": {"Hi"}, "payer": {"client"}, "hosting": {"30"}, "whatsapp": {"true"},
			"resource":     {"ins_2", "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "ins_gone"},
			"access.ins_2": {"write"}, "access.svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE": {"read"}})
	want := page.InviteForm{Open: true, Email: "ops@", Name: "Acme", Message: "Hi", Client: true, Hosting: "30", WhatsApp: true,
		Instances: []page.Choice{{ID: "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}, {ID: "ins_2", Ticked: true, Write: true}},
		Services:  []page.Choice{{ID: "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Ticked: true}}}
	if d := cmp.Diff(want, f); d != "" {
		t.Errorf("form (-want +got):\n%s", d)
	}
}

func TestTheFormIsReadAsTheScriptWouldSendIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form url.Values
		want onboarding.Draft
	}{
		"from an address book":       {url.Values{"email": {`"Acme Ltd" <ops@acme.example>`}}, onboarding.Draft{Email: "ops@acme.example", Name: "Acme Ltd", Payer: invite.AgencyPays}},
		"a name that was typed wins": {url.Values{"email": {`Acme Ltd <ops@acme.example>`}, "name": {"Acme"}}, onboarding.Draft{Email: "ops@acme.example", Name: "Acme", Payer: invite.AgencyPays}},
		"links": {url.Values{"email": {"ops@acme.example"}, "payer": {"agency"}, "resource": {"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}, "access.ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE": {"write"}, "hosting": {"30"}},
			onboarding.Draft{Email: "ops@acme.example", Payer: invite.AgencyPays, Grants: []instance.Grant{{Resource: "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Access: instance.Write}, {Resource: "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Access: instance.Read}}}},
		"the client pays for nothing": {url.Values{"email": {"ops@acme.example"}, "payer": {"client"}, "resource": {"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"}, "hosting": {""}}, onboarding.Draft{Email: "ops@acme.example", Payer: invite.ClientPays}},
		"the client pays": {url.Values{"email": {"ops@acme.example"}, "payer": {"client"}, "hosting": {"30"}, "whatsapp": {"true"}},
			onboarding.Draft{Email: "ops@acme.example", Payer: invite.ClientPays, Order: &onboarding.Order{Hosting: true, StorageGB: 30, WhatsApp: true}}},
	} {
		if d := cmp.Diff(c.want, draft(c.form)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestTheSameFormHasTheSameKeyAndAChangedOneAnother(t *testing.T) {
	t.Parallel()
	key := newKey()
	a, b := url.Values{"key": {key}, "email": {"a@b.example"}}, url.Values{"key": {key}, "email": {"c@b.example"}}
	if first, again := once(a), once(a); first == "" || first != again || first == once(b) {
		t.Errorf("keys %q and %q", once(a), once(b))
	}
	for _, odd := range []string{"", strings.Repeat("a", 65), "é", "a\nb"} {
		if got := once(url.Values{"key": {odd}}); got != "" {
			t.Errorf("once of %q is %q", odd, got)
		}
	}
}

func pending(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.Begin(nil, "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB",
		client.Offer{Email: "ops@acme.example", Name: "Acme", Payer: invite.AgencyPays}, now)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.First(now, agency.Slot{})
	return c
}

func TestTheBannerTellsEveryState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(i *invite.Invite)
		after  time.Duration
		tone   page.Tone
		says   string
		cancel bool
	}{
		"sending":  {func(*invite.Invite) {}, 0, page.Wait, "Sending the invitation.", true},
		"pending":  {func(i *invite.Invite) { i.MailSent(now) }, time.Minute, page.Wait, "Invite pending - This client has not yet accepted their invitation.", true},
		"expired":  {func(i *invite.Invite) { i.MailSent(now) }, invite.Lifetime, page.Idle, "The invitation has expired.", true},
		"bounced":  {func(i *invite.Invite) { i.MailSent(now); i.Bounce(now, "there is no such mailbox") }, time.Minute, page.Bad, "There is no such mailbox.", false},
		"canceled": {func(i *invite.Invite) { _ = i.Cancel(now) }, time.Minute, page.Idle, "This invitation was cancelled.", false},
		"accepted": {func(i *invite.Invite) { i.MailSent(now); _ = i.Accept(now) }, time.Minute, "", "", false},
	} {
		x := pending(t)
		c.change(x.Invite)
		var v page.Client
		at := now.Add(c.after)
		story(&v, x, &agency.Agency{}, at)
		banner(&v, x, at)
		if got := v.Banner.Title + " " + v.Banner.Text; v.Banner.Tone != c.tone || !strings.Contains(got, c.says) {
			t.Errorf("%s: banner %s %q, want %s %q", name, v.Banner.Tone, got, c.tone, c.says)
		}
		if (v.Cancel != nil) != c.cancel {
			t.Errorf("%s: can be cancelled: %v, want %v", name, v.Cancel != nil, c.cancel)
		}
		if last := v.Story[len(v.Story)-1]; last.Coming != (name == "sending" || name == "pending") {
			t.Errorf("%s: the story ends with %+v", name, last)
		}
	}
}

func TestResendTellsItsLimitsBeforeTheyAreHit(t *testing.T) {
	t.Parallel()
	i := pending(t).Invite
	if r := resend(i, new(agency.Agency), now); r != nil {
		t.Errorf("while the first mail is out: %+v", r)
	}
	i.MailSent(now)
	if r := resend(i, new(agency.Agency), now.Add(10*time.Second)); r == nil || r.Wait != 50 || r.Used {
		t.Errorf("after 10 s: %+v", r)
	}
	at := now
	for n := range invite.ResendsPerDay {
		at = at.Add(2 * time.Minute)
		r := resend(i, new(agency.Agency), at)
		if want := invite.ResendsPerDay - n; r == nil || r.Wait != 0 || r.Used ||
			!strings.HasSuffix(r.Limit, string(rune('0'+want))+" left today.") {
			t.Errorf("re-send %d: %+v", n, r)
		}
		i.Resend(at, agency.Slot{})
		if r := resend(i, new(agency.Agency), at.Add(time.Second)); r == nil || !r.Used {
			t.Errorf("while re-send %d is out: %+v", n, r)
		}
		i.MailSent(at)
	}
	if r := resend(i, new(agency.Agency), at.Add(time.Hour)); r == nil || !r.Used {
		t.Errorf("a sixth time: %+v", r)
	}
	if err := i.Cancel(at); err != nil {
		t.Fatal(err)
	}
	if r := resend(i, new(agency.Agency), at.Add(48*time.Hour)); r != nil {
		t.Errorf("cancelled: %+v", r)
	}
}

// failing is a page that cannot be shown.
func failing(s *Site, err error) *Page {
	return s.page("x", nil, identity.ByAnyone, func(http.ResponseWriter, *http.Request, identity.Caller) error { return err })
}

func TestEveryFaultHasAPage(t *testing.T) {
	t.Parallel()
	s := site()
	for _, code := range fault.Codes() {
		h := failing(s, fault.New(code, "What to do."))
		w := do(h, "GET", "/x", nil)
		switch code {
		case fault.Unauthenticated:
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in" {
				t.Errorf("%s: %d to %q", code, w.Code, w.Header().Get("Location"))
			}
			continue
		case fault.StepUpRequired:
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/step-up?to=%2Fx" {
				t.Errorf("%s: %d to %q", code, w.Code, w.Header().Get("Location"))
			}
			continue
		case fault.IssuerRequired:
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in/at/" {
				t.Errorf("%s: %d to %q", code, w.Code, w.Header().Get("Location"))
			}
			continue
		case fault.Gone:
			if !strings.Contains(w.Body.String(), "This invitation is no longer valid.") {
				t.Errorf("%s: %s", code, w.Body)
			}
		case fault.Expired:
			if !strings.Contains(w.Body.String(), "ask for a new link") {
				t.Errorf("%s: %s", code, w.Body)
			}
		default:
			if !strings.Contains(w.Body.String(), "What to do.") {
				t.Errorf("%s: the page does not say what to do", code)
			}
		}
		if w.Code != code.Status() || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d, %v", code, w.Code, w.Header())
		}
	}
	h := failing(s, http.ErrAbortHandler)
	if w := do(h, "GET", "/x", nil); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "abort") {
		t.Errorf("an error of ours: %d %s", w.Code, w.Body)
	}
}

func TestDocsAssetsAndDocument(t *testing.T) {
	t.Parallel()
	s := site()
	w := do(DocsPage(s), "GET", "/docs?job=invite-a-client", nil)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `id="sendInvite"`) {
		t.Errorf("docs: %d", w.Code)
	}
	w = do(OpenAPIDocument(s), "GET", "/openapi.json", nil)
	if !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/openapi+json;version=3.1" {
		t.Errorf("document: %v", w.Header())
	}
	h := Asset(s)
	serve := func(name string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/assets/x", nil)
		r.SetPathValue("file", name)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w = serve(strings.TrimPrefix(page.ScriptPath(), page.AssetPrefix))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("script: %d %v", w.Code, w.Header())
	}
	for _, name := range []string{"", "nothing.js", "../page.go", `..\page.go`, "."} {
		if w := serve(name); w.Code != 404 {
			t.Errorf("asset %q: %d", name, w.Code)
		}
	}
}

func TestSenderO8AFormWithAFileTakesNoStepUp(t *testing.T) {
	t.Parallel()
	f := form("upload", identity.BySteppedStaff(), nil)
	f.parse = parseForm
	defer func() {
		if recover() == nil {
			t.Error("the page between would lose the file")
		}
	}()
	site().page("uploadPage", nil, identity.ByPerson, nil, f)
}

func TestSenderO8WhoThinksBetterOfItComesBackToThePage(t *testing.T) {
	t.Parallel()
	const a = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	for _, c := range []struct {
		to   string
		form url.Values
		want string
	}{
		{"/settings/members", nil, "/settings/members"},
		{"/settings/email?id=dom_1", nil, "/settings/email"},
		{"/upgrade/start", url.Values{}, "/upgrade"},
		{"/upgrade/start", url.Values{"from": {"/settings/agency"}}, "/settings/agency"},
		{"/upgrade/start", url.Values{"from": {"//evil.example"}}, "/upgrade"},
		{"/checkout/start", url.Values{"agency": {a}}, "/checkout?agency=" + a},
		{"/portal/billing", url.Values{"agency": {a}}, "/portal?agency=" + a},
		{"/portal/billing", url.Values{"agency": {"//evil"}}, "/portal"},
		{"/checkout/start", nil, "/portal"},
		{"/portal/payer?agency=" + a, nil, "/portal/payer?agency=" + a},
		{"/portal/payer?agency=//evil", nil, "/portal"},
		{"/portal/payer?%zz", nil, "/portal"},
		{"/portal/payer/card", url.Values{"agency": {a}}, "/portal/payer?agency=" + a},
		{"/clients/cl_x/payer/card", nil, "/clients/cl_x/payer"},
		{"/clients/cl_x/payer", nil, "/clients/cl_x/payer"},
		{"/sign-in/with/google?link=1", nil, "/account"},
	} {
		if got := backOf(c.to, c.form); got != c.want {
			t.Errorf("from %s with %v: %s, want %s", c.to, c.form, got, c.want)
		}
	}
}

// TestSenderO8WhereTheFormIsLostThePageItIsOnComes: the address of the page between, loaded anew, carries no form.
func TestSenderO8WhereTheFormIsLostThePageItIsOnComes(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{"/checkout/start": "/portal", "/portal/billing": "/portal", "/portal/payer/card": "/portal",
		"/clients/cl_x/payer/card": "/clients/cl_x/payer", "/upgrade/start": "/upgrade", "/account": "/account",
		"/sign-in/with/google?link=1": "/sign-in/with/google?link=1", "/settings/email?id=dom_1": "/settings/email?id=dom_1"} {
		if got := led(to); got != want {
			t.Errorf("%s leads to %s, want %s", to, got, want)
		}
	}
}
