package agency

import (
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

// SignIn is the OpenID provider that an agency has of its own, by whose accounts its people sign in to its office and to nothing else.
// The zero SignIn is none.
type SignIn struct {
	Name     string // as its people know it
	Issuer   string // as it names itself, to the byte
	ClientID string
	Secret   string // sealed for [SignIn.SecretPlace]
	Required bool   // whether nobody enters otherwise, but for owners who say that it fails
	SetAt    time.Time
	// Rested is whether its people know that it demands nothing, since the plan has no such sign-in any more.
	Rested bool
	// Turns are when it came to be demanded, of which all owners are told, as far back as the limit looks.
	Turns []time.Time

	Version int // counts all that was set and removed
}

// Limits of what an agency sets up at its provider.
const (
	MaxIssuer       = 512
	MaxClientID     = 255
	MaxClientSecret = 512
	MaxProviderName = 40
)

// Set tells whether there is one.
func (s *SignIn) Set() bool { return s.Issuer != "" }

// OffersSignIn tells whether the agency's people can sign in by its own provider: only Max has that.
func (a *Agency) OffersSignIn() bool { return a.SignIn.Set() && a.Plan == Max && a.ClosedAt.IsZero() }

// DemandsSignIn tells whether they have to.
func (a *Agency) DemandsSignIn() bool { return a.OffersSignIn() && a.SignIn.Required }

// SecretPlace is where the sealed secret of an agency's provider belongs to: moved to another agency, provider or client it opens
// nothing.
func (a *Agency) SecretPlace(issuer, client string) string {
	return "sign-in#" + string(a.ID) + "#" + issuer + "#" + client
}

// Registration is what somebody types about an agency's own provider. A nil Secret keeps the one that is stored, which is possible for
// the same issuer and client alone.
type Registration struct {
	Name     string
	Issuer   string
	ClientID string
	Secret   *string
}

// Parse reads it. judge says whether a URL may be called. Faults: [fault.Invalid] in name, issuer, clientId and clientSecret.
func (r Registration) Parse(judge func(*url.URL) error) (Registration, error) {
	out := r
	var badName, badClient, badSecret error
	if out.Name, badName = text.Line("name", r.Name, MaxProviderName); badName == nil && out.Name == "" {
		badName = fault.InField("name", "ownsignin.name_missing")
	}
	var badIssuer error
	out.Issuer, badIssuer = parseIssuer(r.Issuer, judge)
	if out.ClientID = strings.TrimSpace(r.ClientID); !plain(out.ClientID, MaxClientID) {
		badClient = fault.InField("clientId", "ownsignin.client_missing")
	}
	if r.Secret != nil {
		secret := strings.TrimSpace(*r.Secret)
		if out.Secret = &secret; !plain(strings.ReplaceAll(secret, " ", "_"), MaxClientSecret) { // a secret may have spaces (RFC 6749, A.2)
			badSecret = fault.InField("clientSecret", "ownsignin.secret_missing")
		}
	}
	return out, fault.Together(badName, badIssuer, badClient, badSecret)
}

// parseIssuer reads an issuer. It stays as it was typed, since the provider calls itself so to the byte (Discovery 1.0, section 4.3), and
// has no query and no fragment (section 3).
func parseIssuer(typed string, judge func(*url.URL) error) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", fault.InField("issuer", "ownsignin.issuer_missing")
	}
	if strings.HasSuffix(typed, "/.well-known/openid-configuration") {
		return "", fault.InField("issuer", "ownsignin.issuer_is_discovery")
	}
	u, err := url.Parse(typed)
	if err != nil || len(typed) > MaxIssuer || u.Host == "" || u.User != nil || u.Opaque != "" || strings.ContainsAny(typed, "?#") ||
		!plain(typed, MaxIssuer) {
		return "", fault.InField("issuer", "ownsignin.issuer_wrong")
	}
	if judge(u) != nil {
		return "", fault.InField("issuer", "ownsignin.issuer_unreachable")
	}
	return typed, nil
}

// plain tells whether there is something, and no more than most bytes of printable ASCII without spaces.
func plain(s string, most int) bool {
	return s != "" && len(s) <= most && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Account is what a member is at the agency's own provider: issuer and subject together name it, to the byte, and nothing else does.
// The zero Account is none.
type Account struct {
	Issuer  string
	Subject string
	At      time.Time
}

// ByAccount is the member whom an account at the agency's own provider signs in, or nil.
func (all Members) ByAccount(issuer, subject string) *Member {
	for i := range all {
		if a := all[i].Account; a.Issuer == issuer && a.Subject == subject && subject != "" {
			return &all[i]
		}
	}
	return nil
}
