package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"latchkey.dev/infra/run/template"
)

// queues makes the queues, those that take dead letters first, and returns the template resolved with their URLs and
// with the account and region that the endpoint says they are in.
func queues(ctx context.Context, cfg aws.Config, t *template.Template) (*template.Template, error) {
	client := sqs.NewFromConfig(cfg)
	urls := map[string]string{}
	region, id := t.Inputs.Region, t.Inputs.Account
	for _, withDeadLetters := range []bool{false, true} {
		for _, q := range t.Queues {
			if (q.DeadLetters != "") != withDeadLetters {
				continue
			}
			// The template's ARNs may still name another account than the endpoint's.
			url, err := queue(ctx, client, q, "arn:"+t.Inputs.Partition+":sqs:"+region+":"+id+":"+nameOf(t, q.DeadLetters))
			if err != nil {
				return nil, fmt.Errorf("queue %s: %w", q.Name, err)
			}
			urls[q.ID] = url
			if region, id, err = whereabouts(ctx, client, url); err != nil {
				return nil, fmt.Errorf("queue %s: %w", q.Name, err)
			}
		}
	}
	return t.With(func(in *template.Inputs) { in.QueueURLs, in.Region, in.Account = urls, region, id })
}

func nameOf(t *template.Template, arn string) string {
	if q := t.QueueByARN(arn); q != nil {
		return q.Name
	}
	return ""
}

func whereabouts(ctx context.Context, client *sqs.Client, url string) (region, id string, err error) {
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", "", err
	}
	return account(out.Attributes["QueueArn"])
}

func queue(ctx context.Context, client *sqs.Client, q *template.Queue, deadLetters string) (url string, err error) {
	attributes := maps.Clone(q.Attributes)
	if q.DeadLetters != "" {
		policy, err := json.Marshal(map[string]string{
			"deadLetterTargetArn": deadLetters, "maxReceiveCount": strconv.Itoa(q.MaxReceives),
		})
		if err != nil {
			return "", err
		}
		attributes["RedrivePolicy"] = string(policy)
	}
	out, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q.Name, Attributes: attributes})
	if err == nil {
		return aws.ToString(out.QueueUrl), nil
	}
	// It exists with other attributes. Emulators spell the error in more ways than AWS does, so the queue itself
	// decides whether that was it.
	found, lookup := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.Name})
	if lookup != nil {
		return "", errors.Join(err, lookup)
	}
	_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: found.QueueUrl, Attributes: attributes})
	return aws.ToString(found.QueueUrl), err
}
