package main

import (
	"time"

	"latchkey.dev/shared/view/page"
)

// importsStates are those of inviting many.
func importsStates() []state {
	at := settings()
	at.Here, at.Portal = page.InPortal, page.AdminsApp
	roles := func(ticked ...int) []page.Choice {
		all := []page.Choice{{ID: "rol_1", Name: "Client"}, {ID: "rol_2", Name: longest}, {ID: "rol_3", Name: "Accountant"}}
		for _, n := range ticked {
			all[n].Ticked = true
		}
		return all
	}
	line := func(n int, ticked ...int) page.InviteLine {
		return page.InviteLine{Number: n, Roles: roles(ticked...), All: true, Open: true}
	}
	empty := page.InviteUsers{Workspace: at, Key: "k", Lines: []page.InviteLine{line(1), line(2), line(3)}, Roles: roles()}
	with := func(change func(*page.InviteUsers)) page.InviteUsers {
		v := empty
		change(&v)
		return v
	}
	badge := func(tone page.Tone, text string) page.Badge { return page.Badge{Tone: tone, Text: text} }
	rows := []page.AnsweredLine{
		{Number: 1, Email: "ops@acme.example", Name: "Acme Ltd", State: badge(page.Good, "Sent"), URL: "/clients/cl_1"},
		{Number: 2, Email: "info@alnoor.example", Name: rtl, State: badge(page.Wait, "Scheduled"), URL: "/clients/cl_2",
			At: page.TimeAt(now.Add(time.Hour), now)},
		{Number: 3, Email: "ops@acme.example", State: badge(page.Idle, "Duplicate"), Reason: "Line 1 has the same address. It counts."},
		{Number: 4, Email: "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example", Name: longest,
			State: badge(page.Bad, "Not sent"), Reason: "The role Client isn't active. Activate it, or pick another."},
	}
	filters := func(here int) []page.Filter {
		all := []page.Filter{{Word: "Open", URL: "/client-portal/invitations"},
			{Word: "Ended", URL: "/client-portal/invitations?show=ended"},
			{Word: "Batches", URL: "/client-portal/invitations?show=batches"}}
		all[here].Here = true
		return all
	}
	list := page.Invitations{Workspace: at, May: true, Filters: filters(0), Older: "/client-portal/invitations?cursor=cl_1"}
	list.Rows = []page.InvitationRow{
		{Invite: "in_1", URL: "/clients/cl_1", Name: "Acme Ltd", Email: "ops@acme.example", State: badge(page.Wait, "Pending"),
			Said: "Sent", At: ago(time.Hour), Resend: true, Cancel: true},
		{Invite: "in_2", URL: "/clients/cl_2", Name: rtl, Email: "info@alnoor.example", State: badge(page.Wait, "Scheduled"),
			Said: "Goes out about", At: page.TimeAt(now.Add(time.Hour), now), Cancel: true},
	}
	return []state{
		{Name: "invite-users", view: empty},
		{Name: "invite-users-refused", view: with(func(v *page.InviteUsers) {
			v.Paste = "nobody"
			v.Problems = page.Problems{{Field: "paste", Message: "Paste at most 64 KB at a time."}}
		})},
		{Name: "invite-users-picked", view: with(func(v *page.InviteUsers) {
			one, two, three := line(1, 0, 2), line(2), line(3)
			one.Email, one.Name, one.Contact, one.Card = "ida@acme.example", "Ida Berg", "con_1", "Ida Berg"
			two.Email, two.All, two.Roles = "ops@acme.example", false, roles(0)[:1]
			three.All, three.Roles = false, nil
			v.Lines, v.Find, v.Looked, v.More = []page.InviteLine{one, two, three}, "berg", true, true
			v.Found = []page.UserContact{{ID: "con_2", Name: "Omar Berg", Email: "omar@acme.example", Company: "Acme Ltd"},
				{ID: "con_3", Name: longest}, {ID: "con_4", Name: rtl, Email: "info@alnoor.example"}}
		})},
		{Name: "invite-users-none-found", view: with(func(v *page.InviteUsers) { v.Find, v.Looked = "nobody", true })},
		{Name: "invite-users-sent", view: with(func(v *page.InviteUsers) {
			v.Rows, v.Summary, v.Batch, v.Waits, v.Good = rows, "2 of 4 invited", "bat_1", true, true
			v.Again = "/client-portal/invite?again=bat_1"
		})},
		{Name: "invite-users-checked", view: with(func(v *page.InviteUsers) {
			v.Rows, v.Summary, v.Check, v.Ready = rows, "12 of 14 rows are ready", "bat_1.1", 12
			v.Ignored, v.Money = []string{"Shoe size"}, []string{"Payer"}
		})},
		{Name: "invite-users-barred", view: with(func(v *page.InviteUsers) {
			v.Barred = page.Barred{Title: "You can't invite anybody right now", Text: "Inviting clients needs the Max plan.",
				URL: "/upgrade"}
		})},
		{Name: "invitations", view: list},
		{Name: "invitations-empty", view: page.Invitations{Workspace: at, May: true, Filters: filters(1)}},
		{Name: "invitations-batches", view: page.Invitations{Workspace: at, May: true, Filters: filters(2), Batched: true,
			Newest: "/client-portal/invitations?show=batches", Older: "/client-portal/invitations?show=batches&cursor=bat_2",
			Batches: []page.BatchRow{
				{Title: "25 people", URL: "/client-portal/invite?batch=bat_1", CSV: "/v1/batches/bat_1/export", At: ago(time.Minute),
					Counts: []string{"22 invites", "1 already a client", "2 not sent"}, Last: page.TimeAt(now.Add(2*time.Hour), now)},
				{Title: "1,000 people", URL: "/client-portal/invite?batch=bat_2", CSV: "/v1/batches/bat_2/export", At: ago(time.Hour),
					Counts: []string{"988 invites", "3 already invited", "9 duplicates"}, State: badge(page.Wait, "Being made")}}}},
		{Name: "invitations-no-batches", view: page.Invitations{Workspace: at, Filters: filters(2), Batched: true}},
	}
}
