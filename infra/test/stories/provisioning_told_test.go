package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/payment"
)

// contended is a table at which somebody else is always faster, so many times.
type contended struct {
	*whole.Table
	times *int
}

func (c contended) Commit(ctx context.Context, a id.Agency, change client.Change) error {
	if *c.times > 0 {
		*c.times--
		return conflict.ErrChanged
	}
	return c.Table.Commit(ctx, a, change)
}

// A deletion is announced once, however often its writing is tried, and however fast the mail's worker is.
func TestFM8ADeletionIsAnnouncedOnce(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		times := 0
		w.worker.Store = contended{w.table, &times}
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(time.Minute, 5*time.Second)
		must(t, w.sound(o, which, true))
		must(t, w.till.Cancel(o.get(which).Payment.Reference))
		w.until(5*time.Minute, 30*time.Second)
		w.days(22 * 24 * time.Hour)
		equal(w.world, "announced too soon", w.announced("c0@acme.example"), 0)
		w.worker.Mail = &swift{w.world.worker.Handle, w.world.queue, true}
		times = 3
		w.days(2 * 24 * time.Hour)
		equal(w.world, "announced to the client", w.announced("c0@acme.example"), 2)
		equal(w.world, "announced to the agency", w.announced(string(o.owner.Email)), 2)
	})
}

// What was kept while the operator had stopped it is deleted a week after that was announced, also when its client has gone meanwhile.
func TestFM8WhatWasKeptIsAnnouncedAWeekBeforeItIsDeleted(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		o, which := w.checkout(0, payWith(standin.CardGood))
		w.until(time.Minute, 5*time.Second)
		w.stop(o)
		w.until(5*time.Minute, 30*time.Second)
		w.days(40 * 24 * time.Hour)
		equal(w.world, "it is kept, and not due", [2]any{len(o.get(which).Items), o.get(which).Due().IsZero()}, [2]any{2, true})
		must(t, w.leaving.Leave(w.ctx, person("c0@acme.example"), o.id))
		w.days(24 * time.Hour)
		equal(w.world, "announced", w.announced("c0@acme.example"), 2)
		there, _, _ := w.yard.standing(o.get(which))
		equal(w.world, "kept for the week", there, 2)
		w.days(5 * 24 * time.Hour)
		there, _, _ = w.yard.standing(o.get(which))
		equal(w.world, "kept for the week", there, 2)
		w.days(2 * 24 * time.Hour)
		there, _, _ = w.yard.standing(o.get(which))
		equal(w.world, "deleted", there, 0)
	})
}

// What concerns money or a deletion is told to the owners where whoever invited is gone.
func TestFM3TheOwnersAreToldWhereWhoeverInvitedIsGone(t *testing.T) {
	t.Parallel()
	worksIn(t, func(w *works) {
		o := w.office("Northwind")
		admin := o.admin("admin@northwind.example")
		as := *o
		as.owner = admin
		which := w.order(&as, "ops@acme.example")
		_, err := w.checkouts.Start(w.ctx, person("ops@acme.example"), o.id, payment.Month, "")
		must(t, err)
		must(t, payWith(standin.CardGood)(w.shop, w.session(o, which)))
		w.until(2*time.Minute, 5*time.Second)
		must(t, o.remove(admin.Member))
		told := func(text string) (n int) {
			for _, m := range w.engine.SES.Mails(string(o.owner.Email)) {
				if strings.Contains(m.Text, text) {
					n++
				}
			}
			return n
		}
		_, err = w.till.Inquire(o.get(which).Payment.Reference, "fraudulent")
		must(t, err)
		w.until(5*time.Minute, time.Minute)
		equal(w.world, "of the inquiry", told("No money has moved"), 1)
		must(t, w.till.Cancel(o.get(which).Payment.Reference))
		w.days(24 * 24 * time.Hour)
		equal(w.world, "of the deletion", w.announced(string(o.owner.Email)), 2)
		for _, m := range w.engine.SES.Mails(string(admin.Email)) {
			if strings.Contains(m.Text, "No money has moved") || strings.Contains(m.Subject, "will be deleted on") {
				t.Errorf("who is gone is told %q", m.Subject)
			}
		}
	})
}
