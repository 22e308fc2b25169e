package lifecycle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
)

func TestTheSameAddress32TimesAtOnceIsOneInvite(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		var sent, refused atomic.Int32
		together(32, func(n int) {
			spelled := []string{"Ops@Acme.example", "ops@acme.example", " ops@ACME.EXAMPLE ", "Acme <ops@acme.example>"}[n%4]
			_, err := o.send(spelled)
			switch {
			case err == nil:
				sent.Add(1)
			case fault.Is(err, fault.AlreadyInvited):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
		equal(w, "invites", [2]int32{sent.Load(), refused.Load()}, [2]int32{1, 31})
		equal(w, "places left", o.left(), 9)
		w.settled()
		equal(w, "mails", len(w.engine.SES.Mails("ops@acme.example")), 1)
	})
}

func TestOf64ConcurrentAcceptsOneMakesTheMembership(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		which, token := o.invite("ops@acme.example")
		var accepted, wrong atomic.Int32
		together(64, func(n int) {
			who := "ops@acme.example"
			if n%4 == 3 {
				who = fmt.Sprintf("other%d@acme.example", n)
			}
			_, err := w.invitations.Accept(w.ctx, token, "", person(who))
			switch {
			case err == nil && n%4 != 3: // the same person again is welcome
				accepted.Add(1)
			case n%4 == 3 && (fault.Is(err, fault.WrongAccount) || fault.Is(err, fault.Gone)):
				wrong.Add(1)
			default:
				t.Errorf("%s: %v", who, err)
			}
		})
		equal(w, "accepted, refused", [2]int32{accepted.Load(), wrong.Load()}, [2]int32{48, 16})
		_, err := w.invitations.Accept(w.ctx, token, "", person("other@acme.example"))
		w.wants(err, fault.Gone)
		_, err = w.invitations.Accept(w.ctx, token, "", person("ops@acme.example"))
		must(t, err)
		w.settled()
		equal(w, "status", o.status(which), invite.Accepted)
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		n := 0
		for _, e := range log {
			if e.Action == audit.InviteAccepted {
				n++
			}
		}
		equal(w, "rows of acceptance", n, 1)
	})
}

func TestAcceptingAgainstCancellingHasOneWinner(t *testing.T) {
	t.Parallel()
	oneWinner(t, fault.NotPending, func(w *world, o *office, which id.Invite, _ string, _ int) error {
		_, err := w.canceller.Cancel(w.ctx, o.owner, which)
		return err
	})
}

// oneWinner has many invites accepted while something else ends them, and either of the two told that it was too late: the
// one that ends with the code.
func oneWinner(t *testing.T, late fault.Code, end func(w *world, o *office, which id.Invite, token string, n int) error) {
	t.Helper()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		wins := map[invite.Status]int{}
		for n := range 60 {
			address := fmt.Sprintf("c%d@acme.example", n)
			which, token := o.invite(address)
			var taken, ended error
			together(2, func(k int) {
				w.skip(time.Duration((n*7+k*13)%11) * time.Millisecond)
				if k == 0 {
					_, taken = w.invitations.Accept(w.ctx, token, "", person(address))
				} else {
					ended = end(w, o, which, token, n)
				}
			})
			status := o.status(which)
			wins[status]++
			switch {
			case status == invite.Accepted && taken == nil && fault.Is(ended, late):
			case status == invite.Canceled && ended == nil && fault.Is(taken, fault.Gone):
			default:
				t.Fatalf("it is %s; accepting said %v, ending %v", status, taken, ended)
			}
			w.skip(7 * time.Minute)
		}
		if wins[invite.Accepted] == 0 || wins[invite.Canceled] == 0 {
			t.Errorf("the race had one winner only: %v", wins)
		}
		w.settled()
	})
}

// Re-sending, cancelling, accepting and the worker on one invite, all at once, in ever new orders.
func TestEverythingAtOnceOnOneInvite(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		for n := range 40 {
			if n%5 == 0 {
				w.office(fmt.Sprint("Agency ", n))
			}
			o := w.offices[len(w.offices)-1]
			address := fmt.Sprintf("c%d@acme.example", n)
			which, token := o.invite(address)
			w.skip(invite.ResendApart)
			var wg sync.WaitGroup
			at := func(ms int, f func()) { wg.Go(func() { w.skip(time.Duration(ms%17) * time.Millisecond); f() }) }
			at(n, func() { w.inviter.Resend(w.ctx, o.owner, which, unchanged, "") })    //nolint:errcheck // any outcome is good
			at(n*3, func() { w.invitations.Accept(w.ctx, token, "", person(address)) }) //nolint:errcheck
			at(n*5+9, func() { w.canceller.Cancel(w.ctx, o.owner, which) })             //nolint:errcheck
			at(n*7, func() { w.invitations.Address(w.ctx, token) })                     //nolint:errcheck
			at(n*11, func() { w.sweep.Run(w.ctx) })                                     //nolint:errcheck
			at(n*2, func() { w.take(w.mailQueue, w.worker.Handle) })
			wg.Wait()
			w.deliver()
		}
		w.settled()
	})
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		d := o.draft("ops@acme.example")
		made, err := w.inviter.Send(w.ctx, o.owner, d, "key-1")
		must(t, err)
		w.deliver()
		again, err := w.inviter.Send(w.ctx, o.owner, d, "key-1")
		must(t, err)
		equal(w, "replayed", again.Invite.ID, made.Invite.ID)
		equal(w, "status of the replay", again.Invite.Status, invite.Pending)
		other := d
		other.Name = "Another"
		_, err = w.inviter.Send(w.ctx, o.owner, other, "key-1")
		w.wants(err, fault.IdempotencyUsed)
		_, err = w.inviter.Send(w.ctx, o.owner, d, "")
		w.wants(err, fault.AlreadyInvited)

		// Keys belong to their caller and their operation.
		second := w.office("Solo")
		_, err = w.inviter.Send(w.ctx, second.owner, second.draft("ops@acme.example"), "key-1")
		must(t, err)
		w.skip(invite.ResendApart)
		_, err = w.inviter.Resend(w.ctx, o.owner, made.Invite.ID, unchanged, "key-1")
		must(t, err)
		w.deliver()
		_, err = w.inviter.Resend(w.ctx, o.owner, made.Invite.ID, unchanged, "key-1")
		must(t, err)
		equal(w, "re-sent once", len(o.get(made.Invite.ID).Invite.Resends), 1)

		// The same key at once is one invite, and everybody hears of it.
		ids := make([]id.Invite, 16)
		together(len(ids), func(n int) {
			c, err := w.inviter.Send(w.ctx, o.owner, o.draft("new@acme.example"), "key-2")
			if err != nil {
				t.Error(err)
				return
			}
			ids[n] = c.Invite.ID
		})
		for _, i := range ids {
			equal(w, "made by the same key", i, ids[0])
		}
		equal(w, "places left", o.left(), 7)

		// A day later the key is new.
		_, err = w.canceller.Cancel(w.ctx, o.owner, made.Invite.ID)
		must(t, err)
		w.settled()
		w.skip(25 * time.Hour)
		fresh, err := w.inviter.Send(w.ctx, o.owner, d, "key-1")
		must(t, err)
		if fresh.Invite.ID == made.Invite.ID {
			t.Error("a key was remembered for longer than a day")
		}
		for _, bad := range []string{"with\nbreak", string(make([]byte, 300))} {
			_, err = w.inviter.Send(w.ctx, o.owner, d, bad)
			w.wants(err, fault.Invalid)
		}
	})
}
