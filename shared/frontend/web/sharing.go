package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/sharing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

const linksURL = "/client-portal/links"

var administersLinks = identity.ByPortal(identity.RolesWrite, identity.Administer)

// linkNames are the fields of a link's form.
var linkNames = map[string]string{"name": "name", "roles": "roles", "expiresAt": "expiresAt", "maxUses": "maxUses", "domains": "domains"}

// LinksPage shows the agency's links and who asks to join; with ask in the query it asks about one of them.
func LinksPage(s *Site, auth *signin.Authenticator, links *sharing.Links, requests *sharing.Requests) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.links(r.Context(), links, requests, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		switch q.Get("done") {
		case "told":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.approved_told")}
		case "approved":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.approved")}
		case "refused":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.refused_done")}
		}
		for i := range v.Requests {
			if x := &v.Requests[i]; x.ID == q.Get("ask") {
				v.Refusing = x
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("linksPage", auth, administersLinks, show, createLink(s, links, requests),
		s.decideJoin("approve", "approved", links, requests, requests.Approve),
		s.decideJoin("refuse", "refused", links, requests, requests.Refuse))
}

// How many stand on the page; the API has all.
const (
	shownLinks    = 40
	shownRequests = 20
)

// links prepares the page.
func (s *Site) links(
	ctx context.Context, links *sharing.Links, requests *sharing.Requests, caller identity.Caller,
) (page.Links, error) {
	office, err := links.Office(ctx, caller)
	if err != nil {
		return page.Links{}, err
	}
	now := s.now()
	v := page.Links{Workspace: workspace(office.Agency, caller, page.InPortal),
		Form: formOf(office, sharelink.Defaults(now), linksURL, "create")}
	v.Form.Key = newKey()
	all, err := links.List(ctx, caller)
	if err != nil {
		return v, err
	}
	slices.SortStableFunc(all, func(a, b sharing.Shown) int { // those that work first, then as they are: newest first
		switch {
		case (a.Why == sharelink.Works) == (b.Why == sharelink.Works):
			return 0
		case a.Why == sharelink.Works:
			return -1
		}
		return 1
	})
	names := map[id.ShareLink]page.LinkRow{}
	for i := range all {
		x := linkRow(&all[i], now)
		if names[all[i].ID] = x; i < shownLinks {
			v.Rows = append(v.Rows, x)
		}
	}
	v.Older = max(len(all)-shownLinks, 0)
	wait, err := requests.List(ctx, caller)
	if err != nil {
		return v, err
	}
	v.Waiting = len(wait)
	for i := range wait[:min(len(wait), shownRequests)] {
		q := &wait[i]
		x := page.JoinRow{ID: string(q.ID), Name: q.Name, Email: string(q.Email), Link: words.Say("links.no_link"),
			At: page.TimeAt(q.CreatedAt, now), Until: page.TimeAt(q.GoesAt(), now)}
		if of, ok := names[q.Link]; ok {
			x.Link, x.URL = of.Name, of.URL
		}
		v.Requests = append(v.Requests, x)
	}
	return v, nil
}

// createLink makes a link. Its address is on the page that answers, and on no other, as a new key's secret is.
func createLink(s *Site, links *sharing.Links, requests *sharing.Requests) Form {
	return form("create", administersLinks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		office, err := links.Office(r.Context(), caller)
		if err != nil {
			return err
		}
		in, err := typedLink(r, office, nil)
		var token string
		if err == nil {
			_, token, err = links.Create(r.Context(), caller, in, once(r.PostForm))
		}
		var f *fault.Error
		if err != nil {
			if f, err = ours(r, err); err != nil {
				return err
			}
		}
		v, err := s.links(r.Context(), links, requests, caller)
		if err != nil {
			return err
		}
		if f != nil {
			v.Form = typedAgain(v.Form, r)
			v.Problems = problems(f, linkNames)
			v.Form.Problems = v.Problems
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		if v.Made.Address = s.joinAddress(token); token == "" { // the same form once more
			v.Note = page.Note{Tone: page.Wait, Text: words.Say("links.made_before")}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// joinAddress is the address of a link, as it is handed out.
func (s *Site) joinAddress(token string) string {
	if token == "" {
		return ""
	}
	return s.at + joinPath(token)
}

// decideJoin makes a form that decides on who asks to join.
func (s *Site) decideJoin(do, done string, links *sharing.Links, requests *sharing.Requests,
	decide func(context.Context, identity.Caller, id.JoinRequest) (*sharelink.Request, error)) Form {
	return form(do, administersLinks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseJoinRequest(r.PostForm.Get("id"))
		if err := cmp.Or(caller.MayPortal(identity.RolesWrite, identity.Administer), err); err != nil {
			return err
		}
		x, err := decide(r.Context(), caller, which)
		if err == nil {
			next := done
			if x.Mail.Job != "" {
				next = "told"
			}
			return seeOther(w, linksURL+"?done="+next)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.links(r.Context(), links, requests, caller)
		if err != nil {
			return err
		}
		v.Problems = problems(f, nil)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// LinkPage shows one link, who came by it, and lets it be changed; with ask in the query it asks whether to reset or disable it.
func LinkPage(s *Site, auth *signin.Authenticator, links *sharing.Links) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, _, err := s.link(r, links, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		switch q.Get("done") {
		case "saved":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.saved")}
		case "disabled":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("links.disabled_done")}
		}
		if ask := q.Get("ask"); v.Link.Active && (ask == "reset" || ask == "disable") {
			v.Asks = ask
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("linkPage", auth, administersLinks, show, saveLink(s, links), resetLink(s, links), disableLink(s, links))
}

// link prepares the page.
func (s *Site) link(r *http.Request, links *sharing.Links, caller identity.Caller) (page.ShareLink, *sharing.Shown, error) {
	office, err := links.Office(r.Context(), caller)
	if err != nil {
		return page.ShareLink{}, nil, err
	}
	which, err := id.ParseShareLink(r.PathValue("linkId"))
	if err != nil {
		return page.ShareLink{}, nil, err
	}
	x, err := links.Get(r.Context(), caller, which)
	if err != nil {
		return page.ShareLink{}, nil, err
	}
	now := s.now()
	row := linkRow(x, now)
	for _, had := range x.Roles { // a role of the link that counts no more can be kept and taken off, and not chosen anew
		if !slices.ContainsFunc(office.Roles, func(x role.Role) bool { return x.ID == had.ID }) {
			office.Roles = append(office.Roles, had)
		}
	}
	v := page.ShareLink{Workspace: workspace(office.Agency, caller, page.InPortal), Link: row,
		Form: formOf(office, x.Terms, row.URL, "save"), More: max(x.Uses-len(x.Joined), 0)}
	for _, j := range slices.Backward(x.Joined) {
		c := page.CameRow{Name: x.Names[string(j.Client)], URL: "/client-portal/users/" + string(j.Client), At: page.TimeAt(j.At, now)}
		if c.Name == "" {
			c.Name, c.URL = words.Say("links.somebody_deleted"), ""
		}
		switch {
		case j.Less && j.Taken:
			c.Less = words.Say("join.less_and_taken")
		case j.Less:
			c.Less = words.Say("join.less")
		case j.Taken:
			c.Less = words.Say("join.taken")
		case j.Full:
			c.Less = words.Say("join.contacts_full")
		}
		v.Came = append(v.Came, c)
	}
	return v, x, nil
}

// saveLink sets a link's terms.
func saveLink(s *Site, links *sharing.Links) Form {
	return form("save", administersLinks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, x, err := s.link(r, links, caller)
		if err != nil {
			return err
		}
		office, err := links.Office(r.Context(), caller)
		if err != nil {
			return err
		}
		in, err := typedLink(r, office, &x.Terms)
		if err == nil {
			_, err = links.Update(r.Context(), caller, x.ID, in)
		}
		if err == nil {
			return seeOther(w, v.Link.URL+"?done=saved")
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Form = typedAgain(v.Form, r)
		v.Problems = problems(f, linkNames)
		v.Form.Problems = v.Problems
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// resetLink makes the link's address anew. It is on the page that answers, and on no other.
func resetLink(s *Site, links *sharing.Links) Form {
	return form("reset", administersLinks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		return s.onLink(w, r, links, caller, func(which id.ShareLink) (string, error) {
			_, token, err := links.Reset(r.Context(), caller, which)
			if err != nil {
				return "", err
			}
			v, _, err := s.link(r, links, caller)
			if err != nil {
				return "", err
			}
			v.Made = page.NewLink{Address: s.joinAddress(token), Reset: true}
			return "", s.show(w, r, http.StatusOK, v)
		})
	})
}

// disableLink ends a link.
func disableLink(s *Site, links *sharing.Links) Form {
	return form("disable", administersLinks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		return s.onLink(w, r, links, caller, func(which id.ShareLink) (string, error) {
			_, err := links.Disable(r.Context(), caller, which)
			return linksURL + "/" + string(which) + "?done=disabled", err
		})
	})
}

// onLink does something with the link of the page, and leads on to where that says, if anywhere.
func (s *Site) onLink(w http.ResponseWriter, r *http.Request, links *sharing.Links, caller identity.Caller,
	do func(id.ShareLink) (next string, err error)) error {
	which, err := id.ParseShareLink(r.PathValue("linkId"))
	if err := cmp.Or(caller.MayPortal(identity.RolesWrite, identity.Administer), err); err != nil {
		return err
	}
	next, err := do(which)
	if err == nil {
		if next == "" {
			return nil
		}
		return seeOther(w, next)
	}
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v, _, err := s.link(r, links, caller)
	if err != nil {
		return err
	}
	v.Problems = problems(f, nil)
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}

// linkRow is a link as it is listed.
func linkRow(x *sharing.Shown, now time.Time) page.LinkRow {
	row := page.LinkRow{ID: string(x.ID), Name: cmp.Or(x.Name, words.Say("links.unnamed", "day", page.TimeAt(x.CreatedAt, now).Day)),
		URL: linksURL + "/" + string(x.ID), Endless: x.Endless(), Free: x.Boundless(), Asks: x.Approval, Contact: x.CreateContact,
		Domains: strings.Join(x.Domains, ", "), Maker: x.Maker, Made: page.TimeAt(x.CreatedAt, now), Active: x.State == sharelink.Active}
	row.Uses = words.Say("links.uses_free", "n", x.Uses)
	if !x.Boundless() {
		row.Uses = words.Say("links.uses", "n", x.Uses, "most", x.MaxUses)
	}
	if !x.Endless() {
		row.Ends = page.TimeAt(x.ExpiresAt, now)
	}
	if !x.LastUseAt.IsZero() {
		row.Last = page.TimeAt(x.LastUseAt, now)
	}
	var names []string
	for i := range x.Roles {
		names = append(names, x.Roles[i].Name)
	}
	row.Roles = strings.Join(names, ", ")
	row.State, row.Why = whyBadge(x.Why)
	return row
}

// whyBadge is whether a link works, and why not.
func whyBadge(why sharelink.Why) (page.Badge, string) {
	switch why {
	case sharelink.Off:
		return page.Badge{Tone: page.Idle, Text: words.Say("links.off")}, words.Say("links.off_text")
	case sharelink.RanOut:
		return page.Badge{Tone: page.Idle, Text: words.Say("links.expired")}, words.Say("links.expired_text")
	case sharelink.UsedUp:
		return page.Badge{Tone: page.Idle, Text: words.Say("links.used_up_word")}, words.Say("links.used_up_text")
	case sharelink.NoMaker:
		return page.Badge{Tone: page.Bad, Text: words.Say("links.dead")}, words.Say("links.no_maker")
	case sharelink.NoAgency:
		return page.Badge{Tone: page.Bad, Text: words.Say("links.dead")}, words.Say("links.no_agency")
	}
	return page.Badge{Tone: page.Good, Text: words.Say("links.works")}, ""
}

// endForm is how a browser's field has a moment.
const endForm = "2006-01-02T15:04"

// formOf is the form of terms.
func formOf(office *sharing.Office, t sharelink.Terms, url, do string) page.LinkForm {
	zone := office.Agency.Location()
	f := page.LinkForm{URL: url, Do: do, Name: t.Name, Contact: t.CreateContact, Never: t.ExpiresAt.IsZero(), Zone: zone.String(),
		Unlimited: t.MaxUses == 0, Domains: strings.Join(t.Domains, ", "), Approval: t.Approval}
	if !f.Never {
		f.Ends = t.ExpiresAt.In(zone).Format(endForm)
	}
	if !f.Unlimited {
		f.Uses = strconv.Itoa(t.MaxUses)
	}
	for _, r := range office.Roles {
		f.Roles = append(f.Roles, page.ScopeChoice{Value: string(r.ID), Text: r.Name, Ticked: slices.Contains(t.Roles, r.ID)})
	}
	return f
}

// typedLink reads the form. before are the terms that there are; nil for a new link.
func typedLink(r *http.Request, office *sharing.Office, before *sharelink.Terms) (sharelink.Typed, error) {
	p := r.PostForm
	name, roles := p.Get("name"), p["role"]
	domains := strings.FieldsFunc(p.Get("domains"), func(c rune) bool { return strings.ContainsRune(", ;\t\r\n", c) })
	contact, approval := p.Get("createContact") != "", p.Get("approval") != ""
	never, unlimited := p.Get("expiry") == "never", p.Get("limit") == "none"
	in := sharelink.Typed{Name: &name, Roles: &roles, CreateContact: &contact, Never: &never, Unlimited: &unlimited, Domains: &domains,
		Approval: &approval}
	var wrong []error
	zone := office.Agency.Location()
	if typed := p.Get("expiresAt"); !never && typed != "" &&
		(before == nil || before.ExpiresAt.IsZero() || before.ExpiresAt.In(zone).Format(endForm) != typed) {
		end, err := endOf(typed, zone)
		in.ExpiresAt = &end
		wrong = append(wrong, err)
	}
	if typed := strings.TrimSpace(p.Get("maxUses")); !unlimited && typed != "" {
		n, err := strconv.Atoi(typed)
		if err != nil {
			wrong = append(wrong, fault.InField("maxUses", "links.uses_range", "most", sharelink.MaxUses))
		}
		in.MaxUses = &n
	}
	return in, fault.Together(wrong...)
}

// endOf reads a moment in the agency's time zone. Browsers leave out the seconds where there are none.
func endOf(typed string, zone *time.Location) (time.Time, error) {
	for _, form := range []string{endForm, endForm + ":05"} {
		if at, err := time.ParseInLocation(form, typed, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fault.InField("expiresAt", "links.no_time")
}

// typedAgain is the form with what was typed.
func typedAgain(f page.LinkForm, r *http.Request) page.LinkForm {
	p := r.PostForm
	f.Name, f.Contact, f.Approval = p.Get("name"), p.Get("createContact") != "", p.Get("approval") != ""
	f.Never, f.Ends = p.Get("expiry") == "never", p.Get("expiresAt")
	f.Unlimited, f.Uses, f.Domains = p.Get("limit") == "none", p.Get("maxUses"), p.Get("domains")
	f.Roles = slices.Clone(f.Roles)
	for i := range f.Roles {
		f.Roles[i].Ticked = slices.Contains(p["role"], f.Roles[i].Value)
	}
	return f
}
