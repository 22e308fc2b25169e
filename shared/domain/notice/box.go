package notice

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/unsubscribe"
)

// Timing of digests.
const (
	Gather   = 2 * time.Minute  // from the first event until its mail, so that what comes with it is in the same one
	Apart    = 20 * time.Minute // between two mails to one person
	patience = time.Minute      // after which a queued job is taken to have lost its message
	lease    = 3 * time.Minute  // how long a worker has for one try; SES's own report of it comes meanwhile
	longest  = 30 * time.Minute // between two tries
	tries    = 60               // more than a day of them
)

// MaxLines is how many events a box keeps. Of more it keeps the number.
const MaxLines = 50

// Line is an event in a box. It has ids alone: what there is to say is read when the mail is written, so that nothing of a client
// that was erased meanwhile stays behind.
type Line struct {
	Event  id.Event
	Kind   Kind
	Client id.Client
	Invite id.Invite
	Role   id.Role // when not "", in the place of a client
	Powers []Power // of API keys, in the place of a client
	Shared bool    // whether others were told, too, when it was put in
}

// Box is what one person has chosen to be told of, and what they have not been told yet.
type Box struct {
	Agency  id.Agency
	Member  id.Member
	Choices Choices

	Lines []Line
	More  int // events beyond MaxLines

	Job     string    // of the mail that is being sent; "" while events are gathered
	Claimed bool      // a worker has it
	Tries   int       // to send it
	Number  int       // of the last job, so that every one has a name of its own
	Due     time.Time // when to look after it; zero for never
	SentAt  time.Time // when the last mail went out

	Rhythm Rhythm
	Before Rhythm            // the rhythm before a link in a mail has put an end to it, to go back to
	Zone   string            // the agency's time zone, as it was when something was put in last
	Links  unsubscribe.Links // by which its owner stops the mails

	Version int // of what was read; 0 for one that is not stored yet
}

// Rhythm is how often somebody is told.
type Rhythm string

// The rhythms.
const (
	Soon  Rhythm = ""      // within minutes, what happens together in one mail
	Daily Rhythm = "daily" // in the morning, by the agency's clocks
	Never Rhythm = "never"
)

// The morning's digest goes out from this hour on, and those of many people within spread of it.
const (
	morning = 8
	spread  = 30 * time.Minute
)

// ParseRhythm reads a rhythm; "soon" is Soon. Faults: [fault.Invalid] in the field.
func ParseRhythm(field, s string) (Rhythm, error) {
	switch r := Rhythm(s); r {
	case "soon":
		return Soon, nil
	case Daily, Never:
		return r, nil
	}
	return Soon, fault.InField(field, "notifications.wrong_rhythm")
}

// String is the rhythm as the API has it.
func (r Rhythm) String() string { return cmp.Or(string(r), "soon") }

// always tells whether the kind is told to whoever wants no mails, too.
func (k Kind) always() bool {
	d, _ := k.Find()
	return d.Always
}

// Optional tells whether any of what is in the box is told to nobody who wants no mails.
func (b *Box) Optional() bool {
	return slices.ContainsFunc(b.Lines, func(l Line) bool { return !l.Kind.always() })
}

// Choose sets the rhythm. Whoever wants no mails is told nothing of what was in the box.
func (b *Box) Choose(r Rhythm, now time.Time) {
	if r == b.Rhythm {
		return
	}
	b.Rhythm, b.Before = r, Soon
	if r == Never { // what nobody can switch off is told all the same
		left := slices.DeleteFunc(slices.Clone(b.Lines), func(l Line) bool { return !l.Kind.always() })
		b.Empty()
		b.Lines = left
	}
	if b.Job == "" {
		b.Due = time.Time{}
		b.wait(now)
	}
}

// Stop has no more mails go out, because a link in one was followed; false when none did.
func (b *Box) Stop(now time.Time) bool {
	if b.Rhythm == Never {
		return false
	}
	before := b.Rhythm
	b.Choose(Never, now)
	b.Before = before
	return true
}

// Resume goes back to the rhythm before Stop; false when mails go out.
func (b *Box) Resume(now time.Time) bool {
	if b.Rhythm != Never {
		return false
	}
	b.Choose(b.Before, now)
	return true
}

// Target is what the links in the mails lead to.
func (b *Box) Target() unsubscribe.Target {
	return unsubscribe.Target{Agency: b.Agency, List: unsubscribe.Updates, Member: b.Member}
}

// Put adds an event to the box, unless its kind is switched off. It returns false when nothing has changed.
func (b *Box) Put(e Event, now time.Time) bool {
	if !b.Choices.On(e.Kind) || b.Rhythm == Never && !e.Kind.always() {
		return false
	}
	for _, l := range b.Lines {
		if l.Event == e.ID {
			return false
		}
	}
	if len(b.Lines) < MaxLines {
		b.Lines = append(b.Lines, Line{e.ID, e.Kind, e.Client, e.Invite, e.Role, e.Powers, e.Shared})
	} else {
		b.More++
	}
	b.wait(now)
	return true
}

// wait sets when the next mail is due, where none is under way and there is something to tell.
func (b *Box) wait(now time.Time) {
	if b.Job != "" || !b.Due.IsZero() || len(b.Lines) == 0 {
		return
	}
	if b.Rhythm == Daily {
		b.Due = b.morning(now)
		return
	}
	b.Due = now.Add(Gather)
	if next := b.SentAt.Add(Apart); b.Due.Before(next) {
		b.Due = next
	}
}

// morning is when the next morning's digest goes out.
func (b *Box) morning(now time.Time) time.Time {
	zone := timezone.Load(b.Zone)
	h := fnv.New64a()
	h.Write([]byte(b.Member))                         //nolint:errcheck,gosec // it never fails
	late := time.Duration(h.Sum64() % uint64(spread)) //nolint:gosec // less than spread
	y, m, d := now.In(zone).Date()
	for n := 0; ; n++ {
		if at := timezone.At(y, m, d+n, morning, 0, zone).Add(late); at.After(now) {
			return at
		}
	}
}

// Nudge readies a mail whose time has come, or that nobody is working on, for its queue and says which job; "" when it is in good
// hands, or was given up.
func (b *Box) Nudge(now time.Time) string {
	if b.Due.IsZero() || now.Before(b.Due) {
		return ""
	}
	if b.Job == "" {
		b.Number++
		b.Job, b.Tries = "d"+strconv.Itoa(b.Number), 0
	}
	if b.Tries >= tries {
		b.drop(now, len(b.Lines), b.More)
		return ""
	}
	b.Claimed, b.Due = false, now.Add(patience)
	return b.Job
}

// Claim takes the mail for one try with all that is in the box; false when there is nothing to do.
func (b *Box) Claim(now time.Time, job string) bool {
	if b.Job == "" || b.Job != job || b.Claimed {
		return false
	}
	b.Claimed, b.Due = true, now.Add(lease)
	b.Tries++
	return true
}

// Sent records that a mail of the job is out which told of so many lines, and of so many events beyond them, or that there was
// nothing to say of them. What is in the box besides waits for the next mail. It returns false when the job is over already: then
// somebody else has recorded it.
func (b *Box) Sent(now time.Time, job string, lines, more int) bool {
	if b.Job == "" || b.Job != job {
		return false
	}
	b.SentAt = now
	b.drop(now, lines, more)
	return true
}

// drop ends the job and forgets what it told of.
func (b *Box) drop(now time.Time, lines, more int) {
	b.Lines, b.More = append([]Line(nil), b.Lines[min(lines, len(b.Lines)):]...), max(b.More-more, 0)
	b.Job, b.Claimed, b.Tries, b.Due = "", false, 0, time.Time{}
	b.wait(now)
}

// Retry puts the mail back after a passing fault, with a wait that doubles; the sweep puts it on its queue again.
func (b *Box) Retry(now time.Time) {
	b.Claimed, b.Due = false, now.Add(min(15*time.Second<<min(b.Tries, 10), longest))
}

// Postpone has the mail wait because a limit is used up. That is no try.
func (b *Box) Postpone(now time.Time, wait time.Duration) {
	b.Claimed, b.Due = false, now.Add(wait)
	b.Tries = max(b.Tries-1, 0)
}

// Left is what is to be told to others once the box's owner is gone: all of it but what others were told besides.
func (b *Box) Left() []Line {
	return slices.DeleteFunc(slices.Clone(b.Lines), func(l Line) bool {
		d, ok := l.Kind.Find()
		return !ok || l.Shared || d.Owners || d.Rights || d.Always
	})
}

// Empty forgets all that the box would tell. It returns false when there was nothing.
func (b *Box) Empty() bool {
	if len(b.Lines) == 0 && b.Job == "" && b.Due.IsZero() {
		return false
	}
	b.Lines, b.More = nil, 0
	b.Job, b.Claimed, b.Tries, b.Due = "", false, 0, time.Time{}
	return true
}
