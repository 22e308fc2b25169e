package main

import (
	"strings"
	"time"

	"latchkey.dev/shared/view/page"
)

// health are the states that instances can be looked at alone.
func health(here string) []page.Filter {
	all := []page.Filter{{Word: "All", Count: "7", URL: "/instances"}, {Word: "Running or active", Count: "2", URL: "/instances?status=up"},
		{Word: "Not answering", Count: "1", URL: "/instances?status=down"}}
	for n := range all {
		all[n].Here = all[n].URL == "/instances"+here
	}
	return all
}

func thingsStates() []state {
	here := workspace(true)
	here.Here = page.InInstances
	there := here
	there.Here = page.InServices
	bad := func(text string) page.Badge { return page.Badge{Tone: page.Bad, Text: text} }
	rows := []page.ThingRow{
		{URL: "/instance", Name: "Acme production", Address: "acme.n8n.example", State: running,
			Meaning: "Connected. Ready to share.", Seers: "12 clients", Seen: true},
		{URL: "/instance", Name: "Acme staging", Address: "staging.acme.n8n.example", State: active,
			Meaning: "In use. Ready to share.", Seers: "1 client", Seen: true},
		{URL: "/instance", Name: "Delta onboarding", State: page.Badge{Tone: page.Wait, Text: "Waiting to deploy"},
			Meaning: "Being set up. Share it once it's running.", Seers: "Nobody yet"},
		{URL: "/instance", Name: "Echo", State: page.Badge{Tone: page.Wait, Text: "Deploying"},
			Meaning: "Being set up, which takes a few minutes. Share it once it's running.", Seers: "Nobody yet"},
		{URL: "/instance", Name: "Everline archive", Address: "archive.n8n.example", State: page.Badge{Tone: page.Idle, Text: "Stopped"},
			Meaning: "Stopped. Clients see it but can't open it.", Seers: "2 clients", Seen: true},
		{URL: "/instance", Name: "Grove", Address: "grove.n8n.example", State: bad("Suspended"),
			Meaning: "Suspended by its host. Clients see it but can't open it.", Seers: "Nobody yet"},
		{URL: "/instance-failed", Name: "Foxglove trial", Address: "foxglove.n8n.example", State: bad("Failed"),
			Meaning: "It didn't start. Clients see it but can't open it.", Seers: "3 clients", Seen: true},
	}
	odd := []page.ThingRow{
		{URL: "/instance", Name: longest, Address: strings.Repeat("very-long-", 20) + "n8n.example", State: running,
			Meaning: rows[0].Meaning, Seers: "1999 clients", Seen: true},
		{URL: "/instance", Name: unbroken, Address: "n8n.example/" + unbroken, State: active, Meaning: rows[1].Meaning,
			Seers: "Nobody yet"},
		{URL: "/instance", Name: rtl, Address: "alnoor.example", State: running, Meaning: rows[0].Meaning, Seers: "1 client", Seen: true},
		{URL: "/instance", Name: emoji, Address: "rocket.example", State: running, Meaning: rows[0].Meaning, Seers: "1 client", Seen: true},
		{URL: "/instance", Name: "x", Address: "x.example", State: running, Meaning: rows[0].Meaning, Seers: "1 client", Seen: true},
	}
	services := []page.ThingRow{
		{URL: "/service", Name: "WhatsApp support line", Kind: "WhatsApp", Address: "wa.example", State: active, Meaning: rows[1].Meaning,
			Seers: "4 clients", Seen: true},
		{URL: "/service", Name: "Hermes scheduling agent", Kind: "Hermes agent", State: running,
			Meaning: "Running. Ready to share.", Seers: "Nobody yet"},
	}
	typed := page.ThingForm{Open: true, Key: "k", Type: "hermes", Name: "Acme production", URL: "https://acme.n8n.example"}
	wrong := func(f page.ThingForm, p ...page.Problem) page.ThingForm { f.Problems = p; return f }
	thing := page.Thing{Workspace: here, URL: "/instance", Name: "Acme production", Kind: "n8n instance",
		Address: "https://acme.n8n.example", State: running, Meaning: rows[0].Meaning,
		Since: ago(40 * 24 * time.Hour), Checked: ago(3 * time.Hour), Connected: true,
		Form: page.ThingForm{Tag: "t", Name: "Acme production", URL: "https://acme.n8n.example", HasKey: true},
		Clients: []page.SeerRow{{URL: "/client-active", Name: "Acme Ltd", Status: active, Rights: "Read-write"},
			{URL: "/client-pending", Name: "Blue Harbour Dental", Status: pending, Rights: "Read-only"},
			{URL: "/client-active", Name: rtl, Status: active, Rights: "Read-only"}}}
	flowsAndRuns := portalInstance()
	with := func(change func(v *page.Thing)) page.Thing {
		v := thing
		change(&v)
		return v
	}
	return []state{
		{Name: "instances", view: page.Things{Workspace: here, Rows: rows, Filters: health("")}},
		{Name: "instances-down", view: page.Things{Workspace: here, Rows: rows[6:], Filters: health("?status=down")}},
		{Name: "instances-down-none", view: page.Things{Workspace: here, Filters: health("?status=down")}},
		{Name: "instances-empty", view: page.Things{Workspace: here}},
		{Name: "instances-odd-names", view: page.Things{Workspace: here, Rows: odd, More: true}},
		{Name: "instances-disconnected",
			view: page.Things{Workspace: here, Rows: rows[:2],
				Note: page.Note{Tone: page.Good, Text: "Disconnected. Your clients no longer see it."}}},
		{Name: "instances-failed", view: page.Things{Workspace: here, Failed: "Something went wrong on our side. Try again in a moment."}},
		{Name: "connect-instance", view: page.Things{Workspace: here, Rows: rows[:2], Form: page.ThingForm{Open: true, Key: "k"}}},
		{Name: "connect-instance-invalid",
			view: page.Things{Workspace: here, Rows: rows[:2], Form: wrong(page.ThingForm{Open: true, Key: "k", URL: "http://10.0.0.1"},
				page.Problem{Field: "name", Message: "Enter a name that your clients will recognise."},
				page.Problem{Field: "url", Message: "The address must begin with https://."},
				page.Problem{Field: "apiKey", Message: "Enter an API key of this n8n."})}},
		{Name: "connect-instance-refused",
			view: page.Things{Workspace: here, Rows: rows[:2],
				Form: wrong(typed, page.Problem{Field: "apiKey", Message: "The address answers, but it refuses the API key. The key may " +
					"be mistyped, expired or deleted. Create a new one in n8n."})}},
		{Name: "instance", view: thing},
		{Name: "instance-connected", view: with(func(v *page.Thing) {
			v.Clients = nil
			v.Note = page.Note{Tone: page.Good, Text: "Connected. Share it when you invite a client, or from a client's page."}
		})},
		{Name: "instance-failed", view: with(func(v *page.Thing) {
			v.State, v.Meaning, v.Reason = bad("Failed"), "It didn't start. Clients see it but can't open it.",
				"it does not answer in time"
		})},
		{Name: "instance-silent", view: with(func(v *page.Thing) {
			v.State, v.Meaning, v.Reason = bad("Not answering"), "We check it every few minutes.", "it does not answer in time"
			v.Answered, v.Silent, v.Roster = ago(2*time.Hour), ago(110*time.Minute), lastSeen()
		})},
		{Name: "instance-silent-unseen", view: with(func(v *page.Thing) {
			v.State, v.Meaning = bad("Not answering"), "We check it every few minutes."
			v.Reason = "there is no host of this name"
			v.Silent = ago(3 * 24 * time.Hour)
		})},
		{Name: "instance-needs-key", view: with(func(v *page.Thing) {
			v.State, v.Meaning = bad("Needs a new key"), "We check it every few minutes."
			v.Reason = "it refuses the API key. The key may be mistyped, expired or deleted. Create a new one in n8n"
			v.Answered, v.Silent, v.Roster = ago(26*time.Hour), ago(25*time.Hour), lastSeen()
		})},
		{Name: "instance-failed-runs", view: with(func(v *page.Thing) {
			v.Live, v.Workflows, v.Runs = true, flowsAndRuns.Workflows, failing(flowsAndRuns.Runs)
		})},
		{Name: "instance-nothing-runs", view: with(func(v *page.Thing) { v.Live = true })},
		{Name: "instance-without-key", view: with(func(v *page.Thing) {
			v.Connected, v.Checked, v.Meaning, v.Form.HasKey = false, page.Time{}, "Running. Ready to share.", false
		})},
		{Name: "instance-edit", view: with(func(v *page.Thing) { v.Form.Open = true })},
		{Name: "instance-edit-moved", view: with(func(v *page.Thing) {
			v.Form = wrong(v.Form, page.Problem{Field: "apiKey", Message: "Enter an API key of the n8n at the new address."})
			v.Form.Open = true
		})},
		{Name: "instance-disconnect", view: with(func(v *page.Thing) { v.Asking = true })},
		{Name: "instance-disconnect-nobody", view: with(func(v *page.Thing) { v.Asking, v.Clients = true, nil })},
		{Name: "instance-odd-names", view: with(func(v *page.Thing) {
			v.Name, v.Address, v.More = longest, "https://"+strings.Repeat("very-long-", 20)+"n8n.example", true
			v.Clients = []page.SeerRow{{URL: "/client-active", Name: longest, Status: active, Rights: "Read-write"},
				{URL: "/client-active", Name: unbroken, Status: active, Rights: "Read-write"},
				{URL: "/client-active", Name: emoji, Status: pending, Rights: "Read-only"}}
		})},
		{Name: "services", view: page.Things{Workspace: there, Service: true, Rows: services}},
		{Name: "services-empty", view: page.Things{Workspace: there, Service: true, Form: page.ThingForm{Type: "whatsapp"}}},
		{Name: "connect-service",
			view: page.Things{Workspace: there, Service: true, Rows: services,
				Form: page.ThingForm{Open: true, Key: "k", Type: "whatsapp"}}},
		{Name: "connect-service-invalid",
			view: page.Things{Workspace: there, Service: true, Rows: services, Form: wrong(page.ThingForm{Open: true, Key: "k"},
				page.Problem{Field: "type", Message: "Choose WhatsApp, Hermes agent or another service."},
				page.Problem{Field: "name", Message: "Enter a name that your clients will recognise."})}},
		{Name: "service", view: with(func(v *page.Thing) {
			v.Workspace, v.Service, v.Name, v.Kind, v.Address, v.State, v.Meaning, v.Connected = there, true, "WhatsApp support line",
				"WhatsApp", "https://wa.example", active, rows[1].Meaning, false
		})},
	}
}

// lastSeen is what an instance had when it last answered.
func lastSeen() *page.Roster {
	flows := portalInstance().Workflows
	return &page.Roster{Seen: ago(2 * time.Hour), Count: 53, On: 31, Workflows: flows, Rest: 48}
}

// failing are runs of which some have failed, with all that is known of why.
func failing(runs []page.RunRow) []page.RunRow {
	bad := page.Badge{Tone: page.Bad, Text: "Failed"}
	return append([]page.RunRow{
		{Workflow: runs[0].Workflow, State: bad, At: ago(2 * time.Minute), Took: "3.9 s",
			URL:     "https://production.n8n.example/workflow/w1/executions/7",
			Failure: "At “Post it”: The service refused the connection - perhaps it is offline"},
		{Workflow: longest, State: bad, At: ago(9 * time.Minute), Took: "1 ms", Failure: "At “" + unbroken + "”: " + longest},
		{Workflow: runs[1].Workflow, State: bad, At: ago(20 * time.Minute), Took: "12.0 s"},
	}, runs...)
}

// portalInstance is an n8n as its client sees it on a good day.
func portalInstance() page.PortalInstance {
	flows := []page.WorkflowRow{
		{ID: "w1", Name: "New orders to the ledger", Active: true, Updated: ago(3 * 24 * time.Hour)},
		{ID: "w2", Name: "Morning report by mail", Active: true, Updated: ago(26 * 24 * time.Hour)},
		{ID: "w3", Name: "Support tickets to chat", Active: true, Updated: ago(5 * time.Hour)},
		{ID: "w4", Name: "Invoice reminders", Updated: ago(60 * 24 * time.Hour)}, {ID: "w5", Name: "Weekly backup of contacts"},
	}
	good, bad := page.Badge{Tone: page.Good, Text: "Succeeded"}, page.Badge{Tone: page.Bad, Text: "Failed"}
	runs := []page.RunRow{
		{Workflow: flows[0].Name, State: page.Badge{Tone: page.Wait, Text: "Running"}, At: ago(4 * time.Second)},
		{Workflow: flows[2].Name, State: good, At: ago(11 * time.Minute), Took: "1.2 s"},
		{Workflow: flows[0].Name, State: good, At: ago(18 * time.Minute), Took: "840 ms"},
		{Workflow: flows[0].Name, State: bad, At: ago(35 * time.Minute), Took: "3.9 s"},
		{Workflow: flows[1].Name, State: good, At: ago(7 * time.Hour), Took: "2 min 14 s"},
		{Workflow: "A deleted workflow", State: page.Badge{Tone: page.Idle, Text: "Cancelled"}, At: ago(26 * time.Hour),
			Took: "12.0 s"},
	}
	return page.PortalInstance{Brand: northwind, Person: "ops@acme.example", Portal: "/portal", URL: "/portal-instance",
		API: "/v1/portal/instances/ins_1", Name: "Production", State: running, Write: true,
		Address: "https://production.n8n.example", Connected: true, Workflows: flows, Runs: runs}
}

func portalInstanceStates() []state {
	good, bad := page.Badge{Tone: page.Good, Text: "Succeeded"}, page.Badge{Tone: page.Bad, Text: "Failed"}
	base := portalInstance()
	with := func(change func(v *page.PortalInstance)) page.PortalInstance {
		v := base
		change(&v)
		return v
	}
	entry := func(e page.Entry) page.PortalInstance {
		return with(func(v *page.PortalInstance) {
			e.Email = "ops@acme.example"
			v.Own = &e
		})
	}
	away := "it does not answer as it should at the moment"
	return []state{
		{Name: "portal-instance", view: base},
		{Name: "portal-instance-read-only", view: with(func(v *page.PortalInstance) { v.Write = false })},
		{Name: "portal-instance-switched",
			view: with(func(v *page.PortalInstance) { v.Note = page.Note{Tone: page.Good, Text: "Switched on."} })},
		{Name: "portal-instance-refused", view: with(func(v *page.PortalInstance) {
			v.Note = page.Note{Tone: page.Bad, Text: "Nothing was switched, because n8n doesn't allow it: a step may be " +
				"incomplete, or nothing in the workflow can start it. Try again in a moment. If it " +
				"happens again, tell Northwind Automations."}
		})},
		{Name: "portal-instance-unreachable", view: with(func(v *page.PortalInstance) {
			v.Reason, v.NoFlows, v.Workflows, v.Runs = away, true, nil, nil
		})},
		{Name: "portal-instance-silent", view: with(func(v *page.PortalInstance) {
			v.State, v.Reason, v.NoFlows, v.Workflows, v.Runs = page.Badge{Tone: page.Bad, Text: "Not answering"}, away, true, nil, nil
			v.Answered, v.Silent, v.Roster = ago(2*time.Hour), ago(110*time.Minute), lastSeen()
		})},
		{Name: "portal-instance-needs-key", view: with(func(v *page.PortalInstance) {
			v.State, v.Reason, v.NoFlows, v.Workflows, v.Runs = page.Badge{Tone: page.Bad, Text: "Needs a new key"},
				"Northwind Automations needs to reconnect n8n", true, nil, nil
			v.Answered, v.Silent, v.Roster = ago(26*time.Hour), ago(25*time.Hour), lastSeen()
		})},
		{Name: "portal-instance-failed-runs", view: with(func(v *page.PortalInstance) { v.Runs = failing(v.Runs) })},
		{Name: "portal-instance-entry", view: entry(page.Entry{})},
		{Name: "portal-instance-entry-invited",
			view: entry(page.Entry{State: "invited", URL: "https://production.n8n.example/signup?inviterId=a&inviteeId=b"})},
		{Name: "portal-instance-entry-mailed", view: entry(page.Entry{State: "mailed"})},
		{Name: "portal-instance-entry-ready", view: entry(page.Entry{State: "ready", URL: base.Address})},
		{Name: "portal-instance-no-runs", view: with(func(v *page.PortalInstance) { v.Reason, v.Runs = away, nil })},
		{Name: "portal-instance-empty", view: with(func(v *page.PortalInstance) { v.Workflows, v.Runs = nil, nil })},
		{Name: "portal-instance-not-connected",
			view: with(func(v *page.PortalInstance) { v.Connected, v.Workflows, v.Runs = false, nil, nil })},
		{Name: "portal-instance-stopped", view: with(func(v *page.PortalInstance) {
			v.State, v.Address = page.Badge{Tone: page.Idle, Text: "Stopped"}, ""
		})},
		{Name: "portal-instance-odd-names", view: with(func(v *page.PortalInstance) {
			v.Brand, v.Name, v.More = page.Brand{Name: longest, Color: "#facc15"}, longest, true
			v.Workflows = []page.WorkflowRow{{ID: "o1", Name: longest, Active: true}, {ID: "o2", Name: unbroken, Updated: ago(time.Hour)},
				{ID: "o3", Name: rtl, Active: true, Updated: ago(time.Hour)}, {ID: "o4", Name: emoji}, {ID: "o5", Name: "x"}}
			v.Runs = []page.RunRow{{Workflow: longest, State: good, At: ago(time.Hour), Took: "3 h 12 min"},
				{Workflow: unbroken, State: bad, At: ago(time.Hour), Took: "1 ms"}, {Workflow: rtl, State: good}}
		})},
	}
}
