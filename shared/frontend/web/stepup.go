package web

import (
	"cmp"
	"context"
	"maps"
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

// stepUpURL is the page on which people prove again that it is them. These fields are its own: all others are those of the form that
// asked for it.
const (
	stepUpURL   = "/step-up"
	stepUpField = "step-up-code"
	stepUpAgain = "step-up-again"
	stepUpWith  = "step-up-with" // the provider by which somebody proves it
	stepUpPosts = "step-up-posts"
	stepUpKept  = "step-up-kept" // names the form where it was kept meanwhile
)

var stepUpFields = []string{stepUpField, stepUpAgain, stepUpWith, stepUpPosts, stepUpKept}

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
	path, query, _ := strings.Cut(to, "?")
	at, ok := map[string]string{"/checkout/start": "/checkout", "/portal/billing": "/portal", "/portal/payer": "/portal/payer",
		"/portal/payer/card": "/portal/payer"}[path]
	if ok {
		asked, _ := url.ParseQuery(query) //nolint:errcheck // what cannot be read names no agency
		which, err := id.ParseAgency(cmp.Or(form.Get("agency"), asked.Get("agency")))
		if err != nil {
			return "/portal"
		}
		return at + "?agency=" + string(which)
	}
	if of, ok := strings.CutSuffix(path, "/payer/card"); ok {
		return of + "/payer"
	}
	switch {
	case path == "/upgrade/start":
		return upgradeFrom(form)
	case strings.HasPrefix(path, "/sign-in/with/"):
		return "/account"
	}
	return path
}

// StepUpPage has people prove again that it is them, by a code that it mails, a passkey, or an account at a provider, and leads to where
// that was asked for: with the form that was sent there, which it carries as it came.
func StepUpPage(s *Site, auth *signin.Authenticator, codes *signin.Codes, stepUps *signin.StepUps, ways *signin.StepUpWays,
	providers []identity.OpenIDProvider) *Page {
	who := identity.ByPerson.AlsoBound()
	p := s.page("stepUpPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		providers, err := ways.Providers(r.Context(), caller, providers)
		if err != nil {
			return err
		}
		if which := r.URL.Query().Get("kept"); which != "" {
			return backToStepUp(w, r, s, ways, providers, caller, which)
		}
		v := stepUpView(caller, &identity.Form{To: cmp.Or(ownPath(r.URL.Query().Get("to")), "/account")}, s.brand)
		if caller.SteppedUp(s.now()) == nil {
			return seeOther(w, led(v.form.To))
		}
		if err := v.offers(r.Context(), ways, providers, caller); err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, v.StepUp)
	}, form("", who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		to := ownPath(r.URL.Query().Get("to"))
		if to == "" {
			return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
		}
		providers, err := ways.Providers(r.Context(), caller, providers)
		if err != nil {
			return err
		}
		v := stepUpView(caller, carried(r.PostForm, to), s.brand)
		v.Kept = r.PostForm.Get(stepUpKept)
		if caller.SteppedUp(s.now()) == nil { // by a passkey, at a provider, or in another tab meanwhile
			return v.on(w, r, ways, caller)
		}
		if err := v.offers(r.Context(), ways, providers, caller); err != nil {
			return err
		}
		typed, entered := r.PostForm[stepUpField]
		with, ok := identity.FindProvider(providers, identity.ProviderID(r.PostForm.Get(stepUpWith)))
		switch {
		case ok:
			return stepUpAt(w, r, s, ways, caller, v, with.ID)
		case !ownForm(r.PostForm) && (v.Passkey || len(v.Providers) > 0): // who has other ways may not need a mail
			return s.show(w, r, http.StatusOK, v.StepUp)
		case !entered || r.PostForm.Get(stepUpAgain) != "":
			return askStepUp(w, r, s, codes, caller, v)
		}
		_, err = stepUps.ByCode(r.Context(), caller, strings.Join(typed, ""), cookie.Browser(r), address(r))
		if err == nil {
			return v.on(w, r, ways, caller)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v.Asked = true
		v.Problems, v.Spent = problems(f, map[string]string{"code": "code", "flow": "code"}), identity.Spent(f)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v.StepUp)
	}))
	p.Forms[0].primary = true
	p.whole = true
	return speaks(p,
		words.StepUp, words.Passkeys, words.SignIn)
}

// stepUpAt leads to a provider. What the person was about to do is kept meanwhile, and named in the address that leads back.
func stepUpAt(w http.ResponseWriter, r *http.Request, s *Site, ways *signin.StepUpWays, caller identity.Caller, v stepping,
	to identity.ProviderID) error {
	kept, err := identity.NewForm(v.form.To, v.form.Posts, v.form.Fields)
	if err == nil {
		err = ways.Keep(r.Context(), caller, kept)
	}
	if err == nil {
		path := "/sign-in/with/" + string(to)
		if at := to.Agency(); at != "" {
			path = officeBegin(at, "", false)
		}
		return seeOther(w, path+"?"+url.Values{"step-up": {kept.ID}}.Encode())
	}
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v.Problems = problems(f, nil)
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v.StepUp)
}

// backToStepUp shows what the person was about to do before it went to a provider: it goes on by a press of a button, or without one
// where there is script, or the page says what is wrong and offers the other ways.
func backToStepUp(w http.ResponseWriter, r *http.Request, s *Site, ways *signin.StepUpWays, providers []identity.OpenIDProvider,
	caller identity.Caller, which string) error {
	kept, err := ways.Kept(r.Context(), caller, which)
	if err != nil {
		return err
	}
	v := stepUpView(caller, kept, s.brand)
	v.Kept, v.Done = which, caller.SteppedUp(s.now()) == nil
	if v.Done && !kept.Posts && !begunHere(kept.To) {
		return seeOther(w, led(kept.To))
	}
	if !v.Done {
		if err := v.offers(r.Context(), ways, providers, caller); err != nil {
			return err
		}
		q := r.URL.Query()
		if with, ok := identity.FindProvider(providers, identity.ProviderID(q.Get("with"))); ok {
			v.Note = stepUpNote(words.In(r.Context()), signin.Setback(q.Get("problem")), with.Name)
		}
	}
	return s.show(w, r, http.StatusOK, v.StepUp)
}

// begunHere tells whether a path is of what begins from our own pages alone, such as connecting an account: to a browser that is led there
// it comes from the provider, so that a press of a button on our page goes on to it.
func begunHere(to string) bool { return strings.HasPrefix(to, "/sign-in/with/") }

// stepUpNote says why a provider's word was not enough; the zero Note for nothing.
func stepUpNote(l words.Language, why signin.Setback, provider string) page.Note {
	n := page.Note{Tone: page.Wait}
	switch why {
	case signin.Canceled:
		n.Text = l.Say("stepup.canceled", "provider", provider)
	case signin.Unavailable, signin.NoProvider:
		n.Text = l.Say("stepup.unavailable", "provider", provider)
	case signin.Refused:
		n.Text = l.Say("stepup.refused", "provider", provider)
	case signin.NotYours:
		n.Text = l.Say("stepup.not_yours", "provider", provider)
	case signin.NotFresh:
		n.Text = l.Say("stepup.not_fresh", "provider", provider)
	case signin.NotYou:
		n.Text = l.Say("stepup.not_you")
	default:
		return page.Note{}
	}
	return n
}

// keptPath is where somebody goes on who comes back from a provider: with what it was about to do, and why it did not prove anything;
// "" where it did.
func keptPath(which string, why signin.Setback, with identity.ProviderID) string {
	q := url.Values{"kept": {which}}
	if why != "" {
		q.Set("problem", string(why))
		q.Set("with", string(with))
	}
	return stepUpURL + "?" + q.Encode()
}

// askStepUp mails a code to the caller, unless the browser has one that can still be used, and asks for it.
func askStepUp(
	w http.ResponseWriter, r *http.Request, s *Site, codes *signin.Codes, caller identity.Caller, v stepping,
) error {
	v.Asked = true
	again := r.PostForm.Get(stepUpAgain) == "1" // in the place of another one, and not the first one
	waiting, err := codes.Waiting(r.Context(), cookie.Browser(r), caller.Email)
	if err != nil {
		return err
	}
	if waiting && !again {
		return s.show(w, r, http.StatusOK, v.StepUp)
	}
	flow, err := codes.Request(r.Context(), caller.Email, cookie.Browser(r), address(r))
	if err == nil {
		http.SetCookie(w, cookie.Flow(flow))
		v.Wait = seconds(identity.CodeApart)
		if again {
			v.Note = page.Note{Tone: page.Good, Text: words.In(r.Context()).Say("signin.code_again")}
		}
		return s.show(w, r, http.StatusOK, v.StepUp)
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
	return s.show(w, r, f.Code.Status(), v.StepUp)
}

// stepping is the page with what it leads on to.
type stepping struct {
	page.StepUp

	form *identity.Form
}

// led is where it leads by a link: to the page that was asked for, or that of the form which has not come along, as where the address was
// loaded anew.
func led(to string) string {
	switch path, _, _ := strings.Cut(to, "?"); {
	case path == "/checkout/start", path == "/portal/billing", path == "/upgrade/start", strings.HasSuffix(path, "/payer/card"):
		return backOf(to, nil)
	}
	return to
}

// on leads to where the step-up was asked for. What was kept for that is needed no more.
func (v stepping) on(w http.ResponseWriter, r *http.Request, ways *signin.StepUpWays, caller identity.Caller) error {
	if v.Kept != "" {
		if err := ways.Drop(r.Context(), caller, v.Kept); err != nil {
			return err
		}
	}
	if !v.form.Posts {
		return seeOther(w, led(v.form.To))
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", v.form.To)
	w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}

// offers finds the ways that the caller has besides a mailed code.
func (v *stepping) offers(ctx context.Context, ways *signin.StepUpWays, providers []identity.OpenIDProvider, caller identity.Caller) error {
	l := words.In(ctx)
	links, passkey, err := ways.Of(ctx, caller)
	if err != nil {
		return err
	}
	v.Passkey = passkey
	for _, p := range providers {
		if p.ID.Agency() != "" || slices.ContainsFunc(links, func(l identity.Link) bool { return l.Provider == p.ID }) {
			v.Providers = append(v.Providers, page.Provider{ID: string(p.ID), Label: l.Say("stepup.with", "provider", p.Name)})
		}
	}
	return nil
}

// carried is what the page carries of a form that was sent to it: as it came from the form that asked for the step-up, or from the page
// itself.
func carried(sent url.Values, to string) *identity.Form {
	f := &identity.Form{To: to, Fields: url.Values{}}
	for name, values := range sent {
		if !slices.Contains(stepUpFields, name) && name != page.TokenField {
			f.Fields[name] = values
		}
	}
	f.Posts = !ownForm(sent) || sent.Has(stepUpPosts) || len(f.Fields) > 0
	return f
}

// ownForm tells whether what was sent comes from the page itself.
func ownForm(sent url.Values) bool { return slices.ContainsFunc(stepUpFields, sent.Has) }

// stepUpView is the page for the caller, with what it leads on to.
func stepUpView(caller identity.Caller, f *identity.Form, brand page.Brand) stepping {
	v := stepping{form: f}
	v.Brand, v.Email, v.Posts = brand, string(caller.Email), f.Posts
	v.URL = stepUpURL + "?" + url.Values{"to": {f.To}}.Encode()
	v.Back = backOf(f.To, f.Fields)
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		for _, value := range f.Fields[name] {
			v.Carried = append(v.Carried, page.Carried{Name: name, Value: value})
		}
	}
	return v
}
