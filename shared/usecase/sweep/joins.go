package sweep

import (
	"context"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/notice"
)

// asked has the administrators of an agency told of who has asked to join since they were told last, if anybody waits still.
func (s *Sweep) asked(ctx context.Context, which id.Agency) error {
	l, err := s.Store.Ledger(ctx, which)
	if err != nil {
		return err
	}
	n, err := s.Store.Waiting(ctx, which)
	if err != nil {
		return err
	}
	now := s.Now()
	tell, changed := l.Tell(now, n > 0)
	if !changed {
		return nil
	}
	var event *notice.Event
	if tell {
		event = &notice.Event{ID: id.New[id.Event](id.EventPrefix, now), Kind: notice.JoinRequested}
	}
	return s.Store.SaveLedger(ctx, l, event)
}

// approved has the mail sent by which somebody hears of having been let in, and which nobody is working on.
func (s *Sweep) approved(ctx context.Context, d Due) error {
	r, err := s.Store.JoinRequest(ctx, d.Agency, d.Request)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := r.Mail
	next := r.Mail.Nudge(s.Now())
	if r.Mail == before {
		return nil // the index lags a moment behind
	}
	if err := s.Store.SaveJoinRequest(ctx, r, nil); err != nil || next == "" {
		return err
	}
	return s.Mail.Send(ctx, job.Mail{Kind: job.Approved, Agency: d.Agency, Item: string(r.ID), Job: next}.Encode(), 0)
}
