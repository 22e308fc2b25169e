package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Compact replaces the log's contents by the records that write emits, which are to be the current state, and does so
// atomically: a new file, synced, takes the old one's name. Writers are not held up meanwhile.
//
// Records enqueued before the call are replaced; those enqueued after it are kept, in their order, behind what write
// emitted. As write may take the state at any moment during the call, what it emits may already hold the effect of some
// of the kept records: replaying a record over a state that has it must lead to the same state (records that say what
// is, not what changed, do).
func (j *Journal) Compact(write func(emit func(rec []byte) error) error) error {
	if j == nil {
		return nil
	}
	j.compactMu.Lock()
	defer j.compactMu.Unlock()
	j.mu.Lock()
	if j.closed || j.failed != nil {
		err := j.failed
		j.mu.Unlock()
		if err == nil {
			err = ErrClosed
		}
		return err
	}
	// The groups that are being collected or written may hold records from before the call; what is carried is an end
	// of the order all the same, and replaying a longer end leads to the same state.
	j.carrying, j.carry = true, nil
	j.mu.Unlock()

	s, err := j.writeNew(write)
	if err == nil {
		j.swap <- s
		err = <-s.done
	}
	j.mu.Lock()
	j.carrying, j.carry = false, nil
	j.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("journal: compact %s: %w", j.path, err)
		if s != nil {
			err = errors.Join(err, ignoreGone(os.Remove(s.tmp)))
		}
	}
	return err
}

func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (j *Journal) writeNew(write func(emit func(rec []byte) error) error) (*swap, error) {
	s := &swap{tmp: j.path + ".new", done: make(chan error, 1)}
	f, err := os.OpenFile(s.tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 1<<18)
	_, err = w.WriteString(magic)
	s.size = int64(len(magic))
	var buf []byte
	if err == nil {
		err = write(func(rec []byte) error {
			if len(rec) > maxRecord {
				return fmt.Errorf("a record of %d bytes; the most is %d", len(rec), maxRecord)
			}
			buf = frame(buf[:0], rec)
			s.size += int64(len(buf))
			_, werr := w.Write(buf)
			return werr
		})
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync() // the long sync, while the writer goes on with the old file
	}
	if err != nil {
		return s, errors.Join(err, f.Close())
	}
	s.file = f
	return s, nil
}

// swapFile runs in the writer: nothing is written to the old file any more, so what has been carried is complete.
func (j *Journal) swapFile(s *swap) error {
	j.mu.Lock()
	carry := j.carry
	j.mu.Unlock()
	for _, b := range carry {
		if _, err := s.file.Write(b); err != nil {
			return errors.Join(err, s.file.Close())
		}
		s.size += int64(len(b))
	}
	err := s.file.Sync()
	if err == nil {
		err = os.Rename(s.tmp, j.path)
	}
	if err != nil {
		return errors.Join(err, s.file.Close())
	}
	err = syncFolder(filepath.Dir(j.path))
	old := j.file
	j.file, j.synced = s.file, true
	j.mu.Lock()
	j.size = s.size + int64(len(j.next.buf))
	j.mu.Unlock()
	return errors.Join(err, old.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the path is the operator's own
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
