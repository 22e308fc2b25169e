package dynamodb

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/journal"
)

// Source: Amazon DynamoDB API Reference, "TransactWriteItems", "TransactGetItems".
const (
	maxActions     = 100
	maxTransaction = 4 << 20
	tokenLife      = 10 * time.Minute
	maxToken       = 36
)

// tokens are the client request tokens of the last ten minutes.
type tokens struct {
	seen  map[string]tokenUse
	order []string // by time
	// Those of transactions that are under way.
	busy map[string][sha256.Size]byte
}

type tokenUse struct {
	request [sha256.Size]byte
	at      time.Time
}

// use notes a token of a transaction that has been carried out.
func (t *tokens) use(token string, u tokenUse) {
	if t.seen == nil {
		t.seen = map[string]tokenUse{}
	}
	if _, again := t.seen[token]; again {
		t.order = slices.DeleteFunc(t.order, func(s string) bool { return s == token })
	}
	t.seen[token] = u
	t.order = append(t.order, token)
}

// forget drops the tokens whose time is over.
func (t *tokens) forget(now time.Time) {
	n := 0
	for n < len(t.order) && !now.Before(t.seen[t.order[n]].at.Add(tokenLife)) {
		delete(t.seen, t.order[n])
		n++
	}
	if t.order = t.order[n:]; len(t.order) == 0 {
		t.order = nil
	}
}

// transaction is a TransactWriteItems request.
type transaction struct {
	actions  []transactAction
	token    string
	capacity string
	metrics  string
	has      member
}

type transactAction struct {
	kind    writeKind
	request *request
}

func (r *reader) transaction() *transaction {
	t := &transaction{}
	if !r.open('{') {
		return t
	}
	given := false
	for r.more('}') {
		name := r.name()
		if r.null() {
			continue
		}
		switch name {
		case "TransactItems":
			given = true
			if !r.open('[') {
				return t
			}
			for r.more(']') {
				t.actions = append(t.actions, r.transactItem())
			}
		case "ClientRequestToken":
			t.token = r.str()
		case "ReturnConsumedCapacity":
			t.capacity = r.str()
			t.has |= mCapacity
		case "ReturnItemCollectionMetrics":
			t.metrics = r.str()
			t.has |= mMetrics
		default:
			r.reject(unknownMember("TransactWriteItems", name))
		}
	}
	r.end()
	if r.err == nil && !given {
		r.reject(invalid("1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: " +
			"Member must not be null"))
	}
	return t
}

func (r *reader) transactItem() (a transactAction) {
	if !r.open('{') {
		return a
	}
	for r.more('}') {
		name := r.name()
		if r.null() {
			continue
		}
		if a.request != nil {
			r.reject(invalid("TransactItems can only contain one of Check, Put, Update or Delete"))
			return a
		}
		switch name {
		case "Put":
			a = transactAction{writePut, r.request("Put", putMembers&^(mReturnValues|mCapacity|mMetrics))}
		case "Update":
			a = transactAction{writeUpdate, r.request("Update", updateMembers&^(mReturnValues|mCapacity|mMetrics))}
		case "Delete":
			a = transactAction{writeDelete, r.request("Delete", deleteMembers&^(mReturnValues|mCapacity|mMetrics))}
		case "ConditionCheck":
			a = transactAction{writeCheck, r.request("ConditionCheck", checkMembers)}
		default:
			r.reject(unknownMember("TransactItems", name))
		}
	}
	if r.err == nil && a.request == nil {
		r.reject(invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"))
	}
	return a
}

// digest tells whether two requests ask for the same: what their JSON happens to look like does not matter.
func (t *transaction) digest() [sha256.Size]byte {
	b := make([]byte, 0, 1024)
	for _, a := range t.actions {
		q := a.request
		b = append(b, byte(a.kind))
		b = q.key.appendJSON(b)
		b = q.item.appendJSON(b)
		for _, s := range []string{q.table, q.condition, q.update, q.onFailure} {
			b = appendString(b, s)
		}
		slices.SortFunc(q.names, func(x, y nameDefinition) int { return strings.Compare(x.placeholder, y.placeholder) })
		for _, n := range q.names {
			b = appendString(appendString(b, n.placeholder), n.name)
		}
		b = q.values.appendJSON(b)
	}
	return sha256.Sum256(b)
}

func (e *Engine) transactWriteItems(r *reader, out []byte) ([]byte, *failure) {
	t := r.transaction()
	if r.err != nil {
		return nil, r.err
	}
	writes, f := e.prepare(t)
	if f != nil {
		return nil, f
	}
	var digest [sha256.Size]byte
	if t.token != "" {
		digest = t.digest()
	}
	replayed, f := e.transact(t.token, digest, writes)
	if f != nil {
		return nil, f
	}
	out = append(out, '{')
	if wanted(t.capacity) {
		var used usages
		for _, w := range writes {
			if replayed { // what is paid for is reading that it has been done
				used.of(w.table.name).own += 2 * readUnits(w.size(), true)
			} else {
				used.of(w.table.name).write(w, 2)
			}
		}
		out = used.appendTo(out, t.capacity)
	}
	return append(out, '}'), nil
}

func (w *write) size() int {
	if w.next == nil {
		return 0
	}
	return w.next.size
}

// prepare checks what does not depend on what is stored.
func (e *Engine) prepare(t *transaction) ([]*write, *failure) {
	if f := oneOf(t.has, mCapacity, "returnConsumedCapacity", t.capacity, "INDEXES", "TOTAL", "NONE"); f != nil {
		return nil, f
	}
	if len(t.actions) < 1 || len(t.actions) > maxActions {
		return nil, actionCount(len(t.actions))
	}
	if len(t.token) > maxToken {
		return nil, constraint(t.token, "clientRequestToken", "Member must have length less than or equal to 36")
	}
	writes := make([]*write, len(t.actions))
	seen := make(map[claim]struct{}, len(t.actions))
	size := 0
	for i, a := range t.actions {
		q := a.request
		if f := oneOf(q.has, mOnFailure, "returnValuesOnConditionCheckFailure", q.onFailure, "ALL_OLD", "NONE"); f != nil {
			return nil, f
		}
		if a.kind == writeUpdate && q.has&mUpdate == 0 {
			return nil, missingMember(i, "update.updateExpression")
		}
		if a.kind == writeCheck && q.has&mCondition == 0 {
			return nil, missingMember(i, "conditionCheck.conditionExpression")
		}
		w, f := e.newWrite(a.kind, q)
		switch {
		case f != nil && f.schema:
			return nil, cancelled(len(t.actions), i, reasonOf(f))
		case f != nil:
			return nil, f
		}
		writes[i] = w
		c := claim{w.table, w.at}
		if _, twice := seen[c]; twice {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[c] = struct{}{}
		size += q.key.size() + q.item.size()
	}
	if size > maxTransaction {
		return nil, transactionTooLarge()
	}
	return writes, nil
}

func transactionTooLarge() *failure {
	return invalid("Collective item size exceeds the transaction request limit of 4 MB")
}

func missingMember(i int, name string) *failure {
	return invalid("1 validation error detected: Value null at 'transactItems.%d.member.%s' failed to satisfy constraint: Member must "+
		"not be null", i+1, name)
}

func actionCount(n int) *failure {
	if n == 0 {
		return invalid("1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length " +
			"greater than or equal to 1")
	}
	return invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less " +
		"than or equal to 100")
}

// transact carries out all the writes or none, as one step in the order of all requests. replayed says that the token's
// transaction has been carried out before and nothing was done.
func (e *Engine) transact(token string, digest [sha256.Size]byte, writes []*write) (replayed bool, f *failure) {
	if e.conflict != nil && e.conflict() {
		return false, cancelled(len(writes), 0, conflictReason())
	}
	ticket, replayed, f := e.transactStep(token, digest, writes)
	return replayed, settled(ticket, f, e)
}

func (e *Engine) transactStep(token string, digest [sha256.Size]byte, writes []*write) (_ journal.Ticket, replayed bool, _ *failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	if token != "" {
		e.tokens.forget(now)
		if known, is := e.tokens.seen[token]; is {
			if known.request != digest {
				return e.last, false, tokenMismatch()
			}
			return e.last, true, nil
		}
		if request, is := e.tokens.busy[token]; is {
			if request != digest {
				return e.last, false, tokenMismatch()
			}
			return e.last, false, fail(serviceSpace+"TransactionInProgressException", "The transaction with the given request token is "+
				"already in progress.")
		}
	}
	if f := e.meets(writes); f != nil {
		return e.last, false, f
	}
	if e.inTransaction != nil {
		e.hold(token, digest, writes)
	}
	if f := e.decideAll(writes); f != nil {
		return e.last, false, f
	}
	use := tokenUse{digest, now}
	if token != "" {
		token = strings.Clone(token)
		e.tokens.use(token, use)
	}
	for _, w := range writes {
		w.apply()
	}
	if e.journal == nil {
		return e.last, false, nil
	}
	record := e.scratch[:0]
	for _, w := range writes {
		record = w.record(record)
	}
	if token != "" {
		record = recordToken(record, token, use)
	}
	return e.enqueue(record), false, nil
}

func tokenMismatch() *failure {
	return fail(serviceSpace+"IdempotentParameterMismatchException",
		"Request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different "+
			"requests, unless the requests are identical")
}

// hold claims the items and lets go of the lock for Options.InTransaction.
func (e *Engine) hold(token string, digest [sha256.Size]byte, writes []*write) {
	for _, w := range writes {
		e.claimed[claim{w.table, w.at}] = struct{}{}
	}
	if token != "" {
		if e.tokens.busy == nil {
			e.tokens.busy = map[string][sha256.Size]byte{}
		}
		e.tokens.busy[token] = digest
	}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		for _, w := range writes {
			delete(e.claimed, claim{w.table, w.at})
		}
		delete(e.tokens.busy, token)
	}()
	e.inTransaction()
}

// meets says which of the items another transaction holds. The caller holds the lock.
func (e *Engine) meets(writes []*write) *failure {
	if len(e.claimed) == 0 {
		return nil
	}
	var reasons []cancellation
	for i, w := range writes {
		if e.conflicts(w) != nil {
			if reasons == nil {
				reasons = make([]cancellation, len(writes))
			}
			reasons[i] = conflictReason()
		}
	}
	if reasons == nil {
		return nil
	}
	return cancelledFor(reasons)
}

func conflictReason() cancellation {
	return cancellation{code: "TransactionConflict", message: "Transaction is ongoing for the item"}
}

// decideAll settles every write, or says for each what kept it from being done. The caller holds the lock.
func (e *Engine) decideAll(writes []*write) *failure {
	var reasons []cancellation
	for i, w := range writes {
		f := e.decide(w)
		if f == nil {
			continue
		}
		if strings.HasSuffix(f.kind, "ResourceNotFoundException") {
			return f
		}
		if reasons == nil {
			reasons = make([]cancellation, len(writes))
		}
		reasons[i] = reasonOf(f)
	}
	if reasons == nil {
		return nil
	}
	return cancelledFor(reasons)
}

func reasonOf(f *failure) cancellation {
	if strings.HasSuffix(f.kind, "ConditionalCheckFailedException") {
		return cancellation{code: "ConditionalCheckFailed", message: f.message, item: f.item}
	}
	return cancellation{code: "ValidationError", message: f.message}
}

func cancelled(n, at int, why cancellation) *failure {
	reasons := make([]cancellation, n)
	reasons[at] = why
	return cancelledFor(reasons)
}

// cancelledFor is the TransactionCanceledException with the reasons in the order of the actions.
func cancelledFor(reasons []cancellation) *failure {
	codes := make([]string, len(reasons))
	for i := range reasons {
		if reasons[i].code == "" {
			reasons[i].code = "None"
		}
		codes[i] = reasons[i].code
	}
	f := fail(serviceSpace+"TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	f.reasons = reasons
	return f
}
