package stripe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// Webhook is where events are sent to.
type Webhook struct {
	URL string
	// Secrets sign each request, as while a secret is rolled.
	Secrets []string
	// Types are the events that are listened to; empty is all.
	Types []string
	// Client carries the requests. Default http.DefaultClient.
	Client *http.Client
}

// Plan is what goes wrong with webhooks. Each chance is from 0 to 1 and is drawn for each event from the seed and the
// event's number: the same plan does the same to the same events. The zero Plan sends everything at once, in order.
type Plan struct {
	Seed    uint64  `json:"seed"`
	Lose    float64 `json:"lose"`    // never sent; Stripe calls it undelivered
	Repeat  float64 `json:"repeat"`  // sent again, at once and a day later
	Reorder float64 `json:"reorder"` // sent after up to eight later ones
	Delay   float64 `json:"delay"`   // sent late
	// DelayBy is the longest delay, as Go writes durations in JSON's nanoseconds. Default three days.
	DelayBy time.Duration `json:"delayBy"`
	// Types are the events that the plan is about; empty is all.
	Types []string `json:"types"`
	// Hold sends nothing until [Engine.Deliver] is called for it: for a test that wants an order of its own.
	Hold bool `json:"hold"`
}

// delivery is one sending of an event.
type delivery struct {
	Due      int64   `json:"due"`
	Order    float64 `json:"order"`
	Attempts int     `json:"attempts"`
	Status   int     `json:"status"` // of the last answer; 0 when none came
	At       int64   `json:"at"`     // of the last attempt
	State    string  `json:"state"`  // "waiting", "taken", "lost" or "given up"
}

// webhookRetries are the waits after each failed attempt: Stripe tries for three days
// (https://docs.stripe.com/webhooks#retries).
var webhookRetries = []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 12 * time.Hour}

const webhooksFor = 3 * day

// Listen has events sent to w from now on; nil sends them nowhere.
func (e *Engine) Listen(w *Webhook) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.webhook = w
}

// SetPlan says what goes wrong with webhooks of events from now on.
func (e *Engine) SetPlan(p Plan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plan = p
}

// PlanNow is the plan in force.
func (e *Engine) PlanNow() Plan {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.plan
}

// emit notes that something happened to the object of that id, and plans the event's delivery.
func (e *Engine) emit(kind, id string) {
	object, err := json.Marshal(e.answer(id))
	if err != nil {
		panic(err) // plain
	}
	v := &event{ID: e.id("evt_"), Created: e.at, Type: kind, Data: eventData{object},
		Request: map[string]any{"id": nil, "idempotency_key": nil}, Seq: e.state.Seq}
	if w := e.webhook; w != nil && (len(w.Types) == 0 || slices.Contains(w.Types, kind)) {
		v.Wanted, v.Pending = true, 1
		v.Sends = e.plan.deliveries(v)
	}
	put(e, e.state.events, "evt", v.ID, v)
}

func (p Plan) deliveries(v *event) []*delivery {
	first := &delivery{Due: v.Created, Order: float64(v.Seq), State: "waiting"}
	if len(p.Types) > 0 && !slices.Contains(p.Types, v.Type) {
		return []*delivery{first}
	}
	chance := rand.New(rand.NewPCG(p.Seed, uint64(v.Seq))) //nolint:gosec // a plan that can be repeated
	lose, repeat, reorder, delay := chance.Float64() < p.Lose, chance.Float64() < p.Repeat, chance.Float64() < p.Reorder,
		chance.Float64() < p.Delay
	by := p.DelayBy
	if by == 0 {
		by = time.Duration(webhooksFor) * time.Second
	}
	late, far := chance.Int64N(int64(by/time.Second)+1), chance.Float64()
	if lose {
		first.State = "lost"
		return []*delivery{first}
	}
	if reorder {
		first.Order += 1 + far*80 // ids are numbered too: several to an event
	}
	if delay {
		first.Due += late
	}
	if !repeat {
		return []*delivery{first}
	}
	return []*delivery{first, {Due: first.Due, Order: first.Order + far*80 + 0.5, State: "waiting"},
		{Due: first.Due + day, Order: first.Order, State: "waiting"}}
}

// nextSend is when the next webhook is due. The caller holds the lock.
func (e *Engine) nextSend() int64 {
	if _, d := e.nextDelivery(); d != nil {
		return d.Due
	}
	return never
}

func (e *Engine) nextDelivery() (*event, *delivery) {
	if e.webhook == nil || e.plan.Hold {
		return nil, nil
	}
	var of *event
	var next *delivery
	for _, v := range e.state.events.all() {
		for _, d := range v.Sends {
			if d.State == "waiting" && (next == nil || d.Due < next.Due || d.Due == next.Due && d.Order < next.Order) {
				of, next = v, d
			}
		}
	}
	return of, next
}

// send sends the webhooks that are due, one after the other, with what they themselves bring about.
func (e *Engine) send(ctx context.Context) error {
	e.sending.Lock()
	defer e.sending.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.lock()
		v, d := e.nextDelivery()
		if d == nil || d.Due > e.options.Now().Unix() {
			return e.unlockAndKeep()
		}
		if err := e.attempt(ctx, v, d); err != nil {
			return err
		}
	}
}

// attempt sends one webhook. The caller holds the lock, which is released.
func (e *Engine) attempt(ctx context.Context, v *event, d *delivery) error {
	now := e.options.Now()
	w, body := e.webhook, e.payload(v)
	d.Attempts++
	d.At = now.Unix()
	put(e, e.state.events, "evt", v.ID, v)
	if err := e.unlockAndKeep(); err != nil {
		return err
	}
	status := post(ctx, w, body, now)
	e.mu.Lock()
	d.Status = status
	switch {
	case status >= 200 && status < 300:
		d.State, v.Taken, v.Pending = "taken", true, 0
	case d.At-v.Created >= webhooksFor:
		d.State = "given up"
	default:
		d.State = "waiting"
		d.Due = d.At + int64(webhookRetries[min(d.Attempts, len(webhookRetries))-1]/time.Second)
	}
	put(e, e.state.events, "evt", v.ID, v)
	return e.unlockAndKeep()
}

func (e *Engine) payload(v *event) []byte {
	body, err := json.MarshalIndent(whole("event", v), "", "  ")
	if err != nil {
		panic(err) // plain
	}
	return body
}

// post sends a signed body and returns the answer's status, 0 when there was none.
func post(ctx context.Context, w *Webhook, body []byte, now time.Time) int {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	r.Header.Set("Stripe-Signature", Sign(body, w.Secrets, now))
	client := w.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r) //nolint:gosec // to where the test or the local run listens
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) //nolint:errcheck // only the status counts
	return res.StatusCode
}

// Sign is the Stripe-Signature header of a body (https://docs.stripe.com/webhooks#verify-manually).
func Sign(body []byte, secrets []string, now time.Time) string {
	header := fmt.Sprintf("t=%d", now.Unix())
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.", now.Unix())
		mac.Write(body)
		header += ",v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	return header
}

// Deliver sends an event now, whatever the plan and whatever became of it before, as the button in Stripe's dashboard
// does. It returns the status of the answer, 0 when there was none.
func (e *Engine) Deliver(ctx context.Context, id string) (status int, err error) {
	e.sending.Lock()
	defer e.sending.Unlock()
	e.lock()
	v := e.state.events.get(id)
	if v == nil || e.webhook == nil {
		return 0, errors.Join(ErrNone, e.unlockAndKeep())
	}
	var d *delivery
	for _, waiting := range v.Sends {
		if waiting.State == "waiting" && waiting.Attempts == 0 {
			d = waiting // it is the first sending that comes early
			break
		}
	}
	if d == nil {
		d = &delivery{Due: e.at, Order: float64(v.Seq)}
		v.Sends = append(v.Sends, d)
	}
	v.Wanted = true
	if err := e.attempt(ctx, v, d); err != nil {
		return 0, err
	}
	return d.Status, nil
}

// Sent is an event with what became of it.
type Sent struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Created    time.Time       `json:"created"`
	Object     string          `json:"object"` // its id
	Body       json.RawMessage `json:"body"`
	Taken      bool            `json:"taken"`
	Wanted     bool            `json:"wanted"` // an endpoint listens to it
	Deliveries []Delivery      `json:"deliveries"`
}

// Pretty is the object as people read it.
func (s Sent) Pretty() string {
	var b bytes.Buffer
	if json.Indent(&b, s.Body, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// Delivery is one sending of an event.
type Delivery struct {
	State    string    `json:"state"` // "waiting", "taken", "lost" or "given up"
	Due      time.Time `json:"due"`
	Attempts int       `json:"attempts"`
	Status   int       `json:"status"`
	At       time.Time `json:"at,omitzero"`
}

// Events are all that happened, oldest first.
func (e *Engine) Events() []Sent {
	e.lock()
	var out []Sent
	for _, v := range e.state.events.all() {
		s := Sent{ID: v.ID, Type: v.Type, Created: time.Unix(v.Created, 0).UTC(), Body: v.Data.Object, Taken: v.Taken, Wanted: v.Wanted,
			Deliveries: []Delivery{}}
		var o struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(v.Data.Object, &o) //nolint:errcheck // our own
		s.Object = o.ID
		for _, d := range v.Sends {
			one := Delivery{State: d.State, Due: time.Unix(d.Due, 0).UTC(), Attempts: d.Attempts, Status: d.Status}
			if d.At != 0 {
				one.At = time.Unix(d.At, 0).UTC()
			}
			s.Deliveries = append(s.Deliveries, one)
		}
		out = append(out, s)
	}
	_ = e.unlockAndKeep() //nolint:errcheck // the next write tells
	return out
}
