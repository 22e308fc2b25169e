package lifecycle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	standin "latchkey.dev/infra/run/mailserver"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/sescontrol"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/usecase/senders"
)

// senders are the sender domains as the product keeps them.
func (w *world) senders() dynamo.Senders {
	return dynamo.NewSenders(dynamo.Open(w.signed(), *w.tableName(), time.Now))
}

// identity has SES verify a domain, as it does when its records are there.
func (w *world) identity(d sender.Domain) {
	w.t.Helper()
	cfg := w.engine.Config()
	_, err := sesv2.NewFromConfig(cfg).CreateEmailIdentity(w.ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(string(d))})
	must(w.t, err)
	must(w.t, w.engine.SES.SetVerification(string(d), "SUCCESS", ""))
	w.skip(2 * time.Second) // SES takes one such call a second
}

// claim has the office send from a domain, which SES knows; with changes the claim before it is stored.
func (o *office) claim(d sender.Domain, with func(*sender.Claim)) *sender.Claim {
	o.w.t.Helper()
	now := time.Now().Truncate(time.Millisecond)
	c := sender.NewClaim(o.id, o.owner.Member, d, "", now)
	c.State, c.Proven, c.On, c.VerifiedAt, c.TestedAt, c.Due, c.PrepareAt = sender.Verified, true, true, now, now,
		now.Add(24*time.Hour), time.Time{}
	if with != nil {
		with(c)
	}
	s, err := o.w.senders().Settings(o.w.ctx, o.id)
	must(o.w.t, err)
	s.On, s.Claims = c.ID, append(s.Claims, sender.Ref{ID: c.ID, Domain: d})
	must(o.w.t, o.w.senders().Save(o.w.ctx, senders.Change{Claim: c, Settings: s}))
	return o.claimed(c.ID)
}

// through has the office send by its own server.
func (o *office) through(d sender.Domain) *sender.Claim {
	o.w.t.Helper()
	return o.claim(d, func(c *sender.Claim) {
		c.ProofOnly = true
		c.Own = &sender.OwnServer{Server: ownServer, SetAt: time.Now().Truncate(time.Millisecond),
			Password: o.w.ring.Seal(standin.Password, c.PasswordPlace(ownServer))}
	})
}

func (o *office) claimed(which id.SenderDomain) *sender.Claim {
	o.w.t.Helper()
	c, err := o.w.senders().Claim(o.w.ctx, o.id, which)
	must(o.w.t, err)
	return c
}

// sent is the line of the invite's timeline that says which way its mail went out.
func (o *office) sent(which id.Invite) string {
	o.w.t.Helper()
	for _, e := range o.get(which).Invite.Timeline {
		if e.Name == invite.Sent {
			return e.Detail
		}
	}
	return "not sent"
}

const (
	ownDomain = "mail.northwind.com"
	ownFrom   = `"Northwind" <invites@mail.northwind.com>`
	ourFrom   = `"Northwind via Latchkey" <` + mailFrom + `>`
)

// from is who the newest mail to the address is from, decoded.
func (w *world) from(to string) string {
	w.t.Helper()
	all := w.engine.SES.Mails(to)
	if len(all) == 0 {
		w.t.Fatalf("no mail to %s", to)
	}
	name, address, _ := strings.Cut(all[0].From, " <")
	return `"` + strings.Trim(name, `"`) + `" <` + address
}

func TestSenderFE20AnInviteComesFromTheAgencysDomain(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		c := o.claim(ownDomain, nil)
		which, _ := o.invite("ops@acme.example")
		equal(w, "From", w.from("ops@acme.example"), ownFrom)
		equal(w, "Reply-To", strings.Trim(w.newest("ops@acme.example").Headers["Reply-To"], "<>"), string(o.owner.Email))
		equal(w, "the timeline", o.sent(which), "From invites@mail.northwind.com.")
		h, err := w.senders().Health(w.ctx, o.id, c.ID, time.Now())
		must(t, err)
		equal(w, "health", h, sender.Health{Sent: 1})
		w.settled()
	})
}

// TestSenderT4FromIsBuiltFromWhatIsStored has each claim that does not do: the platform's sender is used, though SES would take the
// address.
func TestSenderT4FromIsBuiltFromWhatIsStored(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		domain sender.Domain
		with   func(*sender.Claim)
	}{
		"a subdomain of what another agency has verified": {"sub." + ownDomain, func(c *sender.Claim) { c.State, c.Proven = sender.DNSPending, false }},
		"found, and not verified by SES":                  {ownDomain, func(c *sender.Claim) { c.State = sender.Verifying }},
		"without the proof":                               {ownDomain, func(c *sender.Claim) { c.Proven = false }},
		"not tested":                                      {ownDomain, func(c *sender.Claim) { c.TestedAt = time.Time{} }},
		"degraded":                                        {ownDomain, func(c *sender.Claim) { c.State = sender.Degraded }},
		"disabled":                                        {ownDomain, func(c *sender.Claim) { c.State = sender.Disabled }},
		"switched off":                                    {ownDomain, func(c *sender.Claim) { c.On = false }},
		"released":                                        {ownDomain, func(c *sender.Claim) { c.State = sender.Released }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				a := w.office("Southwind")
				w.identity(ownDomain) // which SES lets everything below it send by
				a.claim(ownDomain, nil)
				b := w.office("Northwind")
				b.claim(c.domain, c.with)
				which, _ := b.invite("ops@acme.example")
				equal(w, "From", w.from("ops@acme.example"), ourFrom)
				if got := b.sent(which); !strings.HasPrefix(got, "From our address. ") {
					t.Errorf("the timeline says %q", got)
				}
			})
		})
	}
}

// TestSenderT4NothingOfARequestReachesFrom has an agency whose settings name another's claim, one that is on Free, and one that types
// what looks like a header.
func TestSenderT4NothingOfARequestReachesFrom(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		a, b := w.office("Southwind"), w.office("Northwind")
		w.identity(ownDomain)
		theirs := a.claim(ownDomain, nil)
		s, err := w.senders().Settings(w.ctx, b.id)
		must(t, err)
		own := sender.NewClaim(b.id, b.owner.Member, "northwind.com", "", time.Now())
		s.On = theirs.ID
		must(t, w.senders().Save(w.ctx, senders.Change{Claim: own, Settings: s}))
		_, _ = b.invite("one@acme.example")
		equal(w, "From with another's claim", w.from("one@acme.example"), ourFrom)

		d := a.draft("two@acme.example")
		d.Name, d.Message = "Boss", "From: Boss"
		_, err = w.inviter.Send(w.ctx, a.owner, d, "")
		must(t, err)
		w.deliver()
		equal(w, "From of a draft that holds one", w.from("two@acme.example"), `"Southwind" <invites@mail.northwind.com>`)
	})
}

func TestSenderT4ALapsedPlanUsesThePlatformsSender(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		o.claim(ownDomain, nil)
		c, err := o.send("ops@acme.example")
		must(t, err)
		o.downgrade() // before the worker comes to it
		w.deliver()
		equal(w, "From", w.from("ops@acme.example"), ourFrom)
		equal(w, "the timeline", o.sent(c.Invite.ID), "From our address. Custom Email is part of Max.")
	})
}

// TestSenderADomainThatSESRefusesIsNoLostInvite has SES forget the identity, which no record of ours says.
func TestSenderADomainThatSESRefusesIsNoLostInvite(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c := o.claim(ownDomain, nil) // SES has never heard of it
		which, _ := o.invite("ops@acme.example")
		equal(w, "From", w.from("ops@acme.example"), ourFrom)
		equal(w, "status", o.status(which), invite.Pending)
		if got := o.sent(which); !strings.HasPrefix(got, "From our address, since yours didn't work. ") {
			t.Errorf("the timeline says %q", got)
		}
		h, err := w.senders().Health(w.ctx, o.id, c.ID, time.Now())
		must(t, err)
		equal(w, "health", h, sender.Health{})
		w.settled()
	})
}

// TestSenderTheOperatorHearsOfADomainThatSESRefuses is not parallel: the log is the process's.
func TestSenderTheOperatorHearsOfADomainThatSESRefuses(t *testing.T) {
	in(t, func(w *world) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)
		o := w.office("Northwind")
		c := o.claim(ownDomain, nil) // SES has never heard of it
		o.invite("ops@acme.example")
		w.settled()
		line := "alert=sender_refused agency=" + string(o.id) + " domain=" + string(c.ID)
		equal(w, "lines of "+line, strings.Count(log.String(), line), 1)
		equal(w, "lines with the domain's name", strings.Count(log.String(), string(ownDomain)), 0)
	})
}

// TestSenderATenantSendsOnceItIsAdmitted has agencies be tenants at SES: nobody sends from a domain before the tenant may, and then the
// tenant does.
func TestSenderATenantSendsOnceItIsAdmitted(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.worker.Tenants = true
		o := w.office("Northwind")
		w.identity(ownDomain)
		c := o.claim(ownDomain, nil)
		o.invite("one@acme.example")
		equal(w, "From, before", w.from("one@acme.example"), ourFrom)
		cfg := w.engine.Config()
		control := sescontrol.Open(cfg, sescontrol.Settings{Stage: stage, Set: w.stack.Environment("SendMail")["CONFIGURATION_SET"],
			Tenants: "arn:aws:ses:" + cfg.Region + ":000000000000", Pace: 2 * time.Second, Now: time.Now})
		admitted, err := control.Admit(w.ctx, ownDomain, o.id)
		must(t, err)
		c.Admitted = admitted
		must(t, w.senders().Save(w.ctx, senders.Change{Claim: c}))
		o.invite("two@acme.example")
		equal(w, "From, after", w.from("two@acme.example"), ownFrom)
	})
}

// TestSenderNameThatIsHeldIsNotShown has an agency whose own sender name could be taken for somebody else's.
func TestSenderNameThatIsHeldIsNotShown(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		o.claim(ownDomain, nil)
		s, err := w.senders().Settings(w.ctx, o.id)
		must(t, err)
		s.Name, s.Local, s.ReplyTo = "Nоrthwind", "hello", "team@northwind.com" // with a Cyrillic о
		c, err := w.senders().Claim(w.ctx, o.id, s.On)
		must(t, err)
		must(t, w.senders().Save(w.ctx, senders.Change{Claim: c, Settings: s}))
		o.invite("ops@acme.example")
		equal(w, "From", w.from("ops@acme.example"), `"mail.northwind.com" <hello@mail.northwind.com>`)
		equal(w, "Reply-To", strings.Trim(w.newest("ops@acme.example").Headers["Reply-To"], "<>"), "team@northwind.com")
	})
}

// ---- by the agency's own server

func TestSenderOwnServerCarriesInvitations(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		server := w.mailServer()
		o := w.office("Northwind")
		o.through(ownDomain)
		c, err := o.send("ops@acme.example")
		must(t, err)
		w.deliver()
		equal(w, "mails by SES", len(w.engine.SES.Mails("ops@acme.example")), 0)
		mails := server.Mails()
		equal(w, "mails by the server", len(mails), 1)
		equal(w, "From", mails[0].Field("From"), ownFrom)
		equal(w, "sender and recipient", mails[0].From+" "+mails[0].To, "invites@mail.northwind.com ops@acme.example")
		equal(w, "Message-ID (S12)", mails[0].Field("Message-ID"), "<"+string(c.Invite.ID)+".1@mail.northwind.com>")
		equal(w, "status", o.status(c.Invite.ID), invite.Pending)
		equal(w, "the timeline", o.sent(c.Invite.ID), "From invites@mail.northwind.com, through smtp.northwind.com.")
		for _, i := range w.items() { // S9
			b, err := json.Marshal(i)
			must(t, err)
			if strings.Contains(string(b), standin.Password) {
				t.Errorf("the table has the password in the clear: %s", b)
			}
		}
		w.pass(15 * time.Minute)
		w.nothingInFlight()
	})
}

func TestSenderS12ATransientAnswerIsTriedAgainWithTheSameMessageID(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		turns := 0
		var ids []string
		server := w.mailServer()
		server.Refuse(func(step mailserver.Step) error {
			if step != mailserver.To {
				return nil
			}
			if turns++; turns < 3 {
				return standin.Answer(451, "4.7.1 Greylisted, come back")
			}
			return nil
		})
		o := w.office("Northwind")
		c := o.through(ownDomain)
		sent, err := o.send("ops@acme.example")
		must(t, err)
		w.pass(time.Minute)
		for _, m := range server.Mails() {
			ids = append(ids, m.Field("Message-ID"))
		}
		equal(w, "mails", ids, []string{"<" + string(sent.Invite.ID) + ".1@mail.northwind.com>"})
		equal(w, "tries", turns, 3)
		equal(w, "status", o.status(sent.Invite.ID), invite.Pending)
		equal(w, "refusals", o.claimed(c.ID).Own.Refusals, 0)
	})
}

func TestSenderATransientAnswerForGoodIsNoLostInvite(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		server := w.mailServer()
		server.Refuse(standin.Always(mailserver.To, 451, "4.3.0 Try again later"))
		o := w.office("Northwind")
		c := o.through(ownDomain)
		sent, err := o.send("ops@acme.example")
		must(t, err)
		w.pass(10 * time.Minute)
		equal(w, "tries", server.Calls(), invite.MailTries)
		equal(w, "From", w.from("ops@acme.example"), ourFrom)
		equal(w, "status", o.status(sent.Invite.ID), invite.Pending)
		equal(w, "refusals", o.claimed(c.ID).Own.Refusals, 0)
		w.settled()
	})
}

func TestSenderAnUnknownOutcomeIsNotSentAgain(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		server := w.mailServer()
		server.Cut(true)
		o := w.office("Northwind")
		o.through(ownDomain)
		c, err := o.send("ops@acme.example")
		must(t, err)
		w.pass(20 * time.Minute)
		equal(w, "mails by the server", len(server.Mails()), 1)
		equal(w, "mails by SES", len(w.engine.SES.Mails("ops@acme.example")), 0)
		equal(w, "status", o.status(c.Invite.ID), invite.Pending)
		if got := o.sent(c.Invite.ID); !strings.Contains(got, "may have gone out") {
			t.Errorf("the timeline says %q", got)
		}
		w.pass(15 * time.Minute)
		w.nothingInFlight()
	})
}

func TestSenderFE19ARecipientThatIsNotThereRollsBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse func(mailserver.Step) error
		reason string
	}{
		"no mailbox": {standin.Always(mailserver.To, 550, "5.1.1 User unknown"), "There's no such mailbox."},
		"policy":     {standin.Always(mailserver.Accepted, 550, "5.7.26 Unauthenticated mail"), "because of its rules"},
		"size":       {standin.Always(mailserver.Accepted, 552, "5.3.4 Too big"), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				server := w.mailServer()
				server.Refuse(c.refuse)
				o := w.office("Northwind")
				claim := o.through(ownDomain)
				sent, err := o.send("ops@acme.example")
				must(t, err)
				w.pass(5 * time.Minute)
				equal(w, "status", o.status(sent.Invite.ID), invite.Failed)
				equal(w, "places left", o.left(), 10)
				equal(w, "mails by SES", len(w.engine.SES.Mails("ops@acme.example")), 0)
				if got := o.get(sent.Invite.ID).Invite.Reason; !strings.Contains(got, c.reason) {
					t.Errorf("the reason is %q", got)
				}
				equal(w, "refusals", o.claimed(claim.ID).Own.Refusals, 0)
				w.settled()
			})
		})
	}
}

// TestSenderThreeRefusalsSwitchTheServerOff has a server that takes no password any more: no invite is lost, owners are mailed once,
// and from then on nobody asks the server.
func TestSenderThreeRefusalsSwitchTheServerOff(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(mailserver.Step) error{
		"the password": standin.Always(mailserver.Login, 535, "5.7.8 Username and Password not accepted"),
		"the sender":   standin.Always(mailserver.From, 550, "5.7.1 Sender not owned by user"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				server := w.mailServer()
				server.Refuse(refuse)
				o := w.office("Northwind")
				c := o.through(ownDomain)
				var all []id.Invite
				for _, who := range []string{"one", "two", "three", "four"} {
					sent, err := o.send(who + "@acme.example")
					must(t, err)
					w.pass(time.Minute)
					all = append(all, sent.Invite.ID)
					equal(w, "From to "+who, w.from(who+"@acme.example"), ourFrom)
				}
				for n, which := range all {
					equal(w, "status", o.status(which), invite.Pending)
					want := "From our address, since yours didn't work. "
					if n == 3 {
						want = "From our address. Your mail server refused our emails three times."
					}
					if got := o.sent(which); !strings.HasPrefix(got, want) {
						t.Errorf("the timeline of invite %d says %q, want %q", n+1, got, want)
					}
				}
				equal(w, "calls of the server", server.Calls(), 3)
				off := o.claimed(c.ID)
				if off.Own.OffAt.IsZero() || off.Own.Why == "" {
					t.Errorf("the server is not switched off: %+v", off.Own)
				}
				must(t, o.logged(audit.SMTPRefused, 1))
				n := 0
				for _, m := range w.engine.SES.Mails(string(o.owner.Email)) {
					if m.Subject == "The mail server of Northwind refuses our emails" {
						n++
					}
				}
				equal(w, "mails to the owner", n, 1)
				w.settled()
			})
		})
	}
}

func TestSenderRefusalsThatAreNotInARowCountForNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		bad := true
		server := w.mailServer()
		server.Refuse(func(step mailserver.Step) error {
			if bad && step == mailserver.Login {
				return standin.Answer(535, "5.7.8 No")
			}
			return nil
		})
		o := w.office("Northwind")
		c := o.through(ownDomain)
		for n, who := range []string{"one", "two", "three", "four", "five"} {
			bad = n != 2
			_, err := o.send(who + "@acme.example")
			must(t, err)
			w.pass(30 * time.Second)
		}
		got := o.claimed(c.ID).Own
		if got.Refusals != 2 || !got.OffAt.IsZero() {
			t.Errorf("%d refusals in a row, off at %s", got.Refusals, got.OffAt)
		}
	})
}

// ---- test mails

// try has the office's owner ask for a test mail.
func (o *office) try(c *sender.Claim) string {
	o.w.t.Helper()
	c = o.claimed(c.ID)
	c.Test = sender.Test{ID: "T" + strings.TrimPrefix(string(id.New[id.Event](id.EventPrefix, time.Now())), "evt_"),
		At: time.Now().Truncate(time.Millisecond), By: o.owner.Member}
	must(o.w.t, o.w.senders().Save(o.w.ctx, senders.Change{Claim: c}))
	m := job.Mail{Kind: job.Test, Agency: o.id, Member: o.owner.Member, Item: string(c.ID), Job: c.Test.ID}
	must(o.w.t, o.w.queue.Send(o.w.ctx, m.Encode(), 0))
	return c.Test.ID
}

// untested is a claim that nobody has tried and that is not switched on.
func untested(c *sender.Claim) { c.On, c.TestedAt = false, time.Time{} }

func TestSenderT12ATestMailThatSESDelivered(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		c := o.claim(ownDomain, untested)
		o.try(c)
		w.deliver()
		equal(w, "From", w.from(string(o.owner.Email)), ownFrom)
		equal(w, "Subject", w.newest(string(o.owner.Email)).Subject, "Test email from Northwind")
		got := o.claimed(c.ID)
		equal(w, "outcome", got.Test.Outcome, sender.TestDelivered)
		if got.TestedAt.IsZero() || got.Enable() != nil {
			t.Errorf("it cannot be switched on: %+v", got.Sender)
		}
	})
}

func TestSenderT12ATestMailThatCameBack(t *testing.T) {
	t.Parallel()
	for local, words := range map[string]string{"bounce": "The receiving server refused the email: smtp; 550 5.1.1 user unknown.",
		"complaint": "Your mailbox marked the test email as spam."} {
		t.Run(local, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.identity(ownDomain)
				c := o.claim(ownDomain, untested)
				who := o.admin(local + "@simulator.amazonses.com")
				o.owner.Member = who.Member
				o.try(c)
				w.deliver()
				got := o.claimed(c.ID)
				if got.Test.Outcome != sender.TestFailed || got.Test.Detail != words {
					t.Errorf("the test is told as %+v", got.Test)
				}
			})
		})
	}
}

func TestSenderT12ATestMailByTheOwnServer(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		const said = "5.7.8 Username and Password not accepted <b>"
		server := w.mailServer()
		server.Refuse(standin.Always(mailserver.Login, 535, said+strings.Repeat("x", 400)))
		o := w.office("Northwind")
		c := o.through(ownDomain)
		c.On, c.TestedAt, c.Own.OffAt, c.Own.Refusals = false, time.Time{}, time.Now().Truncate(time.Millisecond), 3
		must(t, w.senders().Save(w.ctx, senders.Change{Claim: c}))
		o.try(c)
		w.deliver()
		got := o.claimed(c.ID)
		if d := got.Test.Detail; got.Test.Outcome != sender.TestFailed || !strings.HasPrefix(d, "Signing in failed. ") ||
			!strings.Contains(d, "535 "+said+"x") || len(d) > 400 || !got.TestedAt.IsZero() {
			t.Errorf("the test is told as %+v", got.Test)
		}
		if got.Own.OffAt.IsZero() {
			t.Error("a server that refuses the test is used again")
		}
		server.Refuse(nil)
		o.try(c)
		w.deliver()
		got = o.claimed(c.ID)
		equal(w, "outcome", got.Test.Outcome, sender.TestDelivered)
		if got.TestedAt.IsZero() || !got.Own.OffAt.IsZero() || got.Own.Refusals != 0 {
			t.Errorf("the server is not used again: %+v", got.Own)
		}
		equal(w, "the mail is to", server.Mails()[0].To, string(o.owner.Email))
	})
}

// ---- what owners and others are told

func TestSenderOwnersAreMailedOnceForAChange(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c := o.claim(ownDomain, func(c *sender.Claim) { c.State = sender.Degraded })
		o.admin("nora@northwind.example") // who is no owner
		for _, j := range []string{job.Stands(string(sender.Degraded)), job.Stands(string(sender.Verified)), job.ServerOff} {
			m := job.Mail{Kind: job.News, Agency: o.id, Item: string(c.ID), Job: j}
			must(t, w.queue.Send(w.ctx, m.Encode(), 0))
		}
		w.deliver()
		mails := w.engine.SES.Mails(string(o.owner.Email))
		equal(w, "mails to the owner", len(mails), 1) // what is not so is not told
		equal(w, "Subject", mails[0].Subject, "DNS records of mail.northwind.com are missing")
		equal(w, "From", w.from(string(o.owner.Email)), `"Latchkey" <`+mailFrom+`>`)
		equal(w, "mails to others", len(w.engine.SES.Mails("nora@northwind.example")), 1) // the welcome

		m := job.Mail{Kind: job.News, Agency: o.id, By: o.owner.Member, Job: job.Changed}
		must(t, w.queue.Send(w.ctx, m.Encode(), 0))
		w.deliver()
		newest := w.newest(string(o.owner.Email))
		if !strings.Contains(newest.Text, "Owner of Northwind changed how the emails of Northwind go out") ||
			!strings.Contains(newest.Text, "They now come from Northwind via Latchkey <"+mailFrom+">") {
			t.Errorf("the owner reads %s", newest.Text)
		}
	})
}

func TestSenderHandOffMailsALinkThatIsStoredNowhere(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c := o.claim(ownDomain, func(c *sender.Claim) { c.State = sender.Draft })
		now := time.Now().Truncate(time.Millisecond)
		c.Links = []sender.RecordsLink{{ID: "L1", Address: "it@dnshost.example", To: "i•@dnshost.example", At: now,
			ExpiresAt: now.Add(sender.RecordsLinkLife)}}
		must(t, w.senders().Save(w.ctx, senders.Change{Claim: c}))
		m := job.Mail{Kind: job.Records, Agency: o.id, Item: string(c.ID), Job: "L1"}
		body := m.Encode()
		must(t, w.queue.Send(w.ctx, body, 0))
		must(t, w.queue.Send(w.ctx, body, 0)) // a message comes twice
		w.deliver()
		mails := w.engine.SES.Mails("it@dnshost.example")
		equal(w, "mails", len(mails), 1)
		equal(w, "From", w.from("it@dnshost.example"), `"Latchkey" <`+mailFrom+`>`)
		_, token, found := strings.Cut(mails[0].Text, origin+"/records/")
		token, _, _ = strings.Cut(token, "\n")
		a, which, err := link.LocateRecords(token)
		if !found || err != nil || a != o.id || which != c.ID {
			t.Fatalf("the link leads to %s of %s: %v", which, a, err)
		}
		got := o.claimed(c.ID).Links[0]
		if !got.Hash.Matches(token) || got.Address != "" {
			t.Errorf("the link is kept as %+v", got)
		}
		for _, i := range w.items() {
			b, err := json.Marshal(i)
			must(t, err)
			if strings.Contains(string(b), token) || strings.Contains(string(b), "it@dnshost.example") {
				t.Errorf("the table has kept %s", b)
			}
		}
		if strings.Contains(string(body), "dnshost") {
			t.Errorf("the queue has the address: %s", body)
		}
		for _, r := range sender.Records(c.Wanted()) {
			if !strings.Contains(mails[0].Text, r.Value) {
				t.Errorf("the mail has no %s", r.Value)
			}
		}
	})
}

// ---- health

// TestSenderHealthCountsARepeatedEventOnce has SES tell of each bounce and complaint twice. Delays and automatic replies are none.
func TestSenderHealthCountsARepeatedEventOnce(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		c := o.claim(ownDomain, nil)
		for who, reports := range map[string][]delivery.ReportKind{
			"fine": nil, "gone": {delivery.Bounced, delivery.Bounced}, "angry": {delivery.Complaint, delivery.Complaint},
			"slow": {delivery.Delayed, delivery.Delayed}, "away": {delivery.Replied}, "virus": {delivery.Rejected},
		} {
			which, _ := o.invite(who + "@acme.example")
			at := time.Now()
			for _, kind := range reports {
				tags := map[string]string{"kind": "invite", "agency": string(o.id), "client": string(o.client(which)),
					"invite": string(which), "domain": string(c.ID)}
				must(t, w.feedback.Record(w.ctx, delivery.Report{Kind: kind, At: at, Detail: "in words", Tags: tags}))
			}
		}
		h, err := w.senders().Health(w.ctx, o.id, c.ID, time.Now())
		must(t, err)
		equal(w, "health", h, sender.Health{Sent: 6, Bounced: 1, Complained: 1})
		// A bounce may come before the worker has recorded that the mail is out: it was sent all the same.
		sent, err := o.send("quick@acme.example")
		must(t, err)
		c2, err := w.table.Client(w.ctx, o.id, sent.ID.Ref(), true)
		must(t, err)
		if !c2.Invite.Claim(time.Now(), c2.Invite.Mail.Job, secret.HashOf("a token")) {
			t.Fatal("the job is not claimed")
		}
		must(t, w.table.Commit(w.ctx, o.id, client.Change{Client: c2}))
		tags := map[string]string{"kind": "invite", "agency": string(o.id), "client": string(c2.ID), "invite": string(sent.Invite.ID),
			"domain": string(c.ID)}
		must(t, w.feedback.Record(w.ctx, delivery.Report{Kind: delivery.Bounced, At: time.Now(), Detail: "in words", Tags: tags}))
		w.deliver()
		h, err = w.senders().Health(w.ctx, o.id, c.ID, time.Now())
		must(t, err)
		equal(w, "health after a quick bounce", h, sender.Health{Sent: 7, Bounced: 2, Complained: 1})
		w.skip(31 * 24 * time.Hour)
		h, err = w.senders().Health(w.ctx, o.id, c.ID, time.Now())
		must(t, err)
		equal(w, "health a month later", h, sender.Health{})
	})
}

// senderFlows are the ways of an agency's mail, with a fault anywhere.
var senderFlows = []flow{
	{name: "send from the own domain", address: "ops%d@acme.example",
		before: func(o *office, _ string) id.Invite {
			if !o.w.verified {
				o.w.identity(ownDomain)
				o.w.verified = true
			}
			o.claim(ownDomain, nil)
			return ""
		}, ask: flows[0].ask,
		after: func(o *office, address string, which id.Invite) error {
			if m := o.w.newest(address); m == nil || !strings.Contains(m.From, "@"+ownDomain) {
				return fmt.Errorf("the mail is %+v", m)
			}
			h, err := o.w.senders().Health(o.w.ctx, o.id, o.on(), time.Now())
			if err != nil || h != (sender.Health{Sent: 1}) { // however often the mail went out, it was recorded once
				return fmt.Errorf("health %+v, %w", h, err)
			}
			return opensFor(o, address, which)
		}},
	{name: "send by the own server", address: "ops%d@acme.example",
		before: func(o *office, _ string) id.Invite {
			o.w.mailServer()
			o.through(ownDomain)
			return ""
		}, ask: flows[0].ask,
		after: func(o *office, address string, which id.Invite) error {
			ids := map[string]bool{}
			for _, m := range o.w.relayed.Mails() {
				if m.To == address {
					ids[m.Field("Message-ID")] = true
				}
			}
			if c := o.claimed(o.on()); len(ids) != 1 || c.Own.Refusals != 0 {
				return fmt.Errorf("mails %v, %d refusals", ids, c.Own.Refusals)
			}
			return opensFor(o, address, which)
		}},
	{name: "send around the own server", address: "ops%d@acme.example",
		before: func(o *office, _ string) id.Invite {
			o.w.mailServer().Refuse(standin.Always(mailserver.Login, 535, "5.7.8 No"))
			o.through(ownDomain)
			return ""
		}, ask: flows[0].ask,
		after: func(o *office, address string, which id.Invite) error {
			if m := o.w.newest(address); m == nil || !strings.Contains(m.From, mailFrom) {
				return fmt.Errorf("the mail is %+v", m)
			}
			return opensFor(o, address, which)
		}},
}

// on is the claim that the office's mail goes out by.
func (o *office) on() id.SenderDomain {
	o.w.t.Helper()
	s, err := o.w.senders().Settings(o.w.ctx, o.id)
	must(o.w.t, err)
	return s.On
}
