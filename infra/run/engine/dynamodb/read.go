package dynamodb

// appendItem appends an item, or the part of it that a projection selects.
func appendItem(out []byte, i *item, s *selection) []byte {
	if s == nil {
		return append(out, i.json...)
	}
	return s.from(i.attributes()).appendJSON(out)
}

// projected is the selection of a projection expression, nil for whole items.
func (x *expressions) projected() *selection {
	if x.projection == nil {
		return nil
	}
	return x.projection.selection(x.projection.paths)
}

func (e *Engine) getItem(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("GetItem", getMembers)
	if r.end(); r.err != nil {
		return nil, r.err
	}
	g, f := e.newGet(q)
	if f != nil {
		return nil, f
	}
	if f := e.read([]*get{g}); f != nil {
		return nil, f
	}
	out = append(out, '{')
	if g.found != nil {
		out = appendItem(named(out, "Item"), g.found, g.selected)
	}
	if wanted(q.capacity) {
		u := usage{table: g.table.name, own: readUnits(g.size(), q.consistent)}
		out = append(named(out, "ConsumedCapacity"), u.json(q.capacity)...)
	}
	return append(out, '}'), nil
}

// get is one item that is asked for.
type get struct {
	table    *table
	at       place
	selected *selection
	stale    bool // whether it may see what was there a while ago
	found    *item
}

func (g *get) size() int {
	if g.found == nil {
		return 0
	}
	return g.found.size
}

func (e *Engine) newGet(q *request) (*get, *failure) {
	if f := q.checkCommon(); f != nil {
		return nil, f
	}
	if q.has&mKey == 0 {
		return nil, invalid("1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null")
	}
	x, f := e.bind(q)
	if f != nil {
		return nil, f
	}
	t, f := e.lookup(q.table)
	if f != nil {
		return nil, f
	}
	at, f := t.keyPlace(q.key)
	if f != nil {
		return nil, f
	}
	return &get{table: t, at: at, selected: x.projected(), stale: !q.consistent}, nil
}

// read finds the items, all as of one moment but for those that may be stale.
func (e *Engine) read(gets []*get) *failure {
	e.mu.RLock()
	for _, g := range gets {
		if g.table.dropped {
			e.mu.RUnlock()
			return notFound()
		}
		if g.stale && e.staleness > 0 {
			g.found = in(g.table.stale().tree, g.at)
			continue
		}
		g.found = g.table.get(g.at)
	}
	ticket := e.last
	e.mu.RUnlock()
	return settled(ticket, nil, e)
}

// Source: Amazon DynamoDB API Reference, "BatchGetItem": 100 items, 16 MB.
const (
	maxBatchGet = 100
	maxBatch    = 16 << 20
)

// tableKeys is the part of a BatchGetItem for one table; text is its JSON, to hand back what was not done.
type tableKeys struct {
	request *request
	keys    []attrs
	gets    []*get
}

func (r *reader) tableKeys(table string) *tableKeys {
	k := &tableKeys{request: &request{has: mTable, table: table}}
	r.object(func(name string) {
		if name == "Keys" {
			r.array(func() { k.keys = append(k.keys, r.attributes(1)) })
			return
		}
		m := members[name]
		if m&(mProjection|mNames|mConsistent) == 0 {
			r.reject(unknownMember("BatchGetItem", name))
			return
		}
		k.request.has |= m
		r.member(k.request, m)
	})
	return k
}

func (e *Engine) batchGetItem(r *reader, out []byte) ([]byte, *failure) {
	var tables []*tableKeys
	var capacity string
	var has member
	given := false
	r.object(func(name string) {
		switch name {
		case "RequestItems":
			given = true
			if r.open('{') {
				for r.more('}') {
					tables = append(tables, r.tableKeys(r.name()))
				}
			}
		case "ReturnConsumedCapacity":
			capacity, has = r.str(), mCapacity
		default:
			r.reject(unknownMember("BatchGetItem", name))
		}
	})
	if r.end(); r.err != nil {
		return nil, r.err
	}
	if f := oneOf(has, mCapacity, "returnConsumedCapacity", capacity, "INDEXES", "TOTAL", "NONE"); f != nil {
		return nil, f
	}
	gets, f := e.batchGets(tables, given)
	if f != nil {
		return nil, f
	}
	if f := e.read(gets); f != nil {
		return nil, f
	}
	return appendBatch(out, tables, capacity), nil
}

func (e *Engine) batchGets(tables []*tableKeys, given bool) ([]*get, *failure) {
	n := 0
	for _, k := range tables {
		n += len(k.keys)
		if len(k.keys) == 0 {
			return nil, invalid("1 validation error detected: Value '[]' at 'requestItems.%s.member.keys' failed to satisfy constraint: "+
				"Member must have length greater than or equal to 1", k.request.table)
		}
		if len(k.keys) > maxBatchGet {
			return nil, invalid("1 validation error detected: Value at 'requestItems.%s.member.keys' failed to satisfy constraint: "+
				"Member must have length less than or equal to 100", k.request.table)
		}
	}
	if n == 0 {
		if !given {
			return nil, invalid("1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must not " +
				"be null")
		}
		return nil, invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have " +
			"length greater than or equal to 1")
	}
	if n > maxBatchGet {
		return nil, invalid("Too many items requested for the BatchGetItem call")
	}
	gets := make([]*get, 0, n)
	for _, k := range tables {
		if f := k.request.checkCommon(); f != nil {
			return nil, f
		}
		x, f := e.bind(k.request)
		if f != nil {
			return nil, f
		}
		t, f := e.lookup(k.request.table)
		if f != nil {
			return nil, f
		}
		selected := x.projected()
		seen := make(map[place]struct{}, len(k.keys))
		for _, key := range k.keys {
			at, f := t.keyPlace(key)
			if f != nil {
				return nil, f
			}
			if _, twice := seen[at]; twice {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[at] = struct{}{}
			g := &get{table: t, at: at, selected: selected, stale: !k.request.consistent}
			k.gets = append(k.gets, g)
			gets = append(gets, g)
		}
	}
	return gets, nil
}

// appendBatch appends what was found up to 16 MB, and the keys of the rest.
func appendBatch(out []byte, tables []*tableKeys, capacity string) []byte {
	var used usages
	total := 0
	out = append(out, `{"Responses":{`...)
	done := make([]int, len(tables))
	for n, k := range tables {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(append(appendString(out, k.request.table), ':'), '[')
		first := true
		for _, g := range k.gets {
			if total+g.size() > maxBatch {
				break
			}
			total += g.size()
			done[n]++
			used.of(g.table.name).own += readUnits(g.size(), k.request.consistent)
			if g.found == nil {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = appendItem(out, g.found, g.selected)
		}
		out = append(out, ']')
	}
	out = append(out, `},"UnprocessedKeys":{`...)
	first := true
	for n, k := range tables {
		if done[n] == len(k.keys) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(appendString(out, k.request.table), `:{"Keys":[`...)
		for i, key := range k.keys[done[n]:] {
			if i > 0 {
				out = append(out, ',')
			}
			out = key.appendJSON(out)
		}
		out = append(k.request.appendReadOptions(append(out, ']')), '}')
	}
	out = append(out, '}')
	if wanted(capacity) {
		out = used.appendTo(out, capacity)
	}
	return append(out, '}')
}

// appendReadOptions appends how a BatchGetItem wanted a table's items.
func (q *request) appendReadOptions(out []byte) []byte {
	if q.has&mProjection != 0 {
		out = appendString(named(out, "ProjectionExpression"), q.projection)
	}
	if q.has&mNames != 0 {
		out = append(named(out, "ExpressionAttributeNames"), '{')
		for i, n := range q.names {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendString(append(appendString(out, n.placeholder), ':'), n.name)
		}
		out = append(out, '}')
	}
	if q.consistent {
		out = append(named(out, "ConsistentRead"), "true"...)
	}
	return out
}

func (e *Engine) transactGetItems(r *reader, out []byte) ([]byte, *failure) {
	var gets []*get
	var requests []*request
	var capacity string
	var has member
	r.object(func(name string) {
		switch name {
		case "TransactItems":
			r.array(func() {
				n := len(requests)
				r.object(func(name string) {
					if name != "Get" {
						r.reject(unknownMember("TransactItems", name))
						return
					}
					requests = append(requests, r.request("Get", mTable|mKey|mProjection|mNames))
				})
				if r.err == nil && len(requests) == n {
					r.reject(invalid("1 validation error detected: Value null at 'transactItems.%d.member.get' failed to satisfy "+
						"constraint: Member must not be null", n+1))
				}
			})
		case "ReturnConsumedCapacity":
			capacity, has = r.str(), mCapacity
		default:
			r.reject(unknownMember("TransactGetItems", name))
		}
	})
	if r.end(); r.err != nil {
		return nil, r.err
	}
	if f := oneOf(has, mCapacity, "returnConsumedCapacity", capacity, "INDEXES", "TOTAL", "NONE"); f != nil {
		return nil, f
	}
	if len(requests) < 1 || len(requests) > maxActions {
		return nil, actionCount(len(requests))
	}
	seen := make(map[claim]struct{}, len(requests))
	for _, q := range requests {
		g, f := e.newGet(q)
		if f != nil {
			return nil, f
		}
		if _, twice := seen[claim{g.table, g.at}]; twice {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[claim{g.table, g.at}] = struct{}{}
		g.stale = false
		gets = append(gets, g)
	}
	return e.appendTransactGets(out, gets, capacity)
}

func (e *Engine) appendTransactGets(out []byte, gets []*get, capacity string) ([]byte, *failure) {
	if f := e.readTransaction(gets); f != nil {
		return nil, f
	}
	var used usages
	size := 0
	out = append(out, `{"Responses":[`...)
	for i, g := range gets {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		if g.found != nil {
			size += g.found.size
			out = appendItem(named(out, "Item"), g.found, g.selected)
		}
		out = append(out, '}')
		used.of(g.table.name).own += 2 * readUnits(g.size(), true)
	}
	if size > maxTransaction {
		return nil, transactionTooLarge()
	}
	out = append(out, ']')
	if wanted(capacity) {
		out = used.appendTo(out, capacity)
	}
	return append(out, '}'), nil
}

// readTransaction is read, unless a transaction under way holds one of the items.
func (e *Engine) readTransaction(gets []*get) *failure {
	e.mu.RLock()
	writes := make([]*write, 0, len(gets))
	if len(e.claimed) > 0 {
		for _, g := range gets {
			writes = append(writes, &write{table: g.table, at: g.at})
		}
	}
	f := e.meets(writes)
	e.mu.RUnlock()
	if f != nil {
		return f
	}
	return e.read(gets)
}
