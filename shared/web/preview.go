package web

import (
	"cmp"
	"net/http"

	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/identity"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/page"
	"latchkey.dev/shared/portal"
	"latchkey.dev/shared/signin"
)

// PreviewPortalForm shows the portal as the client of a draft would see it. It is a form for what was typed, and changes
// nothing.
func PreviewPortalForm(s *Site, door *signin.Doorkeeper, inviter *onboarding.Inviter) Page {
	return s.act("previewPortalForm", func(w http.ResponseWriter, r *http.Request) error {
		caller, err := door.ForAgency(r.Context(), credentials(r), identity.InvitesRead)
		if err != nil {
			return s.notAgency(w, r, err)
		}
		p, err := inviter.Preview(r.Context(), caller, draft(r.PostForm))
		if f := fault.As(err); f != nil {
			note(r.Context(), f)
			return s.show(w, r, f.Code.Status(), page.Failure{Brand: s.brand, Title: "There is nothing to preview yet", Text: f.Message + " Close this tab, change it in the invite, and preview it again."})
		}
		if err != nil {
			return err
		}
		person := cmp.Or(string(p.Offer.Email), "client@example.com")
		v := page.Portal{Brand: brandOf(p.Agency), Person: person, Preview: cmp.Or(p.Offer.Name, string(p.Offer.Email), "your client")}
		furnish(&v, portal.Preview(p.Agency, p.Offer.Grants, p.Resources), s.now())
		for i := range v.Instances {
			if v.Instances[i].Look != "" {
				v.Instances[i].Look = "#content" // that page is the client's alone
			}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}
