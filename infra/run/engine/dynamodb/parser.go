package dynamodb

import (
	"slices"
	"strconv"
	"strings"
)

// parser reads an expression by recursive descent.
//
// Source: Amazon DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions", "Update
// expressions", "Projection expressions", "Key condition expressions".
type parser struct {
	*program
	text   string
	tokens []token
	at     int
	err    *failure
	nodes  int
	depth  int
}

// Parentheses and NOTs nest no deeper than an expression of 4 KB needs them to in practice.
const maxNesting = 200

func parse(l language, text string) (*program, *failure) {
	p := &parser{program: &program{language: l}, text: text}
	if strings.TrimSpace(text) == "" {
		return nil, p.fail("The expression can not be empty;")
	}
	if len(text) > maxExpression {
		return nil, p.fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	p.tokens = lex(text)
	if p.redundant(); p.err != nil {
		return nil, p.err
	}
	switch l {
	case updateLanguage:
		p.update()
	case projectionLanguage:
		p.projection()
	default:
		p.root = p.or()
	}
	if p.err == nil && p.next().kind != tokenEnd {
		p.syntax()
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.program, nil
}

func (p *parser) reject(format string, args ...any) {
	if p.err == nil {
		p.err = p.fail(format, args...)
	}
}

func (p *parser) next() token { return p.tokens[p.at] }

// syntax is the error for a token that cannot stand where it stands, with its neighbours.
func (p *parser) syntax() {
	t := p.next()
	from, to := p.tokens[max(p.at-1, 0)].at, p.tokens[min(p.at+1, len(p.tokens)-1)]
	p.reject(`Syntax error; token: "%s", near: "%s"`, t.text, p.text[from:min(to.at+len(to.text), len(p.text))])
}

// take takes a symbol if it is next.
func (p *parser) take(symbol string) bool {
	if t := p.next(); p.err == nil && t.kind == tokenSymbol && t.text == symbol {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(symbol string) {
	if !p.take(symbol) {
		p.syntax()
	}
}

// keyword takes a word of the language if it is next; they are written in any case.
func (p *parser) keyword(word string) bool {
	if t := p.next(); p.err == nil && t.kind == tokenWord && strings.EqualFold(t.text, word) {
		p.at++
		return true
	}
	return false
}

func (p *parser) node(op operator, args ...*node) *node {
	if p.nodes++; p.nodes == maxOperators+1 {
		p.reject("The expression contains too many operators; operator count: %d", p.nodes)
	}
	return &node{op: op, args: args, ref: -1}
}

// redundant refuses parentheses around parentheses.
func (p *parser) redundant() {
	var open []int
	closes := make(map[int]int)
	for i, t := range p.tokens {
		switch {
		case t.kind != tokenSymbol:
		case t.text == "(":
			open = append(open, i)
		case t.text == ")" && len(open) > 0:
			from := open[len(open)-1]
			open = open[:len(open)-1]
			closes[from] = i
			call := from > 0 && p.tokens[from-1].kind == tokenWord && !operatorWord(p.tokens[from-1].text)
			if inner, ok := closes[from+1]; ok && inner == i-1 && !call {
				p.reject("The expression has redundant parentheses;")
			}
		}
	}
}

// operatorWord says that a parenthesis after the word is no call.
func operatorWord(w string) bool {
	switch strings.ToUpper(w) {
	case "AND", "OR", "NOT", "IN", "BETWEEN", "SET":
		return true
	}
	return false
}

func (p *parser) deeper() bool {
	p.depth++
	if p.depth > maxNesting {
		p.reject("The expression nests too deeply")
	}
	return p.err == nil
}

func (p *parser) or() *node {
	n := p.and()
	for p.keyword("OR") {
		n = p.node(opOr, n, p.and())
	}
	return n
}

func (p *parser) and() *node {
	n := p.not()
	for p.keyword("AND") {
		n = p.node(opAnd, n, p.not())
	}
	return n
}

func (p *parser) not() *node {
	if !p.deeper() {
		return nil
	}
	defer func() { p.depth-- }()
	if p.keyword("NOT") {
		return p.node(opNot, p.not())
	}
	if p.next().text == "(" && !p.operandInParentheses() {
		p.expect("(")
		n := p.or()
		p.expect(")")
		return n
	}
	return p.comparison()
}

// operandInParentheses tells "(a) = :v" from "(a = :v)": in the first, what is between the parentheses is one operand
// and an operator of comparison follows.
func (p *parser) operandInParentheses() bool {
	depth := 0
	for i := p.at; i < len(p.tokens); i++ {
		switch t := p.tokens[i]; t.text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				after := p.tokens[i+1]
				return compares(after) || after.kind == tokenWord &&
					(strings.EqualFold(after.text, "BETWEEN") || strings.EqualFold(after.text, "IN"))
			}
		}
	}
	return false
}

var comparators = map[string]operator{
	"=": opEqual, "<>": opUnequal, "<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual,
}

func compares(t token) bool {
	_, ok := comparators[t.text]
	return ok && t.kind == tokenSymbol
}

func (p *parser) comparison() *node {
	left := p.operand()
	if p.err != nil {
		return nil
	}
	t := p.next()
	switch {
	case compares(t):
		p.at++
		return p.operands(p.node(comparators[t.text], left, p.operand()))
	case p.keyword("BETWEEN"):
		low := p.operand()
		if !p.keyword("AND") {
			p.syntax()
			return nil
		}
		return p.operands(p.node(opBetween, left, low, p.operand()))
	case p.keyword("IN"):
		n := p.node(opIn, left)
		p.expect("(")
		for {
			n.args = append(n.args, p.operand())
			if !p.take(",") {
				break
			}
		}
		p.expect(")")
		if p.err == nil && len(n.args) > 101 {
			p.reject("The IN operator is provided with too many operands; number of operands: %d", len(n.args)-1)
		}
		return p.operands(n)
	}
	switch left.op {
	case opExists, opNotExists, opType, opBeginsWith, opContains:
		return left
	case opSize:
		p.reject("The function is not allowed to be used this way in an expression; function: size")
	default:
		p.syntax()
	}
	return nil
}

// operands refuses a function that is a condition where a value is wanted.
func (p *parser) operands(n *node) *node {
	if p.err != nil {
		return nil
	}
	for _, a := range n.args {
		switch a.op {
		case opExists, opNotExists, opType, opBeginsWith, opContains:
			p.reject("The function is not allowed to be used this way in an expression; function: %s", a.op)
			return nil
		}
	}
	return n
}

// flat refuses list_append within another operation: it stands alone.
func (p *parser) flat(n *node) *node {
	if p.err != nil {
		return nil
	}
	for _, a := range n.args {
		if a.op == opListAppend {
			p.reject("The function is not allowed to be used this way in an expression; function: list_append")
			return nil
		}
	}
	return n
}

func (p *parser) operand() *node {
	if p.err != nil || !p.deeper() {
		return nil
	}
	defer func() { p.depth-- }()
	t := p.next()
	switch {
	case t.kind == tokenValue:
		p.at++
		return p.leafValue(t.text)
	case p.take("("):
		n := p.operand()
		p.expect(")")
		return n
	case t.kind == tokenWord && p.tokens[p.at+1].text == "(":
		return p.call()
	case t.kind == tokenWord || t.kind == tokenName:
		return &node{op: opPath, path: p.path(), ref: -1}
	}
	p.syntax()
	return nil
}

func (p *parser) leafValue(placeholder string) *node {
	i := slices.Index(p.values, placeholder)
	if i < 0 {
		i = len(p.values)
		p.values = append(p.values, strings.Clone(placeholder))
	}
	return &node{op: opValue, ref: i}
}

var conditionFunctions = map[string]operator{
	"attribute_exists": opExists, "attribute_not_exists": opNotExists, "attribute_type": opType,
	"begins_with": opBeginsWith, "contains": opContains, "size": opSize,
}

var updateFunctions = map[string]operator{"if_not_exists": opIfNotExists, "list_append": opListAppend}

func (p *parser) call() *node {
	name := p.next().text
	op, known := conditionFunctions[name]
	other := updateFunctions
	if p.language == updateLanguage {
		op, known = updateFunctions[name]
		other = conditionFunctions
	}
	p.at++
	p.expect("(")
	var args []*node
	for {
		args = append(args, p.operand())
		if !p.take(",") {
			break
		}
	}
	p.expect(")")
	if p.err != nil {
		return nil
	}
	if !known {
		if _, elsewhere := other[name]; elsewhere {
			p.reject("The function is not allowed in %s; function: %s", p.language.article(), name)
		} else {
			p.reject("Invalid function name; function: %s", name)
		}
		return nil
	}
	want := 2
	if op == opExists || op == opNotExists || op == opSize {
		want = 1
	}
	if len(args) != want {
		p.reject("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(args))
		return nil
	}
	switch op {
	case opExists, opNotExists, opIfNotExists:
		if args[0].op != opPath {
			p.reject("Operator or function requires a document path; operator or function: %s", name)
			return nil
		}
	}
	return p.flat(p.operands(p.node(op, args...)))
}

// path reads a document path: names with dots between, and indexes in brackets.
func (p *parser) path() path {
	steps := path{p.step()}
	for p.err == nil {
		switch {
		case p.take("."):
			steps = append(steps, p.step())
		case p.take("["):
			t := p.next()
			n, err := strconv.Atoi(t.text)
			if t.kind != tokenNumber || err != nil {
				p.syntax()
				return nil
			}
			p.at++
			p.expect("]")
			steps = append(steps, step{ref: -1, index: n})
		default:
			if len(steps) > maxDepth {
				p.reject("The document path has too many nesting levels; nesting levels: %d", len(steps))
			}
			return steps
		}
	}
	return nil
}

func (p *parser) step() step {
	t := p.next()
	switch {
	case p.err != nil:
	case t.kind == tokenName:
		p.at++
		i := slices.Index(p.names, t.text)
		if i < 0 {
			i = len(p.names)
			p.names = append(p.names, strings.Clone(t.text))
		}
		return step{ref: i, index: -1}
	case t.kind == tokenWord:
		p.at++
		if reserved(t.text) {
			p.reject("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		return step{name: strings.Clone(t.text), ref: -1, index: -1}
	default:
		p.syntax()
	}
	return step{}
}

func (p *parser) projection() {
	for {
		if p.next().kind != tokenWord && p.next().kind != tokenName {
			p.syntax()
			return
		}
		p.paths = append(p.paths, p.path())
		if !p.take(",") {
			return
		}
	}
}

func (p *parser) update() {
	var seen [4]bool
	for p.err == nil && p.next().kind != tokenEnd {
		at := slices.IndexFunc(verbNames[:], func(w string) bool { return p.keyword(w) })
		if at < 0 {
			p.syntax()
			return
		}
		if seen[at] {
			p.reject(`The "%s" section can only be used once in an update expression;`, verbNames[at])
			return
		}
		seen[at] = true
		for {
			p.action(verb(at)) //nolint:gosec // one of four
			if !p.take(",") {
				break
			}
		}
	}
}

func (p *parser) action(v verb) {
	a := action{verb: v, path: p.path()}
	switch v {
	case verbSet:
		p.expect("=")
		a.value = p.sum()
	case verbAdd, verbDelete:
		t := p.next()
		if t.kind != tokenValue {
			p.syntax()
			return
		}
		p.at++
		a.value = p.leafValue(t.text)
	case verbRemove:
	}
	p.nodes++
	p.actions = append(p.actions, a)
}

// sum is the right side of a SET: an operand, or two with a sign between, all of it in parentheses or not.
func (p *parser) sum() *node {
	if !p.deeper() {
		return nil
	}
	defer func() { p.depth-- }()
	if p.next().text == "(" && p.sumInParentheses() {
		p.expect("(")
		n := p.sum()
		p.expect(")")
		return n
	}
	n := p.operand()
	if p.take("+") {
		return p.flat(p.node(opPlus, n, p.operand()))
	}
	if p.take("-") {
		return p.flat(p.node(opMinus, n, p.operand()))
	}
	return n
}

// sumInParentheses tells "(a + b)" from "(a) + b".
func (p *parser) sumInParentheses() bool {
	depth := 0
	for i := p.at; i < len(p.tokens); i++ {
		switch p.tokens[i].text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				after := p.tokens[i+1].text
				return after != "+" && after != "-"
			}
		}
	}
	return false
}
