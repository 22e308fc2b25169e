package main

import (
	"time"

	"latchkey.dev/shared/view/page"
)

// homeStates are those of an agency's home and of the sandbox.
func homeStates() []state {
	at := workspace(true)
	at.Here = page.InHome
	solo := page.Workspace{Brand: page.Brand{Name: "Solo Studio", Color: "#7c3aed"}, Person: "owner@solo.example", Here: page.InHome}
	tasks := []page.HomeTask{
		{Tone: page.Bad, Text: "The last payment of Bolt GmbH failed.", At: ago(26 * time.Hour), URL: "/client-active", Word: "See client"},
		{Tone: page.Bad, Text: "Reports isn't answering.", At: ago(40 * time.Minute), URL: "/instance", Do: "check", Word: "Check now"},
		{Tone: page.Wait, Text: "Acme Ltd asked to use another address.", Detail: "dana.reyes@acme.example",
			At: ago(3 * time.Hour), URL: "/client-pending", Word: "Review"},
		{Tone: page.Wait, Text: longest + " asked for a new link.", At: ago(5 * time.Hour), URL: "/client-pending", Do: "resend",
			Word: "Send new link"},
		{Tone: page.Bad, Text: "The email to " + rtl + " bounced.", At: ago(2 * 24 * time.Hour), URL: "/client-pending",
			Word: "Fix address"},
		{Tone: page.Wait, Text: "The invitation for Blue Harbour Dental expires soon.", At: page.TimeAt(now.Add(19*time.Hour), now),
			URL: "/client-pending", Do: "resend", Word: "Send again"},
	}
	numbers := []page.HomeNumber{{Count: "8", Word: "Pending", URL: "/clients?status=pending"},
		{Count: "4", Word: "Active", URL: "/clients?status=active"}, {Count: "2", Word: "Expired", URL: "/clients?status=expired"},
		{Count: "1", Word: "Declined", URL: "/clients?status=declined"},
		{Count: "5", Word: "Instances running", URL: "/instances?status=up"},
		{Count: "1", Word: "Instances down", URL: "/instances?status=down", Tone: page.Bad},
		{Count: "7", Word: "Invites left this hour", URL: "/clients?invite=new"}}
	steps := func(done int, free bool) []page.HomeStep {
		all := []page.HomeStep{
			{Title: "Make it yours", Text: "Your name, colour and logo go on every invitation and portal.", URL: "/settings",
				Word: "Set up branding"},
			{Title: "Connect n8n", Text: "Your clients see its workflows and runs. No n8n? Skip this: you can share other services or an " +
				"empty portal.", URL: "/instances?ask=connect", Word: "Connect an instance"},
			{Title: "Invite your first client", Text: "They get one email with one link. No password, no account to set up.",
				URL: "/clients?invite=new", Word: "Invite Client"}}
		if free {
			all = append(all[:2:2], page.HomeStep{Title: "Get the Max plan", URL: "/upgrade", Word: "See what's in Max",
				Text: "You need Max to invite clients. What you've set up stays."}, page.HomeStep{Title: "Invite your first client",
				Text: "Try it with a sample client first. Inviting real ones needs Max.", URL: "/sandbox-start", Word: "Open the sandbox"})
		} else {
			all[1].Skip = "/clients?invite=new"
		}
		for n := range all {
			all[n].Done, all[n].Here = n < done, n == done
		}
		return all
	}
	latest := activityRows()
	sample := page.Invitation{Brand: northwind, Step: page.Accept, URL: "/sandbox-invitation", Client: "Sample Bakery",
		Masked: "d•••@sample.example", Person: "dana@sample.example",
		Opens: []page.Linked{{Name: "Order automations", Rights: "Read-write"}}, Until: page.TimeAt(now.Add(6*24*time.Hour), now)}
	things := []page.Linked{{Name: "Order automations", Rights: "Read-write"}, {Name: "Weekly reports", Rights: "Read-only"}}
	return []state{
		{Name: "home", view: page.Home{Workspace: at, Tasks: tasks, More: 3, Numbers: numbers, Latest: latest}},
		{Name: "home-calm", view: page.Home{Workspace: at, Numbers: numbers[:4], Latest: latest[:3], Counted: true}},
		{Name: "home-first", view: page.Home{Workspace: page.Workspace{Brand: northwind, Person: at.Person, Here: page.InHome},
			Steps: steps(1, false), Try: true, Latest: latest[:1]}},
		{Name: "home-free", view: page.Home{Workspace: solo, Steps: steps(0, true)}},
		{Name: "home-rests", view: page.Home{Workspace: solo, Rests: true, Numbers: numbers[:3], Tasks: tasks[:1], Latest: latest[:2]}},
		{Name: "home-suspended", view: page.Home{Workspace: solo, Suspended: true, Numbers: numbers[:3], Latest: latest[:2]}},
		{Name: "sandbox-start", view: page.SandboxStart{Workspace: at, Client: "Sample Bakery", Email: "dana@sample.example",
			Things: things, Max: true}},
		{Name: "sandbox-free", view: page.SandboxStart{Workspace: solo, Client: "Sample Bakery", Email: "dana@sample.example",
			Things: things}},
		{Name: "sandbox-invitation", view: page.InSandbox{View: sample, Step: "invitation"}},
		{Name: "sandbox-portal", view: page.InSandbox{Step: "portal", View: page.Portal{Brand: northwind, Person: "dana@sample.example",
			Preview: "Sample Bakery", Instances: []page.Tile{{Name: "Order automations", Kind: "n8n instance", State: running, Write: true,
				Look: "/sandbox-portal"}}}}},
	}
}
