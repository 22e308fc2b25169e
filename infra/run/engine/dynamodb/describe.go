package dynamodb

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sort"
	"strconv"
	"time"
)

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (e *Engine) createTable(r *reader, out []byte) ([]byte, *failure) {
	c := r.createTable()
	if r.err != nil {
		return nil, r.err
	}
	if f := c.check(); f != nil {
		return nil, f
	}
	e.mu.Lock()
	if e.tables[c.name] != nil {
		e.mu.Unlock()
		return nil, fail(serviceSpace+"ResourceInUseException", "Table already exists: %s", c.name)
	}
	t := newTable(c, newID(), e.now())
	t.staleness, t.now = e.staleness, e.now
	e.tables[c.name] = t
	ticket := e.enqueue(recordTable(e.scratch[:0], t))
	// The answer tells the state that AWS begins with; here the table is there at once.
	out = append(e.describe(append(out, `{"TableDescription":`...), t, "CREATING"), '}')
	e.mu.Unlock()
	return out, settled(ticket, nil, e)
}

// tableName reads a request whose one member is TableName.
func (r *reader) tableName(operation string) (name string, f *failure) {
	given := false
	r.object(func(m string) {
		if m != "TableName" {
			r.reject(unknownMember(operation, m))
			return
		}
		name, given = r.str(), true
	})
	r.end()
	switch {
	case r.err != nil:
		return "", r.err
	case !given:
		return "", invalid("1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	}
	return name, checkTableName(name)
}

// tableNamed looks a table up for operations whose error names it. The caller holds the lock.
func (e *Engine) tableNamed(name string) (*table, *failure) {
	t := e.tables[name]
	if t == nil {
		return nil, fail(serviceSpace+"ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
	}
	return t, nil
}

func (e *Engine) describeTable(r *reader, out []byte) ([]byte, *failure) {
	name, f := r.tableName("DescribeTable")
	if f != nil {
		return nil, f
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, f := e.tableNamed(name)
	if f != nil {
		return nil, f
	}
	return append(e.describe(append(out, `{"Table":`...), t, "ACTIVE"), '}'), nil
}

func (e *Engine) deleteTable(r *reader, out []byte) ([]byte, *failure) {
	name, f := r.tableName("DeleteTable")
	if f != nil {
		return nil, f
	}
	e.mu.Lock()
	t, f := e.tableNamed(name)
	if f == nil && t.request.protected {
		f = invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	if f != nil {
		e.mu.Unlock()
		return nil, f
	}
	out = append(e.describe(append(out, `{"TableDescription":`...), t, "DELETING"), '}')
	t.dropped = true
	delete(e.tables, name)
	ticket := e.enqueue(recordText(append(e.scratch[:0], opDropTable), name))
	e.mu.Unlock()
	return out, settled(ticket, nil, e)
}

func (e *Engine) listTables(r *reader, out []byte) ([]byte, *failure) {
	limit, after := 100, ""
	r.object(func(name string) {
		switch name {
		case "Limit":
			limit = r.integer()
		case "ExclusiveStartTableName":
			after = r.str()
		default:
			r.reject(unknownMember("ListTables", name))
		}
	})
	if r.end(); r.err != nil {
		return nil, r.err
	}
	if limit < 1 || limit > 100 {
		return nil, constraint(strconv.Itoa(limit), "limit", "Member must have value between 1 and 100")
	}
	e.mu.RLock()
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		if name > after {
			names = append(names, name)
		}
	}
	e.mu.RUnlock()
	sort.Strings(names)
	rest := len(names) > limit
	names = names[:min(limit, len(names))]
	out = append(out, `{"TableNames":[`...)
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, name)
	}
	out = append(out, ']')
	if rest {
		out = appendString(named(out, "LastEvaluatedTableName"), names[limit-1])
	}
	return append(out, '}'), nil
}

// describe appends a TableDescription. The caller holds the lock.
func (e *Engine) describe(out []byte, t *table, status string) []byte {
	c := &t.request
	arn := "arn:aws:dynamodb:" + e.region + ":000000000000:table/" + t.name
	out = appendString(append(out, `{"TableName":`...), t.name)
	out = appendString(named(out, "TableStatus"), status)
	out = appendString(named(out, "TableArn"), arn)
	out = appendString(named(out, "TableId"), t.id)
	out = appendSeconds(named(out, "CreationDateTime"), t.created)
	out = c.appendDefinitions(out)
	out = appendKeys(out, c.keys)
	out = append(c.throughput.describe(named(out, "ProvisionedThroughput")), '}')
	out = appendInt(named(out, "ItemCount"), int64(t.tree.Len()))
	out = appendInt(named(out, "TableSizeBytes"), t.bytes)
	out = strconv.AppendBool(named(out, "DeletionProtectionEnabled"), c.protected)
	if c.billing == "PAY_PER_REQUEST" {
		out = append(named(out, "BillingModeSummary"), `{"BillingMode":"PAY_PER_REQUEST"`...)
		out = append(appendSeconds(named(out, "LastUpdateToPayPerRequestDateTime"), t.created), '}')
	}
	if len(t.indexes) > 0 {
		out = append(named(out, "GlobalSecondaryIndexes"), '[')
		for i, x := range t.indexes {
			if i > 0 {
				out = append(out, ',')
			}
			made := c.indexes[i]
			made.throughput = throughput{}
			out = made.appendTo(append(out, '{'))
			out = appendString(named(out, "IndexStatus"), status)
			out = appendString(named(out, "IndexArn"), arn+"/index/"+x.name)
			out = append(c.indexes[i].throughput.describe(named(out, "ProvisionedThroughput")), '}')
			out = appendInt(named(out, "ItemCount"), int64(x.tree.Len()))
			out = append(appendInt(named(out, "IndexSizeBytes"), x.bytes), '}')
		}
		out = append(out, ']')
	}
	return append(out, '}')
}

// describe appends an open object.
func (t throughput) describe(out []byte) []byte {
	out = appendInt(append(out, `{"NumberOfDecreasesToday":0,"ReadCapacityUnits":`...), int64(t.read))
	return appendInt(named(out, "WriteCapacityUnits"), int64(t.write))
}

func appendInt(out []byte, n int64) []byte { return strconv.AppendInt(out, n, 10) }

func appendSeconds(out []byte, t time.Time) []byte {
	return strconv.AppendFloat(out, float64(t.UnixMilli())/1000, 'f', 3, 64)
}

func (e *Engine) updateTimeToLive(r *reader, out []byte) ([]byte, *failure) {
	var table, attribute string
	enabled, given := false, false
	r.object(func(name string) {
		switch name {
		case "TableName":
			table = r.str()
		case "TimeToLiveSpecification":
			given = true
			r.object(func(name string) {
				switch name {
				case "AttributeName":
					attribute = r.str()
				case "Enabled":
					enabled = r.boolean()
				default:
					r.reject(unknownMember("TimeToLiveSpecification", name))
				}
			})
		default:
			r.reject(unknownMember("UpdateTimeToLive", name))
		}
	})
	if r.end(); r.err != nil {
		return nil, r.err
	}
	if !given || attribute == "" {
		return nil, invalid("1 validation error detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy " +
			"constraint: Member must not be null")
	}
	e.mu.Lock()
	t, f := e.tableNamed(table)
	if f == nil {
		switch {
		case enabled && t.ttl != "":
			f = invalid("TimeToLive is already enabled")
		case !enabled && t.ttl == "":
			f = invalid("TimeToLive is already disabled")
		case !enabled && t.ttl != attribute:
			f = invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.ttl)
		}
	}
	if f != nil {
		e.mu.Unlock()
		return nil, f
	}
	set := ""
	if enabled {
		set = attribute
	}
	t.setTimeToLive(set)
	ticket := e.enqueue(recordText(recordText(append(e.scratch[:0], opTimeToLive), t.name), set))
	e.mu.Unlock()
	out = strconv.AppendBool(append(out, `{"TimeToLiveSpecification":{"Enabled":`...), enabled)
	out = appendString(named(out, "AttributeName"), attribute)
	return append(out, "}}"...), settled(ticket, nil, e)
}

func (e *Engine) describeTimeToLive(r *reader, out []byte) ([]byte, *failure) {
	name, f := r.tableName("DescribeTimeToLive")
	if f != nil {
		return nil, f
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, f := e.tableNamed(name)
	if f != nil {
		return nil, f
	}
	if t.ttl == "" {
		return append(out, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`...), nil
	}
	out = append(out, `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":`...)
	return append(appendString(out, t.ttl), "}}"...), nil
}

// setTimeToLive makes attribute the one that says when items expire, "" for none. The caller holds the lock.
func (t *table) setTimeToLive(attribute string) {
	t.ttl = attribute
	t.expiry = newEntryTree()
	t.tree.Scan(func(i *item) bool {
		i.expires = 0 // guarded by the lock, as the only part of an item that changes
		if attribute != "" {
			i.expires = expiryOf(attribute, i.attributes())
		}
		if i.expires != 0 {
			t.expiry.Set(i.expiryEntry())
		}
		return true
	})
}

// Source: Amazon DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB": a time more than five years past
// does not count.
const tooLongAgo = 5 * 365 * 24 * time.Hour

// DeleteExpired deletes the items whose time to live has been over for at least Options.TTLDelay by the engine's clock,
// and returns how many. It is what makes time to live happen: nothing calls it by itself.
func (e *Engine) DeleteExpired() int {
	e.mu.Lock()
	now := e.now()
	until := now.Add(-e.ttlDelay).Unix()
	from := now.Add(-tooLongAgo).Unix()
	record := e.scratch[:0]
	count := 0
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t := e.tables[name]
		var over []*item
		t.expiry.Ascend(entry{at: place{hash: uint64(max(from, 0))}}, func(x entry) bool { //nolint:gosec // not negative
			if x.item.expires > until {
				return false
			}
			if _, held := e.claimed[claim{t, x.item.at}]; !held {
				over = append(over, x.item)
			}
			return true
		})
		for _, i := range over {
			t.remove(i, i.attributes())
			record = recordDelete(record, t.name, i.at)
		}
		count += len(over)
	}
	ticket := e.enqueue(record)
	e.mu.Unlock()
	// An error of the log is met by the next request too, which can say it.
	_ = ticket.Wait()
	return count
}
