// Package unsubscribe holds the links by which people stop mails that nobody has to get: reminders of invitations, and what members are
// told of their clients. A link says which list of which agency it is of, proves that its holder has the mail, and names no address.
package unsubscribe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// List is what is stopped.
type List string

// The lists.
const (
	Reminders List = "reminders" // of invitations, to whoever is invited
	Updates   List = "updates"   // of what clients did, to a member of the agency
)

// The first byte of a locator, which stands for the list.
const (
	reminders = 'r'
	updates   = 'u'
)

// Prefix begins the paths of links.
const Prefix = "/unsubscribe/"

// MaxLinks is how many links one list has for one person. The oldest goes.
const MaxLinks = 16

// Kept is how long links are good for after the last mail that had one.
const Kept = 180 * 24 * time.Hour

// Target is which list of which agency, for whom.
type Target struct {
	Agency id.Agency
	List   List
	User   id.User   // of reminders
	Member id.Member // of updates
}

// locator is the target in bytes, as a link has it.
func (t Target) locator() []byte {
	a := id.Bytes(id.AgencyPrefix, string(t.Agency))
	b := append([]byte{reminders}, a[:]...)
	if t.List == Updates {
		b[0] = updates
		m := id.Bytes(id.MemberPrefix, string(t.Member))
		return append(b, m[:]...)
	}
	u, err := hex.DecodeString(string(t.User))
	if err != nil || len(u) != 16 {
		u = make([]byte, 16) // nobody's
	}
	return append(b, u...)
}

// Locate reads which list a link is of. It returns [secret.ErrMalformed] for what is no link; whether it opens something is for
// [Links.Opens] to say.
func Locate(token string) (Target, error) {
	b, err := secret.Locate(secret.Unsubscribe, token, 33)
	if err != nil {
		return Target{}, err
	}
	t := Target{Agency: id.FromBytes[id.Agency](id.AgencyPrefix, [16]byte(b[1:17])), List: Reminders}
	switch b[0] {
	case reminders:
		t.User = id.User(hex.EncodeToString(b[17:]))
	case updates:
		t.List, t.Member = Updates, id.FromBytes[id.Member](id.MemberPrefix, [16]byte(b[17:]))
	default:
		return Target{}, secret.ErrMalformed
	}
	return t, nil
}

// Links are what is stored of the links of a list, oldest first.
type Links []secret.Hash

// Opens tells whether token is one of them.
func (l Links) Opens(token string) bool {
	ok := false
	for _, h := range l { // all of them, so that the time taken does not tell which
		if h.Matches(token) {
			ok = true
		}
	}
	return ok
}

// With makes a link to the target and adds it; it says whether that has changed them. Whoever has the platform's key makes the same link
// each time, so that the links of mails of long ago stay good; whoever has none makes another one each time.
func (l Links) With(t Target, key []byte) (token string, all Links, changed bool) {
	if len(key) > 0 {
		m := hmac.New(sha256.New, key)
		m.Write([]byte("unsubscribe "))
		m.Write(t.locator())
		token = secret.Made(secret.Unsubscribe, t.locator(), [32]byte(m.Sum(nil)))
	} else {
		token = secret.New(secret.Unsubscribe, t.locator())
	}
	if l.Opens(token) {
		return token, l, false
	}
	all = append(append(Links(nil), l[max(len(l)-MaxLinks+1, 0):]...), secret.HashOf(token))
	return token, all, true
}

// Wish is what somebody who is invited wants of an agency's reminders.
type Wish struct {
	Agency  id.Agency
	User    id.User
	Client  id.Client // who was mailed last
	Links   Links
	OffAt   time.Time // since when no reminders are wanted; zero while they are
	MailAt  time.Time // when the last mail with a link went out
	Version int       // of what was read; 0 for one that is not stored yet
}

// Target is what its links are to.
func (w *Wish) Target() Target { return Target{Agency: w.Agency, List: Reminders, User: w.User} }

// Stop has no reminders go out any more; false when none did.
func (w *Wish) Stop(now time.Time) bool {
	if !w.OffAt.IsZero() {
		return false
	}
	w.OffAt = now.Truncate(time.Millisecond)
	return true
}

// Resume has reminders go out again; false when they did.
func (w *Wish) Resume() bool {
	was := !w.OffAt.IsZero()
	w.OffAt = time.Time{}
	return was
}
