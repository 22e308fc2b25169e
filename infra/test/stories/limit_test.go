package lifecycle

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// slowTransactions makes transactions take time, so that those of concurrent callers really meet.
var slowTransactions = settings{engine: engine.Options{InTransaction: func() { <-time.After(time.Millisecond) }}}

func TestFE31Of64ConcurrentInvitesExactlyTenGoOut(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		var mu sync.Mutex
		sent, retry := 0, time.Duration(0)
		together(64, func(n int) {
			_, err := o.send(fmt.Sprintf("c%d@acme.example", n))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sent++
				return
			}
			f := fault.As(err)
			if f == nil || f.Code != fault.RateLimited || f.Message != words.Say(agency.LimitMessage) || f.Limit.Quota != 10 {
				t.Errorf("refused with %v", err)
				return
			}
			retry = max(retry, f.Retry)
		})
		equal(w, "sent", sent, agency.HourlyInvites)
		equal(w, "listed", len(o.clients()), agency.HourlyInvites)
		if retry <= time.Hour-10*time.Second || retry > time.Hour {
			t.Errorf("told to come back in %s", retry)
		}
		w.settled()

		// What Retry says is neither too early nor too late.
		_, err := o.send("late@acme.example")
		again := w.wants(err, fault.RateLimited).Retry
		w.skip(again - 10*time.Millisecond) // a call takes some milliseconds itself
		_, err = o.send("late@acme.example")
		w.wants(err, fault.RateLimited)
		w.skip(10 * time.Millisecond)
		_, err = o.send("late@acme.example")
		must(t, err)
		w.settled()
	})
}

// The limit against its definition: whatever the times of sending, a send is refused if and only if ten were taken in
// the hour before it.
func TestFE31NeverMoreThanTenInAnyHourAndNeverARefusalBelowIt(t *testing.T) {
	t.Parallel()
	property(t, func(w *world, r *rapid.T) {
		o := w.office("Northwind")
		var sends []time.Time
		gaps := rapid.SliceOfN(rapid.OneOf(
			rapid.Int64Range(0, 3_000), rapid.Int64Range(0, 15*60_000), rapid.Int64Range(55*60_000, 65*60_000),
			rapid.Just(int64(3_600_000)),
		), 10, 25).Draw(r, "milliseconds between sends")
		for k, gap := range gaps {
			w.skip(time.Duration(gap) * time.Millisecond)
			before := time.Now()
			c, err := o.send(fmt.Sprintf("c%d@acme.example", k))
			after := time.Now()
			// A call takes a few milliseconds, and which of them counts is the store's business.
			surely, perhaps := 0, 0
			for _, at := range sends {
				if after.Sub(at) < agency.Window {
					surely++
				}
				if before.Sub(at) < agency.Window {
					perhaps++
				}
			}
			switch {
			case err == nil && surely >= agency.HourlyInvites:
				r.Fatalf("send %d went out as number %d of its hour", k, surely+1)
			case err == nil:
				sends = append(sends, c.Invite.CreatedAt)
			case !fault.Is(err, fault.RateLimited):
				r.Fatal(err)
			case perhaps < agency.HourlyInvites:
				r.Fatalf("send %d was refused with %d in its hour", k, perhaps)
			}
		}
	})
}

func TestFE19AMailThatCannotBeSentGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		for n := range 30 { // three times what an hour allows
			_, err := o.send(fmt.Sprintf("nobody%d@reject.example", n))
			must(t, err)
			w.deliver()
			equal(w, "places left", o.left(), agency.HourlyInvites)
		}
		equal(w, "clients", len(o.clients()), 0)
		for n := range agency.HourlyInvites {
			o.invite(fmt.Sprintf("c%d@acme.example", n))
		}
		_, err := o.send("eleventh@acme.example")
		w.wants(err, fault.RateLimited)
		w.settled()
	})
}

func TestAPlaceThatWasTakenAgainIsNotGivenBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		first, err := o.send("slow@reject.example")
		must(t, err)
		w.skip(agency.Window) // its mail waits an hour; meanwhile its place is free again and goes to others
		for n := range agency.HourlyInvites {
			_, err := o.send(fmt.Sprintf("c%d@acme.example", n))
			must(t, err)
		}
		w.deliver()
		equal(w, "the late one", o.status(first.Invite.ID), invite.Failed)
		_, err = o.send("eleventh@acme.example")
		w.wants(err, fault.RateLimited)
		w.settled()
	})
}

func TestResendingCountsInTheHour(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		first, _ := o.invite("c0@acme.example")
		for n := range agency.HourlyInvites - 2 {
			o.invite(fmt.Sprintf("c%d@acme.example", n+1))
		}
		w.skip(invite.ResendApart)
		_, err := w.inviter.Resend(w.ctx, o.owner, first, unchanged, "")
		must(t, err)
		w.deliver()
		_, err = o.send("eleventh@acme.example")
		w.wants(err, fault.RateLimited)
		w.skip(invite.ResendApart)
		_, err = w.inviter.Resend(w.ctx, o.owner, first, unchanged, "")
		w.wants(err, fault.RateLimited)
		w.settled()
	})
}

func TestANewAgencyHasFiftyInvitesInItsFirstWeek(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.found("Newcomer", agency.Max, time.Now())
		for n := range agency.ProbationInvites {
			if _, err := o.send(fmt.Sprintf("c%d@acme.example", n)); err != nil {
				t.Fatalf("invite %d: %v", n, err)
			}
			w.skip(6 * time.Minute)
		}
		_, err := o.send("one@more.example")
		f := w.wants(err, fault.RateLimited)
		equal(w, "the limit", f.Limit.Name, "first-week")
		w.skip(f.Retry)
		_, err = o.send("one@more.example")
		must(t, err)
	})
}

func TestFE1InvitingNeedsMaxAndGoodStanding(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		free := w.found("Solo", agency.Free, time.Now().Add(-1000*time.Hour))
		_, err := free.send("a@acme.example")
		equal(w, "what it says", w.wants(err, fault.PlanRequired).Message, words.Say(agency.PlanMessage))
		o := w.office("Northwind")
		o.suspend()
		_, err = o.send("a@acme.example")
		w.wants(err, fault.Suspended)
		equal(w, "clients", len(o.clients()), 0)
	})
}
