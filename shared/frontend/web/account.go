package web

import (
	"cmp"
	"net/http"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/passkeys"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// AccountPage is a person's own page; with leave=ag_… or erase=ask it asks whether that is meant.
func AccountPage(
	s *Site, auth *signin.Authenticator, self *account.Self, leaving *account.Leaving, erasure *account.Erasure, sessions *signin.Sessions,
	waiting *onboarding.Waiting, links *signin.Links, providers []identity.OpenIDProvider, keyring *passkeys.Keyring,
) *Page {
	return s.page("accountPage", auth, identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.account(r, self, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v.Note, v.Connect = connectNote(q, providers), connectable(providers, v.Links)
		if q.Get("done") == "left" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("account.left")}
		}
		if text := passkeyDone(q.Get("done")); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		if q.Get("review") == "passkeys" {
			v.Review = cmp.Or(onward(q.Get("next")), "/")
		}
		for i := range v.Passkeys.Keys {
			k := &v.Passkeys.Keys[i]
			k.Renaming, k.Removing = q.Get("rename") == k.ID, q.Get("remove") == k.ID
		}
		for i := range v.Portals {
			v.Portals[i].Open = q.Get("leave") == v.Portals[i].ID
		}
		v.Erase.Open = q.Get("erase") == "ask"
		if v.Waiting, err = s.invited(r, waiting, caller); err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, v)
	}, signOut(sessions), endSessions(sessions), leavePortal(leaving), eraseMe(s, self, erasure), disconnect(links),
		renamePasskey(s, self, keyring), removePasskey(s, self, keyring))
}

// account prepares the caller's page.
func (s *Site) account(r *http.Request, self *account.Self, caller identity.Caller) (page.Account, error) {
	o, err := self.See(r.Context(), caller)
	if err != nil {
		return page.Account{}, err
	}
	now := s.now()
	v := page.Account{Brand: s.brand, Home: "/", Person: string(caller.Email)}
	v.Passkeys = s.ownPasskeys(o.Person)
	for _, p := range o.Portals {
		b := brandOf(p.Agency)
		if len(o.Portals) == 1 && len(o.Workplaces) == 0 || string(p.Agency.ID) == cookie.Choice(r) {
			v.Brand, v.Home = b, portalPath(string(p.Agency.ID))
		}
		b.LogoURL = "" // its initial saves a request
		v.Portals = append(v.Portals, page.OwnPortal{ID: string(p.Agency.ID), Brand: b, URL: portalPath(string(p.Agency.ID)),
			Since: page.TimeAt(p.Client.AcceptedAt, now)})
	}
	for _, p := range o.Former {
		if !p.Client.EndedAt.IsZero() {
			v.Former = append(v.Former, page.FormerPortal{Name: p.Agency.Name, Left: p.Client.EndedBy == client.ByClient,
				At: page.TimeAt(p.Client.EndedAt, now)})
		}
	}
	for _, x := range o.Workplaces {
		b := brandOf(x.Agency)
		b.LogoURL = ""
		v.Workplaces = append(v.Workplaces, page.Workplace{Brand: b, Level: levelWord(x.Member.Level)})
	}
	for _, l := range o.Person.Links {
		v.Links = append(v.Links, page.LinkedAccount{Provider: l.Name, Email: l.Email, Issuer: l.Issuer, Since: page.TimeAt(l.At, now)})
	}
	for _, x := range o.Person.Sessions {
		if now.Before(x.ExpiresAt) {
			v.Sessions = append(v.Sessions, page.Session{Since: page.TimeAt(x.CreatedAt, now), Here: x.ID == caller.Session})
		}
	}
	return v, nil
}

// leavePortal ends the relationship with an agency.
func leavePortal(leaving *account.Leaving) Form {
	return form("leave", identity.ByClient, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		from, err := id.ParseAgency(r.PostForm.Get("agency"))
		if err != nil {
			return err
		}
		if err := leaving.Leave(r.Context(), caller, from); err != nil {
			return err
		}
		return seeOther(w, "/account?done=left")
	})
}

// endSessions signs out on every device.
func endSessions(sessions *signin.Sessions) Form {
	return form("end-sessions", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if err := sessions.EndAll(r.Context(), caller); err != nil {
			return err
		}
		http.SetCookie(w, cookie.New("", identity.SessionLifetime))
		return seeOther(w, "/sign-in?done=everywhere")
	})
}

// eraseMe forgets the person.
func eraseMe(s *Site, self *account.Self, erasure *account.Erasure) Form {
	return form("erase", identity.ByPerson.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.account(r, self, caller)
		if err != nil {
			return err
		}
		if r.PostForm.Get("sure") != "yes" {
			err = fault.InField("sure", "account.tick")
		} else {
			err = erasure.Erase(r.Context(), caller)
		}
		if err == nil {
			http.SetCookie(w, cookie.New("", identity.SessionLifetime))
			return seeOther(w, "/sign-in?done=erased")
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Erase.Open, v.Erase.Problems = true, problems(f, map[string]string{"sure": "sure"})
		return s.show(w, r, f.Code.Status(), v)
	})
}
