package web

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
)

// OfficeWith leads to the provider that an agency has of its own, and keeps in the browser what the answer is held to.
func OfficeWith(auth *signin.Authenticator, offices *signin.Offices) *Redirect {
	return provider("officeWith", auth, byOffice, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		at, err := id.ParseAgency(r.PathValue("agencyId"))
		if err != nil {
			return err
		}
		if form := r.URL.Query().Get("step-up"); form != "" {
			return confirmAtOffice(w, r, offices, caller, at, form)
		}
		return toOffice(w, r, offices, at)
	})
}

// OfficeFrom is where it leads back to. It changes something though it is a GET, as SignInFrom does.
func OfficeFrom(auth *signin.Authenticator, offices *signin.Offices, codes *signin.Codes, now func() time.Time) *Redirect {
	return provider("officeFrom", auth, byOffice, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		at, err := id.ParseAgency(r.PathValue("agencyId"))
		if err != nil {
			return err
		}
		return fromOffice(w, r, offices, codes, caller, at, now())
	})
}

// byOffice is of who goes to an agency's own provider and comes back: anybody, and whom it let in before.
var byOffice = identity.ByVisitor.AlsoBound()

// confirmAtOffice leads to the provider by which somebody was let in, and at which that person proves again to be who it is.
func confirmAtOffice(w http.ResponseWriter, r *http.Request, offices *signin.Offices, caller identity.Caller, at id.Agency, form string,
) error {
	if !ourOwn(r) {
		return fault.New(fault.CrossOrigin, "errors.to_protect_you_we_take_changes")
	}
	to, sealed, err := offices.BeginStepUp(r.Context(), caller, at, form, address(r))
	if why := signin.NotBegun(err); why != "" {
		note(r.Context(), fault.As(err))
		return seeOther(w, keptPath(form, why, identity.OfAgency(at)))
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie.SetErrand(sealed))
	return seeOther(w, to)
}

// toOffice leads to the provider that an agency has of its own.
func toOffice(w http.ResponseWriter, r *http.Request, offices *signin.Offices, at id.Agency) error {
	next, fresh := officeNext(r.URL.Query().Get("next")), r.URL.Query().Get("fresh") != ""
	to, sealed, err := offices.Begin(r.Context(), at, next, fresh, address(r))
	if why := signin.NotBegun(err); why != "" {
		note(r.Context(), fault.As(err))
		return seeOther(w, officeSetbackPath(why, at, next, fresh))
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie.SetErrand(sealed))
	return seeOther(w, to)
}

// officeSetbackPath is the page on which somebody reads why an agency's own provider did not sign them in: for who has tested it the
// settings' page.
func officeSetbackPath(why signin.Setback, at id.Agency, next string, fresh bool) string {
	return joinQuery(officeBack(at, next, fresh), url.Values{"problem": {string(why)}})
}

// officeBack is the page that somebody comes from who went to an agency's own provider.
func officeBack(at id.Agency, next string, fresh bool) string {
	if fresh && next == ownSignInURL {
		return ownSignInURL
	}
	return officePath(at, next)
}

// fromOffice is where the provider that an agency has of its own leads back to.
func fromOffice(w http.ResponseWriter, r *http.Request, offices *signin.Offices, codes *signin.Codes, caller identity.Caller, at id.Agency,
	now time.Time) error {
	q := r.URL.Query()
	e, err := offices.Errand(cookie.Errand(r), at, q.Get("state"))
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie.SetErrand(""))
	a := signin.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss")}
	out, err := offices.Finish(r.Context(), caller, e, a, cookie.Browser(r), address(r), cookie.Of(r))
	switch {
	case err != nil:
		return err
	case out.Opened != nil:
		signedIn(w, out.Opened)
		return seeOther(w, cmp.Or(e.Next, "/home"))
	case out.Ask != nil:
		setback, err := askLinking(w, r, codes, out.Ask, "", now)
		if err != nil {
			return err
		}
		if setback != nil {
			return seeOther(w, joinQuery(officeBack(at, e.Next, e.Fresh), setback))
		}
		return seeOther(w, codePath("/sign-in", out.Ask.To, "", now, url.Values{"next": {e.Next}, "with": {string(at)}}))
	}
	if out.Setback != "" {
		event.Annotate(r.Context(), "setback", string(out.Setback))
	}
	if e.Session != "" {
		return seeOther(w, keptPath(e.Form, out.Setback, e.Provider))
	}
	return seeOther(w, officeSetbackPath(out.Setback, at, e.Next, e.Fresh))
}
