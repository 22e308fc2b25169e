package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/usecase/agencies"
)

// Settings is what showing an agency to its own people needs.
type Settings struct{ t *Table }

// NewSettings makes Settings of the table.
func NewSettings(t *Table) Settings { return Settings{t} }

var _ agencies.SettingsStore = Settings{}

// Agency reads the agency as it is now.
func (s Settings) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// Team reads the agency and its members as they are now.
func (s Settings) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return s.t.team(ctx, which)
}

// Logo reads a logo, if it is the agency's own or was not long before now.
func (s Settings) Logo(ctx context.Context, which id.Agency, hash string, now time.Time) ([]byte, error) {
	return s.t.logo(ctx, which, hash, now)
}

// Branding is what changing an agency's look needs.
type Branding struct{ t *Table }

// NewBranding makes Branding of the table.
func NewBranding(t *Table) Branding { return Branding{t} }

var _ agencies.UploadStore = Branding{}

// Team reads the agency and its members as they are now.
func (b Branding) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return b.t.team(ctx, which)
}

// Rebrand writes a new look, while the agency still has the revision that it was made from.
func (b Branding) Rebrand(ctx context.Context, rebranding agencies.Rebranding) error {
	return b.t.rebrand(ctx, rebranding)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (b Branding) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return b.t.allow(ctx, name, most, window, now)
}

// Logos is what serving a logo needs.
type Logos struct{ t *Table }

// NewLogos makes Logos of the table.
func NewLogos(t *Table) Logos { return Logos{t} }

var _ agencies.LogoStore = Logos{}

// Logo reads a logo, if it is the agency's own or was not long before now.
func (l Logos) Logo(ctx context.Context, which id.Agency, hash string, now time.Time) ([]byte, error) {
	return l.t.logo(ctx, which, hash, now)
}

// Newcomers is what adding a member needs.
type Newcomers struct{ t *Table }

// NewNewcomers makes Newcomers of the table.
func NewNewcomers(t *Table) Newcomers { return Newcomers{t} }

var _ agencies.NewcomerStore = Newcomers{}

// Team reads the agency and its members as they are now.
func (n Newcomers) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return n.t.team(ctx, which)
}

// Recall reads what an idempotency key made.
func (n Newcomers) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return n.t.recall(ctx, agency, hash)
}

// Mails reads the logs of mails that were caused, as they are now.
func (n Newcomers) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return n.t.mails(ctx, keys)
}

// ChangeTeam writes a change of members and keys, while both are still what it was decided from.
func (n Newcomers) ChangeTeam(ctx context.Context, change agencies.TeamChange) error {
	return n.t.changeTeam(ctx, change)
}

// Members is what changing and removing an agency's members needs, whose keys go with them.
type Members struct{ t *Table }

// NewMembers makes Members of the table.
func NewMembers(t *Table) Members { return Members{t} }

var _ agencies.MemberStore = Members{}

// Team reads the agency and its members as they are now.
func (m Members) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return m.t.team(ctx, which)
}

// APIKeys lists the agency's keys, newest first.
func (m Members) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return m.t.apiKeys(ctx, agency)
}

// ChangeTeam writes a change of members and keys, while both are still what it was decided from.
func (m Members) ChangeTeam(ctx context.Context, change agencies.TeamChange) error {
	return m.t.changeTeam(ctx, change)
}

// Closings is what deleting an agency needs.
type Closings struct{ t *Table }

// NewClosings makes Closings of the table.
func NewClosings(t *Table) Closings { return Closings{t} }

var _ agencies.ClosingStore = Closings{}

// Team reads the agency and its members as they are now.
func (c Closings) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return c.t.team(ctx, which)
}

// APIKeys lists the agency's keys, newest first.
func (c Closings) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return c.t.apiKeys(ctx, agency)
}

// ClientCount counts the agency's clients, at most to most.
func (c Closings) ClientCount(ctx context.Context, which id.Agency, most int) (int, error) {
	return c.t.clientCount(ctx, which, most)
}

// Bound visits the agency's clients that money ties to it, as they are now.
func (c Closings) Bound(ctx context.Context, which id.Agency, visit func(*client.Client) error) error {
	return c.t.bound(ctx, which, visit)
}

// Client reads one relationship.
func (c Closings) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return c.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (c Closings) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return c.t.commit(ctx, agency, change)
}

// Close writes that the agency is at its end.
func (c Closings) Close(ctx context.Context, end agencies.Closure) error {
	return c.t.close(ctx, end)
}

// Notifications is what choosing what one is told needs.
type Notifications struct{ t *Table }

// NewNotifications makes Notifications of the table.
func NewNotifications(t *Table) Notifications { return Notifications{t} }

var _ agencies.BoxStore = Notifications{}

// Box reads a member's box as it is now.
func (n Notifications) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return n.t.box(ctx, which, member)
}

// SaveBox writes the box while the stored version is the one that was read.
func (n Notifications) SaveBox(ctx context.Context, b *notice.Box) error {
	return n.t.saveBox(ctx, b)
}
