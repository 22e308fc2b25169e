package web

import (
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// PortalDetailsPage shows a client what an agency has about it, as far as its roles open that, and lets it change what it may.
func PortalDetailsPage(s *Site, auth *signin.Authenticator, own *contacts.Own) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.details(r, caller, own)
		if err != nil {
			return err
		}
		l := words.In(r.Context())
		if r.URL.Query().Get("done") == "saved" {
			v.Note = page.Note{Tone: page.Good, Text: l.Say("details.details_saved")}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	save := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseContact(r.PostForm.Get("contact"))
		if err != nil {
			return err
		}
		d := contacts.Details{}
		for name, to := range map[string]**string{"phone": &d.Phone, "address": &d.Address} {
			if r.PostForm.Has(name) {
				typed := r.PostForm.Get(name)
				*to = &typed
			}
		}
		_, err = own.Update(r.Context(), caller, which, d, r.PostForm.Get("tag"))
		if err == nil {
			return seeOther(w, joinQuery(detailsPath(r), map[string][]string{"done": {"saved"}}))
		}
		f, err := ours(r, err)
		if err != nil || f.Code == fault.NotFound {
			return orNotFound(err, f)
		}
		v, err := s.details(r, caller, own)
		if err != nil {
			return err
		}
		for i := range v.Cards {
			if x := &v.Cards[i]; x.ID == string(which) {
				x.Problems = problems(f, map[string]string{"phone": "phone-" + x.ID, "address": "address-" + x.ID})
				retype(x, d)
			}
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	}
	return speaks(s.page("portalDetailsPage", auth, identity.ByModule(role.Contact, ""), show,
		form("save", identity.ByModule(role.Contact, "edit"), save)),
		words.Details, words.Portal)
}

// retype puts back what was typed, as far as it can be changed.
func retype(x *page.DetailsCard, d contacts.Details) {
	if x.Phone != nil && d.Phone != nil {
		x.Phone = d.Phone
	}
	if x.Address != nil && d.Address != nil {
		x.Address = d.Address
	}
}

// detailsPath is the page's own path, with the agency that it is of.
func detailsPath(r *http.Request) string {
	const path = "/portal/details"
	if a, err := agencyIn(r); err == nil {
		return joinQuery(path, map[string][]string{"agency": {string(a)}})
	}
	return path
}

// details prepares the page.
func (s *Site) details(r *http.Request, caller identity.Caller, own *contacts.Own) (page.PortalDetails, error) {
	ctx := r.Context()
	var which, last id.Agency
	if r.URL.Query().Get("agency") != "" {
		var err error
		if which, err = agencyIn(r); err != nil {
			return page.PortalDetails{}, err
		}
	} else if a, err := id.ParseAgency(cookie.Choice(r)); err == nil {
		last = a
	}
	m, err := own.Get(ctx, caller, which, last)
	if err != nil {
		return page.PortalDetails{}, err
	}
	event.Annotate(ctx, "agency", string(m.Agency.ID), "client", string(m.Client.ID))
	prefer(r, written(m.Client, m.Agency))
	l := words.In(r.Context())
	v := page.PortalDetails{Brand: brandOf(m.Agency), Person: string(caller.Email), Portal: portalPath(string(m.Agency.ID)),
		URL: detailsPath(r)}
	for _, c := range m.Cards {
		x := page.DetailsCard{ID: string(c.ID), Title: titleOf(l, c), Facts: shownFacts(l, c), Tag: c.Tag()}
		if c.CompanyCard != nil {
			x.Company = shownFacts(l, c.CompanyCard)
		}
		if c.Edits {
			x.Phone, x.Address = c.Phone, c.Address
		}
		v.Cards = append(v.Cards, x)
	}
	return v, nil
}

// titleOf is a card's name where it is shown, and else what it is about.
func titleOf(l words.Language, c *contacts.Shown) string {
	if c.Name != nil {
		return *c.Name
	}
	if c.Kind == contact.Company {
		return l.Say("details.is_company")
	}
	return l.Say("details.is_person")
}

// shownFacts are what stands on a card as far as it is shown, in the order in which it is.
func shownFacts(l words.Language, c *contacts.Shown) []page.CardFact {
	var out []page.CardFact
	for _, f := range []struct {
		name  string
		value *string
	}{{l.Say("details.name"), c.Name}, {l.Say("details.email"), c.Email}, {l.Say("details.phone"), c.Phone},
		{l.Say("details.company"), c.Company}, {l.Say("details.address"), c.Address}, {l.Say("details.tax_id"), c.TaxID},
		{l.Say("details.custom_text"), c.Custom}, {l.Say("details.responsible"), c.Responsible}} {
		if f.value != nil {
			out = append(out, page.CardFact{Name: f.name, Text: *f.value})
		}
	}
	return out
}
