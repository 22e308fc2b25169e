package sqs_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/sqs"
)

// start returns an engine that ends with the test, and the SDK's client for it.
func start(t testing.TB, o sqs.Options) (*sqs.Engine, *awssqs.Client) {
	t.Helper()
	e, err := sqs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, client(e)
}

// testContext is for what outlives a test.
var testContext = context.Background()

func client(h http.Handler) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://localhost"),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: roundtrip.Transport(h)},
	})
}

// queue creates a queue and returns its URL.
func queue(t testing.TB, c *awssqs.Client, name string, attributes map[string]string) *string {
	t.Helper()
	out, err := c.CreateQueue(context.Background(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func send(t testing.TB, c *awssqs.Client, url *string, body string) {
	t.Helper()
	if _, err := c.SendMessage(context.Background(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// receive returns the bodies of one receive of up to ten messages.
func receive(t testing.TB, c *awssqs.Client, in awssqs.ReceiveMessageInput) []string {
	t.Helper()
	if in.MaxNumberOfMessages == 0 {
		in.MaxNumberOfMessages = 10
	}
	out, err := c.ReceiveMessage(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

func TestMessagesSurviveARestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.log"
	first, err := sqs.New(sqs.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	c := client(first)
	url := queue(t, c, "jobs", map[string]string{"VisibilityTimeout": "7"})
	send(t, c, url, "kept")
	send(t, c, url, "in flight")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, sqs.Options{JournalPath: path})
	got := receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
	if len(got) != 2 {
		t.Fatalf("after a restart the queue holds %q", got)
	}
}
