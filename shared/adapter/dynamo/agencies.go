package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/agencies"
)

// Settings is what an agency's look needs.
type Settings struct{ t *Table }

// NewSettings makes Settings of the table.
func NewSettings(t *Table) Settings { return Settings{t} }

// Agency reads the agency as it is now.
func (s Settings) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// Roster reads the agency and its members as they are now.
func (s Settings) Roster(ctx context.Context, which id.Agency) (*agencies.Roster, error) {
	return s.t.roster(ctx, which)
}

// Rebrand writes a new look, while the agency still has the revision that it was made from.
func (s Settings) Rebrand(ctx context.Context, rebranding agencies.Rebranding) error {
	return s.t.rebrand(ctx, rebranding)
}

// Logo reads a logo, if it is the agency's own or was not long before now.
func (s Settings) Logo(ctx context.Context, which id.Agency, hash string, now time.Time) ([]byte, error) {
	return s.t.logo(ctx, which, hash, now)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (s Settings) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return s.t.allow(ctx, name, most, window, now)
}

// Logos is what serving a logo needs.
type Logos struct{ t *Table }

// NewLogos makes Logos of the table.
func NewLogos(t *Table) Logos { return Logos{t} }

// Logo reads a logo, if it is the agency's own or was not long before now.
func (l Logos) Logo(ctx context.Context, which id.Agency, hash string, now time.Time) ([]byte, error) {
	return l.t.logo(ctx, which, hash, now)
}

// Members is what changing an agency's members needs, whose keys go with them.
type Members struct{ t *Table }

// NewMembers makes Members of the table.
func NewMembers(t *Table) Members { return Members{t} }

// Roster reads the agency and its members as they are now.
func (m Members) Roster(ctx context.Context, which id.Agency) (*agencies.Roster, error) {
	return m.t.roster(ctx, which)
}

// APIKeys lists the agency's keys, newest first.
func (m Members) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return m.t.apiKeys(ctx, agency)
}

// Recall reads what an idempotency key made.
func (m Members) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return m.t.recall(ctx, agency, hash)
}

// Staff writes a change of members and keys, while both are still what it was decided from.
func (m Members) Staff(ctx context.Context, staffing agencies.Staffing) error {
	return m.t.staff(ctx, staffing)
}

// Closings is what deleting an agency needs.
type Closings struct{ t *Table }

// NewClosings makes Closings of the table.
func NewClosings(t *Table) Closings { return Closings{t} }

// Roster reads the agency and its members as they are now.
func (c Closings) Roster(ctx context.Context, which id.Agency) (*agencies.Roster, error) {
	return c.t.roster(ctx, which)
}

// APIKeys lists the agency's keys, newest first.
func (c Closings) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return c.t.apiKeys(ctx, agency)
}

// ClientCount counts the agency's clients, at most to most.
func (c Closings) ClientCount(ctx context.Context, which id.Agency, most int) (int, error) {
	return c.t.clientCount(ctx, which, most)
}

// BoundCount counts the agency's clients that money ties to it, as they are now.
func (c Closings) BoundCount(ctx context.Context, which id.Agency) (int, error) {
	return c.t.boundCount(ctx, which)
}

// Close writes that the agency is at its end.
func (c Closings) Close(ctx context.Context, closing agencies.Closing) error {
	return c.t.close(ctx, closing)
}
