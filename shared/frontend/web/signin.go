package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// StartPage leads everybody to where they belong.
func StartPage(s *Site, auth *signin.Authenticator) *Page {
	who := identity.ByVisitor.AlsoBound()
	return s.page("startPage", auth, who, func(w http.ResponseWriter, _ *http.Request, caller identity.Caller) error {
		switch {
		case !caller.SignedIn():
			return seeOther(w, "/sign-in")
		case caller.Agency != "":
			return seeOther(w, "/home")
		}
		return seeOther(w, "/portal")
	})
}

// SignInPage asks for the address, or with step=code for the code: for one that was sent to the address in the query, when
// the query tells when that was; else for address and code.
func SignInPage(s *Site, auth *signin.Authenticator, codes *signin.Codes, signIns *signin.SignIns, finder *signin.OfficeFinder,
	providers []identity.OpenIDProvider) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		l := words.In(r.Context())
		q := r.URL.Query()
		m, sent := mailedOf(l, q, s.now())
		// Whoever comes from an agency's own provider may be signed in already, such as an owner who tests it.
		proves := sent && q.Get("step") == "code" && identity.ProviderID(q.Get("with")).Agency() != ""
		if caller.SignedIn() && !proves {
			home := cmp.Or(onward(q.Get("next")), "/")
			return s.show(w, r, http.StatusOK, page.SignedIn{Brand: s.brand, Email: string(caller.Email), Home: home,
				Note: setbackNote(l, q, providers, s.now())})
		}
		v := page.SignIn{Brand: s.brand, Email: q.Get("email"), AskCode: q.Get("step") == "code", Next: onward(q.Get("next")),
			Note: setbackNote(l, q, providers, s.now())}
		v.Providers = buttons(l, providers, v.Next)
		if sent && v.AskCode {
			v.Email, v.Fixed, v.Wait, v.Note = string(m.to), true, seconds(m.wait), m.note
			if proves := provesNote(l, q, providers); proves.Text != "" {
				v.With, v.Note = q.Get("with"), proves
			}
			if err := offices(r, &v, finder, m.to); err != nil {
				return err
			}
		}
		if text := goodbye(l, q, providers); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return speaks(s.page("signInPage", auth, identity.ByVisitor, show, primary(signIn(s, signIns)), requestCode(s, codes, providers)),
		words.SignIn, words.Passkeys, words.Meant)
}

// offices puts on the page what agencies' own providers have to do with it: that somebody comes from one, whose address a code proves, or
// else the button of the one whose agency has the address's domain, and demands it of its people. That one is shown whoever asks.
func offices(r *http.Request, v *page.SignIn, finder *signin.OfficeFinder, of email.Address) error {
	l := words.In(r.Context())
	if finder == nil { // a page by itself
		return nil
	}
	if at := identity.ProviderID(r.URL.Query().Get("with")).Agency(); at != "" {
		way, err := finder.At(r.Context(), at)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		v.With, v.Next = string(at), officeNext(r.URL.Query().Get("next"))
		v.Note = page.Note{Tone: page.Wait, Text: l.Say("signin.provider_code", "provider", way.Provider)}
		return nil
	}
	way, err := finder.For(r.Context(), of)
	if err != nil || way == nil {
		return err
	}
	v.Office = page.OfficeButton{Agency: way.Agency.Name, Provider: way.Provider,
		URL: officeBegin(way.Agency.ID, officeNext(v.Next), false)}
	return nil
}

// nextOf is where somebody goes on who sends one of the forms.
func nextOf(form url.Values) string {
	if identity.ProviderID(form.Get("with")).Agency() != "" {
		return officeNext(form.Get("next"))
	}
	return onward(form.Get("next"))
}

// mailed is what the address of a page that asks for a code tells about it, so that the page can be loaded again without
// another mail.
type mailed struct {
	to   email.Address
	wait time.Duration // until another code can be asked for
	note page.Note     // after another code was asked for
}

// mailedOf reads it out of a query; false when it tells of no code.
func mailedOf(l words.Language, q url.Values, now time.Time) (mailed, bool) {
	to, err := email.Parse("email", q.Get("email"))
	if err != nil {
		return mailed{}, false
	}
	sent, err := strconv.ParseInt(q.Get("sent"), 10, 64)
	if err != nil {
		return mailed{}, false
	}
	m := mailed{to: to, wait: min(max(0, time.Unix(sent, 0).Add(identity.CodeApart).Sub(now)), identity.CodeApart)}
	if q.Get("again") != "" {
		m.note = page.Note{Tone: page.Good, Text: l.Say("signin.code_again")}
	}
	return m, true
}

// codePath is the page's address at which it asks for a code that was sent now, with what else the page is to remember.
// Parts that are empty are left out.
func codePath(path string, to email.Address, again string, now time.Time, more url.Values) string {
	sent := now.Add(time.Second - 1).Unix() // rounded up, so that nobody is told to ask again too early
	q := url.Values{"step": {"code"}, "email": {string(to)}, "sent": {strconv.FormatInt(sent, 10)}}
	if again != "" {
		q.Set("again", "1")
	}
	for name := range more {
		if value := more.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	return path + "?" + q.Encode()
}

// goodbyePath is where somebody is led who has just gone, by the word that goodbye knows. Who came by a provider stays signed in there,
// since signing out is our own affair (OpenID Connect has other ways, which sign out of everything else, too).
func goodbyePath(done string, caller identity.Caller) string {
	q := url.Values{"done": {done}}
	switch {
	case caller.By.Bound != "": // whose name is the agency's to say
		q.Set("with", string(identity.Provider))
	case caller.By.Way == identity.Provider:
		q.Set("with", cmp.Or(string(caller.By.Provider), string(identity.Provider)))
	}
	return "/sign-in?" + q.Encode()
}

// goodbye is what the sign-in page says to somebody who has just gone, by the word that the redirect carries.
func goodbye(l words.Language, q url.Values, providers []identity.OpenIDProvider) string {
	var text string
	switch q.Get("done") {
	case "signed-out":
		text = l.Say("signin.signed_out")
	case "everywhere":
		text = l.Say("signin.everywhere")
	case "erased":
		text = l.Say("signin.erased")
	case "own-removed":
		text = l.Say("ownsignin.removed")
	default:
		return ""
	}
	switch p, ok := identity.FindProvider(providers, identity.ProviderID(q.Get("with"))); {
	case ok:
		text += " " + l.Say("signin.still_at", "provider", p.Name)
	case q.Get("with") == string(identity.Provider):
		text += " " + l.Say("signin.still_somewhere")
	}
	return text
}

// signInNames are the fields of the sign-in forms.
var signInNames = map[string]string{"email": "email", "code": "code", "flow": "code"}

// signedIn has the browser keep a session, and that the address has signed in with it.
func signedIn(w http.ResponseWriter, opened *identity.Opened) {
	http.SetCookie(w, cookie.New(opened.Cookie, identity.SessionLifetime))
	http.SetCookie(w, cookie.Known(opened.Known))
}

// requestCode mails a code, and leads to the address that asks for it. The answer is the same whether or not the address is
// known.
func requestCode(s *Site, codes *signin.Codes, providers []identity.OpenIDProvider) Form {
	return form("code", identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		l := words.In(r.Context())
		v := page.SignIn{Brand: s.brand, Email: r.PostForm.Get("email"), Next: nextOf(r.PostForm), With: r.PostForm.Get("with")}
		v.Providers = buttons(l, providers, v.Next)
		to, err := email.Parse("email", v.Email)
		if err == nil {
			v.Email, v.Fixed = string(to), true
			var flow string
			if flow, err = codes.Request(r.Context(), to, asking(r), address(r)); err == nil {
				http.SetCookie(w, cookie.Flow(flow))
				more := url.Values{"next": {v.Next}, "with": {v.With}}
				return seeOther(w, codePath("/sign-in", to, r.PostForm.Get("again"), s.now(), more))
			}
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Problems = problems(f, signInNames)
		waiting, err := codeWaits(r, codes, f, to)
		if err != nil {
			return err
		}
		if waiting {
			v.AskCode, v.Problems, v.Wait = true, nil, seconds(f.Retry)
			v.Note = page.Note{Tone: page.Wait, Text: f.Message}
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// codeWaits tells whether the browser, which was refused another code, has one that may as well be used.
func codeWaits(r *http.Request, codes *signin.Codes, f *fault.Error, to email.Address) (bool, error) {
	if !strings.HasPrefix(f.Limit.Name, "codes") {
		return false, nil
	}
	return codes.Waiting(r.Context(), cookie.Browser(r), to)
}

// signIn exchanges a code for a session.
func signIn(s *Site, signIns *signin.SignIns) Form {
	return form("sign-in", identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		form := r.PostForm
		v := page.SignIn{Brand: s.brand, AskCode: true, Email: form.Get("email"), Code: form.Get("code"), Next: nextOf(form),
			With: form.Get("with")}
		who, err := email.Parse("email", v.Email)
		if err == nil {
			v.Email, v.Fixed = string(who), true
			var opened *identity.Opened
			if opened, err = signIns.SignIn(r.Context(), who, v.Code, cookie.Browser(r), address(r), credentials(r).Session); err == nil {
				signedIn(w, opened)
				if opened.Session.By.Bound != "" { // which opens no account to look at
					return seeOther(w, cmp.Or(v.Next, "/"))
				}
				return seeOther(w, afterCode(opened, cmp.Or(onward(v.Next), "/")))
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

// signOut ends the session, and leads to the sign-in, or back to the invitation or link that was being looked at.
func signOut(sessions *signin.Sessions) Form {
	return form("sign-out", identity.ByVisitor.AlsoBound(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		if c := credentials(r); c.Session != "" {
			if err := sessions.End(r.Context(), c.Session); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		http.SetCookie(w, cookie.New("", identity.SessionLifetime))
		if token, ok := strings.CutPrefix(r.PostForm.Get("next"), "/i/"); ok {
			if _, _, err := link.Locate(token); err == nil { // of our own making, so it leads nowhere else
				return seeOther(w, invitationPath(token))
			}
		}
		if token, ok := strings.CutPrefix(r.PostForm.Get("next"), "/join/"); ok {
			if _, _, err := sharelink.Locate(token); err == nil {
				return seeOther(w, joinPath(token))
			}
		}
		if next := onward(r.PostForm.Get("next")); next != "" {
			return seeOther(w, signInPath(next))
		}
		return seeOther(w, goodbyePath("signed-out", caller))
	})
}
