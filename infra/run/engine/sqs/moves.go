package sqs

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// moveTask is a redrive of dead letters. Tasks are not in the journal: after a restart, what was moved is moved, and
// the rest waits for another task.
type moveTask struct {
	handle, source, destination, status, reason string
	rate, moved, total                          int
	started                                     time.Time
	cancel                                      chan struct{}
}

// The states of a task, of which a caller sees RUNNING only with a rate: without one, the move is done before the
// call that started it is answered.
const (
	moveRunning   = "RUNNING"
	moveCompleted = "COMPLETED"
	moveCanceled  = "CANCELLED"
	moveFailed    = "FAILED"
)

type startMessageMoveTaskInput struct {
	SourceARN      string `json:"SourceArn"`
	DestinationARN string `json:"DestinationArn"`
	Rate           *int   `json:"MaxNumberOfMessagesPerSecond"`
}

type taskHandle struct {
	TaskHandle string
}

func (e *Engine) startMessageMoveTask(_ *call, in *startMessageMoveTaskInput) (any, error) {
	if in.SourceARN == "" {
		return nil, missing("SourceArn")
	}
	if in.Rate != nil && (*in.Rate < 1 || *in.Rate > 500) {
		return nil, invalidValue(strconv.Itoa(*in.Rate), "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500.")
	}
	e.mu.Lock()
	source := e.byARN(in.SourceARN)
	if source == nil {
		e.mu.Unlock()
		return nil, noResource("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if in.DestinationARN != "" && e.byARN(in.DestinationARN) == nil {
		e.mu.Unlock()
		return nil, noResource("The resource that you specified for the DestinationArn parameter doesn't exist.")
	}
	if len(e.sourcesOf(source)) == 0 {
		e.mu.Unlock()
		return nil, roundtrip.Errorf("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationARN == in.SourceARN {
		e.mu.Unlock()
		return nil, roundtrip.Errorf("InvalidParameterValue", "Source queue arn and destination queue arn cannot be the same.")
	}
	for _, other := range e.moves {
		if other.source == in.SourceARN && other.status == moveRunning {
			e.mu.Unlock()
			return nil, roundtrip.Errorf("InvalidParameterValue",
				"There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	now := e.now()
	source.settle(now)
	t := &moveTask{
		source: in.SourceARN, destination: in.DestinationARN, status: moveRunning, total: source.ready.Len(),
		started: now, cancel: make(chan struct{}),
	}
	t.handle = base64.StdEncoding.EncodeToString([]byte(
		`{"taskId":"` + roundtrip.RequestID() + `","sourceArn":"` + in.SourceARN + `"}`))
	e.moves[t.handle] = t
	if in.Rate == nil {
		changes := e.moveSome(t, t.total)
		t.end()
		return taskHandle{t.handle}, e.unlockAndKeep(changes...)
	}
	t.rate = *in.Rate
	e.background.Go(func() { e.moveSlowly(t) })
	e.mu.Unlock()
	return taskHandle{t.handle}, nil
}

// end settles the state of a task that has nothing left to do.
func (t *moveTask) end() {
	if t.status == moveRunning {
		t.status = moveCompleted
	}
}

// moveSlowly moves at the task's rate, one message at a time, until nothing is left or somebody stops it.
func (e *Engine) moveSlowly(t *moveTask) {
	ticker := time.NewTicker(time.Second / time.Duration(t.rate))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-t.cancel:
			return
		case <-e.closed:
			return
		}
		e.mu.Lock()
		changes := e.moveSome(t, 1)
		if len(changes) == 0 || t.moved >= t.total {
			t.end()
		}
		over := t.status != moveRunning
		if err := e.unlockAndKeep(changes...); err != nil || over {
			return
		}
	}
}

// moveSome moves up to n visible messages: to the task's destination, or each to where it came from. A moved message
// is a new one, with an id, an age and a receive count of its own. The caller holds the lock.
func (e *Engine) moveSome(t *moveTask, n int) []change {
	source := e.byARN(t.source)
	if source == nil {
		t.status, t.reason = moveFailed, noQueueCode
		return nil
	}
	now := e.now()
	source.settle(now)
	var changes []change
	for ; n > 0 && source.ready.Len() > 0; n-- {
		m := source.ready.Front().Value.(*message)
		to := cmp.Or(t.destination, m.source)
		if to == "" { // it was sent to the dead-letter queue itself
			t.status, t.reason = moveFailed, "CouldNotDetermineMessageSource"
			break
		}
		target := e.byARN(to)
		if target == nil {
			t.status, t.reason = moveFailed, noQueueCode
			break
		}
		changes = append(changes, change{Op: opDelete, Queue: source.name, Seq: m.seq})
		source.remove(m)
		e.sequence++
		fresh := &message{
			seq: e.sequence, id: roundtrip.RequestID(), body: m.body, bodyMD5: m.bodyMD5, attributes: m.attributes,
			trace: m.trace, group: m.group, sentAt: now, visibleAt: now, waitIndex: -1,
		}
		target.settle(now)
		target.put(fresh, now)
		target.wake()
		changes = append(changes, fresh.change(target.name))
		t.moved++
	}
	return changes
}

type cancelOutput struct {
	Moved int `json:"ApproximateNumberOfMessagesMoved"`
}

func (e *Engine) cancelMessageMoveTask(_ *call, in *taskHandle) (any, error) {
	if in.TaskHandle == "" {
		return nil, missing("TaskHandle")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.moves[in.TaskHandle]
	if t == nil {
		return nil, e.noTask(in.TaskHandle)
	}
	if t.status != moveRunning {
		return nil, roundtrip.Errorf("InvalidParameterValue", "Only active tasks can be cancelled.")
	}
	t.status = moveCanceled
	close(t.cancel)
	return cancelOutput{t.moved}, nil
}

// noTask says what is wrong with a handle that is no task's: its form, its queue, or the task itself.
func (e *Engine) noTask(handle string) error {
	var task struct {
		ID     string `json:"taskId"`
		Source string `json:"sourceArn"`
	}
	plain, err := base64.StdEncoding.DecodeString(handle)
	if err != nil || json.Unmarshal(plain, &task) != nil || task.ID == "" || task.Source == "" {
		return roundtrip.Errorf("InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
	}
	if e.byARN(task.Source) == nil {
		return noResource("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	return noResource("Task does not exist.")
}

type listMessageMoveTasksInput struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int
}

type moveTaskEntry struct {
	TaskHandle     string `json:",omitzero"`
	Status         string
	SourceARN      string `json:"SourceArn"`
	DestinationARN string `json:"DestinationArn,omitzero"`
	Rate           int    `json:"MaxNumberOfMessagesPerSecond,omitzero"`
	Moved          int    `json:"ApproximateNumberOfMessagesMoved"`
	ToMove         int    `json:"ApproximateNumberOfMessagesToMove"`
	FailureReason  string `json:",omitzero"`
	Started        int64  `json:"StartedTimestamp"`
}

func (e *Engine) listMessageMoveTasks(_ *call, in *listMessageMoveTasksInput) (any, error) {
	if in.SourceARN == "" {
		return nil, missing("SourceArn")
	}
	limit := 1
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > 10 {
			return nil, invalidValue(strconv.Itoa(limit), "MaxResults", "Must be between 1 and 10, if provided.")
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byARN(in.SourceARN) == nil {
		return nil, noResource("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	entries := []moveTaskEntry{}
	for _, t := range e.moves {
		if t.source != in.SourceARN {
			continue
		}
		entry := moveTaskEntry{
			Status: t.status, SourceARN: t.source, DestinationARN: t.destination, Rate: t.rate, Moved: t.moved,
			ToMove: t.total, FailureReason: t.reason, Started: millis(t.started),
		}
		if t.status == moveRunning {
			entry.TaskHandle = t.handle // as on AWS, only a running task has one to show
		}
		entries = append(entries, entry)
	}
	slices.SortFunc(entries, func(a, b moveTaskEntry) int { return cmp.Compare(b.Started, a.Started) })
	return struct{ Results []moveTaskEntry }{entries[:min(limit, len(entries))]}, nil
}
