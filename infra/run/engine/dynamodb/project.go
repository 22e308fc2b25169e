package dynamodb

import "slices"

// selection is the tree of the paths of a projection; whole says that everything below is wanted.
type selection struct {
	whole  bool
	names  map[string]*selection
	places map[int]*selection
}

// selection is the tree of paths, of a projection or of an update's targets.
func (b *bound) selection(paths []path) *selection {
	root := &selection{}
	for _, p := range paths {
		at := root
		for _, s := range p {
			var next *selection
			if s.index >= 0 {
				if at.places == nil {
					at.places = map[int]*selection{}
				}
				if next = at.places[s.index]; next == nil {
					next = &selection{}
					at.places[s.index] = next
				}
			} else {
				if at.names == nil {
					at.names = map[string]*selection{}
				}
				if next = at.names[b.stepName(s)]; next == nil {
					next = &selection{}
					at.names[b.stepName(s)] = next
				}
			}
			at = next
		}
		at.whole = true
	}
	return root
}

// targets are the paths that an update touches.
func (b *bound) targets() *selection {
	paths := make([]path, len(b.actions))
	for i := range b.actions {
		paths[i] = b.actions[i].path
	}
	return b.selection(paths)
}

func selectNames(names []string) *selection {
	s := &selection{names: make(map[string]*selection, len(names))}
	for _, n := range names {
		s.names[n] = &selection{whole: true}
	}
	return s
}

// from is the part of an item that is selected, in the item's own shape; lists close up.
func (s *selection) from(a attrs) attrs {
	var out attrs
	for i := range a {
		below, wanted := s.names[a[i].name]
		if !wanted {
			continue
		}
		if v, ok := below.of(a[i].value); ok {
			out = append(out, attr{a[i].name, v})
		}
	}
	return out
}

func (s *selection) of(v value) (value, bool) {
	switch {
	case s.whole:
		return v, true
	case v.kind == kindM && s.names != nil:
		a := s.from(v.sub.attrs)
		return mapValue(a), len(a) > 0
	case v.kind == kindL && s.places != nil:
		at := make([]int, 0, len(s.places))
		for i := range s.places {
			at = append(at, i)
		}
		slices.Sort(at)
		var list []value
		for _, i := range at {
			if i >= len(v.sub.list) {
				break
			}
			if e, ok := s.places[i].of(v.sub.list[i]); ok {
				list = append(list, e)
			}
		}
		return listValue(list), len(list) > 0
	}
	return v, false
}
