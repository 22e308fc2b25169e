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
	Warned           int // how many of the warnings before its expiry were given, or are past

	Version int // of what was read; 0 for one that is not stored yet
}

// Latest is the last moment at which something can be set to end. Later ones have a year of five digits in some time zone, which neither
// RFC 3339 nor a form's field can write.
func Latest() time.Time { return time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC) }

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

// MayDelete returns nil when nobody has the role; else a fault with code [fault.InUse] and the number of its users.
func (r *Role) MayDelete() error {
	if r.Users > 0 {
		return fault.New(fault.InUse, "errors.role_in_use", "n", r.Users, "role", r.Name)
	}
	return nil
}

// Givable returns nil when the role can be given to somebody now, by an administrator of Client Portal or by an employee who may
// invite; else a fault that says why not.
func (r *Role) Givable(administrator bool, now time.Time) error {
	switch {
	case r.Expired(now):
		return fault.InField("roles", "errors.role_expired", "role", r.Name)
	case !r.Active:
		return fault.InField("roles", "errors.role_off", "role", r.Name)
	case !administrator && !r.EmployeesMayGive:
		return fault.New(fault.Forbidden, "errors.role_not_yours_to_give", "role", r.Name)
	}
	return nil
}

// Before are the times before an expiry at which administrators are warned of it.
func Before() []time.Duration { return []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} }

// Due is when the next warning is to be given; zero for never.
func (r *Role) Due() time.Time {
	if all := Before(); r.Active && !r.ExpiresAt.IsZero() && r.Warned < len(all) {
		return r.ExpiresAt.Add(-all[r.Warned])
	}
	return time.Time{}
}

// Warn gives the warning whose time has come; false when there is none. Of several that were missed, it gives the last.
func (r *Role) Warn(now time.Time) bool {
	due := false
	for at := r.Due(); !at.IsZero() && !now.Before(at); at = r.Due() {
		r.Warned++
		due = true
	}
	return due && !r.Expired(now)
}

// Ending tells whether the role gives something that ends within the time of the warnings.
func (r *Role) Ending(now time.Time) bool {
	return r.Counts(now) && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Add(-Before()[0]))
}

// Schedule begins with the warnings anew for an expiry that somebody has just set, or for a role that was just switched on: they know
// what is past already.
func (r *Role) Schedule(now time.Time) {
	r.Warned = 0
	for _, before := range Before() {
		if !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Add(-before)) {
			r.Warned++
		}
	}
}
