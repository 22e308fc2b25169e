package dynamodb

// maxBatchWrite is how many items BatchWriteItem takes.
//
// Source: Amazon DynamoDB API Reference, "BatchWriteItem": 25 items, 16 MB, 400 KB each.
const maxBatchWrite = 25

func (e *Engine) batchWriteItem(r *reader, out []byte) ([]byte, *failure) {
	b := r.batchWrite()
	if r.err != nil {
		return nil, r.err
	}
	if f := oneOf(b.has, mCapacity, "returnConsumedCapacity", b.capacity, "INDEXES", "TOTAL", "NONE"); f != nil {
		return nil, f
	}
	switch n := len(b.actions); {
	case !b.given:
		return nil, invalid("1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must not be " +
			"null")
	case n == 0:
		return nil, invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have " +
			"length greater than or equal to 1")
	case n > maxBatchWrite:
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	writes := make([]*write, len(b.actions))
	seen := make(map[claim]struct{}, len(b.actions))
	size := 0
	for i, a := range b.actions {
		w, f := e.newWrite(a.kind, a.request)
		if f != nil {
			return nil, f
		}
		if _, twice := seen[claim{w.table, w.at}]; twice {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[claim{w.table, w.at}] = struct{}{}
		writes[i] = w
		size += a.request.item.size()
	}
	if size > maxBatch {
		return nil, invalid("Collective item size exceeds the request limit of 16 MB")
	}
	var used usages
	var left []transactAction
	for i, w := range writes {
		// Each is a write of its own: a batch is not a transaction.
		switch f := e.single(w); {
		case f == nil:
			used.of(w.table.name).write(w, 1)
		case f.kind == serviceSpace+"TransactionConflictException":
			left = append(left, b.actions[i])
		default:
			return nil, f
		}
	}
	out = appendUnprocessed(append(out, `{"UnprocessedItems":{`...), left)
	if wanted(b.capacity) {
		out = used.appendTo(out, b.capacity)
	}
	return append(out, '}'), nil
}

type batchWrite struct {
	actions  []transactAction
	capacity string
	has      member
	given    bool
}

func (r *reader) batchWrite() (b batchWrite) {
	r.object(func(name string) {
		switch name {
		case "RequestItems":
			b.given = true
			if r.open('{') {
				for r.more('}') {
					table := r.name()
					n := len(b.actions)
					r.array(func() { b.actions = append(b.actions, r.batchAction(table)) })
					if r.err == nil && len(b.actions) == n {
						r.reject(invalid("1 validation error detected: Value '[]' at 'requestItems.%s.member' failed to satisfy "+
							"constraint: Member must have length greater than or equal to 1", table))
					}
				}
			}
		case "ReturnConsumedCapacity":
			b.capacity = r.str()
			b.has |= mCapacity
		case "ReturnItemCollectionMetrics":
			r.str()
		default:
			r.reject(unknownMember("BatchWriteItem", name))
		}
	})
	r.end()
	return b
}

func (r *reader) batchAction(table string) (a transactAction) {
	r.object(func(name string) {
		if a.request != nil {
			r.reject(severalTypes())
			return
		}
		switch name {
		case "PutRequest":
			a = transactAction{writePut, r.request("PutRequest", mItem)}
		case "DeleteRequest":
			a = transactAction{writeDelete, r.request("DeleteRequest", mKey)}
		default:
			r.reject(unknownMember("BatchWriteItem", name))
		}
	})
	if a.request == nil {
		r.reject(invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"))
		return a
	}
	a.request.table = table
	a.request.has |= mTable
	return a
}

// appendUnprocessed closes the object UnprocessedItems, which has the tables in the order of the request.
func appendUnprocessed(out []byte, left []transactAction) []byte {
	for i, a := range left {
		if i == 0 || left[i-1].request.table != a.request.table {
			if i > 0 {
				out = append(out, "],"...)
			}
			out = append(appendString(out, a.request.table), ":["...)
		} else {
			out = append(out, ',')
		}
		if a.kind == writePut {
			out = a.request.item.appendJSON(append(out, `{"PutRequest":{"Item":`...))
		} else {
			out = a.request.key.appendJSON(append(out, `{"DeleteRequest":{"Key":`...))
		}
		out = append(out, "}}"...)
	}
	if len(left) > 0 {
		out = append(out, ']')
	}
	return append(out, '}')
}
