package web

import (
	"cmp"
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/view/page"
)

// speaks is the page as one that clients read: it is in the language that was chosen in the browser, or else in the one of ours that the
// browser likes best, and offers the others. The areas are those that it takes sentences from. Pages of an agency's people are in English.
func speaks(p *Page, areas ...*words.Area) *Page {
	words.Speak(words.Errors, words.General, words.Time)
	words.Speak(areas...)
	p.speaks = true
	return p
}

// spoken has the request's context speak the language of who asks. offers tells whether the page takes the choice of another.
func spoken(r *http.Request, offers bool) *http.Request {
	if offers {
		r = r.WithContext(page.Offering(r.Context()))
	}
	if l, ok := words.ParseLanguage(cookie.Language(r)); ok {
		return r.WithContext(words.With(r.Context(), l))
	}
	if l, ok := words.Accepted(r.Header.Get("Accept-Language")); ok {
		return r.WithContext(words.With(r.Context(), l))
	}
	return r
}

// prefer has the request go on in the language that somebody is written to, where neither who asks nor the browser has said another one.
func prefer(r *http.Request, l words.Language) {
	if _, said := words.Said(r.Context()); !said && l != "" {
		*r = *r.WithContext(words.With(r.Context(), l))
	}
}

// preferOf is prefer where finding out the language takes a read, which is made only where it is needed.
func preferOf(r *http.Request, of func() (words.Language, error)) error {
	if _, said := words.Said(r.Context()); said {
		return nil
	}
	l, err := of()
	if err == nil {
		prefer(r, l)
	}
	return err
}

// written is the language in which somebody is written to, by what is known of it and of the agency; "" where nobody has said any.
// Both may be nil.
func written(c *client.Client, a *agency.Agency) (l words.Language) {
	if c != nil {
		l = cmp.Or(c.Language, c.Invite.Language)
	}
	if a != nil {
		l = cmp.Or(l, a.Language)
	}
	return l
}

// carry has the browser keep the language in which somebody goes on to pages that do not know who writes to them, where it says none
// itself.
func carry(w http.ResponseWriter, r *http.Request) {
	_, chosen := words.ParseLanguage(cookie.Language(r))
	_, likes := words.Accepted(r.Header.Get("Accept-Language"))
	if l, said := words.Said(r.Context()); said && !chosen && !likes {
		http.SetCookie(w, cookie.Speak(string(l)))
	}
}

// follow is prefer in the language that a client has chosen for itself, which goes before what the browser likes. The browser keeps it for
// the pages that follow.
func follow(w http.ResponseWriter, r *http.Request, l words.Language) {
	if _, chosen := words.ParseLanguage(cookie.Language(r)); chosen || l == "" {
		return
	}
	http.SetCookie(w, cookie.Speak(string(l)))
	*r = *r.WithContext(words.With(r.Context(), l))
}

// doSpeak is the value of "do" by which every page that speaks takes the choice of a language.
const doSpeak = "language"

// choose keeps the language that was chosen in the browser, and with the page's own remember also for the person's mails. It leads back to
// the page.
func (p *Page) choose(w http.ResponseWriter, r *http.Request) {
	event.Name(r.Context(), p.ID+"."+doSpeak)
	l, ok := words.ParseLanguage(r.PostForm.Get("language"))
	if !ok {
		p.site.fail(w, r, fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as"))
		return
	}
	if p.remember != nil {
		caller, err := p.authenticate(r, p.Who)
		if err == nil {
			err = p.remember(r, caller, l)
		}
		if err != nil {
			p.site.fail(w, r, err)
			return
		}
	}
	http.SetCookie(w, cookie.Speak(string(l)))
	if err := seeOther(w, r.URL.RequestURI()); err != nil {
		p.site.fail(w, r, err)
	}
}

// remembers is the page as one that keeps the language that a client chooses there.
func remembers(p *Page, keep func(r *http.Request, caller identity.Caller, l words.Language) error) *Page {
	p.remember = keep
	return p
}
