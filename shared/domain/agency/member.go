package agency

import (
	"strconv"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Level is what a member may do for the agency. Roles are what external users have.
type Level string

// The levels. An owner also manages members and brand, and deletes the agency. An employee works with the agency's clients as far
// as its [PortalRight] lets it, and does nothing else of the agency's. Everything else is an owner's or an admin's.
const (
	Owner    Level = "owner"
	Admin    Level = "admin"
	Employee Level = "employee"
)

// Valid tells whether there is such a level.
func (l Level) Valid() bool { return l == Owner || l == Admin || l == Employee }

// PortalRight is what a member may do in Client Portal.
//
// Source: Flowlu's help, "Client Portal", Permissions: administrator and access denied, and the employee between them.
type PortalRight string

// The rights.
const (
	Administrator  PortalRight = "administrator" // invites external users and changes what they may see
	PortalEmployee PortalRight = "employee"      // sees external users and what is open to them
	Denied         PortalRight = "denied"        // sees nothing of it
)

// Valid tells whether there is such a right.
func (r PortalRight) Valid() bool { return r == Administrator || r == PortalEmployee || r == Denied }

// MaxMembers bounds an agency's people, so that all of them can be let go in one transaction.
const MaxMembers = 30

// Member is a person who works at the agency.
type Member struct {
	ID      id.Member
	Email   email.Address
	Name    string
	Level   Level
	Portal  PortalRight // as it was chosen; "" for what comes with the level, see [Member.PortalRight]
	AddedAt time.Time   // zero for the first owner of an agency that was founded by hand
	Notice  Notice
	Account Account // at the agency's own provider
	// Held is whether the agency may demand its own provider of the member. It is written with every change of that, and with who comes
	// later, so that nobody else's agency has to be asked at every request.
	Held bool
}

// PortalRight is what the member may do in Client Portal: an owner is an administrator always, an admin unless that was chosen
// otherwise, and an employee sees external users unless it was.
func (m *Member) PortalRight() PortalRight {
	switch {
	case m.Level == Owner:
		return Administrator
	case m.Portal != "":
		return m.Portal
	case m.Level == Employee:
		return PortalEmployee
	}
	return Administrator
}

// Members are all people of one agency.
type Members []Member

// Find is the member with the id, or nil.
func (all Members) Find(which id.Member) *Member {
	for i := range all {
		if all[i].ID == which {
			return &all[i]
		}
	}
	return nil
}

// ByEmail is the member who signs in with the address, or nil.
func (all Members) ByEmail(a email.Address) *Member {
	for i := range all {
		if all[i].Email == a {
			return &all[i]
		}
	}
	return nil
}

// MayManage returns nil when the member is an owner; else a fault with code [fault.Forbidden]. It is asked about
// people as they are now, since a level may have changed a moment ago.
func (all Members) MayManage(who id.Member) error {
	m := all.Find(who)
	switch {
	case m == nil:
		return fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
	case m.Level != Owner:
		return fault.New(fault.Forbidden, "errors.only_an_owner_can_do_this")
	}
	return nil
}

// MayLose returns nil when an owner remains once the member is gone or has the level; else a fault with code
// [fault.LastOwner].
func (all Members) MayLose(which id.Member, level Level) error {
	if level == Owner {
		return nil
	}
	for i := range all {
		if all[i].ID != which && all[i].Level == Owner {
			return nil
		}
	}
	return fault.New(fault.LastOwner, "errors.an_agency_keeps_at_least_one")
}

// Notice is the mail that tells a new member of its place at the agency. The zero Notice is one that is out, or was
// given up.
type Notice struct {
	Job     string // which try is meant; "" for none
	Claimed bool   // a worker has it
	Tries   int
	Due     time.Time // when to look after it
}

const (
	noticeTries    = 6
	noticeLease    = 2 * time.Minute
	noticePatience = time.Minute
)

// NewNotice is a mail to be sent now.
func NewNotice(now time.Time) Notice { return Notice{Job: "n0", Due: now.Add(noticePatience)} }

// Claim takes the mail for one try; false when there is nothing to do.
func (n *Notice) Claim(now time.Time, job string) bool {
	if n.Job == "" || n.Job != job || n.Claimed {
		return false
	}
	n.Claimed, n.Due = true, now.Add(noticeLease)
	n.Tries++
	return true
}

// Done records that the mail is out, or that no try can succeed.
func (n *Notice) Done() { *n = Notice{} }

// Retry puts the mail back after a passing fault, with a wait that doubles; false when it is given up.
func (n *Notice) Retry(now time.Time) (time.Duration, bool) {
	if n.Tries >= noticeTries {
		n.Done()
		return 0, false
	}
	wait := time.Second << n.Tries
	n.Job, n.Claimed, n.Due = "n"+strconv.Itoa(n.Tries), false, now.Add(wait+noticePatience)
	return wait, true
}

// Nudge readies a mail that nobody is working on for its queue and says which job; "" when it is in good hands or is
// given up.
func (n *Notice) Nudge(now time.Time) string {
	if n.Job == "" || now.Before(n.Due) {
		return ""
	}
	if n.Tries >= noticeTries {
		n.Done()
		return ""
	}
	// A worker that died may have sent it: the name of the next try keeps its message from being taken for this one's.
	n.Tries++
	n.Job, n.Claimed, n.Due = "n"+strconv.Itoa(n.Tries), false, now.Add(noticeLease)
	return n.Job
}
