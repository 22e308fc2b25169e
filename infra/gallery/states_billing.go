package main

import (
	"time"

	"latchkey.dev/shared/page"
)

// billingStates are the pages on which somebody pays, or is about to.
func billingStates() []state {
	bill := page.Bill{Lines: []page.Priced{{Name: "n8n Hosting, 30 GB", Month: "€49.00", Year: "€490.00"}, {Name: "WhatsApp Service", Month: "€19.00", Year: "€190.00"}},
		Month: "€68.00", Year: "€680.00", Saving: "€136.00 a year (16 %)", Tax: "Prices include 19 % tax."}
	checkout := page.Checkout{Brand: northwind, Agency: "ag_1", Person: "ops@acme.example", Bill: bill, Until: page.TimeAt(now.Add(6*24*time.Hour), now)}
	with := func(change func(v *page.Checkout)) page.Checkout {
		v := checkout
		change(&v)
		return v
	}
	invited := page.Invitation{Brand: northwind, Step: page.AskCode, URL: "/invitation", Client: "Acme Ltd", Masked: "o•••@acme.example", Person: "ops@acme.example",
		Until: page.TimeAt(now.Add(6*24*time.Hour), now), Pays: "/checkout?agency=ag_1", Bill: bill}
	signed := invited
	signed.Step = page.Accept
	portal := page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account", Billing: "ag_1"}
	due, lapsed := portal, portal
	due.PastDue = true
	lapsed.Again = "/checkout?agency=ag_1"
	return []state{
		{Name: "invitation-paying", view: invited},
		{Name: "invitation-paying-signed-in", view: signed},
		{Name: "checkout", view: checkout},
		{Name: "checkout-back-without-paying", view: with(func(v *page.Checkout) {
			v.Year = true
			v.Note = page.Note{Tone: page.Wait, Title: "Nothing was charged", Text: "You came back without paying. Everything is as it was; go on whenever you like."}
		})},
		{Name: "checkout-failed", view: with(func(v *page.Checkout) {
			v.Problems = page.Problems{{Message: "The payment service does not answer at the moment. Nothing was charged; try again in a moment."}}
		})},
		{Name: "checkout-again", view: with(func(v *page.Checkout) { v.Again, v.Year = true, true })},
		{Name: "checkout-long", view: with(func(v *page.Checkout) { v.Brand.Name, v.Brand.LogoURL = longest, "" })},
		{Name: "checkout-rtl", view: with(func(v *page.Checkout) {
			v.Brand.Name, v.Brand.LogoURL, v.Bill.Saving, v.Bill.Tax = rtl+" "+emoji, "", "", ""
		})},
		{Name: "paying", view: page.Paying{Brand: northwind, Person: "ops@acme.example", Agency: "ag_1"}},
		{Name: "portal-past-due", view: due},
		{Name: "portal-lapsed", view: lapsed},
		{Name: "upgrade-buy", view: page.Upgrade{Workspace: workspace(false), Bill: &bill}},
		{Name: "upgrade-confirming", view: page.Upgrade{Workspace: workspace(false), Bill: &bill, Pending: true}},
		{Name: "upgrade-past-due", view: page.Upgrade{Workspace: workspace(false), Max: true, Paying: true, PastDue: true, Bill: &bill}},
	}
}

// selling puts on the form what can be sold.
func selling(f *page.InviteForm) {
	f.Selling, f.Tax = true, "Prices include 19 % tax."
	f.Sizes = []page.Offered{
		{Value: "10", Priced: page.Priced{Name: "n8n Hosting, 10 GB", Month: "€29.00", Year: "€290.00"}},
		{Value: "30", Priced: page.Priced{Name: "n8n Hosting, 30 GB", Month: "€49.00", Year: "€490.00"}},
		{Value: "50", Priced: page.Priced{Name: "n8n Hosting, 50 GB", Month: "€79.00", Year: "€790.00"}},
	}
	f.Extra = &page.Offered{Value: "true", Priced: page.Priced{Name: "WhatsApp Service", Month: "€19.00", Year: "€190.00"}}
	f.Totals = []page.Total{{Of: "30+whatsapp", Month: "€68.00", Year: "€680.00", Saving: "€136.00 a year (16 %)"}}
}
