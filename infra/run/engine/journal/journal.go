// Package journal is the append-only log that makes an engine's answers survive the process: records are put into an
// order without any I/O, one goroutine writes them in groups, and a reopened log gives them back in that order.
//
// What it promises: a record whose Ticket.Wait returned nil survives `kill -9` of the process, because it has been
// handed to the operating system; the file is synced in the background, and after a power cut what is left is a prefix
// of the order, never a record without those before it.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	magic       = "LKJOURN1"
	headerBytes = 8       // length and checksum, both little endian uint32
	maxRecord   = 1 << 28 // a length beyond it is damage, not a record
	syncEvery   = 200 * time.Millisecond
	// Under this much of framed records in one group, the buffer is kept for the next group.
	keepBuffer = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrClosed is what Ticket.Wait returns for a record enqueued after Close.
var ErrClosed = errors.New("journal: closed")

// ErrLocked is wrapped by the error of Open when another process has the log open.
var ErrLocked = errors.New("journal: in use by another process")

// group is the records that one write carries; done is closed once err is final.
type group struct {
	buf  []byte
	done chan struct{}
	err  error
}

// Journal is one open log. Its methods are safe for concurrent use. A nil *Journal is a log that keeps nothing: its
// Enqueue, Compact, Size and Close do nothing.
type Journal struct {
	path string
	lock *os.File

	mu     sync.Mutex // guards what follows; never held across I/O
	next   *group     // what is being collected
	size   int64      // bytes of the log with everything enqueued
	closed bool
	failed error
	spare  []byte
	// During a compaction, the groups written since its start, to be carried over into the new file.
	carry     [][]byte
	carrying  bool
	compactMu sync.Mutex // one compaction at a time

	wake   chan struct{}
	swap   chan *swap
	stop   chan struct{}
	ended  chan struct{}
	file   *os.File // the writer's alone
	synced bool
}

// swap asks the writer to go on with another file.
type swap struct {
	file *os.File
	tmp  string
	size int64
	done chan error
}

// Ticket is a record's place in the order.
type Ticket struct{ g *group }

// Wait returns nil when the record has been written to the file, or the error that kept it from being written, after
// which the log accepts nothing more. The zero Ticket returns nil at once.
func (t Ticket) Wait() error {
	if t.g == nil {
		return nil
	}
	<-t.g.done
	return t.g.err
}

// Open replays the records of the log at path in order and opens it for appending; a log that is not there is made
// (with its folder). A torn tail, as a crash leaves it, is cut off with a line in the log; damage that sound records follow is
// a [Damage], and the file is left alone. rec is only valid during the call of
// replay; an error of replay ends Open with that error. The log is locked for this process: a second Open of the same
// path fails with an error that wraps ErrLocked.
func Open(path string, replay func(rec []byte) error) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	j, err := open(path, replay)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	j.lock = lock
	go j.write()
	return j, nil
}

func open(path string, replay func(rec []byte) error) (*Journal, error) {
	_, missing := os.Stat(path)
	there := missing == nil
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	size, err := readAll(f, replay)
	if err == nil {
		err = cut(f, size)
	}
	if err == nil && size == 0 {
		if there {
			slog.Warn("a log was there and held nothing, not even what the newest one begins with; it begins anew", "log", path)
		}
		_, err = f.WriteAt([]byte(magic), 0)
		size = int64(len(magic))
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		var damage *Damage
		if !errors.As(err, &damage) {
			err = fmt.Errorf("journal: %s: %w", path, err)
		}
		return nil, errors.Join(err, f.Close())
	}
	return &Journal{
		path: path, file: f, size: size, next: newGroup(nil),
		wake: make(chan struct{}, 1), swap: make(chan *swap), stop: make(chan struct{}), ended: make(chan struct{}), synced: true,
	}, nil
}

// cut takes the torn tail off that begins at end, and says so; a tail that is none is a [Damage].
func cut(f *os.File, end int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() == end {
		return err
	}
	if err := torn(f, end); err != nil {
		return err
	}
	if end > 0 { // a file without even its first bytes holds nothing
		slog.Warn("the end of a log was torn off, as a crash leaves it; what was not acknowledged is gone", "log", f.Name(), "at", end,
			"bytes", info.Size()-end)
	}
	return f.Truncate(end)
}

// readAll gives the records to replay and returns where the sound part of the file ends, 0 for a file that has not
// even its first bytes.
func readAll(f *os.File, replay func([]byte) error) (int64, error) {
	r := bufio.NewReaderSize(f, 1<<18)
	start := make([]byte, len(magic))
	if n, err := io.ReadFull(r, start); err != nil {
		if string(start[:n]) == magic[:n] && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return 0, nil
		}
		return 0, errors.Join(errNoJournal, err)
	}
	if string(start) != magic {
		return 0, beginning(f)
	}
	end := int64(len(magic))
	var head [headerBytes]byte
	var rec []byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return end, tornIsFine(err)
		}
		n := binary.LittleEndian.Uint32(head[:4])
		if n > maxRecord {
			return end, nil
		}
		if cap(rec) < int(n) {
			rec = make([]byte, n)
		}
		rec = rec[:n]
		if _, err := io.ReadFull(r, rec); err != nil {
			return end, tornIsFine(err)
		}
		if checksum(head[:4], rec) != binary.LittleEndian.Uint32(head[4:]) {
			return end, nil
		}
		if err := replay(rec); err != nil {
			return end, err
		}
		end += headerBytes + int64(n)
	}
}

func tornIsFine(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// checksum covers the length too, so that a run of zeros is no record.
func checksum(length, rec []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli)^0xffffffff, castagnoli, rec)
}

func frame(buf, rec []byte) []byte {
	at := len(buf)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(rec))) //nolint:gosec // bounded by maxRecord
	buf = binary.LittleEndian.AppendUint32(buf, checksum(buf[at:at+4], rec))
	return append(buf, rec...)
}

func newGroup(buf []byte) *group { return &group{buf: buf[:0], done: make(chan struct{})} }

func failedTicket(err error) Ticket {
	g := newGroup(nil)
	g.err = err
	close(g.done)
	return Ticket{g}
}

// Enqueue takes rec's place in the order: it copies rec and does no I/O, so that it may be called under the lock that
// orders the writes. The write has happened when the Ticket's Wait returns.
func (j *Journal) Enqueue(rec []byte) Ticket {
	if j == nil {
		return Ticket{}
	}
	if len(rec) > maxRecord {
		return failedTicket(fmt.Errorf("journal: a record of %d bytes; the most is %d", len(rec), maxRecord))
	}
	j.mu.Lock()
	if j.closed || j.failed != nil {
		err := j.failed
		j.mu.Unlock()
		if err == nil {
			err = ErrClosed
		}
		return failedTicket(err)
	}
	g := j.next
	g.buf = frame(g.buf, rec)
	j.size += headerBytes + int64(len(rec))
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
	return Ticket{g}
}

// Size is the log's length in bytes, with everything enqueued. It is 0 for a nil Journal.
func (j *Journal) Size() int64 {
	if j == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// write is the one goroutine that touches the file: it takes all that has been enqueued since its last turn and hands
// it to the operating system in one call.
func (j *Journal) write() {
	defer close(j.ended)
	var due <-chan time.Time
	for {
		select {
		case <-due:
			due = nil
			j.sync()
		case s := <-j.swap:
			s.done <- j.swapFile(s)
		case <-j.stop:
			j.flush()
			j.sync()
			return
		case <-j.wake:
			j.flush()
			if due == nil && !j.synced {
				due = time.After(syncEvery)
			}
		}
	}
}

func (j *Journal) flush() {
	j.mu.Lock()
	g := j.next
	if len(g.buf) == 0 {
		j.mu.Unlock()
		return
	}
	j.next = newGroup(j.spare)
	j.spare = nil
	err := j.failed
	j.mu.Unlock()

	if err == nil {
		_, err = j.file.Write(g.buf)
		j.synced = false
	}
	j.mu.Lock()
	if err != nil {
		j.failed = fmt.Errorf("journal: %s: %w", j.path, err)
		err = j.failed
	} else if j.carrying {
		j.carry = append(j.carry, append([]byte(nil), g.buf...))
	}
	if cap(g.buf) <= keepBuffer {
		j.spare = g.buf
	}
	g.buf = nil
	j.mu.Unlock()
	g.err = err
	close(g.done)
}

// sync makes what was written survive a power cut; a failure is final, as the page cache cannot be trusted after it.
func (j *Journal) sync() {
	if j.synced {
		return
	}
	j.synced = true
	if err := j.file.Sync(); err != nil {
		j.mu.Lock()
		if j.failed == nil {
			j.failed = fmt.Errorf("journal: %s: %w", j.path, err)
		}
		j.mu.Unlock()
	}
}

// Close writes and syncs what has been enqueued, and gives the log free. The error is that of the last writes.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.compactMu.Lock() // a compaction that is under way ends first
	defer j.compactMu.Unlock()
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	j.mu.Unlock()
	close(j.stop)
	<-j.ended
	j.mu.Lock()
	err := j.failed
	j.mu.Unlock()
	return errors.Join(err, j.file.Close(), unlockFile(j.lock))
}
