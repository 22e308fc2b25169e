package main

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// provisioning are the states of what a client has bought, as both sides see it.
func provisioningStates() []state {
	at := func(ago time.Duration) page.Time { return page.TimeAt(now.Add(-ago), now) }
	way := func(tone page.Tone, reached int, ago time.Duration) []page.Event {
		steps := []page.Event{{Tone: page.Good, Title: "Payment received", At: at(ago)}, {Title: "Setting it up"}, {Title: "Starting it"},
			{Title: "Ready"}}
		for n := 1; n < len(steps); n++ {
			switch {
			case n < reached:
				steps[n].Tone, steps[n].At = page.Good, at(ago/2)
			case n == reached:
				steps[n].Tone, steps[n].At = tone, at(ago/4)
			default:
				steps[n].Coming = true
			}
		}
		return steps
	}
	hosting := page.Tile{Name: "n8n Hosting, 30 GB", Kind: "n8n instance", State: page.Badge{Tone: page.Wait, Text: "Deploying"}, Own: true,
		Write: true, Look: "/portal/instances/ins_1",
		Progress: &page.Progress{Steps: way(page.Wait, 2, 24*time.Second), Edition: "health_wait", Live: true}}
	late := hosting
	late.Progress = &page.Progress{Steps: way(page.Wait, 1, 14*time.Minute), Edition: "creating late", Live: true,
		Note: page.Note{Tone: page.Wait,
			Text: "Setup is taking longer than usual. You don't need to do anything. If it isn't ready in 23 hours, your payment for it " +
				"is refunded."}}
	failed := page.Tile{Name: "WhatsApp Service", Kind: "WhatsApp", State: page.Badge{Tone: page.Bad, Text: "Failed"}, Own: true,
		Write: true, Progress: &page.Progress{Steps: way(page.Bad, 1, 3*time.Hour), Edition: "failed",
			Note: page.Note{Tone: page.Bad, Text: "We couldn't set it up yet. There is no room left. If it isn't ready in 21 hours, your " +
				"payment for it is refunded."}}}
	refunded := page.Tile{Name: "WhatsApp Service", Kind: "WhatsApp", State: page.Badge{Tone: page.Idle, Text: "Deleted"}, Own: true,
		Write: true, Progress: &page.Progress{Edition: "refunded",
			Note: page.Note{Tone: page.Idle, Text: "We couldn't set it up. The payment for it was refunded."}}}
	portal := func(things ...page.Tile) page.Portal {
		v := page.Portal{Brand: northwind, Person: "ops@acme.example", Account: "/account"}
		v.Instances, v.Services = things[:1], things[1:]
		return v
	}
	return []state{
		{Name: "portal-setting-up", view: portal(hosting)},
		{Name: "portal-setup-late", view: portal(late, failed)},
		{Name: "portal-setup-refunded", view: portal(late, refunded)},
		{Name: "mail-halted", mail: func() letter.Letter {
			return letter.Standing(letter.StandingData{AgencyName: "Northwind Automations", To: agency.Halted, From: agency.Suspended,
				Link: "https://portal.example.com/portal", Platform: "Latchkey"})
		}},
		{Name: "mail-refund", mail: func() letter.Letter {
			return letter.Refund(letter.BoughtData{AgencyName: "Northwind Automations", AgencyColor: "#0b6e4f", ClientName: "Acme Ltd",
				Thing: "n8n Hosting, 30 GB", Link: "https://portal.example.com/portal", Platform: "Latchkey"})
		}},
	}
}
