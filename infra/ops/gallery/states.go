package main

import (
	"fmt"
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

// state is one page in one state, or one mail.
type state struct {
	Name string
	view page.View
	mail func() letter.Letter
	in   words.Language // in which a page is shown, with the choice of others; "" for English without it
}

var now = time.Date(2025, 11, 21, 14, 3, 22, 0, time.UTC)

// moment is when lists were made.
var moment = now.Format(time.RFC3339)

func ago(d time.Duration) page.Time { return page.TimeAt(now.Add(-d), now) }

const logo = "data:image/svg+xml;base64," +
	"PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0MCA0MCI+PHJlY3Qgd2lkdGg9IjQwIiBoZWlnaHQ9" +
	"IjQwIiByeD0iMTAiIGZpbGw9IiMwZjc2NmUiLz48cGF0aCBkPSJNMTEgMjlWMTFsMTggMThWMTEiIGZpbGw9Im5vbmUiIHN0cm9rZT0iI2ZmZiIg" +
	"c3Ryb2tlLXdpZHRoPSI0IiBzdHJva2UtbGluZWpvaW49InJvdW5kIiBzdHJva2UtbGluZWNhcD0icm91bmQiLz48L3N2Zz4="

var (
	platform  = page.Brand{Name: "Latchkey", Own: true}
	northwind = page.Brand{Name: "Northwind Automations", Color: "#0f766e", LogoURL: logo}
	sunny     = page.Brand{Name: "Sunny Side Studio", Color: "#facc15"}
	longest   = strings.TrimSpace(strings.Repeat("The Very Long Trading Company of Rotterdam ", 5))[:200]
	unbroken  = strings.Repeat("Donaudampfschiff", 12)
	rtl       = "شركة النور للتجارة"
	emoji     = "🚀 Rocket 👩‍👩‍👧 Family"
	active    = page.Badge{Tone: page.Good, Text: "Active"}
	pending   = page.Badge{Tone: page.Wait, Text: "Pending"}
	inactive  = page.Badge{Tone: page.Idle, Text: "Inactive"}
	running   = page.Badge{Tone: page.Good, Text: "Running"}
)

func workspace(invite bool) page.Workspace {
	return page.Workspace{Brand: northwind, Person: "owner@northwind.example", Here: page.InClients, Invite: invite}
}

func states() []state {
	var all []state
	for _, some := range [][]state{signInStates(), clientsStates(), clientStates(), provisioningStates(), tendStates(), findStates(),
		activityStates(), usersStates(), previewStates(), invitationStates(), inviteeStates(), billingStates(), payerStates(),
		portalStates(), thingsStates(), contactStates(), portalInstanceStates(), homeStates(), agencyStates(), addressStates(),
		otherStates(), spokenStates(), mailStates()} {
		all = append(all, some...)
	}
	return all
}

func signInStates() []state {
	wrong := page.Problems{{Field: "code", Message: "That code isn't right. Check the newest email. You have 3 tries left."}}
	again := func(change func(v *page.StepUp)) page.StepUp {
		v := page.StepUp{Brand: platform, Email: "owner@northwind.example", URL: "/step-up?to=%2Fsettings%2Fmembers",
			Back: "/settings/members"}
		change(&v)
		return v
	}
	return []state{
		{Name: "sign-in", view: page.SignIn{Brand: platform}},
		{Name: "sign-in-one-provider", view: page.SignIn{Brand: platform, Providers: providers("Continue with Google")}},
		{Name: "sign-in-two-providers", view: page.SignIn{Brand: platform,
			Providers: providers("Continue with Google", "Sign in with Microsoft"),
			Note:      page.Note{Tone: page.Wait, Text: "Google isn't answering right now. Get a code by email instead."}}},
		{Name: "sign-in-three-providers", view: page.SignIn{Brand: platform,
			Providers: providers("Continue with Google", "Sign in with Microsoft", "Continue with Northwind Automations Limited"),
			Note: page.Note{Tone: page.Wait, Title: "There's no portal here",
				Text: "Nothing is shared with the address of your Google account. " +
					"Use another account, or ask whoever invited you which address they used."}}},
		{Name: "sign-in-provider-code", view: page.SignIn{Brand: platform, AskCode: true, Fixed: true, Email: "owner@northwind.example",
			With: "google", Note: page.Note{Tone: page.Wait,
				Text: "We check this address once. Enter the code, and Google signs you in from then on."}}},
		{Name: "sign-in-prefilled", view: page.SignIn{Brand: platform, Email: "owner@northwind.example"}},
		{Name: "sign-in-error",
			view: page.SignIn{Brand: platform, Email: "owner@",
				Problems: page.Problems{{Field: "email", Message: "Enter a valid email address."}}}},
		{Name: "sign-in-limited",
			view: page.SignIn{Brand: platform, Email: "owner@northwind.example",
				Problems: page.Problems{{Message: "Too many sign-in codes were requested for this address. Try again in 12 minutes."}}}},
		{Name: "sign-in-signed-out", view: page.SignIn{Brand: platform, Note: page.Note{Tone: page.Good, Text: "You're signed out."}}},
		{Name: "sign-in-code", view: page.SignIn{Brand: platform, AskCode: true, Fixed: true, Email: "owner@northwind.example"}},
		{Name: "sign-in-code-by-hand", view: page.SignIn{Brand: platform, AskCode: true}},
		{Name: "sign-in-code-again",
			view: page.SignIn{Brand: platform, AskCode: true, Fixed: true, Email: "owner@northwind.example",
				Note: page.Note{Tone: page.Good, Text: "We've sent a new code. Only the newest one works."}}},
		{Name: "sign-in-code-wrong",
			view: page.SignIn{Brand: platform, AskCode: true, Fixed: true, Email: "owner@northwind.example", Code: "123 456",
				Problems: wrong}},
		{Name: "step-up", view: again(func(v *page.StepUp) {
			v.Asked, v.Wait = true, 20
			v.Carried = []page.Carried{{Name: "do", Value: "add"}, {Name: "email", Value: "kim@northwind.example"}}
		})},
		{Name: "step-up-ask", view: again(func(*page.StepUp) {})},
		{Name: "step-up-wrong", view: again(func(v *page.StepUp) { v.Asked, v.Problems = true, wrong })},
		{Name: "step-up-spent", view: again(func(v *page.StepUp) {
			v.Asked, v.Spent = true, true
			v.Problems = page.Problems{{Field: "code", Message: "That was the fifth wrong code. Ask for a new one."}}
		})},
		{Name: "step-up-ways", view: again(func(v *page.StepUp) {
			v.Passkey, v.Providers = true, []page.Provider{{ID: "google", Label: "Confirm with Google"}}
		})},
		{Name: "step-up-no-proof", view: again(func(v *page.StepUp) {
			v.Asked, v.Passkey, v.Providers = true, true, []page.Provider{{ID: "google", Label: "Confirm with Google"}}
			v.Note = page.Note{Tone: page.Wait, Text: "Google didn't confirm that you signed in just now. Get a code by email instead."}
		})},
		{Name: "step-up-done", view: again(func(v *page.StepUp) { v.Done, v.Posts = true, true })},
		{Name: "sign-in-already", view: page.SignedIn{Brand: platform, Email: "owner@northwind.example", Home: "/clients"}},
		{Name: "nothing-here", view: page.Nowhere{Brand: platform, Email: "nobody@elsewhere.example"}},
	}
}

func row(name, email string, b page.Badge, event string, since time.Duration, linked ...string) page.ClientRow {
	x := page.ClientRow{ID: "cl_01KAM5Q0Z8W3RN6T0V4K2M9QXB", URL: "/client-pending", Name: name, Email: email, Status: b, Linked: linked,
		Pays: "You pay", Event: event, At: ago(since), Can: page.CanAgain}
	if b == pending {
		x.Waits, x.Can = "Not opened yet", page.CanResend+page.CanCancel
	}
	return x
}

func rows() []page.ClientRow {
	all := []page.ClientRow{
		row("Acme Ltd", "ops@acme.example", pending, "Delivered", 2*time.Minute, "Production", "Staging"),
		row("Blue Harbour Dental", "hello@blueharbour.example", active, "Seen", 26*time.Hour, "Harbour n8n", "WhatsApp Support"),
		row("it@quiet-river.example", "", pending, "Opened", 3*time.Hour),
		row(rtl, "info@alnoor.example", active, "Accepted", 9*24*time.Hour, "متجر"),
		row(emoji, "team+portal@rocket.example", active, "Seen", 40*24*time.Hour, "Launch pad", "Telemetry", "Ground control", "Countdown"),
		row(longest, "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example",
			page.Badge{Tone: page.Idle, Text: "Removed"}, "Removed", 90*24*time.Hour, longest),
		row(unbroken, "x@y.example", page.Badge{Tone: page.Idle, Text: "Expired"}, "Expired", 800*24*time.Hour, "Production"),
	}
	all[2].Pays, all[2].Waits = "They pay", "Waiting for payment"
	all[2].Linked = []string{"n8n Hosting, 30 GB"}
	all[4].More, all[4].Pays, all[4].Waits, all[4].Urgent = 3, "They pay", "Payment failed", true
	return all
}

// fiftyRows are as many clients as stand on one page.
func fiftyRows() []page.ClientRow {
	var all []page.ClientRow
	for i := range 50 {
		x := rows()[i%2]
		x.URL = "/clients/" + x.ID
		x.Name += fmt.Sprintf(" of Branch No %d", i+1)
		x.At = ago(time.Duration(i*i) * time.Hour)
		all = append(all, x)
	}
	return all
}

// listed is the list with these clients.
func listed(rows []page.ClientRow) page.Clients {
	return page.Clients{Workspace: workspace(true), Now: moment, Rows: rows, Filters: filters(""), Form: form()}
}

// menu are rows of which one has its menu open, as it is without the script.
func menu() []page.ClientRow {
	all := rows()[:3]
	all[0].Menu = true
	return all
}

func form() *page.InviteForm {
	return &page.InviteForm{
		Key: "5f0c2b1e-1f7c-4a52-9f0b-6f1f3c1d2e3a", Left: 7, Quota: 10,
		Unready: []page.Choice{{ID: "ins_4", Name: "Sandbox", Why: "is being set up. Share it once it's running."},
			{ID: "ins_5", Name: "Archive", Why: "is stopped. Start it to share it."}},
		Instances: []page.Choice{
			{ID: "ins_1", Name: "Production", State: running},
			{ID: "ins_2", Name: "Staging", State: active},
			{ID: "ins_3", Name: "Reports " + rtl, State: running},
		},
		Services: []page.Choice{{ID: "svc_1", Name: "WhatsApp Support", State: active}},
	}
}

func clientsStates() []state {
	open := func(change func(f *page.InviteForm)) page.Clients {
		f := form()
		f.Open = true
		change(f)
		return page.Clients{Workspace: workspace(true), Now: moment, Rows: rows()[:3], Filters: filters(""), Form: f}
	}
	filled := func(f *page.InviteForm) {
		f.Email, f.Name, f.Message = "ops@acme.example", "Acme Ltd", "Hi Dana,\nhere is the window into your workflows."
		f.Instances[0].Ticked, f.Instances[1].Ticked, f.Instances[1].Write = true, true, true
	}
	barred := page.Barred{Title: "Inviting clients needs the Max plan.",
		Text: "With Max, your clients get a portal under your own brand. Everything you've set up stays as it is when you upgrade."}
	free := page.Workspace{Brand: page.Brand{Name: "Solo Studio", Color: "#7c3aed"}, Person: "owner@solo.example"}
	return []state{
		{Name: "clients-empty", view: page.Clients{Workspace: workspace(false), Form: form()}},
		{Name: "clients",
			view: page.Clients{Workspace: workspace(true), Now: moment, Rows: rows(), Filters: filters(""), Form: form(),
				Older: "/clients?cursor=x"}},
		{Name: "clients-full",
			view: page.Clients{Workspace: workspace(true), Now: moment, Rows: fiftyRows(), Filters: filters(""), Form: form(),
				Older: "/clients?cursor=x", Newest: "/clients"}},
		{Name: "clients-one", view: listed(rows()[:1])},
		{Name: "clients-last-page",
			view: page.Clients{Workspace: workspace(true), Now: moment, Rows: rows()[3:], Filters: filters(""), Form: form(),
				Newest: "/clients"}},
		{Name: "clients-failed", view: page.Clients{Workspace: workspace(false), Failed: "Something went wrong on our side. Try again " +
			"in a moment."}},
		{Name: "clients-free", view: page.Clients{Workspace: free, Barred: barred}},
		{Name: "clients-free-with-clients", view: page.Clients{Workspace: free, Rows: rows()[:2], Filters: filters(""), Barred: barred}},
		{Name: "clients-yellow",
			view: page.Clients{Workspace: page.Workspace{Brand: sunny, Person: "a@b.example", Invite: true}, Rows: rows()[:4],
				Filters: filters(""), Form: form()}},
		{Name: "invite", view: open(func(*page.InviteForm) {})},
		{Name: "invite-filled", view: open(filled)},
		{Name: "invite-client-pays", view: open(func(f *page.InviteForm) { filled(f); f.Client = true })},
		{Name: "invite-client-pays-selling", view: open(func(f *page.InviteForm) {
			filled(f)
			f.Client, f.Hosting, f.WhatsApp = true, "30", true
			selling(f)
		})},
		{Name: "invite-nothing-to-link", view: open(func(f *page.InviteForm) { f.Instances, f.Services = nil, nil })},
		{Name: "invite-invalid", view: open(func(f *page.InviteForm) {
			filled(f)
			f.Email = "ops@"
			f.Problems = page.Problems{{Field: "email", Message: "Enter a valid email address."},
				{Field: "message", Message: "Leave out “evil.example/x”, which looks like a link."},
				{Field: "grants", Message: "Staging is stopped. Start it to share it."}}
		})},
		{Name: "invite-refused", view: open(func(f *page.InviteForm) {
			filled(f)
			f.Problems = page.Problems{{Message: "We couldn't email ops@acme.example: there is no mailbox with this address. No invite " +
				"was created."}}
		})},
		{Name: "invite-none-left", view: open(func(f *page.InviteForm) { f.Left, f.Next = 0, ago(-49*time.Minute) })},
		{Name: "invite-duplicate", view: open(func(f *page.InviteForm) {
			filled(f)
			f.Existing = "/client-pending"
			f.Problems = page.Problems{{Message: "This address already has a pending invite. Send it again, or cancel it and invite them " +
				"again."}}
		})},
		{Name: "clients-menu", view: listed(menu())},
		{Name: "invite-limited", view: open(func(f *page.InviteForm) {
			filled(f)
			f.Left, f.Next = 0, ago(-49*time.Minute)
			f.Problems = page.Problems{{Message: "You can send 10 invites per hour. Space them out or wait an hour."}}
		})},
	}
}

func invitationStates() []state {
	base := page.Invitation{
		Brand: northwind, Inviter: "Nora Lindqvist", Step: page.AskCode, URL: "/invitation", Offer: "5f0c2f0e7f5e4a52",
		Client: "Acme Ltd", Masked: "o•••@acme.example",
		Message: "Hi Dana,\nhere is the window into your workflows. Call me when something looks odd.",
		Opens:   []page.Linked{{Name: "Production", Rights: "Read-only"}, {Name: "Staging", Rights: "Read-write"}},
		Until:   page.TimeAt(now.Add(6*24*time.Hour), now),
	}
	with := func(change func(v *page.Invitation)) page.Invitation {
		v := base
		change(&v)
		return v
	}
	return []state{
		{Name: "invitation", view: base},
		{Name: "invitation-bare", view: with(func(v *page.Invitation) { v.Message, v.Opens, v.Inviter, v.Client = "", nil, "", "" })},
		{Name: "invitation-limited", view: with(func(v *page.Invitation) {
			v.Problems = page.Problems{{Message: "Too many sign-in codes were requested for this address. Try again in 12 minutes."}}
		})},
		{Name: "invitation-code", view: with(func(v *page.Invitation) { v.Step, v.Agreed = page.GiveCode, true })},
		{Name: "invitation-code-wrong", view: with(func(v *page.Invitation) {
			v.Step, v.Code = page.GiveCode, "000000"
			v.Problems = page.Problems{{Field: "code", Message: "That code isn't right. Check the newest email. You have 3 tries left."}}
		})},
		{Name: "invitation-accept", view: with(func(v *page.Invitation) { v.Step, v.Person = page.Accept, "ops@acme.example" })},
		{Name: "invitation-wrong-account", view: with(func(v *page.Invitation) { v.Step, v.Person = page.WrongUser, "dana@home.example" })},
		{Name: "invitation-joined", view: with(func(v *page.Invitation) {
			v.Step, v.Person, v.Portal = page.Joined, "ops@acme.example", "/portal"
		})},
		{Name: "invitation-gone", view: page.DeadLink{Brand: platform}},
		{Name: "invitation-long", view: with(func(v *page.Invitation) {
			v.Brand = page.Brand{Name: longest, Color: "#facc15"}
			v.Inviter, v.Client, v.Message = unbroken, unbroken, strings.Repeat(rtl+" ", 20)
			v.Opens = append([]page.Linked{{Name: longest, Rights: "Read-only"}, {Name: unbroken, Rights: "Read-write"},
				{Name: emoji, Rights: "Read-only"}}, v.Opens...)
		})},
		{Name: "invitation-rtl", view: with(func(v *page.Invitation) {
			v.Brand = page.Brand{Name: rtl, Color: "#111111"}
			v.Inviter, v.Client, v.Message = emoji, emoji, "مرحبا بكم في البوابة."
		})},
	}
}

func portalStates() []state {
	instances := []page.Tile{
		{Name: "Production", Kind: "n8n instance", State: running, URL: "https://production.n8n.example/", Look: "/portal-instance",
			Glance: &page.Glance{Workflows: 7, Active: 5, Last: page.Badge{Tone: page.Good, Text: "Succeeded"},
				LastAt: ago(3 * time.Minute), LastOf: "Order confirmations", FailedOf: "Invoice reminders", FailedAt: ago(40 * time.Minute),
				Why: "HTTP Request: The service refused the connection"}},
		{Name: "Staging", Kind: "n8n instance", State: active, Write: true, URL: "https://staging.n8n.example/", Look: "/portal-instance"},
		{Name: "Archive", Kind: "n8n instance", State: page.Badge{Tone: page.Idle, Text: "Stopped"},
			Reason: "It's not running at the moment. Ask Northwind Automations when it's back."},
	}
	instances[1].Glance = &page.Glance{}
	ask := &page.Ask{Name: "Nora Lindqvist", Email: "nora@northwind.example"}
	services := []page.Tile{{Name: "WhatsApp Support", Kind: "WhatsApp", State: active, Write: true, URL: "https://wa.example/"}}
	odd := []page.Tile{{Name: longest, Kind: "n8n instance", State: running, URL: "https://a.example/"},
		{Name: unbroken, Kind: "Hermes agent", State: page.Badge{Tone: page.Bad, Text: "Failed"},
			Reason: "It's not running at the moment. Ask Northwind Automations when it's back."},
		{Name: rtl + " " + emoji, Kind: "n8n instance", State: active, URL: "https://b.example/"}}
	return []state{
		{Name: "portal",
			view: page.Portal{Brand: northwind, Person: "ops@acme.example", Instances: instances, Services: services, Ask: ask}},
		{Name: "portal-welcome",
			view: page.Portal{Brand: northwind, Person: "ops@acme.example", Instances: instances[:2], Welcome: true, Choose: "/portal"}},
		{Name: "portal-empty", view: page.Portal{Brand: northwind, Person: "ops@acme.example", Payer: "/portal-payer"}},
		{Name: "portal-odd-names",
			view: page.Portal{Brand: page.Brand{Name: longest, Color: "#dc2626"}, Person: strings.Repeat("long", 15) + "@acme.example",
				Instances: odd, Services: services}},
		{Name: "portal-failed", view: page.Portal{Brand: northwind, Person: "ops@acme.example", Failed: "Something went wrong on our " +
			"side. Try again in a moment."}},
		{Name: "portal-choose",
			view: page.Choose{Brand: platform, Person: "ops@acme.example",
				Places: []page.Place{{Brand: northwind, URL: "/portal"}, {Brand: sunny, URL: "/portal"},
					{Brand: page.Brand{Name: longest}, URL: "/portal"}}}},
	}
}

// providers are buttons to sign in by others' accounts.
func providers(labels ...string) []page.Provider {
	var out []page.Provider
	for _, l := range labels {
		out = append(out, page.Provider{Label: l, URL: "/sign-in/with/google"})
	}
	return out
}
