// Package seal encrypts the few secrets that must be read again, such as an agency's n8n API key: AES-256-GCM (NIST SP
// 800-38D) under a key of the deployment's. What is never read again is hashed instead, see the package secret.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MinKey is the shortest key that is taken, in bytes.
const MinKey = 32

// Ring holds the keys: the first one seals, all of them open, so that a new key is put in front of the old one and
// the old one is taken away when nothing sealed with it is left.
type Ring struct {
	keys []key
}

type key struct {
	id   string
	aead cipher.AEAD
}

// New reads the keys from the deployment's secret, in which they are separated by commas or line breaks. The secret is
// never used as it is: key and key id are derived from it (HKDF, RFC 5869).
func New(secret []byte) (*Ring, error) {
	r := &Ring{}
	for _, s := range strings.FieldsFunc(string(secret), func(c rune) bool { return c == ',' || c == '\n' || c == '\r' }) {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		if len(s) < MinKey {
			return nil, fmt.Errorf("seal: key %d has %d bytes, it needs at least %d", len(r.keys)+1, len(s), MinKey)
		}
		raw, err := hkdf.Key(sha256.New, []byte(s), nil, "latchkey seal key", 32)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		name, err := hkdf.Key(sha256.New, []byte(s), nil, "latchkey seal key id", 4)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		r.keys = append(r.keys, key{hex.EncodeToString(name), aead})
	}
	if len(r.keys) == 0 {
		return nil, errors.New("seal: there is no key")
	}
	return r, nil
}

// Errors of Open.
var (
	// ErrUnknownKey says that what is to be opened was sealed with a key that the ring does not have.
	ErrUnknownKey = errors.New("seal: sealed with a key that is not there any more")
	// ErrBroken says that the sealed text was changed, or belongs somewhere else.
	ErrBroken = errors.New("seal: broken")
)

// Seal encrypts plain. It opens only for the same place again, which is whatever names the item that the sealed text
// is stored in: copied into another item, it is of no use there. The result is text: "s1.", the key's id, and in
// base64url the nonce with the sealed bytes.
func (r *Ring) Seal(plain, place string) string {
	k := r.keys[0]
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return prefix + k.id + "." + base64.RawURLEncoding.EncodeToString(k.aead.Seal(nonce, nonce, []byte(plain), associated(k.id, place)))
}

const prefix = "s1."

// Open decrypts what Seal made for the place. Errors: ErrUnknownKey, ErrBroken.
func (r *Ring) Open(sealed, place string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, prefix)
	name, text, found := strings.Cut(rest, ".")
	if !ok || !found {
		return "", ErrBroken
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", ErrBroken
	}
	for _, k := range r.keys {
		if k.id != name {
			continue
		}
		n := k.aead.NonceSize()
		if len(b) < n {
			return "", ErrBroken
		}
		plain, err := k.aead.Open(nil, b[:n], b[n:], associated(name, place))
		if err != nil {
			return "", ErrBroken
		}
		return string(plain), nil
	}
	return "", ErrUnknownKey
}

func associated(id, place string) []byte { return []byte(prefix + id + "\x00" + place) }
