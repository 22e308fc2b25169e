package identity

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Change is something that has changed about how a person signs in. The person's account shows it for [ChangeKept].
type Change struct {
	User id.User
	ID   string // a ULID: the mail's that tells of it, where one does
	What Tells
	Told Told
	At   time.Time
}

// ChangeKept is how long a change is shown.
const ChangeKept = 90 * 24 * time.Hour

// Change is what the mail tells the person about itself; nil where it tells of somebody else, or has a code.
func (c *Code) Change() *Change {
	if c.Tells == "" || c.Tells.OfOthers() {
		return nil
	}
	return &Change{User: c.User, ID: c.Job, What: c.Tells, Told: c.Told, At: c.AskedAt}
}

// Changes lists what an account can show.
func Changes() []Tells {
	return []Tells{PasskeyAdded, PasskeyRenamed, PasskeyRemoved, LinkAdded, LinkReplaced, LinkDropped, NewDevice, SignedOut, SignedOutElse,
		SessionEnded}
}

// Heard is when a person's sessions were told of lately, so that neither mails nor what the account shows can be made without end.
type Heard struct {
	User id.User
	At   []time.Time

	Version int
}

// take counts one more at now; false when there were enough today.
func (h *Heard) take(now time.Time) (bool, error) {
	kept, err := allowance.Count(allowance.Account, h.At, now)
	if fault.Is(err, fault.RateLimited) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.At = kept
	return true, nil
}

// News is what is written with something that happened to a person's sessions, so that the person learns of it.
type News struct {
	Mail   *Code   // nil where no mail tells of it
	Change *Change // what the account shows
	Heard  *Heard
}

// Hearing reads what a person was told.
type Hearing interface {
	// Heard reads when the person's sessions were told of lately, as it is now; of nobody, one that is not stored.
	Heard(ctx context.Context, user id.User) (*Heard, error)
}

// news is what tells the caller, who has done it, what happened at now; nil when the person has heard enough today: by then it has
// had dozens of mails.
func news(ctx context.Context, store Hearing, c *Code, mails bool) (*News, error) {
	heard, err := store.Heard(ctx, c.User)
	if err != nil {
		return nil, err
	}
	room, err := heard.take(c.AskedAt)
	if err != nil || !room {
		return nil, err
	}
	n := &News{Change: c.Change(), Heard: heard}
	if mails {
		n.Mail = c
	}
	return n, nil
}

// NewsOf is what tells the caller of what it has done to its sessions at now. That one was ended by hand is no mail's worth: whoever it
// was has the account open, and signing in again is all that it takes. Nil when the person has heard enough today.
func NewsOf(ctx context.Context, store Hearing, caller Caller, what Tells, told Told, now time.Time) (*News, error) {
	c := Tell(caller.User, caller.Email, what, told, now.Truncate(time.Millisecond), ulid.Make().String()).In(words.In(ctx))
	return news(ctx, store, c, what != SessionEnded)
}

// Acquaintances knows who has signed in before.
type Acquaintances interface {
	Hearing
	// Known tells whether the person has ever signed in.
	Known(ctx context.Context, user id.User) (bool, error)
}

// Greet is what tells a person of a sign-in in a browser in which it never was. Nil where it was, for the first sign-in of all, and when
// the person has heard enough today.
func (s Seals) Greet(ctx context.Context, store Acquaintances, opened *Session, from Browser, now time.Time) (*News, error) {
	if s.Asker(from.Known, opened.Email, now) != Strangers {
		return nil, nil
	}
	known, err := store.Known(ctx, opened.User)
	if err != nil || !known {
		return nil, err
	}
	told := Told{Device: opened.By.Device, Network: opened.By.Network, Way: opened.By.Way}
	c := Tell(opened.User, opened.Email, NewDevice, told, opened.CreatedAt, ulid.Make().String()).In(words.In(ctx))
	return news(ctx, store, c, true)
}
