package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/engine/journal"
)

func open(t *testing.T, path string) (*journal.Journal, []string) {
	t.Helper()
	var got []string
	j, err := journal.Open(path, func(rec []byte) error { got = append(got, string(rec)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return j, got
}

func put(t *testing.T, j *journal.Journal, recs ...string) {
	t.Helper()
	for _, r := range recs {
		if err := j.Enqueue([]byte(r)).Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func shut(t *testing.T, j *journal.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRecordsComeBackInOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "log")
	j, _ := open(t, path)
	put(t, j, "a", "", "c")
	shut(t, j)
	j, got := open(t, path)
	if diff := cmp.Diff([]string{"a", "", "c"}, got); diff != "" {
		t.Fatal(diff)
	}
	put(t, j, "d")
	shut(t, j)
	j, got = open(t, path)
	defer shut(t, j)
	if diff := cmp.Diff([]string{"a", "", "c", "d"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestATornOrDamagedTailIsCutOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	put(t, j, "first", "second", "third")
	shut(t, j)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sound := []string{"first", "second", "third"}
	for cut := range len(whole) + 1 {
		for _, flip := range []bool{false, true} {
			damaged := append([]byte(nil), whole[:cut]...)
			if flip {
				if cut == 0 || cut <= 8 {
					continue // a damaged beginning is another test's
				}
				damaged[cut-1] ^= 0x40
				damaged = append(damaged, make([]byte, 64)...)
			}
			p := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(p, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			j, got := open(t, p)
			if diff := cmp.Diff(append([]string(nil), sound[:len(got)]...), got); diff != "" {
				t.Fatalf("cut at %d, flipped %v: %s", cut, flip, diff)
			}
			put(t, j, "after")
			shut(t, j)
			j, again := open(t, p)
			if diff := cmp.Diff(append(got, "after"), again); diff != "" {
				t.Fatalf("cut at %d, flipped %v: %s", cut, flip, diff)
			}
			shut(t, j)
		}
	}
}

// One bit that has flipped anywhere is told with its place, and nothing is cut off; what can be read is saved on request.
func TestFH12DamageBeforeSoundRecordsIsNoTornEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	var all []string
	for n := range 40 {
		all = append(all, fmt.Sprintf(`{"record":%d,"with":"some text that is longer for some: %0*d"}`, n, n, n))
	}
	put(t, j, all...)
	shut(t, j)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 8; at < len(whole); at += 7 {
		dir := t.TempDir()
		p := filepath.Join(dir, "dynamodb.log")
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 1 << (at % 8)
		if err := os.WriteFile(p, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := journal.Open(p, func([]byte) error { return nil })
		var damage *journal.Damage
		if !errors.As(err, &damage) || damage.At > int64(at) || damage.Next <= int64(at) ||
			!strings.Contains(err.Error(), "make salvage DATA="+dir) {
			t.Fatalf("a bit of byte %d has flipped: %v", at, err)
		}
		if b, _ := os.ReadFile(p); !bytes.Equal(b, damaged) {
			t.Fatalf("a bit of byte %d has flipped, and the file was changed", at)
		}
		saved, err := journal.Salvage(p)
		if err != nil || saved.Records != len(all)-1 || saved.Gaps != 1 || saved.Lost != damage.Next-damage.At {
			t.Fatalf("saved of byte %d: %+v, %v; damaged is %+v", at, saved, err, damage)
		}
		if b, _ := os.ReadFile(saved.Old); !bytes.Equal(b, damaged) {
			t.Errorf("the damaged file is not kept in %s", saved.Old)
		}
		j, got := open(t, p)
		shut(t, j)
		if len(got) != len(all)-1 {
			t.Errorf("%d records are left", len(got))
		}
		again, err := journal.Salvage(p)
		if err != nil || again.Old != "" || again.Records != len(all)-1 {
			t.Errorf("a sound log: %+v, %v", again, err)
		}
	}
}

// Not parallel: the line goes to the process's log.
func TestFH12ATornEndIsSaid(t *testing.T) { //nolint:paralleltest // see above
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	put(t, j, "first", "second")
	shut(t, j)
	if err := os.Truncate(path, j.Size()-3); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	j, got := open(t, path)
	shut(t, j)
	if len(got) != 1 || !strings.Contains(said.String(), "torn off") || !strings.Contains(said.String(), path) ||
		!strings.Contains(said.String(), "at=21 bytes=11") {
		t.Errorf("%d records; said %q", len(got), said.String())
	}
	said.Reset()
	j, _ = open(t, path)
	shut(t, j)
	if said.Len() > 0 {
		t.Errorf("a sound log: said %q", said.String())
	}
}

// A log of one record, as a state that is written whole has it, is lost with that record.
func TestFH12DamageOfTheOnlyRecordIsNoTornEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	put(t, j, `{"all":"of it"}`)
	shut(t, j)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for bit := range 8 {
			p := filepath.Join(t.TempDir(), "stripe.log")
			damaged := bytes.Clone(whole)
			damaged[at] ^= 1 << bit
			if err := os.WriteFile(p, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := journal.Open(p, func([]byte) error { return nil })
			var damage *journal.Damage
			if !errors.As(err, &damage) || damage.At > int64(at) || damage.Next <= int64(at) ||
				!strings.Contains(err.Error(), "make salvage DATA=") {
				t.Fatalf("bit %d of byte %d has flipped: %v", bit, at, err)
			}
		}
	}
	// What a power cut leaves of it is a torn end: nothing, or no more than zeros, in the place of its end.
	zeros := append(bytes.Clone(whole[:20]), make([]byte, len(whole)-20)...)
	for _, left := range [][]byte{whole[:len(whole)-1], zeros} {
		p := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(p, left, 0o600); err != nil {
			t.Fatal(err)
		}
		j, got := open(t, p)
		shut(t, j)
		if len(got) != 0 {
			t.Errorf("%q", got)
		}
	}
}

// Not parallel: the line goes to the process's log.
func TestFH12AnEmptyLogIsSaid(t *testing.T) { //nolint:paralleltest // see above
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	defer slog.SetDefault(before)
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	shut(t, j)
	if said.Len() > 0 {
		t.Errorf("a new log: said %q", said.String())
	}
	for _, size := range []int64{0, 5} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		said.Reset()
		j, _ := open(t, path)
		shut(t, j)
		if !strings.Contains(said.String(), "begins anew") || !strings.Contains(said.String(), path) {
			t.Errorf("a log of %d bytes: said %q", size, said.String())
		}
	}
}

func TestFH12ADamagedBeginningCanBeSaved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	put(t, j, "first", "", "third")
	if _, err := journal.Salvage(path); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a log that is in use: %v", err)
	}
	shut(t, j)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole[3] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := journal.Salvage(path); err != nil || s.Records != 3 || s.Lost != 8 {
		t.Errorf("%+v, %v", s, err)
	}
	j, got := open(t, path)
	shut(t, j)
	if diff := cmp.Diff([]string{"first", "", "third"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := journal.Salvage(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a log that is not there: %v", err)
	}
}

func TestAFileThatIsNoJournalIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("somebody's letters"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(path, func([]byte) error { return nil }); err == nil {
		t.Fatal("opened")
	}
	if b, _ := os.ReadFile(path); string(b) != "somebody's letters" {
		t.Fatalf("changed to %q", b)
	}
}

func TestTwoCannotHaveItOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	if _, err := journal.Open(path, func([]byte) error { return nil }); !errors.Is(err, journal.ErrLocked) {
		t.Fatalf("second open: %v", err)
	}
	shut(t, j)
	j, _ = open(t, path)
	shut(t, j)
}

func TestNothingIsKeptByANilJournal(t *testing.T) {
	t.Parallel()
	var j *journal.Journal
	if err := j.Enqueue([]byte("x")).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Compact(nil), j.Close()); err != nil || j.Size() != 0 {
		t.Fatal(err, j.Size())
	}
}

func TestAfterCloseARecordIsRefused(t *testing.T) {
	t.Parallel()
	j, _ := open(t, filepath.Join(t.TempDir(), "log"))
	shut(t, j)
	if err := j.Enqueue([]byte("x")).Wait(); !errors.Is(err, journal.ErrClosed) {
		t.Fatal(err)
	}
}

func TestCompactingUnderWritersLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	j, _ := open(t, path)
	const writers, each = 32, 300
	var mu sync.Mutex
	state := map[string]string{}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	compactions := 0
	compacted := make(chan error, 1)
	go func() {
		for {
			err := j.Compact(func(emit func([]byte) error) error {
				mu.Lock()
				copied := make(map[string]string, len(state))
				for k, v := range state {
					copied[k] = v
				}
				mu.Unlock()
				for k, v := range copied {
					if err := emit([]byte(k + "=" + v)); err != nil {
						return err
					}
				}
				return nil
			})
			compactions++
			select {
			case <-stop:
				compacted <- err
				return
			default:
			}
			if err != nil {
				compacted <- err
				return
			}
		}
	}()
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				k, v := strconv.Itoa((w*each+i)%97), fmt.Sprintf("%d.%d", w, i)
				mu.Lock()
				state[k] = v
				ticket := j.Enqueue([]byte(k + "=" + v))
				mu.Unlock()
				if err := ticket.Wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	if err := <-compacted; err != nil {
		t.Fatal(err)
	}
	size := j.Size()
	shut(t, j)
	if info, err := os.Stat(path); err != nil || info.Size() != size {
		t.Fatalf("Size says %d, the file has %d (%v)", size, info.Size(), err)
	}
	again := map[string]string{}
	j, recs := open(t, path)
	defer shut(t, j)
	for _, r := range recs {
		for i := range r {
			if r[i] == '=' {
				again[r[:i]] = r[i+1:]
				break
			}
		}
	}
	if diff := cmp.Diff(state, again); diff != "" {
		t.Fatalf("after %d compactions: %s", compactions, diff)
	}
}

func BenchmarkEnqueueAndWait(b *testing.B) {
	j, err := journal.Open(filepath.Join(b.TempDir(), "log"), nil)
	if err != nil {
		b.Fatal(err)
	}
	rec := make([]byte, 600)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := j.Enqueue(rec).Wait(); err != nil {
				b.Error(err)
			}
		}
	})
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
