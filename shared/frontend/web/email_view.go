package web

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/view/page"
)

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
	v.Domain = e.domain(here, caller)
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
func (e *emails) domain(c *senders.View, caller identity.Caller) *page.SenderDomain {
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
		if over {
			d.Records = d.Asked() // a DMARC record may be the agency's own
		}
	}
	usable := max && !over && !d.Preparing
	d.Check = checkOf(c, usable)
	if usable {
		d.ZoneFile = emailURL + "?zone=" + d.ID
		d.HandOff = handOff(c, now)
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

// handOff is the offer to send the records on.
func handOff(c *senders.View, now time.Time) page.HandOff {
	out := page.HandOff{Offered: true, Daily: senders.RecordsPerDay}
	for _, l := range c.Links {
		if now.Before(l.ExpiresAt) {
			out.Links = append(out.Links,
				page.HandOffLink{ID: l.ID, To: l.To, Made: page.TimeAt(l.At, now), Ends: page.TimeAt(l.ExpiresAt, now)})
		}
	}
	slices.Reverse(out.Links)
	return out
}

// lights are the domain's records with how each of them stands, and the lines beside them.
func lights(c *senders.View) (rows, lines []page.SenderLight) {
	for _, x := range sender.Lines(c.Claim) {
		rows = append(rows, recordRow(x))
	}
	if c.ProofOnly || !c.Looks() {
		return rows, nil
	}
	ses := page.SenderLight{Of: "ses"}
	judged(&ses, c.SES())
	lines = append(lines, ses)
	if v, ok := c.DMARC(); ok && !c.Wanted().NoDMARC {
		line := page.SenderLight{Of: "dmarc"}
		judged(&line, v)
		lines = append(lines, line)
	}
	if c.Report.FromSPF != "" {
		lines = append(lines, page.SenderLight{Of: "from", Light: string(sender.Noted), Why: c.Report.FromSPF})
	}
	return rows, lines
}

// recordRow is a record to publish, and how it stands.
func recordRow(v sender.Verdict) page.SenderLight {
	r := v.Record
	row := page.SenderLight{Of: string(r.Role), Type: string(r.Type), Name: r.Short, Full: r.Name, Value: r.Shown()}
	judged(&row, v)
	return row
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
