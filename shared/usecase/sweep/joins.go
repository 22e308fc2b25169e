package sweep

import (
	"context"

	"latchkey.dev/shared/domain/id"
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
