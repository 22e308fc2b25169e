package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
)

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
		return w.hold(ctx, d, e)
	}
	now := w.Now().Truncate(time.Millisecond)
	if !byPerson {
		ok, changed, again := e.Claim(now)
		if ok && changed {
			if err = w.Store.SaveEndpoint(ctx, e); errors.Is(err, conflict.ErrChanged) { // another attempt has the turn
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

// hold gives up a delivery whose endpoint is disabled. What happened before that, and was on its way, is among what the endpoint has
// missed: first the endpoint says so, since nobody comes back to a delivery that is given up.
func (w *Worker) hold(ctx context.Context, d *webhook.Delivery, e *webhook.Endpoint) error {
	if before := *e; !e.Deleted && d.State == webhook.Pending && before.Misses(d.At) {
		if err := w.onEndpoint(ctx, e, func(e *webhook.Endpoint) { e.Misses(d.At) }); err != nil {
			return err
		}
	}
	d.Hold()
	return w.Store.SaveDelivery(ctx, d)
}

// post signs the delivery, and sends it.
func (w *Worker) post(ctx context.Context, e *webhook.Endpoint, d *webhook.Delivery) (Answer, error) {
	text, name, err := body(ctx, w.Store, d)
	if err != nil {
		return Answer{}, err
	}
	now := w.Now()
	sealed := e.Signing(now)
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
	a := w.Post.Post(ctx, Request{URL: e.URL, Message: d.Message, At: now, Signature: signature, Body: text})
	a.Excerpt = webhook.Unnamed(a.Excerpt, name)
	return a, nil
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
	wait := d.Due.Sub(now)
	if d.Asked { // the message that was sent for it is about the version before
		wait = 0
	}
	if !d.Due.IsZero() && wait < time.Minute { // the sweep comes once a minute
		return deliver(ctx, w.Queue, d, wait)
	}
	return nil
}

// health writes what an attempt says of the endpoint, which is as it was when the attempt began.
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
		var rows []audit.Entry
		switch {
		case fresh.URL != e.URL: // it has another address meanwhile, of which the attempt says nothing
			return nil
		case a.OK():
			if !fresh.Reached(now) {
				return nil
			}
			woken = !fresh.Woken.IsZero()
		case a.Status == http410 && fresh.Open():
			fresh.Disable(now, webhook.Gone)
			rows = append(rows, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System,
				Action: audit.EndpointDisabled, Subject: string(e.ID), Detail: string(webhook.Gone)})
		case e.FailingSince.IsZero() && !fresh.FailingSince.IsZero():
			fresh.MissedBesides(now, retryAfter)
		default:
			fresh.Missed(now, webhook.Pause(fresh, retryAfter))
		}
		return w.Store.SaveEndpoint(ctx, fresh, rows...)
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
