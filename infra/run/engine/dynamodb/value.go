package dynamodb

import (
	"encoding/base64"
	"slices"
	"sort"
	"strings"
)

// kind is an attribute value's data type.
type kind uint8

const (
	kindNone kind = iota
	kindS
	kindN
	kindB
	kindBool
	kindNull
	kindM
	kindL
	kindSS
	kindNS
	kindBS
)

var kindNames = [...]string{"", "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}

func (k kind) String() string { return kindNames[k] }

// long is the name that error messages of operators use.
func (k kind) long() string {
	return [...]string{"", "STRING", "NUMBER", "BINARY", "BOOLEAN", "NULL", "MAP", "LIST", "STRING_SET", "NUMBER_SET", "BINARY_SET"}[k]
}

func (k kind) set() bool { return k >= kindSS }

// element is a set's kind of element.
func (k kind) element() kind { return k - kindSS + kindS }

// value is an attribute value. It is immutable once made: whoever changes one makes another.
type value struct {
	kind kind
	s    string  // S: text; N: the number in plain notation; B: the bytes; BOOL: "true" or "false"
	sub  *nested // M, L and sets
}

type nested struct {
	list  []value // L, and the elements of sets
	attrs attrs   // M
}

// attr is an attribute: a name and its value.
type attr struct {
	name  string
	value value
}

// attrs are the attributes of an item or a map, ordered by name.
type attrs []attr

func (a attrs) find(name string) int {
	for i := range a {
		if a[i].name == name {
			return i
		}
	}
	return -1
}

func (a attrs) get(name string) (value, bool) {
	if i := a.find(name); i >= 0 {
		return a[i].value, true
	}
	return value{}, false
}

// with returns a copy of a in which name has v.
func (a attrs) with(name string, v value) attrs {
	at := sort.Search(len(a), func(i int) bool { return a[i].name >= name })
	if at < len(a) && a[at].name == name {
		c := slices.Clone(a)
		c[at].value = v
		return c
	}
	c := make(attrs, 0, len(a)+1)
	c = append(append(c, a[:at]...), attr{name, v})
	return append(c, a[at:]...)
}

func (a attrs) without(name string) attrs {
	i := a.find(name)
	if i < 0 {
		return a
	}
	return slices.Delete(slices.Clone(a), i, i+1)
}

func (a attrs) sorted() attrs {
	ordered := true
	for i := 1; i < len(a); i++ {
		if a[i-1].name >= a[i].name {
			ordered = false
			break
		}
	}
	if ordered {
		return a
	}
	slices.SortStableFunc(a, func(x, y attr) int { return strings.Compare(x.name, y.name) })
	kept := a[:0] // of a name given twice, the last counts
	for i := range a {
		if i+1 < len(a) && a[i+1].name == a[i].name {
			continue
		}
		kept = append(kept, a[i])
	}
	return kept
}

func textValue(s string) value { return value{kind: kindS, s: s} }

func numberValue(d decimal) value { return value{kind: kindN, s: d.String()} }

func listValue(l []value) value { return value{kind: kindL, sub: &nested{list: l}} }

func mapValue(a attrs) value { return value{kind: kindM, sub: &nested{attrs: a}} }

// size is what a value counts towards an item's 400 KB and towards capacity units, in bytes.
//
// Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
func (v value) size() int {
	switch v.kind {
	case kindS, kindB:
		return len(v.s)
	case kindN:
		return numberSize(v.s)
	case kindBool, kindNull:
		return 1
	case kindM:
		n := 3
		for i := range v.sub.attrs {
			n += 1 + len(v.sub.attrs[i].name) + v.sub.attrs[i].value.size()
		}
		return n
	case kindL:
		n := 3
		for i := range v.sub.list {
			n += 1 + v.sub.list[i].size()
		}
		return n
	default:
		n := 0
		for i := range v.sub.list {
			n += v.sub.list[i].size()
		}
		return n
	}
}

// numberSize is one byte for two digits and one for the exponent, and one for a minus.
func numberSize(s string) int {
	n := 1
	if s == "0" {
		return n
	}
	if s != "" && s[0] == '-' {
		n, s = 2, s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	// Pairs of digits are counted from the decimal point, as the number is kept in base 100.
	if fraction == "" {
		trimmed := strings.TrimRight(whole, "0")
		zeros := len(whole) - len(trimmed)
		digits := len(trimmed) + zeros%2
		return n + (digits+1)/2
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		trimmed := strings.TrimLeft(fraction, "0")
		digits := len(trimmed) + (len(fraction)-len(trimmed))%2
		return n + (digits+1)/2
	}
	return n + (len(whole)+1)/2 + (len(fraction)+1)/2
}

func (a attrs) size() int {
	n := 0
	for i := range a {
		n += len(a[i].name) + a[i].value.size()
	}
	return n
}

// equal is the equality of expressions: same type and same contents, sets without regard to order.
func (v value) equal(o value) bool {
	if v.kind != o.kind {
		return false
	}
	switch v.kind {
	case kindM:
		a, b := v.sub.attrs, o.sub.attrs
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i].name != b[i].name || !a[i].value.equal(b[i].value) {
				return false
			}
		}
		return true
	case kindL:
		return slices.EqualFunc(v.sub.list, o.sub.list, value.equal)
	case kindSS, kindNS, kindBS:
		if len(v.sub.list) != len(o.sub.list) {
			return false
		}
		for _, e := range v.sub.list {
			if !o.holds(e) {
				return false
			}
		}
		return true
	default:
		return v.s == o.s
	}
}

// holds says whether a list or a set has an element equal to e.
func (v value) holds(e value) bool {
	return slices.ContainsFunc(v.sub.list, e.equal)
}

// compare orders two values of the same ordered type (S, N, B).
func (v value) compare(o value) int {
	if v.kind == kindN {
		return storedDecimal(v.s).compare(storedDecimal(o.s))
	}
	return strings.Compare(v.s, o.s)
}

// appendJSON appends the value as the protocol has it.
func (v value) appendJSON(b []byte) []byte {
	switch v.kind {
	case kindS:
		b = appendString(append(b, `{"S":`...), v.s)
	case kindN:
		b = append(append(append(b, `{"N":"`...), v.s...), '"')
	case kindB:
		b = appendBytes(append(b, `{"B":`...), v.s)
	case kindBool:
		b = append(append(b, `{"BOOL":`...), v.s...)
	case kindNull:
		b = append(b, `{"NULL":true`...)
	case kindM:
		b = v.sub.attrs.appendJSON(append(b, `{"M":`...))
	case kindL:
		b = append(b, `{"L":[`...)
		for i := range v.sub.list {
			if i > 0 {
				b = append(b, ',')
			}
			b = v.sub.list[i].appendJSON(b)
		}
		b = append(b, ']')
	default:
		b = append(append(append(b, `{"`...), v.kind.String()...), `":[`...)
		for i, e := range v.sub.list {
			if i > 0 {
				b = append(b, ',')
			}
			if v.kind == kindBS {
				b = appendBytes(b, e.s)
			} else {
				b = appendString(b, e.s)
			}
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendBytes(b []byte, s string) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, []byte(s))
	return append(b, '"')
}

func (a attrs) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, a[i].name), ':')
		b = a[i].value.appendJSON(b)
	}
	return append(b, '}')
}
