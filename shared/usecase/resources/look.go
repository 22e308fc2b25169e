package resources

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
)

// rosterStore keeps what was seen of instances.
type rosterStore interface {
	// Noted writes what was seen of the resource whose version was read, and its roster with it unless that is nil; when it
	// has changed since, nothing, and it returns conflict.ErrChanged.
	Noted(ctx context.Context, agency id.Agency, r *instance.Resource, roster *instance.Roster) error
}

// Limits of looking.
const (
	// LooksPerHour is how often an agency may open pages for which its instances are called. Beyond, they show what was last
	// seen.
	LooksPerHour = 600
	// patience is how long a page waits for n8n.
	patience = 4 * time.Second
	// noteApart is how far apart it is written down that an instance is still as it was.
	noteApart = time.Minute
)

// Live is an instance with the clients that see it, and what runs in it at this moment.
type Live struct {
	*Seen
	Sight  instance.Sight
	Called bool   // whether it was called, and Sight says something
	Reason string // what is wrong, or why runs cannot be shown, in plain words for the agency; "" for nothing
}

// Look shows an instance as its clients see it, and notes what came of the call as their visits do. That n8n does not
// answer is no fault: then the roster is shown.
//
// Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound].
func (c *Connector) Look(ctx context.Context, caller identity.Caller, which id.Resource) (*Live, error) {
	s, err := c.Get(ctx, caller, instance.N8N, which)
	if err != nil {
		return nil, err
	}
	v := &Live{Seen: s, Reason: s.Resource.Reason}
	r := s.Resource
	if r.Due().IsZero() { // not connected, or not expected to answer
		return v, nil
	}
	wait, err := c.Instances.Allow(ctx, "n8n-look#"+string(caller.Agency), LooksPerHour, time.Hour, c.Now())
	if err != nil || wait > 0 {
		return v, err
	}
	seen := instance.Unreadable()
	if plain, err := c.Keys.Open(r.Key, r.Place(caller.Agency)); err == nil {
		in, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		v.Sight, v.Called = instance.Look(in, c.N8N, instance.Endpoint{URL: r.URL, Key: plain}), true
		seen = instance.SeenOf(v.Sight.NoFlows)
	}
	if ctx.Err() != nil { // it is the reader who went away, whatever n8n would have said
		return v, nil
	}
	c.note(ctx, caller.Agency, v, seen)
	switch v.Reason = seen.Reason; {
	case seen.Reason != "":
		v.Roster, err = c.Store.Roster(ctx, caller.Agency, which)
	case v.Sight.NoRuns != nil:
		v.Roster, v.Reason = nil, instance.SeenOf(v.Sight.NoRuns).Reason
	default:
		v.Roster = nil
	}
	return v, err
}

// note writes down what was seen. What cannot be written now is found by the next check.
func (c *Connector) note(ctx context.Context, agency id.Agency, v *Live, seen instance.Seen) {
	now := c.Now().Truncate(time.Millisecond)
	r := v.Resource
	before := *r
	r.Noticed(now, seen)
	var roster *instance.Roster
	if v.Called && v.Sight.NoFlows == nil {
		if x := instance.RosterOf(now, v.Sight.Workflows, v.Sight.More); r.List(x) {
			roster = &x
		}
	}
	if roster == nil && r.Status == before.Status && r.Reason == before.Reason && now.Sub(before.CheckedAt) < noteApart {
		*r = before
		return
	}
	err := c.Instances.Noted(ctx, agency, r, roster)
	if err != nil && !errors.Is(err, conflict.ErrChanged) && !fault.Is(err, fault.NotFound) {
		slog.WarnContext(ctx, "what was seen of an instance is not written down", "resource", r.ID, "error", err)
	}
}
