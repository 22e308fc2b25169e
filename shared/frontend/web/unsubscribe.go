package web

import (
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/optout"
	"latchkey.dev/shared/view/page"
)

// The values of the field that says what to do. The first is what mail programs send (RFC 8058).
const (
	oneClickField = "List-Unsubscribe"
	oneClick      = "One-Click"
	undoIt        = "undo"
)

// maxOneClick is the largest body that is taken there, in bytes.
const maxOneClick = 16 << 10

// UnsubscribePage is where the links lead by which people stop mails. Looking at it changes nothing, since programs follow links, too; a
// form stops the mails, which mail programs send without a session or a form of ours (RFC 8058). The link itself is what proves who
// sends it, so that forms from everywhere are taken.
func UnsubscribePage(s *Site, links *optout.Links) *Page {
	p := s.page("unsubscribePage", nil, identity.ByHolder, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v, err := links.View(r.Context(), r.PathValue("token"))
		if err != nil {
			return err
		}
		return s.stopped(w, r, v, false, false)
	}, form("unsubscribe", identity.ByHolder, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		token := r.PathValue("token")
		switch r.PostForm.Get(oneClickField) {
		case oneClick:
			v, err := links.Stop(r.Context(), token)
			if err != nil {
				return err
			}
			return s.stopped(w, r, v, true, false)
		case undoIt:
			v, err := links.Resume(r.Context(), token)
			if err != nil {
				return err
			}
			return s.stopped(w, r, v, false, true)
		}
		return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	}))
	p.whole, p.foreign = true, true
	return speaks(p,
		words.Unsubscribe)
}

// stopped shows how the mails of a link stand, or what has just become of them. The answer is the page itself, and no redirect.
func (s *Site) stopped(w http.ResponseWriter, r *http.Request, v optout.View, done, undone bool) error {
	w.Header().Set("X-Robots-Tag", "noindex")
	return s.show(w, r, http.StatusOK, page.Unsubscribe{Brand: s.brand, Known: v.Known, Agency: v.Agency,
		Updates: v.List == unsubscribe.Updates, Off: v.Off || done, Undone: undone && v.Known,
		URL: unsubscribe.Prefix + url.PathEscape(r.PathValue("token")), Field: oneClickField, Stop: oneClick, Undo: undoIt})
}

// parseOneClick reads a form in either of the two ways that RFC 8058 allows.
func parseOneClick(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxOneClick)
	var err error
	if multiparts(r) {
		err = r.ParseMultipartForm(maxOneClick)
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		return nil
	}
	if _, ok := asTooLarge(err); ok {
		return fault.New(fault.TooLarge, "errors.what_you_sent_is_over_256")
	}
	return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
}
