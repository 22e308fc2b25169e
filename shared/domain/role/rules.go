package role

import (
	"fmt"
	"slices"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// Lists are the entries that a rule gives of one module.
type Lists struct {
	Fields    []string
	Relations []string
	Actions   []string
	Notices   []string
}

// Of is the list of a kind.
func (l Lists) Of(k Kind) []string { return *l.of(k) }

func (l *Lists) of(k Kind) *[]string {
	switch k {
	case Fields:
		return &l.Fields
	case Relations:
		return &l.Relations
	case Actions:
		return &l.Actions
	}
	return &l.Notices
}

func (l Lists) empty() bool {
	return len(l.Fields) == 0 && len(l.Relations) == 0 && len(l.Actions) == 0 && len(l.Notices) == 0
}

// Rules are what a role gives, or a person's own ones, by module. They only give: what no rule names is closed. Rules are never
// changed in place, so that copies may share them. What [ReadRules] returns has no empty modules, each entry once, and in the
// catalogue's order.
type Rules map[Module]Lists

// Has tells whether the rules name the entry.
func (r Rules) Has(m Module, k Kind, key string) bool { return slices.Contains(r[m].Of(k), key) }

// Empty tells whether the rules give nothing.
func (r Rules) Empty() bool { return r.Count() == 0 }

// Count is how many entries the rules give.
func (r Rules) Count() int {
	n := 0
	for _, l := range r {
		n += len(l.Fields) + len(l.Relations) + len(l.Actions) + len(l.Notices)
	}
	return n
}

// Equal tells whether both give the same. Both are as [ReadRules] returns them.
func (r Rules) Equal(o Rules) bool {
	if len(r) != len(o) {
		return false
	}
	for m, l := range r {
		p, ok := o[m]
		if !ok {
			return false
		}
		for _, k := range Kinds() {
			if !slices.Equal(l.Of(k), p.Of(k)) {
				return false
			}
		}
	}
	return true
}

// ReadRules checks rules as somebody has sent them, whose field is named location, and brings them into their one form. A module
// or an entry that the catalogue does not have, or whose module comes later, is a fault with code [fault.Invalid] that names each
// of them, so that nothing is left out in silence, and no rule waits unseen for what it would open one day.
func ReadRules(location string, given Rules) (Rules, error) {
	var faults []error
	refuse := func(at, key string, values ...any) {
		faults = append(faults, fault.InField(at, key, values...))
	}
	for _, m := range sorted(given) {
		p := m.Find()
		at := location + "." + string(m)
		switch {
		case p == nil:
			refuse(at, "errors.no_such_module", "module", quote(string(m)), "modules", known(Open()))
			continue
		case !p.Exists:
			refuse(at, "errors.module_later", "module", p.Title())
			continue
		}
		for _, k := range Kinds() {
			for i, key := range given[m].Of(k) {
				switch e, ok := p.find(k, key); {
				case ok && e.later:
					refuse(fmt.Sprintf("%s.%s[%d]", at, k, i), "errors.entry_later", "entry", e.Title())
				case !ok || e.hidden:
					refuse(fmt.Sprintf("%s.%s[%d]", at, k, i), "errors.no_such_entry", "entry", quote(key), "entries", choices(p, k))
				}
			}
		}
		if len(faults) >= mostFaults {
			break
		}
	}
	if err := fault.Together(faults[:min(len(faults), mostFaults)]...); err != nil {
		return nil, err
	}
	return given.normal(), nil
}

// mostFaults is how many wrong entries are named at once.
const mostFaults = 20

// normal is the same in the one form that rules are kept in: entries once and in the catalogue's order, no empty modules.
func (r Rules) normal() Rules {
	out := Rules{}
	for m, given := range r {
		p := m.Find()
		if p == nil {
			continue
		}
		var l Lists
		for _, k := range Kinds() {
			for _, e := range p.lists[k] {
				if !e.fixed() && slices.Contains(given.Of(k), e.Key) {
					*l.of(k) = append(*l.of(k), e.Key)
				}
			}
		}
		if !l.empty() {
			out[m] = l
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func sorted(r Rules) []Module {
	out := make([]Module, 0, len(r))
	for m := range r {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// quote is what somebody has sent, short enough to be told back.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func known(parts []*Part) string {
	keys := make([]string, len(parts))
	for i, p := range parts {
		keys[i] = string(p.Module)
	}
	return list(keys)
}

func choices(p *Part, k Kind) string {
	var keys []string
	for _, e := range p.List(k) {
		keys = append(keys, e.Key)
	}
	return list(keys)
}

// list is a list in a sentence.
func list(keys []string) string {
	if len(keys) == 0 {
		return words.Say("rights.nothing")
	}
	s := keys[0]
	for _, k := range keys[1:] {
		s += ", " + k
	}
	return s
}
