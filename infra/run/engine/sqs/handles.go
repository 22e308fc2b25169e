package sqs

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxVisibility is the longest visibility timeout in seconds, 12 hours.
const maxVisibility = 43_200

// receipt is what a receipt handle says: which message of which queue, and which of its receives.
type receipt struct {
	queue string
	seq   uint64
	nonce uint64
}

// String is the handle as clients see it; they are to make nothing of it.
func (r receipt) String() string {
	plain := fmt.Sprintf("1 %s %d %016x", r.queue, r.seq, r.nonce)
	return base64.StdEncoding.EncodeToString([]byte(plain))
}

func parseReceipt(handle string) (receipt, bool) {
	plain, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return receipt{}, false
	}
	parts := strings.Split(string(plain), " ")
	if len(parts) != 4 || parts[0] != "1" {
		return receipt{}, false
	}
	seq, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return receipt{}, false
	}
	nonce, err := strconv.ParseUint(parts[3], 16, 64)
	if err != nil {
		return receipt{}, false
	}
	return receipt{parts[1], seq, nonce}, true
}

// find returns the message of a handle, or nil when it is gone or was received again since. The handle of another
// queue is an error.
func (q *queue) find(handle string) (*message, error) {
	if handle == "" {
		return nil, missing("ReceiptHandle")
	}
	r, ok := parseReceipt(handle)
	if !ok || r.queue != q.name {
		return nil, badHandle(handle)
	}
	m := q.messages[r.seq]
	if m == nil || m.receipt != r.nonce {
		return nil, nil //nolint:nilnil // "gone" is an answer here, not a fault
	}
	return m, nil
}

type deleteMessageInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

// deleteMessage succeeds also for a message that is gone. With the handle of an earlier receive it succeeds and
// deletes nothing, as AWS documents for standard queues; one whose visibility ran out still works until the message is
// received again.
func (e *Engine) deleteMessage(_ *call, in *deleteMessageInput) (any, error) {
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	var m *message
	if err == nil {
		m, err = q.find(in.ReceiptHandle)
	}
	if err != nil || m == nil {
		e.mu.Unlock()
		return nil, err
	}
	q.remove(m)
	return nil, e.unlockAndKeep(change{Op: opDelete, Queue: q.name, Seq: m.seq})
}

type batchEntryID struct {
	ID string `json:"Id"`
}

type deleteMessageBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID            string `json:"Id"`
		ReceiptHandle string
	}
}

func (e *Engine) deleteMessageBatch(_ *call, in *deleteMessageBatchInput) (any, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
	}
	if err := checkBatch(ids); err != nil {
		return nil, err
	}
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	var out batchOutput[batchEntryID]
	var changes []change
	for _, entry := range in.Entries {
		m, err := q.find(entry.ReceiptHandle)
		if err != nil {
			out.fail(entry.ID, err)
			continue
		}
		if m != nil {
			q.remove(m)
			changes = append(changes, change{Op: opDelete, Queue: q.name, Seq: m.seq})
		}
		out.Successful = append(out.Successful, batchEntryID{entry.ID})
	}
	return out, e.unlockAndKeep(changes...)
}

type changeVisibilityInput struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (e *Engine) changeMessageVisibility(_ *call, in *changeVisibilityInput) (any, error) {
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	var m *message
	if err == nil {
		m, err = e.changeVisibility(q, in.ReceiptHandle, in.VisibilityTimeout)
	}
	if err != nil || m == nil {
		e.mu.Unlock()
		return nil, err
	}
	return nil, e.unlockAndKeep(m.stateChange(q.name))
}

// changeVisibility sets when an in-flight message becomes visible, counted from now. It returns nil, and changes
// nothing, for one that is visible again: AWS documents MessageNotInflight for it, and is seen to answer with success.
// The caller holds the lock.
func (e *Engine) changeVisibility(q *queue, handle string, seconds *int) (*message, error) {
	if seconds == nil {
		return nil, missing("VisibilityTimeout")
	}
	if *seconds < 0 || *seconds > maxVisibility {
		return nil, invalidValue(strconv.Itoa(*seconds), "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
	}
	now := e.now()
	q.settle(now)
	m, err := q.find(handle)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, invalidValue(handle, "ReceiptHandle",
			"Message does not exist or is not available for visibility timeout change.")
	}
	if !m.inFlight {
		return nil, nil //nolint:nilnil // nothing to change, and no fault
	}
	q.detach(m)
	m.visibleAt = now.Add(time.Duration(*seconds) * time.Second)
	if *seconds == 0 {
		q.show(m)
	} else {
		q.wait(m)
	}
	q.wake() // also a later moment is news to a receive that waits for the next one
	return m, nil
}

type changeVisibilityBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID                string `json:"Id"`
		ReceiptHandle     string
		VisibilityTimeout *int
	}
}

func (e *Engine) changeMessageVisibilityBatch(_ *call, in *changeVisibilityBatchInput) (any, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
	}
	if err := checkBatch(ids); err != nil {
		return nil, err
	}
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	var out batchOutput[batchEntryID]
	var changes []change
	for _, entry := range in.Entries {
		m, err := e.changeVisibility(q, entry.ReceiptHandle, entry.VisibilityTimeout)
		if err != nil {
			out.fail(entry.ID, err)
			continue
		}
		if m != nil {
			changes = append(changes, m.stateChange(q.name))
		}
		out.Successful = append(out.Successful, batchEntryID{entry.ID})
	}
	return out, e.unlockAndKeep(changes...)
}
