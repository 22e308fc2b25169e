package sqs_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// withDeadLetters makes a queue that gives up after so many receives, and its dead-letter queue.
func (s service) withDeadLetters(maxReceives int) (source, dead *string) {
	s.t.Helper()
	dead = s.queue()
	source = s.queue("VisibilityTimeout", "0", "RedrivePolicy",
		fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, s.arn(dead), maxReceives))
	return source, dead
}

func TestAMessageReceivedTooOftenGoesToTheDeadLetterQueue(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		source, dead := s.withDeadLetters(2)
		s.send(source, "poison")
		first := s.one(s.now(source))
		s.one(s.now(source))
		s.none(s.now(source))
		m := s.one(s.now(dead))
		if *m.MessageId != *first.MessageId || *m.Body != "poison" {
			t.Errorf("the dead letter is %q with id %s, want the message %s", *m.Body, *m.MessageId, *first.MessageId)
		}
		if got := m.Attributes["DeadLetterQueueSourceArn"]; got != s.arn(source) {
			t.Errorf("DeadLetterQueueSourceArn is %q", got)
		}
		if m.Attributes["SentTimestamp"] != first.Attributes["SentTimestamp"] {
			t.Error("a dead letter keeps the moment it was sent")
		}
	})
}

func TestAnotherMessageIsReceivedInPlaceOfADeadLetter(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		source, _ := s.withDeadLetters(1)
		s.send(source, "poison")
		s.one(s.now(source))
		s.send(source, "good")
		if m := s.one(s.after(source)); *m.Body != "good" {
			t.Errorf("received %q", *m.Body)
		}
	})
}

func TestADeadLetterQueueMustExist(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
			QueueUrl: url, Attributes: map[string]string{
				"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":"%s-missing","maxReceiveCount":3}`, s.arn(url)),
			},
		})
		fails(t, err, "InvalidParameterValue", "InvalidAttributeValue", "QueueDoesNotExist", "NonExistentQueue")
	})
}

func TestMaxReceiveCountIsOneToAThousand(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url, dead := s.queue(), s.queue()
		for _, count := range []string{"0", "1001", `"many"`} {
			_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
				QueueUrl: url, Attributes: map[string]string{
					"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%s}`, s.arn(dead), count),
				},
			})
			if err == nil {
				t.Errorf("maxReceiveCount %s was accepted", count)
				continue
			}
			fails(t, err, "InvalidParameterValue", "InvalidAttributeValue")
		}
	})
}

func TestADeadLetterQueueMayRefuseSources(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		dead := s.queue("RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
		_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
			QueueUrl: url, Attributes: map[string]string{
				"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":3}`, s.arn(dead)),
			},
		})
		fails(t, err, "InvalidParameterValue")
	})
}

func TestAnEmptyRedrivePolicyRemovesIt(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		source, _ := s.withDeadLetters(2)
		_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
			QueueUrl: source, Attributes: map[string]string{"RedrivePolicy": ""},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.attribute(source, "RedrivePolicy"); got != "" {
			t.Errorf("RedrivePolicy is %s", got)
		}
	})
}

func TestTheSourcesOfADeadLetterQueueAreListed(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		source, dead := s.withDeadLetters(2)
		out, err := s.ListDeadLetterSourceQueues(t.Context(), &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.QueueUrls) != 1 || out.QueueUrls[0] != *source {
			t.Errorf("the sources are %q, want %q", out.QueueUrls, *source)
		}
	})
}

func TestDeadLettersAreMovedBackToTheirSource(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		source, dead := s.withDeadLetters(1)
		s.send(source, "retry me")
		first := s.one(s.now(source))
		s.none(s.now(source))
		_, err := s.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(s.arn(dead))})
		if err != nil {
			t.Fatal(err)
		}
		m := s.one(s.after(source))
		if *m.Body != "retry me" || *m.MessageId == *first.MessageId {
			t.Errorf("moved back as %q with the id %s; want a new id", *m.Body, *m.MessageId)
		}
		if n := m.Attributes["ApproximateReceiveCount"]; n != "1" {
			t.Errorf("its receive count is %s, want 1: a redriven message is a new one", n)
		}
		s.none(s.now(dead))
		tasks, err := s.ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(s.arn(dead))})
		if err != nil {
			t.Fatal(err)
		}
		if len(tasks.Results) != 1 || tasks.Results[0].ApproximateNumberOfMessagesMoved != 1 {
			t.Errorf("the tasks are %+v", tasks.Results)
		}
	})
}

func TestDeadLettersAreMovedToAnotherQueue(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		_, dead := s.withDeadLetters(1)
		elsewhere := s.queue()
		s.send(dead, "sent directly")
		_, err := s.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
			SourceArn: aws.String(s.arn(dead)), DestinationArn: aws.String(s.arn(elsewhere)),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.one(s.after(elsewhere))
	})
}

func TestOnlyDeadLetterQueuesAreMoved(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		_, err := s.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(s.arn(url))})
		fails(t, err, "InvalidParameterValue", "UnsupportedOperation")
		_, err = s.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
			SourceArn: aws.String(s.arn(url) + "-missing"),
		})
		is[*types.ResourceNotFoundException](t, err)
	})
}

func TestASlowMoveIsSeenRunningAndCancelled(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		_, dead := s.withDeadLetters(1)
		elsewhere := s.queue()
		for range 10 {
			s.send(dead, "x")
		}
		arn := aws.String(s.arn(dead))
		start := &awssqs.StartMessageMoveTaskInput{
			SourceArn: arn, DestinationArn: aws.String(s.arn(elsewhere)), MaxNumberOfMessagesPerSecond: aws.Int32(1),
		}
		task, err := s.StartMessageMoveTask(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		s.one(s.receive(elsewhere, awssqs.ReceiveMessageInput{WaitTimeSeconds: 10, MaxNumberOfMessages: 1}))
		if _, err := s.StartMessageMoveTask(t.Context(), start); err == nil {
			t.Error("a second task was started beside the first")
		}
		tasks, err := s.ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if len(tasks.Results) != 1 || *tasks.Results[0].Status != "RUNNING" || tasks.Results[0].TaskHandle == nil {
			t.Errorf("the tasks are %+v", tasks.Results)
		}
		out, err := s.CancelMessageMoveTask(t.Context(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: task.TaskHandle})
		if err != nil {
			t.Fatal(err)
		}
		if out.ApproximateNumberOfMessagesMoved < 1 || out.ApproximateNumberOfMessagesMoved > 9 {
			t.Errorf("%d of 10 were moved", out.ApproximateNumberOfMessagesMoved)
		}
		if left := s.attribute(dead, "ApproximateNumberOfMessages"); left == "0" {
			t.Error("nothing is left after the cancellation")
		}
	})
}

func TestOnlyATaskIsCancelled(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		arn := s.arn(s.queue())
		cancel := func(handle string) error {
			_, err := s.CancelMessageMoveTask(t.Context(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
			return err
		}
		// The form of a handle, as AWS gives them out.
		task := func(source string) string {
			return base64.StdEncoding.EncodeToString(
				fmt.Appendf(nil, `{"taskId":"10f57157-fc38-4da9-a113-4de7e12d05aa","sourceArn":%q}`, source))
		}
		fails(t, cancel("no handle"), "InvalidParameterValue")
		is[*types.ResourceNotFoundException](t, cancel(task(arn)))
		is[*types.ResourceNotFoundException](t, cancel(task(arn+"-missing")))
	})
}

func TestAMoveFailsWhenItsDestinationIsDeleted(t *testing.T) {
	specifyInTime(t, func(t *testing.T, s service) {
		_, dead := s.withDeadLetters(1)
		elsewhere := s.queue()
		s.send(dead, "1", "2", "3", "4", "5")
		arn := aws.String(s.arn(dead))
		_, err := s.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
			SourceArn: arn, DestinationArn: aws.String(s.arn(elsewhere)), MaxNumberOfMessagesPerSecond: aws.Int32(1),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: elsewhere}); err != nil {
			t.Fatal(err)
		}
		s.none(s.receive(s.queue(), awssqs.ReceiveMessageInput{WaitTimeSeconds: 3})) // the task goes on meanwhile
		tasks, err := s.ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if len(tasks.Results) != 1 || *tasks.Results[0].Status != "FAILED" ||
			!strings.HasSuffix(aws.ToString(tasks.Results[0].FailureReason), "NonExistentQueue") {
			t.Errorf("the tasks are %+v", tasks.Results)
		}
		if left := s.attribute(dead, "ApproximateNumberOfMessages"); left == "0" {
			t.Error("nothing is left after the failure")
		}
	})
}
