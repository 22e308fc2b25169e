package invite

import (
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/secret"
)

// MailState is where the one mail that an invite is waiting for is.
type MailState string

// The states of a mail job. A claimed one is in a worker's hands until its lease ends; then it may be claimed again,
// since its worker is gone.
const (
	MailQueued  MailState = "queued"
	MailClaimed MailState = "claimed"
	MailDone    MailState = "done"
)

// Timing of mail jobs.
const (
	MailPatience = 15 * time.Second // after which a queued job is taken to have lost its message
	MailLease    = time.Minute      // how long a worker has for one try, SES's answer included
	MailTries    = 7

	// OwnServerLease is how long the worker has that speaks to an agency's own mail server, which may take 90 s.
	OwnServerLease = 150 * time.Second
)

// Mail is the state of an invite's current mail.
type Mail struct {
	Job   string // changes with every mail asked for, so that a message for an older one is known as such
	State MailState
	Tries int
	Next  time.Time   // no try before this; zero for at once
	Due   time.Time   // when to look after it: a queued job that nobody took, or a claimed one whose lease is over
	Slot  agency.Slot // the hour's slot that it took, to be returned when the mail cannot be sent
	Fresh int         // how many of the invite's Tokens, counted from the end, belong to this job
	Until time.Time   // of a re-sent mail: the term of the links before it, which comes back when it cannot be sent

	// Around says why the mail goes out by the platform's sender in the place of the agency's own server; "" while nothing speaks
	// against that.
	Around string
}

// First readies the invite's first mail.
func (i *Invite) First(now time.Time, slot agency.Slot) {
	i.Status = Sending
	i.Mail = Mail{Job: string(i.ID) + ".1", State: MailQueued, Due: now.Add(MailPatience), Slot: slot}
	i.Note(Queued, now, "")
}

// Schedule has the invite wait for its time.
func (i *Invite) Schedule(now, at time.Time) {
	i.Status = Scheduled
	i.Note(Planned, now, "")
	i.Postpone(at)
}

// Promise is the time that a scheduled invite has been given; zero for any other.
func (i *Invite) Promise() time.Time {
	if i.Status != Scheduled {
		return time.Time{}
	}
	return i.SendAt
}

// Postpone gives a scheduled invite another time. Its term begins there.
func (i *Invite) Postpone(at time.Time) { i.SendAt, i.ExpiresAt = at, at.Add(Lifetime) }

// Overdue tells whether the time of a scheduled invite has come.
func (i *Invite) Overdue(now time.Time) bool { return i.Status == Scheduled && !now.Before(i.SendAt) }

// Release readies the first mail of a scheduled invite, whose term begins now.
func (i *Invite) Release(now time.Time, slot agency.Slot) {
	i.SendAt, i.ExpiresAt = now, now.Add(Lifetime)
	i.First(now, slot)
}

// Drop ends a scheduled invite that may not be sent any more; reason is what its sender reads.
func (i *Invite) Drop(now time.Time, reason string) {
	i.Reason = reason
	i.end(Failed, NotSent, now, reason)
}

// MayResend returns nil when the invite can be mailed once more at now. Otherwise a fault: [fault.NotPending] for an
// invite in another state than pending or expired, [fault.StillSending] while a mail is on its way, or
// [fault.RateLimited] less than ResendApart after the last mail or after ResendsPerDay.
func (i *Invite) MayResend(now time.Time) error {
	switch i.At(now) {
	case Pending, Expired:
	case Sending:
		return fault.New(fault.StillSending, "errors.the_first_mail_of_this_invite")
	case Scheduled:
		return fault.New(fault.NotPending, "errors.this_invite_is_scheduled")
	default:
		return fault.New(fault.NotPending, "errors.this_invite_is_so_it_cannot_2", "word", i.Status.word())
	}
	if i.Mail.State == MailQueued || i.Mail.State == MailClaimed {
		return fault.New(fault.StillSending, "errors.a_mail_of_this_invite_is")
	}
	last := i.CreatedAt
	if i.SendAt.After(last) {
		last = i.SendAt
	}
	if n := len(i.Resends); n > 0 {
		last = i.Resends[n-1]
	}
	if wait := ResendApart - now.Sub(last); wait > 0 {
		return limited(wait, fault.Limit{Name: "resend", Quota: 1, Window: ResendApart},
			"errors.wait_before_sending_again", "n", int((wait+time.Second-1)/time.Second))
	}
	if len(i.Resends) >= ResendsPerDay {
		if wait := 24*time.Hour - now.Sub(i.Resends[len(i.Resends)-ResendsPerDay]); wait > 0 {
			return limited(wait, fault.Limit{Name: "resend-day", Quota: ResendsPerDay, Window: 24 * time.Hour},
				"errors.sent_again_five_times")
		}
	}
	return nil
}

func limited(wait time.Duration, l fault.Limit, key string, values ...any) error {
	e := fault.New(fault.RateLimited, key, values...)
	e.Retry, e.Limit = wait, l
	return e
}

// Resend asks for a new mail with a new link and a new term. The links that are out stay good until it is sent, so
// that a mail that cannot be sent takes nothing away; those of an expired invite stay dead. MayResend must have said
// yes.
func (i *Invite) Resend(now time.Time, slot agency.Slot) {
	if i.At(now) == Expired {
		i.Tokens = nil
	}
	i.Resends = append(i.Resends, now)
	if len(i.Resends) > ResendsPerDay {
		i.Resends = i.Resends[len(i.Resends)-ResendsPerDay:]
	}
	if i.Status == Expired {
		i.EndedAt = time.Time{}
	}
	i.interrupt()
	i.Status = Pending
	until := i.ExpiresAt
	i.ExpiresAt = now.Add(Lifetime)
	n, _ := strconv.Atoi(i.Mail.Job[len(i.ID)+1:])
	i.Mail = Mail{Job: string(i.ID) + "." + strconv.Itoa(n+1), State: MailQueued, Due: now.Add(MailPatience), Slot: slot, Until: until}
	i.Note(Resent, now, "")
}

// Claim takes the mail job for one try, with the hash of the link that the mail will hold. It returns false when
// there is nothing to do: the job is done, is an older one, the invite is dead, another worker holds it, or its next
// try is not due.
func (i *Invite) Claim(now time.Time, job string, token secret.Hash) bool {
	m := &i.Mail
	if m.Job != job || i.At(now) == Expired || !i.Live() {
		return false
	}
	switch m.State {
	case MailQueued:
		if now.Before(m.Next) {
			return false
		}
	case MailClaimed:
		if now.Before(m.Due) {
			return false
		}
	default:
		return false
	}
	m.State, m.Due = MailClaimed, now.Add(MailLease)
	m.Tries++
	m.Fresh++
	i.Tokens = append(i.Tokens, token)
	return true
}

// Hold lengthens the lease of the worker that has just claimed the job.
func (i *Invite) Hold(now time.Time, lease time.Duration) { i.Mail.Due = now.Add(lease) }

// Holds tells whether the worker that claimed the job with this link may record what came of it: nobody has claimed
// the job after it, and it is not done.
func (i *Invite) Holds(job string, token secret.Hash) bool {
	return i.Mail.Job == job && i.Mail.State == MailClaimed && len(i.Tokens) > 0 && i.Tokens[len(i.Tokens)-1] == token
}

// MailSent records that SES has taken the mail, see MailSentBy.
func (i *Invite) MailSent(now time.Time) { i.MailSentBy(now, "") }

// MailSentBy records that the mail has gone out, and in words which way: links of earlier mails are superseded, those of this job's
// own earlier tries stay, since one of them may have gone out before a crash.
func (i *Invite) MailSentBy(now time.Time, way string) {
	i.Tokens = i.Tokens[len(i.Tokens)-i.Mail.Fresh:]
	i.Mail = Mail{Job: i.Mail.Job, State: MailDone}
	i.Status = Pending
	i.Note(Sent, now, way)
	i.settleSent()
}

// settleSent puts the newest Sent event before what SES has reported of the same mail already: its report may be faster
// than the worker's record of having sent it.
func (i *Invite) settleSent() {
	k := len(i.Timeline) - 1
	sent := i.Timeline[k]
	for k > 0 && slices.Contains([]EventName{Delivered, Delayed, Complained}, i.Timeline[k-1].Name) {
		i.Timeline[k] = i.Timeline[k-1]
		if i.Timeline[k].At.Before(sent.At) {
			sent.At = i.Timeline[k].At
		}
		k--
	}
	i.Timeline[k] = sent
}

// Reply is what becomes of an automatic reply.
type Reply int

// The outcomes: there is no delivered mail that it could answer, it is noted now, or was before.
const (
	ReplyToNothing Reply = iota
	ReplyNoted
	ReplyKnown
)

// AutoReply notes that an automatic reply came back to the newest mail, which stays delivered.
func (i *Invite) AutoReply(words string) Reply {
	for n := len(i.Timeline) - 1; n >= 0; n-- {
		switch e := &i.Timeline[n]; e.Name {
		case Delivered:
			if e.Detail == words {
				return ReplyKnown
			}
			e.Detail = words
			return ReplyNoted
		case Sent, Resent, Queued:
			return ReplyToNothing
		}
	}
	return ReplyToNothing
}

// Backoff is how long to wait after the given number of tries: 1 s, doubling, at most a minute. With MailTries it
// bridges an outage of about a minute.
func Backoff(tries int) time.Duration { return min(time.Second<<max(tries-1, 0), time.Minute) }

// RetryMail puts the job back for another try after a passing fault. It returns false when it was the last try.
func (i *Invite) RetryMail(now time.Time) bool {
	m := &i.Mail
	if m.Tries >= MailTries {
		return false
	}
	m.State, m.Next = MailQueued, now.Add(Backoff(m.Tries))
	m.Due = m.Next.Add(MailPatience)
	return true
}

// GoAround puts the job back at once, for the platform's sender, and says why the agency's own server does not send it. All tries are
// left for that.
func (i *Invite) GoAround(now time.Time, why string) {
	m := &i.Mail
	m.State, m.Tries, m.Next, m.Around = MailQueued, 0, time.Time{}, why
	m.Due = now.Add(MailPatience)
}

// MailSpent tells whether the job has used up its tries without any of them having come to an end, because each of
// their workers died.
func (i *Invite) MailSpent(now time.Time, job string) bool {
	m := &i.Mail
	if m.Job != job || m.Tries < MailTries {
		return false
	}
	// A queued job with all its tries can only come from Nudge: RetryMail makes none.
	return m.State == MailQueued || m.State == MailClaimed && !now.Before(m.Due)
}

// Nudge readies a job that nobody is working on to be put on its queue again, and says which job; "" when the job
// is in good hands. The next nudge is due a MailLease later, so that a queue that is merely long is not filled.
func (i *Invite) Nudge(now time.Time) string {
	m := &i.Mail
	if m.State != MailQueued && m.State != MailClaimed || now.Before(m.Due) {
		return ""
	}
	if m.State == MailQueued {
		m.Next = time.Time{}
	}
	m.Due = now.Add(MailLease)
	if m.State == MailClaimed {
		m.State = MailQueued
	}
	return m.Job
}

// Due is when somebody should look after the invite if nothing happens to it until then; zero when never.
func (i *Invite) Due() time.Time {
	switch {
	case i.Status == Scheduled:
		return i.SendAt
	case !i.Live():
		return time.Time{}
	case i.Mail.State == MailQueued || i.Mail.State == MailClaimed:
		return i.Mail.Due
	}
	if due := i.reminderDue(); !due.IsZero() && due.Before(i.ExpiresAt) {
		return due
	}
	return i.ExpiresAt
}

// MailFailed records that the mail cannot be sent, and why. A first mail takes its invite with it; a re-sent one
// leaves the invite, the links that were good before and their term; one of an expired invite leaves it expired. It
// returns the slot to give back.
func (i *Invite) MailFailed(now time.Time, reason string) agency.Slot {
	slot := i.Mail.Slot
	i.Reason = reason
	if i.Status == Sending {
		i.end(Failed, NotSent, now, reason)
		return slot
	}
	i.Tokens = i.Tokens[:len(i.Tokens)-i.Mail.Fresh]
	if !i.Mail.Until.IsZero() {
		i.ExpiresAt = i.Mail.Until
	}
	if len(i.Tokens) == 0 {
		i.end(Expired, NotSent, now, reason)
		return slot
	}
	i.Mail = Mail{Job: i.Mail.Job, State: MailDone}
	i.Note(NotSent, now, reason)
	return slot
}
