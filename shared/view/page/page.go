// Package page renders what people see: every page of the product from a struct of plain values that are ready to be
// shown, with one style sheet and one small script. It decides nothing and knows no use case.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"latchkey.dev/shared/domain/words"
)

//go:generate go run ./bundle/write source static

//go:embed template/*.html
var templates embed.FS

// Site renders pages in the platform's name.
type Site struct{ platform string }

// New is the site of the platform with this name.
func New(platform string) *Site { return &Site{platform} }

// Platform is the platform's name.
func (s *Site) Platform() string { return s.platform }

// View is the content of a page, one of this package's structs.
type View interface{ frame() frame }

// frame is what a view says about the page around it.
type frame struct {
	template string // file in template/, without .html
	title    string
	brand    Brand // whose colour
	script   bool  // whether the page has anything for the script to do
	public   bool  // the same for everybody, so that it may be kept
	till     bool  // whether a form of it leads to the payment service
}

// document is what templates are executed with.
type document struct {
	Platform string
	Title    string
	Accent   template.CSS
	Sheet    string
	Script   string // "" for none
	View     View
}

var (
	sets  sync.Map // template name → func() (*template.Template, error)
	funcs = template.FuncMap{"initial": initial, "dict": dict, "say": words.Find, "rich": Rich}
)

// set parses a page's template on first use: a function that serves one page does not pay for the others.
func set(name string) (*template.Template, error) {
	once, _ := sets.LoadOrStore(name, sync.OnceValues(func() (*template.Template, error) {
		return template.New("base.html").Funcs(funcs).Option("missingkey=error").ParseFS(templates, "template/base.html",
			"template/parts.html", "template/"+name+".html")
	}))
	return once.(func() (*template.Template, error))()
}

// Render gives the page as HTML, and the Content-Security-Policy that it must be sent with.
func (s *Site) Render(v View) (html []byte, policy string, err error) {
	f := v.frame()
	t, err := set(f.template)
	if err != nil {
		return nil, "", fmt.Errorf("page: %s: %w", f.template, err)
	}
	style := f.brand.style()
	d := document{Platform: s.platform, Title: f.title, Sheet: SheetPath(), View: v,
		Accent: template.CSS(style)} //nolint:gosec // made of checked colours
	if f.script {
		d.Script = ScriptPath()
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, "", fmt.Errorf("page: %s: %w", f.template, err)
	}
	return tighten(b.Bytes()), contentPolicy(style, f.till), nil
}

// Write answers a request with the page. An error means that nothing was written.
func (s *Site) Write(w http.ResponseWriter, r *http.Request, status int, v View) error {
	html, policy, err := s.Render(v)
	if err != nil {
		return err
	}
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	if v.frame().public {
		h.Set("Cache-Control", "public, max-age=300")
		html = Compress(w, r, html)
	} else {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(html) // the reader may be gone; there is nobody to tell
	}
	return nil
}

// SecurityHeaders sets what every answer to a browser carries, page or not.
func SecurityHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// contentPolicy allows what the pages use and nothing else. The page's few lines of style, which carry the agency's
// colour, are allowed by their hash: unlike a nonce it needs no randomness, and the same view stays the same page.
func contentPolicy(style string, till bool) string {
	sum := sha256.Sum256([]byte(style))
	forms := "'self'"
	if till { // browsers hold where a form leads to against the policy, too
		forms += " https://checkout.stripe.com https://billing.stripe.com"
	}
	return "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action " + forms + "; frame-ancestors 'none'; base-uri 'none'"
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

// dict passes several values to a template.
func dict(pairs ...any) (map[string]any, error) {
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
