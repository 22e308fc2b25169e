package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/ownsignin"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/sweep"
)

// Due is what the sweep needs, which looks after what is past its time.
type Due struct{ t *Table }

// NewDue makes Due of the table.
func NewDue(t *Table) Due { return Due{t} }

var _ sweep.Store = Due{}

// Overdue lists at most limit things whose due time is past in a shard, oldest first, or newest first.
func (d Due) Overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]sweep.Due, error) {
	return d.t.overdue(ctx, shard, now, limit, newest)
}

// Shards is how many shards the due index has.
func (d Due) Shards() int { return shards }

// Client reads one relationship.
func (d Due) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return d.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (d Due) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return d.t.commit(ctx, agency, change)
}

// Code reads a person's sign-in code as it is now.
func (d Due) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return d.t.code(ctx, user, job)
}

// SaveCode writes the code while the stored version is the one that was read.
func (d Due) SaveCode(ctx context.Context, code *identity.Code) error {
	return d.t.saveCode(ctx, code)
}

// Member reads a member of the agency as it is now.
func (d Due) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return d.t.member(ctx, which, member)
}

// SaveNotice writes the state of a member's mail, while it is still the one that was read.
func (d Due) SaveNotice(ctx context.Context, which id.Agency, member *agency.Member, before agency.Notice) error {
	return d.t.saveNotice(ctx, which, member, before)
}

// Notices reads some of the agency's notices that are in nobody's box yet, oldest first.
func (d Due) Notices(ctx context.Context, which id.Agency, most int) ([]notice.Event, error) {
	return d.t.notices(ctx, which, most)
}

// People lists the agency's members as they are now.
func (d Due) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return d.t.people(ctx, which)
}

// Box reads a member's box as it is now.
func (d Due) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return d.t.box(ctx, which, member)
}

// SaveBox writes the box while the stored version is the one that was read.
func (d Due) SaveBox(ctx context.Context, b *notice.Box) error {
	return d.t.saveBox(ctx, b)
}

// PutIn takes notices out of the agency's list and writes the boxes that they were put in, in one transaction.
func (d Due) PutIn(ctx context.Context, which id.Agency, events []notice.Event, boxes []*notice.Box) error {
	return d.t.putIn(ctx, which, events, boxes)
}

// Agency reads the agency as it is now.
func (d Due) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return d.t.agency(ctx, which)
}

// SenderDomains lists the names that the agency claims.
func (d Due) SenderDomains(ctx context.Context, which id.Agency) ([]id.SenderDomain, error) {
	return d.t.domains(ctx, which)
}

// SenderSettings reads how the agency's mail goes out.
func (d Due) SenderSettings(ctx context.Context, which id.Agency) (*sender.Settings, error) {
	return d.t.senderSettings(ctx, which)
}

// SaveSenderSettings writes them while the stored version is the one that was read.
func (d Due) SaveSenderSettings(ctx context.Context, s *sender.Settings) error {
	return d.t.saveSender(ctx, senders.Change{Settings: s})
}

// UntoldPowers reads what the agency's keys have used of powerful scopes.
func (d Due) UntoldPowers(ctx context.Context, which id.Agency) (*identity.Powers, error) {
	return d.t.powers(ctx, which)
}

// TellPowers writes that owners are told, with the notice for them.
func (d Due) TellPowers(ctx context.Context, p *identity.Powers, tell notice.Event) error {
	return d.t.tellPowers(ctx, p, tell)
}

// Ledger reads what the links of the agency do together, as it is now.
func (d Due) Ledger(ctx context.Context, which id.Agency) (*sharelink.Ledger, error) {
	return d.t.ledger(ctx, which)
}

// Waiting counts who asks to join the agency.
func (d Due) Waiting(ctx context.Context, which id.Agency) (int, error) {
	all, err := d.t.joinRequests(ctx, which)
	return len(all), err
}

// SaveLedger writes the ledger while it is the one that was read, with a notice.
func (d Due) SaveLedger(ctx context.Context, l *sharelink.Ledger, tell *notice.Event) error {
	return d.t.saveLedger(ctx, l, tell)
}

// JoinRequest reads a request to join as it is now.
func (d Due) JoinRequest(ctx context.Context, which id.Agency, at id.Ref) (*sharelink.Request, error) {
	return d.t.joinRequest(ctx, which, at)
}

// SaveJoinRequest writes it with a row of the log, while it is the one that was read.
func (d Due) SaveJoinRequest(ctx context.Context, r *sharelink.Request, row *audit.Entry) error {
	return d.t.saveJoinRequest(ctx, r, row)
}

// PurgeSome deletes some of what a closed agency has left and returns how much it was; 0 when nothing is.
func (d Due) PurgeSome(ctx context.Context, which id.Agency) (int, error) {
	return d.t.purgeSome(ctx, which)
}

// PurgeAgain has the sweep look after a closed agency at a time; never again when next is zero.
func (d Due) PurgeAgain(ctx context.Context, which id.Agency, next time.Time) error {
	return d.t.purgeAgain(ctx, which, next)
}

// Outstanding visits the relationships of an agency with an open payment page, those that pay or rest, and those whose invite may
// be live.
func (d Due) Outstanding(ctx context.Context, which id.Agency, visit func(*client.Client) error) error {
	return d.t.outstanding(ctx, which, visit)
}

// Told writes how those of an agency were told that it stands.
func (d Due) Told(ctx context.Context, which id.Agency, standing agency.Standing) error {
	return d.t.told(ctx, which, standing)
}

// SaveSignIn writes an agency's own provider, with a row of the log and mails.
func (d Due) SaveSignIn(ctx context.Context, a *agency.Agency, row audit.Entry, tells []*identity.Code) error {
	return d.t.saveSignIn(ctx, ownsignin.Change{Agency: a.ID, SignIn: a.SignIn, Rows: []audit.Entry{row}, Tells: tells})
}

// Settled writes that what an agency has out was looked through, unless something has changed since.
func (d Due) Settled(ctx context.Context, of *agency.Agency) error {
	return d.t.settled(ctx, of)
}

// Role reads one role as it is now.
func (d Due) Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	return d.t.role(ctx, agency, which)
}

// WarnRole writes that the warning of a role's expiry was given, with its row of the log, of which administrators are told.
func (d Due) WarnRole(ctx context.Context, r *role.Role, row *audit.Entry) error {
	if row == nil {
		return d.t.unwarnRole(ctx, r)
	}
	return d.t.warnRole(ctx, r, *row)
}
