package dynamodb

import (
	"cmp"
	"slices"
)

// The failures that depend on the item.
func noSuchAttribute() *failure {
	return invalid("The provided expression refers to an attribute that does not exist in the item")
}

func wrongOperand() *failure {
	return invalid("An operand in the update expression has an incorrect data type")
}

func wrongPath() *failure {
	return invalid("The document path provided in the update expression is invalid for update")
}

// apply is the item after an update. All values are those before it, in whatever order the actions are written.
func (b *bound) apply(before attrs) (attrs, *failure) {
	after := before
	var removed []path
	var placed []placement
	for i := range b.actions {
		a := &b.actions[i]
		if a.verb == verbRemove {
			removed = append(removed, a.path)
			continue
		}
		v, gone, f := b.outcome(a, before)
		if f != nil {
			return nil, f
		}
		if gone {
			removed = append(removed, a.path)
			continue
		}
		if v.kind == kindNone { // DELETE from what is not there
			continue
		}
		placed = append(placed, placement{a.path, v})
	}
	// What goes beyond the end of a list is appended in the order of the indexes.
	slices.SortStableFunc(placed, func(p, q placement) int { return comparePaths(p.path, q.path) })
	for _, p := range placed {
		var f *failure
		if after, f = b.place(after, p.path, p.value); f != nil {
			return nil, f
		}
	}
	// From the end of a list to its beginning, so that indexes keep naming what they named before.
	slices.SortStableFunc(removed, func(p, q path) int { return -comparePaths(p, q) })
	for _, p := range removed {
		var f *failure
		if after, f = b.remove(after, p); f != nil {
			return nil, f
		}
	}
	return after, nil
}

type placement struct {
	path  path
	value value
}

func comparePaths(p, q path) int {
	return slices.CompareFunc(p, q, func(s, t step) int { return cmp.Compare(s.index, t.index) })
}

// outcome is the value that SET, ADD or DELETE leaves at its path; gone when nothing is left of a set.
func (b *bound) outcome(a *action, before attrs) (v value, gone bool, f *failure) {
	if a.verb == verbSet {
		v, f = b.compute(a.value, before)
		return v, false, f
	}
	by := b.valueOf[a.value.ref]
	old, there := b.find(a.path, before)
	if a.verb == verbAdd {
		switch {
		case !there:
			return by, false, nil
		case old.kind != by.kind:
			return value{}, false, wrongOperand()
		case by.kind == kindN:
			sum, f := storedDecimal(old.s).plus(storedDecimal(by.s))
			return numberValue(sum), false, f
		}
		list := slices.Clone(old.sub.list)
		for _, e := range by.sub.list {
			if !old.holds(e) {
				list = append(list, e)
			}
		}
		return value{kind: old.kind, sub: &nested{list: list}}, false, nil
	}
	if !there {
		return value{}, false, nil
	}
	if old.kind != by.kind {
		return value{}, false, wrongOperand()
	}
	var list []value
	for _, e := range old.sub.list {
		if !by.holds(e) {
			list = append(list, e)
		}
	}
	return value{kind: old.kind, sub: &nested{list: list}}, len(list) == 0, nil
}

func (b *bound) compute(n *node, item attrs) (value, *failure) {
	switch n.op {
	case opValue:
		return b.valueOf[n.ref], nil
	case opPath:
		v, ok := b.find(n.path, item)
		if !ok {
			return v, noSuchAttribute()
		}
		return v, nil
	case opIfNotExists:
		if v, ok := b.find(n.args[0].path, item); ok {
			return v, nil
		}
		return b.compute(n.args[1], item)
	}
	left, f := b.compute(n.args[0], item)
	if f != nil {
		return left, f
	}
	right, f := b.compute(n.args[1], item)
	if f != nil {
		return right, f
	}
	if n.op == opListAppend {
		if left.kind != kindL || right.kind != kindL {
			return left, wrongOperand()
		}
		return listValue(slices.Concat(left.sub.list, right.sub.list)), nil
	}
	if left.kind != kindN || right.kind != kindN {
		return left, wrongOperand()
	}
	x, y := storedDecimal(left.s), storedDecimal(right.s)
	if n.op == opMinus {
		y.neg = !y.neg
	}
	sum, f := x.plus(y)
	return numberValue(sum), f
}

// place puts v at a path. What the path goes through must be there; only its last step may be new.
func (b *bound) place(item attrs, p path, v value) (attrs, *failure) {
	name := b.stepName(p[0])
	if len(p) == 1 {
		return item.with(name, v), nil
	}
	old, ok := item.get(name)
	if !ok {
		return nil, wrongPath()
	}
	changed, f := b.placeIn(old, p[1:], v)
	if f != nil {
		return nil, f
	}
	return item.with(name, changed), nil
}

func (b *bound) placeIn(in value, p path, v value) (value, *failure) {
	s := p[0]
	if s.index < 0 {
		if in.kind != kindM {
			return in, wrongPath()
		}
		a, f := b.place(in.sub.attrs, p, v)
		return mapValue(a), f
	}
	if in.kind != kindL {
		return in, wrongPath()
	}
	list := slices.Clone(in.sub.list)
	if s.index >= len(list) {
		if len(p) > 1 {
			return in, wrongPath()
		}
		return listValue(append(list, v)), nil // beyond the end is at the end
	}
	if len(p) > 1 {
		var f *failure
		if v, f = b.placeIn(list[s.index], p[1:], v); f != nil {
			return in, f
		}
	}
	list[s.index] = v
	return listValue(list), nil
}

// remove takes away what a path names; nothing when the last step is not there.
func (b *bound) remove(item attrs, p path) (attrs, *failure) {
	name := b.stepName(p[0])
	if len(p) == 1 {
		return item.without(name), nil
	}
	old, ok := item.get(name)
	if !ok {
		return nil, wrongPath()
	}
	changed, f := b.removeIn(old, p[1:])
	if f != nil {
		return nil, f
	}
	return item.with(name, changed), nil
}

func (b *bound) removeIn(in value, p path) (value, *failure) {
	s := p[0]
	if s.index < 0 {
		if in.kind != kindM {
			return in, wrongPath()
		}
		a, f := b.remove(in.sub.attrs, p)
		return mapValue(a), f
	}
	if in.kind != kindL {
		return in, wrongPath()
	}
	if s.index >= len(in.sub.list) {
		if len(p) > 1 {
			return in, wrongPath()
		}
		return in, nil
	}
	list := slices.Clone(in.sub.list)
	if len(p) == 1 {
		return listValue(slices.Delete(list, s.index, s.index+1)), nil
	}
	changed, f := b.removeIn(list[s.index], p[1:])
	list[s.index] = changed
	return listValue(list), f
}
