package event

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Message is one message of a queue.
type Message struct {
	ID       string
	Body     []byte
	Receives int // how often it has been received, this time included
}

// Queue serves an SQS event source with ReportBatchItemFailures. The messages of a batch are handled at the same
// time, since nearly all of handling one is waiting for another service. A message whose handler returns an error
// is reported as failed, alone, and comes back after its visibility timeout (AWS Lambda Developer Guide,
// "Handling errors for an SQS event source").
func Queue(name string, handle func(ctx context.Context, m Message) error) Function {
	return queueFunction{name, handle}
}

type queueFunction struct {
	name   string
	handle func(ctx context.Context, m Message) error
}

func (f queueFunction) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("event: not an SQS event: %w", err)
	}
	failed := make([]bool, len(e.Records))
	var wg sync.WaitGroup
	for i := range e.Records {
		wg.Go(func() { failed[i] = f.one(ctx, &e.Records[i]) != nil })
	}
	wg.Wait()
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}} // never null: some pollers stumble over it
	for i, bad := range failed {
		if bad {
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: e.Records[i].MessageId})
		}
	}
	return json.Marshal(out)
}

func (f queueFunction) one(ctx context.Context, m *events.SQSMessage) (err error) {
	start := time.Now()
	line := &logLine{}
	ctx = context.WithValue(ctx, lineKey{}, line)
	receives, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			Annotate(ctx, "stack", string(debug.Stack()))
		}
		attrs := append([]any{"operation", f.name, "messageId", m.MessageId, "receives", receives,
			"ms", float64(time.Since(start).Microseconds()) / 1000}, line.take()...)
		if err != nil {
			slog.ErrorContext(ctx, "message", append(attrs, "error", err)...)
		} else {
			slog.InfoContext(ctx, "message", attrs...)
		}
	}()
	return f.handle(ctx, Message{ID: m.MessageId, Body: []byte(m.Body), Receives: receives})
}

// Schedule serves a schedule's event. An error makes the invocation fail, which EventBridge Scheduler retries and
// the alarm on the sweep's errors counts.
func Schedule(name string, tick func(ctx context.Context) error) Function {
	return scheduleFunction{name, tick}
}

type scheduleFunction struct {
	name string
	tick func(ctx context.Context) error
}

func (f scheduleFunction) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	start := time.Now()
	line := &logLine{}
	err := f.tick(context.WithValue(ctx, lineKey{}, line))
	attrs := append([]any{"operation", f.name, "ms", float64(time.Since(start).Microseconds()) / 1000}, line.take()...)
	if err != nil {
		slog.ErrorContext(ctx, "tick", append(attrs, "error", err)...)
		return nil, err
	}
	slog.InfoContext(ctx, "tick", attrs...)
	return []byte("null"), nil
}

// Body adapts a handler that asks for nothing but the message's body.
func Body(handle func(ctx context.Context, body []byte) error) func(context.Context, Message) error {
	return func(ctx context.Context, m Message) error { return handle(ctx, m.Body) }
}
