package main

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// settings is what surrounds an agency's settings.
func settings() page.Workspace {
	w := workspace(true)
	w.Here, w.Invite = page.InSettings, false
	return w
}

// agencyStates are those of an agency's own life: its start, its look, its people, its keys and its end.
func agencyStates() []state {
	var all []state
	for _, some := range [][]state{signUpStates(), brandingStates(), emailStates(), recordsStates(), memberStates(), portalAppStates(),
		roleStates(), importsStates(), linkStates(),
		notificationStates(), keyStates(), standingStates()} {
		all = append(all, some...)
	}
	return all
}

func signUpStates() []state {
	base := page.SignUp{Brand: platform, Key: "5f0c"}
	with := func(change func(*page.SignUp)) page.SignUp {
		v := base
		change(&v)
		return v
	}
	place := func(name, color, role string, here bool) page.Employer {
		return page.Employer{ID: "ag_1", Brand: page.Brand{Name: name, Color: color}, Level: role, Here: here}
	}
	me := "dana@northwind.example"
	return []state{
		{Name: "sign-up", view: base},
		{Name: "sign-up-signed-in", view: with(func(v *page.SignUp) { v.Person = me })},
		{Name: "sign-up-error", view: with(func(v *page.SignUp) {
			v.Email = "dana@"
			v.Problems = page.Problems{{Field: "name", Message: "Enter the name your clients know you by."},
				{Field: "email", Message: "Enter a valid email address."}}
		})},
		{Name: "sign-up-limited", view: with(func(v *page.SignUp) {
			v.Person, v.Name = me, "Northwind Labs"
			v.Problems = page.Problems{{
				Message: "You've created several agencies today. Create the next one tomorrow.",
			}}
		})},
		{Name: "sign-up-code", view: with(func(v *page.SignUp) { v.AskCode, v.Name, v.Email = true, "Northwind Labs", me })},
		{Name: "sign-up-code-long", view: with(func(v *page.SignUp) {
			v.AskCode, v.Name, v.Email = true, longest, strings.Repeat("long", 15)+"@northwind.example"
		})},
		{Name: "sign-up-code-again", view: with(func(v *page.SignUp) {
			v.AskCode, v.Name, v.Email = true, rtl, me
			v.Note = page.Note{Tone: page.Good, Text: "We've sent a new code. Only the newest one works."}
		})},
		{Name: "sign-up-code-wrong", view: with(func(v *page.SignUp) {
			v.AskCode, v.Name, v.Email, v.Code = true, emoji, me, "123456"
			v.Problems = page.Problems{{Field: "code", Message: "That code isn't right. Check the newest email. You have 4 tries left."}}
		})},
		{Name: "agencies", view: page.Agencies{Brand: platform, Person: me, Portals: true, Places: []page.Employer{
			place("Northwind Automations", "#0f766e", "Owner", true), place("B", "", "Admin", false),
			place(longest, "#facc15", "Admin", false), place(rtl+" "+emoji, "", "Owner", false)}}},
		{Name: "agencies-none",
			view: page.Agencies{Brand: platform, Person: me,
				Note: page.Note{Tone: page.Good, Text: "The agency is deleted."}}},
	}
}

func brandingStates() []state {
	base := page.Branding{Workspace: settings(), Tab: "branding", Owner: true, Name: "Northwind Automations", Color: "#0f766e",
		Saved: northwind, Revision: 3}
	with := func(change func(*page.Branding)) page.Branding {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "settings", view: base},
		{Name: "settings-saved", view: with(func(v *page.Branding) {
			v.Note = page.Note{Tone: page.Good, Text: "Branding saved."}
		})},
		{Name: "settings-preview", view: with(func(v *page.Branding) {
			v.Workspace.Brand.Color, v.Color, v.Saved.LogoURL = "#facc15", "#facc15", ""
			v.Note = page.Note{Tone: page.Wait, Text: "This is a preview. Nothing is saved yet."}
		})},
		{Name: "settings-error", view: with(func(v *page.Branding) {
			v.Name, v.Color = "", "green"
			v.Problems = page.Problems{{Field: "name", Message: "Enter the name your clients know you by."},
				{Field: "color", Message: "Enter the colour as # and six digits, such as #0b6e4f."},
				{Field: "logo", Message: "SVG files can carry scripts, so we don't accept them. Choose a PNG, JPEG, WebP or GIF file."}}
		})},
		{Name: "settings-changed-meanwhile", view: with(func(v *page.Branding) {
			v.Problems = page.Problems{{Message: "Someone else changed the branding. Reload, then make your change."}}
		})},
		{Name: "settings-name-held", view: with(func(v *page.Branding) {
			v.Name = "PayPal Support"
			v.Held = "Until your first paid plan, your emails come from Latchkey and show this name only in their text, because it " +
				"looks like “PayPal”."
		})},
		{Name: "settings-not-allowed", view: with(func(v *page.Branding) { v.Owner = false })},
		{Name: "settings-odd-names", view: with(func(v *page.Branding) {
			v.Name, v.Workspace.Brand, v.Saved = longest, page.Brand{Name: longest, Color: "#111111"},
				page.Brand{Name: longest, Color: "#111111"}
		})},
	}
}

func memberStates() []state {
	rows := []page.MemberRow{
		{ID: "mb_1", Name: "Nora Lindqvist", Email: "owner@northwind.example", Level: "owner", Word: "Owner", You: true,
			Since: ago(90 * 24 * time.Hour)},
		{ID: "mb_2", Name: "dana@northwind.example", Level: "admin", Word: "Admin", Right: "administrator", Since: ago(time.Hour)},
		{ID: "mb_3", Name: rtl, Email: "info@alnoor.example", Level: "owner", Word: "Owner", Since: ago(24 * time.Hour)},
		{ID: "mb_4", Name: longest, Email: "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example",
			Level: "employee", Word: "Employee", Right: "denied", Since: ago(time.Minute)},
		{ID: "mb_5", Name: emoji, Email: "x@y.example", Level: "employee", Word: "Employee", Right: "employee"},
	}
	base := page.Members{Workspace: settings(), Tab: "members", Owner: true, Rows: rows}
	with := func(change func(*page.Members)) page.Members {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "members", view: base},
		{Name: "members-with-portal", view: with(func(v *page.Members) { v.App, v.Workspace.Portal = true, page.AdminsApp })},
		{Name: "members-alone", view: with(func(v *page.Members) { v.Rows = rows[:1] })},
		{Name: "members-added", view: with(func(v *page.Members) {
			v.Note = page.Note{Tone: page.Good, Text: "Member added. We've emailed them."}
		})},
		{Name: "members-error", view: with(func(v *page.Members) {
			v.Email, v.Name, v.Level = "dana@northwind.example", "Dana", "owner"
			v.Problems = page.Problems{{Field: "email", Message: "This person already works at your agency."}}
		})},
		{Name: "members-last-owner", view: with(func(v *page.Members) {
			v.Problems = page.Problems{{Message: "An agency needs at least one owner. Make someone else an owner first."}}
		})},
		{Name: "members-remove", view: with(func(v *page.Members) { v.Removing = &rows[1] })},
		{Name: "members-leave", view: with(func(v *page.Members) { v.Removing = &rows[0] })},
		{Name: "members-full", view: with(func(v *page.Members) { v.Full = true })},
		{Name: "members-not-allowed", view: with(func(v *page.Members) { v.Owner = false })},
	}
}

func keyStates() []state {
	scopes := []page.ScopeChoice{{Value: "invites:read", Text: "See invites"},
		{Value: "invites:write", Text: "Send, send again and cancel invites"}, {Value: "clients:read", Text: "See clients"},
		{Value: "clients:write", Text: "Change clients and their access"}, {Value: "activity:read", Text: "Read the activity log"},
		{Value: "agency:write", Text: "Change the branding"}}
	powers := []page.ScopeChoice{{Value: "roles:write", Text: "Change roles, share links and Client Portal"},
		{Value: "sender:write", Text: "Change the sender, its domain and its mail server"}}
	rows := []page.KeyRow{
		{ID: "key_1", Name: "CRM sync", Hint: "x7Qa", Scopes: []string{"invites:write", "clients:read"}, Created: ago(9 * 24 * time.Hour),
			Used: ago(time.Hour)},
		{ID: "key_2", Name: longest, Hint: "0000", Scopes: []string{"clients:read", "sender:write"}, Powers: []string{"sender:write"},
			Created: ago(time.Minute)},
		{ID: "key_3", Name: rtl + " " + emoji, Hint: "aB3d", Scopes: []string{"agency:read"}, Created: ago(90 * 24 * time.Hour),
			Used: ago(80 * 24 * time.Hour), Revoked: ago(70 * 24 * time.Hour)},
	}
	base := page.Keys{Workspace: settings(), Tab: "keys", Rows: rows, Scopes: scopes, Powers: powers}
	with := func(change func(*page.Keys)) page.Keys {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "keys", view: base},
		{Name: "keys-empty", view: with(func(v *page.Keys) { v.Rows = nil })},
		{Name: "keys-made", view: with(func(v *page.Keys) {
			v.Made, v.Secret = "CRM sync", "lkk_4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC34fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0p"
		})},
		{Name: "keys-made-before", view: with(func(v *page.Keys) {
			v.Note = page.Note{Tone: page.Wait, Text: "You created this key a moment ago. We showed it then and keep no copy. Didn't " +
				"copy it? Create another."}
		})},
		{Name: "keys-error", view: with(func(v *page.Keys) {
			v.Problems = page.Problems{{Field: "name", Message: "Enter a name that says what the key is for."},
				{Field: "scopes", Message: "Choose at least one scope: invites:read, invites:write."}}
		})},
		{Name: "keys-revoke", view: with(func(v *page.Keys) { v.Revoking = &rows[0] })},
	}
}

func standingStates() []state {
	base := page.Standing{Workspace: settings(), Tab: "agency", Owner: true, Max: true, Left: 7, Quota: 10,
		Losses: "12 clients lose their portals and all access.",
		People: "You and 2 other members lose access, and all API keys stop working."}
	with := func(change func(*page.Standing)) page.Standing {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "standing", view: base},
		{Name: "standing-free", view: with(func(v *page.Standing) { v.Max = false })},
		{Name: "standing-suspended", view: with(func(v *page.Standing) { v.Suspended = true })},
		{Name: "standing-admin", view: with(func(v *page.Standing) { v.Owner = false })},
		{Name: "standing-delete", view: with(func(v *page.Standing) { v.Asking = true })},
		{Name: "standing-delete-many", view: with(func(v *page.Standing) {
			v.Asking, v.Workspace.Brand.Name, v.Losses = true, longest, "More than 200 clients lose their portals and all access."
		})},
		{Name: "standing-delete-wrong", view: with(func(v *page.Standing) {
			v.Asking, v.Typed = true, "northwind"
			v.Problems = page.Problems{{Field: "name", Message: "Type the agency's name exactly as shown."}}
		})},
		{Name: "upgrade", view: page.Upgrade{Workspace: settings(), Support: "support@latchkey.example"}},
		{Name: "upgrade-no-support", view: page.Upgrade{Workspace: settings()}},
		{Name: "upgrade-max", view: page.Upgrade{Workspace: settings(), Max: true}},
	}
}

func notificationStates() []state {
	base := page.Notifications{Workspace: settings(), Tab: "notifications", Email: "owner@northwind.example"}
	for _, d := range notice.Register() {
		k := page.NotificationKind{Value: string(d.Kind), Title: d.Kind.Title(), On: d.Kind != notice.Expired}
		switch {
		case d.Owners:
			base.Money = append(base.Money, k)
		case d.Rights:
			base.Rights = append(base.Rights, k)
		default:
			base.Invites = append(base.Invites, k)
		}
	}
	for n, word := range []string{"Within minutes", "Once a day, at 8 in the morning (Europe/Berlin)", "Never"} {
		base.Rhythms = append(base.Rhythms, page.Option{Value: []string{"soon", "daily", "never"}[n], Word: word, Here: n == 0})
	}
	base.Reminders = &page.RemindersForm{On: true, Zone: "Europe/Berlin", Zones: timezone.Usual()}
	base.Reminders.First, base.Reminders.Last = page.ReminderChoices(3, 24)
	saved, refused, wrong := base, base, base
	typed := *base.Reminders
	typed.Zone = "Berlin"
	wrong.Reminders = &typed
	wrong.Problems = page.Problems{{Field: "zone", Message: "Choose a time zone by its name, such as Europe/Berlin."}}
	saved.Note = page.Note{Tone: page.Good, Text: "Notifications saved."}
	refused.Problems = page.Problems{{Message: "There is no notification “newsletter”."}}
	return []state{{Name: "notifications", view: base}, {Name: "notifications-saved", view: saved},
		{Name: "notifications-error", view: refused}, {Name: "notifications-zone", view: wrong}}
}

// reminding is the mail that reminds somebody of an invitation.
func reminding(agency, inviter string) func() letter.Letter {
	return func() letter.Letter {
		return letter.Reminder(letter.ReminderData{AgencyName: agency, AgencyColor: "#0b6e4f", Inviter: inviter, Platform: "Latchkey",
			Link: "https://portal.latchkey.example/i/lki_1", Ends: "Tuesday 8 December 2026, 18:00 CET",
			Stop: "https://portal.latchkey.example/unsubscribe/lku_1"})
	}
}

// digest is the mail that tells of so many things.
func digest(n int) func() letter.Letter {
	return func() letter.Letter {
		const at = "https://portal.latchkey.example/clients/cl_"
		d := letter.DigestData{AgencyName: "Northwind Automations", Platform: "Latchkey", Link: "https://portal.latchkey.example/clients",
			Lines: []letter.DigestLine{
				{Kind: notice.Declined, Client: "Acme Ltd", Quote: "We chose somebody else.\nThank you for asking!", Link: at + "1"},
				{Kind: notice.Proposed, Client: rtl, Detail: "ops@alnoor.example", Link: at + "2"},
				{Kind: notice.Bounced, Client: "ops@bolt.example", Detail: "there is no mailbox with this address", Link: at + "3"},
				{Kind: notice.Paid, Client: longest, Link: at + "4"},
			}}
		d.Lines = d.Lines[:min(n, len(d.Lines))]
		d.More = n - len(d.Lines)
		d.Stop = "https://portal.latchkey.example/unsubscribe/lku_2"
		return letter.Digest(d)
	}
}

// powers is the mail about API keys that have used powerful scopes.
func powers(keys ...string) func() letter.Letter {
	return func() letter.Letter {
		d := letter.DigestData{AgencyName: "Northwind Automations", Platform: "Latchkey", Link: "https://portal.latchkey.example/clients"}
		for _, name := range keys {
			d.Lines = append(d.Lines, letter.DigestLine{Kind: notice.PowerUsed, Client: name, Detail: "roles:write, sender:write",
				Link: "https://portal.latchkey.example/activity?action=api_key"})
		}
		return letter.Digest(d)
	}
}

func approval(name, color string) func() letter.Letter {
	return func() letter.Letter {
		return letter.Approved(letter.ApprovedData{AgencyName: name, AgencyColor: color, Email: "dana@acme.example",
			Link: "https://portal.latchkey.example/portal?agency=ag_1", Platform: "Latchkey"})
	}
}

func welcome(name, color string, owner bool) func() letter.Letter {
	return func() letter.Letter {
		return letter.Welcome(letter.WelcomeData{AgencyName: name, AgencyColor: color, Email: "dana@northwind.example", Owner: owner,
			Link: "https://portal.latchkey.example/sign-in", Platform: "Latchkey"})
	}
}
