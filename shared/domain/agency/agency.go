// Package agency holds the sender's side: the agency, its plan, its members and its hourly allowance of invites.
package agency

import (
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Plan is what an agency has bought.
type Plan string

// The plans. Only Max invites clients.
const (
	Free Plan = "free"
	Max  Plan = "max"
)

// PlanMessage is the key of what an agency below Max reads when it tries to invite.
const PlanMessage = "errors.inviting_needs_max"

// Invites per agency: HourlyInvites in any Window. An agency younger than Probation may send ProbationInvites in
// all until then, so that an account made for abuse gets little out of its first week.
const (
	HourlyInvites    = 10
	Window           = time.Hour
	Probation        = 7 * 24 * time.Hour
	ProbationInvites = 50
)

// LimitMessage is the key of what the sender of an eleventh invite reads.
const LimitMessage = "errors.ten_invites_an_hour"

// Agency is one agency.
type Agency struct {
	ID        id.Agency
	Name      string
	Color     string // #rrggbb
	LogoURL   string // "" for none
	Plan      Plan
	Suspended bool // by the operator, or since it is closed; inviting and every grant rest
	CreatedAt time.Time
	ClosedAt  time.Time // when its owner deleted it; zero while it lives. A closed agency is suspended, too
	Sends     Sends
	Payment   subscription.Subscription // of its plan; zero where the operator set the plan

	Portal Portal
	SignIn SignIn // its people's own way in
	Zone   string // IANA name of its time zone; "" for UTC

	// Language is the one in which its clients are written to whose own isn't known; "" for English.
	Language words.Language

	Reminders reminder.Settings // of the invitations that it has out

	// SuspendedAt is when it came to be suspended; zero while it is not.
	SuspendedAt time.Time
	// HaltedAt is when the operator stopped what its clients have bought, besides suspending it: nobody is charged for that until
	// the agency goes on. Zero while they run.
	HaltedAt time.Time
	Told     Standing // what its people and paying clients were told last

	// Unsettled is since when its standing, plan or people have changed so that payment pages and invites may be out which nobody
	// may use any more; zero once they have been looked through.
	Unsettled time.Time

	// Farewell are the owners of a closed agency, who are told of what is left for them to do: their places are gone with it. They are
	// forgotten when everything of the agency is.
	Farewell []email.Address

	NameAllowed string // the name that the operator has looked at, see NameHeld; "" for none

	Revision int // of name, colour and logo
	Staff    int // counts changes of members and new keys, so that each is decided from all that were before
}

// Standing is how an agency stands with the platform.
type Standing string

// The standings.
const (
	Good      Standing = ""
	Suspended Standing = "suspended" // its invites are dead and its portals rest; what clients pay for goes on
	Halted    Standing = "halted"    // suspended, and what clients have bought is stopped and not charged
)

// Standing is how the agency stands.
func (a *Agency) Standing() Standing {
	switch {
	case !a.HaltedAt.IsZero():
		return Halted
	case a.Suspended:
		return Suspended
	}
	return Good
}

// MaxLogoFile is the largest file that a logo is made of, in bytes.
const MaxLogoFile = 1 << 20

// Logo is an agency's logo: a small PNG.
type Logo struct {
	PNG  []byte
	Hash string // of the content, 24 hex digits
}

// MayInvite returns nil when the agency may invite clients at all; else a fault with code [fault.Suspended] or
// [fault.PlanRequired].
func (a *Agency) MayInvite() error {
	if a.Suspended {
		return fault.New(fault.Suspended, "errors.this_agency_is_suspended_ask_the")
	}
	if a.Plan != Max {
		return fault.New(fault.PlanRequired, PlanMessage)
	}
	return nil
}

// Sends holds the times of the last sends, one per slot, and how many there have been in all. A slot is free when
// its time is zero or at least a Window ago. Since a slot is taken by a condition on its own old value, two senders
// can never get the same one, and the ten slots let exactly ten sends into any Window, which neither a fixed window
// nor a token bucket does.
type Sends struct {
	Slots [HourlyInvites]time.Time
	Total int
}

// Slot is a place in Sends that a sender takes.
type Slot struct {
	Index    int
	Old, New time.Time // the place's time before and after; Old is zero for one never used
	MaxTotal int       // how many sends there may have been before; 0 for any number
}

// Take picks a free slot for a send at now. The pick starts at a place that the seed chooses, so that senders at the
// same moment mostly take different ones. When none is free, or a young agency has used up its allowance, the error
// has code [fault.RateLimited] and says when to come back.
func (a *Agency) Take(now time.Time, seed uint64) (Slot, error) {
	most := 0
	if age := now.Sub(a.CreatedAt); age < Probation {
		most = ProbationInvites
	}
	if most > 0 && a.Sends.Total >= most {
		e := fault.New(fault.RateLimited, "errors.a_new_agency_can_send_invites", "probation_invites", ProbationInvites)
		e.Retry, e.Limit = a.CreatedAt.Add(Probation).Sub(now), fault.Limit{Name: "first-week", Quota: ProbationInvites, Window: Probation}
		return Slot{}, e
	}
	soonest := now.Add(Window)
	for i := range HourlyInvites {
		k := int((seed%HourlyInvites + uint64(i)) % HourlyInvites) //nolint:gosec // below ten
		at := a.Sends.Slots[k]
		if at.IsZero() || !now.Before(at.Add(Window)) {
			// A slot's time tells its holder from the next one, so it must move on even within one millisecond.
			taken := now.Truncate(time.Millisecond)
			if !taken.After(at) {
				taken = at.Add(time.Millisecond)
			}
			return Slot{Index: k, Old: at, New: taken, MaxTotal: most}, nil
		}
		if free := at.Add(Window); free.Before(soonest) {
			soonest = free
		}
	}
	e := fault.New(fault.RateLimited, LimitMessage)
	e.Retry, e.Limit = soonest.Sub(now), fault.Limit{Name: "invites", Quota: HourlyInvites, Window: Window}
	return Slot{}, e
}

// Left is how many invites the agency can send at now.
func (a *Agency) Left(now time.Time) int {
	n := 0
	for _, at := range a.Sends.Slots {
		if at.IsZero() || !now.Before(at.Add(Window)) {
			n++
		}
	}
	return n
}
