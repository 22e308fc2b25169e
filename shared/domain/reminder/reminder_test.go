package reminder_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/timezone"
)

const week = 7 * 24 * time.Hour

func berlin(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, timezone.Load("Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSenderR1TwoRemindersAreUsual(t *testing.T) {
	t.Parallel()
	sent := berlin(t, "2026-12-01 10:00")
	end := sent.Add(week)
	for name, c := range map[string]struct {
		s    reminder.Settings
		want []time.Duration
	}{
		"usual":                {reminder.Settings{}, []time.Duration{3 * 24 * time.Hour, 6 * 24 * time.Hour}},
		"off":                  {reminder.Settings{Off: true}, nil},
		"no first":             {reminder.Settings{First: -1}, []time.Duration{6 * 24 * time.Hour}},
		"no last":              {reminder.Settings{Last: -1}, []time.Duration{3 * 24 * time.Hour}},
		"both at once":         {reminder.Settings{First: 6, Last: 24}, []time.Duration{6 * 24 * time.Hour}},
		"the first comes last": {reminder.Settings{First: 6, Last: 72}, []time.Duration{4 * 24 * time.Hour}},
		"neither":              {reminder.Settings{First: -1, Last: -1}, nil},
	} {
		got := c.s.Wanted(sent, end)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i := range got {
			if got[i].Sub(sent) != c.want[i] {
				t.Errorf("%s: reminder %d after %s, want %s", name, i, got[i].Sub(sent), c.want[i])
			}
		}
	}
}

func TestSenderR1WhatCanBeChosenIsBounded(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	for _, c := range []struct {
		change      reminder.Change
		ok          bool
		first, last int
	}{
		{reminder.Change{FirstDays: n(6), LastHours: n(6)}, true, 6, 6},
		{reminder.Change{FirstDays: n(0), LastHours: n(0)}, true, 0, 0},
		{reminder.Change{LastHours: n(72)}, true, 3, 72},
		{reminder.Change{FirstDays: n(7)}, false, 0, 0},
		{reminder.Change{FirstDays: n(-1)}, false, 0, 0},
		{reminder.Change{LastHours: n(5)}, false, 0, 0},
		{reminder.Change{LastHours: n(73)}, false, 0, 0},
	} {
		got, err := reminder.Settings{}.With(c.change)
		if (err == nil) != c.ok || c.ok && (got.FirstDays() != c.first || got.LastHours() != c.last) {
			t.Errorf("%+v gives %+v, %v", c.change, got, err)
		}
	}
}

func TestSenderR4NightsAndWeekendsAreQuiet(t *testing.T) {
	t.Parallel()
	zone := timezone.Load("Europe/Berlin")
	end := berlin(t, "2026-12-08 18:00") // a Tuesday
	for name, c := range map[string]struct {
		s          reminder.Settings
		want, from string
		day        string // on which it goes out; "" for not at all
		hour       int
	}{
		"by day":                         {reminder.Settings{}, "2026-12-03 11:30", "2026-12-01 10:00", "2026-12-03", 11},
		"at night, before midnight":      {reminder.Settings{}, "2026-12-03 20:00", "2026-12-01 10:00", "2026-12-04", 8},
		"at night, after midnight":       {reminder.Settings{}, "2026-12-03 07:59", "2026-12-01 10:00", "2026-12-03", 8},
		"on a Saturday":                  {reminder.Settings{}, "2026-12-05 11:00", "2026-12-01 10:00", "2026-12-07", 8},
		"on a Saturday that counts":      {reminder.Settings{Weekends: true}, "2026-12-05 11:00", "2026-12-01 10:00", "2026-12-05", 11},
		"in the night before the end":    {reminder.Settings{}, "2026-12-07 22:00", "2026-12-01 10:00", "2026-12-08", 8},
		"not within twelve hours":        {reminder.Settings{}, "2026-12-03 10:00", "2026-12-03 12:00", "2026-12-03", 12},
		"less than two hours before":     {reminder.Settings{}, "2026-12-08 16:01", "2026-12-01 10:00", "", 0},
		"exactly two hours before":       {reminder.Settings{}, "2026-12-08 16:00", "2026-12-01 10:00", "2026-12-08", 16},
		"it may not go out early enough": {reminder.Settings{}, "2026-12-07 10:00", "2026-12-08 16:30", "", 0},
	} {
		at, ok := c.s.Fit(berlin(t, c.want), berlin(t, c.from), end, zone, "in_1")
		if ok != (c.day != "") {
			t.Errorf("%s: %v, %t", name, at, ok)
			continue
		}
		if local := at.In(zone); ok && (local.Format("2006-01-02") != c.day || local.Hour() != c.hour) {
			t.Errorf("%s: goes out at %v, want %s at %d", name, local, c.day, c.hour)
		}
	}
}

// TestSenderR4WhatHasNoMorningLeftGoesOutTheEveningBefore has an invitation end in the morning after a weekend.
func TestSenderR4WhatHasNoMorningLeftGoesOutTheEveningBefore(t *testing.T) {
	t.Parallel()
	zone := timezone.Load("Europe/Berlin")
	for _, c := range []struct{ end, want, from, at string }{
		{"2026-12-09 09:00", "2026-12-08 21:00", "2026-12-01 10:00", "2026-12-08 18:00"}, // Tuesday, 18:00
		{"2026-12-07 09:30", "2026-12-06 09:30", "2026-12-01 10:00", "2026-12-04 18:00"}, // Sunday: back to Friday
		{"2026-12-07 09:30", "2026-12-06 09:30", "2026-12-04 19:00", ""},                 // which is over
	} {
		at, ok := reminder.Settings{}.Fit(berlin(t, c.want), berlin(t, c.from), berlin(t, c.end), zone, "in_1")
		if got := at.In(zone).Format("2006-01-02 15:04"); ok != (c.at != "") || ok && got != c.at {
			t.Errorf("one that ends at %s goes out at %s (%t), want %s", c.end, got, ok, c.at)
		}
	}
}

func TestSenderR4ThoseThatWaitForAMorningAreSpread(t *testing.T) {
	t.Parallel()
	zone := timezone.Load("Europe/Berlin")
	seen := map[time.Time]bool{}
	for _, name := range []string{"in_1", "in_2", "in_3", "in_4", "in_5", "in_6", "in_7", "in_8"} {
		at, ok := reminder.Settings{}.Fit(berlin(t, "2026-12-03 02:00"), berlin(t, "2026-12-01 10:00"), berlin(t, "2026-12-08 10:00"),
			zone, name)
		if !ok || at.In(zone).Hour() != reminder.Morning {
			t.Errorf("%s: %v", name, at)
		}
		again, _ := reminder.Settings{}.Fit(berlin(t, "2026-12-03 02:00"), berlin(t, "2026-12-01 10:00"), berlin(t, "2026-12-08 10:00"),
			zone, name)
		if !again.Equal(at) {
			t.Errorf("%s: %v, and then %v", name, at, again)
		}
		seen[at] = true
	}
	if len(seen) < 8 {
		t.Errorf("eight go out at %d moments", len(seen))
	}
}

// TestSenderR4NoReminderGoesOutAtNight draws zones out of all that there are, moments of two centuries and settings: what goes out does
// so by day, not on a weekend that is quiet, not too soon after the mail before, and never close to the end or after it.
func TestSenderR4NoReminderGoesOutAtNight(t *testing.T) {
	t.Parallel()
	names := timezone.Names()
	rapid.Check(t, func(t *rapid.T) {
		zone := timezone.Load(rapid.SampledFrom(names).Draw(t, "zone"))
		sent := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "sent"), rapid.Int64Range(0, 999).Draw(t, "ms")*1e6)
		end := sent.Add(time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "minutes")) * time.Minute)
		s := reminder.Settings{First: rapid.IntRange(-1, reminder.MostFirst).Draw(t, "first"),
			Last: rapid.IntRange(-1, reminder.MostLast).Draw(t, "last"), Weekends: rapid.Bool().Draw(t, "weekends")}
		now := sent.Add(time.Duration(rapid.IntRange(0, 8*24*60).Draw(t, "late")) * time.Minute)
		last := sent
		for _, want := range s.Wanted(sent, end) {
			from := last.Add(reminder.Apart)
			if from.Before(now) {
				from = now // the sweep was away until then
			}
			at, ok := s.Fit(want, from, end, zone, "in_1")
			if !ok {
				continue
			}
			local := at.In(zone)
			if local.Hour() < 8 || local.Hour() >= 20 {
				t.Fatalf("one goes out at %v", local)
			}
			if d := local.Weekday(); !s.Weekends && (d == time.Saturday || d == time.Sunday) {
				t.Fatalf("one goes out on a %s", d)
			}
			if at.After(end.Add(-2 * time.Hour)) {
				t.Fatalf("one goes out at %v, and the invitation ends at %v", at, end)
			}
			if at.Sub(last) < 12*time.Hour || at.Before(from) {
				t.Fatalf("one goes out at %v, after one at %v and not before %v", at, last, from)
			}
			last = at
		}
	})
}

// TestSenderR4InEveryZoneThereIsAnHour looks at each zone, around each hour of a week with no change of clocks and one with: the usual
// reminders of an ordinary invitation find their hour everywhere.
func TestSenderR4InEveryZoneThereIsAnHour(t *testing.T) {
	t.Parallel()
	for _, name := range timezone.Names() {
		zone := timezone.Load(name)
		for _, begin := range []time.Time{time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)} {
			for hour := range 7 * 24 {
				sent := begin.Add(time.Duration(hour) * time.Hour)
				last := sent
				for _, want := range (reminder.Settings{Weekends: true}).Wanted(sent, sent.Add(week)) {
					at, ok := reminder.Settings{Weekends: true}.Fit(want, last.Add(reminder.Apart), sent.Add(week), zone, name)
					if !ok {
						t.Fatalf("%s: one that was sent at %v has no reminder about %v", name, sent, want)
					}
					if h := at.In(zone).Hour(); h < 8 || h >= 20 || at.After(sent.Add(week-2*time.Hour)) || at.Sub(last) < 12*time.Hour {
						t.Fatalf("%s: one that was sent at %v is reminded of at %v", name, sent, at.In(zone))
					}
					last = at
				}
			}
		}
	}
}

// TestSenderR4TheEveningBeforeIsTheLastThereIs moves a reminder back over a day of 23 hours: to the evening of that day, and not to the one
// before it.
func TestSenderR4TheEveningBeforeIsTheLastThereIs(t *testing.T) {
	t.Parallel()
	s := reminder.Settings{Weekends: true}
	end := berlin(t, "2026-03-30 02:30") // clocks were put forward on Sunday, the day before
	want, from := berlin(t, "2026-03-29 23:30"), berlin(t, "2026-03-25 10:00")
	at, ok := s.Fit(want, from, end, timezone.Load("Europe/Berlin"), "in_1")
	if !ok || !at.Equal(berlin(t, "2026-03-29 18:00")) {
		t.Errorf("it goes out at %v, %t", at, ok)
	}
}
