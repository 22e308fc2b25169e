package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/seal"
)

// Browser is what a browser shows when it asks for a code and when it signs in: sealed texts of ours, each "" for none. An API
// caller has the flow alone.
type Browser struct {
	Flow  string // of the code that it asked for last
	Known string // who has signed in with it

	Again bool // whether it asks for another code in the place of the one it asked for last

	Ceremony string // a random text, by which challenges for passkeys are its own; "" for none yet

	Device string // its name and its system, as it tells of itself; no seal
}

// KnownFor is how long a browser is known after a sign-in.
const KnownFor = 365 * 24 * time.Hour

// mostKnown is how many addresses a browser is known by.
const mostKnown = 5

// Seals makes and reads what browsers carry.
type Seals struct{ ring *seal.Ring }

// NewSeals are the seals under a key of the deployment's, which is not used as it is.
func NewSeals(key []byte) (Seals, error) {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("latchkey browser"))
	ring, err := seal.New([]byte(hex.EncodeToString(m.Sum(nil))))
	return Seals{ring}, err
}

// Places of what is sealed: a flow is none of what a browser is known by.
const (
	flowPlace  = "sign-in flow"
	knownPlace = "known browser"
)

// Flow is a code that was asked for.
type Flow struct {
	User id.User
	Job  string
}

// SealFlow is what whoever asked for the code carries.
func (s Seals) SealFlow(c *Code) string {
	return s.ring.Seal(string(c.User)+" "+c.Job, flowPlace)
}

// longestSealed is how much of what a browser sends is looked at, in bytes: more than we ever make.
const longestSealed = 2000

// OpenFlow reads the flow of a code for the address; false for none, one of ours for another address, and what is not ours.
func (s Seals) OpenFlow(sealed string, of email.Address) (Flow, bool) {
	if sealed == "" || len(sealed) > longestSealed {
		return Flow{}, false
	}
	plain, err := s.ring.Open(sealed, flowPlace)
	p := strings.Fields(plain)
	if err != nil || len(p) != 2 || p[0] != string(id.UserOf(of)) {
		return Flow{}, false
	}
	return Flow{User: id.User(p[0]), Job: p[1]}, true
}

// acquaintance is one address that has signed in with a browser.
type acquaintance struct {
	user  string
	asker string // names the browser for this address
	at    int64
}

func (s Seals) acquaintances(known string, now time.Time) []acquaintance {
	if known == "" || len(known) > longestSealed {
		return nil
	}
	plain, err := s.ring.Open(known, knownPlace)
	if err != nil {
		return nil
	}
	var all []acquaintance
	for line := range strings.SplitSeq(plain, "\n") {
		p := strings.Fields(line)
		if len(p) != 3 {
			continue
		}
		if at, err := strconv.ParseInt(p[2], 10, 64); err == nil && now.Sub(time.Unix(at, 0)) < KnownFor {
			all = append(all, acquaintance{p[0], p[1], at})
		}
	}
	return all
}

// Asker is the browser as one that has signed in with the address before; [Strangers] when it has not.
func (s Seals) Asker(known string, of email.Address, now time.Time) Asker {
	for _, a := range s.acquaintances(known, now) {
		if a.user == string(id.UserOf(of)) {
			return Asker("browser " + a.asker)
		}
	}
	return Strangers
}

// Meet is what the browser is known by after the address has signed in with it at now. It holds no address.
func (s Seals) Meet(known string, who email.Address, now time.Time) string {
	user := string(id.UserOf(who))
	met := acquaintance{user, rand.Text(), now.Unix()}
	all := s.acquaintances(known, now)
	if i := slices.IndexFunc(all, func(a acquaintance) bool { return a.user == user }); i >= 0 {
		met.asker = all[i].asker
		all = slices.Delete(all, i, i+1)
	}
	all = append([]acquaintance{met}, all...)
	lines := make([]string, 0, mostKnown)
	for _, a := range all[:min(len(all), mostKnown)] {
		lines = append(lines, a.user+" "+a.asker+" "+strconv.FormatInt(a.at, 10))
	}
	return s.ring.Seal(strings.Join(lines, "\n"), knownPlace)
}

// InvitationAsker is the holder of the link of an invitation that is open.
func InvitationAsker(i id.Invite) Asker { return Asker("invitation " + string(i)) }
