package sweep

import (
	"context"
	"slices"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/notice"
)

// together is how many of an agency's notices are put into boxes at a time: with a box for each of its people they fit into one
// transaction.
const together = 50

// putIn puts notices of the agency into the boxes of those whom they are for. Of an agency that is suspended or closed nobody is
// told anything.
func (s *Sweep) putIn(ctx context.Context, which id.Agency) error {
	events, err := s.Store.Notices(ctx, which, together)
	if err != nil || len(events) == 0 { // one before it has done these, too
		return err
	}
	a, err := s.Store.Agency(ctx, which)
	if err != nil {
		return err
	}
	if a.Suspended {
		return s.Store.PutIn(ctx, which, events, nil)
	}
	people, err := s.Store.People(ctx, which)
	if err != nil {
		return err
	}
	now := s.Now()
	boxes := map[id.Member]*notice.Box{}
	var changed []*notice.Box
	for _, e := range events {
		all := e.For(people)
		e.Shared = len(all) > 1
		for _, who := range all {
			b := boxes[who]
			if b == nil {
				if b, err = s.Store.Box(ctx, which, who); err != nil {
					return err
				}
				boxes[who] = b
			}
			b.Zone = a.Zone
			if b.Put(e, now) && !slices.Contains(changed, b) {
				changed = append(changed, b)
			}
		}
	}
	return s.Store.PutIn(ctx, which, events, changed)
}

// digest has a mail sent that is due, or that nobody is working on.
func (s *Sweep) digest(ctx context.Context, d Due) error {
	b, err := s.Store.Box(ctx, d.Agency, d.Box)
	if err != nil {
		return err
	}
	now := s.Now()
	if b.Due.IsZero() || now.Before(b.Due) {
		return nil // the index lags a moment behind
	}
	next := b.Nudge(now)
	if err := s.Store.SaveBox(ctx, b); err != nil || next == "" {
		return err
	}
	return s.Mail.Send(ctx, job.Mail{Kind: job.Digest, Agency: d.Agency, Member: d.Box, Job: next}.Encode(), 0)
}
