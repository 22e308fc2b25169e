package template

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// intrinsicName returns the intrinsic of a node, such as "Fn::Sub" or "Ref", and its argument; "" for a plain node.
// Both forms are known: the tag (!Sub) and the mapping of one key (Fn::Sub:).
func intrinsicName(n *yaml.Node) (string, *yaml.Node) {
	if tag, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(n.Tag, "!!") {
		argument := *n
		argument.Tag = ""
		if tag == "Ref" || tag == "Condition" {
			return tag, &argument
		}
		return "Fn::" + tag, &argument
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		if key := n.Content[0].Value; key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key, n.Content[1]
		}
	}
	return "", nil
}

// resolve returns the node with all of its intrinsics worked out (AWS CloudFormation User Guide, "Intrinsic function
// reference"). One that is not known is an error.
func (d *document) resolve(n *yaml.Node) (value, error) {
	name, argument := intrinsicName(n)
	if name != "" {
		return d.intrinsic(name, argument)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return value{line: n.Line}, nil
		}
		return value{kind: scalar, text: n.Value, line: n.Line}, nil
	case yaml.SequenceNode:
		v := value{kind: list, line: n.Line}
		for _, item := range n.Content {
			got, err := d.resolve(item)
			if err != nil {
				return value{}, err
			}
			if got.kind != absent {
				v.items = append(v.items, got)
			}
		}
		return v, nil
	case yaml.MappingNode:
		v := value{kind: object, line: n.Line}
		err := mapping(n, func(key string, node *yaml.Node, line int) error {
			got, err := d.resolve(node)
			if err == nil && got.kind != absent {
				v.fields = append(v.fields, field{key, line, got})
			}
			return err
		})
		return v, err
	default:
		return value{}, errorAt(n.Line, "this kind of YAML node is not known here")
	}
}

func (d *document) intrinsic(name string, n *yaml.Node) (value, error) {
	text := func(s string, err error) (value, error) {
		return value{kind: scalar, text: s, line: n.Line}, err
	}
	switch name {
	case "Ref":
		if n.Value == "AWS::NoValue" {
			return value{line: n.Line}, nil
		}
		return text(d.ref(n.Value, n.Line))
	case "Fn::GetAtt":
		return text(d.getAtt(n))
	case "Fn::Sub":
		return text(d.sub(n))
	case "Fn::If":
		return d.choose(n)
	case "Fn::Join":
		return text(d.join(n))
	case "Fn::Split":
		return d.split(n)
	case "Fn::Select":
		return d.pick(n)
	default:
		return value{}, errorAt(n.Line, "the intrinsic %s is not known here", name)
	}
}

// pair resolves the arguments of an intrinsic that takes a list of two.
func (d *document) pair(name string, n *yaml.Node) ([]value, error) {
	v, err := d.resolve(n)
	if err != nil {
		return nil, err
	}
	if v.kind != list || len(v.items) != 2 {
		return nil, errorAt(n.Line, "%s takes a list of two", name)
	}
	return v.items, nil
}

func (d *document) getAtt(n *yaml.Node) (string, error) {
	resource, attribute, ok := strings.Cut(n.Value, ".")
	if n.Kind == yaml.SequenceNode && len(n.Content) == 2 {
		resource, attribute, ok = n.Content[0].Value, n.Content[1].Value, true
	}
	if !ok {
		return "", errorAt(n.Line, "Fn::GetAtt takes a resource and an attribute")
	}
	return d.attribute(resource, attribute, n.Line)
}

var placeholder = regexp.MustCompile(`\$\{(!?)([^}]*)\}`)

func (d *document) sub(n *yaml.Node) (string, error) {
	given := map[string]string{}
	pattern := n
	if n.Kind == yaml.SequenceNode {
		if len(n.Content) != 2 {
			return "", errorAt(n.Line, "Fn::Sub takes a text, or a text and a mapping")
		}
		pattern = n.Content[0]
		err := mapping(n.Content[1], func(key string, node *yaml.Node, line int) error {
			v, err := d.resolve(node)
			if err == nil && v.kind != scalar {
				err = errorAt(line, "Fn::Sub: %s must be a plain value", key)
			}
			given[key] = v.text
			return err
		})
		if err != nil {
			return "", err
		}
	}
	if pattern.Kind != yaml.ScalarNode {
		return "", errorAt(n.Line, "Fn::Sub takes a text, or a text and a mapping")
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(pattern.Value, func(whole string) string {
		m := placeholder.FindStringSubmatch(whole)
		if m[1] == "!" { // ${!Literal} stands for ${Literal}
			return "${" + m[2] + "}"
		}
		if s, ok := given[m[2]]; ok {
			return s
		}
		var s string
		var err error
		if resource, attribute, ok := strings.Cut(m[2], "."); ok {
			s, err = d.attribute(resource, attribute, n.Line)
		} else {
			s, err = d.ref(m[2], n.Line)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return s
	})
	return out, failed
}

// choose is Fn::If. Only the branch that is taken is resolved.
func (d *document) choose(n *yaml.Node) (value, error) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 3 {
		return value{}, errorAt(n.Line, "Fn::If takes a condition and two values")
	}
	holds, err := d.condition(n.Content[0].Value, n.Line)
	if err != nil {
		return value{}, err
	}
	if holds {
		return d.resolve(n.Content[1])
	}
	return d.resolve(n.Content[2])
}

func (d *document) join(n *yaml.Node) (string, error) {
	args, err := d.pair("Fn::Join", n)
	if err != nil {
		return "", err
	}
	parts, err := args[1].strings()
	if err != nil || args[0].kind != scalar {
		return "", errorAt(n.Line, "Fn::Join takes a delimiter and a list of texts")
	}
	return strings.Join(parts, args[0].text), nil
}

func (d *document) split(n *yaml.Node) (value, error) {
	args, err := d.pair("Fn::Split", n)
	if err != nil {
		return value{}, err
	}
	if args[0].kind != scalar || args[0].text == "" || args[1].kind != scalar {
		return value{}, errorAt(n.Line, "Fn::Split takes a delimiter and a text")
	}
	v := value{kind: list, line: n.Line}
	for _, part := range strings.Split(args[1].text, args[0].text) {
		v.items = append(v.items, value{kind: scalar, text: part, line: n.Line})
	}
	return v, nil
}

func (d *document) pick(n *yaml.Node) (value, error) {
	args, err := d.pair("Fn::Select", n)
	if err != nil {
		return value{}, err
	}
	var index int
	if _, err := fmt.Sscanf(args[0].text, "%d", &index); err != nil || args[1].kind != list {
		return value{}, errorAt(n.Line, "Fn::Select takes an index and a list")
	}
	if index < 0 || index >= len(args[1].items) {
		return value{}, errorAt(n.Line, "Fn::Select asks for item %d of %d", index, len(args[1].items))
	}
	return args[1].items[index], nil
}

// condition tells whether the named condition of the template holds.
func (d *document) condition(name string, line int) (bool, error) {
	n := child(d.conditions, name)
	if n == nil {
		return false, errorAt(line, "there is no condition %s", name)
	}
	return d.test(n)
}

func (d *document) test(n *yaml.Node) (bool, error) {
	name, argument := intrinsicName(n)
	if argument == nil {
		return false, errorAt(n.Line, "a condition must be an intrinsic")
	}
	switch name {
	case "Condition":
		return d.condition(argument.Value, argument.Line)
	case "Fn::Equals":
		args, err := d.pair(name, argument)
		if err != nil {
			return false, err
		}
		return args[0].text == args[1].text, nil
	case "Fn::Not", "Fn::And", "Fn::Or":
		if argument.Kind != yaml.SequenceNode || name == "Fn::Not" && len(argument.Content) != 1 {
			return false, errorAt(argument.Line, "%s takes a list of conditions", name)
		}
		all, anyOf := true, false
		for _, c := range argument.Content {
			holds, err := d.test(c)
			if err != nil {
				return false, err
			}
			all, anyOf = all && holds, anyOf || holds
		}
		switch name {
		case "Fn::Not":
			return !all, nil
		case "Fn::And":
			return all, nil
		default:
			return anyOf, nil
		}
	default:
		return false, errorAt(n.Line, "the condition %s is not known here", name)
	}
}
