package notice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
)

// TestX29EveryKindSaysAllAboutItself walks the register.
func TestX29EveryKindSaysAllAboutItself(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range notice.Register() {
		for _, s := range []string{string(d.Kind), string(d.Action), d.Kind.Title(), d.Kind.Says("Acme")} {
			if s == "" || seen[s] || strings.HasPrefix(s, "notifications.") {
				t.Errorf("%+v: %q is empty, has no words, or is another kind's", d, s)
			}
			seen[s] = true
		}
		if s := d.Kind.Says("Acme Ltd"); d.Kind == notice.JoinRequested || d.Kind == notice.EndpointFailing ||
			d.Kind == notice.EndpointDisabled {
			if s != d.Kind.Says("") || strings.HasSuffix(s, ".") {
				t.Errorf("%q is of somebody", s)
			}
		} else if strings.Count(s, "Acme Ltd") != 1 || s == "Acme Ltd" || strings.HasSuffix(s, ".") {
			t.Errorf("%q is no sentence about one client", s)
		}
		if notice.Of(d.Action) != d.Kind {
			t.Errorf("%s is told as %q", d.Action, notice.Of(d.Action))
		}
		if (notice.Choices{}).On(d.Kind) == d.Off {
			t.Errorf("%s is %v for whoever has chosen nothing", d.Kind, !d.Off)
		}
	}
	for _, k := range []notice.Kind{notice.Accepted, notice.Declined, notice.Proposed, notice.LinkRequested, notice.Expired, notice.Bounced,
		notice.Paid, notice.Unpaid, notice.Joined, notice.JoinRequested} {
		if _, ok := k.Find(); !ok {
			t.Errorf("%s is not in the register", k)
		}
	}
	if notice.Of("client.renamed") != "" || (notice.Choices{}).On("nonsense") {
		t.Error("what is no kind is told")
	}
}

func TestX29WhoIsTold(t *testing.T) {
	t.Parallel()
	people := agency.Members{{ID: "owner", Level: agency.Owner}, {ID: "other", Level: agency.Owner}, {ID: "admin", Level: agency.Admin},
		{ID: "idle", Level: agency.Admin}}
	for _, c := range []struct {
		kind    notice.Kind
		inviter id.Member
		want    []id.Member
	}{
		{notice.Accepted, "admin", []id.Member{"admin"}},
		{notice.Accepted, "owner", []id.Member{"owner"}},
		{notice.Joined, "admin", []id.Member{"owner", "other", "admin", "idle"}},
		{notice.JoinRequested, "gone", []id.Member{"owner", "other", "admin", "idle"}},
		{notice.Accepted, "gone", []id.Member{"owner", "other"}},
		{notice.Unpaid, "admin", []id.Member{"owner", "other", "admin"}},
		{notice.Paid, "owner", []id.Member{"owner", "other"}},
		{"nonsense", "admin", nil},
	} {
		if got := (notice.Event{Kind: c.kind, Inviter: c.inviter}).For(people); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s goes to %v, want %v", c.kind, c.inviter, got, c.want)
		}
	}
}

// TestPortalLK15WhoIsToldIsWhoMaySeeIt holds that a right that was taken away takes the mails along.
func TestPortalLK15WhoIsToldIsWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	people := agency.Members{{ID: "owner", Level: agency.Owner}, {ID: "denied", Level: agency.Admin, Portal: agency.Denied},
		{ID: "sees", Level: agency.Employee}, {ID: "out", Level: agency.Employee, Portal: agency.Denied},
		{ID: "leads", Level: agency.Employee, Portal: agency.Administrator}}
	for _, c := range []struct {
		kind    notice.Kind
		inviter id.Member
		want    []id.Member
	}{
		{notice.Accepted, "denied", []id.Member{"owner"}},
		{notice.Declined, "out", []id.Member{"owner"}},
		{notice.Bounced, "sees", []id.Member{"sees"}},
		{notice.Paid, "denied", []id.Member{"owner"}},
		{notice.Unpaid, "sees", []id.Member{"owner"}},
		{notice.Paid, "leads", []id.Member{"owner"}},
		{notice.Ended, "sees", []id.Member{"owner", "leads"}},
	} {
		if got := (notice.Event{Kind: c.kind, Inviter: c.inviter}).For(people); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s goes to %v, want %v", c.kind, c.inviter, got, c.want)
		}
	}
}

func TestX29ChoicesAreOfKindsThatThereAre(t *testing.T) {
	t.Parallel()
	c, err := (notice.Choices{notice.Paid: false}).With(notice.Choices{notice.Expired: false})
	if err != nil || c.On(notice.Paid) || c.On(notice.Expired) || !c.On(notice.Accepted) {
		t.Errorf("%v %v", c, err)
	}
	if _, err := c.With(notice.Choices{"nonsense": true}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func event(n int) notice.Event {
	return notice.Event{ID: id.Event(fmt.Sprint(n)), Kind: notice.Accepted}
}

func TestX29ManyEventsAreOneMail(t *testing.T) {
	t.Parallel()
	b, now := &notice.Box{}, begin
	for n := range 60 {
		if !b.Put(event(n), now) {
			t.Fatal(n)
		}
		if n < notice.MaxLines && b.Put(event(n), now) {
			t.Fatalf("%d is there twice", n)
		}
		now = now.Add(time.Second)
	}
	if len(b.Lines) != notice.MaxLines || b.More != 60-notice.MaxLines || !b.Due.Equal(begin.Add(notice.Gather)) {
		t.Fatalf("%d lines, %d more, due %s", len(b.Lines), b.More, b.Due)
	}
	if b.Nudge(b.Due.Add(-time.Millisecond)) != "" {
		t.Error("it is due early")
	}
	now = b.Due
	job := b.Nudge(now)
	if !b.Claim(now, job) || b.Claim(now, job) || b.Claim(now, "d0") {
		t.Fatal("it is not claimed once")
	}
	lines, more := len(b.Lines), b.More
	b.Put(event(1000), now) // beyond what is kept, and after the mail was written
	if !b.Sent(now, job, lines, more) || b.Sent(now, job, lines, more) {
		t.Fatal("it is not recorded once")
	}
	if b.Put(event(61), now); !b.Due.Equal(now.Add(notice.Apart)) {
		t.Errorf("the next one is due %s after", b.Due.Sub(now))
	}
}

// TestX29NothingIsLostAndNothingIsToldTwice plays a box with workers that die at any moment: whatever is recorded was in a mail, and
// once faults stop all is told.
func TestX29NothingIsLostAndNothingIsToldTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b, now := &notice.Box{}, begin
		told := map[id.Event]int{}
		put, more := 0, 0
		send := func(fate string) {
			job := b.Nudge(now)
			if job == "" || !b.Claim(now, job) {
				return
			}
			if fate == "dies" {
				return
			}
			if fate == "refused" {
				b.Retry(now)
				return
			}
			for _, l := range b.Lines {
				told[l.Event]++
			}
			lines, rest := len(b.Lines), b.More
			for range rapid.IntRange(0, 2).Draw(r, "meanwhile") {
				b.Put(event(put), now)
				put++
			}
			if b.Sent(now, job, lines, rest) {
				more += rest
			}
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			for range rapid.IntRange(0, 20).Draw(r, "events") {
				b.Put(event(put), now)
				put++
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 1800).Draw(r, "seconds")) * time.Second)
			send(rapid.SampledFrom([]string{"dies", "refused", "sent"}).Draw(r, "fate"))
		}
		for range 10 {
			now = now.Add(time.Hour)
			send("sent")
		}
		if len(b.Lines) > 0 && b.Due.IsZero() {
			r.Fatal("it is stuck")
		}
		for n, times := range told {
			if times != 1 {
				r.Fatalf("%s was told %d times", n, times)
			}
		}
		if left := len(b.Lines) + b.More; len(told)+more+left != put {
			r.Fatalf("%d told, %d counted, %d left of %d", len(told), more, left, put)
		}
	})
}
