package lifecycle

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/optout"
)

const reminded = "ops@acme.example"

// monday lets the bubble's first weekend go by, which begins on Saturday, 1 January 2000. From ten in the morning on the sweep runs four
// times an hour, since many days are to pass.
func (w *world) monday() {
	w.skip(2*day + 10*time.Hour)
	w.every = 15 * time.Minute
	w.sweepAt = time.Now().Add(w.every)
}

// reminders are the mails that remind the address of an invitation, newest first.
func (w *world) reminders(to string) []*ses.Mail {
	var out []*ses.Mail
	for _, m := range w.engine.SES.Mails(to) {
		if strings.HasPrefix(m.Subject, "Reminder: ") {
			out = append(out, m)
		}
	}
	return out
}

// remind changes how the agency reminds.
func (o *office) remind(c reminder.Change) {
	o.w.t.Helper()
	_, err := o.w.mailSettings().Update(o.w.ctx, o.owner, agencies.MailChange{Reminders: c})
	must(o.w.t, err)
}

func (w *world) mailSettings() *agencies.MailSettings {
	return &agencies.MailSettings{Store: dynamo.NewMailSettings(w.table.Table), Now: time.Now}
}

func (w *world) scheduler() *onboarding.Scheduler {
	return &onboarding.Scheduler{Store: w.table, Now: time.Now}
}

func (w *world) unsubscribes() *optout.Links {
	return &optout.Links{Store: dynamo.NewUnsubscribes(w.table.Table), Now: time.Now}
}

// stopOf is the token of the link by which the mail's like is stopped.
func stopOf(t *testing.T, m *ses.Mail) string {
	t.Helper()
	_, rest, ok := strings.Cut(m.Text, origin+"/unsubscribe/")
	if !ok {
		t.Fatalf("no link to stop in\n%s", m.Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(token)
}

// lines are the events of an invite's timeline with the name.
func (o *office) lines(which id.Invite, name invite.EventName) []invite.Event {
	o.w.t.Helper()
	return slices.DeleteFunc(slices.Clone(o.get(which).Invite.Timeline), func(e invite.Event) bool { return e.Name != name })
}

func TestSenderR1TwoRemindersGoOutBeforeTheEnd(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, _ := o.invite(reminded)
		sent := time.Now()
		w.pass(3*day - 20*time.Minute)
		equal(w, "reminders before the third day", len(w.reminders(reminded)), 0)
		w.pass(40 * time.Minute)
		equal(w, "reminders after the third day", len(w.reminders(reminded)), 1)
		w.pass(day)
		equal(w, "reminders after four days", len(w.reminders(reminded)), 1)
		// The day before the end is a Sunday, and the end Monday at 10: it goes out on the Monday at 8, if that is two hours before it.
		w.pass(3*day - 50*time.Minute)
		all := w.reminders(reminded)
		equal(w, "reminders before the end", len(all), 2)
		for _, m := range all {
			if !strings.Contains(m.Text, "Monday 10 January 2000, 10:") || !strings.Contains(m.From, "reminders@mail.latchkey.example") {
				t.Errorf("from %s it says\n%s", m.From, m.Text)
			}
		}
		w.pass(time.Hour)
		w.settled()
		equal(w, "the state", o.status(c), invite.Expired)
		equal(w, "reminders at all", len(w.reminders(reminded)), 2)
		for _, at := range o.lines(c, invite.Reminded) {
			if at.At.Sub(sent) < 12*time.Hour || at.At.Hour() < 8 || at.At.Hour() >= 20 {
				t.Errorf("one went out at %v", at.At)
			}
		}
		must(t, o.logged(audit.ReminderSent, 2))
	})
}

// TestSenderR1NothingGoesOutOnceThereIsNothingToRemindOf ends an invitation in each way that there is, before its first reminder.
func TestSenderR1NothingGoesOutOnceThereIsNothingToRemindOf(t *testing.T) {
	t.Parallel()
	off := false
	for name, happens := range map[string]func(w *world, o *office, i id.Invite, token string){
		"accepted": func(w *world, _ *office, _ id.Invite, token string) {
			_, err := w.invitations.Accept(w.ctx, token, "", person(reminded))
			must(t, err)
		},
		"declined": func(w *world, _ *office, _ id.Invite, token string) {
			_, err := w.decliner.Decline(w.ctx, identity.Caller{}, token, "", "192.0.2.1")
			must(t, err)
		},
		"cancelled": func(w *world, o *office, i id.Invite, _ string) {
			_, err := w.canceller.Cancel(w.ctx, o.owner, i)
			must(t, err)
		},
		"suspended":    func(_ *world, o *office, _ id.Invite, _ string) { o.suspend() },
		"switched off": func(_ *world, o *office, _ id.Invite, _ string) { o.remind(reminder.Change{Enabled: &off}) },
		"complained": func(w *world, o *office, _ id.Invite, _ string) {
			must(t, w.table.Suppress(w.ctx, o.id, id.UserOf(reminded), "complaint", time.Now()))
		},
		"switched off for it": func(w *world, o *office, i id.Invite, _ string) {
			_, err := w.scheduler().SetReminders(w.ctx, o.owner, i, false)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.monday()
				c, token := o.invite(reminded)
				happens(w, o, c, token)
				w.pass(8 * day)
				equal(w, "reminders", len(w.reminders(reminded)), 0)
				w.nothingInFlight()
			})
		})
	}
}

func TestSenderR1SendingAgainBeginsAnew(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, _ := o.invite(reminded)
		w.pass(2*day + 23*time.Hour) // Thursday at 9: an hour before the first
		_, err := w.inviter.Resend(w.ctx, o.owner, c, onboarding.Unchanged{}, "")
		must(t, err)
		w.pass(2*day + 23*time.Hour)
		equal(w, "reminders before three days from then", len(w.reminders(reminded)), 0)
		w.pass(6 * day)
		equal(w, "reminders", len(w.reminders(reminded)), 2)
		w.settled()
	})
}

// TestSenderR2NoMailIsSoonAfterAnother sends an invitation by whose settings the two reminders would come close together.
func TestSenderR2NoMailIsSoonAfterAnother(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		first, last := 4, 72
		o.remind(reminder.Change{FirstDays: &first, LastHours: &last})
		w.monday()
		c, _ := o.invite(reminded)
		w.pass(8 * day)
		equal(w, "reminders", len(o.lines(c, invite.Reminded)), 1)
		w.settled()
	})
}

// TestSenderR3WhatHasChangedIsReadAnew has a reminder wait on the queue while things change.
func TestSenderR3WhatHasChangedIsReadAnew(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, token := o.invite(reminded)
		w.skip(3 * day)
		must(t, w.tidy()) // the reminder is on the queue
		_, err := w.invitations.Accept(w.ctx, token, "", person(reminded))
		must(t, err)
		w.pass(day)
		equal(w, "reminders", len(w.reminders(reminded)), 0)
		equal(w, "the state", o.status(c), invite.Accepted)
		w.settled()
	})
}

// TestSenderR4AReminderIsByDayWhereItsRecipientIs invites people of several zones, of which the agency has said one and the browser of
// another told its own.
func TestSenderR4AReminderIsByDayWhereItsRecipientIs(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata", "Pacific/Pago_Pago"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.monday()
				d := o.draft(reminded)
				d.Zone = zone
				c, err := w.inviter.Send(w.ctx, o.owner, d, "")
				must(t, err)
				w.pass(8 * day)
				all := o.lines(c.Invite.ID, invite.Reminded)
				if len(all) == 0 {
					t.Error("no reminder went out")
				}
				for _, e := range all {
					if h := e.At.In(timezone.Load(zone)).Hour(); h < 8 || h >= 20 {
						t.Errorf("one went out at %v", e.At.In(timezone.Load(zone)))
					}
				}
				w.settled()
			})
		})
	}
}

// TestSenderR4AMailNamesItsEndInTheZoneOfWhoeverReadsIt holds that the invitation and its reminders say the same.
func TestSenderR4AMailNamesItsEndInTheZoneOfWhoeverReadsIt(t *testing.T) {
	t.Parallel()
	for zone, end := range map[string]string{"": "Monday 10 January 2000, 10:00 UTC", "Europe/Berlin": "Monday 10 January 2000, 11:00 CET",
		"Asia/Kolkata": "Monday 10 January 2000, 15:30 IST", "Pacific/Kiritimati": "Tuesday 11 January 2000, 00:00 UTC+14"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.monday()
				d := o.draft(reminded)
				d.Zone = zone
				_, err := w.inviter.Send(w.ctx, o.owner, d, "")
				must(t, err)
				w.pass(8 * day)
				all := w.engine.SES.Mails(reminded)
				if len(all) < 2 {
					t.Errorf("%d mails went out", len(all))
				}
				for _, m := range all {
					if !strings.Contains(m.Text, end) || !strings.Contains(m.HTML, strings.ReplaceAll(end, "+", "&#43;")) {
						t.Errorf("%q doesn't say %s:\n%s", m.Subject, end, m.Text)
					}
				}
				w.settled()
			})
		})
	}
}

// TestSenderR4WhatIsLateWaitsForTheDay has the product away over the hour of a reminder, until the night and until it is too late.
func TestSenderR4WhatIsLateWaitsForTheDay(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, _ := o.invite(reminded)
		w.skip(3*day + 12*time.Hour) // Thursday, 22:00
		w.pass(9 * time.Hour)
		equal(w, "reminders at night", len(w.reminders(reminded)), 0)
		w.pass(3 * time.Hour)
		equal(w, "reminders in the morning", len(w.reminders(reminded)), 1)
		w.skip(2*day + 22*time.Hour) // Monday at 8: the last one may go out until then
		w.pass(3 * time.Hour)
		left := o.lines(c, invite.NotReminded)
		if len(w.reminders(reminded)) != 1 || len(left) != 1 || left[0].Detail == "" {
			t.Errorf("%d reminders, and the timeline says %+v", len(w.reminders(reminded)), left)
		}
		w.settled()
	})
}

func TestSenderR5EarlierLinksWorkUntilTheAnswer(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, _ := o.invite(reminded)
		end := o.get(c).Invite.ExpiresAt
		w.pass(7*day - 30*time.Minute)
		tokens := w.tokens(reminded)
		equal(w, "links", len(tokens), 3)
		for _, token := range tokens {
			v, err := w.invitations.View(w.ctx, token, identity.Caller{})
			must(t, err)
			if v.Client.Invite.ExpiresAt.Sub(end) > time.Second {
				t.Errorf("a reminder has moved the end to %v", v.Client.Invite.ExpiresAt)
			}
		}
		_, err := w.invitations.Accept(w.ctx, tokens[2], "", person(reminded))
		must(t, err)
		for _, token := range tokens {
			if _, err := w.invitations.Accept(w.ctx, token, "", person("other@acme.example")); err == nil {
				t.Error("a link opens after the acceptance")
			}
		}
		w.settled()
	})
}

// TestSenderR5ThereAreNeverMoreThanFourLinks has workers die each time a reminder is out.
func TestSenderR5ThereAreNeverMoreThanFourLinks(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		c, _ := o.invite(reminded)
		w.pass(3*day - time.Hour)
		w.every = time.Minute
		w.outage(2*time.Hour, func() { w.pass(3 * time.Hour) })
		w.every = 15 * time.Minute
		w.pass(4 * day)
		if n := len(o.get(c).Invite.Tokens); n > invite.MaxTokens {
			t.Errorf("%d links open it", n)
		}
		w.settled()
	})
}

// TestSenderR3NothingIsLostAndNothingDoubledHoweverThingsFail puts each fault into each call of a reminder.
func TestSenderR3NothingIsLostAndNothingDoubledHoweverThingsFail(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, fault := range []verdict{pass, loseIt, loseAnswer, throttle, crashBefore, crashAfter} {
		t.Run(fault.String(), func(t *testing.T) {
			for at := range max(calls, 1) {
				in(t, func(w *world) {
					o := w.office("Northwind")
					w.monday()
					c, _ := o.invite(reminded)
					w.skip(3 * day)
					w.every = time.Minute
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
					w.pass(10 * time.Minute)
					if fault == pass {
						calls = count
					}
					w.settled()
					if n := len(w.reminders(reminded)); n != 1 && (n != 2 || fault != loseAnswer) {
						t.Errorf("%d reminders with call %d failing", n, at)
					}
					equal(w, "lines in the timeline", len(o.lines(c, invite.Reminded)), 1)
				})
			}
		})
	}
	if calls < 10 {
		t.Errorf("%d calls were tried", calls)
	}
}

func TestSenderU5StoppingRemindersStopsNothingElse(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Globex")
		w.monday()
		c, _ := o.invite(reminded)
		other.invite(reminded)
		w.pass(3*day + time.Hour)
		equal(w, "reminders of both", len(w.reminders(reminded)), 2)
		var token string
		for _, m := range w.reminders(reminded) {
			if strings.Contains(m.Subject, "Northwind") {
				token = stopOf(t, m)
			}
		}
		for range 2 { // U4: once more is no error
			v, err := w.unsubscribes().Stop(w.ctx, token)
			if err != nil || !v.Off || v.Agency != "Northwind" {
				t.Errorf("stopped: %+v, %v", v, err)
			}
		}
		must(t, o.logged(audit.RemindersStopped, 1))
		w.pass(4 * day)
		equal(w, "reminders of the other agency besides", len(w.reminders(reminded)), 3)
		if left := o.lines(c, invite.NotReminded); len(left) != 1 || left[0].Detail != "They don't want reminders from you." {
			t.Errorf("the timeline says %+v", left)
		}
		before := len(w.engine.SES.Mails(reminded))
		_, err := w.inviter.Resend(w.ctx, o.owner, c, onboarding.Unchanged{}, "") // invitations and codes arrive
		must(t, err)
		w.signIn(reminded)
		equal(w, "mails besides", len(w.engine.SES.Mails(reminded)), before+2)
		v, err := w.unsubscribes().Resume(w.ctx, token)
		if err != nil || v.Off {
			t.Errorf("resumed: %+v, %v", v, err)
		}
		w.pass(4 * day)
		equal(w, "reminders once they are wanted again", len(w.reminders(reminded)), 4)
		w.settled()
	})
}

// TestSenderU2MailsThatMayBeStoppedSaySoAndOthersDont reads the headers of every kind of mail with a reader of mail that is Go's.
func TestSenderU2MailsThatMayBeStoppedSaySoAndOthersDont(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		o.invite(reminded)
		w.pass(8 * day)
		w.signIn(reminded)
		kinds := map[string]int{}
		for _, m := range append(w.engine.SES.Mails(reminded), w.engine.SES.Mails(string(o.owner.Email))...) {
			read, err := mail.ReadMessage(strings.NewReader(headersOf(m)))
			must(t, err)
			kind := "other"
			switch {
			case strings.HasPrefix(m.Subject, "Reminder: "):
				kind = "reminder"
			case strings.Contains(m.Text, "under Notifications."):
				kind = "updates"
			}
			kinds[kind]++
			link, post := read.Header.Get("List-Unsubscribe"), read.Header.Get("List-Unsubscribe-Post")
			if kind == "other" {
				if link != "" || post != "" {
					t.Errorf("%q may be stopped: %s", m.Subject, link)
				}
				continue
			}
			if link != "<"+origin+"/unsubscribe/"+stopOf(t, m)+">" || post != "List-Unsubscribe=One-Click" {
				t.Errorf("%q says %q, %q", m.Subject, link, post)
			}
		}
		if kinds["reminder"] != 2 || kinds["updates"] == 0 || kinds["other"] < 2 {
			t.Errorf("there were %v", kinds)
		}
		w.settled()
	})
}

// headersOf are the headers that SES was given, as it writes them.
func headersOf(m *ses.Mail) string {
	var b strings.Builder
	for name, value := range m.Headers {
		b.WriteString(name + ": " + value + "\r\n")
	}
	return b.String() + "\r\n"
}

// TestSenderR8Of64WhoScheduleChangeAndCancelAtOnceNothingIsLost has 64 callers schedule invites for one moment, and 64 change and
// cancel them, two and two the same one.
func TestSenderR8Of64WhoScheduleChangeAndCancelAtOnceNothingIsLost(t *testing.T) {
	t.Parallel()
	const callers = 64
	inSuch(t, slowTransactions, func(w *world) {
		o := w.office("Northwind")
		w.monday()
		at := time.Now().Add(time.Hour).Truncate(time.Minute)
		var made [callers]id.Invite
		together(callers, func(n int) {
			d := o.draft(fmt.Sprintf("c%d@acme.example", n))
			d.SendAt = at.Format(time.RFC3339)
			c, err := w.inviter.Send(w.ctx, o.owner, d, "")
			if err != nil {
				t.Errorf("%d is refused with %v", n, err)
				return
			}
			made[n] = c.Invite.ID
		})
		equal(w, "scheduled", o.standing()[invite.Scheduled], callers)
		later := at.Add(time.Hour).Format(time.RFC3339)
		together(callers, func(n int) {
			var err error
			switch which := made[n/2*2]; n % 4 {
			case 0:
				_, err = w.canceller.Cancel(w.ctx, o.owner, which)
			case 1, 2:
				if _, err = w.scheduler().Reschedule(w.ctx, o.owner, which, later, ""); fault.Is(err, fault.NotPending) && n%4 == 1 {
					err = nil // it was cancelled first
				}
			case 3:
				_, err = w.scheduler().SetReminders(w.ctx, o.owner, which, false)
			}
			if err != nil {
				t.Errorf("%d is refused with %v", n, err)
			}
		})
		const cancelled = callers / 4
		equal(w, "scheduled", o.standing()[invite.Scheduled], callers-cancelled)
		equal(w, "times that are given", o.promised(), callers-cancelled)
		w.pass(90 * time.Minute)
		equal(w, "out within the first hour", o.standing()[invite.Pending], agency.HourlyInvites)
		for n := 2; n < callers; n += 4 { // these were moved to a later hour
			if i := o.get(made[n]).Invite; i.Status != invite.Scheduled || !i.Reminders.Off || i.SendAt.Before(at.Add(time.Hour)) {
				t.Errorf("%d is %s, for %v", n, i.Status, i.SendAt)
			}
		}
		w.pass(6 * time.Hour)
		equal(w, "out at all", o.standing()[invite.Pending], callers-cancelled)
		for n := range callers {
			want := 1
			if n%4 == 0 {
				want = 0
			}
			equal(w, fmt.Sprintf("mails to %d", n), len(w.engine.SES.Mails(fmt.Sprintf("c%d@acme.example", n))), want)
		}
		w.settled() // which holds that never more than ten went out in any hour
	})
}

// TestSenderR8WhatHasChangedIsAskedWhenItGoesOut schedules an invite, and has something else be so when its time has come.
func TestSenderR8WhatHasChangedIsAskedWhenItGoesOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(w *world, o *office, by identity.Caller, which id.Invite)
		status  invite.Status
		says    string
	}{
		"nothing":   {func(*world, *office, identity.Caller, id.Invite) {}, invite.Pending, ""},
		"suspended": {func(_ *world, o *office, _ identity.Caller, _ id.Invite) { o.suspend() }, invite.Failed, "suspended"},
		"on another plan": {func(_ *world, o *office, _ identity.Caller, _ id.Invite) { o.downgrade() }, invite.Failed,
			"Max"},
		"without whoever invited": {func(w *world, o *office, by identity.Caller, _ id.Invite) { must(w.t, o.remove(by.Member)) },
			invite.Failed, "does not work"},
		"suppressed": {func(w *world, o *office, _ identity.Caller, _ id.Invite) {
			must(w.t, w.table.Suppress(w.ctx, o.id, id.UserOf(reminded), "complaint", time.Now()))
		}, invite.Failed, "asked not to be emailed"},
		"cancelled a minute before": {func(w *world, o *office, _ identity.Caller, which id.Invite) {
			w.skip(time.Hour - 61*time.Second)
			must(w.t, second(w.canceller.Cancel(w.ctx, o.owner, which)))
		}, invite.Canceled, ""},
		"sent again": {func(w *world, o *office, _ identity.Caller, which id.Invite) {
			_, err := w.inviter.Resend(w.ctx, o.owner, which, onboarding.Unchanged{}, "")
			w.wants(err, fault.NotPending)
		}, invite.Pending, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.monday()
				by := o.admin("admin@northwind.example")
				d := o.draft(reminded)
				d.SendAt = time.Now().Add(time.Hour).Format(time.RFC3339)
				sent, err := w.inviter.Send(w.ctx, by, d, "")
				must(t, err)
				c.happens(w, o, by, sent.Invite.ID)
				w.pass(2 * time.Hour)
				i := o.get(sent.Invite.ID).Invite
				mails := 0
				if c.status == invite.Pending {
					mails = 1
				}
				if got := len(w.tokens(reminded)); i.Status != c.status || !strings.Contains(i.Reason, c.says) || got != mails {
					t.Errorf("it is %s (%q) with %d mails", i.Status, i.Reason, got)
				}
				equal(w, "times that are given", o.promised(), 0)
				w.settled()
			})
		})
	}
}

// TestSenderR8AccessDoesntEndBeforeTheInvitation: what would be over before anybody is told of it isn't scheduled.
func TestSenderR8AccessDoesntEndBeforeTheInvitation(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind").withPortal()
		w.monday()
		d := o.draft(reminded)
		d.SendAt, d.Until = time.Now().Add(48*time.Hour).Format(time.RFC3339), time.Now().Add(24*time.Hour)
		_, err := w.inviter.Send(w.ctx, o.owner, d, "")
		if f := w.wants(err, fault.Invalid); f == nil || f.Fields[0].Location != "accessExpiresAt" {
			t.Errorf("refused with %+v", f)
		}
		d.Until = time.Now().Add(72 * time.Hour)
		c, err := w.inviter.Send(w.ctx, o.owner, d, "")
		must(t, err)
		_, err = w.scheduler().Reschedule(w.ctx, o.owner, c.Invite.ID, time.Now().Add(73*time.Hour).Format(time.RFC3339), "")
		if f := w.wants(err, fault.Invalid); f == nil || f.Fields[0].Location != "sendAt" {
			t.Errorf("refused with %+v", f)
		}
		equal(w, "times that are given", o.promised(), 1)
		w.pass(49 * time.Hour)
		equal(w, "the state", o.status(c.Invite.ID), invite.Pending)
		w.settled()
	})
}

func TestX29ADigestOfTheDayComesInTheMorning(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		n := &agencies.Notifications{Store: w.table, Now: time.Now}
		daily := notice.Daily
		_, err := n.Update(w.ctx, o.owner, nil, &daily)
		must(t, err)
		for n, address := range []string{"a@acme.example", "b@acme.example"} {
			w.pass(time.Duration(n+10) * time.Hour)
			_, token := o.invite(address)
			_, err := w.decliner.Decline(w.ctx, identity.Caller{}, token, "", "192.0.2.1")
			must(t, err)
		}
		equal(w, "mails during the day", len(w.updates(o.owner)), 0)
		w.pass(12 * time.Hour) // Sunday, 9:00
		all := w.updates(o.owner)
		equal(w, "mails in the morning", len(all), 1)
		equal(w, "what it tells", all[0].Subject, "2 updates from your clients")
		token := stopOf(t, all[0])
		v, err := w.unsubscribes().Stop(w.ctx, token)
		if err != nil || !v.Off {
			t.Errorf("stopped: %+v, %v", v, err)
		}
		_, link := o.invite("c@acme.example")
		_, err = w.decliner.Decline(w.ctx, identity.Caller{}, link, "", "192.0.2.1")
		must(t, err)
		w.pass(2 * day)
		equal(w, "mails once they are stopped", len(w.updates(o.owner)), 1)
		_, err = w.unsubscribes().Resume(w.ctx, token)
		must(t, err)
		b, err := w.table.Box(w.ctx, o.id, o.owner.Member)
		must(t, err)
		equal(w, "the rhythm", b.Rhythm, notice.Daily)
		w.settled()
	})
}

// TestFD8WhoeverScheduledIsToldThatNothingGoesOut has a scheduled invite be dropped at its time, for each reason that there is, and looks
// at the mail that says so, and at the log.
func TestFD8WhoeverScheduledIsToldThatNothingGoesOut(t *testing.T) {
	t.Parallel()
	const address = "admin@northwind.example"
	for name, c := range map[string]struct {
		happens func(w *world, o *office, by identity.Caller)
		owner   bool // whether it is the owner who is told, and not whoever invited
		says    string
		to      string // "" for reminded
	}{
		"on another plan": {func(_ *world, o *office, _ identity.Caller) { o.downgrade() }, false, "Max", ""},
		"without whoever invited": {func(w *world, o *office, by identity.Caller) { must(w.t, o.remove(by.Member)) }, true,
			"does not work", ""},
		"suppressed": {func(w *world, o *office, _ identity.Caller) {
			must(w.t, w.table.Suppress(w.ctx, o.id, id.UserOf(reminded), "complaint", time.Now()))
		}, false, "asked not to be emailed", ""},
		"refused by the mail service": {func(*world, *office, identity.Caller) {}, false, "", "ops@reject.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				w.monday()
				by := o.admin(address)
				d := o.draft(cmp.Or(c.to, reminded))
				d.Name, d.SendAt = "Acme Ltd", time.Now().Add(time.Hour).Format(time.RFC3339)
				sent, err := w.inviter.Send(w.ctx, by, d, "")
				must(t, err)
				c.happens(w, o, by)
				w.pass(2 * time.Hour)
				equal(w, "the state", o.status(sent.Invite.ID), invite.Failed)
				told, other := address, string(o.owner.Email)
				if c.owner {
					told, other = other, told
				}
				m := w.newest(told)
				link := origin + "/clients/" + string(sent.ID)
				if c.to != "" { // it isn't listed any more
					link = origin + "/clients"
				}
				if m == nil || m.Subject != "The scheduled invitation to Acme Ltd wasn't sent" || !strings.Contains(m.Text, c.says) ||
					!strings.Contains(m.Text, link+"\n") || strings.Contains(m.Text, "..") {
					t.Errorf("%s was mailed %+v", told, m)
				}
				for _, m := range w.engine.SES.Mails(other) {
					if strings.Contains(m.Text, "wasn't sent") {
						t.Errorf("%s was told, too", other)
					}
				}
				must(t, o.logged(audit.InviteFailed, 1))
				w.settled()
			})
		})
	}
}
