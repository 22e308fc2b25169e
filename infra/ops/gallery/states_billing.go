package main

import (
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// taxNote is what the gallery's prices say of tax.
const taxNote = "incl. 19 % VAT"

// billingStates are the pages on which somebody pays, or is about to.
func billingStates() []state {
	bill := page.Bill{Lines: []page.Priced{{Name: "n8n Hosting, 30 GB", Month: "€49.00", Year: "€490.00", Tax: taxNote},
		{Name: "WhatsApp Service", Month: "€19.00", Year: "€190.00", Tax: taxNote}},
		Month: "€68.00", Year: "€680.00", Saving: "€136.00 a year (16 %)", Tax: "Prices are incl. 19 % VAT."}
	checkout := page.Checkout{Brand: northwind, Agency: "ag_1", Person: "ops@acme.example", Bill: bill, Contract: "/contract",
		Until: page.TimeAt(now.Add(6*24*time.Hour), now)}
	with := func(change func(v *page.Checkout)) page.Checkout {
		v := checkout
		change(&v)
		return v
	}
	invited := page.Invitation{Brand: northwind, Step: page.AskCode, URL: "/invitation", Inviter: "Nora Lindqvist",
		Masked: "o•••@acme.example",
		Person: "ops@acme.example",
		Until:  page.TimeAt(now.Add(6*24*time.Hour), now), Pays: "/checkout?agency=ag_1", Bill: bill}
	signed := invited
	signed.Step = page.Accept
	deal := page.Deal{Tax: taxNote, Lines: bill.Lines, Month: bill.Month, Year: bill.Year, Chosen: "year",
		State: page.Badge{Tone: page.Good, Text: "Paid"}, Text: "Renews on 21 November 2026.",
		URL: "/contract"}
	in := func(chosen string, tone page.Tone, word, text string) *page.Deal {
		d := deal
		d.Chosen, d.State, d.Text = chosen, page.Badge{Tone: tone, Text: word}, text
		return &d
	}
	pastDue := in("year", page.Bad, "Past due",
		"The last payment failed. The card is tried again over the next days. Everything keeps running for now.")
	over := in("year", page.Idle, "Ended", "The renewal wasn't paid. The subscription ended on 21 November 2025.")
	portal := page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account", Billing: "ag_1", Deal: &deal}
	own := page.Tile{Name: "n8n Hosting, 30 GB", Kind: "n8n instance", State: page.Badge{Tone: page.Good, Text: "Running"}, Own: true,
		Write: true, Look: "/portal/instances/ins_1", URL: "https://n8n.example.com"}
	paying, due, lapsed, kept, stopped := portal, portal, portal, portal, portal
	kept.Brand, kept.Kept, kept.Instances = page.Brand{Name: "Latchkey"}, true, []page.Tile{own}
	stopped.Brand, stopped.Deal = page.Brand{Name: "Latchkey"}, over
	stopped.Failed = "Your order is stopped for now. You aren't charged, and we've refunded the days you had paid for. Nothing is " +
		"deleted. We'll email you when it starts again. You can cancel under Card and invoices."
	paying.Instances = []page.Tile{own}
	due.PastDue, due.Deal, due.Instances = true, pastDue, paying.Instances
	lapsed.Again, lapsed.Deal = "/checkout?agency=ag_1", over
	const invoice, last = "https://invoice.stripe.com/i/acct_1/test_1", "21 November 2026"
	asks, nowhere, leaving, asked := due, due, paying, paying
	asks.PastDue, asks.Asks, asks.Confirm = false, true, invoice
	asks.Deal = in("year", page.Bad, words.Say("money.confirm_state"), words.Say("money.confirm_state_text"))
	nowhere.PastDue, nowhere.Asks, nowhere.Deal = false, true, asks.Deal
	leaving.Deal = in("year", page.Wait, words.Say("money.ends", "day", last), words.Say("money.ends_text", "day", last))
	asked.Deal = in("year", page.Wait, "Paid", words.Say("money.inquiry_state_text"))
	wanted := letter.BoughtData{AgencyName: "Northwind Automations", AgencyColor: "#0b6e4f", ClientName: "Acme Ltd", Link: invoice,
		Platform: "Latchkey"}
	paper := page.Contract{Brand: northwind, Person: "ops@acme.example", Back: "/portal", BackWord: "Your portal",
		Number: "in_01KC5R9V3MAG4J6M8P0S2V4X6Z", Agency: "Northwind Automations", Client: "Acme Ltd", Address: "ops@acme.example",
		Lines: bill.Lines,
		Totals: []page.Priced{{Name: "Total, incl. 19 % VAT", Month: bill.Month, Year: bill.Year},
			{Name: "of which VAT, 19 %", Month: "€10.86", Year: "€108.57"}}, Chosen: "year", Saving: bill.Saving, Tax: bill.Tax,
		State: deal.State, Text: deal.Text,
		Facts: []page.Known{{Term: "Currency", Text: "EUR"}, {Term: "Prices locked on", Text: "21 November 2025"},
			{Term: "Chosen", Text: "Annual"}, {Term: "First paid on", Text: "21 November 2025"},
			{Term: "Paid until", Text: "21 November 2026"}},
		Notes: []string{"Prices were locked in when the invitation was sent. Later price changes don't affect this contract.",
			"The client pays by card and can cancel at any time. They keep what they've paid for until the period ends. " +
				"The client owns what " +
				"they buy."}, Download: "/contract"}
	unpaid, odd := paper, paper
	around := workspace(true)
	unpaid.Workspace, unpaid.Chosen, unpaid.BackWord = &around, "", "Acme Ltd"
	unpaid.State, unpaid.Text = page.Badge{Tone: page.Wait, Text: "Not paid yet"}, "The invitation expires on 28 November 2025."
	unpaid.Facts = append(paper.Facts[:2:2],
		page.Known{Term: "Chosen", Text: "Nothing yet. The client chooses monthly or annual when they accept."})
	odd.Agency, odd.Client, odd.Brand.Name = longest, rtl+" "+emoji, longest
	client := func(change func(v *page.Client)) page.Client {
		v := page.Client{Workspace: workspace(true), URL: "/client-paying", Name: "Acme Ltd", Email: "ops@acme.example", Status: active,
			SinceWord: "Client since 12 October 2025", Payer: "They pay", Deal: &deal,
			Story: []page.Event{{Tone: page.Good, Title: "Delivered", At: ago(41 * 24 * time.Hour)},
				{Tone: page.Good, Title: "Invitation accepted", At: ago(40 * 24 * time.Hour)}},
			Access: []page.Linked{{ID: "ins_1", Name: "n8n Hosting, 30 GB", Kind: "n8n instance",
				State: page.Badge{Tone: page.Good, Text: "Running"}, Own: true, Rights: "Their own"}},
			Stays: "They pay for their hosting and own it, so you can't remove them. They keep their portal until they cancel or their " +
				"card stops working. You can revoke what you share."}
		change(&v)
		return v
	}
	late := func(v page.TooLate) page.TooLate {
		v.Brand, v.Contract = northwind, "/contract"
		return v
	}
	standing := page.Standing{Workspace: settings(), Tab: "agency", Owner: true, Max: true, Paying: true, Left: 7, Quota: 10,
		Losses: "3 clients lose their portals and all access.",
		People: "You lose access, and all API keys stop working.",
		State:  page.Badge{Tone: page.Good, Text: "Paid"}, Renews: "Paid annually. Renews on 21 November 2026."}
	ending, owing, gone, confirming := standing, standing, standing, standing
	confirming.State = page.Badge{Tone: page.Bad, Text: words.Say("money.confirm_state")}
	confirming.Renews = words.Say("money.confirm_text")
	confirming.Confirm = invoice
	ending.State, ending.Renews = page.Badge{Tone: page.Wait, Text: "Ends 21 November 2026"},
		"Ends on 21 November 2026. Your clients keep what they have, and you can't invite after that."
	owing.PastDue, owing.State, owing.Renews = true, page.Badge{Tone: page.Bad, Text: "Past due"},
		"Your last payment failed. We'll try your card again over the next days."
	gone.Max, gone.State, gone.Renews = false, page.Badge{Tone: page.Idle, Text: "Ended"},
		"Max ended on 21 November 2025. Your clients keep what they have; inviting rests until it is paid again."
	list := page.Clients{Now: moment, Workspace: workspace(true), Rows: rows()[:3], Filters: filters(""), PastDue: true}
	for n := range list.Rows {
		list.Rows[n].Status, list.Rows[n].Pays = active, "They pay"
	}
	list.Rows[0].Waits, list.Rows[0].Urgent, list.Rows[1].Waits = "Payment failed", true, "Ends on 21 December 2025"
	return []state{
		{Name: "invitation-paying", view: invited},
		{Name: "invitation-paying-signed-in", view: signed},
		{Name: "checkout", view: checkout},
		{Name: "checkout-back-without-paying", view: with(func(v *page.Checkout) {
			v.Year = true
			v.Note = page.Note{Tone: page.Wait, Title: "Nothing was charged",
				Text: "You came back without paying. Continue whenever you like."}
		})},
		{Name: "checkout-failed", view: with(func(v *page.Checkout) {
			v.Problems = page.Problems{{Message: "The payment service isn't answering. Nothing was charged. Try again in a moment."}}
		})},
		{Name: "checkout-again", view: with(func(v *page.Checkout) { v.Again, v.Year = true, true })},
		{Name: "checkout-long", view: with(func(v *page.Checkout) { v.Brand.Name, v.Brand.LogoURL = longest, "" })},
		{Name: "checkout-rtl", view: with(func(v *page.Checkout) {
			v.Brand.Name, v.Brand.LogoURL, v.Bill.Saving, v.Bill.Tax = rtl+" "+emoji, "", "", ""
		})},
		{Name: "checkout-nothing",
			view: page.NothingToPay{Brand: page.Brand{Name: "Latchkey", Own: true}, Person: "pat@acme.example",
				Next: "/checkout?agency=ag_1"}},
		{Name: "checkout-cancelled", view: late(page.TooLate{})},
		{Name: "checkout-expired", view: late(page.TooLate{Expired: true})},
		{Name: "checkout-declined", view: late(page.TooLate{Declined: true})},
		{Name: "checkout-returned", view: late(page.TooLate{Returned: true})},
		{Name: "paying-long", view: page.Paying{Brand: northwind, Person: "ops@acme.example", Agency: "ag_1", Tries: 9}},
		{Name: "contract", view: paper},
		{Name: "contract-unpaid", view: unpaid},
		{Name: "contract-odd", view: odd},
		{Name: "portal-paying", view: paying},
		{Name: "portal-kept", view: kept},
		{Name: "portal-stopped", view: stopped},
		{Name: "portal-confirm", view: asks},
		{Name: "portal-confirm-elsewhere", view: nowhere},
		{Name: "portal-ending", view: leaving},
		{Name: "portal-inquiry", view: asked},
		{Name: "client-confirm", view: client(func(v *page.Client) {
			v.Deal = asks.Deal
			v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.confirm_owed"), Text: words.Say("money.confirm_owed_text")}
		})},
		{Name: "client-ending", view: client(func(v *page.Client) { v.Deal = leaving.Deal })},
		{Name: "client-inquiry", view: client(func(v *page.Client) {
			v.Deal = asked.Deal
			v.Banner = page.Banner{Tone: page.Wait, Title: words.Say("money.inquiry_owed"), Text: words.Say("money.inquiry_owed_text")}
		})},
		{Name: "upgrade-confirm", view: page.Upgrade{Workspace: settings(), Max: true, Owner: true, Paying: true,
			Bill: &bill, Asks: true,
			Confirm: invoice}},
		{Name: "standing-confirm", view: confirming},
		{Name: "mail-confirm", mail: func() letter.Letter { return letter.Confirm(wanted) }},
		{Name: "mail-confirm-plan", mail: func() letter.Letter { return letter.ConfirmPlan(wanted) }},
		{Name: "mail-inquiry", mail: func() letter.Letter {
			d := wanted
			d.Link = "https://portal.example.com/clients/cl_1"
			return letter.Inquiry(d)
		}},
		{Name: "portal-lapsed-deleting", view: func() page.Portal {
			v := lapsed
			v.DeletedOn = "21 December 2025"
			return v
		}()},
		{Name: "portal-returned", view: func() page.Portal {
			v := lapsed
			v.Deal = in("year", page.Idle, "Returned", "The order couldn't be set up, and the payment was refunded.")
			v.Failed = "We couldn't set up your order, and refunded your payment. Your bank takes five to ten days. We're sorry. " +
				"Northwind Automations knows about it."
			return v
		}()},
		{Name: "portal-disputed", view: func() page.Portal {
			v := portal
			v.Deal = in("year", page.Bad, "Disputed",
				"The cardholder's bank is questioning the payment. Everything is paused until that's decided.")
			v.Failed = "Your bank is questioning a payment, so your portal is paused until that's decided. Was it you? Tell your bank " +
				"and Northwind Automations."
			return v
		}()},
		{Name: "invite-client-pays-without-max", view: func() page.Clients {
			f := form()
			f.Open, f.Client, f.Hosting, f.WhatsApp, f.Email, f.Upgrade = true, true, "30", true, "ops@acme.example", "/upgrade"
			f.Problems = page.Problems{{Message: "Inviting clients needs the Max plan."}}
			selling(f)
			return page.Clients{Workspace: workspace(false), Rows: rows()[:2], Filters: filters(""), Form: f}
		}()},
		{Name: "client-paying", view: client(func(*page.Client) {})},
		{Name: "client-paying-unpaid", view: client(func(v *page.Client) {
			v.Deal = in("", page.Wait, "Not paid yet", "The invitation expires on 28 November 2025.")
			v.Access, v.Nothing, v.Fixed = nil, "Nothing yet. What they buy is set up as soon as they pay.",
				"You asked them to pay. You can share with them once they accept."
			v.Story, v.Stays, v.Since, v.SinceWord = []page.Event{{Tone: page.Good, Title: "Delivered", At: ago(time.Hour)},
				{Title: "Invitation accepted", Coming: true}}, "", ago(time.Hour), "Invited"
			v.Cancel = &page.Cancel{Why: "The link in their email stops working at once.",
				Text: "The link we emailed to ops@acme.example stops working at once, and they get no access. You " +
					"can invite them again later."}
			v.Status, v.Banner = pending, page.Banner{Tone: page.Wait, Title: "Invite pending", Text: "- This client has not yet " +
				"accepted their invitation.", Spam: true}
		})},
		{Name: "client-past-due", view: client(func(v *page.Client) {
			v.Deal = pastDue
			v.Banner = page.Banner{Tone: page.Wait, Title: "Their last payment failed.",
				Text: "Nothing closes yet. We'll try the card again over the next days, and their portal says how to change it. A " +
					"friendly reminder may help."}
		})},
		{Name: "client-payment-ended", view: client(func(v *page.Client) {
			v.Deal, v.Status = over, page.Badge{Tone: page.Idle, Text: "Inactive"}
			v.Banner = page.Banner{Tone: page.Idle, Title: "Their payment has ended.",
				Text: "Their portal is paused. They can pay again there at any time. What they bought is suspended. It's deleted on 21 " +
					"December 2025 unless they pay before."}
		})},
		{Name: "clients-payments", view: list},
		{Name: "standing-paying", view: standing},
		{Name: "standing-ending", view: ending},
		{Name: "standing-past-due", view: owing},
		{Name: "standing-lapsed", view: gone},
		{Name: "paying", view: page.Paying{Brand: northwind, Person: "ops@acme.example", Agency: "ag_1"}},
		{Name: "portal-past-due", view: due},
		{Name: "portal-lapsed", view: lapsed},
		{Name: "upgrade-buy", view: page.Upgrade{Workspace: settings(), Bill: &bill}},
		{Name: "upgrade-confirming", view: page.PlanPaid{Workspace: workspace(false)}},
		{Name: "upgrade-confirming-long", view: page.PlanPaid{Workspace: workspace(false), Tries: 9}},
		{Name: "upgrade-confirmed", view: page.PlanPaid{Workspace: workspace(false), Max: true}},
		{Name: "upgrade-suspended", view: page.Upgrade{Workspace: settings(), Owner: true, Paying: true, Bill: &bill,
			Bar: page.Barred{Title: words.Say("plan.suspended"), Text: words.Say("plan.suspended_text")}}},
		{Name: "upgrade-not-owner", view: page.Upgrade{Workspace: settings(), Bill: &bill, Bar: page.Barred{
			Title: words.Say("plan.owners_pay"), Text: words.Say("plan.owners_pay_text"), URL: "/settings/members"}}},
		{Name: "upgrade-back", view: page.Upgrade{Workspace: settings(), Bill: &bill, Back: true}},
		{Name: "upgrade-paid", view: page.Upgrade{Workspace: settings(), Max: true, Owner: true, Paying: true, Bill: &bill}},
		{Name: "upgrade-past-due", view: page.Upgrade{Workspace: settings(), Max: true, Owner: true, Paying: true, PastDue: true,
			Bill: &bill}},
	}
}

// selling puts on the form what can be sold.
func selling(f *page.InviteForm) {
	f.Selling, f.Tax = true, "Prices are incl. 19 % VAT."
	f.Sizes = []page.Offered{
		{Value: "10", Hint: "for early trials",
			Priced: page.Priced{Name: "n8n Hosting, 10 GB", Month: "€29.00", Year: "€290.00", Tax: taxNote}},
		{Value: "30", Hint: "most common for agencies",
			Priced: page.Priced{Name: "n8n Hosting, 30 GB", Month: "€49.00", Year: "€490.00", Tax: taxNote}},
		{Value: "50", Priced: page.Priced{Name: "n8n Hosting, 50 GB", Month: "€79.00", Year: "€790.00", Tax: taxNote}},
	}
	f.Extra = &page.Offered{Value: "true", Priced: page.Priced{Name: "WhatsApp Service", Month: "€19.00", Year: "€190.00", Tax: taxNote}}
	f.Totals = []page.Total{{Of: "30+whatsapp", Month: "€68.00", Year: "€680.00", Saving: "€136.00 a year (16 %)"}}
}
