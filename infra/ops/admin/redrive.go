package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// redrive puts what stands among a queue's dead letters back on it: by a move task, or message by message where the
// endpoint knows no move tasks.
func (t *tool) redrive(args []string) error {
	short := strings.TrimPrefix(strings.TrimSuffix(args[0], "-dead-letters"), t.stage+"-")
	queue, dead := t.stage+"-"+short, t.stage+"-"+short+"-dead-letters"
	client := sqs.NewFromConfig(t.cfg)
	from, err := client.GetQueueUrl(t.ctx, &sqs.GetQueueUrlInput{QueueName: &dead})
	if err != nil {
		var none *types.QueueDoesNotExist
		if errors.As(err, &none) {
			return fmt.Errorf("there is no queue %s; name one of the stage's queues, such as mail or delivery", dead)
		}
		return err
	}
	facts, err := client.GetQueueAttributes(t.ctx, &sqs.GetQueueAttributesInput{QueueUrl: from.QueueUrl,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn, types.QueueAttributeNameApproximateNumberOfMessages}})
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(facts.Attributes["ApproximateNumberOfMessages"]) //nolint:errcheck // AWS sends a number
	how := "there was nothing to move"
	if n > 0 {
		how = "a move task has begun"
		arn := facts.Attributes["QueueArn"]
		to := strings.TrimSuffix(arn, "-dead-letters") // named, so that what was put there by hand goes too
		_, err = client.StartMessageMoveTask(t.ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &arn, DestinationArn: &to})
		var refused smithy.APIError
		if errors.As(err, &refused) &&
			(strings.Contains(refused.ErrorCode(), "UnsupportedOperation") || strings.Contains(refused.ErrorCode(), "InvalidAction") ||
				strings.Contains(refused.ErrorCode(), "UnknownOperation") || strings.Contains(refused.ErrorCode(), "NotImplemented")) {
			how = "moved one by one"
			n, err = t.carry(client, *from.QueueUrl, queue)
		}
		if err != nil {
			return err
		}
	}
	v := struct {
		Queue    string `json:"queue"`
		Messages int    `json:"messages"` // roughly, as SQS counts
	}{queue, n}
	return t.answer(v, func(p *printer) { p.line("%s: about %d dead letters; %s", queue, n, how) })
}

// carry moves messages by hand: each is sent before it is deleted, so that none is lost.
func (t *tool) carry(client *sqs.Client, from, queue string) (int, error) {
	to, err := client.GetQueueUrl(t.ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return 0, err
	}
	for n := 0; ; {
		got, err := client.ReceiveMessage(t.ctx,
			&sqs.ReceiveMessageInput{QueueUrl: &from, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, MessageAttributeNames: []string{"All"}})
		if err != nil || len(got.Messages) == 0 {
			return n, err
		}
		for _, m := range got.Messages {
			if _, err := client.SendMessage(t.ctx,
				&sqs.SendMessageInput{QueueUrl: to.QueueUrl, MessageBody: m.Body, MessageAttributes: m.MessageAttributes}); err != nil {
				return n, err
			}
			if _, err := client.DeleteMessage(t.ctx,
				&sqs.DeleteMessageInput{QueueUrl: aws.String(from), ReceiptHandle: m.ReceiptHandle}); err != nil {
				return n, err
			}
			n++
		}
	}
}
