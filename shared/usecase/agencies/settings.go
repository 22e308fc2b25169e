package agencies

import (
	"context"
	"regexp"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// LogoPrefix begins the paths at which logos are served.
const LogoPrefix = "/logos/"

// LogoPath is where the logo is served. Its name changes with its content, so that it may be kept for ever.
func LogoPath(which id.Agency, hash string) string {
	return LogoPrefix + string(which) + "/" + hash + ".png"
}

// logoHash is the hash in a path of ours; "" in any other.
func logoHash(a *agency.Agency) string {
	h, ok := strings.CutPrefix(a.LogoURL, LogoPrefix+string(a.ID)+"/")
	if h, isPNG := strings.CutSuffix(h, ".png"); ok && isPNG {
		return h
	}
	return ""
}

// LogoStore keeps logos.
type LogoStore interface {
	// Logo reads a logo, if it is the agency's own or was not long before now; a fault with code [fault.NotFound] for
	// any other.
	Logo(ctx context.Context, agency id.Agency, hash string, now time.Time) ([]byte, error)
}

// SettingsStore is what an agency's settings are read from. Reads of what is not there return a fault with code
// [fault.NotFound].
type SettingsStore interface {
	LogoStore
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Team reads the agency and its members as they are now.
	Team(ctx context.Context, agency id.Agency) (*Team, error)
}

// Settings shows an agency to its own people.
type Settings struct {
	Store SettingsStore
	Now   func() time.Time
}

// Get reads the caller's agency. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (s *Settings) Get(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	return s.Store.Agency(ctx, caller.Agency)
}

// Here reads the caller's agency for what surrounds a page of the caller's own. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (s *Settings) Here(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.InPerson, identity.Colleague); err != nil {
		return nil, err
	}
	return s.Store.Agency(ctx, caller.Agency)
}

// Team lists those who work at the caller's agency, in the order in which they came. Faults: [fault.Unauthenticated],
// [fault.Forbidden].
func (s *Settings) Team(ctx context.Context, caller identity.Caller) (*Team, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	return s.Store.Team(ctx, caller.Agency)
}

// Logo reads the logo that the caller's agency, as it was read, has; nil for none. Faults: [fault.Unauthenticated],
// [fault.Forbidden].
func (s *Settings) Logo(ctx context.Context, caller identity.Caller, a *agency.Agency) ([]byte, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	h := logoHash(a)
	if h == "" {
		return nil, nil
	}
	b, err := s.Store.Logo(ctx, caller.Agency, h, s.Now())
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return b, err
}

// Logos serves logos to everybody.
type Logos struct {
	Store LogoStore
	Now   func() time.Time
}

var logoFile = regexp.MustCompile(`^([0-9a-f]{24})\.png$`)

// Read reads the logo in a file that [LogoPath] names. Faults: [fault.NotFound], also for one that the agency has
// given up some time ago.
func (l *Logos) Read(ctx context.Context, which id.Agency, file string) ([]byte, error) {
	m := logoFile.FindStringSubmatch(file)
	if m == nil || !id.Valid(id.AgencyPrefix, string(which)) {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_picture")
	}
	return l.Store.Logo(ctx, which, m[1], l.Now())
}
