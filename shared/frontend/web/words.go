package web

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// brandOf is the agency's own brand.
func brandOf(a *agency.Agency) page.Brand {
	return page.Brand{Name: a.Name, Color: a.Color, LogoURL: a.LogoURL}
}

// senderBrand is the agency's brand as it was when it invited.
func senderBrand(from invite.Sender) page.Brand {
	return page.Brand{Name: from.AgencyName, Color: from.Color, LogoURL: from.LogoURL}
}

// clientBadge is a client's state.
func clientBadge(s client.Status) page.Badge {
	switch s {
	case client.Pending:
		return page.Badge{Tone: page.Wait, Text: words.Say("clients.pending")}
	case client.Active:
		return page.Badge{Tone: page.Good, Text: words.Say("clients.active")}
	}
	return page.Badge{Tone: page.Idle, Text: words.Say("clients.inactive")}
}

// reasonBadge is why a client is inactive.
func reasonBadge(why client.Reason) page.Badge {
	switch why {
	case client.Expired:
		return page.Badge{Tone: page.Idle, Text: words.Say("clients.expired")}
	case client.Canceled:
		return page.Badge{Tone: page.Idle, Text: words.Say("clients.cancelled")}
	case client.Declined:
		return page.Badge{Tone: page.Bad, Text: words.Say("clients.declined")}
	case client.Bounced:
		return page.Badge{Tone: page.Bad, Text: words.Say("clients.bounced")}
	case client.Removed:
		return page.Badge{Tone: page.Idle, Text: words.Say("clients.removed")}
	case client.Left:
		return page.Badge{Tone: page.Idle, Text: words.Say("clients.left")}
	case client.Unpaid:
		return page.Badge{Tone: page.Bad, Text: words.Say("clients.not_paid")}
	case client.Promoted:
		return page.Badge{Tone: page.Idle, Text: words.Say("clients.promoted")}
	}
	return clientBadge(client.Inactive)
}

// standingBadge is a client's state, which says of one that is inactive why it is.
func standingBadge(c *client.Client, now time.Time) page.Badge {
	if why := c.Why(now); why != "" {
		return reasonBadge(why)
	}
	return clientBadge(c.At(now))
}

// resourceBadge is a resource's state; no text when the resource is gone.
func resourceBadge(l words.Language, s instance.Status) page.Badge {
	switch s {
	case instance.Running:
		return page.Badge{Tone: page.Good, Text: l.Say("kinds.state_running")}
	case instance.Active:
		return page.Badge{Tone: page.Good, Text: l.Say("kinds.state_active")}
	case instance.PendingDeploy:
		return page.Badge{Tone: page.Wait, Text: l.Say("kinds.state_pending_deploy")}
	case instance.Deploying:
		return page.Badge{Tone: page.Wait, Text: l.Say("kinds.state_deploying")}
	case instance.Stopped:
		return page.Badge{Tone: page.Idle, Text: l.Say("kinds.state_stopped")}
	case instance.SuspendedDown:
		return page.Badge{Tone: page.Bad, Text: l.Say("kinds.state_suspended")}
	case instance.Failed:
		return page.Badge{Tone: page.Bad, Text: l.Say("kinds.state_failed")}
	case instance.Deleted:
		return page.Badge{Tone: page.Idle, Text: l.Say("kinds.state_deleted")}
	case "":
		return page.Badge{Tone: page.Idle, Text: l.Say("kinds.state_removed")}
	}
	return page.Badge{Tone: page.Idle, Text: string(s)}
}

// healthBadge is a resource's state for both sides: nothing is said to run that did not answer when it was last called.
func healthBadge(l words.Language, r *instance.Resource) page.Badge {
	switch {
	case r.Silent() && r.BadKey:
		return page.Badge{Tone: page.Bad, Text: l.Say("kinds.state_bad_key")}
	case r.Silent():
		return page.Badge{Tone: page.Bad, Text: l.Say("kinds.state_silent")}
	}
	return resourceBadge(l, r.Status)
}

// kindWord names a kind of resource.
func kindWord(l words.Language, kind instance.Kind, of string) string {
	switch of {
	case "n8n":
		return l.Say("kinds.n8n")
	case "whatsapp":
		return l.Say("kinds.whatsapp")
	case "hermes":
		return l.Say("kinds.hermes")
	}
	if kind == instance.N8N {
		return l.Say("kinds.n8n")
	}
	return l.Say("kinds.service")
}

// rightsWord says what a right allows.
func rightsWord(a instance.Access) string {
	if a == instance.Write {
		return words.Say("general.read_write")
	}
	return words.Say("general.read_only")
}

// payerWord says who pays.
func payerWord(c *client.Client) string {
	switch {
	case c.AgencyPays(), c.Invite.Payer == invite.AgencyPays && c.Contract() == nil:
		return words.Say("clients.you_pay")
	case c.Contract() == nil:
		return words.Say("clients.free")
	}
	return words.Say("clients.they_pay")
}

// eventLine words one event of an invite's timeline.
func eventLine(e invite.Event) page.Event {
	out := page.Event{Tone: page.Idle, Detail: e.Detail}
	switch e.Name {
	case invite.Queued:
		out.Title = words.Say("client.queued")
	case invite.Planned:
		out.Tone, out.Title = page.Wait, words.Say("client.scheduled")
	case invite.Sent:
		out.Title = words.Say("client.sent")
	case invite.Delivered:
		out.Tone, out.Title = page.Good, words.Say("client.delivered")
	case invite.Delayed:
		out.Tone, out.Title = page.Wait, words.Say("client.delayed")
	case invite.Bounced:
		out.Tone, out.Title = page.Bad, words.Say("client.bounced")
	case invite.Complained:
		out.Tone, out.Title = page.Bad, words.Say("client.complained")
	case invite.Opened:
		out.Tone, out.Title = page.Good, words.Say("client.opened")
	case invite.WasSigned:
		out.Tone, out.Title = page.Good, words.Say("client.signed_in")
	case invite.WasTaken:
		out.Tone, out.Title = page.Good, words.Say("client.accepted")
	case invite.Resent:
		out.Title = words.Say("client.resent")
	case invite.WasDropped:
		out.Title = words.Say("client.cancelled")
	case invite.Declined:
		out.Tone, out.Title = page.Bad, words.Say("client.declined")
		if e.Detail != "" {
			out.Detail = "“" + e.Detail + "”"
		}
	case invite.Proposed:
		out.Tone, out.Title = page.Wait, words.Say("client.proposed")
	case invite.RanOut:
		out.Title = words.Say("client.expired")
	case invite.AskedAgain:
		out.Tone, out.Title = page.Wait, words.Say("client.asked_again")
	case invite.Reminded:
		out.Title = words.Say("client.reminded")
	case invite.NotReminded:
		out.Tone, out.Title = page.Wait, words.Say("client.not_reminded")
	case invite.Replanned:
		out.Tone, out.Title = page.Wait, words.Say("client.rescheduled")
	case invite.NotSent:
		out.Tone, out.Title = page.Bad, words.Say("client.not_sent")
	default:
		out.Title = string(e.Name)
	}
	return out
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	r := []rune(s)
	s = strings.ToUpper(string(r[0])) + string(r[1:])
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
