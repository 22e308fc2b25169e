package host_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/shared/adapter/event"
)

const consumer = "Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 10, FunctionResponseTypes: " +
	"[ReportBatchItemFailures], ScalingConfig: {MaximumConcurrency: 3}}}}"

// pump is a queue whose consumer is hosted, inside a bubble of synctest.
type pump struct {
	engine *engine.Engine
	client *sqs.Client
	stack  *stack.Stack

	mu   sync.Mutex
	seen []string // what the consumer was done with, and when
}

func start(t *testing.T, handle func(context.Context, event.Message) error) (*pump, *host.Host) {
	t.Helper()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Up(t.Context(), e.Config(), declare(t, map[string]declaration{"Consume": {properties: consumer}}))
	if err != nil {
		t.Fatal(err)
	}
	p := &pump{engine: e, client: sqs.NewFromConfig(e.Config()), stack: s}
	begun := time.Now()
	h := open(t, s.Template, map[string]event.Function{"Consume": event.Queue("consume", func(ctx context.Context, m event.Message) error {
		err := handle(ctx, m)
		p.mu.Lock()
		p.seen = append(p.seen, fmt.Sprintf("%s/%d at %s: %v", m.Body, m.Receives, time.Since(begun).Truncate(time.Second), err))
		p.mu.Unlock()
		return err
	})}, host.Options{AWS: e.Config()})
	h.Start()
	return p, h
}

func (p *pump) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := p.client.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String(p.stack.Template.Queue("Queue").URL), MessageBody: &body,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *pump) want(t *testing.T, seen ...string) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := slices.Clone(p.seen)
	slices.Sort(got)
	slices.Sort(seen)
	if !slices.Equal(got, seen) {
		t.Errorf("handled %q, want %q", got, seen)
	}
}

// depth is how many messages are in the named queue, in whatever state.
func (p *pump) depth(name string) int {
	for _, q := range p.engine.SQS.Overview() {
		if q.Name == name {
			return len(q.Messages)
		}
	}
	return -1
}

func TestWhatFailsComesBackAloneAndThenGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, h := start(t, func(_ context.Context, m event.Message) error {
			if string(m.Body) == "bad" {
				return errors.New("no")
			}
			return nil
		})
		defer p.engine.Close()
		defer h.Close()
		p.send(t, "good", "bad")
		p.want(t, "good/1 at 0s: <nil>", "bad/1 at 0s: no")
		if n := p.depth("q"); n != 1 {
			t.Errorf("%d messages left", n)
		}
		<-time.After(65 * time.Second) // the bubble's clock: two visibility timeouts
		p.want(t, "good/1 at 0s: <nil>", "bad/1 at 0s: no", "bad/2 at 30s: no")
		if q, dead := p.depth("q"), p.depth("dead"); q != 0 || dead != 1 {
			t.Errorf("%d in the queue and %d dead letters", q, dead)
		}
	})
}

func TestAReservationBoundsWhatRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Open(engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := stack.Up(t.Context(), e.Config(), declare(t, map[string]declaration{"Consume": {properties: "" +
			"ReservedConcurrentExecutions: 1, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1, " +
			"ScalingConfig: {MaximumConcurrency: 2}}}}"}}))
		if err != nil {
			t.Fatal(err)
		}
		p := &pump{engine: e, client: sqs.NewFromConfig(e.Config()), stack: s}
		begun := time.Now()
		slow := event.Queue("consume", func(_ context.Context, m event.Message) error {
			<-time.After(3 * time.Second)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, fmt.Sprintf("%s at %s", m.Body, time.Since(begun).Truncate(time.Second)))
			return nil
		})
		h := open(t, s.Template, map[string]event.Function{"Consume": slow}, host.Options{AWS: e.Config()})
		h.Start()
		defer e.Close()
		defer h.Close()
		p.send(t, "one", "two")
		<-time.After(10 * time.Second)
		p.want(t, "one at 3s", "two at 6s")
	})
}

func TestASlowMessageDoesNotHoldTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, h := start(t, func(ctx context.Context, m event.Message) error {
			if string(m.Body) != "slow" {
				return nil
			}
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		defer p.engine.Close()
		p.send(t, "slow")
		synctest.Wait()
		p.send(t, "a", "b")
		p.want(t, "a/1 at 0s: <nil>", "b/1 at 0s: <nil>")
		h.Close() // waits for the slow one, which is finished and deleted
		p.want(t, "a/1 at 0s: <nil>", "b/1 at 0s: <nil>", "slow/1 at 3s: <nil>")
		if n := p.depth("q"); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

func TestAMessageThatIsSentWhilePollersWaitIsHandledAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, h := start(t, func(context.Context, event.Message) error { return nil })
		defer p.engine.Close()
		defer h.Close()
		<-time.After(107 * time.Second) // several long polls
		p.send(t, "late")
		p.want(t, "late/1 at 1m47s: <nil>")
	})
}
