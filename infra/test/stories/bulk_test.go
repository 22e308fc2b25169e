package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/imports"
)

// withPortal has the agency install Client Portal.
func (o *office) withPortal() *office {
	o.w.t.Helper()
	o.portal()
	return o
}

func addresses(n int, of string) []batch.Line {
	out := make([]batch.Line, n)
	for i := range out {
		out[i] = batch.Line{Number: i + 1, Email: fmt.Sprintf("%s%d@acme.example", of, i)}
	}
	return out
}

func (o *office) bulk(lines []batch.Line) (*batch.Batch, error) {
	return o.w.bulk.Send(o.w.ctx, o.owner, lines, "")
}

// becomes is what the lines of a batch have become by now.
func (o *office) becomes(which id.Batch) *imports.Shown {
	o.w.t.Helper()
	b, err := o.w.batches.Get(o.w.ctx, o.owner, which)
	must(o.w.t, err)
	return b
}

// standing counts the agency's invites by their state.
func (o *office) standing() map[invite.Status]int {
	o.w.t.Helper()
	n := map[invite.Status]int{}
	for q := (clients.Query{Limit: 200}); ; {
		page, err := o.w.directory.Clients(o.w.ctx, o.owner, q)
		must(o.w.t, err)
		for _, l := range page.Items {
			n[l.Client.Invite.At(time.Now())]++
		}
		if page.Next == "" {
			return n
		}
		q.After = page.Next
	}
}

func TestPortalB6TwentyFiveLinesAreTenNowTenInAnHourAndFiveInTwo(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		start := time.Now()
		b, err := o.bulk(addresses(25, "c"))
		must(t, err)
		for n, e := range b.Entries {
			want, after := batch.Created, time.Duration(0)
			if n >= 10 {
				want, after = batch.Scheduled, time.Duration(n/10)*time.Hour
			}
			if e.Kind != want || e.Number != n+1 || after > 0 && (e.At.Sub(start) < after || e.At.Sub(start) > after+time.Minute) {
				t.Errorf("line %d is %s, in %s", e.Number, e.Kind, e.At.Sub(start))
			}
		}
		w.pass(time.Minute)
		equal(w, "out at once", o.standing()[invite.Pending], 10)
		// What waits is not live: no link, no mail, and nothing to accept.
		waiting := o.get(b.Entries[10].Invite)
		if len(waiting.Invite.Tokens) != 0 || w.newest("c10@acme.example") != nil || !waiting.Invite.ExpiresAt.After(start) {
			t.Errorf("what waits has %d links", len(waiting.Invite.Tokens))
		}
		_, err = o.send("c10@acme.example")
		w.wants(err, fault.AlreadyInvited)
		w.pass(57 * time.Minute)
		equal(w, "out before the hour", o.standing()[invite.Pending], 10)
		w.pass(5 * time.Minute)
		equal(w, "out after an hour", o.standing()[invite.Pending], 20)
		w.pass(70 * time.Minute)
		equal(w, "out after two", o.standing()[invite.Pending], 25)
		for n := range 25 {
			equal(w, "mails to one", len(w.tokens(fmt.Sprintf("c%d@acme.example", n))), 1)
		}
		late := o.get(b.Entries[24].Invite).Invite
		if late.ExpiresAt.Sub(late.SendAt) != invite.Lifetime {
			t.Errorf("the term begins %s before it was sent", late.ExpiresAt.Sub(late.SendAt))
		}
		w.settled()
	})
}

func TestFE31Of64ConcurrentBatchesExactlyTenLinesGoOut(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind").withPortal()
		var mu sync.Mutex
		kinds := map[batch.Kind]int{}
		together(64, func(n int) {
			b, err := o.bulk(addresses(2, fmt.Sprintf("b%d-", n)))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("refused with %v", err)
				return
			}
			for _, e := range b.Entries {
				kinds[e.Kind]++
			}
		})
		equal(w, "created", kinds[batch.Created], agency.HourlyInvites)
		equal(w, "scheduled, or gone on with in a moment", kinds[batch.Scheduled]+kinds[""], 128-agency.HourlyInvites)
		w.pass(5 * time.Minute)
		n := o.standing()
		equal(w, "out", n[invite.Pending], agency.HourlyInvites)
		equal(w, "waiting", n[invite.Scheduled], 128-agency.HourlyInvites)
		w.pass(13 * time.Hour)
		equal(w, "out after thirteen hours", o.standing()[invite.Pending], 128)
		w.settled() // which holds that never more than ten went out in any hour
	})
}

func TestPortalB3AFaultOfOursIsNeverABadLine(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		lines := addresses(6, "c")
		lines[1].Email, lines[3].Email = "nobody", "no@reject.example"
		b, err := o.bulk(lines)
		must(t, err)
		w.pass(time.Minute)
		got := o.becomes(b.ID)
		for n, want := range []batch.Kind{batch.Created, batch.Invalid, batch.Created, batch.Failed, batch.Created, batch.Created} {
			if e := got.Entries[n]; e.Kind != want || (e.Reason == "") == (want == batch.Failed || want == batch.Invalid) {
				t.Errorf("line %d is %s: %q", n+1, e.Kind, e.Reason)
			}
		}
		equal(w, "clients", len(o.clients()), 4) // the one whose mail failed leaves no invite (FE19)
		w.skip(48 * time.Hour)
		equal(w, "and is failed after days, too", o.becomes(b.ID).Entries[3].Kind, batch.Failed)
		w.settled()
	})
}

func TestPortalB3WhatAFaultLeavesUndoneIsGoneOnWith(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		// Whoever worked on it is gone: the batch is stored, and nothing was made of it.
		b := &batch.Batch{ID: id.New[id.Batch](id.BatchPrefix, time.Now()), Agency: o.id, By: o.owner.Member, Actor: string(o.owner.Member),
			CreatedAt: time.Now(), State: batch.Working, Until: time.Now().Add(batch.Kept)}
		var err error
		b.Entries, err = batch.Read(addresses(12, "c"), batch.MaxLines)
		must(t, err)
		must(t, w.bulk.Store.AddBatch(w.ctx, b, nil))
		for n, e := range o.becomes(b.ID).Entries {
			if e.Kind != batch.Scheduled || e.At.IsZero() {
				t.Errorf("line %d reads %q before anybody has decided", n+1, e.Kind)
			}
		}
		w.pass(5 * time.Minute)
		n := o.standing()
		equal(w, "out", n[invite.Pending], 10)
		equal(w, "waiting", n[invite.Scheduled], 2)
		equal(w, "state", o.becomes(b.ID).State, batch.Done)
		w.pass(2 * time.Hour)
		for n := range 12 {
			equal(w, "mails to one", len(w.tokens(fmt.Sprintf("c%d@acme.example", n))), 1)
		}
		w.settled()
	})
}

func TestPortalB4TheSameBatchAgain(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		first, err := w.bulk.Send(w.ctx, o.owner, addresses(12, "c"), "once")
		must(t, err)
		again, err := w.bulk.Send(w.ctx, o.owner, addresses(12, "c"), "once")
		must(t, err)
		equal(w, "batch", again.ID, first.ID)
		for n := range first.Entries {
			equal(w, "verdict", again.Entries[n].Verdict.Kind, first.Entries[n].Verdict.Kind)
		}
		_, err = w.bulk.Send(w.ctx, o.owner, addresses(13, "c"), "once")
		w.wants(err, fault.IdempotencyUsed)
		w.pass(time.Minute)
		other, err := o.bulk(addresses(12, "c"))
		must(t, err)
		for _, e := range other.Entries {
			if e.Kind != batch.Pending || e.Client == "" {
				t.Errorf("without the key line %d is %s", e.Number, e.Kind)
			}
		}
		w.pass(3 * time.Hour)
		for n := range 12 {
			equal(w, "mails to one", len(w.tokens(fmt.Sprintf("c%d@acme.example", n))), 1)
		}
		w.settled()
	})
}

func TestPortalB6WhatWaitsIsCancelledAndItsTimeIsFree(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		b, err := o.bulk(addresses(30, "c"))
		must(t, err)
		w.pass(time.Minute)
		c, err := w.canceller.Cancel(w.ctx, o.owner, b.Entries[29].Invite) // one by itself, as any invite
		must(t, err)
		equal(w, "state", c.Invite.Status, invite.Canceled)
		got, err := w.batches.Cancel(w.ctx, o.owner, b.ID)
		must(t, err)
		n := 0
		for i, e := range got.Entries {
			if i < 10 && e.Kind != batch.Created {
				t.Errorf("line %d, which is out, is %s", i+1, e.Kind)
			}
			if got.States[i] == invite.Canceled {
				n++
			}
		}
		equal(w, "cancelled", n, 20)
		next, err := o.bulk(addresses(10, "d"))
		must(t, err)
		if wait := time.Until(next.Entries[0].At); wait < 55*time.Minute || wait > time.Hour {
			t.Errorf("the next batch waits for %s", wait)
		}
		w.pass(4 * time.Hour)
		equal(w, "mails to one who was cancelled", len(w.tokens("c20@acme.example")), 0)
		w.settled()
	})
}

// TestPortalFL10BatchesAreListedNewestFirst pages through more batches than a page has, with dry runs between them.
func TestPortalFL10BatchesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind").withPortal(), w.office("Southwind").withPortal()
		var want []id.Batch
		for n := range 25 {
			b, err := o.bulk(append(addresses(2, fmt.Sprintf("b%d-", n)), batch.Line{Number: 3, Email: "none"}))
			must(t, err)
			want = append([]id.Batch{b.ID}, want...)
			dry := &batch.Batch{ID: id.New[id.Batch](id.BatchPrefix, time.Now()), Agency: o.id, By: o.owner.Member, CreatedAt: time.Now(),
				State: batch.Dry, Until: time.Now().Add(batch.DryRun), Entries: b.Entries}
			must(t, w.bulk.Store.AddBatch(w.ctx, dry, nil))
		}
		employee := o.owner.At(identity.Place{Level: agency.Employee, Portal: agency.PortalEmployee})
		employee.Member = "mb_other"
		all := func(caller identity.Caller, limit int) (got []id.Batch) {
			q := imports.ListQuery{Limit: limit}
			for {
				some, next, err := w.batches.List(w.ctx, caller, q)
				must(t, err)
				for _, b := range some {
					got = append(got, b.ID)
					if c := b.Counts; c[batch.Created]+c[batch.Scheduled] != 2 || c[batch.Invalid] != 1 || len(b.Entries) > 0 {
						t.Errorf("%s counts %v", b.ID, c)
					}
				}
				if q.After = next; next == "" {
					return got
				}
			}
		}
		for _, limit := range []int{1, 20, 200} {
			if got := all(o.owner, limit); !slices.Equal(got, want) {
				t.Errorf("by %d they are %v, want %v", limit, got, want)
			}
		}
		equal(w, "those of somebody else, to an employee", len(all(employee, 20)), 0)
		employee.Member = o.owner.Member
		equal(w, "its own, to an employee", len(all(employee, 20)), 25)
		equal(w, "those of another agency", len(all(other.owner, 20)), 0)
		denied := o.owner.At(identity.Place{Level: agency.Employee, Portal: agency.Denied})
		_, _, err := w.batches.List(w.ctx, denied, imports.ListQuery{Limit: 1})
		w.wants(err, fault.NotFound)
	})
}

// promised is how many times are given to invites of the office that wait.
func (o *office) promised() int {
	o.w.t.Helper()
	seen, err := o.w.bulk.Store.Snapshot(o.w.ctx, o.id, imports.Query{Promises: true})
	must(o.w.t, err)
	return batch.MaxScheduled - seen.Promises.Left(time.Now())
}

// TestPortalB6EachThatIsCancelledByItselfFreesItsTime ends scheduled invites one by one, all at once, in each of the ways in which one
// can end before it is sent. What is given back is exactly what those had, and goes to the next ones.
func TestPortalB6EachThatIsCancelledByItselfFreesItsTime(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(o *office, in id.Invite) error{
		"the invite": func(o *office, in id.Invite) error {
			_, err := o.w.canceller.Cancel(o.w.ctx, o.owner, in)
			return err
		},
		"the client": func(o *office, in id.Invite) error {
			_, err := o.w.removal.Remove(o.w.ctx, o.owner, o.get(in).ID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSuch(t, slowTransactions, func(w *world) {
				o := w.office("Northwind").withPortal()
				var all []batch.Entry
				for n := range 2 { // ten go out, and 80 wait until eight hours from now
					b, err := o.bulk(addresses(45, fmt.Sprintf("c%d-", n)))
					must(t, err)
					all = append(all, b.Entries...)
				}
				w.pass(2 * time.Minute)
				equal(w, "times before", o.promised(), 80)
				late := all[len(all)-1]
				together(64, func(n int) {
					if err := end(o, all[10+n].Invite); err != nil {
						t.Errorf("cancelling one of 64: %v", err)
					}
				})
				equal(w, "times of those that still wait", o.promised(), 16)
				must(t, end(o, all[10].Invite)) // once more frees nothing more
				equal(w, "times after one more try", o.promised(), 16)
				next, err := o.bulk(addresses(10, "d"))
				must(t, err)
				if wait := time.Until(next.Entries[9].At); wait > time.Hour {
					t.Errorf("the next ones wait for %s", wait)
				}
				equal(w, "times with the next ones", o.promised(), 26)
				if at := o.get(late.Invite).Invite.SendAt; time.Until(at) < 7*time.Hour {
					t.Errorf("the last one waits until %s", at)
				}
				w.pass(9 * time.Hour)
				equal(w, "times when all are out", o.promised(), 0)
				equal(w, "out", o.standing()[invite.Pending], 10+16+10)
				w.settled()
			})
		})
	}
}

// TestPortalB6ASuspensionGivesTheTimesBack ends what waits by a suspension: the agency begins with an empty list afterwards.
func TestPortalB6ASuspensionGivesTheTimesBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		_, err := o.bulk(addresses(40, "c"))
		must(t, err)
		w.pass(time.Minute)
		equal(w, "times before", o.promised(), 30)
		must(t, w.table.Suspend(w.ctx, o.id, "it was reported", o.byOperator(audit.AgencySuspended)))
		w.pass(5 * time.Minute)
		equal(w, "waiting", o.standing()[invite.Scheduled], 0)
		equal(w, "times", o.promised(), 0)
	})
}

func TestPortalB6WhatOthersSendMovesWhatWaits(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		b, err := o.bulk(addresses(15, "c"))
		must(t, err)
		w.skip(time.Hour + time.Second) // the sweep has not come yet, and somebody takes the places
		for n := range 8 {
			o.invite(fmt.Sprintf("mine%d@acme.example", n))
		}
		w.pass(3 * time.Minute)
		equal(w, "out", o.standing()[invite.Pending], 10+8+2)
		moved := 0
		for _, e := range o.becomes(b.ID).Entries[10:] {
			if e.Kind != batch.Scheduled {
				continue
			}
			moved++
			if wait := time.Until(e.At); wait < 50*time.Minute || wait > time.Hour {
				t.Errorf("line %d goes out in %s", e.Number, wait)
			}
		}
		equal(w, "moved", moved, 3)
		w.pass(2 * time.Hour)
		equal(w, "out at last", o.standing()[invite.Pending], 23)
		w.settled()
	})
}

// TestPortalB6ReleaseAsksAgain takes away what an invite needs while it waits for its time. It ends with a reason that is seen.
func TestPortalB6ReleaseAsksAgain(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(o *office, r id.Role){
		"the plan":   func(o *office, _ id.Role) { o.downgrade() },
		"the sender": func(o *office, _ id.Role) { o.dismissOwner() },
		"the role":   func(o *office, r id.Role) { o.w.remove(string(o.id), "rol#"+string(r)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind").withPortal()
				r := o.role("Client")
				lines := addresses(11, "c")
				lines[10].Roles = []id.Role{r}
				b, err := o.bulk(lines)
				must(t, err)
				equal(w, "waits", b.Entries[10].Kind, batch.Scheduled)
				away(o, r)
				w.pass(90 * time.Minute)
				c, err := w.table.Client(w.ctx, o.id, b.Entries[10].Invite.Ref(), true)
				must(t, err)
				if c.Invite.Status != invite.Failed || c.Invite.Reason == "" || !c.Listed {
					t.Errorf("it is %s: %q", c.Invite.Status, c.Invite.Reason)
				}
				equal(w, "state in the list", c.At(time.Now()), client.Inactive)
				equal(w, "mails", len(w.tokens("c10@acme.example")), 0)
			})
		})
	}
}

func TestPortalB6NothingIsLostWhileTheAppIsAway(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		_, err := o.bulk(addresses(11, "c"))
		must(t, err)
		o.w.set(string(o.id), "agency", "portal", &types.AttributeValueMemberN{Value: "0"})
		w.pass(5 * time.Hour)
		equal(w, "waiting", o.standing()[invite.Scheduled], 1)
		o.withPortal()
		w.pass(2 * time.Hour)
		equal(w, "out", o.standing()[invite.Pending], 11)
		w.settled()
	})
}

func TestPortalB6ASuspendedAgencysInvitesDoNotWait(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		_, err := o.bulk(addresses(25, "c"))
		must(t, err)
		w.pass(time.Minute)
		o.suspend()
		w.pass(3 * time.Hour)
		n := o.standing()
		equal(w, "waiting", n[invite.Scheduled], 0)
		for k := 10; k < 25; k++ {
			equal(w, "mails", len(w.tokens(fmt.Sprintf("c%d@acme.example", k))), 0)
		}
	})
}

func TestPortalB2EveryLineIsAnswered(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		good, off := o.role("Client"), o.role("Former client")
		o.off(off)
		_, token := o.invite("mine@acme.example")
		_, caller := w.signIn("mine@acme.example")
		_, err := w.invitations.Accept(w.ctx, token, "", caller)
		must(t, err)
		o.invite("open@acme.example")
		o.w.set(string(o.id), "sup#"+string(id.UserOf("stop@acme.example")), "at", &types.AttributeValueMemberN{Value: "1"})
		lines := []batch.Line{
			{Number: 1, Email: "new@acme.example", Roles: []id.Role{good}}, {Number: 2, Email: "mine@acme.example"},
			{Number: 3, Email: "open@acme.example"}, {Number: 4, Email: "NEW@acme.example"}, {Number: 5, Email: "no address"},
			{Number: 6, Email: "a@acme.example", Roles: []id.Role{off}}, {Number: 7, Email: "b@acme.example", Roles: []id.Role{"rol_none"}},
			{Number: 8, Email: "stop@acme.example"}, {Number: 9, Email: "d@acme.example", Contact: "con_none"},
			{Number: 10, Email: string(o.owner.Email)},
		}
		b, err := o.bulk(lines)
		must(t, err)
		want := []batch.Kind{batch.Created, batch.Exists, batch.Pending, batch.Duplicate, batch.Invalid, batch.Role, batch.Role, batch.Refused,
			batch.Invalid, batch.Invalid}
		for n, e := range b.Entries {
			if e.Number != n+1 || e.Kind != want[n] || (e.Reason == "") != (e.Kind == batch.Created) || strings.Contains(e.Reason, "{") {
				t.Errorf("line %d is %s: %q", e.Number, e.Kind, e.Reason)
			}
		}
		if c := b.Entries[1].Client; c == "" || b.Entries[2].Client == "" {
			t.Error("what is there already is not named")
		}
		w.settled()
	})
}

func TestPortalBatchesGoThirtyDaysAfterTheirLastSend(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		b, err := o.bulk(addresses(11, "c"))
		must(t, err)
		w.pass(2 * time.Hour)
		w.every = 6 * time.Hour
		w.pass(29 * 24 * time.Hour)
		o.becomes(b.ID)
		w.pass(2 * 24 * time.Hour)
		_, err = w.batches.Get(w.ctx, o.owner, b.ID)
		w.wants(err, fault.NotFound)
		for _, i := range w.of(string(o.id)) {
			if strings.HasPrefix(text(i, "sk"), "ba") {
				t.Errorf("%s is left", text(i, "sk"))
			}
		}
	})
}

// TestPortalV1DryRunsGoAfterADay checks a file, and looks at what is left of it a moment before its day is over, and after.
func TestPortalV1DryRunsGoAfterADay(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		store, ok := w.bulk.Store.(imports.FileStore)
		if !ok {
			t.Fatal("the store reads no roles")
		}
		checks := &imports.Checks{Store: store, Domains: w.bulk.Domains, Now: time.Now}
		left := func() (n int) {
			for _, i := range w.of(string(o.id)) {
				if strings.HasPrefix(text(i, "sk"), "bat#") || strings.HasPrefix(text(i, "sk"), "bap#") {
					n++
				}
			}
			return n
		}
		var file strings.Builder
		file.WriteString("email\n")
		for n := range 120 {
			fmt.Fprintf(&file, "row%d@acme.example\n", n)
		}
		c, err := checks.Preview(w.ctx, o.owner, []byte(file.String()))
		must(t, err)
		made := time.Now()
		w.every = time.Hour
		w.pass(batch.DryRun - time.Minute - time.Since(made))
		equal(w, "items a minute before", left(), 1+3)
		_, err = checks.Dry(w.ctx, o.owner, c.Hash())
		must(t, err)
		w.skip(time.Until(made.Add(batch.DryRun))) // the sweep has not come yet
		_, err = checks.Dry(w.ctx, o.owner, c.Hash())
		w.wants(err, fault.NotFound)
		_, _, err = (&imports.Files{Checks: checks, Sender: w.bulk}).Confirm(w.ctx, o.owner, c.Hash(), false)
		w.wants(err, fault.NotFound)
		w.every = time.Minute
		w.pass(2 * time.Hour)
		equal(w, "items after", left(), 0)
		equal(w, "clients", len(o.clients()), 0)
		w.settled()
	})
}

// TestPortalABatchForgetsWhoIsErased has the address of somebody in three batches, and as a client.
func TestPortalABatchForgetsWhoIsErased(t *testing.T) {
	t.Parallel()
	for name, erase := range map[string]func(w *world, o *office, b *batch.Batch) error{
		"by itself": func(w *world, _ *office, _ *batch.Batch) error {
			_, caller := w.signIn("c0@acme.example")
			return w.erasure.Erase(w.ctx, caller)
		},
		"by the agency": func(w *world, o *office, b *batch.Batch) error {
			if _, err := w.removal.Remove(w.ctx, o.owner, b.Entries[0].Client); err != nil {
				return err
			}
			return w.removal.Erase(w.ctx, o.owner, b.Entries[0].Client)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind").withPortal()
				b, err := o.bulk(addresses(3, "c"))
				must(t, err)
				w.deliver()
				_, caller := w.signIn("c0@acme.example")
				_, err = w.invitations.Accept(w.ctx, w.token("c0@acme.example"), "", caller)
				must(t, err)
				other, err := o.bulk(addresses(2, "c"))
				must(t, err)
				seen, err := w.self.See(w.ctx, caller)
				must(t, err)
				equal(w, "lists that the person is shown", len(seen.Portals[0].Lists), 2)
				w.skip(time.Minute)
				must(t, erase(w, o, b))
				for _, i := range w.of(string(o.id)) {
					if sk := text(i, "sk"); strings.HasPrefix(sk, "bap#") && strings.Contains(plain(i), "c0@acme.example") {
						t.Errorf("%s still has the address", sk)
					}
				}
				equal(w, "lines of the others", string(o.becomes(other.ID).Entries[1].Address), "c1@acme.example")
				equal(w, "verdict of the line", o.becomes(other.ID).Entries[0].Kind, batch.Exists)
			})
		})
	}
}

func TestPortalM1AnEmployeeGivesOnlyWhatEmployeesMayGive(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		closed, open := o.role("Accountant"), o.role("Client")
		o.w.set(string(o.id), "rol#"+string(open), "give", &types.AttributeValueMemberN{Value: "1"})
		o.w.set(string(o.id), "mb#"+string(o.owner.Member), "level", &types.AttributeValueMemberS{Value: string(agency.Employee)})
		employee := o.owner.At(identity.Place{Level: agency.Employee, Portal: agency.PortalEmployee, Invites: true})
		lines := addresses(12, "c")
		lines[0].Roles, lines[1].Roles, lines[11].Roles = []id.Role{open}, []id.Role{closed}, []id.Role{open}
		_, err := w.bulk.Send(w.ctx, o.owner.At(identity.Place{Level: agency.Employee, Portal: agency.PortalEmployee}), lines, "")
		w.wants(err, fault.Forbidden)
		o.w.set(string(o.id), "agency", "employeesInvite", &types.AttributeValueMemberS{Value: "yes"})
		b, err := w.bulk.Send(w.ctx, employee, lines, "")
		must(t, err)
		equal(w, "a role that employees may give", b.Entries[0].Kind, batch.Created)
		equal(w, "one that they may not", b.Entries[1].Kind, batch.Role)
		equal(w, "what waits", b.Entries[11].Kind, batch.Scheduled)
		o.w.set(string(o.id), "rol#"+string(open), "give", &types.AttributeValueMemberN{Value: "0"})
		w.pass(90 * time.Minute)
		c, err := w.table.Client(w.ctx, o.id, b.Entries[11].Invite.Ref(), true)
		must(t, err)
		equal(w, "what it may not give any more when its time comes", c.Invite.Status, invite.Failed)
	})
}
