package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/ownsignin"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// ownSignInURL is the settings' page of an agency's own provider.
const ownSignInURL = "/settings/sign-in"

// officePath is an agency's own way in, from which one goes on to the next page.
func officePath(at id.Agency, next string) string {
	path := "/sign-in/at/" + string(at)
	if next != "" {
		path += "?next=" + url.QueryEscape(next)
	}
	return path
}

// officeBegin is where one goes to an agency's own provider. fresh has it ask the person again.
func officeBegin(at id.Agency, next string, fresh bool) string {
	q := url.Values{}
	if next != "" {
		q.Set("next", next)
	}
	if fresh {
		q.Set("fresh", "1")
	}
	path := "/sign-in/at/" + string(at) + "/with"
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// OwnSignInPage shows the provider that an agency has of its own; with remove in the query it asks about removing it.
func OwnSignInPage(s *Site, auth *signin.Authenticator, directory *ownsignin.Directory, settings *ownsignin.Settings) *Page {
	who := identity.ByStaff(identity.AgencyRead)
	return s.page("ownSignInPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.ownSignIn(r.Context(), directory, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v.Note = ownSignInNote(q, v.Provider, s.now())
		v.Edit = v.Edit || q.Get("edit") != "" && v.Owner
		v.Removing = q.Get("remove") != "" && v.Owner && v.Provider != ""
		return s.show(w, r, http.StatusOK, v)
	}, primary(saveOwnSignIn(s, directory, settings)), requireOwnSignIn(s, directory, settings), removeOwnSignIn(s, directory, settings))
}

// ownSignIn prepares the page.
func (s *Site) ownSignIn(ctx context.Context, directory *ownsignin.Directory, caller identity.Caller) (page.OwnSignIn, error) {
	x, err := directory.Get(ctx, caller)
	if err != nil {
		return page.OwnSignIn{}, err
	}
	a := x.Agency
	v := page.OwnSignIn{Workspace: workspace(a, caller, page.InSettings), Tab: "sign-in", Owner: x.Owner, Max: a.Plan == agency.Max,
		Redirect: s.at + "/sign-in/at/" + string(a.ID) + "/from"}
	if !a.SignIn.Set() {
		v.Edit = x.Owner && v.Max
		return v, nil
	}
	v.Provider, v.Name, v.Issuer, v.ClientID = a.SignIn.Name, a.SignIn.Name, a.SignIn.Issuer, a.SignIn.ClientID
	v.Required, v.Tested, v.Stored = a.SignIn.Required, x.Tested, true
	v.Link = s.at + officePath(a.ID, "")
	v.TestURL = officeBegin(a.ID, ownSignInURL, true)
	v.Linked, v.People = x.Linked, x.People
	for _, d := range x.Domains {
		v.Domains = append(v.Domains, d.Shown())
	}
	return v, nil
}

// ownSignInNote says what was done, or why the test failed.
func ownSignInNote(q url.Values, provider string, now time.Time) page.Note {
	switch q.Get("done") {
	case "saved":
		return page.Note{Tone: page.Good, Text: words.Say("ownsignin.saved")}
	case "required":
		return page.Note{Tone: page.Good, Text: words.Say("ownsignin.now_required", "provider", provider)}
	case "optional":
		return page.Note{Tone: page.Good, Text: words.Say("ownsignin.now_optional")}
	case "removed":
		return page.Note{Tone: page.Good, Text: words.Say("ownsignin.removed")}
	}
	why := signin.Setback(q.Get("problem"))
	text := officeSetback(q, provider, now)
	if why == signin.NoProvider {
		text = words.Say("ownsignin.no_provider")
	}
	if text != "" && provider != "" {
		return page.Note{Tone: page.Bad, Text: text}
	}
	return page.Note{}
}

// officeSetback says why an agency's own provider has not signed somebody in; "" for nothing to say.
func officeSetback(q url.Values, provider string, now time.Time) string {
	switch signin.Setback(q.Get("problem")) {
	case signin.TooMany:
		return tooMany(words.English, q, now)
	case signin.Canceled:
		return words.Say("ownsignin.canceled", "provider", provider)
	case signin.Unavailable:
		return words.Say("ownsignin.unavailable", "provider", provider)
	case signin.Refused:
		return words.Say("ownsignin.refused", "provider", provider)
	case signin.NoAddress:
		return words.Say("ownsignin.no_address", "provider", provider)
	case signin.NoProvider:
		return words.Say("ownsignin.not_set_up", "provider", provider)
	case signin.NotMember:
		return words.Say("ownsignin.not_member", "provider", provider)
	}
	return ""
}

// registration is what the form says.
func registration(form url.Values) agency.Registration {
	in := agency.Registration{Name: form.Get("name"), Issuer: form.Get("issuer"), ClientID: form.Get("client-id")}
	if secret := form.Get("client-secret"); secret != "" {
		in.Secret = &secret
	}
	return in
}

func saveOwnSignIn(s *Site, directory *ownsignin.Directory, settings *ownsignin.Settings) Form {
	return form("save", identity.ByOwner(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if _, err := settings.Set(r.Context(), caller, registration(r.PostForm)); err != nil {
			return s.refuseOwnSignIn(w, r, directory, caller, err)
		}
		return seeOther(w, ownSignInURL+"?done=saved")
	})
}

func requireOwnSignIn(s *Site, directory *ownsignin.Directory, settings *ownsignin.Settings) Form {
	return form("require", identity.ByOwner(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		required, done := r.PostForm.Get("required") != "", "optional"
		if required {
			done = "required"
		}
		if _, err := settings.Require(r.Context(), caller, required); err != nil {
			return s.refuseOwnSignIn(w, r, directory, caller, err)
		}
		return seeOther(w, ownSignInURL+"?done="+done)
	})
}

func removeOwnSignIn(s *Site, directory *ownsignin.Directory, settings *ownsignin.Settings) Form {
	return form("remove", identity.ByOwner(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if err := settings.Remove(r.Context(), caller); err != nil {
			return s.refuseOwnSignIn(w, r, directory, caller, err)
		}
		if caller.By.Bound != "" { // the session that did it is over with it
			return seeOther(w, "/sign-in?done=own-removed")
		}
		return seeOther(w, ownSignInURL+"?done=removed")
	})
}

// refuseOwnSignIn shows the page with what was typed, but for the secret, and what is wrong with it.
func (s *Site) refuseOwnSignIn(w http.ResponseWriter, r *http.Request, directory *ownsignin.Directory, caller identity.Caller, err error,
) error {
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v, err := s.ownSignIn(r.Context(), directory, caller)
	if err != nil {
		return err
	}
	v.Problems = problems(f, map[string]string{"name": "name", "issuer": "issuer", "clientId": "client-id",
		"clientSecret": "client-secret"})
	if r.PostForm.Get("do") != "require" && r.PostForm.Get("do") != "remove" {
		v.Edit = true
		v.Name, v.Issuer, v.ClientID = r.PostForm.Get("name"), r.PostForm.Get("issuer"), r.PostForm.Get("client-id")
	}
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}

// OfficePage is an agency's own way in: the button of its provider, and for owners the way in when that fails.
func OfficePage(s *Site, auth *signin.Authenticator, finder *signin.OfficeFinder, without *signin.Without) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, change func(*page.Office) int) error {
		at, err := id.ParseAgency(r.PathValue("agencyId"))
		if err != nil {
			return err
		}
		way, err := finder.At(r.Context(), at)
		if err != nil {
			return err
		}
		next := officeNext(r.URL.Query().Get("next"))
		v := page.Office{Brand: brandOf(way.Agency), Agency: way.Agency.Name, Provider: way.Provider, Email: string(caller.Email),
			URL: officePath(at, next), Button: officeBegin(at, next, false), SignIn: "/sign-in?next=" + url.QueryEscape(officePath(at, ""))}
		if text := officeSetback(r.URL.Query(), way.Provider, s.now()); text != "" {
			v.Note = page.Note{Tone: page.Wait, Text: text}
		}
		if v.Owner, err = finder.Owner(r.Context(), caller, at); err != nil {
			return err
		}
		status := http.StatusOK
		if change != nil {
			status = change(&v)
		}
		return s.show(w, r, status, v)
	}
	return s.page("officePage", auth, identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		return show(w, r, caller, nil)
	}, form("enter", identity.ByPerson.SteppedInside(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		at, err := id.ParseAgency(r.PathValue("agencyId"))
		if err != nil {
			return err
		}
		fresh, session, err := without.Enter(r.Context(), caller, credentials(r).Session, at)
		if err == nil {
			http.SetCookie(w, cookie.New(fresh, session.ExpiresAt.Sub(s.now())))
			next := officeNext(r.URL.Query().Get("next"))
			if next == "" {
				next = "/home"
			}
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		switch {
		case err != nil:
			return err
		case f.Code == fault.NotFound || f.Code == fault.Unauthenticated:
			return f
		}
		retryAfter(w, f)
		return show(w, r, caller, func(v *page.Office) int {
			v.Problems = problems(f, nil)
			return f.Code.Status()
		})
	}))
}

// officeNext is a page of an agency's office to go on to, as a query names it; "" for anything else.
func officeNext(next string) string {
	if next = ownPath(next); len(next) > 500 {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(next, "/"), "?")
	first, _, _ = strings.Cut(first, "/")
	switch first {
	case "home", "clients", "client-portal", "contacts", "instances", "services", "activity", "marketplace", "settings", "upgrade",
		"sandbox":
		return next
	}
	return ""
}
