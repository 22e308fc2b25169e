// Package delivery is the one way out for mail: a worker that takes jobs off the mail queue, makes the secret that
// the mail carries, hands the mail to SES and records what came of it; and what is done about SES's reports later.
package delivery

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// Store is what the worker needs. Reads of what is not there return a fault with code NotFound; writes from a state
// that is not so any more return conflict.ErrChanged.
type Store interface {
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// People lists those who work at the agency.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// SaveNotice writes the state of the mail to a member, while it is still the one that was read.
	SaveNotice(ctx context.Context, agency id.Agency, m *agency.Member, before agency.Notice) error
	Code(ctx context.Context, user id.User, job string) (*identity.Code, error)
	SaveCode(ctx context.Context, c *identity.Code) error
	// Suppressed tells whether the agency must not mail the person, because of a complaint or a bounce.
	Suppressed(ctx context.Context, agency id.Agency, user id.User) (bool, error)
	// Wish reads what somebody wants of the agency's reminders, as it is now; what is not stored is empty.
	Wish(ctx context.Context, agency id.Agency, user id.User) (*unsubscribe.Wish, error)
	// Mails reads the logs of mails that were caused, as they are now; what was never written is left out.
	Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error)
	// CountMails writes the logs while the stored versions are those that were read.
	CountMails(ctx context.Context, logs []allowance.Log) error
	// Box reads a member's box of notices as it is now; one that is not stored is empty.
	Box(ctx context.Context, agency id.Agency, member id.Member) (*notice.Box, error)
	// APIKey reads a key, one that is revoked too.
	APIKey(ctx context.Context, agency id.Agency, key id.Key) (*identity.APIKey, error)
	SaveBox(ctx context.Context, b *notice.Box) error
	// Role reads one role as it is now.
	Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error)
	// Sender reads the agency and how its mail goes out, as they are now, and the claim of the domain that is switched on; none where
	// none is. What belongs to the claim's name is not read along.
	Sender(ctx context.Context, agency id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error)
	// Claim reads the claim of a domain as it is now, with what belongs to its name.
	Claim(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error)
	// SaveClaim writes a claim with rows of the log while the stored version is the one that was read.
	SaveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error
	// JoinRequest reads a request to join as it is now.
	JoinRequest(ctx context.Context, agency id.Agency, at id.Ref) (*sharelink.Request, error)
	// SaveJoinRequest writes it with a row of the log, nil for none, while it is the one that was read.
	SaveJoinRequest(ctx context.Context, r *sharelink.Request, row *audit.Entry) error
	// DropBox deletes the box of a member who is gone, and has these of its lines put into the boxes of whom they are for now, all
	// or nothing.
	DropBox(ctx context.Context, b *notice.Box, left []notice.Line) error
}

// Mail is one mail on its way out.
type Mail struct {
	FromName string
	From     string
	ReplyTo  string // "" for none
	To       email.Address
	Letter   letter.Letter
	// Unsubscribe is the address at which its recipient stops mails of its kind, in one click; "" for a mail that everybody gets.
	Unsubscribe string
	// MessageID is the mail's own, such as "job@agency.com", where an agency's own server sends it: a later try keeps it, so that
	// receivers see one mail. SES gives its own.
	MessageID string
	Tags      map[string]string // come back with SES's events
	// Tenant is the agency whose tenant sends, where agencies are tenants at SES and this one may send from the domain; else "".
	Tenant id.Agency
}

// Mailer hands mails to SES, or to an agency's own server.
type Mailer interface {
	// Send returns the message's id. An error is a *Refusal when no later try can succeed; any other is worth one. One of an
	// agency's own server holds a *mailserver.Failure.
	Send(ctx context.Context, m Mail) (string, error)
}

// Refusal says in plain words, for the sender of an invite, why a mail cannot be sent.
type Refusal = sender.Refusal

// Domains looks up where mail for a domain goes.
type Domains interface {
	// TakesMail returns a *Refusal when the domain does not exist or says that it takes no mail (a null MX, RFC
	// 7505). Any other error means that it could not be found out.
	TakesMail(ctx context.Context, domain string) error
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Keys opens passwords of agencies' own servers, for the place that they were sealed for.
type Keys interface {
	Open(sealed, place string) (string, error)
}

// Worker sends mails: either those that go through SES, or those that go by an agency's own server. What the other one sends it
// passes on.
type Worker struct {
	Store   Store
	Mailer  Mailer // nil where SES is another worker's
	Domains Domains
	Queue   Queue  // takes jobs of mails that go through SES
	Relay   Queue  // takes jobs of mails that go by agencies' own servers
	Key     []byte // HMAC key of sign-in codes
	Keys    Keys
	// Through makes the mailer of an agency's own server; nil where those are another worker's.
	Through  func(server mailserver.Server, password string) Mailer
	Tenants  bool   // whether agencies are tenants of SES, where nobody sends from a domain but as a tenant who may
	Origin   string // the platform's public origin; the only one that links are made from
	Platform string // its name
	From     string // the platform's sending address
	Now      func() time.Time
}

// Handle does one job of the mail queue. An error means that the message should come back.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	letter.Speak()
	m, err := job.Decode(body)
	if err != nil {
		return err
	}
	if w.Mailer == nil && !outward(m) {
		return w.Queue.Send(ctx, body, 0)
	}
	switch m.Kind {
	case job.Code:
		return w.code(ctx, m)
	case job.Member:
		return w.welcome(ctx, m)
	case job.Approved:
		return w.approved(ctx, m)
	case job.Standing:
		return w.standing(ctx, m)
	case job.Digest:
		return w.digest(ctx, m)
	case job.Reminder:
		return w.reminder(ctx, m)
	case job.Refund, job.Removal, job.Ready:
		return w.bought(ctx, m)
	case job.Confirm, job.Inquiry:
		return w.payment(ctx, m)
	case job.Payer:
		return w.payer(ctx, m)
	case job.Test:
		return w.test(ctx, m)
	case job.News:
		return w.news(ctx, m)
	case job.Records:
		return w.handOff(ctx, m)
	}
	return w.invite(ctx, m)
}

// outward tells whether the mail goes out in the agency's name, from its own domain where it has one. Its own people hear from the
// platform.
func outward(m job.Mail) bool {
	switch m.Kind {
	case job.Invite, job.Reminder, job.Test, job.Approved:
		return true
	case job.Refund, job.Removal, job.Ready, job.Confirm, job.Payer:
		return m.Client != "" && m.Member == ""
	}
	return false
}

// refusal returns the reason when err is final.
func refusal(err error) (string, bool) {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Reason, true
	}
	return "", false
}

// link is the address of an invitation. The token is base 62, so nothing in it needs escaping.
func (w *Worker) link(token string) string { return w.Origin + "/i/" + url.PathEscape(token) }

// picture is the address of a logo as a mail shows it: on the platform's origin.
func (w *Worker) picture(logo string) string {
	if strings.HasPrefix(logo, "/") {
		return w.Origin + logo
	}
	return logo
}

// sender is the display name of From: the agency by way of the platform, since the address is the platform's; the platform
// alone where the name may not stand there.
func (w *Worker) sender(a *agency.Agency, name string, l words.Language) string {
	if a.NameHeld(name, w.Platform) != "" {
		return w.Platform
	}
	return cmp.Or(l, words.English).Say("mail.from_name", "agency", name, "platform", w.Platform)
}
