package apitest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// door remembers which functions turn away who is not signed in, and which answered somebody who is.
var door = doorkeeping{asks: map[string]bool{}, opened: map[string]bool{}}

type doorkeeping struct {
	mu     sync.Mutex
	asks   map[string]bool // by logical id
	opened map[string]bool
}

// answered is told of every answer of a function. Turned away is who is answered 401, or led to the sign-in to go on from
// there.
func (d *doorkeeping) answered(function string, r *http.Request, status int, header http.Header) {
	to := header.Get("Location")
	turned := status == http.StatusUnauthorized || status == http.StatusSeeOther &&
		(to == "/sign-in" || strings.HasPrefix(to, "/sign-in?next="))
	session, err := r.Cookie("__Host-session")
	signedIn := r.Header.Get("Authorization") != "" || err == nil && session.Value != "" ||
		r.Header.Get("Webhook-Signature") != "" // the operator's program signs each of its messages
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case turned && !signedIn:
		d.asks[function] = true
	case signedIn && !turned && status < 400:
		d.opened[function] = true
	}
}

// unopened are the functions behind the door that answered nobody who is signed in.
func (d *doorkeeping) unopened() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for function := range d.asks {
		if !d.opened[function] {
			all = append(all, function)
		}
	}
	slices.Sort(all)
	return all
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// TestStrangersAtEveryRoute asks for each route by each method without being signed in, which tells the functions that are
// behind the door; TestMain holds that each of them has answered somebody who is signed in.
func TestStrangersAtEveryRoute(t *testing.T) {
	p := own(t, defaults)
	for _, f := range p.local.Stack.Template.Functions {
		for _, route := range f.Routes {
			methods := []string{route.Method}
			if route.Method == "ANY" {
				methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
			}
			path := parameter.ReplaceAllString(route.Path, "x")
			if !strings.HasPrefix(path, "/") {
				continue
			}
			for _, method := range methods {
				var body any
				if method != http.MethodGet {
					body = url.Values{}
				}
				if strings.HasPrefix(path, "/v1/") && body != nil {
					body = m{}
				}
				if a := p.nobody().do(method, path, body); a.status >= 500 {
					t.Errorf("%s answered %d\n%.300s", a.what, a.status, a.body)
				}
			}
		}
	}
	door.mu.Lock()
	defer door.mu.Unlock()
	if len(door.asks) < 40 {
		t.Errorf("only %d functions ask who comes: %v", len(door.asks), door.asks)
	}
}
