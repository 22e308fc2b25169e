package sqs_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestCreatingAQueueAgainWithTheSameAttributesReturnsIt(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name := unique(t)
		in := &awssqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "45"}}
		first, err := s.CreateQueue(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := s.DeleteQueue(context.Background(), &awssqs.DeleteQueueInput{QueueUrl: first.QueueUrl}); err != nil {
				t.Error(err)
			}
		})
		second, err := s.CreateQueue(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if *first.QueueUrl != *second.QueueUrl {
			t.Errorf("the URL was %s and is %s", *first.QueueUrl, *second.QueueUrl)
		}
		in.Attributes["VisibilityTimeout"] = "46"
		_, err = s.CreateQueue(t.Context(), in)
		is[*types.QueueNameExists](t, err)
	})
}

func TestQueueNameHasOnlyLettersDigitsHyphensAndUnderscores(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		for _, name := range []string{"no spaces", "no.dots", strings.Repeat("x", 81)} {
			_, err := s.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name})
			fails(t, err, "InvalidParameterValue")
		}
	})
}

func TestGetQueueUrlFindsOnlyWhatExists(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		name := (*url)[strings.LastIndexByte(*url, '/')+1:]
		out, err := s.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if *out.QueueUrl != *url {
			t.Errorf("GetQueueUrl says %s, CreateQueue said %s", *out.QueueUrl, *url)
		}
		_, err = s.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String(unique(t))})
		is[*types.QueueDoesNotExist](t, err)
	})
}

func TestListQueuesPagesThroughAPrefix(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		prefix := unique(t)
		var made []string
		for _, suffix := range []string{"-a", "-b", "-c"} {
			out, err := s.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String(prefix + suffix)})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, *out.QueueUrl)
			t.Cleanup(func() {
				if _, err := s.DeleteQueue(context.Background(), &awssqs.DeleteQueueInput{QueueUrl: out.QueueUrl}); err != nil {
					t.Error(err)
				}
			})
		}
		var listed []string
		pages := awssqs.NewListQueuesPaginator(s.Client, &awssqs.ListQueuesInput{
			QueueNamePrefix: &prefix, MaxResults: aws.Int32(2),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.QueueUrls) > 2 {
				t.Errorf("a page of 2 holds %d", len(page.QueueUrls))
			}
			listed = append(listed, page.QueueUrls...)
		}
		slices.Sort(listed)
		if !slices.Equal(listed, made) {
			t.Errorf("listed %q, made %q", listed, made)
		}
	})
}

func TestADeletedQueueIsGone(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		if _, err := s.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: url}); err != nil {
			t.Fatal(err)
		}
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
		is[*types.QueueDoesNotExist](t, err)
	})
}

func TestAttributesHaveTheDocumentedDefaults(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		for name, want := range map[string]string{
			"VisibilityTimeout": "30", "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0",
			"MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576", "ApproximateNumberOfMessages": "0",
		} {
			if got := s.attribute(url, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if arn := s.arn(url); !strings.HasPrefix(arn, "arn:aws:sqs:us-east-1:") {
			t.Errorf("QueueArn is %q", arn)
		}
	})
}

func TestAttributesAreReadBackAsSet(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "45")
		_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
			QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "7"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, d := s.attribute(url, "VisibilityTimeout"), s.attribute(url, "DelaySeconds"); v != "45" || d != "7" {
			t.Errorf("VisibilityTimeout is %s and DelaySeconds %s, want 45 and 7", v, d)
		}
	})
}

func TestUnknownAttributesAreRefused(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
			QueueUrl: url, Attributes: map[string]string{"Colour": "blue"},
		})
		is[*types.InvalidAttributeName](t, err)
	})
}

func TestAttributesOutOfRangeAreRefused(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		for name, value := range map[string]string{
			"VisibilityTimeout": "43201", "DelaySeconds": "901", "MessageRetentionPeriod": "59",
			"ReceiveMessageWaitTimeSeconds": "21", "MaximumMessageSize": "1023",
		} {
			_, err := s.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
				QueueUrl: url, Attributes: map[string]string{name: value},
			})
			if err == nil {
				t.Errorf("%s=%s was accepted", name, value)
				continue
			}
			is[*types.InvalidAttributeValue](t, err)
		}
	})
}

func TestCountsTellVisibleInFlightAndDelayedApart(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "1", "2", "3")
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String("later"), DelaySeconds: 900,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.receive(url, awssqs.ReceiveMessageInput{MaxNumberOfMessages: 1})
		got := []string{
			s.attribute(url, "ApproximateNumberOfMessages"),
			s.attribute(url, "ApproximateNumberOfMessagesNotVisible"),
			s.attribute(url, "ApproximateNumberOfMessagesDelayed"),
		}
		if want := []string{"2", "1", "1"}; !slices.Equal(got, want) {
			t.Errorf("visible, in flight, delayed are %q, want %q", got, want)
		}
	})
}

func TestTagsAreAddedAndRemoved(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		if _, err := s.TagQueue(t.Context(), &awssqs.TagQueueInput{
			QueueUrl: url, Tags: map[string]string{"stage": "test", "team": "mail"},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.UntagQueue(t.Context(), &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"team"}}); err != nil {
			t.Fatal(err)
		}
		out, err := s.ListQueueTags(t.Context(), &awssqs.ListQueueTagsInput{QueueUrl: url})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Tags) != 1 || out.Tags["stage"] != "test" {
			t.Errorf("tags are %v", out.Tags)
		}
	})
}

func TestPurgeEmptiesTheQueueAndNotAgainWithinAMinute(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "1", "2")
		if _, err := s.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url}); err != nil {
			t.Fatal(err)
		}
		s.none(s.now(url))
		_, err := s.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url})
		is[*types.PurgeQueueInProgress](t, err)
	})
}
