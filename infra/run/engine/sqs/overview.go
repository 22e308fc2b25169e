package sqs

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Overview is one queue as the local queues page shows it.
type Overview struct {
	Name, ARN string
	// Visible, InFlight and Delayed are the three parts of the queue's messages.
	Visible, InFlight, Delayed int
	// DeadLetterQueue is the name of the queue that takes what this one gives up; empty for none.
	DeadLetterQueue string
	// Sources are the names of the queues whose dead letters come here; empty for a queue that is no dead-letter
	// queue.
	Sources []string
	// Messages are the queue's messages, oldest first.
	Messages []MessageView
}

// MessageView is one message of an Overview.
type MessageView struct {
	ID, Body string
	SentAt   time.Time
	// Receives counts how often the message was received.
	Receives int
	// State is "visible", "in flight" or "delayed".
	State string
	// VisibleAt is when a message in flight or delayed becomes visible.
	VisibleAt time.Time
	// Source is the ARN of the queue that gave the message up; empty when it came directly.
	Source string
}

// Visible is how many messages of the queue of this name can be received now; 0 where there is no such queue.
func (e *Engine) Visible(name string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := e.queues[name]
	if q == nil {
		return 0
	}
	q.settle(e.now())
	return q.ready.Len()
}

// Overview returns every queue with its messages as of now, by name. Looking receives nothing.
func (e *Engine) Overview() []Overview {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	names := slices.Sorted(maps.Keys(e.queues))
	sources := map[string][]string{} // by ARN
	for _, name := range names {
		if r := e.queues[name].redrive; r != nil {
			sources[r.Target] = append(sources[r.Target], name)
		}
	}
	all := make([]Overview, 0, len(names))
	for _, name := range names {
		q := e.queues[name]
		q.settle(now)
		o := Overview{
			Name: name, ARN: e.arn(name), Visible: q.ready.Len(), InFlight: q.flying, Delayed: len(q.waiting) - q.flying,
		}
		o.Sources = sources[o.ARN]
		if target := e.deadLetters(q); target != nil {
			o.DeadLetterQueue = target.name
		}
		for _, m := range q.messages {
			o.Messages = append(o.Messages, m.view())
		}
		slices.SortFunc(o.Messages, func(a, b MessageView) int {
			return cmp.Or(a.SentAt.Compare(b.SentAt), cmp.Compare(a.ID, b.ID))
		})
		all = append(all, o)
	}
	return all
}

func (m *message) view() MessageView {
	v := MessageView{
		ID: m.id, Body: m.body, SentAt: m.sentAt, Receives: m.receives, State: "visible", Source: m.source,
	}
	if m.place == nil {
		v.VisibleAt, v.State = m.visibleAt, "delayed"
		if m.inFlight {
			v.State = "in flight"
		}
	}
	return v
}

// Publish puts body on the queue of that ARN, as a subscribed topic would. It answers an error of code
// QueueDoesNotExist when there is no such queue, and returns when the message is kept.
func (e *Engine) Publish(queueARN, body string) error {
	in := sendInput{MessageBody: &body}
	m, err := in.message()
	if err != nil {
		return err
	}
	e.mu.Lock()
	q := e.byARN(queueARN)
	if q == nil {
		e.mu.Unlock()
		return noQueue()
	}
	e.send(q, m, nil)
	q.wake()
	return e.unlockAndKeep(m.change(q.name))
}
