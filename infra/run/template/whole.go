package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// sources are the files that a template is read from. They are kept, so that [Template.With] resolves the same again.
type sources struct {
	root      string // the root template's name in directory
	directory string // "" where there is one file only

	mu    sync.Mutex
	texts map[string][]byte // by path from directory
}

func (s *sources) text(file string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data, ok := s.texts[file]; ok {
		return data, nil
	}
	if s.directory == "" {
		return nil, fmt.Errorf("%s: %w: a nested stack needs the root template's directory, use Read", file, fs.ErrNotExist)
	}
	data, err := os.ReadFile(filepath.Join(s.directory, filepath.FromSlash(file)))
	if err == nil {
		s.texts[file] = data
	}
	return data, err
}

// place is where something stands: a file, by its path from the root template's directory, and a line.
type place struct {
	file string
	line int
}

// problem is an error at a place.
type problem struct {
	place
	err error
}

func (p *problem) Error() string {
	if p.file == "" {
		return fmt.Sprintf("line %d: %v", p.line, p.err)
	}
	return fmt.Sprintf("%s, line %d: %v", p.file, p.line, p.err)
}

func (p *problem) Unwrap() error { return p.err }

// errorAt is an error at a line of the file that is being read; see [at].
func errorAt(line int, format string, args ...any) error {
	return &problem{place{line: line}, fmt.Errorf(format, args...)}
}

// at puts the file's name to an error that has none.
func at(file string, err error) error {
	switch err := err.(type) { //nolint:errorlint // the error itself: what it wraps has its place already
	case *problem:
		if err.file == "" {
			return &problem{place{file, err.line}, err.err}
		}
		return err
	case interface{ Unwrap() []error }:
		var joined []error
		for _, e := range err.Unwrap() {
			joined = append(joined, at(file, e))
		}
		return errors.Join(joined...)
	default:
		return fmt.Errorf("%s: %w", file, err)
	}
}

// maxNodes bounds what a file may come to when its aliases are written out, so that a few lines cannot stand for gigabytes.
const maxNodes = 1 << 20

// parse reads YAML, with what aliases stand for in their places.
func parse(data []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("not a template")
	}
	_, err := writeOut(root.Content[0], map[*yaml.Node]int{})
	return root.Content[0], err
}

// writeOut replaces the aliases in a node and returns how many nodes it then has. Nodes that are being counted count as 0
// in sizes, which tells an anchor that contains itself.
func writeOut(n *yaml.Node, sizes map[*yaml.Node]int) (int, error) {
	if size, known := sizes[n]; known {
		if size == 0 {
			return 0, errorAt(n.Line, "the anchor %s contains itself", n.Anchor)
		}
		return size, nil
	}
	sizes[n] = 0
	size := 1
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Tag == "!!merge" {
			return 0, errorAt(c.Line, "merge keys (<<) are not known here: cfn-lint refuses them (W1100)")
		}
		if c.Kind == yaml.AliasNode {
			c = c.Alias
			n.Content[i] = c
		}
		more, err := writeOut(c, sizes)
		if err != nil {
			return 0, err
		}
		if size += more; size > maxNodes {
			return 0, errorAt(c.Line, "the file's aliases come to more than %d nodes", maxNodes)
		}
	}
	sizes[n] = size
	return size, nil
}

// whole is what the files of a template come to while they are read.
type whole struct {
	t         *Template
	inputs    Inputs
	places    map[string]place   // of resources, by logical id
	roles     map[string][]Grant // by ARN
	roleOf    map[string]string  // a function's role, by the function's logical id
	logGroups map[string]int     // days of retention by name
	routes    []routed
	throttled []throttled
	errs      []error
}

// routed is a route of the API's body: which function it is tied to, and as whom the API invokes it.
type routed struct {
	route    Route
	function string // ARN
	role     string // ARN
	place    place
}

// throttled is a route, by its key, that RouteSettings names.
type throttled struct {
	route string
	place place
}

// add notes an error once: what is wrong with a nested stack is met again by whoever refers to it.
func (w *whole) add(err error) {
	if err != nil && !slices.ContainsFunc(w.errs, func(e error) bool { return e.Error() == err.Error() }) {
		w.errs = append(w.errs, err)
	}
}

func (w *whole) wrong(p place, format string, args ...any) {
	w.add(&problem{p, fmt.Errorf(format, args...)})
}

// tie gives every function its routes, its role's grants and its log group's retention, and checks what refers to what.
func (w *whole) tie() {
	functions := map[string]*Function{} // by ARN
	for _, f := range w.t.Functions {
		p := w.places[f.ID]
		arn := w.arn("lambda", "function:"+f.Name)
		if other := functions[arn]; other != nil {
			w.wrong(p, "%s and %s both have the name %s", other.ID, f.ID, f.Name)
		}
		functions[arn] = f
		var ok bool
		if f.Grants, ok = w.roles[w.roleOf[f.ID]]; !ok {
			w.wrong(p, "%s: there is no role %s", f.ID, w.roleOf[f.ID])
		}
		if f.RetentionDays, ok = w.logGroups[f.LogGroup]; !ok {
			w.wrong(p, "%s: there is no log group %q", f.ID, f.LogGroup)
		}
		for _, s := range f.Sources {
			q := w.t.QueueByARN(s.Queue)
			if q == nil {
				w.wrong(p, "%s: there is no queue %s", f.ID, s.Queue)
			} else if q.Visibility < f.Timeout {
				w.wrong(p, "%s: its timeout is longer than the visibility timeout of %s, which Lambda refuses", f.ID, q.ID)
			}
		}
	}
	w.tieRoutes(functions)
	for _, f := range w.t.Functions {
		if len(f.Routes)+len(f.Sources)+len(f.Schedules) == 0 {
			w.wrong(w.places[f.ID], "%s: no route, queue or schedule invokes it", f.ID)
		}
	}
	for _, q := range w.t.Queues {
		if q.DeadLetters != "" && w.t.QueueByARN(q.DeadLetters) == nil {
			w.wrong(w.places[q.ID], "%s: there is no queue %s for its dead letters", q.ID, q.DeadLetters)
		}
	}
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

func (w *whole) tieRoutes(functions map[string]*Function) {
	keys, shapes := map[string]bool{}, map[string]string{}
	for _, r := range w.routes {
		key := r.route.Key()
		shape := pathParameter.ReplaceAllString(key, "{}")
		if other, taken := shapes[shape]; taken {
			w.wrong(r.place, "the routes %s and %s match the same requests", other, key)
		}
		keys[key], shapes[shape] = true, key
		f := functions[r.function]
		if f == nil {
			w.wrong(r.place, "the route %s is of the function %s, which does not exist", key, r.function)
			continue
		}
		f.Routes = append(f.Routes, r.route)
		switch grants, ok := w.roles[r.role]; {
		case !ok:
			w.wrong(r.place, "the route %s: there is no role %s", key, r.role)
		case !allows(grants, "lambda:InvokeFunction", r.function):
			w.wrong(r.place, "the route %s: its role may not invoke %s", key, r.function)
		}
	}
	for _, x := range w.throttled {
		if !keys[x.route] {
			w.wrong(x.place, "RouteSettings names %q, which is no route", x.route)
		}
	}
}

// allows tells whether one of the grants is of that action on that resource. A resource may end in a wildcard.
func allows(grants []Grant, action, resource string) bool {
	for _, g := range grants {
		for _, a := range g.Actions {
			for _, r := range g.Resources {
				prefix, pattern := strings.CutSuffix(r, "*")
				if a == action && (r == resource || pattern && strings.HasPrefix(resource, prefix)) {
					return true
				}
			}
		}
	}
	return false
}

func (w *whole) arn(service, rest string) string {
	return "arn:" + w.inputs.Partition + ":" + service + ":" + w.inputs.Region + ":" + w.inputs.Account + ":" + rest
}
