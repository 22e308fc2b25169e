package host

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"latchkey.dev/infra/run/template"
)

const (
	// longPoll is how long one receive waits for a message: the most that SQS allows.
	longPoll = 20 * time.Second
	// cooling is how long a poller stays away from a queue that cannot be read.
	cooling = time.Second
)

// sqsEvent is the event of an event source mapping (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
type sqsEvent struct {
	Records []sqsRecord `json:"Records"`
}

type sqsRecord struct {
	MessageID         string                  `json:"messageId"`
	ReceiptHandle     string                  `json:"receiptHandle"`
	Body              string                  `json:"body"`
	Attributes        map[string]string       `json:"attributes"`
	MessageAttributes map[string]sqsAttribute `json:"messageAttributes"`
	MD5OfBody         string                  `json:"md5OfBody"`
	EventSource       string                  `json:"eventSource"`
	EventSourceARN    string                  `json:"eventSourceARN"`
	AWSRegion         string                  `json:"awsRegion"`
}

type sqsAttribute struct {
	StringValue *string `json:"stringValue,omitempty"`
	BinaryValue []byte  `json:"binaryValue,omitempty"`
	DataType    string  `json:"dataType"`
}

// poller carries one queue's messages to one function.
type poller struct {
	host     *Host
	client   *sqs.Client
	function *template.Function
	source   template.Source
	url      string
}

// poll starts the pollers of a queue. Each waits for messages, invokes the function and deletes what succeeded before
// it waits again, so that as many invocations run at the same time as there are pollers, and a slow message holds up
// its own batch only.
func (h *Host) poll(ctx context.Context, f *template.Function, source template.Source) {
	q := h.template.QueueByARN(source.Queue)
	p := &poller{host: h, client: sqs.NewFromConfig(h.options.AWS), function: f, source: source, url: q.URL}
	count := source.Concurrency
	if count == 0 {
		count = h.options.Pollers
	}
	if f.Reserved > 0 {
		count = min(count, f.Reserved)
	}
	for range count {
		h.running.Go(func() { p.run(ctx) })
	}
}

func (p *poller) run(ctx context.Context) {
	for ctx.Err() == nil {
		batch, err := p.gather(ctx)
		if err != nil && ctx.Err() == nil {
			p.host.options.Log.Error("cannot receive", "function", p.function.ID, "error", err)
			wait(ctx, cooling)
		}
		if len(batch) > 0 {
			// A batch that was received is finished also when the host is closing.
			p.hand(context.WithoutCancel(ctx), batch)
		}
	}
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// gather receives a batch: what is there, or, with a batching window, what comes until the batch is full or the
// window has passed since its first message.
func (p *poller) gather(ctx context.Context) ([]types.Message, error) {
	batch, err := p.receive(ctx, p.source.BatchSize, longPoll)
	if err != nil || len(batch) == 0 || p.source.Window == 0 {
		return batch, err
	}
	end := time.Now().Add(p.source.Window)
	for len(batch) < p.source.BatchSize {
		left := time.Until(end).Truncate(time.Second)
		if left <= 0 {
			break
		}
		more, err := p.receive(ctx, p.source.BatchSize-len(batch), min(left, longPoll))
		batch = append(batch, more...)
		if err != nil {
			return batch, err
		}
	}
	return batch, nil
}

func (p *poller) receive(ctx context.Context, most int, patience time.Duration) ([]types.Message, error) {
	out, err := p.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &p.url,
		MaxNumberOfMessages:         int32(min(most, 10)),          //nolint:gosec // 1 to 10
		WaitTimeSeconds:             int32(patience / time.Second), //nolint:gosec // 0 to 20
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// hand invokes the function with the batch and deletes what succeeded. What failed stays in the queue, and comes back
// after its visibility timeout.
func (p *poller) hand(ctx context.Context, batch []types.Message) {
	payload, err := json.Marshal(p.event(batch))
	if err != nil {
		p.host.options.Log.Error("cannot make an event", "function", p.function.ID, "error", err)
		return
	}
	answer, err := p.host.Invoke(ctx, p.function.ID, payload)
	if err != nil {
		p.host.options.Log.Error("function failed", "function", p.function.ID, "messages", len(batch), "error", err)
		return
	}
	failed, err := p.failures(answer, batch)
	if err != nil {
		p.host.options.Log.Error("the whole batch counts as failed", "function", p.function.ID, "error", err)
		return
	}
	var done []types.DeleteMessageBatchRequestEntry
	for i, m := range batch {
		if !failed[aws.ToString(m.MessageId)] {
			done = append(done, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
	}
	if len(done) == 0 {
		return
	}
	out, err := p.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &p.url, Entries: done})
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("%s: %s", aws.ToString(out.Failed[0].Code), aws.ToString(out.Failed[0].Message))
	}
	if err != nil { // they come again, which the function must bear anyway
		p.host.options.Log.Error("cannot delete messages", "function", p.function.ID, "error", err)
	}
}

func (p *poller) event(batch []types.Message) sqsEvent {
	e := sqsEvent{Records: make([]sqsRecord, len(batch))}
	for i, m := range batch {
		record := sqsRecord{
			MessageID: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle), Body: aws.ToString(m.Body),
			Attributes: m.Attributes, MessageAttributes: map[string]sqsAttribute{}, MD5OfBody: aws.ToString(m.MD5OfBody),
			EventSource: "aws:sqs", EventSourceARN: p.source.Queue, AWSRegion: p.host.template.Inputs.Region,
		}
		for name, a := range m.MessageAttributes {
			record.MessageAttributes[name] = sqsAttribute{a.StringValue, a.BinaryValue, aws.ToString(a.DataType)}
		}
		e.Records[i] = record
	}
	return e
}

// failures are the ids of the messages that a function says it failed on. Nothing, null and an empty list mean that
// all succeeded; an id that is empty or not of the batch, or an answer of another shape, means that all failed (AWS
// Lambda Developer Guide, "Implementing partial batch responses").
func (p *poller) failures(answer []byte, batch []types.Message) (map[string]bool, error) {
	failed := map[string]bool{}
	if !p.source.PartialFailures || len(answer) == 0 || string(answer) == "null" {
		return failed, nil
	}
	var out struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("not a batch response: %w", err)
	}
	known := map[string]bool{}
	for _, m := range batch {
		known[aws.ToString(m.MessageId)] = true
	}
	for _, f := range out.BatchItemFailures {
		if !known[f.ItemIdentifier] {
			return nil, fmt.Errorf("%q is no message of the batch", f.ItemIdentifier)
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}
