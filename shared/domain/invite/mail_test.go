package invite_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/secret"
)

func TestAJobIsClaimedByOneWorkerAtATime(t *testing.T) {
	t.Parallel()
	i := first()
	if i.Claim(noon, job2, secret.HashOf("x")) || i.Claim(i.ExpiresAt, job1, secret.HashOf("x")) || len(i.Tokens) != 0 {
		t.Fatal("another job's message or a late one is worked on")
	}
	claim(t, i, noon, job1, "one")
	if i.Claim(noon.Add(invite.MailLease-1), job1, secret.HashOf("x")) {
		t.Error("claimed within another worker's lease")
	}
	claim(t, i, noon.Add(invite.MailLease), job1, "two")
	if i.Holds(job1, secret.HashOf("one")) || !i.Holds(job1, secret.HashOf("two")) || i.Holds(job2, secret.HashOf("two")) {
		t.Error("not the last one to claim holds the job")
	}
	i.MailSent(noon)
	if i.Holds(job1, secret.HashOf("two")) || i.Claim(noon.Add(time.Hour), job1, secret.HashOf("x")) {
		t.Error("a job that is done is worked on")
	}
	// The first worker may have sent its mail before it died.
	if d := cmp.Diff([]string{"one", "two"}, opens(i, "one", "two", "x")); d != "" {
		t.Error(d)
	}
}

func TestAResentMailSupersedesTheLinksBeforeIt(t *testing.T) {
	t.Parallel()
	i := pending(t)
	now := noon.Add(time.Hour)
	i.Resend(now, agency.Slot{})
	if i.Mail.Job != job2 || i.Status != invite.Pending || !i.ExpiresAt.Equal(now.Add(invite.Lifetime)) {
		t.Fatalf("got %+v", i)
	}
	claim(t, i, now, job2, "two")
	if d := cmp.Diff([]string{"one", "two"}, opens(i, "one", "two")); d != "" {
		t.Error("while the mail is on its way: ", d)
	}
	i.MailSent(now)
	if d := cmp.Diff([]string{"two"}, opens(i, "one", "two")); d != "" {
		t.Error("when it is out: ", d)
	}
}

func TestAResentMailThatFailsTakesNothingAway(t *testing.T) {
	t.Parallel()
	i := pending(t)
	until := i.ExpiresAt
	i.Resend(noon.Add(time.Hour), agency.Slot{Index: 7})
	if !i.ExpiresAt.Equal(until.Add(time.Hour)) {
		t.Errorf("sent again, it is good until %s", i.ExpiresAt)
	}
	claim(t, i, noon.Add(time.Hour), job2, "two")
	claim(t, i, noon.Add(2*time.Hour), job2, "three")
	if slot := i.MailFailed(noon.Add(2*time.Hour), "suppressed"); slot.Index != 7 {
		t.Errorf("slot %d is given back", slot.Index)
	}
	if d := cmp.Diff([]string{"one"}, opens(i, "one", "two", "three")); d != "" || i.Status != invite.Pending || i.Reason != "suppressed" ||
		i.Mail.State != invite.MailDone {
		t.Errorf("%s %+v", d, i)
	}
	if !i.ExpiresAt.Equal(until) || i.At(until) != invite.Expired {
		t.Errorf("the old link lives until %s, and was good until %s", i.ExpiresAt, until)
	}
}

func TestATriedAgainMailKeepsTheTermOfTheOldLink(t *testing.T) {
	t.Parallel()
	i := pending(t)
	until, now := i.ExpiresAt, noon.Add(time.Hour)
	i.Resend(now, agency.Slot{})
	claim(t, i, now, job2, "two")
	i.RetryMail(now)
	now = now.Add(time.Minute)
	claim(t, i, now, job2, "three")
	i.MailFailed(now, "suppressed")
	if !i.ExpiresAt.Equal(until) {
		t.Errorf("good until %s, want %s", i.ExpiresAt, until)
	}
	// A mail that went out has its own term for good, whatever becomes of the one after it.
	now = now.Add(time.Hour)
	i.Resend(now, agency.Slot{})
	job3 := i.Mail.Job
	claim(t, i, now, job3, "four")
	i.MailSent(now)
	until = i.ExpiresAt
	now = now.Add(time.Hour)
	i.Resend(now, agency.Slot{})
	claim(t, i, now, i.Mail.Job, "five")
	i.MailFailed(now, "suppressed")
	if !i.ExpiresAt.Equal(until) || !until.Equal(now.Add(-time.Hour).Add(invite.Lifetime)) {
		t.Errorf("good until %s, want %s", i.ExpiresAt, until)
	}
}

func TestAFirstMailThatFailsTakesItsInviteWithIt(t *testing.T) {
	t.Parallel()
	i := first()
	claim(t, i, noon, job1, "one")
	if slot := i.MailFailed(noon, "suppressed"); slot.Index != 1 || i.Status != invite.Failed || i.Opens("one") ||
		i.Reason != "suppressed" {
		t.Errorf("got %+v", i)
	}
}

func TestAnExpiredInviteComesBackWithANewLinkOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		for _, sent := range []bool{true, false} {
			i := pending(t)
			now := i.ExpiresAt
			if written {
				i.Expire(now)
			}
			i.Resend(now, agency.Slot{Index: 3})
			if i.At(now) != invite.Pending || !i.EndedAt.IsZero() || i.Opens("one") {
				t.Fatalf("written down %v: %+v", written, i)
			}
			claim(t, i, now, job2, "two")
			if sent {
				i.MailSent(now)
				if i.At(now) != invite.Pending || !i.Opens("two") || i.Opens("one") {
					t.Errorf("written down %v: %+v", written, i)
				}
				continue
			}
			if slot := i.MailFailed(now, "suppressed"); slot.Index != 3 || i.Status != invite.Expired || !i.EndedAt.Equal(now) ||
				i.Opens("one") || i.Opens("two") {
				t.Errorf("written down %v: %+v", written, i)
			}
		}
	}
}

func TestMayResend(t *testing.T) {
	t.Parallel()
	minute := noon.Add(invite.ResendApart)
	for _, c := range []struct {
		name string
		from invite.Status
		at   time.Time
		code fault.Code
		wait time.Duration
	}{
		{"the first mail is on its way", invite.Sending, minute, fault.StillSending, 0},
		{"at once", invite.Pending, noon, fault.RateLimited, invite.ResendApart},
		{"just short of a minute", invite.Pending, minute.Add(-1), fault.RateLimited, 1},
		{"after a minute", invite.Pending, minute, "", 0},
		{"expired", invite.Expired, noon.Add(invite.Lifetime), "", 0},
		{"over, and not written down", invite.Pending, noon.Add(invite.Lifetime), "", 0},
		{"accepted", invite.Accepted, minute, fault.NotPending, 0},
		{"canceled", invite.Canceled, minute, fault.NotPending, 0},
		{"failed", invite.Failed, minute, fault.NotPending, 0},
	} {
		err := in(t, c.from).MayResend(c.at)
		e := fault.As(err)
		if (err == nil) != (c.code == "") || e != nil && (e.Code != c.code || e.Retry != c.wait) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	i := pending(t)
	i.Resend(minute, agency.Slot{})
	if err := i.MayResend(minute.Add(time.Hour)); !fault.Is(err, fault.StillSending) {
		t.Errorf("while a re-sent mail is queued: %v", err)
	}
	claim(t, i, minute, job2, "two")
	if err := i.MayResend(minute.Add(time.Hour)); !fault.Is(err, fault.StillSending) {
		t.Errorf("while a re-sent mail is being sent: %v", err)
	}
}

func TestFiveResendsInADay(t *testing.T) {
	t.Parallel()
	i, now := pending(t), noon
	for n := range invite.ResendsPerDay {
		now = now.Add(time.Hour)
		if err := i.MayResend(now); err != nil {
			t.Fatalf("number %d: %v", n+1, err)
		}
		i.Resend(now, agency.Slot{})
		claim(t, i, now, i.Mail.Job, "x")
		i.MailSent(now)
	}
	now = now.Add(time.Hour)
	e := fault.As(i.MayResend(now))
	// The first of the five was at one o'clock.
	if e == nil || e.Code != fault.RateLimited || e.Limit.Name != "resend-day" || e.Retry != noon.Add(25*time.Hour).Sub(now) {
		t.Fatalf("number 6: %+v", e)
	}
	if err := i.MayResend(now.Add(e.Retry - 1)); err == nil {
		t.Error("let in too early")
	}
	now = now.Add(e.Retry)
	if err := i.MayResend(now); err != nil {
		t.Errorf("not let in when told: %v", err)
	}
	if i.Resend(now, agency.Slot{}); len(i.Resends) != invite.ResendsPerDay || i.Mail.Job[len(i.Mail.Job)-2:] != ".7" {
		t.Errorf("%d remembered, job %s", len(i.Resends), i.Mail.Job)
	}
}

func TestSentStandsBeforeWhatSESReportedSooner(t *testing.T) {
	t.Parallel()
	i := first()
	claim(t, i, noon, job1, "one")
	i.Note(invite.Delayed, noon.Add(2*time.Second), "")
	i.Note(invite.Delivered, noon.Add(3*time.Second), "")
	i.MailSent(noon.Add(9 * time.Second))
	want := []invite.Event{{invite.Queued, noon, ""}, {invite.Sent, noon.Add(2 * time.Second), ""},
		{invite.Delayed, noon.Add(2 * time.Second), ""}, {invite.Delivered, noon.Add(3 * time.Second), ""}}
	if d := cmp.Diff(want, i.Timeline); d != "" {
		t.Error(d)
	}
	now := noon.Add(time.Hour)
	i.Resend(now, agency.Slot{})
	claim(t, i, now, job2, "two")
	i.MailSent(now)
	i.Note(invite.Delivered, now, "")
	if d := cmp.Diff([]invite.EventName{"queued", "sent", "delayed", "delivered", "resent", "sent", "delivered"}, names(i)); d != "" {
		t.Error("an earlier mail's report is passed over: ", d)
	}
}

func TestBackoffDoublesUpToAMinute(t *testing.T) {
	t.Parallel()
	for tries, want := range []time.Duration{1, 1, 2, 4, 8, 16, 32, 60, 60} {
		if got := invite.Backoff(tries); got != want*time.Second {
			t.Errorf("after %d tries: %s", tries, got)
		}
	}
}

func TestAPassingFaultIsTriedAgainUntilTheTriesAreUsedUp(t *testing.T) {
	t.Parallel()
	i, now := first(), noon
	for n := 1; n <= invite.MailTries; n++ {
		claim(t, i, now, job1, "x")
		if i.MailSpent(now, job1) {
			t.Fatalf("try %d is spent while it runs", n)
		}
		again := i.RetryMail(now)
		if again != (n < invite.MailTries) {
			t.Fatalf("after try %d: again %v", n, again)
		}
		if !again {
			break
		}
		next := now.Add(invite.Backoff(n))
		if i.Claim(next.Add(-1), job1, secret.HashOf("x")) || !i.Due().Equal(next.Add(invite.MailPatience)) {
			t.Fatalf("after try %d: %+v", n, i.Mail)
		}
		now = next
	}
	// The worker of the last try has died: its job is spent when the lease is over, or when it has been nudged.
	over := now.Add(invite.MailLease)
	if i.MailSpent(over.Add(-1), job1) || !i.MailSpent(over, job1) || i.MailSpent(over, job2) {
		t.Error("MailSpent is wrong about the lease")
	}
	if i.Nudge(over) != job1 || !i.MailSpent(over, job1) {
		t.Error("MailSpent is wrong about a nudged job")
	}
}

func TestAJobInGoodHandsIsNotNudged(t *testing.T) {
	t.Parallel()
	i := first()
	lost := noon.Add(invite.MailPatience)
	if !i.Due().Equal(lost) || i.Nudge(lost.Add(-1)) != "" {
		t.Error("nudged before its message can be lost")
	}
	if i.Nudge(lost) != job1 || i.Nudge(lost) != "" || !i.Due().Equal(lost.Add(invite.MailLease)) {
		t.Error("not nudged once")
	}
	claim(t, i, lost, job1, "one")
	dead := lost.Add(invite.MailLease)
	if !i.Due().Equal(dead) || i.Nudge(dead.Add(-1)) != "" || i.Nudge(dead) != job1 || i.Mail.State != invite.MailQueued {
		t.Errorf("a dead worker's job: %+v", i.Mail)
	}
	claim(t, i, dead, job1, "two")
	i.RetryMail(dead)
	// Its wait counts for nothing once it has been overdue.
	if due := i.Due(); i.Nudge(due) != job1 || !i.Mail.Next.IsZero() {
		t.Errorf("got %+v", i.Mail)
	}
	claim(t, i, dead.Add(time.Hour), job1, "three")
	i.MailSent(dead.Add(time.Hour))
	if i.Nudge(dead.Add(1000*time.Hour)) != "" || !i.Due().Equal(i.ExpiresAt) {
		t.Error("a mail that is out is looked after")
	}
}

func TestFD1AnAutomaticReplyLeavesTheMailDelivered(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		events []invite.EventName
		want   invite.Reply
	}{
		"delivered":                      {[]invite.EventName{invite.Queued, invite.Sent, invite.Delivered}, invite.ReplyNoted},
		"opened since":                   {[]invite.EventName{invite.Queued, invite.Sent, invite.Delivered, invite.Opened}, invite.ReplyNoted},
		"not delivered yet":              {[]invite.EventName{invite.Queued, invite.Sent}, invite.ReplyToNothing},
		"delivered before it was resent": {[]invite.EventName{invite.Queued, invite.Sent, invite.Delivered, invite.Resent, invite.Sent}, invite.ReplyToNothing},
	} {
		i := &invite.Invite{Status: invite.Pending}
		for _, e := range c.events {
			i.Note(e, at, "")
		}
		if got := i.AutoReply("an automatic reply came back"); got != c.want || len(i.Timeline) != len(c.events) ||
			i.Status != invite.Pending {
			t.Errorf("%s: %v, %+v", name, got, i.Timeline)
		}
		if c.want == invite.ReplyNoted && (i.AutoReply("an automatic reply came back") != invite.ReplyKnown ||
			i.Timeline[2].Name != invite.Delivered || i.Timeline[2].Detail == "") {
			t.Errorf("%s, once more: %+v", name, i.Timeline)
		}
	}
}
