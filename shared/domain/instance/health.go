package instance

import (
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// Timing of the checks that nobody asks for.
const (
	CheckEvery  = 10 * time.Minute // how often an instance is called that answers
	checkSoon   = 2 * time.Minute  // and one that has stopped to
	checkSeldom = time.Hour        // and one that has not answered for a day
	// forgiven is how long an instance may fail to answer before it counts as failed: a restart takes no more.
	forgiven = 5 * time.Minute
)

// Seen is what came of calling an instance.
type Seen struct {
	Reason string // what is wrong, in plain words for the agency; "" for nothing
	BadKey bool   // whether the API key is what was refused
}

// Unreadable is what is seen of an instance whose stored key no longer opens.
func Unreadable() Seen { return Seen{Reason: words.Say("n8n.unreadable_key"), BadKey: true} }

// SeenOf reads what came of a call from its error: nil, or a fault with code [fault.Unreachable]. What is neither is about
// the instance, too, as far as anybody can tell.
func SeenOf(err error) Seen {
	f := fault.As(err)
	switch {
	case err == nil:
		return Seen{}
	case f == nil || f.Reason == "":
		return Seen{Reason: words.Say("n8n.cannot_be_called")}
	}
	return Seen{Reason: f.Reason, BadKey: len(f.Fields) > 0 && f.Fields[0].Location == "apiKey"}
}

// Saw notes what came of a call that a person of the agency has asked for: it runs, or has failed at once.
func (r *Resource) Saw(now time.Time, seen Seen) {
	r.note(now, seen)
	if seen.Reason != "" {
		r.Status = Failed
	}
}

// Noticed notes what came of a call that was made by the way. One that does not answer once is still taken to run; it has
// failed when that lasts, or when it refuses its key.
func (r *Resource) Noticed(now time.Time, seen Seen) {
	r.note(now, seen)
	if seen.Reason != "" && (seen.BadKey || now.Sub(r.SilentAt) >= forgiven) {
		r.Status = Failed
	}
}

func (r *Resource) note(now time.Time, seen Seen) {
	r.CheckedAt, r.Reason, r.BadKey, r.Next = now, seen.Reason, seen.BadKey, time.Time{}
	if seen.Reason != "" {
		if r.SilentAt.IsZero() {
			r.SilentAt = now
		}
		return
	}
	r.AnsweredAt, r.SilentAt = now, time.Time{}
	if r.Status != Active {
		r.Status = Running
	}
}

// Calm forgets what calls have seen: what is known of the instance comes from elsewhere from here on.
func (r *Resource) Calm() { r.Reason, r.BadKey, r.SilentAt = "", false, time.Time{} }

// Move notes another address: what was listed is another n8n's.
func (r *Resource) Move(to string) {
	if r.URL != to {
		r.URL, r.Listed, r.ListedAt = to, "", time.Time{}
	}
}

// Silent tells whether it did not answer as it should when it was last called.
func (r *Resource) Silent() bool { return r.Connected() && r.Reason != "" && r.watched() }

// Up tells whether it runs, and answered when it was last called.
func (r *Resource) Up() bool { return r.Status.Linkable() && !r.Silent() }

// watched tells whether it should answer.
func (r *Resource) watched() bool {
	return r.Status == Running || r.Status == Active || r.Status == Failed
}

// Told is what is wrong in the words for a client: what only the agency can mend is the agency's to know, and so is where
// its n8n stands. The agency is its name; "" for nothing.
func (r *Resource) Told(agency string) words.Phrase {
	switch {
	case !r.Silent():
		return words.Phrase{}
	case r.BadKey:
		return words.PhraseOf("n8n.reconnect", "agency", agency)
	}
	return words.PhraseOf("n8n.not_as_it_should")
}

// Due is when to call it by itself; zero for never.
func (r *Resource) Due() time.Time {
	if !r.Connected() || !r.watched() {
		return time.Time{}
	}
	due := r.CheckedAt.Add(CheckEvery)
	switch silent := r.CheckedAt.Sub(r.SilentAt); {
	case r.CheckedAt.IsZero():
		due = r.CreatedAt
	case r.SilentAt.IsZero():
	case silent < CheckEvery:
		due = r.CheckedAt.Add(checkSoon)
	case silent >= 24*time.Hour:
		due = r.CheckedAt.Add(checkSeldom)
	}
	if due.Before(r.Next) {
		return r.Next
	}
	return due
}

// Rest keeps it from being called by itself for a while.
func (r *Resource) Rest(now time.Time) { r.Next = now.Add(checkSeldom) }
