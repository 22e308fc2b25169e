// Package sqs puts jobs on the product's queues. They are taken off by Lambda's event source mapping.
package sqs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Queue is one SQS queue.
type Queue struct {
	// The one operation in use, as a function: see dynamo.Table on what a field of the client's type would cost.
	send func(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	url  string
}

// Open makes a Queue from an SDK configuration and the queue's URL. It does no I/O.
func Open(cfg aws.Config, url string) *Queue {
	return &Queue{send: sqs.NewFromConfig(cfg).SendMessage, url: url}
}

// MaxDelay is the longest delay that SQS takes (SendMessage, DelaySeconds).
const MaxDelay = 15 * time.Minute

// Send puts a message on the queue; it is delivered after the delay, in whole seconds, rounded up.
func (q *Queue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	in := &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: aws.String(string(body))}
	if delay > 0 {
		in.DelaySeconds = int32((min(delay, MaxDelay) + time.Second - 1) / time.Second) //nolint:gosec // at most 900
	}
	if _, err := q.send(ctx, in); err != nil {
		return fmt.Errorf("sqs: %w", err)
	}
	return nil
}
