package browser_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
)

// asBuilt is the folder of the binaries (binaries.Build) that a product of a test's own runs; empty for functions in the
// test's process.
var asBuilt = os.Getenv("LATCHKEY_BINARIES")

// place is a running product: one of the test's own, or with LATCHKEY_URL one that runs already, whose /_local is at
// LATCHKEY_LOCAL_URL when it is elsewhere. Tests share that one, one after the other, each with agencies made anew.
type place struct {
	t        *testing.T
	origin   string
	controls string
	standIns string // what stands in for n8n, as the product reaches it
	own      *local.Local
	since    time.Time // mails before it are another test's
}

// product is the product that the test looks at.
func product(t *testing.T) *place {
	t.Helper()
	return productWith(t, local.Options{Binaries: asBuilt})
}

// withGoogle is one in which people can sign in by Google, too, or what stands in for it. It is in the product's own process.
func withGoogle(t *testing.T) *place {
	t.Helper()
	if asBuilt != "" || os.Getenv("LATCHKEY_URL") != "" {
		t.Skip("elsewhere the product calls Google itself")
	}
	return productWith(t, local.Options{Google: true})
}

func productWith(t *testing.T, o local.Options) *place {
	t.Helper()
	at := os.Getenv("LATCHKEY_URL")
	if at == "" {
		t.Parallel()
		l, err := local.Start(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		p := &place{t: t, origin: l.Origin(), controls: l.Origin(), standIns: l.Origin() + "/_local/n8n", own: l}
		t.Cleanup(func() {
			if err := p.own.Close(); err != nil {
				t.Error(err)
			}
			p.own = nil // a test that is over keeps what it had to clean up until all are over: a product is tens of MB
		})
		return p
	}
	p := &place{t: t, origin: strings.TrimSuffix(at, "/")}
	p.controls = strings.TrimSuffix(cmp.Or(os.Getenv("LATCHKEY_LOCAL_URL"), p.origin), "/")
	var where struct{ StandIns string }
	p.control(http.MethodGet, "", &where)
	p.standIns = where.StandIns
	p.control(http.MethodPost, "fresh", &struct{}{})
	var clock struct{ Now time.Time }
	p.control(http.MethodGet, "clock", &clock)
	p.since = clock.Now
	return p
}

// inside is the running product itself; a test that needs it ends where the product runs elsewhere.
func (p *place) inside() *local.Local {
	p.t.Helper()
	if p.own == nil {
		p.t.Skip("the rest changes something inside of the product, or its time, and it runs elsewhere")
	}
	return p.own
}

// advance lets time pass: it moves the product's clock, or where its functions go by the machine's makes all that it
// keeps older.
func (p *place) advance(d time.Duration) {
	p.t.Helper()
	if p.own == nil || asBuilt != "" {
		p.send(http.MethodPost, "age", `{"by":"`+d.String()+`"}`, &struct{}{})
		return
	}
	if err := p.own.Advance(p.t.Context(), d); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) control(method, path string, into any) {
	p.t.Helper()
	p.send(method, path, "", into)
}

func (p *place) send(method, path, body string, into any) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.controls+"/_local/"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read here
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s /_local/%s: %s %v", method, path, res.Status, err)
	}
}

// mail is a mail of the mailbox.
type mail struct {
	At      time.Time
	Subject string
	From    string
	Text    string
	Links   []string
}

// mails are the mails to the address, newest first.
func (p *place) mails(to string) []mail {
	p.t.Helper()
	var all []mail
	p.control(http.MethodGet, "mail?to="+url.QueryEscape(to), &all)
	// Who signs in with several browsers is told so, whenever the sweep comes by. That is in the way of waiting for a code.
	return slices.DeleteFunc(all, func(m mail) bool { return m.At.Before(p.since) || strings.HasPrefix(m.Subject, "New sign-in to ") })
}

// mailTo waits for the next mail to the address, of which there were some before.
func (p *place) mailTo(address string, before int) mail {
	p.t.Helper()
	over := time.After(patience)
	for {
		if all := p.mails(address); len(all) > before {
			return all[0]
		}
		select {
		case <-time.After(15 * time.Millisecond):
		case <-over:
			p.t.Fatalf("no mail to %s", address)
		}
	}
}
