package dynamodb

import (
	"strconv"
	"strings"
)

// find is what a document path names in an item.
func (b *bound) find(p path, item attrs) (value, bool) {
	v, ok := item.get(b.stepName(p[0]))
	for _, s := range p[1:] {
		if !ok {
			return value{}, false
		}
		v, ok = b.into(v, s)
	}
	return v, ok
}

func (b *bound) into(v value, s step) (value, bool) {
	switch {
	case s.index >= 0 && v.kind == kindL && s.index < len(v.sub.list):
		return v.sub.list[s.index], true
	case s.index < 0 && v.kind == kindM:
		return v.sub.attrs.get(b.stepName(s))
	}
	return value{}, false
}

// operand is an operand's value, if it has one in this item.
func (b *bound) operand(n *node, item attrs) (value, bool) {
	switch n.op {
	case opValue:
		return b.valueOf[n.ref], true
	case opPath:
		return b.find(n.path, item)
	case opSize:
		v, ok := b.operand(n.args[0], item)
		if !ok {
			return value{}, false
		}
		return sizeOf(v)
	}
	return value{}, false
}

// sizeOf is the function size: characters of a string, bytes of a binary, elements of a document or a set.
func sizeOf(v value) (value, bool) {
	n := 0
	switch v.kind {
	case kindS:
		for _, r := range v.s {
			n++
			if r > 0xffff {
				n++ // counted as UTF-16 does
			}
		}
	case kindB:
		n = len(v.s)
	case kindM:
		n = len(v.sub.attrs)
	case kindL, kindSS, kindNS, kindBS:
		n = len(v.sub.list)
	default:
		return value{}, false
	}
	return value{kind: kindN, s: strconv.Itoa(n)}, true
}

// holds says whether the condition holds for the item; an item that is not there has no attributes.
func (b *bound) holds(item attrs) bool { return b == nil || b.test(b.root, item) }

func (b *bound) test(n *node, item attrs) bool {
	switch n.op {
	case opAnd:
		return b.test(n.args[0], item) && b.test(n.args[1], item)
	case opOr:
		return b.test(n.args[0], item) || b.test(n.args[1], item)
	case opNot:
		return !b.test(n.args[0], item)
	case opExists, opNotExists:
		_, ok := b.find(n.args[0].path, item)
		return ok == (n.op == opExists)
	}
	left, ok := b.operand(n.args[0], item)
	if n.op == opIn {
		for _, a := range n.args[1:] {
			if right, there := b.operand(a, item); ok && there && left.equal(right) {
				return true
			}
		}
		return false
	}
	right, there := b.operand(n.args[1], item)
	if n.op == opUnequal {
		// What is missing differs from all that is there.
		return ok != there || ok && !left.equal(right)
	}
	if !ok || !there {
		return false
	}
	switch n.op {
	case opEqual:
		return left.equal(right)
	case opType:
		return left.kind.String() == right.s
	case opBeginsWith:
		return left.kind == right.kind && (left.kind == kindS || left.kind == kindB) && strings.HasPrefix(left.s, right.s)
	case opContains:
		return contains(left, right)
	}
	if left.kind != right.kind || !ordered(left.kind) {
		return false
	}
	by := left.compare(right)
	switch n.op {
	case opLess:
		return by < 0
	case opLessEqual:
		return by <= 0
	case opGreater:
		return by > 0
	case opGreaterEqual:
		return by >= 0
	case opBetween:
		high, is := b.operand(n.args[2], item)
		return by >= 0 && is && high.kind == left.kind && left.compare(high) <= 0
	}
	return false
}

func contains(in, what value) bool {
	switch in.kind {
	case kindS, kindB:
		return what.kind == in.kind && strings.Contains(in.s, what.s)
	case kindL, kindSS, kindNS, kindBS:
		return in.holds(what)
	}
	return false
}
