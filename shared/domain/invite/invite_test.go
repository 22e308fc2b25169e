package invite_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/secret"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const job1, job2 = "in_01KAM5Q0Z8W3RN6T0V4K2M9QXB.1", "in_01KAM5Q0Z8W3RN6T0V4K2M9QXB.2"

// first is an invite whose first mail is asked for.
func first() *invite.Invite {
	i := &invite.Invite{ID: "in_01KAM5Q0Z8W3RN6T0V4K2M9QXB", CreatedAt: noon, ExpiresAt: noon.Add(invite.Lifetime)}
	i.First(noon, agency.Slot{Index: 1})
	return i
}

func claim(t *testing.T, i *invite.Invite, now time.Time, job, token string) {
	t.Helper()
	if !i.Claim(now, job, secret.HashOf(token)) {
		t.Fatalf("%s is not to be claimed: %+v", job, i.Mail)
	}
}

// pending is an invite whose first mail is out with the link "one".
func pending(t *testing.T) *invite.Invite {
	t.Helper()
	i := first()
	claim(t, i, noon, job1, "one")
	i.MailSent(noon)
	return i
}

// in is an invite that has come to the state in the usual way.
func in(t *testing.T, s invite.Status) *invite.Invite {
	t.Helper()
	i := pending(t)
	switch s {
	case invite.Sending:
		i = first()
		claim(t, i, noon, job1, "one")
	case invite.Accepted:
		if err := i.Accept(noon); err != nil {
			t.Fatal(err)
		}
	case invite.Canceled:
		if err := i.Cancel(noon); err != nil {
			t.Fatal(err)
		}
	case invite.Expired:
		if !i.Expire(i.ExpiresAt) {
			t.Fatal("does not expire")
		}
	case invite.Failed:
		i.Bounce(noon, "no mailbox")
	}
	if i.Status != s {
		t.Fatalf("%s, not %s", i.Status, s)
	}
	return i
}

func opens(i *invite.Invite, tokens ...string) (open []string) {
	for _, s := range tokens {
		if i.Opens(s) {
			open = append(open, s)
		}
	}
	return open
}

func names(i *invite.Invite) (out []invite.EventName) {
	for _, e := range i.Timeline {
		out = append(out, e.Name)
	}
	return out
}

// Every way out of every state: where it leads, with which fault it is refused, and whether the link opens after.
func TestTransitions(t *testing.T) {
	t.Parallel()
	over := noon.Add(invite.Lifetime)
	cancel := func(i *invite.Invite, now time.Time) error { return i.Cancel(now) }
	accept := func(i *invite.Invite, now time.Time) error { return i.Accept(now) }
	refused := fault.New("nothing done", "")
	expire := func(i *invite.Invite, now time.Time) error {
		if !i.Expire(now) {
			return refused
		}
		return nil
	}
	bounce := func(i *invite.Invite, now time.Time) error {
		if !i.Bounce(now, "no mailbox") {
			return refused
		}
		return nil
	}
	for _, c := range []struct {
		name  string
		do    func(*invite.Invite, time.Time) error
		from  invite.Status
		at    time.Time
		to    invite.Status // "" when refused
		code  fault.Code
		opens bool
	}{
		{"cancel", cancel, invite.Sending, noon, invite.Canceled, "", false},
		{"cancel", cancel, invite.Pending, noon, invite.Canceled, "", false},
		{"cancel when over", cancel, invite.Pending, over, invite.Canceled, "", false},
		{"cancel", cancel, invite.Expired, over, invite.Canceled, "", false},
		{"cancel", cancel, invite.Accepted, noon, "", fault.NotPending, true},
		{"cancel", cancel, invite.Canceled, noon, "", fault.NotPending, false},
		{"cancel", cancel, invite.Failed, noon, "", fault.NotPending, false},
		{"accept before the sending is recorded", accept, invite.Sending, noon, invite.Accepted, "", true},
		{"accept", accept, invite.Pending, over.Add(-1), invite.Accepted, "", true},
		{"accept when over", accept, invite.Pending, over, "", fault.Expired, true},
		{"accept", accept, invite.Expired, over, "", fault.Expired, true},
		{"accept", accept, invite.Accepted, noon, "", fault.Gone, true},
		{"accept", accept, invite.Canceled, noon, "", fault.Gone, false},
		{"accept", accept, invite.Failed, noon, "", fault.Gone, false},
		{"expire before the end", expire, invite.Pending, over.Add(-1), "", refused.Code, true},
		{"expire", expire, invite.Sending, over, invite.Expired, "", true},
		{"expire", expire, invite.Pending, over, invite.Expired, "", true},
		{"expire", expire, invite.Expired, over, "", refused.Code, true},
		{"expire", expire, invite.Accepted, over, "", refused.Code, true},
		{"expire", expire, invite.Canceled, over, "", refused.Code, false},
		{"expire", expire, invite.Failed, over, "", refused.Code, false},
		{"bounce", bounce, invite.Sending, noon, invite.Failed, "", false},
		{"bounce", bounce, invite.Pending, noon, invite.Failed, "", false},
		{"bounce", bounce, invite.Expired, over, "", refused.Code, true},
		{"bounce", bounce, invite.Accepted, noon, "", refused.Code, true},
		{"bounce", bounce, invite.Canceled, noon, "", refused.Code, false},
		{"bounce", bounce, invite.Failed, noon, "", refused.Code, false},
	} {
		t.Run(c.name+" "+string(c.from), func(t *testing.T) {
			t.Parallel()
			i, before := in(t, c.from), in(t, c.from)
			err := c.do(i, c.at)
			if i.Opens("one") != c.opens {
				t.Errorf("the link opens: %v", !c.opens)
			}
			if c.to == "" {
				if !fault.Is(err, c.code) {
					t.Errorf("got %v, want %s", err, c.code)
				}
				if d := cmp.Diff(before, i); d != "" {
					t.Error("a refusal changes something: ", d)
				}
				return
			}
			if err != nil || i.Status != c.to || !i.EndedAt.Equal(c.at) || len(i.Timeline) != len(before.Timeline)+1 || !i.Due().IsZero() {
				t.Errorf("%v: %+v", err, i)
			}
			if i.Claim(c.at.Add(time.Hour), i.Mail.Job, secret.HashOf("late")) || i.Nudge(c.at.Add(time.Hour)) != "" {
				t.Error("a dead invite is still mailed")
			}
		})
	}
}

func TestTimeItselfMakesAnInviteExpire(t *testing.T) {
	t.Parallel()
	over := noon.Add(invite.Lifetime)
	for s, want := range map[invite.Status]invite.Status{
		invite.Sending: invite.Expired, invite.Pending: invite.Expired, invite.Expired: invite.Expired,
		invite.Accepted: invite.Accepted, invite.Canceled: invite.Canceled, invite.Failed: invite.Failed,
	} {
		i := in(t, s)
		if i.At(over.Add(-1)) != s || i.At(over) != want {
			t.Errorf("%s: %s, then %s", s, i.At(over.Add(-1)), i.At(over))
		}
	}
}

func TestALongTimelineKeepsItsFirstAndItsNewest(t *testing.T) {
	t.Parallel()
	i := first()
	for n := range 100 {
		i.Note(invite.Opened, noon.Add(time.Duration(n)*time.Second), "")
		if len(i.Timeline) > invite.MaxTimeline {
			t.Fatalf("%d events", len(i.Timeline))
		}
	}
	if i.Timeline[0].Name != invite.Queued {
		t.Error("the first event is gone")
	}
	// Whoever copied the invite before, to write it only if nothing has changed, keeps what it had.
	before := slices.Clone(i.Timeline)
	copied := *i
	copied.Note(invite.Opened, noon, "")
	if d := cmp.Diff(before, i.Timeline); d != "" {
		t.Error("a copy's event changes the original: ", d)
	}
	for k, e := range i.Timeline[1:] {
		if want := noon.Add(time.Duration(100-(invite.MaxTimeline-1)+k) * time.Second); !e.At.Equal(want) {
			t.Fatalf("event %d is of %s, want %s", k+1, e.At, want)
		}
	}
}

func TestTheHolderOfAnExpiredLinkAsksOnceADay(t *testing.T) {
	t.Parallel()
	i := pending(t)
	if _, err := i.Ask(i.ExpiresAt.Add(-1)); !fault.Is(err, fault.Gone) {
		t.Errorf("while it is good: %v", err)
	}
	over := i.ExpiresAt
	for _, c := range []struct {
		at    time.Duration
		noted bool
	}{{0, true}, {time.Hour, false}, {invite.AskApart - 1, false}, {invite.AskApart, true}} {
		now := over.Add(c.at)
		if noted, err := i.Ask(now); err != nil || noted != c.noted || i.Asked(now).IsZero() {
			t.Errorf("after %s: noted %v, %v", c.at, noted, err)
		}
	}
	i.Resend(over.Add(48*time.Hour), agency.Slot{})
	if _, err := i.Ask(over.Add(48 * time.Hour)); !fault.Is(err, fault.Gone) {
		t.Errorf("sent again: %v", err)
	}
	declined := pending(t)
	if err := declined.Decline(noon, "no"); err != nil {
		t.Fatal(err)
	}
	if _, err := declined.Ask(noon.Add(invite.Lifetime)); !fault.Is(err, fault.Gone) {
		t.Errorf("declined: %v", err)
	}
}
