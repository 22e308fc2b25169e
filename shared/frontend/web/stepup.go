package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// stepUpURL is the page on which people prove again that it is them, and stepUpField and stepUpAgain are the fields that are its own:
// all others are those of the form that asked for it.
const (
	stepUpURL   = "/step-up"
	stepUpField = "step-up-code"
	stepUpAgain = "step-up-again"
)

// stepUp leads to the page on which the person proves again that it is them. A form goes along: 307 has the browser send it to there as
// it was typed (RFC 9110 section 15.4.8), and the page sends it back here. It returns no error.
func stepUp(w http.ResponseWriter, r *http.Request) error {
	q := url.Values{"to": {r.URL.RequestURI()}}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", stepUpURL+"?"+q.Encode())
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusTemporaryRedirect)
	} else {
		w.WriteHeader(http.StatusSeeOther)
	}
	return nil
}

// ownPath is one of our own pages, as a query names it, with its own query; "" for anything else.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil || u.Fragment != "" ||
		!strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(u.Path, "\\\r\n\t") || u.Path == stepUpURL {
		return ""
	}
	return u.RequestURI()
}

// backOf is where somebody goes who doesn't step up: the page that the form is on.
func backOf(to string, form url.Values) string {
	path, _, _ := strings.Cut(to, "?")
	if page, ok := map[string]string{"/checkout/start": "/checkout", "/portal/billing": "/portal"}[path]; ok {
		if which, err := id.ParseAgency(form.Get("agency")); err == nil {
			page += "?agency=" + string(which)
		}
		return page
	}
	switch {
	case path == "/upgrade/start":
		return upgradeFrom(form)
	case strings.HasPrefix(path, "/sign-in/with/"):
		return "/account"
	}
	return path
}

// StepUpPage has people prove again that it is them, by a code that it mails, and leads to where that was asked for: with the form that
// was sent there, which it carries as it came.
func StepUpPage(s *Site, auth *signin.Authenticator, codes *signin.Codes, stepUps *signin.StepUps) *Page {
	p := s.page("stepUpPage", auth, identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		to := cmp.Or(ownPath(r.URL.Query().Get("to")), "/account")
		if caller.SteppedUp(s.now()) == nil {
			return seeOther(w, to)
		}
		return s.show(w, r, http.StatusOK, stepUpView(s, r, caller, to))
	}, form("", identity.ByPerson, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		to := ownPath(r.URL.Query().Get("to"))
		if to == "" {
			return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
		}
		v := stepUpView(s, r, caller, to)
		typed, entered := r.PostForm[stepUpField]
		if caller.SteppedUp(s.now()) == nil { // in another tab meanwhile
			return v.on(w)
		}
		if entered && r.PostForm.Get(stepUpAgain) == "" {
			_, err := stepUps.ByCode(r.Context(), caller, strings.Join(typed, ""), cookie.Browser(r), address(r))
			if err == nil {
				return v.on(w)
			}
			f, err := ours(r, err)
			if err != nil {
				return err
			}
			v.Asked = true
			v.Problems, v.Spent = problems(f, map[string]string{"code": "code", "flow": "code"}), identity.Spent(f)
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		return askStepUp(w, r, s, codes, caller, v)
	}))
	p.Forms[0].primary = true
	p.whole = true
	return p
}

// askStepUp mails a code to the caller, unless the browser has one that can still be used, and asks for it.
func askStepUp(
	w http.ResponseWriter, r *http.Request, s *Site, codes *signin.Codes, caller identity.Caller, v stepping,
) error {
	v.Asked = true
	again := r.PostForm.Get(stepUpAgain) != ""
	waiting, err := codes.Waiting(r.Context(), cookie.Browser(r), caller.Email)
	if err != nil {
		return err
	}
	if waiting && !again {
		return s.show(w, r, http.StatusOK, v)
	}
	flow, err := codes.Request(r.Context(), caller.Email, cookie.Browser(r), address(r))
	if err == nil {
		http.SetCookie(w, cookie.Flow(flow))
		v.Wait = seconds(identity.CodeApart)
		if again {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("signin.code_again")}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	if waiting {
		v.Wait, v.Note = seconds(f.Retry), page.Note{Tone: page.Wait, Text: f.Message}
	} else {
		v.Asked, v.Problems = false, problems(f, nil)
	}
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}

// stepping is the page with what it leads on to.
type stepping struct {
	page.StepUp

	to   string
	post bool // whether a form is sent there
}

// on leads to where the step-up was asked for.
func (v stepping) on(w http.ResponseWriter) error {
	if !v.post {
		return seeOther(w, v.to)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", v.to)
	w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}

// stepUpView is the page for the caller, with the form that it carries.
func stepUpView(s *Site, r *http.Request, caller identity.Caller, to string) stepping {
	v := stepping{to: to, post: len(r.PostForm) > 0}
	v.Brand, v.Email = s.brand, string(caller.Email)
	v.URL = stepUpURL + "?" + url.Values{"to": {to}}.Encode()
	v.Back = backOf(to, r.PostForm)
	own := []string{stepUpField, stepUpAgain, page.TokenField}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		if !slices.Contains(own, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			v.Carried = append(v.Carried, page.Carried{Name: name, Value: value})
		}
	}
	return v
}
