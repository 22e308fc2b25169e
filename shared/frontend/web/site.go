package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// It is kept as a file, so that the functions that show it do not carry the whole API; a test compares it with what
// api.Document makes.
//
//go:embed openapi.json
var document []byte

// The same, for generators that know OpenAPI 3.0 alone.
//
//go:embed openapi-3.0.json
var document30 []byte

// Document is the API's OpenAPI 3.1 document, in JSON.
func Document() []byte { return document }

// Asset serves style sheet and script.
func Asset(s *Site) *Page {
	return s.page("asset", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		if !page.ServeAsset(w, r, r.PathValue("file")) {
			return fault.New(fault.NotFound, "errors.there_is_no_such_file_load")
		}
		return nil
	})
}

// OpenAPIDocument serves the description of the API for programs, as OpenAPI 3.1 and, at /openapi-3.0.json, as 3.0.
func OpenAPIDocument(s *Site) *Page {
	now := sync.OnceValues(func() (page.Fixed, error) { return servedFrom(document, s.at) })
	before := sync.OnceValues(func() (page.Fixed, error) { return servedFrom(document30, s.at) })
	return s.page("openapiDocument", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		is, version := now, "3.1"
		if r.URL.Path == "/openapi-3.0.json" {
			is, version = before, "3.0"
		}
		body, err := is()
		if err != nil {
			return err
		}
		h := w.Header()
		page.SecurityHeaders(h)
		h.Set("Content-Type", "application/openapi+json;version="+version)
		h.Set("Cache-Control", "public, max-age=300")
		_, err = w.Write(body.Compress(w, r)) //nolint:gosec // the document is embedded, nothing of the request is in it
		return err
	})
}

// servedFrom is a document that says at which origin the API is (OpenAPI 3.1, Server Object). The embedded document is the same for
// every deployment, and does not know.
func servedFrom(document []byte, origin string) (page.Fixed, error) {
	servers, err := json.Marshal([]map[string]string{{"url": origin}})
	if err != nil {
		return page.Fixed{}, err
	}
	rest, ok := bytes.CutPrefix(document, []byte("{"))
	if !ok {
		return page.Fixed{}, errors.New("web: the OpenAPI document is no object")
	}
	return page.NewFixed(slices.Concat([]byte(`{"servers":`), servers, []byte(","), rest)), nil
}

// DocsPage shows the description of the API to people: what a beginner has to know, or with job in the query the operations for that
// job.
func DocsPage(s *Site) *Page {
	docs := sync.OnceValues(func() (page.Docs, error) { return Docs(s.at) })
	return s.page("docsPage", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v, err := docs()
		if err != nil {
			return err
		}
		v.Brand = s.brand
		if job := r.URL.Query().Get("job"); job != "" {
			var ok bool
			if v, ok = v.For(job); !ok {
				return fault.New(fault.NotFound, "errors.there_is_no_such_part_of_the_docs")
			}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// Docs is the description of the API at an origin, as people read it.
func Docs(origin string) (page.Docs, error) {
	v, err := page.DocsOf(document, origin)
	if err != nil {
		return v, err
	}
	refused, err := json.MarshalIndent(problem.Of(fault.As(fault.Together(fault.InField("email", email.Invalid),
		fault.InField("payer", "errors.choose_agency_or_client")))), "", "  ")
	v.Problem = string(refused)
	for _, c := range fault.Codes() {
		v.Codes = append(v.Codes, page.DocsCode{Code: string(c), Text: c.Meaning(), Status: c.Status()})
	}
	return v, err
}

// NotFound answers for every request that no route takes: as a problem (RFC 9457) under /v1/, as a page elsewhere.
func NotFound(s *Site) *Page {
	p := s.page("notFound", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		f := fault.New(fault.NotFound, "errors.the_link_may_be_old_or")
		if r.URL.Path != "/v1" && !strings.HasPrefix(r.URL.Path, "/v1/") {
			return f
		}
		note(r.Context(), f)
		f.Message = words.Say("errors.no_such_operation")
		page.SecurityHeaders(w.Header())
		problem.Write(w, f)
		return nil
	})
	p.any = true
	return speaks(p)
}
