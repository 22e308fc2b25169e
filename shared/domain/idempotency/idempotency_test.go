package idempotency_test

import (
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/idempotency"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func record(t *testing.T, operation, caller, key string, body any) *idempotency.Record {
	t.Helper()
	r, err := idempotency.For(operation, caller, key, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARequestWithoutAKeyLeavesNoRecord(t *testing.T) {
	t.Parallel()
	r := record(t, "invite", "mb_1", "", 1)
	if r != nil {
		t.Fatalf("got %+v", r)
	}
	if replay, err := r.Replays(nil, noon); replay || err != nil {
		t.Errorf("got %v, %v", replay, err)
	}
}

func TestKeysAreShortAndPrintable(t *testing.T) {
	t.Parallel()
	for key, good := range map[string]bool{
		strings.Repeat("k", idempotency.MaxKey): true, strings.Repeat("k", idempotency.MaxKey+1): false,
		" ~": true, "a\x1f": false, "a\x7f": false, "ü": false, "a\nb": false,
	} {
		if _, err := idempotency.For("invite", "mb_1", key, 1); good != (err == nil) || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestKeysOfOperationsAndCallersAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range [][3]string{{"invite", "mb_1", "k"}, {"resend", "mb_1", "k"}, {"invite", "mb_2", "k"}, {"invite", "mb_1", "l"},
		{"invite", "mb_1k", "k"}} {
		r := record(t, k[0], k[1], k[2], 1)
		if seen[r.Key] {
			t.Errorf("%v has another one's key", k)
		}
		if strings.Contains(r.Key, k[1]) {
			t.Errorf("%v can be read in %q", k, r.Key)
		}
		seen[r.Key] = true
	}
}

func TestARepeatIsKnownForADay(t *testing.T) {
	t.Parallel()
	stored := record(t, "invite", "mb_1", "k", map[string]int{"a": 1, "b": 2})
	stored.At = noon
	same := record(t, "invite", "mb_1", "k", map[string]int{"b": 2, "a": 1})
	other := record(t, "invite", "mb_1", "k", map[string]int{"a": 1})
	for _, c := range []struct {
		name   string
		r      *idempotency.Record
		stored *idempotency.Record
		at     time.Time
		replay bool
		code   fault.Code
	}{
		{"the first time", same, nil, noon, false, ""},
		{"the same again", same, stored, noon, true, ""},
		{"the same at the end of the day", same, stored, noon.Add(idempotency.Lifetime), true, ""},
		{"the same after the day", same, stored, noon.Add(idempotency.Lifetime + 1), false, ""},
		{"another body", other, stored, noon, false, fault.IdempotencyUsed},
		{"another body after the day", other, stored, noon.Add(idempotency.Lifetime + 1), false, ""},
	} {
		replay, err := c.r.Replays(c.stored, c.at)
		if replay != c.replay || (err == nil) != (c.code == "") || err != nil && !fault.Is(err, c.code) {
			t.Errorf("%s: %v, %v", c.name, replay, err)
		}
	}
}
