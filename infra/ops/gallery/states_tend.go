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
		Workspace: workspace(true), URL: "/client-active", Name: "Acme Ltd", Email: "ops@acme.example", Status: active, Since: ago(9 * day),
		SinceWord: "Client since", Payer: "You pay",
		Story: []page.Event{at(page.Idle, "Queued", 10*day), at(page.Idle, "Accepted by SES", 10*day), at(page.Good, "Delivered", 10*day),
			at(page.Good, "Link opened", 9*day), at(page.Good, "Accepted", 9*day)},
		Access: []page.Linked{{ID: "ins_1", Name: "Production", Kind: "n8n instance", State: running},
			{ID: "ins_2", Name: "Staging", Kind: "n8n instance", State: active, Write: true},
			{ID: "svc_1", Name: "WhatsApp Support", Kind: "WhatsApp", State: page.Badge{Tone: page.Idle, Text: "Stopped"}, Write: true}},
		Rename: page.Rename{Name: "Acme Ltd", Edition: "0"}, Activity: "/activity", AgainURL: "/clients?invite=new",
		AccessURL: "/client-active",
		Grant: &page.GrantForm{Choices: []page.Choice{{ID: "ins_3", Name: "Reports " + rtl, State: running},
			{ID: "svc_2", Name: "Hermes night shift", State: active}}},
		Remove: &page.Question{Client: "Acme Ltd", Facts: []page.Fact{
			{Tone: page.Bad, Text: "The client loses access with its next request: Production, Staging, WhatsApp Support."},
			{Tone: page.Good, Text: "Your instances and services stay with you and keep running."},
			{Tone: page.Good, Text: "The client keeps its sign-in, and everything that it owns itself."},
			{Tone: page.Good, Text: "It stays in your list as inactive, and you can invite it again."},
		}},
	}
	with := func(change func(v *page.Client)) page.Client {
		v := base
		v.Access = append([]page.Linked(nil), base.Access...)
		change(&v)
		return v
	}
	erase := &page.Question{Client: "Acme Ltd", Facts: []page.Fact{
		{Tone: page.Bad, Text: "Its address, its name, your messages to it and the timeline are deleted for good."},
		{Tone: page.Good, Text: "The activity log keeps what was done and when, with ids in the place of names."},
		{Tone: page.Good, Text: "Its sign-in, and what it has with other agencies, stay as they are. You can invite the same address " +
			"afresh."},
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
			v.Note = page.Note{Tone: page.Good, Text: "Saved. It counts from the client's next request on."}
		})},
		{Name: "client-grant-refused", view: with(func(v *page.Client) {
			g := *v.Grant
			g.Problems = page.Problems{{Field: "grant",
				Message: "Reports is stopped. Only an active or running one can be opened to a client."}}
			v.Grant = &g
		})},
		{Name: "client-revoke", view: with(func(v *page.Client) { v.Access[1].Asked = true })},
		{Name: "client-rename", view: with(func(v *page.Client) { v.Rename.Open = true })},
		{Name: "client-rename-refused", view: with(func(v *page.Client) {
			v.Rename = page.Rename{Open: true, Name: "Acme of Rotterdam",
				Problems: page.Problems{{Field: "rename",
					Message: "Somebody else has changed this client since you opened it. Look at it again, then change it."}}}
		})},
		{Name: "client-remove", view: with(func(v *page.Client) {
			q := *v.Remove
			q.Open = true
			v.Remove = &q
		})},
		{Name: "client-removed", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "You have removed this client.",
				Text: "Nothing is open to it any more. You can invite the same address again."})
			v.Story = append(v.Story[:5:5], at(page.Idle, "Removed by you", time.Hour))
		})},
		{Name: "client-left", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "This client has left your portal.",
				Text: "Nothing is open to it any more. You can invite the same address again."})
			v.Story = append(v.Story[:5:5], at(page.Idle, "Left the portal", time.Hour))
		})},
		{Name: "client-erase", view: with(func(v *page.Client) {
			ended(v, page.Banner{Tone: page.Idle, Title: "You have removed this client.",
				Text: "Nothing is open to it any more. You can invite the same address again."})
			q := *erase
			q.Open = true
			v.Erase = &q
		})},
		{Name: "client-proposal", view: with(func(v *page.Client) {
			v.Status, v.SinceWord, v.Remove = pending, "Invited", nil
			v.Story = append(v.Story[:4:4], at(page.Wait, "Asked for another address", time.Hour),
				page.Event{Title: "Accepted", Coming: true})
			v.Proposal = &page.Proposal{Address: "pat.with-a-rather-long-name@operations.acme.example", Invited: "ops@acme.example",
				At: ago(time.Hour)}
			v.Banner = page.Banner{Tone: page.Wait, Title: "Invite pending", Text: "- This client has not yet accepted their invitation.",
				Spam: true}
			v.Cancel = &page.Cancel{Text: "The link in the mail to ops@acme.example stops working at once."}
		})},
		{Name: "client-asked-to-pay", view: with(func(v *page.Client) {
			v.Status, v.SinceWord, v.Payer, v.Remove, v.Access, v.AccessURL, v.Grant = pending, "Invited", "The client pays", nil, nil, "",
				nil
			v.Fixed = "This client has been asked to pay. Access can be changed when it has accepted."
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
		{Name: "clients-found", view: page.Clients{Workspace: workspace(true), Now: moment, Rows: asks, Find: "a", Filters: filters(""), Form: form()}},
		{Name: "clients-filtered",
			view: page.Clients{Workspace: workspace(true), Now: moment, Rows: rows()[3:5], Status: "active", Filters: filters("active"), Form: form(),
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

// activityStates are those of the log.
func activityStates() []state {
	options := func(here string) []page.Option {
		var all []page.Option
		for _, o := range []page.Option{{Word: "Everything"}, {Value: "invite", Word: "Invitations"},
			{Value: "client", Word: "Clients and access"}, {Value: "instance", Word: "Instances"}, {Value: "member", Word: "People"}} {
			o.Here = o.Value == here
			all = append(all, o)
		}
		return all
	}
	place := workspace(true)
	place.Here = page.InActivity
	did := func(tone page.Tone, before time.Duration, actor, words, subject, rest string) page.ActivityRow {
		parts := []page.Part{{Text: actor, Strong: true, URL: "/activity?actor=x"}, {Text: " " + words + " "},
			{Text: subject, Strong: true, URL: "/client-active"}}
		if rest != "" {
			parts = append(parts, page.Part{Text: rest})
		}
		return page.ActivityRow{Tone: tone, Parts: parts, At: ago(before)}
	}
	failed := did(page.Bad, 3*time.Hour, "The platform", "learned that the mail to", "it@quiet-river.example", " came back")
	failed.Detail = "There is no mailbox with this address."
	days := []page.ActivityDay{
		{Title: "21 November 2025", Rows: []page.ActivityRow{
			did(page.Good, 2*time.Minute, "Nora Lindqvist", "opened Production to", "Acme Ltd", ": read-only"),
			did(page.Idle, 5*time.Minute, "CRM", "invited", "Acme Ltd", ""),
			did(page.Idle, time.Hour, "Nora Lindqvist", "renamed", rtl, ""), failed,
			did(page.Wait, 4*time.Hour, "The recipient", "asked to use another address for", emoji, ""),
		}},
		{Title: "20 November 2025", Rows: []page.ActivityRow{
			did(page.Bad, 26*time.Hour, "Nora Lindqvist", "removed", longest, ""),
			did(page.Idle, 27*time.Hour, "Someone who was removed", "changed what", "Jo", " may do"),
			{Tone: page.Good, At: ago(28 * time.Hour),
				Parts: []page.Part{{Text: "A client that was erased", Strong: true}, {Text: " accepted the invitation"}}},
		}},
	}
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
			v.Only = []page.Chip{{Text: "Done by Nora Lindqvist", URL: "/activity"}, {Text: "About " + longest, URL: "/activity"}}
		})},
		{Name: "activity-empty", view: with(func(v *page.Activity) { v.Days, v.Older = nil, "" })},
		{Name: "activity-nothing-found", view: with(func(v *page.Activity) { v.Families, v.Days, v.Older = options("member"), nil, "" })},
		{Name: "activity-look-further", view: with(func(v *page.Activity) { v.Families, v.Days = options("member"), nil })},
		{Name: "activity-wrong", view: with(func(v *page.Activity) {
			v.Days, v.Older, v.From, v.CSV, v.JSONL = nil, "", "soon", "", ""
			v.Problems = page.Problems{{Field: "from", Message: "Write a day as 2026-03-31, or a time as 2026-03-31T14:00:00Z."}}
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
				Text: "Enter a valid email address. Close this tab, change it in the invite, and preview it again."}},
	}
}
