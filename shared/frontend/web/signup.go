package web

import (
	"context"
	"net/http"
	"net/url"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// SignUpPage asks for what an agency is made from; with step=code for the code that was sent to the address in the query,
// which keeps what was typed. The idempotency key of the form is not in the query: a code makes one agency.
func SignUpPage(s *Site, auth *signin.Authenticator, codes *signin.Codes, signIns *signin.SignIns, signUps *signin.SignUps,
	prices *billing.Prices) *Page {
	return s.page("signUpPage", auth, identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		q := r.URL.Query()
		v := page.SignUp{Brand: s.brand, Person: string(caller.Email), Key: newKey(), Name: q.Get("name"), Email: q.Get("email")}
		if m, ok := mailedOf(words.English, q, s.now()); ok && q.Get("step") == "code" && !caller.SignedIn() {
			if _, _, err := (signin.NewAgency{Name: v.Name}).Check(); err == nil {
				v.Email, v.AskCode, v.Note = string(m.to), true, m.note
			}
		}
		return s.signUpForm(w, r, http.StatusOK, v, prices)
	}, signUp(s, codes, signIns, signUps, prices))
}

// signUpNames are the fields of the sign-up form.
var signUpNames = map[string]string{"name": "name", "email": "email", "code": "code"}

// signUp makes an agency: at once for a person who is signed in; else it mails a code, leads to the address that asks for it,
// and makes the agency when that comes back.
func signUp(s *Site, codes *signin.Codes, signIns *signin.SignIns, signUps *signin.SignUps, prices *billing.Prices) Form {
	return form("sign-up", identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx, form := r.Context(), r.PostForm
		v := page.SignUp{Brand: s.brand, Person: string(caller.Email), Key: form.Get("key"), Name: form.Get("name"),
			Email: form.Get("email"), Code: form.Get("code")}
		n := signin.NewAgency{Name: v.Name}
		held := credentials(r).Session
		coded := form.Get("step") == "code" && !caller.SignedIn()
		var opened *identity.Opened
		var known *http.Cookie
		_, _, err := n.Check()
		if err == nil && !caller.SignedIn() {
			var who email.Address
			if who, err = email.Parse("email", v.Email); err == nil {
				v.Email = string(who)
				if !coded {
					var flow string
					if flow, err = codes.Request(ctx, who, cookie.Browser(r), address(r)); err == nil {
						http.SetCookie(w, cookie.Flow(flow))
						return seeOther(w, codePath("/sign-up", who, form.Get("again"), s.now(), url.Values{"name": {v.Name}}))
					}
				} else {
					v.AskCode = true
					if opened, err = signIns.SignIn(ctx, who, v.Code, cookie.Browser(r), address(r), held); err == nil {
						held, caller = opened.Cookie, opened.Session.Person()
						// From here on the person is signed in, whatever becomes of the agency.
						known = cookie.Known(opened.Known)
						signedIn(w, opened)
						v.AskCode, v.Person = false, string(who)
					}
				}
			}
		}
		if err == nil {
			a, fresh, _, made := signUps.SignUp(ctx, caller, held, n, once(form), address(r))
			if err = made; err == nil {
				event.Annotate(ctx, "agency", string(a.ID))
				w.Header().Del("Set-Cookie")
				if known != nil {
					http.SetCookie(w, known)
				}
				http.SetCookie(w, cookie.New(fresh, caller.Since.Add(identity.SessionLifetime).Sub(s.now())))
				return seeOther(w, afterCode(opened, "/home"))
			}
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Problems = problems(f, signUpNames)
		waiting, err := codeWaits(r, codes, f, email.Address(v.Email))
		if err != nil {
			return err
		}
		if waiting {
			v.AskCode, v.Problems, v.Note = true, nil, page.Note{Tone: page.Wait, Text: f.Message}
		}
		retryAfter(w, f)
		return s.signUpForm(w, r, f.Code.Status(), v, prices)
	})
}

// signUpForm shows the page; before the code is asked for, with what Max costs.
func (s *Site) signUpForm(w http.ResponseWriter, r *http.Request, status int, v page.SignUp, prices *billing.Prices) error {
	if !v.AskCode {
		var err error
		if v.Max, err = planBill(r.Context(), prices); err != nil {
			return err
		}
	}
	return s.show(w, r, status, v)
}

// planBill is what Max costs; nil where it is not sold by card.
func planBill(ctx context.Context, prices *billing.Prices) (*page.Bill, error) {
	plan, err := prices.Plan(ctx)
	if fault.Is(err, fault.PaymentsOff) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := bill(plan, words.English)
	return &b, err
}

// AgenciesPage lets a person choose for which of its agencies it acts.
func AgenciesPage(s *Site, auth *signin.Authenticator, workplaces *signin.Workplaces, waiting *onboarding.Waiting) *Page {
	return s.page("agenciesPage", auth, identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		places, portals, err := workplaces.List(r.Context(), caller)
		if err != nil {
			return err
		}
		v := page.Agencies{Brand: s.brand, Person: string(caller.Email), Portals: portals}
		if v.Waiting, err = s.invited(r, waiting, caller); err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "deleted" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("agencies.deleted")}
		}
		if r.URL.Query().Get("done") == "left" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("agencies.left")}
		}
		for _, p := range places {
			brand := brandOf(p.Agency)
			brand.LogoURL = "" // of many agencies, each would be a request
			v.Places = append(v.Places, page.Employer{ID: string(p.Agency.ID), Brand: brand,
				Level: levelWord(words.English, p.Level), Here: p.Here})
		}
		return s.show(w, r, http.StatusOK, v)
	}, switchAgency(s, workplaces))
}

// switchAgency has the session act for another agency.
func switchAgency(s *Site, workplaces *signin.Workplaces) Form {
	return form("switch", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx, held := r.Context(), credentials(r)
		to, err := id.ParseAgency(r.PostForm.Get("agency"))
		if err != nil {
			return err
		}
		fresh, session, err := workplaces.Switch(ctx, caller, held.Session, to)
		if err != nil {
			return err
		}
		http.SetCookie(w, cookie.New(fresh, session.ExpiresAt.Sub(s.now())))
		return seeOther(w, "/home")
	})
}
