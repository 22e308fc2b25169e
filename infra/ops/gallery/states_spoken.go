package main

import (
	"time"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// spokenStates are pages and mails that clients read in two other languages, of which Hebrew is written from right to left.
func spokenStates() []state {
	words.Speak(words.Areas()...)
	var all []state
	for _, l := range []words.Language{words.German, words.Hebrew} {
		for _, s := range spokenIn(l) {
			s.Name, s.in = string(l)+"-"+s.Name, l
			all = append(all, s)
		}
	}
	return all
}

func spokenIn(l words.Language) []state {
	soon := page.TimeIn(l, now.Add(6*24*time.Hour), now)
	wrong := page.Problems{{Field: "code", Message: l.Say("errors.code_wrong", "n", 3)}}
	invitation := page.Invitation{
		Brand: northwind, Inviter: "Nora Lindqvist", Step: page.AskCode, URL: "/invitation", Offer: "5f0c2f0e7f5e4a52",
		Client: "Acme Ltd", Masked: "o•••@acme.example",
		Message: "Hi Dana,\nhere is the window into your workflows. Call me when something looks odd.",
		Opens: []page.Linked{{Name: "Production", Rights: l.Say("invitation.read")},
			{Name: "Staging", Rights: l.Say("invitation.write")}},
		Until: soon,
	}
	code := invitation
	code.Step, code.Code, code.Problems = page.GiveCode, "000000", wrong
	running := page.Badge{Tone: page.Good, Text: l.Say("kinds.state_running")}
	portal := page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account", Welcome: true,
		Ask: &page.Ask{Name: "Nora Lindqvist", Email: "nora@northwind.example"},
		Instances: []page.Tile{
			{Name: "Production", Kind: l.Say("kinds.n8n"), State: running, Write: true, URL: "https://a.example/",
				Look: "/portal/instances/1",
				Glance: &page.Glance{Workflows: 12, Active: 9, Last: page.Badge{Tone: page.Good, Text: l.Say("portal.run_succeeded")},
					LastAt: page.TimeIn(l, now.Add(-3*time.Minute), now), LastOf: "Order confirmations"}},
			{Name: "Staging", Kind: l.Say("kinds.n8n"), State: page.Badge{Tone: page.Bad, Text: l.Say("kinds.state_silent")},
				URL: "https://b.example/", Look: "/portal/instances/2", Reason: l.Say("n8n.not_as_it_should")},
		}}
	price := func(minor int64) string { return money.Amount{Minor: minor, Currency: "EUR"}.In(l) }
	checkout := page.Checkout{Brand: northwind, Agency: "ag_1", Person: "ops@acme.example", Language: string(l), Until: soon,
		Bill: page.Bill{Month: price(6800), Year: price(68000), Lines: []page.Priced{
			{Name: l.Say("money.article_hosting", "n", 30), Month: price(4900), Year: price(49000)},
			{Name: l.Say("money.article_whatsapp"), Month: price(1900), Year: price(19000)}}}}
	account := page.Account{Brand: northwind, Home: "/portal", Person: "ops@acme.example",
		Portals: []page.OwnPortal{{ID: "ag_1", Brand: northwind, URL: "/portal", Since: page.TimeIn(l, now.Add(-40*24*time.Hour), now)}},
		Sessions: []page.Session{{Device: "Firefox, Linux", Network: "192.0.2.x", Way: l.Say("account.way_code"),
			Since: page.TimeIn(l, now.Add(-2*time.Hour), now), Here: true}}}
	ends := time.Date(2025, 11, 27, 18, 0, 0, 0, time.FixedZone("CET", 3600))
	const link = "https://portal.example.com/i/lki_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	return []state{
		{Name: "sign-in", view: page.SignIn{Brand: platform, Providers: []page.Provider{
			{Label: l.Say("signin.with", "provider", "Google"), URL: "/sign-in/with/google"}}}},
		{Name: "invitation", view: invitation},
		{Name: "invitation-code-wrong", view: code},
		{Name: "portal", view: portal},
		{Name: "checkout", view: checkout},
		{Name: "account", view: account},
		{Name: "unsubscribe", view: page.Unsubscribe{Brand: platform, Known: true, Agency: northwind.Name, URL: "/unsubscribe"}},
		{Name: "invitation-expired", view: page.DeadLink{Brand: northwind, Expired: true, Ask: "/invitation/request"}},
		{Name: "mail-invitation", mail: func() letter.Letter {
			return letter.Invitation(letter.InvitationData{AgencyName: northwind.Name, AgencyColor: northwind.Color,
				Inviter: "Nora Lindqvist", ClientName: "Acme Ltd", Message: invitation.Message,
				Link: link, ExpiresAt: ends, Platform: "Latchkey",
				Language: l,
				Opens:    []letter.Access{{Name: "Production", Rights: l.Say("invitation.read")}}})
		}},
		{Name: "mail-code", mail: func() letter.Letter {
			return letter.Code(letter.CodeData{Code: "418530", Platform: "Latchkey", Lifetime: 10 * time.Minute, Language: l})
		}},
		{Name: "mail-reminder", mail: func() letter.Letter {
			return letter.Reminder(letter.ReminderData{AgencyName: northwind.Name, AgencyColor: northwind.Color, Inviter: "Nora Lindqvist",
				ClientName: "Acme Ltd", Link: link, Ends: ends, Stop: "https://portal.example.com/unsubscribe/lku_1", Platform: "Latchkey",
				Language: l})
		}},
	}
}
