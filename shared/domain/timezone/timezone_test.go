package timezone_test

import (
	"strings"
	"testing"

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
