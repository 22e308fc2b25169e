package delivery

import (
	"context"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/view/letter"
)

// approved tells a person that the agency lets it in, which it has asked for by a link: claim, send, record, as for an invite. The mail
// goes out in the agency's name and has no secret in it, so one that comes twice does no harm.
func (w *Worker) approved(ctx context.Context, j job.Mail) error {
	at, out, err := w.outgoing(ctx, j.Agency)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if j.Around {
		out = platformOnly(out, "")
	}
	if q := w.elsewhere(out.Way); q != nil {
		return q.Send(ctx, j.Encode(), 0)
	}
	var r *sharelink.Request
	err = w.onRequest(ctx, j, func(x *sharelink.Request) (bool, *audit.Entry) {
		r = nil
		if !x.Mail.Claim(w.Now(), j.Job) {
			return false, nil
		}
		r = x
		return true, nil
	})
	if err != nil || r == nil {
		return err
	}
	told, sent := w.sendApproval(ctx, at, out, r)
	if sent != nil && out.Way != sender.ByPlatform && around(sent) {
		j.Around = true
	}
	return w.recordApproval(ctx, j, told, sent)
}

// recordApproval writes down what came of a try: that the client was told, where it was, or when the mail is tried again.
func (w *Worker) recordApproval(ctx context.Context, j job.Mail, told *client.Client, sent error) error {
	var again time.Duration
	next := ""
	err := w.onRequest(ctx, j, func(x *sharelink.Request) (bool, *audit.Entry) {
		again, next = 0, ""
		if x.Mail.Job != j.Job || !x.Mail.Claimed {
			return false, nil // the lease ran out and the next worker has it
		}
		if _, final := refusal(sent); sent == nil || final && !j.Around {
			x.Mail.Done()
			if sent == nil && told != nil {
				row := w.note(audit.JoinTold, string(told.ID))
				return true, &row
			}
		} else if wait, more := x.Mail.Retry(w.Now()); more {
			again, next = wait, x.Mail.Job
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("delivery: recording an approval: %w", err)
	}
	if next == "" {
		return nil
	}
	if j.Job = next; j.Around {
		again = 0
	}
	return w.Queue.Send(ctx, j.Encode(), again)
}

// sendApproval composes the mail and sends it. It returns nobody where nobody is to be told any more: who is gone again, or must not
// be mailed, and an agency that is suspended.
func (w *Worker) sendApproval(ctx context.Context, at *agency.Agency, out sender.Outgoing, r *sharelink.Request) (*client.Client, error) {
	c, err := w.Store.Client(ctx, r.Agency, r.Client.Ref(), true)
	if fault.Is(err, fault.NotFound) || err == nil && (c.Erased() || c.ID != r.Client || !c.Joined() || at.Suspended) {
		return nil, nil //nolint:nilnil // nobody is there
	}
	if err != nil {
		return nil, err
	}
	if no, err := w.Store.Suppressed(ctx, r.Agency, id.UserOf(c.Email)); err != nil || no {
		return nil, err
	}
	l := letter.Approved(letter.ApprovedData{Held: at.NameHeld(at.Name, w.Platform) != "", AgencyName: at.Name, AgencyColor: at.Color,
		LogoURL: w.picture(at.LogoURL), Email: string(c.Email), Link: w.Origin + "/portal?agency=" + string(r.Agency),
		Platform: w.Platform, Language: c.Reads(at)})
	m := Mail{To: c.Email, Letter: l, Tags: map[string]string{"kind": string(job.Approved)}}
	w.sign(&m, at, out, at.Name, string(r.ID))
	_, err = w.hand(ctx, out, m)
	astray(ctx, r.Agency, out, err)
	w.judged(ctx, r.Agency, out, err, r.Mail.Tries)
	return c, err
}

// onRequest changes the request whose approval the job tells of, with a row of the log; nothing is written when change says so, or the
// request is gone.
func (w *Worker) onRequest(ctx context.Context, j job.Mail, change func(*sharelink.Request) (bool, *audit.Entry)) error {
	return conflict.Retry(ctx, func() error {
		r, err := w.Store.JoinRequest(ctx, j.Agency, id.JoinRequest(j.Item).Ref())
		if fault.Is(err, fault.NotFound) || err == nil && string(r.ID) != j.Item {
			return nil
		}
		if err != nil {
			return err
		}
		changed, row := change(r)
		if !changed {
			return nil
		}
		return w.Store.SaveJoinRequest(ctx, r, row)
	})
}
