package web

import (
	"context"
	"net/http"
	"slices"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// scopeWords say what each scope allows.
var scopeWords = map[identity.Scope]string{
	identity.InvitesRead: "See invitations", identity.InvitesWrite: "Send, re-send and cancel invitations",
	identity.ClientsRead: "See clients", identity.ClientsWrite: "Change clients and their access",
	identity.ResourcesRead: "See instances and services", identity.ResourcesWrite: "Connect and disconnect them",
	identity.ActivityRead: "Read the activity log",
	identity.AgencyRead:   "See the agency and its people", identity.AgencyWrite: "Change the branding",
}

// KeysPage shows the agency's API keys; with revoke in the query it asks about one of them.
func KeysPage(s *Site, auth *signin.Authenticator, keys *signin.Keys, o *agencies.Office) *Page {
	return s.page("keysPage", auth, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.keys(r.Context(), keys, o, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		if q.Get("done") == "revoked" {
			v.Note = page.Note{Tone: page.Good, Text: "The key is revoked. The next request with it is refused."}
		}
		for i := range v.Rows {
			if x := &v.Rows[i]; x.ID == q.Get("revoke") && x.Revoked.Machine == "" {
				v.Revoking = x
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}, changeKeys(s, "create", keys, o), changeKeys(s, "revoke", keys, o))
}

// shownKeys is how many keys stand on the page; those that work come first.
const shownKeys = 60

func (s *Site) keys(ctx context.Context, keys *signin.Keys, o *agencies.Office, caller identity.Caller) (page.Keys, error) {
	a, err := o.Get(ctx, caller)
	if err != nil {
		return page.Keys{}, err
	}
	v := page.Keys{Workspace: workspace(a, caller, page.InSettings), Tab: "keys", Key: newKey()}
	for _, x := range identity.Scopes() {
		v.Scopes = append(v.Scopes, page.ScopeChoice{Value: string(x), Text: scopeWords[x]})
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

// changeKeys makes or revokes a key. The secret of a new one is on the page that answers, and on no other.
func changeKeys(s *Site, do string, keys *signin.Keys, o *agencies.Office) Form {
	return form(do, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx, form := r.Context(), r.PostForm
		var made *identity.APIKey
		var secret string
		var err error
		switch do {
		case "create":
			n := signin.NewKey{Name: form.Get("name")}
			for _, x := range form["scope"] {
				n.Scopes = append(n.Scopes, identity.Scope(x))
			}
			made, secret, err = keys.Create(ctx, caller, n, once(form))
		case "revoke":
			if err = keys.Revoke(ctx, caller, id.Key(form.Get("id"))); err == nil {
				return seeOther(w, "/settings/keys?done=revoked")
			}
		}
		var f *fault.Error
		if err != nil {
			if f, err = ours(r, err); err != nil {
				return err
			}
		}
		v, err := s.keys(ctx, keys, o, caller)
		if err != nil {
			return err
		}
		if f == nil {
			v.Made, v.Secret = made.Name, secret
			if secret == "" { // the same form once more
				v.Note = page.Note{Tone: page.Wait, Text: "This key was made a moment ago. Its secret was shown then, and is not kept; make another key when you did not copy it."}
			}
			return s.show(w, r, http.StatusOK, v)
		}
		v.Name, v.Problems = form.Get("name"), problems(f, map[string]string{"name": "name", "scopes": "scopes"})
		for i := range v.Scopes {
			v.Scopes[i].Ticked = slices.Contains(form["scope"], v.Scopes[i].Value)
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}
