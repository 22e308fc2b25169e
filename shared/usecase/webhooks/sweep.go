package webhooks

import (
	"context"
	"errors"
	"sync"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
)

// Due points to something that webhooks wait for: a row of the log, an endpoint, or a delivery.
type Due struct {
	Agency   id.Agency
	Event    id.Event // when not "", this row
	Apart    bool     // it is beside the log
	Endpoint id.WebhookEndpoint
	Delivery id.Delivery // when not "", this delivery to the endpoint
}

// Outbox is what the sweep needs.
type Outbox interface {
	Changes
	// Overdue lists at most limit things of a shard whose time has come, oldest first, or newest first.
	Overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]Due, error)
	// Shards is how many shards there are.
	Shards() int
	// Row reads a row that waits for being told; a fault with code NotFound when it does not wait any more.
	Row(ctx context.Context, d Due) (audit.Entry, error)
	// FanOut writes the deliveries of a row and takes it out of the outbox, all or nothing; a delivery that is there already, since a
	// recovery was faster, stays as it is. It returns those that were written. [conflict.ErrChanged] when the row does not wait any more.
	FanOut(ctx context.Context, d Due, all []webhook.Delivery) ([]webhook.Delivery, error)
}

// Sweep finds what is due by the clock: it brings what the outbox holds on its way, and has the worker look after the rest.
type Sweep struct {
	Store Outbox
	Queue Queue
	Now   func() time.Time
	Note  func(ctx context.Context, pairs ...any)
}

// How much one run of the sweep does: so many at a time of each shard, until nothing is due or the time is over.
const (
	together = 8
	batch    = 100
	patience = 40 * time.Second
)

// Run does one round. What cannot be done is left for the next one, and told; where that is much, it keeps nobody who has come later from
// its turn, since the round goes on from the other end.
func (s *Sweep) Run(ctx context.Context) error {
	until := s.Now().Add(patience)
	var failed error
	n := 0
	for shard := range s.Store.Shards() {
		newest := false
		for more := true; more && s.Now().Before(until); {
			due, err := s.Store.Overdue(ctx, shard, s.Now(), batch, newest)
			if err != nil {
				failed = errors.Join(failed, err)
				break
			}
			errs := make([]error, len(due))
			seats := make(chan struct{}, together)
			var all sync.WaitGroup
			for i, d := range due {
				seats <- struct{}{}
				all.Go(func() {
					defer func() { <-seats }()
					errs[i] = s.one(ctx, d)
				})
			}
			all.Wait()
			err = errors.Join(errs...)
			failed = errors.Join(failed, err)
			n += len(due)
			more = len(due) == batch && (err == nil || !newest)
			newest = newest || err != nil
		}
	}
	if n > 0 {
		s.Note(ctx, "due", n)
	}
	return failed
}

func (s *Sweep) one(ctx context.Context, d Due) error {
	var err error
	switch {
	case d.Event != "":
		err = s.tell(ctx, d)
	case d.Delivery != "":
		err = s.send(ctx, d)
	default:
		err = s.look(ctx, d)
	}
	if errors.Is(err, conflict.ErrChanged) { // somebody else is at it
		return nil
	}
	return err
}

// tell makes the deliveries of a row.
func (s *Sweep) tell(ctx context.Context, due Due) error {
	row, err := s.Store.Row(ctx, due)
	if fault.Is(err, fault.NotFound) {
		return nil // the index lags a moment behind
	}
	if err != nil {
		return err
	}
	all, err := s.Store.Endpoints(ctx, due.Agency)
	if err != nil {
		return err
	}
	f := facts{store: s.Store, now: s.Now()}
	var out []webhook.Delivery
	for i := range all {
		if e := &all[i]; e.Deleted || e.Disabled != "" && !row.At.Before(e.DisabledAt) {
			continue // what happened before it was disabled is on its way, and held there: it is known as missed
		}
		some, err := f.deliveries(ctx, &all[i], row, webhook.Live)
		if err != nil {
			return err
		}
		out = append(out, some...)
	}
	if out, err = s.Store.FanOut(ctx, due, out); err != nil {
		return err
	}
	for i := range out {
		d := &out[i]
		if wait := d.Due.Sub(f.now); wait <= webhook.Safety && !f.failing[d.Endpoint] {
			d.Version = 1
			if err := deliver(ctx, s.Queue, d, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// send has the worker try a delivery whose time has come, and looks again later, should that message be lost.
func (s *Sweep) send(ctx context.Context, due Due) error {
	d, err := s.Store.Delivery(ctx, due.Agency, due.Endpoint, due.Delivery)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || d.Due.IsZero() || d.Due.After(s.Now()) {
		return err
	}
	d.Due = s.Now().Add(webhook.Safety)
	if err := s.Store.SaveDelivery(ctx, d); err != nil {
		return err
	}
	return deliver(ctx, s.Queue, d, 0)
}

// look sees what time has changed of an endpoint, and has the worker go on with what waits for it.
func (s *Sweep) look(ctx context.Context, due Due) error {
	e, err := s.Store.Endpoint(ctx, due.Agency, due.Endpoint)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now().Truncate(time.Millisecond)
	if at := e.Due(); at.IsZero() || now.Before(at) {
		return nil
	}
	job := webhook.Job{Agency: e.Agency, Endpoint: e.ID}
	if e.Deleted {
		job.Kind = webhook.Purge
		e.DisabledAt = now.Add(webhook.Safety)
		if err := s.Store.SaveEndpoint(ctx, e); err != nil {
			return err
		}
		return s.Queue.Send(ctx, job.Encode(), 0)
	}
	var rows []audit.Entry
	alarm := func(a audit.Action, detail string) {
		rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: a,
			Subject: string(e.ID), Detail: detail})
	}
	switch e.Look(now) {
	case webhook.Warn:
		alarm(audit.EndpointFailing, "")
	case webhook.Stop:
		alarm(audit.EndpointDisabled, string(webhook.Failed))
	}
	var jobs []webhook.Job
	if !e.Woken.IsZero() && !now.Before(e.Woken) {
		job.Kind = webhook.Wake
		jobs = append(jobs, job)
	}
	back, asked := e.Catching(now)
	job.Kind = webhook.Regain
	if asked {
		jobs = append(jobs, job)
	}
	if back {
		job.Back = true
		jobs = append(jobs, job)
	}
	if len(rows) > 0 || len(jobs) > 0 {
		e.Nudged(now)
		if err := s.Store.SaveEndpoint(ctx, e, rows...); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if err := s.Queue.Send(ctx, j.Encode(), 0); err != nil {
			return err
		}
	}
	return nil
}
