package id

import (
	"crypto/sha256"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/email"
)

// JoinRef is where the wish of an address to join by a link is kept: a hash of both in the form of a [Ref], so that an address has one
// wish for a link, and so that the wish can be found by its id.
func JoinRef(link ShareLink, a email.Address) Ref {
	h := sha256.Sum256([]byte("latchkey join request\x00" + string(link) + "\x00" + string(a)))
	var u ulid.ULID
	copy(u[6:], h[:RefBytes])
	return Ref(u.String()[10:])
}

// JoinRequestAt makes the id of the wish that is at ref and sorts by the time at.
func JoinRequestAt(ref Ref, at time.Time) JoinRequest {
	return JoinRequest(At[Client](RequestPrefix, ref, at))
}

// Ref is where the wish is kept; empty when the id is malformed.
func (r JoinRequest) Ref() Ref { return refIn(RequestPrefix, string(r)) }
