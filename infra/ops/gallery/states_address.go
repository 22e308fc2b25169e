package main

import (
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// addressStates are what pages say of an address: that it looks like a typing error, and which invitations wait for it.
func addressStates() []state {
	return append(meantStates(), waitingStates()...)
}

// meantStates ask about an address in every form to whose address something is sent.
func meantStates() []state {
	const wrong, right = "dana@gmial.com", "dana@gmail.com"
	asked := func(key, wrong, right string) *page.Meant {
		say := func(to string) page.MeantAddress {
			return page.MeantAddress{Email: to, Word: words.Say(key, "email", to)}
		}
		return &page.Meant{Typed: say(wrong), Meant: say(right)}
	}
	invite := func(wrong, right string) page.Clients {
		v := listed(rows()[:3])
		v.Form.Open, v.Form.Email, v.Form.Name, v.Form.Message = true, wrong, "Acme Ltd", "Hi Dana,\nhere are your workflows."
		v.Form.Instances[0].Ticked, v.Form.Meant = true, asked("meant.invite", wrong, right)
		return v
	}
	const long = "a.very.long.local.part.that.goes.on.and.on.and.on.to.its.end@"
	return []state{
		{Name: "invite-meant", view: invite(wrong, right)},
		{Name: "invite-meant-long", view: invite(long+"outlok.com", long+"outlook.com")},
		{Name: "members-meant", view: page.Members{Workspace: settings(), Tab: "members", Owner: true, Email: wrong, Name: "Dana",
			Rows: []page.MemberRow{{ID: "mb_1", Name: "Nora Lindqvist", Email: "owner@northwind.example", Level: "owner", Word: "Owner",
				You: true}},
			Meant: asked("meant.add", wrong, right)}},
		{Name: "invitation-propose-meant", view: page.Invitation{Brand: northwind, Inviter: "Nora Lindqvist", Step: page.Proposing,
			URL: "/invitation", Masked: "o•••@acme.example", Offer: "5f0c2f0e7f5e4a52", Email: wrong,
			Meant: asked("meant.propose", wrong, right), Until: page.TimeAt(now.Add(6*24*time.Hour), now)}},
		{Name: "sign-in-code-meant", view: page.SignIn{Brand: platform, AskCode: true, Fixed: true, Email: wrong}},
		{Name: "sign-up-code-meant", view: page.SignUp{Brand: platform, Key: "5f0c", AskCode: true, Name: "Northwind Labs", Email: wrong}},
	}
}

// waitingStates list the invitations that wait, on every page that does.
func waitingStates() []state {
	const me = "ops@acme.example"
	all := page.Waiting{
		{Name: northwind.Name, URL: "/invitation", Until: page.TimeAt(now.Add(6*24*time.Hour), now)},
		{Name: longest, URL: "/invitation", Until: page.TimeAt(now.Add(2*time.Hour), now)},
		{Name: rtl + " " + emoji, URL: "/invitation", Until: page.TimeAt(now.Add(24*time.Hour), now)},
	}
	here := page.Session{Since: page.TimeAt(now.Add(-5*time.Minute), now), Here: true}
	home := workspace(true)
	home.Here = page.InHome
	return []state{
		{Name: "account-waiting", view: page.Account{Brand: platform, Home: "/", Person: me, Waiting: all,
			Portals:  []page.OwnPortal{{ID: "ag_2", Brand: sunny, URL: "/portal", Since: page.TimeAt(now.AddDate(0, 0, -12), now)}},
			Sessions: []page.Session{here}}},
		{Name: "portal-waiting", view: page.Portal{Brand: sunny, Person: me, Account: "/account", Waiting: all[:1],
			Instances: []page.Tile{{Name: "Production", Kind: "n8n instance", State: running, URL: "https://production.n8n.example/"}}}},
		{Name: "portal-choose-waiting", view: page.Choose{Brand: platform, Person: me, Waiting: all[:2],
			Places: []page.Place{{Brand: sunny, URL: "/portal"}, {Brand: page.Brand{Name: "Blue Harbour"}, URL: "/portal"}}}},
		{Name: "agencies-waiting", view: page.Agencies{Brand: platform, Person: me, Waiting: all,
			Places: []page.Employer{{ID: "ag_1", Brand: sunny, Level: "Owner", Here: true}}}},
		{Name: "home-waiting", view: page.Home{Workspace: home, Invited: all[:1], Counted: true, Latest: activityRows()[:2],
			Numbers: []page.HomeNumber{{Count: "8", Word: "Pending", URL: "/clients?status=pending"},
				{Count: "4", Word: "Active", URL: "/clients?status=active"}}}},
		{Name: "nothing-here-waiting", view: page.Nowhere{Brand: platform, Email: me, Waiting: all}},
	}
}
