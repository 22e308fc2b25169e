package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// batch is an SQS event with a message per body ("Example Amazon SQS message event"), with ids m0, m1, ….
func batch(t *testing.T, bodies ...string) []byte {
	t.Helper()
	e := events.SQSEvent{Records: []events.SQSMessage{}}
	for i, b := range bodies {
		e.Records = append(e.Records, events.SQSMessage{MessageId: fmt.Sprintf("m%d", i), Body: b, EventSource: "aws:sqs",
			Attributes: map[string]string{"ApproximateReceiveCount": fmt.Sprint(i + 1)}})
	}
	out, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func failures(t *testing.T, out []byte) string {
	t.Helper()
	var res events.SQSEventResponse
	if err := json.Unmarshal(out, &res); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range res.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return strings.Join(ids, " ")
}

func TestOnlyTheMessagesThatFailedComeBack(t *testing.T) {
	t.Parallel()
	ctx, log := logged(t)
	out, err := Queue("sendMail", func(ctx context.Context, m Message) error {
		Annotate(ctx, "said", string(m.Body))
		switch string(m.Body) {
		case "bad":
			return errors.New("not now")
		case "panic":
			panic("boom")
		}
		return nil
	}).Invoke(ctx, batch(t, "good", "bad", "good", "panic"))
	if err != nil {
		t.Fatal(err)
	}
	if got := failures(t, out); got != "m1 m3" {
		t.Errorf("failed: %s", got)
	}
	all := log.all(t)
	if len(all) != 4 {
		t.Fatalf("%d lines, want one per message: %s", len(all), log)
	}
	for _, l := range all {
		if l["operation"] != "sendMail" || l["msg"] != "message" {
			t.Errorf("line %v", l)
		}
		switch l["messageId"] {
		case "m0", "m2":
			if l["level"] != "INFO" || l["said"] != "good" {
				t.Errorf("line %v", l)
			}
		case "m1":
			if l["level"] != "ERROR" || l["error"] != "not now" || l["receives"] != 2.0 {
				t.Errorf("line %v", l)
			}
		case "m3":
			if l["level"] != "ERROR" || l["error"] != "panic: boom" || l["stack"] == nil {
				t.Errorf("line %v", l)
			}
		}
	}
}

func TestTheListOfFailuresIsNeverNull(t *testing.T) {
	t.Parallel()
	f := Queue("x", func(context.Context, Message) error { return nil })
	for _, bodies := range [][]string{nil, {"a"}, {"a", "b"}} {
		out, err := f.Invoke(t.Context(), batch(t, bodies...))
		if err != nil || string(out) != `{"batchItemFailures":[]}` {
			t.Errorf("%d messages: %s, %v", len(bodies), out, err)
		}
	}
}

func TestTheMessagesOfABatchAreHandledTogether(t *testing.T) {
	t.Parallel()
	// Each waits for all: one at a time would hang until the test's own limit.
	var n atomic.Int32
	all := make(chan struct{})
	out, err := Queue("x", func(context.Context, Message) error {
		if n.Add(1) == 5 {
			close(all)
		}
		<-all
		return nil
	}).Invoke(t.Context(), batch(t, "1", "2", "3", "4", "5"))
	if err != nil || failures(t, out) != "" {
		t.Errorf("%s, %v", out, err)
	}
}

func TestAMessageSaysWhoItIsAndHowOftenItCame(t *testing.T) {
	t.Parallel()
	payload := `{"Records":[{"messageId":"m0","body":"é","attributes":{"ApproximateReceiveCount":"7"}}]}`
	_, err := Queue("x", func(_ context.Context, m Message) error {
		if m.ID != "m0" || string(m.Body) != "é" || m.Receives != 7 {
			t.Errorf("%+v", m)
		}
		return nil
	}).Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Error(err)
	}
	// A poller that leaves the attribute out is no reason to fail.
	out, err := Queue("x", Body(func(_ context.Context, body []byte) error {
		if string(body) != "b" {
			t.Errorf("body %q", body)
		}
		return nil
	})).Invoke(t.Context(), []byte(`{"Records":[{"messageId":"m0","body":"b"}]}`))
	if err != nil || failures(t, out) != "" {
		t.Errorf("%s, %v", out, err)
	}
}

func TestWhatIsNoBatchFailsWhole(t *testing.T) {
	t.Parallel()
	if out, err := Queue("x", func(context.Context, Message) error { return nil }).Invoke(t.Context(),
		[]byte(`{"Records":3}`)); err == nil {
		t.Errorf("answered %s", out)
	}
}

func TestAScheduleTellsItsError(t *testing.T) {
	t.Parallel()
	ctx, log := logged(t)
	out, err := Schedule("sweep", func(ctx context.Context) error { Annotate(ctx, "overdue", 3); return nil }).Invoke(ctx, []byte(`{}`))
	if err != nil || string(out) != "null" {
		t.Errorf("%s, %v", out, err)
	}
	why := errors.New("no table")
	if _, err = Schedule("sweep", func(context.Context) error { return why }).Invoke(ctx, nil); !errors.Is(err, why) {
		t.Errorf("%v: an error must fail the invocation, so that it is tried again and counted", err)
	}
	all := log.all(t)
	if len(all) != 2 || all[0]["level"] != "INFO" || all[0]["overdue"] != 3.0 || all[1]["level"] != "ERROR" ||
		all[1]["error"] != "no table" {
		t.Errorf("%s", log)
	}
}

func FuzzQueue(f *testing.F) {
	f.Add([]byte(`{"Records":[{"messageId":"m0","body":"b","attributes":{"ApproximateReceiveCount":"x"}}]}`))
	f.Add([]byte(`{"Records":[null]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var handled atomic.Int32
		out, err := Queue("fuzz", func(context.Context, Message) error { handled.Add(1); return errors.New("again") }).Invoke(t.Context(),
			payload)
		if err != nil {
			return
		}
		var res struct{ BatchItemFailures []events.SQSBatchItemFailure }
		if err := json.Unmarshal(out, &res); err != nil || res.BatchItemFailures == nil ||
			len(res.BatchItemFailures) != int(handled.Load()) {
			t.Fatalf("%s for %d messages: %v", out, handled.Load(), err)
		}
	})
}
