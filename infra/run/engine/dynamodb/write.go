package dynamodb

import (
	"net/http"

	"latchkey.dev/infra/run/engine/journal"
)

// writeKind is what a write does.
type writeKind uint8

const (
	writePut writeKind = iota
	writeUpdate
	writeDelete
	writeCheck
)

// write is one write on its way: what was asked, then what it found and what it leaves.
type write struct {
	kind    writeKind
	table   *table
	at      place
	key     attrs
	with    expressions
	showOld bool // the item is wanted when the condition fails

	old    *item
	before attrs
	next   *item // nil when nothing is left
	after  attrs
}

// claim is an item that a transaction under way holds.
type claim struct {
	table *table
	at    place
}

// newWrite checks all of a write that does not depend on what is stored.
func (e *Engine) newWrite(kind writeKind, q *request) (*write, *failure) {
	if f := q.checkCommon(); f != nil {
		return nil, f
	}
	with, f := e.bind(q)
	if f != nil {
		return nil, f
	}
	t, f := e.lookup(q.table)
	if f != nil {
		return nil, f
	}
	w := &write{kind: kind, table: t, key: q.key, with: with, showOld: q.onFailure == "ALL_OLD"}
	if kind == writePut {
		if q.has&mItem == 0 {
			return nil, invalid("1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null")
		}
		return w, w.prepareItem(q.item)
	}
	if q.has&mKey == 0 {
		return nil, invalid("1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null")
	}
	if w.at, f = t.keyPlace(q.key); f != nil {
		return nil, f
	}
	if with.update != nil {
		for i := range with.update.actions {
			if name := with.update.stepName(with.update.actions[i].path[0]); t.schema.has(name) {
				return nil, misfit("Cannot update attribute %s. This attribute is part of the key", name)
			}
		}
	}
	return w, nil
}

func (w *write) prepareItem(a attrs) (f *failure) {
	if w.at, f = w.table.itemPlace(a); f != nil {
		return f
	}
	if f := w.table.checkIndexKeys(a, false); f != nil {
		return f
	}
	for i := range a {
		if a[i].name == "" {
			return invalidValues("Attribute name must not be empty")
		}
	}
	w.after = a
	w.next = w.table.newItem(w.at, a)
	if w.next.size > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// decide looks at what is stored and settles what the write leaves, or why it cannot be. The caller holds the lock.
func (e *Engine) decide(w *write) *failure {
	if w.table.dropped {
		return notFound()
	}
	w.old = w.table.get(w.at)
	w.before = w.old.attributes()
	if !w.with.condition.holds(w.before) {
		if w.showOld && w.old != nil {
			return conditionFailed(w.old.json)
		}
		return conditionFailed("")
	}
	switch w.kind {
	case writeDelete:
		w.next, w.after = nil, nil
	case writeCheck:
		w.next, w.after = w.old, w.before
	case writeUpdate:
		return w.decideUpdate()
	case writePut:
	}
	return nil
}

func (w *write) decideUpdate() *failure {
	from := w.before
	if w.old == nil {
		from = w.key
	}
	w.after = from
	if w.with.update != nil {
		var f *failure
		if w.after, f = w.with.update.apply(from); f != nil {
			return f
		}
	}
	if f := w.table.checkIndexKeys(w.after, true); f != nil {
		return f
	}
	w.next = w.table.newItem(w.at, w.after)
	if w.next.size > maxItem {
		return invalid("Item size to update has exceeded the maximum allowed size")
	}
	return nil
}

// apply carries out what was decided. The caller holds the lock.
func (w *write) apply() {
	switch {
	case w.kind == writeCheck:
	case w.next != nil:
		w.table.put(w.next, w.after, w.old, w.before)
	case w.old != nil:
		w.table.remove(w.old, w.before)
	}
}

// record appends what was done to a record of the journal.
func (w *write) record(b []byte) []byte {
	switch {
	case w.kind == writeCheck:
	case w.next != nil:
		b = recordPut(b, w.table.name, w.next)
	case w.old != nil:
		b = recordDelete(b, w.table.name, w.at)
	}
	return b
}

// A scratch buffer beyond this is not kept for the next record.
const maxScratch = 1 << 20

// enqueue hands a record to the journal. The caller holds the lock: the order of records is the order of writes.
func (e *Engine) enqueue(record []byte) journal.Ticket {
	if cap(record) <= maxScratch {
		e.scratch = record[:0]
	}
	if e.journal == nil || len(record) == 0 {
		return e.last
	}
	e.last = e.journal.Enqueue(record)
	return e.last
}

// single carries out one write of its own.
func (e *Engine) single(w *write) *failure {
	ticket, f := e.singleStep(w)
	return settled(ticket, f, e)
}

func (e *Engine) singleStep(w *write) (journal.Ticket, *failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f := e.conflicts(w); f != nil {
		return e.last, f
	}
	if f := e.decide(w); f != nil {
		return e.last, f
	}
	w.apply()
	if e.journal == nil {
		return e.last, nil
	}
	return e.enqueue(w.record(e.scratch[:0])), nil
}

// settled waits until what an answer says is written down: also a refusal tells of a state.
func settled(ticket journal.Ticket, f *failure, e *Engine) *failure {
	if err := ticket.Wait(); err != nil {
		f = fail(serviceSpace+"InternalServerError", "%v", err)
		f.status = http.StatusInternalServerError
	}
	e.compactIfGrown()
	return f
}

func (e *Engine) conflicts(w *write) *failure {
	if len(e.claimed) == 0 {
		return nil
	}
	if _, held := e.claimed[claim{w.table, w.at}]; held {
		return fail(serviceSpace+"TransactionConflictException", "Transaction is ongoing for the item")
	}
	return nil
}

func (e *Engine) putItem(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("PutItem", putMembers)
	return e.writeOne(r, q, writePut, out)
}

func (e *Engine) updateItem(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("UpdateItem", updateMembers)
	return e.writeOne(r, q, writeUpdate, out)
}

func (e *Engine) deleteItem(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("DeleteItem", deleteMembers)
	return e.writeOne(r, q, writeDelete, out)
}

func (e *Engine) writeOne(r *reader, q *request, kind writeKind, out []byte) ([]byte, *failure) {
	if r.end(); r.err != nil {
		return nil, r.err
	}
	w, f := e.newWrite(kind, q)
	if f != nil {
		return nil, f
	}
	if kind != writeUpdate {
		switch q.returnValues {
		case "", "NONE", "ALL_OLD":
		default:
			return nil, invalid("ReturnValues can only be ALL_OLD or NONE")
		}
	}
	if f := e.single(w); f != nil {
		return nil, f
	}
	out = append(out, '{')
	out = w.appendReturned(out, q.returnValues)
	if wanted(q.capacity) {
		u := usage{table: w.table.name}
		u.write(w, 1)
		out = append(named(out, "ConsumedCapacity"), u.json(q.capacity)...)
	}
	return append(out, '}'), nil
}

// appendReturned appends the member Attributes when there is something to return.
func (w *write) appendReturned(out []byte, mode string) []byte {
	switch mode {
	case "ALL_OLD":
		if w.old != nil {
			out = append(named(out, "Attributes"), w.old.json...)
		}
	case "ALL_NEW":
		out = append(named(out, "Attributes"), w.next.json...)
	case "UPDATED_OLD", "UPDATED_NEW":
		from := w.after
		if mode == "UPDATED_OLD" {
			from = w.before
		}
		if w.with.update == nil {
			break
		}
		if a := w.with.update.targets().from(from); len(a) > 0 {
			out = a.appendJSON(named(out, "Attributes"))
		}
	}
	return out
}

// named appends a member's name, with a comma when it is not an object's first.
func named(out []byte, name string) []byte {
	if last := out[len(out)-1]; last != '{' && last != '[' {
		out = append(out, ',')
	}
	return append(append(append(out, '"'), name...), '"', ':')
}
