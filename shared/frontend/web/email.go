package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
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
	Doctor    *senders.Doctor
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
	return s.page("emailPage", auth, identity.ByStaff(identity.AgencyRead), e.get,
		e.form("claim", identity.ByStaff(identity.AgencyWrite), e.claim), e.form("check", identity.ByStaff(identity.AgencyWrite), e.check),
		e.form("label", identity.ByFreshStaff(), e.label),
		e.form("records", identity.ByStaff(identity.AgencyWrite), e.handOff),
		e.form("revoke", identity.ByStaff(identity.AgencyWrite), e.revoke),
		e.form("test", identity.ByFreshStaff(), e.test), e.form("enable", identity.ByFreshStaff(), e.enable),
		e.form("disable", identity.ByFreshStaff(), e.disable), e.form("sender", identity.ByFreshStaff(), e.sender),
		form("try", identity.ByStaff(identity.AgencyRead), e.try),
		e.form("smtp", identity.ByFreshStaff(), e.server), e.form("smtp-test", identity.ByFreshStaff(), e.test),
		e.form("smtp-remove", identity.ByFreshStaff(), e.serverless), e.form("release", identity.ByFreshStaff(), e.release))
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
		which := id.SenderDomain(r.PostForm.Get("id"))
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
	typed(&v, do, r.PostForm)
	if f.Code == fault.Unauthenticated {
		next := emailURL
		if v.Domain != nil {
			next += "?id=" + v.Domain.ID
		}
		v.SignIn = &page.SignInAgain{Next: onward(next), What: words.Say("email.again")}
	} else {
		v.Problems = problems(f, emailNames)
	}
	retryAfter(w, f)
	return e.show(w, r, f.Code.Status(), v)
}

// typed puts on the page what was typed in a form of it. A password is never shown again.
func typed(v *page.Email, do string, form url.Values) {
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
	_, err := e.Records.Send(ctx, caller, d, form.Get("email"))
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
	if err != nil {
		return "", "", err
	}
	if v.ProofOnly {
		return d, "#server", nil
	}
	return d, "", nil
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

// view prepares the page about a domain, or where none is named about the one that is used, else the newest. With look, a domain that
// is waited for is looked at first.
func (e *emails) view(ctx context.Context, caller identity.Caller, which id.SenderDomain, look bool) (page.Email, error) {
	all, err := e.Directory.Overview(ctx, caller)
	if err != nil {
		return page.Email{}, err
	}
	a := all.Agency
	v := page.Email{Workspace: workspace(a, caller, page.InSettings), Tab: "email", Max: a.Plan == agency.Max,
		From: e.from(a, all.Outgoing), Way: way(all.Outgoing.Way)}
	here := chosen(all, which)
	if here != nil && look && watched(here.Claim) {
		if here, err = e.Doctor.Watch(ctx, caller, here.ID); err != nil {
			return page.Email{}, err
		}
		for i, c := range all.Claims {
			if c.ID == here.ID {
				all.Claims[i] = here
			}
		}
		v.From, v.Way = e.from(a, here.Outgoing), way(here.Outgoing.Way)
	}
	if v.Max && !a.Suspended && all.Settings.MayAdd(a, all.Now) == nil {
		v.Claim = &page.ClaimDomain{Suggested: suggested(all)}
	}
	if here == nil {
		return v, nil
	}
	event.Annotate(ctx, "domain", string(here.ID))
	if len(all.Claims) > 1 {
		for _, c := range slices.Backward(all.Claims) {
			v.Domains = append(v.Domains, page.SenderLink{Shown: c.Domain.Shown(), State: c.Title(), URL: emailURL + "?id=" + string(c.ID),
				Here: c.ID == here.ID})
		}
	}
	v.Domain = e.domain(here, all, caller)
	if here.State == sender.Released || !v.Max {
		return v, nil
	}
	s := all.Settings
	v.Sender = &page.SenderForm{Name: s.Name, Local: s.LocalOr(), Domain: here.Domain.Shown(), ReplyTo: string(s.ReplyTo), Usual: a.Name,
		Subject: words.Say("email.preview_subject", "agency", a.Name)}
	v.Server = e.mailServer(here, caller)
	return v, nil
}

// chosen is the domain that the page is about; nil where there is none. One that has been given back stands behind all others.
func chosen(all *senders.Overview, which id.SenderDomain) *senders.View {
	var out *senders.View
	for _, c := range all.Claims {
		switch {
		case c.ID == which:
			return c
		case out != nil && out.On(), out != nil && c.State == sender.Released && out.State != sender.Released:
		default:
			out = c
		}
	}
	return out
}

// watched tells whether looking at the page is a reason to look at the domain.
func watched(c *sender.Claim) bool {
	return c.State == sender.DNSPending || c.State == sender.Verifying || c.State == sender.Degraded
}

// suggested is the domain that one click adds; "" where the agency has it already.
func suggested(all *senders.Overview) string {
	for _, c := range all.Claims {
		if c.Domain == all.Suggested {
			return ""
		}
	}
	return all.Suggested.Shown()
}

// from is From as it stands on the agency's emails.
func (e *emails) from(a *agency.Agency, out sender.Outgoing) string {
	name, address := out.Name, string(out.Address)
	held := a.NameHeld(name, e.brand.Name) != ""
	switch {
	case out.Way == sender.ByPlatform && held:
		name, address = e.brand.Name, e.From
	case out.Way == sender.ByPlatform:
		name, address = words.Say("mail.from_name", "agency", name, "platform", e.brand.Name), e.From
	case held:
		name = out.Domain.Shown()
	}
	return name + " <" + address + ">"
}

func way(w sender.Way) page.SenderWay {
	switch w {
	case sender.ByDomain:
		return page.ByDomain
	case sender.ByOwnServer:
		return page.ByServer
	}
	return page.ByPlatform
}

// domain prepares what the page says of a domain.
func (e *emails) domain(c *senders.View, all *senders.Overview, caller identity.Caller) *page.SenderDomain {
	now := e.now()
	d := &page.SenderDomain{ID: string(c.ID), Shown: c.Domain.Shown(), State: string(c.State), Reason: string(c.Reason), Title: c.Title(),
		Next: c.Next(), Looked: timeOr(c.Report.At, now), Zone: c.Zone, NameServers: c.NameServers, Mailboxes: c.Report.Mailboxes,
		Health: health(c.Health)}
	if d.Shown != string(c.Domain) {
		d.ASCII = string(c.Domain)
	}
	if len(c.Report.NameServers) > 0 {
		d.Zone, d.NameServers = c.Report.Zone, c.Report.NameServers
	}
	p := sender.ProviderOf(d.NameServers)
	d.Provider, d.ProviderURL = p.Name, p.Page
	if c.Looks() {
		d.Look = timeOr(c.Due, now)
	}
	over, max := c.State == sender.Released, c.Agency.Plan == agency.Max
	d.Preparing = !c.Ready() && !over
	if d.Preparing {
		d.Next = words.Say("email.preparing")
	} else if c.Ready() {
		d.Records, d.Lines = lights(c)
	}
	usable := max && !over && !d.Preparing
	d.Check = checkOf(c, usable)
	if usable {
		d.ZoneFile = emailURL + "?zone=" + d.ID
		d.HandOff = handOff(c, all, now)
		d.Label = page.SenderLabel{Now: c.Label, Typed: c.Label, Offered: !c.ProofOnly, Open: occupied(c.Report.Verdicts)}
	}
	d.On = c.Outgoing.ID == c.ID
	d.Enabler = c.ProofOnly
	d.Enable = usable && !c.ProofOnly && !c.On() && c.State == sender.Verified && !c.TestedAt.IsZero()
	d.Test = page.TestMail{To: string(caller.Email), Offered: usable && !c.ProofOnly && c.State == sender.Verified}
	if t := c.Test; d.Test.Offered && t.By == caller.Member && !t.OwnSMTP {
		d.Test.Sent = timeOr(t.At, now)
		switch t.Outcome {
		case sender.TestDelivered:
			d.Test.Delivered = timeOr(t.EndedAt, now)
		case sender.TestFailed:
			d.Test.Failed = t.Detail
		}
	}
	d.Release = page.SenderRelease{Offered: !over, Kept: !c.VerifiedAt.IsZero()}
	return d
}

// timeOr is the time, and nothing for a zero one.
func timeOr(t, now time.Time) page.Time {
	if t.IsZero() {
		return page.Time{}
	}
	return page.TimeAt(t, now)
}

// checkOf is what having the domain looked at means now.
func checkOf(c *senders.View, usable bool) page.SenderCheck {
	switch {
	case !usable || c.Reason == sender.Lapsed:
		return page.NoCheck
	case c.State == sender.Draft:
		return page.FirstCheck
	case c.State == sender.Failed, c.State == sender.Disabled:
		return page.CheckAgain
	}
	return page.CheckNow
}

// occupied tells whether the name for bounces is used for something else (D11, D12).
func occupied(verdicts []sender.Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v sender.Verdict) bool {
		return v.Record.Role == sender.Bounce && (v.Cause == sender.Occupied || v.Cause == sender.CNAMEHere)
	})
}

// handOff is the offer to send the records on. What was sent in the last day is counted by the links that are left of it.
func handOff(c *senders.View, all *senders.Overview, now time.Time) page.HandOff {
	out := page.HandOff{Offered: true, Left: senders.RecordsPerDay}
	for _, x := range all.Claims {
		for _, l := range x.Links {
			if now.Sub(l.At) < 24*time.Hour && out.Left > 0 {
				out.Left--
			}
			if x.ID == c.ID && now.Before(l.ExpiresAt) {
				out.Links = append(out.Links, page.HandOffLink{ID: l.ID, To: l.To, Made: page.TimeAt(l.At, now),
					Ends: page.TimeAt(l.ExpiresAt, now)})
			}
		}
	}
	slices.Reverse(out.Links)
	return out
}

// lights are the domain's records with how each of them stands, and the lines beside them.
func lights(c *senders.View) (rows, lines []page.SenderLight) {
	verdicts := c.Report.Verdicts
	for _, r := range c.Wanted().Records() {
		row := recordRow(r)
		row.Light, row.Why = string(sender.Waiting), words.Say("sender.not_looked")
		i := slices.IndexFunc(verdicts, func(v sender.Verdict) bool {
			return v.Record.Role == r.Role && v.Record.Name == r.Name && v.Record.Value == r.Value
		})
		if i >= 0 {
			judged(&row, verdicts[i])
		}
		rows = append(rows, row)
	}
	if c.ProofOnly || !c.Looks() {
		return rows, nil
	}
	ses := page.SenderLight{Of: "ses"}
	judged(&ses, c.SES())
	lines = append(lines, ses)
	if i := slices.IndexFunc(verdicts, func(v sender.Verdict) bool { return v.Record.Role == sender.DMARC }); i >= 0 && !c.Wanted().NoDMARC {
		line := page.SenderLight{Of: "dmarc"}
		judged(&line, verdicts[i])
		lines = append(lines, line)
	}
	if c.Report.FromSPF != "" {
		lines = append(lines, page.SenderLight{Of: "from", Light: string(sender.Noted), Why: c.Report.FromSPF})
	}
	return rows, lines
}

// recordRow is a record to publish.
func recordRow(r sender.Record) page.SenderLight {
	return page.SenderLight{Of: string(r.Role), Type: string(r.Type), Name: r.Short, Full: r.Name, Value: r.Shown()}
}

// judged says on a row how the record stands. Of what is as it should be, and has nothing else to it, there is nothing to say.
func judged(row *page.SenderLight, v sender.Verdict) {
	row.Light, row.Found, row.Why, row.Do = string(v.Light), v.Found, v.Why, v.Do
	if v.Expected != row.Value {
		row.Expected = v.Expected
	}
	if v.Light == sender.Right && v.Cause == sender.AsWanted && row.Type != "" {
		row.Found, row.Why = "", ""
	}
}

// health is how emails from the domain fared; nil where there were none.
func health(h sender.Health) *page.SenderHealth {
	if h.Sent == 0 {
		return nil
	}
	return &page.SenderHealth{Sent: h.Sent, Bounced: h.Bounced, Complaints: h.Complained, BounceRate: percent(h.BounceRate()),
		ComplaintRate: percent(h.ComplaintRate()), BouncesHigh: h.ManyBounces(), ComplaintsHigh: h.ManyComplaints()}
}

func percent(rate float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(100*rate, 'f', 1, 64), ".0") + "\u00a0%"
}

// mailServer is the agency's own server.
func (e *emails) mailServer(c *senders.View, caller identity.Caller) *page.MailServer {
	s := &page.MailServer{Port: strconv.Itoa(int(mailserver.PortSTARTTLS)), To: string(caller.Email)}
	o := c.Own
	if o == nil {
		return s
	}
	s.Host, s.Port, s.User, s.Stored = o.Host, strconv.Itoa(int(o.Port)), o.User, true
	s.On = c.Outgoing.Way == sender.ByOwnServer && c.Outgoing.ID == c.ID
	s.Off = !o.OffAt.IsZero()
	s.Enable = c.ProofOnly && !c.On() && !s.Off && c.State == sender.Verified && !c.TestedAt.IsZero()
	if s.On {
		s.ReturnPath = string(c.Outgoing.Address)
	}
	t := c.Test
	if !t.OwnSMTP || t.By != caller.Member {
		return s
	}
	switch t.Outcome {
	case sender.TestDelivered:
		s.Test = &page.ServerTest{At: page.TimeAt(t.EndedAt, e.now()), Good: true}
	case sender.TestFailed:
		s.Test = &page.ServerTest{At: page.TimeAt(t.EndedAt, e.now()), Do: t.Detail}
	default:
		s.Testing = page.TimeAt(t.At, e.now())
	}
	return s
}

// RecordsPage shows a domain's records to whoever has a link to them.
func RecordsPage(s *Site, links *senders.Links) *Page {
	return s.page("recordsPage", nil, identity.ByHolder, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		token := r.PathValue("token")
		shown, err := links.View(r.Context(), token)
		if fault.Is(err, fault.Gone) {
			note(r.Context(), fault.As(err))
			return s.show(w, r, http.StatusGone, page.Records{Brand: s.brand, Dead: true})
		}
		if err != nil {
			return err
		}
		w.Header().Set("X-Robots-Tag", "noindex")
		if r.URL.Query().Has("zone") {
			return zoneFile(w, shown.Domain, sender.ZoneFile(shown.Records))
		}
		v := page.Records{Brand: s.brand, Agency: shown.Agency, Shown: shown.Domain.Shown(), Zone: shown.Zone,
			NameServers: shown.NameServers, Mailboxes: shown.Mailboxes, ZoneFile: "/records/" + url.PathEscape(token) + "?zone=1",
			Ends: page.TimeAt(shown.ExpiresAt, s.now())}
		if v.Shown != string(shown.Domain) {
			v.ASCII = string(shown.Domain)
		}
		p := sender.ProviderOf(v.NameServers)
		v.Provider, v.ProviderURL = p.Name, p.Page
		for _, record := range shown.Records {
			row := recordRow(record)
			i := slices.IndexFunc(shown.Verdicts, func(x sender.Verdict) bool {
				return x.Record.Role == record.Role && x.Record.Name == record.Name && x.Record.Value == record.Value
			})
			if i >= 0 {
				judged(&row, shown.Verdicts[i])
				v.Judged = true
			} else {
				row.Light, row.Why = string(sender.Waiting), words.Say("sender.not_looked")
			}
			v.Rows = append(v.Rows, row)
		}
		return s.show(w, r, http.StatusOK, v)
	})
}
