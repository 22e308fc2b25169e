package delivery

import (
	"context"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// welcome tells a person that it works at an agency from now on: claim, send, record, as for an invite. The mail has
// no secret in it, so one that comes twice does no harm.
func (w *Worker) welcome(ctx context.Context, j job.Mail) error {
	var m *agency.Member
	err := w.onNotice(ctx, j, func(x *agency.Member) bool {
		m = nil
		if !x.Notice.Claim(w.Now(), j.Job) {
			return false
		}
		m = x
		return true
	})
	if err != nil || m == nil {
		return err
	}
	sent := w.sendWelcome(ctx, j, m)

	var again time.Duration
	var next string
	err = w.onNotice(ctx, j, func(x *agency.Member) bool {
		again = 0
		if x.Notice.Job != j.Job || !x.Notice.Claimed {
			return false // the lease ran out and the next worker has it
		}
		if _, final := refusal(sent); sent == nil || final {
			x.Notice.Done()
		} else if wait, more := x.Notice.Retry(w.Now()); more {
			again, next = wait, x.Notice.Job
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("delivery: recording a welcome: %w", err)
	}
	if again > 0 {
		j.Job = next
		return w.Queue.Send(ctx, j.Encode(), again)
	}
	return nil
}

// sendWelcome composes the mail and sends it.
func (w *Worker) sendWelcome(ctx context.Context, j job.Mail, m *agency.Member) error {
	at, err := w.Store.Agency(ctx, j.Agency)
	if err != nil {
		return err
	}
	l := letter.Welcome(letter.WelcomeData{Held: at.NameHeld(at.Name, w.Platform) != "", AgencyName: at.Name, AgencyColor: at.Color,
		LogoURL: w.picture(at.LogoURL),
		Email:   string(m.Email),
		Owner:   m.Level == agency.Owner, Link: w.Origin + "/sign-in", Platform: w.Platform})
	_, err = w.Mailer.Send(ctx, Mail{FromName: w.sender(at, at.Name, words.English), From: w.From, To: m.Email, Letter: l,
		Tags: map[string]string{"kind": "member"}})
	return err
}

// onNotice changes the state of the member's mail; nothing is written when change says so, or the member is gone.
func (w *Worker) onNotice(ctx context.Context, j job.Mail, change func(*agency.Member) bool) error {
	return conflict.Retry(ctx, func() error {
		m, err := w.Store.Member(ctx, j.Agency, j.Member)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		before := m.Notice
		if !change(m) {
			return nil
		}
		return w.Store.SaveNotice(ctx, j.Agency, m, before)
	})
}
