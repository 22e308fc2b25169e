package identity

import (
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
)

// What says what has changed about how a person signs in.
type What string

// The changes.
const (
	PasskeyAdded   What = "passkey_added"
	PasskeyRenamed What = "passkey_renamed"
	PasskeyRemoved What = "passkey_removed"
)

// Change is something that has changed about how a person signs in. Its mail is written with it, and the person's account shows it
// for [ChangeKept].
type Change struct {
	User   id.User
	ID     string // a ULID
	Email  email.Address
	What   What
	Name   string // of what has changed
	Before string // what it was called, where its name has changed
	Device string // on which that was done; "" where it told nothing
	At     time.Time

	Waiting bool      // its mail is not out yet
	Due     time.Time // when to look after the mail; zero when never
}

// ChangeKept is how long a change is shown.
const ChangeKept = 90 * 24 * time.Hour

// Waits of a change's mail: until somebody looks whether it is on its queue, how long it is in the hands of the queue then, and how
// long it is of any use.
const (
	changePatience = 15 * time.Second
	changeLease    = 10 * time.Minute
	changeUseful   = 24 * time.Hour
)

// NewChange is a change by the caller at now, with its mail.
func NewChange(c Caller, what What, name, device string, now time.Time) *Change {
	return &Change{User: c.User, ID: ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String(), Email: c.Email, What: what,
		Name: name, Device: device, At: now, Waiting: true, Due: now.Add(changePatience)}
}

// Told records that nobody has to tell of the change any more.
func (c *Change) Told() { c.Waiting, c.Due = false, time.Time{} }

// Nudge readies a mail that is not out for its queue; false when it is in good hands, or given up.
func (c *Change) Nudge(now time.Time) bool {
	if !c.Waiting || c.Due.IsZero() || now.Before(c.Due) {
		return false
	}
	if now.Sub(c.At) > changeUseful {
		c.Told()
		return false
	}
	c.Due = now.Add(changeLease)
	return true
}
