package stripe_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v85/webhook"

	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/payment"
)

var (
	now  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	body = []byte(`{"id":"evt_1","object":"event","type":"invoice.paid","api_version":"2020-08-27","created":1763726400,"livemode":false,
		"data":{"object":{"id":"in_1","object":"invoice","customer_email":"ada@example.com"}},"pending_webhooks":1,"request":null}`)
	event = payment.Event{ID: "evt_1", Type: "invoice.paid", Object: payment.Object{Type: "invoice", ID: "in_1"},
		Created: time.Unix(1763726400, 0).UTC()}
)

// signed is what Stripe's own library makes of a body.
func signed(body []byte, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at}).Header
}

func signature(body []byte, secret string, at time.Time) string {
	return hex.EncodeToString(webhook.ComputeSignature(at, body, secret))
}

func TestAWebhookOfStripesIsTaken(t *testing.T) {
	t.Parallel()
	stamp := "t=" + strings.TrimPrefix(strings.Split(signed(body, "x", now), ",")[0], "t=")
	for name, c := range map[string]struct {
		header  string
		secrets []string
		now     time.Time
	}{
		"as Stripe's library signs it":            {signed(body, "whsec_new", now), []string{"whsec_new"}, now},
		"with the old secret while it is rolled":  {signed(body, "whsec_old", now), []string{"whsec_new", "whsec_old"}, now},
		"signed with both while they are rolled":  {stamp + ",v1=" + signature(body, "whsec_a", now) + ",v1=" + signature(body, "whsec_b", now), []string{"whsec_b"}, now},
		"with a scheme that nobody uses yet":      {stamp + ",v0=00,v2=zz,v1=" + signature(body, "whsec_a", now), []string{"whsec_a"}, now},
		"five minutes late":                       {signed(body, "whsec_a", now), []string{"whsec_a"}, now.Add(5 * time.Minute)},
		"by a clock that is five minutes ahead":   {signed(body, "whsec_a", now), []string{"whsec_a"}, now.Add(-5 * time.Minute)},
		"with an empty secret beside the right":   {signed(body, "whsec_a", now), []string{"", "whsec_a"}, now},
		"with spaces that a proxy has put in":     {strings.ReplaceAll(signed(body, "whsec_a", now), ",", ", "), []string{"whsec_a"}, now},
		"with a signature that is not hex before": {stamp + ",v1=xyz,v1=" + signature(body, "whsec_a", now), []string{"whsec_a"}, now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := stripe.VerifyWebhook(body, c.header, c.secrets, c.now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(event, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAWebhookOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	good := signed(body, "whsec_a", now)
	stamp, sig := strings.Split(good, ",")[0], strings.Split(good, ",")[1]
	for name, c := range map[string]struct {
		body    []byte
		header  string
		secrets []string
		now     time.Time
	}{
		"without a header":                  {body, "", []string{"whsec_a"}, now},
		"without a time":                    {body, sig, []string{"whsec_a"}, now},
		"without a signature":               {body, stamp, []string{"whsec_a"}, now},
		"signed with another secret":        {body, good, []string{"whsec_b"}, now},
		"with nothing to check by":          {body, good, nil, now},
		"signed with an empty secret":       {body, signed(body, "", now), []string{""}, now},
		"one byte more":                     {append(bytes.Clone(body), ' '), good, []string{"whsec_a"}, now},
		"another time":                      {body, "t=1763726401," + sig, []string{"whsec_a"}, now},
		"two times":                         {body, "t=1," + good, []string{"whsec_a"}, now},
		"a time that is none":               {body, "t=soon," + sig, []string{"whsec_a"}, now},
		"as version 0":                      {body, strings.Replace(good, "v1=", "v0=", 1), []string{"whsec_a"}, now},
		"half of the signature":             {body, good[:len(good)-32], []string{"whsec_a"}, now},
		"played again after five minutes":   {body, good, []string{"whsec_a"}, now.Add(5*time.Minute + time.Second)},
		"from more than five minutes ahead": {body, good, []string{"whsec_a"}, now.Add(-5*time.Minute - time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e, err := stripe.VerifyWebhook(c.body, c.header, c.secrets, c.now); !errors.Is(err, payment.ErrSignature) ||
				e != (payment.Event{}) {
				t.Errorf("%v, %v", e, err)
			}
		})
	}
}

func TestAWebhookIsPosted(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"POST": 200, "GET": 405, "HEAD": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405} {
		heard := 0
		listen := func(context.Context, payment.Event) error { heard++; return nil }
		r, w := httptest.NewRequest(method, "/stripe/webhook", bytes.NewReader(body)), httptest.NewRecorder()
		r.Header.Set("Stripe-Signature", signed(body, "whsec_a", now))
		stripe.Receiver([]string{"whsec_a"}, func() time.Time { return now }, listen).ServeHTTP(w, r)
		if w.Code != want || (heard == 1) != (want == 200) || (w.Header().Get("Allow") == "POST") != (want == 405) {
			t.Errorf("%s: %d, Allow %q, heard %d times", method, w.Code, w.Header().Get("Allow"), heard)
		}
	}
}

// TestASignedBodyThatIsNoEventIsAnError: nothing to take, and nothing that a forger did.
func TestASignedBodyThatIsNoEventIsAnError(t *testing.T) {
	t.Parallel()
	for _, b := range []string{"", "null", "[]", `{"id":"evt_1"}`, `{"id":"evt_1","object":"v2.core.event","type":"x"}`,
		`{"object":"event","type":"x"}`} {
		if e, err := stripe.VerifyWebhook([]byte(b), signed([]byte(b), "whsec_a", now), []string{"whsec_a"}, now); err == nil ||
			errors.Is(err, payment.ErrSignature) {
			t.Errorf("%q: %v, %v", b, e, err)
		}
	}
}

// FuzzVerifyWebhook holds the adapter against Stripe's library: whatever it takes, that takes too, and an event that
// was signed by nobody is never taken.
func FuzzVerifyWebhook(f *testing.F) {
	f.Add(body, signed(body, "whsec_a", now))
	f.Add(body, "t=,v1=")
	f.Add([]byte("{}"), "t=1763726400,v1=00,v1=,,=,v1")
	f.Fuzz(func(t *testing.T, b []byte, header string) {
		_, err := stripe.VerifyWebhook(b, header, []string{"whsec_a"}, now)
		theirs := webhook.ValidatePayloadIgnoringTolerance(b, header, "whsec_a")
		if err == nil && theirs != nil {
			t.Errorf("we take what Stripe's library refuses: %q %q: %v", b, header, theirs)
		}
		if good := signed(b, "whsec_a", now); webhook.ValidatePayloadIgnoringTolerance(b, good, "whsec_a") == nil {
			if _, err := stripe.VerifyWebhook(b, good, []string{"whsec_a"}, now); errors.Is(err, payment.ErrSignature) {
				t.Errorf("we refuse what Stripe signed: %q: %v", b, err)
			}
		}
	})
}
