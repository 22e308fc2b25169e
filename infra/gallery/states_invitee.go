package main

import (
	"time"

	"latchkey.dev/shared/page"
)

// inviteeStates are the answers of invited people other than yes, and what becomes of links and codes.
func inviteeStates() []state {
	base := page.Invitation{
		Brand: northwind, Step: page.Declining, URL: "/invitation", Client: "Acme Ltd", Masked: "o•••@acme.example", Offer: "5f0c2f0e7f5e4a52",
		Message: "Hi Dana,\nhere is the window into your workflows.",
		Opens:   []page.Linked{{Name: "Production", Rights: "Read-only"}},
		Until:   page.TimeAt(now.Add(6*24*time.Hour), now),
	}
	with := func(change func(v *page.Invitation)) page.Invitation {
		v := base
		change(&v)
		return v
	}
	const expired = "This invitation has expired. Ask Northwind Automations to send it again."
	code := page.SignIn{Brand: platform, AskCode: true, Email: "ops@acme.example", Fixed: true}
	spent := code
	spent.Spent, spent.Problems = true, page.Problems{{Field: "code", Message: "That was the fifth wrong code, so none of them works any more. Ask for another one."}}
	waiting := code
	waiting.Wait = 20
	limited := code
	limited.Wait, limited.Note = 700, page.Note{Tone: page.Wait, Text: "We have just sent a code to this address. Look in the spam folder too; you can ask for another one in 12 minutes."}
	return []state{
		{Name: "invitation-decline", view: base},
		{Name: "invitation-decline-invalid", view: with(func(v *page.Invitation) {
			v.Reason = "See www.example"
			v.Problems = page.Problems{{Field: "reason", Message: "Leave out links and web addresses."}}
		})},
		{Name: "invitation-declined", view: page.Answered{Brand: northwind, Declined: true}},
		{Name: "invitation-propose", view: with(func(v *page.Invitation) { v.Step = page.Proposing })},
		{Name: "invitation-propose-invalid", view: with(func(v *page.Invitation) {
			v.Step, v.Email = page.Proposing, "pat@"
			v.Problems = page.Problems{{Field: "email", Message: "Enter a valid email address."}}
		})},
		{Name: "invitation-propose-limited", view: with(func(v *page.Invitation) {
			v.Step, v.Email = page.Proposing, "pat@acme.example"
			v.Problems = page.Problems{{Message: "You have proposed several addresses today already. The agency sees the last one. Try again in 3 hours."}}
		})},
		{Name: "invitation-proposed", view: page.Answered{Brand: northwind}},
		{Name: "invitation-proposed-long", view: page.Answered{Brand: page.Brand{Name: longest, Color: "#facc15"}}},
		{Name: "invitation-offer-changed", view: with(func(v *page.Invitation) {
			v.Step, v.Person = page.Accept, "ops@acme.example"
			v.Note = page.Note{Tone: page.Wait, Title: "The offer has changed", Text: "Northwind Automations has changed what it offers since you opened this page. Look at it again, then accept."}
		})},
		{Name: "invitation-code-resend", view: with(func(v *page.Invitation) {
			v.Step, v.Wait, v.Note = page.GiveCode, 20, page.Note{Tone: page.Good, Text: "A new code is on its way. Only the newest one works."}
		})},
		{Name: "invitation-code-spent", view: with(func(v *page.Invitation) { v.Step, v.Spent, v.Problems = page.GiveCode, true, spent.Problems })},
		{Name: "invitation-expired", view: page.DeadLink{Brand: northwind, Expired: expired, Ask: "/invitation/request"}},
		{Name: "invitation-expired-asked", view: page.DeadLink{Brand: northwind, Expired: expired, Asked: page.TimeAt(now.Add(-2*time.Hour), now)}},
		{Name: "invitation-expired-unknown", view: page.DeadLink{Brand: platform, Expired: expired}},
		{Name: "invitation-ended", view: page.DeadLink{Brand: northwind, Ended: "You accepted this invitation, and your access has ended since. Ask Northwind Automations for a new invitation."}},
		{Name: "sign-in-code-waiting", view: waiting},
		{Name: "sign-in-code-limited", view: limited},
		{Name: "sign-in-code-spent", view: spent},
	}
}
