package dynamodb

import (
	"encoding/base64"
	"strings"
)

// maxDepth is how deep documents nest.
//
// Source: Amazon DynamoDB Developer Guide, "Quotas", Attributes: nested attribute depth.
const maxDepth = 32

// attributes reads a map of attribute values.
func (r *reader) attributes(depth int) attrs {
	if !r.open('{') {
		return nil
	}
	a := make(attrs, 0, 8)
	for r.more('}') {
		name := r.name()
		v := r.attribute(depth)
		a = append(a, attr{name, v})
	}
	return a.sorted()
}

// attribute reads one attribute value.
func (r *reader) attribute(depth int) value {
	var v value
	if !r.open('{') {
		return v
	}
	for r.more('}') {
		name := r.name()
		if r.null() {
			continue
		}
		if v.kind != kindNone {
			r.reject(severalTypes())
			return v
		}
		v = r.typed(name, depth)
	}
	if r.err == nil && v.kind == kindNone {
		r.reject(invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"))
	}
	return v
}

func (r *reader) typed(name string, depth int) value {
	switch name {
	case "S":
		return value{kind: kindS, s: r.str()}
	case "N":
		return value{kind: kindN, s: r.number()}
	case "B":
		return value{kind: kindB, s: r.bytes()}
	case "BOOL":
		if r.boolean() {
			return value{kind: kindBool, s: "true"}
		}
		return value{kind: kindBool, s: "false"}
	case "NULL":
		if !r.boolean() && r.err == nil {
			r.reject(invalidValues("Null attribute value types must have the value of true"))
		}
		return value{kind: kindNull}
	case "M", "L":
		if depth >= maxDepth {
			r.reject(invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported " +
				"limit"))
			return value{}
		}
		if name == "M" {
			return mapValue(r.attributes(depth + 1))
		}
		if !r.open('[') {
			return value{}
		}
		list := []value{}
		for r.more(']') {
			list = append(list, r.attribute(depth+1))
		}
		return listValue(list)
	case "SS", "NS", "BS":
		return r.elements(name)
	}
	if r.err == nil {
		r.reject(unknown("the data type %q of an attribute value", name))
	}
	return value{}
}

func (r *reader) number() string {
	s := r.str()
	if r.err != nil || canonical(s) {
		return s
	}
	d, f := parseDecimal(s)
	if f != nil {
		r.reject(f)
		return ""
	}
	if c := d.String(); c != s {
		return c
	}
	return s
}

func (r *reader) bytes() string {
	s := r.str()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil && r.err == nil {
		r.reject(malformed("A Binary value is not base64: %v", err))
	}
	return string(raw)
}

func (r *reader) elements(name string) value {
	k := kindSS
	switch name {
	case "NS":
		k = kindNS
	case "BS":
		k = kindBS
	}
	if !r.open('[') {
		return value{}
	}
	list := []value{}
	for r.more(']') {
		e := value{kind: k.element()}
		switch k {
		case kindSS:
			e.s = r.str()
		case kindNS:
			e.s = r.number()
		default:
			e.s = r.bytes()
		}
		list = append(list, e)
	}
	if r.err != nil {
		return value{}
	}
	if len(list) == 0 {
		r.reject(invalidValues([...]string{"An string set  may not be empty", "An number set  may not be empty",
			"Binary sets should not be empty"}[k-kindSS]))
		return value{}
	}
	seen := make(map[string]struct{}, len(list))
	for _, e := range list {
		if _, twice := seen[e.s]; twice {
			r.reject(duplicates(k, list))
			return value{}
		}
		seen[e.s] = struct{}{}
	}
	return value{kind: k, sub: &nested{list: list}}
}

func duplicates(k kind, list []value) *failure {
	switch k {
	case kindNS:
		return invalid("Input collection contains duplicates")
	case kindBS:
		words := make([]string, len(list))
		for i, e := range list {
			words[i] = base64.StdEncoding.EncodeToString([]byte(e.s))
		}
		return invalidValues("Input collection [%s]of type BS contains duplicates.", strings.Join(words, ", "))
	}
	words := make([]string, len(list))
	for i, e := range list {
		words[i] = e.s
	}
	return invalidValues("Input collection [%s] contains duplicates.", strings.Join(words, ", "))
}

// storedAttributes reads an item that appendJSON wrote.
func storedAttributes(s string) attrs {
	r := reader{s: s}
	return r.attributes(1)
}
