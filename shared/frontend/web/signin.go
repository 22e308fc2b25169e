package web

import (
	"cmp"
	"net/http"
	"strings"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// HomePage leads everybody to where they belong.
func HomePage(s *Site, auth *signin.Authenticator) *Page {
	return s.page("homePage", auth, identity.ByVisitor, func(w http.ResponseWriter, _ *http.Request, caller identity.Caller) error {
		switch {
		case !caller.SignedIn():
			return seeOther(w, "/sign-in")
		case caller.Agency != "":
			return seeOther(w, "/clients")
		}
		return seeOther(w, "/portal")
	})
}

// SignInPage asks for the address, or with step=code for address and code.
func SignInPage(s *Site, auth *signin.Authenticator, codes *signin.Codes) *Page {
	return s.page("signInPage", auth, identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if caller.SignedIn() {
			return s.show(w, r, http.StatusOK, page.SignedIn{Brand: s.brand, Email: string(caller.Email), Home: cmp.Or(onward(r.URL.Query().Get("next")), "/")})
		}
		q := r.URL.Query()
		v := page.SignIn{Brand: s.brand, Email: q.Get("email"), AskCode: q.Get("step") == "code", Next: onward(q.Get("next"))}
		if text := goodbyes[q.Get("done")]; text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		return s.show(w, r, http.StatusOK, v)
	}, signIn(s, codes), requestCode(s, codes))
}

// goodbyes are what the sign-in page says to somebody who has just gone, by the word that the redirect carries.
var goodbyes = map[string]string{
	"signed-out": "You are signed out.",
	"everywhere": "You are signed out on every device.",
	"erased":     "Your data is erased, and you are signed out.",
}

// signInNames are the fields of the sign-in forms.
var signInNames = map[string]string{"email": "email", "code": "code"}

// requestCode mails a code and asks for it. The answer is the same whether or not the address is known.
func requestCode(s *Site, codes *signin.Codes) Form {
	return form("code", identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v := page.SignIn{Brand: s.brand, Email: r.PostForm.Get("email"), Next: onward(r.PostForm.Get("next"))}
		to, err := email.Parse("email", v.Email)
		if err == nil {
			v.Email, v.Fixed = string(to), true
			err = codes.Request(r.Context(), to, address(r))
		}
		if err != nil {
			f, err := ours(r, err)
			if err != nil {
				return err
			}
			v.Problems = problems(f, signInNames)
			if strings.HasPrefix(f.Limit.Name, "codes") { // one is out, or several are: it may as well be used
				v.AskCode, v.Problems, v.Wait = true, nil, seconds(f.Retry)
				v.Note = page.Note{Tone: page.Wait, Text: f.Message}
			}
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		v.AskCode, v.Wait = true, seconds(identity.CodeApart)
		if r.PostForm.Get("again") != "" {
			v.Note = page.Note{Tone: page.Good, Text: "A new code is on its way. Only the newest one works."}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// signIn exchanges a code for a session.
func signIn(s *Site, codes *signin.Codes) Form {
	return form("sign-in", identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v := page.SignIn{Brand: s.brand, AskCode: true, Email: r.PostForm.Get("email"), Code: r.PostForm.Get("code"), Next: onward(r.PostForm.Get("next"))}
		who, err := email.Parse("email", v.Email)
		if err == nil {
			v.Email, v.Fixed = string(who), true
			var secret string
			if secret, _, err = codes.SignIn(r.Context(), who, v.Code, address(r), credentials(r).Session); err == nil {
				http.SetCookie(w, cookie.New(secret, identity.SessionLifetime))
				return seeOther(w, cmp.Or(v.Next, "/"))
			}
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Problems, v.Spent = problems(f, signInNames), identity.Spent(f)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// signOut ends the session, and leads to the sign-in or back to the invitation that was being looked at.
func signOut(codes *signin.Codes) Form {
	return form("sign-out", identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		if c := credentials(r); c.Session != "" {
			if err := codes.SignOut(r.Context(), c.Session); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		http.SetCookie(w, cookie.New("", identity.SessionLifetime))
		if token, ok := strings.CutPrefix(r.PostForm.Get("next"), "/i/"); ok {
			if _, _, err := link.Locate(token); err == nil { // of our own making, so it leads nowhere else
				return seeOther(w, invitationPath(token))
			}
		}
		if next := onward(r.PostForm.Get("next")); next != "" {
			return seeOther(w, signInPath(next))
		}
		return seeOther(w, "/sign-in?done=signed-out")
	})
}
