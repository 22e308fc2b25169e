package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/receipt"
)

// digest mails a member what is in their box: claim, send, record, as for an invite. A worker that dies between SES's answer and
// the record leaves a claim with a lease, within which SES's own report of the mail records it, see [Feedback.Record]; so that
// nobody is told twice unless that is lost, too.
func (w *Worker) digest(ctx context.Context, j job.Mail) error {
	to, at, err := w.told(ctx, j)
	if err != nil || to == nil {
		return err
	}
	var b *notice.Box
	var stop string
	err = conflict.Retry(ctx, func() (err error) {
		if b, err = w.Store.Box(ctx, j.Agency, j.Member); err != nil {
			return err
		}
		if !b.Claim(w.Now(), j.Job) {
			b = nil
			return nil
		}
		if stop = ""; b.Optional() {
			stop, b.Links, _ = b.Links.With(b.Target(), w.Key)
		}
		return w.Store.SaveBox(ctx, b)
	})
	if err != nil || b == nil {
		return err
	}
	lines, err := w.lines(ctx, b, at, to)
	if err != nil {
		return w.again(ctx, j, err)
	}
	taken, more := len(b.Lines), b.More
	if len(lines) > 0 {
		wait, err := w.mayTell(ctx, b, at, to)
		if err != nil {
			return w.again(ctx, j, err)
		}
		if wait > 0 {
			return w.onBox(ctx, j, func(b *notice.Box) { b.Postpone(w.Now(), wait) })
		}
		l := letter.Digest(letter.DigestData{AgencyName: at.Name, Lines: lines, More: more, Link: w.Origin + "/clients",
			Stop: w.stopLink(stop), Platform: w.Platform})
		_, err = w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.as("updates"), To: to.Email, Letter: l,
			Unsubscribe: w.stopLink(stop),
			Tags: map[string]string{"kind": string(job.Digest), "agency": string(j.Agency), "member": string(j.Member), "job": j.Job,
				"user": string(id.UserOf(to.Email)), "lines": strconv.Itoa(taken), "more": strconv.Itoa(more)}})
		if _, final := refusal(err); err != nil && !final {
			return w.again(ctx, j, err)
		}
	}
	return w.onBox(ctx, j, func(b *notice.Box) { b.Sent(w.Now(), j.Job, taken, more) })
}

// told is the member whom the mail is for, and their agency; no member when nobody is to be told: what is in the box is forgotten
// then. What was in the box of a member who is gone waits for their agency's owners.
func (w *Worker) told(ctx context.Context, j job.Mail) (*agency.Member, *agency.Agency, error) {
	at, err := w.Store.Agency(ctx, j.Agency)
	if err != nil {
		return nil, nil, err
	}
	m, err := w.Store.Member(ctx, j.Agency, j.Member)
	gone := fault.Is(err, fault.NotFound)
	if err != nil && !gone {
		return nil, nil, err
	}
	stop := gone || at.Suspended
	if !stop {
		if stop, err = w.Store.Suppressed(ctx, j.Agency, id.UserOf(m.Email)); err != nil {
			return nil, nil, err
		}
	}
	if !stop {
		return m, at, nil
	}
	return nil, nil, conflict.Retry(ctx, func() error {
		b, err := w.Store.Box(ctx, j.Agency, j.Member)
		switch {
		case err != nil:
			return err
		case gone && at.Suspended:
			return w.Store.DropBox(ctx, b, nil)
		case gone:
			return w.Store.DropBox(ctx, b, b.Left())
		case b.Empty():
			return w.Store.SaveBox(ctx, b)
		}
		return nil
	})
}

// mayTell counts the mail among those that the person is sent, once for all tries. It returns how long to wait when a limit is used
// up.
func (w *Worker) mayTell(ctx context.Context, b *notice.Box, at *agency.Agency, to *agency.Member) (wait time.Duration, err error) {
	if b.Tries > 1 {
		return 0, nil
	}
	mail := allowance.Mail{Kind: allowance.Notice, Agency: at.ID, Tier: at.MailTier(w.Now()), To: id.UserOf(to.Email)}
	err = conflict.Retry(ctx, func() error {
		logs, err := w.Store.Mails(ctx, mail.Keys())
		if err != nil {
			return err
		}
		if logs, err = allowance.Take(logs, mail, w.Now()); err != nil {
			return err
		}
		return w.Store.CountMails(ctx, logs)
	})
	if f := fault.As(err); f != nil && f.Code == fault.RateLimited {
		return f.Retry, nil
	}
	return 0, err
}

// again has the mail tried once more after a while. The message is done with: the box has a due time.
func (w *Worker) again(ctx context.Context, j job.Mail, cause error) error {
	slog.WarnContext(ctx, "digest put back", "member", j.Member, "error", cause)
	return w.onBox(ctx, j, func(b *notice.Box) { b.Retry(w.Now()) })
}

// onBox changes the box while its job is the one that the worker has.
func (w *Worker) onBox(ctx context.Context, j job.Mail, change func(*notice.Box)) error {
	err := conflict.Retry(ctx, func() error {
		b, err := w.Store.Box(ctx, j.Agency, j.Member)
		if err != nil {
			return err
		}
		if b.Job != j.Job || !b.Claimed {
			return nil // the lease ran out and the next worker has it, or SES has told of it
		}
		change(b)
		return w.Store.SaveBox(ctx, b)
	})
	if err != nil {
		return fmt.Errorf("delivery: recording a digest: %w", err)
	}
	return nil
}

// lines are what there is to say of what is in the box. Clients are read as they are now: one that was erased is not told of, and
// neither is what has been overtaken, an invitation that ran out and was sent again for example. So is whom the mail goes to: what the
// member may not see any more was put there when the member could.
func (w *Worker) lines(ctx context.Context, b *notice.Box, at *agency.Agency, to *agency.Member) ([]letter.DigestLine, error) {
	var out []letter.DigestLine
	known := map[id.Ref]*client.Client{}
	for _, l := range b.Lines {
		if d, known := l.Kind.Find(); !known || !d.Tells(to) || !b.Choices.On(l.Kind) {
			continue
		}
		if l.Role != "" {
			line, err := w.roleLine(ctx, b.Agency, l, at)
			if err != nil {
				return nil, err
			}
			out = append(out, line...)
			continue
		}
		if len(l.Powers) > 0 {
			line, err := w.powerLines(ctx, b.Agency, l)
			if err != nil {
				return nil, err
			}
			out = append(out, line...)
			continue
		}
		if l.Client == "" { // it is of nobody in particular
			out = append(out, letter.DigestLine{Kind: l.Kind, Link: w.Origin + placeOf(l.Kind)})
			continue
		}
		ref := l.Client.Ref()
		c, read := known[ref]
		if !read {
			var err error
			if c, err = w.Store.Client(ctx, b.Agency, ref, true); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			} else if err != nil {
				c = nil
			}
			known[ref] = c
		}
		if c == nil || c.Erased() || c.ID != l.Client {
			continue
		}
		detail, quote, tell := about(l, c, w.Now(), at.Location())
		if tell {
			out = append(out, letter.DigestLine{Kind: l.Kind, Client: c.DisplayName(), Detail: detail, Quote: quote,
				Link: w.Origin + linkOf(l.Kind, c, at)})
		}
	}
	return out, nil
}

// roleLine is what there is to say of a role that expires soon; nothing when it is gone, was put off, or is off.
func (w *Worker) roleLine(ctx context.Context, which id.Agency, l notice.Line, at *agency.Agency) ([]letter.DigestLine, error) {
	r, err := w.Store.Role(ctx, which, l.Role)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || !r.Ending(w.Now()) {
		return nil, err
	}
	return []letter.DigestLine{{Kind: l.Kind, Client: r.Name,
		Detail: words.Say("notifications.ends_at", "moment", r.ExpiresAt.In(at.Location()).Format(moment)),
		Link:   w.Origin + "/client-portal/roles/" + string(r.ID)}}, nil
}

// placeOf is where is looked at what is of nobody in particular.
func placeOf(k notice.Kind) string {
	if k == notice.EndpointFailing || k == notice.EndpointDisabled {
		return "/settings/webhooks"
	}
	return "/client-portal/links"
}

// powerLines say which keys have used powerful scopes, a line for each key.
func (w *Worker) powerLines(ctx context.Context, which id.Agency, l notice.Line) ([]letter.DigestLine, error) {
	var out []letter.DigestLine
	at := map[id.Key]int{}
	for _, x := range l.Powers {
		if n, ok := at[x.Key]; ok {
			out[n].Detail += ", " + x.Scope
			continue
		}
		k, err := w.Store.APIKey(ctx, which, x.Key)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		at[x.Key] = len(out)
		out = append(out, letter.DigestLine{Kind: l.Kind, Client: k.Name, Detail: x.Scope, Link: w.Origin + "/activity?action=api_key"})
	}
	return out, nil
}

// linkOf is where the client is looked at for what the notice tells.
func linkOf(k notice.Kind, c *client.Client, at *agency.Agency) string {
	switch d, _ := k.Find(); {
	case !c.Listed: // nothing is left of whoever the first mail could not be sent to
		return "/clients"
	case d.Rights && at.MayPortal() == nil:
		return "/client-portal/users/" + string(c.ID)
	}
	return "/clients/" + string(c.ID)
}

// moment is how the end of an access is written, in the agency's time zone.
const moment = "2 January 2006, 15:04 MST"

// about is what there is to say besides, in our words or the client's own; false when the event is overtaken.
func about(l notice.Line, c *client.Client, now time.Time, zone *time.Location) (detail, quote string, tell bool) {
	same := c.Invite.ID == l.Invite
	switch l.Kind {
	case notice.Declined:
		if same && c.Invite.WasDeclined() {
			quote = c.Invite.Reason
		}
	case notice.Proposed:
		if same && c.Proposal != nil {
			detail = string(c.Proposal.Address)
		}
	case notice.Ending:
		detail = words.Say("notifications.ends_at", "moment", c.ExpiresAt.In(zone).Format(moment))
		return detail, "", c.Ending(now)
	case notice.Ended:
		detail = words.Say("notifications.ended_at", "moment", c.ExpiresAt.In(zone).Format(moment))
		return detail, "", c.Joined() && c.Lapsed(now)
	case notice.PayerRequested:
		return "", "", c.Change != nil && c.Change.State == client.ChangeProposed && c.Change.By == client.ByClient
	case notice.PayerAgreed, notice.PayerDeclined: // what the agency said itself it knows
		return "", "", c.Change != nil && c.Change.By == client.ByAgency
	case notice.PayerFailed:
		detail = receipt.ChangeReason(c)
	case notice.Expired:
		return "", "", same && c.Invite.Status == invite.Expired
	case notice.NotSent:
		if same {
			detail = strings.TrimSuffix(c.Invite.Reason, ".")
		}
	case notice.Bounced:
		if same && c.Invite.Status == invite.Failed {
			detail = c.Invite.Reason
		}
	}
	return detail, quote, true
}
