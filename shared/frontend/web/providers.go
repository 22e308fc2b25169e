package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/sharing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// providerPath is where one goes to sign in by a provider, and from there on to the next page.
func providerPath(to identity.ProviderID, next string) string {
	path := "/sign-in/with/" + string(to)
	if next != "" {
		path += "?next=" + url.QueryEscape(next)
	}
	return path
}

// buttons are those of the providers that are set up.
func buttons(l words.Language, all []identity.OpenIDProvider, next string) []page.Provider {
	var out []page.Provider
	for _, p := range all {
		out = append(out, page.Provider{ID: string(p.ID), Label: buttonOf(l, p), URL: providerPath(p.ID, next)})
	}
	return out
}

// buttonOf is what a provider's button says, in the provider's own words where it has some.
func buttonOf(l words.Language, p identity.OpenIDProvider) string {
	if p.ID == identity.Microsoft {
		return l.Say("signin.with_microsoft")
	}
	return l.Say("signin.with", "provider", p.Name)
}

// homeward is where somebody goes on after a provider: as onward has it, or back to an invitation.
func homeward(next string) string {
	if token, ok := strings.CutPrefix(next, "/i/"); ok {
		if _, _, err := link.Locate(token); err == nil { // of our own making, so it leads nowhere else
			return invitationPath(token)
		}
	}
	if path := joinNext(next); path != "" {
		return path
	}
	return onward(next)
}

// setbackPath is the page on which somebody reads why a provider did not sign them in.
func setbackPath(why signin.Setback, with identity.ProviderID, next string) string {
	return setbackTo(next, url.Values{"problem": {string(why)}, "with": {string(with)}})
}

// setbackTo is that page with what it tells by.
func setbackTo(next string, q url.Values) string {
	switch {
	case strings.HasPrefix(next, "/i/"):
		return next + "?" + q.Encode()
	case strings.HasPrefix(next, "/join/"):
		return joinBack(next, q)
	}
	if next != "" {
		q.Set("next", next)
	}
	return "/sign-in?" + q.Encode()
}

// setbackNote is what the page says there; the zero Note for none.
func setbackNote(l words.Language, q url.Values, all []identity.OpenIDProvider, now time.Time) page.Note {
	with, ok := identity.FindProvider(all, identity.ProviderID(q.Get("with")))
	if !ok {
		return page.Note{}
	}
	n := page.Note{Tone: page.Wait}
	switch signin.Setback(q.Get("problem")) {
	case signin.TooMany:
		n.Text = tooMany(l, q, now)
	case signin.Canceled:
		n.Text = l.Say("signin.provider_canceled", "provider", with.Name)
	case signin.Unavailable:
		n.Text = l.Say("signin.provider_unavailable", "provider", with.Name)
	case signin.Refused:
		n.Text = l.Say("signin.provider_refused", "provider", with.Name)
	case signin.NoAddress:
		n.Text = l.Say("signin.provider_no_address", "provider", with.Name)
	case signin.Nobody:
		n.Title, n.Text = l.Say("signin.nobody_title"), l.Say("signin.nobody", "provider", with.Name)
	case signin.OtherAddress:
		n.Title = l.Say("signin.not_invited_title", "provider", with.Name)
		n.Text = l.Say("signin.not_invited", "provider", with.Name)
	default:
		return page.Note{}
	}
	return n
}

// tooManyParts are what the page tells by when another code can be asked for, where a provider's word was not enough and none could be
// mailed; nothing for another fault.
func tooManyParts(err error, now time.Time) (url.Values, bool) {
	f := fault.As(err)
	if f == nil || f.Code != fault.RateLimited {
		return nil, false
	}
	return url.Values{"problem": {string(signin.TooMany)}, "limit": {f.Limit.Name},
		"until": {strconv.FormatInt(now.Add(f.Retry+time.Second-1).Unix(), 10)}}, true
}

// tooMany says that; "" once a code can be asked for.
func tooMany(l words.Language, q url.Values, now time.Time) string {
	until, err := strconv.ParseInt(q.Get("until"), 10, 64)
	if err != nil {
		return ""
	}
	f := identity.CodesUntil(q.Get("limit"), time.Unix(until, 0), now)
	if f == nil {
		return ""
	}
	return f.In(l).Message
}

// provesNote says why somebody who comes from a provider is asked for a code; the zero Note for somebody who does not.
func provesNote(l words.Language, q url.Values, all []identity.OpenIDProvider) page.Note {
	with, ok := identity.FindProvider(all, identity.ProviderID(q.Get("with")))
	if !ok {
		return page.Note{}
	}
	return page.Note{Tone: page.Wait, Text: l.Say("signin.provider_code", "provider", with.Name)}
}

// asking has the browser ask for a code as its form says: a new one in the place of the last, or one by itself.
func asking(r *http.Request) identity.Browser {
	b := cookie.Browser(r)
	b.Again = r.PostForm.Get("again") != ""
	return b
}

// SignInWith leads to a provider, and keeps in the browser what the answer is held to.
func SignInWith(auth *signin.Authenticator, providers *signin.Providers, all []identity.OpenIDProvider) *Redirect {
	return provider("signInWith", auth, identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		p, ok := identity.FindProvider(all, identity.ProviderID(r.PathValue("provider")))
		if !ok {
			return fault.New(fault.NotFound, "errors.there_is_no_such_provider")
		}
		next, links := homeward(r.URL.Query().Get("next")), r.URL.Query().Get("link") != ""
		steps := r.URL.Query().Get("step-up")
		if (links || steps != "") && !ourOwn(r) {
			return fault.New(fault.CrossOrigin, "errors.to_protect_you_we_take_changes")
		}
		if steps != "" {
			return confirmWith(w, r, providers, caller, p.ID, steps)
		}
		to, sealed, err := providers.Begin(r.Context(), caller, p.ID, next, links, address(r))
		f := fault.As(err)
		switch {
		case f == nil:
		case f.Code == fault.Unavailable && links:
			note(r.Context(), f)
			return seeOther(w, accountPath(string(signin.Unavailable), p.ID))
		case f.Code == fault.Unavailable:
			note(r.Context(), f)
			return seeOther(w, setbackPath(signin.Unavailable, p.ID, next))
		case f.Code == fault.StepUpRequired:
			note(r.Context(), f)
			return stepUp(w, r)
		}
		if err != nil {
			return err
		}
		http.SetCookie(w, cookie.SetErrand(sealed))
		return seeOther(w, to)
	})
}

// confirmWith leads to a provider, at which somebody who is signed in proves again to be who it is. form is what asked for that.
func confirmWith(
	w http.ResponseWriter, r *http.Request, providers *signin.Providers, caller identity.Caller, to identity.ProviderID, form string,
) error {
	at, sealed, err := providers.BeginStepUp(r.Context(), caller, to, form, address(r))
	if f := fault.As(err); f != nil && f.Code == fault.Unavailable {
		note(r.Context(), f)
		return seeOther(w, keptPath(form, signin.Unavailable, to))
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie.SetErrand(sealed))
	return seeOther(w, at)
}

// SignInFrom is where a provider leads back to. It signs in, or asks for a code, or leads back to where the person comes from. It
// changes something though it is a GET: what it does is bound to what this browser keeps, and is done once.
func SignInFrom(auth *signin.Authenticator, providers *signin.Providers, all []identity.OpenIDProvider, invitations *onboarding.Invitations,
	joins *sharing.Joins, codes *signin.Codes, now func() time.Time) *Redirect {
	return provider("signInFrom", auth, identity.ByVisitor, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		p, ok := identity.FindProvider(all, identity.ProviderID(r.PathValue("provider")))
		if !ok {
			return fault.New(fault.NotFound, "errors.there_is_no_such_provider")
		}
		q := r.URL.Query()
		e, err := providers.Errand(cookie.Errand(r), p.ID, q.Get("state"))
		if err != nil {
			return err
		}
		http.SetCookie(w, cookie.SetErrand(""))
		invited, invite, err := invitedBy(r.Context(), invitations, e.Next)
		if err != nil {
			return err
		}
		toward := signin.Toward{Invited: invited}
		if toward.Open, err = joinable(r.Context(), joins, e.Next); err != nil {
			return err
		}
		a := signin.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss")}
		out, err := providers.Finish(r.Context(), caller, e, a, toward, cookie.Browser(r), address(r), cookie.Of(r))
		if err != nil {
			return err
		}
		switch {
		case out.Opened != nil:
			signedIn(w, out.Opened)
			return seeOther(w, cmp.Or(e.Next, "/"))
		case out.Ask != nil:
			setback, err := askLinking(w, r, codes, out.Ask, invite, now())
			if err != nil {
				return err
			}
			if setback != nil {
				setback.Set("with", string(p.ID))
				return seeOther(w, setbackTo(e.Next, setback))
			}
			if invited != "" {
				return seeOther(w, e.Next+codeMailed+"&with="+string(p.ID))
			}
			if toward.Open {
				path, name := joinParts(e.Next)
				return seeOther(w, codePath(path, out.Ask.To, "", now(), url.Values{"name": {name}, "with": {string(p.ID)}}))
			}
			return seeOther(w, codePath("/sign-in", out.Ask.To, "", now(), url.Values{"next": {e.Next}, "with": {string(p.ID)}}))
		}
		if e.Session != "" {
			event.Annotate(r.Context(), "setback", string(out.Setback))
			return seeOther(w, keptPath(e.Form, out.Setback, p.ID))
		}
		if out.Linked {
			return seeOther(w, accountPath("added", p.ID))
		}
		event.Annotate(r.Context(), "setback", string(out.Setback))
		if e.Links != "" {
			return seeOther(w, accountPath(string(out.Setback), p.ID))
		}
		return seeOther(w, setbackPath(out.Setback, p.ID, e.Next))
	})
}

// askLinking mails the code that has to prove an address, from which on the account signs in. One that this browser has asked for in the
// same way, and that is on its way still, is as good. Where too many were asked for, what the page tells by comes back.
func askLinking(w http.ResponseWriter, r *http.Request, codes *signin.Codes, ask *signin.Asking, invite id.Invite, now time.Time,
) (url.Values, error) {
	flow, err := codes.RequestLinking(r.Context(), ask.To, invite, ask.Link, cookie.Browser(r), address(r))
	if err == nil {
		http.SetCookie(w, cookie.Flow(flow))
		return nil, nil
	}
	setback, ok := tooManyParts(err, now)
	if !ok {
		return nil, err
	}
	note(r.Context(), fault.As(err))
	waits, err := codes.WaitsFor(r.Context(), cookie.Browser(r), ask)
	if err != nil || waits {
		return nil, err
	}
	return setback, nil
}

// invitedBy is the address of the invitation that a path leads to; "" where it leads to none that is good.
func invitedBy(ctx context.Context, invitations *onboarding.Invitations, path string) (email.Address, id.Invite, error) {
	token, ok := strings.CutPrefix(path, "/i/")
	if !ok || id.Valid(id.AgencyPrefix, token) {
		return "", "", nil
	}
	to, invite, err := invitations.Address(ctx, token)
	if f := fault.As(err); f != nil && (f.Code == fault.Gone || f.Code == fault.Expired) {
		return "", "", nil // the page says so
	}
	return to, invite, err
}

// provider makes a redirect to a provider or from one. What goes wrong is a page of its own, which leads to where one can begin again.
func provider(
	ID string, auth *signin.Authenticator, who identity.Who, to func(http.ResponseWriter, *http.Request, identity.Caller) error,
) *Redirect {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.KeepAddress(w.Header()) // the address may hold an invitation's secret, or a code
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			bare(w, r, notAllowed())
			return
		}
		caller, err := auth.Authenticate(r.Context(), signin.Credentials{Session: cookie.Of(r)}, who)
		if err == nil {
			err = to(w, r, caller)
		}
		if err == nil {
			return
		}
		f := fault.As(err)
		if f == nil {
			event.Annotate(r.Context(), "error", err.Error())
			f = fault.New(fault.Internal, "errors.try_again")
		}
		note(r.Context(), f)
		retryAfter(w, f)
		l := words.In(r.Context())
		page.BareNext(w, l, f.Code.Status(), title(l, f.Code), f.In(l).Message, l.Say("signin.start_again"), "/sign-in")
	})
	words.Speak(words.Errors, words.SignIn)
	return &Redirect{ID: ID, Method: http.MethodGet, Who: who, handler: h, speaks: true}
}

// connectable are the buttons by which accounts at further providers are connected.
func connectable(l words.Language, all []identity.OpenIDProvider, there []page.LinkedAccount) []page.Provider {
	var out []page.Provider
	for _, p := range all {
		if !slices.ContainsFunc(there, func(l page.LinkedAccount) bool { return l.Provider == p.Name }) {
			out = append(out, page.Provider{Label: l.Say("account.connect", "provider", p.Name),
				URL: providerPath(p.ID, "") + "?link=1"})
		}
	}
	return out
}

// accountPath is the person's own account, with what became of connecting an account.
func accountPath(what string, with identity.ProviderID) string {
	return "/account?" + url.Values{"connect": {what}, "with": {string(with)}}.Encode() + "#ways"
}

// connectNote is what the account's page says then; the zero Note for nothing.
func connectNote(l words.Language, q url.Values, all []identity.OpenIDProvider) page.Note {
	with, ok := identity.FindProvider(all, identity.ProviderID(q.Get("with")))
	n := page.Note{Tone: page.Wait}
	switch what := signin.Setback(q.Get("connect")); {
	case what == "dropped":
		n.Tone, n.Text = page.Good, l.Say("account.disconnected")
	case !ok:
		return page.Note{}
	case what == "added":
		n.Tone, n.Text = page.Good, l.Say("account.connected", "provider", with.Name)
	case what == signin.Taken:
		n.Text = l.Say("account.connect_taken", "provider", with.Name)
	case what == signin.Full:
		n.Text = l.Say("account.connect_full")
	case what == signin.NotYou:
		n.Text = l.Say("account.connect_not_you")
	case what == signin.Canceled, what == signin.Unavailable, what == signin.Refused:
		return setbackNote(l, url.Values{"problem": {string(what)}, "with": {string(with.ID)}}, all, time.Time{})
	default:
		return page.Note{}
	}
	return n
}

// disconnect has an account at a provider sign in no more.
func disconnect(links *signin.Links) Form {
	return form("disconnect", identity.ByPerson.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		err := links.Drop(r.Context(), caller, r.PostForm.Get("issuer"), cookie.Browser(r).Device)
		if err != nil {
			return err
		}
		return seeOther(w, accountPath("dropped", ""))
	})
}

// ourOwn tells whether a link on one of our own pages was followed. What connects an account is not begun from anywhere else.
func ourOwn(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" }
