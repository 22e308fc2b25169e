package batch

import (
	"slices"
	"sort"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Promises are the times at which invites of an agency are to go out that wait for their time, oldest first. Those whose time is past
// are out, or are given another one, and count no more.
type Promises struct {
	Agency id.Agency
	Times  []time.Time

	Version int // of what was read; 0 for one that is not stored yet
}

// Left is how many more invites may wait.
func (p *Promises) Left(now time.Time) int {
	p.prune(now)
	return MaxScheduled - len(p.Times)
}

// Promise notes that an invite is to go out at the time.
func (p *Promises) Promise(at time.Time) {
	n := sort.Search(len(p.Times), func(i int) bool { return p.Times[i].After(at) })
	p.Times = slices.Insert(p.Times, n, at)
}

// Forget gives back the time of an invite that does not go out.
func (p *Promises) Forget(at time.Time) {
	if n := slices.IndexFunc(p.Times, at.Equal); n >= 0 {
		p.Times = slices.Delete(p.Times, n, n+1)
	}
}

func (p *Promises) prune(now time.Time) {
	p.Times = slices.DeleteFunc(p.Times, now.After)
}

// Allowance is one of the limits on an agency's invites: so many in any window.
type Allowance struct {
	Most   int
	Window time.Duration
	Used   []time.Time // as far back as the window
}

// Pace says when invites may go out.
type Pace struct {
	Allowances []Allowance
	// From, when not zero, is when a young agency may send again that has used up what it may send until then, see [agency.Probation].
	// First is how many it has left before.
	From  time.Time
	First int

	last time.Time
}

// PaceOf is the pace of an agency that has sent so many mails within the last day, of which day are allowed, and has promised times.
func PaceOf(a *agency.Agency, now time.Time, day int, today []time.Time, p *Promises) *Pace {
	p.prune(now)
	var hour []time.Time
	for _, at := range a.Sends.Slots {
		if !at.IsZero() {
			hour = append(hour, at)
		}
	}
	pace := &Pace{Allowances: []Allowance{
		{agency.HourlyInvites, agency.Window, sorted(hour, p.Times)}, {day, 24 * time.Hour, sorted(today, p.Times)},
	}}
	if end := a.CreatedAt.Add(agency.Probation); now.Before(end) {
		before := sort.Search(len(p.Times), func(i int) bool { return !p.Times[i].Before(end) })
		pace.From, pace.First = end, max(agency.ProbationInvites-a.Sends.Total-before, 0)
	}
	return pace
}

func sorted(a, b []time.Time) []time.Time {
	out := slices.Concat(a, b)
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Next is the earliest moment from now on at which one more invite may go out, and takes it. Whoever asks again gets the same moment
// or a later one. Times are whole milliseconds, as they are stored.
func (p *Pace) Next(now time.Time) time.Time {
	now = now.Truncate(time.Millisecond)
	at := now
	if p.last.After(at) {
		at = p.last
	}
	if !p.From.IsZero() && p.First == 0 && at.Before(p.From) {
		at = p.From
	}
	for {
		next := at
		for i := range p.Allowances {
			if t := p.Allowances[i].after(next); t.After(next) {
				next = t
			}
		}
		if !p.From.IsZero() && p.First == 0 && next.Before(p.From) {
			next = p.From
		}
		if next.Equal(at) {
			break
		}
		at = next
	}
	for i := range p.Allowances {
		p.Allowances[i].take(at)
	}
	if !p.From.IsZero() && at.Before(p.From) {
		p.First--
	}
	p.last = at
	return at
}

// after is the earliest moment from at on at which one more fits between what is used.
func (a *Allowance) after(at time.Time) time.Time {
	for {
		n := sort.Search(len(a.Used), func(i int) bool { return a.Used[i].After(at) }) // it would stand before Used[n]
		late := time.Time{}
		// Each run of Most that it would be in, with one more on either side, must be a window long.
		for i := max(n-a.Most, 0); i <= n && late.IsZero(); i++ {
			end := i + a.Most - 1 // the last of what stands in a window with it, which would be one too many
			if end >= len(a.Used) {
				break
			}
			first, last := a.Used[i], a.Used[end]
			if n <= i {
				first = at
			}
			if n > end {
				last = at
			}
			if last.Sub(first) < a.Window {
				late = a.Used[i].Add(a.Window) // nothing before that leaves the run
			}
		}
		if late.IsZero() {
			return at
		}
		at = late
	}
}

// take counts one at the time.
func (a *Allowance) take(at time.Time) {
	n := sort.Search(len(a.Used), func(i int) bool { return a.Used[i].After(at) })
	a.Used = slices.Insert(a.Used, n, at)
}

// Room returns nil when so many more invites may wait; else a fault with code [fault.RateLimited].
func (p *Promises) Room(now time.Time) error {
	if p.Left(now) > 0 {
		return nil
	}
	f := p.Full()
	if len(p.Times) > 0 {
		f.Retry = p.Times[0].Sub(now)
	}
	return f
}

// Full is the fault of an agency of which no more invites may wait.
func (p *Promises) Full() *fault.Error {
	f := fault.New(fault.RateLimited, "bulk.too_many_scheduled", "most", MaxScheduled)
	f.Limit = fault.Limit{Name: "scheduled", Quota: MaxScheduled, Window: MaxScheduled / agency.HourlyInvites * agency.Window}
	return f
}
