package timezone_test

import (
	"archive/zip"
	"io"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/timezone"
)

func TestFL19ATimeZoneIsReadByItsName(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"": "", "UTC": "", " utc ": "", "Europe/Berlin": "Europe/Berlin",
		" America/Argentina/Buenos_Aires ": "America/Argentina/Buenos_Aires"} {
		if got, err := timezone.Parse("timeZone", typed); err != nil || got != want {
			t.Errorf("%q is read as %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"Local", "Berlin", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin",
		strings.Repeat("a/", 4000)} {
		f := fault.As(func() error { _, err := timezone.Parse("timeZone", typed); return err }())
		if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "timeZone" {
			t.Errorf("%.40q is taken, or refused with %v", typed, f)
		}
	}
	for _, name := range timezone.Usual() {
		if _, err := timezone.Parse("timeZone", name); err != nil {
			t.Errorf("%s is offered, and refused: %v", name, err)
		}
	}
}

// TestFL19TheZonesAreThoseOfGo: the file is written anew when a newer Go knows newer zones.
func TestFL19TheZonesAreThoseOfGo(t *testing.T) {
	t.Parallel()
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close() //nolint:errcheck // it is only read
	n := 0
	for _, f := range all.File {
		if !strings.Contains(f.Name, "/") || strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.LoadLocationFromTZData(f.Name, data)
		if err != nil {
			t.Fatal(err)
		}
		if got := timezone.Load(f.Name); got.String() != f.Name || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is not what Go has; run go generate ./shared/domain/timezone", f.Name)
		}
		n++
	}
	if n < 500 {
		t.Errorf("Go has %d zones", n)
	}
}

func TestFL19AZoneThatIsNotThereSaysThatItIsUTC(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "UTC", "Europe/Nowhere", "Local", "705", "Europe"} {
		if l := timezone.Load(name); l.String() != "UTC" || time.Unix(0, 0).In(l).Format("15:04 MST") != "00:00 UTC" {
			t.Errorf("%q is %v", name, l)
		}
	}
	summer := time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC).In(timezone.Load("Europe/Berlin"))
	if got := summer.Format("15:04 MST"); got != "14:00 CEST" {
		t.Errorf("noon in UTC is %s in Berlin", got)
	}
}

func BenchmarkZoneThatIsAskedForFirst(b *testing.B) {
	for b.Loop() {
		if _, err := timezone.Parse("timeZone", "Europe/Nowhere"); err == nil { // which reads all
			b.Fatal("it is there")
		}
	}
}

// TestSenderR7WhatClocksSkipOrShowTwiceIsDefined reads times of day around changes of clocks.
func TestSenderR7WhatClocksSkipOrShowTwiceIsDefined(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, local, want string }{
		{"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00Z"},       // skipped: the first that there is after it
		{"Europe/Berlin", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},       // before
		{"Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},       // after
		{"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"},       // shown twice: the first
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z"},    // so here
		{"Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00Z"}, // half an hour is skipped
		{"Pacific/Apia", "2011-12-30 08:00", "2011-12-30T10:00:00Z"},        // and here a day
		{"Asia/Kathmandu", "2026-06-01 08:00", "2026-06-01T02:15:00Z"},
		{"", "2026-06-01 08:00", "2026-06-01T08:00:00Z"},
	} {
		wall, err := time.Parse("2006-01-02 15:04", c.local)
		if err != nil {
			t.Fatal(err)
		}
		y, m, d := wall.Date()
		got := timezone.At(y, m, d, wall.Hour(), wall.Minute(), timezone.Load(c.zone))
		if s := got.UTC().Format(time.RFC3339); s != c.want {
			t.Errorf("%s in %q is %s, want %s", c.local, c.zone, s, c.want)
		}
	}
}

// TestSenderR7EveryMomentIsReadBack shows moments of two centuries by the clocks of every zone and reads them: what comes is the moment,
// or the first of the two with that time of day.
func TestSenderR7EveryMomentIsReadBack(t *testing.T) {
	t.Parallel()
	names := timezone.Names()
	rapid.Check(t, func(t *rapid.T) {
		zone := timezone.Load(rapid.SampledFrom(names).Draw(t, "zone"))
		at := time.Unix(rapid.Int64Range(-2e9, 5e9).Draw(t, "minute")/60*60, 0).In(zone)
		at = at.Add(-time.Duration(at.Second()) * time.Second) // offsets of old have seconds
		y, m, d := at.Date()
		got := timezone.At(y, m, d, at.Hour(), at.Minute(), zone)
		if got.After(at) || got.Format("2006-01-02 15:04") != at.Format("2006-01-02 15:04") {
			t.Fatalf("%v is read as %v", at, got)
		}
	})
}

func TestSenderR6NamesOfZonesAreThoseThatThereAre(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"Europe/Berlin": "Europe/Berlin", "Europe/Kiev": "Europe/Kiev", " Asia/Tokyo ": "Asia/Tokyo",
		"UTC": "", "America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires"} {
		if got, err := timezone.Parse("timeZone", typed); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"Local", "europe/berlin", "../etc/passwd", "Europe/../Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin",
		"Mars/Olympus", "+02:00", "EST", "Europe/Berlin\x00", strings.Repeat("a/", 40)} {
		if got, err := timezone.Parse("timeZone", typed); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", typed, got)
		}
	}
}
