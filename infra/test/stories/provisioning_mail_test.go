package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/job"
)

// swift is a mail queue whose worker takes each message before whoever sends it goes on.
type swift struct {
	takes func(ctx context.Context, body []byte) error
	queue interface {
		Send(ctx context.Context, body []byte, delay time.Duration) error
	}
	early bool
}

func (s *swift) Send(ctx context.Context, body []byte, delay time.Duration) error {
	if delay > 0 || !s.early {
		return s.queue.Send(ctx, body, delay)
	}
	return s.takes(ctx, body)
}

// What is ready is announced before it is written, and the mail's worker may be faster than the writing: the mail comes, and once.
func TestTheMailThatSomethingIsReadyComesHoweverFastItsWorkerIs(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{false, true} {
		worksIn(t, func(w *works) {
			w.worker.Mail = &swift{w.world.worker.Handle, w.world.queue, first}
			o, which := w.checkout(0, payWith(standin.CardGood))
			w.until(5*time.Minute, 5*time.Second)
			said := map[string]int{}
			for _, m := range w.engine.SES.Mails(string(o.get(which).Email)) {
				if strings.HasSuffix(m.Subject, " is ready") {
					said[m.Subject]++
				}
			}
			equal(w.world, "mails", said, map[string]int{"n8n Hosting, 30 GB is ready": 1, "WhatsApp Service is ready": 1})
		})
	}
}

// What was announced and never written is told by whoever writes it in the end: a late mail asks once more, and no more.
func TestAMailThatSomethingIsReadyIsNotSentForWhatIsNot(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		slow := &patient{yard: w.yard}
		w.program.Maker = slow
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(time.Minute, 5*time.Second)
		for _, i := range o.get(which).Items {
			m := job.Mail{Kind: job.Ready, Agency: o.id, Client: o.client(which), Item: i.Key, Job: job.Told}
			must(t, w.world.worker.Handle(w.ctx, m.Encode()))
		}
		w.until(10*time.Minute, 10*time.Second)
		for _, m := range w.engine.SES.Mails(string(o.get(which).Email)) {
			if strings.HasSuffix(m.Subject, " is ready") {
				t.Errorf("%q was sent, and nothing is", m.Subject)
			}
		}
	})
}
