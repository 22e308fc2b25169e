package main

import (
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// payerStates are the pages and mails of a change of who pays.
func payerStates() []state {
	const day, agency, other, hash = "21 December 2025", "Northwind Automations", "Acme Ltd", "5f0c2f0e7f5e4a525f0c2f0e7f5e4a52"
	const things, month, year = "n8n Hosting, 30 GB, WhatsApp Service", "€68.00 a month, " + taxNote, "€680.00 a year, " + taxNote
	side := func(title, who, access, when, text string, yearly bool) page.PayerSide {
		x := page.PayerSide{Title: title, Known: []page.Known{{Term: words.Say("payer.payer"), Text: who},
			{Term: words.Say("payer.owner"), Text: who},
			{Term: words.Say("payer.access", "name", other), Text: words.Say("payer.access_own")},
			{Term: when, Text: text}},
			Lines: []page.Known{{Term: "n8n Hosting, 30 GB", Text: "€49.00 a month"},
				{Term: "WhatsApp Service", Text: "€19.00 a month"}},
			Total: month}
		if access != "" {
			x.Known[2].Text = access
		}
		if yearly {
			x.Lines[0].Text, x.Lines[1].Text, x.Total = "€490.00 a year", "€190.00 a year", year
		}
		return x
	}
	write := words.Say("payer.access_write")
	terms := func(old, next, owns string) *page.PayerTerms {
		return &page.PayerTerms{Title: words.Say("payer.both"), State: page.Badge{Tone: page.Wait, Text: words.Say("payer.proposed_badge")},
			Sides: [2]page.PayerSide{
				side(words.Say("payer.until", "day", day), old, "", words.Say("payer.ends"), words.Say("payer.ends_on", "day", day), false),
				side(words.Say("payer.from", "day", day), next, write, words.Say("payer.begins"),
					words.Say("payer.begins_on", "day", day), true)},
			Facts: []page.Fact{{Tone: page.Good, Text: owns}, {Tone: page.Good, Text: words.Say("payer.same_service")},
				{Tone: page.Good, Text: words.Say("payer.card_fails")}},
			Print: words.Say("payer.terms", "version", 1, "hash", hash)}
	}
	owns := words.Say("payer.agency_owns", "agency", agency, "client", other, "day", day)
	around := workspace(true)
	office := page.Payer{Workspace: &around, Brand: northwind, URL: "/client-payer", Back: "/client-paying", BackWord: other, Client: other,
		Now: words.Say("payer.they_pay", "name", other, "things", things)}
	portal := page.Payer{Brand: northwind, Person: "ops@acme.example", URL: "/portal-payer", Back: "/portal", BackWord: "Your portal",
		Agency: "ag_1", Now: words.Say("payer.you_pay", "things", things)}
	with := func(v page.Payer, change func(v *page.Payer)) page.Payer {
		change(&v)
		return v
	}
	note := func(tone page.Tone, title, text string) page.Note {
		return page.Note{Tone: tone, Title: title, Text: text}
	}
	agreed := func(t *page.PayerTerms) *page.PayerTerms {
		t.State, t.Print = page.Badge{Tone: page.Good, Text: words.Say("payer.agreed_badge")},
			t.Print+" "+words.Say("payer.agreed_on", "day", "22 November 2025")
		return t
	}
	mail := func(state client.ChangeState, toClient, card bool) letter.PayerData {
		return letter.PayerData{State: state, ToClient: toClient, Card: card, Old: month, New: year, Day: day, Until: "5 December 2025",
			BoughtData: letter.BoughtData{AgencyName: agency, AgencyColor: "#0b6e4f", ClientName: other, Thing: things,
				Platform: "Latchkey",
				Link:     "https://portal.example.com/portal/payer?agency=ag_1"}}
	}
	offer := with(office, func(v *page.Payer) {
		v.Terms = terms(other, words.Say("payer.you"), owns)
		v.Terms.Title, v.Terms.State, v.Terms.Print = words.Say("payer.offer_you"), page.Badge{}, ""
		v.Terms.Facts = append(v.Terms.Facts, page.Fact{Tone: page.Good, Text: words.Say("payer.offer_text", "name", other)})
		v.Offer = &page.PayerOffer{To: "agency", Month: month, Year: year}
	})
	asked := with(portal, func(v *page.Payer) {
		v.Change = note(page.Wait, words.Say("payer.offers", "name", agency), words.Say("payer.answer_by", "day", "5 December 2025"))
		v.Terms = terms(words.Say("payer.you"), agency, owns)
		v.Agree, v.Decline = hash, true
	})
	return []state{
		{Name: "client-payer", view: offer},
		{Name: "client-payer-proposed", view: with(office, func(v *page.Payer) {
			v.Change = note(page.Wait, words.Say("payer.waiting", "name", other), words.Say("payer.waiting_text", "day", "5 December 2025"))
			v.Terms, v.Withdraw = terms(other, words.Say("payer.you"), owns), true
		})},
		{Name: "client-payer-card", view: with(office, func(v *page.Payer) {
			v.Change = note(page.Wait, words.Say("payer.card_finish"), words.Say("payer.card_text", "day", day))
			v.Why, v.Card = words.Say("payer.card_back"), "/client-payer-card"
			v.Terms, v.Withdraw = agreed(terms(other, words.Say("payer.you"), owns)), true
		})},
		{Name: "client-payer-connected", view: with(office, func(v *page.Payer) {
			v.Now, v.Order = words.Say("payer.nothing"), "/clients"
			v.Barred = note(page.Idle, words.Say("payer.connected"), words.Say("payer.connected_agency", "name", other))
		})},
		{Name: "client-payer-not-yet", view: with(office, func(v *page.Payer) {
			v.Barred = note(page.Wait, words.Say("payer.not_yet"), words.Say("payer.not_yet_text", "things", things))
		})},
		{Name: "client-payer-refused", view: with(offer, func(v *page.Payer) {
			v.Problems = page.Problems{{Message: words.Say("errors.payer_renews_now")}}
		})},
		{Name: "client-payer-failed", view: with(offer, func(v *page.Payer) {
			v.Change = note(page.Bad, words.Say("payer.failed"), words.Say("payer.why_card_failed"))
			v.Why = words.Say("payer.goes_on_they", "name", other)
		})},
		{Name: "portal-payer", view: with(portal, func(v *page.Payer) {
			v.Change = note(page.Idle, words.Say("payer.withdrawn_they", "name", agency), words.Say("payer.no_change"))
			v.Terms, v.Offer = terms(words.Say("payer.you"), agency, owns), offer.Offer
			v.Terms.Title, v.Terms.State, v.Terms.Print = words.Say("payer.offer_they", "name", agency), page.Badge{}, ""
		})},
		{Name: "portal-payer-asked", view: asked},
		{Name: "portal-payer-changed-terms", view: with(asked, func(v *page.Payer) {
			v.Problems = page.Problems{{Message: words.Say("errors.payer_terms_changed")}}
			v.Why = words.Say("payer.anew", "day", day)
		})},
		{Name: "portal-payer-setting-up", view: with(asked, func(v *page.Payer) {
			v.Change = note(page.Wait, words.Say("payer.setting_up"), words.Say("payer.setting_up_text"))
			v.Terms, v.Agree, v.Decline = agreed(terms(words.Say("payer.you"), agency, owns)), "", false
		})},
		{Name: "portal-payer-scheduled", view: with(asked, func(v *page.Payer) {
			v.Change = note(page.Good, words.Say("payer.scheduled", "day", day), words.Say("payer.scheduled_they", "name", agency))
			v.Terms, v.Agree, v.Decline = agreed(terms(words.Say("payer.you"), agency, owns)), "", false
		})},
		{Name: "portal-payer-done", view: with(portal, func(v *page.Payer) {
			v.Now = words.Say("payer.they_pay", "name", agency, "things", things)
			v.Change = note(page.Good, words.Say("payer.done_they", "name", agency),
				words.Say("payer.done_they_text", "day", day, "name", agency, "things", things))
			v.Barred = note(page.Wait, words.Say("payer.not_now"), words.Say("errors.payer_past_due"))
		})},
		{Name: "portal-payer-odd", view: with(asked, func(v *page.Payer) {
			v.Brand = page.Brand{Name: longest}
			v.Change.Title = words.Say("payer.offers", "name", longest)
			v.Terms = terms(words.Say("payer.you"), unbroken, rtl+" "+emoji)
		})},
		{Name: "mail-payer-asks", mail: func() letter.Letter { return letter.Payer(mail(client.ChangeProposed, true, false)) }},
		{Name: "mail-payer-offers", mail: func() letter.Letter { return letter.Payer(mail(client.ChangeProposed, false, false)) }},
		{Name: "mail-payer-card", mail: func() letter.Letter { return letter.Payer(mail(client.ChangeAgreed, true, true)) }},
		{Name: "mail-payer-done", mail: func() letter.Letter { return letter.Payer(mail(client.ChangeDone, true, false)) }},
	}
}
