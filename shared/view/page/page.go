// Package page renders what people see: every page of the product from a struct of plain values that are ready to be
// shown, with one style sheet and one small script. It decides nothing and knows no use case.
package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"latchkey.dev/shared/domain/words"
)

//go:generate go run ./bundle/write source static

// Site renders pages in the platform's name.
type Site struct{ platform string }

// New is the site of the platform with this name.
func New(platform string) *Site { return &Site{platform} }

// Platform is the platform's name.
func (s *Site) Platform() string { return s.platform }

// View is the content of a page, one of this package's structs.
type View interface {
	frame(l words.Language) frame
}

// frame is what a view says about the page around it.
type frame struct {
	template string // what its file in template/ says
	title    string
	brand    Brand // whose colour
	script   bool  // whether the page has anything for the script to do
	guest    bool  // whether that is the script of people who are no agency, which stands in the page
	public   bool  // the same for everybody, so that it may be kept
	till     bool  // whether a form of it leads to the payment service
	sandbox  *SandboxBar
}

// document is what templates are executed with.
type document struct {
	Platform string
	Title    string
	Accent   template.CSS
	Sheet    string
	Script   string      // "" for none
	Inline   template.JS // the script of people who are no agency; "" for none
	Sandbox  *SandboxBar // nil for what is real
	Speech   *Speech     // nil where no other language is offered
	View     View
}

// Speech is the choice of a language.
type Speech struct {
	Now string // the name of the one that is spoken
	All []Spoken
}

// Spoken is a language that can be chosen.
type Spoken struct {
	Tag, Name, Direction string
	Here                 bool
}

type offering struct{}

// Offering has the pages of the context offer the other languages: whatever answers at their addresses takes the choice.
func Offering(ctx context.Context) context.Context { return context.WithValue(ctx, offering{}, true) }

// speech is what a page offers in answer to the request; nil for nothing. A page that tells of a failure, or answers a form that it
// carries on, offers none: what was typed would be lost.
func speech(r *http.Request, now words.Language, status int) *Speech {
	if r.Context().Value(offering{}) == nil || status != http.StatusOK || r.Method == http.MethodPost {
		return nil
	}
	s := &Speech{Now: now.Name()}
	for _, l := range words.Languages() {
		s.All = append(s.All, Spoken{string(l), l.Name(), l.Direction(), l == now})
	}
	return s
}

var (
	sets sync.Map // spoken → func() (*template.Template, error)
)

// spoken is a template in a language.
type spoken struct {
	says string
	in   words.Language
}

// funcs are what templates call.
func funcs(l words.Language) template.FuncMap {
	return template.FuncMap{"initial": initial, "dict": Dict, "breaks": breaks,
		"say":       func(key string, values ...any) (string, error) { return l.Find(key, apart(l, values)...) },
		"rich":      func(key string, values ...any) (template.HTML, error) { return RichIn(l, key, values...) },
		"lang":      func() string { return string(l) },
		"direction": l.Direction,
	}
}

// set parses a page's template on first use: a function that serves one page does not pay for the others.
func set(says string, l words.Language) (*template.Template, error) {
	once, _ := sets.LoadOrStore(spoken{says, l}, sync.OnceValues(func() (*template.Template, error) {
		all := template.New("base").Funcs(funcs(l)).Option("missingkey=error")
		for _, t := range []struct {
			*template.Template
			says string
		}{{all, baseHTML}, {all.New("parts"), partsHTML}, {all.New("page"), says}} {
			if _, err := t.Parse(posting.ReplaceAllString(t.says, "$0"+tokenInput(marker))); err != nil {
				return nil, err
			}
		}
		return all, nil
	}))
	return once.(func() (*template.Template, error))()
}

// TokenField is the field of every form that changes something: by it a form is known as one of our own, where a browser does
// not say so.
const TokenField = "form-token"

// posting finds where forms that change something begin. The field is put into each of them as its template is parsed, so that
// none can lack it; the marker in it gives way to the browser's token. The marker is random: nobody can write it into a text.
var (
	posting = regexp.MustCompile(`<form\b[^>]*\bmethod="post"[^>]*>`)
	marker  = rand.Text()
)

func tokenInput(value string) string {
	return `<input type="hidden" name="` + TokenField + `" value="` + value + `">`
}

// Render is [Site.RenderIn] in English.
func (s *Site) Render(v View) (html []byte, policy string, err error) {
	return s.RenderIn(words.English, v)
}

// RenderIn gives the page as HTML, without the forms' tokens, and the Content-Security-Policy that it must be sent with. What the view
// holds is in the language already.
func (s *Site) RenderIn(l words.Language, v View) (html []byte, policy string, err error) {
	html, policy, err = s.render(l, v, nil)
	return bytes.ReplaceAll(html, []byte(tokenInput(marker)), nil), policy, err
}

func (s *Site) render(l words.Language, v View, speech *Speech) (html []byte, policy string, err error) {
	f := v.frame(l)
	t, err := set(f.template, l)
	if err != nil {
		return nil, "", fmt.Errorf("page: %T: %w", v, err)
	}
	style := f.brand.style()
	if inner, ok := v.(InSandbox); ok {
		v = inner.View
	}
	d := document{Platform: s.platform, Title: f.title, Sheet: SheetPath(), Sandbox: f.sandbox, Speech: speech, View: v,
		Accent: template.CSS(style)} //nolint:gosec // made of checked colours
	script := ""
	if f.guest {
		script = inline()
		d.Inline = template.JS(script) //nolint:gosec // our own
	} else if f.script {
		d.Script = ScriptPath()
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, "", fmt.Errorf("page: %T: %w", v, err)
	}
	return tighten(b.Bytes()), contentPolicy(style, script, f.till), nil
}

// Write answers a request with the page, in the language of the request's context. token is asked for what its forms carry, if it has
// any; it is letters, digits, - and _. An error means that nothing was written.
func (s *Site) Write(w http.ResponseWriter, r *http.Request, status int, v View, token func() string) error {
	l := words.In(r.Context())
	html, policy, err := s.render(l, v, speech(r, l, status))
	if err != nil {
		return err
	}
	if bytes.Contains(html, []byte(marker)) {
		html = bytes.ReplaceAll(html, []byte(marker), []byte(token()))
	}
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	if v.frame(l).public {
		h.Set("Cache-Control", "public, max-age=300")
		html = Compress(w, r, html)
	} else {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(html) // the reader may be gone; there is nobody to tell
	return nil
}

// Bare answers with a page of a title and a sentence in a language that is put together without templates.
func Bare(w http.ResponseWriter, l words.Language, status int, title, text string) {
	BareNext(w, l, status, title, text, l.Say("errors.start"), "/")
}

// BareNext is Bare with what leads on, and the path of ours that it leads to.
func BareNext(w http.ResponseWriter, l words.Language, status int, title, text, next, path string) {
	style := Brand{}.style()
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Security-Policy", contentPolicy(style, "", false))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	title, text = template.HTMLEscapeString(title), template.HTMLEscapeString(text)
	// The reader may be gone; there is nobody to tell.
	_, _ = io.WriteString(w, fmt.Sprintf(`<!doctype html><html lang="%s" dir="%s">`, l, l.Direction())+
		`<head><meta charset="utf-8"><title>`+title+
		`</title><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">`+
		`<link rel="stylesheet" href="`+SheetPath()+`"><style>`+style+`</style></head>`+
		`<body><div class="single"><main><div class="card"><h1>`+title+
		`</h1><p>`+text+`</p><a class="button main wide" href="`+template.HTMLEscapeString(path)+`">`+
		template.HTMLEscapeString(next)+`</a></div></main></div></body></html>`)
}

// KeepAddress has the browser tell nobody the address that is answered for, not even us: it holds a token. It comes before
// SecurityHeaders.
func KeepAddress(h http.Header) { h.Set("Referrer-Policy", "no-referrer") }

// SecurityHeaders sets what every answer to a browser carries, page or not.
func SecurityHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Referrer-Policy") == "" { // our own forms say where they come from, and nobody else learns it
		h.Set("Referrer-Policy", "same-origin")
	}
	h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// contentPolicy allows what the pages use and nothing else. The page's few lines of style, which carry the agency's
// colour, and a script that stands in it are allowed by their hashes: unlike a nonce they need no randomness, and the same view
// stays the same page.
func contentPolicy(style, script string, till bool) string {
	scripts := "'self'"
	if script != "" {
		scripts += " " + hash(script)
	}
	forms := "'self'"
	if till { // browsers hold where a form leads to against the policy, too
		forms += " https://checkout.stripe.com https://billing.stripe.com"
	}
	return "default-src 'none'; script-src " + scripts + "; connect-src 'self'; img-src 'self' data:; style-src 'self' " +
		hash(style) + "; form-action " + forms + "; frame-ancestors 'none'; base-uri 'none'"
}

// hash names a content for the policy.
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// style gives the accent to the style sheet.
func (b Brand) style() string {
	a := AccentOf(b.Color)
	return fmt.Sprintf(":root{--fill:light-dark(%s,%s);--on:light-dark(%s,%s);--link:light-dark(%s,%s)}",
		a.LightFill, a.DarkFill, a.LightOn, a.DarkOn, a.LightText, a.DarkText)
}

// tighten drops the indentation of templates and the blank lines that actions leave. What people typed stands on
// lines of its own only in a textarea and in the message of an invitation, where leading white space carries nothing.
func tighten(html []byte) []byte {
	lines := bytes.Split(html, []byte("\n"))
	kept := lines[:0]
	verbatim := false
	for _, l := range lines {
		t := l
		if !verbatim {
			if t = bytes.TrimLeft(l, " \t"); len(t) == 0 {
				continue
			}
		}
		kept = append(kept, t)
		for _, tag := range []string{"textarea", "pre", "blockquote"} {
			open, end := bytes.LastIndex(t, []byte("<"+tag)), bytes.LastIndex(t, []byte("</"+tag))
			if open > end {
				verbatim = true
			} else if end > open {
				verbatim = false
			}
		}
	}
	return bytes.Join(kept, []byte("\n"))
}

// initial is the first letter of a name, for the mark of whoever has no logo.
func initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return "·"
}

// breaks lets a long name of DNS go on in the next line behind a dot. What is copied of it stays the same.
func breaks(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), ".", ".<wbr>")) //nolint:gosec // escaped
}

// Dict passes several values to a template, by pairs of a name and a value.
func Dict(pairs ...any) (map[string]any, error) {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("page: key %v is no string", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}
