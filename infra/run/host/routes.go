package host

import (
	"strings"

	"latchkey.dev/infra/run/template"
)

// router finds the route of a request as HTTP APIs do (API Gateway Developer Guide, "Create routes for HTTP APIs"):
// a full match of method and path first, a greedy {path+} next, $default last. Where two paths match, a literal
// segment beats a parameter, from left to right; a route's own method beats ANY.
type router struct {
	routes   []entry
	fallback *entry
}

type entry struct {
	route    template.Route
	function *template.Function
	segments []string
}

func (r *router) add(route template.Route, f *template.Function) {
	e := entry{route: route, function: f}
	if route.Path == "$default" {
		r.fallback = &e
		return
	}
	e.segments = strings.Split(strings.TrimPrefix(route.Path, "/"), "/")
	r.routes = append(r.routes, e)
}

// find returns the route, with the path's parameters; nil when there is none and no $default.
func (r *router) find(method, path string) (*entry, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var best *entry
	var bestRank string
	for i := range r.routes {
		e := &r.routes[i]
		if e.route.Method != method && e.route.Method != "ANY" {
			continue
		}
		rank, ok := e.rank(segments)
		if !ok {
			continue
		}
		if e.route.Method == "ANY" {
			rank += "b"
		} else {
			rank += "a"
		}
		if best == nil || rank < bestRank {
			best, bestRank = e, rank
		}
	}
	if best == nil {
		return r.fallback, nil
	}
	return best, best.parameters(segments)
}

// rank tells whether the path matches, and how exactly: one letter a segment, smaller for a closer match.
func (e *entry) rank(segments []string) (string, bool) {
	rank := make([]byte, 0, len(segments))
	for i, want := range e.segments {
		name, isParameter := parameter(want)
		if isParameter && strings.HasSuffix(name, "+") && i == len(e.segments)-1 {
			return string(append(rank, 'z')), len(segments) > i && segments[i] != ""
		}
		if i >= len(segments) {
			return "", false
		}
		switch {
		case isParameter && segments[i] != "":
			rank = append(rank, 'p')
		case !isParameter && want == segments[i]:
			rank = append(rank, 'l')
		default:
			return "", false
		}
	}
	return string(rank), len(segments) == len(e.segments)
}

func (e *entry) parameters(segments []string) map[string]string {
	var found map[string]string
	for i, want := range e.segments {
		name, ok := parameter(want)
		if !ok {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		if greedy, ok := strings.CutSuffix(name, "+"); ok {
			found[greedy] = strings.Join(segments[i:], "/")
		} else {
			found[name] = segments[i]
		}
	}
	return found
}

func parameter(segment string) (name string, ok bool) {
	if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}
