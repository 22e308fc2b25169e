package page

import (
	"bytes"
	"errors"
	"net/http"
	"slices"

	"latchkey.dev/shared/domain/words"
)

// SandboxLetter is an email as it would arrive, which the sandbox shows below a bar that marks it.
type SandboxLetter struct {
	From, To, Subject string
	HTML              string // the whole document, written by the letter's own template
}

// Bar marks the page, and leads on.
func (SandboxLetter) Bar() SandboxBar { return SandboxBar{Step: "email"} }

// WriteLetter answers a request with the email. Its styles are in the document, as mails carry them, so that this page alone
// allows such; it runs no script and takes no form.
func (s *Site) WriteLetter(w http.ResponseWriter, l SandboxLetter) error {
	t, err := set(sandboxletterHTML, words.English)
	if err != nil {
		return err
	}
	var bar bytes.Buffer
	if err := t.ExecuteTemplate(&bar, "letter-bar", l); err != nil {
		return err
	}
	head, rest, found := bytes.Cut([]byte(l.HTML), []byte("<body"))
	tag, body, closed := bytes.Cut(rest, []byte(">"))
	if !found || !closed {
		return errors.New("page: the letter has no body")
	}
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; form-action 'none'; "+
		"frame-ancestors 'none'; base-uri 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(slices.Concat(head, []byte("<body"), tag, []byte(">"), bar.Bytes(), body)) // the reader may be gone
	return nil
}
