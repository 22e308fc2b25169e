package local

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/wire"
	"latchkey.dev/shared/wire/health"
	"latchkey.dev/shared/wire/identities"
	"latchkey.dev/shared/wire/intake"
	"latchkey.dev/shared/wire/mail"
	"latchkey.dev/shared/wire/operations"
	"latchkey.dev/shared/wire/pages"
	"latchkey.dev/shared/wire/passkeys"
	"latchkey.dev/shared/wire/providers"
	"latchkey.dev/shared/wire/provision"
	"latchkey.dev/shared/wire/relay"
	"latchkey.dev/shared/wire/settings"
	"latchkey.dev/shared/wire/site"
	"latchkey.dev/shared/wire/upload"
	"latchkey.dev/shared/wire/workers"
)

// wired makes the template's functions as their mains do: by the methods of Functions in the packages below wire that bear
// their logical ids. Only here are they found by name, since that keeps all of them in the binary.
func wired(t *template.Template, p *wire.Parts) (map[string]event.Function, error) {
	methods, err := made(p)
	if err != nil {
		return nil, err
	}
	out := map[string]event.Function{}
	for _, f := range t.Functions {
		method, ok := methods[strings.ToLower(f.ID)]
		if !ok {
			return nil, fmt.Errorf("local: no Functions below wire have a method %s", f.ID)
		}
		out[f.ID] = method()
		delete(methods, strings.ToLower(f.ID))
	}
	for name := range methods {
		return nil, fmt.Errorf("local: the templates have no function %s, which wire makes", name)
	}
	return out, p.Err()
}

// made are the methods that make functions, by their names in small letters: APIKey is ApiKey in the template.
func made(p *wire.Parts) (map[string]func() event.Function, error) {
	methods := map[string]func() event.Function{}
	for _, functions := range []any{
		operations.With(p), pages.With(p), workers.With(p), intake.With(p.Parts), health.With(&p.Parts.Parts), site.With(&p.Parts.Parts),
		mail.With(p), relay.With(p), provision.With(p), settings.With(p), upload.With(p), identities.With(p),
		passkeys.With(p), providers.With(p),
	} {
		all := reflect.ValueOf(functions)
		for n := range all.NumMethod() {
			id := strings.ToLower(all.Type().Method(n).Name)
			if methods[id] != nil {
				return nil, fmt.Errorf("local: two packages below wire make %s", id)
			}
			method := all.Method(n)
			methods[id] = func() event.Function { return method.Call(nil)[0].Interface().(event.Function) }
		}
	}
	return methods, nil
}

// domains stands in for DNS, which knows none of the names that are reserved for documentation and tests (RFC 2606):
// names under .invalid do not exist, nullmx.example takes no mail, and all others do.
type domains struct{}

// TakesMail answers as mx.Resolver would.
func (domains) TakesMail(_ context.Context, domain string) error {
	switch {
	case domain == "nullmx.example":
		return &delivery.Refusal{Reason: words.Say("delivery.no_email", "domain", domain)}
	case strings.HasSuffix(domain, ".invalid"):
		return &delivery.Refusal{Reason: words.Say("delivery.no_domain", "domain", domain)}
	}
	return nil
}

// codeKey is the secret that a deployment's operator makes: the key of the sign-in codes' digests. Here table, codes
// and mailbox are one process's, on one machine, and there is nobody to keep it from.
const codeKey = "the local run keeps no secrets from its own machine"

// webhookSecret is what the stand-in for Stripe signs its webhooks with.
const webhookSecret = "whsec_the_stand_in_and_the_product_are_one_process" //nolint:gosec // see codeKey

// sealKey is the key that n8n instances' API keys are encrypted with; what is said of codeKey holds for it.
const sealKey = "what the local run seals it could as well leave open"

// outside is what a deployment lets be called, and besides what this run listens on and has started.
func (l *Local) outside() egress.Policy {
	return egress.Strict().AllowingWhere(func(at netip.AddrPort) bool { return slices.Contains(l.listeners(), at) })
}

// listeners are where what stands in for the outside listens now: this run, by its origin's port, and real n8ns.
func (l *Local) listeners() []netip.AddrPort {
	var all []netip.AddrPort
	if u, err := url.Parse(l.origin); err == nil {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			if at, err := netip.ParseAddrPort(host + ":" + u.Port()); err == nil {
				all = append(all, at)
			}
		}
	}
	all = append(all, l.beside...)
	if l.realInstances != nil {
		all = append(all, l.realInstances.real.Listeners()...)
	}
	return all
}

// standInList are the listeners as functions in processes of their own take them, see binaries.Here.
func (l *Local) standInList() string {
	var all []string
	for _, at := range l.listeners() {
		all = append(all, at.String())
	}
	return strings.Join(all, ",")
}

// nearby carries calls to n8n instances: to the stand-ins, which are at the product's own origin, without the network, and
// to all others over it.
func (l *Local) nearby(network http.RoundTripper) http.RoundTripper {
	within := roundtrip.Transport(http.StripPrefix(standInPath, l.n8n))
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme+"://"+r.URL.Host == l.near && strings.HasPrefix(r.URL.Path, standInPath+"/") {
			return within.RoundTrip(r)
		}
		return network.RoundTrip(r)
	})
}

// accounts carries calls to those by whose accounts people sign in: to the stand-in at the product's own origin and those of the options
// without the network, and to all others over it.
func (l *Local) accounts(o Options, network http.RoundTripper) http.RoundTripper {
	within := roundtrip.Transport(http.StripPrefix(providerPath, l.Provider))
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if l.Google != nil && r.URL.Host == googleHost {
			return roundtrip.Transport(l.Google).RoundTrip(r)
		}
		if h := o.Accounts[r.URL.Host]; h != nil {
			return roundtrip.Transport(h).RoundTrip(r)
		}
		if r.URL.Scheme+"://"+r.URL.Host == l.origin && strings.HasPrefix(r.URL.Path, providerPath+"/") {
			return within.RoundTrip(r)
		}
		return network.RoundTrip(r)
	})
}

// providerPath is where the stand-in is by whose accounts people sign in.
const providerPath = "/_local/provider"

// googlePath is where the stand-in for Google asks people who they are, and googleHost is where the product calls it.
const (
	googlePath = "/_local/google"
	googleHost = "accounts.google.com"
)

// standInPath is the path below which the stand-ins for n8n are.
const standInPath = "/_local/n8n"

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
