package delivery

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/domain/words"
)

// ReportKind is what SES reports about a mail after taking it.
type ReportKind string

// The kinds that change something. SES's Send event says nothing that the worker did not record itself.
const (
	Delivered ReportKind = "delivered"
	Delayed   ReportKind = "delayed" // it came back or waits, and the address may well be right
	Replied   ReportKind = "replied" // an automatic reply, when the mail was delivered before; else Delayed
	Bounced   ReportKind = "bounced" // for good
	Complaint ReportKind = "complaint"
	Rejected  ReportKind = "rejected" // SES found a virus, or could not render
)

// Report is one event that SES published about a mail.
type Report struct {
	Kind   ReportKind
	At     time.Time
	Detail string            // in plain words; may be ""
	Tags   map[string]string // of the mail
}

// FeedbackStore is what recording reports needs. Reads of what is not there return a fault with code NotFound; writes from
// a state that has changed since return conflict.ErrChanged.
type FeedbackStore interface {
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Suppress keeps the agency from mailing the person.
	Suppress(ctx context.Context, agency id.Agency, user id.User, reason string, now time.Time) error
	// Box reads a member's box of notices as it is now; one that is not stored is empty.
	Box(ctx context.Context, agency id.Agency, member id.Member) (*notice.Box, error)
	SaveBox(ctx context.Context, b *notice.Box) error
	// Claim reads the claim of a domain as it is now.
	Claim(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error)
	// SaveClaim writes a claim with rows of the log while the stored version is the one that was read.
	SaveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error
}

// Feedback records SES's reports on the timeline of the invite that they are about, and draws the conclusions: a
// bounce ends an unaccepted invite, a complaint keeps the agency from mailing the address.
type Feedback struct {
	Store FeedbackStore
	Now   func() time.Time
}

// Record takes one report. One that came before, is about another kind of mail, or about an invite that has been
// replaced, changes nothing.
func (f *Feedback) Record(ctx context.Context, r Report) error {
	switch r.Tags["kind"] {
	case string(job.Digest):
		return f.digest(ctx, r)
	case string(job.Test):
		return f.test(ctx, r)
	}
	agency, ref := id.Agency(r.Tags["agency"]), id.Client(r.Tags["client"]).Ref()
	k := job.Kind(r.Tags["kind"])
	if k != job.Invite && k != job.Reminder || ref == "" || !id.Valid(id.AgencyPrefix, string(agency)) {
		return nil
	}
	return conflict.Retry(ctx, func() error {
		c, err := f.Store.Client(ctx, agency, ref, true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Erased() {
			return err
		}
		// The list is kept before the timeline says so: a crash in between repeats both, and neither
		// minds. A bounce is on no list of ours: the address is free to be tried again, and SES keeps its own.
		if r.Kind == Complaint {
			if err := f.Store.Suppress(ctx, agency, id.UserOf(c.Email), "complaint", f.Now()); err != nil &&
				!errors.Is(err, conflict.ErrChanged) {
				return err
			}
		}
		if string(c.Invite.ID) != r.Tags["invite"] {
			return nil
		}
		live, early := c.Invite.Live(), c.Invite.Mail.State == invite.MailClaimed
		var rows []audit.Entry
		if k == job.Reminder {
			if early = c.Invite.ReminderReported(f.Now(), r.Tags["job"]); early {
				rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, f.Now()), At: f.Now(), Actor: audit.System,
					Action: audit.ReminderSent, Subject: string(c.Invite.ID)})
			}
		}
		news := apply(c, r, f.Now())
		if !news && rows == nil {
			return nil
		}
		change := client.Change{Client: c, Count: f.counted(r, early, rows != nil), Audit: rows}
		if live && !c.Invite.Live() {
			now := f.Now() // without a detail: a server's words may name the address
			change.Audit = append(change.Audit, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
				Actor: audit.System, Action: audit.InviteBounced, Subject: string(c.Invite.ID)})
		}
		if r.Kind == Delivered && news && k == job.Invite { // a reminder has an event of its own
			now := f.Now()
			change.Told = []audit.Entry{{ID: id.New[id.Event](id.EventPrefix, now), At: now,
				Actor: audit.System, Action: webhook.Delivered, Subject: string(c.Invite.ID)}}
		}
		return f.Store.Commit(ctx, agency, change)
	})
}

// counted is what the report says of the domain that the mail came from; nil where it came from the platform's, and for what is no
// bounce: delays and automatic replies pass. A bounce that is faster than the record of the mail ends the invite, so that nobody
// records the mail any more; and whoever reports of a reminder first, records that it was sent.
func (f *Feedback) counted(r Report, early, sent bool) *client.Count {
	domain := r.Tags["domain"]
	var fates []client.Fate
	if fate := map[ReportKind]client.Fate{Bounced: client.WasBounced, Complaint: client.WasComplained}[r.Kind]; fate != "" {
		fates = append(fates, fate)
		sent = sent || early && fate == client.WasBounced
	}
	if sent {
		fates = append(fates, client.WasSent)
	}
	if len(fates) == 0 || !id.Valid(id.DomainPrefix, domain) {
		return nil
	}
	return &client.Count{Domain: id.SenderDomain(domain), Fates: fates, At: f.Now()}
}

// test notes what became of a test mail. A delivered one lets the domain be switched on (T12).
func (f *Feedback) test(ctx context.Context, r Report) error {
	at, domain, which := id.Agency(r.Tags["agency"]), id.SenderDomain(r.Tags["domain"]), r.Tags["test"]
	if !id.Valid(id.AgencyPrefix, string(at)) || !id.Valid(id.DomainPrefix, string(domain)) {
		return nil
	}
	return conflict.Retry(ctx, func() error {
		c, err := f.Store.Claim(ctx, at, domain)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		now, news := f.Now(), false
		switch r.Kind {
		case Delivered:
			news = c.TestDone(which, true, "", now)
		case Bounced, Rejected:
			news = c.TestDone(which, false, sentence(r.Detail), now)
		case Complaint:
			news = c.TestDone(which, false, words.Say("delivery.test_spam"), now)
		case Delayed:
			news = c.TestWaits(which, sentence(r.Detail))
		}
		if !news {
			return nil
		}
		return f.Store.SaveClaim(ctx, c, nil)
	})
}

// sentence is a report's detail by itself.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if s == "" {
		return ""
	}
	return string(unicode.ToUpper(r)) + strings.TrimRight(s[n:], ".") + "."
}

// digest records that a digest went out, in the place of a worker that could not; its own record is the same, so that the second of
// the two changes nothing. Whoever complains of one is not mailed by the agency any more.
func (f *Feedback) digest(ctx context.Context, r Report) error {
	at, member := id.Agency(r.Tags["agency"]), id.Member(r.Tags["member"])
	lines, ok := count(r.Tags["lines"])
	more, alsoOK := count(r.Tags["more"])
	if !ok || !alsoOK || !id.Valid(id.AgencyPrefix, string(at)) || !id.Valid(id.MemberPrefix, string(member)) {
		return nil
	}
	if user := id.User(r.Tags["user"]); r.Kind == Complaint && len(user) == userLength {
		if err := f.Store.Suppress(ctx, at, user, "complaint", f.Now()); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return err
		}
	}
	return conflict.Retry(ctx, func() error {
		b, err := f.Store.Box(ctx, at, member)
		if err != nil || b.Version == 0 {
			return err
		}
		if !b.Sent(f.Now(), r.Tags["job"], lines, more) {
			return nil
		}
		return f.Store.SaveBox(ctx, b)
	})
}

// userLength is how long a person's id is.
const userLength = 32

// apply puts the report on the timeline; false when it is there already, or there is nothing to say.
func apply(c *client.Client, r Report, now time.Time) bool {
	if r.Kind == Replied {
		switch c.Invite.AutoReply(words.Say("delivery.automatic")) {
		case invite.ReplyNoted:
			return true
		case invite.ReplyKnown:
			return false
		}
		r.Kind = Delayed
	}
	name := map[ReportKind]invite.EventName{Delivered: invite.Delivered, Delayed: invite.Delayed, Bounced: invite.Bounced,
		Complaint: invite.Complained, Rejected: invite.Bounced}[r.Kind]
	if name == "" {
		return false
	}
	for _, e := range c.Invite.Timeline {
		if e.Name == name && (e.At.Equal(r.At.Truncate(time.Millisecond)) || name == invite.Bounced) {
			return false
		}
	}
	if name == invite.Bounced && c.Invite.Bounce(now, r.Detail) {
		c.Payment.Hurry(now) // nobody may pay any more
		return true
	}
	c.Invite.Note(name, r.At.Truncate(time.Millisecond), r.Detail)
	return true
}

// count reads a number of lines; false for what is none.
func count(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}
