package allowance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// books keeps logs in memory, as a store does in its table.
type books map[allowance.Key]allowance.Log

func (b books) of(m allowance.Mail) []allowance.Log {
	var out []allowance.Log
	for _, k := range m.Keys() {
		if l, ok := b[k]; ok {
			out = append(out, l)
		}
	}
	return out
}

func (b books) take(m allowance.Mail, now time.Time) error {
	logs, err := allowance.Take(b.of(m), m, now)
	for _, l := range logs {
		b[l.Key] = l
	}
	return err
}

var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func mail(kind allowance.Kind, agency, actor, to string, tier allowance.Tier) allowance.Mail {
	return allowance.Mail{Kind: kind, Agency: id.Agency(agency), Actor: id.Member(actor), To: id.User(to), Tier: tier}
}

// TestFD6WhatEveryLimitIs says each limit as the number of mails that go out one second apart before the first refusal.
func TestFD6WhatEveryLimitIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of    func(n int) allowance.Mail
		most  int
		limit string
	}{
		"a Free agency adds one person again and again": {func(int) allowance.Mail {
			return mail(allowance.Welcome, "a", "m", "p", allowance.Free)
		}, 3, "agency-to-address-day"},
		"a Free agency adds people": {func(n int) allowance.Mail {
			return mail(allowance.Welcome, "a", "m", fmt.Sprint(n), allowance.Free)
		}, 10, "agency-members-hour"},
		"a young agency adds people": {func(n int) allowance.Mail {
			return mail(allowance.Welcome, "a", "m", fmt.Sprint(n), allowance.Young)
		}, 30, "agency-members-hour"},
		"an old agency adds people": {func(n int) allowance.Mail {
			return mail(allowance.Welcome, "a", "m", fmt.Sprint(n), allowance.Established)
		}, 40, "agency-members-hour"},
		"many agencies add one person": {func(n int) allowance.Mail {
			return mail(allowance.Welcome, fmt.Sprint("a", n), fmt.Sprint("m", n), "p", allowance.Free)
		}, 20, "address-day"},
		"many agencies invite and add one person": {func(n int) allowance.Mail {
			kind := []allowance.Kind{allowance.Welcome, allowance.Invite}[n%2]
			return mail(kind, fmt.Sprint("a", n), fmt.Sprint("m", n), "p", allowance.Young)
		}, 20, "address-day"},
		"one agency invites one person": {func(int) allowance.Mail {
			return mail(allowance.Invite, "a", "m", "p", allowance.Established)
		}, 10, "agency-to-address-day"},
		"one member invites many": {func(n int) allowance.Mail {
			return mail(allowance.Invite, fmt.Sprint("a", n), "m", fmt.Sprint("p", n), allowance.Established)
		}, 300, "member-mails-day"},
		"one agency invites many": {func(n int) allowance.Mail {
			return mail(allowance.Invite, "a", fmt.Sprint("m", n), fmt.Sprint("p", n), allowance.Young)
		}, 100, "agency-mails-day"},
		"one agency lets in one person again and again": {func(int) allowance.Mail {
			return mail(allowance.Approval, "a", "", "p", allowance.Established)
		}, 3, "approvals-to-address-day"},
		"one agency lets in many": {func(n int) allowance.Mail {
			return mail(allowance.Approval, "a", "", fmt.Sprint("p", n), allowance.Young)
		}, 100, "approvals-day"},
		"many agencies let in one person": {func(n int) allowance.Mail {
			return mail(allowance.Approval, fmt.Sprint("a", n), "", "p", allowance.Free)
		}, 20, "approvals-address-day"},
		"strangers ask for codes": {func(int) allowance.Mail {
			return mail(allowance.Code, "", "", "p", 0)
		}, 10, "codes"},
		"a browser that is known asks for codes": {func(int) allowance.Mail {
			return mail(allowance.OwnCode, "", "", "p", 0)
		}, 5, "codes-own"},
		"a person changes how it signs in": {func(int) allowance.Mail {
			return mail(allowance.Account, "", "", "p", 0)
		}, 40, "account-changes-day"},
		"an agency asks a client who pays": {func(int) allowance.Mail {
			return mail(allowance.Proposal, "", "", "p", 0)
		}, 10, "proposals-day"},
		"one person is told": {func(n int) allowance.Mail {
			return mail(allowance.Notice, fmt.Sprint("a", n), "", "p", allowance.Established)
		}, 4, "notices-hour"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, now := books{}, begin
			for n := range c.most {
				if err := b.take(c.of(n), now); err != nil {
					t.Fatalf("mail %d: %v", n+1, err)
				}
				now = now.Add(time.Second)
			}
			err := b.take(c.of(c.most), now)
			f := fault.As(err)
			if f == nil || f.Code != fault.RateLimited || f.Limit.Name != c.limit || f.Limit.Quota != c.most || f.Retry <= 0 {
				t.Fatalf("mail %d: %v, limit %+v", c.most+1, err, f)
			}
			if !strings.Contains(f.Message, " in ") || !strings.HasSuffix(f.Message, ".") {
				t.Errorf("it does not say when: %q", f.Message)
			}
			if err := b.take(c.of(c.most), now.Add(f.Retry-time.Millisecond)); err == nil {
				t.Error("it may come back earlier than it was told")
			}
			if err := b.take(c.of(c.most), now.Add(f.Retry)); err != nil {
				t.Errorf("it came back when it was told to: %v", err)
			}
		})
	}
}

func TestFD6CodesGoOnAtTenAnHourAndThirtyADay(t *testing.T) {
	t.Parallel()
	b, sent := books{}, 0
	for minute := range 24 * 60 {
		if b.take(mail(allowance.Code, "", "", "p", 0), begin.Add(time.Duration(minute)*time.Minute)) == nil {
			sent++
		}
	}
	if sent != 30 {
		t.Errorf("%d codes within a day", sent)
	}
}

// TestFD6NobodyTakesAnothersRoom uses up one kind and asks for the others.
func TestFD6NobodyTakesAnothersRoom(t *testing.T) {
	t.Parallel()
	for used, wanted := range map[allowance.Kind][]allowance.Kind{
		allowance.Notice:   {allowance.Invite, allowance.Welcome, allowance.Code, allowance.Approval},
		allowance.Approval: {allowance.Invite, allowance.Welcome, allowance.Code, allowance.Notice},
		allowance.Code:     {allowance.Invite, allowance.Welcome, allowance.Notice},
		allowance.Invite:   {allowance.Code, allowance.Notice},
	} {
		b := books{}
		for n := range 200 {
			m := mail(used, fmt.Sprint("x", n), fmt.Sprint("y", n), "p", allowance.Established)
			_ = b.take(m, begin.Add(time.Duration(n)*time.Minute)) // until it is refused, and beyond
		}
		for _, k := range wanted {
			if err := b.take(mail(k, "a", "m", "p", allowance.Established), begin.Add(200*time.Minute)); err != nil {
				t.Errorf("%s after many of %s: %v", k, used, err)
			}
		}
	}
}

// TestFD6NoWindowHoldsMoreThanItMay compares what was allowed with the definition: in no day that ends with a mail are there more.
func TestFD6NoWindowHoldsMoreThanItMay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b, now := books{}, begin
		var sent []time.Time
		for range rapid.IntRange(5, 60).Draw(r, "mails") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(8*time.Hour/time.Millisecond)).Draw(r, "gap")) * time.Millisecond)
			err := b.take(mail(allowance.Welcome, "a", "m", "p", allowance.Free), now)
			within := 0
			for _, at := range sent {
				if now.Sub(at) < allowance.Day {
					within++
				}
			}
			if (err == nil) != (within < 3) {
				r.Fatalf("with %d within a day: %v", within, err)
			}
			if err == nil {
				sent = append(sent, now)
			}
		}
		for k, l := range b {
			if len(l.Uses) > 4 {
				r.Fatalf("%v keeps %d uses", k, len(l.Uses))
			}
		}
	})
}

func TestFD6WhatWasNotSentIsGivenBack(t *testing.T) {
	t.Parallel()
	b, m := books{}, mail(allowance.Invite, "a", "m", "p", allowance.Established)
	for n := range 100 {
		if err := b.take(m, begin.Add(time.Duration(n)*time.Second)); err != nil {
			t.Fatal(n, err)
		}
		for _, l := range allowance.GiveBack(b.of(m), m) {
			b[l.Key] = l
		}
	}
	if back := allowance.GiveBack(b.of(m), m); len(back) != 0 {
		t.Errorf("there is nothing to give back, and %v is", back)
	}
}
