package local

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"latchkey.dev/infra/run/mailserver"
)

//go:embed page
var files embed.FS

// htmlPages are the pages under /_local. They have a look of their own, so that nobody takes them for the product.
var htmlPages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Format("Mon 2 Jan 2006, 15:04:05 MST") },
	"join":  strings.Join,
	// titled is what the frame around a page needs.
	"titled": func(title string, data any) map[string]any { return map[string]any{"Title": title, "Data": data} },
}).ParseFS(files, "page/*.html"))

// pageSecurity lets a page load what stands here and nothing else.
const pageSecurity = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'"

// stripePath is where the pages of Stripe's stand-in are, and under api/ its API.
const stripePath = "/_local/stripe"

// pages serves /_local: the mailbox, the clock, the queues and Stripe's stand-in, which exist in this binary alone.
func (l *Local) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local/{$}", l.index)
	mux.HandleFunc("GET /_local/mail", l.mailbox)
	mux.HandleFunc("GET /_local/mail/{id}", l.mail)
	mux.HandleFunc("GET /_local/mail/{id}/html", l.mailHTML)
	mux.HandleFunc("GET /_local/clock", l.showClock)
	mux.HandleFunc("POST /_local/clock", l.moveClock)
	mux.HandleFunc("POST /_local/fresh", l.refresh)
	mux.HandleFunc("POST /_local/age", l.grow)
	mux.HandleFunc("GET /_local/queues", l.queues)
	mux.HandleFunc("POST /_local/queues/{name}/redrive", l.redrive)
	mux.HandleFunc("GET /_local/dns", l.showNames)
	mux.HandleFunc("POST /_local/dns", l.publishLines)
	mux.HandleFunc("POST /_local/dns/{domain}", l.publishFor)
	mux.Handle(standInPath+"/", http.StripPrefix(standInPath, l.n8n))
	mux.Handle(programPath, l.Provisioner)
	if l.Google != nil {
		mux.Handle(googlePath+"/", http.StripPrefix(googlePath, l.Google))
	}
	mux.Handle(providerPath+"/", http.StripPrefix(providerPath, l.Provider))
	mux.Handle(stripePath+"/", http.StripPrefix(stripePath, l.Stripe.Pages()))
	mux.HandleFunc("GET /_local/style.css", static("page/style.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /_local/northwind.svg", static("page/northwind.svg", "image/svg+xml"))
	// A page elsewhere must not move the clock of whoever looks at it.
	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pageSecurity)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		protected.ServeHTTP(w, r)
	})
}

func (l *Local) index(w http.ResponseWriter, r *http.Request) {
	if wantsJSON(r) {
		l.answer(w, map[string]string{"origin": l.env.String("ORIGIN"), "standIns": l.near + standInPath,
			"dynamodb": cmp.Or(l.elsewhere.endpoints["dynamodb"], l.awsURL), "table": l.env.String("TABLE_NAME")})
		return
	}
	l.show(w, "index.html", map[string]any{
		"Origin": l.origin, "SignIn": l.SignInLink(), "Endpoint": l.awsURL, "Now": l.Now(), "Page": "index",
		"MailServer": l.MailServer != nil, "MailHost": mailserver.Host, "MailUser": mailserver.User, "MailPassword": mailserver.Password,
	})
}

// SignInLink is where the demo agency's owner signs in.
func (l *Local) SignInLink() string { return l.origin + "/sign-in?email=" + Owner }

func static(name, contentType string) http.HandlerFunc {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(content) //nolint:errcheck,gosec // the caller has gone
	}
}

// wantsJSON tells a program from a person.
func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json") || sendsJSON(r)
}

func sendsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
}

func (l *Local) show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := htmlPages.ExecuteTemplate(&b, name, data); err != nil {
		l.log.Error("cannot draw a page", "page", name, "error", err)
		http.Error(w, "cannot draw the page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes()) //nolint:errcheck,gosec // the caller has gone
}

func (l *Local) answer(w http.ResponseWriter, data any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(data); err != nil {
		l.log.Error("cannot answer", "error", err)
		http.Error(w, "cannot answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(b.Bytes()) //nolint:errcheck,gosec // the caller has gone
}
