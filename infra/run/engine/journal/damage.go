package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Damage is the error of Open for a log that is damaged: behind what cannot be read there is a record that can, or the last record
// is whole in its length and not in what it says. A crash leaves no such thing behind, since it tears the end off. Nothing of the
// log has been changed.
type Damage struct {
	Path string
	At   int64 // where the damage begins, in bytes
	Next int64 // where the first sound record behind it begins; Size where there is none
	Size int64
}

// Error says where the damage is, and what can be done.
func (d *Damage) Error() string {
	why := "What follows is sound, so this is"
	if d.Next == d.Size {
		why = "Its last record is all there and not what was written, so this is"
	}
	return fmt.Sprintf("journal: %s is damaged from byte %d to byte %d of %d. %s no torn end, and nothing was cut off. "+
		"Put a copy back, or save what can be read, which leaves the damaged file beside it: make salvage DATA=%s",
		d.Path, d.At, d.Next, d.Size, why, filepath.Dir(d.Path))
}

// most is how many bytes are summed up in the search for a record, so that a file of chance bytes is no endless work. Text of
// JSON is never taken for a length, so that an ordinary log is far from it.
const most = 4 << 30

// sound finds the first sound record of b at or behind an offset; -1 for none. Where it would take too long to tell, it is the
// offset itself, which has the file looked at by somebody.
func sound(b []byte, from int) int {
	work := 0
	for at := min(from, len(b)); at+headerBytes < len(b); at++ {
		n := int(binary.LittleEndian.Uint32(b[at:]))
		if n == 0 || n > maxRecord || n > len(b)-at-headerBytes {
			continue
		}
		if work += n; work > most {
			return from
		}
		if isSound(b[at:], n) {
			return at
		}
	}
	return -1
}

// isSound tells whether b begins with a record of n bytes.
func isSound(b []byte, n int) bool {
	return checksum(b[:4], b[headerBytes:headerBytes+n]) == binary.LittleEndian.Uint32(b[4:])
}

// torn returns nil when what begins at end is the torn tail of a crash, and a *Damage when it is not.
func torn(f *os.File, end int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rest := make([]byte, info.Size()-end)
	if _, err := f.ReadAt(rest, end); err != nil {
		return err
	}
	next := sound(rest, 1)
	if next < 0 && whole(rest) {
		next = len(rest)
	}
	if next >= 0 {
		return &Damage{Path: f.Name(), At: end, Next: end + int64(next), Size: info.Size()}
	}
	return nil
}

// whole tells whether what cannot be read at the end of a log is one record as long as it was written: by the length that it names,
// or by its checksum where the length is what is damaged. A power cut can leave that, too, but with nothing written in its end.
func whole(b []byte) bool {
	n := len(b) - headerBytes
	if n <= 0 || n > maxRecord || b[len(b)-1] == 0 {
		return false
	}
	length := binary.LittleEndian.AppendUint32(nil, uint32(n))
	return bytes.Equal(b[:4], length) || checksum(length, b[headerBytes:]) == binary.LittleEndian.Uint32(b[4:])
}

// beginning is the damage of a log whose first bytes are not those of one, though a record follows them; nil for what is no log.
func beginning(f *os.File) error {
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	if len(b) > len(magic) && begins(b[len(magic):]) {
		return &Damage{Path: f.Name(), Next: int64(len(magic)), Size: int64(len(b))}
	}
	return errNoJournal
}

var errNoJournal = errors.New("not a journal")

// Saved is what Salvage has done.
type Saved struct {
	Records int    // that were kept
	Lost    int64  // bytes that could not be read
	Gaps    int    // in so many places
	Old     string // where the damaged file is now; "" for a log that was sound, which is left as it is
}

// Salvage makes a log anew of all its records that are sound, and keeps the damaged one beside it under another name. What the
// lost records said is lost: something deleted may be there again, or something changed be as it was. No process may have the log
// open: [ErrLocked].
func Salvage(path string) (s Saved, err error) {
	if _, err := os.Stat(path); err != nil {
		return s, fmt.Errorf("journal: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, unlockFile(lock)) }()
	b, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own
	if err != nil {
		return s, fmt.Errorf("journal: %w", err)
	}
	at := len(magic)
	if len(b) < at || string(b[:at]) != magic {
		at = 0 // its beginning is damaged, too
	}
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return s, fmt.Errorf("journal: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<18)
	_, err = w.WriteString(magic)
	if at == 0 {
		at = min(len(magic), len(b))
		s.Lost, s.Gaps = int64(at), 1
	}
	for err == nil && at < len(b) {
		if !begins(b[at:]) {
			next := sound(b, at+1)
			if next < 0 || !begins(b[next:]) {
				next = len(b)
			}
			s.Lost += int64(next - at)
			s.Gaps++
			at = next
			continue
		}
		n := headerBytes + int(binary.LittleEndian.Uint32(b[at:]))
		_, err = w.Write(b[at : at+n])
		s.Records++
		at += n
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || s.Gaps == 0 {
		return s, errors.Join(err, os.Remove(tmp))
	}
	s.Old = unused(path + ".damaged")
	if err = os.Rename(path, s.Old); err == nil {
		err = os.Rename(tmp, path)
	}
	return s, errors.Join(err, syncFolder(filepath.Dir(path)))
}

// begins tells whether b begins with a sound record.
func begins(b []byte) bool {
	if len(b) < headerBytes {
		return false
	}
	n := binary.LittleEndian.Uint32(b)
	return n <= maxRecord && int(n) <= len(b)-headerBytes && isSound(b, int(n))
}

// unused is the name, with a number where there is such a file.
func unused(name string) string {
	for n, free := 2, name; ; n++ {
		if _, err := os.Lstat(free); errors.Is(err, os.ErrNotExist) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}
