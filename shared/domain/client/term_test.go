package client_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/purchase"
)

const (
	lent = "ins_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	own  = "ins_01KAM5Q0Z8W3RN6T0V4K2M9QXC"
)

// both is a client that was lent one instance and has bought another.
func both(t *testing.T) *client.Client {
	t.Helper()
	c := joined(t)
	c.Grants = []instance.Grant{{Resource: lent, Access: instance.Read, Name: "Flows"},
		{Resource: own, Access: instance.Write, Name: "Own"}}
	c.Items = []purchase.Item{{Resource: own}}
	return c
}

func TestPortalLK16AccessEndsAtTheMillisecondAndWhatWasBoughtStays(t *testing.T) {
	t.Parallel()
	c := both(t)
	end := noon.Add(48 * time.Hour)
	if !c.SetTerm(end, noon) || c.SetTerm(end, noon) {
		t.Fatal("a term is set once")
	}
	before := end.Add(-time.Millisecond)
	if c.Lapsed(before) || c.AccessAt(lent, before) != instance.Read || len(c.GrantsAt(before)) != 2 || len(c.Lost(before)) != 0 {
		t.Error("it is over a millisecond too early")
	}
	for _, at := range []time.Time{end, end.Add(time.Millisecond)} {
		if !c.Lapsed(at) || c.AccessAt(lent, at) != "" || c.AccessAt(own, at) != instance.Write || len(c.OpenAt(at)) != 1 {
			t.Errorf("at %v: %v", at, c.GrantsAt(at))
		}
		if lost := c.Lost(at); len(lost) != 1 || lost[0].Resource != lent {
			t.Errorf("at %v it has lost %v", at, lost)
		}
		if !c.Joined() || c.At(at) != client.Active {
			t.Error("it is no client any more, though only its access has ended")
		}
	}
	if !c.SetTerm(time.Time{}, end) || c.AccessAt(lent, end) != instance.Read {
		t.Error("what a term that was lifted had ended does not come back")
	}
}

func TestX22TheAgencyIsWarnedAWeekAndADayBeforeAndOnceEach(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	c := both(t)
	end := noon.Add(30 * day)
	c.SetTerm(end, noon)
	warned := func(at time.Time) []time.Duration {
		t.Helper()
		var out []time.Duration
		for range 5 {
			left, ok := c.Warn(at)
			if !ok {
				break
			}
			out = append(out, left)
		}
		return out
	}
	one := func(at time.Time, want time.Duration) {
		t.Helper()
		if due := c.Due(); !due.Equal(at) {
			t.Errorf("due at %v, not %v", due, at)
		}
		if got := warned(at.Add(-time.Millisecond)); len(got) != 0 {
			t.Errorf("a millisecond before %v: %v", at, got)
		}
		if got := warned(at); len(got) != 1 || got[0] != want {
			t.Errorf("at %v: %v", at, got)
		}
	}
	one(end.Add(-7*day), 7*day)
	one(end.Add(-day), day)
	c.SetTerm(end.Add(client.Extension), end.Add(-day)) // put off: all of it comes once more
	end = end.Add(client.Extension)
	one(end.Add(-7*day), 7*day)
	one(end.Add(-day), day)
	one(end, 0)
	if !c.Due().IsZero() || len(warned(end.Add(day))) != 0 {
		t.Errorf("after the end it is due at %v", c.Due())
	}

	c.SetTerm(noon.Add(5*day), noon) // a week before is over: who sets the term knows it
	one(noon.Add(4*day), day)
	c.SetTerm(noon.Add(30*day), noon) // nobody came by for long
	if got := warned(noon.Add(30*day - time.Hour)); len(got) != 1 || got[0] != day {
		t.Errorf("late: %v", got)
	}
	c.SetTerm(noon, noon)
	if got := warned(noon.Add(day)); len(got) != 0 {
		t.Errorf("of an access that was ended at once: %v", got)
	}
	c.SetTerm(noon.Add(30*day), noon)
	c.End(noon, client.ByAgency)
	if got := warned(noon.Add(31 * day)); len(got) != 0 || !c.Due().IsZero() {
		t.Errorf("of a client that was removed: %v, due %v", got, c.Due())
	}
}

// TestPortalFL22ATermCanBeWrittenInEveryTimeZone holds that no end is taken that neither RFC 3339 nor a form can show.
func TestPortalFL22ATermCanBeWrittenInEveryTimeZone(t *testing.T) {
	t.Parallel()
	for typed, good := range map[string]bool{"9999-12-30T00:00:00Z": true, "9999-12-30T00:00:00.001Z": false,
		"9999-12-29T10:00:00-14:00": true, "9999-12-31T23:59:59-14:00": false, "9999-12-31T23:59:59Z": false} {
		at, err := time.Parse(time.RFC3339Nano, typed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ReadTerm("expiresAt", at, noon); (err == nil) != good || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", typed, err)
		}
	}
}
