package stripe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/payment"
)

// Tolerance is how far a webhook's time may be from ours.
const Tolerance = 5 * time.Minute

// signatures that one header may carry. Stripe sends one for each of the endpoint's secrets: two while one is rolled.
const maxSignatures = 16

// VerifyWebhook checks that body, exactly as it came, was signed by Stripe with one of the endpoint's secrets less than
// Tolerance ago, and says what happened (https://docs.stripe.com/webhooks#verify-manually). header is the request's
// Stripe-Signature. While a secret is rolled, both are given. Every refusal wraps payment.ErrSignature.
//
// stripe-go's own package does the same, but tells the time by the machine's clock.
func VerifyWebhook(body []byte, header string, secrets []string, now time.Time) (payment.Event, error) {
	sent, signatures, err := parseSignature(header)
	if err != nil {
		return payment.Event{}, err
	}
	good := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(sent))
		mac.Write([]byte{'.'})
		mac.Write(body)
		want := mac.Sum(nil)
		for _, s := range signatures {
			if hmac.Equal(want, s) {
				good = true
			}
		}
	}
	if !good {
		return payment.Event{}, fmt.Errorf("%w: no signature fits", payment.ErrSignature)
	}
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return payment.Event{}, fmt.Errorf("%w: no time", payment.ErrSignature)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return payment.Event{}, fmt.Errorf("%w: %s old", payment.ErrSignature, age.Round(time.Second))
	}
	return parseEvent(body)
}

// parseSignature reads "t=1492774577,v1=5257a869…,v0=…". Schemes other than v1 are passed over.
func parseSignature(header string) (sent string, signatures [][]byte, err error) {
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if sent != "" {
				return "", nil, fmt.Errorf("%w: two times", payment.ErrSignature)
			}
			sent = value
		case "v1":
			s, err := hex.DecodeString(value)
			if err != nil || len(s) != sha256.Size || len(signatures) == maxSignatures {
				continue
			}
			signatures = append(signatures, s)
		}
	}
	if sent == "" || len(signatures) == 0 {
		return "", nil, fmt.Errorf("%w: no Stripe-Signature header of the form t=…,v1=…", payment.ErrSignature)
	}
	return sent, signatures, nil
}

// parseEvent reads what every version of the API writes of an event. The error is Stripe's doing, not a forger's: the
// signature was good.
func parseEvent(body []byte) (payment.Event, error) {
	var e struct {
		ID       string `json:"id"`
		Object   string `json:"object"`
		Type     string `json:"type"`
		Account  string `json:"account"`
		Livemode bool   `json:"livemode"`
		Created  int64  `json:"created"`
		Data     struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return payment.Event{}, fmt.Errorf("stripe: a signed webhook that is no JSON: %w", err)
	}
	if e.ID == "" || e.Type == "" || e.Object != "event" {
		return payment.Event{}, fmt.Errorf("stripe: a signed webhook that is no event, but %.40q", e.Object)
	}
	return payment.Event{ID: e.ID, Type: e.Type, Object: object(e.Data.Object), Account: e.Account, Livemode: e.Livemode,
		Created: at(e.Created)}, nil
}
