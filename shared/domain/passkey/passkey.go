// Package passkey holds the passkeys of people: what is kept of each, how many there may be, what an authenticator's answer says of
// one, and the challenges that authenticators answer (W3C, Web Authentication Level 3).
package passkey

import (
	"bytes"
	"crypto/rand"
	"net/url"
	"slices"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

const (
	// Most is how many passkeys a person has at most.
	Most = 10
	// MaxName is the longest name of a passkey, in characters.
	MaxName = 60
	// MaxCredential is the longest id of a credential, in bytes (W3C, Web Authentication Level 3, section 4, "Credential ID").
	MaxCredential = 1023
	// maxKey is the longest public key that is kept, in bytes. One of RSA with 4,096 bits has some 530.
	maxKey = 2048
	// maxTransports is how many ways to reach an authenticator are kept.
	maxTransports = 8
)

// RelyingParty is the host that passkeys of an origin are for; "" for what is no origin (W3C, Web Authentication Level 3, "RP ID").
func RelyingParty(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Passkey is a credential of a person, as it is kept.
type Passkey struct {
	ID          id.Passkey
	Credential  []byte // its id, as the authenticator gave it
	PublicKey   []byte // COSE (RFC 9052)
	Flags       byte   // of the authenticator data that was seen last, see [Flags]
	Counter     uint32 // of its signatures; 0 where the authenticator does not count
	Kind        [16]byte
	Transports  []string
	Name        string
	CreatedAt   time.Time
	UsedAt      time.Time // zero for never
	SuspectedAt time.Time // when its counter did not grow as it should have; zero for never
}

// Flags of authenticator data (W3C, Web Authentication Level 3, section 6.1).
const (
	Present        byte = 1 << 0 // UP: somebody was there
	Verified       byte = 1 << 2 // UV: the authenticator made sure who it is
	BackupEligible byte = 1 << 3 // BE: the credential may be on several devices
	BackedUp       byte = 1 << 4 // BS: it is
)

// Synced tells whether the passkey may be on several devices, which need not agree about the counter.
func (p *Passkey) Synced() bool { return p.Flags&BackupEligible != 0 }

// Answer is what the authenticator data of an answer says, whose signature was found to be right.
type Answer struct {
	Flags   byte
	Counter uint32
}

// Set is all passkeys of a person. They are kept together, so that there are never more than [Most].
type Set struct {
	User    id.User
	Email   email.Address
	Handle  []byte // by which authenticators know the person: 32 random bytes; nil for a person who never had any
	Keys    []Passkey
	Changes []time.Time // when a mail about them was caused, as far back as the limit looks

	Version int
}

// Prepare gives the person of the address a handle, where it has none.
func (s *Set) Prepare(address email.Address) (made bool) {
	if len(s.Handle) > 0 {
		return false
	}
	s.Email, s.Handle = address, make([]byte, 32)
	rand.Read(s.Handle) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return true
}

// Room returns nil while the person may have one more passkey; else a fault with code [fault.Full].
func (s *Set) Room() error {
	if len(s.Keys) >= Most {
		return fault.New(fault.Full, "errors.passkeys_full", "n", Most)
	}
	return nil
}

// Add takes a new passkey in and gives it a name that no other of the person's has: that of its provider, or of the device.
// Faults: [fault.Full]; [fault.Invalid] for what no authenticator makes, and for one that is there; [fault.RateLimited].
func (s *Set) Add(p Passkey, device string, now time.Time) (*Passkey, error) {
	if err := s.Room(); err != nil {
		return nil, err
	}
	if len(p.Credential) == 0 || len(p.Credential) > MaxCredential || len(p.PublicKey) == 0 || len(p.PublicKey) > maxKey {
		return nil, fault.InField("credential", "errors.passkey_odd")
	}
	if s.find(p.Credential) >= 0 {
		return nil, fault.InField("credential", "errors.passkey_there")
	}
	if err := s.count(now); err != nil {
		return nil, err
	}
	p.ID, p.CreatedAt = id.New[id.Passkey](id.PasskeyPrefix, now), now
	p.Transports = transports(p.Transports)
	p.Name = s.free(nameOf(p.Kind, device))
	s.Keys = append(s.Keys, p)
	return &s.Keys[len(s.Keys)-1], nil
}

// transports are those that are known, each once. Authenticators may name others, which helps nobody.
func transports(named []string) []string {
	var out []string
	for _, t := range named {
		if slices.Contains(knownTransports, t) && !slices.Contains(out, t) && len(out) < maxTransports {
			out = append(out, t)
		}
	}
	return out
}

var knownTransports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"}

// nameOf is what a new passkey is called.
func nameOf(kind [16]byte, device string) string {
	if name := Provider(kind); name != "" {
		return name
	}
	if device != "" {
		return words.Say("passkeys.named", "device", device)
	}
	return words.Say("passkeys.unnamed")
}

// free is the name, with a number behind it where another passkey has it.
func (s *Set) free(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(s.Keys, func(p Passkey) bool { return p.Name == name })
	}
	if !taken(name) {
		return name
	}
	for n := 2; ; n++ {
		if numbered := words.Say("passkeys.numbered", "name", name, "number", n); !taken(numbered) {
			return numbered
		}
	}
}

// ParseName reads the name that a person gives to a passkey. Faults: [fault.Invalid].
func ParseName(typed string) (string, error) {
	name, err := text.Line("name", typed, MaxName)
	if err == nil && name == "" {
		return "", fault.InField("name", "errors.passkey_name_missing")
	}
	return name, err
}

// Rename gives a passkey a name. It returns what it was called, and the passkey; nil where it is called so already. Faults:
// [fault.NotFound], [fault.RateLimited].
func (s *Set) Rename(which id.Passkey, name string, now time.Time) (before string, p *Passkey, err error) {
	n := slices.IndexFunc(s.Keys, func(p Passkey) bool { return p.ID == which })
	if n < 0 {
		return "", nil, id.NoPasskey()
	}
	if s.Keys[n].Name == name {
		return name, nil, nil
	}
	if err := s.count(now); err != nil {
		return "", nil, err
	}
	before, s.Keys[n].Name = s.Keys[n].Name, name
	return before, &s.Keys[n], nil
}

// Remove takes a passkey out and returns it. Faults: [fault.NotFound].
func (s *Set) Remove(which id.Passkey, now time.Time) (Passkey, error) {
	n := slices.IndexFunc(s.Keys, func(p Passkey) bool { return p.ID == which })
	if n < 0 {
		return Passkey{}, id.NoPasskey()
	}
	gone := s.Keys[n]
	s.Keys = slices.Delete(s.Keys, n, n+1)
	// There are never more to remove than were added, and removing one must never be in anybody's power to prevent.
	if err := s.count(now); err != nil {
		s.Changes = append(s.Changes, now)
	}
	return gone, nil
}

// count counts one mail.
func (s *Set) count(now time.Time) error {
	kept, err := allowance.Count(allowance.Account, s.Changes, now)
	if err == nil {
		s.Changes = kept
	}
	return err
}

func (s *Set) find(credential []byte) int {
	return slices.IndexFunc(s.Keys, func(p Passkey) bool { return bytes.Equal(p.Credential, credential) })
}

// Of is the passkey with a credential's id; nil where the person has none.
func (s *Set) Of(credential []byte) *Passkey {
	if n := s.find(credential); n >= 0 {
		return &s.Keys[n]
	}
	return nil
}

// ByID is the passkey of the id; nil where the person has none.
func (s *Set) ByID(which id.Passkey) *Passkey {
	if n := slices.IndexFunc(s.Keys, func(p Passkey) bool { return p.ID == which }); n >= 0 {
		return &s.Keys[n]
	}
	return nil
}

// Verdict is what an answer says about a passkey besides that it is the passkey's.
type Verdict struct {
	Suspect bool // its counter did not grow: there may be a copy
	Refused bool // and it cannot be on several devices, so that there is one
	Flipped bool // it can be synced from now on, and could not before
}

// Use notes that the passkey has answered. An authenticator that does not count says 0 each time. One whose passkeys are synced may
// count on each device by itself: refusing those would lock people out (as 1Password's were), so that only a passkey which stays on
// one device is refused, once it has counted.
func (p *Passkey) Use(a Answer, now time.Time) Verdict {
	v := Verdict{Flipped: !p.Synced() && a.Flags&BackupEligible != 0}
	if (p.Counter != 0 || a.Counter != 0) && a.Counter <= p.Counter {
		v.Suspect = true
		v.Refused = a.Flags&BackupEligible == 0
		p.SuspectedAt = now
	}
	if v.Refused {
		return v
	}
	p.Flags, p.Counter, p.UsedAt = a.Flags, max(p.Counter, a.Counter), now
	return v
}

// Change is what becomes of a person's passkeys, with the mail that tells the person of it.
type Change struct {
	Set     *Set
	Added   []byte         // the credential that is new; nil for none
	Removed []byte         // the one that is gone; nil for none
	Tell    *identity.Code // nil for none
}
