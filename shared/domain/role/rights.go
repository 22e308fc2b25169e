package role

import (
	"cmp"
	"slices"
	"time"

	"latchkey.dev/shared/domain/id"
)

// Subject is the person whose rights are asked for, as far as they depend on the person.
type Subject struct {
	Suspended bool      // the operator has suspended the agency
	Installed bool      // the agency has the portal's app
	Ended     bool      // it is no client of the agency, or not any more
	ExpiresAt time.Time // from this millisecond on the person has nothing; zero for never
	Own       Rules     // what this person alone is given
}

// Closure is why nothing at all is open, whatever the roles say.
type Closure string

// The closures, in the order in which they are looked for. The empty one is none.
const (
	BySuspension Closure = "suspended"
	NotInstalled Closure = "not_installed"
	ByEnd        Closure = "ended"
	ByExpiry     Closure = "expired"
)

// Closed says whether anything can be open to the person at the moment, and why not.
func (s *Subject) Closed(now time.Time) Closure {
	switch {
	case s.Suspended:
		return BySuspension
	case !s.Installed:
		return NotInstalled
	case s.Ended:
		return ByEnd
	case reached(s.ExpiresAt, now):
		return ByExpiry
	}
	return ""
}

// Origin is one rule by which an entry is open.
type Origin struct {
	Role    id.Role   // "" for the person's own rules
	Name    string    // the role's
	Through string    // the action that shows the field, where no rule names the field itself
	Until   time.Time // when this rule ends, by the role's expiry or the person's, whichever is earlier; zero for never
}

// Idle is a role that the person has and that gives nothing at the moment.
type Idle struct {
	Role    id.Role
	Name    string
	Expired time.Time // when its time was over; zero for one that is off
	rules   Rules
}

// Rights are what a person may see and do at one moment. The zero Rights are none.
type Rights struct {
	Closed Closure // "" unless the person has nothing whatever the roles say
	// ClosedAt is when the person's own time was over, for [ByExpiry].
	ClosedAt time.Time
	Idle     []Idle // roles that give nothing, by their id

	open map[Module]map[Kind]map[string][]Origin
}

// Effective computes a person's rights. It is a union: an entry is open when any role that counts, or the person's own rules, name
// it, or name an action that needs it. There is no rule that closes anything, so the order of the roles does not matter. Nothing
// else in the product decides what a client sees of the modules.
func Effective(s Subject, roles []Role, now time.Time) Rights {
	r := Rights{Closed: s.Closed(now)}
	if r.Closed == ByExpiry {
		r.ClosedAt = s.ExpiresAt
	}
	seen := map[id.Role]bool{}
	for i := range roles {
		x := &roles[i]
		if seen[x.ID] {
			continue
		}
		seen[x.ID] = true
		switch {
		case x.Expired(now):
			r.Idle = append(r.Idle, Idle{Role: x.ID, Name: x.Name, Expired: x.ExpiresAt, rules: x.Rules})
		case !x.Active:
			r.Idle = append(r.Idle, Idle{Role: x.ID, Name: x.Name, rules: x.Rules})
		case r.Closed == "":
			r.give(x.Rules, Origin{Role: x.ID, Name: x.Name, Until: earlier(x.ExpiresAt, s.ExpiresAt)})
		}
	}
	if r.Closed == "" {
		r.give(s.Own, Origin{Until: s.ExpiresAt})
	}
	r.sort()
	return r
}

// earlier is the earlier of two ends, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (r *Rights) give(rules Rules, from Origin) {
	for m, lists := range rules {
		p := m.Find()
		if p == nil {
			continue
		}
		for _, k := range Kinds() {
			for _, key := range lists.Of(k) {
				e, ok := p.find(k, key)
				if !ok || e.hidden { // a rule of a catalogue that was larger
					continue
				}
				r.add(m, k, key, from)
				for _, f := range e.implies {
					through := from
					through.Through = key
					r.add(m, Fields, f, through)
				}
			}
		}
	}
}

func (r *Rights) add(m Module, k Kind, key string, from Origin) {
	if _, ok := m.Find().find(k, key); !ok { // such as the title, which is always shown
		return
	}
	if r.open == nil {
		r.open = map[Module]map[Kind]map[string][]Origin{}
	}
	if r.open[m] == nil {
		r.open[m] = map[Kind]map[string][]Origin{}
	}
	if r.open[m][k] == nil {
		r.open[m][k] = map[string][]Origin{}
	}
	r.open[m][k][key] = append(r.open[m][k][key], from)
}

// sort brings the reasons into an order that does not depend on that of the roles: by role, the person's own rules last; what
// names the entry itself before what needs it; each once.
func (r *Rights) sort() {
	slices.SortFunc(r.Idle, func(a, b Idle) int { return cmp.Compare(a.Role, b.Role) })
	for _, kinds := range r.open {
		for _, entries := range kinds {
			for key, from := range entries {
				slices.SortFunc(from, func(a, b Origin) int {
					return cmp.Or(own(a)-own(b), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Through, b.Through))
				})
				entries[key] = slices.CompactFunc(from, func(a, b Origin) bool { return a.Role == b.Role && a.Through == b.Through })
			}
		}
	}
}

func own(o Origin) int {
	if o.Role == "" {
		return 1
	}
	return 0
}

// Has tells whether anything of the module is open. Without, it is in no menu, and its pages and operations are not found.
func (r *Rights) Has(m Module) bool { return len(r.open[m]) > 0 }

// Modules lists those that are open, in the catalogue's order.
func (r *Rights) Modules() []Module {
	var out []Module
	for i := range catalogue {
		if m := catalogue[i].Module; r.Has(m) {
			out = append(out, m)
		}
	}
	return out
}

// Shows tells whether the field is shown. The id and the title of a thing are, to whoever has anything of its module.
func (r *Rights) Shows(m Module, field string) bool {
	if field == "id" || field == "title" {
		return r.Has(m)
	}
	return r.Opens(m, Fields, field)
}

// Relates tells whether the relation is shown. Of a person that it leads to, that is the name and the picture alone.
func (r *Rights) Relates(m Module, relation string) bool { return r.Opens(m, Relations, relation) }

// May tells whether the action is allowed.
func (r *Rights) May(m Module, action string) bool { return r.Opens(m, Actions, action) }

// Notifies tells whether the person is told of it.
func (r *Rights) Notifies(m Module, notice string) bool { return r.Opens(m, Notices, notice) }

// Opens tells whether the entry of any kind is open.
func (r *Rights) Opens(m Module, k Kind, key string) bool { return len(r.open[m][k][key]) > 0 }

// Why lists the rules by which the entry is open; none where it is closed.
func (r *Rights) Why(m Module, k Kind, key string) []Origin { return slices.Clone(r.open[m][k][key]) }

// Until is when the entry closes if nothing changes: when the last of its rules ends. Zero is never, or closed already.
func (r *Rights) Until(m Module, k Kind, key string) time.Time {
	var last time.Time
	for _, o := range r.open[m][k][key] {
		if o.Until.IsZero() {
			return time.Time{}
		}
		if o.Until.After(last) {
			last = o.Until
		}
	}
	return last
}

// Would lists the person's roles that name the entry and give nothing at the moment, which is why it is closed.
func (r *Rights) Would(m Module, k Kind, key string) []Idle {
	var out []Idle
	for _, i := range r.Idle {
		if i.rules.Has(m, k, key) {
			out = append(out, i)
		}
	}
	return out
}

// Right is one entry that is open.
type Right struct {
	Module Module
	Kind   Kind
	Entry  Entry
	Why    []Origin
	Until  time.Time // when the last of them ends; zero for never
}

// All lists what is open, in the catalogue's order.
func (r *Rights) All() []Right {
	var out []Right
	for i := range catalogue {
		p := &catalogue[i]
		if !r.Has(p.Module) {
			continue
		}
		for _, k := range Kinds() {
			for _, e := range p.lists[k] {
				if why := r.Why(p.Module, k, e.Key); why != nil {
					out = append(out, Right{p.Module, k, e, why, r.Until(p.Module, k, e.Key)})
				}
			}
		}
	}
	return out
}
