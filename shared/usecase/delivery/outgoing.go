package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
)

// outgoing is the agency, and what its mail goes out as. Both are read where they are stored, at the moment of sending: nothing of a
// request, of a job or of an invite decides about From (T4).
func (w *Worker) outgoing(ctx context.Context, which id.Agency) (*agency.Agency, sender.Outgoing, error) {
	a, settings, on, err := w.Store.Sender(ctx, which)
	if err != nil {
		return nil, sender.Outgoing{}, err
	}
	return a, w.admitted(sender.OutgoingFor(a, settings, on)), nil
}

// admitted is the outgoing, or the platform's where the agency's tenant may not send from the domain yet.
func (w *Worker) admitted(out sender.Outgoing) sender.Outgoing {
	if w.Tenants && out.Way == sender.ByDomain && !out.Tenant {
		return platformOnly(out, words.Say("sender.unused_waiting"))
	}
	return out
}

// elsewhere is the queue of the worker that can send so; nil where this one can.
func (w *Worker) elsewhere(way sender.Way) Queue {
	switch {
	case way == sender.ByOwnServer && w.Through == nil:
		return w.Relay
	case way != sender.ByOwnServer && w.Mailer == nil:
		return w.Queue
	}
	return nil
}

// platformOnly is the outgoing in the place of one that does not do, and why.
func platformOnly(out sender.Outgoing, why string) sender.Outgoing {
	return sender.Outgoing{Way: sender.ByPlatform, Name: out.Name, ReplyTo: out.ReplyTo, Why: why}
}

// sign writes who the mail is from. The name is what the agency is called where the platform sends.
func (w *Worker) sign(m *Mail, a *agency.Agency, out sender.Outgoing, name, jobID string) {
	m.FromName, m.From, m.ReplyTo = w.sender(a, name, m.Letter.Language), w.From, cmp.Or(string(out.ReplyTo), m.ReplyTo)
	if out.Way == sender.ByPlatform {
		return
	}
	if m.FromName = out.Name; a.NameHeld(out.Name, w.Platform) != "" {
		m.FromName = out.Domain.Shown()
	}
	m.From = string(out.Address)
	m.Tags["domain"] = string(out.ID)
	switch {
	case out.Way == sender.ByOwnServer && jobID != "":
		m.MessageID = jobID + "@" + string(out.Domain) // which a later try keeps, so that a mail that went out twice is seen once
	case out.Tenant:
		m.Tenant = a.ID
	}
}

// hand gives the mail to whoever sends it.
func (w *Worker) hand(ctx context.Context, out sender.Outgoing, m Mail) (string, error) {
	if out.Way != sender.ByOwnServer {
		return w.Mailer.Send(ctx, m)
	}
	password, err := w.Keys.Open(out.Own.Password, out.Place)
	if err != nil {
		// Whoever runs the platform has to mend that, or the agency to type it anew. The mail goes around meanwhile.
		return "", &Refusal{Reason: words.Say("delivery.password_lost"), Sender: true}
	}
	return w.Through(out.Own.Server, password).Send(ctx, m)
}

// send sends a mail of which no record is kept, by the platform's sender where the agency's own is refused. It returns no error where
// nobody is there to be told.
func (w *Worker) send(ctx context.Context, j job.Mail, a *agency.Agency, out sender.Outgoing, name string, m Mail) error {
	if j.Around {
		out = platformOnly(out, "")
	}
	if q := w.elsewhere(out.Way); q != nil {
		return q.Send(ctx, j.Encode(), 0)
	}
	w.sign(&m, a, out, name, "")
	_, err := w.hand(ctx, out, m)
	astray(ctx, j.Agency, out, err)
	w.judged(ctx, j.Agency, out, err, 0)
	if out.Way != sender.ByPlatform && around(err) {
		if j.Around = true; w.Mailer == nil {
			return w.Queue.Send(ctx, j.Encode(), 0)
		}
		return w.send(ctx, j, a, platformOnly(out, ""), name, m)
	}
	if _, final := refusal(err); final {
		return nil
	}
	return err
}

// Alert is the key of log lines that an alarm counts; infra/ops/RUNBOOK.md says what each value means.
const Alert = "alert"

// astray tells the operator where SES does not take a domain that we have stored as verified.
func astray(ctx context.Context, which id.Agency, out sender.Outgoing, err error) {
	var r *Refusal
	if out.Way == sender.ByDomain && errors.As(err, &r) && r.Sender {
		slog.ErrorContext(ctx, "the mail service refuses an agency's domain", Alert, "sender_refused", "agency", which, "domain", out.ID)
	}
}

// around tells whether the platform's sender may carry what the agency's own could not: a mail that has surely not gone out, for a
// reason that is not the recipient's.
func around(err error) bool {
	var f *mailserver.Failure
	if errors.As(err, &f) {
		return f.OfServer()
	}
	var r *Refusal
	return errors.As(err, &r) && r.Sender
}

// way says in words which way a mail has gone out, for the timeline; "" for the platform's sender of an agency that has no other.
func way(out sender.Outgoing, instead string) string {
	from := string(out.Address)
	switch {
	case instead != "":
		return words.Say("delivery.way_around", "why", instead)
	case out.Way == sender.ByDomain:
		return words.Say("delivery.way_domain", "from", from)
	case out.Way == sender.ByOwnServer:
		return words.Say("delivery.way_server", "from", from, "host", out.Own.Host)
	case out.Why != "":
		return words.Say("delivery.way_platform", "why", out.Why)
	}
	return ""
}

// counted is one mail more of the domain; nil where the platform's sender was used.
func (w *Worker) counted(out sender.Outgoing) *client.Count {
	if out.ID == "" {
		return nil
	}
	return &client.Count{Domain: out.ID, Fates: []client.Fate{client.WasSent}, At: w.Now()}
}

// judged notes how the agency's own server has done with a mail that is not tried the same way again after so many tries. The mail
// itself has been recorded by then: what goes wrong here is logged, and the next mail counts anew.
func (w *Worker) judged(ctx context.Context, which id.Agency, out sender.Outgoing, sent error, tries int) {
	var f *mailserver.Failure
	failed := errors.As(sent, &f)
	refused := failed && f.Counts() && !f.Again(tries)
	works := sent == nil || failed && !f.OfServer() && f.Kind != mailserver.Unknown // it has let us in, and spoken of the mail
	if out.Way != sender.ByOwnServer || !refused && (!works || out.Own.Refusals == 0) {
		return
	}
	off := false
	err := conflict.Retry(ctx, func() error {
		off = false
		c, err := w.Store.Claim(ctx, which, out.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.Own == nil || !c.Own.SetAt.Equal(out.Own.SetAt) {
			return nil // another server by now
		}
		var rows []audit.Entry
		if refused {
			if off = c.Own.Refused(f.Reason(), w.Now()); off {
				rows = []audit.Entry{w.note(audit.SMTPRefused, string(c.ID))}
			}
		} else {
			c.Own.Works(false)
		}
		return w.Store.SaveClaim(ctx, c, rows)
	})
	if err == nil && off {
		err = w.offTold(ctx, which, out.ID)
	}
	if err != nil {
		slog.WarnContext(ctx, "own server not judged", "agency", which, "error", fmt.Errorf("delivery: %w", err))
	}
}

// offTold has the owners told that their server is off. Should this be cut short, whoever looks after the claim tells them.
func (w *Worker) offTold(ctx context.Context, which id.Agency, claim id.SenderDomain) error {
	err := w.Queue.Send(ctx, job.Mail{Kind: job.News, Agency: which, Item: string(claim), Job: job.ServerOff}.Encode(), 0)
	if err != nil {
		return err
	}
	return conflict.Retry(ctx, func() error {
		c, err := w.Store.Claim(ctx, which, claim)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || c.Own == nil || c.Own.TellAt.IsZero() {
			return err
		}
		c.Own.TellAt = time.Time{}
		return w.Store.SaveClaim(ctx, c, nil)
	})
}

// note is a row of the log by the platform itself.
func (w *Worker) note(what audit.Action, subject string) audit.Entry {
	now := w.Now()
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: what, Subject: subject}
}
