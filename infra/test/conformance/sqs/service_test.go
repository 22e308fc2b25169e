// Package sqs_test is the specification of SQS that the engine keeps, one test per semantic, written with the
// unmodified SDK. Without AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL it runs against the engine in this process, in
// bubbles of testing/synctest where time matters; with one of them, against what answers there, in real time.
package sqs_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/sqs"
)

var endpoint = cmp.Or(os.Getenv("AWS_ENDPOINT_URL_SQS"), os.Getenv("AWS_ENDPOINT_URL"))

// service is a client with what the tests say often.
type service struct {
	*awssqs.Client
	t testing.TB
}

// specify runs a test that does not wait: in parallel, against the endpoint or an engine of its own.
func specify(t *testing.T, test func(t *testing.T, s service)) {
	t.Helper()
	t.Parallel()
	test(t, open(t))
}

// specifyInTime runs a test that waits, in a bubble where the engine is in this process.
func specifyInTime(t *testing.T, test func(t *testing.T, s service)) {
	t.Helper()
	t.Parallel()
	if endpoint != "" {
		test(t, open(t))
		return
	}
	synctest.Test(t, func(t *testing.T) { test(t, open(t)) })
}

func open(t testing.TB) service {
	t.Helper()
	o := awssqs.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
		return service{awssqs.New(o), t}
	}
	engine, err := sqs.New(sqs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	o.BaseEndpoint = aws.String("http://localhost")
	o.HTTPClient = &http.Client{Transport: roundtrip.Transport(engine)}
	return service{awssqs.New(o), t}
}

var names atomic.Int64

// unique is a queue name that no other test uses, also on an endpoint that remembers earlier runs.
func unique(t testing.TB) string {
	name := strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())
	if len(name) > 48 {
		name = name[:48]
	}
	return name + "-" + strconv.FormatInt(runStart, 36) + "-" + strconv.FormatInt(names.Add(1), 10)
}

var runStart = time.Now().UnixNano()

// queue makes a queue that goes with the test, and returns its URL.
func (s service) queue(attributes ...string) *string {
	s.t.Helper()
	set := map[string]string{}
	for i := 0; i < len(attributes); i += 2 {
		set[attributes[i]] = attributes[i+1]
	}
	out, err := s.CreateQueue(context.Background(), &awssqs.CreateQueueInput{
		QueueName: aws.String(unique(s.t)), Attributes: set,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_, err := s.DeleteQueue(context.Background(), &awssqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
		if gone := (*types.QueueDoesNotExist)(nil); err != nil && !errors.As(err, &gone) {
			s.t.Error(err)
		}
	})
	return out.QueueUrl
}

func (s service) attribute(url *string, name string) string {
	s.t.Helper()
	out, err := s.GetQueueAttributes(context.Background(), &awssqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeName(name)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Attributes[name]
}

func (s service) arn(url *string) string {
	s.t.Helper()
	return s.attribute(url, "QueueArn")
}

func (s service) send(url *string, bodies ...string) {
	s.t.Helper()
	for _, body := range bodies {
		_, err := s.SendMessage(context.Background(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// receive asks once, for up to ten messages with all attributes, unless in says otherwise.
func (s service) receive(url *string, in awssqs.ReceiveMessageInput) []types.Message {
	s.t.Helper()
	in.QueueUrl = url
	if in.MaxNumberOfMessages == 0 {
		in.MaxNumberOfMessages = 10
	}
	if in.MessageSystemAttributeNames == nil {
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{"All"}
	}
	out, err := s.ReceiveMessage(context.Background(), &in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Messages
}

// now asks once without waiting; after waits up to ten seconds.
func (s service) now(url *string) []types.Message {
	s.t.Helper()
	return s.receive(url, awssqs.ReceiveMessageInput{})
}

func (s service) after(url *string) []types.Message {
	s.t.Helper()
	return s.receive(url, awssqs.ReceiveMessageInput{WaitTimeSeconds: 10})
}

// one is the single message of a receive.
func (s service) one(messages []types.Message) types.Message {
	s.t.Helper()
	if len(messages) != 1 {
		s.t.Fatalf("received %d messages, want 1", len(messages))
	}
	return messages[0]
}

func (s service) none(messages []types.Message) {
	s.t.Helper()
	if len(messages) != 0 {
		s.t.Fatalf("received %d messages, the first %q; want none", len(messages), *messages[0].Body)
	}
}

func (s service) remove(url *string, m types.Message) {
	s.t.Helper()
	_, err := s.DeleteMessage(context.Background(), &awssqs.DeleteMessageInput{
		QueueUrl: url, ReceiptHandle: m.ReceiptHandle,
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s service) changeVisibility(url *string, m types.Message, seconds int32) error {
	_, err := s.ChangeMessageVisibility(context.Background(), &awssqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds,
	})
	return err
}

// fails checks that err is a service error of one of the codes. The codes of the two protocols count as one.
func fails(t testing.TB, err error, codes ...string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("got the error %v, want one of code %q", err, codes)
	}
	code := api.ErrorCode()[strings.LastIndexByte(api.ErrorCode(), '#')+1:]
	code = strings.TrimPrefix(code, "AWS.SimpleQueueService.")
	if !slices.Contains(codes, code) {
		t.Fatalf("got the code %q (%s), want %q", api.ErrorCode(), api.ErrorMessage(), codes)
	}
}

// is checks that err is the SDK's typed error E.
func is[E error](t testing.TB, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		var want E
		t.Fatalf("got the error %v, want a %T", err, want)
	}
}
