package dynamodb

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// language is which of the five expression languages a text is in; it is also the name that error messages use.
type language string

const (
	conditionLanguage  language = "ConditionExpression"
	filterLanguage     language = "FilterExpression"
	keyLanguage        language = "KeyConditionExpression"
	updateLanguage     language = "UpdateExpression"
	projectionLanguage language = "ProjectionExpression"
)

// article is how error messages speak of an expression of the language.
func (l language) article() string {
	switch l {
	case updateLanguage:
		return "an update expression"
	case filterLanguage:
		return "a filter expression"
	case keyLanguage:
		return "a key condition expression"
	case projectionLanguage:
		return "a projection expression"
	}
	return "a condition expression"
}

// Source of the limits: Amazon DynamoDB Developer Guide, "Quotas", Expression parameters.
const (
	maxExpression = 4096
	maxOperators  = 300
)

// operator is what a node of an expression does.
type operator uint8

const (
	opPath operator = iota
	opValue
	opAnd
	opOr
	opNot
	opEqual
	opUnequal
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opBetween
	opIn
	opExists
	opNotExists
	opType
	opBeginsWith
	opContains
	opSize
	opIfNotExists
	opListAppend
	opPlus
	opMinus
)

// operatorNames is how error messages call the operators.
var operatorNames = [...]string{
	opAnd: "AND", opOr: "OR", opNot: "NOT", opEqual: "=", opUnequal: "<>", opLess: "<", opLessEqual: "<=",
	opGreater: ">", opGreaterEqual: ">=", opBetween: "BETWEEN", opIn: "IN", opExists: "attribute_exists",
	opNotExists: "attribute_not_exists", opType: "attribute_type", opBeginsWith: "begins_with",
	opContains: "contains", opSize: "size", opIfNotExists: "if_not_exists", opListAppend: "list_append",
	opPlus: "+", opMinus: "-",
}

func (o operator) String() string { return operatorNames[o] }

// node is one operation of an expression, or a leaf.
type node struct {
	op   operator
	args []*node
	path path // opPath
	ref  int  // opValue: which of the program's values
}

// step is one element of a document path: a name (literal, or which of the program's placeholders), or an index.
type step struct {
	name  string
	ref   int // -1 for a literal name or an index
	index int // -1 for a name
}

type path []step

// action is one action of an update expression.
type action struct {
	verb  verb
	path  path
	value *node // not for REMOVE
}

type verb uint8

const (
	verbSet verb = iota
	verbRemove
	verbAdd
	verbDelete
)

var verbNames = [...]string{"SET", "REMOVE", "ADD", "DELETE"}

// program is a parsed expression. It is immutable and shared by all requests that bring the same text; what a request
// brings for its placeholders is in a bound.
type program struct {
	language language
	names    []string // the distinct #name placeholders
	values   []string // the distinct :value placeholders
	root     *node    // condition, filter, key condition
	actions  []action // update
	paths    []path   // projection
}

// programs keeps what has been parsed: a product repeats the same few texts.
type programs struct {
	byText sync.Map // of programKey to parsed
	count  atomic.Int64
}

type programKey struct {
	language language
	text     string
}

type parsed struct {
	program *program
	failure *failure
}

// maxPrograms bounds the memory of texts that are built anew for each request; beyond it all are forgotten.
const maxPrograms = 2048

func (p *programs) parse(l language, text string) (*program, *failure) {
	if found, ok := p.byText.Load(programKey{l, text}); ok {
		r := found.(parsed) //nolint:errcheck // nothing else is stored
		return r.program, r.failure
	}
	var r parsed
	r.program, r.failure = parse(l, text)
	if p.count.Add(1) > maxPrograms {
		p.byText.Clear()
		p.count.Store(1)
	}
	// The text may be a piece of a whole request, which it must not keep alive.
	p.byText.Store(programKey{l, strings.Clone(text)}, r)
	return r.program, r.failure
}

// placeholders are what a request defines for its expressions, and which of it they used.
type placeholders struct {
	names  []nameDefinition
	values attrs
	used   []bool // of names, then of values
}

type nameDefinition struct{ placeholder, name string }

func (p *placeholders) name(placeholder string) (string, bool) {
	for i := range p.names {
		if p.names[i].placeholder == placeholder {
			p.used[i] = true
			return p.names[i].name, true
		}
	}
	return "", false
}

func (p *placeholders) value(placeholder string) (value, bool) {
	i := p.values.find(placeholder)
	if i < 0 {
		return value{}, false
	}
	p.used[len(p.names)+i] = true
	return p.values[i].value, true
}

// unused is the error for a definition that no expression used.
func (p *placeholders) unused() *failure {
	var names, values []string
	for i, used := range p.used {
		switch {
		case used:
		case i < len(p.names):
			names = append(names, p.names[i].placeholder)
		default:
			values = append(values, p.values[i-len(p.names)].name)
		}
	}
	if names != nil {
		return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", strings.Join(names, ", "))
	}
	if values != nil {
		return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", strings.Join(values, ", "))
	}
	return nil
}

// bound is a program with a request's names and values.
type bound struct {
	*program
	nameOf  []string
	valueOf []value
}

// bind resolves the placeholders of a program and checks what only their values decide.
func (p *program) bind(with *placeholders) (*bound, *failure) {
	b := &bound{program: p}
	if len(p.names) > 0 {
		b.nameOf = make([]string, len(p.names))
	}
	if len(p.values) > 0 {
		b.valueOf = make([]value, len(p.values))
	}
	for i, placeholder := range p.names {
		name, ok := with.name(placeholder)
		if !ok {
			return nil, p.fail("An expression attribute name used in the document path is not defined; attribute name: %s", placeholder)
		}
		b.nameOf[i] = name
	}
	for i, placeholder := range p.values {
		v, ok := with.value(placeholder)
		if !ok {
			return nil, p.fail("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
		}
		b.valueOf[i] = v
	}
	if f := b.check(); f != nil {
		return nil, f
	}
	return b, nil
}

func (p *program) fail(format string, args ...any) *failure {
	f := invalid(format, args...)
	f.message = "Invalid " + string(p.language) + ": " + f.message
	return f
}

func (b *bound) stepName(s step) string {
	if s.ref >= 0 {
		return b.nameOf[s.ref]
	}
	return s.name
}

// describe is a path as error messages have it: [a, [1], b].
func (b *bound) describe(p path) string {
	words := make([]string, len(p))
	for i, s := range p {
		if s.index >= 0 {
			words[i] = "[" + strconv.Itoa(s.index) + "]"
		} else {
			words[i] = b.stepName(s)
		}
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func (b *bound) samePath(p, q path) bool {
	return slices.EqualFunc(p, q, b.sameStep)
}

func (b *bound) sameStep(s, t step) bool {
	return s.index == t.index && (s.index >= 0 || b.stepName(s) == b.stepName(t))
}

// overlap refuses two paths of which one contains the other, and two that take one place for a map and a list.
func (b *bound) overlap(paths []path) *failure {
	for i := range paths {
		for j := range i {
			one, two := paths[j], paths[i]
			n := min(len(one), len(two))
			same := 0
			for same < n && b.sameStep(one[same], two[same]) {
				same++
			}
			var word string
			switch {
			case same == n:
				word = "overlap"
			case (one[same].index < 0) != (two[same].index < 0):
				word = "conflict"
			default:
				continue
			}
			return b.fail("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s",
				word, b.describe(one), b.describe(two))
		}
	}
	return nil
}
