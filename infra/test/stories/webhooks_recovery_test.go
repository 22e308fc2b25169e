package lifecycle

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

// TestSenderW8WhatWasOnItsWayIsRecoveredToo disables endpoints with events on their way that happened before: one that says itself that it
// is gone, and one by a person, which refuses one event for ever and takes all others. What has missed them says since when.
func TestSenderW8WhatWasOnItsWayIsRecoveredToo(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		on, off := true, false
		turn := func(e *webhook.Endpoint, to *bool) *webhook.Endpoint {
			t.Helper()
			x, err := h.secrets.Update(h.ctx, h.boss(), e.ID, webhooks.Change{Enabled: to})
			must(t, err)
			return x
		}
		answer := func(f func(a arrival) int) {
			h.receivers.mu.Lock()
			defer h.receivers.mu.Unlock()
			h.receivers.answer = func(a arrival, _ int) int { return f(a) }
		}
		recovers := func(e *webhook.Endpoint, since time.Time) {
			t.Helper()
			answer(func(arrival) int { return 200 })
			_, err := h.asked.Recover(h.ctx, h.boss(), e.ID, since)
			must(t, err)
			h.runs(5 * time.Minute)
			for _, d := range h.deliveries(e) {
				equal(h.world, string(d.Type), d.State, webhook.Taken)
			}
		}

		gone := h.endpoint(at(wrongPort))
		answer(func(arrival) int { return 410 })
		h.office.invite("one@acme.example")
		h.runs(5 * time.Minute)
		equal(h.world, "why it is disabled", h.look(gone).Disabled, webhook.Gone)
		recovers(gone, turn(gone, &on).MissedSince)

		answer(func(a arrival) int {
			if a.kind() == "invite.created" {
				return 500
			}
			return 200
		})
		h.office.invite("two@acme.example")
		h.runs(20 * time.Hour)
		h.office.invite("three@acme.example")
		h.runs(10 * time.Minute)
		turn(gone, &off)
		h.runs(2 * 24 * time.Hour)
		recovers(gone, turn(gone, &on).MissedSince)

		_, err := h.office.send("four@acme.example") // whose event nobody has told of yet
		must(t, err)
		h.pass(time.Second)
		turn(gone, &off)
		h.runs(10 * time.Minute)
		recovers(gone, turn(gone, &on).MissedSince)
		came := map[string]bool{}
		for _, a := range h.receivers.got(wrongPort) {
			came[a.id()] = true
		}
		equal(h.world, "events that came", len(came), 12)
	})
}

// TestSenderW9WhatWasMissedLongAgoCanBeRecovered enables an endpoint after longer than what is kept: the time since when it has missed
// events is one that a recovery takes, and is over with it.
func TestSenderW9WhatWasMissedLongAgoCanBeRecovered(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		on, off := true, false
		_, err := h.secrets.Update(h.ctx, h.boss(), e.ID, webhooks.Change{Enabled: &off})
		must(t, err)
		h.skip(webhook.Kept + 24*time.Hour)
		h.office.invite("ops@acme.example")
		h.runs(time.Minute)
		_, err = h.secrets.Update(h.ctx, h.boss(), e.ID, webhooks.Change{Enabled: &on})
		must(t, err)
		since := h.look(e).Missing(time.Now())
		h.runs(10 * time.Minute) // until somebody has read that
		_, err = h.asked.Recover(h.ctx, h.boss(), e.ID, since)
		must(t, err)
		h.runs(5 * time.Minute)
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 3)
		if x := h.look(e); !x.MissedSince.IsZero() {
			t.Errorf("it has missed events since %v", x.MissedSince)
		}
	})
}

// overtaken is the worker's store, in which the first page of the log is read so slowly that meanwhile happens.
type overtaken struct {
	webhooks.Work

	meanwhile func()
}

func (o *overtaken) Rows(ctx context.Context, which id.Agency, r webhook.Recovery) ([]audit.Entry, bool, error) {
	rows, more, err := o.Work.Rows(ctx, which, r)
	if do := o.meanwhile; do != nil {
		o.meanwhile = nil
		do()
	}
	return rows, more, err
}

// TestSenderW9AWorkerThatIsOvertakenTakesNoRecoveryBack has a job of a recovery be done twice at the same time, as queues do it, by a
// worker that comes to its end when the other one is pages ahead: every event is found all the same.
func TestSenderW9AWorkerThatIsOvertakenTakesNoRecoveryBack(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		h.runs(5 * time.Minute)
		since := time.Now()
		text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
		write := func(prefix string, a audit.Action) {
			h.skip(time.Second)
			row := id.New[id.Event](id.EventPrefix, time.Now())
			_, err := h.db.PutItem(h.ctx, &dynamodb.PutItemInput{TableName: h.tableName(), Item: map[string]types.AttributeValue{
				"pk": text(string(h.office.id)), "sk": text(prefix + string(row)), "action": text(string(a)), "actor": text("system"),
				"subject": text("rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"),
				"at":      &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixMilli(), 10)}}})
			must(t, err)
		}
		write("ev#", webhook.Delivered) // beside the log, which is looked through last
		for range 60 {                  // more than a page
			write("au#", audit.RoleCreated)
		}
		h.skip(time.Second)
		_, err := h.asked.Recover(h.ctx, h.boss(), e.ID, since)
		must(t, err)
		job := webhook.Job{Kind: webhook.Regain, Agency: e.Agency, Endpoint: e.ID}.Encode()
		slow := *h.carrier
		slow.Store = &overtaken{h.carrier.Store, func() {
			must(t, h.carrier.Handle(h.ctx, job))
			must(t, h.carrier.Handle(h.ctx, job))
		}}
		must(t, slow.Handle(h.ctx, job))
		h.runs(30 * time.Minute)
		equal(h.world, "whether it goes on", h.look(e).Recover.Running(), false)
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 61)
	})
}

// relapse is the worker's store, in which the list of what waits is read so slowly that meanwhile happens.
type relapse struct {
	webhooks.Work

	meanwhile func()
}

func (o *relapse) Waiting(ctx context.Context, which id.Agency, e id.WebhookEndpoint, since time.Time, after id.Delivery,
) ([]webhook.Delivery, id.Delivery, error) {
	all, next, err := o.Work.Waiting(ctx, which, e, since, after)
	if do := o.meanwhile; do != nil {
		o.meanwhile = nil
		do()
	}
	return all, next, err
}

// TestSenderW10WhatWaitedForASecondOutageIsWokenToo has an endpoint fail and come back once more while what waited for the first time is
// woken: what waits since then does not wait on for hours.
func TestSenderW10WhatWaitedForASecondOutageIsWokenToo(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		made := h.endpoint(at(goodPort))
		h.runs(5 * time.Minute)
		store := dynamo.NewWebhooks(h.table.Table)
		wake := webhook.Job{Kind: webhook.Wake, Agency: made.Agency, Endpoint: made.ID}.Encode()
		outage := func() {
			e := h.look(made)
			e.Missed(time.Now().Truncate(time.Millisecond), time.Minute)
			must(t, store.SaveEndpoint(h.ctx, e))
			h.skip(time.Minute)
			now := time.Now().Truncate(time.Millisecond)
			d := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, now), "role.created", now, webhook.Data{}, webhook.Live, now)
			d.Due = now.Add(3 * time.Hour) // as of one whose turn has not come
			must(t, store.SaveDelivery(h.ctx, &d))
			e.Reached(now)
			must(t, store.SaveEndpoint(h.ctx, e))
		}
		outage()
		slow := *h.carrier
		slow.Store = &relapse{h.carrier.Store, outage}
		must(t, slow.Handle(h.ctx, wake))
		must(t, h.carrier.Handle(h.ctx, wake))
		h.runs(10 * time.Minute)
		came := map[string]bool{}
		for _, a := range h.receivers.got(goodPort) {
			came[a.id()] = true
		}
		equal(h.world, "events that came", len(came), 2)
	})
}

// TestSenderW9WhatIsAskedForDuringAnAttemptIsTriedAtOnce has a person ask for a redelivery while an attempt is under way, which fails.
func TestSenderW9WhatIsAskedForDuringAnAttemptIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(wrongPort), "invite.created")
		h.office.invite("ops@acme.example")
		asked := make(chan error, 1)
		h.receivers.answer = func(a arrival, n int) int {
			if n == 1 {
				go func() {
					_, err := h.asked.Redeliver(h.ctx, h.boss(), e.ID, webhook.DeliveryOf(id.Event(a.id())))
					asked <- err
				}()
			}
			return 500
		}
		h.runs(time.Minute + 20*time.Second)
		must(t, <-asked)
		byPerson := 0
		for _, d := range h.deliveries(e) {
			for _, a := range d.Attempts {
				if a.ByPerson {
					byPerson++
				}
			}
		}
		equal(h.world, "attempts that were asked for", byPerson, 1)
	})
}

// TestSenderW6WhatTheAddressBeforeAnswersIsNotTheNewOnes gives an endpoint another address while the one before answers that it is gone.
func TestSenderW6WhatTheAddressBeforeAnswersIsNotTheNewOnes(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(wrongPort), "invite.created")
		h.office.invite("ops@acme.example")
		moved := make(chan error, 1)
		h.receivers.answer = func(arrival, int) int {
			go func() {
				other := at(goodPort)
				_, err := h.secrets.Update(h.ctx, h.boss(), e.ID, webhooks.Change{URL: &other})
				moved <- err
			}()
			return 410
		}
		h.runs(2 * time.Minute)
		must(t, <-moved)
		equal(h.world, "how it is", h.look(e).Status(), "active")
		equal(h.world, "events at the new address", len(h.receivers.got(goodPort)), 1)
	})
}

// TestSenderW10AWakeGoesOnPastASecondOutage has the next page of a wake be read when an outage hours later is over: it goes on where the
// page before has ended.
func TestSenderW10AWakeGoesOnPastASecondOutage(t *testing.T) {
	t.Parallel()
	hooksIn(t, func(h *hooks) {
		e := h.endpoint(at(goodPort))
		wait := func() *webhook.Delivery {
			now := time.Now().Truncate(time.Millisecond)
			d := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, now), "role.created", now, webhook.Data{}, webhook.Live, now)
			d.Due = now.Add(12 * time.Hour)
			must(t, dynamo.NewWebhooks(h.table.Table).SaveDelivery(h.ctx, &d))
			return &d
		}
		first := wait()
		h.skip(6 * time.Hour)
		e = h.look(e)
		e.Missed(time.Now().Truncate(time.Millisecond), time.Minute)
		wait()
		h.skip(time.Second)
		e.Reached(time.Now().Truncate(time.Millisecond))
		must(t, dynamo.NewWebhooks(h.table.Table).SaveEndpoint(h.ctx, e))
		next := webhook.Job{Kind: webhook.Wake, Agency: e.Agency, Endpoint: e.ID, After: first.ID}
		must(t, h.carrier.Handle(h.ctx, next.Encode()))
		h.work()
		equal(h.world, "events that came", len(h.receivers.got(goodPort)), 1)
	})
}
