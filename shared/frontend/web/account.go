package web

import (
	"cmp"
	"net/http"
	"time"

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

// AccountPage is a person's own page; with leave=ag_… or erase=ask it asks whether that is meant, and with sessions=ses_… it goes on in
// the list of sessions.
func AccountPage(
	s *Site, auth *signin.Authenticator, self *account.Self, leaving *account.Leaving, erasure *account.Erasure, sessions *signin.Sessions,
	own *signin.OwnSessions, waiting *onboarding.Waiting, links *signin.Links, providers []identity.OpenIDProvider,
	keyring *passkeys.Keyring,
) *Page {
	showing := accountView{s, self, own, providers}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		l := words.In(r.Context())
		q := r.URL.Query()
		v, err := showing.account(r, caller)
		if err != nil {
			return err
		}
		v.Note, v.Connect = connectNote(l, q, providers), connectable(l, providers, v.Links)
		if q.Get("done") == "left" {
			v.Note = page.Note{Tone: page.Good, Text: l.Say("account.left")}
		}
		if text := cmp.Or(passkeyDone(l, q.Get("done")), sessionDone(l, q.Get("done"))); text != "" {
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
	}
	return speaks(s.page("accountPage", auth, identity.ByPerson, show, signOut(sessions), endSessions(sessions), endOthers(sessions),
		endSession(own), leavePortal(leaving), eraseMe(showing, erasure), disconnect(links), renamePasskey(showing, keyring),
		removePasskey(showing, keyring)),
		words.Account, words.Passkeys, words.Waiting, words.SignIn, words.Kinds)
}

// accountView is what a person's own page is made of.
type accountView struct {
	*Site

	self      *account.Self
	sessions  *signin.OwnSessions
	providers []identity.OpenIDProvider
}

// mostSessions is how many sessions a person's account shows at a time.
const mostSessions = 20

// account prepares the caller's page.
func (s accountView) account(r *http.Request, caller identity.Caller) (page.Account, error) {
	l := words.In(r.Context())
	o, err := s.self.See(r.Context(), caller)
	if err != nil {
		return page.Account{}, err
	}
	now := s.now()
	v := page.Account{Brand: s.brand, Home: "/", Person: string(caller.Email)}
	v.Passkeys, v.Changes = s.ownPasskeys(l, o.Person), s.changes(l, o.Person)
	for _, p := range o.Portals {
		b := brandOf(p.Agency)
		if len(o.Portals) == 1 && len(o.Workplaces) == 0 || string(p.Agency.ID) == cookie.Choice(r) {
			v.Brand, v.Home = b, portalPath(string(p.Agency.ID))
		}
		b.LogoURL = "" // its initial saves a request
		v.Portals = append(v.Portals, page.OwnPortal{ID: string(p.Agency.ID), Brand: b, URL: portalPath(string(p.Agency.ID)),
			Since: page.TimeIn(l, p.Client.AcceptedAt, now)})
	}
	for _, p := range o.Former {
		if !p.Client.EndedAt.IsZero() {
			v.Former = append(v.Former, page.FormerPortal{Name: p.Agency.Name, Left: p.Client.EndedBy == client.ByClient,
				At: page.TimeIn(l, p.Client.EndedAt, now)})
		}
	}
	for _, x := range o.Workplaces {
		b := brandOf(x.Agency)
		b.LogoURL = ""
		v.Workplaces = append(v.Workplaces, page.Workplace{Brand: b, Level: levelWord(l, x.Member.Level)})
	}
	for _, at := range o.Person.Links {
		v.Links = append(v.Links, page.LinkedAccount{Provider: at.Name, Email: at.Email, Issuer: at.Issuer,
			Since: page.TimeIn(l, at.At, now)})
	}
	return v, s.listSessions(r, caller, &v)
}

// listSessions adds to the page where the person is signed in. The session of the request stands first, wherever it is in the list.
func (s accountView) listSessions(r *http.Request, caller identity.Caller, v *page.Account) error {
	l := words.In(r.Context())
	after, err := id.ParseSession(r.URL.Query().Get("sessions"))
	if err != nil {
		after = ""
	}
	all, next, err := s.sessions.List(r.Context(), caller, after, mostSessions)
	if err != nil {
		return err
	}
	if next != "" {
		v.OlderSessions = "/account?sessions=" + string(next) + "#sessions"
	}
	now := s.now()
	session := func(by identity.Proof, since, proved time.Time) page.Session {
		one := page.Session{Device: by.Device, Network: identity.NetworkLike(by.Network), Way: s.wayWord(l, by),
			Since: page.TimeIn(l, since, now)}
		if !proved.Equal(since) && !proved.Before(since) {
			at := page.TimeIn(l, proved, now)
			one.Proved = &at
		}
		return one
	}
	if after == "" {
		here := session(caller.By, caller.Since, caller.Proved)
		here.Here = true
		v.Sessions = append(v.Sessions, here)
	}
	for n := range all {
		if x := &all[n]; x.ID != caller.Session {
			one := session(x.By, x.CreatedAt, x.ProvedAt)
			one.ID = id.SessionPrefix + x.ID
			v.Sessions = append(v.Sessions, one)
		}
	}
	return nil
}

// wayWord is how somebody has signed in.
func (s accountView) wayWord(l words.Language, by identity.Proof) string {
	switch by.Way {
	case identity.Passkey:
		return l.Say("account.by_passkey")
	case identity.Provider:
		if p, ok := identity.FindProvider(s.providers, by.Provider); ok {
			return l.Say("account.by_provider", "provider", p.Name)
		}
		return l.Say("account.by_some_provider")
	}
	return l.Say("account.by_code")
}

// mostChanges is how many of the latest changes a person's account shows.
const mostChanges = 20

// changes are what has changed lately about how a person signs in, newest first.
func (s accountView) changes(l words.Language, p *account.Person) []page.AccountChange {
	now := s.now()
	var all []page.AccountChange
	for n := len(p.Changes) - 1; n >= 0; n-- {
		c := p.Changes[n]
		if now.Sub(c.At) < identity.ChangeKept && len(all) < mostChanges {
			all = append(all, page.AccountChange{What: string(c.What), Name: cmp.Or(c.Told.Passkey, c.Told.Provider, c.Told.Ended),
				Before: c.Told.Before, Device: c.Told.Device, Network: identity.NetworkLike(c.Told.Network), At: page.TimeIn(l, c.At, now)})
		}
	}
	return all
}

// sessionDone is what the account says after somebody was signed out elsewhere, by the word that the redirect carries.
func sessionDone(l words.Language, done string) string {
	switch done {
	case "session-ended":
		return l.Say("account.session_ended")
	case "others-ended":
		return l.Say("account.others_ended")
	}
	return ""
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
		if err := sessions.EndAll(r.Context(), caller, cookie.Browser(r), address(r)); err != nil {
			return err
		}
		http.SetCookie(w, cookie.New("", identity.SessionLifetime))
		return seeOther(w, goodbyePath("everywhere", caller))
	})
}

// endOthers signs out on every other device.
func endOthers(sessions *signin.Sessions) Form {
	return form("end-others", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if err := sessions.EndOthers(r.Context(), caller, cookie.Browser(r), address(r)); err != nil {
			return err
		}
		return seeOther(w, "/account?done=others-ended#sessions")
	})
}

// endSession signs out on another device. One that is over already is as good.
func endSession(own *signin.OwnSessions) Form {
	return form("end-session", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseSession(r.PostForm.Get("session"))
		here := false
		if err == nil {
			here, err = own.End(r.Context(), caller, which, cookie.Browser(r), address(r))
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if here {
			http.SetCookie(w, cookie.New("", identity.SessionLifetime))
			return seeOther(w, goodbyePath("signed-out", caller))
		}
		return seeOther(w, "/account?done=session-ended#sessions")
	})
}

// eraseMe forgets the person.
func eraseMe(s accountView, erasure *account.Erasure) Form {
	return form("erase", identity.ByPerson.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.account(r, caller)
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
			return seeOther(w, goodbyePath("erased", caller))
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Erase.Open, v.Erase.Problems = true, problems(f, map[string]string{"sure": "sure"})
		return s.show(w, r, f.Code.Status(), v)
	})
}
