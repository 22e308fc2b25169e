package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Limits of sign-in codes. A code holds for five guesses, and an address gets five codes in a quarter of an hour
// and fifteen in a day: 75 guesses a day at a million possibilities.
const (
	CodeDigits   = 6
	CodeLifetime = 10 * time.Minute
	CodeGuesses  = 5
	CodeApart    = 20 * time.Second
	codesSoon    = 5
	soon         = 15 * time.Minute
	codesDay     = 15
	codeTries    = 5
	codePatience = 15 * time.Second
	codeLease    = 30 * time.Second
)

// Code is the sign-in code of one address, and the mail that brings it. There is one per address, whether or not
// anybody is known by it, so that asking for a code tells nothing.
type Code struct {
	User  id.User
	Email email.Address

	Job     string // of the newest code asked for
	Waiting bool   // its mail is not out yet
	Claimed bool   // a worker has it, until Due
	Tries   int
	Next    time.Time // no try before this
	Due     time.Time // when to look after it; zero when never

	Digests   [][]byte // of the codes that sign in: two while a mail may have gone out twice
	ExpiresAt time.Time
	Wrong     int         // guesses made
	Asked     []time.Time // when codes were asked for, at most a day back

	Version int
}

// Ask asks for a new code at now; the one that is out holds until the new one's mail is made. It returns a fault
// with code [fault.RateLimited] when there have been too many.
func (c *Code) Ask(now time.Time, job string) error {
	var kept []time.Time
	for _, at := range c.Asked {
		if now.Sub(at) < 24*time.Hour {
			kept = append(kept, at)
		}
	}
	c.Asked = kept
	for _, l := range []struct {
		name   string
		n      int
		window time.Duration
	}{{"codes-apart", 1, CodeApart}, {"codes", codesSoon, soon}, {"codes-day", codesDay, 24 * time.Hour}} {
		if len(kept) < l.n {
			continue
		}
		if wait := l.window - now.Sub(kept[len(kept)-l.n]); wait > 0 {
			e := fault.New(fault.RateLimited, "We have just sent a code to this address. Look in the spam folder too; you can ask for "+
				"another one in %s.", About(wait))
			e.Retry, e.Limit = wait, fault.Limit{Name: l.name, Quota: l.n, Window: l.window}
			return e
		}
	}
	c.Asked = append(c.Asked, now)
	c.Job, c.Waiting, c.Claimed, c.Tries = job, true, false, 0
	c.Next, c.Due = now, now.Add(codePatience)
	return nil
}

// About is a wait in words, rounded up.
func About(d time.Duration) string {
	if d <= time.Second {
		return "a second"
	}
	if d < 2*time.Minute {
		return strconv.Itoa(int((d+time.Second-1)/time.Second)) + " seconds"
	}
	if d < 2*time.Hour {
		return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " minutes"
	}
	return strconv.Itoa(int((d+time.Hour-1)/time.Hour)) + " hours"
}

// Claim takes the mail for one try with a code of which digest is what is kept. It returns false when there is
// nothing to do.
func (c *Code) Claim(now time.Time, job string, digest []byte) bool {
	if c.Job != job || !c.Waiting || now.Before(c.Next) || c.Claimed && now.Before(c.Due) || c.Tries >= codeTries {
		return false
	}
	if c.Tries == 0 {
		c.Digests, c.Wrong = nil, 0 // codes of earlier jobs end here, and with them the guesses at them
	} else if len(c.Digests) > 1 {
		c.Digests = c.Digests[len(c.Digests)-1:]
	}
	c.Digests = append(c.Digests, digest)
	c.Claimed, c.Due = true, now.Add(codeLease)
	c.Tries++
	c.ExpiresAt = now.Add(CodeLifetime)
	return true
}

// Sent records that SES has taken the mail.
func (c *Code) Sent() { c.Waiting, c.Claimed, c.Due = false, false, time.Time{} }

// Retry puts the mail back after a passing fault, with a wait that doubles from one second; false when it has used
// up its tries, and is given up.
func (c *Code) Retry(now time.Time) (time.Duration, bool) {
	if c.Tries >= codeTries {
		c.Sent()
		return 0, false
	}
	wait := time.Second << (c.Tries - 1)
	c.Claimed, c.Next = false, now.Add(wait)
	c.Due = c.Next.Add(codePatience)
	return wait, true
}

// Nudge readies a mail that nobody is working on for its queue and says which job; "" when it is in good hands or
// given up, since a code that comes late is of no use.
func (c *Code) Nudge(now time.Time) string {
	if !c.Waiting || now.Before(c.Due) {
		return ""
	}
	if c.Tries >= codeTries || len(c.Asked) == 0 || now.Sub(c.Asked[len(c.Asked)-1]) > CodeLifetime {
		c.Sent()
		return ""
	}
	c.Claimed, c.Next, c.Due = false, now, now.Add(codeLease)
	return c.Job
}

// Wrong codes and dead ones are told apart only where it helps the person.
const (
	wrongCode = "That code is not right. Check the newest mail: you have %s left."
	deadCode  = "That code does not work any more. Ask for another one."
	lastGuess = "That was the fifth wrong code, so none of them works any more. Ask for another one."
)

// Spent tells whether err says that no code is left to guess at, so that only a new one helps.
func Spent(err error) bool {
	f := fault.As(err)
	return f != nil && f.Code == fault.WrongCode && (f.Message == deadCode || f.Message == lastGuess)
}

// Guess compares what a person typed, at now. It returns nil and uses the code up when it is right. Otherwise the
// fault has code [fault.WrongCode] in the field "code". Whatever it returns, the new state must be stored before
// anything is answered.
func (c *Code) Guess(now time.Time, digest []byte) error {
	if len(c.Digests) == 0 || !now.Before(c.ExpiresAt) || c.Wrong >= CodeGuesses {
		return inCode(deadCode)
	}
	right := false
	for _, d := range c.Digests {
		if hmac.Equal(d, digest) {
			right = true
		}
	}
	if !right {
		c.Wrong++
		if c.Wrong >= CodeGuesses {
			c.Digests = nil
			return inCode(lastGuess)
		}
		left := strconv.Itoa(CodeGuesses-c.Wrong) + " tries"
		if c.Wrong == CodeGuesses-1 {
			left = "one try"
		}
		return inCode(fmt.Sprintf(wrongCode, left))
	}
	c.Digests, c.Wrong = nil, 0
	c.Sent()
	return nil
}

func inCode(message string) error {
	return &fault.Error{Code: fault.WrongCode, Message: message, Fields: []fault.Field{{Location: "code", Message: message}}}
}

// Digest is what is kept of a code: an HMAC under the deployment's key, since a million possibilities would be
// tried out in no time from a copy of the table.
func Digest(key []byte, user id.User, code string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(string(user) + "\x00" + code))
	return m.Sum(nil)
}

// longestTyped is how much of what was typed is looked at, in bytes: a line of a mail, and nothing that takes long to fold.
const longestTyped = 400

// ParseCode reads six digits out of what a person typed or pasted. Only the digits count (GOV.UK Design System, "Confirm an email
// address": let people enter additional characters): whatever is between, before or behind them does not matter, and digits
// of other widths and scripts are digits too.
func ParseCode(typed string) (string, error) {
	if len(typed) > longestTyped {
		return "", inCode(sixDigits)
	}
	s := strings.Map(digit, norm.NFKC.String(typed))
	if len(s) != CodeDigits {
		return "", inCode(sixDigits)
	}
	return s, nil
}

const sixDigits = "Enter the six digits from the mail."

// digit is the plain digit of the same value, or -1 for what is no decimal digit. Unicode keeps each script's ten digits
// together, from zero on (Unicode Standard, chapter 4.6).
func digit(r rune) rune {
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return '0' + (r-rune(x.Lo))%10
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) { //nolint:gosec // code points fit
			return '0' + (r-rune(x.Lo))%10 //nolint:gosec // code points fit
		}
	}
	return -1
}
