package web

import (
	"net/http"
	"net/url"
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// families are what the log can be narrowed to, in words.
var families = []struct{ action, word string }{
	{"", "Everything"}, {"invite", "Invitations"}, {"client", "Clients and access"}, {"instance", "Instances"},
	{"service", "Services"}, {"workflow", "Workflows"}, {"payment", "Payments"}, {"provision", "Setting up"},
	{"member", "People"}, {"api_key", "API keys"}, {"agency", "The agency"},
}

// told words each action around what it was done to: {s} is the subject, {t} the thing that the detail names.
var told = map[audit.Action]string{
	audit.InviteCreated: "invited {s}", audit.InviteSent: "sent the invitation of {s}",
	audit.InviteFailed: "could not send the invitation of {s}",
	audit.InviteResent: "sent the invitation of {s} again", audit.InviteCanceled: "cancelled the invitation of {s}",
	audit.InviteExpired: "noted that the invitation of {s} has expired",
	audit.InviteBounced: "learned that the mail to {s} came back", audit.InviteAccepted: "accepted the invitation",
	audit.InviteDeclined: "declined the invitation of {s}",
	audit.LinkRequested:  "asked for a new link for {s}", audit.AddressProposed: "asked to use another address for {s}",
	audit.ProposalApproved: "invited another address in the place of {s}", audit.ProposalRefused: "kept the address of {s}",
	audit.ClientRenamed: "renamed {s}", audit.AccessGranted: "opened {t} to {s}", audit.AccessChanged: "changed the right of {s} to {t}",
	audit.AccessRevoked: "closed {t} to {s}",
	audit.ClientRemoved: "removed {s}", audit.ClientLeft: "left the portal", audit.ClientErased: "erased {s}",
	audit.InstanceConnected: "connected {s}", audit.InstanceChanged: "changed {s}", audit.InstanceDisconnected: "disconnected {s}",
	audit.ServiceConnected: "connected {s}", audit.ServiceDisconnected: "disconnected {s}",
	audit.InstanceEntered:   "opened its own account in {s}",
	audit.WorkflowActivated: "switched a workflow of {s} on", audit.WorkflowDeactivated: "switched a workflow of {s} off",
	audit.ProvisionRequested: "began to set up {s}", audit.ProvisionReady: "set up {s}", audit.ProvisionFailed: "could not set up {s}",
	audit.ProvisionRetried: "asked to set up {s} again", audit.ProvisionRefunded: "returned the payment for {s}, which could not be set up",
	audit.ProvisionSuspended: "suspended {s}, which is not paid for", audit.ProvisionResumed: "started {s} again",
	audit.ProvisionDeleted: "deleted {s}, which is not paid for",
	audit.PaymentReceived:  "noted that {s} has paid", audit.PaymentFailed: "noted that a payment of {s} did not go through",
	audit.PaymentEnded:   "noted that {s} does not pay any more",
	audit.PaymentResumed: "noted that {s} pays again", audit.PaymentReturned: "returned the payment of {s}, whose invitation had ended",
	audit.AgencyCreated: "started the agency", audit.BrandingChanged: "changed the branding", audit.PlanChanged: "changed the plan",
	audit.AgencySuspended: "suspended the agency", audit.AgencyResumed: "lifted the agency's suspension",
	audit.AgencyDeleted: "deleted the agency",
	audit.MemberAdded:   "added {s}", audit.MemberChanged: "changed what {s} may do", audit.MemberRemoved: "removed {s}",
	audit.KeyCreated: "made the API key {s}", audit.KeyRevoked: "revoked the API key {s}",
}

// partyWord stands for who or what has no name, or has none any more.
var partyWord = map[activity.Kind]string{
	activity.System: "The platform", activity.Operator: "The operator", activity.Invitee: "The recipient",
	activity.Member: "someone who was removed", activity.Key: "an API key", activity.Client: "a client that was erased",
	activity.Invite:   "a client that was erased",
	activity.Instance: "an instance that was disconnected", activity.Service: "a service that was disconnected",
	activity.Agency: "the agency",
}

// ActivityPage tells what was done, a sentence a row.
func ActivityPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, log *activity.Log) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		event.Annotate(ctx, "agency", string(caller.Agency))
		a, err := directory.Agency(ctx, caller)
		if err != nil {
			return err
		}
		asked := r.URL.Query()
		v := page.Activity{Workspace: workspace(a, caller, page.InActivity), From: asked.Get("from"), To: asked.Get("to")}
		v.Workspace.Invite = a.MayInvite() == nil
		only := activity.Filter{Actor: short(asked.Get("actor")), Action: short(asked.Get("action")), Subject: short(asked.Get("subject"))}
		q := activity.Query{Limit: perPage, Filter: only}
		for _, f := range families {
			v.Families = append(v.Families, page.Option{Value: f.action, Word: f.word, Here: f.action == family(q.Action)})
		}
		v.Actor, v.Subject = q.Actor, q.Subject
		status := http.StatusOK
		if err = window(&q, asked); err == nil {
			err = s.fillActivity(r, &v, &q, asked, caller, log)
		}
		if f := fault.As(err); f != nil && f.Code == fault.Invalid {
			v.Problems, status, err = problems(f, map[string]string{"from": "from", "to": "to"}), f.Code.Status(), nil
		}
		if err != nil {
			return err
		}
		return s.show(w, r, status, v)
	}
	return s.page("activityPage", auth, identity.ByStaff(identity.ActivityRead), show)
}

// short cuts what is in an address to what an id or an action can be.
func short(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

func family(action string) string {
	f, _, _ := strings.Cut(action, ".")
	return f
}

// window reads the times, and the cursor, of the address.
func window(q *activity.Query, asked url.Values) (err error) {
	if q.From, err = activity.Moment("from", asked.Get("from"), false); err != nil {
		return err
	}
	if q.To, err = activity.Moment("to", asked.Get("to"), true); err != nil {
		return err
	}
	if c := asked.Get("cursor"); c != "" {
		if !id.Valid(id.EventPrefix, c) {
			return fault.New(fault.NotFound, "This page of the log does not exist. Go back to the newest rows.")
		}
		q.After = id.Event(c)
	}
	return nil
}

// narrowed is the page's path with one filter changed, from its newest row on.
func narrowed(asked url.Values, name, value string) string {
	q := url.Values{}
	for _, k := range []string{"actor", "action", "subject", "from", "to"} {
		if v := asked.Get(k); v != "" && k != name {
			q.Set(k, v)
		}
	}
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/activity"
	}
	return "/activity?" + q.Encode()
}

// fillActivity puts the rows that were asked for on the page.
func (s *Site) fillActivity(r *http.Request, v *page.Activity, q *activity.Query, asked url.Values, caller identity.Caller,
	log *activity.Log) error {
	found, err := log.List(r.Context(), caller, *q)
	if err != nil {
		return err
	}
	now := s.now()
	names := map[string]string{}
	for _, e := range found.Events {
		row := page.ActivityRow{At: page.TimeAt(e.At, now), Tone: toneOf(e.Action), Parts: sentenceOf(e, asked)}
		names[e.Actor.ID], names[e.Subject.ID] = wordOf(e.Actor), wordOf(e.Subject)
		if n := len(v.Days); n == 0 || v.Days[n-1].Title != row.At.Day {
			v.Days = append(v.Days, page.ActivityDay{Title: row.At.Day})
		}
		d := &v.Days[len(v.Days)-1]
		d.Rows = append(d.Rows, row)
	}
	for _, c := range []struct{ name, value, words string }{{"actor", q.Actor, "Done by"}, {"subject", q.Subject, "About"}} {
		if c.value == "" {
			continue
		}
		who := names[c.value]
		for _, e := range found.Events { // of a client, its invites carry the name
			if who == "" && e.Subject.Name != "" {
				who = e.Subject.Name
			}
		}
		if who == "" {
			who = c.value
		}
		v.Only = append(v.Only, page.Chip{Text: c.words + " " + who, URL: narrowed(asked, c.name, "")})
	}
	base := narrowed(asked, "", "")
	if found.Next != "" {
		older := url.Values{"cursor": {string(found.Next)}}
		v.Older = joinQuery(base, older)
	}
	if q.After != "" {
		v.Newest = base
	}
	v.CSV, v.JSONL = exportPath(base, "csv"), exportPath(base, "jsonl")
	return nil
}

func joinQuery(path string, q url.Values) string {
	if strings.Contains(path, "?") {
		return path + "&" + q.Encode()
	}
	return path + "?" + q.Encode()
}

func exportPath(base, format string) string {
	return joinQuery("/v1/activity/export"+strings.TrimPrefix(base, "/activity"), url.Values{"format": {format}})
}

// sentenceOf is a row as a sentence, in parts of which some are links.
func sentenceOf(e activity.Event, asked url.Values) []page.Part {
	actor := wordOf(e.Actor)
	parts := []page.Part{{Text: strings.ToUpper(actor[:1]) + actor[1:], Strong: true}}
	if e.Actor.Name != "" {
		parts[0].Text = e.Actor.Name
	}
	switch e.Actor.Kind {
	case activity.Member, activity.Key, activity.Client:
		parts[0].URL = narrowed(asked, "actor", e.Actor.ID)
	}
	words, ok := told[e.Action]
	if !ok {
		words = strings.ReplaceAll(strings.ReplaceAll(string(e.Action), ".", " "), "_", " ") + " {s}"
	}
	thing, right, _ := strings.Cut(e.Detail, " ")
	for words != "" {
		i := strings.Index(words, "{")
		if i < 0 || i+3 > len(words) {
			parts = append(parts, page.Part{Text: " " + strings.TrimSpace(words)})
			break
		}
		parts = append(parts, page.Part{Text: " " + strings.TrimSpace(words[:i]) + " "})
		if words[i:i+3] == "{s}" {
			parts = append(parts, page.Part{Text: wordOf(e.Subject), Strong: true, URL: subjectPath(e.Subject, e.Names)})
		} else {
			p := page.Part{Text: e.Names[thing], Strong: true}
			if p.Text == "" {
				p.Text = partyWord[activity.KindOf(thing)]
			}
			parts = append(parts, p)
		}
		words = strings.TrimPrefix(words[i+3:], " ")
	}
	switch {
	case e.Action != audit.AccessGranted && e.Action != audit.AccessChanged:
	case right == "write":
		parts = append(parts, page.Part{Text: ": read and write"})
	case right == "read":
		parts = append(parts, page.Part{Text: ": read-only"})
	}
	return parts
}

func wordOf(p activity.Party) string {
	if p.Name != "" {
		return p.Name
	}
	if w := partyWord[p.Kind]; w != "" {
		return w
	}
	return "something"
}

// subjectPath is where the subject is looked at; "" where it is nowhere, or gone.
func subjectPath(p activity.Party, names map[string]string) string {
	if names[p.ID] == "" {
		return ""
	}
	switch p.Kind {
	case activity.Client:
		return clientPath(id.Client(p.ID))
	case activity.Instance:
		return "/instances/" + url.PathEscape(p.ID)
	case activity.Service:
		return "/services/" + url.PathEscape(p.ID)
	}
	return ""
}

// toneOf is how good a change is for the agency.
func toneOf(a audit.Action) page.Tone {
	switch a {
	case audit.InviteAccepted, audit.ProposalApproved, audit.AccessGranted, audit.InstanceConnected, audit.ServiceConnected,
		audit.ProvisionReady, audit.ProvisionResumed, audit.MemberAdded, audit.AgencyCreated, audit.AgencyResumed:
		return page.Good
	case audit.ProvisionFailed, audit.ProvisionRefunded, audit.ProvisionSuspended, audit.ProvisionDeleted, audit.InviteFailed,
		audit.InviteBounced, audit.InviteDeclined, audit.ClientLeft, audit.ClientErased, audit.ClientRemoved, audit.MemberRemoved,
		audit.AgencySuspended, audit.AgencyDeleted:
		return page.Bad
	case audit.AddressProposed, audit.LinkRequested:
		return page.Wait
	}
	return page.Idle
}
