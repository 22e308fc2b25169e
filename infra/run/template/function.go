package template

import (
	"path"
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// settings of Globals.Function that a function may override.
var globalSettings = []string{"Runtime", "Handler", "Architectures", "MemorySize", "Timeout", "LoggingConfig", "Environment"}

func (d *document) readFunction(t *Template, res *resource, errs *[]error) {
	resolve := func(n *yaml.Node) value {
		if n == nil {
			return value{line: res.line}
		}
		v, err := d.resolve(n)
		if err != nil {
			*errs = append(*errs, err)
		}
		return v
	}
	before := len(*errs)
	own, global := resolve(res.properties), resolve(child(d.globals, "Function"))
	if len(*errs) > before {
		return
	}
	r := newReader(res.id+" (AWS::Serverless::Function)", merge(own, global), errs)
	g := newReader("Globals.Function", global, errs)
	g.unread(globalSettings...)
	g.done()

	f := &Function{
		ID: res.id, Name: r.need("FunctionName"), Stack: d.stack, Directory: path.Join(path.Dir(d.file), r.need("CodeUri")),
		Environment: map[string]string{},
	}
	r.only("Runtime", "provided.al2023")
	r.only("Handler", "bootstrap")
	r.unread("EventInvokeConfig", "Description")
	if all := r.strings("Architectures"); len(all) == 1 {
		f.Architecture = all[0]
	}
	f.Timeout = time.Duration(r.number("Timeout", 3)) * time.Second
	f.MemoryMB = r.number("MemorySize", 128)
	f.Reserved = r.number("ReservedConcurrentExecutions", 0)
	logging := r.object("LoggingConfig")
	f.LogGroup = logging.text("LogGroup")
	logging.done()
	d.whole.roleOf[res.id] = r.need("Role")
	env := r.object("Environment")
	for _, v := range env.value("Variables").fields {
		if v.value.kind != scalar {
			env.fail(v.line, "the variable %s must be a plain value", v.name)
		}
		f.Environment[v.name] = v.value.text
	}
	env.done()
	for _, e := range r.value("Events").fields {
		f.readEvent(newReader(res.id+"."+e.name, e.value, errs))
	}
	r.done()
	t.Functions = append(t.Functions, f)
}

// merge lays a function's own properties over the globals; variables are merged one by one (SAM specification,
// "Globals section": maps are merged, scalars replaced).
func merge(own, global value) value {
	out := value{kind: object, line: own.line, fields: append([]field(nil), own.fields...)}
	for _, g := range global.fields {
		at := -1
		for i, f := range out.fields {
			if f.name == g.name {
				at = i
			}
		}
		switch {
		case at < 0:
			out.fields = append(out.fields, g)
		case g.value.kind == object:
			out.fields[at].value = merge(out.fields[at].value, g.value)
		}
	}
	return out
}

func (f *Function) readEvent(r *reader) {
	p := r.object("Properties")
	switch kind := r.need("Type"); kind {
	case "SQS":
		s := Source{Queue: p.need("Queue"), BatchSize: p.number("BatchSize", 10)}
		s.Window = time.Duration(p.number("MaximumBatchingWindowInSeconds", 0)) * time.Second
		if s.BatchSize < 1 || s.BatchSize > 10 {
			p.fail(r.v.line, "a batch size of %d is not known here: 1 to 10", s.BatchSize)
		}
		for _, response := range p.strings("FunctionResponseTypes") {
			s.PartialFailures = s.PartialFailures || response == "ReportBatchItemFailures"
		}
		p.only("Enabled", "true")
		scaling := p.object("ScalingConfig")
		s.Concurrency = scaling.number("MaximumConcurrency", 0)
		scaling.done()
		f.Sources = append(f.Sources, s)
	case "ScheduleV2":
		p.unread("RetryPolicy")
		p.only("State", "ENABLED")
		s := Schedule{Name: p.text("Name")}
		expression := p.need("ScheduleExpression")
		var ok bool
		if s.Every, ok = rate(expression); !ok {
			p.fail(r.v.line, "the schedule %q is not known here: rate(n minutes), rate(n hours) or rate(n days)", expression)
		}
		f.Schedules = append(f.Schedules, s)
	default:
		p.unread("Properties")
		r.fail(r.v.line, "the event type %s is not known here", kind)
		return
	}
	p.done()
	r.done()
}

var rateExpression = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)$`)

// rate reads a rate expression (EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler").
func rate(expression string) (time.Duration, bool) {
	m := rateExpression.FindStringSubmatch(expression)
	if m == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
	return time.Duration(n) * unit, true
}
