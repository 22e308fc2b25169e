package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

type answers func(*http.Request) (int, string)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	if status == 0 {
		return nil, errors.New(body)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Request-Id": {"req_1"}}, Body: io.NopCloser(strings.NewReader(body)),
		Request: r}, nil
}

func answering(status int, body string) *stripe.Client {
	return stripe.Open("sk_test_1",
		stripe.Options{HTTPClient: &http.Client{Transport: answers(func(*http.Request) (int, string) { return status, body })}})
}

func TestFailuresSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   payment.Kind
	}{
		"a card that is declined":     {402, `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"no"}}`, payment.Declined},
		"too many requests":           {429, `{"error":{"type":"invalid_request_error","code":"rate_limit","message":"slow down"}}`, payment.Passing},
		"an object that is locked":    {429, `{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"locked"}}`, payment.Passing},
		"Stripe's own fault":          {500, `{"error":{"type":"api_error","message":"sorry"}}`, payment.Passing},
		"a proxy's page":              {502, `<html>Bad gateway</html>`, payment.Passing},
		"half an answer":              {200, `{"id":`, payment.Passing},
		"no answer":                   {0, "connection reset", payment.Passing},
		"a key under way":             {409, `{"error":{"type":"idempotency_error","code":"idempotency_key_in_use","message":"wait"}}`, payment.Passing},
		"a key with another request":  {400, `{"error":{"type":"idempotency_error","message":"Keys for idempotent requests can only be used with the same parameters"}}`, payment.KeyReused},
		"nothing of that id":          {404, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"id","message":"No such"}}`, payment.Missing},
		"a parameter naming nothing":  {400, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"customer","message":"No such"}}`, payment.Missing},
		"a parameter nobody knows":    {400, `{"error":{"type":"invalid_request_error","code":"parameter_unknown","param":"colour","message":"unknown"}}`, payment.Refused},
		"a path that there is not":    {404, `{"error":{"type":"invalid_request_error","message":"Unrecognized request URL"}}`, payment.Refused},
		"a key that is wrong":         {401, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_*1"}}`, payment.Unauthorized},
		"a key that may not do this":  {403, `{"error":{"type":"invalid_request_error","message":"The provided key does not have the required permissions"}}`, payment.Unauthorized},
		"a type that is new to us":    {400, `{"error":{"type":"surprise","message":"!"}}`, payment.Refused},
		"an error that has no object": {503, `{}`, payment.Passing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(c.status, c.body).CreateCheckout(t.Context(), payment.CheckoutRequest{IdempotencyKey: "k"})
			var e *payment.Error
			if !errors.As(err, &e) || e.Kind != c.want {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAnErrorIsFitForALog: Stripe repeats what it was sent, addresses too.
func TestAnErrorIsFitForALog(t *testing.T) {
	t.Parallel()
	_, err := answering(400, `{"error":{"type":"invalid_request_error","code":"email_invalid","param":"customer_email",
		"message":"Invalid email address: ada@example"}}`).
		CreateCheckout(t.Context(), payment.CheckoutRequest{Email: "ada@example"})
	if text := fmt.Sprint(err); strings.Contains(text, "ada") || text != "payment: refused email_invalid customer_email req_1" {
		t.Error(text)
	}
	var e *payment.Error
	if !errors.As(err, &e) || !strings.Contains(e.Detail, "ada@example") {
		t.Errorf("what Stripe said is lost: %+v", e)
	}
}

func TestTheContextEndsACall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := stripe.Open("sk_test_1",
		stripe.Options{Retries: 2,
			HTTPClient: &http.Client{Transport: answers(func(r *http.Request) (int, string) { return 0, r.Context().Err().Error() })}})
	if _, err := c.Checkout(ctx, "cs_1"); !payment.Is(err, payment.Passing) {
		t.Error(err)
	}
}

func TestTheKeySaysWhichMode(t *testing.T) {
	t.Parallel()
	for key, live := range map[string]bool{"sk_test_1": false, "rk_test_1": false, "sk_live_1": true, "rk_live_1\n": true} {
		if got := stripe.Open(key, stripe.Options{}).Livemode(); got != live {
			t.Errorf("%q: live %v", key, got)
		}
	}
}

func TestTheBaseMayHaveAPath(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                      "https://api.stripe.com/v1/events/evt_1",
		"http://localhost:8080": "http://localhost:8080/v1/events/evt_1",
		"http://localhost:8080/_local/stripe/api/": "http://localhost:8080/_local/stripe/api/v1/events/evt_1",
	} {
		got := ""
		c := stripe.Open("sk_test_1",
			stripe.Options{Base: base, HTTPClient: &http.Client{Transport: answers(func(r *http.Request) (int, string) {
				got = r.URL.String()
				return 200, "{}"
			})}})
		if _, err := c.Event(t.Context(), "evt_1"); err != nil || got != want {
			t.Errorf("%q asks %s, %v", base, got, err)
		}
	}
}

// TestABaseThatIsNoURLAsksNobody: least of all Stripe.
func TestABaseThatIsNoURLAsksNobody(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"localhost:8080", "nonsense", "/_local"} {
		if _, err := stripe.Open("sk_test_1", stripe.Options{Base: base}).Event(t.Context(), "evt_1"); !payment.Is(err, payment.Passing) {
			t.Errorf("%q: %v", base, err)
		}
	}
}
