package web

import (
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// PortalPage is where a client stands: at its one agency, at the one that it chose, or before the choice.
func PortalPage(s *Site, auth *signin.Authenticator, from *portal.Portal, glances *portal.Glances,
	waiting *onboarding.Waiting) *Page {
	keep := func(r *http.Request, caller identity.Caller, l words.Language) error {
		which, err := agencyIn(r)
		if r.URL.Query().Get("agency") == "" {
			err = nil
		}
		if err != nil {
			return err
		}
		return from.Speak(r.Context(), caller, which, lastPortal(r), l)
	}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		which, err := agencyIn(r)
		var view *portal.View
		switch {
		case r.URL.Query().Get("agency") == "":
			view, err = from.Return(ctx, caller, lastPortal(r))
		case err == nil:
			view, err = from.Get(ctx, caller, which)
		}
		if fault.Is(err, fault.NotFound) {
			return s.noPortal(w, r, from, waiting, caller, which, err)
		}
		if err != nil {
			return err
		}
		invited, err := s.invited(r, waiting, caller)
		if err != nil {
			return err
		}
		if view.Agency == nil {
			return s.show(w, r, http.StatusOK,
				page.Choose{Brand: s.brand, Person: string(caller.Email), Places: places(view), Waiting: invited})
		}
		event.Annotate(ctx, "agency", string(view.Agency.ID), "client", string(view.Client.ID))
		follow(w, r, view.Client.Language)
		prefer(r, view.Client.Reads(view.Agency))
		l := words.In(r.Context())
		v := page.Portal{Brand: brandOf(view.Agency), Person: string(caller.Email), Account: "/account",
			Welcome: r.URL.Query().Get("welcome") != "", Places: places(view), Waiting: invited, Problems: refusal(r)}
		if len(v.Places) > 1 && cookie.Choice(r) != string(view.Agency.ID) {
			http.SetCookie(w, cookie.Choose(string(view.Agency.ID)))
		}
		if caller.Agency != "" {
			v.Agency = "/home"
		}
		if view.Access == portal.Kept { // what is the client's own has nothing of the agency's about it
			v.Brand, v.Kept = s.brand, true
		}
		if view.Access == portal.Inactive {
			v.Welcome, v.Failed = false, l.Say("portal.paused", "agency", view.Agency.Name)
		}
		if view.Access == portal.Inactive && view.Client.Payment.State == subscription.Disputed {
			v.Failed = l.Say("portal.disputed", "agency", view.Agency.Name)
		}
		if view.Access == portal.Inactive && returned(view.Client) {
			v.Failed = l.Say("portal.returned", "agency", view.Agency.Name)
		}
		if view.Access == portal.Inactive && view.Client.Payment.Resting {
			v.Brand = s.brand
			v.Failed = l.Say("portal.resting")
		}
		if view.Access == portal.Closed {
			v.Welcome = false
			v.Failed = l.Say("portal.closed", "agency", view.Agency.Name, "platform", s.brand.Name)
		}
		if pay := view.Client.Payment; view.Client.AgencyPays() && view.Access != portal.Closed {
			if v.Deal, err = deal(view.Client, s.now(), portalContractPath(view.Agency.ID), words.In(r.Context())); err != nil {
				return err
			}
			if pay.Customer != "" { // the card and the invoices of before are the client's still
				v.Billing = string(view.Agency.ID)
			}
		} else if pay.Customer != "" && view.Access != portal.Closed {
			v.Billing, v.PastDue = string(view.Agency.ID), pay.State == subscription.PastDue
			v.Asks, v.Confirm = pay.Asked != "", pay.AskedURL
			v.Renews = pay.Renews()
			v.Ending = v.Renews && r.URL.Query().Get("ending") != ""
			if v.Deal, err = deal(view.Client, s.now(), portalContractPath(view.Agency.ID), words.In(r.Context())); err != nil {
				return err
			}
			if pay.Over() && pay.State != subscription.Disputed && !view.Agency.Suspended && !pay.Resting {
				v.Again, v.DeletedOn = checkoutPath(view.Agency.ID), deletedOn(l, view.Client)
				if !returned(view.Client) {
					v.Failed = ""
				}
			}
		}
		if view.Access == portal.Full {
			v.Change = changing(l, view.Client, client.ByClient, s.now())
			if view.Client.Joined() {
				v.Payer = portalPayerPath(view.Agency.ID)
			}
		}
		v.Menu = portalMenu(l, view)
		if view.Access == portal.Over {
			v.Welcome, v.Over = false, over(l, view.Agency, view.Client, s.now())
		}
		portalSections(l, &v, view, s.now())
		if len(view.Instances) > 0 && v.Failed == "" && v.Again == "" {
			addGlances(l, &v, view, glances.Of(ctx, view), s.now())
		}
		if v.Brand.Name == view.Agency.Name { // else it has nothing of the agency's about it
			v.Ask = whomToAsk(view)
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return remembers(speaks(s.page("portalPage", auth, identity.ByClient, show),
		words.Portal, words.Money, words.Payer, words.Waiting, words.Progress, words.Kinds,
		words.N8N, words.Provisioning, words.Nowhere, words.Checkout, words.Receipt, words.Contract), keep)
}

// lastPortal is the agency whose portal the browser was at last; "" when it chose none yet.
func lastPortal(r *http.Request) id.Agency {
	last, err := id.ParseAgency(cookie.Choice(r))
	if err != nil {
		return ""
	}
	return last
}

// deletedOn is the day on which what is not paid any more is deleted; "" when nothing is to be.
func deletedOn(l words.Language, c *client.Client) string {
	for n := range c.Items {
		if c.Items[n].State == purchase.Suspended {
			return l.Date(c.Items[n].DeletedOn().UTC())
		}
	}
	return ""
}

// returned tells whether all that the client has bought was paid back.
func returned(c *client.Client) bool {
	for n := range c.Items {
		if i := &c.Items[n]; i.State != purchase.Refunded && !i.Left {
			return false
		}
	}
	return len(c.Items) > 0
}

// portalSections puts what is open to the client on its page.
func portalSections(l words.Language, v *page.Portal, view *portal.View, now time.Time) {
	for _, i := range view.Instances {
		v.Instances = append(v.Instances, tile(l, i, v.Brand.Name, now))
	}
	for _, i := range view.Services {
		v.Services = append(v.Services, tile(l, i, v.Brand.Name, now))
	}
	if view.Client != nil && view.Client.AgencyPays() { // what was bought is the agency's
		for _, tiles := range [][]page.Tile{v.Instances, v.Services} {
			for n := range tiles {
				tiles[n].Own = false
			}
		}
	}
}

// addGlances puts on the tiles what runs in each instance. Tiles stand in the order of the view's instances.
func addGlances(l words.Language, v *page.Portal, view *portal.View, seen map[id.Resource]portal.Glance, now time.Time) {
	for n := range view.Instances {
		g, ok := seen[view.Instances[n].ID]
		if !ok || v.Instances[n].Progress != nil {
			continue
		}
		of := func(u instance.Run) string {
			if name := g.Names[u.Workflow]; name != "" {
				return name
			}
			return l.Say("portal.gone_workflow")
		}
		out := &page.Glance{Active: g.Active, Workflows: g.Workflows, More: g.More, NoRuns: g.NoRuns}
		if g.Last.ID != "" && !g.Last.StartedAt.IsZero() {
			out.Last, out.LastAt, out.LastOf = runBadge(l, g.Last.Status), page.TimeIn(l, g.Last.StartedAt, now), of(g.Last)
		}
		if g.Failed.ID != "" {
			out.FailedOf, out.Why = of(g.Failed), failed(l, g.Failed.Failure)
			if !g.Failed.StartedAt.IsZero() {
				out.FailedAt = page.TimeIn(l, g.Failed.StartedAt, now)
			}
		}
		v.Instances[n].Glance = out
	}
}

// portalMenu leads to the parts of Client Portal that are open to the client. Each part that comes to be has its line here.
func portalMenu(l words.Language, view *portal.View) []page.Tab {
	var all []page.Tab
	for _, m := range view.Modules {
		if m == role.Contact {
			all = append(all, page.Tab{Word: l.Say("portal.details"), URL: "/portal/details?agency=" + string(view.Agency.ID)})
		}
	}
	return all
}

// over says what ended with the client's access; nil while that lasts.
func over(l words.Language, a *agency.Agency, c *client.Client, now time.Time) *page.Over {
	if !c.Joined() || !c.Lapsed(now) {
		return nil
	}
	v := &page.Over{Agency: a.Name, At: l.Moment(c.ExpiresAt.In(a.Location())), Owns: len(c.GrantsAt(now)) > 0}
	for _, g := range c.Lost(now) {
		v.Things = append(v.Things, g.Name)
	}
	return v
}

// whomToAsk is the person who invited the client, where they still work at the agency.
func whomToAsk(view *portal.View) *page.Ask {
	if view.Inviter == nil {
		return nil
	}
	return &page.Ask{Name: view.Inviter.Name, Email: string(view.Inviter.Email)}
}

// places are the portals to switch between; none for a client of one. Initials take the logos' places, so that their
// number costs no requests.
func places(v *portal.View) []page.Place {
	var all []page.Place
	for _, a := range v.Choices {
		b := brandOf(a)
		b.LogoURL = ""
		all = append(all, page.Place{Brand: b, URL: portalPath(string(a.ID)), Here: v.Agency != nil && v.Agency.ID == a.ID})
	}
	return all
}

// noPortal tells a person who has no portal, or not the one that it asked for, what became of it. missing is the fault
// to show where nothing is known.
func (s *Site) noPortal(
	w http.ResponseWriter, r *http.Request, from *portal.Portal, waiting *onboarding.Waiting, caller identity.Caller,
	which id.Agency, missing error,
) error {
	l := words.In(r.Context())
	asked := r.URL.Query().Get("agency") != ""
	v := page.Nowhere{Brand: s.brand, Email: string(caller.Email)}
	var err error
	if v.Waiting, err = s.invited(r, waiting, caller); err != nil {
		return err
	}
	if caller.Agency != "" {
		v.Agency = "/home"
	}
	if !asked && caller.Agency != "" && len(v.Waiting) == 0 {
		return seeOther(w, v.Agency)
	}
	ended, err := from.Ended(r.Context(), caller)
	if err != nil {
		return err
	}
	note(r.Context(), fault.As(missing))
	now := s.now()
	if asked && len(v.Waiting) > 0 {
		return s.show(w, r, http.StatusNotFound, v)
	}
	for _, e := range ended {
		if e.Agency.ID == which {
			ended := page.EndedPortal{Brand: brandOf(e.Agency), Left: e.By == client.ByClient, At: page.TimeIn(l, e.At, now)}
			if e.Bought {
				ended.Contract = portalContractPath(which)
			}
			return s.show(w, r, http.StatusNotFound, ended)
		}
		v.Former = append(v.Former, page.FormerPortal{Name: e.Agency.Name, Left: e.By == client.ByClient, At: page.TimeIn(l, e.At, now)})
	}
	if asked {
		return missing
	}
	return s.show(w, r, http.StatusOK, v)
}

// tile is a thing as the portal shows it.
func tile(l words.Language, i portal.Item, agency string, now time.Time) page.Tile {
	t := page.Tile{Name: i.Name, Kind: kindWord(l, i.Kind, i.Type), State: healthBadge(l, &i.Resource), Write: i.Access == "write"}
	if i.Kind == instance.N8N {
		t.Look = portalInstancePath(i.ID)
	}
	t.Progress, t.Own = progress(l, i.Making, true, now), i.Making != nil
	switch {
	case i.Silent():
		t.URL = i.URL
		t.Reason = sentence(i.Told(agency).In(l))
		if !i.AnsweredAt.IsZero() {
			t.Reason += " " + l.Say("portal.last_answered", "moment", l.Moment(i.AnsweredAt.UTC()))
		}
	case !i.Status.Linkable():
		t.Reason = l.Say("portal.stopped", "agency", agency)
	case i.URL == "":
		t.Reason = l.Say("portal.no_address")
	default:
		t.URL = i.URL
	}
	return t
}
