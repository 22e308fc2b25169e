package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/infra/run/engine/sqs"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestTickWakesAReceiveWhenTheClockWasMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := &clock{now: time.Now()}
		e, c := start(t, sqs.Options{Now: now.Now})
		url := queue(t, c, "jobs", map[string]string{"DelaySeconds": "900"})
		send(t, c, url, "later")
		began := time.Now()
		got := make(chan []string, 1)
		go func() { got <- receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}) }()
		synctest.Wait() // the receive is waiting
		now.Advance(15 * time.Minute)
		e.Tick()
		if bodies := <-got; !slices.Equal(bodies, []string{"later"}) || time.Since(began) != 0 {
			t.Errorf("received %q after %v", bodies, time.Since(began))
		}
	})
}

func TestAReceiveEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := start(t, sqs.Options{})
		url := queue(t, c, "jobs", nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCloseEndsWaitingReceives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, c := start(t, sqs.Options{})
		url := queue(t, c, "jobs", nil)
		began := time.Now()
		done := make(chan struct{})
		go func() {
			receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
			close(done)
		}()
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		<-done
		if time.Since(began) != 0 {
			t.Errorf("it took %v", time.Since(began))
		}
	})
}

func TestShuffleDeliversEverythingInAnotherOrder(t *testing.T) {
	t.Parallel()
	var orders [2][]string
	for i := range orders {
		_, c := start(t, sqs.Options{Shuffle: true, Seed: 7})
		url := queue(t, c, "jobs", nil)
		var sent []string
		for n := range 20 {
			sent = append(sent, fmt.Sprintf("%02d", n))
			send(t, c, url, sent[n])
		}
		for range 2 {
			orders[i] = append(orders[i], receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})...)
		}
		if slices.Equal(orders[i], sent) {
			t.Error("it came in the order in which it was sent")
		}
		if sorted := slices.Sorted(slices.Values(orders[i])); !slices.Equal(sorted, sent) {
			t.Errorf("received %q", sorted)
		}
	}
	if !slices.Equal(orders[0], orders[1]) {
		t.Error("the same seed gave two orders")
	}
}

func TestDuplicateDeliversOnceMoreAlsoAfterDeletion(t *testing.T) {
	t.Parallel()
	_, c := start(t, sqs.Options{Duplicate: 1})
	url := queue(t, c, "jobs", nil)
	send(t, c, url, "x")
	for range 2 {
		out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("received %v, %v", out, err)
		}
		_, err = c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{
			QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url}); len(got) != 0 {
		t.Errorf("a copy was copied: %q", got)
	}
}

func TestFIFOQueuesAreRefusedInSoManyWords(t *testing.T) {
	t.Parallel()
	_, c := start(t, sqs.Options{})
	_, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{
		QueueName: aws.String("jobs.fifo"), Attributes: map[string]string{"FifoQueue": "true"},
	})
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !strings.Contains(api.ErrorMessage(), "FIFO queues are not supported") {
		t.Errorf("got %v", err)
	}
}

func TestOverviewShowsEveryQueueWithoutReceiving(t *testing.T) {
	t.Parallel()
	e, c := start(t, sqs.Options{})
	queue(t, c, "dead", nil)
	url := queue(t, c, "jobs", map[string]string{
		"VisibilityTimeout": "0",
		"RedrivePolicy":     `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}`,
	})
	send(t, c, url, "poison")
	receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
	receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
	send(t, c, url, "fresh")
	receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 60})
	all := e.Overview()
	if len(all) != 2 || all[0].Name != "dead" || all[1].DeadLetterQueue != "dead" {
		t.Fatalf("the overview is %+v", all)
	}
	if dead := all[0]; dead.Visible != 1 || dead.Messages[0].Body != "poison" || !slices.Equal(dead.Sources, []string{"jobs"}) {
		t.Errorf("the dead letters are %+v", dead)
	}
	if jobs := all[1]; jobs.InFlight != 1 || jobs.Messages[0].State != "in flight" {
		t.Errorf("the jobs are %+v", jobs)
	}
}

func TestStateIsTheSameAfterCompactionAndRestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.log"
	e, err := sqs.New(sqs.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	c := client(e)
	url := queue(t, c, "jobs", nil)
	body := strings.Repeat("x", 1<<18)
	// 16 MiB through a queue that holds little: the journal is compacted on the way.
	for range 64 {
		send(t, c, url, body)
		out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
		if err != nil || len(out.Messages) != 1 {
			t.Fatal(err)
		}
		if _, err := c.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{
			QueueUrl: url,
			Entries:  []types.DeleteMessageBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: out.Messages[0].ReceiptHandle}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	send(t, c, url, "kept")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, sqs.Options{JournalPath: path})
	if got := receive(t, c, awssqs.ReceiveMessageInput{QueueUrl: url}); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("after a restart the queue holds %d messages", len(got))
	}
}

func TestAReceiptHandleOutlivesARestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.log"
	e, err := sqs.New(sqs.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	c := client(e)
	url := queue(t, c, "jobs", nil)
	send(t, c, url, "x")
	out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
	if err != nil || len(out.Messages) != 1 {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	again, c := start(t, sqs.Options{JournalPath: path})
	if o := again.Overview()[0]; o.InFlight != 1 || o.Visible != 0 {
		t.Errorf("after a restart %d are in flight and %d visible", o.InFlight, o.Visible)
	}
	_, err = c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	if o := again.Overview()[0]; len(o.Messages) != 0 {
		t.Errorf("after the deletion there are %+v", o.Messages)
	}
}
