// Package id names things: ULIDs with a prefix that says what is named, each a type of its own so that the
// compiler refuses one in the place of another.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
)

// Agency is an agency's id, ag_. Each kind of id is its prefix and a ULID: 26 digits of Crockford's base 32.
type Agency string

// Member is the id of a person's place at an agency, mb_.
type Member string

// Client is the id of a relationship, cl_.
type Client string

// Invite is an invite's id, in_.
type Invite string

// Resource is the id of an n8n instance, ins_, or of another service, svc_.
type Resource string

// Key is an API key's id, key_.
type Key string

// Event is the id of a row of the audit log, evt_.
type Event string

// SenderDomain is the id of an agency's claim of a domain that it sends from, dom_.
type SenderDomain string

// Role is the id of a role that external users can have, rol_.
type Role string

// Contact is the id of a card of an agency's CRM, con_.
type Contact string

// ShareLink is the id of a link by which external users join, lnk_.
type ShareLink string

// JoinRequest is the id of somebody's wish to join by a link that asks for approval, req_.
type JoinRequest string

// Batch is the id of many invites that were sent at once, bat_.
type Batch string

// PayerChange is the id of a proposal that somebody else pays for what a client has, pch_.
type PayerChange string

// Passkey is the id of a person's passkey, psk_.
type Passkey string

// Session is the id of a person's being signed in on one device, ses_.
type Session string

// Prefixes, as the API shows them.
const (
	AgencyPrefix   = "ag_"
	MemberPrefix   = "mb_"
	ClientPrefix   = "cl_"
	InvitePrefix   = "in_"
	InstancePrefix = "ins_"
	ServicePrefix  = "svc_"
	KeyPrefix      = "key_"
	EventPrefix    = "evt_"
	DomainPrefix   = "dom_"
	RolePrefix     = "rol_"
	ContactPrefix  = "con_"
	LinkPrefix     = "lnk_"
	RequestPrefix  = "req_"
	BatchPrefix    = "bat_"
	PasskeyPrefix  = "psk_"
	SessionPrefix  = "ses_"
	ChangePrefix   = "pch_"
)

// New makes an id of kind T that sorts by the time at, and after those that this process made for the same millisecond before it:
// lists by id show what a page made in one go in the order in which it was made. The random part of 80 bits is new for each
// millisecond, and grows by a random step of up to 32 bits within one.
// See https://github.com/ulid/spec#monotonicity.
func New[T ~string](prefix string, at time.Time) T {
	return T(prefix + made.next(ulid.Timestamp(at)).String())
}

// made are the ids of this process, of all kinds.
var made sequence

// sequence remembers where each of the last milliseconds is. It is more than one, since what is made in one go has one time, and
// what is done beside it has another.
type sequence struct {
	mu   sync.Mutex
	last [16]*ulid.MonotonicEntropy
}

func (s *sequence) next(ms uint64) ulid.ULID {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := &s.last[ms%uint64(len(s.last))]
	if *last == nil {
		*last = ulid.Monotonic(rand.Reader, 0)
	}
	u, err := ulid.New(ms, *last)
	if errors.Is(err, ulid.ErrMonotonicOverflow) {
		// The millisecond began at the very end of what 80 bits hold. A new beginning is better than none.
		return ulid.MustNew(ms, rand.Reader)
	}
	if err != nil {
		panic(err) // a time after the year 10889
	}
	return u
}

// Floor is the smallest id of kind T that New can make at the time.
func Floor[T ~string](prefix string, at time.Time) T {
	var u ulid.ULID
	if at.UnixMilli() > 0 {
		if err := u.SetTime(min(ulid.Timestamp(at), ulid.MaxTime())); err != nil {
			panic(err) // it is at most the largest
		}
	}
	return T(prefix + u.String())
}

// Valid tells whether s has the prefix and a well-formed ULID, in upper case as we write it.
func Valid(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != ulid.EncodedSize || rest != strings.ToUpper(rest) {
		return false
	}
	_, err := ulid.ParseStrict(rest)
	return err == nil
}

// ParseAgency reads an agency's id as a caller sent it, as the other Parse functions read ids of their kind. What comes in from
// outside is parsed once, where it comes in: a key that no item can have is an error of the table, and none of the caller's.
// The fault has the code [fault.NotFound]: an id that cannot be is one of what is not there.
func ParseAgency(s string) (Agency, error) {
	return parse[Agency]("errors.there_is_no_such_agency", s, AgencyPrefix)
}

// ParseMember reads a member's id.
func ParseMember(s string) (Member, error) {
	return parse[Member]("errors.there_is_no_such_member", s, MemberPrefix)
}

// ParseClient reads a client's id.
func ParseClient(s string) (Client, error) {
	return parse[Client]("errors.there_is_no_such_client", s, ClientPrefix)
}

// ParseInvite reads an invite's id.
func ParseInvite(s string) (Invite, error) {
	return parse[Invite]("errors.there_is_no_such_invite", s, InvitePrefix)
}

// ParseSenderDomain reads the id of a sender domain.
func ParseSenderDomain(s string) (SenderDomain, error) {
	return parse[SenderDomain]("errors.there_is_no_such_sender_domain", s, DomainPrefix)
}

// ParseRole reads the id of an external users' role.
func ParseRole(s string) (Role, error) {
	return parse[Role]("errors.there_is_no_such_role", s, RolePrefix)
}

// ParseKey reads an API key's id.
func ParseKey(s string) (Key, error) {
	return parse[Key]("errors.there_is_no_such_api_key", s, KeyPrefix)
}

// ParsePasskey reads a passkey's id.
func ParsePasskey(s string) (Passkey, error) {
	return parse[Passkey](noPasskey, s, PasskeyPrefix)
}

// ParseSession reads a session's id.
func ParseSession(s string) (Session, error) {
	return parse[Session](noSession, s, SessionPrefix)
}

const noSession = "errors.there_is_no_such_session"

// NoSession is the fault of who asks for a session that it does not have.
func NoSession() error { return fault.New(fault.NotFound, noSession) }

const noPasskey = "errors.there_is_no_such_passkey"

// NoPasskey is the fault of who asks for a passkey that it does not have.
func NoPasskey() error { return fault.New(fault.NotFound, noPasskey) }

// ParseContact reads a contact's id.
func ParseContact(s string) (Contact, error) {
	return parse[Contact]("errors.there_is_no_such_contact", s, ContactPrefix)
}

// ParseShareLink reads the id of a link by which external users join.
func ParseShareLink(s string) (ShareLink, error) {
	return parse[ShareLink]("errors.there_is_no_such_share_link", s, LinkPrefix)
}

// ParseJoinRequest reads the id of a wish to join.
func ParseJoinRequest(s string) (JoinRequest, error) {
	return parse[JoinRequest]("errors.there_is_no_such_join_request", s, RequestPrefix)
}

// ParseBatch reads the id of a batch of invites.
func ParseBatch(s string) (Batch, error) {
	return parse[Batch]("errors.there_is_no_such_batch", s, BatchPrefix)
}

// ParseResource reads the id of an instance or a service.
func ParseResource(s string) (Resource, error) {
	return parse[Resource]("errors.there_is_no_such_instance_or_service", s, InstancePrefix, ServicePrefix)
}

func parse[T ~string](missing, s string, prefixes ...string) (T, error) {
	for _, p := range prefixes {
		if Valid(p, s) {
			return T(s), nil
		}
	}
	return "", fault.New(fault.NotFound, missing)
}

// Bytes is the ULID behind the prefix, 16 bytes; the zero ULID when s is not Valid.
func Bytes(prefix, s string) [16]byte {
	if !Valid(prefix, s) {
		return [16]byte{}
	}
	return ulid.MustParseStrict(s[len(prefix):])
}

// FromBytes is the inverse of Bytes.
func FromBytes[T ~string](prefix string, b [16]byte) T { return T(prefix + ulid.ULID(b).String()) }

// Ref is the place of a relationship within its agency: 80 bits of a hash of agency and address, as the 16 last
// digits of a ULID. The ids of a client and of all its invites carry it in the place of a ULID's random part, so
// that each of them leads to the same item with one read, and so that an address has one item in an agency.
type Ref string

// RefOf is where the relationship of the agency with the address is kept.
func RefOf(agency Agency, a email.Address) Ref {
	h := sha256.Sum256([]byte("latchkey relationship\x00" + string(agency) + "\x00" + string(a)))
	var u ulid.ULID
	copy(u[6:], h[:10])
	return Ref(u.String()[10:])
}

// At makes the id of kind T that is at ref and sorts by the time at.
func At[T Client | Invite](prefix string, ref Ref, at time.Time) T {
	var u ulid.ULID
	if err := u.SetTime(ulid.Timestamp(at)); err != nil {
		panic(err) // the year 10889
	}
	return T(prefix + u.String()[:10] + string(ref))
}

// Ref is where the client is kept; empty when the id is malformed.
func (c Client) Ref() Ref { return refIn(ClientPrefix, string(c)) }

// Ref is where the invite is kept; empty when the id is malformed.
func (i Invite) Ref() Ref { return refIn(InvitePrefix, string(i)) }

func refIn(prefix, s string) Ref {
	if !Valid(prefix, s) {
		return ""
	}
	return Ref(s[len(prefix)+10:])
}

// User stands for a person in keys: half of the hash of the address that the person signs in with, 32 hex digits.
type User string

// UserOf is the person who signs in with the address.
func UserOf(a email.Address) User {
	const digits = "0123456789abcdef"
	h := a.Hash()
	b := make([]byte, 0, 32)
	for _, c := range h[:16] {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return User(b)
}

// RefBytes is the length of a ref as bytes.
const RefBytes = 10

// Bytes is the ref as bytes; zero when it is malformed.
func (r Ref) Bytes() (b [RefBytes]byte) {
	if u, err := ulid.ParseStrict("0000000000" + string(r)); err == nil {
		copy(b[:], u[6:])
	}
	return b
}

// RefFromBytes is the inverse of Ref.Bytes.
func RefFromBytes(b [RefBytes]byte) Ref {
	var u ulid.ULID
	copy(u[6:], b[:])
	return Ref(u.String()[10:])
}
