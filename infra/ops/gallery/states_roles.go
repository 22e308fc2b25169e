package main

import (
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/view/page"
)

// roleModules are the lists of what a role can give, with these entries ticked.
func roleModules(ticked ...string) []page.RoleModule {
	on := map[string]bool{}
	for _, t := range ticked {
		on[t] = true
	}
	var all []page.RoleModule
	words := map[role.Kind]string{role.Fields: "View fields", role.Relations: "View relations", role.Actions: "Available actions",
		role.Notices: "Notifications"}
	for _, p := range role.Open() {
		m := page.RoleModule{Title: p.Title()}
		for _, k := range role.Kinds() {
			l := page.RoleList{Title: words[k]}
			for _, e := range p.List(k) {
				l.Choices = append(l.Choices, page.RoleChoice{Value: string(k) + e.Key, Text: e.Title(), Ticked: on[e.Key]})
			}
			m.Lists = append(m.Lists, l)
		}
		all = append(all, m)
	}
	return all
}

// roleStates are those of the roles of external users.
func roleStates() []state {
	at := settings()
	at.Here, at.Portal = page.InPortal, page.AdminsApp
	active, off := page.Badge{Tone: page.Good, Text: "Active"}, page.Badge{Tone: page.Idle, Text: "Off"}
	over := page.Badge{Tone: page.Bad, Text: "Expired"}
	rows := []page.RoleRow{
		{URL: "#", Name: "Client", Description: "For clients who see everything that concerns them.", State: active, Users: 14},
		{URL: "#", Name: "Freelancers", State: active, Users: 1, Expires: "31 January 2027, 18:00 CET"},
		{URL: "#", Name: rtl, Description: "For clients who see their work, but no estimates or invoices.", State: off},
		{URL: "#", Name: "A-name-that-is-as-long-as-a-name-of-a-role-may-be-in-one-word",
			Description: "It is there for those who like long names, and it says so in a sentence that needs two lines.",
			State:       over, Users: 1200},
	}
	list := page.Roles{Workspace: at, Tab: "roles", May: true, Key: "k", Rows: rows}
	listWith := func(change func(*page.Roles)) page.Roles {
		v := list
		change(&v)
		return v
	}
	one := page.Role{Workspace: at, Tab: "roles", May: true, URL: "#", See: "#", Saved: "Freelancers", Name: "Freelancers",
		Description: "People who work on tasks with us.", State: active, Users: 14, Active: true, Zone: "Europe/Berlin",
		Expires: "2027-01-31T18:00", Ends: "31 January 2027, 18:00 CET", Tag: `"3"`, Modules: roleModules("name", "email", "phone", "edit")}
	oneWith := func(change func(*page.Role)) page.Role {
		v := one
		change(&v)
		return v
	}
	by := []string{"The role “Client” gives it."}
	see := page.SeeAs{Workspace: at, Tab: "users", Name: "Acme Ltd", Back: "#", Portal: "#",
		Idle: []string{"The role “Contractor” gives nothing: it's off."},
		Modules: []page.SeeModule{{Title: "Contact card", Open: true, Lists: []page.SeeList{
			{Title: "View fields", Rows: []page.SeeRow{{Text: "Name", Open: true, Why: by}, {Text: "Phone", Open: true,
				Why: append(by, "This user's own rules give it, until 31 January 2027, 18:00 CET.")},
				{Text: "Tax ID", Why: []string{"No role of theirs and none of their own rules gives it."}}}},
			{Title: "Available actions", Rows: []page.SeeRow{{Text: "Edit own phone and address",
				Why: []string{"The role “Contractor” would give it, but it's off."}}}},
		}}}}
	return []state{
		{Name: "roles", view: list},
		{Name: "roles-empty", view: listWith(func(v *page.Roles) { v.Rows = nil })},
		{Name: "roles-looked-at", view: listWith(func(v *page.Roles) { v.May, v.Workspace.Portal = false, page.SeesApp })},
		{Name: "roles-full", view: listWith(func(v *page.Roles) { v.Full = true })},
		{Name: "roles-error", view: listWith(func(v *page.Roles) {
			v.Name = "Client"
			v.Problems = page.Problems{{Field: "name", Message: "You already have a role with this name. Choose another."}}
		})},
		{Name: "role", view: one},
		{Name: "role-new", view: oneWith(func(v *page.Role) {
			v.Users, v.Active, v.State, v.Expires, v.Ends, v.Modules = 0, false, off, "", "", roleModules()
			v.Note = page.Note{Tone: page.Good, Text: "Role created. Choose what it gives, then switch it on."}
		})},
		{Name: "role-takes", view: oneWith(func(v *page.Role) {
			v.Active = false
			v.Takes = &page.RoleTakes{Losing: 12, More: true, Rows: []page.RoleLost{{Text: "Name", Users: 12}, {Text: "Phone", Users: 1}}}
		})},
		{Name: "role-delete", view: oneWith(func(v *page.Role) { v.Users, v.Asking = 0, true })},
		{Name: "role-error", view: oneWith(func(v *page.Role) {
			v.Problems = page.Problems{{Field: "expires", Message: "Choose a time in the future, or leave it empty."}}
		})},
		{Name: "role-looked-at", view: oneWith(func(v *page.Role) { v.May, v.Workspace.Portal = false, page.SeesApp })},
		{Name: "see-as", view: see},
		{Name: "see-as-ended", view: func() page.View {
			v := see
			v.Closed = "Nothing is open: their access ended 31 January 2027, 18:00 CET."
			v.Modules = []page.SeeModule{{Title: "Contact card", Lists: []page.SeeList{{Title: "View fields", Rows: []page.SeeRow{
				{Text: "Name", Why: []string{"No role of theirs and none of their own rules gives it."}}}}}}}
			return v
		}()},
	}
}
