// Package hook posts events to where agencies say, as Standard Webhooks 1.0.0 has it. It calls addresses of the public internet alone,
// follows no redirect, and bounds what it is answered in time and bytes.
package hook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"
	"unicode"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/release"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

// Bounds of one attempt.
const (
	// Patience is how long an attempt may take, with all that goes before it.
	Patience = 15 * time.Second
	// MostRead and MostHeaders are how much of an answer is read, in bytes.
	MostRead    = 64 << 10
	MostHeaders = 16 << 10
)

// Client posts events.
type Client struct{ http http.Client }

// New makes a Client of what carries its requests.
func New(carrier http.RoundTripper) *Client {
	return &Client{http.Client{Transport: carrier, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// Carrier carries requests to what the dialer's policy lets be called.
func Carrier(d egress.Dialer) http.RoundTripper {
	d.MostHeaders = MostHeaders
	return d.Transport()
}

var _ webhooks.Poster = (*Client)(nil)

// Post sends a request once.
func (c *Client) Post(ctx context.Context, r webhooks.Request) webhooks.Answer {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	start := time.Now()
	took := func(a webhooks.Answer) webhooks.Answer {
		a.Took = time.Since(start)
		return a
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return took(webhooks.Answer{Fault: webhook.NoName})
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Latchkey-Webhooks/" + release.Version},
		"Webhook-Id": {string(r.Message)}, "Webhook-Timestamp": {strconv.FormatInt(r.At.Unix(), 10)}, "Webhook-Signature": {r.Signature},
		// It isn't sent: it has the request written once more, on another connection, where the receiver has closed the one that was kept,
		// as they do while a function sleeps. Should it have been taken, its id says so.
		"Idempotency-Key": {}}
	res, err := c.http.Do(req)
	if err != nil {
		return took(webhooks.Answer{Fault: faultOf(ctx, err, connected)})
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, MostRead)) // what has come within the time is enough: the status decides
	a := webhooks.Answer{Status: res.StatusCode, Excerpt: excerpt(text)}
	switch {
	case res.StatusCode == 0: // which is how an attempt without an answer is written down
		a.Fault = webhook.Garbled
	case res.StatusCode >= 300 && res.StatusCode < 400:
		a.Fault = webhook.Redirected
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 502 && res.StatusCode <= 504:
		a.RetryAfter = retryAfter(res.Header.Get("Retry-After"), r.At)
	}
	return took(a)
}

// faultOf says why there is no answer. Which address it was about stays here.
func faultOf(ctx context.Context, err error, connected bool) webhook.Fault {
	var refusal *egress.Refusal
	var dns *net.DNSError
	var bad *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var alert tls.AlertError
	var host x509.HostnameError
	var timeout net.Error
	switch {
	case errors.As(err, &refusal):
		return webhook.NotPublic
	case errors.As(err, &dns):
		return webhook.NoName
	case errors.As(err, &bad), errors.As(err, &noTLS), errors.As(err, &alert), errors.As(err, &host):
		return webhook.Untrusted
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return webhook.Slow
	case connected:
		return webhook.Garbled
	}
	return webhook.NoAnswer
}

// retryAfter reads the header: seconds, or a date (RFC 9110, section 10.2.3); 0 for what is neither.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil || errors.Is(err, strconv.ErrRange) { // then it is as far as ints go
		return time.Duration(min(max(n, 0), int(webhook.MostWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// excerpt is the beginning of an answer as text that is safe to show.
func excerpt(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsGraphic(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(b[:min(len(b), webhook.Excerpt)]), ""))
}
