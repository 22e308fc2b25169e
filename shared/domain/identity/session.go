package identity

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// SessionLifetime is how long a session lasts after its sign-in, used or not.
const SessionLifetime = 14 * 24 * time.Hour

// Way is a way in which people prove who they are.
type Way string

// The ways.
const (
	MailedCode Way = "code"
	Passkey    Way = "passkey"
	Provider   Way = "provider" // OpenID Connect
)

// Proof is how a person has signed in.
type Proof struct {
	Way      Way
	Provider ProviderID // which one, of the operator's
	Issuer   string     // of a provider: its issuer, as it names itself
	Bound    id.Agency  // of an agency's own provider: the one agency for which the session is good; else ""
	Device   string     // the browser and the system, as the browser told of itself: at most [MaxDevice] bytes; "" when it did not
	Network  string     // from where, see [NetworkOf]
}

// MaxDevice is the longest name of a device, in bytes.
const MaxDevice = 80

// NetworkOf is the network that an address of the internet belongs to: the first 24 bits of IPv4, or 48 of IPv6. People can tell by it
// their own networks from others', and it is no one machine's. "" for what is no address.
func NetworkOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		p, err := netip.ParseAddrPort(ip)
		if err != nil {
			return ""
		}
		a = p.Addr()
	}
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// NetworkLike is a network as people know addresses, such as "203.0.113.x"; "" for none.
func NetworkLike(network string) string {
	for _, end := range []string{"0/24", "/48"} {
		if begin, ok := strings.CutSuffix(network, end); ok {
			return begin + "x"
		}
	}
	return network
}

// Session is a person's being signed in on one device.
type Session struct {
	User      id.User
	ID        string // a ULID
	Hash      secret.Hash
	Email     email.Address
	Agency    id.Agency // the agency the person works at; "" for nobody's member
	Member    id.Member
	By        Proof
	CreatedAt time.Time // when the person signed in
	ProvedAt  time.Time // when the person last proved to be who it is: at the sign-in, or at a step-up since
	ExpiresAt time.Time

	News *News // of a new one: what the person is told of it, which is written with it; nil for nothing
}

// Person is the caller behind a session.
func (s *Session) Person() Caller {
	return Caller{User: s.User, Email: s.Email, Session: s.ID, Since: s.CreatedAt, Proved: s.ProvedAt, By: s.By, Agency: s.Agency,
		Member: s.Member}
}

// Membership says that a person works at an agency, or is its client.
type Membership struct {
	Agency id.Agency
	Member id.Member // "" for a client
	Client id.Client // "" for a member
	Used   time.Time // when the person last chose to act for the agency; zero for never
}

// NewSession makes a session of a person who has just proved to be who it is, and the value of its cookie. It acts for the agency at
// which the person works, of several for the one that it acted for last; a session that is bound to an agency acts for that one or
// for none.
func NewSession(user id.User, address email.Address, places []Membership, by Proof, now time.Time) (cookie string, s *Session) {
	s = &Session{User: user, Email: address, By: by, CreatedAt: now, ProvedAt: now, ExpiresAt: now.Add(SessionLifetime)}
	var used time.Time
	for _, p := range places { // the one that was acted for last, else the first
		if p.Member != "" && (by.Bound == "" || p.Agency == by.Bound) && (s.Member == "" || p.Used.After(used)) {
			s.Agency, s.Member, used = p.Agency, p.Member, p.Used
		}
	}
	return s.key(now), s
}

// Moved is a session in the place of this one, which proves the same since the same time and acts for the agency, and the value of
// its cookie.
func (c Caller) Moved(to id.Agency, as id.Member, now time.Time) (cookie string, s *Session) {
	s = &Session{User: c.User, Email: c.Email, Agency: to, Member: as, By: c.By, CreatedAt: c.Since, ProvedAt: c.Proved,
		ExpiresAt: c.Since.Add(SessionLifetime)}
	return s.key(now), s
}

// key gives the session its id and secret, and returns the cookie's value.
func (s *Session) key(now time.Time) string {
	sid := ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy())
	who, _ := hex.DecodeString(string(s.User))
	cookie := secret.New(secret.Session, append(who, sid[:]...))
	s.ID, s.Hash = sid.String(), secret.HashOf(cookie)
	return cookie
}

// LocateSession reads where a session is kept out of its cookie.
func LocateSession(cookie string) (id.User, string, error) {
	loc, err := secret.Locate(secret.Session, cookie, 32)
	if err != nil {
		return "", "", err
	}
	return id.User(hex.EncodeToString(loc[:16])), ulid.ULID(loc[16:]).String(), nil
}
