package purchase_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/purchase"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func item() purchase.Item {
	return purchase.New("si_1", contract.Article{Product: contract.Hosting, StorageGB: 30}, "ins_1", noon)
}

func states(i purchase.Item) (out []purchase.State) {
	for _, s := range i.Steps {
		out = append(out, s.State)
	}
	return out
}

func TestTheWayUp(t *testing.T) {
	t.Parallel()
	i, now := item(), noon
	claim := func() {
		t.Helper()
		if !i.Claim(now) {
			t.Fatalf("%s is not claimed", i.State)
		}
		if i.Claim(now.Add(purchase.Lease - 1)) {
			t.Fatalf("%s is claimed twice", i.State)
		}
	}
	claim()
	i.Begun(now, "stack-1")
	if i.Claim(now.Add(purchase.Look - 1)) {
		t.Error("looked at too early")
	}
	now = now.Add(purchase.Look)
	claim()
	i.Wait(now)
	now = now.Add(purchase.Look)
	claim()
	i.There(now)
	now = now.Add(purchase.Look)
	claim()
	i.Done(now)
	if want := []purchase.State{purchase.Requested, purchase.Creating, purchase.HealthWait, purchase.Ready}; !slices.Equal(states(i),
		want) || i.Working() || !i.Due.IsZero() || i.Handle != "stack-1" || !i.ReadyAt.Equal(now) {
		t.Errorf("%+v", i)
	}
	if i.Claim(now.Add(time.Hour)) || i.Overdue(now.Add(48*time.Hour)) || i.Late(now.Add(time.Hour)) {
		t.Error("what is ready is not left alone")
	}
}

func TestFiveTriesThenADayThenTheMoneyBack(t *testing.T) {
	t.Parallel()
	i, now := item(), noon
	for try := 1; try <= purchase.Tries; try++ {
		if !i.Claim(now) {
			t.Fatalf("try %d is not claimed", try)
		}
		i.Fail(now, "no room")
		if try == purchase.Tries {
			break
		}
		if i.State != purchase.Retrying || i.Claim(i.Due.Add(-1)) {
			t.Fatalf("after try %d: %s", try, i.State)
		}
		now = i.Due
	}
	if i.State != purchase.Failed || i.Working() || i.Reason != "no room" || !i.Due.Equal(noon.Add(purchase.GiveUp)) {
		t.Fatalf("%+v", i)
	}
	if !i.Late(noon.Add(purchase.Slow)) || i.Late(noon.Add(purchase.Slow-1)) {
		t.Error("not said to take longer after ten minutes")
	}
	if i.Overdue(i.Due.Add(-1)) || !i.Overdue(i.Due) || i.State != purchase.Compensating || !i.Claim(i.Since.Add(purchase.GiveUp)) {
		t.Fatalf("after a day: %+v", i)
	}
	i.PaidBack(now)
	if i.State != purchase.Refunded || i.Working() || i.Hold(now) || i.Again(now) {
		t.Errorf("%+v", i)
	}
}

func TestAPersonMayAskForMoreTries(t *testing.T) {
	t.Parallel()
	i := item()
	for range purchase.Tries {
		i.Fail(noon, "no room")
	}
	if !i.Again(noon) || i.State != purchase.Requested || i.Tries != 0 || !i.Claim(noon) {
		t.Errorf("%+v", i)
	}
	if i.Again(noon) {
		t.Error("asked for more while it is tried")
	}
}

func TestAWorkerThatDiedIsReplaced(t *testing.T) {
	t.Parallel()
	i := item()
	if !i.Claim(noon) || i.Claim(noon.Add(purchase.Lease-1)) || !i.Claim(noon.Add(purchase.Lease)) {
		t.Errorf("%+v", i)
	}
}

func TestWhatIsNotPaidIsHeldToldAndDeleted(t *testing.T) {
	t.Parallel()
	i := item()
	i.Begun(noon, "stack-1")
	i.Done(noon)
	if !i.Hold(noon) || i.Hold(noon) || i.State != purchase.Suspended {
		t.Fatalf("%+v", i)
	}
	if !i.Claim(noon) || i.Claim(noon) {
		t.Fatalf("the driver is not told: %+v", i)
	}
	i.Told()
	week := noon.Add(purchase.NoticeAfter)
	if !i.Due.Equal(week) || i.Notice(week.Add(-1)) || !i.Notice(week) || i.Notice(week) {
		t.Errorf("the notice: %+v", i)
	}
	over := noon.Add(purchase.DeleteAfter)
	if !i.Due.Equal(over) || i.Expire(over.Add(-1)) {
		t.Errorf("before its time: %+v", i)
	}
	back := i
	if !back.Resume(over.Add(-1)) || back.State != purchase.Ready || back.Noticed || !back.HeldAt.IsZero() || back.Expire(over) ||
		!back.Claim(over) {
		t.Errorf("paid again: %+v", back)
	}
	if back.Told(); back.Working() || !back.Due.IsZero() {
		t.Errorf("running again: %+v", back)
	}
	if !i.Expire(over) || !i.Claim(over) || i.Resume(over) {
		t.Errorf("in its time: %+v", i)
	}
	i.Gone(over)
	if i.State != purchase.Deleted || i.Working() {
		t.Errorf("%+v", i)
	}
	if !i.Renew(over) || i.State != purchase.Requested || !i.ReadyAt.IsZero() || !i.Claim(over) {
		t.Errorf("paid once more after it was deleted: %+v", i)
	}
	untold := item()
	untold.Hold(noon)
	if untold.Expire(noon.Add(90 * 24 * time.Hour)) {
		t.Error("deleted without notice")
	}
}

// What takes ever longer is looked at ever more rarely, and not for ever.
func TestWhatNeverGetsReadyHasFailed(t *testing.T) {
	t.Parallel()
	i, now, looks := item(), noon, 0
	i.Begun(now, "stack-1")
	for ; i.State == purchase.Creating; looks++ {
		now = i.Due
		i.Claim(now)
		i.Wait(now)
	}
	if took := now.Sub(noon); i.State != purchase.Retrying || i.Reason == "" || took < purchase.Stuck ||
		took > purchase.Stuck+5*time.Minute || looks > 100 {
		t.Errorf("after %v and %d looks: %+v", took, looks, i)
	}
}

// Whatever happens in whatever order, an item is looked after until it rests, and its first two steps stay.
func TestNothingIsForgotten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i, now := item(), noon
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(12*time.Hour)).Draw(t, "pause")))
			switch rapid.IntRange(0, 11).Draw(t, "event") {
			case 0, 1, 2:
				if !i.Claim(now) {
					continue
				}
				switch {
				case rapid.Bool().Draw(t, "later") && (i.Stale || i.State == purchase.Compensating || i.State == purchase.Deleting):
					i.Later(now, "x")
				case i.Stale:
					i.Told()
				case i.State == purchase.Compensating:
					i.PaidBack(now)
				case i.State == purchase.Deleting:
					i.Gone(now)
				default:
					[]func(){func() { i.Begun(now, "h") }, func() { i.There(now) }, func() { i.Wait(now) }, func() { i.Done(now) }, func() {
						i.Fail(now, "x")
					}}[rapid.IntRange(0, 4).Draw(t, "outcome")]()
				}
			case 3:
				i.Claim(now) // and its worker dies
			case 4:
				i.Again(now)
			case 5:
				i.Overdue(now)
			case 6:
				i.Hold(now)
			case 7:
				i.Resume(now)
			case 8:
				i.Notice(now)
			case 9:
				i.Expire(now)
			case 10:
				i.Renew(now)
			case 11:
				i.Doubt(now)
			}
			rests := i.State == purchase.Ready && !i.Stale || i.State == purchase.Refunded || i.State == purchase.Deleted
			if rests != i.Due.IsZero() {
				t.Fatalf("%s is due at %v", i.State, i.Due)
			}
			if len(i.Steps) > purchase.MaxSteps || i.Steps[0].State != purchase.Requested || i.Steps[len(i.Steps)-1].State != i.State {
				t.Fatalf("%+v", i.Steps)
			}
		}
	})
}

func TestWhatIsLeftIsKeptForItsTermAndCanBeAdopted(t *testing.T) {
	t.Parallel()
	i := item()
	i.Claim(noon)
	i.Done(noon)
	i.Hold(noon)
	i.Told()
	now := noon.Add(5 * 24 * time.Hour)
	i.Leave(now)
	if !i.Left || i.State != purchase.Suspended || !i.HeldAt.Equal(noon) || !i.Stands() {
		t.Errorf("its term begins anew: %+v", i)
	}
	kept := i
	if !kept.Adopt(now) || kept.Left || kept.State != purchase.Ready || !kept.Stale {
		t.Errorf("it is not had again: %+v", kept)
	}
	if kept.Adopt(now) {
		t.Error("it is adopted twice")
	}
	now = noon.Add(purchase.NoticeAfter)
	if !i.Notice(now) || i.Expire(now) || !i.Expire(noon.Add(purchase.DeleteAfter)) || i.Adopt(now) {
		t.Errorf("it is not deleted in its time: %+v", i)
	}
}

func TestWhatIsRemovedIsDeletedLast(t *testing.T) {
	t.Parallel()
	i := item()
	i.Claim(noon) // a worker asks for it at this moment
	i.Remove(noon.Add(time.Second))
	if i.State != purchase.Deleting || i.Claim(noon.Add(purchase.Lease-1)) {
		t.Errorf("it is deleted before that worker is done: %+v", i)
	}
	if again := i; !again.Released(noon.Add(2*time.Second), noon.Add(purchase.Lease)) || !again.Claim(noon.Add(2*time.Second)) {
		t.Errorf("it waits for a worker that is done: %+v", again)
	}
	if !i.Claim(noon.Add(purchase.Lease)) {
		t.Errorf("it waits for ever: %+v", i)
	}
	for _, s := range []purchase.State{purchase.Refunded, purchase.Deleted, purchase.Compensating} {
		i := purchase.Item{State: s}
		if i.Remove(noon); i.State != s || i.Stands() != (s == purchase.Compensating) {
			t.Errorf("%s: %+v", s, i)
		}
	}
}
