package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/usecase/agencies"
)

// updates are the mails that tell somebody of the agency what clients did, newest first.
func (w *world) updates(to identity.Caller) []*ses.Mail {
	var out []*ses.Mail
	for _, m := range w.engine.SES.Mails(string(to.Email)) {
		if strings.Contains(m.Text, "under Notifications.") {
			out = append(out, m)
		}
	}
	return out
}

func (w *world) choose(who identity.Caller, c notice.Choices) {
	w.t.Helper()
	_, err := (&agencies.Notifications{Store: w.table, Now: time.Now}).Update(w.ctx, who, c, nil)
	must(w.t, err)
}

// admin is somebody who works at the office without owning it.
func (o *office) admin(address string) identity.Caller {
	o.w.t.Helper()
	m, err := o.add(address)
	must(o.w.t, err)
	c := person(address)
	c.Agency, c.Member = o.id, m.ID
	return c.At(identity.PlaceOf(m, nil))
}

// TestFD8WhoeverInvitedIsToldWhatTheClientDid has each thing happen to an invitation of a member who is no owner, and looks at the
// one mail that comes of it.
func TestFD8WhoeverInvitedIsToldWhatTheClientDid(t *testing.T) {
	t.Parallel()
	const who = "ops@acme.example"
	for name, c := range map[string]struct {
		subject, text string
		address       string
		happens       func(w *world, token string)
	}{
		"accepted": {"ops@acme.example accepted your invitation", "", who, func(w *world, token string) {
			_, err := w.invitations.Accept(w.ctx, token, "", person(who))
			must(t, err)
		}},
		"declined": {"ops@acme.example declined your invitation", "“Not this year.”", who, func(w *world, token string) {
			_, err := w.decliner.Decline(w.ctx, identity.Caller{}, token, "Not this year.", "192.0.2.1")
			must(t, err)
		}},
		"another address": {"ops@acme.example asks you to use another address", "address: it@acme.example.", who, func(w *world,
			token string) {
			_, err := w.answers.Propose(w.ctx, identity.Caller{}, token, "it@acme.example", "192.0.2.1")
			must(t, err)
		}},
		"expired": {"The invitation to ops@acme.example expired", "", who, func(w *world, _ string) {
			w.pass(invite.Lifetime + 2*time.Minute)
		}},
		"a new link": {"ops@acme.example asks for a new link", "", who, func(w *world, token string) {
			w.pass(invite.Lifetime + time.Hour)
			_, err := w.answers.RequestLink(w.ctx, identity.Caller{}, token, "192.0.2.1")
			must(t, err)
		}},
		"bounced": {"The invitation to bounce@simulator.amazonses.com bounced", "bounced: ", "bounce@simulator.amazonses.com", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				dana := o.admin("dana@northwind.example")
				made, err := w.inviter.Send(w.ctx, dana, o.draft(c.address), "")
				must(t, err)
				w.deliver()
				if c.happens != nil {
					token := w.token(c.address)
					w.pass(time.Minute)
					c.happens(w, token)
				}
				w.pass(10 * time.Minute)
				all := w.updates(dana)
				want := 1
				if name == "a new link" {
					want = 2 // it expired before
				}
				equal(w, "mails", len(all), want)
				equal(w, "subject", all[0].Subject, c.subject)
				if !strings.Contains(all[0].Text, c.text) || !strings.Contains(all[0].Text, origin+"/clients/"+string(made.ID)+"\n") {
					t.Errorf("it says\n%s", all[0].Text)
				}
				if aLink.MatchString(all[0].Text) || !strings.HasPrefix(strings.ReplaceAll(all[0].From, `"`, ""), "Latchkey <") {
					t.Errorf("it is from %s, or holds a link that signs in", all[0].From)
				}
				equal(w, "mails to the owner, who has not invited", len(w.updates(o.owner)), 0)
				w.settled()
				equal(w, "mails", len(w.updates(dana)), want)
			})
		})
	}
}

// TestX29ManyThingsComeInOneMail has many clients accept within a minute, and more while that mail's successor has to wait.
func TestX29ManyThingsComeInOneMail(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		accept := func(from, to int) {
			for n := from; n < to; n++ {
				address := fmt.Sprintf("c%d@acme.example", n)
				_, token := o.invite(address)
				_, err := w.invitations.Accept(w.ctx, token, "", person(address))
				must(t, err)
			}
		}
		accept(0, 5)
		w.pass(5 * time.Minute)
		all := w.updates(o.owner)
		equal(w, "mails", len(all), 1)
		equal(w, "subject", all[0].Subject, "5 updates from your clients")
		accept(5, 7)
		w.pass(5 * time.Minute)
		accept(7, 10)
		w.pass(10 * time.Minute)
		equal(w, "mails before the next is due", len(w.updates(o.owner)), 1)
		w.pass(10 * time.Minute)
		all = w.updates(o.owner)
		equal(w, "mails", len(all), 2)
		equal(w, "subject", all[0].Subject, "5 updates from your clients")
		w.settled()
	})
}

func TestX29WhatIsSwitchedOffIsNotTold(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		dana := o.admin("dana@northwind.example")
		w.choose(dana, notice.Choices{notice.Accepted: false})
		for n, by := range []identity.Caller{o.owner, dana} {
			address := fmt.Sprintf("c%d@acme.example", n)
			_, err := w.inviter.Send(w.ctx, by, o.draft(address), "")
			must(t, err)
			w.deliver()
			_, err = w.invitations.Accept(w.ctx, w.token(address), "", person(address))
			must(t, err)
		}
		w.pass(10 * time.Minute)
		equal(w, "mails to the owner", len(w.updates(o.owner)), 1)
		equal(w, "mails to Dana", len(w.updates(dana)), 0)
		// What has happened and is not mailed yet counts, too.
		c, _ := o.invite("late@acme.example")
		_, err := w.invitations.Accept(w.ctx, w.token("late@acme.example"), "", person("late@acme.example"))
		must(t, err)
		w.pass(90 * time.Second)
		w.choose(o.owner, notice.Choices{notice.Accepted: false})
		w.pass(time.Hour)
		equal(w, "mails to the owner", len(w.updates(o.owner)), 1)
		equal(w, "the late one", o.status(c), invite.Accepted)
		w.settled()
	})
}

// TestFD8NobodyIsToldWhoIsNotOfTheAgency removes the member, suspends the agency, and erases the client before the mail goes out.
func TestFD8NobodyIsToldWhoIsNotOfTheAgency(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *world, o *office, dana identity.Caller, c *client.Client){
		"a removed member":   func(w *world, o *office, dana identity.Caller, _ *client.Client) { must(w.t, o.remove(dana.Member)) },
		"a suspended agency": func(_ *world, o *office, _ identity.Caller, _ *client.Client) { o.suspend() },
	} {
		for when, wait := range map[string]time.Duration{"at once": 0, "when it waits": 90 * time.Second} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				in(t, func(w *world) {
					o := w.office("Northwind")
					dana := o.admin("dana@northwind.example")
					made, err := w.inviter.Send(w.ctx, dana, o.draft("ops@acme.example"), "")
					must(t, err)
					w.deliver()
					_, err = w.decliner.Decline(w.ctx, identity.Caller{}, w.token("ops@acme.example"), "", "192.0.2.1")
					must(t, err)
					w.pass(wait)
					change(w, o, dana, made)
					w.pass(time.Hour)
					equal(w, "mails to Dana", len(w.updates(dana)), 0)
					w.nothingInFlight()
				})
			})
		}
	}
}

// TestFD8NothingIsLostAndNothingDoubledHoweverThingsFail declines an invitation, and puts each fault into each call from then on until
// the mail is out.
func TestFD8NothingIsLostAndNothingDoubledHoweverThingsFail(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, fault := range []verdict{pass, loseIt, loseAnswer, throttle, crashBefore, crashAfter} {
		t.Run(fault.String(), func(t *testing.T) {
			for at := range max(calls, 1) {
				in(t, func(w *world) {
					o := w.office("Northwind")
					o.invite("ops@acme.example")
					w.pass(time.Minute)
					_, err := w.decliner.Decline(w.ctx, identity.Caller{}, w.token("ops@acme.example"), "", "192.0.2.1")
					must(t, err)
					count := 0
					w.network.faults(func(c call) verdict {
						if !strings.HasPrefix(c.operation, "Receive") && c.operation != "DeleteMessage" {
							count++
						}
						if count-1 == at && !c.again {
							return fault
						}
						return pass
					})
					w.pass(8 * time.Minute)
					if fault == pass {
						calls = count
					}
					w.settled()
					if n := len(w.updates(o.owner)); n != 1 {
						t.Errorf("%d mails with call %d failing", n, at)
					}
				})
			}
		})
	}
	if calls < 10 {
		t.Errorf("%d calls were tried", calls)
	}
}

// TestFD8AnOutageLosesNoNotice has SES not answer for hours.
func TestFD8AnOutageLosesNoNotice(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		o.invite("ops@acme.example")
		w.outage(5*time.Hour, func() {
			_, err := w.decliner.Decline(w.ctx, identity.Caller{}, w.token("ops@acme.example"), "", "192.0.2.1")
			must(t, err)
			w.pass(6 * time.Hour)
		})
		equal(w, "mails", len(w.updates(o.owner)), 1)
		w.settled()
	})
}

// TestFD8NoticesWaitForTheirLimitAndTakeNobodysRoom tells one person at five agencies, where four mails an hour may go to one person,
// and then has that person invited and sign in.
func TestFD8NoticesWaitForTheirLimitAndTakeNobodysRoom(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		const dana = "dana@works.example"
		for n := range 5 {
			o := w.office(fmt.Sprint("Agency ", n))
			who := o.admin(dana)
			address := fmt.Sprintf("c%d@acme.example", n)
			_, err := w.inviter.Send(w.ctx, who, o.draft(address), "")
			must(t, err)
			w.deliver()
			_, err = w.decliner.Decline(w.ctx, identity.Caller{}, w.token(address), "", fmt.Sprint("192.0.2.", n))
			must(t, err)
		}
		w.pass(10 * time.Minute)
		equal(w, "mails within the hour", len(w.updates(person(dana))), 4)
		other := w.office("Another")
		other.invite(dana)
		w.signIn(dana)
		w.pass(time.Hour)
		equal(w, "mails after the hour", len(w.updates(person(dana))), 5)
		w.settled()
	})
}

// What clients did is told to the owners when whoever invited is gone before they were told it, and what the owners were told besides
// is not told twice.
func TestFD8WhatWaitsForWhoeverIsGoneIsToldToTheOwners(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		admin := o.admin("admin@northwind.example")
		_, err := w.inviter.Send(w.ctx, admin, o.draft("ops@acme.example"), "")
		must(t, err)
		w.deliver()
		_, err = w.invitations.Accept(w.ctx, w.token("ops@acme.example"), "", person("ops@acme.example"))
		must(t, err)
		w.pass(61 * time.Second) // it is in the admin's box
		must(t, o.remove(admin.Member))
		w.pass(10 * time.Minute)
		told := w.updates(o.owner)
		if len(told) != 1 || told[0].Subject != "ops@acme.example accepted your invitation" {
			t.Errorf("the owner is told %d times: %+v", len(told), told)
		}
		equal(w, "mails to who is gone", len(w.updates(admin)), 0)
		b, err := w.table.Box(w.ctx, o.id, admin.Member)
		must(t, err)
		equal(w, "their box", b.Version, 0)
	})
}

// TestFD8WhatAllOwnersWereToldIsNotToldThemAgain removes an owner with a notice in the box that all owners have, since nobody in particular
// is told of it: the others are not mailed a second time. What only the one who is gone had is told to those who are there by then.
func TestFD8WhatAllOwnersWereToldIsNotToldThemAgain(t *testing.T) {
	t.Parallel()
	for _, alone := range []bool{false, true} {
		hooksIn(t, func(h *hooks) {
			o, daily := h.office, notice.Daily
			second := func() identity.Caller {
				c := o.admin("second@northwind.example")
				boss, level := o.owner, agency.Owner
				boss.Proved = time.Now()
				members := &agencies.Members{Store: h.table, Now: time.Now}
				_, err := members.Change(h.ctx, boss, c.Member, agencies.MemberChange{Level: &level})
				must(t, err)
				return c
			}
			_, err := (&agencies.Notifications{Store: h.table, Now: time.Now}).Update(h.ctx, o.owner, nil, &daily)
			must(t, err)
			var other identity.Caller
			if !alone {
				other = second()
			}
			h.endpoint(at(wrongPort))
			h.receivers.answer = func(arrival, int) int { return 410 }
			o.invite("ops@acme.example")
			h.runs(10 * time.Minute)
			if alone {
				other = second()
			}
			must(t, o.remove(o.owner.Member))
			h.runs(36 * time.Hour)
			n := 0
			for _, m := range h.engine.SES.Mails(string(other.Email)) {
				if strings.Contains(m.Text, "disabled a webhook endpoint") {
					n++
				}
			}
			equal(h.world, "mails to the other owner", n, 1)
		})
	}
}
