package dynamodb

import (
	"slices"
	"strconv"
)

// usage is the capacity that a request has used of one table and its indexes.
//
// Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations", capacity unit consumption; "Using
// Global Secondary Indexes", provisioned throughput considerations.
type usage struct {
	table   string
	own     float64
	indexes []indexUsage
}

type indexUsage struct {
	name  string
	units float64
}

func wanted(capacity string) bool { return capacity != "" && capacity != "NONE" }

func (u *usage) index(name string, units float64) {
	if units == 0 {
		return
	}
	for i := range u.indexes {
		if u.indexes[i].name == name {
			u.indexes[i].units += units
			return
		}
	}
	u.indexes = append(u.indexes, indexUsage{name, units})
}

// write adds a write, times two in a transaction.
func (u *usage) write(w *write, times float64) {
	size := 0
	if w.old != nil {
		size = w.old.size
	}
	if w.next != nil {
		size = max(size, w.next.size)
	}
	u.own += times * writeUnits(size)
	if w.kind == writeCheck {
		return
	}
	for _, x := range w.table.indexes {
		u.index(x.name, times*x.writeUnits(w))
	}
}

// writeUnits is what an index's update costs: nothing when what it keeps does not change, two writes when the item moves
// in it.
func (x *index) writeUnits(w *write) float64 {
	from, was := place{}, false
	if w.old != nil {
		from, was = x.place(w.before)
	}
	to, is := place{}, false
	if w.next != nil {
		to, is = x.place(w.after)
	}
	switch {
	case was && is:
		old, next := x.project(w.before), x.project(w.after)
		if from != to {
			return writeUnits(old.size()) + writeUnits(next.size())
		}
		if mapValue(old).equal(mapValue(next)) {
			return 0
		}
		return writeUnits(max(old.size(), next.size()))
	case was:
		return writeUnits(x.project(w.before).size())
	case is:
		return writeUnits(x.project(w.after).size())
	}
	return 0
}

func writeUnits(size int) float64 { return float64(max(1, (size+1023)/1024)) }

// readUnits is for size bytes read together; half of it when eventually consistent.
func readUnits(size int, consistent bool) float64 {
	n := float64(max(1, (size+4095)/4096))
	if !consistent {
		n /= 2
	}
	return n
}

// json is the ConsumedCapacity of one table.
func (u *usage) json(mode string) []byte {
	total := u.own
	for _, x := range u.indexes {
		total += x.units
	}
	b := appendString([]byte(`{"TableName":`), u.table)
	b = appendUnits(append(b, `,"CapacityUnits":`...), total)
	if mode == "INDEXES" {
		b = append(appendUnits(append(b, `,"Table":{"CapacityUnits":`...), u.own), '}')
		if len(u.indexes) > 0 {
			b = append(b, `,"GlobalSecondaryIndexes":{`...)
			for i, x := range u.indexes {
				if i > 0 {
					b = append(b, ',')
				}
				b = append(appendString(b, x.name), `:{"CapacityUnits":`...)
				b = append(appendUnits(b, x.units), '}')
			}
			b = append(b, '}')
		}
	}
	return append(b, '}')
}

func appendUnits(b []byte, units float64) []byte { return strconv.AppendFloat(b, units, 'f', 1, 64) }

// usages are those of a request over several tables, in the order in which it came to them.
type usages []*usage

func (u *usages) of(table string) *usage {
	if i := slices.IndexFunc(*u, func(x *usage) bool { return x.table == table }); i >= 0 {
		return (*u)[i]
	}
	one := &usage{table: table}
	*u = append(*u, one)
	return one
}

// appendTo appends the member ConsumedCapacity of a request over several tables.
func (u usages) appendTo(out []byte, mode string) []byte {
	out = append(named(out, "ConsumedCapacity"), '[')
	for i, one := range u {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one.json(mode)...)
	}
	return append(out, ']')
}
