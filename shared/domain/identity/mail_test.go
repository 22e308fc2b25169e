package identity_test

import (
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

// asked is a code whose mail is asked for.
func asked(t *testing.T) *identity.Code {
	t.Helper()
	return identity.NewCode("u", "a@b.example", begin, "1")
}

func TestOfManyTriesTheLastTwoCodesSignIn(t *testing.T) {
	t.Parallel()
	c, now := asked(t), begin
	for _, digest := range []string{"a", "b", "c"} {
		if !c.Claim(now, "1", []byte(digest)) {
			t.Fatalf("try %s is not claimed", digest)
		}
		now = c.Due
	}
	for digest, right := range map[string]bool{"a": false, "b": true, "c": true} {
		if other := *c; (other.Guess(now, []byte(digest)) == nil) != right {
			t.Errorf("code %s signs in: %v", digest, !right)
		}
	}
}

func TestACodesMailIsTriedFiveTimesWithGrowingWaits(t *testing.T) {
	t.Parallel()
	c, now := asked(t), begin
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 0} {
		if !c.Claim(now, "1", []byte("x")) {
			t.Fatalf("not claimed before the wait of %s", want)
		}
		wait, again := c.Retry(now)
		if wait != want || again != (want > 0) {
			t.Fatalf("a wait of %s, %v; want %s", wait, again, want)
		}
		if again && c.Claim(now.Add(wait-1), "1", []byte("x")) {
			t.Fatal("claimed before its wait is over")
		}
		now = now.Add(wait)
	}
	if c.Waiting || !c.Due.IsZero() || c.Claim(now.Add(time.Hour), "1", []byte("x")) {
		t.Errorf("what is given up is still looked after: %+v", c)
	}
}

func TestACodesMailIsNudgedOnlyWhileItIsOfUse(t *testing.T) {
	t.Parallel()
	c := asked(t)
	lost := c.Due
	if got := c.Nudge(lost.Add(-1)); got != "" {
		t.Errorf("nudged %q before its message can be lost", got)
	}
	if c.Nudge(lost) != "1" || c.Nudge(lost) != "" {
		t.Error("not nudged once")
	}
	if !c.Claim(lost, "1", []byte("x")) {
		t.Error("a nudged mail is not claimed")
	}
	if late := asked(t); late.Nudge(begin.Add(identity.CodeLifetime)) != "1" {
		t.Error("not nudged at the end of its time")
	}
	late := asked(t)
	if late.Nudge(begin.Add(identity.CodeLifetime+1)) != "" || late.Waiting || !late.Due.IsZero() {
		t.Error("a mail that comes too late is not given up")
	}
	sent := mailed(t, "x")
	if sent.Nudge(begin.Add(time.Minute)) != "" {
		t.Error("a mail that is out is nudged")
	}
}

func TestAnAddressIsToldWhenToAskAgain(t *testing.T) {
	t.Parallel()
	every := func(n int, apart time.Duration) (out []time.Duration) {
		for k := range n {
			out = append(out, time.Duration(k)*apart)
		}
		return out
	}
	for _, c := range []struct {
		name  string
		asked []time.Duration
		at    time.Duration
		limit string // "" when a code is given
		retry time.Duration
		words string
	}{
		{"an eleventh in an hour", every(10, time.Minute), 20 * time.Minute, "codes", 40 * time.Minute, "in 40 minutes, at "},
		{"an hour after the first", every(10, time.Minute), time.Hour, "", 0, ""},
		{"a thirty-first in a day", every(30, 30*time.Minute), 15 * time.Hour, "codes-day", 9 * time.Hour, "in 9 hours, at "},
		{"a day after the first", every(30, 30*time.Minute), 24 * time.Hour, "", 0, ""},
		{"just short of a day", every(30, 30*time.Minute), 24*time.Hour - time.Second, "codes-day", time.Second, "in a second, at "},
	} {
		asked := &identity.Asked{}
		for _, at := range c.asked {
			if err := asked.Take(begin.Add(at)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		n := len(asked.At)
		err := asked.Take(begin.Add(c.at))
		e := fault.As(err)
		switch {
		case c.limit == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.limit != "" && (e == nil || e.Code != fault.RateLimited || e.Limit.Name != c.limit || e.Retry != c.retry ||
			!strings.Contains(e.Message, c.words) || len(asked.At) != n):
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	if identity.TooSoon(begin, begin.Add(identity.CodeApart)) != nil {
		t.Error("20 seconds are too soon")
	}
	if e := fault.As(identity.TooSoon(begin, begin)); e == nil || e.Limit.Name != "codes-apart" || e.Retry != identity.CodeApart {
		t.Errorf("at once: %+v", e)
	}
}

func TestOnlyTheLastDayIsRemembered(t *testing.T) {
	t.Parallel()
	a := &identity.Asked{At: []time.Time{begin}}
	if err := a.Take(begin.Add(24 * time.Hour)); err != nil || len(a.At) != 1 {
		t.Errorf("%d remembered, %v", len(a.At), err)
	}
}

func TestADigestDependsOnKeyPersonAndCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range [][]byte{
		identity.Digest([]byte("k"), "u", "123456"), identity.Digest([]byte("l"), "u", "123456"),
		identity.Digest([]byte("k"), "v", "123456"), identity.Digest([]byte("k"), "u", "123457"),
	} {
		if seen[string(d)] {
			t.Error("two digests are the same")
		}
		seen[string(d)] = true
	}
}

func TestParseCodeReadsWhatIsPasted(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456\n": "123456", "123-456": "123456", "1\u00a02\t3\r4 5 6": "123456", "000000": "000000",
		"": "", "12345": "", "1234567": "", "12345a": "", "１２３４５６": "123456", "123.456": "123456", "+12345": "",
	} {
		got, err := identity.ParseCode(typed)
		e := fault.As(err)
		if got != want || (err == nil) != (want != "") || e != nil && (e.Code != fault.WrongCode || e.Fields[0].Location != "code") {
			t.Errorf("ParseCode(%q) = %q, %v", typed, got, err)
		}
	}
}
