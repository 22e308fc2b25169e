package lifecycle

import (
	"fmt"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

func TestAcceptingAgainstDecliningHasOneWinner(t *testing.T) {
	t.Parallel()
	oneWinner(t, fault.Gone, func(w *world, _ *office, _ id.Invite, token string, n int) error {
		_, err := w.decliner.Decline(w.ctx, identity.Caller{}, token, "no", fmt.Sprint("192.0.2.", n))
		return err
	})
}

func TestANewLinkIsAskedForOnceADayHoweverManyAsk(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		which, token := o.invite("ops@acme.example")
		w.skip(invite.Lifetime)
		together(16, func(k int) {
			if _, err := w.answers.RequestLink(w.ctx, identity.Caller{}, token, "192.0.2.1"); err != nil {
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
		seen, err := w.invitations.View(w.ctx, token, identity.Caller{})
		must(t, err)
		_, err = w.invitations.Accept(w.ctx, token, "another", person(who))
		w.wants(err, fault.OfferChanged)
		equal(w, "status", o.status(which), invite.Pending)
		_, err = w.invitations.Accept(w.ctx, token, seen.Offer, person(who))
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
