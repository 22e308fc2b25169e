package senders

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
)

// Provisioner works on the identities' queue: it alone calls the mail service about names, one call after the other (Q1).
type Provisioner struct {
	Store      WorkStore
	Service    Identities
	Senders    Queue
	Identities Queue
	Now        func() time.Time
	// Note adds to the line of the log.
	Note func(ctx context.Context, pairs ...any)
}

// How long a job waits.
const (
	whenBusy = 20 * time.Second
	whenFull = 15 * time.Minute // the longest delay that SQS has
)

// Handle does one job. An error means that the message should come back.
func (p *Provisioner) Handle(ctx context.Context, body []byte) error {
	j, err := job.DecodeIdentity(body)
	if err != nil {
		return err
	}
	err = p.do(ctx, j)
	switch {
	case errors.Is(err, ErrBusy):
		return p.Identities.Send(ctx, j.Encode(), whenBusy)
	case errors.Is(err, ErrNoRoom):
		p.Note(ctx, "alert", "identities_full")
		return p.Identities.Send(ctx, j.Encode(), whenFull)
	}
	return err
}

func (p *Provisioner) do(ctx context.Context, j job.Identity) error {
	c, err := p.Store.Claim(ctx, j.Agency, j.Domain)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if j.Deed == job.DeleteIdentity {
		return p.remove(ctx, j, c)
	}
	if c.State == sender.Released || !c.Identity.Known() {
		return nil
	}
	switch j.Deed {
	case job.MakeIdentity:
		return p.make(ctx, j, c)
	case job.ReadIdentity:
		return p.read(ctx, j, c)
	case job.SetMailFrom:
		return p.mailFrom(ctx, j, c)
	case job.RestartIdentity:
		if err := p.Service.Restart(ctx, c.Domain); err != nil {
			return p.remake(ctx, j, c, err)
		}
		return p.read(ctx, j, c)
	case job.AdmitIdentity:
		return p.admit(ctx, j, c)
	}
	return nil
}

// make makes the identity. It is made for a name: an earlier claim may have had it made.
func (p *Provisioner) make(ctx context.Context, j job.Identity, c *sender.Claim) error {
	if n, err := p.Store.Identities(ctx); err == nil {
		p.Note(ctx, "identities", n)
	}
	made, err := p.Service.Make(ctx, c.Domain, c.Wanted().MailFrom())
	if err != nil {
		return err
	}
	return p.keep(ctx, j, made)
}

// remake has an identity made again that is not there, though it was.
func (p *Provisioner) remake(ctx context.Context, j job.Identity, c *sender.Claim, err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	return p.make(ctx, j, c)
}

func (p *Provisioner) read(ctx context.Context, j job.Identity, c *sender.Claim) error {
	seen, err := p.Service.Read(ctx, c.Domain)
	if err != nil {
		return p.remake(ctx, j, c, err)
	}
	return p.keep(ctx, j, seen)
}

// keep stores what the service has of the name, and has the claim looked at with it.
func (p *Provisioner) keep(ctx context.Context, j job.Identity, seen sender.Identity) error {
	err := conflict.Retry(ctx, func() error {
		c, err := p.Store.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || !c.Identity.Known() {
			return err
		}
		seen.Domain, seen.Version = c.Identity.Domain, c.Identity.Version
		return p.Store.SaveIdentity(ctx, &seen)
	})
	if err != nil {
		return err
	}
	err = conflict.Retry(ctx, func() error { // it is looked at now, not when it is due
		c, err := p.Store.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		now := p.Now().Truncate(time.Millisecond)
		pending := (c.State == sender.DNSPending || c.State == sender.Verifying) && seen.Status == "SUCCESS"
		if pending && now.Before(c.Due) {
			c.Due = now
		} else if c.PrepareAt.IsZero() {
			return nil
		}
		c.Prepared(true, now)
		return p.Store.Save(ctx, Change{Claim: c})
	})
	if err != nil {
		return err
	}
	return p.Senders.Send(ctx, job.Sender{Agency: j.Agency, Domain: j.Domain}.Encode(), 0)
}

// mailFrom sets the MAIL FROM domain. Of several who claim the name, the one that has it decides.
func (p *Provisioner) mailFrom(ctx context.Context, j job.Identity, c *sender.Claim) error {
	if c.Tree.Taken(c.Domain, c.Agency) || c.Identity.MailFrom == c.Wanted().MailFrom() {
		return nil
	}
	if err := p.Service.MailFrom(ctx, c.Domain, c.Wanted().MailFrom()); err != nil {
		return p.remake(ctx, j, c, err)
	}
	return p.read(ctx, j, c)
}

// admit lets the agency's tenant send from the name that it has.
func (p *Provisioner) admit(ctx context.Context, j job.Identity, c *sender.Claim) error {
	if c.State != sender.Verified || c.Tree.Taken(c.Domain, c.Agency) {
		return nil
	}
	tenant, err := p.Service.Admit(ctx, c.Domain, c.Agency)
	if err != nil {
		return p.remake(ctx, j, c, err)
	}
	return conflict.Retry(ctx, func() error {
		c, err := p.Store.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Admitted == tenant {
			return err
		}
		c.Admitted = tenant
		return p.Store.Save(ctx, Change{Claim: c})
	})
}

// remove deletes the identity of a name that nobody claims any more. It is forgotten first: whoever claims the name after that has it
// made anew, by a job that comes behind this one.
func (p *Provisioner) remove(ctx context.Context, j job.Identity, c *sender.Claim) error {
	if c.EndAt.IsZero() || c.Cleared {
		return nil
	}
	claimed, err := p.Store.Claimed(ctx, c.Domain)
	if err != nil {
		return err
	}
	if !claimed && c.Identity.Known() {
		i := c.Identity
		err := p.Store.DropIdentity(ctx, &i)
		if claimed = errors.Is(err, conflict.ErrChanged); err != nil && !claimed {
			return err
		}
	}
	if !claimed {
		if err := p.Service.Delete(ctx, c.Domain); err != nil {
			return err
		}
		err := conflict.Retry(ctx, func() error {
			c, err := p.Store.Claim(ctx, j.Agency, j.Domain)
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			c.Cleared = true
			return p.Store.Save(ctx, Change{Claim: c})
		})
		if err != nil {
			return err
		}
	}
	return p.Senders.Send(ctx, job.Sender{Agency: j.Agency, Domain: j.Domain}.Encode(), 0)
}
