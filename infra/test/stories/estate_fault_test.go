package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	standin "latchkey.dev/infra/run/mailserver"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// estateFlow is one story of a sender domain that faults are put into: what is there before, what somebody asks for, and how it must
// have ended when the faults are over. Who gets no answer, or one that is none of ours, asks again.
type estateFlow struct {
	name   string
	domain string
	before func(d *estate, o *office, name string) *sender.Claim
	ask    func(ctx context.Context, d *estate, o *office, name string, c *sender.Claim) error
	after  func(d *estate, o *office, name string, c *sender.Claim) error
}

// unasked is what begins by itself.
func unasked(context.Context, *estate, *office, string, *sender.Claim) error { return nil }

// holder tells what is wrong when the claim is not verified, or does not hold its name.
func (d *estate) holder(c *sender.Claim) error {
	c = d.read(c)
	s, err := d.domains.Settings(d.ctx, c.Agency)
	if err != nil {
		return err
	}
	held := sender.Hold{Domain: c.Domain, Agency: c.Agency, ID: c.ID}
	if c.State != sender.Verified || len(c.Tree.Holds) != 1 || c.Tree.Holds[0] != held || c.Untold != nil {
		return fmt.Errorf("it is %s (%s), %v are held, untold is %v", c.State, c.Reason, c.Tree.Holds, c.Untold)
	}
	for _, r := range s.Claims {
		if r.ID == c.ID && r.Open {
			return errors.New("the settings call it open")
		}
	}
	return nil
}

func (d *estate) mailed(o *office, subject string) error {
	if d.told(o, subject) == 0 {
		return fmt.Errorf("the owner was not mailed %q", subject)
	}
	return nil
}

const senderChanged = "The sender of "

// goneWith is what comes after a claim's end.
func goneWith(d *estate, _ *office, _ string, c *sender.Claim) error { return d.nothing(c) }

func password() *string { p := standin.Password; return &p }

var estateFlows = []estateFlow{
	{name: "claim", before: func(*estate, *office, string) *sender.Claim { return nil },
		ask: func(ctx context.Context, d *estate, o *office, name string, _ *sender.Claim) error {
			_, err := d.claims.Claim(ctx, o.boss(), name, "claim "+name)
			return err
		},
		after: func(d *estate, o *office, name string, _ *sender.Claim) error {
			all := d.all(o)
			if len(all) != 1 || !all[0].Identity.Made() || all[0].Identity.MailFrom == "" || !all[0].PrepareAt.IsZero() {
				return fmt.Errorf("there are %d claims: %+v", len(all), all)
			}
			there, gone := d.ses.has(all[0].Domain)
			if !there || gone > 0 || len(d.leaks(all[0])) != 3 { // the claim, what leads to it, and the identity
				return fmt.Errorf("SES has it: %t, deleted %d times; %v", there, gone, d.leaks(all[0]))
			}
			d.publish(all[0])
			_, err := d.doctor.Check(d.ctx, o.boss(), all[0].ID)
			return err
		}},
	{name: "check until verified",
		before: func(d *estate, o *office, name string) *sender.Claim {
			c := d.claim(o, name)
			d.publish(c)
			return c
		},
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.doctor.Check(ctx, o.boss(), c.ID)
			return err
		},
		after: func(d *estate, o *office, name string, c *sender.Claim) error {
			return errors.Join(d.holder(c), d.mailed(o, name+" is verified"))
		}},
	{name: "test mail", before: (*estate).verified,
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.turns.Test(ctx, o.boss(), c.ID)
			return err
		},
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			if c = d.read(c); c.Test.Outcome != sender.TestDelivered || c.TestedAt.IsZero() {
				return fmt.Errorf("the test: %+v", c.Test)
			}
			return d.holder(c)
		}},
	{name: "enable", before: (*estate).tested,
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.turns.Enable(ctx, o.boss(), c.ID)
			return err
		},
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			v, err := d.view(c)
			if err != nil {
				return err
			}
			if v.Outgoing.Way != sender.ByDomain || v.Outgoing.ID != c.ID || !v.Claim.On {
				return fmt.Errorf("mail goes out as %+v", v.Outgoing)
			}
			return errors.Join(d.holder(c), d.mailed(o, senderChanged))
		}},
	{name: "disable",
		before: func(d *estate, o *office, name string) *sender.Claim {
			c := d.on(o, name)
			must(d.t, d.engine.SES.ClearMails()) // that it was switched on
			return c
		},
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.turns.Disable(ctx, o.boss(), c.ID)
			return err
		},
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			if c = d.read(c); c.On {
				return errors.New("it is on")
			}
			return errors.Join(d.holder(c), d.mailed(o, senderChanged))
		}},
	{name: "rename", before: (*estate).verified,
		ask: func(ctx context.Context, d *estate, o *office, _ string, _ *sender.Claim) error {
			name := "Clients' desk"
			_, _, err := d.names.Update(ctx, o.boss(), senders.Form{Name: &name})
			return err
		},
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			s, err := d.domains.Settings(d.ctx, o.id)
			if err == nil && s.Name != "Clients' desk" {
				err = fmt.Errorf("it is called %q", s.Name)
			}
			return errors.Join(err, d.holder(c), d.mailed(o, senderChanged))
		}},
	{name: "server", before: (*estate).on,
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			must(d.t, d.engine.SES.ClearMails())
			_, err := d.servers.Set(ctx, o.boss(), c.ID, senders.Server{Host: ownServer.Host, Port: int(ownServer.Port),
				Security: ownServer.Security, User: ownServer.User, Password: password()})
			return err
		},
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			s, err := d.domains.Settings(d.ctx, o.id)
			if c = d.read(c); c.Own == nil || !c.ProofOnly || c.On || s.On != "" || !c.TestedAt.IsZero() {
				return fmt.Errorf("the claim is %+v, on is %q", c.Sender, s.On)
			}
			return errors.Join(err, d.holder(c), d.mailed(o, senderChanged))
		}},
	{name: "records", before: (*estate).claim,
		ask: func(ctx context.Context, d *estate, o *office, name string, c *sender.Claim) error {
			_, err := d.handOffs.Send(ctx, o.boss(), c.ID, "it@"+name, "records "+name)
			return err
		},
		after: func(d *estate, _ *office, name string, c *sender.Claim) error {
			mails := d.engine.SES.Mails("it@" + name)
			c = d.read(c)
			if len(mails) == 0 || len(c.Links) != 1 || c.Links[0].Address != "" {
				return fmt.Errorf("%d mails, links %+v", len(mails), c.Links)
			}
			_, token, _ := strings.Cut(mails[0].Text, origin+"/records/")
			token, _, _ = strings.Cut(token, "\n")
			_, err := (&senders.Links{Store: d.domains, Now: time.Now}).View(d.ctx, token)
			return err
		}},
	{name: "release what was never verified", before: (*estate).claim,
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.claims.Release(ctx, o.boss(), c.ID)
			if fault.Is(err, fault.NotFound) { // it is gone since the answer that was lost
				return nil
			}
			return err
		}, after: goneWith},
	{name: "release", before: (*estate).on,
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.claims.Release(ctx, o.boss(), c.ID)
			return err
		},
		after: func(d *estate, o *office, name string, c *sender.Claim) error {
			if got := d.read(c); got.State != sender.Released || len(got.Tree.Holds) != 1 {
				return fmt.Errorf("in its days of grace it is %s, held %v", got.State, got.Tree.Holds)
			}
			if err := d.mailed(o, name+" was removed"); err != nil {
				return err
			}
			d.skip(sender.Grace)
			d.pass(25 * time.Minute)
			return d.nothing(c)
		}},
	{name: "end", before: func(d *estate, o *office, name string) *sender.Claim {
		c := d.on(o, name)
		_, err := d.claims.Release(d.ctx, o.boss(), c.ID)
		must(d.t, err)
		d.pass(time.Minute)
		d.skip(sender.Grace)
		return c
	}, ask: unasked, after: goneWith},
	{name: "lapse", before: func(d *estate, o *office, name string) *sender.Claim {
		c := d.on(o, name)
		d.plan(o, agency.Free)
		return c
	}, ask: unasked,
		after: func(d *estate, o *office, name string, c *sender.Claim) error {
			got := d.read(c)
			if got.State != sender.Disabled || got.Reason != sender.Lapsed || len(got.Tree.Holds) != 1 {
				return fmt.Errorf("it is %s (%s), held %v", got.State, got.Reason, got.Tree.Holds)
			}
			return d.mailed(o, name+" isn't in use")
		}},
	{name: "the plan's return", before: func(d *estate, o *office, name string) *sender.Claim {
		c := d.on(o, name)
		d.plan(o, agency.Free)
		d.pass(3 * time.Minute)
		d.plan(o, agency.Max)
		return c
	}, ask: unasked,
		after: func(d *estate, o *office, _ string, c *sender.Claim) error {
			v, err := d.view(c)
			if err == nil && v.Outgoing.ID != c.ID {
				err = fmt.Errorf("what was on is not: %+v", v.Outgoing)
			}
			return errors.Join(err, d.holder(c))
		}},
	{name: "the agency's end", before: (*estate).on,
		ask: func(ctx context.Context, d *estate, o *office, _ string, _ *sender.Claim) error {
			err := d.closing.Close(ctx, o.boss(), o.name)
			if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) { // who has closed it works there no more
				return nil
			}
			return err
		}, after: goneWith},
	{name: "the operator's no", domain: "latchkey-help%d.com",
		before: func(d *estate, o *office, name string) *sender.Claim {
			c := d.claim(o, name)
			if !c.Held {
				d.t.Fatalf("%s is not held", name)
			}
			return c
		},
		ask: func(ctx context.Context, d *estate, o *office, _ string, c *sender.Claim) error {
			_, err := d.operator.Refuse(ctx, o.id, c.ID)
			return err
		},
		after: func(d *estate, o *office, name string, c *sender.Claim) error {
			return errors.Join(d.nothing(c), d.mailed(o, name+" was removed"))
		}},
}

// view is the claim as its agency sees it.
func (d *estate) view(c *sender.Claim) (*senders.View, error) {
	o := senders.Directory{Store: d.domains, Now: time.Now}
	for _, of := range d.everyone {
		if of.id == c.Agency {
			return o.Get(d.ctx, of.boss(), c.ID)
		}
	}
	return nil, errors.New("nobody's claim")
}

// run plays the flow with the fault plan and returns how many calls it made, and what is wrong afterwards.
func (f estateFlow) run(d *estate, n int, plan func(call) verdict) (calls int, problems []string) {
	o := d.office(fmt.Sprintf("Agency %d", n))
	d.offices, d.everyone = nil, append(d.everyone, o)
	must(d.t, d.engine.SES.ClearMails())
	pattern := f.domain
	if pattern == "" {
		pattern = "mail.agency%d.com"
	}
	name := fmt.Sprintf(pattern, n)
	c := f.before(d, o, name)
	d.network.faults(plan)
	for range 3 {
		var err error
		if d.network.step(d.ctx, func(ctx context.Context) { err = f.ask(ctx, d, o, name, c) }) && (err == nil || fault.As(err) != nil) {
			break
		}
		d.pass(2 * time.Second)
	}
	d.pass(2 * time.Minute)
	calls = d.network.calls()
	d.network.faults(nil)
	d.every = 4 * time.Minute // fewer sweeps find the same, later
	d.pass(35 * time.Minute)
	problems = d.stuck()
	d.every = time.Minute
	if err := f.after(d, o, name, c); err != nil {
		problems = append(problems, err.Error())
	}
	if err := d.counted(); err != nil {
		problems = append(problems, err.Error())
	}
	return calls, problems
}

// estateModes are the ways in which one call can go wrong, for as long as it is tried.
var estateModes = []struct {
	name string
	is   verdict
}{{"its answer is lost", loseAnswer}, {"it is throttled", throttle}, {"a crash before it", crashBefore},
	{"a crash after it", crashAfter}}

// Every flow of a sender domain, every call in it, everything that can happen to one call.
func TestSenderOneFaultAnywhereHarmsNoDomain(t *testing.T) {
	t.Parallel()
	for _, f := range estateFlows {
		for _, m := range estateModes {
			t.Run(f.name+", "+m.name, func(t *testing.T) {
				t.Parallel()
				estateIn(t, settings{}, func(d *estate) {
					calls, problems := f.run(d, 0, func(call) verdict { return pass })
					if len(problems) > 0 {
						t.Fatalf("without any fault: %q", problems)
					}
					for at := range calls {
						hit := ""
						_, problems := f.run(d, at+1, func(c call) verdict {
							if c.number != at {
								return pass
							}
							hit = c.operation
							return m.is
						})
						if len(problems) > 0 {
							t.Fatalf("call %d (%s): %q", at, hit, problems)
						}
					}
					t.Logf("%d calls", calls)
				})
			})
		}
	}
}

// Two faults in one flow, drawn at random from a seed.
func TestSenderTwoFaultsAnywhereHarmNoDomain(t *testing.T) {
	t.Parallel()
	for k, f := range estateFlows {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			estateIn(t, settings{}, func(d *estate) {
				for n := range 10 {
					r := rand.New(rand.NewPCG(uint64(k), uint64(n))) //nolint:gosec // to be repeated
					first, second := r.IntN(40), r.IntN(60)
					a, b := estateModes[r.IntN(len(estateModes))], estateModes[r.IntN(len(estateModes))]
					_, problems := f.run(d, n, func(c call) verdict {
						switch c.number {
						case first:
							return a.is
						case second:
							return b.is
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
