package sender

import (
	"hash/fnv"
	"slices"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// State is how far a domain has come.
type State string

// The states. Released is the end: the agency has given the domain back, or has lost it.
const (
	Draft      State = "draft"       // claimed; nobody has said that the records are there
	DNSPending State = "dns_pending" // we look for the records
	Verifying  State = "verifying"   // the records are right; SES, or the operator, is not done
	Verified   State = "verified"
	Degraded   State = "degraded" // records are gone; the platform's sender is used
	Disabled   State = "disabled" // given up, or the plan has lapsed; the platform's sender is used
	Failed     State = "failed"   // the records were not there in time
	Released   State = "released"
)

// Reason says why a domain is in its state, where that is not plain.
type Reason string

// The reasons.
const (
	Held    Reason = "held"    // the operator looks at the name first (T9)
	Lost    Reason = "lost"    // records were gone for too long (T6)
	Moved   Reason = "moved"   // the proof is gone, and the domain does not exist or is somewhere else (T6)
	Lapsed  Reason = "lapsed"  // the plan has no sender domain any more
	Expired Reason = "expired" // nobody went on in time
	GivenUp Reason = "given_up"
	Refused Reason = "refused" // by the operator
	Taken   Reason = "taken"   // another agency sends from the very name (T2)
	Region  Reason = "region"  // the platform's mail service is somewhere else now, so that the records are other ones
	Changed Reason = "changed" // the agency chose the other way to send
)

// How long things last.
const (
	ClaimLife  = 14 * 24 * time.Hour // T1
	LookFor    = 72 * time.Hour      // as long as SES looks
	LostAfter  = 7 * 24 * time.Hour  // T6
	KeptFor    = 30 * 24 * time.Hour // after a lapse, or after a loss
	Grace      = 7 * 24 * time.Hour  // T5: of a domain that was verified, for its old holder only
	maxMisses  = 3                   // D18
	missesIn   = 24 * time.Hour
	missApart  = time.Hour // a page that is open asks every few seconds; looks as near as this are one
	afterMiss  = 6 * time.Hour
	afterQuiet = time.Hour // when nobody could be asked
	daily      = 24 * time.Hour
	jitter     = 2 * time.Hour // to either side
	restartGap = 24 * time.Hour
)

// rhythm is how long after one another the looks at new records are; from the last one on it stays.
var rhythm = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// Sender is an agency's sender domain.
type Sender struct {
	Domain      Domain
	State       State
	Reason      Reason
	ClaimedAt   time.Time
	Since       time.Time   // of the state
	StartedAt   time.Time   // when somebody said that the records are there; the 72 hours count from here
	Due         time.Time   // when something happens next by itself; zero only when nothing ever does
	Checks      int         // looks since StartedAt
	Misses      []time.Time // looks in the last 24 hours at which a verified domain's records were gone
	Held        bool        // whether the operator has to allow the name
	Proven      bool        // whether the last look that says something found the proof
	VerifiedAt  time.Time   // for the first time; zero for never
	TestedAt    time.Time   // when a test mail was delivered (T12)
	On          bool        // whether it is switched on
	RestartedAt time.Time   // when SES was last told to look anew
	ProofOnly   bool        // whether mail goes by the agency's own server, so that only the proof is asked for (T14)
}

// Seen is what a look found.
type Seen struct {
	Asked    bool   // whether the zone's servers said anything; else the look says nothing (D18)
	Proof    bool   // whether the agency's TXT record is there
	DKIM     bool   // whether all of the CNAMEs are
	SES      string // SES's status; empty where it was not asked
	Taken    bool   // whether another agency has the very name
	Vanished bool   // whether the domain does not exist any more, or has other name servers than before: see [Vanished]
}

// SeenBy is what verdicts come to. SES's status and whether the domain has vanished are not among them.
func SeenBy(verdicts []Verdict) Seen {
	s := Seen{Asked: true, Proof: true, DKIM: true}
	proofs, keys := 0, 0
	for _, v := range verdicts {
		right := v.Light == Right
		switch v.Record.Role {
		case Proof:
			proofs++
			s.Proof = s.Proof && right
		case DKIM:
			keys++
			s.DKIM = s.DKIM && right
		default:
			continue
		}
		if v.Cause == CannotAsk || v.Cause == NotLooked || v.Cause == Split && v.Light == Waiting {
			s.Asked = false
		}
	}
	s.Proof, s.DKIM = s.Proof && proofs > 0, s.DKIM && keys > 0
	return s
}

// Vanished tells whether a domain does not exist any more, or has gone to other name servers, none of which it had before.
func Vanished(zone Status, before, now []string) bool {
	if zone == NoName {
		return true
	}
	if zone != Answered || len(before) == 0 || len(now) == 0 {
		return false
	}
	return !slices.ContainsFunc(now, func(n string) bool {
		return slices.ContainsFunc(before, func(b string) bool { return Canonical(b) == Canonical(n) })
	})
}

// there tells whether all that a sender needs is there, as far as SES was asked.
func (s *Sender) there(seen Seen) bool {
	return seen.Proof && (s.ProofOnly || seen.DKIM && seen.SES != "FAILED")
}

// Change is a change of state; the zero value is none. Each is told once.
type Change struct {
	From, To State
	Reason   Reason
	At       time.Time
	Restart  bool // whether SES has to be told to look anew, which may be so without a change
}

// Changed tells whether the state is another one.
func (c Change) Changed() bool { return c.From != c.To }

// Mailed tells whether owners are mailed: not of the steps on the way, which they are watching.
func (c Change) Mailed() bool {
	return c.Changed() && c.To != Draft && c.To != DNSPending && c.To != Verifying
}

// Claimed begins with a domain. A name that has to be looked at is held.
func Claimed(d Domain, held bool, now time.Time) Sender {
	return Sender{Domain: d, State: Draft, ClaimedAt: now, Since: now, Due: now.Add(ClaimLife), Held: held}
}

// Over tells whether the domain is free for anybody, and what SES has of it can go.
func (s *Sender) Over() bool { return s.State == Released && s.Due.IsZero() }

// Looks tells whether the domain's records are looked at when it is due.
func (s *Sender) Looks() bool {
	return s.State == DNSPending || s.State == Verifying || s.State == Verified || s.State == Degraded
}

// Sends tells whether mail goes out from the domain. Else the platform's sender is used. Without the proof
// nothing is sent (T1), also while it is not said to be lost yet.
func (s *Sender) Sends() bool { return s.State == Verified && s.On && s.Proven && !s.TestedAt.IsZero() }

// move goes to a state.
func (s *Sender) move(to State, why Reason, now, due time.Time) Change {
	c := Change{From: s.State, To: to, Reason: why, At: now}
	if to != s.State {
		s.Since = now
	}
	s.State, s.Reason, s.Due = to, why, due
	return c
}

// stay is no change.
func (s *Sender) stay(now time.Time) Change { return Change{From: s.State, To: s.State, At: now} }

// Start is somebody saying that the records are there, or starting again after that came to nothing.
func (s *Sender) Start(now time.Time) (Change, error) {
	switch {
	case s.Reason == Lapsed:
		return Change{}, fault.New(fault.PlanRequired, "sender.lapsed")
	case s.State == DNSPending || s.State == Verifying:
		s.Due = now
		return s.stay(now), nil
	case s.State != Draft && s.State != Failed && s.State != Disabled:
		return Change{}, fault.New(fault.NotActive, "sender.cannot_start")
	case s.VerifiedAt.IsZero() && !now.Before(s.claimEnds()):
		return Change{}, fault.New(fault.NotActive, "sender.claim_expired")
	}
	again := s.State != Draft
	c := s.begin(now)
	if c.Restart = again; again {
		s.RestartedAt = now
	}
	return c, nil
}

// claimEnds is until when a domain that was never verified is kept.
func (s *Sender) claimEnds() time.Time {
	if s.State == Draft {
		return s.Due
	}
	return s.ClaimedAt.Add(ClaimLife)
}

// begin looks for the records from now on.
func (s *Sender) begin(now time.Time) Change {
	s.StartedAt, s.Checks, s.Misses, s.Proven = now, 0, nil, false
	return s.move(DNSPending, "", now, now.Add(rhythm[0]))
}

// Look takes in what was found. A look at which nobody could be asked changes no state.
func (s *Sender) Look(seen Seen, now time.Time) Change {
	if !s.Looks() {
		return s.stay(now)
	}
	s.Checks++
	pending := s.State == DNSPending || s.State == Verifying
	if !seen.Asked {
		if s.Due = now.Add(afterQuiet); pending {
			s.Due = s.next(now)
		}
		return s.stay(now)
	}
	s.Proven = seen.Proof
	if pending {
		return s.lookNew(seen, now)
	}
	if s.there(seen) {
		s.Misses = nil
		return s.move(Verified, "", now, now.Add(s.day(now)))
	}
	return s.miss(seen, now)
}

// next is when to look at new records again: by the rhythm since the looks began, or since the records were there, and at the end
// of the time once more. Looks in between, of a page that is open, change nothing about it.
func (s *Sender) next(now time.Time) time.Time {
	due := s.StartedAt
	if s.State == Verifying {
		due = s.Since
	}
	for n := 0; !due.After(now); n++ {
		due = due.Add(rhythm[min(n, len(rhythm)-1)])
	}
	if end := s.StartedAt.Add(LookFor); now.Before(end) && end.Before(due) {
		return end
	}
	return due
}

// lookNew is a look at records that were never right yet, or have to be so again.
func (s *Sender) lookNew(seen Seen, now time.Time) Change {
	right := seen.Proof && (seen.DKIM || s.ProofOnly)
	late := !now.Before(s.StartedAt.Add(LookFor)) || !right && s.VerifiedAt.IsZero() && !now.Before(s.ClaimedAt.Add(ClaimLife))
	switch {
	case right && seen.Taken && !late:
		c := s.move(Verifying, Taken, now, now)
		s.Due = s.next(now)
		return c
	case right && !seen.Taken && (seen.SES == "SUCCESS" || s.ProofOnly) && !s.Held:
		if s.VerifiedAt.IsZero() {
			s.VerifiedAt = now
		}
		return s.move(Verified, "", now, now.Add(s.day(now)))
	case late && (!right || !s.Held || seen.Taken): // the operator's delay is not the agency's
		due := s.ClaimedAt.Add(ClaimLife)
		if !s.VerifiedAt.IsZero() {
			due = now.Add(KeptFor)
		}
		return s.move(Failed, "", now, later(due, now.Add(daily)))
	case !right:
		c := s.move(DNSPending, "", now, now)
		s.Due = s.next(now)
		return c
	}
	why := Reason("")
	if s.Held {
		why = Held
	}
	c := s.move(Verifying, why, now, now)
	s.Due = s.next(now)
	c.Restart = s.restarts(seen, now)
	return c
}

// restarts tells whether SES has stopped looking too early, at most once a day.
func (s *Sender) restarts(seen Seen, now time.Time) bool {
	if seen.SES != "FAILED" || now.Before(s.RestartedAt.Add(restartGap)) {
		return false
	}
	s.RestartedAt = now
	return true
}

// miss is a look at which records of a domain that was verified are gone.
func (s *Sender) miss(seen Seen, now time.Time) Change {
	gone := !seen.Proof && seen.Vanished
	if s.State == Degraded {
		switch {
		case gone:
			return s.disable(Moved, now)
		case !now.Before(s.Since.Add(LostAfter)):
			return s.disable(Lost, now)
		}
		c := s.move(Degraded, s.Reason, now, earlier(now.Add(afterMiss), s.Since.Add(LostAfter)))
		c.Restart = seen.Proof && seen.DKIM && s.restarts(seen, now)
		return c
	}
	s.Misses = slices.DeleteFunc(s.Misses, func(m time.Time) bool { return now.Sub(m) > missesIn })
	if n := len(s.Misses); n == 0 || now.Sub(s.Misses[n-1]) >= missApart {
		s.Misses = append(s.Misses, now)
	}
	switch {
	case len(s.Misses) < maxMisses:
		s.Due = now.Add(afterMiss)
		return s.stay(now)
	case gone:
		return s.disable(Moved, now)
	}
	s.Misses = nil
	return s.move(Degraded, "", now, now.Add(afterMiss))
}

// Regress goes back to where the records have to be published anew, since they are others now. What was switched on comes back with
// them.
func (s *Sender) Regress(why Reason, now time.Time) Change {
	if s.State == Released || s.Reason == Lapsed {
		return s.stay(now)
	}
	s.TestedAt, s.Misses = time.Time{}, nil
	due := later(s.ClaimedAt.Add(ClaimLife), now.Add(ClaimLife))
	return s.move(Draft, why, now, due)
}

// Choose has mail go by the agency's own server, or by the platform's mail service. A domain of which the other way needs records that
// nobody has looked for begins anew.
func (s *Sender) Choose(own bool, now time.Time) Change {
	if s.ProofOnly == own || s.State == Released {
		return s.stay(now)
	}
	s.ProofOnly = own
	switch {
	case s.Reason == Lapsed:
		return s.stay(now)
	case s.State == Draft, own && s.State == Verified:
		return s.stay(now)
	}
	return s.begin(now)
}

// disable gives a domain up whose records are gone. Whoever publishes them again tests it again.
func (s *Sender) disable(why Reason, now time.Time) Change {
	s.On, s.TestedAt, s.Misses = false, time.Time{}, nil
	return s.move(Disabled, why, now, now.Add(KeptFor))
}

// day is how long after a look at a verified domain the next one is: about a day, which differs from domain to domain and from
// day to day.
func (s *Sender) day(now time.Time) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(string(s.Domain) + now.UTC().Format(time.DateOnly))) // which never fails
	return daily - jitter + time.Duration(h.Sum32())*time.Second%(2*jitter)
}

// Wakes tells whether time alone brings something now.
func (s *Sender) Wakes(now time.Time) bool {
	return !s.Due.IsZero() && !now.Before(s.Due) && !s.Looks()
}

// Wake is what time alone brings, once it is due. What is looked at ends by [Sender.Look].
func (s *Sender) Wake(now time.Time) Change {
	if s.Due.IsZero() || now.Before(s.Due) || s.Looks() {
		return s.stay(now)
	}
	if s.State == Released {
		s.Due = time.Time{}
		return s.stay(now)
	}
	return s.release(Expired, now)
}

// Delivered notes that a test mail from the domain was delivered (T12).
func (s *Sender) Delivered(now time.Time) error {
	if s.State != Verified {
		return fault.New(fault.NotActive, "sender.not_verified")
	}
	s.TestedAt = now
	return nil
}

// Enable switches the domain on, which takes a test mail first (T12).
func (s *Sender) Enable() error {
	switch {
	case s.State != Verified:
		return fault.New(fault.NotActive, "sender.not_verified")
	case s.TestedAt.IsZero():
		return fault.New(fault.NotActive, "sender.not_tested")
	}
	s.On = true
	return nil
}

// SwitchOff has the platform's sender used again. The domain stays verified.
func (s *Sender) SwitchOff() { s.On = false }

// Lapse is the end of a plan that has a sender domain. The domain is kept for 30 days.
func (s *Sender) Lapse(now time.Time) Change {
	if s.State == Released || s.Reason == Lapsed {
		return s.stay(now)
	}
	s.Misses = nil
	return s.move(Disabled, Lapsed, now, now.Add(KeptFor))
}

// Renew is the plan's return. The records are looked at anew, and what was switched on comes back with them.
func (s *Sender) Renew(now time.Time) Change {
	if s.Reason != Lapsed || s.State == Released {
		return s.stay(now)
	}
	return s.begin(now)
}

// Release gives the domain back. One that was verified is kept for its old holder for a time (T5).
func (s *Sender) Release(now time.Time) Change {
	if s.State == Released {
		return s.stay(now)
	}
	return s.release(GivenUp, now)
}

// Drop is the release of the domain of an agency that is closed or erased: at once (T5).
func (s *Sender) Drop(now time.Time) Change {
	c := s.Release(now)
	s.Due = time.Time{}
	return c
}

func (s *Sender) release(why Reason, now time.Time) Change {
	s.On, s.Proven, s.TestedAt, s.Misses = false, false, time.Time{}, nil
	due := time.Time{}
	if !s.VerifiedAt.IsZero() {
		due = now.Add(Grace)
	}
	return s.move(Released, why, now, due)
}

// Allow is the operator's word for a name that was held.
func (s *Sender) Allow(now time.Time) {
	if s.Held = false; s.State == Verifying {
		s.Reason, s.Due = "", now
	}
}

// Refuse is the operator's no to a name that was held.
func (s *Sender) Refuse(now time.Time) Change {
	c := s.release(Refused, now)
	s.Due = time.Time{}
	return c
}

// Title is the state in a few words.
func (s *Sender) Title() string {
	switch s.State {
	case Draft:
		return words.Say("sender.draft")
	case DNSPending:
		return words.Say("sender.dns_pending")
	case Verifying:
		return words.Say("sender.verifying")
	case Verified:
		return words.Say("sender.verified")
	case Degraded:
		return words.Say("sender.degraded")
	case Disabled:
		return words.Say("sender.disabled")
	case Failed:
		return words.Say("sender.failed")
	}
	return words.Say("sender.released")
}

// Next is what to do next, and when we do something ourselves.
func (s *Sender) Next() string {
	at := s.Due.Add(time.Minute - time.Nanosecond).UTC().Format("2 January 2006, 15:04")
	switch s.State {
	case Draft:
		return words.Say("sender.draft_next", "time", at)
	case DNSPending:
		return words.Say("sender.dns_pending_next", "time", at)
	case Verifying:
		switch {
		case s.Reason == Taken:
			return words.Say("sender.taken_next", "time", at)
		case s.Held:
			return words.Say("sender.held_next", "time", at)
		}
		return words.Say("sender.verifying_next", "time", at)
	case Verified:
		switch {
		case s.On && !s.Proven:
			return words.Say("sender.proof_next", "time", at)
		case s.On:
			return words.Say("sender.on_next", "time", at)
		case s.TestedAt.IsZero():
			return words.Say("sender.test_next", "time", at)
		}
		return words.Say("sender.enable_next", "time", at)
	case Degraded:
		return words.Say("sender.degraded_next", "time", at)
	case Disabled:
		if s.Reason == Lapsed {
			return words.Say("sender.lapsed_next", "time", at)
		}
		return words.Say("sender.disabled_next", "time", at)
	case Failed:
		return words.Say("sender.failed_next", "time", at)
	}
	if s.Over() {
		return words.Say("sender.over_next")
	}
	return words.Say("sender.released_next", "time", at)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
