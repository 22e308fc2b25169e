package web

import (
	"net/url"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/view/page"
)

// mostLinked is how many of a client's instances and services are named in the list.
const mostLinked = 4

func row(l *clients.Listed, may bool, now time.Time) page.ClientRow {
	c := l.Client
	out := page.ClientRow{ID: string(c.ID), URL: clientPath(c.ID), Name: c.DisplayName(), Status: standingBadge(c, now), Pays: payerWord(c)}
	if c.Name != "" {
		out.Email = string(c.Email)
	}
	var at time.Time
	out.Event, at = lastEvent(c, now)
	out.At = page.TimeAt(at, now)
	out.Waits, out.Urgent = waitsFor(c, now)
	if may && fault.As(c.Invite.MayResend(now)) == nil {
		out.Can += page.CanResend
	}
	switch s := c.Invite.At(now); {
	case !c.Joined() && (c.Invite.Undecided() || s == invite.Expired):
		out.Can += page.CanCancel
	case may && !c.Joined():
		out.Can += page.CanAgain
	}
	for _, x := range l.Resources {
		out.Linked = append(out.Linked, x.Name)
	}
	if deal := c.Invite.Contract; deal != nil && !c.Joined() && c.EndedAt.IsZero() {
		for _, x := range deal.Lines { // what it gets when it has paid
			out.Linked = append(out.Linked, x.Name())
		}
	}
	if n := len(out.Linked); n > mostLinked {
		out.Linked, out.More = out.Linked[:mostLinked], n-mostLinked
	}
	return out
}

// lastEvent is what a client did last, or what was done about it, in a word that goes before the time.
func lastEvent(c *client.Client, now time.Time) (string, time.Time) {
	switch {
	case !c.EndedAt.IsZero() && c.EndedBy == client.ByClient:
		return words.Say("clients.did_leave"), c.EndedAt
	case !c.EndedAt.IsZero():
		return words.Say("clients.was_removed"), c.EndedAt
	case c.Joined() && !c.SeenAt.IsZero() && c.SeenAt.After(c.AcceptedAt):
		return words.Say("clients.was_seen"), c.SeenAt
	case c.Joined():
		return words.Say("clients.did_accept"), c.AcceptedAt
	}
	i := c.Invite
	if i.At(now) == invite.Expired && i.Asked(now).IsZero() {
		return words.Say("clients.did_expire"), i.ExpiresAt
	}
	if len(i.Timeline) == 0 {
		return words.Say("clients.was_invited"), i.CreatedAt
	}
	switch last := i.Latest(); last.Name {
	case invite.Opened:
		return words.Say("clients.did_open"), last.At
	case invite.WasTaken:
		return words.Say("clients.did_accept"), last.At
	default:
		return eventLine(last).Title, last.At
	}
}

// waitsFor is what a client waits for, or what the agency waits for, and whether it is the agency's to do something; "" for
// nothing.
func waitsFor(c *client.Client, now time.Time) (string, bool) {
	if !c.Joined() {
		return inviteWaits(c, now)
	}
	switch s := c.Payment.State; {
	case s == subscription.PastDue && c.Payment.Asked != "":
		return words.Say("money.confirm_listed"), true
	case s == subscription.PastDue:
		return words.Say("clients.payment_failed"), true
	case s == subscription.Disputed:
		return words.Say("clients.payment_disputed"), true
	case s == subscription.Active && !c.Payment.End().IsZero():
		return words.Say("money.ends_listed", "day", page.TimeAt(c.Payment.End(), now).Day), true
	}
	if p := c.Change; p != nil && p.State == client.ChangeProposed && p.By == client.ByClient {
		return words.Say("payer.listed"), true
	}
	for n := range c.Items {
		if c.Items[n].Working() {
			return words.Say("clients.set_up"), false
		}
	}
	return "", false
}

// inviteWaits is waitsFor while nobody has accepted.
func inviteWaits(c *client.Client, now time.Time) (string, bool) {
	i := c.Invite
	s := i.At(now)
	switch {
	case c.Proposal != nil:
		return words.Say("clients.wants_address"), true
	case s == invite.Expired && !i.Asked(now).IsZero():
		return words.Say("clients.wants_link"), true
	case s == invite.Scheduled:
		return words.Say("clients.goes_out", "when", page.TimeAt(i.SendAt, now).Relative), false
	case s != invite.Pending:
		return "", false
	case i.ExpiresAt.Sub(now) < 24*time.Hour:
		return words.Say("clients.expires_soon", "when", page.TimeAt(i.ExpiresAt, now).Relative), true
	case !i.WasOpened():
		return words.Say("clients.unopened"), false
	case i.Contract != nil:
		return words.Say("clients.unpaid"), false
	}
	return words.Say("clients.unaccepted"), false
}

func clientPath(c id.Client) string { return "/clients/" + url.PathEscape(string(c)) }
