package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/sharing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

func joinPath(token string) string { return "/join/" + url.PathEscape(token) }

// JoinPage is what a link opens by which people join; with step=code it asks for the code that was mailed. Looking at it changes and
// counts nothing.
func JoinPage(s *Site, auth *signin.Authenticator, joins *sharing.Joins, codes *signin.Codes, signIns *signin.SignIns,
	providers []identity.OpenIDProvider) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, status, err := s.join(r, joins, caller)
		if err != nil {
			return err
		}
		l := words.In(r.Context())
		q := r.URL.Query()
		if v.Step == page.JoinAsk || v.Step == page.JoinConfirm {
			v.Name, v.Note, v.Providers = q.Get("name"), setbackNote(l, q, providers, s.now()), buttons(l, providers, "")
		}
		if m, ok := mailedOf(l, q, s.now()); ok && q.Get("step") == "code" && v.Step == page.JoinAsk {
			v.Step, v.Email, v.Wait, v.Note = page.JoinCode, string(m.to), seconds(m.wait), m.note
			if proves := provesNote(l, q, providers); proves.Text != "" {
				v.With, v.Note = q.Get("with"), proves
			}
		}
		return s.show(w, r, status, v)
	}
	return speaks(s.page("joinPage", auth, identity.ByHolder, s.unlessGone(show), primary(joinByLink(s, joins, signIns)),
		joinCode(s, joins, codes, providers)),
		words.Join, words.Invitation, words.SignIn, words.Passkeys, words.Meant)
}

// unlessGone answers with one page for every link that lets nobody join, as who is not signed in sees it.
func (s *Site) unlessGone(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		err := h(w, r, caller)
		if f := fault.As(err); f != nil && f.Code == fault.Gone {
			note(r.Context(), f)
			return s.show(w, r, http.StatusGone, page.DeadJoin{Brand: s.brand})
		}
		return err
	}
}

// join prepares the page for whoever is looking. What keeps somebody out who is signed in is a page of its own.
func (s *Site) join(r *http.Request, joins *sharing.Joins, caller identity.Caller) (page.Join, int, error) {
	token := r.PathValue("token")
	v, err := joins.View(r.Context(), token, caller)
	if err != nil && v.Agency == nil {
		return page.Join{}, 0, err
	}
	return s.joinView(r, v, err, caller)
}

func (s *Site) joinView(r *http.Request, v sharing.View, err error, caller identity.Caller) (page.Join, int, error) {
	prefer(r, written(v.Client, v.Agency))
	l := words.In(r.Context())
	out := page.Join{Brand: brandOf(v.Agency), URL: joinPath(r.PathValue("token")), Person: string(caller.Email),
		Approval: v.Link.Approval, Portal: portalPath(string(v.Agency.ID))}
	event.Annotate(r.Context(), "agency", string(v.Agency.ID), "link", string(v.Link.ID))
	if err != nil {
		f := fault.As(err)
		if f == nil {
			return out, 0, err
		}
		note(r.Context(), f)
		out.Step, out.Title, out.Why = page.JoinBarred, barredTitle(l, f.Code), f.In(l).Message
		switch f.Code {
		case fault.AlreadyMember:
			out.Next, out.NextWord = "/home", l.Say("join.to_home")
		case fault.AlreadyInvited:
			out.Next, out.NextWord = "/i/"+string(v.Agency.ID), l.Say("join.to_invitation")
		case fault.AlreadyClient:
			out.Next, out.NextWord = out.Portal, l.Say("invitation.open_portal")
		case fault.Gone:
			if v.Standing == sharing.Joined || v.Standing == sharing.Client { // who is in needs no link
				out.Next, out.NextWord = out.Portal, l.Say("invitation.open_portal")
			}
		}
		return out, f.Code.Status(), nil
	}
	switch v.Standing {
	case sharing.Stranger:
		out.Step = page.JoinConfirm
	case sharing.Client:
		out.Step = page.JoinMore
	case sharing.Joined:
		out.Step = page.JoinDone
	case sharing.Waiting:
		out.Step = page.JoinWaits
	default:
		out.Step = page.JoinAsk
	}
	return out, http.StatusOK, nil
}

// barredTitle is why somebody cannot join, in a few words.
func barredTitle(l words.Language, c fault.Code) string {
	switch c {
	case fault.AlreadyMember:
		return l.Say("join.you_work_here_title")
	case fault.AlreadyInvited:
		return l.Say("join.accept_first_title")
	case fault.WrongAccount:
		return l.Say("join.other_domain_title")
	case fault.Gone:
		return l.Say("join.gone_title")
	}
	return l.Say("join.cannot_join")
}

// longestKept is how long a name may be that goes along to a provider and back, in bytes as it stands in an address.
const longestKept = 600

// joinNext is a link's page as the address leads to it, with the name that was typed there, written anew; "" for anything else.
func joinNext(next string) string {
	path, name := joinParts(next)
	token, ok := strings.CutPrefix(path, "/join/")
	if !ok {
		return ""
	}
	if _, _, err := sharelink.Locate(token); err != nil {
		return ""
	}
	q := url.Values{"name": {name}}.Encode()
	if name == "" || len(q) > longestKept {
		return joinPath(token)
	}
	return joinPath(token) + "?" + q
}

// joinParts are the path of a link's page, and the name that was typed there.
func joinParts(next string) (path, name string) {
	path, query, _ := strings.Cut(next, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return path, ""
	}
	return path, q.Get("name")
}

// joinBack is the same page with what it is to say.
func joinBack(next string, q url.Values) string {
	path, name := joinParts(next)
	if name != "" {
		q.Set("name", name)
	}
	return path + "?" + q.Encode()
}

// joinable tells whether the path leads to a link by which anybody may join.
func joinable(ctx context.Context, joins *sharing.Joins, path string) (bool, error) {
	path, _ = joinParts(path)
	token, ok := strings.CutPrefix(path, "/join/")
	if !ok {
		return false, nil
	}
	_, err := joins.View(ctx, token, identity.Caller{})
	if fault.Is(err, fault.Gone) { // the page says so
		return false, nil
	}
	return err == nil, err
}

// joinCode mails a sign-in code to the address that somebody types who wants to join, or leads to a provider with the name that was typed.
func joinCode(s *Site, joins *sharing.Joins, codes *signin.Codes, providers []identity.OpenIDProvider) Form {
	return form("code", identity.ByHolder, s.unlessGone(func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v, _, err := s.join(r, joins, identity.Caller{})
		if err != nil {
			return err
		}
		l := words.In(r.Context())
		v.Email, v.Name, v.With = r.PostForm.Get("email"), r.PostForm.Get("name"), r.PostForm.Get("with")
		v.Providers = buttons(l, providers, "")
		if by, ok := identity.FindProvider(providers, identity.ProviderID(r.PostForm.Get("by"))); ok {
			return seeOther(w, providerPath(by.ID, joinBack(v.URL, url.Values{"name": {v.Name}})))
		}
		to, err := email.Parse("email", v.Email)
		if err == nil {
			err = sharing.Joining{Name: v.Name}.Check()
		}
		if err == nil {
			v.Email = string(to)
			var flow string
			if flow, err = codes.Request(r.Context(), to, asking(r), address(r)); err == nil {
				http.SetCookie(w, cookie.Flow(flow))
				more := url.Values{"name": {v.Name}, "with": {v.With}}
				return seeOther(w, codePath(v.URL, to, r.PostForm.Get("again"), s.now(), more))
			}
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		waiting, err := codeWaits(r, codes, f, to)
		if err != nil {
			return err
		}
		v.Problems = problems(f, joinNames)
		if waiting {
			v.Step, v.Wait, v.Problems = page.JoinCode, seconds(f.Retry), nil
			v.Note = page.Note{Tone: page.Wait, Text: f.Message}
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	}))
}

// joinNames are the fields of the forms of joining.
var joinNames = map[string]string{"email": "email", "name": "name", "code": "code", "flow": "code"}

// joinByLink joins for the signed-in person, or for the one who proves an address with a code, who is signed in by it.
func joinByLink(s *Site, joins *sharing.Joins, signIns *signin.SignIns) Form {
	return form("join", identity.ByHolder, s.unlessGone(func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		p := r.PostForm
		var opened *identity.Opened
		if p.Has("code") && !caller.SignedIn() {
			v, _, err := s.join(r, joins, caller)
			if err != nil {
				return err
			}
			v.Step, v.Email, v.Name, v.Code, v.With = page.JoinCode, p.Get("email"), p.Get("name"), p.Get("code"), p.Get("with")
			to, err := email.Parse("email", v.Email)
			if err == nil {
				opened, err = signIns.SignIn(r.Context(), to, v.Code, cookie.Browser(r), address(r), credentials(r).Session)
			}
			if err != nil {
				f, err := ours(r, err)
				if err != nil {
					return err
				}
				v.Problems, v.Spent = problems(f, joinNames), identity.Spent(f)
				retryAfter(w, f)
				return s.show(w, r, f.Code.Status(), v)
			}
			signedIn(w, opened)
			caller = opened.Session.Person()
		}
		if !caller.SignedIn() {
			return seeOther(w, joinPath(r.PathValue("token")))
		}
		in := sharing.Joining{Name: p.Get("name"), Adds: p.Get("adds") != ""}
		o, err := joins.Join(r.Context(), r.PathValue("token"), caller, in, address(r))
		if err == nil {
			if o.Standing == sharing.Waiting {
				return seeOther(w, joinPath(r.PathValue("token")))
			}
			return seeOther(w, afterCode(opened, portalPath(string(o.Agency.ID))+"&welcome=1"))
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, status, err := s.join(r, joins, caller)
		if err != nil {
			return err
		}
		if v.Step == page.JoinConfirm || v.Step == page.JoinMore {
			// Who was not asked yet is asked now; anything else is what is wrong with the form, or in the way for a moment.
			if status = f.Code.Status(); f.Code != fault.AlreadyClient {
				v.Problems = problems(f, joinNames)
			}
			v.Name = p.Get("name")
		}
		retryAfter(w, f)
		return s.show(w, r, status, v)
	}))
}
