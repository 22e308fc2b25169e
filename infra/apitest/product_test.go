// Package apitest_test speaks to the product as its callers do, by HTTP alone: the API, the pages' plain forms, and
// for what a person would read in a mail or wait for, the mailbox and the clock under /_local.
//
// With LATCHKEY_URL it speaks to a product that runs already, one test after the other, since there the tests share
// one agency and one clock; LATCHKEY_LOCAL_URL is where that product's /_local is, when it is elsewhere. Without it
// every test starts a product of its own.
package apitest_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/local"
)

// The seed's owners; their agencies are on the plans Max and Free.
const (
	owner     = local.Owner
	soloOwner = local.SoloOwner
)

// patience bounds every wait; nothing here takes long, but a shared machine may.
const patience = 20 * time.Second

// product is a running product.
type product struct {
	t        *testing.T
	url      string // of the API and the pages
	controls string // of /_local
	client   *http.Client
	local    *local.Local // nil for one that runs elsewhere
	run      string       // makes this test's addresses differ from all others'

	mu   sync.Mutex
	read map[string]int // how many mails to an address have been taken notice of
}

// start is the product that the test speaks to: one of its own, in parallel with others, or the one at LATCHKEY_URL,
// at a moment at which limits that earlier tests ran into are past.
func start(t *testing.T) *product {
	t.Helper()
	at := os.Getenv("LATCHKEY_URL")
	if at == "" {
		return own(t, local.Options{})
	}
	p := reach(t, strings.TrimSuffix(at, "/"))
	p.controls = strings.TrimSuffix(cmp.Or(os.Getenv("LATCHKEY_LOCAL_URL"), p.url), "/")
	if p.moves() {
		p.advance(2 * time.Hour)
	} else {
		p.control(http.MethodPost, "fresh", nil, nil)
	}
	return p
}

// moves tells whether the product's clock can be moved. Where functions run in processes of their own it cannot: a test
// begins with an agency that is made anew there, and one that waits for something to be over is skipped.
func (p *product) moves() bool {
	p.t.Helper()
	var clock struct{ Fixed bool }
	p.control(http.MethodGet, "clock", nil, &clock)
	return !clock.Fixed
}

// own starts a product for this test alone, for what cannot be shared: an untouched agency, what an operator does,
// or settings.
func own(t *testing.T, o local.Options) *product {
	t.Helper()
	if os.Getenv("LATCHKEY_URL") != "" {
		t.Skip("this needs a product of its own")
	}
	t.Parallel()
	return launch(t, o)
}

// launch is own for tests that must run alone.
func launch(t *testing.T, o local.Options) *product {
	t.Helper()
	l, err := local.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	p := reach(t, l.Origin())
	p.local, p.controls = l, l.Origin()
	return p
}

func reach(t *testing.T, at string) *product {
	p := &product{t: t, url: at, run: strings.ToLower(rand.Text()[:8]), read: map[string]int{}, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// address is an address that no other test uses.
func (p *product) address(name string) string { return name + "-" + p.run + "@client.example" }

// control calls a page under /_local as a program.
func (p *product) control(method, path string, body, into any) {
	p.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			p.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.controls+"/_local/"+path, &b)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s /_local/%s: %s %v\n%s", method, path, res.Status, err, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			p.t.Fatal(err)
		}
	}
}

// now is the time that the product goes by.
func (p *product) now() time.Time {
	p.t.Helper()
	var clock struct{ Now time.Time }
	p.control(http.MethodGet, "clock", nil, &clock)
	return clock.Now
}

// advance moves the product's time.
func (p *product) advance(d time.Duration) {
	p.t.Helper()
	if p.local == nil && !p.moves() {
		p.t.Skipf("the rest needs %s to pass, and this product's clock cannot be moved", d)
	}
	p.control(http.MethodPost, "clock", map[string]string{"advance": d.String()}, nil)
}

// mail is one mail of the mailbox.
type mail struct {
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Links   []string          `json:"links"`
	Headers map[string]string `json:"headers"`
}

// mails are all mails to the address, newest first.
func (p *product) mails(to string) []mail {
	p.t.Helper()
	var all []mail
	p.control(http.MethodGet, "mail?to="+url.QueryEscape(to), nil, &all)
	return all
}

// skipMails forgets about the mails to the address that are there already.
func (p *product) skipMails(to string) {
	p.t.Helper()
	n := len(p.mails(to))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read[to] = n
}

// nextMail waits for a mail to the address that has not been looked at, and returns the newest.
func (p *product) nextMail(to string) mail {
	p.t.Helper()
	var found mail
	p.until("a mail to "+to, func() bool {
		all := p.mails(to)
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(all) <= p.read[to] {
			return false
		}
		found, p.read[to] = all[0], len(all)
		return true
	})
	return found
}

// until asks again and again, for at most patience.
func (p *product) until(what string, condition func() bool) {
	p.t.Helper()
	over := time.After(patience)
	for !condition() {
		select {
		case <-over:
			p.t.Fatalf("waited in vain for %s", what)
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// token is the secret of the one link in an invitation.
func token(t *testing.T, m mail) string {
	t.Helper()
	if len(m.Links) != 1 {
		t.Fatalf("the mail %q has the links %v, want exactly one", m.Subject, m.Links)
	}
	_, secret, ok := strings.Cut(m.Links[0], "/i/lki_")
	if !ok {
		t.Fatalf("the mail leads to %s, which is no invitation", m.Links[0])
	}
	return "lki_" + secret
}

// code is the sign-in code in a mail.
func code(t *testing.T, m mail) string {
	t.Helper()
	if len(m.Subject) < 6 || strings.Trim(m.Subject[:6], "0123456789") != "" {
		t.Fatalf("the mail %q has no code in its subject", m.Subject)
	}
	return m.Subject[:6]
}

// defaults are the settings that most tests with a product of their own have.
var defaults = local.Options{}
