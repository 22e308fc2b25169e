package sqs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// maxInFlight is how many messages of a queue may be received and not yet deleted.
//
// Source: SQS developer guide, "Amazon SQS message quotas".
const maxInFlight = 120_000

// shuffleWindow is how far from the oldest message Options.Shuffle reaches.
const shuffleWindow = 64

type receiveMessageInput struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	ReceiveRequestAttemptID     string `json:"ReceiveRequestAttemptId"`
}

type receivedMessage struct {
	MessageID         string `json:"MessageId"`
	ReceiptHandle     string
	BodyMD5           string `json:"MD5OfBody"`
	Body              string
	Attributes        map[string]string         `json:",omitempty"`
	AttributesMD5     string                    `json:"MD5OfMessageAttributes,omitzero"`
	MessageAttributes map[string]attributeValue `json:",omitempty"`
}

type receiveMessageOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

// systemAttributes are the names that MessageSystemAttributeNames takes.
var systemAttributes = []string{
	"All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
	"SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
}

func (in *receiveMessageInput) check() error {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > 10) {
		return invalidValue(strconv.Itoa(*n), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > maxVisibility) {
		return invalidValue(strconv.Itoa(*n), "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
	}
	if n := in.WaitTimeSeconds; n != nil && (*n < 0 || *n > 20) {
		return invalidValue(strconv.Itoa(*n), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	}
	for _, name := range slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames) {
		if !slices.Contains(systemAttributes, name) {
			return &roundtrip.Error{
				Code: "InvalidAttributeName", Message: "Unknown Attribute " + name + ".",
				QueryCode: "InvalidAttributeName",
			}
		}
	}
	return nil
}

// receiveMessage answers at once when there is something, and otherwise waits: for an arrival, for the next message to
// become visible, for the end of its time, or for its caller to go.
func (e *Engine) receiveMessage(c *call, in *receiveMessageInput) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var deadline <-chan time.Time
	for {
		e.mu.Lock()
		q, err := e.lookUp(in.QueueURL)
		if err != nil {
			e.mu.Unlock()
			return nil, err
		}
		now := e.now()
		got, changes := e.take(q, in, now)
		if len(got) > 0 || len(changes) > 0 {
			if err := e.unlockAndKeep(changes...); err != nil {
				return nil, err
			}
			if len(got) > 0 {
				return receiveMessageOutput{got}, nil
			}
			continue // messages went to the dead-letter queue; there may be others behind them
		}
		wait := q.number("ReceiveMessageWaitTimeSeconds")
		if in.WaitTimeSeconds != nil {
			wait = *in.WaitTimeSeconds
		}
		if wait == 0 {
			tooMany := q.flying >= maxInFlight
			e.mu.Unlock()
			if tooMany {
				return nil, batchError("OverLimit", "Too many messages in flight: the queue's limit is 120000.")
			}
			return receiveMessageOutput{}, nil
		}
		arrived := q.arrived
		var next time.Duration = -1
		if len(q.waiting) > 0 {
			next = q.waiting[0].visibleAt.Sub(now)
		}
		e.mu.Unlock()

		if deadline == nil {
			timer := time.NewTimer(time.Duration(wait) * time.Second)
			defer timer.Stop()
			deadline = timer.C
		}
		if over := e.await(c, arrived, deadline, next); over {
			return receiveMessageOutput{}, nil
		}
	}
}

// await blocks until the queue is worth another look, and tells whether the receive's time is over instead.
func (e *Engine) await(c *call, arrived <-chan struct{}, deadline <-chan time.Time, next time.Duration) (over bool) {
	var visible <-chan time.Time
	if next >= 0 {
		// The engine's clock has milliseconds: one more, so as not to look too early.
		timer := time.NewTimer(next + time.Millisecond)
		defer timer.Stop()
		visible = timer.C
	}
	select {
	case <-arrived:
		return false
	case <-visible:
		return false
	case <-deadline:
	case <-c.ctx.Done():
	case <-e.closed:
	}
	return true
}

// take receives up to the wanted number of messages, and moves those that were received too often to the dead-letter
// queue. The caller holds the lock and keeps the changes.
func (e *Engine) take(q *queue, in *receiveMessageInput, now time.Time) ([]receivedMessage, []change) {
	q.settle(now)
	wanted := 1
	if in.MaxNumberOfMessages != nil {
		wanted = *in.MaxNumberOfMessages
	}
	visibility := q.seconds("VisibilityTimeout")
	if in.VisibilityTimeout != nil {
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	var got []receivedMessage
	var changes []change
	var again []*message // with a visibility timeout of 0: visible for the next receive, not for this one
	for len(got) < wanted && q.ready.Len() > 0 && q.flying < maxInFlight {
		m := e.pick(q)
		if target := e.deadLetters(q); target != nil && m.receives >= q.redrive.Max {
			changes = append(changes, e.bury(q, target, m, now)...)
			continue
		}
		q.detach(m)
		m.receives++
		if m.firstReceived.IsZero() {
			m.firstReceived = now
		}
		m.receipt = e.random.Uint64()
		m.visibleAt = now.Add(visibility)
		if visibility > 0 {
			m.inFlight = true
			q.wait(m)
		} else {
			again = append(again, m)
		}
		got = append(got, e.received(q, m, names, in.MessageAttributeNames))
		if !m.copied {
			changes = append(changes, m.stateChange(q.name))
			e.maybeCopy(q, m, now)
		}
	}
	for _, m := range again {
		q.show(m)
	}
	if len(again) > 0 {
		q.wake()
	}
	return got, changes
}

func (e *Engine) pick(q *queue) *message {
	place := q.ready.Front()
	if e.options.Shuffle {
		for range e.random.IntN(min(q.ready.Len(), shuffleWindow)) {
			place = place.Next()
		}
	}
	return place.Value.(*message)
}

// maybeCopy makes the duplicate that Options.Duplicate asks for.
func (e *Engine) maybeCopy(q *queue, m *message, now time.Time) {
	if e.options.Duplicate <= 0 || e.random.Float64() >= e.options.Duplicate {
		return
	}
	twin := *m
	e.sequence++
	twin.seq = e.sequence
	twin.copied, twin.inFlight, twin.place, twin.waitIndex = true, false, nil, -1
	twin.visibleAt = now
	q.put(&twin, now)
	q.wake()
}

// deadLetters is the queue that takes what q gives up; nil when there is none (any more).
func (e *Engine) deadLetters(q *queue) *queue {
	if q.redrive == nil {
		return nil
	}
	target := e.byARN(q.redrive.Target)
	if target == nil || !target.accepts(e.arn(q.name)) {
		return nil
	}
	return target
}

// bury moves m to the dead-letter queue. It keeps its id and the moment it was sent: on AWS too, a dead letter's
// retention counts from the original sending.
func (e *Engine) bury(q, target *queue, m *message, now time.Time) []change {
	gone := change{Op: opDelete, Queue: q.name, Seq: m.seq}
	q.remove(m)
	m.source = e.arn(q.name)
	m.visibleAt = now
	if target != q {
		target.settle(now)
	}
	target.put(m, now)
	target.wake()
	if m.copied {
		return nil
	}
	return []change{gone, m.change(target.name)}
}

func (e *Engine) received(q *queue, m *message, names, attributeNames []string) receivedMessage {
	out := receivedMessage{
		MessageID: m.id, ReceiptHandle: receipt{q.name, m.seq, m.receipt}.String(), BodyMD5: m.bodyMD5, Body: m.body,
	}
	out.Attributes = e.systemAttributesOf(m, names)
	for name, value := range m.attributes {
		if wantsAttribute(attributeNames, name) {
			if out.MessageAttributes == nil {
				out.MessageAttributes = make(map[string]attributeValue, len(m.attributes))
			}
			out.MessageAttributes[name] = value
		}
	}
	out.AttributesMD5 = attributesMD5(out.MessageAttributes)
	return out
}

func (e *Engine) systemAttributesOf(m *message, names []string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	all := map[string]string{
		"SenderId":                         "AIDAIT2UOQQY3AUEKVGXU", // the example id of AWS's documents
		"SentTimestamp":                    strconv.FormatInt(millis(m.sentAt), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(millis(m.firstReceived), 10),
	}
	if m.group != "" {
		all["MessageGroupId"] = m.group
	}
	if m.trace != nil {
		all["AWSTraceHeader"] = *m.trace.StringValue
	}
	if m.source != "" {
		all["DeadLetterQueueSourceArn"] = m.source
	}
	if slices.Contains(names, "All") {
		return all
	}
	for name := range all {
		if !slices.Contains(names, name) {
			delete(all, name)
		}
	}
	return all
}

// wantsAttribute tells whether one of the patterns, "All", ".*", "prefix.*" or a name, takes the attribute.
func wantsAttribute(patterns []string, name string) bool {
	for _, p := range patterns {
		if p == "All" || p == ".*" || p == name {
			return true
		}
		if prefix, ok := strings.CutSuffix(p, ".*"); ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
