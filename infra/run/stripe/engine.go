// Package stripe stands in for Stripe in the local run and in tests: Stripe's HTTP API for the calls that
// latchkey.dev/shared/adapter/stripe makes, a checkout page, subscriptions that renew and fail as the clock moves, and signed
// webhooks that are lost, repeated, reordered and delayed on request.
//
// It speaks the pinned API version's own wire format, so that the product's client runs unchanged. A path, a parameter or
// a value that it does not know is a loud error, never a guess. What it takes on itself: tax is 20 % wherever automatic
// tax is on, Stripe's page is a plainer one, and there is one currency to a catalogue.
//
//	e, err := stripe.Open(stripe.Options{Now: clock})
//	client := stripe.Open(e.Key(), stripe.Options{Base: …, HTTPClient: …})    // of latchkey.dev/shared/adapter/stripe, on e.API()
//	e.Listen(stripe.Webhook{URL: …, Secrets: …, Client: …})                    // where webhooks go
//	e.Pay(sessionID, stripe.Card{Number: "4242424242424242"})                  // what a customer does on the page
//	e.Tick(ctx)                                                               // all that is due by now: renewals, expiry, webhooks
//
// Nothing happens by itself unless [Engine.Start] was called: a test moves the clock and calls Tick.
package stripe

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/journal"
)

// APIVersion is the version of Stripe's API that is answered in: the one that stripe-go v85 pins.
const APIVersion = "2026-03-25.dahlia"

// DefaultKey is the API key of the stand-in.
const DefaultKey = "sk_test_latchkey_stand_in"

// Options are the settings of the stand-in. The zero value is in memory, on the machine's clock.
type Options struct {
	// Now is the clock. One that is moved by hand needs a call of [Engine.Tick]. Default time.Now.
	Now func() time.Time
	// Base is where the pages are reached, such as "http://localhost:8080/_local/stripe".
	Base string
	// Key is the API key that requests must carry. Default DefaultKey.
	Key string
	// Dir keeps the state, in stripe.log. Empty keeps it in memory.
	Dir string
	// Seed makes other ids.
	Seed string
	// AfterRetries is what a subscription becomes when the tries to renew it are used up: "canceled" (default, as in
	// Stripe's) or "unpaid".
	AfterRetries string
	// Catalogue is what can be bought. Default: [Catalogue].
	Catalogue []Product
}

// Engine is the stand-in. It is safe for concurrent use.
type Engine struct {
	options Options
	journal *journal.Journal

	mu       sync.Mutex
	state    state
	at       int64 // the second that it is, which may lie in the past while due things are run
	dirty    map[string]any
	due      int64 // when something is due next; 0 is not known
	webhook  *Webhook
	plan     Plan
	disturb  func(method, path string) Disturbance
	requests int64

	sending   sync.Mutex // one delivery at a time: the order is the plan's
	wake      chan struct{}
	stop      context.CancelFunc
	running   sync.WaitGroup
	closeOnce sync.Once
}

// state is all that is kept.
type state struct {
	Seq           int64
	products      *table[product]
	prices        *table[price]
	customers     *table[customer]
	methods       *table[method]
	sessions      *table[session]
	subscriptions *table[subscription]
	invoices      *table[invoice]
	intents       *table[intent]
	charges       *table[charge]
	refunds       *table[refund]
	disputes      *table[dispute]
	portals       *table[portal]
	events        *table[event]
	keys          *table[kept]
}

// table is the objects of one kind, in the order in which they were made.
type table[T any] struct {
	byID  map[string]*T
	order []string
}

func newTable[T any]() *table[T] { return &table[T]{byID: map[string]*T{}} }

func (t *table[T]) get(id string) *T { return t.byID[id] }

func (t *table[T]) put(id string, v *T) {
	if _, there := t.byID[id]; !there {
		t.order = append(t.order, id)
	}
	t.byID[id] = v
}

func (t *table[T]) all() []*T {
	out := make([]*T, 0, len(t.order))
	for _, id := range t.order {
		out = append(out, t.byID[id])
	}
	return out
}

// newest is all, newest first, as Stripe lists.
func (t *table[T]) newest() []*T {
	out := t.all()
	slices.Reverse(out)
	return out
}

func (t *table[T]) load(id string, raw json.RawMessage) error {
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return err
	}
	t.put(id, v)
	return nil
}

func (t *table[T]) each(f func(id string, v any) error) error {
	for _, id := range t.order {
		if err := f(id, t.byID[id]); err != nil {
			return err
		}
	}
	return nil
}

type anyTable interface {
	load(id string, raw json.RawMessage) error
	each(f func(id string, v any) error) error
}

func (s *state) tables() map[string]anyTable {
	return map[string]anyTable{"prod": s.products, "price": s.prices, "cus": s.customers, "pm": s.methods, "cs": s.sessions,
		"sub": s.subscriptions,
		"in":  s.invoices, "pi": s.intents, "ch": s.charges, "re": s.refunds, "du": s.disputes, "bps": s.portals, "evt": s.events,
		"key": s.keys}
}

func emptyState() state {
	return state{products: newTable[product](), prices: newTable[price](), customers: newTable[customer](), methods: newTable[method](),
		sessions:      newTable[session](),
		subscriptions: newTable[subscription](), invoices: newTable[invoice](), intents: newTable[intent](), charges: newTable[charge](),
		refunds:  newTable[refund](),
		disputes: newTable[dispute](), portals: newTable[portal](), events: newTable[event](), keys: newTable[kept]()}
}

// Open makes a stand-in with its catalogue, or opens the one whose state is in Options.Dir.
func Open(o Options) (*Engine, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Key = cmp.Or(o.Key, DefaultKey)
	o.Base = strings.TrimSuffix(cmp.Or(o.Base, "http://localhost:8080/_local/stripe"), "/")
	o.AfterRetries = cmp.Or(o.AfterRetries, "canceled")
	if o.Catalogue == nil {
		o.Catalogue = Catalogue
	}
	e := &Engine{options: o, state: emptyState(), dirty: map[string]any{}, wake: make(chan struct{}, 1)}
	if o.Dir != "" {
		var err error
		if e.journal, err = journal.Open(filepath.Join(o.Dir, "stripe.log"), e.replay); err != nil {
			return nil, fmt.Errorf("stripe: %w", err)
		}
	}
	e.mu.Lock()
	e.at = o.Now().Unix()
	e.stock()
	return e, e.unlockAndKeep()
}

// Reset forgets everything but the catalogue. What a journal keeps comes back with the next start.
func (e *Engine) Reset() error {
	e.lock()
	seq := e.state.Seq // ids are not given twice
	e.state = emptyState()
	e.state.Seq = seq
	e.stock()
	return e.unlockAndKeep()
}

// Key is the API key that requests must carry.
func (e *Engine) Key() string { return e.options.Key }

// Close stops what Start started and closes the state's file.
func (e *Engine) Close() error {
	var err error
	e.closeOnce.Do(func() {
		e.mu.Lock()
		stop := e.stop
		e.mu.Unlock()
		if stop != nil {
			stop()
		}
		e.running.Wait()
		err = e.journal.Close()
	})
	return err
}

// Start has renewals, expiry and webhooks happen by themselves until Close.
func (e *Engine) Start() {
	ctx, stop := context.WithCancel(context.Background())
	e.mu.Lock()
	e.stop = stop
	e.mu.Unlock()
	e.running.Go(func() {
		for {
			_ = e.Tick(ctx) //nolint:errcheck // a webhook that fails is tried again
			wait := time.NewTimer(e.untilDue())
			select {
			case <-ctx.Done():
				wait.Stop()
				return
			case <-wait.C:
			case <-e.wake:
				wait.Stop()
			}
		}
	})
}

// untilDue is how long nothing will happen; an hour at most, for a clock that is moved without a Tick.
func (e *Engine) untilDue() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.options.Now()
	wait := time.Hour
	for _, t := range []int64{e.nextDue(), e.nextSend()} {
		if t < never {
			wait = min(wait, time.Unix(t, 0).Sub(now))
		}
	}
	return max(wait, time.Millisecond)
}

func (e *Engine) nudge() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Tick runs what is due by now, each thing at its own time, and then sends the webhooks that are due. It returns when
// all have been answered; the error is the context's.
func (e *Engine) Tick(ctx context.Context) error {
	e.lock()
	if err := e.unlockAndKeep(); err != nil {
		return err
	}
	return e.send(ctx)
}

// lock locks the engine, with all done that is due by now.
func (e *Engine) lock() {
	e.mu.Lock()
	now := e.options.Now().Unix()
	for {
		due := e.nextDue()
		if due > now {
			break
		}
		e.at = max(e.at, due)
		e.runDue()
	}
	e.at = max(e.at, now)
}

const never = int64(1) << 62

// put keeps an object that is new or has changed. The caller holds the lock.
func put[T any](e *Engine, t *table[T], kind, id string, v *T) {
	t.put(id, v)
	e.dirty[kind+" "+id] = v
	e.due = 0
}

// change is one record of the journal: objects as they are after it.
type change struct {
	Seq     int64                      `json:"seq"`
	Objects map[string]json.RawMessage `json:"objects"`
}

// unlockAndKeep writes what has changed as one record, unlocks, and waits until it is kept.
func (e *Engine) unlockAndKeep() error {
	dirty := e.dirty
	if len(dirty) == 0 {
		e.mu.Unlock()
		return nil
	}
	e.dirty = map[string]any{}
	defer e.nudge()
	if e.journal == nil {
		e.mu.Unlock()
		return nil
	}
	record, err := encode(e.state.Seq, maps.All(dirty))
	if err != nil {
		e.mu.Unlock()
		return err
	}
	ticket := e.journal.Enqueue(record)
	e.mu.Unlock()
	return ticket.Wait()
}

func encode(seq int64, objects func(yield func(string, any) bool)) ([]byte, error) {
	c := change{seq, map[string]json.RawMessage{}}
	for key, v := range objects {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("stripe: encoding a record: %w", err)
		}
		c.Objects[key] = raw
	}
	return json.Marshal(c)
}

func (e *Engine) replay(record []byte) error {
	var c change
	if err := json.Unmarshal(record, &c); err != nil {
		return fmt.Errorf("stripe: the journal holds what this version cannot read: %w", err)
	}
	e.state.Seq = c.Seq
	tables := e.state.tables()
	for _, key := range slices.SortedFunc(maps.Keys(c.Objects), byAge(c.Objects)) {
		kind, id, _ := strings.Cut(key, " ")
		t, known := tables[kind]
		if !known {
			return fmt.Errorf("stripe: the journal holds an unknown kind %q", kind)
		}
		if err := t.load(id, c.Objects[key]); err != nil {
			return fmt.Errorf("stripe: the journal: %w", err)
		}
	}
	return nil
}

// byAge orders the objects of one record by when they were made, then by id, so that lists keep their order.
func byAge(objects map[string]json.RawMessage) func(a, b string) int {
	age := func(key string) (n int64) {
		var o struct {
			Created int64 `json:"created"`
			Seq     int64 `json:"_seq"`
		}
		if json.Unmarshal(objects[key], &o) == nil {
			return o.Seq*1e10 + o.Created
		}
		return 0
	}
	return func(a, b string) int { return cmp.Or(cmp.Compare(age(a), age(b)), cmp.Compare(a, b)) }
}

// id makes the next id of a kind. The same seed makes the same ids in the same order.
func (e *Engine) id(prefix string) string {
	e.state.Seq++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", e.options.Seed, e.state.Seq))
	text := new(big.Int).SetBytes(sum[:]).Text(62)
	return prefix + text[:24]
}

func ref[T any](v T) *T { return &v }

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// optional is nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
