package dynamo

import (
	"context"

	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/unsubscribe"
)

// Mail is what sending a mail needs.
type Mail struct{ t *Table }

// NewMail makes Mail of the table.
func NewMail(t *Table) Mail { return Mail{t} }

// Client reads one relationship.
func (m Mail) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return m.t.client(ctx, agency, ref, fresh)
}

// Agency reads the agency as it is now.
func (m Mail) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return m.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (m Mail) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return m.t.member(ctx, which, member)
}

// People lists the agency's members as they are now.
func (m Mail) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return m.t.people(ctx, which)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (m Mail) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return m.t.commit(ctx, agency, change)
}

// SaveNotice writes the state of a member's mail, while it is still the one that was read.
func (m Mail) SaveNotice(ctx context.Context, which id.Agency, member *agency.Member, before agency.Notice) error {
	return m.t.saveNotice(ctx, which, member, before)
}

// Code reads a person's sign-in code as it is now.
func (m Mail) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return m.t.code(ctx, user, job)
}

// SaveCode writes the code while the stored version is the one that was read.
func (m Mail) SaveCode(ctx context.Context, code *identity.Code) error {
	return m.t.saveCode(ctx, code)
}

// Suppressed tells whether the agency must not mail the person.
func (m Mail) Suppressed(ctx context.Context, which id.Agency, user id.User) (bool, error) {
	return m.t.suppressed(ctx, which, user)
}

// Wish reads what somebody wants of the agency's reminders, as it is now.
func (m Mail) Wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error) {
	return m.t.wish(ctx, which, user)
}

// Mails reads the logs of mails that were caused, as they are now.
func (m Mail) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return m.t.mails(ctx, keys)
}

// CountMails writes logs of mails while the stored versions are those that were read.
func (m Mail) CountMails(ctx context.Context, logs []allowance.Log) error {
	return m.t.countMails(ctx, logs)
}

// APIKey reads a key, one that is revoked too.
func (m Mail) APIKey(ctx context.Context, which id.Agency, key id.Key) (*identity.APIKey, error) {
	return m.t.apiKey(ctx, which, key)
}

// Box reads a member's box as it is now.
func (m Mail) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return m.t.box(ctx, which, member)
}

// Role reads one role as it is now.
func (m Mail) Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	return m.t.role(ctx, agency, which)
}

// SaveBox writes the box while the stored version is the one that was read.
func (m Mail) SaveBox(ctx context.Context, b *notice.Box) error {
	return m.t.saveBox(ctx, b)
}

// Sender reads the agency, how its mail goes out and the claim that is switched on, as they are now.
func (m Mail) Sender(ctx context.Context, which id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error) {
	return m.t.sender(ctx, which)
}

// Claim reads a claim as it is now, with what belongs to its name.
func (m Mail) Claim(ctx context.Context, which id.Agency, claim id.SenderDomain) (*sender.Claim, error) {
	return m.t.claim(ctx, which, claim)
}

// SaveClaim writes a claim with rows of the log while the stored version is the one that was read.
func (m Mail) SaveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error {
	return m.t.saveClaim(ctx, c, rows)
}

// DropBox deletes the box of a member who is gone, and makes notices of these of its lines once more.
func (m Mail) DropBox(ctx context.Context, b *notice.Box, left []notice.Line) error {
	return m.t.dropBox(ctx, b, left)
}

// JoinRequest reads a request to join as it is now.
func (m Mail) JoinRequest(ctx context.Context, which id.Agency, at id.Ref) (*sharelink.Request, error) {
	return m.t.joinRequest(ctx, which, at)
}

// SaveJoinRequest writes it with a row of the log, while it is the one that was read.
func (m Mail) SaveJoinRequest(ctx context.Context, r *sharelink.Request, row *audit.Entry) error {
	return m.t.saveJoinRequest(ctx, r, row)
}

// Feedback is what recording bounces and complaints needs.
type Feedback struct{ t *Table }

// NewFeedback makes Feedback of the table.
func NewFeedback(t *Table) Feedback { return Feedback{t} }

// Client reads one relationship.
func (f Feedback) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return f.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (f Feedback) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return f.t.commit(ctx, agency, change)
}

// Suppress keeps the agency from mailing the person.
func (f Feedback) Suppress(ctx context.Context, which id.Agency, user id.User, reason string, now time.Time) error {
	return f.t.suppress(ctx, which, user, reason, now)
}

// Box reads a member's box as it is now.
func (f Feedback) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return f.t.box(ctx, which, member)
}

// SaveBox writes the box while the stored version is the one that was read.
func (f Feedback) SaveBox(ctx context.Context, b *notice.Box) error {
	return f.t.saveBox(ctx, b)
}

// Claim reads a claim as it is now, without what belongs to its name.
func (f Feedback) Claim(ctx context.Context, which id.Agency, claim id.SenderDomain) (*sender.Claim, error) {
	return f.t.claimAlone(ctx, which, claim)
}

// SaveClaim writes a claim with rows of the log while the stored version is the one that was read.
func (f Feedback) SaveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error {
	return f.t.saveClaim(ctx, c, rows)
}

// sender reads an agency with how its mail goes out in one request, and where a domain is switched on its claim in another. What
// belongs to the claim's name is left out: no mail goes out by it.
func (t *Table) sender(ctx context.Context, which id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error) {
	items, err := t.getAll(ctx, []item{key(string(which), agencyItem), key(string(which), senderItem)})
	if err != nil {
		return nil, nil, nil, err
	}
	var a *agency.Agency
	settings := &sender.Settings{Agency: which}
	for _, i := range items {
		r := &reader{item: i}
		if r.s("sk") == agencyItem {
			a, err = readAgency(r)
		} else {
			settings, err = readSenderSettings(r)
		}
		if err != nil {
			return nil, nil, nil, err
		}
	}
	if a == nil {
		return nil, nil, nil, fault.New(fault.NotFound, "errors.there_is_no_such_agency")
	}
	if settings.On == "" {
		return a, settings, nil, nil
	}
	on, err := t.claimAlone(ctx, which, settings.On)
	if fault.Is(err, fault.NotFound) {
		return a, settings, nil, nil
	}
	return a, settings, on, err
}

// claimAlone reads a claim as it is now, without what belongs to its name.
func (t *Table) claimAlone(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	r, err := t.get(ctx, string(agency), domainPrefix+string(which), true, "errors.there_is_no_such_sender_domain")
	if err != nil {
		return nil, err
	}
	return readClaim(r)
}

// saveClaim writes a claim of which nothing has changed that other items tell of: who claims a name stays as it is.
func (t *Table) saveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error {
	condition, values := versioned(c.Version)
	writes := []types.TransactWriteItem{t.put(writeClaim(c, c.Version+1), condition, values)}
	for _, row := range rows {
		writes = append(writes, t.put(writeAudit(string(c.Agency), row), isNew, nil))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		c.Version++
	}
	return err
}
