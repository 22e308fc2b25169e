package sqs_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestAReceivedMessageIsHiddenForItsVisibilityTimeout(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "2")
		s.send(url, "x")
		start := time.Now() // an engine hides it before its answer has come
		first := s.one(s.now(url))
		s.none(s.now(url))
		second := s.one(s.after(url))
		if waited := time.Since(start); waited < 1900*time.Millisecond || waited > 15*time.Second {
			t.Errorf("it was visible again after %v, want 2s", waited)
		}
		if *second.MessageId != *first.MessageId || *second.ReceiptHandle == *first.ReceiptHandle {
			t.Error("want the same message with another receipt handle")
		}
		if n := second.Attributes["ApproximateReceiveCount"]; n != "2" {
			t.Errorf("ApproximateReceiveCount is %s, want 2", n)
		}
		const firstReceive = "ApproximateFirstReceiveTimestamp"
		if first.Attributes[firstReceive] == "" || first.Attributes[firstReceive] != second.Attributes[firstReceive] {
			t.Errorf("%s was %s and is %s", firstReceive, first.Attributes[firstReceive], second.Attributes[firstReceive])
		}
	})
}

func TestTimestampsAreMillisecondsSinceTheEpoch(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "x")
		m := s.one(s.now(url))
		for _, name := range []string{"SentTimestamp", "ApproximateFirstReceiveTimestamp"} {
			ms, err := strconv.ParseInt(m.Attributes[name], 10, 64)
			if age := time.Since(time.UnixMilli(ms)); err != nil || age < -time.Minute || age > time.Minute {
				t.Errorf("%s is %q", name, m.Attributes[name])
			}
		}
	})
}

func TestAReceiveMayOverrideTheVisibilityTimeout(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "600")
		s.send(url, "x")
		s.one(s.receive(url, awssqs.ReceiveMessageInput{VisibilityTimeout: 1}))
		s.none(s.now(url))
		s.one(s.after(url))
	})
}

func TestVisibilityChangedToZeroShowsTheMessageAtOnce(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "600")
		s.send(url, "x")
		m := s.one(s.now(url))
		if err := s.changeVisibility(url, m, 0); err != nil {
			t.Fatal(err)
		}
		s.one(s.now(url))
	})
}

func TestVisibilityChangeCountsFromTheChange(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "1")
		s.send(url, "x")
		m := s.one(s.now(url))
		if err := s.changeVisibility(url, m, 3); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		s.one(s.after(url))
		if waited := time.Since(start); waited < 2900*time.Millisecond {
			t.Errorf("it was visible after %v, want 3s", waited)
		}
	})
}

// AWS documents MessageNotInflight, and is seen to answer with success: see infra/README.md.
func TestVisibilityOfAMessageThatIsNotInFlightStaysAsItIs(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "600")
		s.send(url, "x")
		m := s.one(s.now(url))
		for _, seconds := range []int32{0, 300} {
			if err := s.changeVisibility(url, m, seconds); err != nil {
				t.Fatal(err)
			}
		}
		s.one(s.now(url))
	})
}

func TestVisibilityOfADeletedMessageCannotBeChanged(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "x")
		m := s.one(s.now(url))
		s.remove(url, m)
		fails(t, s.changeVisibility(url, m, 5), "InvalidParameterValue")
	})
}

func TestVisibilityIsChangedInBatches(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "600")
		s.send(url, "x")
		m := s.one(s.now(url))
		out, err := s.ChangeMessageVisibilityBatch(t.Context(), &awssqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: url,
			Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
				{Id: aws.String("good"), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0},
				{Id: aws.String("bad"), ReceiptHandle: aws.String("no handle"), VisibilityTimeout: 0},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Successful) != 1 || len(out.Failed) != 1 || *out.Failed[0].Id != "bad" || !out.Failed[0].SenderFault {
			t.Errorf("successful %d, failed %d", len(out.Successful), len(out.Failed))
		}
		s.one(s.now(url))
	})
}

func TestADeletedMessageDoesNotComeBack(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "1")
		s.send(url, "x")
		m := s.one(s.now(url))
		s.remove(url, m)
		s.remove(url, m) // deleting twice is no error
		s.none(s.receive(url, awssqs.ReceiveMessageInput{WaitTimeSeconds: 2}))
	})
}

func TestAHandleWhoseVisibilityRanOutStillDeletes(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "0")
		s.send(url, "x")
		s.remove(url, s.one(s.now(url)))
		s.none(s.now(url))
	})
}

func TestAnEarlierHandleDeletesNothing(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "0")
		s.send(url, "x")
		first := s.one(s.now(url))
		second := s.one(s.now(url))
		s.remove(url, first)
		third := s.one(s.now(url))
		if *third.MessageId != *second.MessageId {
			t.Error("another message")
		}
	})
}

func TestAHandleOfNoMessageIsInvalid(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		_, err := s.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{
			QueueUrl: url, ReceiptHandle: aws.String("no handle"),
		})
		is[*types.ReceiptHandleIsInvalid](t, err)
	})
}

func TestMessagesAreDeletedInBatches(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "x")
		m := s.one(s.now(url))
		out, err := s.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{
			QueueUrl: url,
			Entries: []types.DeleteMessageBatchRequestEntry{
				{Id: aws.String("good"), ReceiptHandle: m.ReceiptHandle},
				{Id: aws.String("bad"), ReceiptHandle: aws.String("no handle")},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Successful) != 1 || len(out.Failed) != 1 || *out.Failed[0].Id != "bad" {
			t.Errorf("successful %d, failed %d", len(out.Successful), len(out.Failed))
		}
		if n := s.attribute(url, "ApproximateNumberOfMessagesNotVisible"); n != "0" {
			t.Errorf("%s messages are left in flight", n)
		}
	})
}

func TestALongPollEndsAsSoonAsAMessageArrives(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue()
		start := time.Now()
		got := make(chan []types.Message, 1)
		go func() { got <- s.receive(url, awssqs.ReceiveMessageInput{WaitTimeSeconds: 20}) }()
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		<-timer.C // the poll is under way
		s.send(url, "x")
		s.one(<-got)
		if waited := time.Since(start); waited < time.Second || waited > 3*time.Second {
			t.Errorf("the poll took %v, want 1s", waited)
		}
	})
}

func TestALongPollOfAnEmptyQueueEndsEmptyAfterItsTime(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("ReceiveMessageWaitTimeSeconds", "2")
		start := time.Now()
		s.none(s.now(url)) // 0 is not sent by the SDK: the queue's own wait counts
		if waited := time.Since(start); waited < 1900*time.Millisecond || waited > 5*time.Second {
			t.Errorf("the queue's own wait took %v, want 2s", waited)
		}
		start = time.Now()
		s.none(s.receive(url, awssqs.ReceiveMessageInput{WaitTimeSeconds: 1}))
		if waited := time.Since(start); waited < 900*time.Millisecond || waited > 1900*time.Millisecond {
			t.Errorf("the receive's wait took %v, want 1s", waited)
		}
	})
}

func TestAMessageMayBeDelayed(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue()
		start := time.Now()
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String("x"), DelaySeconds: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.none(s.now(url))
		s.one(s.after(url))
		if waited := time.Since(start); waited < 1900*time.Millisecond {
			t.Errorf("it was visible after %v, want 2s", waited)
		}
	})
}

func TestAQueueMayDelayAllItsMessages(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("DelaySeconds", "1")
		s.send(url, "x")
		s.none(s.now(url))
		s.one(s.after(url))
	})
}

func TestMessagesOlderThanTheRetentionPeriodAreGone(t *testing.T) {
	if endpoint != "" {
		t.Skip("it takes a minute of real time")
	}
	specifyInTime(t, func(t *testing.T, s service) {
		url := s.queue("MessageRetentionPeriod", "60")
		s.send(url, "old")
		timer := time.NewTimer(59 * time.Second)
		defer timer.Stop()
		<-timer.C
		s.send(url, "young")
		timer.Reset(time.Second)
		<-timer.C
		if m := s.one(s.now(url)); *m.Body != "young" {
			t.Errorf("received %q", *m.Body)
		}
	})
}

func TestConcurrentReceiversGetEachMessageOnce(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "600")
		const messages, receivers = 60, 16
		var want []string
		for i := range messages {
			want = append(want, strconv.Itoa(100+i))
		}
		s.send(url, want...)
		var mu sync.Mutex
		var got []string
		var group sync.WaitGroup
		for range receivers {
			group.Go(func() {
				for {
					out, err := s.ReceiveMessage(context.Background(), &awssqs.ReceiveMessageInput{
						QueueUrl: url, MaxNumberOfMessages: 3,
					})
					if err != nil {
						t.Error(err)
						return
					}
					if len(out.Messages) == 0 {
						return
					}
					mu.Lock()
					for _, m := range out.Messages {
						got = append(got, *m.Body)
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("received %d messages, want each of %d once", len(got), len(want))
		}
	})
}
