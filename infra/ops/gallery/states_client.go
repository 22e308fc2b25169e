package main

import (
	"slices"
	"time"

	"latchkey.dev/shared/view/page"
)

// clientStates are those of one client's page, from the first second of its invite to every end.
func clientStates() []state {
	event := func(tone page.Tone, title, detail string, before time.Duration) page.Event {
		return page.Event{Tone: tone, Title: title, Detail: detail, At: ago(before)}
	}
	queued := event(page.Idle, "Queued", "", 2*time.Minute+4*time.Second)
	sent := event(page.Idle, "Sent", "", 2*time.Minute)
	delivered := event(page.Good, "Delivered", "", 119*time.Second)
	opened := event(page.Good, "Link opened", "", 70*time.Second)
	signed := event(page.Good, "Signed in", "", 40*time.Second)
	accepted := event(page.Good, "Invitation accepted", "", 30*time.Second)
	coming := page.Event{Title: "Invitation accepted", Coming: true}
	base := page.Client{
		Workspace: workspace(true), URL: "/client-pending", Name: "Acme Ltd", Email: "ops@acme.example", Status: pending,
		Since: ago(124 * time.Second), SinceWord: "Invited",
		Payer: "You pay", Story: []page.Event{queued, sent, delivered, coming},
		Access: []page.Linked{{Name: "Production", Kind: "n8n instance", Rights: "Read-only"},
			{Name: "Staging", Kind: "n8n instance", Rights: "Read-write"}},
		Banner: page.Banner{Tone: page.Wait, Title: "Invite pending", Text: "- This client has not yet accepted their invitation.",
			Next: "The email arrived 2 minutes ago and hasn't been opened yet. The link expires on 28 November 2025.", Spam: true},
		Preview: "/preview", Activity: "/activity",
		Resend: &page.Resend{Limit: "Sending again replaces the old link. 5 left today."},
		Cancel: &page.Cancel{Why: "The link in their email stops working at once.",
			Text: "The link we emailed to ops@acme.example stops working at once, and they get no access. You can " +
				"invite them again later."},
	}
	with := func(change func(v *page.Client)) page.Client {
		v := base
		v.Story = slices.Clone(base.Story)
		change(&v)
		return v
	}
	ended := func(v *page.Client, b page.Badge, n page.Banner, last page.Event) {
		v.Status, v.Banner, v.Resend, v.Cancel = b, n, nil, nil
		v.Story = []page.Event{queued, sent, last}
	}
	return []state{
		{Name: "client-sending", view: with(func(v *page.Client) {
			v.Banner = page.Banner{Tone: page.Wait, Title: "Sending the invitation.",
				Text: "The email is on its way. This page shows how it's going."}
			v.Story, v.Resend, v.Watch = []page.Event{queued, {Title: "Sent", Coming: true}, coming}, nil, "/v1/invites/in_1"
		})},
		{Name: "client-scheduled", view: with(func(v *page.Client) {
			v.Banner = page.Banner{Tone: page.Wait, Title: "Scheduled.",
				Text: "It goes out on Tuesday 8 December 2026, 09:00 CET (08:00 UTC)."}
			v.Later, v.Resend = &page.Later{At: "2026-12-08T09:00", Zone: "Europe/Berlin"}, nil
			v.Reminding = &page.Reminding{On: true, Next: "We'll remind them if they don't answer."}
			v.Cancel = &page.Cancel{Why: "It won't go out.",
				Text: "The invitation to ops@acme.example won't go out. You can invite them again later."}
			v.Story = []page.Event{event(page.Wait, "Scheduled", "", time.Minute), {Title: "Sent", Coming: true}, coming}
		})},
		{Name: "client-scheduled-error", view: with(func(v *page.Client) {
			v.Banner = page.Banner{Tone: page.Wait, Title: "Scheduled.",
				Text: "It goes out on Tuesday 8 December 2026, 09:00 CET (08:00 UTC)."}
			v.Later, v.Resend = &page.Later{At: "2025-12-08T09:00", Zone: "Berlin", Problems: page.Problems{
				{Field: "sendAt", Message: "Choose a time at least 5 minutes from now."},
				{Field: "timeZone", Message: "Choose a time zone by its name, such as Europe/Berlin."}}}, nil
			v.Story = []page.Event{event(page.Wait, "Scheduled", "", time.Minute), {Title: "Sent", Coming: true}, coming}
		})},
		{Name: "client-reminders", view: with(func(v *page.Client) {
			v.Reminding = &page.Reminding{On: true, Next: "Next reminder: Tuesday 8 December 2026, 11:00 CET (10:00 UTC)."}
			v.Story = []page.Event{queued, sent, delivered, {Title: "Reminder", Coming: true}, coming}
		})},
		{Name: "client-reminders-off", view: with(func(v *page.Client) {
			v.Reminding = &page.Reminding{On: true, Stopped: true, Next: "They've stopped reminders from you."}
			v.Story = []page.Event{queued, sent, delivered, event(page.Wait, "Reminder left out", "They don't want reminders from you.",
				time.Minute), coming}
		})},
		{Name: "client-pending", view: with(func(v *page.Client) { v.Banner.From.URL = "/settings/email" })},
		{Name: "client-own-domain", view: with(func(v *page.Client) { v.Banner.From = page.MailFrom{Own: true} })},
		{Name: "client-domain-unused", view: with(func(v *page.Client) {
			v.Banner.From = page.MailFrom{Why: "Records of your domain are missing.", URL: "/settings/email?id=dom_1"}
		})},
		{Name: "client-resent", view: with(func(v *page.Client) {
			v.Note = page.Note{Tone: page.Good, Text: "Sent again. The old link no longer works."}
			v.Resend = &page.Resend{Wait: 58, Limit: "Sending again replaces the old link. 4 left today."}
			v.Story = []page.Event{queued, sent, delivered, event(page.Idle, "Sent again", "", 2*time.Second), coming}
		})},
		{Name: "client-resend-used-up", view: with(func(v *page.Client) {
			v.Resend = &page.Resend{Used: true, Limit: "This invite was sent again five times within a day. Try tomorrow, or ask your " +
				"client which address works."}
		})},
		{Name: "client-resend-limited", view: with(func(v *page.Client) {
			v.Note = page.Note{Tone: page.Bad, Text: "You can send 10 invites per hour. Space them out or wait an hour."}
		})},
		{Name: "client-cancel", view: with(func(v *page.Client) {
			asked := *v.Cancel
			asked.Open, v.Cancel = true, &asked
		})},
		{Name: "client-delayed", view: with(func(v *page.Client) {
			v.Story = []page.Event{queued, sent, event(page.Wait, "Delayed", "The mailbox is full, and the email service keeps "+
				"trying.", time.Minute), coming}
		})},
		{Name: "client-active", view: with(func(v *page.Client) {
			v.Status, v.SinceWord, v.Since, v.Resend, v.Cancel = active, "Client since today", page.Time{}, nil, nil
			v.Folded = true
			v.Banner = page.Banner{Text: "They're in, with access to 2 instances and services. " +
				"They last opened their portal 20 seconds ago."}
			v.Story = []page.Event{queued, sent, delivered, opened, signed, accepted}
		})},
		{Name: "client-bounced", view: with(func(v *page.Client) {
			reason := "There is no mailbox with this address."
			ended(v, page.Badge{Tone: page.Bad, Text: "Bounced"},
				page.Banner{Tone: page.Bad, Title: "The invitation did not arrive.", Text: reason,
					Next: "Ask your client for an address that works, and invite that one."},
				event(page.Bad, "Bounced", reason, time.Minute))
			v.Again = true
		})},
		{Name: "client-expired", view: with(func(v *page.Client) {
			ended(v, page.Badge{Tone: page.Idle, Text: "Expired"},
				page.Banner{Tone: page.Idle, Title: "The invitation has expired.", Text: "Nobody accepted it in time.",
					Next: "Send it again for a new link that works for seven days."}, event(page.Idle, "Expired", "", time.Minute))
			v.Resend = base.Resend
		})},
		{Name: "client-cancelled", view: with(func(v *page.Client) {
			ended(v, page.Badge{Tone: page.Idle, Text: "Cancelled"},
				page.Banner{Tone: page.Idle, Title: "This invitation was cancelled.",
					Text: "Its link no longer works. You can invite them again."},
				event(page.Idle, "Cancelled", "", time.Minute))
			v.Again = true
		})},
		{Name: "client-portal-only", view: with(func(v *page.Client) { v.Access, v.Name, v.Email = nil, "ops@acme.example", "" })},
		{Name: "client-odd-names", view: with(func(v *page.Client) {
			v.Name, v.Email = longest, "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example"
			v.Access = []page.Linked{{Name: unbroken, Kind: "n8n instance", Rights: "Read-only"},
				{Name: rtl, Kind: "Hermes agent", Rights: "Read-write"}, {Name: emoji, Rights: "Read-only"}}
			v.Story[2].Detail = unbroken
		})},
	}
}
