package dynamodb

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/btree"
)

// Source: Amazon DynamoDB Developer Guide, "Quotas".
const (
	maxItem    = 400 << 10
	maxHashKey = 2048
	maxSortKey = 1024
)

// keyAttr is one attribute of a key schema; an empty name stands for no sort key.
type keyAttr struct {
	name string
	kind kind
}

// schema is the key schema of a table or an index.
type schema struct{ hash, sort keyAttr }

func (s schema) names() []string {
	if s.sort.name == "" {
		return []string{s.hash.name}
	}
	return []string{s.hash.name, s.sort.name}
}

func (s schema) has(name string) bool {
	return name == s.hash.name || s.sort.name != "" && name == s.sort.name
}

// place is where an item stands in an order: partitions by the hash of their key, as AWS has it, then by the partition
// key itself, then by sort key. The keys are encoded so that they compare bytewise.
type place struct {
	hash     uint64
	pk, sort string
}

func (p place) compare(q place) int {
	switch {
	case p.hash < q.hash:
		return -1
	case p.hash > q.hash:
		return 1
	}
	if c := strings.Compare(p.pk, q.pk); c != 0 {
		return c
	}
	return strings.Compare(p.sort, q.sort)
}

// detached is the place with strings of its own: those of a request are pieces of its whole body.
func (p place) detached() place {
	if p.sort == "" { // a concatenation with nothing would be no copy
		p.pk = strings.Clone(p.pk)
		return p
	}
	both := p.pk + p.sort
	p.pk, p.sort = both[:len(p.pk)], both[len(p.pk):]
	return p
}

// item is a stored item. It is immutable: a write puts another in its place, so that readers need no lock to encode it.
type item struct {
	at      place
	json    string // the attributes as the protocol has them, ordered by name
	size    int
	expires int64 // the time to live attribute in Unix seconds, 0 without
}

func (i *item) attributes() attrs {
	if i == nil {
		return nil
	}
	return storedAttributes(i.json)
}

// entry is an item in an index, or in the order of expiry.
type entry struct {
	at   place
	item *item
	size int // of what an index keeps of it
}

func (e entry) less(o entry) bool {
	if c := e.at.compare(o.at); c != 0 {
		return c < 0
	}
	if e.item == o.item || e.item == nil || o.item == nil {
		return e.item == nil && o.item != nil // a bare place comes before what stands at it
	}
	return e.item.at.compare(o.item.at) < 0
}

type projection uint8

const (
	projectAll projection = iota
	projectKeys
	projectSome
)

var projectionNames = [...]string{"ALL", "KEYS_ONLY", "INCLUDE"}

// index is a global secondary index.
type index struct {
	name       string
	schema     schema
	projection projection
	include    []string
	selected   *selection // nil for ALL
	tree       *btree.BTreeG[entry]
	bytes      int64
}

// table is a table with its items. What is set at creation is never changed; the rest is guarded by the engine's lock.
type table struct {
	name    string
	id      string
	created time.Time
	schema  schema
	indexes []*index
	request createTable // as it was asked for, for DescribeTable and the journal

	tree    *btree.BTreeG[*item]
	bytes   int64
	ttl     string // the time to live attribute, "" for none
	expiry  *btree.BTreeG[entry]
	dropped bool

	staleness time.Duration // see [Options.Staleness]
	now       func() time.Time
	earlier   []moment // oldest first, those that an eventually consistent read may still see; empty without staleness
}

// moment is what a table held until a time.
type moment struct {
	until   time.Time
	tree    *btree.BTreeG[*item]
	indexes map[*index]*btree.BTreeG[entry]
}

// keep notes what the table holds before it is written to, for stale reads. The caller holds the engine's lock.
func (t *table) keep() {
	if t.staleness == 0 {
		return
	}
	now := t.now()
	old := 0
	for old < len(t.earlier) && !t.earlier[old].until.After(now.Add(-t.staleness)) {
		old++
	}
	t.earlier = t.earlier[old:]
	if n := len(t.earlier); n > 0 && t.earlier[n-1].until.Equal(now) {
		return
	}
	m := moment{until: now, tree: t.tree.Copy(), indexes: map[*index]*btree.BTreeG[entry]{}}
	for _, x := range t.indexes {
		m.indexes[x] = x.tree.Copy()
	}
	t.earlier = append(t.earlier, m)
}

// stale is what an eventually consistent read sees. The caller holds the engine's lock.
func (t *table) stale() moment {
	if t.staleness > 0 {
		seen := t.now().Add(-t.staleness)
		for _, m := range t.earlier {
			if m.until.After(seen) {
				return m
			}
		}
	}
	m := moment{tree: t.tree, indexes: make(map[*index]*btree.BTreeG[entry], len(t.indexes))}
	for _, x := range t.indexes {
		m.indexes[x] = x.tree
	}
	return m
}

func newTree() *btree.BTreeG[*item] {
	return btree.NewBTreeGOptions(func(a, b *item) bool { return a.at.compare(b.at) < 0 }, btree.Options{NoLocks: true})
}

func newEntryTree() *btree.BTreeG[entry] {
	return btree.NewBTreeGOptions(entry.less, btree.Options{NoLocks: true})
}

// partitionHash spreads partitions over the order of a scan, the same in every run.
func partitionHash(pk string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(pk) {
		h = (h ^ uint64(pk[i])) * prime
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// encodeKey is a key attribute's value as it is ordered.
func encodeKey(v value) string {
	if v.kind == kindN {
		return storedDecimal(v.s).sortKey()
	}
	return v.s
}

// keyPlace is where the key's item stands in the table.
func (t *table) keyPlace(key attrs) (place, *failure) {
	if len(key) != len(t.schema.names()) {
		return place{}, wrongKey()
	}
	for _, k := range []keyAttr{t.schema.hash, t.schema.sort} {
		if k.name == "" {
			continue
		}
		if v, ok := key.get(k.name); !ok || v.kind != k.kind {
			return place{}, wrongKey()
		}
	}
	return t.checkedPlace(key)
}

// itemPlace is where a whole item stands in the table.
func (t *table) itemPlace(a attrs) (place, *failure) {
	for _, k := range []keyAttr{t.schema.hash, t.schema.sort} {
		if k.name == "" {
			continue
		}
		v, ok := a.get(k.name)
		if !ok {
			return place{}, misfit("Missing the key %s in the item", k.name)
		}
		if v.kind != k.kind {
			return place{}, misfit("Type mismatch for key %s expected: %s actual: %s", k.name, k.kind, v.kind)
		}
	}
	return t.checkedPlace(a)
}

func (t *table) checkedPlace(a attrs) (place, *failure) {
	v, _ := a.get(t.schema.hash.name)
	if f := checkKeyValue(t.schema.hash.name, v); f != nil {
		return place{}, f
	}
	if len(v.s) > maxHashKey {
		return place{}, invalidValues("Size of hashkey has exceeded the maximum size limit of2048 bytes")
	}
	at := place{pk: encodeKey(v)}
	at.hash = partitionHash(at.pk)
	if t.schema.sort.name != "" {
		v, _ := a.get(t.schema.sort.name)
		if f := checkKeyValue(t.schema.sort.name, v); f != nil {
			return place{}, f
		}
		if len(v.s) > maxSortKey {
			return place{}, invalidValues("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
		}
		at.sort = encodeKey(v)
	}
	return at, nil
}

func checkKeyValue(name string, v value) *failure {
	if v.s == "" && (v.kind == kindS || v.kind == kindB) {
		return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s "+
			"value. Key: %s",
			strings.ToLower(v.kind.long()), name)
	}
	return nil
}

// checkIndexKeys refuses an item that an index cannot hold.
func (t *table) checkIndexKeys(a attrs, update bool) *failure {
	for _, x := range t.indexes {
		for i, k := range []keyAttr{x.schema.hash, x.schema.sort} {
			if k.name == "" || t.schema.has(k.name) {
				continue
			}
			v, ok := a.get(k.name)
			if !ok {
				continue
			}
			if v.kind != k.kind {
				return misfit("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", k.name, k.kind, v.kind, x.name)
			}
			if v.s == "" && k.kind != kindN && update {
				return invalid("One or more parameter values are not valid. The update expression attempted to update a secondary index "+
					"key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.",
					strings.ToLower(k.kind.long()))
			}
			if v.s == "" && k.kind != kindN {
				return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not "+
					"supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
					strings.ToLower(k.kind.long()), x.name, k.name)
			}
			if i == 0 && len(v.s) > maxHashKey {
				return invalidValues("Size of hashkey has exceeded the maximum size limit of2048 bytes")
			}
			if i == 1 && len(v.s) > maxSortKey {
				return invalidValues("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
			}
		}
	}
	return nil
}

// place is where an item stands in the index; an item without the index's keys stands nowhere.
func (x *index) place(a attrs) (place, bool) {
	v, ok := a.get(x.schema.hash.name)
	if !ok {
		return place{}, false
	}
	at := place{pk: encodeKey(v)}
	at.hash = partitionHash(at.pk)
	if x.schema.sort.name != "" {
		if v, ok = a.get(x.schema.sort.name); !ok {
			return place{}, false
		}
		at.sort = encodeKey(v)
	}
	return at, true
}

// project is what the index keeps of an item.
func (x *index) project(a attrs) attrs {
	if x.selected == nil {
		return a
	}
	return x.selected.from(a)
}

// sizeOf is the size of what the index keeps of an item.
func (x *index) sizeOf(i *item, a attrs) int {
	if x.selected == nil {
		return i.size
	}
	return x.project(a).size()
}

func (t *table) index(name string) *index {
	for _, x := range t.indexes {
		if x.name == name {
			return x
		}
	}
	return nil
}

// get is the item at a place, nil when there is none. The caller holds the engine's lock.
func (t *table) get(at place) *item {
	return in(t.tree, at)
}

// in is the item at a place of a tree, nil when there is none.
func in(tree *btree.BTreeG[*item], at place) *item {
	found, ok := tree.Get(&item{at: at})
	if !ok {
		return nil
	}
	return found
}

// newItem is a stored item from its attributes.
func (t *table) newItem(at place, a attrs) *item {
	return &item{at: at.detached(), json: string(a.appendJSON(make([]byte, 0, 256))), size: a.size()}
}

// put stores it in place of old, which may be nil, with the attributes of both. The caller holds the engine's lock.
func (t *table) put(it *item, a attrs, old *item, before attrs) {
	if t.ttl != "" {
		it.expires = expiryOf(t.ttl, a)
	}
	t.keep()
	t.tree.Set(it)
	t.bytes += int64(it.size)
	for _, x := range t.indexes {
		x.remove(old, before)
		if at, ok := x.place(a); ok {
			kept := x.sizeOf(it, a)
			x.tree.Set(entry{at.detached(), it, kept})
			x.bytes += int64(kept)
		}
	}
	t.forget(old)
	if it.expires != 0 {
		t.expiry.Set(it.expiryEntry())
	}
}

// remove takes an item out. The caller holds the engine's lock.
func (t *table) remove(old *item, before attrs) {
	if old == nil {
		return
	}
	t.keep()
	t.tree.Delete(old)
	for _, x := range t.indexes {
		x.remove(old, before)
	}
	t.forget(old)
}

func (t *table) forget(old *item) {
	if old == nil {
		return
	}
	t.bytes -= int64(old.size)
	if old.expires != 0 {
		t.expiry.Delete(old.expiryEntry())
	}
}

func (x *index) remove(old *item, before attrs) {
	if old == nil {
		return
	}
	if at, ok := x.place(before); ok {
		x.tree.Delete(entry{at: at, item: old})
		x.bytes -= int64(x.sizeOf(old, before))
	}
}

func (i *item) expiryEntry() entry {
	return entry{at: place{hash: uint64(i.expires)}, item: i} //nolint:gosec // never negative
}

// expiryOf is an item's time to live in Unix seconds, 0 when it has none that counts: only numbers do.
func expiryOf(attribute string, a attrs) int64 {
	v, ok := a.get(attribute)
	if !ok || v.kind != kindN {
		return 0
	}
	whole, _, _ := strings.Cut(v.s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}
