package provision_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/contract"
	"latchkey.dev/shared/provision"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func item() provision.Item {
	return provision.New("si_1", contract.Article{Product: contract.Hosting, StorageGB: 30}, "ins_1", noon)
}

func states(i provision.Item) (out []provision.State) {
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
		if i.Claim(now.Add(provision.Lease - 1)) {
			t.Fatalf("%s is claimed twice", i.State)
		}
	}
	claim()
	i.Begun(now, "stack-1")
	if i.Claim(now.Add(provision.Look - 1)) {
		t.Error("looked at too early")
	}
	now = now.Add(provision.Look)
	claim()
	i.Wait(now)
	now = now.Add(provision.Look)
	claim()
	i.There(now)
	now = now.Add(provision.Look)
	claim()
	i.Done(now)
	if want := []provision.State{provision.Requested, provision.Creating, provision.HealthWait, provision.Ready}; !slices.Equal(states(i), want) || i.Working() || !i.Due.IsZero() || i.Handle != "stack-1" || !i.ReadyAt.Equal(now) {
		t.Errorf("%+v", i)
	}
	if i.Claim(now.Add(time.Hour)) || i.Overdue(now.Add(48*time.Hour)) || i.Late(now.Add(time.Hour)) {
		t.Error("what is ready is not left alone")
	}
}

func TestFiveTriesThenADayThenTheMoneyBack(t *testing.T) {
	t.Parallel()
	i, now := item(), noon
	for try := 1; try <= provision.Tries; try++ {
		if !i.Claim(now) {
			t.Fatalf("try %d is not claimed", try)
		}
		i.Fail(now, "no room")
		if try == provision.Tries {
			break
		}
		if i.State != provision.Retrying || i.Claim(i.Due.Add(-1)) {
			t.Fatalf("after try %d: %s", try, i.State)
		}
		now = i.Due
	}
	if i.State != provision.Failed || i.Working() || i.Reason != "no room" || !i.Due.Equal(noon.Add(provision.GiveUp)) {
		t.Fatalf("%+v", i)
	}
	if !i.Late(noon.Add(provision.Slow)) || i.Late(noon.Add(provision.Slow-1)) {
		t.Error("not said to take longer after ten minutes")
	}
	if i.Overdue(i.Due.Add(-1)) || !i.Overdue(i.Due) || i.State != provision.Compensating || !i.Claim(i.Since.Add(provision.GiveUp)) {
		t.Fatalf("after a day: %+v", i)
	}
	i.PaidBack(now)
	if i.State != provision.Refunded || i.Working() || i.Hold(now) || i.Again(now) {
		t.Errorf("%+v", i)
	}
}

func TestAPersonMayAskForMoreTries(t *testing.T) {
	t.Parallel()
	i := item()
	for range provision.Tries {
		i.Fail(noon, "no room")
	}
	if !i.Again(noon) || i.State != provision.Requested || i.Tries != 0 || !i.Claim(noon) {
		t.Errorf("%+v", i)
	}
	if i.Again(noon) {
		t.Error("asked for more while it is tried")
	}
}

func TestAWorkerThatDiedIsReplaced(t *testing.T) {
	t.Parallel()
	i := item()
	if !i.Claim(noon) || i.Claim(noon.Add(provision.Lease-1)) || !i.Claim(noon.Add(provision.Lease)) {
		t.Errorf("%+v", i)
	}
}

func TestWhatIsNotPaidIsHeldToldAndDeleted(t *testing.T) {
	t.Parallel()
	i := item()
	i.Begun(noon, "stack-1")
	i.Done(noon)
	if !i.Hold(noon) || i.Hold(noon) || i.State != provision.Suspended {
		t.Fatalf("%+v", i)
	}
	if !i.Claim(noon) || i.Claim(noon) {
		t.Fatalf("the driver is not told: %+v", i)
	}
	i.Told()
	week := noon.Add(provision.NoticeAfter)
	if !i.Due.Equal(week) || i.Notice(week.Add(-1)) || !i.Notice(week) || i.Notice(week) {
		t.Errorf("the notice: %+v", i)
	}
	over := noon.Add(provision.DeleteAfter)
	if !i.Due.Equal(over) || i.Expire(over.Add(-1)) {
		t.Errorf("before its time: %+v", i)
	}
	back := i
	if !back.Resume(over.Add(-1)) || back.State != provision.Ready || back.Noticed || !back.HeldAt.IsZero() || back.Expire(over) || !back.Claim(over) {
		t.Errorf("paid again: %+v", back)
	}
	if back.Told(); back.Working() || !back.Due.IsZero() {
		t.Errorf("running again: %+v", back)
	}
	if !i.Expire(over) || !i.Claim(over) || i.Resume(over) {
		t.Errorf("in its time: %+v", i)
	}
	i.Gone(over)
	if i.State != provision.Deleted || i.Working() {
		t.Errorf("%+v", i)
	}
	if !i.Renew(over) || i.State != provision.Requested || !i.ReadyAt.IsZero() || !i.Claim(over) {
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
	for ; i.State == provision.Creating; looks++ {
		now = i.Due
		i.Claim(now)
		i.Wait(now)
	}
	if took := now.Sub(noon); i.State != provision.Retrying || i.Reason == "" || took < provision.Stuck || took > provision.Stuck+5*time.Minute || looks > 100 {
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
				case rapid.Bool().Draw(t, "later") && (i.Stale || i.State == provision.Compensating || i.State == provision.Deleting):
					i.Later(now, "x")
				case i.Stale:
					i.Told()
				case i.State == provision.Compensating:
					i.PaidBack(now)
				case i.State == provision.Deleting:
					i.Gone(now)
				default:
					[]func(){func() { i.Begun(now, "h") }, func() { i.There(now) }, func() { i.Wait(now) }, func() { i.Done(now) }, func() { i.Fail(now, "x") }}[rapid.IntRange(0, 4).Draw(t, "outcome")]()
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
			rests := i.State == provision.Ready && !i.Stale || i.State == provision.Refunded || i.State == provision.Deleted
			if rests != i.Due.IsZero() {
				t.Fatalf("%s is due at %v", i.State, i.Due)
			}
			if len(i.Steps) > provision.MaxSteps || i.Steps[0].State != provision.Requested || i.Steps[len(i.Steps)-1].State != i.State {
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
	if !i.Left || i.State != provision.Suspended || !i.HeldAt.Equal(noon) || !i.Stands() {
		t.Errorf("its term begins anew: %+v", i)
	}
	kept := i
	if !kept.Adopt(now) || kept.Left || kept.State != provision.Ready || !kept.Stale {
		t.Errorf("it is not had again: %+v", kept)
	}
	if kept.Adopt(now) {
		t.Error("it is adopted twice")
	}
	now = noon.Add(provision.NoticeAfter)
	if !i.Notice(now) || i.Expire(now) || !i.Expire(noon.Add(provision.DeleteAfter)) || i.Adopt(now) {
		t.Errorf("it is not deleted in its time: %+v", i)
	}
}

func TestWhatIsRemovedIsDeletedLast(t *testing.T) {
	t.Parallel()
	i := item()
	i.Claim(noon) // a worker asks for it at this moment
	i.Remove(noon.Add(time.Second))
	if i.State != provision.Deleting || i.Claim(noon.Add(provision.Lease-1)) {
		t.Errorf("it is deleted before that worker is done: %+v", i)
	}
	if again := i; !again.Released(noon.Add(2*time.Second), noon.Add(provision.Lease)) || !again.Claim(noon.Add(2*time.Second)) {
		t.Errorf("it waits for a worker that is done: %+v", again)
	}
	if !i.Claim(noon.Add(provision.Lease)) {
		t.Errorf("it waits for ever: %+v", i)
	}
	for _, s := range []provision.State{provision.Refunded, provision.Deleted, provision.Compensating} {
		i := provision.Item{State: s}
		if i.Remove(noon); i.State != s || i.Stands() != (s == provision.Compensating) {
			t.Errorf("%s: %+v", s, i)
		}
	}
}
