package web

import (
	"net/http"

	"latchkey.dev/shared/event"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/page"
	"latchkey.dev/shared/portal"
	"latchkey.dev/shared/signin"
)

// PortalPage is where a client stands: at its one agency, at the one that it chose, or before the choice.
func PortalPage(s *Site, door *signin.Doorkeeper, from *portal.Portal) Page {
	return s.look("portalPage", func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		caller, err := door.Caller(ctx, credentials(r))
		if err != nil {
			return err
		}
		which := id.Agency(r.URL.Query().Get("agency"))
		view, err := from.Get(ctx, caller, which)
		if fault.Is(err, fault.NotFound) && which == "" {
			if caller.Agency != "" {
				return seeOther(w, "/clients")
			}
			return s.show(w, r, http.StatusOK, page.Nowhere{Brand: s.brand, Email: string(caller.Email)})
		}
		if err != nil {
			return err
		}
		if view.Agency == nil {
			v := page.Choose{Brand: s.brand, Person: string(caller.Email)}
			for _, a := range view.Choices {
				v.Places = append(v.Places, page.Place{Brand: brandOf(a), URL: portalPath(string(a.ID))})
			}
			return s.show(w, r, http.StatusOK, v)
		}
		event.Annotate(ctx, "agency", string(view.Agency.ID), "client", string(view.Client.ID))
		v := page.Portal{Brand: brandOf(view.Agency), Person: string(caller.Email), Welcome: r.URL.Query().Get("welcome") != ""}
		if len(view.Choices) > 1 {
			v.Choose = "/portal"
		}
		if view.Access == portal.Inactive {
			v.Welcome, v.Failed = false, "This portal is paused. Ask "+view.Agency.Name+" when it opens again; your sign-in stays as it is."
		}
		for _, i := range view.Instances {
			v.Instances = append(v.Instances, tile(i, v.Brand.Name))
		}
		for _, i := range view.Services {
			v.Services = append(v.Services, tile(i, v.Brand.Name))
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

func tile(i portal.Item, agency string) page.Tile {
	t := page.Tile{Name: i.Name, Kind: kindWord(i.Kind, i.Type), State: resourceBadge(i.Status), Write: i.Access == "write"}
	switch {
	case !i.Status.Linkable():
		t.Reason = "It cannot be opened at the moment. Ask " + agency + " when it runs again."
	case i.URL == "":
		t.Reason = "It has no address to open in a browser."
	default:
		t.URL = i.URL
	}
	return t
}
