package mailserver

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// Step is how far a mail had come.
type Step string

// The steps, in their order.
const (
	Connect   Step = "connect"
	Greeting  Step = "greeting"
	Hello     Step = "hello"    // EHLO, the first one and the one under TLS
	StartTLS  Step = "starttls" // the command, and whether it is offered
	Handshake Step = "tls"
	Login     Step = "login"
	From      Step = "from"
	To        Step = "to"
	Data      Step = "data"    // the command, which the server answers before the mail is written
	Content   Step = "content" // until the final dot
	Accepted  Step = "accepted"
)

// Trouble is what went wrong where the server refused nothing in words.
type Trouble string

// The troubles.
const (
	NoTrouble   Trouble = ""
	NoHost      Trouble = "no_host"     // the name has no address
	NoConnect   Trouble = "no_connect"  // closed or silent: nobody can tell which, so that nobody finds open ports through us
	Private     Trouble = "private"     // the name leads into a private network
	NotTLS      Trouble = "not_tls"     // speaks in the clear where TLS is to begin
	OldTLS      Trouble = "old_tls"     // knows nothing newer than TLS 1.1
	WrongName   Trouble = "wrong_name"  // the certificate is for other names
	OutOfDate   Trouble = "out_of_date" // the certificate is too old or too new
	Untrusted   Trouble = "untrusted"   // nobody who is trusted has signed it
	BadTLS      Trouble = "bad_tls"     // any other failure of TLS
	NoSTARTTLS  Trouble = "no_starttls" // is not offered, or was taken out on the way
	NoPassword  Trouble = "no_password" // no way to sign in with a password
	Silent      Trouble = "silent"      // says nothing in time
	Broken      Trouble = "broken"      // hangs up
	NotSMTP     Trouble = "not_smtp"    // says what is no SMTP
	Interrupted Trouble = "interrupted" // we have stopped
)

// Kind is what a failure means for the mail.
type Kind string

// The kinds.
const (
	Config    Kind = "config"    // the settings, or the server, have to be changed
	Transient Kind = "transient" // the same mail may go out later
	Recipient Kind = "recipient" // nobody has this address
	Policy    Kind = "policy"    // the server's rules
	Size      Kind = "size"
	Unknown   Kind = "unknown" // it may have gone out
)

const (
	// MostTries is how often a mail is tried where the server could not be reached, which may be its settings or a bad hour.
	MostTries = 3
	// MaxSaid is how much of a server's words is shown, in characters.
	MaxSaid = 200
)

// Answer is what became of a step that failed.
type Answer struct {
	Step    Step
	Code    int     // the server's; 0 where it gave none
	Text    string  // the server's, without the code; it may be anything
	Trouble Trouble // where there is no code
	Names   string  // of a certificate that is for others
}

// Failure is what a failed step means, with the words for whoever set the server up. Its Error is for logs, and holds neither
// addresses nor what the server said.
type Failure struct {
	Kind     Kind
	Step     Step
	Code     int
	Enhanced string // RFC 3463; "" where the server gave none that fits its code
	Said     string // by the server, at most [MaxSaid] characters of one line
	Trouble  Trouble
	Where    string // the step, in words
	What     string // what happened
	Do       string // what to do about it
}

// Error is for logs.
func (f *Failure) Error() string {
	return strings.TrimSpace(fmt.Sprintf("mailserver: %s at %s: %s %d %s", f.Kind, f.Step, f.Trouble, f.Code, f.Enhanced))
}

// Reason is all of it in one text.
func (f *Failure) Reason() string { return f.Where + " " + f.What + " " + f.Do }

// Again tells whether the mail may be tried again by itself after so many tries. What may have gone out never is.
func (f *Failure) Again(tries int) bool {
	switch f.Kind {
	case Transient:
		return true
	case Config:
		return f.Code == 0 && tries < MostTries && f.Trouble != Private
	}
	return false
}

// OfServer tells whether the failure is the server's, or its settings', whoever the mail is for: the platform's sender may carry the
// mail in its place. What it says of a recipient, or of a mail's content, is no such failure.
func (f *Failure) OfServer() bool {
	return f.Kind == Config || f.Kind == Transient || f.Kind == Policy && f.Step == From
}

// Counts tells whether the failure is one of those that switch a server off when they come in a row.
func (f *Failure) Counts() bool { return f.OfServer() && f.Kind != Transient }

// Judge says what an answer means. It is a function of the answer alone.
func Judge(a Answer) *Failure {
	enhanced := ""
	if m := coded.FindStringSubmatch(a.Text); m != nil && a.Code/100 == int(m[1][0]-'0') {
		enhanced = m[1]
		a.Text = strings.ReplaceAll(a.Text, "\n"+enhanced, "\n") // which each line of an answer begins with
	}
	said := Said(a.Text)
	f := &Failure{Step: a.Step, Code: a.Code, Enhanced: enhanced, Said: said, Trouble: a.Trouble, Where: where(a.Step)}
	switch {
	case a.Step == Accepted && (a.Code < 400 || a.Code > 599):
		f.Kind, f.What, f.Do = Unknown, words.Say("smtp.unknown"), words.Say("smtp.unknown_do")
	case a.Code >= 400 && a.Code < 500 && a.Code != 432: // 432 wants another password (RFC 4954)
		f.Kind, f.What, f.Do = Transient, quoting(f, words.Say("smtp.wait")), words.Say("smtp.wait_do")
	case a.Code >= 400 && a.Code < 600:
		f.refused()
	case a.Code != 0:
		f.Trouble = NotSMTP
		f.troubled(a)
	default:
		f.troubled(a)
	}
	return f
}

// coded finds the enhanced status code at the beginning of an answer (RFC 2034).
var coded = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s|$|[^\d.])`)

// Words in which servers tell apart what one code means. They decide only where the enhanced code says nothing.
var (
	google = regexp.MustCompile(`(?i)gsmtp|support\.google\.com`)
	absent = regexp.MustCompile(`(?i)unknown|no such|not exist|n't exist|not found|invalid (recipient|mailbox|user|address)`)
	rules  = regexp.MustCompile(`(?i)relay|rcpthosts|den(y|ie[sd])|not (permitted|allowed|authori[sz]ed)|block|spam|policy|` +
		`authenticat|reject`)
)

// refused judges an answer that is final.
func (f *Failure) refused() {
	before := f.Step == From || f.Step == Login || f.Step == Hello || f.Step == Greeting || f.Step == StartTLS // of the recipient
	code := f.Enhanced
	switch {
	case code == "5.7.139" || code == "5.7.30":
		f.Kind, f.What, f.Do = Config, quoting(f, words.Say("smtp.microsoft")), words.Say("smtp.microsoft_do")
	case f.Code == 535, f.Code == 534, f.Code == 530, f.Code == 538, f.Code == 432, f.Step == Login:
		f.Kind, f.What, f.Do = Config, quoting(f, words.Say("smtp.password")), words.Say("smtp.password_do")
		if google.MatchString(f.Said) {
			f.Do = words.Say("smtp.google_do")
		}
	case code == "5.3.4" || code == "5.2.3" || f.Code == 552 && code != "5.2.2" && !strings.HasPrefix(code, "5.7."):
		f.Kind, f.What, f.Do = Size, quoting(f, words.Say("smtp.size")), words.Say("smtp.size_do")
	case !before && (code == "5.2.2" || code == "5.2.1"):
		f.Kind, f.What, f.Do = Recipient, quoting(f, words.Say("smtp.closed")), words.Say("smtp.recipient_do")
	case !before && f.nobody():
		f.Kind, f.What, f.Do = Recipient, quoting(f, words.Say("smtp.recipient")), words.Say("smtp.recipient_do")
	case f.Code >= 500 && f.Code <= 504 || f.Step == Hello || f.Step == StartTLS:
		f.Kind, f.What, f.Do = Config, quoting(f, words.Say("smtp.command")), words.Say("smtp.not_smtp_do")
	case f.Step == From:
		f.Kind, f.What, f.Do = Policy, quoting(f, words.Say("smtp.sender")), words.Say("smtp.sender_do")
	default:
		f.Kind, f.What, f.Do = Policy, quoting(f, words.Say("smtp.policy")), words.Say("smtp.policy_do")
	}
}

// nobody tells whether the answer is that there is no such mailbox. A bare 550 is the word for that where the recipient is
// named, but many servers also send it for what their rules forbid, and say so.
func (f *Failure) nobody() bool {
	switch f.Enhanced {
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.1", "5.4.4":
		return true
	case "", "5.0.0", "5.1.0":
		bare := f.Code == 550 || f.Code == 551 || f.Code == 553 || f.Code == 556
		return f.Step == To && bare && (absent.MatchString(f.Said) || !rules.MatchString(f.Said))
	}
	return false
}

// troubled judges what was no answer.
func (f *Failure) troubled(a Answer) {
	f.Kind = Config
	switch f.Trouble {
	case NoHost:
		f.What, f.Do = words.Say("smtp.no_host"), words.Say("smtp.no_host_do")
	case NoConnect:
		f.What, f.Do = words.Say("smtp.no_connect"), words.Say("smtp.no_connect_do")
	case Private:
		f.What, f.Do = words.Say("smtp.private"), words.Say("smtp.private_do")
	case NotTLS:
		f.What, f.Do = words.Say("smtp.not_tls"), words.Say("smtp.not_tls_do")
	case OldTLS:
		f.What, f.Do = words.Say("smtp.old_tls"), words.Say("smtp.old_tls_do")
	case WrongName:
		f.What, f.Do = words.Say("smtp.wrong_name", "names", cmp.Or(Said(a.Names), "?")), words.Say("smtp.wrong_name_do")
	case OutOfDate:
		f.What, f.Do = words.Say("smtp.out_of_date"), words.Say("smtp.certificate_do")
	case Untrusted:
		f.What, f.Do = words.Say("smtp.untrusted"), words.Say("smtp.certificate_do")
	case BadTLS:
		f.What, f.Do = words.Say("smtp.bad_tls"), words.Say("smtp.old_tls_do")
	case NoSTARTTLS:
		f.What, f.Do = words.Say("smtp.no_starttls"), words.Say("smtp.no_starttls_do")
	case NoPassword:
		f.What, f.Do = words.Say("smtp.no_password"), words.Say("smtp.no_password_do")
	case NotSMTP:
		f.What, f.Do = words.Say("smtp.not_smtp"), words.Say("smtp.not_smtp_do")
	case Interrupted:
		f.Kind, f.What, f.Do = Transient, words.Say("smtp.interrupted"), words.Say("smtp.wait_do")
	case Silent:
		f.What, f.Do = words.Say("smtp.silent"), words.Say("smtp.silent_do")
		f.passes()
	default:
		f.What, f.Do = words.Say("smtp.broken"), words.Say("smtp.wait_do")
		f.passes()
	}
}

// passes has a silence or a break be one that passes, once the server has let us in: then the settings are right.
func (f *Failure) passes() {
	switch f.Step {
	case From, To, Data, Content:
		f.Kind, f.Do = Transient, words.Say("smtp.wait_do")
	}
}

// where names the step.
func where(s Step) string {
	switch s {
	case Connect:
		return words.Say("smtp.at_connect")
	case Greeting, Hello:
		return words.Say("smtp.at_hello")
	case StartTLS, Handshake:
		return words.Say("smtp.at_tls")
	case Login:
		return words.Say("smtp.at_login")
	case From:
		return words.Say("smtp.at_from")
	case To:
		return words.Say("smtp.at_to")
	}
	return words.Say("smtp.at_data")
}

// quoting adds what the server said.
func quoting(f *Failure, what string) string {
	return words.Say("smtp.quoting", "what", what, "said", strings.TrimSpace(fmt.Sprint(f.Code, " ", f.Said)))
}

// Said brings a server's words into one line of at most [MaxSaid] characters, without what cannot be seen and what turns the
// direction of writing around.
func Said(s string) string {
	const looked = 16 * MaxSaid // bytes
	if len(s) > looked {
		s = s[:looked]
	}
	s = text.Seen(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > MaxSaid {
		s = string(r[:MaxSaid-1]) + "…"
	}
	return s
}
