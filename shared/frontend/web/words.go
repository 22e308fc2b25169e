package web

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
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
		return page.Badge{Tone: page.Wait, Text: "Pending"}
	case client.Active:
		return page.Badge{Tone: page.Good, Text: "Active"}
	}
	return page.Badge{Tone: page.Idle, Text: "Inactive"}
}

// standingBadge is a client's state, which says of one who does not want to be a client that it declined.
func standingBadge(c *client.Client, now time.Time) page.Badge {
	if c.Invite.WasDeclined() && !c.Joined() {
		return page.Badge{Tone: page.Bad, Text: "Declined"}
	}
	return clientBadge(c.At(now))
}

// resourceBadge is a resource's state; no text when the resource is gone.
func resourceBadge(s instance.Status) page.Badge {
	switch s {
	case instance.Running:
		return page.Badge{Tone: page.Good, Text: "Running"}
	case instance.Active:
		return page.Badge{Tone: page.Good, Text: "Active"}
	case instance.PendingDeploy:
		return page.Badge{Tone: page.Wait, Text: "Waiting to deploy"}
	case instance.Deploying:
		return page.Badge{Tone: page.Wait, Text: "Deploying"}
	case instance.Stopped:
		return page.Badge{Tone: page.Idle, Text: "Stopped"}
	case instance.SuspendedDown:
		return page.Badge{Tone: page.Bad, Text: "Suspended"}
	case instance.Failed:
		return page.Badge{Tone: page.Bad, Text: "Failed"}
	case instance.Deleted:
		return page.Badge{Tone: page.Idle, Text: "Deleted"}
	case "":
		return page.Badge{Tone: page.Idle, Text: "Removed"}
	}
	return page.Badge{Tone: page.Idle, Text: string(s)}
}

// healthBadge is a resource's state for both sides: nothing is said to run that did not answer when it was last called.
func healthBadge(r *instance.Resource) page.Badge {
	switch {
	case r.Silent() && r.BadKey:
		return page.Badge{Tone: page.Bad, Text: "Needs a new key"}
	case r.Silent():
		return page.Badge{Tone: page.Bad, Text: "Not answering"}
	}
	return resourceBadge(r.Status)
}

// kindWord names a kind of resource.
func kindWord(kind instance.Kind, of string) string {
	switch of {
	case "n8n":
		return "n8n instance"
	case "whatsapp":
		return "WhatsApp"
	case "hermes":
		return "Hermes agent"
	}
	if kind == instance.N8N {
		return "n8n instance"
	}
	return "Service"
}

// rightsWord says what a right allows.
func rightsWord(a instance.Access) string {
	if a == instance.Write {
		return "Read and write"
	}
	return "Read-only"
}

// payerWord says who pays.
func payerWord(p invite.Payer) string {
	if p == invite.ClientPays {
		return "The client pays"
	}
	return "You pay"
}

// eventLine words one event of an invite's timeline.
func eventLine(e invite.Event) page.Event {
	out := page.Event{Tone: page.Idle, Detail: e.Detail}
	switch e.Name {
	case invite.Queued:
		out.Title = "Queued"
	case invite.Sent:
		out.Title = "Accepted by SES"
		out.Detail = "" // SES's message id is for logs
	case invite.Delivered:
		out.Tone, out.Title = page.Good, "Delivered"
	case invite.Delayed:
		out.Tone, out.Title = page.Wait, "Delayed"
	case invite.Bounced:
		out.Tone, out.Title = page.Bad, "Bounced"
	case invite.Complained:
		out.Tone, out.Title = page.Bad, "Marked as spam"
	case invite.Opened:
		out.Tone, out.Title = page.Good, "Link opened"
	case invite.WasSigned:
		out.Tone, out.Title = page.Good, "Signed in"
	case invite.WasTaken:
		out.Tone, out.Title = page.Good, "Accepted"
	case invite.Resent:
		out.Title = "Sent again"
	case invite.WasDropped:
		out.Title = "Cancelled"
	case invite.Declined:
		out.Tone, out.Title = page.Bad, "Declined"
		if e.Detail != "" {
			out.Detail = "“" + e.Detail + "”"
		}
	case invite.Proposed:
		out.Tone, out.Title = page.Wait, "Asked to use another address"
	case invite.RanOut:
		out.Title = "Expired"
	case invite.AskedAgain:
		out.Tone, out.Title = page.Wait, "Asked for a new link"
	case invite.NotSent:
		out.Tone, out.Title = page.Bad, "Could not be sent"
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
