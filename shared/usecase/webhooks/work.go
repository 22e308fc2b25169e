package webhooks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/seal"
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

// Changes are what both who bring events to endpoints need.
type Changes interface {
	Reads
	// Client reads a relationship; a fault with code NotFound when there is none.
	Client(ctx context.Context, agency id.Agency, ref id.Ref) (*client.Client, error)
	SaveEndpoint(ctx context.Context, e *webhook.Endpoint, row *audit.Entry) error
	SaveDelivery(ctx context.Context, d *webhook.Delivery) error
}

// Outbox is what the sweep needs.
type Outbox interface {
	Changes
	// Overdue lists at most limit things of a shard whose time has come, oldest first.
	Overdue(ctx context.Context, shard int, now time.Time, limit int) ([]Due, error)
	// Shards is how many shards there are.
	Shards() int
	// Row reads a row that waits for being told; a fault with code NotFound when it does not wait any more.
	Row(ctx context.Context, d Due) (audit.Entry, error)
	// FanOut writes the deliveries of a row and takes it out of the outbox, all or nothing; a delivery that is there already, since a
	// recovery was faster, stays as it is. It returns those that were written. [conflict.ErrChanged] when the row does not wait any more.
	FanOut(ctx context.Context, d Due, all []webhook.Delivery) ([]webhook.Delivery, error)
}

// Work is what the worker needs.
type Work interface {
	Changes
	// Waiting reads a page of the deliveries that wait for the endpoint, oldest first, of events since then.
	Waiting(ctx context.Context, agency id.Agency, which id.WebhookEndpoint, since time.Time, after id.Delivery,
	) ([]webhook.Delivery, id.Delivery, error)
	// Rows reads a page of what a recovery is to look through, oldest first; more says that there is another.
	Rows(ctx context.Context, agency id.Agency, r webhook.Recovery) (rows []audit.Entry, more bool, err error)
	// Purge deletes some deliveries of an endpoint that was deleted, and the endpoint with the last ones.
	Purge(ctx context.Context, agency id.Agency, which id.WebhookEndpoint) (done bool, err error)
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

// Run does one round. What cannot be done is left for the next one, and told.
func (s *Sweep) Run(ctx context.Context) error {
	until := s.Now().Add(patience)
	var failed error
	n := 0
	for shard := range s.Store.Shards() {
		for more := true; more && s.Now().Before(until); {
			due, err := s.Store.Overdue(ctx, shard, s.Now(), batch)
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
			more = len(due) == batch && err == nil
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
		if !all[i].Open() {
			continue
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

func deliver(ctx context.Context, q Queue, d *webhook.Delivery, delay time.Duration) error {
	return q.Send(ctx, webhook.Job{Kind: webhook.Deliver, Agency: d.Agency, Endpoint: d.Endpoint, Delivery: d.ID,
		Version: d.Version}.Encode(), delay)
}

// facts finds out what there is to tell of rows.
type facts struct {
	store   Changes
	now     time.Time
	failing map[id.WebhookEndpoint]bool
	known   map[id.Ref]*client.Client
}

// deliveries are those of a row to an endpoint: one for each type that it wants.
func (f *facts) deliveries(ctx context.Context, e *webhook.Endpoint, row audit.Entry, kind webhook.Kind) ([]webhook.Delivery, error) {
	if f.failing == nil {
		f.failing, f.known = map[id.WebhookEndpoint]bool{}, map[id.Ref]*client.Client{}
	}
	f.failing[e.ID] = !e.FailingSince.IsZero()
	var out []webhook.Delivery
	for n, t := range webhook.Of(row) {
		if !e.Wants(t) {
			continue
		}
		data, err := f.data(ctx, e.Agency, row)
		if err != nil {
			return nil, err
		}
		out = append(out, webhook.NewDelivery(e, webhook.Message(row.ID, n), t, row.At, data, kind, f.now))
	}
	return out, nil
}

// data is what is told of a row. What a client or an invite is like is read now.
func (f *facts) data(ctx context.Context, agency id.Agency, row audit.Entry) (webhook.Data, error) {
	d := webhook.DataOf(agency, row)
	ref := id.Client(row.Subject).Ref()
	if ref == "" {
		ref = id.Invite(row.Subject).Ref()
	}
	if ref == "" {
		return d, nil
	}
	c, known := f.known[ref]
	if !known {
		var err error
		if c, err = f.store.Client(ctx, agency, ref); err != nil && !fault.Is(err, fault.NotFound) {
			return d, err
		} else if err != nil {
			c = nil
		}
		f.known[ref] = c
	}
	switch {
	case c == nil || c.Erased():
		if id.Valid(id.ClientPrefix, row.Subject) {
			d.Client = &webhook.Party{ID: row.Subject}
		}
		return d, nil
	case string(c.Invite.ID) == row.Subject:
		d.Status = string(c.Invite.At(f.now))
	case string(c.ID) == row.Subject:
		d.Status = string(c.At(f.now))
	}
	d.Client = &webhook.Party{ID: string(c.ID), Status: string(c.At(f.now))}
	return d, nil
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
		if err := s.Store.SaveEndpoint(ctx, e, nil); err != nil {
			return err
		}
		return s.Queue.Send(ctx, job.Encode(), 0)
	}
	var row *audit.Entry
	alarm := func(a audit.Action, detail string) {
		row = &audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: a, Subject: string(e.ID),
			Detail: detail}
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
	if row != nil || len(jobs) > 0 {
		e.Nudged(now)
		if err := s.Store.SaveEndpoint(ctx, e, row); err != nil {
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

// Request is one attempt.
type Request struct {
	URL       string
	Message   id.Event
	At        time.Time
	Signature string
	Body      []byte
}

// Answer is what came of it.
type Answer struct {
	Status     int           // 0 for none
	Fault      webhook.Fault // "" for an answer
	Excerpt    string
	RetryAfter time.Duration
	Took       time.Duration
}

// Poster sends requests to where agencies say, over the public internet alone. It follows no redirect.
type Poster interface {
	Post(ctx context.Context, r Request) Answer
}

// Worker works on the webhook queue.
type Worker struct {
	Store Work
	Queue Queue
	Keys  *seal.Ring // that secrets are sealed with
	Post  Poster
	Now   func() time.Time
}

// Handle takes one message.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	j, err := webhook.DecodeJob(body)
	if err != nil {
		return err
	}
	e, err := w.Store.Endpoint(ctx, j.Agency, j.Endpoint)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch j.Kind {
	case webhook.Purge:
		return w.purge(ctx, j, e)
	case webhook.Wake:
		return w.wake(ctx, j, e)
	case webhook.Regain:
		return w.regain(ctx, j, e)
	}
	return w.deliver(ctx, j, e)
}

// deliver tries one delivery. Whoever has another version of it in mind comes too late. A worker that dies after the receiver has taken
// the event leaves a delivery that is tried once more: receivers know it by its id.
func (w *Worker) deliver(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	d, err := w.Store.Delivery(ctx, j.Agency, j.Endpoint, j.Delivery)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.Version != j.Version || d.Due.IsZero() {
		return nil
	}
	byPerson := d.Asked || d.Kind == webhook.Trial
	if !e.Open() && (e.Deleted || d.Kind != webhook.Trial) {
		d.Hold()
		return w.Store.SaveDelivery(ctx, d)
	}
	now := w.Now().Truncate(time.Millisecond)
	if !byPerson {
		ok, changed, again := e.Claim(now)
		if ok && changed {
			if err = w.Store.SaveEndpoint(ctx, e, nil); errors.Is(err, conflict.ErrChanged) { // another attempt has the turn
				ok, again = false, now.Add(webhook.Lease)
			} else if err != nil {
				return err
			}
		}
		if !ok {
			d.Wait(now, again)
			return w.Store.SaveDelivery(ctx, d)
		}
	}
	a, err := w.post(ctx, e, d)
	if err != nil {
		return err
	}
	return w.record(ctx, d, e, a, byPerson)
}

// post signs the delivery, and sends it.
func (w *Worker) post(ctx context.Context, e *webhook.Endpoint, d *webhook.Delivery) (Answer, error) {
	text, err := body(ctx, w.Store, d)
	if err != nil {
		return Answer{}, err
	}
	now := w.Now()
	sealed := []string{e.Secret}
	if e.Previous != "" && now.Sub(e.RotatedAt) < webhook.Overlap {
		sealed = append(sealed, e.Previous)
	}
	secrets := make([]string, len(sealed))
	for i, s := range sealed {
		if secrets[i], err = w.Keys.Open(s, e.SecretPlace()); err != nil {
			return Answer{}, fmt.Errorf("webhooks: a sealed secret cannot be opened: %w", err)
		}
	}
	signature, err := webhook.Sign(secrets, string(d.Message), now, text)
	if err != nil {
		return Answer{}, err
	}
	return w.Post.Post(ctx, Request{URL: e.URL, Message: d.Message, At: now, Signature: signature, Body: text}), nil
}

// record writes what came of an attempt: first what it says of the delivery, then what it says of the endpoint.
func (w *Worker) record(ctx context.Context, d *webhook.Delivery, e *webhook.Endpoint, a Answer, byPerson bool) error {
	now := w.Now().Truncate(time.Millisecond)
	attempt := webhook.Attempt{At: now, Took: a.Took, Status: a.Status, Fault: a.Fault, Excerpt: a.Excerpt}
	first := true
	err := conflict.Retry(ctx, func() (err error) {
		if !first { // a person has asked for another attempt meanwhile
			if d, err = w.Store.Delivery(ctx, d.Agency, d.Endpoint, d.ID); err != nil {
				return err
			}
		}
		first = false
		asked := d.Asked
		d.Asked = byPerson && d.Kind != webhook.Trial
		d.Tried(attempt, a.RetryAfter)
		if asked && !byPerson && !attempt.OK() {
			d.Again(now)
		}
		return w.Store.SaveDelivery(ctx, d)
	})
	if fault.Is(err, fault.NotFound) { // it was deleted meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.health(ctx, e, attempt, a.RetryAfter, byPerson, now); err != nil {
		return err
	}
	if wait := d.Due.Sub(now); !d.Due.IsZero() && wait < time.Minute { // the sweep comes once a minute
		return deliver(ctx, w.Queue, d, wait)
	}
	return nil
}

// health writes what an attempt says of the endpoint.
func (w *Worker) health(ctx context.Context, e *webhook.Endpoint, a webhook.Attempt, retryAfter time.Duration, byPerson bool, now time.Time,
) error {
	if a.OK() && e.FailingSince.IsZero() || byPerson && !a.OK() && a.Status != http410 {
		return nil
	}
	woken := false
	err := conflict.Retry(ctx, func() error {
		fresh, err := w.Store.Endpoint(ctx, e.Agency, e.ID)
		if err != nil {
			return err
		}
		woken = false
		var row *audit.Entry
		switch {
		case a.OK():
			if !fresh.Reached(now) {
				return nil
			}
			woken = !fresh.Woken.IsZero()
		case a.Status == http410 && fresh.Open():
			fresh.Disable(now, webhook.Gone)
			row = &audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: audit.EndpointDisabled,
				Subject: string(e.ID), Detail: string(webhook.Gone)}
		default:
			fresh.Missed(now, webhook.Pause(fresh, retryAfter))
		}
		return w.Store.SaveEndpoint(ctx, fresh, row)
	})
	if err != nil || !woken {
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	return w.Queue.Send(ctx, webhook.Job{Kind: webhook.Wake, Agency: e.Agency, Endpoint: e.ID}.Encode(), 0)
}

const http410 = 410 // by which a receiver says that it wants no more

// wake has a page of what waited for an endpoint tried, and goes on with the next.
func (w *Worker) wake(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	if e.Woken.IsZero() || !e.Open() {
		return nil
	}
	some, next, err := w.Store.Waiting(ctx, j.Agency, j.Endpoint, e.WaitingSince(), j.After)
	if err != nil {
		return err
	}
	for i := range some {
		if some[i].Kind == webhook.Trial {
			continue
		}
		if err := deliver(ctx, w.Queue, &some[i], 0); err != nil {
			return err
		}
	}
	if next != "" {
		j.After = next
		return w.Queue.Send(ctx, j.Encode(), 0)
	}
	return w.onEndpoint(ctx, e, func(e *webhook.Endpoint) { e.Woken = time.Time{} })
}

func (w *Worker) onEndpoint(ctx context.Context, e *webhook.Endpoint, change func(e *webhook.Endpoint)) error {
	return conflict.Retry(ctx, func() error {
		fresh, err := w.Store.Endpoint(ctx, e.Agency, e.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		change(fresh)
		return w.Store.SaveEndpoint(ctx, fresh, nil)
	})
}

// regain makes deliveries of a page of rows that were never on their way to the endpoint, tries once more what was given up or missed, and
// has the next page looked at.
func (w *Worker) regain(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	r := e.Catch(j.Back)
	if r == nil || !e.Open() {
		return nil
	}
	rows, more, err := w.Store.Rows(ctx, j.Agency, *r)
	if err != nil {
		return err
	}
	f := facts{store: w.Store, now: w.Now().Truncate(time.Millisecond)}
	kind := webhook.Regains
	if j.Back { // nobody has asked for it
		kind = webhook.Live
	}
	for _, row := range rows {
		all, err := f.deliveries(ctx, e, row, kind)
		if err != nil {
			return err
		}
		for i := range all {
			if err := w.again(ctx, &all[i], f.now); err != nil {
				return err
			}
		}
	}
	done := !more && r.Apart
	err = w.onEndpoint(ctx, e, func(e *webhook.Endpoint) {
		now := e.Catch(j.Back)
		switch {
		case now == nil || now.From != r.From || now.To != r.To:
		case done:
			*now = webhook.Recovery{}
		case !more:
			now.After, now.Apart, now.At = "", true, f.now.Add(webhook.Safety)
		default:
			now.After, now.At = rows[len(rows)-1].ID, f.now.Add(webhook.Safety)
		}
	})
	if err != nil || done {
		return err
	}
	return w.Queue.Send(ctx, j.Encode(), 0)
}

// again brings a delivery on its way that was not, or has come to nothing.
func (w *Worker) again(ctx context.Context, d *webhook.Delivery, now time.Time) error {
	err := w.Store.SaveDelivery(ctx, d)
	if errors.Is(err, conflict.ErrChanged) {
		err = conflict.Retry(ctx, func() error {
			old, err := w.Store.Delivery(ctx, d.Agency, d.Endpoint, d.ID)
			if err != nil || !old.Revive(now) {
				d = nil
				return err
			}
			d = old
			return w.Store.SaveDelivery(ctx, d)
		})
	}
	if err != nil || d == nil {
		return err
	}
	return deliver(ctx, w.Queue, d, 0)
}

// purge deletes a page of what is left of an endpoint that was deleted.
func (w *Worker) purge(ctx context.Context, j webhook.Job, e *webhook.Endpoint) error {
	if !e.Deleted {
		return nil
	}
	done, err := w.Store.Purge(ctx, j.Agency, j.Endpoint)
	if err != nil || done {
		return err
	}
	return w.Queue.Send(ctx, j.Encode(), 0)
}
