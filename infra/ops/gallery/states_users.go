package main

import (
	"time"

	"latchkey.dev/shared/view/page"
)

// usersStates are those of external users: their list, the card of each, and what somebody reads whose access has ended.
func usersStates() []state {
	around := workspace(false)
	around.Here, around.Portal = page.InPortal, page.AdminsApp
	looks := around
	looks.Portal = page.SeesApp
	ends := page.Badge{Tone: page.Wait, Text: "Ends 28 November 2025"}
	over := page.Badge{Tone: page.Bad, Text: "Access ended"}
	rows := []page.UserRow{
		{URL: "/user", Name: "Acme Ltd", Email: "ops@acme.example", Roles: []string{"Client", "Accountant"}, Seen: ago(2 * time.Hour)},
		{URL: "/user", Name: longest, Email: "somebody@a-very-long-name-of-a-company.example", Roles: []string{longest[:60]}, Ends: ends,
			Seen: ago(26 * time.Hour)},
		{URL: "/user", Name: rtl, Email: "ops@alnoor.example", Ends: over, Roles: []string{"Contractor"}},
		{URL: "/user", Name: "pat@bolt.example"},
	}
	list := page.Users{Workspace: around, Invite: true, Rows: rows}
	more, found, none, sees := list, list, list, list
	more.Newest, more.Older = "/client-portal", "/client-portal?cursor=x"
	found.Find, found.Rows = "acme", rows[:1]
	none.Find, none.Rows = "zzz", nil
	sees.Workspace, sees.Invite = looks, false

	card := page.User{Workspace: around, URL: "/user", Name: "Acme Ltd", Email: "ops@acme.example", Status: page.Badge{Tone: page.Good,
		Text: "Active"}, Since: ago(40 * 24 * time.Hour), Seen: ago(2 * time.Hour), Client: "/client", Preview: "/portal", Why: "/why",
		Activity: "/activity", May: true, Edition: "5f0c2b1e1f7c4a52",
		Modules: []page.UserModule{{Title: "Contact card", By: "Client, Their own rules"}},
		Roles: []page.UserRole{{ID: "rol_1", Name: "Client", About: "For clients who see everything.", Ticked: true},
			{ID: "rol_2", Name: longest[:60], State: page.Badge{Tone: page.Idle, Text: "Off"}},
			{ID: "rol_3", Name: "Contractor", Ticked: true, State: page.Badge{Tone: page.Bad, Text: "Expired"}}},
		HasRoles: true, Idle: true,
		Term: page.Term{Zone: "Europe/Berlin", Open: true, Text: "Their access doesn't end by itself."},
		Rules: []page.OwnModule{{Title: "Contact card", Lists: []page.OwnList{
			{Title: "See", Entries: []page.OwnEntry{
				{Value: "contact.fields.name", Title: "Name", By: "Client, " + longest[:40], Ticked: true},
				{Value: "contact.fields.address", Title: "Address"}}},
			{Title: "Do", Entries: []page.OwnEntry{{Value: "contact.actions.edit", Title: "Edit own phone and address"}}}}}},
		Contacts: []page.UserContact{{ID: "con_1", URL: "/contact", Name: "Ida Berg", Email: "ops@acme.example", Phone: "+46 8 123 45 67",
			Company: "Acme Ltd"}},
		Most: 10, Picker: &page.ContactPicker{},
		Internal: &page.Internal{URL: "/user", Question: page.Question{Client: "Acme Ltd", Facts: []page.Fact{
			{Tone: page.Good, Text: "They work at your agency as an employee, without Client Portal until you allow it."},
			{Tone: page.Bad, Text: "Their access, roles and open invites end, and don't come back."},
			{Tone: page.Good, Text: "What they did here stays in the history. They stay signed in."}}}},
		History: activityRows()[:3]}
	term := page.Term{Zone: "Europe/Berlin", Open: true, Until: "2025-11-28T17:00", Longer: "2025-12-28T16:00:00Z",
		Further: "28 December 2025, 17:00 CET",
		Text:    "Their access ends on 28 November 2025, 17:00 CET. Administrators are emailed 7 days and 1 day before."}
	soon, ended, refused, asked, bare, only := card, card, card, card, card, card
	pick, nobodys, full, internal := card, card, card, card
	pick.Picker = &page.ContactPicker{Find: "berg", Looked: true, More: "/user?after=x", Rows: []page.UserContact{
		{ID: "con_2", URL: "/contact", Name: "Ole Berg", Email: "ole@acme.example", Company: "Acme Ltd"},
		{ID: "con_3", URL: "/contact", Name: longest, Phone: "+46 8 123 45 67", Company: longest[:80]},
		{ID: "con_4", URL: "/contact", Name: rtl}}}
	nobodys.Picker, nobodys.Contacts = &page.ContactPicker{Find: "zzz", Looked: true}, nil
	full.Picker, full.Problems = nil, page.Problems{{Field: "contacts",
		Message: "An external user can be linked to 10 contacts. Take some away."}}
	question := *card.Internal
	question.Open = true
	internal.Internal = &question
	soon.Term, soon.Note = term, page.Note{Tone: page.Good, Text: "Access extended."}
	ended.Term, ended.Over, ended.Status, ended.Modules = term, "19 November 2025, 17:00 CET", over, nil
	ended.Term.Open, ended.Term.Text = false, "Their access ended on 19 November 2025, 17:00 CET."
	refused.Problems = page.Problems{{Field: "expiresAt", Message: "Choose a time that lies ahead."},
		{Field: "roles", Message: "The role “Contractor” has expired. Choose another one, or extend it."}}
	asked.Contacts = []page.UserContact{{ID: "con_1", URL: "/contact", Name: "Acme Ltd", Asked: true}}
	bare.Name, bare.Email, bare.Roles, bare.NoRoles, bare.Contacts, bare.Modules = "pat@bolt.example", "", nil, true, nil, nil
	bare.History, bare.Seen, bare.Activity = nil, page.Time{}, ""
	bare.Picker, bare.Internal = &page.ContactPicker{Find: "pat@bolt.example"}, &page.Internal{URL: "/user",
		Barred: "They pay by subscription or own an instance. Both stay theirs, so end that first."}
	only.Workspace, only.May, only.Name, only.Picker, only.Internal = looks, false, rtl, nil, nil

	lapsed := page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account",
		Ask: &page.Ask{Name: "Nora Lindqvist", Email: "nora@northwind.example"},
		Over: &page.Over{Agency: "Northwind Automations", At: "19 November 2025, 17:00 CET",
			Things: []string{"Production", longest[:80], rtl}}}
	owns, nobody := lapsed, lapsed
	owns.Over = &page.Over{Agency: "Northwind Automations", At: "19 November 2025, 17:00 CET", Owns: true}
	owns.Instances = []page.Tile{{Name: "Own", Kind: "n8n instance", State: running, URL: "https://own.n8n.example/", Own: true}}
	nobody.Ask, nobody.Over = nil, &page.Over{Agency: longest, At: "19 November 2025, 17:00 CET"}
	return []state{
		{Name: "users", view: list}, {Name: "users-empty", view: page.Users{Workspace: around, Invite: true}},
		{Name: "users-more", view: more}, {Name: "users-found", view: found}, {Name: "users-none", view: none},
		{Name: "users-employee", view: sees},
		{Name: "user", view: card}, {Name: "user-ends", view: soon}, {Name: "user-ended", view: ended},
		{Name: "user-refused", view: refused},
		{Name: "user-unlink", view: asked}, {Name: "user-bare", view: bare}, {Name: "user-employee", view: only},
		{Name: "user-pick", view: pick}, {Name: "user-pick-none", view: nobodys}, {Name: "user-pick-full", view: full},
		{Name: "user-internal", view: internal},
		{Name: "portal-over", view: lapsed}, {Name: "portal-over-owns", view: owns}, {Name: "portal-over-nobody", view: nobody},
	}
}
