package sqs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestADelayIsWholeSecondsRoundedUpAndCapped(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]int32{
		0: 0, -time.Second: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 1500 * time.Millisecond: 2,
		MaxDelay - 1: 900, MaxDelay: 900, MaxDelay + 1: 900, 1<<63 - 1: 900,
	} {
		var in *sqs.SendMessageInput
		q := &Queue{url: "http://q", send: func(_ context.Context, got *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
			in = got
			return &sqs.SendMessageOutput{}, nil
		}}
		if err := q.Send(t.Context(), []byte("b"), delay); err != nil {
			t.Fatal(err)
		}
		if in.DelaySeconds != want || *in.MessageBody != "b" || *in.QueueUrl != "http://q" {
			t.Errorf("%s: delay %d, want %d", delay, in.DelaySeconds, want)
		}
	}
}

func TestAFaultOfTheQueueIsTold(t *testing.T) {
	t.Parallel()
	why := errors.New("throttled")
	q := &Queue{send: func(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
		return nil, why
	}}
	if err := q.Send(t.Context(), nil, 0); !errors.Is(err, why) {
		t.Error(err)
	}
}
