// Package sweep finds what is overdue and has somebody look after it. Everything that is not in a final state has a
// due time, and one index orders them, so a lost message, a worker that died and a term that ran out are all found
// in the same way, and nothing can be stuck without being seen.
package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Due points to something that is overdue: a relationship of an agency, the mail to a new member, a notice that is in nobody's box,
// a box of notices, an approval that its person is to hear of, a sender domain, a batch of invites, a sender that somebody has
// changed, people who ask to join an agency, a closed agency that has something left, or a person's sign-in code.
type Due struct {
	Agency id.Agency
	Ref    id.Ref
	Member id.Member
	Event  id.Event  // when not "", the notice of this row of the log
	Box    id.Member // when not "", the box of this member
	Domain id.SenderDomain
	Batch  id.Batch
	Role   id.Role // when not "", a role whose expiry is to be warned of
	// Request, when not "", is where somebody has asked to join who was let in and is to be told.
	Request id.Ref
	Powers  bool    // whether it is that API keys have used powerful scopes
	Sender  bool    // whether it is the settings of the agency's sender
	Joins   bool    // whether it is that people ask to join the agency
	User    id.User // when not "", a code of this person
	Code    string  // which one
}

// Store finds and repairs. Writes from a state that is not so any more return conflict.ErrChanged.
type Store interface {
	// Overdue lists at most limit things whose due time is past in one of the index's shards, oldest first, or newest first.
	Overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]Due, error)
	// Shards is how many shards the due index has.
	Shards() int
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	Code(ctx context.Context, user id.User, job string) (*identity.Code, error)
	SaveCode(ctx context.Context, c *identity.Code) error
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	SaveNotice(ctx context.Context, agency id.Agency, m *agency.Member, before agency.Notice) error
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Notices reads at most so many of the agency's notices that are in nobody's box yet, oldest first.
	Notices(ctx context.Context, agency id.Agency, most int) ([]notice.Event, error)
	// People lists the agency's members as they are now.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
	// Box reads a member's box as it is now; one that is not stored is empty.
	Box(ctx context.Context, agency id.Agency, member id.Member) (*notice.Box, error)
	SaveBox(ctx context.Context, b *notice.Box) error
	// PutIn takes notices out of the agency's list and writes the boxes that they were put in, all or nothing.
	PutIn(ctx context.Context, agency id.Agency, events []notice.Event, boxes []*notice.Box) error
	// Role reads one role as it is now.
	Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error)
	// WarnRole writes that the warning of a role's expiry was given, with its row of the log, of which administrators are told; without
	// a row, that it came too late.
	WarnRole(ctx context.Context, r *role.Role, row *audit.Entry) error
	// Outstanding visits the relationships of an agency with an open payment page, those that pay or rest, and those whose invite
	// may be live.
	Outstanding(ctx context.Context, agency id.Agency, visit func(*client.Client) error) error
	// Told writes how those of an agency were told that it stands.
	Told(ctx context.Context, agency id.Agency, standing agency.Standing) error
	// SaveSignIn writes an agency's own provider while it has the version that was read, with a row of the log and mails.
	SaveSignIn(ctx context.Context, a *agency.Agency, row audit.Entry, tells []*identity.Code) error
	// Settled writes that what an agency has out was looked through, unless something has changed since it was read.
	Settled(ctx context.Context, a *agency.Agency) error
	// SenderDomains lists the names that the agency claims.
	SenderDomains(ctx context.Context, agency id.Agency) ([]id.SenderDomain, error)
	// SenderSettings reads how the agency's mail goes out; those that are not stored are the zero settings of the agency.
	SenderSettings(ctx context.Context, agency id.Agency) (*sender.Settings, error)
	SaveSenderSettings(ctx context.Context, s *sender.Settings) error
	// Ledger reads what the links of the agency do together.
	Ledger(ctx context.Context, agency id.Agency) (*sharelink.Ledger, error)
	// Waiting counts who asks to join the agency.
	Waiting(ctx context.Context, agency id.Agency) (int, error)
	// SaveLedger writes the ledger while it is the one that was read, with a notice; nil for none.
	SaveLedger(ctx context.Context, l *sharelink.Ledger, tell *notice.Event) error
	// UntoldPowers reads what the agency's keys have used of powerful scopes and its owners have not been told of.
	UntoldPowers(ctx context.Context, agency id.Agency) (*identity.Powers, error)
	// TellPowers writes that owners are told, with the notice for them, while it is the one that was read.
	TellPowers(ctx context.Context, p *identity.Powers, tell notice.Event) error
	// JoinRequest reads a request to join as it is now.
	JoinRequest(ctx context.Context, agency id.Agency, at id.Ref) (*sharelink.Request, error)
	// SaveJoinRequest writes it with a row of the log, nil for none, while it is the one that was read.
	SaveJoinRequest(ctx context.Context, r *sharelink.Request, row *audit.Entry) error
	// PurgeSome deletes some of what a closed agency has left and returns how much it was; 0 when nothing is but claims of sender
	// domains, which are deleted by whoever releases them.
	PurgeSome(ctx context.Context, agency id.Agency) (int, error)
	// PurgeAgain has the sweep look after the agency again at a time; never, when it is zero.
	PurgeAgain(ctx context.Context, agency id.Agency, next time.Time) error
}

// Queue takes jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Batches are many invites that were sent at once.
type Batches interface {
	// Release sends an invite whose time has come, or gives it another time, or ends it where it may not be sent any more.
	Release(ctx context.Context, agency id.Agency, ref id.Ref) error
	// Look goes on with a batch that nobody has finished, and deletes one whose time is over.
	Look(ctx context.Context, agency id.Agency, which id.Batch) error
}

// Sweep is the scheduled repair.
type Sweep struct {
	Store     Store
	Batches   Batches
	Mail      Queue // of mail jobs
	Billing   Queue // of jobs about payments
	Provision Queue // of jobs about what was paid for
	Senders   Queue // of sender domains to be looked at
	Now       func() time.Time
	// Note is told what a run found, for the log.
	Note func(ctx context.Context, pairs ...any)
}

// perShard bounds one run at each end of what is overdue; what is left is found by the next. Both ends are looked at, so that many
// things that stay overdue, because somebody outside does not answer, are in nobody else's way.
const perShard = 500

// Run looks after everything that is overdue now. What fails is left for the next run and told in the error.
func (s *Sweep) Run(ctx context.Context) error {
	var errs []error
	found := 0
	for shard := range s.Store.Shards() {
		due, err := s.overdue(ctx, shard)
		if err != nil {
			errs = append(errs, err)
		}
		found += len(due)
		for _, d := range due {
			if err := conflict.Retry(ctx, func() error { return s.one(ctx, d) }); err != nil {
				errs = append(errs, err)
			}
			if ctx.Err() != nil {
				return errors.Join(append(errs, ctx.Err())...)
			}
		}
	}
	s.Note(ctx, "overdue", found, "failed", len(errs))
	return errors.Join(errs...)
}

// overdue lists what is overdue in a shard: all of it, or as much of both ends as one run looks after.
func (s *Sweep) overdue(ctx context.Context, shard int) ([]Due, error) {
	now := s.Now()
	oldest, err := s.Store.Overdue(ctx, shard, now, perShard, false)
	if err != nil || len(oldest) < perShard {
		return oldest, err
	}
	newest, err := s.Store.Overdue(ctx, shard, now, perShard, true)
	seen := make(map[Due]bool, len(oldest))
	for _, d := range oldest {
		seen[d] = true
	}
	return append(oldest, slices.DeleteFunc(newest, func(d Due) bool { return seen[d] })...), err
}

// one looks after one thing that is overdue.
func (s *Sweep) one(ctx context.Context, d Due) error {
	if d.User != "" {
		return s.code(ctx, d.User, d.Code)
	}
	if d.Member != "" {
		return s.notice(ctx, d)
	}
	if d.Event != "" {
		return s.putIn(ctx, d.Agency)
	}
	if d.Box != "" {
		return s.digest(ctx, d)
	}
	if d.Role != "" {
		return s.role(ctx, d)
	}
	if d.Request != "" {
		return s.approved(ctx, d)
	}
	if d.Domain != "" { // the worker moves the due time on, and drops a job that comes twice
		return s.Senders.Send(ctx, job.Sender{Agency: d.Agency, Domain: d.Domain}.Encode(), 0)
	}
	if d.Batch != "" {
		return s.Batches.Look(ctx, d.Agency, d.Batch)
	}
	if d.Sender {
		return s.changed(ctx, d.Agency)
	}
	if d.Joins {
		return s.asked(ctx, d.Agency)
	}
	if d.Powers {
		return s.powers(ctx, d.Agency)
	}
	if d.Ref == "" {
		return s.purge(ctx, d.Agency)
	}
	c, err := s.Store.Client(ctx, d.Agency, d.Ref, true)
	if fault.Is(err, fault.NotFound) {
		return nil // the index lags a moment behind
	}
	if err != nil {
		return err
	}
	now := s.Now()
	if c.Invite.Expire(now) {
		row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: audit.System, Action: audit.InviteExpired, Subject: string(c.Invite.ID)}
		return s.Store.Commit(ctx, d.Agency, client.Change{Client: c, Audit: []audit.Entry{row}})
	}
	if err := s.warn(ctx, c, now); err != nil {
		return err
	}
	if err := s.bought(ctx, c, now); err != nil {
		return err
	}
	if c.Invite.Overdue(now) {
		return s.Batches.Release(ctx, d.Agency, d.Ref)
	}
	next, kind := c.Invite.Nudge(now), job.Invite
	if next == "" {
		before := c.Invite.Reminders.Job
		next, kind = c.Invite.NudgeReminder(now), job.Reminder
		if next == "" && c.Invite.Reminders.Job == before {
			return nil
		}
	}
	if err := s.Store.Commit(ctx, d.Agency, client.Change{Client: c}); err != nil || next == "" {
		return err
	}
	return s.Mail.Send(ctx, job.Mail{Kind: kind, Agency: d.Agency, Client: c.ID, Job: next}.Encode(), 0)
}

// notice has a mail to a new member sent that nobody is working on.
func (s *Sweep) notice(ctx context.Context, d Due) error {
	m, err := s.Store.Member(ctx, d.Agency, d.Member)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := m.Notice
	next := m.Notice.Nudge(s.Now())
	if m.Notice == before {
		return nil
	}
	if err := s.Store.SaveNotice(ctx, d.Agency, m, before); err != nil || next == "" {
		return err
	}
	return s.Mail.Send(ctx, job.Mail{Kind: job.Member, Agency: d.Agency, Member: d.Member, Job: next}.Encode(), 0)
}

// role has administrators told that a role expires soon.
func (s *Sweep) role(ctx context.Context, d Due) error {
	r, err := s.Store.Role(ctx, d.Agency, d.Role)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	before := r.Warned
	if r.Warn(now) {
		return s.Store.WarnRole(ctx, r, &audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System,
			Action: audit.RoleExpiring, Subject: string(r.ID), Detail: audit.Moment(r.ExpiresAt)})
	}
	if r.Warned == before {
		return nil
	}
	return s.Store.WarnRole(ctx, r, nil)
}

// changed has the owners told that somebody changed the agency's sender, where whoever did so has not come to that.
func (s *Sweep) changed(ctx context.Context, which id.Agency) error {
	settings, err := s.Store.SenderSettings(ctx, which)
	if err != nil || settings.Untold == nil {
		return err
	}
	told := *settings.Untold
	if err := s.Mail.Send(ctx, job.SenderChanged(which, told.By, told.ID).Encode(), 0); err != nil {
		return err
	}
	settings.Told(told)
	return s.Store.SaveSenderSettings(ctx, settings)
}

// A closed agency is purged in steps, so many a run, and looked at once more after a while, for what was written by
// requests that were under way when it was closed. While it has sender domains, it is looked at more often.
const (
	purgeSteps  = 25
	purgeLinger = time.Hour
	purgeClaims = 10 * time.Minute
)

// purge goes on with what a closed agency has left; of one that lives it is the plan's payment that is due.
func (s *Sweep) purge(ctx context.Context, which id.Agency) error {
	a, err := s.Store.Agency(ctx, which)
	if err != nil {
		return err
	}
	now := s.Now()
	if a.ClosedAt.IsZero() {
		if !a.Unsettled.IsZero() {
			return s.settle(ctx, a)
		}
		if due := a.Payment.Due; due.IsZero() || now.Before(due) {
			return nil
		}
		return s.Billing.Send(ctx, job.Billing{Agency: which}.Encode(), 0)
	}
	if p := a.Payment; p.State.Open() || p.Alive() || p.State == subscription.CheckoutOpen { // nobody pays for what is gone
		if err := s.Billing.Send(ctx, job.Billing{Agency: which}.Encode(), 0); err != nil {
			return err
		}
	}
	claims, err := s.claims(ctx, which)
	if err != nil {
		return err
	}
	for range purgeSteps {
		n, err := s.Store.PurgeSome(ctx, which)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		next := a.ClosedAt.Add(purgeLinger)
		switch {
		case claims > 0: // nobody else would release them
			next = now.Add(purgeClaims)
		case !now.Before(next):
			next = time.Time{}
		}
		return s.Store.PurgeAgain(ctx, which, next)
	}
	return nil // it is still due, so that the next run goes on
}

// claims has the sender domains looked at that the agency claims, since something about the agency has changed, and counts them.
func (s *Sweep) claims(ctx context.Context, which id.Agency) (int, error) {
	all, err := s.Store.SenderDomains(ctx, which)
	if err != nil {
		return 0, err
	}
	for _, d := range all {
		if err := s.Senders.Send(ctx, job.Sender{Agency: which, Domain: d}.Encode(), 0); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}

// settle looks through what an agency has out whose standing, plan or people have changed: the invites of one that is suspended
// are dead, payment pages that nobody may pay on are closed by the worker that looks at them, and so is stopped, or taken up
// again, what is paid for. Its sender domains are looked at, which are part of a plan. Whoever works there, and whoever pays there,
// is told by mail what its standing is.
func (s *Sweep) settle(ctx context.Context, a *agency.Agency) error {
	if _, err := s.claims(ctx, a.ID); err != nil {
		return err
	}
	standing, news := a.Standing(), a.Standing() != a.Told
	err := s.Store.Outstanding(ctx, a.ID, func(c *client.Client) error {
		if a.Suspended && c.Invite.Undecided() {
			if err := s.kill(ctx, a.ID, c.Ref()); err != nil {
				return err
			}
		}
		p := c.Payment
		charged, halted := p.State.Open() || p.Alive(), standing == agency.Halted
		if p.State == subscription.CheckoutOpen || halted && charged || !halted && p.Resting {
			if err := s.Billing.Send(ctx, job.Billing{Agency: a.ID, Ref: c.Ref()}.Encode(), 0); err != nil {
				return err
			}
		}
		if !news || !p.State.Open() && !p.Resting {
			return nil
		}
		return s.tell(ctx, job.Mail{Agency: a.ID, Client: c.ID}, a)
	})
	if err != nil {
		return err
	}
	p := a.Payment
	if a.Suspended && (p.State == subscription.CheckoutOpen || p.State.Open() || p.Alive()) || !a.Suspended && p.Resting {
		if err := s.Billing.Send(ctx, job.Billing{Agency: a.ID}.Encode(), 0); err != nil { // its own plan rests, too, or goes on
			return err
		}
	}
	if err := s.rests(ctx, a); err != nil {
		return err
	}
	if news {
		people, err := s.Store.People(ctx, a.ID)
		if err != nil {
			return err
		}
		for i := range people {
			if err := s.tell(ctx, job.Mail{Agency: a.ID, Member: people[i].ID}, a); err != nil {
				return err
			}
		}
		// By itself: what follows may have to be done anew, the mails not.
		if err := conflict.Retry(ctx, func() error { return s.Store.Told(ctx, a.ID, standing) }); err != nil {
			return err
		}
	}
	return s.Store.Settled(ctx, a)
}

// rests tells an agency's owners, and its log, that its own provider is demanded of nobody while the plan has none, or is again.
func (s *Sweep) rests(ctx context.Context, a *agency.Agency) error {
	return conflict.Retry(ctx, func() error {
		a, err := s.Store.Agency(ctx, a.ID)
		if err != nil {
			return err
		}
		rests := a.SignIn.Required && a.Plan != agency.Max
		if !a.SignIn.Required || a.SignIn.Rested == rests {
			return nil
		}
		people, err := s.Store.People(ctx, a.ID)
		if err != nil {
			return err
		}
		a.SignIn.Rested = rests
		what, action := identity.IssuerResumes, audit.IssuerResumes
		if rests {
			what, action = identity.IssuerRests, audit.IssuerRests
		}
		now := s.Now().Truncate(time.Millisecond)
		return s.Store.SaveSignIn(ctx, a, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System,
			Action: action, Subject: string(a.ID), Detail: a.SignIn.Name}, identity.TellOwners(people, what,
			identity.Told{Provider: a.SignIn.Name, Agency: a.Name}, now, func() string { return ulid.Make().String() }))
	})
}

// tell has somebody told how an agency stands, and how it stood.
func (s *Sweep) tell(ctx context.Context, m job.Mail, a *agency.Agency) error {
	m.Kind, m.Job, m.Item = job.Standing, "to-"+string(a.Standing()), "from-"+string(a.Told)
	return s.Mail.Send(ctx, m.Encode(), 0)
}

// kill ends a live invite of an agency that is suspended.
func (s *Sweep) kill(ctx context.Context, which id.Agency, ref id.Ref) error {
	return conflict.Retry(ctx, func() error {
		c, err := s.Store.Client(ctx, which, ref, true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		now := s.Now()
		if err != nil || !c.Invite.Undecided() || c.Invite.Cancel(now) != nil {
			return err
		}
		c.Payment.Hurry(now)
		row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: audit.InviteCanceled,
			Subject: string(c.Invite.ID), Detail: words.Say("activity.detail_agency_suspended")}
		return s.Store.Commit(ctx, which, client.Change{Client: c, Audit: []audit.Entry{row}})
	})
}

// warn writes down that the client's access ends soon, or has ended: the row's notice tells the administrators of Client Portal.
func (s *Sweep) warn(ctx context.Context, c *client.Client, now time.Time) error {
	left, due := c.Warn(now)
	if !due {
		return nil
	}
	row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: audit.AccessEnding,
		Subject: string(c.ID), Detail: audit.Moment(c.ExpiresAt)}
	if left == 0 {
		row.Action, row.Detail = audit.AccessEnded, ""
	}
	return s.Store.Commit(ctx, c.Agency, client.Change{Client: c, Audit: []audit.Entry{row}})
}

// bought has a payment looked at whose time has come, and what was paid for. Nothing is written here: the workers move the
// due times on, and a job that comes twice is dropped there.
func (s *Sweep) bought(ctx context.Context, c *client.Client, now time.Time) error {
	due := c.Payment.Due
	if at := c.Change.LookAt(); due.IsZero() || !at.IsZero() && at.Before(due) {
		due = at
	}
	if !due.IsZero() && !now.Before(due) {
		if err := s.Billing.Send(ctx, job.Billing{Agency: c.Agency, Ref: c.Ref()}.Encode(), 0); err != nil {
			return err
		}
	}
	for n := range c.Items {
		i := &c.Items[n]
		if !c.Keeps(i) && !i.Due.IsZero() && !now.Before(i.Due) {
			if err := s.Provision.Send(ctx, job.Provision{Agency: c.Agency, Client: c.ID, Item: i.Key}.Encode(), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// code has the mail with a sign-in code sent that nobody is working on.
func (s *Sweep) code(ctx context.Context, user id.User, which string) error {
	c, err := s.Store.Code(ctx, user, which)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	if c.Due.IsZero() || now.Before(c.Due) {
		return nil
	}
	next := c.Nudge(now)
	if err := s.Store.SaveCode(ctx, c); err != nil || next == "" {
		return err
	}
	return s.Mail.Send(ctx, job.Mail{Kind: job.Code, User: user, Job: next}.Encode(), 0)
}
