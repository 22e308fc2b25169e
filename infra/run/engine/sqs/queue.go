package sqs

import (
	"container/heap"
	"container/list"
	"time"
)

// message is one message in one queue.
type message struct {
	seq        uint64 // the engine's own number; receipt handles carry it
	id         string
	body       string
	bodyMD5    string
	attributes map[string]attributeValue
	trace      *attributeValue // the AWSTraceHeader system attribute
	group      string          // MessageGroupId, which standard queues take for fair delivery

	sentAt        time.Time
	firstReceived time.Time
	receives      int
	receipt       uint64 // of the last receive; an older receipt deletes nothing
	source        string // ARN of the queue that gave the message up to its dead-letter queue

	visibleAt time.Time
	inFlight  bool          // waiting because it was received, not because it was delayed
	place     *list.Element // in ready, or nil
	waitIndex int           // in waiting, or -1
	copied    bool          // made by Options.Duplicate; not in the journal
}

// queue holds messages in two places: ready, oldest first, and waiting until their visibleAt.
type queue struct {
	name       string
	created    time.Time
	modified   time.Time
	attributes map[string]string // only those that were set
	tags       map[string]string
	redrive    *redrivePolicy
	allow      *redriveAllowPolicy

	messages map[uint64]*message
	ready    list.List
	waiting  waitHeap
	flying   int       // how many of waiting are in flight
	oldest   time.Time // no message was sent before it; zero for none known
	purgedAt time.Time

	arrived chan struct{} // closed, and replaced, when something may have become visible
}

func newQueue(name string) *queue {
	return &queue{
		name:       name,
		attributes: make(map[string]string),
		tags:       make(map[string]string),
		messages:   make(map[uint64]*message),
		arrived:    make(chan struct{}),
	}
}

// wake has every waiting receive look again.
func (q *queue) wake() {
	close(q.arrived)
	q.arrived = make(chan struct{})
}

// put takes m into the queue: ready, or waiting when it becomes visible later than now.
func (q *queue) put(m *message, now time.Time) {
	q.messages[m.seq] = m
	if q.oldest.IsZero() || m.sentAt.Before(q.oldest) {
		q.oldest = m.sentAt
	}
	m.waitIndex = -1
	if m.visibleAt.After(now) {
		q.wait(m)
		return
	}
	q.show(m)
}

func (q *queue) show(m *message) {
	m.inFlight = false
	m.place = q.ready.PushBack(m)
}

func (q *queue) wait(m *message) {
	if m.inFlight {
		q.flying++
	}
	heap.Push(&q.waiting, m)
}

// detach takes m out of ready or waiting, but leaves it in the queue.
func (q *queue) detach(m *message) {
	if m.place != nil {
		q.ready.Remove(m.place)
		m.place = nil
	}
	if m.waitIndex >= 0 {
		heap.Remove(&q.waiting, m.waitIndex)
		if m.inFlight {
			q.flying--
		}
	}
}

func (q *queue) remove(m *message) {
	q.detach(m)
	delete(q.messages, m.seq)
}

// settle brings the queue to now: it drops what is older than the retention period and shows what has become visible.
func (q *queue) settle(now time.Time) {
	if len(q.messages) > 0 && now.Sub(q.oldest) >= q.retention() {
		q.expire(now)
	}
	for len(q.waiting) > 0 && !q.waiting[0].visibleAt.After(now) {
		m := q.waiting[0]
		q.detach(m)
		q.show(m)
	}
}

func (q *queue) expire(now time.Time) {
	deadline := now.Add(-q.retention())
	q.oldest = time.Time{}
	for _, m := range q.messages {
		if !m.sentAt.After(deadline) {
			q.remove(m)
			continue
		}
		if q.oldest.IsZero() || m.sentAt.Before(q.oldest) {
			q.oldest = m.sentAt
		}
	}
}

// clear drops every message.
func (q *queue) clear() {
	clear(q.messages)
	q.ready.Init()
	q.waiting = nil
	q.flying = 0
	q.oldest = time.Time{}
}

func (q *queue) seconds(attribute string) time.Duration {
	return time.Duration(q.number(attribute)) * time.Second
}

func (q *queue) retention() time.Duration { return q.seconds("MessageRetentionPeriod") }

// waitHeap orders messages by the moment they become visible, and equals by age.
type waitHeap []*message

func (h waitHeap) Len() int { return len(h) }

func (h waitHeap) Less(i, j int) bool {
	if h[i].visibleAt.Equal(h[j].visibleAt) {
		return h[i].seq < h[j].seq
	}
	return h[i].visibleAt.Before(h[j].visibleAt)
}

func (h waitHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].waitIndex, h[j].waitIndex = i, j
}

// Push adds a message; only the heap package calls it.
func (h *waitHeap) Push(x any) {
	m := x.(*message)
	m.waitIndex = len(*h)
	*h = append(*h, m)
}

// Pop removes the last message; only the heap package calls it.
func (h *waitHeap) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	m.waitIndex = -1
	return m
}
