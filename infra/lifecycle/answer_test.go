package lifecycle

import (
	"fmt"
	"testing"
	"time"

	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/identity"
	"latchkey.dev/shared/invite"
)

func TestAcceptingAgainstDecliningHasOneWinner(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		wins := map[invite.Status]int{}
		for n := range 60 {
			address := fmt.Sprintf("c%d@acme.example", n)
			which, token := o.invite(address)
			var taken, declined error
			together(2, func(k int) {
				w.skip(time.Duration((n*7+k*13)%11) * time.Millisecond)
				if k == 0 {
					_, taken = w.reception.Accept(w.ctx, token, "", person(address))
				} else {
					_, declined = w.reception.Decline(w.ctx, token, "no", fmt.Sprint("192.0.2.", n))
				}
			})
			status := o.status(which)
			wins[status]++
			switch {
			case status == invite.Accepted && taken == nil && fault.Is(declined, fault.Gone):
			case status == invite.Canceled && declined == nil && fault.Is(taken, fault.Gone):
			default:
				t.Fatalf("it is %s; accepting said %v, declining %v", status, taken, declined)
			}
			w.skip(7 * time.Minute)
		}
		if wins[invite.Accepted] == 0 || wins[invite.Canceled] == 0 {
			t.Errorf("the race had one winner only: %v", wins)
		}
		w.settled()
	})
}

func TestANewLinkIsAskedForOnceADayHoweverManyAsk(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		which, token := o.invite("ops@acme.example")
		w.skip(invite.Lifetime)
		together(16, func(k int) {
			if _, err := w.reception.RequestLink(w.ctx, token, "192.0.2.1"); err != nil {
				t.Errorf("asking: %v", err)
			}
		})
		asked := 0
		for _, e := range o.get(which).Invite.Timeline {
			if e.Name == invite.AskedAgain {
				asked++
			}
		}
		equal(w, "times noted", asked, 1)
		equal(w, "status", o.status(which), invite.Expired)
		w.settled()
	})
}

func TestAnOfferThatChangedIsNotAccepted(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, token := o.invite(who)
		seen, err := w.reception.View(w.ctx, token, identity.Caller{})
		must(t, err)
		_, err = w.reception.Accept(w.ctx, token, "another", person(who))
		w.wants(err, fault.OfferChanged)
		equal(w, "status", o.status(which), invite.Pending)
		_, err = w.reception.Accept(w.ctx, token, seen.Offer, person(who))
		must(t, err)
		w.settled()
	})
}

func TestAResentMailThatFailsGivesTheOldLinkNoNewTerm(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which, old := o.invite("ops@acme.example")
		until := o.get(which).Invite.ExpiresAt
		w.skip(5 * 24 * time.Hour)
		must(t, o.resend(which))
		w.outage(2*time.Hour, func() { w.pass(10 * time.Minute) })
		if got := o.get(which).Invite.ExpiresAt; !got.Equal(until) {
			t.Errorf("good until %s, and was until %s", got, until)
		}
		must(t, w.sees(old))
		w.skip(time.Until(until))
		w.wants(w.sees(old), fault.Expired)
		w.settled()
	})
}
