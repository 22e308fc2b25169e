package sharing

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
	"latchkey.dev/shared/domain/sharelink"
)

// RequestStore keeps requests to join.
type RequestStore interface {
	SceneStore
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Requests lists the agency's requests, oldest first, at most [sharelink.MaxWaiting] of those that wait.
	Requests(ctx context.Context, agency id.Agency) ([]sharelink.Request, error)
	// Request reads one request as it is now; a fault with code [fault.NotFound] when there is none.
	Request(ctx context.Context, agency id.Agency, at id.Ref) (*sharelink.Request, error)
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Refuse writes that a request was refused in one transaction, or nothing and conflict.ErrChanged.
	Refuse(ctx context.Context, r Refusal) error
}

// Refusal is a request that was refused with what goes with it. The link is nil when it is gone; both are written while they are those
// that were read. The address is that of who asked.
type Refusal struct {
	Request *sharelink.Request
	User    id.User
	Link    *sharelink.Link
	Staff   int
	Audit   audit.Entry
}

// Requests decides on who asks to join.
type Requests struct {
	Store RequestStore
	Now   func() time.Time
}

// List lists the requests of the caller's agency that wait, oldest first. Faults: [fault.NotFound] for an agency without Client
// Portal.
func (q *Requests) List(ctx context.Context, caller identity.Caller) ([]sharelink.Request, error) {
	if err := administer(caller, identity.RolesRead); err != nil {
		return nil, err
	}
	a, err := q.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	if err := a.MayPortal(); err != nil {
		return nil, err
	}
	all, err := q.Store.Requests(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	now := q.Now()
	var out []sharelink.Request
	for i := range all {
		if all[i].At(now) == sharelink.Waiting {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// Approve makes the person who asks a client, with the roles that the link has now, and takes a use of the link. That the link's time
// is over is no hindrance to who asked before: the administrator decides on that person, who hears of it by mail unless there have been
// too many of those.
//
// Faults: [fault.NotFound]; [fault.NotPending] for a request that was decided on, or is too old; [fault.NotActive] for a link that is
// gone or used up, and for somebody whose access has ended, or whom the agency has removed; [fault.AlreadyMember],
// [fault.AlreadyInvited]; [fault.Forbidden], [fault.Suspended], [fault.PlanRequired].
func (q *Requests) Approve(ctx context.Context, caller identity.Caller, which id.JoinRequest) (*sharelink.Request, error) {
	var r *sharelink.Request
	err := q.decide(ctx, caller, which, func(at *Scene, now time.Time) error {
		r = at.Request
		who := person{r.Email, r.Name, r.Language}
		switch {
		case at.Link == nil:
			return fault.New(fault.NotActive, "links.link_gone")
		case at.Link.MaxUses > 0 && at.Link.Uses >= at.Link.MaxUses:
			return fault.New(fault.NotActive, "links.raise_uses")
		case at.Member:
			return fault.New(fault.AlreadyMember, "links.they_work_here")
		case at.Client != nil && at.Client.Barred(now):
			return barred(at.Client)
		case at.Client != nil && at.Client.Joined() && len(at.Client.Roles)+len(more(at, now)) > client.MaxRoles:
			return fault.New(fault.NotActive, "links.too_many_roles_of_theirs", "most", client.MaxRoles)
		}
		c, err := enter(at, who, at.Maker, now)
		if err != nil {
			return err
		}
		r.Approve(c.Client.ID, now)
		if err := q.tell(ctx, at, c, id.UserOf(who.Email), now); err != nil {
			return err
		}
		c.Share.Request, c.Share.Asked = r, id.UserOf(who.Email)
		c.Audit = append(c.Audit, row(now, caller.Actor(), audit.JoinApproved, string(at.Link.ID), ""))
		return q.Store.Commit(ctx, caller.Agency, *c)
	})
	return r, err
}

// tell has the person hear by mail that the request was approved, as long as the limits on such mails are not used up. Who is not
// told sees it behind the link.
func (q *Requests) tell(ctx context.Context, at *Scene, c *client.Change, to id.User, now time.Time) error {
	mail := allowance.Mail{Kind: allowance.Approval, Agency: at.Agency.ID, Tier: at.Agency.MailTier(now), To: to}
	logs, err := q.Store.Mails(ctx, mail.Keys())
	if err != nil {
		return err
	}
	if c.Mails, err = allowance.Take(logs, mail, now); fault.Is(err, fault.RateLimited) {
		return nil
	}
	at.Request.Tell(now)
	return err
}

// barred is what an administrator reads of somebody whom no link lets in.
func barred(c *client.Client) error {
	switch {
	case c.Joined():
		return fault.New(fault.NotActive, "links.extend_first")
	case c.EndedBy == client.ByAgency:
		return fault.New(fault.NotActive, "links.was_removed")
	}
	return fault.New(fault.NotActive, "links.access_was_over")
}

// Refuse turns the person who asks down, for good as far as this link goes. Faults: [fault.NotFound]; [fault.NotPending].
func (q *Requests) Refuse(ctx context.Context, caller identity.Caller, which id.JoinRequest) (*sharelink.Request, error) {
	var r *sharelink.Request
	err := q.decide(ctx, caller, which, func(at *Scene, now time.Time) error {
		r = at.Request
		asked := id.UserOf(r.Email)
		r.Refuse(now)
		if at.Link != nil {
			at.Link.Refuse(r.Ref(), now)
		}
		return q.Store.Refuse(ctx, Refusal{Request: r, User: asked, Link: at.Link, Staff: at.Agency.Staff,
			Audit: row(now, caller.Actor(), audit.JoinRefused, string(r.Link), "")})
	})
	return r, err
}

// decide reads a request that can be decided on with all that goes with it, and has it decided on.
func (q *Requests) decide(ctx context.Context, caller identity.Caller, which id.JoinRequest, do func(*Scene, time.Time) error) error {
	if err := administer(caller, identity.RolesWrite); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		now := q.Now().Truncate(time.Millisecond)
		a, err := q.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := a.MayPortal(); err != nil {
			return err
		}
		r, err := q.Store.Request(ctx, caller.Agency, which.Ref())
		if fault.Is(err, fault.NotFound) || err == nil && r.ID != which {
			return errNoRequest
		}
		if err != nil {
			return err
		}
		if err := r.MayDecide(now); err != nil {
			return err
		}
		link, err := q.Store.Link(ctx, caller.Agency, r.Link)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		ask := Query{Maker: caller.Member, Person: r.Email}
		if err == nil {
			ask.Roles, ask.Card = link.Roles, link.CreateContact
		} else {
			link = nil
		}
		at, err := q.Store.Scene(ctx, caller.Agency, ask)
		if err != nil {
			return err
		}
		if at.Agency == nil {
			return errNoAgency
		}
		at.Link, at.Request = link, r
		if err := may(at, caller); err != nil {
			return err
		}
		return do(at, now)
	})
}
