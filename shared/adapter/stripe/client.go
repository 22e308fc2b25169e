// Package stripe asks Stripe: for prices, checkouts, subscriptions, payments and events, and verifies its webhooks. It is
// the only importer of stripe-go; what it returns are the plain values of shared/domain/payment, and every error of a call is a
// *payment.Error.
//
// The version of Stripe's API is the one that stripe-go pins ([APIVersion]); the webhook endpoint in Stripe's dashboard
// may have another, because of an event nothing is read but what every version has.
//
// Building on it:
//
//	till := stripe.Open(key, stripe.Options{Base: env.Optional("STRIPE_API_BASE")})
//	prices, err := till.Prices(ctx, []string{"hosting_10_month"})
//	visit, err := till.CreateCheckout(ctx, payment.CheckoutRequest{…})
//	…
//	event, err := stripe.VerifyWebhook(body, signature, secrets, now) // the webhook's function
//	trace, err := till.Trace(ctx, event.Object)                       // the worker: whose is it
//	sub, err := till.Subscription(ctx, trace.Subscription)            // and what is it now
//
// infra/run/stripe stands in for Stripe in the local run and in tests.
package stripe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

// APIVersion is the version of Stripe's API that is spoken.
const APIVersion = stripe.APIVersion

// patience is for one request and its answer; Stripe's slowest everyday answers take a few seconds.
const patience = 15 * time.Second

// Options are the settings of a client. The zero value talks to Stripe.
type Options struct {
	// Base is the API's base URL, such as "http://localhost:8080/_local/stripe/api". Empty is Stripe itself.
	Base string
	// HTTPClient carries the requests. Default: one that waits 15 s for an answer.
	HTTPClient *http.Client
	// Retries is how often stripe-go itself tries again, with the same idempotency key and half a second to five
	// seconds between, when no answer came. Queues bring work back by themselves: 0 is enough there.
	Retries int
	// Pages is the origin at which a stand-in has its pages, such as "http://localhost:8080". Default: that of Base.
	Pages string
}

// Client asks Stripe. It is safe for concurrent use.
type Client struct {
	api     *stripe.Client
	backend stripe.Backend
	key     string
	live    bool
	pages   string // origin of a stand-in's pages; "" for none
}

// Ready returns nil: with a key, something is sold.
func (c *Client) Ready() error { return nil }

// Open makes a client for an API key ("sk_test_…", "sk_live_…", "rk_…" with the rights for what is called). It makes no
// request.
func Open(key string, o Options) *Client {
	c := o.HTTPClient
	if c == nil {
		c = &http.Client{Timeout: patience}
	}
	config := &stripe.BackendConfig{
		HTTPClient:        c,
		MaxNetworkRetries: stripe.Int64(int64(o.Retries)),
		EnableTelemetry:   stripe.Bool(false),
		// stripe-go would write Stripe's sentences to stderr, and those name addresses.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	if o.Base != "" {
		config.URL = stripe.String(o.Base) // one that is no URL fails every call, and never asks Stripe itself
	}
	if base, err := url.Parse(strings.TrimSuffix(o.Base, "/")); err == nil && base.Host != "" {
		config.URL = stripe.String(base.Scheme + "://" + base.Host)
		if base.Path != "" {
			below := *c
			below.Transport = prefixed{base.Path, c.Transport}
			config.HTTPClient = &below
		}
	}
	key = strings.TrimSpace(key)
	backends := stripe.NewBackendsWithConfig(config)
	out := &Client{api: stripe.NewClient(key, stripe.WithBackends(backends)), backend: backends.API, key: key,
		live: strings.Contains(key, "_live_"), pages: strings.TrimSuffix(o.Pages, "/")}
	if base, err := url.Parse(o.Base); out.pages == "" && err == nil && base.Host != "" {
		out.pages = base.Scheme + "://" + base.Host
	}
	return out
}

// prefixed puts requests below a path: stripe-go takes none in its base URL.
type prefixed struct {
	path string
	next http.RoundTripper
}

func (p prefixed) RoundTrip(r *http.Request) (*http.Response, error) {
	below := r.Clone(r.Context())
	below.URL.Path = p.path + r.URL.Path
	if p.next == nil {
		return http.DefaultTransport.RoundTrip(below)
	}
	return p.next.RoundTrip(below)
}

// Livemode tells whether the key moves real money. Events of the other mode are not ours.
func (c *Client) Livemode() bool { return c.live }

// explain makes the product's error of stripe-go's (https://docs.stripe.com/api/errors,
// https://docs.stripe.com/error-low-level).
func explain(err error) error {
	if err == nil {
		return nil
	}
	var s *stripe.Error
	if !errors.As(err, &s) {
		// No answer, or none of Stripe's: a proxy's page, say.
		return &payment.Error{Kind: payment.Passing, Err: err}
	}
	return &payment.Error{
		Kind: kind(s), Code: string(s.Code), DeclineCode: string(s.DeclineCode), Param: s.Param, RequestID: s.RequestID,
		Status: s.HTTPStatusCode, Detail: s.Msg,
	}
}

func kind(s *stripe.Error) payment.Kind {
	switch {
	case s.Type == stripe.ErrorTypeCard:
		return payment.Declined
	case s.HTTPStatusCode == http.StatusTooManyRequests || s.HTTPStatusCode >= http.StatusInternalServerError:
		return payment.Passing
	case s.HTTPStatusCode == http.StatusConflict: // another request with the key, or on the object, is being carried out
		return payment.Passing
	case s.Type == stripe.ErrorTypeIdempotency:
		return payment.KeyReused
	case s.HTTPStatusCode == http.StatusUnauthorized || s.HTTPStatusCode == http.StatusForbidden:
		return payment.Unauthorized
	case s.Code == stripe.ErrorCodeResourceMissing:
		return payment.Missing
	}
	return payment.Refused
}

// code is Stripe's code of an error of explain's.
func code(err error) stripe.ErrorCode {
	var e *payment.Error
	if errors.As(err, &e) {
		return stripe.ErrorCode(e.Code)
	}
	return ""
}

func amount(minor int64, currency stripe.Currency) money.Amount {
	if currency == "" {
		return money.Amount{}
	}
	return money.Amount{Minor: minor, Currency: strings.ToUpper(string(currency))}
}

// at is the time of a timestamp of Stripe's: seconds, 0 for never.
func at(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// known is an id of an object that another one names; "" for what has not the form of one, which nobody believes.
func known(id string) string {
	if !payment.ValidID(id) {
		return ""
	}
	return id
}

// optional leaves a parameter out that is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// collect gathers at most most items of all the pages of a list.
func collect[In, Out any](ctx context.Context, list *stripe.V1List[In], most int, of func(In) Out) ([]Out, error) {
	out := []Out{}
	for item, err := range list.All(ctx) {
		if err != nil {
			return nil, explain(err)
		}
		if len(out) == most {
			break
		}
		out = append(out, of(item))
	}
	return out, nil
}

// most bounds what is read of a customer's lists; nobody has as many, and a loop must end.
const most = 1000
