// Package apitest_test speaks to the product as its callers do, by HTTP alone: the API, the pages' plain forms, and
// for what a person would read in a mail or wait for, the mailbox and the clock under /_local.
//
// With LATCHKEY_URL it speaks to a product that runs already, one test after the other, since there the tests share
// one clock; LATCHKEY_LOCAL_URL is where that product's /_local is, when it is elsewhere. Without it
// every test starts a product of its own. With LATCHKEY_BINARIES, a folder that binaries.Build filled, that product's
// functions are the deployed binaries, in processes of their own; give go test a -parallel then that fits the memory, since
// one product has up to a process or two for each function.
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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/local"
)

// The seed's owners; their agencies are on the plans Max and Free.
const (
	owner     = local.Owner
	soloOwner = local.SoloOwner
)

// patience bounds every wait. Nothing here takes long, and only what hangs reaches it, however slow the machine is.
const patience = 10 * time.Minute

// asBuilt is the folder of the binaries that products of a test's own run; empty for functions in the test's process.
var asBuilt = os.Getenv("LATCHKEY_BINARIES")

// product is a running product.
type product struct {
	t        *testing.T
	url      string // of the API and the pages
	controls string // of /_local
	client   *http.Client
	local    *local.Local // nil for one that runs elsewhere
	since    time.Time    // mails before it are another test's
	place    place
	run      string // makes this test's addresses differ from all others'

	mu   sync.Mutex
	read map[string]int // how many mails to an address have been taken notice of
}

// start is the product that the test speaks to, with demo agencies that nobody has touched: one of its own, in parallel
// with others, or the one at LATCHKEY_URL, where they are made anew.
func start(t *testing.T) *product {
	t.Helper()
	at := os.Getenv("LATCHKEY_URL")
	if at == "" {
		return own(t, local.Options{})
	}
	p := reach(t, strings.TrimSuffix(at, "/"))
	p.controls = strings.TrimSuffix(cmp.Or(os.Getenv("LATCHKEY_LOCAL_URL"), p.url), "/")
	p.control(http.MethodGet, "", nil, &p.place)
	p.control(http.MethodPost, "fresh", nil, nil)
	p.since = p.now()
	return p
}

// place is where things are: what stands in for n8n, as the product reaches it, and the table.
type place struct{ StandIns, DynamoDB, Table string }

// inside is the running product itself, for tests that change what no caller can. One that runs elsewhere has none.
func (p *product) inside() *local.Local {
	p.t.Helper()
	if p.local == nil {
		p.t.Skip("the rest changes something inside of the product, which runs elsewhere")
	}
	return p.local
}

// aws is how the table is reached, for what only the operator does and no operation can.
func (p *product) aws() aws.Config {
	if p.local != nil {
		return p.local.Engine.Config()
	}
	return aws.Config{Region: "us-east-1", BaseEndpoint: &p.place.DynamoDB, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})}
}

// moves tells whether the product's clock can be moved. Where functions run in processes of their own it cannot.
func (p *product) moves() bool {
	p.t.Helper()
	var clock struct{ Fixed bool }
	p.control(http.MethodGet, "clock", nil, &clock)
	return !clock.Fixed
}

// notAsBuilt skips what a product of binaries cannot show, and says why.
func notAsBuilt(t *testing.T, why string) {
	t.Helper()
	if asBuilt != "" {
		t.Skip("the functions are binaries here: " + why)
	}
}

// own starts a product for this test alone, for what cannot be shared: settings, and the record of permissions.
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
	o.Binaries, o.Answered = cmp.Or(o.Binaries, asBuilt), door.answered
	l, err := local.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := reach(t, l.Origin())
	p.local, p.controls = l, l.Origin()
	t.Cleanup(func() {
		if err := p.local.Close(); err != nil {
			t.Error(err)
		}
		p.local = nil // a test that is over keeps what it had to clean up until all are over: a product is tens of MB
	})
	p.control(http.MethodGet, "", nil, &p.place)
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

// advance moves the product's time, or makes all that it keeps older where its functions go by the machine's.
func (p *product) advance(d time.Duration) {
	p.t.Helper()
	p.pass(d, false)
}

// after is how the product says the time at, once d has passed by advance: the same, or an older one.
func (p *product) after(d time.Duration, at time.Time) time.Time {
	p.t.Helper()
	if p.moves() {
		return at
	}
	return at.Add(-d)
}

// advanceMeanwhile is advance while functions are at work, which then are late.
func (p *product) advanceMeanwhile(d time.Duration) {
	p.t.Helper()
	p.pass(d, true)
}

func (p *product) pass(d time.Duration, busy bool) {
	p.t.Helper()
	if (p.local == nil || asBuilt != "") && !p.moves() {
		p.control(http.MethodPost, "age", m{"by": d.String(), "busy": busy}, nil)
		return
	}
	p.control(http.MethodPost, "clock", m{"advance": d.String()}, nil)
}

// mail is one mail of the mailbox.
type mail struct {
	At      time.Time         `json:"at"`
	From    string            `json:"from"`
	To      []string          `json:"to"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Links   []string          `json:"links"`
	Headers map[string]string `json:"headers"`
}

// mails are all mails to the address, newest first, but for greetings.
func (p *product) mails(to string) []mail {
	p.t.Helper()
	return slices.DeleteFunc(p.allMails(to), greeting)
}

// greetings are the mails to the address that tell of sign-ins with new devices, which come on the side of what most tests are about:
// in them people sign in again and again, each time without what a browser would have kept.
func (p *product) greetings(to string) []mail {
	p.t.Helper()
	return slices.DeleteFunc(p.allMails(to), func(m mail) bool { return !greeting(m) })
}

func greeting(m mail) bool { return strings.HasPrefix(m.Subject, "New sign-in to ") }

func (p *product) allMails(to string) []mail {
	p.t.Helper()
	var all []mail
	p.control(http.MethodGet, "mail?to="+url.QueryEscape(to), nil, &all)
	return slices.DeleteFunc(all, func(m mail) bool { return m.At.Before(p.since) })
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
	return p.nextOf(to, "a mail", func(mail) bool { return true })
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

// nextOf waits for a mail to the address that has not been looked at and is what is waited for, whatever else comes meanwhile, and
// returns the newest.
func (p *product) nextOf(to, what string, is func(mail) bool) mail {
	p.t.Helper()
	var found mail
	p.until(what+" for "+to, func() bool {
		all := p.mails(to)
		p.mu.Lock()
		defer p.mu.Unlock()
		news := all[:len(all)-p.read[to]]
		p.read[to] = len(all)
		i := slices.IndexFunc(news, is)
		if i >= 0 {
			found = news[i]
		}
		return i >= 0
	})
	return found
}

// nextCode is the code of the next mail with one.
func (p *product) nextCode(to string) string {
	p.t.Helper()
	return code(p.t, p.nextOf(to, "a code", hasCode))
}

// nextToken is the secret of the next invitation.
func (p *product) nextToken(to string) string {
	p.t.Helper()
	return token(p.t, p.nextOf(to, "an invitation", func(m mail) bool {
		return slices.ContainsFunc(m.Links, func(l string) bool { return strings.Contains(l, "/i/lki_") })
	}))
}

// nextAbout is the next mail whose subject has the words.
func (p *product) nextAbout(to, words string) mail {
	p.t.Helper()
	return p.nextOf(to, "a mail that says "+words, func(m mail) bool { return strings.Contains(m.Subject, words) })
}

// skipCodes waits until so many mails with sign-in codes have come to the address in all, and forgets about all that are there.
func (p *product) skipCodes(to string, n int) {
	p.t.Helper()
	p.until("the codes that were asked for", func() bool {
		came := 0
		for _, m := range p.mails(to) {
			if hasCode(m) {
				came++
			}
		}
		return came >= n
	})
	p.skipMails(to)
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
	if !hasCode(m) {
		t.Fatalf("the mail %q has no code in its subject", m.Subject)
	}
	return m.Subject[:6]
}

// newestCode is the code in the newest mail to the address that has one, whatever else came since.
func (p *product) newestCode(to string) string {
	p.t.Helper()
	for _, m := range p.mails(to) {
		if hasCode(m) {
			return m.Subject[:6]
		}
	}
	p.t.Fatalf("no code was mailed to %s", to)
	return ""
}

func hasCode(m mail) bool {
	return len(m.Subject) >= 6 && strings.Trim(m.Subject[:6], "0123456789") == ""
}

// defaults are the settings that most tests with a product of their own have.
var defaults = local.Options{}

// do is the form of a page that the button with this value sends.
func do(value string, form url.Values) url.Values {
	sent := url.Values{"do": {value}}
	for name, values := range form {
		sent[name] = values
	}
	return sent
}
