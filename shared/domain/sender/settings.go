package sender

import (
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// LocalPart is the part before the @ of a sender's address, unless the agency chooses another.
const LocalPart = "invites"

// Ref names a claim.
type Ref struct {
	ID     id.SenderDomain
	Domain Domain
	Open   bool // whether it was never verified
}

// Settings are how an agency's mail goes out. They list its claims, so that their number is decided with the settings' version.
type Settings struct {
	Agency  id.Agency
	Name    string        // before the address; "" for the agency's own name
	Local   string        // before the @; "" for LocalPart
	ReplyTo email.Address // "" for whoever sends the invite
	On      id.SenderDomain
	Claims  []Ref
	Changes []time.Time // of the last day, for which the mail service is called
	Untold  *News       // of which owners are not told yet

	Version int
}

// News is that somebody has changed the sender.
type News struct {
	By id.Member
	ID id.SenderDomain // "" where it was about no domain
	At time.Time
}

// Tells notes for the owners that somebody has changed the sender (T13).
func (s *Settings) Tells(by id.Member, which id.SenderDomain, now time.Time) *News {
	s.Untold = &News{By: by, ID: which, At: now}
	return s.Untold
}

// Told notes that the owners are told of it; false where there is something newer to tell.
func (s *Settings) Told(of News) bool {
	// Of two times that are the same, == may say otherwise: one was stored, and is in UTC.
	if u := s.Untold; u == nil || u.By != of.By || u.ID != of.ID || !u.At.Equal(of.At) {
		return false
	}
	s.Untold = nil
	return true
}

// tellAfter is how long whoever has changed the sender may take to have the owners told, before somebody else does it.
const tellAfter = time.Minute

// DueAt is when to look after the settings; zero for never.
func (s *Settings) DueAt() time.Time {
	if s.Untold == nil {
		return time.Time{}
	}
	return s.Untold.At.Add(tellAfter)
}

// How many claims an agency has at a time (T1).
const (
	MaxClaims      = 3
	MaxYoungClaims = 1
)

// Add lists one more claim. Faults: [fault.AlreadyClaimed], [fault.RateLimited].
func (s *Settings) Add(c *Claim, a *agency.Agency, now time.Time) error {
	if slices.ContainsFunc(s.Claims, func(r Ref) bool { return r.Domain == c.Domain }) {
		f := fault.InField("domain", "sender.already_claimed", "domain", c.Domain.Shown())
		f.Code = fault.AlreadyClaimed
		return f
	}
	if err := s.MayAdd(a, now); err != nil {
		return err
	}
	if err := s.Count(now); err != nil {
		return err
	}
	s.Claims = append(s.Claims, Ref{ID: c.ID, Domain: c.Domain, Open: true})
	return nil
}

// MaxChanges is how often in a day an agency may have the mail service called about its names: it takes one call a second, for all
// agencies together.
const MaxChanges = 20

// Count counts a claim, or another name for bounces. Faults: [fault.RateLimited].
func (s *Settings) Count(now time.Time) error {
	const day = 24 * time.Hour
	recent := slices.DeleteFunc(slices.Clone(s.Changes), func(at time.Time) bool { return now.Sub(at) >= day })
	if len(recent) >= MaxChanges {
		wait := recent[0].Add(day).Sub(now)
		f := fault.New(fault.RateLimited, "sender.changes_used_up", "n", MaxChanges, "time", clock(recent[0].Add(day)))
		f.Retry, f.Limit = wait, fault.Limit{Name: "sender-changes", Quota: MaxChanges, Window: day}
		return f
	}
	s.Changes = append(recent, now)
	return nil
}

// MayAdd says why the agency cannot claim one more domain now. Faults: [fault.Invalid] in domain.
func (s *Settings) MayAdd(a *agency.Agency, now time.Time) error {
	most := MaxClaims
	if now.Sub(a.CreatedAt) < agency.Probation {
		most = MaxYoungClaims
	}
	open := 0
	for _, r := range s.Claims {
		if r.Open {
			open++
		}
	}
	if open >= most || len(s.Claims) >= 2*MaxClaims {
		return fault.InField("domain", "sender.too_many_claims", "n", most)
	}
	return nil
}

// Remove takes a claim off the list, and switches it off.
func (s *Settings) Remove(which id.SenderDomain) {
	s.Claims = slices.DeleteFunc(s.Claims, func(r Ref) bool { return r.ID == which })
	if s.On == which {
		s.On = ""
	}
}

// Verified notes that a claim is not open any more.
func (s *Settings) Verified(which id.SenderDomain) bool {
	i := slices.IndexFunc(s.Claims, func(r Ref) bool { return r.ID == which && r.Open })
	if i >= 0 {
		s.Claims[i].Open = false
	}
	return i >= 0
}

// Has tells whether the claim is on the list.
func (s *Settings) Has(which id.SenderDomain) bool {
	return slices.ContainsFunc(s.Claims, func(r Ref) bool { return r.ID == which })
}

// LocalOr is the part before the @.
func (s *Settings) LocalOr() string {
	if s.Local == "" {
		return LocalPart
	}
	return s.Local
}

// Way is how a mail goes out.
type Way string

// The ways.
const (
	ByPlatform  Way = "platform"   // from the platform's address, in the agency's name
	ByDomain    Way = "own_domain" // from the agency's domain, through the platform's mail service
	ByOwnServer Way = "own_server" // from the agency's domain, through its own mail server
)

// Outgoing is what a mail of an agency goes out as. It comes from what is stored alone (T4).
type Outgoing struct {
	Way     Way
	Name    string          // of From: the agency's
	Address email.Address   // of From; "" for the platform's
	ReplyTo email.Address   // "" for whoever sends
	ID      id.SenderDomain // of the claim; "" for the platform
	Domain  Domain
	Tenant  bool       // whether the agency's tenant sends
	Own     *OwnServer // of [ByOwnServer]
	Place   string     // where Own's password is sealed for
	Why     string     // why an agency that has a domain does not send from it; "" where it does, or has none
}

// OutgoingFor is how the agency's mail goes out now. The claim is the one that is switched on, nil where none is, or it is gone.
func OutgoingFor(a *agency.Agency, s *Settings, on *Claim) Outgoing {
	out := Outgoing{Way: ByPlatform, Name: a.Name, ReplyTo: s.ReplyTo}
	if on == nil || s.On != on.ID {
		if len(s.Claims) > 0 {
			out.Why = words.Say("sender.not_on")
		}
		return out
	}
	if out.Why = on.Unused(a); out.Why != "" {
		return out
	}
	address, err := ParseLocal("local", s.LocalOr(), on.Domain)
	if err != nil { // it was read when it was stored
		out.Why = words.Say("sender.not_on")
		return out
	}
	if s.Name != "" {
		out.Name = s.Name
	}
	out.Way, out.Address, out.ID, out.Domain, out.Tenant = ByDomain, address, on.ID, on.Domain, on.Admitted
	if on.ProofOnly {
		out.Way, out.Own, out.Place, out.Tenant = ByOwnServer, on.Own, on.PasswordPlace(on.Own.Server), false
	}
	return out
}

// Unused says why the domain that is switched on is not sent from; "" where it is.
func (c *Claim) Unused(a *agency.Agency) string {
	switch {
	case a.Plan != agency.Max:
		return words.Say("sender.unused_plan")
	case c.ProofOnly && (c.Own == nil || !c.Own.OffAt.IsZero()):
		return words.Say("sender.unused_smtp")
	case c.State == Degraded:
		return words.Say("sender.unused_degraded")
	case c.State == Disabled:
		return words.Say("sender.unused_disabled")
	case c.State == Verified && !c.Proven:
		return words.Say("sender.unused_proof")
	case !c.Sends():
		return words.Say("sender.unused_waiting")
	}
	return ""
}

// Forms reads what somebody typed for the settings. An empty field is the default.
func (s *Settings) Forms(name, local, replyTo, platform string) error {
	var wrong []error
	var err error
	next := *s
	if next.Name = ""; strings.TrimSpace(name) != "" {
		next.Name, err = ParseName("name", name, platform)
		wrong = append(wrong, err)
	}
	if next.Local = ""; strings.TrimSpace(local) != "" {
		var a email.Address
		a, err = ParseLocal("local", local, "example.com")
		wrong = append(wrong, err)
		if err == nil {
			next.Local = strings.TrimSuffix(string(a), "@example.com")
		}
	}
	if next.ReplyTo = ""; strings.TrimSpace(replyTo) != "" {
		next.ReplyTo, err = email.Parse("replyTo", replyTo)
		wrong = append(wrong, err)
	}
	if err := fault.Together(wrong...); err != nil {
		return err
	}
	*s = next
	return nil
}
