package web

import (
	"net/http"
	"slices"
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// Page is what stands at one path of the site: GET and HEAD show it, POST runs one of its forms. Its path is in
// template.yaml alone; path parameters are read from the request's path values.
type Page struct {
	ID string
	// Who says who may look at it.
	Who identity.Who
	// Forms are what it takes, each by the value of the button named "do". The primary one may be sent without it.
	Forms []Form

	site *Site
	auth *signin.Authenticator
	show handler
	any  bool // every method shows it

	foreign bool // its form is taken from wherever it comes: what proves who sends it is in the address, and no cookie counts

	speaks   bool // whether it is in the language of who asks
	remember func(r *http.Request, caller identity.Caller, l words.Language) error

	whole  bool // its one form is what is sent there, whatever it says to do
	unheld bool // the wrapper finds out who is calling, and holds nobody to Who
}

// Form is one form of a page. What it refuses is shown at the page's own address, with what was typed; a success leads on
// with 303.
type Form struct {
	// Do is the value of the button, or hidden field, named "do" that sends it.
	Do string
	// Who says who may send it.
	Who identity.Who

	primary bool // what the page is for
	run     handler
	parse   func(w http.ResponseWriter, r *http.Request) error // nil for a form without files
}

// handler answers a request of a caller who may make it.
type handler func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error

// page makes a page. auth is nil for what anyone may look at and which takes forms of anyone only.
func (s *Site) page(id string, auth *signin.Authenticator, who identity.Who, show handler, forms ...Form) *Page {
	for _, f := range forms {
		if f.parse != nil && f.Who.StepUp {
			panic("web: " + id + "." + f.Do + " takes a step-up, which carries no files")
		}
	}
	p := &Page{ID: id, Who: who, Forms: forms, site: s, auth: auth, show: show}
	return p
}

// form makes a form.
func form(do string, who identity.Who, run handler) Form { return Form{Do: do, Who: who, run: run} }

// primary is the form as what its page is for.
func primary(f Form) Form {
	f.primary = true
	return f
}

// ServeHTTP serves the page's path.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.speaks {
		r = spoken(r, !p.foreign && !p.any)
	}
	if p.any || r.PathValue("token") != "" { // also what is none of our addresses, and may be a link that lost a character
		page.KeepAddress(w.Header())
	}
	switch {
	case r.Method == http.MethodGet, r.Method == http.MethodHead, p.any:
		p.answer(w, r, p.Who, p.show)
	case r.Method == http.MethodPost && (len(p.Forms) > 0 || p.speaks):
		p.send(w, r)
	default:
		methods := "GET, HEAD"
		if len(p.Forms) > 0 || p.speaks {
			methods += ", POST"
		}
		w.Header().Set("Allow", methods)
		p.site.fail(w, r, notAllowed())
	}
}

// maxForm is the largest form, in bytes.
const maxForm = 256 << 10

// send runs the form that was sent: forms are taken from our own pages only, and of a limited size.
func (p *Page) send(w http.ResponseWriter, r *http.Request) {
	parse := parseForm
	if n := slices.IndexFunc(p.Forms, func(f Form) bool { return f.parse != nil }); n >= 0 && (len(p.Forms) == 1 || multiparts(r)) {
		parse = p.Forms[n].parse
	}
	read := p.site.guard.read
	if p.foreign {
		parse, read = parseOneClick, func(_ *http.Request, parse func() error) error { return parse() }
	}
	if err := read(r, func() error { return parse(w, r) }); err != nil {
		p.site.fail(w, r, err)
		return
	}
	do := r.PostForm.Get("do")
	if p.speaks && do == doSpeak && !p.foreign {
		p.choose(w, r)
		return
	}
	n := slices.IndexFunc(p.Forms, func(f Form) bool { return f.Do == do })
	if p.whole {
		n = 0
	} else if do == "" {
		n = slices.IndexFunc(p.Forms, func(f Form) bool { return f.primary || len(p.Forms) == 1 })
	}
	if n < 0 {
		p.site.fail(w, r, fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as"))
		return
	}
	event.Name(r.Context(), p.ID+"."+p.Forms[n].Do)
	p.answer(w, r, p.Forms[n].Who, p.Forms[n].run)
}

// multiparts tells whether the form that was sent may hold a file.
func multiparts(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/form-data")
}

// parseForm reads a form without files.
func parseForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if _, ok := asTooLarge(err); ok {
			return fault.New(fault.TooLarge, "errors.what_you_sent_is_over_256")
		}
		return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	}
	return nil
}

// answer holds the caller to who may, and has the request answered.
func (p *Page) answer(w http.ResponseWriter, r *http.Request, who identity.Who, h handler) {
	caller, err := p.authenticate(r, who)
	if err == nil {
		err = h(w, r, caller)
	} else if who.Kind == identity.Staff {
		err = p.site.notAgency(w, r, err)
	}
	if err != nil {
		p.site.fail(w, r, err)
	}
}

func (p *Page) authenticate(r *http.Request, who identity.Who) (identity.Caller, error) {
	switch {
	case p.auth == nil:
		return identity.Caller{}, nil
	case p.unheld:
		return p.auth.Identify(r.Context(), credentials(r))
	}
	caller, err := p.auth.Authenticate(r.Context(), credentials(r), who.Asked(r.PostForm.Get))
	if err == nil && who.Kind == identity.Staff {
		event.Annotate(r.Context(), "agency", string(caller.Agency))
	}
	return caller, err
}

// Unheld is the same page, whose callers are found out and held to nothing: what is refused there is refused by a use case.
// A suite compares that with what is declared.
func (p *Page) Unheld() *Page {
	open := *p
	open.unheld = true
	return &open
}

// Function is the page as a Lambda function behind its route.
func (p *Page) Function() event.Function { return event.HTTP(p.ID, p) }

// notAgency shows a person who works at no agency where to go instead.
func (s *Site) notAgency(w http.ResponseWriter, r *http.Request, err error) error {
	l := words.In(r.Context())
	if f := fault.As(err); f != nil && f.Code == fault.Forbidden {
		note(r.Context(), f)
		return s.show(w, r, http.StatusForbidden, page.Failure{Brand: s.brand, Title: title(l, f.Code), Text: f.In(l).Message,
			Next: l.Say("errors.your_places"), NextURL: "/agencies"})
	}
	return err
}

// Redirect is what stands at a path that leads on and shows nothing itself: what talks to the payment service and what
// draws pages do not fit into one binary's budget.
type Redirect struct {
	ID string
	// Method is POST for one that a form leads to, GET for one that a link does.
	Method string
	// Who says who may call it. Somebody else is led to the sign-in, and from there to where it leads back to.
	Who identity.Who

	handler http.Handler
	speaks  bool // whether what goes wrong is told in the language of who asks
}

// ServeHTTP leads on.
func (l *Redirect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.speaks {
		r = spoken(r, false)
	}
	if r.Method == l.Method || r.Method == http.MethodHead && l.Method == http.MethodGet {
		l.handler.ServeHTTP(w, r)
		return
	}
	methods := l.Method
	if methods == http.MethodGet {
		methods = strings.Join([]string{http.MethodGet, http.MethodHead}, ", ")
	}
	w.Header().Set("Allow", methods)
	bare(w, r, notAllowed())
}

// Function is the redirect as a Lambda function behind its route.
func (l *Redirect) Function() event.Function { return event.HTTP(l.ID, l) }
