package stripe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/payment"
)

// FromEnvironment is the client for the key, at the API's base URL that the variable STRIPE_API_BASE holds.
func FromEnvironment(env *environment.Environment, key string) *Client {
	return Open(key, Options{Base: env.Optional("STRIPE_API_BASE")})
}

// Expirer closes checkouts, and does nothing else. It makes its call without stripe-go, which brings 6 MB into a binary
// that has html/template.
type Expirer struct {
	key, base string
	client    *http.Client
}

// CloseOnly is FromEnvironment for those who only close checkouts.
func CloseOnly(env *environment.Environment, key string) *Expirer {
	return NewExpirer(key, Options{Base: env.Optional("STRIPE_API_BASE")})
}

// NewExpirer makes an Expirer for an API key.
func NewExpirer(key string, o Options) *Expirer {
	e := &Expirer{strings.TrimSpace(key), strings.TrimSuffix(o.Base, "/"), o.HTTPClient}
	if e.base == "" {
		e.base = "https://api.stripe.com"
	}
	if e.client == nil {
		e.client = &http.Client{Timeout: patience}
	}
	return e
}

// ExpireCheckout is [Client.ExpireCheckout]; of the checkout it tells ID, Status and Subscription.
func (e *Expirer) ExpireCheckout(ctx context.Context, id string) (payment.Checkout, error) {
	path := "/v1/checkout/sessions/" + url.PathEscape(id)
	c, err := e.call(ctx, http.MethodPost, path+"/expire")
	if payment.Is(err, payment.Refused) {
		now, again := e.call(ctx, http.MethodGet, path)
		if again == nil && now.Status == payment.CheckoutOpen { // refused for another reason
			return payment.Checkout{}, err
		}
		return now, again
	}
	return c, err
}

// mostAnswer bounds what is read of an answer.
const mostAnswer = 1 << 20

// call makes one request about a checkout.
func (e *Expirer) call(ctx context.Context, method, path string) (payment.Checkout, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.base+path, bytes.NewReader(nil))
	if err != nil {
		return payment.Checkout{}, err
	}
	r.Header.Set("Authorization", "Bearer "+e.key)
	r.Header.Set("Stripe-Version", APIVersion)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := e.client.Do(r)
	if err != nil {
		return payment.Checkout{}, &payment.Error{Kind: payment.Passing, Err: err}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return payment.Checkout{}, &payment.Error{Kind: payment.Passing, Err: err}
	}
	var out struct {
		ID           string `json:"id"`
		Status       string `json:"status"`
		Subscription string `json:"subscription"`
		ExpiresAt    int64  `json:"expires_at"`
		Error        struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	broken := json.Unmarshal(body, &out)
	if res.StatusCode == http.StatusOK {
		if broken != nil || out.ID == "" {
			broken = errors.New("an answer that is no checkout")
			return payment.Checkout{}, &payment.Error{Kind: payment.Passing, Status: res.StatusCode, Err: broken}
		}
		return payment.Checkout{ID: out.ID, Status: payment.CheckoutStatus(out.Status), Subscription: out.Subscription,
			ExpiresAt: time.Unix(out.ExpiresAt, 0).UTC()}, nil
	}
	f := &payment.Error{Kind: payment.Refused, Code: out.Error.Code, Status: res.StatusCode, RequestID: res.Header.Get("Request-Id")}
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusConflict,
		res.StatusCode >= http.StatusInternalServerError:
		f.Kind = payment.Passing
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		f.Kind = payment.Unauthorized
	case out.Error.Code == "resource_missing":
		f.Kind = payment.Missing
	}
	return payment.Checkout{}, f
}
