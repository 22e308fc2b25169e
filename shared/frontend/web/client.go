package web

import (
	"context"
	"fmt"
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
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// outcomes are what a client's page says after something was done, by the word that the redirect carries.
var outcomes = map[string]string{
	"renamed":   "The name is changed.",
	"access":    "Saved. It counts from the client's next request on.",
	"revoked":   "Closed. The client's next request finds nothing there.",
	"removed":   "The client is removed, and all its access has ended. Its sign-in is its own.",
	"approved":  "The invitation is on its way to the other address. The old link is dead.",
	"kept":      "The invitation stays with this address.",
	"resent":    "A new mail with a new link is on its way.",
	"retried":   "It is being set up again. This page follows it.",
	"cancelled": "The invite is cancelled. Its link does not work any more.",
}

// ClientForms are the use cases behind the forms of a client's page.
type ClientForms struct {
	Inviter   *onboarding.Inviter
	Canceller *onboarding.Canceller
	Approvals *onboarding.Approvals
	Proposals *onboarding.Proposals
	Renamer   *clients.Renamer
	Access    *clients.Access
	Removal   *clients.Removal
	Retrier   *provisioning.Retrier
}

// ClientPage tells how it stands with one client, and takes what the agency does about it.
func ClientPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, f ClientForms) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.client(r, directory, caller)
		if err != nil {
			return err
		}
		if text := outcomes[r.URL.Query().Get("done")]; text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		ask(&v, r.URL.Query())
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("clientPage", auth, identity.ByStaff(identity.ClientsRead), show,
		resendInvite(s, directory, f.Inviter), cancelInvite(s, directory, f.Canceller),
		answerProposal(s, directory, f.Approvals, f.Proposals),
		renameClient(s, directory, f.Renamer), changeAccess(s, directory, f.Access), retryProvisioning(s, directory, f.Retrier),
		removeClient(s, directory, f.Removal), eraseClient(s, directory, f.Removal))
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
	return s.change("resend", identity.InvitesWrite, "resent", directory, do)
}

// cancelInvite ends the invite; its links are dead with the answer.
func cancelInvite(s *Site, directory *clients.Directory, canceller *onboarding.Canceller) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, _ url.Values) error {
		_, err := canceller.Cancel(ctx, caller, c.Invite.ID)
		return err
	}
	return s.change("cancel", identity.InvitesWrite, "cancelled", directory, do)
}

// change does something about a client and shows the client's page again: by a redirect, or where it was refused with
// the reason, and with what was typed put back by again.
func (s *Site) change(name string, scope identity.Scope, done string, directory *clients.Directory,
	do func(context.Context, identity.Caller, *client.Client, url.Values) error,
	again ...func(*page.Client, *fault.Error, url.Values)) Form {
	return form(name, identity.ByStaff(scope), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
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
			return seeOther(w, clientPath(which)+"?done="+done)
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
	a, err := directory.Agency(ctx, caller)
	if err != nil {
		return page.Client{}, err
	}
	c := l.Client
	v := page.Client{
		Workspace: workspace(a, caller, page.InClients), URL: clientPath(c.ID), Name: c.DisplayName(), Status: standingBadge(c, now),
		Since: page.TimeAt(c.Invite.CreatedAt, now), SinceWord: "Invited", Payer: payerWord(c.Invite.Payer),
	}
	may := a.MayInvite() == nil
	v.Workspace.Invite = may
	if c.Name != "" {
		v.Email = string(c.Email)
	}
	switch {
	case !c.EndedAt.IsZero():
		v.Since, v.SinceWord = page.TimeAt(c.EndedAt, now), "Ended"
	case !c.AcceptedAt.IsZero():
		v.Since, v.SinceWord = page.TimeAt(c.AcceptedAt, now), "Client since"
	}
	for _, x := range l.Resources {
		row := page.Linked{ID: string(x.Resource), Name: x.Name, Kind: kindWord(x.Kind, x.Type), State: resourceBadge(x.Status),
			Rights: rightsWord(x.Access), Write: x.Access == instance.Write}
		if i := c.Bought(x.Resource); i != nil {
			row.Own, row.Rights, row.Progress, row.Retry = true, "The client's own", progress(i, false, now), i.State == purchase.Failed
			if row.Progress != nil {
				v.Edition += row.Progress.Edition + " "
			}
		}
		v.Access = append(v.Access, row)
	}
	if v.Deal, err = deal(c, now, clientPath(c.ID)+"/contract"); err != nil {
		return v, err
	}
	story(&v, c, now)
	banner(&v, c, now)
	if may {
		v.Resend = resend(c.Invite, a, now)
	}
	return v, s.clientActions(r, directory, caller, &v, c)
}

// story tells what happened to the invite, and what is still to come.
func story(v *page.Client, c *client.Client, now time.Time) {
	i := c.Invite
	for _, e := range i.Timeline {
		line := eventLine(e)
		line.At = page.TimeAt(e.At, now)
		v.Story = append(v.Story, line)
	}
	switch i.At(now) {
	case invite.Sending:
		v.Story = append(v.Story, page.Event{Title: "Accepted by SES", Coming: true}, page.Event{Title: "Accepted", Coming: true})
	case invite.Pending:
		v.Story = append(v.Story, page.Event{Title: "Accepted", Coming: true})
	case invite.Expired:
		if i.Status != invite.Expired { // nobody has written it down yet
			v.Story = append(v.Story, page.Event{Tone: page.Idle, Title: "Expired", At: page.TimeAt(i.ExpiresAt, now)})
		}
	}
	for _, e := range []struct {
		tone  page.Tone
		title string
		at    time.Time
	}{
		{page.Good, "Paid for the first time", c.Payment.PaidAt}, {page.Bad, "Payment failed", c.Payment.PastDueSince},
		{page.Idle, "Payment ended", c.Payment.EndedAt},
	} {
		if !e.at.IsZero() {
			v.Story = append(v.Story, page.Event{Tone: e.tone, Title: e.title, At: page.TimeAt(e.at, now)})
		}
	}
	if !c.EndedAt.IsZero() {
		title := map[client.Side]string{client.ByAgency: "Removed by you", client.ByClient: "Left the portal"}[c.EndedBy]
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

// banner says where the invite stands, and what can be done about it.
func banner(v *page.Client, c *client.Client, now time.Time) {
	i := c.Invite
	switch c.EndedBy {
	case client.ByAgency:
		v.Banner = page.Banner{Tone: page.Idle, Title: "You have removed this client.",
			Text: "Nothing is open to it any more. You can invite the same address again."}
		v.Again = true
		return
	case client.ByClient:
		v.Banner = page.Banner{Tone: page.Idle, Title: "This client has left your portal.",
			Text: "Nothing is open to it any more. You can invite the same address again."}
		v.Again = true
		return
	}
	if c.Joined() && owing(v, c) {
		return
	}
	switch i.At(now) {
	case invite.Sending:
		v.Banner = page.Banner{Tone: page.Wait, Title: "Sending the invitation.",
			Text: "The mail is on its way out, and this page follows it."}
	case invite.Pending:
		v.Banner = page.Banner{Tone: page.Wait, Title: "Invite pending",
			Text: "- This client has not yet accepted their invitation.", Spam: true}
		v.Expires = page.TimeAt(i.ExpiresAt, now)
	case invite.Expired:
		v.Banner = page.Banner{Tone: page.Idle, Title: "The invitation has expired.",
			Text: "Nobody accepted it in time. Send it again for a new link and seven more days."}
		if at := i.Asked(now); !at.IsZero() {
			v.Banner = page.Banner{Tone: page.Wait, Title: "Your client asks for a new link.",
				Text: "The invitation has expired, and whoever holds its link asked " + page.TimeAt(at, now).Relative +
					" for a new one. Send it again for a new link and seven more days."}
		}
	case invite.Canceled:
		v.Again = true
		if i.WasDeclined() {
			v.Banner = page.Banner{Tone: page.Bad, Title: "This invitation was declined.",
				Text: "Its link is dead. You can invite the same address again."}
			if i.Reason != "" {
				v.Banner.Text = "They wrote: “" + i.Reason + "” " + v.Banner.Text
			}
			return
		}
		v.Banner = page.Banner{Tone: page.Idle, Title: "This invitation was cancelled.",
			Text: "Its link is dead. You can invite the same address again."}
	case invite.Failed:
		v.Banner = page.Banner{Tone: page.Bad, Title: "The invitation did not arrive.",
			Text: sentence(i.Reason) + " Its link is dead. Ask your client for an address that works, and invite that one."}
		v.Again = true
	}
	if i.Live() || i.At(now) == invite.Expired {
		v.Cancel = &page.Cancel{Text: fmt.Sprintf("The link in the mail to %s stops working at once, and the client gets no access. "+
			"You can invite the same address again afterwards.", c.Email)}
	}
}

// owing says what is wrong with the payment of a client that has joined; false when nothing is.
func owing(v *page.Client, c *client.Client) bool {
	until := ""
	if day := deletedOn(c); day != "" {
		until = " What it bought is suspended, and deleted on " + day + " unless it pays before."
	}
	switch s := c.Payment.State; {
	case s == subscription.PastDue && c.Payment.Asked != "":
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.confirm_owed"), Text: words.Say("money.confirm_owed_text")}
	case s.Open() && c.Payment.Inquiry:
		v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.inquiry_owed"), Text: words.Say("money.inquiry_owed_text")}
	case s == subscription.PastDue:
		v.Banner = page.Banner{Tone: page.Wait, Title: "The client's last payment did not go through.",
			Text: "Nothing is closed yet: the card is tried again over the next days, and the client reads in its portal how to " +
				"change it. Perhaps remind it."}
	case s == subscription.Disputed:
		v.Banner = page.Banner{Tone: page.Bad, Title: "The client's bank disputes the payment.",
			Text: "Its portal is paused until that is decided." + until}
	case c.Payment.Over() && returned(c):
		v.Banner = page.Banner{Tone: page.Idle, Title: "The client's payment was returned.",
			Text: "What it bought could not be set up. Its portal is paused; it may pay again there."}
	case c.Payment.Over():
		v.Banner = page.Banner{Tone: page.Idle, Title: "The client's payment has ended.",
			Text: "Its portal is paused until it pays again, which it can do there at any time." + until}
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
	left := max(invite.ResendsPerDay-today, 0)
	out := &page.Resend{Limit: fmt.Sprintf("%d of %d re-sends left today, at least 60 seconds apart. Each counts towards the hour's "+
		"invites: %d of %d are left. The new mail has a new link; the old one stops working.",
		left, invite.ResendsPerDay, a.Left(now), agency.HourlyInvites)}
	f := fault.As(i.MayResend(now))
	switch {
	case f == nil:
		if next, full := nextFree(a, now); full {
			return &page.Resend{Used: true, Limit: "All of this hour's invites are used up. The next one is free " + next.Relative + "."}
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
