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
	c := &identity.Code{}
	if err := c.Ask(begin, "1"); err != nil {
		t.Fatal(err)
	}
	return c
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
	const second, minute = time.Second, time.Minute
	day := func(n int) (out []time.Duration) { // n codes, an hour apart
		for k := range n {
			out = append(out, time.Duration(k)*time.Hour)
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
		{"at once", []time.Duration{0}, 0, "codes-apart", identity.CodeApart, "in 20 seconds."},
		{"just short", []time.Duration{0}, identity.CodeApart - 1, "codes-apart", 1, "in a second."},
		{"after it", []time.Duration{0}, identity.CodeApart, "", 0, ""},
		{"a sixth in a quarter of an hour", []time.Duration{0, minute, 2 * minute, 3 * minute, 4 * minute}, 5 * minute, "codes", 10 * minute, "in 10 minutes."},
		{"a quarter of an hour after the first", []time.Duration{0, minute, 2 * minute, 3 * minute, 4 * minute}, 15 * minute, "", 0, ""},
		{"a sixteenth in a day", day(15), 15 * time.Hour, "codes-day", 9 * time.Hour, "in 9 hours."},
		{"a day after the first", day(15), 24 * time.Hour, "", 0, ""},
		{"just short of a day", day(15), 24*time.Hour - second, "codes-day", second, "in a second."},
	} {
		code := &identity.Code{}
		for _, at := range c.asked {
			if err := code.Ask(begin.Add(at), "j"); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		err := code.Ask(begin.Add(c.at), "next")
		if c.limit == "" {
			if err != nil || code.Job != "next" {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		e := fault.As(err)
		if e == nil || e.Code != fault.RateLimited || e.Limit.Name != c.limit || e.Retry != c.retry ||
			!strings.HasSuffix(e.Message, c.words) || code.Job != "j" {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

func TestOnlyTheLastDayIsRemembered(t *testing.T) {
	t.Parallel()
	c := asked(t)
	if err := c.Ask(begin.Add(24*time.Hour), "2"); err != nil || len(c.Asked) != 1 {
		t.Errorf("%d remembered, %v", len(c.Asked), err)
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
