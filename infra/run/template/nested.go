package template

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
)

// area is the file of a nested stack that has functions.
var area = regexp.MustCompile(`^functions/[a-z0-9-]+/template\.yaml$`)

// passedOver are nested stacks that are CloudFormation's alone: nothing in alarms, dashboard and domain is needed to run the
// product.
var passedOver = map[string]bool{"infra/ops/alarms.yaml": true, "infra/ops/domain.yaml": true}

// readStack reads a nested stack (CloudFormation User Guide, "AWS::CloudFormation::Stack").
func (d *document) readStack(res *resource, r *reader) {
	r.unread("Parameters")
	switch file := r.need("TemplateURL"); {
	case passedOver[file]:
	case d.file != d.whole.t.sources.root:
		r.fail(res.line, "a nested stack within a nested stack is not known here")
	case !area.MatchString(file):
		r.fail(res.line, "the template %s is not known here: an area's is functions/<area>/template.yaml", file)
	default:
		n, err := d.open(res)
		if err != nil {
			*r.errs = append(*r.errs, err)
			return
		}
		n.readAll()
	}
}

// opened is what came of opening a nested stack's file.
type opened struct {
	document *document
	err      error
}

// open opens a nested stack's file with the parameters that the stack gives it, once.
func (d *document) open(res *resource) (*document, error) {
	if d.naming[res.id] {
		return nil, errorAt(res.line, "the parameters of %s lead back to itself", res.id)
	}
	o, known := d.nested[res.id]
	if !known {
		d.naming[res.id] = true
		o.document, o.err = d.openNow(res)
		delete(d.naming, res.id)
		d.nested[res.id] = o
	}
	return o.document, o.err
}

func (d *document) openNow(res *resource) (*document, error) {
	v, err := d.resolve(res.properties)
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	for _, f := range v.get("Parameters").fields {
		if f.value.kind != scalar {
			return nil, errorAt(f.line, "%s: the parameter %s must be a plain value", res.id, f.name)
		}
		given[f.name] = f.value.text
	}
	file := v.get("TemplateURL")
	n, err := d.whole.open(file.text, given)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errorAt(file.line, "%s: %w", res.id, err)
	}
	if err != nil {
		return nil, err
	}
	n.stack = res.id
	return n, nil
}

// output is what !GetAtt returns of a nested stack: one of its outputs, resolved in the stack's own file.
func (d *document) output(res *resource, attribute string, line int) (string, error) {
	name, ok := strings.CutPrefix(attribute, "Outputs.")
	file := child(res.properties, "TemplateURL")
	if !ok || file == nil || !area.MatchString(file.Value) {
		return "", errorAt(line, "the attribute %s of %s (%s) is not known here", attribute, res.id, res.kind)
	}
	n, err := d.open(res)
	if err != nil {
		return "", err
	}
	declared := child(child(n.outputs, name), "Value")
	if declared == nil {
		return "", errorAt(line, "%s has no output %s", file.Value, name)
	}
	v, err := n.resolve(declared)
	if err == nil && v.kind != scalar {
		err = errorAt(declared.Line, "the output %s must be a plain value", name)
	}
	if err != nil {
		return "", at(n.file, err)
	}
	return v.text, nil
}
