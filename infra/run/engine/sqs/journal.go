package sqs

import (
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"
)

// compactFloor is the journal's size in bytes under which it is not worth compacting.
const compactFloor = 4 << 20

// The kinds of change. Each says what is, not what was done, so that replaying one twice changes nothing.
const (
	opQueue     = "queue"  // the queue is there, with these settings
	opDropQueue = "drop"   // the queue is gone
	opPurge     = "purge"  // the queue is empty
	opPut       = "put"    // the message is in the queue
	opState     = "state"  // the message was received, or its visibility changed
	opDelete    = "delete" // the message is gone
)

// change is one entry of the journal. A record is a list of them: all of one request, kept or lost together.
type change struct {
	Op    string `json:"o"`
	Queue string `json:"q"`
	Seq   uint64 `json:"s,omitzero"`

	Created    int64             `json:"created,omitzero"`  // Unix seconds
	Modified   int64             `json:"modified,omitzero"` // Unix seconds
	Attributes map[string]string `json:"attributes,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`

	Message *storedMessage `json:"m,omitzero"`
	State   *storedState   `json:"v,omitzero"`
}

type storedMessage struct {
	ID         string                    `json:"id"`
	Body       string                    `json:"body"`
	Attributes map[string]attributeValue `json:"attrs,omitempty"`
	Trace      *attributeValue           `json:"trace,omitempty"`
	Group      string                    `json:"group,omitzero"`
	SentAt     int64                     `json:"sent"` // Unix milliseconds, as all times of messages
	Source     string                    `json:"source,omitzero"`
}

type storedState struct {
	VisibleAt int64  `json:"visible,omitzero"`
	First     int64  `json:"first,omitzero"`
	Receives  int    `json:"n,omitzero"`
	Receipt   uint64 `json:"r,omitzero"`
	InFlight  bool   `json:"f,omitzero"`
}

func (q *queue) change() change {
	return change{
		Op: opQueue, Queue: q.name, Created: q.created.Unix(), Modified: q.modified.Unix(),
		Attributes: maps.Clone(q.attributes), Tags: maps.Clone(q.tags),
	}
}

func (m *message) change(queueName string) change {
	return change{
		Op: opPut, Queue: queueName, Seq: m.seq,
		Message: &storedMessage{
			ID: m.id, Body: m.body, Attributes: m.attributes, Trace: m.trace, Group: m.group,
			SentAt: millis(m.sentAt), Source: m.source,
		},
		State: m.state(),
	}
}

func (m *message) state() *storedState {
	return &storedState{millis(m.visibleAt), millis(m.firstReceived), m.receives, m.receipt, m.inFlight}
}

func (m *message) stateChange(queueName string) change {
	return change{Op: opState, Queue: queueName, Seq: m.seq, State: m.state()}
}

// restore sets what a stored state holds.
func (m *message) restore(s *storedState) {
	m.visibleAt, m.firstReceived = fromMillis(s.VisibleAt), fromMillis(s.First)
	m.receives, m.receipt, m.inFlight = s.Receives, s.Receipt, s.InFlight
}

// unlockAndKeep gives the changes their place in the journal, unlocks the engine and waits until they are kept. The
// caller holds the lock, and has made the changes.
func (e *Engine) unlockAndKeep(changes ...change) error {
	if e.journal == nil || len(changes) == 0 {
		e.mu.Unlock()
		return nil
	}
	record, err := json.Marshal(changes)
	if err != nil {
		e.mu.Unlock()
		return fmt.Errorf("sqs: encoding a record: %w", err)
	}
	ticket := e.journal.Enqueue(record)
	e.compactIfGrown()
	e.mu.Unlock()
	return ticket.Wait()
}

// compactIfGrown starts a compaction when the journal has doubled since the last. The caller holds the lock.
func (e *Engine) compactIfGrown() {
	if e.journalSize() < e.compactAt {
		return
	}
	select {
	case <-e.closed:
		return
	default:
	}
	e.compactAt = 1 << 62 // until this one is done
	e.background.Go(func() {
		// A compaction that fails leaves the journal as it was, only longer.
		_ = e.journal.Compact(e.snapshot) //nolint:errcheck // see above
		e.mu.Lock()
		defer e.mu.Unlock()
		e.compactAt = max(compactFloor, 2*e.journalSize())
	})
}

func (e *Engine) journalSize() int64 { return e.journal.Size() }

// snapshot emits every queue and message. It collects them under the lock and encodes them outside.
func (e *Engine) snapshot(emit func([]byte) error) error {
	var all []change
	e.mu.Lock()
	for _, q := range e.queues {
		all = append(all, q.change())
		for _, m := range q.messages {
			if !m.copied {
				all = append(all, m.change(q.name))
			}
		}
	}
	e.mu.Unlock()
	for i := range all {
		record, err := json.Marshal(all[i : i+1])
		if err != nil {
			return fmt.Errorf("sqs: encoding a record: %w", err)
		}
		if err := emit(record); err != nil {
			return err
		}
	}
	return nil
}

// replay applies one record of the journal.
func (e *Engine) replay(record []byte) error {
	var changes []change
	if err := json.Unmarshal(record, &changes, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("sqs: the journal holds what this version cannot read: %w", err)
	}
	for i := range changes {
		if err := e.apply(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) apply(c *change) error {
	q := e.queues[c.Queue]
	if c.Op == opQueue {
		if q == nil {
			q = newQueue(c.Queue)
			e.queues[c.Queue] = q
		}
		q.created, q.modified = time.Unix(c.Created, 0), time.Unix(c.Modified, 0)
		q.attributes, q.tags = make(map[string]string), make(map[string]string)
		maps.Copy(q.attributes, c.Attributes)
		maps.Copy(q.tags, c.Tags)
		return e.tie(q)
	}
	if q == nil {
		return nil // a later record of a compacted journal dropped the queue
	}
	e.sequence = max(e.sequence, c.Seq)
	m := q.messages[c.Seq]
	switch c.Op {
	case opDropQueue:
		delete(e.queues, c.Queue)
	case opPurge:
		q.clear()
	case opDelete:
		if m != nil {
			q.remove(m)
		}
	case opState:
		if m != nil {
			q.detach(m)
			m.restore(c.State)
			q.put(m, time.Time{})
		}
	case opPut:
		if m != nil {
			q.remove(m)
		}
		m = &message{
			seq: c.Seq, id: c.Message.ID, body: c.Message.Body, bodyMD5: md5Hex(c.Message.Body),
			attributes: c.Message.Attributes, trace: c.Message.Trace, group: c.Message.Group,
			sentAt: fromMillis(c.Message.SentAt), source: c.Message.Source, waitIndex: -1,
		}
		m.restore(c.State)
		// Everything waits until the first look at the clock sorts out what is visible.
		q.put(m, time.Time{})
	default:
		return fmt.Errorf("sqs: the journal holds an unknown change %q", c.Op)
	}
	return nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
