package web

import (
	"cmp"
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/view/page"
)

// previewPortal shows the portal as the client of a draft would see it. It shows what was typed, and changes nothing: so its
// answer is the page itself, and no redirect to an address that would have to hold the draft.
func previewPortal(s *Site, previewer *onboarding.Previewer) Form {
	return form("preview", identity.ByPortal(identity.InvitesRead, identity.See),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			p, err := previewer.Preview(r.Context(), caller, draft(r.PostForm))
			if f := fault.As(err); f != nil {
				note(r.Context(), f)
				return s.show(w, r, f.Code.Status(), page.Failure{Brand: s.brand, Title: words.Say("portal.preview_none"),
					Text: f.Message + " " + words.Say("portal.preview_mend")})
			}
			if err != nil {
				return err
			}
			person := cmp.Or(string(p.Offer.Email), "client@example.com")
			v := page.Portal{Brand: brandOf(p.Agency), Person: person,
				Preview: cmp.Or(p.Offer.Name, string(p.Offer.Email), words.Say("invite.somebody"))}
			portalSections(words.English, &v, portal.Preview(p.Agency, p.Offer.Grants, p.Resources), s.now())
			if err := promise(&v, p.Offer.Contract); err != nil {
				return err
			}
			for i := range v.Instances {
				if v.Instances[i].Look != "" {
					v.Instances[i].Look = "#content" // that page is the client's alone
				}
			}
			return s.show(w, r, http.StatusOK, v)
		})
}

// previewOf shows an agency the portal as one of its clients sees it now, or will once it accepts. It is no visit of the client.
func (s *Site) previewOf(w http.ResponseWriter, r *http.Request, directory *clients.Directory, caller identity.Caller) error {
	ctx, now := r.Context(), s.now()
	which, err := id.ParseClient(r.PathValue("clientId"))
	if err != nil {
		return err
	}
	l, err := directory.Client(ctx, caller, which)
	if err != nil {
		return err
	}
	c := l.Client
	if c.At(now) == client.Inactive { // there is no portal to see
		return seeOther(w, clientPath(c.ID))
	}
	a, rights, err := directory.Outlook(ctx, caller, c)
	if err != nil {
		return err
	}
	have, err := directory.Shared(ctx, caller, c)
	if err != nil {
		return err
	}
	v := page.Portal{Brand: brandOf(a), Person: string(c.Email), Preview: c.DisplayName(), Accepted: c.Joined()}
	view := portal.PreviewOf(a, c, have, now)
	view.Modules = rights.Modules()
	portalSections(words.English, &v, view, now)
	v.Menu = portalMenu(words.English, view)
	for i := range v.Menu { // those pages are the client's alone, and what stands on them is told with the reasons
		v.Menu[i].URL = "/client-portal/see-as?client=" + url.QueryEscape(string(c.ID))
	}
	v.Over = over(words.English, a, c, now)
	if c.Joined() {
		v.Deal, err = deal(c, now, clientPath(c.ID)+"/contract", words.English)
	} else {
		err = promise(&v, c.Invite.Contract)
	}
	if err != nil {
		return err
	}
	for i := range v.Instances {
		if v.Instances[i].Look != "" {
			v.Instances[i].Look = "#content" // that page is the client's alone
		}
	}
	return s.show(w, r, http.StatusOK, v)
}

// promise puts on a previewed portal what the client is asked to buy, as it stands there once it is paid and set up.
func promise(v *page.Portal, c *contract.Contract) error {
	if c == nil {
		return nil
	}
	b, err := bill(c, words.English)
	if err != nil {
		return err
	}
	v.Deal = &page.Deal{Lines: b.Lines, Month: b.Month, Year: b.Year, Tax: c.Tax.Note(),
		State: page.Badge{Tone: page.Wait, Text: words.Say("portal.preview_unpaid")},
		Text:  words.Say("portal.preview_unpaid_text")}
	for _, l := range c.Lines {
		t := page.Tile{Name: l.Name(), Kind: words.Say("kinds.n8n"), State: resourceBadge(words.English, instance.Running),
			Own: true, Write: true, Reason: words.Say("portal.after_paying")}
		if l.Product == contract.WhatsApp {
			t.Kind = words.Say("kinds.whatsapp")
			v.Services = append(v.Services, t)
			continue
		}
		v.Instances = append(v.Instances, t)
	}
	return nil
}
