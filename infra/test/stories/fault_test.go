package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/onboarding"
)

// flow is one story that faults are put into: what is there before, what somebody asks for, and how it must have
// ended when the faults are over. Who gets no answer, or one that is none of ours, asks again, with the same key.
type flow struct {
	name    string
	address string
	before  func(o *office, address string) id.Invite
	ask     func(ctx context.Context, o *office, address string, which id.Invite) error
	after   func(o *office, address string, which id.Invite) error
}

func invited(o *office, address string) id.Invite {
	which, _ := o.invite(address)
	o.w.skip(invite.ResendApart)
	return which
}

func nothing(*office, string) id.Invite { return "" }

// open tells what is wrong when the newest link does not lead to a membership.
func opensFor(o *office, address string, which id.Invite) error {
	all := o.relationships()
	if len(all) != 1 {
		return fmt.Errorf("there are %d relationships", len(all))
	}
	if s := all[0].Invite.Status; s != invite.Pending {
		return fmt.Errorf("it is %s: %s", s, all[0].Invite.Reason)
	}
	if which != "" && all[0].Invite.ID != which {
		return fmt.Errorf("it was replaced")
	}
	if _, err := o.w.invitations.Accept(o.w.ctx, o.w.token(address), "", person(address)); err != nil {
		return fmt.Errorf("the newest link: %w", err)
	}
	return nil
}

var flows = []flow{
	{name: "send", address: "ops%d@acme.example", before: nothing,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.inviter.Send(ctx, o.owner, o.draft(address), "send "+address)
			return err
		}, after: opensFor},
	{name: "resend", address: "ops%d@acme.example", before: invited,
		ask: func(ctx context.Context, o *office, address string, which id.Invite) error {
			_, err := o.w.inviter.Resend(ctx, o.owner, which, onboarding.Unchanged{}, "resend "+address)
			return err
		},
		after: func(o *office, address string, which id.Invite) error {
			all := o.w.tokens(address)
			if len(all) < 2 {
				return fmt.Errorf("%d mails", len(all))
			}
			if err := o.w.sees(all[len(all)-1]); !fault.Is(err, fault.Gone) {
				return fmt.Errorf("the first link: %v", err)
			}
			if n := len(o.get(which).Invite.Resends); n != 1 {
				return fmt.Errorf("it was sent again %d times", n)
			}
			return opensFor(o, address, which)
		}},
	{name: "resend what has expired", address: "ops%d@acme.example",
		before: func(o *office, address string) id.Invite {
			which := invited(o, address)
			o.w.skip(invite.Lifetime)
			return which
		},
		ask: func(ctx context.Context, o *office, address string, which id.Invite) error {
			_, err := o.w.inviter.Resend(ctx, o.owner, which, onboarding.Unchanged{}, "resend "+address)
			return err
		}, after: opensFor},
	{name: "accept", address: "ops%d@acme.example", before: invited,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.invitations.Accept(ctx, o.w.token(address), "", person(address))
			return err
		},
		after: func(o *office, address string, which id.Invite) error {
			if s := o.status(which); s != invite.Accepted {
				return fmt.Errorf("it is %s", s)
			}
			view, err := o.w.portal.Get(o.w.ctx, person(address), "")
			if err == nil && len(view.Instances) != 2 {
				return fmt.Errorf("the portal shows %v", view.Instances)
			}
			return err
		}},
	{name: "cancel", address: "ops%d@acme.example", before: invited,
		ask: func(ctx context.Context, o *office, _ string, which id.Invite) error {
			_, err := o.w.canceller.Cancel(ctx, o.owner, which)
			return err
		},
		after: func(o *office, address string, which id.Invite) error {
			if s := o.status(which); s != invite.Canceled {
				return fmt.Errorf("it is %s", s)
			}
			if err := o.w.sees(o.w.token(address)); !fault.Is(err, fault.Gone) {
				return fmt.Errorf("its link: %v", err)
			}
			return nil
		}},
	{name: "bounce", address: "bounce+%d@simulator.amazonses.com", before: nothing,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.inviter.Send(ctx, o.owner, o.draft(address), "send "+address)
			return err
		},
		after: func(o *office, _ string, _ id.Invite) error {
			all := o.relationships()
			if len(all) != 1 || all[0].Invite.Status != invite.Failed || all[0].Invite.Reason == "" || !all[0].Listed {
				return fmt.Errorf("%d relationships, the first %+v", len(all), all[0].Invite)
			}
			return nil
		}},
	{name: "refuse", address: "ops%d@reject.example", before: nothing,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.inviter.Send(ctx, o.owner, o.draft(address), "send "+address)
			return err
		},
		after: func(o *office, _ string, _ id.Invite) error {
			all := o.relationships()
			if len(all) != 1 || all[0].Invite.Status != invite.Failed || all[0].Listed || o.left() != 10 {
				return fmt.Errorf("%d relationships, %d places left, the first %+v", len(all), o.left(), all[0].Invite)
			}
			return nil
		}},
	{name: "sign in", address: "ops%d@acme.example", before: nothing,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			err := o.w.request(person(address).Email, o.name)
			if fault.Is(err, fault.RateLimited) { // what was asked for the first time counts
				return nil
			}
			return err
		},
		after: func(o *office, address string, _ id.Invite) error {
			// A code whose mail was late may have run out; the person then asks for another.
			m := o.w.newest(address)
			if m == nil {
				return errors.New("no code was mailed")
			}
			if time.Since(m.At) > 9*time.Minute {
				return nil
			}
			// A request whose answer was lost has a code that nobody can use, whose mail may come after the one of the next request.
			var err error
			for _, m := range o.w.engine.SES.Mails(address) {
				if _, _, err = o.w.guess(person(address).Email, aCode.FindString(m.Text), o.name, ""); err == nil {
					return nil
				}
			}
			return err
		}},
}

// run plays the flow with the fault plan and returns how many calls it made, and what is wrong afterwards.
func (f flow) run(w *world, n int, plan func(call) verdict) (calls int, problems []string) {
	o := w.office(fmt.Sprintf("Agency %d", n))
	w.offices = w.offices[len(w.offices)-1:] // the others have been looked at, and so have their mails
	must(w.t, w.engine.SES.ClearMails())
	address := fmt.Sprintf(f.address, n)
	which := f.before(o, address)
	w.network.faults(plan)
	for range 3 {
		var err error
		if w.network.step(w.ctx, func(ctx context.Context) { err = f.ask(ctx, o, address, which) }) &&
			(err == nil || fault.As(err) != nil) {
			break
		}
		w.pass(2 * time.Second)
	}
	w.pass(time.Minute)
	calls = w.network.calls()
	w.network.faults(nil)
	w.pass(2 * time.Minute)
	if f.name != "sign in" { // whose code would be out of date
		w.every = 4 * time.Minute // fewer sweeps find the same, later
		w.pass(13 * time.Minute)
		w.every = time.Minute
	}
	problems = append(w.stuck(), w.problems()...)
	if err := f.after(o, address, which); err != nil {
		problems = append(problems, err.Error())
	}
	return calls, append(problems, w.problems()...)
}

// modes are the ways in which one call can go wrong.
var modes = []struct {
	name string
	is   verdict
	ever bool // the SDK's own repetitions of the call, too
}{
	{"its request is lost once", loseIt, false}, {"its request is lost", loseIt, true}, {"its answer is lost once", loseAnswer, false},
	{"its answer is lost", loseAnswer, true}, {"it is throttled", throttle, true}, {"a crash before it", crashBefore, false}, {"a crash after it", crashAfter, false},
}

// Every flow, every call in it, everything that can happen to one call.
func TestOneFaultAnywhereHarmsNothing(t *testing.T) {
	t.Parallel()
	for _, f := range slices.Concat(flows, careFlows, domainFlows, senderFlows, issuerFlows) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, settings{})
				defer w.close()
				n := 0
				calls, problems := f.run(w, n, func(call) verdict { return pass })
				if len(problems) > 0 {
					t.Fatalf("without any fault: %q", problems)
				}
				for _, m := range modes {
					for at := range calls {
						n++
						hit := ""
						_, problems := f.run(w, n, func(c call) verdict {
							if c.number != at || c.again && !m.ever {
								return pass
							}
							hit = c.operation
							return m.is
						})
						if len(problems) > 0 {
							t.Fatalf("call %d (%s), %s: %q", at, hit, m.name, problems)
						}
					}
				}
				t.Logf("%d calls, %d faults", calls, n)
			})
		})
	}
}

// Two faults in one flow, drawn at random from a seed.
func TestTwoFaultsAnywhereHarmNothing(t *testing.T) {
	t.Parallel()
	for k, f := range slices.Concat(flows, careFlows, domainFlows, issuerFlows) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := open(t, settings{})
				defer w.close()
				for n := range 15 {
					r := rand.New(rand.NewPCG(uint64(k), uint64(n))) //nolint:gosec // to be repeated
					first, second := r.IntN(25), r.IntN(25)
					a, b := modes[r.IntN(len(modes))], modes[r.IntN(len(modes))]
					_, problems := f.run(w, n, func(c call) verdict {
						for _, x := range []struct {
							at int
							m  struct {
								name string
								is   verdict
								ever bool
							}
						}{{first, a}, {second, b}} {
							if c.number == x.at && (!c.again || x.m.ever) {
								return x.m.is
							}
						}
						return pass
					})
					if len(problems) > 0 {
						t.Fatalf("seed %d/%d: call %d, %s, and call %d, %s: %q", k, n, first, a.name, second, b.name, problems)
					}
				}
			})
		})
	}
}
