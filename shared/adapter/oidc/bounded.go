package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// bounded carries requests to a provider: it reads no more than mostBytes of an answer, and looks at the provider's keys at most once in
// keysApart, however many tokens name a key that is not known.
type bounded struct {
	by     http.RoundTripper
	client *client
}

var errTooLarge = errors.New("the answer is too large")

// RoundTrip answers with what is known of the keys, or asks.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	d := b.keysOf(r)
	if d != nil {
		d.mu.Lock()
		body, header, seen := d.body, d.header, d.seen
		d.mu.Unlock()
		if body != nil && b.client.now().Sub(seen) < keysApart {
			return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
		}
	}
	res, err := b.by.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, mostBytes+1))
	_ = res.Body.Close()
	if err == nil && len(body) > mostBytes {
		err = errTooLarge
	}
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if d != nil && res.StatusCode == http.StatusOK && keys(body) {
		d.mu.Lock()
		d.body, d.header, d.seen = body, res.Header.Clone(), b.client.now()
		d.mu.Unlock()
	}
	return res, nil
}

// keys tells whether an answer has any, so that nothing else is kept.
func keys(body []byte) bool {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	return json.Unmarshal(body, &set) == nil && len(set.Keys) > 0
}

// keysOf is the provider whose keys are asked for; nil for another request.
func (b *bounded) keysOf(r *http.Request) *discovered {
	b.client.mu.Lock()
	defer b.client.mu.Unlock()
	if d := b.client.found; d != nil && r.Method == http.MethodGet && r.URL.String() == d.keys {
		return d
	}
	return nil
}
