package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// ProviderID names a provider in paths.
type ProviderID string

// The providers that there can be: Google, Microsoft, and any issuer of the operator's.
const (
	Google    ProviderID = "google"
	Microsoft ProviderID = "microsoft"
	OwnIssuer ProviderID = "issuer"
)

// OpenIDProvider is somebody else's sign-in by OpenID Connect that the operator has set up.
type OpenIDProvider struct {
	ID   ProviderID
	Name string // as people know it, such as "Google"
}

// FindProvider is the one with the id; false when the operator has not set it up.
func FindProvider(all []OpenIDProvider, which ProviderID) (OpenIDProvider, bool) {
	n := slices.IndexFunc(all, func(p OpenIDProvider) bool { return p.ID == which })
	if n < 0 {
		return OpenIDProvider{}, false
	}
	return all[n], true
}

// Assertion is what a provider says of a person, whose signature, audience, time and nonce have been checked.
type Assertion struct {
	Provider OpenIDProvider
	Issuer   string // as it names itself, to the byte
	Subject  string // names the person there, to the byte
	Object   string // of Microsoft: names the person in its organisation, whatever the application; "" for none

	Email    string    // as it is claimed; "" for none. By itself it proves nothing, see Vouches
	Verified bool      // email_verified
	Hosted   string    // hd, the domain of the organisation that has the account at Google; "" for none
	Edov     bool      // xms_edov: the owner of the address's domain has been verified by Microsoft
	Domains  []string  // of the operator's issuer: the domains for whose addresses its word is enough
	AuthTime time.Time // when the person proved to the provider to be who it is; zero when that is not said
}

// Limits of what names a person at a provider (OpenID Connect Core 1.0, section 2).
const (
	MaxSubject = 255
	MaxIssuer  = 512
)

// gmail is the domain whose addresses are Google's own.
const gmail = "gmail.com"

// Vouches tells whether the provider's word is enough for whose the address is. That an address was verified once says little:
// Google says so of addresses at others' domains, and Microsoft lets administrators write any address. Google knows about its own
// domain and those of organisations that it hosts; Microsoft says of which domains it has verified the owner (xms_edov, "Migrate away
// from using email claims for authorization"); an issuer of the operator's knows about the domains that the operator has listed.
func (a *Assertion) Vouches(to email.Address) bool {
	domain := to.Domain()
	switch a.Provider.ID {
	case Google:
		return a.Verified && (domain == gmail || a.Hosted != "" && sameDomain(a.Hosted, domain))
	case Microsoft:
		return a.Edov
	}
	return a.Verified && slices.ContainsFunc(a.Domains, func(d string) bool { return sameDomain(d, domain) })
}

// sameDomain compares a domain as somebody has written it with one of an address.
func sameDomain(written, domain string) bool {
	a, err := email.Parse("", "x@"+written)
	return err == nil && a.Domain() == domain
}

// Link returns what is kept of the account at the provider, so that it signs in from now on.
func (a *Assertion) Link(now time.Time) Link {
	return Link{Provider: a.Provider.ID, Name: a.Provider.Name, Issuer: a.Issuer, Subject: a.Subject, Object: a.Object,
		Email: cut(a.Email, email.MaxLength), At: now}
}

func cut(s string, most int) string {
	if len(s) > most {
		return ""
	}
	return s
}

// Proves is when the person proved at the latest to be who it is, of a sign-in at now: at a time that the provider says, else so long
// ago that it counts for no step-up.
func (a *Assertion) Proves(now time.Time) time.Time {
	if a.AuthTime.IsZero() {
		return now.Add(-SessionLifetime)
	}
	if a.AuthTime.After(now) {
		return now
	}
	return a.AuthTime
}

// authLeeway is by how much the clocks of a provider and ours may differ.
const authLeeway = time.Minute

// Stepped is when the person proved to the provider to be who it is, in answer to an errand that asked for it; false when that is not
// said, or was before the errand or too long ago.
func (a *Assertion) Stepped(e *Errand, now time.Time) (time.Time, bool) {
	switch {
	case a.AuthTime.IsZero(), a.AuthTime.After(now.Add(authLeeway)), a.AuthTime.Before(e.At.Add(-authLeeway)),
		now.Sub(a.AuthTime) > StepUpLasts:
		return time.Time{}, false
	case a.AuthTime.After(now):
		return now, true
	}
	return a.AuthTime, true
}

// Link is an account at a provider that signs a person in. Issuer and subject together name it, to the byte, and nothing else does.
type Link struct {
	Provider ProviderID
	Name     string // of the provider, as it was shown
	Issuer   string
	Subject  string
	Object   string // of Microsoft, see Assertion
	Email    string // that the provider claimed, to tell accounts apart; "" for none
	At       time.Time
}

// Agency is the agency whose own provider the account is at; "" for a provider of the platform's.
func (l *Link) Agency() id.Agency { return l.Provider.Agency() }

// Agency is the agency whose own provider it is; "" for one of the platform's.
func (p ProviderID) Agency() id.Agency {
	if id.Valid(id.AgencyPrefix, string(p)) {
		return id.Agency(p)
	}
	return ""
}

// OfAgency names the provider that an agency has of its own.
func OfAgency(a id.Agency) ProviderID { return ProviderID(a) }

// Names is what names the account: a hash, for keys.
func (l *Link) Names() string { return NamesOf(l.Issuer, l.Subject) }

// NamesOf is what names the account with a subject at an issuer.
func NamesOf(issuer, subject string) string {
	h := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// MaxLinks is how many accounts at providers may sign one person in. There is one of each issuer.
const MaxLinks = 10

// Links are all accounts at providers that sign a person in.
type Links struct {
	User    id.User
	All     []Link
	Changes []time.Time // when a mail about them was caused, as far back as the limit looks

	Version int
}

// Of is the account at an issuer; nil for none.
func (l *Links) Of(issuer string) *Link {
	n := slices.IndexFunc(l.All, func(x Link) bool { return x.Issuer == issuer })
	if n < 0 {
		return nil
	}
	return &l.All[n]
}

// Put has the account sign in, in the place of another one at its issuer, which is returned. It returns false when nothing changes.
// Faults: [fault.Full].
func (l *Links) Put(link Link) (replaced *Link, changed bool, err error) {
	if old := l.Of(link.Issuer); old != nil {
		if old.Subject == link.Subject {
			return nil, false, nil
		}
		before := *old
		*old = link
		return &before, true, nil
	}
	if len(l.All) >= MaxLinks {
		return nil, false, fault.New(fault.Full, "errors.links_used_up", "n", MaxLinks)
	}
	l.All = append(l.All, link)
	return nil, true, nil
}

// Count counts one mail about an account that signs in from now on. Fault: [fault.RateLimited].
func (l *Links) Count(now time.Time) error {
	kept, err := allowance.Count(allowance.Account, l.Changes, now)
	if err == nil {
		l.Changes = kept
	}
	return err
}

// Drop has the account at the issuer sign in no more, and returns it; nil when there is none. There are never more to drop than were put
// there, so that nothing is counted, and nobody can be kept from it.
func (l *Links) Drop(issuer string) *Link {
	old := l.Of(issuer)
	if old == nil {
		return nil
	}
	gone := *old
	l.All = slices.DeleteFunc(l.All, func(x Link) bool { return x.Issuer == issuer })
	return &gone
}

// LinkChange is a change of which accounts at providers sign a person in, with everything that is written with it.
type LinkChange struct {
	Links *Links // as they are from now on, with the version of what was read
	Added *Link  // nil for none
	Gone  *Link  // nil for none
	Tells []*Code
	Rows  []AgencyRow
}

// TellsOfItself tells whether the person reads by mail of the change, and so of the sign-in that it comes with.
func (c *LinkChange) TellsOfItself() bool {
	return c != nil && slices.ContainsFunc(c.Tells, func(m *Code) bool { return m.User == c.Links.User })
}

// AgencyRow is a row of the log of an agency.
type AgencyRow struct {
	Agency id.Agency
	Row    audit.Entry
}

// ErrandFor is how long a person may take at a provider.
const ErrandFor = 10 * time.Minute

// Errand is a browser's way to a provider and back. It is kept in the browser, sealed.
type Errand struct {
	Provider ProviderID `json:"p"`
	State    string     `json:"s"` // comes back by the browser: 256 bits
	Nonce    string     `json:"n"` // comes back in what the provider has signed: 256 bits
	Verifier string     `json:"v"` // shows that who asked is who exchanges the answer (RFC 7636): 256 bits
	Next     string     `json:"x"` // path of ours to go on to; "" for the person's own pages
	Links    id.User    `json:"l"` // who is to be signed in by the account from now on; "" for who it signs in
	At       time.Time  `json:"t"`

	Fresh   bool   `json:"f"` // whether the person has to prove to the provider once more to be who it is
	Session string `json:"o"` // whose person proves so again to be who it is; "" for a sign-in
	Form    string `json:"k"` // what that was asked for by, see Form; "" for none

	Registered int `json:"r"` // of an agency's own provider: the version of what is registered there
}

// NewErrand is one that begins at now.
func NewErrand(to ProviderID, next string, links id.User, now time.Time) *Errand {
	return &Errand{Provider: to, State: random(), Nonce: random(), Verifier: random(), Next: next, Links: links, At: now}
}

func random() string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Spent is what names the errand once it is over, so that it is used once.
func (e *Errand) Spent() string { return NamesOf("errand", e.State) }

// errandPlace is where sealed errands belong to.
func errandPlace(to ProviderID) string { return "errand#" + string(to) }

// SealErrand is what the browser keeps.
func (s Seals) SealErrand(e *Errand) string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // it is texts and a time
	}
	return s.ring.Seal(string(b), errandPlace(e.Provider))
}

// OpenErrand reads the errand to a provider of a browser that comes back at now with a state; false for none, another one, and one
// that took too long.
func (s Seals) OpenErrand(sealed string, from ProviderID, state string, now time.Time) (*Errand, bool) {
	if sealed == "" || len(sealed) > longestSealed {
		return nil, false
	}
	plain, err := s.ring.Open(sealed, errandPlace(from))
	if err != nil {
		return nil, false
	}
	var e Errand
	if json.Unmarshal([]byte(plain), &e) != nil || e.Provider != from || e.State == "" || !hmac.Equal([]byte(e.State), []byte(state)) {
		return nil, false
	}
	if age := now.Sub(e.At); age < 0 || age > ErrandFor {
		return nil, false
	}
	return &e, true
}
