package senders

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
)

// OperatorStore is what the operator needs besides.
type OperatorStore interface {
	Store
	// Held lists the claims that wait for the operator, in the order in which they were made.
	Held(ctx context.Context) ([]*sender.Claim, error)
}

// Operator decides about names that look like somebody else's (T9).
type Operator struct {
	Store   OperatorStore
	Senders Queue
	Now     func() time.Time
}

// Held lists the claims that wait.
func (o *Operator) Held(ctx context.Context) ([]*sender.Claim, error) { return o.Store.Held(ctx) }

// Allow lets a name be used. Faults: [fault.NotFound]; [fault.NotActive] for one that is not held.
func (o *Operator) Allow(ctx context.Context, of id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	return o.decide(ctx, of, which, "allow", func(c *sender.Claim, now time.Time) sender.Change {
		c.Allow(now)
		return sender.Change{}
	})
}

// Refuse takes a name back. Faults as of Allow.
func (o *Operator) Refuse(ctx context.Context, of id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	return o.decide(ctx, of, which, "refuse", func(c *sender.Claim, now time.Time) sender.Change {
		c.Held = false
		return c.Refuse(now)
	})
}

func (o *Operator) decide(
	ctx context.Context, of id.Agency, which id.SenderDomain, detail string, how func(*sender.Claim, time.Time) sender.Change,
) (*sender.Claim, error) {
	var c *sender.Claim
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = o.Store.Claim(ctx, of, which); err != nil {
			return err
		}
		if !c.Held {
			return fault.New(fault.NotActive, "sender.not_held")
		}
		now := o.Now().Truncate(time.Millisecond)
		change := how(c, now)
		write := Change{Claim: c, Audit: []audit.Entry{{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.Operator,
			Action: audit.DomainDecided, Subject: string(which), Detail: detail}}}
		if c.State == sender.Released {
			if write.Settings, err = o.Store.Settings(ctx, of); err != nil {
				return err
			}
			write.Settings.Remove(which)
		}
		c.Tells(change)
		return o.Store.Save(ctx, write)
	})
	if err != nil {
		return nil, err
	}
	return c, o.Senders.Send(ctx, job.Sender{Agency: of, Domain: which}.Encode(), 0)
}
