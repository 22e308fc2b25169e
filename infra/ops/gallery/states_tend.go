package main

import (
	"time"

	"latchkey.dev/shared/view/page"
)

// tendStates are what an agency does for a client once it is invited: access, name, the end.
func tendStates() []state {
	at := func(tone page.Tone, title string, before time.Duration) page.Event {
		return page.Event{Tone: tone, Title: title, At: ago(before)}
	}
	day := 24 * time.Hour
	base := page.Client{
		Workspace: workspace(true), URL: "/client-active", Name: "Acme Ltd", Email: "ops@acme.example", Status: active,
		SinceWord: "Client since 12 November 2025", Payer: "You pay", Preview: "/preview", Folded: true,
		Banner: page.Banner{Text: "They're in, with access to 3 instances and services. They last opened their portal 2 hours ago."},
		Story: []page.Event{at(page.Idle, "Queued", 10*day), at(page.Idle, "Sent", 10*day), at(page.Good, "Delivered", 10*day),
			at(page.Good, "Link opened", 9*day), at(page.Good, "Invitation accepted", 9*day)},
		Access: []page.Linked{{ID: "ins_1", URL: "/instance", Name: "Production", Kind: "n8n instance", State: running},
			{ID: "ins_2", Name: "Staging", Kind: "n8n instance", State: active, Write: true},
			{ID: "svc_1", Name: "WhatsApp Support", Kind: "WhatsApp", State: page.Badge{Tone: page.Idle, Text: "Stopped"}, Write: true}},
		Rename: &page.Rename{Name: "Acme Ltd", Edition: "0"}, Activity: "/activity", AgainURL: "/clients?invite=new",
		AccessURL: "/client-active",
		Grant: &page.GrantForm{Choices: []page.Choice{{ID: "ins_3", Name: "Reports " + rtl, State: running},
			{ID: "svc_2", Name: "Hermes night shift", State: active}}},
		Remove: &page.Question{Client: "Acme Ltd", Facts: []page.Fact{
			{Tone: page.Bad, Text: "They lose access with their next request: Production, Staging, WhatsApp Support."},
			{Tone: page.Good, Text: "Your instances and services stay with you and keep running."},
			{Tone: page.Good, Text: "They keep their sign-in and everything they own."},
			{Tone: page.Good, Text: "They stay in your list, and you can invite them again."},
		}},
	}
	with := func(change func(v *page.Client)) page.Client {
		v := base
		v.Access = append([]page.Linked(nil), base.Access...)
		change(&v)
		return v
	}
	erase := &page.Question{Client: "Acme Ltd", Facts: []page.Fact{
		{Tone: page.Bad, Text: "Their address, name, your messages to them and the timeline are deleted for good."},
		{Tone: page.Good, Text: "The activity log keeps what was done and when, with IDs instead of names."},
		{Tone: page.Good, Text: "Their sign-in, and what they have with other agencies, stay as they are. You can invite them again."},
	}}
	ended := func(v *page.Client, b page.Banner) {
		v.Status, v.Since, v.SinceWord, v.Banner, v.Again = inactive, ago(time.Hour), "Ended", b, true
		v.Access, v.AccessURL, v.Grant, v.Remove, v.Erase = nil, "", nil, nil, erase
	}
	return []state{
		{Name: "client-tended", view: base},
		{Name: "client-nothing-open", view: with(func(v *page.Client) { v.Access = nil })},
		{Name: "client-everything-open", view: with(func(v *page.Client) { v.Grant = &page.GrantForm{} })},
		{Name: "client-saved", view: with(func(v *page.Client) {
			v.Note = page.Note{Tone: page.Good, Text: "Saved. It counts from their next request."}
		})},
		{Name: "client-undo", view: with(func(v *page.Client) {
			v.Undo = &page.Undo{Text: "Acme Ltd can now switch workflows in Staging on and off.", Resource: "ins_2", Access: "read"}
		})},
		{Name: "client-quiet", view: with(func(v *page.Client) {
			v.Payer, v.Write = "They pay", "mailto:ops@acme.example"
			v.Banner = page.Banner{Tone: page.Wait, Title: "They pay, and were last here 45 days ago.",
				Text: "You can't remove a client who pays for their own hosting. It runs until they cancel or their card stops working.",
				Next: "Email them first. If they don't answer, revoke what you share below: what they bought isn't affected."}
		})},
		{Name: "client-grant-refused", view: with(func(v *page.Client) {
			g := *v.Grant
			g.Problems = page.Problems{{Field: "grant",
				Message: "Reports is stopped. Only an active or running one can be shared."}}
			v.Grant = &g
		})},
		{Name: "client-revoke", view: with(func(v *page.Client) { v.Access[1].Asked = true })},
		{Name: "client-rename", view: with(func(v *page.Client) { v.Rename.Open = true })},
		{Name: "client-rename-refused", view: with(func(v *page.Client) {
			v.Rename = &page.Rename{Open: true, Name: "Acme of Rotterdam",
				Problems: page.Problems{{Field: "rename",
					Message: "Someone else changed this client since you opened it. Reload, then make your change."}}}
		})},
		{Name: "client-remove", view: with(func(v *page.Client) {
			q := *v.Remove
			q.Open = true
			v.Remove = &q
		})},
		{Name: "client-removed", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "You have removed this client.",
				Text: "Nothing is shared with them any more. You can invite them again."})
			v.Story = append(v.Story[:5:5], at(page.Idle, "Removed by you", time.Hour))
		})},
		{Name: "client-left", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "This client left your portal.",
				Text: "Nothing is shared with them any more. You can invite them again."})
			v.Story = append(v.Story[:5:5], at(page.Idle, "Left the portal", time.Hour))
		})},
		{Name: "client-erase", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "You have removed this client.",
				Text: "Nothing is shared with them any more. You can invite them again."})
			q := *erase
			q.Open = true
			v.Erase = &q
		})},
		{Name: "client-proposal", view: with(func(v *page.Client) {
			v.Status, v.SinceWord, v.Remove = pending, "Invited", nil
			v.Story = append(v.Story[:4:4], at(page.Wait, "Asked for another address", time.Hour),
				page.Event{Title: "Invitation accepted", Coming: true})
			v.Proposal = &page.Proposal{Address: "pat.with-a-rather-long-name@operations.acme.example", Invited: "ops@acme.example",
				At: ago(time.Hour)}
			v.Banner = page.Banner{Tone: page.Wait, Title: "Invite pending", Text: "- This client has not yet accepted their invitation.",
				Spam: true}
			v.Cancel = &page.Cancel{Why: "The link in their email stops working at once.",
				Text: "The link we emailed to ops@acme.example stops working at once, and they get no access. You " +
					"can invite them again later."}
		})},
		{Name: "client-asked-to-pay", view: with(func(v *page.Client) {
			v.Status, v.SinceWord, v.Payer, v.Remove, v.Access, v.AccessURL, v.Grant = pending, "Invited", "They pay", nil, nil, "",
				nil
			v.Fixed = "You asked them to pay. You can share with them once they accept."
		})},
		{Name: "client-tended-odd-names", view: with(func(v *page.Client) {
			v.Name, v.Email = longest, "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example"
			v.Access[0].Name, v.Access[1].Name, v.Access[2].Name = longest, unbroken, emoji
			v.Grant = &page.GrantForm{Choices: []page.Choice{{ID: "ins_3", Name: longest, State: running}}}
		})},
	}
}

// filters are the states to look at alone, with one of them chosen.
func filters(status string) []page.Filter {
	var all []page.Filter
	for _, f := range []page.Filter{{Word: "All", Count: "50+"}, {Word: "Pending", URL: "pending", Count: "8+"},
		{Word: "Active", URL: "active", Count: "4+"}, {Word: "Expired", URL: "expired", Count: "2+"},
		{Word: "Declined", URL: "declined", Count: "1+"}} {
		all = append(all, page.Filter{Word: f.Word, Count: f.Count, URL: "/clients?status=" + f.URL, Here: f.URL == status})
	}
	return all
}

// findStates are what a search in the list comes to.
func findStates() []state {
	asks := rows()[:3]
	asks[0].Waits, asks[0].Urgent = "Wants another address", true
	asks[2].Status = page.Badge{Tone: page.Bad, Text: "Declined"}
	return []state{
		{Name: "clients-found", view: page.Clients{Workspace: workspace(true), Now: moment, Rows: asks, Find: "a",
			Filters: filters(""), Form: form()}},
		{Name: "clients-filtered",
			view: page.Clients{Workspace: workspace(true), Now: moment, Rows: rows()[3:5], Status: "active",
				Filters: filters("active"), Form: form(),
				Older: "/clients?cursor=x&status=active"}},
		{Name: "clients-nothing-found",
			view: page.Clients{Workspace: workspace(true), Find: "zebra " + longest[:60], Filters: filters(""), Form: form()}},
		{Name: "clients-nothing-in-this-state",
			view: page.Clients{Workspace: workspace(true), Status: "declined", Filters: filters("declined"), Form: form()}},
		{Name: "clients-look-further",
			view: page.Clients{Workspace: workspace(true), Find: "zebra", Filters: filters(""), Form: form(),
				Older: "/clients?cursor=x&q=zebra"}},
	}
}

// activityRows are rows of the log, newest first, of two days.
func activityRows() []page.ActivityRow {
	did := func(tone page.Tone, before time.Duration, parts ...string) page.ActivityRow {
		row := page.ActivityRow{Tone: tone, At: ago(before)}
		for n, text := range parts { // a name, what was done, a name, and so on; "" for a sentence that begins otherwise
			if text != "" {
				row.Parts = append(row.Parts, page.Part{Text: text, Strong: n%2 == 0})
			}
		}
		if row.Parts[0].Strong {
			row.Parts[0].URL = "/activity?actor=x"
		}
		return row
	}
	return []page.ActivityRow{
		did(page.Good, 2*time.Minute, "Nora Lindqvist", " gave ", "Acme Ltd", " read-only access to ", "Production"),
		did(page.Idle, 5*time.Minute, "CRM", " invited ", "Acme Ltd"),
		did(page.Idle, time.Hour, "Nora Lindqvist", " renamed ", rtl),
		did(page.Bad, 3*time.Hour, "", "The email to ", "it@quiet-river.example", " bounced"),
		did(page.Wait, 4*time.Hour, emoji, " asked to use another address"),
		did(page.Good, 25*time.Hour, "Bolt GmbH", " paid"),
		did(page.Bad, 26*time.Hour, "Nora Lindqvist", " removed ", longest),
		did(page.Idle, 27*time.Hour, "A former member", " changed the role of ", "Jo"),
		did(page.Good, 28*time.Hour, "A deleted client", " accepted the invitation"),
	}
}

// activityStates are those of the log.
func activityStates() []state {
	options := func(here string) []page.Option {
		var all []page.Option
		for _, o := range []page.Option{{Word: "Everything"}, {Value: "invite", Word: "Invitations"},
			{Value: "client", Word: "Clients and access"}, {Value: "instance", Word: "Instances"}, {Value: "member", Word: "Members"}} {
			o.Here = o.Value == here
			all = append(all, o)
		}
		return all
	}
	place := workspace(true)
	place.Here = page.InActivity
	rows := activityRows()
	days := []page.ActivityDay{{Title: "21 November 2025", Rows: rows[:5]}, {Title: "20 November 2025", Rows: rows[5:]}}
	base := page.Activity{Workspace: place, Families: options(""), Days: days, Older: "/activity?cursor=x", CSV: "/activity",
		JSONL: "/activity"}
	with := func(change func(v *page.Activity)) page.Activity {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "activity", view: base},
		{Name: "activity-narrowed", view: with(func(v *page.Activity) {
			v.Families, v.From, v.To, v.Days, v.Older, v.Newest = options("client"), "2025-11-01", "2025-11-30", days[:1], "", "/activity"
			v.Only = []page.Chip{{Text: "By Nora Lindqvist", URL: "/activity"}, {Text: "About " + longest, URL: "/activity"}}
		})},
		{Name: "activity-empty", view: with(func(v *page.Activity) { v.Days, v.Older = nil, "" })},
		{Name: "activity-nothing-found", view: with(func(v *page.Activity) { v.Families, v.Days, v.Older = options("member"), nil, "" })},
		{Name: "activity-look-further", view: with(func(v *page.Activity) { v.Families, v.Days = options("member"), nil })},
		{Name: "activity-wrong", view: with(func(v *page.Activity) {
			v.Days, v.Older, v.From, v.CSV, v.JSONL = nil, "", "soon", "", ""
			v.Problems = page.Problems{{Field: "from", Message: "Enter a day as 2026-03-31, or a time as 2026-03-31T14:00:00Z."}}
		})},
	}
}

// previewStates are what an agency sees of its client's portal before it sends the invite.
func previewStates() []state {
	return []state{
		{Name: "preview", view: page.Portal{Brand: northwind, Person: "ops@acme.example", Preview: "Acme Ltd", Instances: []page.Tile{
			{Name: "Production", Kind: "n8n instance", State: running, URL: "https://production.n8n.example/", Look: "#content"},
			{Name: "Staging", Kind: "n8n instance", State: active, Write: true, Look: "#content",
				Reason: "It has no address to open in a browser."}}}},
		{Name: "preview-empty", view: page.Portal{Brand: sunny, Person: "client@example.com", Preview: longest}},
		{Name: "preview-refused",
			view: page.Failure{Brand: platform, Title: "There is nothing to preview yet",
				Text: "Enter a valid email address."}},
	}
}
