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
		notificationStates(), keyStates(), hookStates(), ownSignInStates(), standingStates()} {
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

func hookStates() []state {
	const at = "/settings/webhooks/whe_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	rows := []page.HookRow{
		{URL: at, Address: "https://hooks.northwind.example/latchkey", Description: "n8n, new clients", Events: "3 events",
			State: page.Badge{Tone: page.Good, Text: "Active"}},
		{URL: at, Address: "https://" + strings.Repeat("long-", 30) + "name.example/hook", Description: rtl + " " + longest,
			Events: "All events",
			State:  page.Badge{Tone: page.Wait, Text: "Failing"}},
		{URL: at, Address: "https://old.northwind.example/hook", Events: "All events", State: page.Badge{Tone: page.Bad, Text: "Disabled"}},
	}
	families := []page.HookFamily{{Name: "client", Types: []page.HookType{{Value: "client.activated"}, {Value: "client.left"}}},
		{Name: "invite", Open: true, Types: []page.HookType{{Value: "invite.accepted", Ticked: true}, {Value: "invite.sent"}}}}
	form := page.HookForm{Action: "/settings/webhooks", Do: "create", Families: families}
	base := page.Webhooks{Workspace: settings(), Tab: "webhooks", Rows: rows, Form: form}
	with := func(change func(*page.Webhooks)) page.Webhooks {
		v := base
		change(&v)
		return v
	}
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq=" //nolint:gosec // it signs nothing
	good, bad := page.Badge{Tone: page.Good, Text: "Delivered"}, page.Badge{Tone: page.Bad, Text: "Failed"}
	deliveries := []page.HookDelivery{
		{ID: "dlv_1", URL: at, Type: "invite.accepted", State: good, At: ago(time.Minute), Last: "Answered 200 in 84 ms"},
		{ID: "dlv_2", URL: at, Type: "webhook.test", State: bad, Mark: "Test", At: ago(time.Hour),
			Last: "The certificate isn't valid (12 ms)"},
	}
	shown := deliveries[0]
	shown.Message, shown.Payload = "evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "{\n  \"type\": \"invite.accepted\"\n}"
	shown.Attempts = []page.HookAttempt{{At: ago(time.Minute), Says: "Answered 200 in 84 ms", ByHand: true, Answer: "ok"}}
	change := form
	change.Action, change.Do, change.Address, change.Description = at, "save", rows[0].Address, rows[0].Description
	one := page.Webhook{Workspace: settings(), Tab: "webhooks", Endpoint: rows[0], Enabled: true, Since: "2026-03-01T09:00", Form: change,
		Deliveries: deliveries, Older: at}
	of := func(change func(*page.Webhook)) page.Webhook {
		v := one
		change(&v)
		return v
	}
	return []state{
		{Name: "webhooks", view: base},
		{Name: "webhooks-empty", view: with(func(v *page.Webhooks) { v.Rows = nil })},
		{Name: "webhooks-full", view: with(func(v *page.Webhooks) { v.Full = true })},
		{Name: "webhooks-made", view: with(func(v *page.Webhooks) { v.Secret = page.NewSecret{Title: "Endpoint added", Text: secret} })},
		{Name: "webhooks-error", view: with(func(v *page.Webhooks) {
			v.Problems = page.Problems{{Field: "url", Message: "Use an address that begins with https://."}}
			v.Form.Problems = v.Problems
		})},
		{Name: "webhook", view: one},
		{Name: "webhook-empty", view: of(func(v *page.Webhook) { v.Deliveries, v.Older = nil, "" })},
		{Name: "webhook-delivery", view: of(func(v *page.Webhook) { v.Shown, v.Newest = &shown, at })},
		{Name: "webhook-rotate", view: of(func(v *page.Webhook) { v.Asks = "rotate" })},
		{Name: "webhook-delete", view: of(func(v *page.Webhook) { v.Asks = "delete" })},
		{Name: "webhook-disabled", view: of(func(v *page.Webhook) {
			v.Endpoint, v.Enabled = rows[2], false
			v.Why = "We disabled this endpoint because nothing had reached it for 5 days. Enable it and recover what it missed."
		})},
	}
}

// ownSignInStates are those of the provider that an agency has of its own, and of its way in.
func ownSignInStates() []state {
	const agencyID = "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	const origin = "https://portal.example.com"
	base := page.OwnSignIn{Workspace: settings(), Tab: "sign-in", Owner: true, Max: true, Provider: "Okta", Stored: true,
		Linked: 3, People: 4,
		Link: origin + "/sign-in/at/" + agencyID, TestURL: "/sign-in/at/" + agencyID + "/with",
		Redirect: origin + "/sign-in/at/" + agencyID + "/from",
		Domains:  []string{"northwind.example", "nordwind.example"}, Name: "Okta", Issuer: "https://northwind.okta.example/oauth2/default",
		ClientID: "0oa4fk2l9XqWmTz1d5d7"}
	with := func(change func(*page.OwnSignIn)) page.OwnSignIn {
		v := base
		change(&v)
		return v
	}
	none := func(v *page.OwnSignIn) {
		v.Provider, v.Name, v.Issuer, v.ClientID, v.Stored, v.Domains, v.Linked = "", "", "", "", false, nil, 0
	}
	way := page.Office{Brand: northwind, Agency: "Northwind Automations", Provider: "Okta", Button: "/sign-in/at/" + agencyID + "/with",
		URL: "/sign-in/at/" + agencyID, SignIn: "/sign-in"}
	in := func(change func(*page.Office)) page.Office {
		v := way
		change(&v)
		return v
	}
	return []state{
		{Name: "own-sign-in", view: base},
		{Name: "own-sign-in-tested", view: with(func(v *page.OwnSignIn) { v.Tested, v.Workspace.Bound = true, true })},
		{Name: "own-sign-in-required", view: with(func(v *page.OwnSignIn) {
			v.Required, v.Workspace.Bound = true, true
			v.Note = page.Note{Tone: page.Good, Text: "Members sign in with Okta from now on. We've emailed all owners."}
		})},
		{Name: "own-sign-in-rests", view: with(func(v *page.OwnSignIn) { v.Required, v.Max = true, false })},
		{Name: "own-sign-in-admin", view: with(func(v *page.OwnSignIn) { v.Owner, v.Required, v.Domains = false, true, nil })},
		{Name: "own-sign-in-set", view: with(func(v *page.OwnSignIn) {
			none(v)
			v.Edit = true
		})},
		{Name: "own-sign-in-free", view: with(func(v *page.OwnSignIn) {
			none(v)
			v.Max = false
		})},
		{Name: "own-sign-in-none", view: with(func(v *page.OwnSignIn) {
			none(v)
			v.Owner = false
		})},
		{Name: "own-sign-in-change", view: with(func(v *page.OwnSignIn) { v.Edit, v.Name, v.Provider = true, longest, longest })},
		{Name: "own-sign-in-error", view: with(func(v *page.OwnSignIn) {
			none(v)
			v.Edit, v.Issuer = true, "id.example.com"
			v.Problems = page.Problems{{Field: "name", Message: "Enter the name your members know it by."},
				{Field: "issuer", Message: "This isn't an issuer URL. It begins with https:// and has no spaces, ? or #."},
				{Field: "client-secret", Message: "Enter the client secret as your provider shows it, up to 512 characters."}}
		})},
		{Name: "own-sign-in-failed", view: with(func(v *page.OwnSignIn) {
			v.Note = page.Note{Tone: page.Bad, Text: "We couldn't check what Okta sent us. " +
				"Its issuer, client ID or client secret may be wrong."}
		})},
		{Name: "own-sign-in-no-provider", view: with(func(v *page.OwnSignIn) {
			v.Note = page.Note{Tone: page.Bad, Text: "We found no OpenID provider at this issuer URL that we can use. " +
				"Check that it's exactly what your provider calls itself, and whether it ends in a slash."}
		})},
		{Name: "own-sign-in-remove", view: with(func(v *page.OwnSignIn) { v.Removing, v.Required = true, true })},
		{Name: "office", view: way},
		{Name: "office-owner", view: in(func(v *page.Office) { v.Email, v.Owner = "owner@northwind.example", true })},
		{Name: "office-member", view: in(func(v *page.Office) {
			v.Email, v.Agency, v.Provider = "kim@northwind.example", longest, longest
		})},
		{Name: "office-failed", view: in(func(v *page.Office) {
			v.Note = page.Note{Tone: page.Wait, Text: "Okta isn't answering right now. Try again in a moment."}
		})},
		{Name: "office-refused", view: in(func(v *page.Office) {
			v.Email, v.Owner = "owner@northwind.example", true
			v.Problems = page.Problems{{Message: "Sign out, then sign in with a code by email. Only that lets you enter here without it."}}
		})},
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
		case d.Kind == notice.EndpointFailing || d.Kind == notice.EndpointDisabled:
			base.Hooks = append(base.Hooks, k)
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
			Link: "https://portal.latchkey.example/i/lki_1", Ends: time.Date(2026, 12, 8, 18, 0, 0, 0, time.FixedZone("CET", 3600)),
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
