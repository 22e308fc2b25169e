package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	mebibyte         = 1 << 20
	attributesDigest = "31d3bcb3142f24cdd1aaa567f27013e9"
)

func TestAMessageComesBackAsItWasSent(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		body := "{\"text\":\"Grüße, \U0001F511\",\"lines\":\"a\\nb\"}\n\ttabbed"
		sent, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
		if err != nil {
			t.Fatal(err) // the SDK has compared MD5OfMessageBody
		}
		m := s.one(s.now(url))
		if *m.Body != body || *m.MessageId != *sent.MessageId {
			t.Errorf("sent %q as %s, received %q as %s", body, *sent.MessageId, *m.Body, *m.MessageId)
		}
	})
}

func TestMessageAttributesComeBackWithTheirDigest(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		sent, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"agency":   {DataType: aws.String("String"), StringValue: aws.String("northwind")},
				"attempt":  {DataType: aws.String("Number"), StringValue: aws.String("3")},
				"app.blob": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		// Computed by hand from "Calculating the MD5 message digest for message attributes".
		if want := attributesDigest; *sent.MD5OfMessageAttributes != want {
			t.Errorf("MD5OfMessageAttributes is %s, want %s", *sent.MD5OfMessageAttributes, want)
		}
		m := s.one(s.receive(url, awssqs.ReceiveMessageInput{MessageAttributeNames: []string{"All"}}))
		if len(m.MessageAttributes) != 3 || *m.MessageAttributes["attempt"].StringValue != "3" ||
			string(m.MessageAttributes["app.blob"].BinaryValue) != "\x00\x01\xff" {
			t.Errorf("received the attributes %v", m.MessageAttributes)
		}
		if m.MD5OfMessageAttributes == nil || *m.MD5OfMessageAttributes != attributesDigest {
			t.Errorf("received the digest %v, want %s", aws.ToString(m.MD5OfMessageAttributes), attributesDigest)
		}
	})
}

func TestMessageAttributesAreOnlyReturnedWhenNamed(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("VisibilityTimeout", "0")
		text := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("v")}
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{"app.a": text, "app.b": text, "c": text},
		})
		if err != nil {
			t.Fatal(err)
		}
		for want, patterns := range map[int][]string{0: nil, 1: {"c"}, 2: {"app.*"}, 3: {".*"}} {
			m := s.one(s.receive(url, awssqs.ReceiveMessageInput{MessageAttributeNames: patterns}))
			if len(m.MessageAttributes) != want {
				t.Errorf("%q returned %d attributes, want %d", patterns, len(m.MessageAttributes), want)
			}
		}
	})
}

func TestBadMessageAttributesAreRefused(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		for name, value := range map[string]types.MessageAttributeValue{
			"aws.reserved": {DataType: aws.String("String"), StringValue: aws.String("v")},
			"no space":     {DataType: aws.String("String"), StringValue: aws.String("v")},
			"kind":         {DataType: aws.String("Colour"), StringValue: aws.String("v")},
			"empty":        {DataType: aws.String("String"), StringValue: aws.String("")},
			"number":       {DataType: aws.String("Number"), StringValue: aws.String("many")},
		} {
			_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
				QueueUrl: url, MessageBody: aws.String("x"),
				MessageAttributes: map[string]types.MessageAttributeValue{name: value},
			})
			if err == nil {
				t.Errorf("the attribute %q was accepted", name)
				continue
			}
			fails(t, err, "InvalidParameterValue")
		}
	})
}

func TestABodyWithoutTextOrWithControlCharactersIsRefused(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("")})
		fails(t, err, "MissingParameter", "InvalidParameterValue")
		_, err = s.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("bell \a")})
		is[*types.InvalidMessageContents](t, err)
	})
}

func TestAMessageHasAtMostOneMebibyte(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, strings.Repeat("x", mebibyte))
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", mebibyte+1)),
		})
		fails(t, err, "InvalidParameterValue")
	})
}

func TestAttributesCountTowardsTheSizeOfAMessage(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue("MaximumMessageSize", "1024")
		s.send(url, strings.Repeat("x", 1024))
		_, err := s.SendMessage(t.Context(), &awssqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1020)),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"a": {DataType: aws.String("String"), StringValue: aws.String("v")},
			},
		})
		fails(t, err, "InvalidParameterValue")
	})
}

func TestABatchReportsEachEntry(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		out, err := s.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{
			QueueUrl: url,
			Entries: []types.SendMessageBatchRequestEntry{
				{Id: aws.String("good"), MessageBody: aws.String("fine")},
				{Id: aws.String("bad"), MessageBody: aws.String("bell \a")},
				{Id: aws.String("late"), MessageBody: aws.String("x"), DelaySeconds: 901},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Successful) != 1 || *out.Successful[0].Id != "good" {
			t.Errorf("successful: %d", len(out.Successful))
		}
		failed := map[string]bool{}
		for _, f := range out.Failed {
			failed[*f.Id] = f.SenderFault
		}
		if len(failed) != 2 || !failed["bad"] || !failed["late"] {
			t.Errorf("failed by the sender's fault: %v, want bad and late", failed)
		}
		if m := s.one(s.now(url)); *m.Body != "fine" {
			t.Errorf("received %q", *m.Body)
		}
	})
}

func TestABatchIsRefusedWholeForItsOwnFaults(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		entry := func(id, body string) types.SendMessageBatchRequestEntry {
			return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
		}
		batch := func(entries ...types.SendMessageBatchRequestEntry) error {
			_, err := s.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
			return err
		}
		is[*types.EmptyBatchRequest](t, batch([]types.SendMessageBatchRequestEntry{}...))
		is[*types.BatchEntryIdsNotDistinct](t, batch(entry("a", "1"), entry("a", "2")))
		is[*types.InvalidBatchEntryId](t, batch(entry("a b", "1")))
		var eleven []types.SendMessageBatchRequestEntry
		for _, id := range strings.Split("abcdefghijk", "") {
			eleven = append(eleven, entry(id, "x"))
		}
		is[*types.TooManyEntriesInBatchRequest](t, batch(eleven...))
		half := strings.Repeat("x", mebibyte/2+1)
		is[*types.BatchRequestTooLong](t, batch(entry("a", half), entry("b", half)))
		s.none(s.now(url))
	})
}

func TestUpToTenMessagesAreReceivedAtOnce(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		for _, bad := range []int32{-1, 11} {
			_, err := s.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: bad})
			fails(t, err, "InvalidParameterValue", "ReadCountOutOfRange")
		}
		for range 12 {
			s.send(url, "x")
		}
		if got := len(s.now(url)); got != 10 {
			t.Errorf("received %d of 12 messages, want 10", got)
		}
	})
}

func TestWithoutANumberOneMessageIsReceived(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		url := s.queue()
		s.send(url, "1", "2")
		out, err := s.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
		if err != nil {
			t.Fatal(err)
		}
		s.one(out.Messages)
	})
}
