// Package sharelink holds links that an agency hands out itself: whoever has one and may use it becomes a client of the agency, with
// the roles of the link, or asks to. Its methods are the only transitions there are; they change a value in memory and touch nothing
// else.
package sharelink

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// What a new link has unless somebody says otherwise.
const (
	DefaultLife = 7 * 24 * time.Hour
	DefaultUses = 25
)

// What a link has at most that an employee of the agency answers for.
const (
	EmployeeLife = 30 * 24 * time.Hour
	EmployeeUses = DefaultUses
)

// How long things are kept.
const (
	Kept = 90 * 24 * time.Hour // a link that is dead, until its item goes
	Life = 14 * 24 * time.Hour // a request to join, until it is over
)

// What is bounded.
const (
	MaxLinks    = 100                  // of an agency; a new one takes the place of the one that has been dead for longest
	MaxUses     = 10_000               // of one link that has a number
	MaxLife     = 366 * 24 * time.Hour // of one link that has an end
	MaxRoles    = 10
	MaxDomains  = 20
	MaxJoined   = 50  // of those who came by a link, the newest are listed
	MaxFormer   = 5   // tokens of before a reset that are still told from unknown ones
	MaxRefusals = 100 // on one link, which ends with the last of them
	MaxWaiting  = 100 // requests of an agency that wait
	JoinsHourly = 20  // of an agency, without approval
)

// State is what somebody has made of a link; time and use end it besides, see [Link.Live].
type State string

// The states.
const (
	Active   State = "active"
	Disabled State = "disabled"
)

// Link is one link.
type Link struct {
	ID     id.ShareLink
	Agency id.Agency
	Terms

	State      State
	Token      secret.Hash
	Former     []secret.Hash // of before resets, newest last, at most MaxFormer
	By         id.Member     // on whose rights it rests
	CreatedAt  time.Time
	DisabledAt time.Time // zero while it is active
	Uses       int
	LastUseAt  time.Time // zero for never
	Joined     []Joined  // newest last, at most MaxJoined
	Refused    []id.Ref  // where requests would be that were refused for good, at most MaxRefusals
	Version    int       // of what was read; 0 for one that is not stored yet
}

// Terms are what can be set of a link.
type Terms struct {
	Name          string // "" for none
	Roles         []id.Role
	CreateContact bool
	ExpiresAt     time.Time // zero for never
	MaxUses       int       // 0 for any number
	Domains       []string  // as A-labels, whose addresses may use it; none for all
	Approval      bool      // whether an administrator decides on everybody
}

// Joined is somebody who came by a link.
type Joined struct {
	Client id.Client
	At     time.Time
	Less   bool // whether a role of the link could not be given
	Taken  bool // whether the contact of the address is another client's, so that none was made
	Full   bool // whether the agency has as many contacts as it can have, so that none was made
}

// Why says in which way a link does not work.
type Why string

// The ways.
const (
	Works    Why = ""
	Reset    Why = "reset" // this token alone: the link has another one
	Off      Why = "disabled"
	RanOut   Why = "expired"
	UsedUp   Why = "used_up"
	NoMaker  Why = "no_maker"  // who made it may not let anybody in any more
	NoAgency Why = "no_agency" // the agency is suspended, or does not have the portal, or not the plan
)

// New makes a link of terms that were checked, and its token, which is shown once.
func New(agency id.Agency, by id.Member, t Terms, now time.Time) (*Link, string) {
	l := &Link{ID: id.New[id.ShareLink](id.LinkPrefix, now), Agency: agency, Terms: t, State: Active, By: by, CreatedAt: now}
	token := Token(agency, l.ID)
	l.Token = secret.HashOf(token)
	return l, token
}

// Token makes a secret that leads to the link.
func Token(agency id.Agency, link id.ShareLink) string {
	a, l := id.Bytes(id.AgencyPrefix, string(agency)), id.Bytes(id.LinkPrefix, string(link))
	return secret.New(secret.Share, append(a[:], l[:]...))
}

// Locate reads where to look for the link of a token. It returns [secret.ErrMalformed] for what [Token] did not make; whether the
// secret opens what is there is for [Link.Opens] to say.
func Locate(token string) (id.Agency, id.ShareLink, error) {
	const bytes = 16
	loc, err := secret.Locate(secret.Share, token, 2*bytes)
	if err != nil {
		return "", "", err
	}
	return id.FromBytes[id.Agency](id.AgencyPrefix, [bytes]byte(loc[:bytes])),
		id.FromBytes[id.ShareLink](id.LinkPrefix, [bytes]byte(loc[bytes:])), nil
}

// Opens tells whether token is the link's, or was until a reset. Neither says that the link works.
func (l *Link) Opens(token string) (now, before bool) {
	for _, h := range l.Former { // all of them, so that the time taken does not tell which
		if h.Matches(token) {
			before = true
		}
	}
	return l.Token.Matches(token), before
}

// Standing is in which way the link itself does not work at now. What ended it first in a person's eyes comes first: what somebody
// did, then its time, then its uses.
func (l *Link) Standing(now time.Time) Why {
	switch {
	case l.State != Active:
		return Off
	case !l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt):
		return RanOut
	case l.MaxUses > 0 && l.Uses >= l.MaxUses:
		return UsedUp
	}
	return Works
}

// Live tells whether the link works at now, as far as it is for itself to say.
func (l *Link) Live(now time.Time) bool { return l.Standing(now) == Works }

// Endless tells whether the link has no end.
func (l *Link) Endless() bool { return l.ExpiresAt.IsZero() }

// Boundless tells whether any number of people may use the link.
func (l *Link) Boundless() bool { return l.MaxUses == 0 }

// Admits tells whether the address may use the link: its domain is one of the link's, letter by letter.
func (l *Link) Admits(a email.Address) bool {
	return len(l.Domains) == 0 || slices.Contains(l.Domains, a.Domain())
}

// Take counts a use by the client, with what could not be done for it. The link must be live. A use is never given back.
func (l *Link) Take(now time.Time, j Joined) {
	j.At = now
	l.Uses++
	l.LastUseAt = now
	l.Joined = append(slices.Clone(l.Joined), j)
	if len(l.Joined) > MaxJoined {
		l.Joined = l.Joined[len(l.Joined)-MaxJoined:]
	}
}

// Renew puts another token in the place of the one that is out, which opens nothing from here on, and returns it. The link rests on the
// rights of whoever does so; its uses go on counting. Faults: [fault.NotActive] for a link that was disabled.
func (l *Link) Renew(by id.Member) (string, error) {
	if l.State != Active {
		return "", fault.New(fault.NotActive, "links.disabled_for_good")
	}
	l.Former = append(slices.Clone(l.Former), l.Token)
	if len(l.Former) > MaxFormer {
		l.Former = l.Former[len(l.Former)-MaxFormer:]
	}
	token := Token(l.Agency, l.ID)
	l.Token, l.By = secret.HashOf(token), by
	return token, nil
}

// Disable ends the link for good. It returns false when that was so before.
func (l *Link) Disable(now time.Time) bool {
	if l.State == Disabled {
		return false
	}
	l.State, l.DisabledAt = Disabled, now
	return true
}

// Change sets other terms, which were checked. Faults: [fault.NotActive] for a link that was disabled; [fault.Invalid] for a new number
// of uses that are made already: that would end the link, and as of its last use, as if nobody had touched it since.
func (l *Link) Change(t Terms) error {
	if l.State != Active {
		return fault.New(fault.NotActive, "links.disabled_for_good")
	}
	if t.MaxUses > 0 && t.MaxUses != l.MaxUses && t.MaxUses <= l.Uses {
		return fault.InField("maxUses", "links.uses_made", "uses", l.Uses)
	}
	l.Terms = t
	return nil
}

// Refuse keeps the link from whoever made the request, for good. With the last that it can remember it ends, see [MaxRefusals].
func (l *Link) Refuse(which id.Ref, now time.Time) {
	if l.Refuses(which) {
		return
	}
	l.Refused = append(slices.Clone(l.Refused), which)
	if len(l.Refused) >= MaxRefusals {
		l.Disable(now)
	}
}

// Refuses tells whether a request there was refused.
func (l *Link) Refuses(which id.Ref) bool { return slices.Contains(l.Refused, which) }

// GoesAt is when the link's item is to go; zero while the link works, and nothing says when that ends.
func (l *Link) GoesAt() time.Time {
	dead := l.DisabledAt
	sooner := func(t time.Time) {
		if !t.IsZero() && (dead.IsZero() || t.Before(dead)) {
			dead = t
		}
	}
	sooner(l.ExpiresAt)
	if l.MaxUses > 0 && l.Uses >= l.MaxUses {
		sooner(l.LastUseAt)
	}
	if dead.IsZero() {
		return time.Time{}
	}
	return dead.Add(Kept)
}

// Gone tells whether the link's time is so long over that its item may be gone.
func (l *Link) Gone(now time.Time) bool {
	at := l.GoesAt()
	return !at.IsZero() && !now.Before(at)
}

// Room finds room for one link more among all of an agency's: nil when there is enough, else the one to drop for it, which has been
// dead for longest; where none is by itself, one that nobody answers for, as dead tells. Faults: [fault.Invalid] when all of them work.
func Room(all []Link, dead func(*Link) bool, now time.Time) (*Link, error) {
	if len(all) < MaxLinks {
		return nil, nil //nolint:nilnil // nothing has to go
	}
	var drop *Link
	for i := range all {
		l := &all[i]
		switch {
		case l.Live(now) && !dead(l): // it works
		case drop == nil, drop.Live(now) && !l.Live(now), drop.Live(now) == l.Live(now) && l.GoesAt().Before(drop.GoesAt()):
			drop = l
		}
	}
	if drop == nil {
		return nil, fault.New(fault.Invalid, "links.too_many", "most", MaxLinks)
	}
	return drop, nil
}
