package template

import (
	"fmt"
	"strconv"

	"gopkg.in/yaml.v3"
)

// kind tells what a value is once its intrinsics are resolved.
type kind int

const (
	absent kind = iota // AWS::NoValue, or a property that is not there
	scalar
	list
	object
)

// value is a part of the template with every intrinsic in it resolved. It remembers its line, so that whatever is
// found wrong with it later can be told with its place.
type value struct {
	kind   kind
	text   string
	items  []value
	fields []field
	line   int
}

type field struct {
	name  string
	line  int
	value value
}

func (v value) get(name string) value {
	for _, f := range v.fields {
		if f.name == name {
			return f.value
		}
	}
	return value{line: v.line}
}

// strings is a list of scalars; one scalar counts as a list of one, as in policy documents.
func (v value) strings() ([]string, error) {
	switch v.kind {
	case absent:
		return nil, nil
	case scalar:
		return []string{v.text}, nil
	case list:
		all := make([]string, len(v.items))
		for i, item := range v.items {
			if item.kind != scalar {
				return nil, errorAt(item.line, "must be a plain value")
			}
			all[i] = item.text
		}
		return all, nil
	default:
		return nil, errorAt(v.line, "must be a list of plain values")
	}
}

// mapping calls each for the keys of a YAML mapping in order.
func mapping(n *yaml.Node, each func(key string, value *yaml.Node, line int) error) error {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return errorAt(n.Line, "must be a mapping")
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			return errorAt(key.Line, "%s stands there twice", key.Value)
		}
		seen[key.Value] = true
		if err := each(key.Value, n.Content[i+1], key.Line); err != nil {
			return err
		}
	}
	return nil
}

// child is the value of a mapping's key, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// reader takes the properties of one thing. Each is asked for once by its name; what nobody asked for by the time of
// done is an error, so that a property which would change what is deployed is never passed over in silence.
type reader struct {
	what  string // such as "MailQueue (AWS::SQS::Queue)"
	v     value
	asked map[string]bool
	errs  *[]error
}

func newReader(what string, v value, errs *[]error) *reader {
	r := &reader{what: what, v: v, asked: make(map[string]bool), errs: errs}
	if v.kind != object && v.kind != absent {
		r.fail(v.line, "must be a mapping")
	}
	return r
}

func (r *reader) fail(line int, format string, args ...any) {
	*r.errs = append(*r.errs, errorAt(line, "%s: %s", r.what, fmt.Sprintf(format, args...)))
}

func (r *reader) value(name string) value {
	r.asked[name] = true
	return r.v.get(name)
}

func (r *reader) has(name string) bool { return r.v.get(name).kind != absent }

// text is a scalar property, or "" when it is absent.
func (r *reader) text(name string) string {
	v := r.value(name)
	if v.kind != absent && v.kind != scalar {
		r.fail(v.line, "%s must be a plain value", name)
	}
	return v.text
}

// need is a scalar property that must be there.
func (r *reader) need(name string) string {
	s := r.text(name)
	if s == "" {
		r.fail(r.v.line, "%s is missing", name)
	}
	return s
}

func (r *reader) number(name string, otherwise int) int {
	s := r.text(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		r.fail(r.v.get(name).line, "%s must be a number, it is %q", name, s)
	}
	return n
}

func (r *reader) boolean(name string, otherwise bool) bool {
	switch s := r.text(name); s {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	default:
		r.fail(r.v.get(name).line, "%s must be true or false, it is %q", name, s)
		return otherwise
	}
}

func (r *reader) strings(name string) []string {
	all, err := r.value(name).strings()
	if err != nil {
		r.fail(r.v.get(name).line, "%s: %v", name, err)
	}
	return all
}

func (r *reader) list(name string) []value {
	v := r.value(name)
	if v.kind != absent && v.kind != list {
		r.fail(v.line, "%s must be a list", name)
	}
	return v.items
}

// object reads a property that is a mapping, with a reader of its own.
func (r *reader) object(name string) *reader {
	return newReader(r.what+"."+name, r.value(name), r.errs)
}

// only says that the property, when it is there, must have this value: any other means something that this package
// would have to know about.
func (r *reader) only(name, known string) {
	if s := r.text(name); s != "" && s != known {
		r.fail(r.v.get(name).line, "%s is %q, only %q is known here", name, s, known)
	}
}

// must is only for a property that has to be there.
func (r *reader) must(name, known string) {
	if r.need(name) != "" {
		r.only(name, known)
	}
}

// unread names properties that change nothing about how the product runs elsewhere.
func (r *reader) unread(names ...string) {
	for _, name := range names {
		r.asked[name] = true
	}
}

func (r *reader) done() {
	for _, f := range r.v.fields {
		if !r.asked[f.name] {
			r.fail(f.line, "the property %s is not known here", f.name)
		}
	}
}
