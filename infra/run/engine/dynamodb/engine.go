// Package dynamodb is an Amazon DynamoDB of one process: an http.Handler that answers the operations the product and
// its operators use, in the real wire protocol (AWS JSON 1.0) and with the semantics that AWS documents, so that an
// unmodified AWS SDK or CLI works against it. What it does not know it refuses loudly.
package dynamodb

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/journal"
	"latchkey.dev/infra/run/engine/roundtrip"
)

// Options are what an Engine is made with. The zero Options are an engine in memory.
type Options struct {
	// Now is the clock, for time to live, client request tokens and creation times; nil for time.Now.
	Now func() time.Time
	// JournalPath is the file that keeps the state across restarts; empty for memory only.
	JournalPath string
	// TTLDelay is how long after its time an item is still there, at least, when DeleteExpired runs. AWS documents
	// "within a few days". Items past their time stay readable until they are deleted.
	TTLDelay time.Duration
	// Region is the region in ARNs; empty for us-east-1.
	Region string
	// Conflict is asked once for every TransactWriteItems that could go ahead; where it returns true, the transaction is
	// cancelled with TransactionConflict on its first action, as if another had been under way. Nil for never. It must
	// be safe for concurrent use.
	Conflict func() bool
	// InTransaction is called in the middle of every TransactWriteItems, when its items are claimed and nothing is
	// written, with no lock held. While it runs, other transactions and writes of the same items meet a
	// TransactionConflict, and the same client request token a TransactionInProgressException. Nil makes transactions
	// one step that nothing can meet.
	InTransaction func()
	// Staleness is how old what an eventually consistent read sees is, indexes among them: it sees everything as it was that long
	// ago, by the clock. AWS promises no more than "usually within one second". Zero shows each read the newest state.
	Staleness time.Duration
}

// Engine is the state and its HTTP interface. It is safe for concurrent use; every request is one step in one order
// (serialisable). Its lock is never held across I/O.
type Engine struct {
	now           func() time.Time
	ttlDelay      time.Duration
	region        string
	conflict      func() bool
	inTransaction func()
	staleness     time.Duration
	programs      programs
	journal       *journal.Journal

	mu      sync.RWMutex // guards what follows, with all that the tables hold
	tables  map[string]*table
	tokens  tokens
	claimed map[claim]struct{}
	last    journal.Ticket // of the newest record
	scratch []byte         // the journal record that is being made

	compacting sync.Mutex
	compacted  sync.WaitGroup
}

// New returns an engine with the state of its journal, or an empty one. It fails when the journal cannot be opened
// (journal.ErrLocked: another process has it) or holds what this version does not know.
func New(o Options) (*Engine, error) {
	e := &Engine{
		now: o.Now, ttlDelay: o.TTLDelay, region: cmp.Or(o.Region, "us-east-1"),
		conflict: o.Conflict, inTransaction: o.InTransaction, staleness: o.Staleness,
		tables: map[string]*table{}, claimed: map[claim]struct{}{},
	}
	if e.now == nil {
		e.now = time.Now
	}
	if o.JournalPath != "" {
		j, err := journal.Open(o.JournalPath, e.replay)
		if err != nil {
			return nil, fmt.Errorf("dynamodb: %w", err)
		}
		e.journal = j
	}
	return e, nil
}

// Close ends the engine: what has been answered is on disk. Requests after it fail with an InternalServerError when
// there is a journal.
func (e *Engine) Close() error {
	e.compacted.Wait()
	if err := e.journal.Close(); err != nil {
		return fmt.Errorf("dynamodb: %w", err)
	}
	return nil
}

// operation answers one request: it appends the answer's JSON.
type operation func(e *Engine, r *reader, out []byte) ([]byte, *failure)

var operations = map[string]operation{
	"CreateTable":        (*Engine).createTable,
	"DescribeTable":      (*Engine).describeTable,
	"DeleteTable":        (*Engine).deleteTable,
	"ListTables":         (*Engine).listTables,
	"UpdateTimeToLive":   (*Engine).updateTimeToLive,
	"DescribeTimeToLive": (*Engine).describeTimeToLive,
	"GetItem":            (*Engine).getItem,
	"PutItem":            (*Engine).putItem,
	"UpdateItem":         (*Engine).updateItem,
	"DeleteItem":         (*Engine).deleteItem,
	"BatchGetItem":       (*Engine).batchGetItem,
	"BatchWriteItem":     (*Engine).batchWriteItem,
	"Query":              (*Engine).query,
	"Scan":               (*Engine).scan,
	"TransactGetItems":   (*Engine).transactGetItems,
	"TransactWriteItems": (*Engine).transactWriteItems,
}

// maxRequest is what AWS takes of one request: 16 MB, and some for what JSON adds.
const maxRequest = 40 << 20

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// ServeHTTP answers one request of AWS JSON 1.0: the operation is in X-Amz-Target. Signatures are not looked at.
func (e *Engine) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := roundtrip.ReadBody(req, maxRequest)
	buffer := buffers.Get().(*[]byte) //nolint:errcheck // nothing else is in the pool
	out := (*buffer)[:0]
	var f *failure
	if err != nil {
		f = fail(serviceSpace+"RequestEntityTooLarge", "%v", err)
		f.status = http.StatusRequestEntityTooLarge
	} else {
		out, f = e.answer(req.Header.Get("X-Amz-Target"), string(body), out)
	}
	status := http.StatusOK
	if f != nil {
		status = f.status
		out = f.body((*buffer)[:0])
	}
	w.Header()["X-Amz-Crc32"] = []string{strconv.FormatUint(uint64(crc32.ChecksumIEEE(out)), 10)}
	roundtrip.Answer(w, roundtrip.JSON10, status, out)
	if cap(out) <= 1<<18 {
		*buffer = out[:0]
		buffers.Put(buffer)
	}
}

func (e *Engine) answer(target, body string, out []byte) ([]byte, *failure) {
	name, ok := strings.CutPrefix(target, "DynamoDB_20120810.")
	op := operations[name]
	if !ok || op == nil {
		return nil, fail(coralSpace+"UnknownOperationException", "not known to this engine: the operation %q", target)
	}
	return op(e, &reader{s: body}, out)
}

// table is the table of that name. The caller holds the lock.
func (e *Engine) table(name string) (*table, *failure) {
	t := e.tables[name]
	if t == nil {
		return nil, notFound()
	}
	return t, nil
}

// lookup is the table of that name, for what does not change of it.
func (e *Engine) lookup(name string) (*table, *failure) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.table(name)
}
