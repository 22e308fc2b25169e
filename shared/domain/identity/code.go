package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Limits of sign-in codes. A code belongs to the browser that asked for it, or to the API's flow, and holds for five guesses
// there: whoever guesses has asked for the code, so that all guesses at an address are bounded by the codes asked for. Those
// that strangers ask for are 30 a day together, which is 150 guesses at a million possibilities: the address falls with a
// probability of 0.015 % a day, whoever they are and however many. A mail that may have gone out twice has two codes,
// which an attacker cannot bring about; it would be 0.03 %. The holder of an invitation's link, who has the invited person's
// mail already, and a browser in which the address has signed in before have 5 an hour of their own, 600 guesses a day.
const (
	CodeDigits   = 6
	CodeLifetime = 10 * time.Minute
	CodeGuesses  = 5
	CodeApart    = 20 * time.Second
	codeTries    = 5
	tellTries    = 16 // the sweep's among them, a minute or more apart
	codePatience = 15 * time.Second
	codeLease    = 30 * time.Second
	longestWait  = 15 * time.Minute // SQS delays no message by more

	// The numbers stand with those of all other mails.
	StrangersHour = allowance.StrangersHour
	StrangersDay  = allowance.StrangersDay
	OwnHour       = allowance.OwnHour
)

// Code is one sign-in code that was asked for, and the mail that brings it. It is kept whether or not anybody is known by
// the address, so that asking for a code tells nothing. With Tells it has no code: the mail tells of what has changed.
type Code struct {
	User  id.User
	Email email.Address
	Tells Tells // "" for a code
	Told  Told  // what it tells of

	Language words.Language // in which it is written: that of the page on which it was caused; "" for English

	Link *Link // the account at a provider that signs in from now on whoever uses the code; nil for none

	Job     string // names the code, and its mail: a ULID
	Waiting bool   // its mail is not out yet
	Claimed bool   // a worker has it, until Due
	Tries   int
	Next    time.Time // no try before this
	Due     time.Time // when to look after it; zero when never

	Digests   [][]byte // of the codes that sign in: two while a mail may have gone out twice
	ExpiresAt time.Time
	Wrong     int // guesses made
	AskedAt   time.Time

	Version int
}

// NewCode is the code that the job names, asked for at now.
func NewCode(user id.User, to email.Address, now time.Time, job string) *Code {
	return &Code{User: user, Email: to, Job: job, Waiting: true, Next: now, Due: now.Add(codePatience), AskedAt: now}
}

// Tells is what a mail tells a person of how it signs in.
type Tells string

// What there is to tell.
const (
	LinkAdded    Tells = "link_added"    // an account at a provider signs in from now on
	LinkReplaced Tells = "link_replaced" // in the place of another one there
	LinkDropped  Tells = "link_dropped"  // it does no more
	LinkOfOther  Tells = "link_of_other" // to an owner: a colleague's was replaced

	OfficeLinked   Tells = "office_linked"   // an account at an agency's own provider signs in there from now on
	OfficeReplaced Tells = "office_replaced" // in the place of another one there

	IssuerRequired Tells = "issuer_required" // to an owner: the agency demands its own provider from now on
	IssuerFree     Tells = "issuer_free"     // to an owner: it does no more
	IssuerRests    Tells = "issuer_rests"    // to an owner: it does not while the plan is another one
	IssuerResumes  Tells = "issuer_resumes"  // to an owner: it does again
	IssuerWithout  Tells = "issuer_without"  // to an owner: an owner does without it

	PasskeyAdded   Tells = "passkey_added"
	PasskeyRenamed Tells = "passkey_renamed"
	PasskeyRemoved Tells = "passkey_removed"

	NewDevice     Tells = "new_device"      // a sign-in in a browser in which the person never was
	SignedOut     Tells = "signed_out"      // everywhere
	SignedOutElse Tells = "signed_out_else" // everywhere but where it was asked for
	SessionEnded  Tells = "session_ended"   // one, which no mail tells of
)

// OfOthers tells whether it tells of somebody else's way to sign in, or of an agency's.
func (t Tells) OfOthers() bool {
	switch t {
	case LinkOfOther, IssuerRequired, IssuerFree, IssuerRests, IssuerResumes, IssuerWithout:
		return true
	}
	return false
}

// Told is what a mail tells of.
type Told struct {
	Provider string        // as people know it
	Account  string        // the address that the account has there; "" where it has told none
	Person   email.Address // of a colleague: who that is
	Agency   string        // where; its name
	Passkey  string        // its name
	Before   string        // what it was called, where it has a new name
	Device   string        // with which it was done; "" where it has told nothing of itself
	Network  string        // from where, see [NetworkOf]; "" where that is not told
	Way      Way           // of a sign-in
	Ended    string        // the device of the session that ended; "" where it is not known
}

// In has the mail written in the language.
func (c *Code) In(l words.Language) *Code {
	c.Language = l
	return c
}

// Tell is a mail that tells a person at now. The sweep has it sent.
func Tell(user id.User, to email.Address, what Tells, told Told, now time.Time, job string) *Code {
	return &Code{User: user, Email: to, Tells: what, Told: told, Job: job, Waiting: true, Next: now, Due: now, AskedAt: now}
}

// Asker is who asks for codes for an address: everybody whom we don't know, together, or a browser or an invitation by itself.
type Asker string

// Strangers are all who cannot show that they have anything to do with the address.
const Strangers Asker = ""

// Asked is when an asker has asked for codes for an address, at most a day back.
type Asked struct {
	User id.User
	By   Asker
	At   []time.Time

	Version int
}

// Take asks for one more code at now. It returns a fault with code [fault.RateLimited] when there have been too many.
func (a *Asked) Take(now time.Time) error {
	kind := allowance.OwnCode
	if a.By == Strangers {
		kind = allowance.Code
	}
	kept, err := allowance.Count(kind, a.At, now)
	if f := fault.As(err); f != nil {
		told := fault.New(f.Code, "errors.strangers_codes_used_up", "wait", About(f.Retry), "time", clock(now.Add(f.Retry)))
		told.Retry, told.Limit = f.Retry, f.Limit
		return told
	}
	a.At = kept
	return err
}

// clock is the minute from which on something goes, rounded up.
func clock(t time.Time) string { return t.Add(time.Minute - time.Nanosecond).UTC().Format("15:04") }

// TooSoon is the fault of somebody who asks again for a code that was sent at a time to the same browser; nil after [CodeApart].
func TooSoon(sent, now time.Time) error {
	wait := CodeApart - now.Sub(sent)
	if wait <= 0 {
		return nil
	}
	wait = min(wait, CodeApart)
	e := fault.New(fault.RateLimited, "errors.we_have_just_sent_a_code", "wait", About(wait))
	e.Retry, e.Limit = wait, fault.Limit{Name: codesApart, Quota: 1, Window: CodeApart}
	return e
}

// codesApart is the limit of how soon another code is mailed.
const codesApart = "codes-apart"

// CodesUntil is the fault of somebody whom a limit of codes keeps from asking for one until then, for a page that was led to with both;
// nil once it does so no more. No limit of codes is longer than a day.
func CodesUntil(limit string, until, now time.Time) *fault.Error {
	wait := until.Sub(now)
	if wait <= 0 || wait > 24*time.Hour {
		return nil
	}
	key := "errors.too_many_tries_from_this_network"
	switch {
	case limit == codesApart:
		wait = min(wait, CodeApart)
		key = "errors.we_have_just_sent_a_code"
	case strings.HasPrefix(limit, "codes"):
		key = "errors.strangers_codes_used_up"
	}
	return fault.New(fault.RateLimited, key, "wait", About(wait), "time", clock(until))
}

// About is a wait in words, rounded up.
func About(d time.Duration) words.Phrase {
	if d <= time.Second {
		return words.PhraseOf("time.a_second")
	}
	if d < 2*time.Minute {
		return words.PhraseOf("time.second", "n", int((d+time.Second-1)/time.Second))
	}
	if d < 2*time.Hour {
		return words.PhraseOf("time.minute", "n", int((d+time.Minute-1)/time.Minute))
	}
	return words.PhraseOf("time.hour", "n", int((d+time.Hour-1)/time.Hour))
}

// Claim takes the mail for one try with a code of which digest is what is kept. It returns false when there is
// nothing to do.
func (c *Code) Claim(now time.Time, job string, digest []byte) bool {
	if c.Job != job || !c.Waiting || now.Before(c.Next) || c.Claimed && now.Before(c.Due) || c.Tries >= c.tries() {
		return false
	}
	c.Claimed, c.Due = true, now.Add(codeLease)
	c.Tries++
	if c.Tells != "" {
		return true
	}
	if len(c.Digests) > 1 {
		c.Digests = c.Digests[len(c.Digests)-1:]
	}
	c.Digests = append(c.Digests, digest)
	c.ExpiresAt = now.Add(CodeLifetime)
	return true
}

// tries is how often the mail is tried at most: a code that comes late is of no use.
func (c *Code) tries() int {
	if c.Tells != "" {
		return tellTries
	}
	return codeTries
}

// Sent records that SES has taken the mail.
func (c *Code) Sent() { c.Waiting, c.Claimed, c.Due = false, false, time.Time{} }

// Retry puts the mail back after a passing fault, with a wait that doubles from one second; false when it has used
// up its tries, and is given up.
func (c *Code) Retry(now time.Time) (time.Duration, bool) {
	if c.Tries >= c.tries() {
		c.Sent()
		return 0, false
	}
	wait := min(time.Second<<(c.Tries-1), longestWait)
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
	if c.Tries >= c.tries() || c.Tells == "" && now.Sub(c.AskedAt) > CodeLifetime {
		c.Sent()
		return ""
	}
	c.Claimed, c.Next, c.Due = false, now, now.Add(codeLease)
	return c.Job
}

// Wrong codes and dead ones are told apart only where it helps the person.
const (
	wrongCode = "errors.code_wrong"
	deadCode  = "errors.code_dead"
	lastGuess = "errors.code_fifth_wrong"
)

// Spent tells whether err says that no code is left to guess at, so that only a new one helps.
func Spent(err error) bool {
	f := fault.As(err)
	return f != nil && f.Code == fault.WrongCode && (f.Message == inCode(deadCode).Message || f.Message == inCode(lastGuess).Message)
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
		return inCode(wrongCode, "n", CodeGuesses-c.Wrong)
	}
	c.Digests, c.Wrong = nil, 0
	c.Sent()
	return nil
}

// Live tells whether the code may still be used, or may still come, at now.
func (c *Code) Live(now time.Time) bool {
	return c.Wrong < CodeGuesses && (c.Waiting || len(c.Digests) > 0 && now.Before(c.ExpiresAt))
}

func inCode(key string, values ...any) *fault.Error {
	f := fault.InField("code", key, values...)
	f.Code = fault.WrongCode
	return f
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

const sixDigits = "errors.six_digits"

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
