package role

import (
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/text"
)

// The limits.
const (
	MaxName        = 60
	MaxDescription = 300
	// MaxRoles is how many roles an agency has at most.
	MaxRoles = 100
)

// Role is a set of rules with a name, which an agency gives to its external users.
type Role struct {
	ID               id.Role
	Agency           id.Agency
	Name             string
	Description      string
	ExpiresAt        time.Time // from this millisecond on it gives nothing; zero for never
	Active           bool
	EmployeesMayGive bool // else administrators alone give it
	Rules            Rules
	Users            int // how many clients have it, exact: whatever gives or takes it counts in the same transaction
	CreatedAt        time.Time

	Version int // of what was read; 0 for one that is not stored yet
}

// Counts tells whether the role gives what its rules say at the moment.
func (r *Role) Counts(now time.Time) bool { return r.Active && !r.Expired(now) }

// Expired tells whether the role's time is over. At the very millisecond of its expiry it is.
func (r *Role) Expired(now time.Time) bool { return reached(r.ExpiresAt, now) }

// reached tells whether a moment, which may be none, has come. Moments are kept to the millisecond, and compared so.
func reached(at, now time.Time) bool { return !at.IsZero() && now.UnixMilli() >= at.UnixMilli() }

// Fold is the form in which names of roles are the same name.
func Fold(name string) string { return text.Fold(name) }

// ReadName checks a name.
func ReadName(field, typed string) (string, error) {
	name, err := text.Line(field, typed, MaxName)
	if err == nil && name == "" {
		return "", fault.InField(field, "errors.role_name_missing")
	}
	return name, err
}

// ReadDescription checks a description, which may be empty.
func ReadDescription(field, typed string) (string, error) {
	return text.Paragraph(field, typed, MaxDescription)
}
