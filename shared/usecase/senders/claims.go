package senders

import (
	"context"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
)

// Directory shows an agency its sending.
type Directory struct {
	Store ReadStore
	Now   func() time.Time
}

// Overview reads all of it. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (d *Directory) Overview(ctx context.Context, caller identity.Caller) (*Overview, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	a, err := d.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	s, err := d.Store.Settings(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	claims, err := d.Store.Claims(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	o := &Overview{Settings: s, Agency: a, Now: d.Now()}
	var on *sender.Claim
	for _, c := range claims {
		if c.ID == s.On {
			on = c
		}
	}
	o.Outgoing = sender.OutgoingFor(a, s, on)
	for _, c := range claims {
		if c.State == sender.Released && claimsAnew(s, c.Domain) {
			continue // it is claimed again, and asks for nothing to be deleted
		}
		v := &View{Claim: c, Settings: s, Agency: a, Outgoing: o.Outgoing, Now: o.Now}
		if !c.VerifiedAt.IsZero() {
			if v.Health, err = d.Store.Health(ctx, caller.Agency, c.ID, o.Now); err != nil {
				return nil, err
			}
		}
		o.Claims = append(o.Claims, v)
	}
	if at := caller.Email.Domain(); caller.SignedIn() {
		if mine, err := sender.ParseDomain("domain", at); err == nil {
			o.Suggested = sender.Suggested(mine)
		}
	}
	return o, nil
}

// claimsAnew tells whether the agency claims a name that it has given back.
func claimsAnew(s *sender.Settings, d sender.Domain) bool {
	return slices.ContainsFunc(s.Claims, func(r sender.Ref) bool { return r.Domain == d })
}

// Get reads one claim. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (d *Directory) Get(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	return view(ctx, d.Store, caller.Agency, which, d.Now())
}

// view reads a claim with what there is to see beside it.
func view(ctx context.Context, store ReadStore, of id.Agency, which id.SenderDomain, now time.Time) (*View, error) {
	c, err := store.Claim(ctx, of, which)
	if err != nil {
		return nil, err
	}
	v := &View{Claim: c, Now: now}
	if v.Agency, err = store.Agency(ctx, of); err != nil {
		return nil, err
	}
	if v.Settings, err = store.Settings(ctx, of); err != nil {
		return nil, err
	}
	on := c
	if v.Settings.On != c.ID {
		on = nil
		if v.Settings.On != "" {
			if on, err = store.Claim(ctx, of, v.Settings.On); fault.Is(err, fault.NotFound) {
				on, err = nil, nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	v.Outgoing = sender.OutgoingFor(v.Agency, v.Settings, on)
	if !c.VerifiedAt.IsZero() {
		if v.Health, err = store.Health(ctx, of, which, now); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// ZoneFile is the claim's records as a zone file. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound];
// [fault.NotActive] while they are not all known.
func (d *Directory) ZoneFile(ctx context.Context, caller identity.Caller, which id.SenderDomain) (sender.Domain, string, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return "", "", err
	}
	c, err := d.Store.Claim(ctx, caller.Agency, which)
	if err != nil {
		return "", "", err
	}
	if !c.Ready() {
		return "", "", fault.New(fault.NotActive, "sender.preparing")
	}
	return c.Domain, sender.ZoneFile(sender.Records(c.Wanted())), nil
}

// Claims begins with domains and gives them back.
type Claims struct {
	Store      Store
	Senders    Queue // of looks
	Identities Queue // of calls of the mail service
	Platform   string
	Ours       []string // the platform's own domains
	Now        func() time.Time
}

// Check says what is wrong with what somebody typed, without writing anything.
func (s *Claims) Check(typed string) error {
	_, err := sender.ParseDomain("domain", typed, s.Ours...)
	return err
}

// Claim begins with a domain. Its identity is made at once, so that all records are published in one visit to DNS (T1). Faults:
// [fault.Unauthenticated], [fault.Forbidden], [fault.PlanRequired], [fault.Suspended]; [fault.Invalid], [fault.AlreadyClaimed] in
// domain; [fault.IdempotencyUsed]; [fault.Unavailable] where the mail service has no room (Q4).
func (s *Claims) Claim(ctx context.Context, caller identity.Caller, typed, once string) (*View, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	d, err := sender.ParseDomain("domain", typed, s.Ours...)
	if err != nil {
		return nil, err
	}
	record, err := idempotency.For("claimDomain", caller.Actor(), once, string(d))
	if err != nil {
		return nil, err
	}
	now := s.Now().Truncate(time.Millisecond)
	alike, err := s.Store.Lookalikes(ctx, sender.Skeleton(d))
	if err != nil {
		return nil, err
	}
	c := sender.NewClaim(caller.Agency, caller.Member, d, sender.WhyHeld(d, s.Platform, append(alike, s.ours()...)...), now)
	again := ""
	err = conflict.Retry(ctx, func() (err error) {
		if again, err = recall(ctx, s.Store, caller.Agency, record, now); err != nil || again != "" {
			return err
		}
		a, err := s.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := may(a); err != nil {
			return err
		}
		settings, err := s.Store.Settings(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := settings.Add(c, a, now); err != nil {
			return err
		}
		c.Version = 0
		return s.Store.Save(ctx, Change{Claim: c, Settings: settings, Once: record.Of(string(c.ID), now),
			Audit: []audit.Entry{row(now, caller, audit.DomainClaimed, c.ID, "")}})
	})
	if err != nil {
		return nil, err
	}
	if again != "" {
		return view(ctx, s.Store, caller.Agency, id.SenderDomain(again), now)
	}
	if err := s.Identities.Send(ctx, job.Identity{Deed: job.MakeIdentity, Agency: c.Agency, Domain: c.ID}.Encode(), 0); err != nil {
		return nil, err // the sweep sends it again
	}
	return view(ctx, s.Store, caller.Agency, c.ID, now)
}

// recall is what the request has made when it came before; "" for a new one. It is asked again at every try, since the same request
// may be under way at the same moment.
func recall(ctx context.Context, store Store, of id.Agency, record *idempotency.Record, now time.Time) (string, error) {
	if record == nil {
		return "", nil
	}
	stored, err := store.Recall(ctx, of, record.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	again, err := record.Replays(stored, now)
	if !again {
		return "", err
	}
	return stored.Result, nil
}

// ours are the platform's domains.
func (s *Claims) ours() []sender.Domain {
	out := make([]sender.Domain, len(s.Ours))
	for i, o := range s.Ours {
		out[i] = sender.Domain(sender.Canonical(o))
	}
	return out
}

// may tells whether the agency may set a domain up.
func may(a *agency.Agency) error {
	if a.Suspended {
		return fault.New(fault.Suspended, "errors.this_agency_is_suspended_ask_the")
	}
	if a.Plan != agency.Max {
		return fault.New(fault.PlanRequired, "sender.needs_max")
	}
	return nil
}

// usable reads a claim of an agency that may set it up. Faults: [fault.NotFound], [fault.Suspended], [fault.PlanRequired].
func usable(ctx context.Context, store ReadStore, of id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	c, err := store.Claim(ctx, of, which)
	if err != nil {
		return nil, err
	}
	a, err := store.Agency(ctx, of)
	if err != nil {
		return nil, err
	}
	return c, may(a)
}

// Release gives a domain back. One that was verified is kept for the agency for 7 days (T5). Faults: [fault.Unauthenticated],
// [fault.StepUpRequired]; [fault.Forbidden], [fault.NotFound].
func (s *Claims) Release(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	err := conflict.Retry(ctx, func() error {
		c, err := s.Store.Claim(ctx, caller.Agency, which)
		if err != nil {
			return err
		}
		settings, err := s.Store.Settings(ctx, caller.Agency)
		if err != nil {
			return err
		}
		change := c.Release(now)
		if !change.Changed() {
			return nil
		}
		settings.Remove(which)
		c.Links, c.Own = nil, nil
		c.Tells(change)
		return s.Store.Save(ctx, Change{Claim: c, Settings: settings,
			Audit: []audit.Entry{row(now, caller, audit.DomainReleased, which, "")}})
	})
	if err != nil {
		return nil, err
	}
	if err := s.Senders.Send(ctx, job.Sender{Agency: caller.Agency, Domain: which}.Encode(), 0); err != nil {
		return nil, err
	}
	v, err := view(ctx, s.Store, caller.Agency, which, now)
	if fault.Is(err, fault.NotFound) { // it is gone already
		return nil, nil //nolint:nilnil // there is nothing left to see
	}
	return v, err
}

// Bounces gives bounces another name below the domain (D11). Faults: [fault.Unauthenticated], [fault.StepUpRequired];
// [fault.Forbidden], [fault.NotFound]; [fault.Invalid] in label.
func (s *Claims) Bounces(ctx context.Context, caller identity.Caller, which id.SenderDomain, typed string) (*View, error) {
	now := s.Now().Truncate(time.Millisecond)
	if err := caller.MayNow(identity.SenderWrite, now); err != nil {
		return nil, err
	}
	other := false
	err := conflict.Retry(ctx, func() error {
		other = false
		c, err := usable(ctx, s.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		label, err := sender.ParseBounceLabel("label", typed, c.Domain)
		if err != nil || label == c.Label {
			return err
		}
		if c.State == sender.Released {
			return fault.New(fault.NotActive, "sender.is_released")
		}
		settings, err := s.Store.Settings(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := settings.Count(now); err != nil {
			return err
		}
		c.Label, other = label, true
		return s.Store.Save(ctx, Change{Claim: c, Settings: settings,
			Audit: []audit.Entry{row(now, caller, audit.DomainBounceName, which, label)}})
	})
	if err != nil {
		return nil, err
	}
	if other {
		deed := job.Identity{Deed: job.SetMailFrom, Agency: caller.Agency, Domain: which}
		if err := s.Identities.Send(ctx, deed.Encode(), 0); err != nil {
			return nil, err
		}
	}
	return view(ctx, s.Store, caller.Agency, which, now)
}

// hostOf is the host of an address of ours.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}

// Ours are the domains of the platform: of its pages, and of its own sender's address.
func Ours(origin, from string) []string {
	_, domain, _ := strings.Cut(from, "@")
	return []string{hostOf(origin), domain}
}
