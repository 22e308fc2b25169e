package sweep

import (
	"context"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
)

// powers has owners told of what API keys have used of powerful scopes since they were told last.
func (s *Sweep) powers(ctx context.Context, which id.Agency) error {
	p, err := s.Store.UntoldPowers(ctx, which)
	if err != nil {
		return err
	}
	now := s.Now()
	all := p.Tell(now)
	if len(all) == 0 {
		return nil // the index lags a moment behind
	}
	tell := notice.Event{ID: id.New[id.Event](id.EventPrefix, now), Kind: notice.PowerUsed}
	for _, x := range all {
		tell.Powers = append(tell.Powers, notice.Power{Key: x.Key, Scope: string(x.Scope)})
	}
	return s.Store.TellPowers(ctx, p, tell)
}
