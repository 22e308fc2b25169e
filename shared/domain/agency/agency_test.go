package agency_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// grown is an agency that is past its first week.
func grown() *agency.Agency {
	return &agency.Agency{Plan: agency.Max, CreatedAt: noon.Add(-agency.Probation)}
}

// send takes a slot and keeps it, as the store does.
func send(a *agency.Agency, now time.Time, seed uint64) error {
	s, err := a.Take(now, seed)
	if err == nil {
		a.Sends.Slots[s.Index] = s.New
		a.Sends.Total++
	}
	return err
}

func TestMayInviteAsksForMaxAndGoodStanding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan      agency.Plan
		suspended bool
		want      fault.Code
	}{{agency.Max, false, ""}, {agency.Free, false, fault.PlanRequired}, {"", false, fault.PlanRequired},
		{agency.Max, true, fault.Suspended}, {agency.Free, true, fault.Suspended}} {
		err := (&agency.Agency{Plan: c.plan, Suspended: c.suspended}).MayInvite()
		if (err == nil) != (c.want == "") || err != nil && !fault.Is(err, c.want) {
			t.Errorf("plan %q, suspended %v: %v", c.plan, c.suspended, err)
		}
	}
}

// However sends are spread, no hour holds more than ten; and whoever is refused is let in at the moment that the
// refusal names, and not a millisecond before.
func TestNoHourHoldsMoreThanTenSends(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, now := grown(), noon
		var sent []time.Time
		for range rapid.IntRange(1, 80).Draw(t, "sends") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 20*60*1000).Draw(t, "gap")) * time.Millisecond)
			seed := rapid.Uint64().Draw(t, "seed")
			inHour := 0
			for _, at := range sent {
				if now.Sub(at) < agency.Window {
					inHour++
				}
			}
			if left := a.Left(now); left != agency.HourlyInvites-inHour {
				t.Fatalf("%d left with %d sent within the hour", left, inHour)
			}
			err := send(a, now, seed)
			if inHour < agency.HourlyInvites {
				if err != nil {
					t.Fatalf("refused with %d sent within the hour: %v", inHour, err)
				}
				sent = append(sent, now)
				continue
			}
			e := fault.As(err)
			if e == nil || e.Code != fault.RateLimited || e.Message != words.Say(agency.LimitMessage) ||
				e.Limit != (fault.Limit{Name: "invites", Quota: 10, Window: time.Hour}) {
				t.Fatalf("an eleventh send within the hour: %v", err)
			}
			if want := sent[len(sent)-10].Add(agency.Window).Sub(now); e.Retry != want {
				t.Fatalf("told to come back in %s, not %s", e.Retry, want)
			}
			if _, err := a.Take(now.Add(e.Retry-time.Millisecond), seed); err == nil {
				t.Fatal("let in too early")
			}
			if _, err := a.Take(now.Add(e.Retry), seed); err != nil {
				t.Fatalf("not let in when told: %v", err)
			}
		}
	})
}

func TestASlotIsTakenByItsOldValue(t *testing.T) {
	t.Parallel()
	a := grown()
	for seed := range uint64(20) {
		s, err := a.Take(noon, seed)
		if err != nil || s.Index != int(seed%10) || !s.Old.IsZero() || !s.New.Equal(noon) || s.MaxTotal != 0 {
			t.Errorf("seed %d: %+v, %v", seed, s, err)
		}
	}
	a.Sends.Slots[3] = noon
	if s, err := a.Take(noon, 3); err != nil || s.Index != 4 {
		t.Errorf("a taken place is not passed over: %+v, %v", s, err)
	}
	later := noon.Add(agency.Window)
	if s, err := a.Take(later, 3); err != nil || s.Index != 3 || !s.Old.Equal(noon) || !s.New.Equal(later) {
		t.Errorf("a place an hour old is not taken again: %+v, %v", s, err)
	}
}

func TestAYoungAgencyHasFiftyInvitesInItsFirstWeek(t *testing.T) {
	t.Parallel()
	a := &agency.Agency{CreatedAt: noon}
	now := noon
	for n := range agency.ProbationInvites {
		now = now.Add(6 * time.Minute)
		if err := send(a, now, uint64(n)); err != nil {
			t.Fatalf("send %d: %v", n+1, err)
		}
	}
	now = now.Add(2 * time.Hour)
	e := fault.As(send(a, now, 0))
	if e == nil || e.Code != fault.RateLimited || e.Limit.Name != "first-week" || e.Limit.Quota != 50 ||
		e.Retry != noon.Add(agency.Probation).Sub(now) {
		t.Fatalf("send 51: %+v", e)
	}
	if err := send(a, now.Add(e.Retry-1), 0); err == nil {
		t.Error("let in before the week is over")
	}
	if err := send(a, now.Add(e.Retry), 0); err != nil {
		t.Errorf("not let in after the week: %v", err)
	}
	if s, err := (&agency.Agency{CreatedAt: noon}).Take(noon, 0); err != nil || s.MaxTotal != agency.ProbationInvites {
		t.Errorf("the write does not hold a young agency to its allowance: %+v, %v", s, err)
	}
}
