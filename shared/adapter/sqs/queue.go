// Package sqs puts jobs on the product's queues. They are taken off by Lambda's event source mapping.
package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Queue is one SQS queue.
type Queue struct {
	cfg aws.Config
	url string
}

// Open makes a Queue from an SDK configuration and the queue's URL. It does no I/O.
func Open(cfg aws.Config, url string) *Queue { return &Queue{cfg, url} }

// MaxDelay is the longest delay that SQS takes (SendMessage, DelaySeconds).
const MaxDelay = 15 * time.Minute

// Send puts a message on the queue; it is delivered after the delay, in whole seconds, rounded up. What may pass is tried
// again, so that a message may be there twice, as any message of a standard queue may.
func (q *Queue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	in := struct {
		QueueUrl     string //nolint:revive // SQS's name
		MessageBody  string
		DelaySeconds int64 `json:",omitempty"`
	}{QueueUrl: q.url, MessageBody: string(body)}
	if delay > 0 {
		in.DelaySeconds = int64((min(delay, MaxDelay) + time.Second - 1) / time.Second)
	}
	text, err := json.Marshal(in)
	if err == nil {
		err = q.call(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("sqs: %w", err)
	}
	return nil
}
