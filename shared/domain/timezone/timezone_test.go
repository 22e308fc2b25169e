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
