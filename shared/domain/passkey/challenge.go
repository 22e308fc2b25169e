package passkey

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

const (
	// ChallengeSize is how long a challenge is, in bytes.
	ChallengeSize = 32
	// ChallengeLifetime is how long it can be answered.
	ChallengeLifetime = 5 * time.Minute
)

// Ceremony is what a challenge is for. To clients two of them are the same, by which a passkey answers.
type Ceremony string

// The ceremonies.
const (
	Registering Ceremony = "webauthn.create"
	SigningIn   Ceremony = "webauthn.get"
	SteppingUp  Ceremony = "step-up" // somebody who is signed in proves again to be who it is
)

// Challenge is a random text that an authenticator signs. It can be answered once, by the browser that asked for it, in the ceremony
// that it was made for.
type Challenge struct {
	Value     []byte
	For       Ceremony
	User      id.User     // who registers a passkey, or proves once more to be who it is; "" for somebody who signs in
	Browser   secret.Hash // of what the browser carries
	ExpiresAt time.Time
}

// NewChallenge makes a challenge for a browser. user is "" for somebody who signs in.
func NewChallenge(what Ceremony, user id.User, browser string, now time.Time) *Challenge {
	c := &Challenge{Value: make([]byte, ChallengeSize), For: what, User: user, Browser: secret.HashOf(browser),
		ExpiresAt: now.Add(ChallengeLifetime)}
	rand.Read(c.Value) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return c
}

// Answered tells whether the challenge may be answered so at now.
func (c *Challenge) Answered(what Ceremony, user id.User, now time.Time) bool {
	return c.For == what && c.User == user && now.Before(c.ExpiresAt)
}

// ChallengeOf reads out of what a client has signed which challenge it answers (W3C, Web Authentication Level 3, section 5.8.1).
// Nothing of it is believed before the signature was checked. Faults: [fault.Malformed].
func ChallengeOf(clientData []byte) ([]byte, error) {
	var said struct {
		Challenge string `json:"challenge"`
	}
	malformed := fault.New(fault.Malformed, "errors.passkey_malformed")
	if err := json.Unmarshal(clientData, &said); err != nil {
		return nil, malformed
	}
	value, err := base64.RawURLEncoding.Strict().DecodeString(said.Challenge)
	if err != nil || len(value) != ChallengeSize {
		return nil, malformed
	}
	return value, nil
}

// TimeOut is how long browsers wait for an authenticator, in milliseconds.
const TimeOut = int(ChallengeLifetime / time.Millisecond)

// Algorithms are the kinds of keys that are asked for, the ones liked best first: ES256, EdDSA and RS256, which older Windows has
// alone (IANA, COSE Algorithms).
func Algorithms() []int { return []int{-7, -8, -257} }
