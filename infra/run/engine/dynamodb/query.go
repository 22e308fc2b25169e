package dynamodb

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/btree"
)

// maxPage is how much a Query or a Scan reads at a time.
//
// Source: Amazon DynamoDB Developer Guide, "Paginating table query results".
const maxPage = 1 << 20

// page is one Query or Scan: where it reads, and what it found.
type page struct {
	q     *request
	table *table
	index *index // nil for the table itself
	with  expressions

	partition bool // a query: all within one partition
	at        place
	within    span
	from, to  uint64 // a scan: partitions by hash, to is the last
	start     *entry // after which to go on

	found []entry
	bytes int
	more  bool
}

func (e *Engine) query(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("Query", queryMembers)
	if r.end(); r.err != nil {
		return nil, r.err
	}
	p, f := e.newPage(q)
	if f != nil {
		return nil, f
	}
	if p.with.keyCondition == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	p.partition = true
	if p.at, p.within, f = p.with.keyCondition.keyRange(p.schema()); f != nil {
		return nil, f
	}
	if p.with.filter != nil {
		if name := p.with.filter.keyNameIn(p.with.filter.root, p.schema()); name != "" {
			return nil, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
		if p.index != nil && p.index.selected != nil {
			var lacking []string
			p.with.filter.eachName(p.with.filter.root, func(name string) {
				if p.index.selected.names[name] == nil && !slices.Contains(lacking, name) {
					lacking = append(lacking, name)
				}
			})
			if lacking != nil {
				return nil,
					invalidValues("Secondary index %s does not project one or more filter attributes: [%s]", p.index.name,
						strings.Join(lacking, ", "))
			}
		}
	}
	return e.turn(p, out)
}

func (e *Engine) scan(r *reader, out []byte) ([]byte, *failure) {
	q := r.request("Scan", scanMembers)
	if r.end(); r.err != nil {
		return nil, r.err
	}
	p, f := e.newPage(q)
	if f != nil {
		return nil, f
	}
	if f := p.segment(); f != nil {
		return nil, f
	}
	return e.turn(p, out)
}

// segment sets the hashes of a scan's segment.
func (p *page) segment() *failure {
	q := p.q
	p.to = 1<<64 - 1
	if q.has&(mSegment|mTotalSegments) == 0 {
		return nil
	}
	switch {
	case q.has&mTotalSegments == 0:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case q.has&mSegment == 0:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case q.totalSegments < 1:
		return constraint(strconv.Itoa(q.totalSegments), "totalSegments", "Member must have value greater than or equal to 1")
	case q.totalSegments > 1_000_000:
		return constraint(strconv.Itoa(q.totalSegments), "totalSegments", "Member must have value less than or equal to 1000000")
	case q.segment < 0:
		return constraint(strconv.Itoa(q.segment), "segment", "Member must have value greater than or equal to 0")
	case q.segment >= q.totalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than "+
			"TotalSegments: %d", q.segment, q.totalSegments)
	}
	n := uint64(q.totalSegments)                      //nolint:gosec // checked
	p.from, _ = bits.Div64(uint64(q.segment), n-1, n) //nolint:gosec // the least h with h*n/2^64 = segment, rounded up
	if q.segment == 0 {
		p.from = 0
	}
	if q.segment+1 < q.totalSegments {
		next, _ := bits.Div64(uint64(q.segment)+1, n-1, n) //nolint:gosec // checked
		p.to = next - 1
	}
	return nil
}

// newPage checks what Query and Scan have in common.
func (e *Engine) newPage(q *request) (*page, *failure) {
	if f := q.checkCommon(); f != nil {
		return nil, f
	}
	if q.has&mLimit != 0 && q.limit < 1 {
		return nil, constraint(strconv.Itoa(q.limit), "limit", "Member must have value greater than or equal to 1")
	}
	if f := oneOf(q.has, mSelect, "select", q.selects, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
		"ALL_PROJECTED_ATTRIBUTES"); f != nil {
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
	p := &page{q: q, table: t, with: with}
	if q.has&mIndex != 0 {
		if p.index = t.index(q.index); p.index == nil {
			return nil, invalid("The table does not have the specified index: %s", q.index)
		}
		if q.consistent {
			return nil, invalid("Consistent reads are not supported on global secondary indexes")
		}
	}
	return p, p.checkSelect()
}

func (p *page) checkSelect() *failure {
	projects := p.with.projection != nil
	switch p.q.selects {
	case "SPECIFIC_ATTRIBUTES":
		if !projects {
			return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
		}
	case "":
	default:
		if projects {
			return invalid("Cannot specify the ProjectionExpression when choosing to get %s",
				strings.ReplaceAll(p.q.selects, "COUNT", "only the Count"))
		}
	}
	if p.index == nil {
		if p.q.selects == "ALL_PROJECTED_ATTRIBUTES" {
			return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
		}
		return nil
	}
	if p.index.selected == nil {
		return nil
	}
	if p.q.selects == "ALL_ATTRIBUTES" {
		return invalidValues("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is "+
			"not ALL", p.index.name)
	}
	if projects {
		var lacking []string
		for _, path := range p.with.projection.paths {
			if name := p.with.projection.stepName(path[0]); p.index.selected.names[name] == nil {
				lacking = append(lacking, name)
			}
		}
		slices.Sort(lacking)
		if lacking != nil {
			return invalidValues("Global secondary index %s does not project [%s]", p.index.name, strings.Join(lacking, ", "))
		}
	}
	return nil
}

func (p *page) schema() schema {
	if p.index != nil {
		return p.index.schema
	}
	return p.table.schema
}

// keyNames are the attributes of LastEvaluatedKey and ExclusiveStartKey.
func (p *page) keyNames() []string {
	names := p.table.schema.names()
	if p.index != nil {
		for _, n := range p.index.schema.names() {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// setStart reads ExclusiveStartKey.
func (p *page) setStart() *failure {
	if p.q.has&mStart == 0 {
		return nil
	}
	bad := invalid("The provided starting key is invalid")
	key := p.q.start
	names := p.keyNames()
	if len(key) != len(names) {
		return bad
	}
	own := selectNames(p.table.schema.names()).from(key)
	at, f := p.table.keyPlace(own)
	if f != nil {
		f.message = "The provided starting key is invalid: " + f.message
		return f
	}
	p.start = &entry{at: at, item: &item{at: at}}
	if p.index != nil {
		for _, k := range []keyAttr{p.index.schema.hash, p.index.schema.sort} {
			if v, ok := key.get(k.name); k.name != "" && (!ok || v.kind != k.kind) {
				return bad
			}
		}
		p.start.at, _ = p.index.place(key)
	}
	here := p.start.at
	switch {
	case p.partition && (here.pk != p.at.pk || !p.within.holds(here.sort)):
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	case !p.partition && (here.hash < p.from || here.hash > p.to):
		return invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "+
			"Segment. TotalSegments: %d Segment: %d", p.q.totalSegments, p.q.segment)
	}
	return nil
}

// turn reads the page and answers it.
func (e *Engine) turn(p *page, out []byte) ([]byte, *failure) {
	if f := p.setStart(); f != nil {
		return nil, f
	}
	e.mu.RLock()
	if p.table.dropped {
		e.mu.RUnlock()
		return nil, notFound()
	}
	p.collect()
	ticket := e.last
	e.mu.RUnlock()
	if f := settled(ticket, nil, e); f != nil {
		return nil, f
	}
	return p.append(out), nil
}

// collect finds the page's items. The caller holds the lock, so nothing is decoded here.
func (p *page) collect() {
	p.found = make([]entry, 0, min(max(p.q.limit, 16), 256))
	low, high := entry{at: place{hash: p.from}}, entry{at: place{hash: p.to, pk: "\xff"}}
	if p.partition {
		low.at = place{p.at.hash, p.at.pk, p.within.low}
		high.at = place{p.at.hash, p.at.pk, p.within.high}
		if p.within.endless {
			high.at = place{p.at.hash, after(p.at.pk), ""}
		}
	}
	if p.start != nil {
		if p.q.backward {
			high = *p.start
		} else {
			low = *p.start
		}
	}
	table, index := p.table.tree, (*btree.BTreeG[entry])(nil)
	if p.index != nil {
		index = p.index.tree
	}
	if !p.q.consistent && p.table.staleness > 0 {
		m := p.table.stale()
		table, index = m.tree, m.indexes[p.index]
	}
	if index != nil {
		if p.q.backward {
			index.Descend(high, p.take)
		} else {
			index.Ascend(low, p.take)
		}
		return
	}
	take := func(i *item) bool { return p.take(entry{at: i.at, item: i, size: i.size}) }
	if p.q.backward {
		table.Descend(&item{at: high.at}, take)
	} else {
		table.Ascend(&item{at: low.at}, take)
	}
}

// take takes one item of the page and says whether to go on.
func (p *page) take(x entry) bool {
	if p.start != nil && x.at == p.start.at && x.item.at == p.start.item.at {
		return true
	}
	if p.partition {
		if x.at.hash != p.at.hash || x.at.pk != p.at.pk || !p.within.holds(x.at.sort) {
			// Going down, the first may stand just above the range.
			return p.q.backward && len(p.found) == 0 && x.at.compare(place{p.at.hash, p.at.pk, p.within.low}) > 0
		}
	} else if x.at.hash > p.to {
		return false
	}
	p.found = append(p.found, x)
	p.bytes += x.size
	if len(p.found) == p.q.limit || p.bytes >= maxPage {
		p.more = true
		return false
	}
	return true
}

// append appends the page's answer.
func (p *page) append(out []byte) []byte {
	selected := p.with.projected()
	if selected == nil && p.index != nil {
		selected = p.index.selected
	}
	onlyCount := p.q.selects == "COUNT"
	count := 0
	out = append(out, '{')
	if !onlyCount {
		out = append(named(out, "Items"), '[')
	}
	for _, x := range p.found {
		if p.with.filter != nil {
			a := x.item.attributes()
			if p.index != nil {
				a = p.index.project(a)
			}
			if !p.with.filter.holds(a) {
				continue
			}
		}
		count++
		if onlyCount {
			continue
		}
		if count > 1 {
			out = append(out, ',')
		}
		out = appendItem(out, x.item, selected)
	}
	if !onlyCount {
		out = append(out, ']')
	}
	out = appendInt(named(out, "Count"), int64(count))
	out = appendInt(named(out, "ScannedCount"), int64(len(p.found)))
	if p.more {
		last := p.found[len(p.found)-1].item
		out = selectNames(p.keyNames()).from(last.attributes()).appendJSON(named(out, "LastEvaluatedKey"))
	}
	if wanted(p.q.capacity) {
		u := usage{table: p.table.name}
		if units := readUnits(p.bytes, p.q.consistent); p.index != nil {
			u.index(p.index.name, units)
		} else {
			u.own = units
		}
		out = append(named(out, "ConsumedCapacity"), u.json(p.q.capacity)...)
	}
	return append(out, '}')
}
