package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/usecase/delivery"
)

// outage has SES not answer for the time, from now on.
func (w *world) outage(d time.Duration, during func()) {
	end := time.Now().Add(d)
	w.network.faults(func(c call) verdict {
		if c.operation == "SendEmail" && time.Now().Before(end) {
			return loseIt
		}
		return pass
	})
	during()
	w.network.faults(nil)
}

func TestFE19ARefusedMailRollsItsInviteBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c, err := o.send("ops@reject.example")
		must(t, err)
		w.deliver()
		equal(w, "clients", len(o.clients()), 0)
		equal(w, "places left", o.left(), 10)
		got := o.get(c.Invite.ID)
		equal(w, "status", got.Invite.Status, invite.Failed)
		_, err = w.inviter.Await(w.ctx, got, time.Second)
		f := w.wants(err, fault.MailRefused)
		if f.Reason == "" || !strings.Contains(f.Message, "We couldn't email ops@reject.example") ||
			!strings.HasSuffix(f.Message, "No invite was created.") {
			t.Errorf("the sender reads %q, reason %q", f.Message, f.Reason)
		}
		_, err = w.directory.Client(w.ctx, o.owner, c.ID)
		w.wants(err, fault.NotFound)
		_, err = o.send("ops@reject.example") // free to try again
		must(t, err)
		w.settled()
		w.skip(25 * time.Hour)
		w.engine.Tick() // what was rolled back is forgotten after a day
		equal(w, "relationships", len(o.relationships()), 0)
	})
}

func TestARollbackLeavesAnEarlierClientListed(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		which, _ := o.invite(who)
		_, err := w.canceller.Cancel(w.ctx, o.owner, which)
		must(t, err)
		_, err = o.send(who)
		must(t, err)
		w.outage(time.Hour, func() { w.pass(10 * time.Minute) })
		equal(w, "clients", o.clients(), []string{who})
		equal(w, "the earlier one", o.status(which), invite.Canceled)
		w.settled()
	})
}

func TestAThrottledMailIsTakenAtTheThirdTry(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		begun := time.Now()
		c, err := o.send("ops@throttle.example")
		must(t, err)
		w.pass(10 * time.Second)
		got := o.get(c.Invite.ID)
		equal(w, "status", got.Invite.Status, invite.Pending)
		if took := got.Invite.Timeline[1].At.Sub(begun); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("it took %s: a second and two are asked for", took)
		}
		must(t, w.sees(w.token("ops@throttle.example")))
		w.settled()
	})
}

func TestTheCallerMayWaitForTheMail(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c, err := o.send("ops@slow.example")
		must(t, err)
		answered := make(chan error, 1)
		begun := time.Now()
		go func() {
			c, err = w.inviter.Await(w.ctx, c, 10*time.Second)
			answered <- err
		}()
		w.deliver()
		must(t, <-answered)
		equal(w, "status", c.Invite.Status, invite.Pending)
		if took := time.Since(begun); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("answered after %s", took)
		}
		// Nobody takes this one: the wait ends by itself.
		c, err = o.send("late@acme.example")
		must(t, err)
		c, err = w.inviter.Await(w.ctx, c, 10*time.Second)
		must(t, err)
		equal(w, "status", c.Invite.Status, invite.Sending)
		w.settled()
	})
}

func TestA15SecondOutageLosesNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.outage(15*time.Second, func() {
			for n := range 8 {
				_, err := o.send(fmt.Sprintf("c%d@acme.example", n))
				must(t, err)
				must(t, w.request(person(fmt.Sprintf("p%d@acme.example", n)).Email, "192.0.2.1"))
				w.pass(2 * time.Second)
			}
			w.pass(time.Minute)
		})
		for n := range 8 {
			equal(w, "mails to an invited one", len(w.tokens(fmt.Sprintf("c%d@acme.example", n))), 1)
			w.code(fmt.Sprintf("p%d@acme.example", n))
		}
		w.settled()
	})
}

func TestALongOutageRollsBackAndLeavesTheAddressFree(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		w.outage(12*time.Hour, func() {
			for range 3 {
				c, err := o.send(who)
				must(t, err)
				w.pass(5 * time.Minute)
				got := o.get(c.Invite.ID)
				equal(w, "status", got.Invite.Status, invite.Failed)
				equal(w, "places left", o.left(), 10)
			}
		})
		// A recipient's allowance is for mails that it gets, not for tries that reached nobody.
		c, err := o.send(who)
		must(t, err)
		w.deliver()
		equal(w, "status after the outage: "+o.get(c.Invite.ID).Invite.Reason, o.status(c.Invite.ID), invite.Pending)
		w.settled()
	})
}

func TestAWorkerThatDiesEveryTimeGivesUpAtLast(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c, err := o.send("ops@acme.example")
		must(t, err)
		w.network.faults(func(c call) verdict {
			if c.operation == "SendEmail" {
				return crashBefore
			}
			return pass
		})
		w.pass(30 * time.Minute)
		got := o.get(c.Invite.ID)
		equal(w, fmt.Sprintf("status with %d links", len(got.Invite.Tokens)), got.Invite.Status, invite.Failed)
		w.network.faults(nil)
		w.redrive()
		w.settled()
	})
}

func TestBothMailsOfACrashWork(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		c, err := o.send(who)
		must(t, err)
		died := false
		w.network.faults(func(c call) verdict {
			if c.operation == "SendEmail" && !died {
				died = true
				return crashAfter
			}
			return pass
		})
		w.deliver()
		equal(w, "status", o.status(c.Invite.ID), invite.Sending)
		w.settled()
		all := w.tokens(who)
		equal(w, "mails", len(all), 2)
		for _, token := range all {
			must(t, w.sees(token))
		}
		_, err = w.invitations.Accept(w.ctx, all[1], "", person(who))
		must(t, err)
		_, err = w.invitations.Accept(w.ctx, all[0], "", person(who))
		must(t, err)
		w.settled()
	})
}

func TestLostMessagesAreRepairedByTheSweep(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"on its way", "on the queue"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				if lost == "on its way" {
					w.network.faults(func(c call) verdict {
						if c.operation == "SendMessage" {
							return loseIt
						}
						return pass
					})
				}
				c, err := o.send("ops@acme.example")
				must(t, err)
				must(t, w.request("anna@acme.example", "192.0.2.1"))
				w.network.faults(nil)
				_, err = w.sqs.PurgeQueue(w.ctx, &sqs.PurgeQueueInput{QueueUrl: &w.mailQueue})
				must(t, err)
				w.pass(2 * time.Minute)
				equal(w, "status", o.status(c.Invite.ID), invite.Pending)
				w.code("anna@acme.example")
				w.settled()
				equal(w, "mails", len(w.engine.SES.Mails("")), 2)
			})
		})
	}
}

func TestMessagesComeTwiceAndInAnyOrder(t *testing.T) {
	t.Parallel()
	s := settings{}
	s.engine.Duplicate, s.engine.Shuffle, s.engine.Seed = 0.6, true, 7
	inSuch(t, s, func(w *world) {
		o := w.office("Northwind")
		var all []id.Invite
		for n := range 8 {
			c, err := o.send(fmt.Sprintf("c%d@acme.example", n))
			must(t, err)
			all = append(all, c.Invite.ID)
		}
		w.pass(2 * time.Minute)
		for n, which := range all {
			equal(w, "status", o.status(which), invite.Pending)
			equal(w, "mails", len(w.tokens(fmt.Sprintf("c%d@acme.example", n))), 1)
		}
		// A message of long ago, for a job that another one has followed.
		c := o.get(all[0])
		must(t, o.resend(all[0]))
		w.deliver()
		must(t, w.queue.Send(w.ctx, job.Mail{Kind: job.Invite, Agency: o.id, Client: c.ID, Job: c.Invite.Mail.Job}.Encode(), 0))
		w.pass(2 * time.Minute)
		equal(w, "mails after an old message", len(w.tokens("c0@acme.example")), 2)
		w.settled()
	})
}

func TestDeadLettersCanBeDrivenBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		c, err := o.send("ops@acme.example")
		must(t, err)
		must(t, w.queue.Send(w.ctx, []byte("nothing that anybody wrote"), 0))
		w.network.faults(func(c call) verdict { // the table is away: no message can be handled
			if c.operation == "GetItem" || c.operation == "Query" {
				return loseIt
			}
			return pass
		})
		w.pass(10 * time.Minute)
		w.network.faults(nil)
		dead := func() (n int) {
			for _, q := range w.engine.SQS.Overview() {
				if len(q.Sources) > 0 {
					n += len(q.Messages)
				}
			}
			return n
		}
		equal(w, "dead letters", dead(), 2)
		w.redrive()
		w.pass(2 * time.Minute)
		equal(w, "status", o.status(c.Invite.ID), invite.Pending)
		w.pass(15 * time.Minute)
		equal(w, "dead letters: the nonsense alone", dead(), 1)
		w.check()
	})
}

// redrive puts all dead letters back on the queues that they came from.
func (w *world) redrive() {
	w.t.Helper()
	for _, q := range w.engine.SQS.Overview() {
		if len(q.Sources) > 0 && len(q.Messages) > 0 {
			_, err := w.sqs.StartMessageMoveTask(w.ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(q.ARN)})
			must(w.t, err)
		}
	}
}

func TestAMailThatComesBackEndsItsInvite(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"bounce@simulator.amazonses.com", "suppressionlist@simulator.amazonses.com"} {
		in(t, func(w *world) {
			o := w.office("Northwind")
			which, token := o.invite(who)
			w.pass(10 * time.Second)
			c := o.get(which)
			equal(w, "status", c.Invite.Status, invite.Failed)
			if c.Invite.Reason == "" {
				t.Error("no reason is given")
			}
			w.wants(w.sees(token), fault.Gone)
			_, err := w.invitations.Accept(w.ctx, token, "", person(who))
			w.wants(err, fault.Gone)
			equal(w, "clients", o.clients(), []string{who}) // its page shows the reason
			// A report that comes late changes no state and writes no second row.
			must(t, w.feedback.Record(w.ctx, delivery.Report{Kind: delivery.Delayed, At: time.Now(), Detail: "the mailbox is full",
				Tags: map[string]string{"kind": "invite", "agency": string(o.id), "client": string(c.ID), "invite": string(which)}}))
			_, err = o.send(who) // the address is free
			must(t, err)
			w.settled()
		})
	}
}

func TestAComplaintEndsMailNotTheInvite(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		const who = "complaint@simulator.amazonses.com"
		which, token := o.invite(who)
		w.pass(10 * time.Second)
		equal(w, "status", o.status(which), invite.Pending)
		var names []invite.EventName
		for _, e := range o.get(which).Invite.Timeline {
			names = append(names, e.Name)
		}
		equal(w, "the timeline", names, []invite.EventName{invite.Queued, invite.Sent, invite.Delivered, invite.Complained})
		w.skip(time.Minute)
		must(t, o.resend(which))
		w.pass(10 * time.Second)
		equal(w, "mails after a complaint", len(w.engine.SES.Mails(who)), 1)
		must(t, w.sees(token))
		// Another agency has given no reason to complain, and is heard.
		_, err := other.send(who)
		must(t, err)
		w.pass(10 * time.Second)
		equal(w, "mails of another agency", len(w.engine.SES.Mails(who)), 2)
		w.settled()
	})
}

func TestReportsAreTakenOnceAndOnlyForTheirInvite(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which, _ := o.invite("ops@delay.example")
		w.pass(10 * time.Second)
		c := o.get(which)
		var names []invite.EventName
		for _, e := range c.Invite.Timeline {
			names = append(names, e.Name)
		}
		equal(w, "the timeline", names, []invite.EventName{invite.Queued, invite.Sent, invite.Delayed, invite.Delivered})
		tags := map[string]string{"kind": "invite", "agency": string(o.id), "client": string(c.ID), "invite": string(which)}
		again := delivery.Report{Kind: delivery.Delivered, At: c.Invite.Timeline[3].At, Tags: tags}
		before := w.items()
		for range 5 {
			must(t, w.feedback.Record(w.ctx, again))
		}
		for _, wrong := range []map[string]string{
			{"kind": "code"}, {"kind": "invite", "agency": "ag_nonsense", "client": tags["client"], "invite": tags["invite"]},
			{"kind": "invite", "agency": tags["agency"], "client": tags["client"], "invite": "in_another"},
			{"kind": "invite", "agency": string(id.New[id.Agency](id.AgencyPrefix, time.Now())), "client": tags["client"], "invite": tags["invite"]},
		} {
			must(t, w.feedback.Record(w.ctx, delivery.Report{Kind: delivery.Bounced, At: time.Now(), Tags: wrong}))
		}
		w.unchanged(before)
		w.settled()
	})
}
