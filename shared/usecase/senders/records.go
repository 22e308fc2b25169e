package senders

import (
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
)

// peeks is how often we see by ourselves whether records are there that were handed to somebody who has no account here.
const peeks = 30 * time.Minute

// RecordsPerDay is how often an agency mails records to somebody.
const RecordsPerDay = 5

// Records hands a domain's records to whoever runs its DNS.
type Records struct {
	Store Store
	Mail  Queue
	Now   func() time.Time
}

// Check says what is wrong with what somebody typed, without writing anything.
func (s *Records) Check(typed string) error {
	_, err := email.Parse("email", typed)
	return err
}

// Send mails a link to the records, without words of the agency's own. Faults: [fault.Unauthenticated], [fault.Forbidden],
// [fault.NotFound], [fault.PlanRequired]; [fault.NotActive] while the records are not known; [fault.Invalid] in email;
// [fault.IdempotencyUsed]; [fault.RateLimited].
func (s *Records) Send(ctx context.Context, caller identity.Caller, which id.SenderDomain, typed, once string) (*View, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	to, err := email.Parse("email", typed)
	if err != nil {
		return nil, err
	}
	now := s.Now().Truncate(time.Millisecond)
	record, err := idempotency.For("sendDomainRecords", caller.Actor(), once, []string{string(which), string(to)})
	if err != nil {
		return nil, err
	}
	counted := false
	mail, again := "", ""
	err = conflict.Retry(ctx, func() (err error) {
		if again, err = recall(ctx, s.Store, caller.Agency, record, now); err != nil || again != "" {
			return err
		}
		c, err := usable(ctx, s.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		switch {
		case c.State == sender.Released:
			return fault.New(fault.NotActive, "sender.is_released")
		case !c.Ready():
			return fault.New(fault.NotActive, "sender.preparing")
		}
		if !counted {
			wait, err := s.Store.Allow(ctx, "sender-records#"+string(caller.Agency), RecordsPerDay, 24*time.Hour, now)
			if err != nil {
				return err
			}
			if wait > 0 {
				return limited(fault.New(fault.RateLimited, "sender.records_used_up", "n", RecordsPerDay, "wait", identity.About(wait)),
					wait, "records-mails", RecordsPerDay, 24*time.Hour)
			}
			counted = true
		}
		mail = ulid.Make().String()
		c.AddLink(mail, to, now)
		if c.State == sender.Draft {
			c.PeekAt = now.Add(peeks)
		}
		return s.Store.Save(ctx, Change{Claim: c, Once: record.Of(mail, now),
			Audit: []audit.Entry{row(now, caller, audit.RecordsSent, which, "")}})
	})
	if err != nil {
		return nil, err
	}
	v, err := view(ctx, s.Store, caller.Agency, which, now)
	if err != nil {
		return nil, err
	}
	if again != "" { // two jobs at a time would end each other's link; the checker sees to one that was cut off
		return v, nil
	}
	if err := s.Mail.Send(ctx, recordsMail(caller.Agency, which, mail).Encode(), 0); err != nil {
		return nil, err
	}
	return v, nil
}

// recordsMail is the job of a link's mail.
func recordsMail(of id.Agency, which id.SenderDomain, link string) job.Mail {
	return job.Mail{Kind: job.Records, Agency: of, Item: string(which), Job: link}
}

// Revoke ends a link to the domain's records, or all of them where which of them is "". One that has ended is fine. Faults:
// [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (s *Records) Revoke(ctx context.Context, caller identity.Caller, which id.SenderDomain, records string) (*View, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	now := s.Now().Truncate(time.Millisecond)
	err := conflict.Retry(ctx, func() error {
		c, err := s.Store.Claim(ctx, caller.Agency, which)
		if err != nil {
			return err
		}
		before := len(c.Links)
		c.Links = slices.DeleteFunc(c.Links, func(l sender.RecordsLink) bool { return records == "" || l.ID == records })
		if len(c.Links) == before {
			return nil
		}
		return s.Store.Save(ctx, Change{Claim: c, Audit: []audit.Entry{row(now, caller, audit.RecordsRevoked, which, "")}})
	})
	if err != nil {
		return nil, err
	}
	return view(ctx, s.Store, caller.Agency, which, now)
}

// Shown is what the holder of a link sees, and nothing else.
type Shown struct {
	Agency   string // its name
	Domain   sender.Domain
	Lines    []sender.Verdict // the records, as they stood at the last look
	LookedAt time.Time        // zero for never
	// Zone and NameServers say where the records belong, and Mailboxes that those stay as they are; all as they stood at the last look.
	Zone        string
	NameServers []string
	Mailboxes   string
	ExpiresAt   time.Time
}

// Links opens links to records.
type Links struct {
	Store ReadStore
	Now   func() time.Time
}

// View opens a link. Faults: [fault.Gone] for one that was never made, has ended or was revoked.
func (s *Links) View(ctx context.Context, token string) (*Shown, error) {
	of, which, err := link.LocateRecords(token)
	if err != nil {
		return nil, fault.New(fault.Gone, "sender.records_gone")
	}
	c, err := s.Store.Claim(ctx, of, which)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Gone, "sender.records_gone")
	}
	if err != nil {
		return nil, err
	}
	hash, now := secret.HashOf(token), s.Now()
	i := slices.IndexFunc(c.Links, func(l sender.RecordsLink) bool {
		return l.Hash.Matches(token) && l.Hash == hash && now.Before(l.ExpiresAt)
	})
	if i < 0 || c.State == sender.Released {
		return nil, fault.New(fault.Gone, "sender.records_gone")
	}
	a, err := s.Store.Agency(ctx, of)
	if err != nil {
		return nil, err
	}
	if a.Suspended {
		return nil, fault.New(fault.Gone, "sender.records_gone")
	}
	return &Shown{Agency: a.Name, Domain: c.Domain, Lines: sender.Lines(c), LookedAt: c.Report.At, Zone: c.Zone, NameServers: c.NameServers,
		Mailboxes: c.Report.Mailboxes, ExpiresAt: c.Links[i].ExpiresAt}, nil
}
