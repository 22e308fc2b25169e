package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// EmailForms are the use cases behind the page of an agency's sender.
type EmailForms struct {
	Directory *senders.Directory
	Claims    *senders.Claims
	Doctor    *senders.Watched
	Switch    *senders.Switch
	Settings  *senders.Settings
	Servers   *senders.Servers
	Records   *senders.Records
	From      string // the platform's address
}

// emails is the page with its forms.
type emails struct {
	*Site
	EmailForms
}

// emailURL is the page's path.
const emailURL = "/settings/email"

// emailNames are the fields of the page's forms. The port says which security there is.
var emailNames = map[string]string{"domain": "domain", "label": "label", "email": "email", "name": "name", "local": "local",
	"replyTo": "replyTo", "host": "host", "port": "port", "security": "port", "user": "user", "password": "password"}

// EmailPage shows what an agency's emails are sent from, and takes what it does about it. While a domain is waited for, looking at
// the page has the domain looked at.
func EmailPage(s *Site, auth *signin.Authenticator, f EmailForms) *Page {
	e := &emails{s, f}
	writes, stepped := identity.ByStaff(identity.AgencyWrite), identity.ByStaff(identity.SenderWrite).Stepped()
	return s.page("emailPage", auth, identity.ByStaff(identity.AgencyRead), e.get,
		e.form("claim", writes, e.claim), e.form("check", writes, e.check),
		e.form("label", stepped, e.label),
		e.form("records", writes, e.handOff),
		e.form("revoke", writes, e.revoke),
		e.form("test", stepped, e.test), e.form("enable", stepped, e.enable),
		e.form("disable", stepped, e.disable), e.form("sender", stepped, e.sender),
		form("try", identity.ByStaff(identity.AgencyRead), e.try),
		e.form("smtp", stepped, e.server), e.form("smtp-test", stepped, e.testServer),
		e.form("smtp-remove", stepped, e.serverless), e.form("release", stepped, e.release))
}

// get shows the page, or with zone in the query a domain's records as a file.
func (e *emails) get(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	q := r.URL.Query()
	if q.Has("zone") {
		return e.zone(w, r, caller, q.Get("zone"))
	}
	v, err := e.view(r.Context(), caller, id.SenderDomain(q.Get("id")), true)
	if err != nil {
		return err
	}
	v.Note = e.outcome(q.Get("done"), v)
	if v.Domain != nil {
		v.Domain.Release.Open = q.Get("release") == "ask"
	}
	if v.Server != nil {
		v.Server.Removing = q.Get("server") == "remove"
	}
	return e.show(w, r, http.StatusOK, v)
}

// zone answers with a domain's records as a zone file.
func (e *emails) zone(w http.ResponseWriter, r *http.Request, caller identity.Caller, which string) error {
	d, err := id.ParseSenderDomain(which)
	if err := cmp.Or(caller.May(identity.AgencyRead), err); err != nil {
		return err
	}
	domain, file, err := e.Directory.ZoneFile(r.Context(), caller, d)
	if err != nil {
		return err
	}
	return zoneFile(w, domain, file)
}

// zoneFile answers with a file of the domain's name.
func zoneFile(w http.ResponseWriter, d sender.Domain, file string) error {
	h := w.Header()
	page.SecurityHeaders(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+string(d)+`.zone"`) // letters, digits, hyphens and dots alone
	h.Set("Cache-Control", "no-store")
	_, err := w.Write([]byte(file)) //nolint:gosec // a file of plain text that is downloaded
	return err
}

// outcome says what was done, by the word that the redirect carries.
func (e *emails) outcome(done string, v page.Email) page.Note {
	text := ""
	switch done {
	case "sent":
		text = words.Say("email.done_sent")
	case "revoked":
		text = words.Say("email.done_revoked")
	case "named":
		text = words.Say("email.done_named")
	case "saved":
		text = words.Say("email.done_saved")
	case "server":
		text = words.Say("email.done_server")
	case "serverless":
		text = words.Say("email.done_serverless")
	case "released":
		text = words.Say("email.done_released")
	case "enabled":
		if v.Way != page.ByPlatform {
			text = words.Say("email.done_enabled", "from", v.From)
		}
	case "disabled":
		if v.Way == page.ByPlatform {
			text = words.Say("email.done_disabled", "from", v.From)
		}
	}
	if text == "" {
		return page.Note{}
	}
	return page.Note{Tone: page.Good, Text: text}
}

// deed does what a form asks for with a domain. It returns the domain that the page is to show, and what it is to say of it: the
// query's word, and the place on the page where that is to be seen.
type deed func(context.Context, identity.Caller, id.SenderDomain, url.Values) (shown id.SenderDomain, says string, err error)

// form does a deed and leads on to the page; what was refused is shown there at once, with what was typed. Where a sign-in of a moment
// ago is asked for, the page offers that, and nothing typed is lost.
func (e *emails) form(do string, who identity.Who, d deed) Form {
	return form(do, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := domainOf(r.PostForm)
		if err := cmp.Or(caller.May(identity.AgencyRead), err); err != nil {
			return err
		}
		shown, says, err := d(r.Context(), caller, which, r.PostForm)
		if err == nil {
			q := url.Values{}
			if shown != "" {
				q.Set("id", string(shown))
			}
			says, at, _ := strings.Cut(says, "#")
			if says != "" {
				q.Set("done", says)
			}
			next := emailURL
			if len(q) > 0 {
				next += "?" + q.Encode()
			}
			if at != "" {
				next += "#" + at
			}
			return seeOther(w, next)
		}
		return e.refuse(w, r, caller, do, err)
	})
}

// domainOf is the domain that a form is about; "" where it is about none.
func domainOf(form url.Values) (id.SenderDomain, error) {
	if form.Get("id") == "" {
		return "", nil
	}
	return id.ParseSenderDomain(form.Get("id"))
}

// refuse shows the page with what was typed, and what is wrong with it.
func (e *emails) refuse(w http.ResponseWriter, r *http.Request, caller identity.Caller, do string, err error) error {
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	if f.Code == fault.Unauthenticated && !caller.SignedIn() || f.Code == fault.Forbidden {
		return f
	}
	which := id.SenderDomain(r.PostForm.Get("id"))
	v, err := e.view(r.Context(), caller, which, false)
	if err != nil {
		return err
	}
	e.keep(&v, do, r.PostForm)
	v.Problems = problems(f, emailNames)
	retryAfter(w, f)
	return e.show(w, r, f.Code.Status(), v)
}

// keep puts on the page what was typed in a form of it. A password is never shown again.
func (e *emails) keep(v *page.Email, do string, form url.Values) {
	switch d := v.Domain; do {
	case "claim":
		if v.Claim == nil {
			v.Claim = &page.ClaimDomain{}
		}
		v.Claim.Typed, v.Claim.Open = form.Get("domain"), true
	case "label":
		if d != nil {
			d.Label.Typed, d.Label.Open = form.Get("label"), true
		}
	case "records":
		if d != nil {
			d.HandOff.Typed, d.HandOff.Open = form.Get("email"), true
		}
	case "sender", "try":
		if v.Sender != nil {
			v.Sender.Name, v.Sender.Local, v.Sender.ReplyTo = form.Get("name"), form.Get("local"), form.Get("replyTo")
		}
	case "smtp":
		if s := v.Server; s != nil {
			s.Host, s.User, s.Open = form.Get("host"), form.Get("user"), true
			s.Port = form.Get("port")
		}
	}
}

func (e *emails) claim(ctx context.Context, caller identity.Caller, _ id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	c, err := e.Claims.Claim(ctx, caller, form.Get("domain"), "")
	if err != nil {
		return "", "", err
	}
	if _, err := e.Claims.Await(ctx, c, patience); err != nil {
		return "", "", err
	}
	return c.ID, "", nil
}

func (e *emails) check(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	_, err := e.Doctor.Check(ctx, caller, d)
	if fault.Is(err, fault.DomainTaken) { // the page says so, where it says how the domain stands
		err = nil
	}
	return d, "", err
}

func (e *emails) label(ctx context.Context, caller identity.Caller, d id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	_, err := e.Claims.Bounces(ctx, caller, d, form.Get("label"))
	return d, "named", err
}

func (e *emails) handOff(ctx context.Context, caller identity.Caller, d id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	_, err := e.Records.Send(ctx, caller, d, form.Get("email"), "")
	return d, "sent#hand-off", err
}

func (e *emails) revoke(ctx context.Context, caller identity.Caller, d id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return "", "", err
	}
	link := form.Get("link")
	if link == "" { // which would end all of them
		return "", "", fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	}
	_, err := e.Records.Revoke(ctx, caller, d, link)
	return d, "revoked#hand-off", err
}

func (e *emails) test(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	v, err := e.Switch.Test(ctx, caller, d)
	if err == nil {
		_, err = e.Switch.Await(ctx, v, patience)
	}
	return d, "", err
}

func (e *emails) testServer(
	ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values,
) (id.SenderDomain, string, error) {
	v, err := e.Switch.TestServer(ctx, caller, d)
	if err == nil {
		_, err = e.Switch.Await(ctx, v, patience)
	}
	return d, "#server", err
}

func (e *emails) enable(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	_, err := e.Switch.Enable(ctx, caller, d)
	return d, "enabled", err
}

func (e *emails) disable(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	_, err := e.Switch.Disable(ctx, caller, d)
	return d, "disabled", err
}

// senderIn is what the form says of the sender. The name that is used anyway is no name of its own.
func senderIn(form url.Values) senders.Form {
	name, local, reply := form.Get("name"), form.Get("local"), form.Get("replyTo")
	return senders.Form{Name: &name, Local: &local, ReplyTo: &reply}
}

func (e *emails) sender(ctx context.Context, caller identity.Caller, _ id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	_, _, err := e.Settings.Update(ctx, caller, senderIn(form))
	return "", "saved#sender", err
}

// try shows what the sender would look like. It changes nothing, so that it leads nowhere.
func (e *emails) try(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	tried, err := e.Settings.Try(r.Context(), caller, senderIn(r.PostForm))
	if err != nil {
		return e.refuse(w, r, caller, "try", err)
	}
	v, err := e.view(r.Context(), caller, "", false)
	if err != nil {
		return err
	}
	if v.Sender == nil {
		return seeOther(w, emailURL)
	}
	v.Sender.Name, v.Sender.Local, v.Sender.ReplyTo, v.Sender.Preview = tried.Name, tried.LocalOr(), string(tried.ReplyTo), true
	return e.show(w, r, http.StatusOK, v)
}

func (e *emails) server(ctx context.Context, caller identity.Caller, d id.SenderDomain, form url.Values) (id.SenderDomain, string, error) {
	f := senders.Server{Host: form.Get("host"), User: form.Get("user"), Security: mailserver.STARTTLS}
	if p := form.Get("password"); p != "" {
		f.Password = &p
	}
	if port, err := strconv.Atoi(strings.TrimSpace(form.Get("port"))); err == nil {
		f.Port = port
	}
	if f.Port == int(mailserver.PortTLS) {
		f.Security = mailserver.TLS
	}
	_, err := e.Servers.Set(ctx, caller, d, f)
	return d, "server#server", err
}

func (e *emails) serverless(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	_, err := e.Servers.Remove(ctx, caller, d)
	return d, "serverless", err
}

func (e *emails) release(ctx context.Context, caller identity.Caller, d id.SenderDomain, _ url.Values) (id.SenderDomain, string, error) {
	v, err := e.Claims.Release(ctx, caller, d)
	if err != nil || v == nil {
		return "", "released", err
	}
	return d, "released", nil
}
