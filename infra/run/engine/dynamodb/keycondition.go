package dynamodb

// span is a range of encoded sort keys, from low to before high; endless has no high.
type span struct {
	low, high string
	endless   bool
}

func (s span) holds(key string) bool { return key >= s.low && (s.endless || key < s.high) }

// after is the least string that is greater than s.
func after(s string) string { return s + "\x00" }

// beyond is the least string greater than all that begin with prefix; none when it is all 0xff.
func beyond(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}

// keyTerm is one condition of a key condition expression.
type keyTerm struct {
	op     operator
	name   string
	values []value
}

// keyRange is what a key condition asks for: a partition and a span of it.
func (b *bound) keyRange(s schema) (at place, within span, f *failure) {
	var terms []keyTerm
	if terms, f = b.keyTerms(b.root, terms); f != nil {
		return at, within, f
	}
	for i := range terms {
		for j := range i {
			if terms[i].name == terms[j].name {
				return at, within, invalid("KeyConditionExpressions must only contain one condition per key")
			}
		}
	}
	if len(terms) > 2 {
		return at, within, invalid("Conditions can be of length 1 or 2 only")
	}
	var hash, sort *keyTerm
	for i := range terms {
		switch {
		case terms[i].name == s.hash.name:
			hash = &terms[i]
		case s.sort.name != "" && terms[i].name == s.sort.name:
			sort = &terms[i]
		}
	}
	switch {
	case hash == nil:
		return at, within, invalid("Query condition missed key schema element: %s", s.hash.name)
	case len(terms) == 2 && sort == nil && s.sort.name != "":
		return at, within, invalid("Query condition missed key schema element: %s", s.sort.name)
	case len(terms) == 2 && sort == nil:
		return at, within, invalid("Query key condition not supported")
	case hash.op != opEqual:
		return at, within, invalid("Query key condition not supported")
	}
	if f := hash.check(s.hash); f != nil {
		return at, within, f
	}
	at.pk = encodeKey(hash.values[0])
	at.hash = partitionHash(at.pk)
	within.endless = true
	if sort != nil {
		if f := sort.check(s.sort); f != nil {
			return at, within, f
		}
		within = sort.span()
	}
	return at, within, nil
}

func (t *keyTerm) check(k keyAttr) *failure {
	for _, v := range t.values {
		if v.kind != k.kind {
			return invalidValues("Condition parameter type does not match schema type")
		}
		if v.s == "" && v.kind != kindN {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "+
				"string value. Key: %s", k.name)
		}
	}
	return nil
}

func (t *keyTerm) span() span {
	v := encodeKey(t.values[0])
	switch t.op {
	case opEqual:
		return span{low: v, high: after(v)}
	case opLess:
		return span{high: v}
	case opLessEqual:
		return span{high: after(v)}
	case opGreater:
		return span{low: after(v), endless: true}
	case opGreaterEqual:
		return span{low: v, endless: true}
	case opBetween:
		return span{low: v, high: after(encodeKey(t.values[1]))}
	}
	high, bounded := beyond(v)
	return span{low: v, high: high, endless: !bounded}
}

func (b *bound) keyTerms(n *node, terms []keyTerm) ([]keyTerm, *failure) {
	switch n.op {
	case opAnd:
		terms, f := b.keyTerms(n.args[0], terms)
		if f != nil {
			return nil, f
		}
		return b.keyTerms(n.args[1], terms)
	case opEqual, opLess, opLessEqual, opGreater, opGreaterEqual, opBetween, opBeginsWith:
	default:
		return nil, invalid("Invalid operator used in KeyConditionExpression: %s", n.op)
	}
	t := keyTerm{op: n.op}
	names := 0
	for i, a := range n.args {
		switch a.op {
		case opPath:
			if len(a.path) > 1 {
				return nil, invalid("KeyConditionExpressions cannot have conditions on nested attributes")
			}
			if names++; names > 1 {
				return nil, invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
			}
			t.name = b.stepName(a.path[0])
			if i == 1 && n.op == opBeginsWith {
				return nil, invalid("Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as " +
					"its first operand")
			}
			if i > 0 && n.op == opBetween {
				return nil, invalid("Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its " +
					"first operand")
			}
			if i == 1 {
				t.op = mirrored(t.op)
			}
		case opValue:
			t.values = append(t.values, b.valueOf[a.ref])
		default:
			return nil, invalid("KeyConditionExpressions cannot contain nested operations")
		}
	}
	if names == 0 {
		return nil, invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return append(terms, t), nil
}

// mirrored is the operator with its sides changed.
func mirrored(op operator) operator {
	switch op {
	case opLess:
		return opGreater
	case opLessEqual:
		return opGreaterEqual
	case opGreater:
		return opLess
	case opGreaterEqual:
		return opLessEqual
	}
	return op
}

// keyNameIn is a key attribute that a filter looks at, which no filter of a query may.
func (b *bound) keyNameIn(n *node, s schema) (found string) {
	b.eachName(n, func(name string) {
		if found == "" && s.has(name) {
			found = name
		}
	})
	return found
}

// eachName calls each with the names of all attributes that the expression looks at.
func (b *bound) eachName(n *node, each func(name string)) {
	if n.op == opPath {
		each(b.stepName(n.path[0]))
	}
	for _, a := range n.args {
		b.eachName(a, each)
	}
}
