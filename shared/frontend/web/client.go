package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// outcome is what a client's page says after something was done, by the word that the redirect carries; "" for no such word.
func outcome(done string) string {
	switch done {
	case "renamed":
		return words.Say("client.renamed")
	case "access":
		return words.Say("client.access_saved")
	case "removed":
		return words.Say("client.was_removed")
	case "approved":
		return words.Say("client.approved")
	case "kept":
		return words.Say("client.kept")
	case "resent":
		return words.Say("clients.resent")
	case "retried":
		return words.Say("client.retried")
	case "cancelled":
		return words.Say("client.was_cancelled")
	case "rescheduled":
		return words.Say("client.was_rescheduled")
	case "reminders":
		return words.Say("client.reminders_saved")
	}
	return ""
}

// ClientForms are the use cases behind the forms of a client's page.
type ClientForms struct {
	Inviter    *onboarding.Inviter
	Canceller  *onboarding.Canceller
	Scheduler  *onboarding.Scheduler
	Approvals  *onboarding.Approvals
	Proposals  *onboarding.Proposals
	Renamer    *clients.Renamer
	Access     *clients.Access
	Removal    *clients.Removal
	Retrier    *provisioning.Retrier
	Promotions *agencies.Promotions
}

// ClientPage tells how it stands with one client, and takes what the agency does about it.
func ClientPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, f ClientForms) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		query := r.URL.Query()
		if query.Get("preview") == "portal" {
			return s.previewOf(w, r, directory, caller)
		}
		v, err := s.client(r, directory, caller)
		if err != nil {
			return err
		}
		if v.Undo = undo(&v, query); v.Undo == nil {
			if text := outcome(query.Get("done")); text != "" {
				v.Note = page.Note{Tone: page.Good, Text: text}
			}
		}
		ask(&v, query)
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("clientPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), show,
		resendInvite(s, directory, f.Inviter), cancelInvite(s, directory, f.Canceller),
		rescheduleInvite(s, directory, f.Scheduler), remindOfInvite(s, directory, f.Scheduler),
		answerProposal(s, directory, f.Approvals, f.Proposals),
		renameClient(s, directory, f.Renamer), changeAccess(s, directory, f.Access), retryProvisioning(s, directory, f.Retrier),
		removeClient(s, directory, f.Removal), eraseClient(s, directory, f.Removal), makeInternal(s, directory, f.Promotions))
}

// resendInvite mails a new link.
func resendInvite(s *Site, directory *clients.Directory, inviter *onboarding.Inviter) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, _ url.Values) error {
		c, err := inviter.Resend(ctx, caller, c.Invite.ID, onboarding.Unchanged{}, "")
		if err != nil {
			return err
		}
		_, err = inviter.Await(ctx, c, patience)
		return err
	}
	return s.change("resend", identity.ByPortal(identity.InvitesWrite, identity.Invite), always("resent"), directory, do)
}

// cancelInvite ends the invite; its links are dead with the answer.
func cancelInvite(s *Site, directory *clients.Directory, canceller *onboarding.Canceller) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, _ url.Values) error {
		_, err := canceller.Cancel(ctx, caller, c.Invite.ID)
		return err
	}
	return s.change("cancel", identity.ByPortal(identity.InvitesWrite, identity.Invite), always("cancelled"), directory, do)
}

// change does something about a client and shows the client's page again: by a redirect, or where it was refused with
// the reason, and with what was typed put back by again.
func (s *Site) change(name string, who identity.Who, done func(url.Values) string, directory *clients.Directory,
	do func(context.Context, identity.Caller, *client.Client, url.Values) error,
	again ...func(*page.Client, *fault.Error, url.Values)) Form {
	return form(name, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		which, err := id.ParseClient(r.PathValue("clientId"))
		if err != nil {
			return err
		}
		l, err := directory.Client(ctx, caller, which)
		if err != nil {
			return err
		}
		err = do(ctx, caller, l.Client, r.PostForm)
		if err == nil {
			return seeOther(w, clientPath(which)+"?done="+done(r.PostForm))
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.client(r, directory, caller)
		if err != nil {
			return err
		}
		if len(again) == 0 {
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		}
		for _, a := range again {
			a(&v, f, r.PostForm)
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// always is one word for what was done, whatever was in the form.
func always(done string) func(url.Values) string { return func(url.Values) string { return done } }

// client prepares the page of the client that the path names.
func (s *Site) client(r *http.Request, directory *clients.Directory, caller identity.Caller) (page.Client, error) {
	ctx, now := r.Context(), s.now()
	which, err := id.ParseClient(r.PathValue("clientId"))
	if err != nil {
		return page.Client{}, err
	}
	event.Annotate(ctx, "agency", string(caller.Agency))
	l, err := directory.Client(ctx, caller, which)
	if err != nil {
		return page.Client{}, err
	}
	event.Annotate(ctx, "client", string(which))
	a, out, err := directory.Sender(ctx, caller)
	if err != nil {
		return page.Client{}, err
	}
	c := l.Client
	v := page.Client{
		Workspace: workspace(a, caller, page.InClients), URL: clientPath(c.ID), Name: c.DisplayName(), Status: standingBadge(c, now),
		Since: page.TimeAt(c.Invite.CreatedAt, now), SinceWord: words.Say("clients.was_invited"), Payer: payerWord(c),
		Folded: c.Joined(),
	}
	if c.At(now) != client.Inactive {
		v.Preview = v.URL + "?preview=portal"
	}
	if c.Invite.At(now) == invite.Pending && len(c.Invite.Resends) == 0 && now.Sub(c.Invite.CreatedAt) < fresh {
		v.Note = page.Note{Tone: page.Good, Text: words.Say("invite.sent", "email", c.Email)}
	}
	may := s.sends(a, caller)
	v.Workspace.Invite = may
	own := caller.Administers() || c.Invite.From.Member == caller.Member
	if c.Name != "" {
		v.Email = string(c.Email)
	}
	switch {
	case !c.EndedAt.IsZero():
		v.Since, v.SinceWord = page.TimeAt(c.EndedAt, now), words.Say("client.ended")
	case !c.AcceptedAt.IsZero():
		v.Since, v.SinceWord = page.Time{}, words.Say("client.since", "day", page.TimeAt(c.AcceptedAt, now).Day)
		if now.Sub(c.AcceptedAt) < 24*time.Hour {
			v.SinceWord = words.Say("client.since_today")
		}
	}
	for _, x := range l.Resources {
		row := page.Linked{ID: string(x.Resource), URL: thingPath(x.Resource), Name: x.Name, Kind: kindWord(words.English, x.Kind, x.Type),
			State:  resourceBadge(words.English, x.Status),
			Rights: rightsWord(x.Access), Write: x.Access == instance.Write}
		if x.Status == "" || x.Status == instance.Deleted { // it has no page any more
			row.URL = ""
		}
		if i := c.Making(x.Resource); i != nil {
			if !c.AgencyPays() {
				row.Own, row.Rights = true, words.Say("client.own")
			}
			row.Progress = progress(words.English, i, false, now)
			row.Retry = i.State == purchase.Failed && caller.MayPortal(identity.InPerson, identity.Manage) == nil
			if row.Progress != nil {
				v.Edition += row.Progress.Edition + " "
			}
		}
		v.Access = append(v.Access, row)
	}
	if v.Deal, err = deal(c, now, clientPath(c.ID)+"/contract", words.English); err != nil {
		return v, err
	}
	if c.Joined() {
		v.PayerURL, v.Change = clientPayerPath(c.ID), changing(words.English, c, client.ByAgency, now)
		if v.Deal != nil {
			v.Deal.Payer = v.PayerURL
		}
	}
	story(&v, c, a, now)
	banner(&v, c, now)
	v.Banner.From = mailFrom(out)
	if may && own {
		v.Resend = resend(c.Invite, a, now)
		s.later(&v, c, a)
	}
	if c.Invite.At(now) == invite.Scheduled && v.Banner.Title != "" {
		v.Banner.Text = words.Say("client.goes_out", "moment", bothTimes(c.Invite.SendAt, c.Location(a)))
	}
	if !may {
		v.Again = false
	}
	if caller.MayPortal(identity.InPerson, identity.Invite) != nil || !own {
		v.Cancel = nil
	}
	if v.Workspace.Employee {
		v.Banner.From = page.MailFrom{Own: true} // how mail is set up is nothing for employees
	}
	if c.Joined() && v.Workspace.Portal != page.NotInApp {
		v.User = userPath(c.ID)
	}
	if c.Lapsed(now) && v.Write == "" { // what it owes is said first
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("users.client_over", "moment", momentAt(a, c.ExpiresAt)),
			Text: words.Say("users.client_over_text")}
		if v.User != "" {
			v.Banner.Next = words.Say("users.client_over_next")
		}
	}
	if err := s.clientActions(r, directory, caller, &v, c); err != nil {
		return v, err
	}
	v.Internal = internalOf(a, c, caller)
	if f := fault.As(a.MayInvite()); f != nil && v.Proposal != nil {
		v.Proposal.Barred = f.Message
	}
	return v, nil
}

// internalOf asks whether the client is to become an internal user, or says why it cannot; nil for who may not ask, and for who is no
// external user.
func internalOf(a *agency.Agency, c *client.Client, caller identity.Caller) *page.Internal {
	if caller.Level() != agency.Owner || a.MayPortal() != nil || !c.Joined() {
		return nil
	}
	v := &page.Internal{URL: clientPath(c.ID)}
	if f := fault.As(c.MayPromote()); f != nil {
		v.Barred = f.Message
	}
	v.Client = c.DisplayName()
	v.Facts = []page.Fact{
		{Tone: page.Good, Text: words.Say("client.internal_member")},
		{Tone: page.Bad, Text: words.Say("client.internal_lost")},
		{Tone: page.Good, Text: words.Say("client.internal_kept")},
	}
	return v
}

// mailFrom is what stands with the note about spam folders: whether emails come from the agency's own domain, and what to do where
// they do not (FE27).
func mailFrom(out sender.Outgoing) page.MailFrom {
	return page.MailFrom{Own: out.Way != sender.ByPlatform, Why: out.Why, URL: emailURL}
}

// story tells what happened to the invite, and what is still to come.
func story(v *page.Client, c *client.Client, a *agency.Agency, now time.Time) {
	i := c.Invite
	for _, e := range i.Timeline {
		line := eventLine(e)
		line.At = page.TimeAt(e.At, now)
		v.Story = append(v.Story, line)
	}
	switch i.At(now) {
	case invite.Sending:
		v.Story = append(v.Story, page.Event{Title: words.Say("client.sent"), Coming: true},
			page.Event{Title: words.Say("client.accepted"), Coming: true})
	case invite.Scheduled:
		v.Story = append(v.Story, page.Event{Title: words.Say("client.sent"), Coming: true, At: page.TimeAt(i.SendAt, now)},
			page.Event{Title: words.Say("client.accepted"), Coming: true})
	case invite.Pending:
		if p := i.Reminders.Plan; len(p) > 0 && !c.Unreminded && !a.Reminders.Off {
			v.Story = append(v.Story, page.Event{Title: words.Say("client.reminder"), Coming: true, At: page.TimeAt(p[0], now)})
		}
		v.Story = append(v.Story, page.Event{Title: words.Say("client.accepted"), Coming: true})
	case invite.Expired:
		if i.Status != invite.Expired { // nobody has written it down yet
			v.Story = append(v.Story, page.Event{Tone: page.Idle, Title: words.Say("client.expired"), At: page.TimeAt(i.ExpiresAt, now)})
		}
	}
	for _, e := range []struct {
		tone  page.Tone
		title string
		at    time.Time
	}{
		{page.Good, words.Say("client.paid"), c.Payment.PaidAt}, {page.Bad, words.Say("client.payment_failed"), c.Payment.PastDueSince},
		{page.Idle, words.Say("client.payment_ended"), c.Payment.EndedAt},
	} {
		if !e.at.IsZero() {
			v.Story = append(v.Story, page.Event{Tone: e.tone, Title: e.title, At: page.TimeAt(e.at, now)})
		}
	}
	if !c.EndedAt.IsZero() {
		title := words.Say("client.left")
		if c.EndedBy == client.ByAgency {
			title = words.Say("client.removed")
		}
		v.Story = append(v.Story, page.Event{Tone: page.Idle, Title: title, At: page.TimeAt(c.EndedAt, now)})
	}
	if i.Live() {
		v.Watch = "/v1/invites/" + string(i.ID)
	}
	for n := range c.Items {
		if c.Items[n].Working() {
			v.Watch = "/v1/clients/" + string(c.ID)
		}
	}
}

// fresh is how long the page says that the invitation was sent a moment ago.
const fresh = 30 * time.Second

// quiet is how long a client may stay away before its page says what to do about one that pays.
const quiet = 30 * 24 * time.Hour

// banner says where the client stands, and what can be done about it.
func banner(v *page.Client, c *client.Client, now time.Time) {
	i := c.Invite
	switch c.EndedBy {
	case client.ByAgency:
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.you_removed"), Text: words.Say("client.closed")}
		v.Again = true
		return
	case client.ByClient:
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.they_left"), Text: words.Say("client.closed")}
		v.Again = true
		return
	}
	if c.Joined() {
		if !owing(v, c) {
			joined(v, c, now)
		} else if !c.SeenAt.IsZero() {
			v.Seen = page.TimeAt(c.SeenAt, now)
		}
		return
	}
	switch i.At(now) {
	case invite.Sending:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.sending"), Text: words.Say("client.sending_text")}
	case invite.Scheduled:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.is_scheduled"),
			Text: words.Say("client.is_scheduled_text", "when", page.TimeAt(i.SendAt, now).Relative)}
	case invite.Pending:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.pending"), Text: words.Say("client.pending_text"),
			Next: goingOn(i, now), Spam: !i.WasOpened()}
		v.Expires = page.TimeAt(i.ExpiresAt, now)
	case invite.Expired:
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.has_expired"), Text: words.Say("client.has_expired_text"),
			Next: words.Say("client.send_for_more")}
		if at := i.Asked(now); !at.IsZero() {
			v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.wants_link"),
				Text: words.Say("client.wants_link_text", "when", page.TimeAt(at, now).Relative), Next: words.Say("client.send_for_more")}
		}
	case invite.Canceled:
		v.Again = true
		if i.WasDeclined() {
			v.Banner = page.Banner{Tone: page.Bad, Title: words.Say("client.was_declined"), Text: words.Say("client.link_dead")}
			if i.Reason != "" {
				v.Banner.Text = words.Say("client.they_wrote", "reason", i.Reason) + " " + v.Banner.Text
			}
			return
		}
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.is_cancelled"), Text: words.Say("client.link_dead")}
	case invite.Failed:
		v.Banner = page.Banner{Tone: page.Bad, Title: words.Say("client.not_arrived"), Text: sentence(i.Reason),
			Next: words.Say("client.not_arrived_next")}
		v.Again = true
	}
	if i.Undecided() || i.At(now) == invite.Expired {
		v.Cancel = &page.Cancel{Why: words.Say("client.cancel_text"), Text: words.Say("client.cancel_facts", "email", c.Email)}
	}
	if i.Status == invite.Scheduled {
		v.Cancel = &page.Cancel{Why: words.Say("client.cancel_scheduled"),
			Text: words.Say("client.cancel_scheduled_facts", "email", c.Email)}
	}
}

// goingOn says how far an invitation that is out has got, and what may help.
func goingOn(i *invite.Invite, now time.Time) string {
	until := words.Say("client.until", "day", page.TimeAt(i.ExpiresAt, now).Day)
	at := map[invite.EventName]string{}
	for _, e := range i.Timeline {
		at[e.Name] = page.TimeAt(e.At, now).Relative
	}
	switch {
	case at[invite.Complained] != "":
		return words.Say("client.in_spam") + " " + until
	case i.WasOpened() && i.Contract != nil:
		return words.Say("client.opened_unpaid", "when", cmp.Or(at[invite.Opened], at[invite.WasSigned])) + " " + until
	case i.WasOpened():
		return words.Say("client.opened_unaccepted", "when", cmp.Or(at[invite.Opened], at[invite.WasSigned])) + " " + until
	case at[invite.Delivered] != "":
		return words.Say("client.arrived", "when", at[invite.Delivered]) + " " + until
	case at[invite.Delayed] != "":
		return words.Say("client.is_delayed") + " " + until
	}
	return until
}

// joined says how it stands with a client whose payments are in order: what it has, when it was here, and what to do next.
func joined(v *page.Client, c *client.Client, now time.Time) {
	has := words.Say("client.has", "n", len(v.Access))
	switch {
	case c.SeenAt.IsZero():
		v.Banner.Text = has + " " + words.Say("client.never_seen")
	default:
		v.Banner.Text = has + " " + words.Say("client.seen", "when", page.TimeAt(c.SeenAt, now).Relative)
	}
	if len(v.Access) == 0 {
		v.Banner.Next = words.Say("client.share_something")
	}
	here := c.SeenAt
	if here.Before(c.AcceptedAt) {
		here = c.AcceptedAt
	}
	if c.Payment.State.Open() && now.Sub(here) >= quiet {
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.quiet", "when", page.TimeAt(here, now).Relative),
			Text: words.Say("client.quiet_text"), Next: words.Say("client.quiet_next")}
		v.Write = "mailto:" + string(c.Email)
	}
}

// owing says what is wrong with the payment of a client that has joined; false when nothing is.
func owing(v *page.Client, c *client.Client) bool {
	until := ""
	if day := deletedOn(words.English, c); day != "" {
		until = words.Say("client.suspended_until", "day", day)
	}
	if c.AgencyPays() {
		return owed(v, c)
	}
	switch s := c.Payment.State; {
	case s == subscription.PastDue && c.Payment.Asked != "":
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.confirm_owed"), Text: words.Say("money.confirm_owed_text")}
	case s.Open() && c.Payment.Inquiry:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.inquiry_owed"), Text: words.Say("money.inquiry_owed_text")}
	case s == subscription.PastDue:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("client.past_due"), Text: words.Say("client.past_due_text"),
			Next: words.Say("client.past_due_next")}
	case s == subscription.Disputed:
		v.Banner = page.Banner{Tone: page.Bad, Title: words.Say("client.disputed"), Text: words.Say("client.disputed_text"), Next: until}
	case c.Payment.Over() && returned(c):
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.returned"), Text: words.Say("client.returned_text")}
		return true
	case c.Payment.Over():
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("client.payment_over"), Text: words.Say("client.payment_over_text"),
			Next: until}
	default:
		return false
	}
	v.Write = "mailto:" + string(c.Email)
	return true
}

// owed is owing where the agency pays.
func owed(v *page.Client, c *client.Client) bool {
	until := ""
	if day := deletedOn(words.English, c); day != "" {
		until = words.Say("payer.owed_until", "day", day)
	}
	switch s := c.Payment.State; {
	case s == subscription.PastDue:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("payer.owed"), Text: words.Say("payer.owed_text")}
	case s == subscription.Disputed:
		v.Banner = page.Banner{Tone: page.Bad, Title: words.Say("payer.owed_disputed"), Text: words.Say("payer.owed_disputed_text"),
			Next: until}
	case c.Payment.Over():
		v.Banner = page.Banner{Tone: page.Idle, Title: words.Say("payer.owed_over"), Text: words.Say("payer.owed_over_text"), Next: until}
	default:
		return false
	}
	return true
}

// resend is the offer to mail the invite again, with its limits told before they are hit.
func resend(i *invite.Invite, a *agency.Agency, now time.Time) *page.Resend {
	today := 0
	for _, at := range i.Resends {
		if now.Sub(at) < 24*time.Hour {
			today++
		}
	}
	out := &page.Resend{Limit: words.Say("client.resend_limit", "n", max(invite.ResendsPerDay-today, 0))}
	f := fault.As(i.MayResend(now))
	switch {
	case f == nil:
		if next, full := nextFree(a, now); full {
			return &page.Resend{Used: true, Limit: words.Say("invite.none_left", "quota", agency.HourlyInvites) + " " +
				words.Say("invite.next", "when", next.Relative)}
		}
		return out
	case f.Code == fault.StillSending && i.At(now) != invite.Sending:
		return &page.Resend{Used: true, Limit: f.Message}
	case f.Code != fault.RateLimited:
		return nil
	case strings.HasSuffix(f.Limit.Name, "-day"):
		return &page.Resend{Used: true, Limit: f.Message}
	}
	out.Wait = int((f.Retry + time.Second - 1) / time.Second)
	return out
}

// undo is the offer to take back a right to change things that was just given; nil where none was, or it is gone already.
func undo(v *page.Client, query url.Values) *page.Undo {
	was := query.Get("was")
	if query.Get("done") != "written" || was != "none" && was != string(instance.Read) || v.AccessURL == "" {
		return nil
	}
	for _, x := range v.Access {
		if x.ID == query.Get("undo") && x.Write && !x.Own {
			return &page.Undo{Text: words.Say("client.is_write", "name", v.Name, "thing", x.Name), Resource: x.ID, Access: was}
		}
	}
	return nil
}
