package local

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/ses"
)

// mailView is a mail as the mailbox answers it.
type mailView struct {
	ID      string            `json:"id"`
	At      time.Time         `json:"at"`
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Links   []string          `json:"links"`
	Headers map[string]string `json:"headers"`
}

func viewOf(m *ses.Mail) mailView {
	v := mailView{m.ID, m.At, m.From, m.To, m.Subject, m.Text, m.HTML, m.Links, m.Headers}
	if v.Links == nil {
		v.Links = []string{}
	}
	return v
}

// views are the mails to an address, or all, newest first.
func (l *Local) views(to string) []mailView {
	all := []mailView{}
	for _, m := range l.Engine.SES.Mails(to) {
		all = append(all, viewOf(m))
	}
	return all
}

func (l *Local) mailbox(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.FormValue("to"))
	all := l.views(to)
	if wantsJSON(r) {
		l.answer(w, all)
		return
	}
	var open *mailView
	if len(all) > 0 {
		open = &all[0]
	}
	l.showMailbox(w, to, all, open)
}

func (l *Local) mail(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.FormValue("to"))
	all := l.views(to)
	for i := range all {
		if all[i].ID != r.PathValue("id") {
			continue
		}
		if wantsJSON(r) {
			l.answer(w, all[i])
			return
		}
		l.showMailbox(w, to, all, &all[i])
		return
	}
	http.Error(w, "There is no such mail.", http.StatusNotFound)
}

// listed is how many mails the page lists; the mailbox may hold thousands.
const listed = 200

func (l *Local) showMailbox(w http.ResponseWriter, to string, all []mailView, open *mailView) {
	filter := ""
	if to != "" {
		filter = "?to=" + url.QueryEscape(to)
	}
	count := len(all)
	l.show(w, "mail.html", map[string]any{
		"To": to, "Filter": filter, "Mails": all[:min(count, listed)], "Count": count, "Open": open, "Now": l.Now(), "Page": "mail",
	})
}

// mailSecurity is for the mail's own HTML. Mails are styled inline, there is no other way that mail readers keep; so
// this one document may be, and for that it is in a sandbox where no script runs and nothing is of our origin.
const mailSecurity = "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; " +
	"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"

// mailHTML is the raw HTML of a mail, for the frame. Its links open in the whole window.
func (l *Local) mailHTML(w http.ResponseWriter, r *http.Request) {
	for _, m := range l.Engine.SES.Mails("") {
		if m.ID == r.PathValue("id") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", mailSecurity)
			w.Write([]byte(retarget(m.HTML))) //nolint:errcheck,gosec // a mail of this machine's own, sandboxed
			return
		}
	}
	http.Error(w, "There is no such mail.", http.StatusNotFound)
}

// retarget has the document's links leave the frame.
func retarget(html string) string {
	const base = `<base target="_top">`
	for _, head := range []string{"<head>", "<HEAD>"} {
		if before, after, ok := strings.Cut(html, head); ok {
			return before + head + base + after
		}
	}
	return base + html
}
