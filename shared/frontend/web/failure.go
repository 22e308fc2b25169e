package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// fail answers with the page of an error. What is none of ours is "internal" to the outside, and told in the log.
// A page for the agency that nobody is signed in for leads to the sign-in.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	l := words.In(r.Context())
	f := fault.As(err)
	if f == nil {
		event.Annotate(r.Context(), "error", err.Error())
		f = fault.New(fault.Internal, "errors.try_again")
	}
	note(r.Context(), f)
	f = f.In(l)
	v := page.Failure{Brand: s.brand, Title: title(l, f.Code), Text: f.Message, Next: l.Say("errors.start"), NextURL: "/"}
	switch f.Code {
	case fault.StepUpRequired:
		if stepUp(w, r) == nil {
			return
		}
	case fault.IssuerRequired:
		if seeOther(w, officePath(id.Agency(f.Existing), officeNext(r.URL.RequestURI()))) == nil {
			return
		}
	case fault.Unauthenticated:
		next := "/sign-in"
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next = signInPath(r.URL.RequestURI())
		}
		if err := seeOther(w, next); err == nil {
			return
		}
	case fault.Gone, fault.Expired:
		if s.dead(w, r, err, f) == nil {
			return
		}
	}
	retryAfter(w, f)
	if err := s.show(w, r, f.Code.Status(), v); err != nil {
		event.Annotate(r.Context(), "error", err.Error())
		http.Error(w, l.Say("errors.ours")+". "+l.Say("errors.try_again"), http.StatusInternalServerError)
	}
}

// title is a failure in a few words.
func title(l words.Language, c fault.Code) string {
	switch c {
	case fault.NotFound:
		return l.Say("errors.nothing_here")
	case fault.WrongMethod:
		return l.Say("errors.wrong_method")
	case fault.CrossOrigin:
		return l.Say("errors.cross_origin")
	case fault.RateLimited:
		return l.Say("errors.rate_limited")
	case fault.TooLarge:
		return l.Say("errors.too_large")
	case fault.Internal, fault.Unavailable:
		return l.Say("errors.ours")
	case fault.Forbidden, fault.PlanRequired, fault.Suspended:
		return l.Say("errors.forbidden")
	}
	return l.Say("errors.failed")
}

// retryAfter tells programs when to come back (RFC 9110 section 10.2.3).
func retryAfter(w http.ResponseWriter, f *fault.Error) {
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.Retry+time.Second-1)/time.Second), 10))
	}
}

// problems are a fault's findings as a form shows them. Fields that the form does not have, or has under another
// name, are told for the form as a whole.
func problems(f *fault.Error, names map[string]string) page.Problems {
	var all page.Problems
	for _, x := range f.Fields {
		all = append(all, page.Problem{Field: names[root(x.Location)], Message: x.Message})
	}
	if len(all) == 0 {
		all = page.Problems{{Message: f.Message}}
	}
	return all
}

// root is the first part of a field's location: "grants" of "grants[0].resource".
func root(location string) string {
	for i, c := range location {
		if c == '[' || c == '.' {
			return location[:i]
		}
	}
	return location
}

// ours returns the fault to show in a form; any other error is returned for the page of errors.
func ours(r *http.Request, err error) (*fault.Error, error) {
	f := fault.As(err)
	if f == nil || f.Code == fault.Internal || f.Code == fault.StepUpRequired { // the step-up leads back here with what was typed
		return nil, err
	}
	note(r.Context(), f)
	return f.In(words.In(r.Context())), nil
}

func asDeadLink(err error) (*deadLink, bool) {
	var e *deadLink
	ok := errors.As(err, &e)
	return e, ok
}

func asTooLarge(err error) (*http.MaxBytesError, bool) {
	var e *http.MaxBytesError
	ok := errors.As(err, &e)
	return e, ok
}

// notAllowed is for a method that a path does not take; Allow says which it does.
func notAllowed() *fault.Error {
	return fault.New(fault.WrongMethod, "errors.wrong_method_text")
}
