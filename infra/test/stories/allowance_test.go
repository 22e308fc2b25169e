package lifecycle

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/agencies"
)

// add adds a member to the office's agency.
func (o *office) add(address string) (*agency.Member, error) {
	n := &agencies.Newcomers{Store: o.w.table, Queue: o.w.queue, Now: time.Now}
	return n.Add(o.w.ctx, o.owner, agencies.NewMember{Email: address, Level: agency.Admin}, "")
}

func (o *office) remove(which id.Member) error {
	return (&agencies.Members{Store: o.w.table, Now: time.Now}).Remove(o.w.ctx, o.owner, which)
}

// TestFD6AddingAndRemovingOnePersonMailsThemThreeTimes is what the row tells of: 200 times in two seconds.
func TestFD6AddingAndRemovingOnePersonMailsThemThreeTimes(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.found("Solo", agency.Free, time.Now())
		refused := 0
		for range 200 {
			m, err := o.add("victim@acme.example")
			if err != nil {
				f := w.wants(err, fault.RateLimited)
				if f.Retry <= 23*time.Hour || f.Retry > 24*time.Hour {
					t.Fatalf("told to come back in %s", f.Retry)
				}
				refused++
				continue
			}
			must(t, o.remove(m.ID))
		}
		w.deliver()
		equal(w, "refused", refused, 197)
		if n := len(w.engine.SES.Mails("victim@acme.example")); n > 3 {
			t.Errorf("%d mails", n)
		}
		equal(w, "members", len(mustTeam(w, o)), 1)
		w.settled()
		w.skip(24 * time.Hour)
		_, err := o.add("victim@acme.example")
		must(t, err)
	})
}

func mustTeam(w *world, o *office) agency.Members {
	team, err := w.table.Team(w.ctx, o.id)
	must(w.t, err)
	return team.Members
}

// TestFD6TheLimitsHoldUnder64Callers has everybody ask at the same moment: a Free agency for many people, and many agencies for
// one.
func TestFD6TheLimitsHoldUnder64Callers(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.found("Solo", agency.Free, time.Now())
		var mu sync.Mutex
		added := 0
		together(64, func(n int) {
			if _, err := o.add(fmt.Sprintf("p%d@acme.example", n)); err == nil {
				mu.Lock()
				added++
				mu.Unlock()
			} else if !fault.Is(err, fault.RateLimited) && !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
		equal(w, "added", added, 10)
		var many []*office
		for n := range 32 {
			many = append(many, w.office(fmt.Sprint("Agency ", n)))
		}
		invited := 0
		together(32, func(n int) {
			if _, err := many[n].send("victim@acme.example"); err == nil {
				mu.Lock()
				invited++
				mu.Unlock()
			} else if !fault.Is(err, fault.RateLimited) && !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
		equal(w, "invited", invited, 20)
		w.settled()
		equal(w, "mails", len(w.engine.SES.Mails("victim@acme.example")), 20)
	})
}

// TestFD6StrangersCodesNeverKeepAnInvitationOut uses up the codes of an address, and invites it.
func TestFD6StrangersCodesNeverKeepAnInvitationOut(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		var refused *fault.Error
		for n := range 60 {
			_, err := w.codes.Request(w.ctx, "victim@acme.example", identity.Browser{}, fmt.Sprint("192.0.2.", n))
			if err != nil {
				refused = w.wants(err, fault.RateLimited)
			}
			w.skip(5 * time.Minute)
			w.deliver()
		}
		if refused == nil {
			t.Fatal("nothing was refused")
		}
		if n := len(w.engine.SES.Mails("victim@acme.example")); n > 30 {
			t.Errorf("%d codes in five hours", n)
		}
		o.invite("victim@acme.example")
		w.settled()
	})
}
