package batch_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestPortalB1PastedListsAreRead(t *testing.T) {
	t.Parallel()
	for pasted, want := range map[string][][2]string{
		"A <a@x.example>, b@y.example; c@z.example": {{"A", "a@x.example"}, {"", "b@y.example"}, {"", "c@z.example"}},
		"a@x.example b@y.example\tc@z.example\nd@x.example\r\n\r\n\n": {
			{"", "a@x.example"}, {"", "b@y.example"}, {"", "c@z.example"}, {"", "d@x.example"}},
		"Doe, Jane <jane@x.example>; \"Roe, Jim\" <jim@x.example>": {{"Doe, Jane", "jane@x.example"}, {"Roe, Jim", "jim@x.example"}},
		"A <a@x.example> B <b@x.example>":                          {{"A", "a@x.example"}, {"B", "b@x.example"}},
		"Jane Doe jane@x.example":                                  {{"Jane Doe", "jane@x.example"}},
		"jane, jim@x.example":                                      {{"", "jane"}, {"", "jim@x.example"}},
		"nobody at all":                                            {{"", "nobody at all"}},
		"\"open\n b@y.example":                                     {{"", "\"open"}, {"", "b@y.example"}},
		" ,; \n":                                                   nil,
	} {
		lines, err := batch.Paste(pasted)
		var got [][2]string
		for n, l := range lines {
			got = append(got, [2]string{l.Name, l.Email})
			if l.Number != n+1 {
				t.Errorf("%q: line %d is numbered %d", pasted, n+1, l.Number)
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, %v", pasted, got, err)
		}
	}
}

func lines(emails ...string) []batch.Line {
	var out []batch.Line
	for n, e := range emails {
		out = append(out, batch.Line{Number: n + 1, Email: e})
	}
	return out
}

func TestPortalB1ToFiftyLinesAndEmptyOnesAreNone(t *testing.T) {
	t.Parallel()
	many := make([]string, batch.MaxLines+1)
	for n := range many {
		many[n] = "a" + string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@x.example"
	}
	if _, err := batch.Read(lines(many...), batch.MaxLines); !fault.Is(err, fault.Invalid) {
		t.Errorf("51 lines: %v", err)
	}
	all, err := batch.Read(lines(append(many[:batch.MaxLines:batch.MaxLines], "", "  ")...), batch.MaxLines)
	if err != nil || len(all) != batch.MaxLines {
		t.Errorf("50 lines and two empty ones are %d, %v", len(all), err)
	}
	if _, err := batch.Read(lines("", " "), batch.MaxLines); !fault.Is(err, fault.Invalid) {
		t.Errorf("no line: %v", err)
	}
}

func TestPortalB5TheFirstOfTwoLinesCounts(t *testing.T) {
	t.Parallel()
	all, err := batch.Read(lines("Ops@Münch.example", "other@x.example", "ops@xn--mnch-0ra.example", "bad@", "bad@"), batch.MaxLines)
	if err != nil {
		t.Fatal(err)
	}
	want := []batch.Kind{"", "", batch.Duplicate, batch.Invalid, batch.Invalid}
	for n, e := range all {
		if e.Kind != want[n] || e.Number != n+1 {
			t.Errorf("line %d is %q", e.Number, e.Kind)
		}
	}
	if all[2].Of != 1 || all[2].Reason == "" {
		t.Errorf("the duplicate is of line %d: %q", all[2].Of, all[2].Reason)
	}
}

func TestPortalV5NamesThatMayNotBeShownAreInvalid(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"see http://evil.example", "line\nbreak", "bell\a", "<b>"} {
		all, err := batch.Read([]batch.Line{{Number: 7, Email: "a@x.example", Name: name}}, batch.MaxLines)
		if err != nil || all[0].Kind != batch.Invalid || all[0].Reason == "" || all[0].Number != 7 {
			t.Errorf("%q: %+v, %v", name, all, err)
		}
	}
}

// paced says about how many minutes from now so many invites go out.
func paced(a *agency.Agency, p *batch.Promises, day int, today []time.Time, n int) []int {
	pace := batch.PaceOf(a, now, day, today, p)
	var out []int
	for range n {
		at := pace.Next(now)
		if at.After(now) {
			p.Promise(at)
		} else {
			i := slices.IndexFunc(a.Sends.Slots[:], time.Time.IsZero)
			a.Sends.Slots[i] = at
		}
		out = append(out, int(at.Sub(now)/time.Minute))
	}
	return out
}

func grown() *agency.Agency { return &agency.Agency{CreatedAt: now.Add(-365 * 24 * time.Hour)} }

func TestPortalB6TwentyFiveLinesGoOutInThreeHours(t *testing.T) {
	t.Parallel()
	got := paced(grown(), &batch.Promises{}, 300, nil, 25)
	want := slices.Concat(slices.Repeat([]int{0}, 10), slices.Repeat([]int{60}, 10), slices.Repeat([]int{120}, 5))
	if !slices.Equal(got, want) {
		t.Errorf("they go out after %v minutes", got)
	}
}

func TestPortalB6WhatOthersSendAndWasPromisedIsCounted(t *testing.T) {
	t.Parallel()
	a, p := grown(), &batch.Promises{}
	for n := range 7 {
		a.Sends.Slots[n] = now.Add(-30 * time.Minute)
	}
	got := paced(a, p, 300, nil, 12)
	want := slices.Concat(slices.Repeat([]int{0}, 3), slices.Repeat([]int{30}, 7), slices.Repeat([]int{60}, 2))
	if !slices.Equal(got, want) {
		t.Errorf("they go out after %v minutes", got)
	}
	if more := batch.PaceOf(a, now, 300, nil, p).Next(now); more.Sub(now) != time.Hour {
		t.Errorf("the next batch begins after %s", more.Sub(now))
	}
	p.Forget(now.Add(30 * time.Minute))
	if more := batch.PaceOf(a, now, 300, nil, p).Next(now); more.Sub(now) != 30*time.Minute {
		t.Errorf("what is given back is free after %s", more.Sub(now))
	}
}

func TestPortalB6ADayAndAFirstWeekAreKept(t *testing.T) {
	t.Parallel()
	today := slices.Repeat([]time.Time{now.Add(-23 * time.Hour)}, 39)
	if got := paced(grown(), &batch.Promises{}, 40, today, 3); !slices.Equal(got, []int{0, 60, 60}) {
		t.Errorf("after the day's mails they go out after %v minutes", got)
	}
	young := &agency.Agency{CreatedAt: now.Add(-6 * 24 * time.Hour), Sends: agency.Sends{Total: 49}}
	if got := paced(young, &batch.Promises{}, 300, nil, 2); !slices.Equal(got, []int{0, 24 * 60}) {
		t.Errorf("in the first week they go out after %v minutes", got)
	}
}

// TestFE31NoPaceEverPromisesMoreThanTenInAnyHour asks with any sends and promises of before, and holds the times to the limits' own
// definition; and that none of them could have been earlier.
func TestFE31NoPaceEverPromisesMoreThanTenInAnyHour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		fits := func(times []time.Time, most int, window time.Duration) bool {
			slices.SortFunc(times, time.Time.Compare)
			for i := most; i < len(times); i++ {
				if times[i].Sub(times[i-most]) < window {
					return false
				}
			}
			return true
		}
		minutes := rapid.SliceOfN(rapid.IntRange(-70, 240), 0, 40).Draw(r, "minutes of what was sent and promised")
		a, p := grown(), &batch.Promises{}
		var all []time.Time
		slot := 0
		for _, m := range minutes {
			at := now.Add(time.Duration(m) * time.Minute)
			if !fits(append(slices.Clone(all), at), 10, time.Hour) || m <= 0 && slot == len(a.Sends.Slots) {
				continue
			}
			all = append(all, at)
			if m > 0 {
				p.Promise(at)
				continue
			}
			a.Sends.Slots[slot] = at
			slot++
		}
		pace := batch.PaceOf(a, now, 25, nil, p)
		for range rapid.IntRange(1, 30).Draw(r, "lines") {
			at := pace.Next(now)
			if sooner := at.Add(-time.Minute); !sooner.Before(now) {
				hour, day := append(slices.Clone(all), sooner), append(slices.Clone(all), sooner)
				day = slices.DeleteFunc(day, func(x time.Time) bool { return !x.After(now) && !slices.Contains(all, x) })
				if fits(hour, 10, time.Hour) && fits(day, 25, 24*time.Hour) && len(p.Times) == 0 && slot == 0 {
					r.Fatalf("%s later than it could be", time.Minute)
				}
			}
			all = append(all, at)
			if !fits(slices.Clone(all), 10, time.Hour) {
				r.Fatalf("more than ten within an hour of %s", at)
			}
		}
	})
}

func TestPortalB6AThousandMayWaitAndNoMore(t *testing.T) {
	t.Parallel()
	p := &batch.Promises{}
	for range batch.MaxScheduled {
		p.Promise(now.Add(time.Hour))
	}
	if f := fault.As(p.Room(now)); f == nil || f.Code != fault.RateLimited || f.Retry != time.Hour {
		t.Errorf("one more: %v", f)
	}
	if err := p.Room(now.Add(2 * time.Hour)); err != nil {
		t.Errorf("once they are out: %v", err)
	}
}

func TestPortalB1ARoleThatIsNamedTwiceIsGivenOnce(t *testing.T) {
	t.Parallel()
	many := make([]id.Role, 3000)
	for n := range many {
		many[n] = id.Role("r" + strconv.Itoa(n%2000))
	}
	ten := many[:batch.MaxRoles]
	for _, c := range []struct {
		typed, want []id.Role
		kind        batch.Kind
	}{
		{[]id.Role{"a", "b", "a", "a"}, []id.Role{"a", "b"}, ""},
		{slices.Repeat([]id.Role{"a"}, 40), []id.Role{"a"}, ""},
		{ten, ten, ""},
		{append(slices.Clone(ten), ten...), ten, ""},
		{many[:batch.MaxRoles+1], ten, batch.Invalid},
		{many, ten, batch.Invalid}, // as much of it as is kept
	} {
		got, err := batch.Read([]batch.Line{{Number: 1, Email: "a@x.example", Roles: c.typed}}, 1)
		if err != nil || got[0].Kind != c.kind || !slices.Equal(got[0].Roles, c.want) {
			t.Errorf("%d roles: %v with %v, %v, want %v", len(c.typed), got[0].Roles, got[0].Kind, err, c.want)
		}
	}
}

// TestPortalV3WhatIsKeptOfALineIsBounded holds that an item of lines has room, whatever somebody has typed.
func TestPortalV3WhatIsKeptOfALineIsBounded(t *testing.T) {
	t.Parallel()
	const room = 400 << 10 / batch.Part // what an item can have
	long := strings.Repeat("\U0001F600", 20_000)
	for _, l := range []batch.Line{{Email: long + "@x.example"}, {Email: "a@x.example", Name: long},
		{Email: "a@x.example", Name: "see https://x.example/" + long}, {Email: "a@x.example", Problem: long},
		{Email: long, Name: long, Roles: slices.Repeat([]id.Role{batch.Unknown(long), batch.Unknown("x" + long)}, 100)}} {
		got, err := batch.Read([]batch.Line{l}, 1)
		if err != nil {
			t.Fatal(err)
		}
		e, n := got[0], 0
		for _, s := range []string{e.Email, e.Name, e.Reason, e.Problem, string(e.Address), e.Shown} {
			n += len(s)
		}
		for _, r := range e.Roles {
			n += len(r) + 4
		}
		if n+500 > room {
			t.Errorf("%.30q, %.30q: %d bytes are kept", l.Email, l.Name, n)
		}
	}
	if r := batch.Unknown(long); batch.Known(r) || !strings.HasPrefix(batch.Called(r), "\U0001F600") || !batch.Known("rol_1") ||
		batch.Called("rol_1") != "rol_1" {
		t.Errorf("%q", r)
	}
}
