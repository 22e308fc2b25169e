package dynamodb

// check refuses what the values of the placeholders make wrong, whatever the item.
func (b *bound) check() *failure {
	if b.root != nil {
		if f := b.checkNode(b.root); f != nil {
			return f
		}
	}
	if len(b.paths) > 1 {
		if f := b.overlap(b.paths); f != nil {
			return f
		}
	}
	if len(b.actions) == 0 {
		return nil
	}
	paths := make([]path, 0, 8)
	for i := range b.actions {
		paths = append(paths, b.actions[i].path)
	}
	if f := b.overlap(paths); f != nil {
		return f
	}
	for _, a := range b.actions {
		switch a.verb {
		case verbSet:
			if f := b.checkNode(a.value); f != nil {
				return f
			}
		case verbAdd, verbDelete:
			k := b.valueOf[a.value.ref].kind
			if !k.set() && (a.verb == verbDelete || k != kindN) {
				return b.fail("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "+
					"ALLOWED_FOR_%s_OPERAND",
					verbNames[a.verb], k.long(), verbNames[a.verb])
			}
		case verbRemove:
		}
	}
	return nil
}

func (b *bound) checkNode(n *node) *failure {
	for _, a := range n.args {
		if f := b.checkNode(a); f != nil {
			return f
		}
	}
	if f := b.distinct(n); f != nil {
		return f
	}
	switch n.op {
	case opLess, opLessEqual, opGreater, opGreaterEqual:
		if f := b.literals(n, n.args, ordered); f != nil {
			return f
		}
	case opBetween:
		if f := b.literals(n, n.args, ordered); f != nil {
			return f
		}
		return b.checkBounds(n)
	case opBeginsWith:
		return b.literals(n, n.args, func(k kind) bool { return k == kindS || k == kindB })
	case opSize:
		if n.args[0].op == opSize {
			return b.fail("Incorrect operand type for operator or function; operator or function: size, operand type: N")
		}
		return b.literals(n, n.args, func(k kind) bool { return k != kindN && k != kindBool && k != kindNull })
	case opListAppend:
		return b.literals(n, n.args, func(k kind) bool { return k == kindL })
	case opPlus, opMinus:
		return b.literals(n, n.args, func(k kind) bool { return k == kindN })
	case opType:
		return b.checkTypeName(n.args[1])
	}
	return nil
}

// distinct refuses an operator on a path and the same path.
func (b *bound) distinct(n *node) *failure {
	if n.op < opEqual || n.op > opContains || n.args[0].op != opPath {
		return nil
	}
	for _, a := range n.args[1:] {
		if a.op == opPath && b.samePath(n.args[0].path, a.path) {
			return b.fail("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, "+
				"first operand: %s",
				n.op, b.describe(a.path))
		}
	}
	return nil
}

func ordered(k kind) bool { return k == kindS || k == kindN || k == kindB }

// literals refuses an operand that is given as a value and has a type that the operator does not take.
func (b *bound) literals(n *node, args []*node, takes func(kind) bool) *failure {
	for _, a := range args {
		if a.op == opValue && !takes(b.valueOf[a.ref].kind) {
			return b.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.op,
				b.valueOf[a.ref].kind)
		}
	}
	return nil
}

func (b *bound) checkBounds(n *node) *failure {
	if n.args[1].op != opValue || n.args[2].op != opValue {
		return nil
	}
	low, high := b.valueOf[n.args[1].ref], b.valueOf[n.args[2].ref]
	switch {
	case low.kind != high.kind:
		return b.fail("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: %s, "+
			"upper bound operand: AttributeValue: %s", describe(low), describe(high))
	case low.compare(high) > 0:
		return b.fail("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: "+
			"AttributeValue: %s, upper bound operand: AttributeValue: %s", describe(low), describe(high))
	}
	return nil
}

func describe(v value) string { return "{" + v.kind.String() + ":" + v.s + "}" }

func (b *bound) checkTypeName(n *node) *failure {
	if n.op != opValue {
		return b.fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: PATH")
	}
	v := b.valueOf[n.ref]
	if v.kind != kindS {
		return b.fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: %s", v.kind)
	}
	for _, name := range kindNames[1:] {
		if name == v.s {
			return nil
		}
	}
	return b.fail("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", v.s)
}
