package agencies

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// PromotionStore is what making a client a member needs.
type PromotionStore interface {
	// Team reads the agency and its members as they are now.
	Team(ctx context.Context, agency id.Agency) (*Team, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
	// Commit writes a change in one transaction, or nothing and [conflict.ErrChanged].
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Promotions makes external users internal ones.
type Promotions struct {
	Store PromotionStore
	Queue Queue
	Now   func() time.Time
}

var errNoClient = fault.New(fault.NotFound, "errors.there_is_no_such_client")

// Promote makes a client a member, in one transaction: the member is an employee who is denied Client Portal until somebody says
// otherwise, the relationship is over with all that was open through it, and what asks to be answered is closed. A session of the
// person's stays valid, and acts for the agency with its next request. For owners.
//
// Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound], also where Client Portal is not installed;
// [fault.NotActive], see [client.Client.MayPromote]; [fault.AlreadyMember]; [fault.Full]; [fault.RateLimited].
func (p *Promotions) Promote(ctx context.Context, caller identity.Caller, which id.Client) (*agency.Member, error) {
	if err := identity.ByPortal(identity.InPerson, identity.Administer).Owners().SteppedInside().Admits(caller, p.Now()); err != nil {
		return nil, err
	}
	ref := which.Ref()
	var m *agency.Member
	err := conflict.Retry(ctx, func() error {
		team, err := p.Store.Team(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := team.Agency.MayPortal(); err != nil {
			return err
		}
		if err := team.Members.MayManage(caller.Member); err != nil {
			return err
		}
		if ref == "" {
			return errNoClient
		}
		c, err := p.Store.Client(ctx, caller.Agency, ref, true)
		if fault.Is(err, fault.NotFound) || err == nil && (c.ID != which || !c.Listed) {
			return errNoClient
		}
		if err != nil {
			return err
		}
		if team.Members.ByEmail(c.Email) != nil {
			return fault.New(fault.AlreadyMember, "errors.already_member")
		}
		if err := c.MayPromote(); err != nil {
			return err
		}
		if len(team.Members) >= agency.MaxMembers {
			return fault.New(fault.Full, "errors.an_agency_can_have_people_remove", "max_members", agency.MaxMembers)
		}
		now := p.Now().Truncate(time.Millisecond)
		if err := caller.SteppedUp(now); err != nil { // last: nobody steps up to be told that it cannot be
			return err
		}
		m = &agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: c.Email, Name: c.Name, Level: agency.Employee,
			Portal: agency.Denied, AddedAt: now, Notice: agency.NewNotice(now), Held: team.Agency.SignIn.Required}
		if err := c.Promote(now, m.ID); err != nil {
			return err
		}
		mail := allowance.Mail{Kind: allowance.Welcome, Agency: caller.Agency, Tier: team.Agency.MailTier(now), Actor: caller.Member,
			To: id.UserOf(c.Email)}
		logs, err := p.Store.Mails(ctx, mail.Keys())
		if err != nil {
			return err
		}
		if logs, err = allowance.Take(logs, mail, now); err != nil {
			return err
		}
		return p.Store.Commit(ctx, caller.Agency, client.Change{Client: c, Mails: logs,
			Promote: &client.Promotion{Member: *m, Staff: team.Agency.Staff},
			Audit:   []audit.Entry{row(now, caller.Actor(), audit.ClientPromoted, string(c.ID), string(m.ID))}})
	})
	if err != nil {
		return nil, err
	}
	welcome(ctx, p.Queue, caller.Agency, m)
	return m, nil
}
