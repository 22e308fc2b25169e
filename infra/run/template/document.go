package template

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Inputs are what a template leaves open.
type Inputs struct {
	// Parameters are the values of the template's parameters; one without a default must be given.
	Parameters map[string]string
	// Partition, Region and Account are the pseudo parameters. Defaults "aws", "us-east-1" and "000000000000".
	Partition, Region, Account string
	// QueueURLs are the real URLs of queues by logical id, once they are known. Without one, !Ref of a queue is the
	// URL that AWS would give it.
	QueueURLs map[string]string
}

// Read reads and resolves the template in the file, and the nested stacks that it names below its directory. See [Parse].
func Read(file string, in Inputs) (*Template, error) {
	from := &sources{root: filepath.Base(file), directory: filepath.Dir(file), texts: map[string][]byte{}}
	return resolve(from, in)
}

// Parse resolves a template of one file. Everything that is wrong with it is told at once, each with its line: an
// intrinsic, a resource type or a property that this package does not know, a reference to nothing, a parameter that is
// missing or does not fit its constraints, a route to no function, a function that nothing invokes.
func Parse(data []byte, in Inputs) (*Template, error) {
	const name = "template.yaml"
	return resolve(&sources{root: name, texts: map[string][]byte{name: data}}, in)
}

// With returns the same template resolved with other inputs.
func (t *Template) With(change func(*Inputs)) (*Template, error) {
	in := t.Inputs
	change(&in)
	return resolve(t.sources, in)
}

func resolve(from *sources, in Inputs) (*Template, error) {
	if in.Partition == "" {
		in.Partition = "aws"
	}
	if in.Region == "" {
		in.Region = "us-east-1"
	}
	if in.Account == "" {
		in.Account = "000000000000"
	}
	w := &whole{
		t: &Template{Inputs: in, sources: from}, inputs: in, places: map[string]place{},
		roles: map[string][]Grant{}, roleOf: map[string]string{}, logGroups: map[string]int{},
	}
	root, err := w.open(from.root, in.Parameters)
	if err == nil {
		root.readAll()
		if len(w.errs) == 0 {
			w.tie()
		}
		err = errors.Join(w.errs...)
	}
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return w.t, nil
}

// document is one file of a template while it is read: parameters, conditions and logical ids are its own.
type document struct {
	whole      *whole
	file       string
	stack      string // the logical id of the nested stack whose file this is, "" for the root
	inputs     Inputs
	given      map[string]string // the parameters' values
	parameters map[string]string // and with defaults
	conditions *yaml.Node
	globals    *yaml.Node
	outputs    *yaml.Node
	resources  map[string]*resource
	order      []string
	nested     map[string]opened // areas, by the stack's logical id
	naming     map[string]bool   // names being worked out, to notice one that leads to itself
}

// resource is one entry of Resources that this deployment has.
type resource struct {
	id         string
	kind       string
	line       int
	properties *yaml.Node
}

// open reads a file up to its resources' logical ids, which is what another file's references to it need.
func (w *whole) open(file string, given map[string]string) (*document, error) {
	data, err := w.t.sources.text(file)
	if err != nil {
		return nil, err
	}
	top, err := parse(data)
	if err != nil {
		return nil, at(file, err)
	}
	d := &document{
		whole: w, file: file, inputs: w.inputs, given: given, parameters: map[string]string{},
		conditions: child(top, "Conditions"), globals: child(top, "Globals"), outputs: child(top, "Outputs"),
		resources: map[string]*resource{}, nested: map[string]opened{}, naming: map[string]bool{},
	}
	err = mapping(top, func(key string, node *yaml.Node, line int) error {
		switch key {
		case "AWSTemplateFormatVersion", "Description", "Conditions", "Outputs", "Globals", "Resources", "Rules":
			return nil
		case "Transform":
			if node.Value != "AWS::Serverless-2016-10-31" {
				return errorAt(line, "the transform %s is not known here", node.Value)
			}
			return nil
		case "Parameters":
			return nil
		default:
			return errorAt(line, "the section %s is not known here", key)
		}
	})
	if err == nil {
		err = d.readParameters(child(top, "Parameters"))
	}
	if err == nil {
		err = d.keepRules(child(top, "Rules"))
	}
	if err == nil {
		err = d.readResources(child(top, "Resources"))
	}
	if err != nil {
		return nil, at(file, err)
	}
	return d, nil
}

// readAll adds the file's resources to the template.
func (d *document) readAll() {
	for _, id := range d.order {
		var errs []error
		d.readResource(d.whole.t, d.resources[id], &errs)
		for _, err := range errs {
			d.whole.add(at(d.file, err))
		}
	}
}

func (d *document) readParameters(n *yaml.Node) error {
	var errs []error
	err := mapping(n, func(name string, node *yaml.Node, line int) error {
		v, err := d.resolve(node)
		if err != nil {
			return err
		}
		given, ok := d.given[name]
		if !ok {
			if child(node, "Default") == nil {
				errs = append(errs, errorAt(line, "the parameter %s has no default and was not given", name))
				return nil
			}
			given = v.get("Default").text
		}
		if err := fits(name, given, v); err != nil {
			errs = append(errs, err)
		}
		d.parameters[name] = given
		return nil
	})
	for name := range d.given {
		if child(n, name) == nil {
			errs = append(errs, fmt.Errorf("there is no parameter %s", name))
		}
	}
	return errors.Join(append(errs, err)...)
}

// keepRules holds the parameters to the template's rules, as CloudFormation does before it makes anything (User Guide,
// "Rules").
func (d *document) keepRules(n *yaml.Node) error {
	return mapping(n, func(name string, rule *yaml.Node, line int) error {
		if when := child(rule, "RuleCondition"); when != nil {
			if holds, err := d.test(when); err != nil || !holds {
				return err
			}
		}
		assertions := child(rule, "Assertions")
		if assertions == nil || assertions.Kind != yaml.SequenceNode {
			return errorAt(line, "the rule %s has no list of Assertions", name)
		}
		for _, a := range assertions.Content {
			assert, says := child(a, "Assert"), child(a, "AssertDescription")
			if assert == nil || says == nil {
				return errorAt(a.Line, "an assertion of the rule %s has Assert and AssertDescription", name)
			}
			if holds, err := d.test(assert); err != nil {
				return err
			} else if !holds {
				return errorAt(a.Line, "the rule %s: %s", name, says.Value)
			}
		}
		return nil
	})
}

// fits checks a parameter's value as CloudFormation does (User Guide, "Parameters").
func fits(name, s string, p value) error {
	r := newReader(name, p, new([]error))
	if allowed := r.strings("AllowedValues"); len(allowed) > 0 && !slices.Contains(allowed, s) {
		return errorAt(p.line, "the parameter %s must be one of %v, it is %q", name, allowed, s)
	}
	if pattern := r.text("AllowedPattern"); pattern != "" {
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return errorAt(p.line, "the parameter %s: %w", name, err)
		}
		if !re.MatchString(s) {
			return errorAt(p.line, "the parameter %s is %q: it %s", name, s, r.text("ConstraintDescription"))
		}
	}
	switch kind := r.text("Type"); kind {
	case "String":
	case "Number":
		n, err := strconv.Atoi(s)
		if err != nil || n < r.number("MinValue", n) || n > r.number("MaxValue", n) {
			return errorAt(p.line, "the parameter %s is %q: it must be a number within its bounds", name, s)
		}
	default:
		return errorAt(p.line, "the parameter type %s is not known here", kind)
	}
	r.unread("Default", "Description", "AllowedPattern", "ConstraintDescription", "MinValue", "MaxValue", "NoEcho")
	r.done()
	return errors.Join(*r.errs...)
}

func (d *document) readResources(n *yaml.Node) error {
	return mapping(n, func(id string, node *yaml.Node, line int) error {
		r := &resource{id: id, line: line, properties: child(node, "Properties")}
		exists := true
		err := mapping(node, func(key string, n *yaml.Node, line int) error {
			var err error
			switch key {
			case "Type":
				r.kind = n.Value
			case "Condition":
				exists, err = d.condition(n.Value, line)
			case "Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata":
			default:
				err = errorAt(line, "%s: the attribute %s is not known here", id, key)
			}
			return err
		})
		if err != nil || !exists {
			return err
		}
		if other, taken := d.whole.places[id]; taken {
			return errorAt(line, "%s is the logical id of another resource too (%s, line %d): ids are unique over all templates",
				id, other.file, other.line)
		}
		d.whole.places[id] = place{d.file, line}
		d.resources[id] = r
		d.order = append(d.order, id)
		return nil
	})
}

// ref is what !Ref returns: a parameter's value, a pseudo parameter, or a resource's own kind of name.
func (d *document) ref(name string, line int) (string, error) {
	if s, ok := d.parameters[name]; ok {
		return s, nil
	}
	switch name {
	case "AWS::Region":
		return d.inputs.Region, nil
	case "AWS::Partition":
		return d.inputs.Partition, nil
	case "AWS::AccountId":
		return d.inputs.Account, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return "latchkey", nil
	}
	r := d.resources[name]
	if r == nil {
		return "", errorAt(line, "%s is neither a parameter nor a resource of this deployment", name)
	}
	physical, err := d.name(r)
	if err != nil {
		return "", err
	}
	switch r.kind {
	case "AWS::SQS::Queue":
		return d.queueURL(r.id, physical), nil
	case "AWS::SNS::Topic":
		return d.arn("sns", physical), nil
	default:
		return physical, nil
	}
}

func (d *document) queueURL(id, name string) string {
	if url, ok := d.inputs.QueueURLs[id]; ok {
		return url
	}
	return "https://sqs." + d.inputs.Region + ".amazonaws.com/" + d.inputs.Account + "/" + name
}

// attribute is what !GetAtt returns.
func (d *document) attribute(id, attribute string, line int) (string, error) {
	r := d.resources[id]
	if r == nil {
		return "", errorAt(line, "there is no resource %s in this deployment", id)
	}
	if r.kind == "AWS::CloudFormation::Stack" {
		return d.output(r, attribute, line)
	}
	name, err := d.name(r)
	if err != nil {
		return "", err
	}
	switch r.kind + "." + attribute {
	case "AWS::DynamoDB::Table.Arn":
		return d.arn("dynamodb", "table/"+name), nil
	case "AWS::SQS::Queue.Arn":
		return d.arn("sqs", name), nil
	case "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName":
		return name, nil
	case "AWS::SQS::Queue.QueueUrl":
		return d.queueURL(id, name), nil
	case "AWS::SNS::Topic.TopicArn":
		return d.arn("sns", name), nil
	case "AWS::Serverless::Function.Arn":
		return d.arn("lambda", "function:"+name), nil
	case "AWS::Logs::LogGroup.Arn": // with the suffix that stands for its streams, as CloudFormation returns it
		return d.arn("logs", "log-group:"+name+":*"), nil
	case "AWS::IAM::Role.Arn":
		return "arn:" + d.inputs.Partition + ":iam::" + d.inputs.Account + ":role/" + name, nil
	default:
		return "", errorAt(line, "the attribute %s of %s (%s) is not known here", attribute, id, r.kind)
	}
}

func (d *document) arn(service, rest string) string {
	return "arn:" + d.inputs.Partition + ":" + service + ":" + d.inputs.Region + ":" + d.inputs.Account + ":" + rest
}

// nameProperties are the properties that give resources their names.
var nameProperties = map[string]string{
	"AWS::DynamoDB::Table":       "TableName",
	"AWS::SQS::Queue":            "QueueName",
	"AWS::SNS::Topic":            "TopicName",
	"AWS::SES::ConfigurationSet": "Name",
	"AWS::SES::EmailIdentity":    "EmailIdentity",
	"AWS::Serverless::Function":  "FunctionName",
	"AWS::Serverless::HttpApi":   "",
	"AWS::Logs::LogGroup":        "LogGroupName",
	"AWS::IAM::Role":             "RoleName",
	"AWS::SNS::Subscription":     "",
	"AWS::SQS::QueuePolicy":      "",
	"AWS::SNS::TopicPolicy":      "",
}

// name is the resource's physical name: its own, or its logical id where CloudFormation would make one up.
func (d *document) name(r *resource) (string, error) {
	property, known := nameProperties[r.kind]
	if !known {
		return "", errorAt(r.line, "a reference to %s (%s) is not known here", r.id, r.kind)
	}
	n := child(r.properties, property)
	if n == nil {
		return r.id, nil
	}
	if d.naming[r.id] {
		return "", errorAt(r.line, "the name of %s leads back to itself", r.id)
	}
	d.naming[r.id] = true
	defer delete(d.naming, r.id)
	v, err := d.resolve(n)
	return v.text, err
}
