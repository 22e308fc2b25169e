package main

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

const joinAddress = "https://portal.latchkey.example/join/lks_4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC3dG8tV5jZ2nS9"

// linkStates are those of links by which people join: the agency's list of them, one link, and what people see who follow one.
func linkStates() []state {
	return append(agencysLinks(), joinStates()...)
}

func agencysLinks() []state {
	at := settings()
	at.Here, at.Portal = page.InPortal, page.AdminsApp
	works := page.Badge{Tone: page.Good, Text: words.Say("links.works")}
	idle := func(key string) page.Badge { return page.Badge{Tone: page.Idle, Text: words.Say(key)} }
	ahead := func(d time.Duration) page.Time { return ago(-d) }
	day := 24 * time.Hour
	one := page.LinkRow{ID: "lnk_1", Name: "Workshop in May", URL: "/link", State: works, Ends: ahead(5 * day), Active: true,
		Uses: words.Say("links.uses", "n", 3, "most", 25), Roles: "Client", Last: ago(2 * time.Hour), Maker: "Nora Lindqvist",
		Made: ago(2 * day)}
	endless := page.LinkRow{ID: "lnk_2", Name: longest, URL: "/link", State: works, Endless: true, Free: true, Active: true,
		Uses: words.Say("links.uses_free", "n", 0), Maker: "dana@northwind.example", Made: ago(day)}
	over := page.LinkRow{ID: "lnk_3", Name: rtl, URL: "/link", State: idle("links.expired"), Why: words.Say("links.expired_text"),
		Ends: ago(3 * day), Uses: words.Say("links.uses", "n", 25, "most", 25), Maker: "Nora Lindqvist", Made: ago(10 * day), Active: true}
	off := page.LinkRow{ID: "lnk_4", Name: "Link of 2 November 2025", URL: "/link", State: idle("links.off"),
		Why: words.Say("links.off_text"), Uses: words.Say("links.uses_free", "n", 1), Last: ago(20 * day), Made: ago(30 * day)}
	orphan := page.LinkRow{ID: "lnk_5", Name: emoji, URL: "/link", State: page.Badge{Tone: page.Bad, Text: words.Say("links.dead")},
		Why: words.Say("links.no_maker"), Ends: ahead(day), Uses: words.Say("links.uses", "n", 0, "most", 5), Made: ago(4 * day),
		Active: true}
	form := page.LinkForm{URL: "/links", Do: "create", Key: "k", Zone: "Europe/Berlin", Ends: "2025-11-28T15:03", Uses: "25",
		Roles: []page.ScopeChoice{{Value: "rol_1", Text: "Client"}, {Value: "rol_2", Text: "Freelancers"},
			{Value: "rol_3", Text: longest[:60]}}}
	asks := []page.JoinRow{
		{ID: "req_1", Name: "Dana Okafor", Email: "dana@acme.example", Link: one.Name, URL: one.URL, At: ago(3 * time.Hour),
			Until: ahead(13 * day)},
		{ID: "req_2", Email: strings.Repeat("long", 15) + "@acme.example", Link: words.Say("links.no_link"), At: ago(2 * day),
			Until: ahead(12 * day)},
		{ID: "req_3", Name: rtl, Email: "info@alnoor.example", Link: longest, URL: "/link", At: ago(9 * day), Until: ahead(5 * day)},
	}
	list := page.Links{Workspace: at, Rows: []page.LinkRow{one, endless, over, off, orphan}, Form: form}
	with := func(change func(*page.Links)) page.Links {
		v := list
		change(&v)
		return v
	}
	kept := form
	kept.URL, kept.Do, kept.Key, kept.Name, kept.Contact, kept.Domains = "/link", "save", "", one.Name, true, "acme.example, bolt.example"
	kept.Roles = []page.ScopeChoice{{Value: "rol_1", Text: "Client", Ticked: true}, {Value: "rol_2", Text: "Freelancers"}}
	card := page.ShareLink{Workspace: at, Link: one, Form: kept, More: 2, Came: []page.CameRow{
		{Name: "Acme Ltd", URL: "/user", At: ago(2 * time.Hour)},
		{Name: rtl, URL: "/user", At: ago(day), Less: words.Say("join.less_and_taken")},
		{Name: words.Say("links.somebody_deleted"), At: ago(day), Less: words.Say("join.contacts_full")}}}
	cardWith := func(change func(*page.ShareLink)) page.ShareLink {
		v := card
		change(&v)
		return v
	}
	wrong := page.Problems{{Field: "expiresAt", Message: words.Say("links.end_past")},
		{Field: "maxUses", Message: words.Say("links.uses_range", "most", 10000)},
		{Field: "domains", Message: words.Say("links.free_domain", "domain", "gmail.com")}}
	return []state{
		{Name: "links", view: list},
		{Name: "links-empty", view: with(func(v *page.Links) { v.Rows, v.Form.Roles = nil, nil })},
		{Name: "links-made", view: with(func(v *page.Links) { v.Made.Address = joinAddress })},
		{Name: "links-made-before", view: with(func(v *page.Links) {
			v.Note = page.Note{Tone: page.Wait, Text: words.Say("links.made_before")}
		})},
		{Name: "links-requests", view: with(func(v *page.Links) { v.Requests, v.Waiting, v.Older = asks, 24, 3 })},
		{Name: "links-refuse", view: with(func(v *page.Links) { v.Requests, v.Waiting, v.Refusing = asks[:1], 1, &asks[0] })},
		{Name: "links-used-up", view: with(func(v *page.Links) {
			v.Requests, v.Waiting = asks[:1], 1
			v.Problems = page.Problems{{Message: words.Say("links.raise_uses")}}
		})},
		{Name: "links-error", view: with(func(v *page.Links) {
			v.Form.Uses, v.Form.Domains, v.Form.Ends = "-1", "gmail.com", "2025-11-01T00:00"
			v.Problems, v.Form.Problems = wrong, wrong
		})},
		{Name: "link", view: card},
		{Name: "link-new", view: cardWith(func(v *page.ShareLink) {
			v.Link, v.Came, v.More = endless, nil, 0
			v.Form.Never, v.Form.Unlimited, v.Form.Ends, v.Form.Uses, v.Form.Name, v.Form.Contact = true, true, "", "", longest, false
			v.Form.Roles, v.Form.Domains = nil, ""
		})},
		{Name: "link-saved", view: cardWith(func(v *page.ShareLink) {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.saved")}
		})},
		{Name: "link-reset", view: cardWith(func(v *page.ShareLink) { v.Asks = "reset" })},
		{Name: "link-reset-done", view: cardWith(func(v *page.ShareLink) { v.Made = page.NewLink{Address: joinAddress, Reset: true} })},
		{Name: "link-disable", view: cardWith(func(v *page.ShareLink) { v.Asks = "disable" })},
		{Name: "link-off", view: cardWith(func(v *page.ShareLink) {
			v.Link, v.More = off, 0
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.disabled_done")}
		})},
		{Name: "link-expired", view: cardWith(func(v *page.ShareLink) { v.Link = over })},
		{Name: "link-orphan", view: cardWith(func(v *page.ShareLink) { v.Link, v.Came, v.More = orphan, nil, 0 })},
		{Name: "link-error", view: cardWith(func(v *page.ShareLink) {
			v.Form.Uses, v.Form.Domains = "many", "gmail.com"
			v.Problems, v.Form.Problems = wrong, wrong
		})},
	}
}

// joinStates are those of the page that a link leads to.
func joinStates() []state {
	base := page.Join{Brand: northwind, URL: "/join", Step: page.JoinAsk, Portal: "/portal"}
	with := func(change func(*page.Join)) page.Join {
		v := base
		change(&v)
		return v
	}
	me := "dana@acme.example"
	name := base.Brand.Name
	barred := func(title, key string, values ...any) page.Join {
		return with(func(v *page.Join) {
			v.Step, v.Person, v.Title, v.Why = page.JoinBarred, me, words.Say(title), words.Say(key, values...)
		})
	}
	works := barred("join.you_work_here_title", "join.you_work_here")
	works.Next, works.NextWord = "/home", words.Say("join.to_home")
	invited := barred("join.accept_first_title", "join.accept_first", "agency", name)
	invited.Next, invited.NextWord = "/i", words.Say("join.to_invitation")
	return []state{
		{Name: "join", view: base},
		{Name: "join-long", view: with(func(v *page.Join) { v.Brand = page.Brand{Name: longest, Color: "#facc15"} })},
		{Name: "join-approval", view: with(func(v *page.Join) { v.Approval = true })},
		{Name: "join-error", view: with(func(v *page.Join) {
			v.Email, v.Name = "dana@", "Dana https://x.example"
			v.Problems = page.Problems{{Field: "email", Message: words.Say("errors.email_invalid")},
				{Field: "name", Message: "Leave links out of it."}}
		})},
		{Name: "join-ways", view: with(func(v *page.Join) {
			v.Name = "Dana Okafor"
			v.Providers = []page.Provider{{ID: "google", Label: "Continue with Google"}, {ID: "microsoft", Label: "Sign in with Microsoft"}}
			v.Note = page.Note{Tone: page.Wait, Text: "Google isn't answering right now. Get a code by email instead."}
		})},
		{Name: "join-code", view: with(func(v *page.Join) {
			v.Step, v.Email, v.Name, v.Wait = page.JoinCode, me, "Dana Okafor", 42
		})},
		{Name: "join-code-wrong", view: with(func(v *page.Join) {
			v.Step, v.Email, v.Code, v.Approval = page.JoinCode, me, "123456", true
			v.Problems = page.Problems{{Field: "code", Message: "That code isn't right. Check the newest email. You have 4 tries left."}}
		})},
		{Name: "join-code-spent", view: with(func(v *page.Join) {
			v.Step, v.Email, v.Spent = page.JoinCode, me, true
			v.Problems = page.Problems{{Field: "code", Message: "Too many wrong codes. Get a new one."}}
		})},
		{Name: "join-confirm", view: with(func(v *page.Join) { v.Step, v.Person = page.JoinConfirm, me })},
		{Name: "join-confirm-approval", view: with(func(v *page.Join) { v.Step, v.Person, v.Approval = page.JoinConfirm, me, true })},
		{Name: "join-hour-full", view: with(func(v *page.Join) {
			v.Step, v.Person = page.JoinConfirm, me
			v.Problems = page.Problems{{Message: words.Say("links.joins_hourly", "most", 20)}}
		})},
		{Name: "join-more", view: with(func(v *page.Join) { v.Step, v.Person = page.JoinMore, me })},
		{Name: "join-more-approval", view: with(func(v *page.Join) { v.Step, v.Person, v.Approval = page.JoinMore, me, true })},
		{Name: "join-done", view: with(func(v *page.Join) { v.Step, v.Person = page.JoinDone, me })},
		{Name: "join-waits", view: with(func(v *page.Join) {
			v.Step, v.Person, v.Approval = page.JoinWaits, strings.Repeat("long", 15)+"@acme.example", true
		})},
		{Name: "join-works-here", view: works},
		{Name: "join-invited", view: invited},
		{Name: "join-wrong-domain", view: barred("join.other_domain_title", "join.other_domain", "agency", name, "email", me)},
		{Name: "join-refused", view: barred("join.cannot_join", "join.refused", "agency", name)},
		{Name: "join-ask-again", view: barred("join.cannot_join", "join.ask_again", "agency", name)},
		{Name: "join-used-up", view: barred("join.gone_title", "join.used_up")},
		{Name: "join-nobody", view: barred("join.gone_title", "join.nobody_joins", "agency", name)},
		{Name: "join-dead", view: page.DeadJoin{Brand: platform}},
	}
}
