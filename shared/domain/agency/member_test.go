package agency_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
)

func people() agency.Members {
	return agency.Members{{ID: "mb_a", Email: "a@x.example", Level: agency.Owner}, {ID: "mb_b", Email: "b@x.example", Level: agency.Admin}}
}

func TestOnlyOwnersManage(t *testing.T) {
	t.Parallel()
	all := people()
	if err := all.MayManage("mb_a"); err != nil {
		t.Error(err)
	}
	if err := all.MayManage("mb_b"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an admin: %v", err)
	}
	if err := all.MayManage("mb_c"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("somebody who has left: %v", err)
	}
}

func TestAnOwnerRemains(t *testing.T) {
	t.Parallel()
	all := people()
	for _, role := range []agency.Level{agency.Admin, ""} {
		if err := all.MayLose("mb_a", role); !fault.Is(err, fault.LastOwner) {
			t.Errorf("the only owner becomes %q: %v", role, err)
		}
		if err := all.MayLose("mb_b", role); err != nil {
			t.Errorf("an admin becomes %q: %v", role, err)
		}
	}
	if err := all.MayLose("mb_a", agency.Owner); err != nil {
		t.Errorf("the owner stays: %v", err)
	}
	all[1].Level = agency.Owner
	if err := all.MayLose("mb_a", ""); err != nil {
		t.Errorf("one of two owners goes: %v", err)
	}
}

func TestAWelcomeIsTriedAFewTimesAndNeverStuck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	n := agency.NewNotice(now)
	job := n.Job
	if n.Claim(now, "other") || !n.Claim(now, job) || n.Claim(now, job) {
		t.Error("a job is claimed once, by its name")
	}
	if n.Nudge(now) != "" {
		t.Error("a worker that is at it is left alone")
	}
	seen := map[string]bool{job: true}
	for n.Job != "" {
		if n.Due.IsZero() {
			t.Fatal("it waits without a due time")
		}
		next := n.Nudge(n.Due)
		if next == "" {
			break
		}
		if seen[next] {
			t.Fatalf("the job %s comes twice", next)
		}
		seen[next] = true
		if len(seen) > 20 {
			t.Fatal("it is tried without end")
		}
	}
	if n != (agency.Notice{}) {
		t.Errorf("given up, it is %+v", n)
	}
	n = agency.NewNotice(now)
	before := time.Duration(0)
	for n.Claim(now, n.Job) {
		wait, more := n.Retry(now)
		if more && wait <= before {
			t.Errorf("%s after %s", wait, before)
		}
		before = wait
	}
	if n != (agency.Notice{}) {
		t.Errorf("after all tries it is %+v", n)
	}
}

func TestNamesAndColours(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"": agency.DefaultColor, " #0B6E4F ": "#0b6e4f", "#ffffff": "#ffffff"} {
		if got, err := agency.ParseColor(typed); got != want || err != nil {
			t.Errorf("%q is %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"red", "#fff", "#12345g", "0b6e4f", "#0b6e4f0", "#0b6e4f;}"} {
		if _, err := agency.ParseColor(typed); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if got, err := agency.ParseName("  Northwind  "); got != "Northwind" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, typed := range []string{"", " ", "a\nb"} {
		if _, err := agency.ParseName(typed); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
