package senders

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
)

// How often the doctor looks because somebody watches.
const (
	ChecksPerHour = 60              // of one domain
	checksApart   = 8 * time.Second // that nobody asked for
	pressedApart  = time.Second
)

// Doctor looks at a domain's records and says how they stand.
type Doctor struct {
	Store      Store
	DNS        DNS
	Identities Queue
	Now        func() time.Time
}

// Watched is the doctor for people who watch.
type Watched struct {
	*Doctor
	Senders Queue
}

// Check is somebody saying that the records are there, or wanting to know how they stand now. Faults: [fault.Unauthenticated],
// [fault.Forbidden], [fault.NotFound], [fault.PlanRequired]; [fault.NotActive] where nothing can be looked for, or the records are not
// known yet; [fault.DomainTaken] for a domain that is proven, and another agency's; [fault.RateLimited].
func (d *Watched) Check(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	now := d.Now().Truncate(time.Millisecond)
	if err := d.start(ctx, caller, which, now); err != nil {
		return nil, err
	}
	c, err := d.Store.Claim(ctx, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if now.Sub(c.Report.At) >= pressedApart {
		wait, err := d.allow(ctx, which, now)
		if err != nil {
			return nil, err
		}
		if wait > 0 {
			return nil, limited(fault.New(fault.RateLimited, "sender.checks_used_up", "n", ChecksPerHour, "wait", identity.About(wait)),
				wait, "sender-checks", ChecksPerHour, time.Hour)
		}
		if c, err = d.seen(ctx, caller.Agency, which, caller.Actor()); err != nil {
			return nil, err
		}
	}
	if c.Reason == sender.Taken {
		return nil, fault.New(fault.DomainTaken, "sender.taken")
	}
	return view(ctx, d.Store, caller.Agency, which, now)
}

// Watch is what a page that is open shows: the records as they stand now, where there was no look a moment ago and the hour has looks
// left; else as they stood. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (d *Watched) Watch(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	now := d.Now().Truncate(time.Millisecond)
	c, err := d.Store.Claim(ctx, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if c.Looks() && now.Sub(c.Report.At) >= checksApart {
		wait, err := d.allow(ctx, which, now)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			if _, err = d.seen(ctx, caller.Agency, which, audit.System); err != nil {
				return nil, err
			}
		}
	}
	return view(ctx, d.Store, caller.Agency, which, now)
}

func (d *Doctor) allow(ctx context.Context, which id.SenderDomain, now time.Time) (time.Duration, error) {
	return d.Store.Allow(ctx, "sender-check#"+string(which), ChecksPerHour, time.Hour, now)
}

// start begins with the looks.
func (d *Doctor) start(ctx context.Context, caller identity.Caller, which id.SenderDomain, now time.Time) error {
	return conflict.Retry(ctx, func() error {
		c, err := usable(ctx, d.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		if c.Looks() {
			return nil
		}
		if !c.Ready() {
			return fault.New(fault.NotActive, "sender.preparing")
		}
		change, err := c.Start(now)
		if err != nil {
			return err
		}
		c.Report = sender.Report{}
		if err := d.Store.Save(ctx, Change{Claim: c, Audit: changed(change, c, caller.Actor())}); err != nil {
			return err
		}
		if change.Restart && !c.ProofOnly {
			return d.tell(ctx, c, job.RestartIdentity)
		}
		return nil
	})
}

// tell has the mail service called about the claim's name.
func (d *Doctor) tell(ctx context.Context, c *sender.Claim, deed job.Deed) error {
	return d.Identities.Send(ctx, job.Identity{Deed: deed, Agency: c.Agency, Domain: c.ID}.Encode(), 0)
}

// When the mail service is asked about a name: while DNS is right and the service has not said so, once in a while; of a domain that
// is verified, when its records are gone, and weekly (Q2).
const (
	askAgain  = 20 * time.Second
	askWeekly = 7 * 24 * time.Hour
)

// look looks at the claim's records and takes in what was found. Nothing is stored while it asks.
func (d *Doctor) look(ctx context.Context, of id.Agency, which id.SenderDomain, actor string) (*sender.Claim, error) {
	c, err := d.Store.Claim(ctx, of, which)
	if err != nil || !c.Looks() {
		return c, err
	}
	seen := look(ctx, d.DNS(), c, d.Now())
	var deeds []job.Deed
	err = conflict.Retry(ctx, func() (err error) {
		if c, err = d.Store.Claim(ctx, of, which); err != nil || !c.Looks() {
			return err
		}
		deeds, err = d.take(ctx, c, seen, actor)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, deed := range deeds {
		if err := d.tell(ctx, c, deed); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// seen looks at the claim's records for somebody who watches, and has the owners told of what came of it.
func (d *Watched) seen(ctx context.Context, of id.Agency, which id.SenderDomain, actor string) (*sender.Claim, error) {
	c, err := d.look(ctx, of, which, actor)
	if err != nil || c.Untold == nil {
		return c, err
	}
	return c, d.Senders.Send(ctx, job.Sender{Agency: of, Domain: which}.Encode(), 0)
}

// take decides what a look comes to, and writes it. It returns what the mail service has to be told then.
func (d *Doctor) take(ctx context.Context, c *sender.Claim, seen found, actor string) (deeds []job.Deed, err error) {
	now := d.Now().Truncate(time.Millisecond)
	before := c.State
	s := seen.Seen
	s.SES = c.Identity.Status
	s.Taken = c.Tree.Taken(c.Domain, c.Agency)
	if c.AtTop = c.Contested(); c.AtTop && !seen.Contested {
		s.Proof = false // somebody was faster, and the proof that was looked for does not count any more
	}
	if s.Proof && c.VerifiedAt.IsZero() && c.Why == "" { // two that look alike may have been claimed before one of them was proven
		alike, err := d.Store.Lookalikes(ctx, sender.Skeleton(c.Domain))
		if err != nil {
			return nil, err
		}
		c.Why = sender.WhyHeld(c.Domain, "", alike...)
		c.Held = c.Why != ""
	}
	change := c.Look(s, now)
	c.Forget(now)
	if s.Asked || c.Report.At.IsZero() || len(c.Report.Verdicts) == 0 {
		c.Report = seen.Report
	} else {
		c.Report.At = seen.At // what was known stays on the page; nobody could be asked for anything newer
		c.Report.Verdicts = stale(c.Report.Verdicts, seen.Verdicts)
	}
	if s.Asked && seen.Zone != "" {
		if !slices.Equal(c.NameServers, seen.NameServers) || c.Zone != seen.Zone {
			c.Zone = seen.Zone
			if s.Proof { // whoever has the proof has the name servers, too; else the old ones are remembered (T6)
				c.NameServers = seen.NameServers
			}
		}
		if len(c.NameServers) == 0 {
			c.NameServers = seen.NameServers
		}
		c.NoDMARC = seen.NoDMARC
	}
	write := Change{Claim: c, Audit: changed(change, c, actor)}
	if change.Changed() && change.To == sender.Verified && before != sender.Degraded {
		settings, err := d.Store.Settings(ctx, c.Agency)
		if err != nil {
			return nil, err
		}
		if !c.Tree.Hold(sender.Hold{Domain: c.Domain, Agency: c.Agency, ID: c.ID}) {
			return nil, fault.New(fault.Unavailable, "sender.no_room")
		}
		write.Tree = &c.Tree
		if settings.Verified(c.ID) {
			write.Settings = settings
		}
	}
	if c.State == sender.Disabled && change.Changed() {
		if write.Settings, err = d.off(ctx, c); err != nil {
			return nil, err
		}
	}
	c.Tells(change)
	if err := d.Store.Save(ctx, write); err != nil {
		return nil, err
	}
	return d.deeds(c, s, change, now), nil
}

// off are the agency's settings without a domain that cannot be used any more; nil where it was not on.
func (d *Doctor) off(ctx context.Context, c *sender.Claim) (*sender.Settings, error) {
	settings, err := d.Store.Settings(ctx, c.Agency)
	if err != nil || settings.On != c.ID {
		return nil, err
	}
	settings.On = ""
	return settings, nil
}

// stale are the verdicts that were known, where the new ones know nothing.
func stale(known, now []sender.Verdict) []sender.Verdict {
	if len(now) == 0 || len(known) != len(now) {
		return known
	}
	return now
}

// deeds lists what the mail service has to be told.
func (d *Doctor) deeds(c *sender.Claim, s sender.Seen, change sender.Change, now time.Time) []job.Deed {
	if c.ProofOnly {
		return nil
	}
	var out []job.Deed
	if change.Restart {
		out = append(out, job.RestartIdentity)
	}
	right, idle := s.Proof && s.DKIM, now.Sub(c.Identity.AskedAt)
	pending := c.State == sender.DNSPending || c.State == sender.Verifying
	switch {
	case !s.Asked:
	case pending && right && c.Identity.Status != "SUCCESS" && idle >= askAgain,
		!pending && !right && idle >= time.Hour,
		!pending && idle >= askWeekly:
		out = append(out, job.ReadIdentity)
	}
	if change.Changed() && change.To == sender.Verified {
		if c.Identity.MailFrom != c.Wanted().MailFrom() {
			out = append(out, job.SetMailFrom)
		}
		out = append(out, job.AdmitIdentity)
	}
	return out
}

// Checker works on the senders' queue: it looks at domains whose time has come, has time do what it does by itself, follows the
// agency's plan, and has owners told. A job that comes twice finds nothing to do.
type Checker struct {
	*Doctor
	Work   WorkStore
	Mail   Queue
	Region string // of the platform's mail service
}

// Handle does one job. An error means that the message should come back.
func (k *Checker) Handle(ctx context.Context, body []byte) error {
	j, err := job.DecodeSender(body)
	if err != nil {
		return err
	}
	return k.one(ctx, j)
}

func (k *Checker) one(ctx context.Context, j job.Sender) error {
	if err := k.age(ctx, j); err != nil {
		return err
	}
	c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := k.Now()
	if c.Looks() && !c.Due.IsZero() && !now.Before(c.Due) {
		if _, err := k.look(ctx, j.Agency, j.Domain, audit.System); err != nil {
			return err
		}
	}
	if c.State == sender.Draft && !c.PeekAt.IsZero() && !now.Before(c.PeekAt) {
		if err := k.peek(ctx, j); err != nil {
			return err
		}
	}
	if err := k.prepare(ctx, j, now); err != nil {
		return err
	}
	if err := k.handOff(ctx, j); err != nil {
		return err
	}
	if err := k.tellServerOff(ctx, j); err != nil {
		return err
	}
	if err := k.tellOwners(ctx, j); err != nil {
		return err
	}
	return k.end(ctx, j)
}

// peek sees whether the records of a draft are there that were handed to somebody else, who cannot say so. Their own name servers are
// asked, so that nobody but our own resolver keeps a miss. With the proof the looks begin.
func (k *Checker) peek(ctx context.Context, j job.Sender) error {
	c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
	if err != nil {
		return err
	}
	seen := look(ctx, k.DNS(), c, k.Now())
	return conflict.Retry(ctx, func() error {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.State != sender.Draft {
			return err
		}
		now := k.Now().Truncate(time.Millisecond)
		var change sender.Change
		if c.PeekAt = now.Add(peeks); seen.Seen.Proof && c.Ready() {
			if change, err = c.Start(now); err != nil {
				return err
			}
			c.PeekAt, c.Due = time.Time{}, now
		}
		return k.Work.Save(ctx, Change{Claim: c, Audit: changed(change, c, audit.System)})
	})
}

// age has the claim follow its agency's plan and end, and time alone.
func (k *Checker) age(ctx context.Context, j job.Sender) error {
	restart := false
	err := conflict.Retry(ctx, func() error {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		a, err := k.Work.Agency(ctx, j.Agency)
		if err != nil {
			return err
		}
		now := k.Now().Truncate(time.Millisecond)
		before := c.Due
		c.Forget(now)
		var change sender.Change
		restart = false
		switch {
		case !a.ClosedAt.IsZero():
			change = c.Drop(now)
		case c.State == sender.Released:
			change = c.Wake(now)
		case a.Plan != agency.Max && c.Reason != sender.Lapsed:
			change = c.Lapse(now)
		case a.Plan == agency.Max && c.Reason == sender.Lapsed:
			change, restart = c.Renew(now), true
		case c.Identity.Made() && c.Identity.Region != k.Region && c.State != sender.Draft && !c.ProofOnly:
			change = c.Elsewhere(now)
		default:
			change = c.Wake(now)
		}
		if !change.Changed() && c.Due.Equal(before) {
			return nil
		}
		write := Change{Claim: c, Audit: changed(change, c, audit.System)}
		if c.State == sender.Released {
			settings, err := k.Work.Settings(ctx, j.Agency)
			if err != nil {
				return err
			}
			if settings.Has(c.ID) || settings.On == c.ID {
				settings.Remove(c.ID)
				write.Settings = settings
			}
			c.Links, c.Own = nil, nil
		}
		c.Tells(change)
		return k.Work.Save(ctx, write)
	})
	if err == nil && restart {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if err != nil || c.ProofOnly {
			return err
		}
		return k.tell(ctx, c, job.RestartIdentity)
	}
	return err
}

// prepare has the identity made that is still missing.
func (k *Checker) prepare(ctx context.Context, j job.Sender, now time.Time) error {
	ask := false
	err := conflict.Retry(ctx, func() error {
		ask = false
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		there := err == nil && c.Identity.Made() && c.Identity.Region == k.Region
		if err != nil || c.State == sender.Released || c.PrepareAt.IsZero() || now.Before(c.PrepareAt) && !there {
			return err
		}
		ask = !there
		c.Prepared(there, now)
		return k.Work.Save(ctx, Change{Claim: c})
	})
	if err != nil || !ask {
		return err
	}
	return k.Identities.Send(ctx, job.Identity{Deed: job.MakeIdentity, Agency: j.Agency, Domain: j.Domain}.Encode(), 0)
}

// handOff has links mailed whose mail is overdue: whoever asked for them was cut off before the job was on the queue.
func (k *Checker) handOff(ctx context.Context, j job.Sender) error {
	var links []string
	err := conflict.Retry(ctx, func() error {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		before := len(c.Links)
		if links = c.Unmailed(k.Now().Truncate(time.Millisecond)); len(links) == 0 && len(c.Links) == before {
			return nil
		}
		return k.Work.Save(ctx, Change{Claim: c})
	})
	for _, l := range links {
		err = errors.Join(err, k.Mail.Send(ctx, recordsMail(j.Agency, j.Domain, l).Encode(), 0))
	}
	return err
}

// tellOwners has the owners mailed of a change, by one job for all of them. It is on the queue before that is noted, so that a crash in
// between repeats it; the mail worker drops one that is not about the present state.
func (k *Checker) tellOwners(ctx context.Context, j job.Sender) error {
	c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || c.Untold == nil {
		return err
	}
	told := *c.Untold
	m := job.Mail{Kind: job.News, Agency: j.Agency, Item: string(c.ID), Job: job.Stands(string(told.To))}
	if err := k.Mail.Send(ctx, m.Encode(), 0); err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Untold == nil || *c.Untold != told {
			return err
		}
		c.Untold = nil
		return k.Work.Save(ctx, Change{Claim: c})
	})
}

// tellServerOff mails the owners that their mail server was switched off, where whoever switched it off could not.
func (k *Checker) tellServerOff(ctx context.Context, j job.Sender) error {
	return conflict.Retry(ctx, func() error {
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Own == nil || c.Own.TellAt.IsZero() || k.Now().Before(c.Own.TellAt) {
			return err
		}
		m := job.Mail{Kind: job.News, Agency: j.Agency, Item: string(c.ID), Job: job.ServerOff}
		if err := k.Mail.Send(ctx, m.Encode(), 0); err != nil {
			return err
		}
		c.Own.TellAt = time.Time{}
		return k.Work.Save(ctx, Change{Claim: c})
	})
}

// ending is how often the end of a claim is tried again, and lingers how long one is kept after its end: the mail that owners are
// told of it by is about what is stored, and may be late.
const (
	ending  = 5 * time.Minute
	lingers = 15 * time.Minute
)

// end takes away what is over: first the hold and what points from the name to the claim, then the name's identity where it was the
// last claim of it, and the claim itself at last, so that nothing is forgotten in between.
func (k *Checker) end(ctx context.Context, j job.Sender) error {
	var gone *sender.Claim
	err := conflict.Retry(ctx, func() error {
		gone = nil
		c, err := k.Work.Claim(ctx, j.Agency, j.Domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || !c.Over() || c.Untold != nil {
			return err
		}
		if !c.EndAt.IsZero() {
			others, err := k.Work.Claimed(ctx, c.Domain)
			if err != nil {
				return err
			}
			if over := c.Since.Add(lingers); (others || c.Cleared) && k.Now().Before(over) {
				if c.EndAt.Equal(over) {
					return nil
				}
				c.EndAt = over
				return k.Work.Save(ctx, Change{Claim: c})
			}
			if others || c.Cleared {
				return k.Work.Save(ctx, Change{Claim: c, Gone: true})
			}
		}
		write := Change{Claim: c}
		if c.Tree.Drop(c.ID) {
			write.Tree = &c.Tree
		}
		c.EndAt = k.Now().Truncate(time.Millisecond).Add(ending)
		gone = c
		return k.Work.Save(ctx, write)
	})
	if err != nil || gone == nil {
		return err
	}
	return k.tell(ctx, gone, job.DeleteIdentity)
}
