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
	Idle     []Idle // roles that give nothing, by their names

	from  []Origin // what gives something, each without what it shows a field through: roles by their id, the person's own rules last
	given [][]bool // by what gives it and by the entry's number
	open  []bool   // by the entry's number; nil when nothing is
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
	var all []*Role
	for i := range roles {
		if x := &roles[i]; !seen[x.ID] {
			seen[x.ID] = true
			all = append(all, x)
		}
	}
	// The order of the reasons must not depend on that of the roles.
	slices.SortFunc(all, func(a, b *Role) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	for _, x := range all {
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
	n := numbered()
	var given []bool
	for m, lists := range rules {
		kinds := n.of[m]
		for _, k := range [...]Kind{Fields, Relations, Actions, Notices} {
			for _, key := range lists.Of(k) {
				i, ok := kinds[k][key]
				if !ok || n.fixed[i] { // a rule of a catalogue that was larger
					continue
				}
				if given == nil {
					given = make([]bool, n.all)
				}
				given[i] = true
			}
		}
	}
	if given == nil {
		return
	}
	if r.open == nil {
		r.open = make([]bool, n.all)
	}
	for i, yes := range given {
		if !yes {
			continue
		}
		r.open[i] = true
		for _, field := range n.shows[i] {
			r.open[field] = true
		}
	}
	r.from, r.given = append(r.from, from), append(r.given, given)
}

// Has tells whether anything of the module is open. Without, it is in no menu, and its pages and operations are not found.
func (r *Rights) Has(m Module) bool {
	if r.open == nil {
		return false
	}
	span := numbered().span[m]
	return slices.Contains(r.open[span[0]:span[1]], true)
}

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
func (r *Rights) Opens(m Module, k Kind, key string) bool {
	i, ok := numbered().find(m, k, key)
	return ok && r.open != nil && r.open[i]
}

// Why lists the rules by which the entry is open; none where it is closed. They are in the order of the roles' ids, the person's own
// ones last, and of one rule what names the entry itself stands before what needs it.
func (r *Rights) Why(m Module, k Kind, key string) []Origin {
	if !r.Opens(m, k, key) {
		return nil
	}
	n := numbered()
	i, _ := n.find(m, k, key)
	var out []Origin
	for at, from := range r.from {
		if r.given[at][i] {
			out = append(out, from)
		}
		for _, action := range n.by[i] {
			if r.given[at][action] {
				from.Through = n.keys[action]
				out = append(out, from)
			}
		}
	}
	return out
}

// Until is when the entry closes if nothing changes: when the last of its rules ends. Zero is never, or closed already.
func (r *Rights) Until(m Module, k Kind, key string) time.Time {
	var last time.Time
	for _, o := range r.Why(m, k, key) {
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

// Beyond lists what is open by r and not by o, in the catalogue's order.
func (r *Rights) Beyond(o *Rights) []Right {
	return slices.DeleteFunc(r.All(), func(x Right) bool { return o.Opens(x.Module, x.Kind, x.Entry.Key) })
}
