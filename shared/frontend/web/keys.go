package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// scopeWord says what a scope allows.
func scopeWord(s identity.Scope) string {
	switch s {
	case identity.InvitesRead:
		return words.Say("settings.scope_invites_read")
	case identity.InvitesWrite:
		return words.Say("settings.scope_invites_write")
	case identity.ClientsRead:
		return words.Say("settings.scope_clients_read")
	case identity.ClientsWrite:
		return words.Say("settings.scope_clients_write")
	case identity.ResourcesRead:
		return words.Say("settings.scope_resources_read")
	case identity.ResourcesWrite:
		return words.Say("settings.scope_resources_write")
	case identity.ActivityRead:
		return words.Say("settings.scope_activity_read")
	case identity.AgencyRead:
		return words.Say("settings.scope_agency_read")
	case identity.AgencyWrite:
		return words.Say("settings.scope_agency_write")
	case identity.ContactsRead:
		return words.Say("settings.scope_contacts_read")
	case identity.ContactsWrite:
		return words.Say("settings.scope_contacts_write")
	case identity.RolesRead:
		return words.Say("settings.scope_roles_read")
	case identity.RolesWrite:
		return words.Say("settings.scope_roles_write")
	case identity.SenderWrite:
		return words.Say("settings.scope_sender_write")
	}
	return string(s)
}

// KeysPage shows the agency's API keys; with revoke in the query it asks about one of them.
func KeysPage(s *Site, auth *signin.Authenticator, keys *signin.Keys, settings *agencies.Settings) *Page {
	who := identity.ByStaff(identity.InPerson)
	return s.page("keysPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.keys(r.Context(), keys, settings, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		if q.Get("done") == "revoked" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("settings.key_revoked")}
		}
		for i := range v.Rows {
			if x := &v.Rows[i]; x.ID == q.Get("revoke") && x.Revoked.Machine == "" {
				v.Revoking = x
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}, createKey(s, keys, settings), revokeKey(s, keys, settings))
}

// shownKeys is how many keys stand on the page; those that work come first.
const shownKeys = 60

// keys prepares the page.
func (s *Site) keys(ctx context.Context, keys *signin.Keys, settings *agencies.Settings, caller identity.Caller) (page.Keys, error) {
	a, err := settings.Get(ctx, caller)
	if err != nil {
		return page.Keys{}, err
	}
	v := page.Keys{Workspace: workspace(a, caller, page.InSettings), Tab: "keys", Key: newKey()}
	for _, x := range identity.Scopes() {
		if c := (page.ScopeChoice{Value: string(x), Text: scopeWord(x)}); x.Powerful() {
			v.Powers = append(v.Powers, c)
		} else {
			v.Scopes = append(v.Scopes, c)
		}
	}
	all, err := keys.List(ctx, caller)
	if err != nil {
		return v, err
	}
	slices.SortStableFunc(all, func(x, y identity.APIKey) int { // those that work first, then as they are: newest first
		switch {
		case x.RevokedAt.IsZero() == y.RevokedAt.IsZero():
			return 0
		case x.RevokedAt.IsZero():
			return -1
		}
		return 1
	})
	for _, k := range all[:min(len(all), shownKeys)] {
		x := page.KeyRow{ID: string(k.ID), Name: k.Name, Hint: k.Hint, Created: page.TimeAt(k.CreatedAt, s.now())}
		for _, scope := range k.Scopes {
			x.Scopes = append(x.Scopes, string(scope))
			if scope.Powerful() {
				x.Powers = append(x.Powers, string(scope))
			}
		}
		if !k.LastUsedAt.IsZero() {
			x.Used = page.TimeAt(k.LastUsedAt, s.now())
		}
		if !k.RevokedAt.IsZero() {
			x.Revoked = page.TimeAt(k.RevokedAt, s.now())
		}
		v.Rows = append(v.Rows, x)
	}
	return v, nil
}

// createKey makes a key. Its secret is on the page that answers, and on no other: it is kept nowhere, so there is no address
// to lead on to that could show it. Of the forms that change something, it is the one that
// answers a success with 200.
func createKey(s *Site, keys *signin.Keys, settings *agencies.Settings) Form {
	return form("create", identity.BySteppedStaff(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		n := signin.NewKey{Name: r.PostForm.Get("name")}
		for _, x := range r.PostForm["scope"] {
			n.Scopes = append(n.Scopes, identity.Scope(x))
		}
		made, secret, err := keys.Create(r.Context(), caller, n, once(r.PostForm))
		if err != nil {
			return s.refuseKey(w, r, keys, settings, caller, err)
		}
		v, err := s.keys(r.Context(), keys, settings, caller)
		if err != nil {
			return err
		}
		v.Made, v.Secret = made.Name, secret
		if secret == "" { // the same form once more
			v.Note = page.Note{Tone: page.Wait, Text: words.Say("settings.key_again")}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// revokeKey ends a key.
func revokeKey(s *Site, keys *signin.Keys, settings *agencies.Settings) Form {
	return form("revoke", identity.BySteppedStaff(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseKey(r.PostForm.Get("id"))
		if err := cmp.Or(caller.May(identity.InPerson), err); err != nil { // which keys there are is nobody else's business
			return err
		}
		if err := keys.Revoke(r.Context(), caller, which); err != nil {
			return s.refuseKey(w, r, keys, settings, caller, err)
		}
		return seeOther(w, "/settings/keys?done=revoked")
	})
}

// refuseKey shows the page with what was typed, and what is wrong with it.
func (s *Site) refuseKey(
	w http.ResponseWriter, r *http.Request, keys *signin.Keys, settings *agencies.Settings, caller identity.Caller, err error,
) error {
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v, err := s.keys(r.Context(), keys, settings, caller)
	if err != nil {
		return err
	}
	v.Name, v.Problems = r.PostForm.Get("name"), problems(f, map[string]string{"name": "name", "scopes": "scopes"})
	for _, all := range [][]page.ScopeChoice{v.Scopes, v.Powers} {
		for i := range all {
			all[i].Ticked = slices.Contains(r.PostForm["scope"], all[i].Value)
		}
	}
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}
