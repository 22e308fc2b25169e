package page

import (
	"fmt"
	"hash/fnv"
	"slices"

	"latchkey.dev/shared/domain/words"
)

// Email is the settings' page of what the agency's emails are sent from: Custom Email. Each of its forms goes to /settings/email with
// what it does as "do", and those about a domain carry its id as "id":
//
//	claim (domain), check, label (label), records (email), revoke (link), test, enable (way), disable,
//	sender and try (name, local, replyTo), smtp (host, port, user, password), smtp-test, smtp-remove, release
//
// The way is "domain" or "server"; the port is 465, 587 or 2525 and says which security; an empty password keeps the stored one.
type Email struct {
	Workspace Workspace
	Tab       string // "email"
	Max       bool   // whether the plan has Custom Email
	From      string // what stands in From of the agency's emails now, with the address
	Way       SenderWay
	Domains   []SenderLink  // of all of the agency's domains, where there are several
	Domain    *SenderDomain // the one that the page shows; nil for none
	Claim     *ClaimDomain  // nil where no domain can be added
	Sender    *SenderForm   // nil where no domain has been claimed
	Server    *MailServer   // nil where there can be none
	Note      Note          // the outcome of what was just done
	Problems  Problems
}

func (v Email) frame(l words.Language) frame {
	return frame{template: emailHTML, title: v.Problems.title(l, l.Say("email.title")), brand: v.Workspace.Brand, script: true}
}

// ServerOpen tells whether the form of the agency's own server is unfolded.
func (v Email) ServerOpen() bool {
	s := v.Server
	return s.Open || s.Stored || v.wrong("host", "port", "user", "password")
}

// wrong tells whether there is a problem in one of the fields.
func (v Email) wrong(fields ...string) bool {
	for _, f := range fields {
		if v.Problems.For(f) != "" {
			return true
		}
	}
	return false
}

// HandOffOpen tells whether the form that sends the records on is unfolded.
func (v Email) HandOffOpen() bool {
	return v.Domain.HandOff.Open || len(v.Domain.HandOff.Links) > 0 || v.wrong("email")
}

// LabelOpen tells whether the form of the name for bounces is unfolded.
func (v Email) LabelOpen() bool { return v.Domain.Label.Open || v.wrong("label") }

// SenderWay is by which way emails go out.
type SenderWay string

// The ways.
const (
	ByPlatform SenderWay = ""       // from the platform's address
	ByDomain   SenderWay = "domain" // from the agency's own domain
	ByServer   SenderWay = "server" // through the agency's own mail server
)

// SenderLink leads to one of several domains.
type SenderLink struct {
	Shown string
	State string // in words
	URL   string
	Here  bool
}

// ClaimDomain is the form by which a domain is added.
type ClaimDomain struct {
	Open      bool   // whether it is unfolded on a page that shows a domain already
	Typed     string // as typed
	Suggested string // what one click fills in; "" for nothing
}

// SenderDomain is a domain that the agency has claimed. States and reasons are those of the domain package, as text.
type SenderDomain struct {
	ID     string
	Shown  string // as people write it
	ASCII  string // as DNS has it; "" where that is the same
	State  string // draft, dns_pending, verifying, verified, degraded, disabled, failed or released
	Reason string // held, taken, refused, lost, moved, lapsed, expired, region, changed or given_up; "" for none
	Title  string // the state in a few words
	Next   string // what to do next, and when something happens by itself, in sentences

	Preparing bool // the records are not known yet, but will be in seconds; then there are none

	Looked  Time          // when the records were last looked at; Machine "" for never, and then no record is judged
	Look    Time          // when we look next; Machine "" where we don't
	Check   SenderCheck   // what the button says that has the records looked at
	Records []SenderLight // in the order in which they are shown
	Lines   []SenderLight // what is said beside the records: of Amazon SES, of DMARC, of the domain's own SPF

	Zone        string // that the domain is in; "" where it is not known
	NameServers []string
	Provider    string // "" where it is not known
	ProviderURL string // of its page, https
	Mailboxes   string // that mailboxes stay as they are; "" for nothing to say (D20)
	ZoneFile    string // path of all records as a file

	On      bool // emails come from it
	Enable  bool // it can be switched on
	Enabler bool // emails from it go through the agency's own server, which has the buttons for that
	Test    TestMail
	Health  *SenderHealth // nil where nothing was sent
	Label   SenderLabel
	HandOff HandOff
	Release SenderRelease
}

// SenderCheck is what having the records looked at means.
type SenderCheck string

// The checks.
const (
	NoCheck    SenderCheck = ""      // nothing is looked for
	FirstCheck SenderCheck = "first" // the person has added the records
	CheckNow   SenderCheck = "now"
	CheckAgain SenderCheck = "again" // start again
)

// Tone is how good the domain's state is. What is waited for is never bad.
func (d SenderDomain) Tone() Tone {
	if d.Reason == "taken" {
		return Bad
	}
	switch d.State {
	case "dns_pending", "verifying":
		return Wait
	case "verified":
		return Good
	case "degraded", "failed":
		return Bad
	case "disabled":
		if d.Reason != "lapsed" {
			return Bad
		}
	}
	return Idle
}

// Why says how the domain has come into its state, where the next step does not; "" for nothing.
func (d SenderDomain) Why() string {
	switch d.Reason {
	case "lost":
		return words.Say("email.why_lost")
	case "moved":
		return words.Say("email.why_moved")
	case "lapsed":
		return words.Say("email.why_lapsed")
	case "expired":
		return words.Say("email.why_expired")
	case "refused":
		return words.Say("email.why_refused")
	case "region":
		return words.Say("email.why_region")
	}
	return ""
}

// Over tells whether there is nothing to publish any more, only records to delete.
func (d SenderDomain) Over() bool { return d.State == "released" }

// Folded tells whether the records are out of sight at first: all is as it has to be.
func (d SenderDomain) Folded() bool {
	wrong := slices.ContainsFunc(d.Lines, func(l SenderLight) bool { return l.Light == "wrong" })
	return d.State == "verified" && d.right() == len(d.Asked()) && !wrong
}

// Waits tells whether the page renews itself.
func (d SenderDomain) Waits() bool {
	return d.State == "dns_pending" || d.State == "verifying" || d.State == "degraded" || !d.Slow()
}

// Slow tells whether what is waited for takes hours, and not seconds.
func (d SenderDomain) Slow() bool { return !d.Preparing && !d.Test.Waiting() }

// Asked are the records that are asked for: all but what is recommended for DMARC, which is the agency's own.
func (d SenderDomain) Asked() []SenderLight {
	return slices.DeleteFunc(slices.Clone(d.Records), func(r SenderLight) bool { return r.Of == "dmarc" })
}

// right is how many of them are right.
func (d SenderDomain) right() int {
	n := 0
	for _, r := range d.Asked() {
		if r.Light == "right" {
			n++
		}
	}
	return n
}

// Right says how many of the records are right.
func (d SenderDomain) Right() string {
	return words.Say("email.right_count", "right", d.right(), "all", len(d.Asked()))
}

// Edition is another one whenever the part of the page that renews itself is.
func (d SenderDomain) Edition() string {
	d.Look.Relative, d.Looked.Relative, d.Test.Sent.Relative, d.Test.Delivered.Relative = "", "", "", ""
	d.Look.In, d.Looked.In, d.Test.Sent.In, d.Test.Delivered.In = 0, 0, 0, 0
	d.Health = nil
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%+v", d) // which never fails
	return fmt.Sprintf("%x", h.Sum64())
}

// SenderLight is a DNS record, or a line beside the records, and how it stands.
type SenderLight struct {
	Of    string // what it is for: proof, dkim, bounce, spf, dmarc, ses or from
	Light string // right, waiting, noted or wrong

	Type  string // of a record
	Name  string // relative to the zone
	Full  string // in full
	Value string // as it is entered

	Expected string // "" where Value says it
	Found    string // verbatim; "" for nothing
	Why      string
	Do       string
}

// For says what the record or the line is about.
func (l SenderLight) For() string {
	switch l.Of {
	case "proof":
		return words.Say("email.for_proof")
	case "dkim":
		return words.Say("email.for_dkim")
	case "bounce":
		return words.Say("email.for_bounce")
	case "spf":
		return words.Say("email.for_spf")
	case "dmarc":
		return words.Say("email.for_dmarc")
	case "ses":
		return words.Say("email.for_ses")
	}
	return words.Say("email.for_from")
}

// Badge is the light with its word.
func (l SenderLight) Badge() Badge {
	switch l.Light {
	case "right":
		return Badge{Good, words.Say("email.light_right")}
	case "noted":
		return Badge{Idle, words.Say("email.light_noted")}
	case "wrong":
		return Badge{Bad, words.Say("email.light_wrong")}
	}
	return Badge{Wait, words.Say("email.light_waiting")}
}

// Told tells whether there is more to say than that it is right.
func (l SenderLight) Told() bool { return l.Light != "right" || l.Why != "" || l.Do != "" }

// TestMail is a test email to whoever is signed in, and what has become of the last one.
type TestMail struct {
	Offered   bool
	To        string
	Sent      Time   // Machine "" for never
	Delivered Time   // Machine "" for not, or not yet
	Failed    string // why it did not arrive; "" where it did, or may yet
}

// Waiting tells whether it is on its way.
func (t TestMail) Waiting() bool {
	return t.Sent.Machine != "" && t.Delivered.Machine == "" && t.Failed == ""
}

// SenderHealth is how emails from the domain fared in 30 days.
type SenderHealth struct {
	Sent, Bounced, Complaints int
	BounceRate, ComplaintRate string // "0.4 %"
	BouncesHigh               bool   // more than mail hosts bear
	ComplaintsHigh            bool
}

// SenderLabel is the name for bounces below the domain, which can be another one.
type SenderLabel struct {
	Now     string // the label that the records have
	Typed   string
	Offered bool
	Open    bool // whether it stands unfolded: the name is occupied
}

// HandOff is the offer to send the records to whoever runs the agency's DNS.
type HandOff struct {
	Offered bool
	Open    bool
	Typed   string
	Daily   int // how many can be sent a day
	Links   []HandOffLink
}

// HandOffLink is a link to the records that works.
type HandOffLink struct {
	ID   string
	To   string
	Made Time
	Ends Time
}

// SenderRelease is the offer to give the domain back.
type SenderRelease struct {
	Offered bool
	Open    bool // whether the question is asked
	Kept    bool // whether it was verified, so that it is kept for the agency for a time
}

// SenderForm is who emails are from.
type SenderForm struct {
	Name    string // as typed
	Local   string
	Domain  string // what stands behind the @
	ReplyTo string
	Subject string // of an invitation, for the preview
	Usual   string // the name that is used where none is typed
	Preview bool   // what is shown is tried and not saved
}

// Shown is the name as the preview has it.
func (f SenderForm) Shown() string {
	if f.Name != "" {
		return f.Name
	}
	return f.Usual
}

// MailServer is the agency's own mail server.
type MailServer struct {
	Open       bool // unfolded
	Host       string
	Port       string // 465, 587 or 2525
	User       string
	Stored     bool   // a password is stored, and can be kept
	On         bool   // emails go through it
	Enable     bool   // it can be switched on
	Off        bool   // it was switched off after it had refused three times
	ReturnPath string // where bounces go, while it is used; "" for nowhere known
	To         string // whom a test email goes to
	Removing   bool   // whether removing it is asked about
	Testing    Time   // when the test began that has no outcome yet; Machine "" for none
	Test       *ServerTest
}

// Edition is another one whenever a test has come to its end.
func (s MailServer) Edition() string {
	if s.Test == nil {
		return "testing"
	}
	return s.Test.At.Machine
}

// ServerTest is the outcome of a test of the server.
type ServerTest struct {
	At   Time
	Good bool
	Step string // the one that failed, in words; "" where Do says it
	Code string // of the server's answer; "" for none
	Text string // the server's own words; "" for none
	Do   string // what is wrong and what to do, in sentences
}

// Records are the records of a domain for whoever runs its DNS and has no account here.
type Records struct {
	Brand       Brand  // the platform's
	Agency      string // its name, which is all that is shown of it
	Dead        bool   // the link has ended or was taken back; then nothing else is filled in
	Shown       string
	ASCII       string
	Rows        []SenderLight
	Judged      bool // whether the records have been looked at, so that each has a light
	Zone        string
	NameServers []string
	Provider    string
	ProviderURL string
	Mailboxes   string
	ZoneFile    string
	Ends        Time
}

func (v Records) frame(l words.Language) frame {
	title := l.Say("email.records_title", "domain", v.Shown)
	if v.Dead {
		title = l.Say("email.dead_title")
	}
	return frame{template: recordsHTML, title: title, brand: v.Brand, script: !v.Dead, guest: !v.Dead}
}
