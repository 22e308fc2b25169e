package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// reminded is a reminder that a worker has claimed.
type reminded struct {
	client *client.Client
	by     *agency.Member // who has invited
	token  string         // of its link
	stop   string         // of the link by which its recipient stops reminders
}

// reminder reminds somebody of an invitation: claim, send, record, as for the invitation itself. All that speaks for it and against it
// is read anew (R3).
func (w *Worker) reminder(ctx context.Context, m job.Mail) error {
	at, out, err := w.outgoing(ctx, m.Agency)
	if fault.Is(err, fault.NotFound) { // the agency is gone, and all of its invites
		return nil
	}
	if err != nil {
		return err
	}
	x, err := w.claimReminder(ctx, m, at, &out)
	if err != nil || x == nil {
		return err
	}
	messageID, err := w.sendReminder(ctx, x, at, out, m.Job)
	if r := (*Refusal)(nil); errors.As(err, &r) && r.Sender && out.Way == sender.ByDomain {
		astray(ctx, m.Agency, out, err)
		x.client.Invite.Reminders.Around, out = r.Reason, platformOnly(out, r.Reason)
		messageID, err = w.sendReminder(ctx, x, at, out, m.Job)
	}
	try := attempt{job: m, at: at, token: x.token, out: out, messageID: messageID, sent: err, around: x.client.Invite.Reminders.Around}
	if err := w.recordReminder(ctx, try); err != nil {
		return err
	}
	w.judged(ctx, m.Agency, out, try.sent, x.client.Invite.Reminders.Tries)
	return nil
}

// claimReminder takes the job, and makes its links. It returns nothing when there is nothing to do, or another worker has to.
func (w *Worker) claimReminder(ctx context.Context, m job.Mail, at *agency.Agency, out *sender.Outgoing) (*reminded, error) {
	var x *reminded
	err := conflict.Retry(ctx, func() error {
		x = nil
		c, err := w.Store.Client(ctx, m.Agency, m.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		now := w.Now()
		if err != nil || c.Erased() || !c.Invite.ReminderWaits(now, m.Job) {
			return err
		}
		if c.Invite.Reminders.Around != "" {
			*out = platformOnly(*out, c.Invite.Reminders.Around)
		}
		if q := w.elsewhere(out.Way); q != nil {
			return q.Send(ctx, m.Encode(), 0)
		}
		wish, err := w.Store.Wish(ctx, m.Agency, id.UserOf(c.Email))
		if err != nil {
			return err
		}
		c.Unreminded = !wish.OffAt.IsZero()
		by, err := w.Store.Member(ctx, m.Agency, c.Invite.From.Member)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		stop, why, err := w.hindered(ctx, c, at, wish, err == nil)
		if err != nil {
			return err
		}
		if why != "" {
			c.Invite.LeaveOut(now, why)
			if stop {
				c.Invite.StopReminders()
			}
			return w.Store.Commit(ctx, m.Agency, client.Change{Client: c})
		}
		if !c.Invite.ReminderFits(now, at.Reminders, c.Location(at)) {
			c.Invite.PostponeReminder(now, now, at.Reminders, c.Location(at))
			return w.Store.Commit(ctx, m.Agency, client.Change{Client: c})
		}
		var logs []allowance.Log
		if c.Invite.Reminders.Tries == 0 { // it is counted once for all tries
			mail := allowance.Mail{Kind: allowance.Reminder, Agency: at.ID, Tier: at.MailTier(now), To: id.UserOf(c.Email)}
			if logs, err = w.Store.Mails(ctx, mail.Keys()); err != nil {
				return err
			}
			logs, err = allowance.Take(logs, mail, now)
			if f := fault.As(err); f != nil && f.Code == fault.RateLimited {
				c.Invite.PostponeReminder(now, now.Add(f.Retry), at.Reminders, c.Location(at))
				return w.Store.Commit(ctx, m.Agency, client.Change{Client: c})
			}
			if err != nil {
				return err
			}
		}
		made := &reminded{client: c, by: by, token: link.New(m.Agency, m.Client.Ref())}
		change := client.Change{Client: c, Mails: logs, Wish: wish}
		made.stop, wish.Links, _ = wish.Links.With(wish.Target(), w.Key)
		wish.MailAt, wish.Client = now.Truncate(time.Millisecond), c.ID
		lease := invite.ReminderLease
		if out.Way == sender.ByOwnServer {
			lease = invite.OwnServerLease
		}
		c.Invite.ClaimReminder(now, m.Job, secret.HashOf(made.token), lease)
		if err := w.Store.Commit(ctx, m.Agency, change); err != nil {
			return err
		}
		x = made
		return nil
	})
	return x, err
}

// hindered is why no reminder goes out, and whether that holds for all that are still to come; "" while nothing speaks against it.
func (w *Worker) hindered(
	ctx context.Context, c *client.Client, at *agency.Agency, wish *unsubscribe.Wish, inviter bool,
) (stop bool, why string, err error) {
	switch {
	case at.MayInvite() != nil:
		return true, fault.As(at.MayInvite()).Message, nil //nolint:nilerr // it is the reason
	case at.Reminders.Off:
		return true, words.Say("reminders.switched_off"), nil
	case c.Invite.Reminders.Off:
		return true, words.Say("reminders.switched_off_here"), nil
	case !wish.OffAt.IsZero():
		return false, words.Say("reminders.unsubscribed"), nil // who wants them again gets the next
	case !inviter:
		return true, words.Say("delivery.inviter_gone"), nil
	}
	no, err := w.Store.Suppressed(ctx, c.Agency, id.UserOf(c.Email))
	if err != nil || !no {
		return false, "", err
	}
	return true, words.Say("delivery.suppressed"), nil
}

// sendReminder composes the mail and sends it.
func (w *Worker) sendReminder(ctx context.Context, x *reminded, from *agency.Agency, out sender.Outgoing, jobID string) (string, error) {
	c, i := x.client, x.client.Invite
	err := w.Domains.TakesMail(ctx, c.Email.Domain())
	if _, final := refusal(err); final {
		return "", err
	}
	held := from.NameHeld(i.From.AgencyName, w.Platform) + from.NameHeld(i.From.Name, w.Platform)
	l := letter.Reminder(letter.ReminderData{Held: held != "", AgencyName: i.From.AgencyName, AgencyColor: i.From.Color,
		LogoURL: w.picture(i.From.LogoURL), Inviter: i.From.Name, ClientName: c.Name, Link: w.link(x.token),
		Ends: i.ExpiresAt.In(c.Location(from)), Stop: w.stopLink(x.stop), Platform: w.Platform, Language: c.Reads(from)})
	mail := Mail{ReplyTo: string(x.by.Email), To: c.Email, Letter: l, Unsubscribe: w.stopLink(x.stop),
		Tags: map[string]string{"kind": string(job.Reminder), "agency": string(c.Agency), "client": string(c.ID), "invite": string(i.ID),
			"job": jobID}}
	w.sign(&mail, from, out, i.From.AgencyName, jobID)
	if out.Way == sender.ByPlatform { // what people may stop has a sender of its own, so that filters know the two apart
		mail.From = w.as("reminders")
	}
	return w.hand(ctx, out, mail)
}

// as is the platform's sending address with another name before the @.
func (w *Worker) as(name string) string { return name + w.From[strings.LastIndexByte(w.From, '@'):] }

// stopLink is the address at which the holder of a mail stops its like; "" for a mail without such a link.
func (w *Worker) stopLink(token string) string {
	if token == "" {
		return ""
	}
	return w.Origin + unsubscribe.Prefix + url.PathEscape(token)
}

// recordReminder writes down what came of a try.
func (w *Worker) recordReminder(ctx context.Context, try attempt) error {
	hash := secret.HashOf(try.token)
	var again time.Duration
	pending := false
	err := conflict.Retry(ctx, func() error {
		again, pending = 0, false
		c, err := w.Store.Client(ctx, try.job.Agency, try.job.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !c.Invite.HoldsReminder(try.job.Job, hash) {
			return nil // accepted, cancelled, sent again, or the lease ran out and the next worker has it
		}
		now := w.Now()
		if said, out := gone(try); out {
			c.Invite.ReminderSent(now, said, try.at.Reminders, c.Location(try.at))
			return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c, Count: w.counted(try.out),
				Audit: []audit.Entry{w.row(c, audit.ReminderSent, try.messageID)}})
		}
		if mayRetry(try.sent, c.Invite.Reminders.Tries) {
			if again, pending = c.Invite.RetryReminder(now); pending {
				return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c})
			}
		}
		if why, ok := detour(try); ok {
			c.Invite.ReminderAround(now, why)
			pending = true
			return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c})
		}
		reason, final := refusal(try.sent)
		if f := (*mailserver.Failure)(nil); !final && errors.As(try.sent, &f) {
			reason, final = f.Reason(), true
		}
		if !final {
			reason = giveUp()
		}
		c.Invite.LeaveOut(now, reason)
		return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c})
	})
	if err != nil {
		return fmt.Errorf("delivery: recording a reminder: %w", err)
	}
	if pending {
		return w.Queue.Send(ctx, try.job.Encode(), again)
	}
	return nil
}
