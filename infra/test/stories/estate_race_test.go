package lifecycle

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// TestSenderT2OneOf64AgenciesThatHaveProvenANameIsItsHolder has all of them ask at once. The others hear that it is taken, and by nobody's
// name; they are told nothing before they have proven it.
func TestSenderT2OneOf64AgenciesThatHaveProvenANameIsItsHolder(t *testing.T) {
	t.Parallel()
	estateIn(t, slowTransactions, func(d *estate) {
		const name = "mail.contested.com"
		all := make([]*office, 64)
		claims := make([]*sender.Claim, len(all))
		for i := range all {
			all[i] = d.office(fmt.Sprintf("Agency %d", i))
			claims[i] = d.claim(all[i], name)
			d.publish(claims[i])
		}
		d.offices = nil
		d.skip(time.Minute)
		refused := func(i int, err error) bool {
			if !fault.Is(err, fault.DomainTaken) {
				return false
			}
			if said := fault.As(err).Message; strings.Contains(said, "Agency") {
				t.Errorf("agency %d is told %q", i, said)
			}
			return true
		}
		together(len(all), func(i int) {
			if _, err := d.doctor.Check(d.ctx, all[i].boss(), claims[i].ID); err != nil && !refused(i, err) {
				t.Errorf("agency %d: %v", i, err)
			}
		})
		d.pass(10 * time.Minute) // SES is asked, and everybody is looked at again
		var holders []int
		for i := range all {
			c := d.read(claims[i])
			if c.State == sender.Verified {
				holders = append(holders, i)
				continue
			}
			if _, err := d.doctor.Check(d.ctx, all[i].boss(), c.ID); !refused(i, err) {
				t.Errorf("agency %d, whose claim is %s (%s): %v", i, c.State, c.Reason, err)
			}
		}
		tree := d.read(claims[0]).Tree
		if len(holders) != 1 || len(tree.Holds) != 1 || tree.Holds[0].Agency != all[holders[0]].id {
			t.Fatalf("verified: %v, held: %+v", holders, tree.Holds)
		}
		must(t, d.counted())
	})
}

// TestSenderT3OneOfTwoAgenciesInATreeThatVerifyAtOnceHasIt has two agencies prove names of one tree: both are right until one of them is
// stored. The other has to prove the registrable domain. Whoever has proven that has it beside the other.
func TestSenderT3OneOfTwoAgenciesInATreeThatVerifyAtOnceHasIt(t *testing.T) {
	t.Parallel()
	estateIn(t, slowTransactions, func(d *estate) {
		for n := range 12 {
			top := fmt.Sprintf("tree%d.com", n)
			names := []string{"news." + top, "mail." + top}
			if n%3 == 0 {
				names[0] = top
			}
			var all [2]*office
			var claims [2]*sender.Claim
			for i := range all {
				all[i] = d.office(fmt.Sprintf("Agency %d of %d", i, n))
				claims[i] = d.claim(all[i], names[i])
				d.publish(claims[i])
			}
			d.offices = nil
			d.skip(time.Minute)
			together(2, func(i int) { // SES is asked now, so that the next look brings all that there is to know
				must(t, d.provisioner.Handle(d.ctx, job.Identity{Deed: job.ReadIdentity, Agency: all[i].id, Domain: claims[i].ID}.Encode()))
			})
			together(2, func(i int) {
				d.skip(time.Duration((n*5+i*7)%9) * time.Millisecond)
				_, err := d.doctor.Check(d.ctx, all[i].boss(), claims[i].ID)
				if err != nil {
					t.Errorf("%s: %v", names[i], err)
				}
			})
			d.pass(5 * time.Minute)
			tree := d.read(claims[0]).Tree
			if names[0] == top && len(tree.Holds) == 2 && tree.Holds[0].ID == claims[1].ID {
				continue
			}
			if len(tree.Holds) != 1 {
				t.Fatalf("run %d: %+v are held", n, tree.Holds)
			}
			other := 0
			if tree.Holds[0].ID == claims[0].ID {
				other = 1
			}
			c := d.read(claims[other])
			if c.State == sender.Verified || c.Proven {
				t.Fatalf("run %d: %s is %s, proven: %t", n, c.Domain, c.State, c.Proven)
			}
			proofs := 0
			for _, r := range sender.Records(c.Wanted()) {
				if r.Role == sender.Proof && r.Name == "_latchkey."+top {
					proofs++
				}
			}
			if proofs != 1 {
				t.Fatalf("run %d: %s is asked for %d proofs of the registrable domain", n, c.Domain, proofs)
			}
			d.publish(c)
			d.skip(time.Minute)
			_, err := d.doctor.Check(d.ctx, all[other].boss(), c.ID)
			must(t, err)
			d.pass(5 * time.Minute)
			if c = d.read(c); c.State != sender.Verified || len(c.Tree.Holds) != 2 {
				t.Fatalf("run %d: with the proof of the registrable domain %s is %s (%s), held: %+v", n, c.Domain, c.State, c.Reason,
					c.Tree.Holds)
			}
		}
	})
}

// said is what the product itself says; nil for any other error.
func said(err error) error {
	if f := fault.As(err); f != nil {
		return f
	}
	return nil
}

// TestSenderCapsHoldUnder64Callers has 64 requests at once for each thing that is counted.
func TestSenderCapsHoldUnder64Callers(t *testing.T) {
	t.Parallel()
	counts := func(d *estate, code fault.Code, f func(n int) error) int {
		d.t.Helper()
		var made atomic.Int32
		together(64, func(n int) {
			switch err := f(n); {
			case err == nil:
				made.Add(1)
			case !fault.Is(err, code):
				d.t.Errorf("request %d: %v", n, err)
			}
		})
		return int(made.Load())
	}
	t.Run("claims", func(t *testing.T) {
		t.Parallel()
		estateIn(t, slowTransactions, func(d *estate) {
			o := d.office("Northwind")
			n := counts(d, fault.Invalid, func(n int) error {
				_, err := d.claims.Claim(d.ctx, o.boss(), fmt.Sprintf("mail.agency%d.com", n), "")
				return err
			})
			equal(d.world, "claims", [2]int{n, len(d.all(o))}, [2]int{sender.MaxClaims, sender.MaxClaims})
			d.pass(5 * time.Minute)
			must(t, d.counted())
		})
	})
	t.Run("the same claim", func(t *testing.T) {
		t.Parallel()
		estateIn(t, slowTransactions, func(d *estate) {
			o := d.office("Northwind")
			n := counts(d, fault.AlreadyClaimed, func(int) error {
				_, err := d.claims.Claim(d.ctx, o.boss(), "mail.agency.com", "one key")
				return err
			})
			equal(d.world, "answers and claims", [2]int{n, len(d.all(o))}, [2]int{64, 1})
		})
	})
	t.Run("looks", func(t *testing.T) {
		t.Parallel()
		estateIn(t, slowTransactions, func(d *estate) {
			o := d.office("Northwind")
			c := d.claim(o, "mail.agency.com")
			d.publish(c)
			begun := time.Now()
			for range 3 {
				d.skip(10 * time.Second) // after which a look is no repetition
				d.dns.Forget()
				together(64, func(int) {
					if _, err := d.doctor.Check(d.ctx, o.boss(), c.ID); err != nil && !fault.Is(err, fault.RateLimited) {
						t.Error(err)
					}
				})
			}
			d.skip(10 * time.Second)
			_, err := d.doctor.Check(d.ctx, o.boss(), c.ID)
			d.wants(err, fault.RateLimited)
			d.dns.Forget()
			together(64, func(int) {
				_, err := d.doctor.Watch(d.ctx, o.boss(), c.ID)
				must(t, err)
			})
			if asked := d.dns.Asked(); len(asked) > 0 {
				t.Errorf("with no look left %d questions were asked", len(asked))
			}
			d.skip(time.Hour - time.Since(begun) + time.Minute)
			_, err = d.doctor.Check(d.ctx, o.boss(), c.ID)
			must(t, err)
		})
	})
	t.Run("test mails", func(t *testing.T) {
		t.Parallel()
		estateIn(t, slowTransactions, func(d *estate) {
			o := d.office("Northwind")
			c := d.verified(o, "mail.agency.com")
			counts(d, fault.RateLimited, func(int) error {
				_, err := d.turns.Test(d.ctx, o.boss(), c.ID)
				return said(err) // the claim was changed too often meanwhile, which its use counts for
			})
			d.pass(5 * time.Minute)
			if n := d.told(o, "Test email"); n == 0 || n > 5 {
				t.Errorf("%d test mails", n)
			}
			_, err := d.turns.Test(d.ctx, o.boss(), c.ID)
			d.wants(err, fault.RateLimited)
		})
	})
	t.Run("records", func(t *testing.T) {
		t.Parallel()
		estateIn(t, slowTransactions, func(d *estate) {
			o := d.office("Northwind")
			c := d.claim(o, "mail.agency.com")
			counts(d, fault.RateLimited, func(n int) error {
				_, err := d.handOffs.Send(d.ctx, o.boss(), c.ID, fmt.Sprintf("it%d@agency.com", n), "")
				return said(err)
			})
			d.pass(5 * time.Minute)
			n := 0
			for _, m := range d.engine.SES.Mails("") {
				if strings.HasPrefix(m.To[0], "it") {
					n++
				}
			}
			if n == 0 || n > 5 {
				t.Errorf("%d mails", n)
			}
			_, err := d.handOffs.Send(d.ctx, o.boss(), c.ID, "more@agency.com", "")
			d.wants(err, fault.RateLimited)
		})
	})
}

// TestSenderOneOfTwoDomainsIsOnThatAreEnabledAtOnce has the settings and both claims agree.
func TestSenderOneOfTwoDomainsIsOnThatAreEnabledAtOnce(t *testing.T) {
	t.Parallel()
	estateIn(t, slowTransactions, func(d *estate) {
		o := d.office("Northwind")
		two := []*sender.Claim{d.tested(o, "mail.one.com"), d.tested(o, "mail.two.com")}
		for n := range 10 {
			together(2, func(i int) {
				d.skip(time.Duration((n*3+i*5)%7) * time.Millisecond)
				_, err := d.turns.Enable(d.ctx, o.boss(), two[i].ID)
				must(t, err)
			})
			s, err := d.domains.Settings(d.ctx, o.id)
			must(t, err)
			on := map[id.SenderDomain]bool{}
			for _, c := range two {
				if d.read(c).On {
					on[c.ID] = true
				}
			}
			if len(on) != 1 || !on[s.On] {
				t.Fatalf("run %d: the claims say %v, the settings %s", n, on, s.On)
			}
		}
	})
}

// TestSenderAReleaseAgainstAClaimOfTheNameKeepsOneIdentity has one agency give a name up, and another claim it, at ever other moments of
// the end: whoever claims it has records that SES knows, and nothing is left once both have given it back.
func TestSenderAReleaseAgainstAClaimOfTheNameKeepsOneIdentity(t *testing.T) {
	t.Parallel()
	estateIn(t, slowTransactions, func(d *estate) {
		a, b := d.office("Northwind"), d.office("Southwind")
		for n := range sender.MaxChanges {
			name := fmt.Sprintf("mail.agency%d.com", n)
			one := d.claim(a, name)
			var two *sender.Claim
			together(2, func(i int) {
				if i == 0 {
					_, err := d.claims.Release(d.ctx, a.boss(), one.ID)
					must(t, err)
					for range 4 {
						d.deliver()
						d.skip(300 * time.Millisecond)
					}
					return
				}
				d.skip(time.Duration(n) * 150 * time.Millisecond)
				v, err := d.claims.Claim(d.ctx, b.boss(), name, "")
				must(t, err)
				two = v.Claim
			})
			d.pass(30 * time.Minute)
			two = d.read(two)
			if there, _ := d.ses.has(two.Domain); !there || !two.Identity.Made() {
				t.Fatalf("run %d: SES has it: %t, its tokens are %v", n, there, two.Identity.Tokens)
			}
			must(t, d.counted())
			_, err := d.claims.Release(d.ctx, b.boss(), two.ID)
			must(t, err)
			d.pass(30 * time.Minute)
			must(t, d.nothing(one))
			must(t, d.nothing(two))
			must(t, d.counted())
		}
	})
}

// TestSenderQ1SESIsCalledOnceASecondAndAskedAgainWhenBusy has 200 jobs come at once, and SES refuse every third call for a while.
func TestSenderQ1SESIsCalledOnceASecondAndAskedAgainWhenBusy(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		d.ses.busy = func(n int) bool { return n < 300 && n%3 == 0 }
		var claims []*sender.Claim
		for n := range 67 {
			o := d.office(fmt.Sprintf("Agency %d", n))
			for i := range 3 {
				if len(claims) == 200 {
					break
				}
				v, err := d.claims.Claim(d.ctx, o.boss(), fmt.Sprintf("mail%d.agency%d.com", i, n), "")
				must(t, err)
				claims = append(claims, v.Claim)
			}
		}
		d.offices = nil
		d.every = time.Hour // the jobs alone
		d.sweepAt = time.Now().Add(time.Hour)
		d.pass(50 * time.Minute)
		for n, c := range claims {
			if c = d.read(c); !c.Identity.Made() {
				t.Errorf("the identity of claim %d was not made", n)
			}
		}
		for i := 1; i < len(d.ses.calls); i++ {
			if apart := d.ses.calls[i].Sub(d.ses.calls[i-1]); apart < sesPace {
				t.Errorf("calls %d and %d are %v apart", i-1, i, apart)
			}
		}
		for _, q := range d.engine.SQS.Overview() {
			if strings.Contains(q.Name, "dead-letters") && len(q.Messages) > 0 {
				t.Errorf("%d messages are in %s", len(q.Messages), q.Name)
			}
		}
		if n := len(d.ses.calls); n < 600 {
			t.Errorf("%d calls", n)
		}
		must(t, d.counted())
	})
}

// TestSenderT9TwoNamesThatLookAlikeAreNotBothProvenUnseen has two agencies claim names that look alike before one of them is proven: the
// one that comes second waits for the operator.
func TestSenderT9TwoNamesThatLookAlikeAreNotBothProvenUnseen(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		first, second := d.office("One"), d.office("Other")
		a, b := d.claim(first, "mail.umber-studio.com"), d.claim(second, "mail.urnber-studio.com")
		for _, c := range []*sender.Claim{a, b} {
			if c.Held {
				t.Fatalf("%s is held: %s", c.Domain, c.Why)
			}
			d.publish(c)
			d.skip(time.Minute)
			of := first
			if c == b {
				of = second
			}
			_, err := d.doctor.Check(d.ctx, of.boss(), c.ID)
			must(t, err)
			d.pass(10 * time.Minute)
		}
		if a, b = d.read(a), d.read(b); a.State != sender.Verified || b.State != sender.Verifying || !b.Held || b.Why == "" {
			t.Errorf("%s is %s, and %s is %s, held: %t %q", a.Domain, a.State, b.Domain, b.State, b.Held, b.Why)
		}
	})
}

// TestSenderOwnersHearThatTheirServerIsOffWhoeverWasCutOff has what switched the server off die before it could tell.
func TestSenderOwnersHearThatTheirServerIsOffWhoeverWasCutOff(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		c := d.verified(o, "mail.northwind.com")
		server := mailserver.Server{Host: "smtp.northwind.com", Port: mailserver.PortTLS, Security: mailserver.TLS, User: "invites"}
		c.Own = &sender.OwnServer{Server: server, Password: "sealed", SetAt: time.Now().Truncate(time.Millisecond)}
		for range sender.MaxRefusals {
			c.Own.Refused("It refuses the password.", time.Now().Truncate(time.Millisecond))
		}
		must(t, d.senders().Save(d.ctx, senders.Change{Claim: c}))
		d.pass(10 * time.Minute)
		if n := d.told(o, "The mail server of Northwind refuses our emails"); n != 1 {
			t.Errorf("they were told %d times", n)
		}
		if c = d.read(c); !c.Own.TellAt.IsZero() {
			t.Errorf("they are to be told at %s", c.Own.TellAt)
		}
	})
}

// TestSenderRecordsThatWereHandedOnAreLookedForByThemselves has somebody without an account publish them, who has nothing to press.
func TestSenderRecordsThatWereHandedOnAreLookedForByThemselves(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		c := d.claim(o, "mail.northwind.com")
		_, err := d.handOffs.Send(d.ctx, o.boss(), c.ID, "it@dnshost.example", "")
		must(t, err)
		d.pass(5 * time.Hour)
		if c = d.read(c); c.State != sender.Draft {
			t.Fatalf("it is %s before anything was published", c.State)
		}
		d.publish(c)
		d.pass(2 * time.Hour)
		if c = d.read(c); c.State != sender.Verified {
			t.Errorf("it is %s two hours after the records were published", c.State)
		}
	})
}

// TestSenderT3WhoeverHoldsANameKeepsItWhenAnotherComesIntoTheTree has the second prove the registrable domain, as it must; the first
// goes on as it was, by the proof that it was asked for, and so does the second when the first has gone.
func TestSenderT3WhoeverHoldsANameKeepsItWhenAnotherComesIntoTheTree(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		first, second := d.office("Northwind"), d.office("Southwind")
		a := d.on(first, "mail.agency.com")
		b := d.claim(second, "x.mail.agency.com")
		d.publish(b)
		d.skip(time.Minute)
		_, err := d.doctor.Check(d.ctx, second.boss(), b.ID)
		must(t, err)
		d.pass(10 * time.Minute)
		if b = d.read(b); b.State != sender.Verified {
			t.Fatalf("with the registrable domain proven it is %s (%s)", b.State, b.Reason)
		}
		_, err = d.doctor.Check(d.ctx, first.boss(), a.ID)
		must(t, err)
		if a = d.read(a); !a.Proven || !a.Sends() || sender.Records(a.Wanted())[0].Name != "_latchkey.mail.agency.com" {
			t.Errorf("the first is %s, proven: %t, asked for %s", a.State, a.Proven, sender.Records(a.Wanted())[0].Name)
		}
		_, err = d.claims.Release(d.ctx, first.boss(), a.ID)
		must(t, err)
		d.pass(8 * 24 * time.Hour)
		if b = d.read(b); b.State != sender.Verified || !b.Proven || sender.Records(b.Wanted())[0].Name != "_latchkey.agency.com" {
			t.Errorf("the second is %s, proven: %t, asked for %s", b.State, b.Proven, sender.Records(b.Wanted())[0].Name)
		}
	})
}

// TestSenderT5OwnersOfAClosedAgencyHearWhichRecordsToDelete though their places are gone by then; and they are forgotten afterwards.
func TestSenderT5OwnersOfAClosedAgencyHearWhichRecordsToDelete(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		d.on(o, "mail.northwind.com")
		must(t, d.closing.Close(d.ctx, o.boss(), o.name))
		d.pass(10 * time.Minute)
		if n := d.told(o, "mail.northwind.com was removed"); n != 1 {
			for _, m := range d.engine.SES.Mails(string(o.owner.Email)) {
				t.Log(m.Subject)
			}
			t.Errorf("they were told %d times", n)
		}
		d.pass(3 * time.Hour)
		a, err := d.domains.Agency(d.ctx, o.id)
		must(t, err)
		if len(a.Farewell) > 0 {
			t.Errorf("%d addresses are kept", len(a.Farewell))
		}
	})
}

// TestSenderT7WhoeverGivesADomainBackHearsWhichRecordsToDelete, and of no DMARC record, which may be the agency's own.
func TestSenderT7WhoeverGivesADomainBackHearsWhichRecordsToDelete(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		c := d.on(o, "mail.northwind.com")
		_, err := d.claims.Release(d.ctx, o.boss(), c.ID)
		must(t, err)
		d.pass(5 * time.Minute)
		mails := d.engine.SES.Mails(string(o.owner.Email))
		if len(mails) == 0 || !strings.Contains(mails[0].Subject, "mail.northwind.com was removed") {
			for _, m := range mails {
				t.Log(m.Subject)
			}
			t.Fatalf("the newest mail is another one")
		}
		for _, r := range sender.Records(c.Wanted()) {
			if listed := strings.Contains(mails[0].Text, r.Name); listed != (r.Role != sender.DMARC) {
				t.Errorf("%s %s, listed: %t", r.Type, r.Name, listed)
			}
		}
	})
}

// TestSenderT14AnOwnServerNeedsTheProofAsWell: through a lax server anybody's name could be sent from.
func TestSenderT14AnOwnServerNeedsTheProofAsWell(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		c := d.claim(o, "mail.northwind.com")
		password := "secret"
		server := senders.Server{Host: "smtp.northwind.com", Port: 465, User: "invites", Password: &password}
		_, err := d.servers.Set(d.ctx, o.boss(), c.ID, server)
		must(t, err)
		if _, err = d.doctor.Check(d.ctx, o.boss(), c.ID); err != nil {
			t.Fatal(err)
		}
		_, err = d.turns.Test(d.ctx, o.boss(), c.ID)
		d.wants(err, fault.NotActive)
		_, err = d.turns.Enable(d.ctx, o.boss(), c.ID)
		d.wants(err, fault.NotActive)
		d.publish(d.read(c)) // the proof alone
		d.skip(time.Minute)
		_, err = d.doctor.Check(d.ctx, o.boss(), c.ID)
		must(t, err)
		if c = d.read(c); c.State != sender.Verified || len(sender.Records(c.Wanted())) != 1 {
			t.Errorf("with the proof it is %s, and %d records are asked for", c.State, len(sender.Records(c.Wanted())))
		}
	})
}

// TestSenderQ2ADailyLookAsksDNSAndSESOnceAWeek: ten thousand domains would take hours of SES's one call a second.
func TestSenderQ2ADailyLookAsksDNSAndSESOnceAWeek(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		c := d.on(o, "mail.northwind.com")
		calls := func() int {
			d.ses.mu.Lock()
			defer d.ses.mu.Unlock()
			return len(d.ses.calls)
		}
		before := calls()
		d.pass(6 * 24 * time.Hour)
		looked := d.read(c).Report.At
		if n := calls() - before; n != 0 || time.Since(looked) > 27*time.Hour {
			t.Errorf("SES was called %d times in six days, and DNS asked at %s", n, looked)
		}
		d.pass(3 * 24 * time.Hour)
		if n := calls() - before; n != 1 {
			t.Errorf("SES was called %d times in nine days", n)
		}
	})
}

// TestSenderT13OwnersHearOnceOfAChange, also when the sweep looks whether they have.
func TestSenderT13OwnersHearOnceOfAChange(t *testing.T) {
	t.Parallel()
	estateIn(t, settings{}, func(d *estate) {
		o := d.office("Northwind")
		d.on(o, "mail.northwind.com")
		d.pass(time.Hour)
		if n := d.told(o, "The sender of Northwind was changed"); n != 1 {
			t.Errorf("they were told %d times", n)
		}
	})
}
