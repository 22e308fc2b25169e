package agencies

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// TeamChange is a change of members and keys, decided from a Team.
type TeamChange struct {
	Agency id.Agency
	Staff  int // Agency.Staff as it was read
	At     time.Time
	Add    *agency.Member
	Change *agency.Member // role and name
	Remove *agency.Member
	Revoke []id.Key
	Audit  []audit.Entry
	Once   *idempotency.Record
	Mails  []allowance.Log // of the mail that goes with it
}

// TeamStore keeps those who work at agencies.
type TeamStore interface {
	// Team reads the agency and its members as they are now.
	Team(ctx context.Context, agency id.Agency) (*Team, error)
	// ChangeTeam writes a change of members and keys, if neither have changed since the Team was read that it was
	// decided from; else [conflict.ErrChanged].
	ChangeTeam(ctx context.Context, c TeamChange) error
}

// NewcomerStore is what adding a member needs.
type NewcomerStore interface {
	TeamStore
	// Recall reads what an idempotency key made; a fault with code [fault.NotFound] when it is not known.
	Recall(ctx context.Context, agency id.Agency, key string) (*idempotency.Record, error)
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
}

// Queue takes mail jobs.
type Queue interface {
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Newcomers adds members to agencies.
type Newcomers struct {
	Store NewcomerStore
	Queue Queue
	Now   func() time.Time
}

// MemberStore is what changing and removing members needs.
type MemberStore interface {
	TeamStore
	// APIKeys lists the agency's keys, as they are now.
	APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error)
}

// Members changes and removes an agency's members.
type Members struct {
	Store MemberStore
	Now   func() time.Time
}

// NewMember is who is to be added.
type NewMember struct {
	Email string
	Name  string
	Level agency.Level
	Right agency.PortalRight // in Client Portal; "" for what comes with the level
}

// Check says what is wrong with the values. Faults: [fault.Invalid].
func (n NewMember) Check() error {
	_, _, err := n.check("")
	return err
}

// check reads the values; own is the address of who adds the member.
func (n NewMember) check(own email.Address) (to email.Address, name string, err error) {
	name, address := email.Split(n.Email)
	if strings.TrimSpace(n.Name) != "" {
		name = n.Name
	}
	to, badAddress := email.Parse("email", address)
	name, badName := text.Line("name", name, text.MaxName)
	if to != "" && to == own {
		badAddress = fault.InField("email", "errors.this_is_your_own_address_you")
	}
	return to, name, fault.Together(badAddress, badName, known(n.Level), knownRight(n.Right, n.Level))
}

// Add gives a person a place at the agency. No account is made: the person signs in with the address, and a mail
// tells it so. Faults: [fault.Invalid], [fault.Forbidden], [fault.AlreadyMember],
// [fault.RateLimited], [fault.IdempotencyUsed].
func (n *Newcomers) Add(ctx context.Context, caller identity.Caller, in NewMember, once string) (*agency.Member, error) {
	if err := caller.OwnsNow(n.Now()); err != nil {
		return nil, err
	}
	to, name, err := in.check(caller.Email)
	if err != nil {
		return nil, err
	}
	record, err := idempotency.For("addMember", caller.Actor(), once, in)
	if err != nil {
		return nil, err
	}
	var m *agency.Member
	replayed := false
	err = conflict.Retry(ctx, func() error {
		team, err := n.Store.Team(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := team.Members.MayManage(caller.Member); err != nil {
			return err
		}
		now := n.Now()
		if record != nil {
			stored, err := n.Store.Recall(ctx, caller.Agency, record.Key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if replayed, err = record.Replays(stored, now); err != nil {
				return err
			} else if replayed {
				if m = team.Members.Find(id.Member(stored.Result)); m == nil {
					return fault.New(fault.NotFound, "errors.the_member_that_this_idempotency_key")
				}
				return nil
			}
		}
		if team.Members.ByEmail(to) != nil {
			f := fault.InField("email", "errors.already_member")
			f.Code = fault.AlreadyMember
			return f
		}
		if len(team.Members) >= agency.MaxMembers {
			return fault.InField("email", "errors.an_agency_can_have_people_remove", "max_members", agency.MaxMembers)
		}
		m = &agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: to, Name: name, Level: in.Level,
			Portal: in.Right, AddedAt: now,
			Notice: agency.NewNotice(now), Held: team.Agency.SignIn.Required}
		mail := allowance.Mail{Kind: allowance.Welcome, Agency: caller.Agency, Tier: team.Agency.MailTier(now), Actor: caller.Member,
			To: id.UserOf(to)}
		logs, err := n.Store.Mails(ctx, mail.Keys())
		if err != nil {
			return err
		}
		if logs, err = allowance.Take(logs, mail, now); err != nil {
			return err
		}
		return n.Store.ChangeTeam(ctx, TeamChange{Agency: caller.Agency, Staff: team.Agency.Staff, At: now, Add: m,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.MemberAdded, string(m.ID), string(m.Level))},
			Once:  record.Of(string(m.ID), now), Mails: logs})
	})
	if err != nil {
		return nil, err
	}
	if !replayed {
		welcome(ctx, n.Queue, caller.Agency, m)
	}
	return m, nil
}

// welcome puts a new member's mail on the queue. That it may fail is no error of the caller: the sweep does it then.
func welcome(ctx context.Context, q Queue, which id.Agency, m *agency.Member) {
	body := job.Mail{Kind: job.Member, Agency: which, Member: m.ID, Job: m.Notice.Job}.Encode()
	if err := q.Send(ctx, body, 0); err != nil {
		slog.WarnContext(ctx, "mail not enqueued, left to the sweep", "member", m.ID, "error", err)
	}
}

// MemberChange is what to change about a member. Nil fields stay as they are.
type MemberChange struct {
	Name  *string
	Level *agency.Level
	Right *agency.PortalRight // in Client Portal
}

// Check reads the values. Faults: [fault.Invalid].
func (c MemberChange) Check() (name string, err error) {
	var badName, badLevel, badRight error
	if c.Name != nil {
		name, badName = text.Line("name", *c.Name, text.MaxName)
	}
	level := agency.Level("")
	if c.Level != nil {
		level = *c.Level
		badLevel = known(level)
	}
	if c.Right != nil {
		badRight = knownRight(*c.Right, level)
		if *c.Right == "" {
			badRight = fault.InField("portalRight", "errors.choose_a_portal_right")
		}
	}
	return name, fault.Together(badName, badLevel, badRight)
}

// known says what is wrong with a level.
func known(l agency.Level) error {
	if !l.Valid() {
		return fault.InField("level", "errors.choose_a_level")
	}
	return nil
}

// knownRight says what is wrong with a right in Client Portal of somebody at the level, "" for any: owners are administrators always,
// so that the last one cannot be denied.
func knownRight(r agency.PortalRight, l agency.Level) error {
	switch {
	case r != "" && !r.Valid():
		return fault.InField("portalRight", "errors.choose_a_portal_right")
	case r != "" && r != agency.Administrator && l == agency.Owner:
		return fault.InField("portalRight", "errors.owners_administer")
	}
	return nil
}

// Right says what a member may do in Client Portal: what its settings in the Marketplace are for. Whoever administers it and is an
// owner or an admin says so. Faults: [fault.NotFound], also where it is not installed; [fault.Invalid]; [fault.Forbidden].
func (m *Members) Right(ctx context.Context, caller identity.Caller, which id.Member, r agency.PortalRight) (*agency.Member, error) {
	if err := caller.MayPortal(identity.RolesWrite, identity.Manage); err != nil {
		return nil, err
	}
	if r == "" || !r.Valid() {
		return nil, fault.InField("portalRight", "errors.choose_a_portal_right")
	}
	may := func(t *Team) error {
		if by := t.Members.Find(caller.Member); by == nil || by.Level == agency.Employee || by.PortalRight() != agency.Administrator {
			return fault.New(fault.Forbidden, "errors.only_portal_administrators")
		}
		return t.Agency.MayPortal()
	}
	return m.change(ctx, caller, which, "", MemberChange{Right: &r}, may)
}

// Change gives a member another level, right in Client Portal or name. Faults: [fault.NotFound], [fault.Invalid], [fault.Forbidden],
// [fault.LastOwner].
func (m *Members) Change(ctx context.Context, caller identity.Caller, which id.Member, c MemberChange) (*agency.Member, error) {
	if err := caller.OwnsNow(m.Now()); err != nil {
		return nil, err
	}
	name, err := c.Check()
	if err != nil {
		return nil, err
	}
	return m.change(ctx, caller, which, name, c, func(t *Team) error { return t.Members.MayManage(caller.Member) })
}

// change changes a member; may says whether the caller may, of people as they are now.
func (m *Members) change(
	ctx context.Context, caller identity.Caller, which id.Member, name string, c MemberChange, may func(*Team) error,
) (*agency.Member, error) {
	var x *agency.Member
	err := conflict.Retry(ctx, func() error {
		team, err := m.Store.Team(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := may(team); err != nil {
			return err
		}
		if x = team.Members.Find(which); x == nil {
			return errNoMember
		}
		before := *x
		if c.Name != nil {
			x.Name = name
		}
		if c.Level != nil {
			if err := team.Members.MayLose(which, *c.Level); err != nil {
				return err
			}
			x.Level = *c.Level
		}
		if c.Right != nil {
			if err := knownRight(*c.Right, x.Level); err != nil {
				return err
			}
			x.Portal = *c.Right
		}
		if *x == before {
			return nil
		}
		now, detail := m.Now(), ""
		if x.Level != before.Level {
			detail = words.Say("activity.detail_level", "before", before.Level, "after", x.Level)
		} else if x.PortalRight() != before.PortalRight() {
			detail = words.Say("activity.detail_right", "before", before.PortalRight(), "after", x.PortalRight())
		}
		return m.Store.ChangeTeam(ctx, TeamChange{Agency: caller.Agency, Staff: team.Agency.Staff, At: now, Change: x,
			Audit: []audit.Entry{row(now, caller.Actor(), audit.MemberChanged, string(x.ID), detail)}})
	})
	return x, err
}

// Remove takes a person's place at the agency away: with its next request it is not of the agency any more, its API keys are
// revoked in the same transaction, and the invites that it has out are dead. Keys beyond what an agency may have are revoked
// after it, as many at a time as a transaction takes; whatever interrupts that, asking again goes on where it stopped. Anybody
// may remove itself. Faults: [fault.NotFound], [fault.Forbidden], [fault.LastOwner].
func (m *Members) Remove(ctx context.Context, caller identity.Caller, which id.Member) error {
	if err := identity.ByColleague(identity.InPerson).Owners().OrThemselves("member").Stepped().
		Asked(func(string) string { return string(which) }).Admits(caller, m.Now()); err != nil {
		return err
	}
	return m.remove(ctx, caller.Agency, caller.Member, which)
}

// revoked is how many keys are revoked in one transaction, each with a row of the log: more than [identity.MaxKeys], and with
// the member no more than the 100 items that a transaction takes.
const revoked = 40

// remove has one member take the place of another, or its own, away.
func (m *Members) remove(ctx context.Context, at id.Agency, by, which id.Member) error {
	gone := false
	return conflict.Retry(ctx, func() error {
		team, err := m.Store.Team(ctx, at)
		if err != nil {
			return err
		}
		if which != by {
			if err := team.Members.MayManage(by); err != nil {
				return err
			}
		}
		keys, err := m.keys(ctx, at, which)
		if err != nil {
			return err
		}
		c := TeamChange{Agency: at, Staff: team.Agency.Staff, At: m.Now(), Remove: team.Members.Find(which)}
		switch {
		case c.Remove != nil:
			if err := team.Members.MayLose(which, ""); err != nil {
				return err
			}
			c.Audit = []audit.Entry{row(c.At, string(by), audit.MemberRemoved, string(which), "")}
		case len(keys) == 0 && gone:
			return nil
		case len(keys) == 0:
			return errNoMember
		}
		for {
			step := keys[:min(len(keys), revoked)]
			for _, k := range step {
				c.Audit = append(c.Audit, row(c.At, string(by), audit.KeyRevoked, string(k), words.Say("activity.detail_maker_removed")))
			}
			c.Revoke = step
			if err := m.Store.ChangeTeam(ctx, c); err != nil {
				return err
			}
			gone = true
			if keys = keys[len(step):]; len(keys) == 0 {
				return nil
			}
			c = TeamChange{Agency: at, Staff: c.Staff + 1, At: c.At}
		}
	})
}

// keys lists the keys that a member has made and that are not revoked.
func (m *Members) keys(ctx context.Context, at id.Agency, of id.Member) ([]id.Key, error) {
	all, err := m.Store.APIKeys(ctx, at)
	if err != nil {
		return nil, err
	}
	var out []id.Key
	for i := range all {
		if k := &all[i]; k.CreatedBy == of && k.RevokedAt.IsZero() {
			out = append(out, k.ID)
		}
	}
	return out, nil
}

// MayResign returns nil when the member may give up its place; else a fault with code [fault.LastOwner]. Having no such
// place is no hindrance. The caller has made sure that the person is the member.
func (m *Members) MayResign(ctx context.Context, which id.Agency, member id.Member) error {
	team, err := m.Store.Team(ctx, which)
	if fault.Is(err, fault.NotFound) || err == nil && team.Members.Find(member) == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if team.Members.MayLose(member, "") != nil {
		return fault.New(fault.LastOwner, "errors.you_are_the_only_owner_of", "name", team.Agency.Name)
	}
	return nil
}

// Resign gives up the member's place, as Remove does when a person removes itself. Having no such place is no fault. The
// caller has made sure that the person is the member.
func (m *Members) Resign(ctx context.Context, which id.Agency, member id.Member) error {
	err := m.remove(ctx, which, member, member)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
