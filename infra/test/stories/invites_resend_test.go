package lifecycle

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/onboarding"
)

var unchanged onboarding.Unchanged

// sees is how the link looks to a stranger.
func (w *world) sees(token string) error {
	_, err := w.invitations.View(w.ctx, token, identity.Caller{})
	return err
}

func (o *office) resend(which id.Invite) error {
	_, err := o.w.inviter.Resend(o.w.ctx, o.owner, which, unchanged, "")
	return err
}

func TestFE28ResendingChangesTheLinkWhenTheNewMailIsOut(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, old := o.invite(who)
		w.skip(3 * 24 * time.Hour)
		must(t, o.resend(which))
		must(t, w.sees(old)) // its mail is still to come
		w.wants(o.resend(which), fault.StillSending)
		w.deliver()
		w.wants(w.sees(old), fault.Gone)
		fresh := w.token(who)
		must(t, w.sees(fresh))
		w.skip(5 * 24 * time.Hour) // past the first term, within the second
		_, err := w.invitations.Accept(w.ctx, fresh, "", person(who))
		must(t, err)
		_, err = w.invitations.Accept(w.ctx, old, "", person(who))
		w.wants(err, fault.Gone)
		w.wants(o.resend(which), fault.NotPending)
		w.settled()
	})
}

func TestAResentMailThatFailsTakesNothingAway(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, old := o.invite(who)
		w.skip(invite.ResendApart)
		must(t, o.resend(which))
		w.outage(2*time.Hour, func() { w.pass(10 * time.Minute) })
		equal(w, "status", o.status(which), invite.Pending)
		equal(w, "places left", o.left(), 9)
		c := o.get(which)
		if last := c.Invite.Timeline[len(c.Invite.Timeline)-1]; last.Name != invite.NotSent || last.Detail == "" {
			t.Errorf("the timeline ends with %+v", last)
		}
		_, err := w.inviter.Await(w.ctx, c, 0)
		w.wants(err, fault.MailRefused)
		must(t, w.sees(old))
		_, err = w.invitations.Accept(w.ctx, old, "", person(who))
		must(t, err)
		w.settled()
	})
}

func TestResendingHasLimits(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which, _ := o.invite("ops@acme.example")
		begun := time.Now()
		wait := w.wants(o.resend(which), fault.RateLimited)
		if wait.Retry <= 58*time.Second || wait.Retry > time.Minute {
			t.Errorf("told to wait %s", wait.Retry)
		}
		for range invite.ResendsPerDay {
			w.skip(invite.ResendApart)
			must(t, o.resend(which))
			w.deliver()
		}
		w.skip(time.Hour)
		day := w.wants(o.resend(which), fault.RateLimited)
		equal(w, "the limit", day.Limit.Name, "resend-day")
		w.skip(day.Retry)
		if since := time.Since(begun); since < 24*time.Hour || since > 24*time.Hour+5*time.Minute {
			t.Errorf("free again after %s", since)
		}
		must(t, o.resend(which))
		w.settled()
	})
}

func TestFE30FE32WhoPaysAndTheAddressAreFixed(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which, _ := o.invite("ops@acme.example")
		w.skip(invite.ResendApart)
		_, err := w.inviter.Resend(w.ctx, o.owner, which, onboarding.Unchanged{Payer: invite.ClientPays}, "")
		equal(w, "field", w.wants(err, fault.PayerFixed).Fields[0].Location, "payer")
		_, err = w.inviter.Resend(w.ctx, o.owner, which, onboarding.Unchanged{Email: "other@acme.example"}, "")
		equal(w, "field", w.wants(err, fault.EmailFixed).Fields[0].Location, "email")
		_, err = w.inviter.Send(w.ctx, o.owner, onboarding.Draft{Email: "ops@acme.example", Payer: invite.ClientPays}, "")
		w.wants(err, fault.PayerFixed)
		equal(w, "places left", o.left(), 9)
		_, err = w.inviter.Resend(w.ctx, o.owner, which, onboarding.Unchanged{Payer: invite.AgencyPays, Email: " Ops@acme.example"}, "")
		must(t, err)
		w.settled()
	})
}

func TestFE29Cancelling(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, token := o.invite(who)
		for range 2 { // cancelling twice is no fault
			_, err := w.canceller.Cancel(w.ctx, o.owner, which)
			must(t, err)
		}
		w.wants(w.sees(token), fault.Gone)
		_, err := w.invitations.Accept(w.ctx, token, "", person(who))
		w.wants(err, fault.Gone)
		w.wants(o.resend(which), fault.NotPending)

		// The address is free at once, and who pays may be another now.
		c, err := w.inviter.Send(w.ctx, o.owner, onboarding.Draft{Email: who, Payer: invite.ClientPays}, "")
		must(t, err)
		w.deliver()
		w.wants(w.sees(token), fault.Gone)
		equal(w, "the replaced one", o.status(which), invite.Canceled)
		_, err = w.canceller.Cancel(w.ctx, o.owner, which)
		w.wants(err, fault.NotFound)

		// Cancelled while its mail is on its way: the mail may still come, its link opens nothing.
		late, err := o.send("late@acme.example")
		must(t, err)
		_, err = w.canceller.Cancel(w.ctx, o.owner, late.Invite.ID)
		must(t, err)
		w.deliver()
		if w.newest("late@acme.example") != nil {
			t.Error("a cancelled invite was mailed")
		}

		_, err = w.invitations.Accept(w.ctx, w.token(who), "", person(who))
		must(t, err)
		_, err = w.canceller.Cancel(w.ctx, o.owner, c.Invite.ID)
		w.wants(err, fault.NotPending)
		w.settled()
	})
}

func TestAnInviteRunsOutByTheClockNotByTheSweep(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, token := o.invite(who)
		term := o.get(which).Invite.ExpiresAt
		w.skip(time.Until(term) - time.Second)
		must(t, w.sees(token))
		w.skip(time.Second)
		w.wants(w.sees(token), fault.Expired)
		_, err := w.invitations.Accept(w.ctx, token, "", person(who))
		w.wants(err, fault.Expired)
		equal(w, "status before the sweep", o.status(which), invite.Expired)
		equal(w, "written down before it", o.get(which).Invite.Status, invite.Pending)
		must(t, w.tidy())
		equal(w, "written down after it", o.get(which).Invite.Status, invite.Expired)
		w.wants(w.sees(token), fault.Expired)
		w.wants(w.sees(token+"x"), fault.Gone)
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		equal(w, "the log's last row", log[len(log)-1].Action, audit.InviteExpired)
		w.settled()

		// It can be sent again, with a new link and a new term.
		must(t, o.resend(which))
		w.deliver()
		w.wants(w.sees(token), fault.Gone)
		must(t, w.sees(w.token(who)))
		w.settled()
	})
}

func TestAnExpiredLinkDoesNotComeBackToLife(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, token := o.invite(who)
		w.skip(invite.Lifetime + time.Hour)
		must(t, w.tidy())
		must(t, o.resend(which))
		if err := w.sees(token); err == nil {
			t.Error("a link that had expired is good again before any new mail is out")
		}
		w.outage(2*time.Hour, func() { w.pass(10 * time.Minute) })
		if err := w.sees(token); err == nil {
			t.Error("a link that had expired is good again after the new mail failed")
		}
		w.settled()
	})
}

func TestAnExpiredInviteIsReplacedByANewOne(t *testing.T) {
	t.Parallel()
	for _, swept := range []bool{false, true} {
		in(t, func(w *world) {
			o := w.office("Northwind")
			const who = "ops@acme.example"
			which, token := o.invite(who)
			w.skip(invite.Lifetime + time.Hour)
			if swept {
				must(t, w.tidy())
			}
			next, fresh := o.invite(who)
			if next == which || fresh == token {
				t.Error("the new invite is the old one")
			}
			w.wants(w.sees(token), fault.Gone)
			must(t, w.sees(fresh))
			old := o.get(which)
			equal(w, "the replaced one", old.Invite.Status, invite.Expired)
			equal(w, "clients", o.clients(), []string{who})
			log, err := w.table.History(w.ctx, o.id)
			must(t, err)
			n := 0
			for _, e := range log {
				if e.Action == audit.InviteExpired && e.Subject == string(which) {
					n++
				}
			}
			equal(w, "rows that say that it ran out", n, 1)
			w.settled()
		})
	}
}
