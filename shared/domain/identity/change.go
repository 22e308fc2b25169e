package identity

import (
	"time"

	"latchkey.dev/shared/domain/id"
)

// Change is something that has changed about how a person signs in. The person's account shows it for [ChangeKept].
type Change struct {
	User id.User
	ID   string // a ULID: the mail's that tells of it
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
