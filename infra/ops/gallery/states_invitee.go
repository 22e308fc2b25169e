package main

import (
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/view/page"
)

// inviteeStates are the answers of invited people other than yes, and what becomes of links and codes.
func inviteeStates() []state {
	base := page.Invitation{
		Brand: northwind, Inviter: "Nora Lindqvist", Step: page.Declining, URL: "/invitation", Masked: "o•••@acme.example",
		Offer:   "5f0c2f0e7f5e4a52",
		Message: "Hi Dana,\nhere is the window into your workflows.",
		Opens:   []page.Linked{{Name: "Production", Rights: "Read-only"}},
		Until:   page.TimeAt(now.Add(6*24*time.Hour), now),
	}
	with := func(change func(v *page.Invitation)) page.Invitation {
		v := base
		change(&v)
		return v
	}
	code := page.SignIn{Brand: platform, AskCode: true, Email: "ops@acme.example", Fixed: true}
	spent := code
	spent.Spent, spent.Problems = true, page.Problems{{Field: "code", Message: "That was the fifth wrong code. Ask for a new one."}}
	waiting := code
	waiting.Wait = 20
	office := code
	office.Office = page.OfficeButton{Agency: "Northwind Automations", Provider: "Okta",
		URL: "/sign-in/at/ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE/with"}
	limited := code
	limited.Wait, limited.Note = 700, page.Note{Tone: page.Wait, Text: "Too many sign-in codes were requested for this address. " +
		"Try again in 12 minutes."}
	day := func(n int) page.Time { return page.TimeAt(now.AddDate(0, 0, -n), now) }
	former := []page.FormerPortal{{Name: "Blue Harbour Studio", At: day(3)}, {Name: longest, Left: true, At: day(70)}}
	proved := day(1)
	account := page.Account{Brand: platform, Home: "/", Person: "ops@acme.example", Former: former,
		Portals: []page.OwnPortal{{ID: "ag_1", Brand: northwind, URL: "/portal", Since: day(12)},
			{ID: "ag_2", Brand: page.Brand{Name: rtl + " " + emoji, Color: "#facc15"}, URL: "/portal", Since: day(400)}},
		Workplaces: []page.Workplace{{Brand: page.Brand{Name: "Q", Color: "#dc2626"}, Level: "Admin"}},
		Sessions: []page.Session{
			{Device: "Safari, iOS", Network: "2001:db8:20::x", Way: "Signed in with a code",
				Since: page.TimeAt(now.Add(-5*time.Minute), now), Here: true},
			{ID: "ses_1", Device: "Firefox, Windows", Network: "203.0.113.x", Way: "Signed in with Google", Since: day(3), Proved: &proved},
			{ID: "ses_2", Way: "Signed in with a passkey", Since: day(9)}},
		Links: []page.LinkedAccount{{Provider: "Google", Email: "ops.acme@gmail.com", Issuer: "https://accounts.google.com", Since: day(3)},
			{Provider: longest, Issuer: "https://id.example", Since: day(300)}},
		Connect: []page.Provider{{Label: "Connect Microsoft", URL: "/sign-in/with/microsoft?link=1"}},
		Changes: []page.AccountChange{{What: "signed_out_else", Device: "Safari, iOS", Network: "2001:db8:20::x", At: day(0)},
			{What: "session_ended", Name: "Chrome, Android", Device: "Safari, iOS", Network: "2001:db8:20::x", At: day(0)},
			{What: "passkey_renamed", Name: longest, Before: "Bitwarden", Device: "Chrome, Windows", At: day(1)},
			{What: "passkey_added", Name: "Bitwarden", Device: "Chrome, Windows", At: day(2)},
			{What: "new_device", Device: "Firefox, Windows", Network: "203.0.113.x", At: day(3)},
			{What: "link_added", Name: "Google", Device: "Firefox, Windows", At: day(3)},
			{What: "signed_out", Device: "Chrome, Windows", At: day(20)},
			{What: "passkey_removed", Name: rtl + " " + emoji, At: day(30)}}}
	used := page.TimeAt(now.Add(-2*time.Hour), now)
	account.Passkeys = page.Passkeys{Most: 10, Host: "portal.example.com", Handle: "8gN2wM4yH7kQ1bF6xC34",
		Keys: []page.Passkey{{ID: "psk_1", Name: "iCloud Keychain", Created: day(40), Used: &used, Credential: "AAAA"},
			{ID: "psk_2", Name: longest, Created: day(2), Suspect: true, Credential: "BBBB"}}}
	own := func(change func(v *page.Account)) page.Account {
		v := account
		v.Portals, v.Passkeys.Keys = slices.Clone(account.Portals), slices.Clone(account.Passkeys.Keys)
		change(&v)
		return v
	}
	return []state{
		{Name: "invitation-decline", view: base},
		{Name: "invitation-decline-invalid", view: with(func(v *page.Invitation) {
			v.Reason = "See www.example"
			v.Problems = page.Problems{{Field: "reason", Message: "Leave out “evil.example/x”, which looks like a link."}}
		})},
		{Name: "unsubscribe", view: page.Unsubscribe{Brand: platform, Known: true, Agency: northwind.Name, URL: "/unsubscribe"}},
		{Name: "unsubscribe-done", view: page.Unsubscribe{
			Brand: platform, Known: true, Agency: longest, Off: true, URL: "/unsubscribe"}},
		{Name: "unsubscribe-undone", view: page.Unsubscribe{
			Brand: platform, Known: true, Agency: "Northwind Automations", Undone: true}},
		{Name: "unsubscribe-updates", view: page.Unsubscribe{
			Brand: platform, Known: true, Agency: rtl, Updates: true, URL: "/unsubscribe"}},
		{Name: "unsubscribe-updates-done", view: page.Unsubscribe{
			Brand: platform, Known: true, Agency: "Northwind Automations", Updates: true,
			Off: true, URL: "/unsubscribe"}},
		{Name: "unsubscribe-unknown", view: page.Unsubscribe{Brand: platform, URL: "/unsubscribe"}},
		{Name: "unsubscribe-unknown-done", view: page.Unsubscribe{Brand: platform, Off: true, URL: "/unsubscribe"}},
		{Name: "invitation-declined", view: page.Answered{Brand: platform, Declined: true}},
		{Name: "invitation-propose", view: with(func(v *page.Invitation) { v.Step = page.Proposing })},
		{Name: "invitation-propose-invalid", view: with(func(v *page.Invitation) {
			v.Step, v.Email = page.Proposing, "pat@"
			v.Problems = page.Problems{{Field: "email", Message: "Enter a valid email address."}}
		})},
		{Name: "invitation-propose-limited", view: with(func(v *page.Invitation) {
			v.Step, v.Email = page.Proposing, "pat@acme.example"
			v.Problems = page.Problems{{Message: "You've suggested several addresses today. The agency sees the last one. Try again in 3 " +
				"hours."}}
		})},
		{Name: "invitation-proposed", view: page.Answered{Brand: northwind}},
		{Name: "invitation-proposed-long", view: page.Answered{Brand: page.Brand{Name: longest, Color: "#facc15"}}},
		{Name: "invitation-offer-changed", view: with(func(v *page.Invitation) {
			v.Step, v.Person = page.Accept, "ops@acme.example"
			v.Note = page.Note{Tone: page.Wait, Title: "The offer has changed", Text: "Check what you'll get, then accept."}
		})},
		{Name: "invitation-code-resend", view: with(func(v *page.Invitation) {
			v.Step, v.Wait, v.Note = page.GiveCode, 20,
				page.Note{Tone: page.Good, Text: "We've sent a new code. Only the newest one works."}
		})},
		{Name: "invitation-code-spent",
			view: with(func(v *page.Invitation) { v.Step, v.Spent, v.Problems = page.GiveCode, true, spent.Problems })},
		{Name: "invitation-expired", view: page.DeadLink{Brand: northwind, Expired: true, Ask: "/invitation/request"}},
		{Name: "invitation-expired-asked",
			view: page.DeadLink{Brand: northwind, Expired: true, Asked: page.TimeAt(now.Add(-2*time.Hour), now)}},
		{Name: "invitation-expired-unknown", view: page.DeadLink{Brand: platform, Expired: true}},
		{Name: "invitation-ended", view: page.DeadLink{Brand: northwind, Ended: true}},
		{Name: "nothing-here-any-more", view: page.Nowhere{Brand: platform, Email: "ops@acme.example", Former: former}},
		{Name: "portal-ended", view: page.EndedPortal{Brand: northwind, At: page.TimeAt(now.Add(-3*time.Hour), now)}},
		{Name: "portal-left", view: page.EndedPortal{Brand: northwind, Left: true, At: page.TimeAt(now.Add(-time.Minute), now)}},
		{Name: "portal-several", view: page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account",
			Instances: []page.Tile{{Name: "Production", Kind: "n8n instance", State: running, URL: "https://production.n8n.example/"}},
			Places: []page.Place{{Brand: northwind, URL: "/portal", Here: true}, {Brand: sunny, URL: "/portal"},
				{Brand: page.Brand{Name: longest}, URL: "/portal"}}}},
		{Name: "portal-paused",
			view: page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account",
				Failed: "This portal is paused. Ask Northwind Automations when it opens again. Your sign-in still works."}},
		{Name: "account", view: account},
		{Name: "account-empty",
			view: page.Account{Brand: platform, Home: "/", Person: "nobody@elsewhere.example", Sessions: account.Sessions[:1]}},
		{Name: "account-left", view: own(func(v *page.Account) {
			v.Portals, v.Note = nil, page.Note{Tone: page.Good, Text: "You've left the portal. You no longer have access to it."}
		})},
		{Name: "account-sessions-many", view: own(func(v *page.Account) {
			v.Sessions, v.OlderSessions = slices.Clone(v.Sessions[:1]), "/account?sessions=ses_20#sessions"
			for n := range 19 {
				v.Sessions = append(v.Sessions, page.Session{ID: "ses_" + strconv.Itoa(n), Device: "Firefox, Windows",
					Network: "203.0.113.x",
					Way:     "Signed in with a code", Since: day(n / 4)})
			}
			v.Note = page.Note{Tone: page.Good, Text: "You're signed out there."}
		})},
		{Name: "account-leave", view: own(func(v *page.Account) { v.Portals[0].Open = true })},
		{Name: "account-passkey-rename", view: own(func(v *page.Account) { v.Passkeys.Keys[0].Renaming = true })},
		{Name: "account-passkey-rename-invalid", view: own(func(v *page.Account) {
			v.Passkeys.Keys[0].Renaming, v.Passkeys.Keys[0].Typed = true, " "
			v.Passkeys.Problems = page.Problems{{Field: "name", Message: "Give the passkey a name."}}
		})},
		{Name: "account-passkey-remove", view: own(func(v *page.Account) { v.Passkeys.Keys[1].Removing = true })},
		{Name: "account-passkeys-full", view: own(func(v *page.Account) { v.Passkeys.Full = true })},
		{Name: "account-passkeys-review", view: own(func(v *page.Account) { v.Review = "/" })},
		{Name: "account-erase", view: own(func(v *page.Account) { v.Erase.Open = true })},
		{Name: "account-erase-invalid", view: own(func(v *page.Account) {
			v.Erase = page.Erasing{Open: true, Problems: page.Problems{{Field: "sure",
				Message: "Tick the box first: have you exported what you want to keep?"}}}
		})},
		{Name: "account-erase-owner", view: own(func(v *page.Account) {
			v.Workplaces = []page.Workplace{{Brand: northwind, Level: "Owner"}}
			v.Erase = page.Erasing{Open: true, Problems: page.Problems{{Message: "You're the only owner of Northwind Automations. Make " +
				"someone else an owner first, or delete the agency."}}}
		})},
		{Name: "sign-in-erased", view: page.SignIn{Brand: platform, Note: page.Note{Tone: page.Good,
			Text: "Your data is deleted, and you're signed out."}}},
		{Name: "sign-in-code-waiting", view: waiting},
		{Name: "sign-in-code-office", view: office},
		{Name: "sign-in-code-limited", view: limited},
		{Name: "sign-in-code-spent", view: spent},
	}
}
