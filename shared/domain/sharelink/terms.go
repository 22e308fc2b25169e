package sharelink

import (
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/text"
)

// Typed are terms as they were typed. What is nil stays as it is, and is the default of a new link.
type Typed struct {
	Name          *string
	Roles         *[]string
	CreateContact *bool
	ExpiresAt     *time.Time
	Never         *bool // whether it has no end
	MaxUses       *int
	Unlimited     *bool // whether any number of people may use it
	Domains       *[]string
	Approval      *bool
}

// Defaults are the terms of a new link that nothing was typed for.
func Defaults(now time.Time) Terms {
	return Terms{ExpiresAt: now.Add(DefaultLife), MaxUses: DefaultUses}
}

// Within returns nil when somebody of the level may answer for a link of these terms: an employee of the agency only for one that ends
// soon, and is for a few. Faults: [fault.Invalid].
func (t Terms) Within(level agency.Level, now time.Time) error {
	if level != agency.Employee {
		return nil
	}
	var wrong []error
	if t.ExpiresAt.IsZero() || t.ExpiresAt.Sub(now) > EmployeeLife {
		wrong = append(wrong, fault.InField("expiresAt", "links.employee_end", "days", int(EmployeeLife/(24*time.Hour))))
	}
	if t.MaxUses == 0 || t.MaxUses > EmployeeUses {
		wrong = append(wrong, fault.InField("maxUses", "links.employee_uses", "most", EmployeeUses))
	}
	return fault.Together(wrong...)
}

// Lasts tells whether these terms let a link work as long, and for as many, as others.
func (t Terms) Lasts(other Terms) bool {
	return t.ExpiresAt.Equal(other.ExpiresAt) && t.MaxUses == other.MaxUses
}

// On reads what was typed over the terms that there are. Faults: [fault.Invalid] in each field that cannot be.
func (t Typed) On(before Terms, now time.Time) (Terms, error) {
	out := before
	var wrong []error
	if t.Name != nil {
		name, err := text.Line("name", *t.Name, text.MaxName)
		out.Name = name
		wrong = append(wrong, err)
	}
	if t.Roles != nil {
		roles, err := roles(*t.Roles)
		out.Roles = roles
		wrong = append(wrong, err)
	}
	if t.CreateContact != nil {
		out.CreateContact = *t.CreateContact
	}
	if t.Approval != nil {
		out.Approval = *t.Approval
	}
	var err error
	if out.ExpiresAt, err = t.end(before.ExpiresAt, now); err != nil {
		wrong = append(wrong, err)
	}
	if out.MaxUses, err = t.uses(before.MaxUses); err != nil {
		wrong = append(wrong, err)
	}
	if t.Domains != nil {
		domains, err := Domains(*t.Domains)
		out.Domains = domains
		wrong = append(wrong, err)
	}
	return out, fault.Together(wrong...)
}

func roles(typed []string) ([]id.Role, error) {
	var out []id.Role
	for _, s := range typed {
		r, err := id.ParseRole(s)
		if err != nil {
			return nil, fault.InField("roles", "errors.there_is_no_such_role")
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	if len(out) > MaxRoles {
		return nil, fault.InField("roles", "links.too_many_roles", "most", MaxRoles)
	}
	return out, nil
}

func (t Typed) end(before, now time.Time) (time.Time, error) {
	switch {
	case t.Never != nil && *t.Never && t.ExpiresAt != nil:
		return before, fault.InField("expiresAt", "links.end_or_never")
	case t.Never != nil && *t.Never:
		return time.Time{}, nil
	case t.ExpiresAt == nil && t.Never != nil && before.IsZero():
		return now.Add(DefaultLife), nil
	case t.ExpiresAt == nil:
		return before, nil
	}
	end := t.ExpiresAt.UTC().Truncate(time.Millisecond)
	switch {
	case end.Equal(before): // it was typed before
		return before, nil
	case !end.After(now):
		return before, fault.InField("expiresAt", "links.end_past")
	case end.Sub(now) > MaxLife:
		return before, fault.InField("expiresAt", "links.end_far")
	}
	return end, nil
}

func (t Typed) uses(before int) (int, error) {
	switch {
	case t.Unlimited != nil && *t.Unlimited && t.MaxUses != nil:
		return before, fault.InField("maxUses", "links.uses_or_unlimited")
	case t.Unlimited != nil && *t.Unlimited:
		return 0, nil
	case t.MaxUses == nil && t.Unlimited != nil && before == 0:
		return DefaultUses, nil
	case t.MaxUses == nil:
		return before, nil
	case *t.MaxUses < 1 || *t.MaxUses > MaxUses:
		return before, fault.InField("maxUses", "links.uses_range", "most", MaxUses)
	}
	return *t.MaxUses, nil
}

// Domains reads the domains whose addresses may use a link, each once, as A-labels. Faults: [fault.Invalid] in "domains" for what is
// no domain, and for a mail host's, at which anybody may have an address.
func Domains(typed []string) ([]string, error) {
	var out []string
	for _, s := range typed {
		s = strings.TrimPrefix(text.Trim(s), "@")
		if s == "" {
			continue
		}
		a, err := email.Parse("domains", "x@"+s)
		if err != nil {
			return nil, fault.InField("domains", "links.no_domain", "typed", short(s))
		}
		d := a.Domain()
		if email.Free(d) {
			return nil, fault.InField("domains", "links.free_domain", "domain", d)
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	if len(out) > MaxDomains {
		return nil, fault.InField("domains", "links.too_many_domains", "most", MaxDomains)
	}
	return out, nil
}

// short is as much of what somebody typed as a sentence says again.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
