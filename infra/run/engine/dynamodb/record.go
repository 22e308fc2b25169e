package dynamodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A record of the journal is one step: the operations of one request, applied all or not at all. Each says what is, not
// what changed, so that replaying it over a state that has it already changes nothing.
const (
	opPutItem     = 'P' // table, item
	opDeleteItem  = 'D' // table, partition key, sort key
	opCreateTable = 'C' // the request, id, time
	opDropTable   = 'X' // table
	opTimeToLive  = 'T' // table, attribute
	opToken       = 'K' // token, digest, time
)

var errRecord = errors.New("dynamodb: a record of the journal that this version does not know")

func recordText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func recordPut(b []byte, table string, i *item) []byte {
	return recordText(recordText(append(b, opPutItem), table), i.json)
}

func recordDelete(b []byte, table string, at place) []byte {
	return recordText(recordText(recordText(append(b, opDeleteItem), table), at.pk), at.sort)
}

func recordToken(b []byte, token string, u tokenUse) []byte {
	b = recordText(append(b, opToken), token)
	b = recordText(b, string(u.request[:]))
	return recordText(b, u.at.UTC().Format(time.RFC3339Nano))
}

func recordTable(b []byte, t *table) []byte {
	b = recordText(append(b, opCreateTable), string(t.request.appendJSON(nil)))
	b = recordText(b, t.id)
	return recordText(b, t.created.UTC().Format(time.RFC3339Nano))
}

// fields takes the operations of a record apart.
type fields struct {
	b   []byte
	err error
}

func (f *fields) text() string {
	n, used := binary.Uvarint(f.b)
	if f.err != nil || used <= 0 || n > uint64(len(f.b)-used) {
		f.err = errRecord
		f.b = nil
		return ""
	}
	s := string(f.b[used : used+int(n)]) //nolint:gosec // no longer than the record
	f.b = f.b[used+int(n):]              //nolint:gosec // no longer than the record
	return s
}

func (f *fields) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, f.text())
	if err != nil && f.err == nil {
		f.err = errRecord
	}
	return t
}

// replay carries out a record of the journal. Nobody else has the engine yet.
func (e *Engine) replay(rec []byte) error {
	f := &fields{b: rec}
	for len(f.b) > 0 && f.err == nil {
		op := f.b[0]
		f.b = f.b[1:]
		if err := e.replayOne(op, f); err != nil {
			return err
		}
	}
	return f.err
}

func (e *Engine) replayOne(op byte, f *fields) error {
	switch op {
	case opPutItem:
		name, json := f.text(), f.text()
		t := e.tables[name]
		if t == nil {
			return nil // dropped since, and the log compacted meanwhile
		}
		a := storedAttributes(json)
		at, bad := t.itemPlace(a)
		if bad != nil {
			return fmt.Errorf("%w: %w", errRecord, bad)
		}
		old := t.get(at)
		t.put(&item{at: at, json: json, size: a.size()}, a, old, old.attributes())
	case opDeleteItem:
		name, at := f.text(), place{pk: f.text(), sort: f.text()}
		at.hash = partitionHash(at.pk)
		if t := e.tables[name]; t != nil {
			old := t.get(at)
			t.remove(old, old.attributes())
		}
	case opCreateTable:
		r := &reader{s: f.text()}
		request := r.createTable()
		id, created := f.text(), f.time()
		if r.err != nil {
			return fmt.Errorf("%w: %w", errRecord, r.err)
		}
		t := newTable(request, id, created)
		t.staleness, t.now = e.staleness, e.now
		e.tables[request.name] = t
	case opDropTable:
		delete(e.tables, f.text())
	case opTimeToLive:
		if t := e.tables[f.text()]; t != nil {
			t.setTimeToLive(f.text())
		} else {
			f.text()
		}
	case opToken:
		token := f.text()
		u := tokenUse{}
		copy(u.request[:], f.text())
		u.at = f.time()
		e.tokens.use(token, u)
	default:
		return errRecord
	}
	return f.err
}

// The log is compacted when it has grown to this many times what the items themselves take, and some.
const (
	growth   = 4
	minimal  = 4 << 20
	overhead = 64 // of a record, beside its item
)

// compactIfGrown starts a compaction when the log is mostly history. Requests go on meanwhile.
func (e *Engine) compactIfGrown() {
	if e.journal == nil || e.journal.Size() < minimal || !e.compacting.TryLock() {
		return
	}
	e.mu.RLock()
	live := int64(minimal / growth)
	for _, t := range e.tables {
		live += t.bytes*3/2 + int64(t.tree.Len())*overhead
	}
	e.mu.RUnlock()
	if e.journal.Size() < growth*live {
		e.compacting.Unlock()
		return
	}
	e.compacted.Go(func() {
		defer e.compacting.Unlock()
		// A failure leaves the old log in use, which is as good, only longer; the writes themselves report a log
		// that cannot be written.
		_ = e.Compact()
	})
}

// Compact rewrites the journal as the current state. It runs beside requests, and by itself when the journal has grown
// to several times the state.
func (e *Engine) Compact() error {
	return e.journal.Compact(func(emit func([]byte) error) error {
		e.mu.Lock()
		var head [][]byte
		type pair struct {
			name string
			tree interface {
				Scan(func(*item) bool)
			}
		}
		trees := make([]pair, 0, len(e.tables))
		for _, t := range e.tables {
			rec := recordTable(nil, t)
			if t.ttl != "" {
				rec = recordText(recordText(append(rec, opTimeToLive), t.name), t.ttl)
			}
			head = append(head, rec)
			trees = append(trees, pair{t.name, t.tree.Copy()}) // shared until written to
		}
		e.tokens.forget(e.now())
		for _, token := range e.tokens.order {
			head = append(head, recordToken(nil, token, e.tokens.seen[token]))
		}
		e.mu.Unlock()
		for _, rec := range head {
			if err := emit(rec); err != nil {
				return err
			}
		}
		var err error
		var buf []byte
		for _, p := range trees {
			p.tree.Scan(func(i *item) bool {
				buf = recordPut(buf[:0], p.name, i)
				err = emit(buf)
				return err == nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
