package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/view/page"
)

// fail answers with the page of an error. What is none of ours is "internal" to the outside, and told in the log.
// A page for the agency that nobody is signed in for leads to the sign-in.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	if f == nil {
		event.Annotate(r.Context(), "error", err.Error())
		f = fault.New(fault.Internal, "Nothing was lost. Try again in a moment.")
	}
	note(r.Context(), f)
	v := page.Failure{Brand: s.brand, Title: title(f.Code), Text: f.Message, Next: "Go to the start", NextURL: "/"}
	switch f.Code {
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
		http.Error(w, "Something went wrong on our side. Try again in a moment.", http.StatusInternalServerError)
	}
}

// title is a failure in a few words.
func title(c fault.Code) string {
	switch c {
	case fault.NotFound:
		return "There is nothing at this address"
	case fault.WrongMethod:
		return "That does not work here"
	case fault.CrossOrigin:
		return "This came from another site"
	case fault.RateLimited:
		return "A moment, please"
	case fault.TooLarge:
		return "That is too much at once"
	case fault.Internal, fault.Unavailable:
		return "Something went wrong on our side"
	case fault.Forbidden, fault.PlanRequired, fault.Suspended:
		return "This is not open to you"
	}
	return "That did not work"
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
	if f == nil || f.Code == fault.Internal {
		return nil, err
	}
	note(r.Context(), f)
	return f, nil
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

// allowed words the methods that a path takes.
func allowed(methods string) *fault.Error {
	return fault.New(fault.WrongMethod, "%s", fmt.Sprintf("This address takes only %s. Go back and use the page's own buttons.", methods))
}
