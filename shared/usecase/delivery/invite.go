package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// giveUp is what the sender of an invite reads when SES did not take its mail in all the tries there are.
func giveUp() string { return words.Say("delivery.gave_up") }

// errHeld says that another worker has the job: the message comes back later, in case that worker dies.
var errHeld = errors.New("delivery: another worker is at it")

// invite mails the invite's current job. Claim, send, record: a crash between any two leaves a claim with a lease,
// after which the sweep has the job done again; the links of both tries then work, since both mails may be out.
func (w *Worker) invite(ctx context.Context, m job.Mail) error {
	at, out, err := w.outgoing(ctx, m.Agency)
	if fault.Is(err, fault.NotFound) { // the agency is gone, and all of its invites
		return nil
	}
	if err != nil {
		return err
	}
	c, token, err := w.claim(ctx, m, &out)
	if err != nil || c == nil {
		return err
	}
	messageID, err := w.sendInvite(ctx, c, at, out, token)
	if r := (*Refusal)(nil); errors.As(err, &r) && r.Sender && out.Way == sender.ByDomain {
		// SES does not take the domain, whatever we have stored: the mail goes out all the same.
		astray(ctx, m.Agency, out, err)
		c.Invite.Mail.Around, out = r.Reason, platformOnly(out, r.Reason)
		messageID, err = w.sendInvite(ctx, c, at, out, token)
	}
	try := attempt{job: m, at: at, token: token, out: out, messageID: messageID, sent: err, around: c.Invite.Mail.Around}
	if err := w.record(ctx, try); err != nil {
		return err
	}
	w.judged(ctx, m.Agency, out, try.sent, c.Invite.Mail.Tries)
	return nil
}

// attempt is one try of an invite's mail, and what came of it.
type attempt struct {
	job       job.Mail
	at        *agency.Agency
	token     string
	out       sender.Outgoing
	around    string // why the platform's sender was used in the place of the agency's own
	messageID string
	sent      error
}

// claim takes the job and makes the link's token, of which only the hash is stored. It returns no client when there
// is nothing to do, or another worker has to. What the mail goes out as changes where it has to go around the agency's own server.
func (w *Worker) claim(ctx context.Context, m job.Mail, out *sender.Outgoing) (*client.Client, string, error) {
	var c *client.Client
	var token string
	err := conflict.Retry(ctx, func() (err error) {
		c, err = w.Store.Client(ctx, m.Agency, m.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) {
			c = nil
			return nil
		}
		if err != nil {
			return err
		}
		now := w.Now()
		if c.Invite.Mail.Around != "" {
			*out = platformOnly(*out, c.Invite.Mail.Around)
		}
		if q := w.elsewhere(out.Way); q != nil {
			c = nil
			return q.Send(ctx, m.Encode(), 0)
		}
		if c.Invite.MailSpent(now, m.Job) {
			err := w.fail(ctx, c, giveUp())
			c = nil
			return err
		}
		token = link.New(m.Agency, m.Client.Ref())
		if !c.Invite.Claim(now, m.Job, secret.HashOf(token)) {
			held := c.Invite.Mail.Job == m.Job && c.Invite.Live() && c.Invite.Mail.State == invite.MailClaimed
			c = nil
			if held {
				return errHeld
			}
			return nil
		}
		if out.Way == sender.ByOwnServer {
			c.Invite.Hold(now, invite.OwnServerLease)
		}
		return w.Store.Commit(ctx, m.Agency, client.Change{Client: c})
	})
	if err != nil {
		return nil, "", err
	}
	return c, token, nil
}

// sendInvite checks what can be known before, composes the mail and sends it.
func (w *Worker) sendInvite(ctx context.Context, c *client.Client, from *agency.Agency, out sender.Outgoing, token string) (string, error) {
	if from.Suspended {
		return "", &Refusal{Reason: words.Say("delivery.suspended")}
	}
	inviter, err := w.Store.Member(ctx, c.Agency, c.Invite.From.Member)
	if fault.Is(err, fault.NotFound) {
		return "", &Refusal{Reason: words.Say("delivery.inviter_gone")}
	}
	if err != nil {
		return "", err
	}
	if err := w.mayMail(ctx, c); err != nil {
		return "", err
	}
	i, l := c.Invite, c.Reads(from)
	opens := make([]letter.Access, len(i.Grants))
	for n, g := range i.Grants {
		opens[n] = letter.Access{Name: g.Name, Rights: l.Say("mail.read")}
		if g.Access == instance.Write {
			opens[n].Rights = l.Say("mail.write")
		}
	}
	var buys []string
	price := ""
	if deal := i.Contract; deal != nil {
		for _, line := range deal.Lines {
			buys = append(buys, line.In(l))
		}
		month, err := deal.Sum(payment.Month)
		if err != nil {
			return "", err
		}
		year, err := deal.Sum(payment.Year)
		if err != nil {
			return "", err
		}
		price = l.Say("mail.order_price", "month", month.Total, "year", year.Total)
		if note := deal.Tax.In(l); note != "" {
			price += ", " + note
		}
	}
	held := from.NameHeld(i.From.AgencyName, w.Platform) + from.NameHeld(i.From.Name, w.Platform) // the inviter's is in the subject, too
	mailed := letter.Invitation(letter.InvitationData{Held: held != "", Language: l,
		AgencyName: i.From.AgencyName, AgencyColor: i.From.Color, LogoURL: w.picture(i.From.LogoURL),
		Inviter: i.From.Name, ClientName: c.Name, Message: i.Message, Opens: opens, Buys: buys, Price: price,
		Link: w.link(token), ExpiresAt: i.ExpiresAt.In(c.Location(from)), Platform: w.Platform,
	})
	mail := Mail{ReplyTo: string(inviter.Email), To: c.Email, Letter: mailed,
		Tags: map[string]string{"kind": "invite", "agency": string(c.Agency), "client": string(c.ID), "invite": string(i.ID)}}
	w.sign(&mail, from, out, i.From.AgencyName, i.Mail.Job)
	return w.hand(ctx, out, mail)
}

// mayMail asks the suppression lists and the recipient's domain, before SES is asked to spend our
// reputation on an address that cannot or must not be reached.
func (w *Worker) mayMail(ctx context.Context, c *client.Client) error {
	user := id.UserOf(c.Email)
	if no, err := w.Store.Suppressed(ctx, c.Agency, user); err != nil {
		return err
	} else if no {
		return &Refusal{Reason: words.Say("delivery.suppressed")}
	}
	// SES's own suppression list is not asked: GetSuppressedDestination takes no resource, so it would need a wildcard
	// in the worker's role, and SES consults the list itself and reports a bounce within moments.
	err := w.Domains.TakesMail(ctx, c.Email.Domain())
	if _, final := refusal(err); final { // not to know is no reason not to try: SES looks it up again
		return err
	}
	return nil
}

// record writes down what came of a try: sent, to be tried again, to go around the agency's own server, or failed for good.
func (w *Worker) record(ctx context.Context, try attempt) error {
	hash := secret.HashOf(try.token)
	var again time.Duration
	pending := false
	err := conflict.Retry(ctx, func() error {
		again, pending = 0, false
		c, err := w.Store.Client(ctx, try.job.Agency, try.job.Client.Ref(), true)
		if err != nil {
			return err
		}
		if !c.Invite.Holds(try.job.Job, hash) {
			return nil // cancelled, or the lease ran out and the next worker has it
		}
		now := w.Now()
		if said, out := gone(try); out {
			c.Invite.MailSentBy(now, said)
			c.Invite.PlanReminders(now, try.at.Reminders, c.Location(try.at))
			wish, err := w.Store.Wish(ctx, try.job.Agency, id.UserOf(c.Email)) // of an earlier invitation, maybe
			if err != nil {
				return err
			}
			c.Unreminded = !wish.OffAt.IsZero()
			return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c, Count: w.counted(try.out),
				Audit: []audit.Entry{w.row(c, audit.InviteSent, try.messageID)}})
		}
		if mayRetry(try.sent, c.Invite.Mail.Tries) && c.Invite.RetryMail(now) {
			again, pending = c.Invite.Mail.Next.Sub(now), true
			return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c})
		}
		if why, ok := detour(try); ok {
			c.Invite.GoAround(now, why)
			pending = true
			return w.Store.Commit(ctx, try.job.Agency, client.Change{Client: c})
		}
		if reason, final := refusal(try.sent); final {
			return w.fail(ctx, c, reason)
		}
		return w.fail(ctx, c, giveUp())
	})
	if err != nil {
		return fmt.Errorf("delivery: recording: %w", err)
	}
	if pending {
		// A message of its own, rather than this one's return, makes the wait exact; should it be lost, the sweep
		// finds the job by its due time.
		return w.Queue.Send(ctx, try.job.Encode(), again)
	}
	return nil
}

// gone tells whether the mail has gone out, as far as anybody can tell, and which way. Where a server's answer was lost it may have:
// then it is not sent again, and its link holds.
func gone(try attempt) (said string, out bool) {
	if try.sent == nil {
		return way(try.out, try.around), true
	}
	var f *mailserver.Failure
	if errors.As(try.sent, &f) && f.Kind == mailserver.Unknown {
		return f.What + " " + f.Do, true
	}
	return "", false
}

// mayRetry tells whether the mail is worth another try the same way.
func mayRetry(sent error, tries int) bool {
	var f *mailserver.Failure
	if errors.As(sent, &f) {
		return f.Again(tries)
	}
	_, final := refusal(sent)
	return !final
}

// detour tells whether the platform's sender carries the mail in the place of the agency's own, and why.
func detour(try attempt) (why string, ok bool) {
	var f *mailserver.Failure
	switch {
	case try.out.Way == sender.ByPlatform:
		return "", false
	case errors.As(try.sent, &f):
		return f.Reason(), f.OfServer()
	}
	reason, final := refusal(try.sent)
	if final && !around(try.sent) {
		return "", false
	}
	return cmp.Or(reason, giveUp()), true
}

// fail records that the job's mail cannot be sent: a first mail's invite is rolled back, and the hour's slot is
// free again.
func (w *Worker) fail(ctx context.Context, c *client.Client, reason string) error {
	// It was counted when it was asked for. Nobody has got it, so it counts no more.
	mail := allowance.Mail{Kind: allowance.Invite, Agency: c.Agency, Actor: c.Invite.From.Member, To: id.UserOf(c.Email)}
	logs, err := w.Store.Mails(ctx, mail.Keys())
	if err != nil {
		return err
	}
	slot := c.Invite.MailFailed(w.Now(), reason)
	if c.Invite.Status == invite.Failed {
		c.RollBack()
	}
	// The reason may name the address: it stays on the invite alone.
	return w.Store.Commit(ctx, c.Agency, client.Change{Client: c, Return: &slot, Mails: allowance.GiveBack(logs, mail),
		Audit: []audit.Entry{w.row(c, audit.InviteFailed, "")}})
}

// row is a row of the log about the invite.
func (w *Worker) row(c *client.Client, action audit.Action, detail string) audit.Entry {
	e := w.note(action, string(c.Invite.ID))
	e.Detail = detail
	return e
}
