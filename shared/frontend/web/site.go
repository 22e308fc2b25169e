package web

import (
	_ "embed"
	"net/http"
	"slices"
	"strings"
	"sync"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/view/page"
)

// It is kept as a file, so that the functions that show it do not carry the whole API; a test compares it with what
// api.Document makes.
//
//go:embed openapi.json
var document []byte

// Document is the API's OpenAPI 3.1 document, in JSON.
func Document() []byte { return document }

// Asset serves style sheet and script.
func Asset(s *Site) Page {
	return s.look("asset", func(w http.ResponseWriter, r *http.Request) error {
		if !page.ServeAsset(w, r, r.PathValue("file")) {
			return fault.New(fault.NotFound, "There is no such file. Load the page again to get its newest version.")
		}
		return nil
	})
}

// OpenAPIDocument serves the description of the API for programs.
func OpenAPIDocument(s *Site) Page {
	return s.look("openapiDocument", func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		page.SecurityHeaders(h)
		h.Set("Content-Type", "application/openapi+json;version=3.1")
		h.Set("Cache-Control", "public, max-age=300")
		_, err := w.Write(page.Compress(w, r, document)) //nolint:gosec // the document is embedded, nothing of the request is in it
		return err
	})
}

// DocsPage shows the description of the API to people.
func DocsPage(s *Site) Page {
	docs := sync.OnceValues(func() (page.Docs, error) { return page.DocsOf(document) })
	return s.look("docsPage", func(w http.ResponseWriter, r *http.Request) error {
		v, err := docs()
		if err != nil {
			return err
		}
		v.Brand = s.brand
		for _, c := range fault.Codes() {
			v.Codes = append(v.Codes, page.DocsCode{Code: string(c), Text: c.Meaning(), Status: c.Status()})
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// NotFound answers for every request that no route takes: 405 for a known path that takes other methods, else 404;
// as a problem (RFC 9457) under /v1/, as a page elsewhere.
func NotFound(s *Site) Page {
	paths := sync.OnceValue(routes)
	return s.look("notFound", func(w http.ResponseWriter, r *http.Request) error {
		f := fault.New(fault.NotFound, "The link may be old, or a character of it is missing.")
		if methods := methodsOf(paths(), r.URL.Path); len(methods) > 0 {
			f = allowed(strings.Join(methods, ", "))
			w.Header().Set("Allow", strings.Join(methods, ", "))
		}
		if r.URL.Path != "/v1" && !strings.HasPrefix(r.URL.Path, "/v1/") {
			return f
		}
		note(r.Context(), f)
		if f.Code == fault.NotFound {
			f.Message = "There is no such operation. See /docs for those there are."
		} else {
			f.Message = "This path takes only " + w.Header().Get("Allow") + ". See /docs."
		}
		page.SecurityHeaders(w.Header())
		problem.Write(w, f)
		return nil
	})
}

// routeList is what template.yaml routes, a line each, as "GET /clients": written by make openapi.
//
//go:embed routes.txt
var routeList string

// routes gives the methods of every path there is.
func routes() map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(routeList) {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[path] = append(out[path], method)
	}
	return out
}

// methodsOf gives the methods that a path takes, sorted; none when there is no such path.
func methodsOf(routes map[string][]string, path string) []string {
	var all []string
	for pattern, methods := range routes {
		if matches(pattern, path) {
			all = append(all, methods...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// matches tells whether the path is one of the pattern's, in which {name} stands for one segment.
func matches(pattern, path string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if variable := strings.HasPrefix(a[i], "{"); variable && b[i] == "" || !variable && a[i] != b[i] {
			return false
		}
	}
	return true
}
