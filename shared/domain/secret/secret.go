// Package secret makes and reads the bearer secrets that leave the product: invite links, API keys, sessions.
//
// A secret is a prefix that says what it opens, and in base 62 a locator (where to look, not secret), 256 random
// bits and a CRC-32 of all before it. Prefix and checksum let a scanner recognise a leaked one without asking us;
// only the SHA-256 is ever stored.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/big"
	"strings"
)

// Prefixes, one per kind.
const (
	Invite  = "lki_"
	Share   = "lks_"
	APIKey  = "lkk_"
	Session = "lkn_"
	Records = "lkr_"

	Unsubscribe = "lku_"
)

const (
	entropy  = 32
	checksum = 4
)

// Hash is what is stored of a secret.
type Hash [sha256.Size]byte

// New makes a secret of the kind, found by the locator.
func New(kind string, locator []byte) string {
	var random [entropy]byte
	rand.Read(random[:]) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return Made(kind, locator, random)
}

// Made is the secret of the kind that is found by the locator and has these 256 bits, which nobody else can know.
func Made(kind string, locator []byte, bits [entropy]byte) string {
	b := append(append(make([]byte, 0, len(locator)+entropy+checksum), locator...), bits[:]...)
	b = binary.BigEndian.AppendUint32(b, sum(kind, b))
	return kind + encode(b)
}

// ErrMalformed says that a string is no secret of the kind asked for.
var ErrMalformed = errors.New("secret: malformed")

// Locate reads the locator of n bytes out of a secret of the kind. It is cheap and touches no store; whoever calls
// it must then compare with [Hash.Matches]. It returns ErrMalformed for anything that New did not make.
func Locate(kind, s string, n int) ([]byte, error) {
	rest, ok := strings.CutPrefix(s, kind)
	size := n + entropy + checksum
	if !ok || len(rest) != digits(size) {
		return nil, ErrMalformed
	}
	b, ok := decode(rest, size)
	if !ok || binary.BigEndian.Uint32(b[size-checksum:]) != sum(kind, b[:size-checksum]) {
		return nil, ErrMalformed
	}
	return b[:n], nil
}

// HashOf is what to store of s.
func HashOf(s string) Hash { return sha256.Sum256([]byte(s)) }

// Matches compares in constant time.
func (h Hash) Matches(s string) bool {
	other := HashOf(s)
	return subtle.ConstantTimeCompare(h[:], other[:]) == 1
}

func sum(kind string, b []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, b)
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// digits is how many base-62 digits n bytes take: n*8/log2(62), rounded up.
func digits(n int) int { return (n*80000 + 59541) / 59542 }

func encode(b []byte) string {
	out := make([]byte, digits(len(b)))
	x, m, base := new(big.Int).SetBytes(b), new(big.Int), big.NewInt(62)
	for i := len(out) - 1; i >= 0; i-- {
		x.DivMod(x, base, m)
		out[i] = alphabet[m.Int64()]
	}
	return string(out)
}

func decode(s string, size int) ([]byte, bool) {
	x, base := new(big.Int), big.NewInt(62)
	for i := range len(s) {
		d := strings.IndexByte(alphabet, s[i])
		if d < 0 {
			return nil, false
		}
		x.Add(x.Mul(x, base), big.NewInt(int64(d)))
	}
	if (x.BitLen()+7)/8 > size {
		return nil, false
	}
	return x.FillBytes(make([]byte, size)), true
}
