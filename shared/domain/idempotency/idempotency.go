// Package idempotency lets a caller repeat a request that makes something, without making it twice: the
// Idempotency-Key header field of the IETF draft "The Idempotency-Key HTTP Header Field".
package idempotency

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"latchkey.dev/shared/domain/fault"
)

// Lifetime is how long a key is remembered.
const Lifetime = 24 * time.Hour

// MaxKey is the longest key, in bytes.
const MaxKey = 255

// Record remembers that a key was used, in the same transaction as what it made.
type Record struct {
	Key     string // hash of operation, caller and key; "" when the caller sent none
	Request string // hash of the body
	Result  string // id of what was made
	At      time.Time
}

// For is the record of a request: operation and caller keep the keys of different operations and callers apart,
// body is anything that marshals to JSON. It returns nil when key is empty, and a fault when it is over MaxKey or
// not printable ASCII.
func For(operation, caller, key string, body any) (*Record, error) {
	if key == "" {
		return nil, nil //nolint:nilnil // no key is no record; every caller asks for nil
	}
	if len(key) > MaxKey {
		return nil, fault.InField("Idempotency-Key", "errors.use_a_key_of_at_most", "max_key", MaxKey)
	}
	for _, c := range []byte(key) {
		if c < 0x20 || c > 0x7e {
			return nil, fault.InField("Idempotency-Key", "errors.use_printable_ascii_only_for_example")
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &Record{Key: hash(operation + "\x00" + caller + "\x00" + key), Request: hash(string(b))}, nil
}

// Replays compares with what is stored under the key, which may be nil. It returns true when the request came
// before, and a fault with code [fault.IdempotencyUsed] when the key came before with another body.
func (r *Record) Replays(stored *Record, now time.Time) (bool, error) {
	if r == nil || stored == nil || now.After(stored.At.Add(Lifetime)) {
		return false, nil
	}
	if stored.Request != r.Request {
		return false, fault.New(fault.IdempotencyUsed, "errors.this_idempotency_key_was_used_with")
	}
	return true, nil
}

// Of is the record to store with what the request has made; nil for a request without a key.
func (r *Record) Of(made string, now time.Time) *Record {
	if r == nil {
		return nil
	}
	stored := *r
	stored.At, stored.Result = now, made
	return &stored
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:16])
}
