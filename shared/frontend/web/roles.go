package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

const rolesPath = "/client-portal/roles"

func rolePath(r id.Role) string { return rolesPath + "/" + string(r) }

var (
	seesRoles     = identity.ByPortal(identity.RolesRead, identity.See)
	changesRoles  = identity.ByPortal(identity.RolesWrite, identity.Administer)
	roleFields    = map[string]string{"name": "name", "description": "description", "expiresAt": "expires"}
	momentInForm  = "2006-01-02T15:04"
	momentInWords = "2 January 2006, 15:04 MST"
)

// RolesPage lists the roles of external users, and makes new ones.
func RolesPage(s *Site, auth *signin.Authenticator, all *roles.Roles) *Page {
	return s.page("userRolesPage", auth, seesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.roles(r.Context(), all, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "deleted" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("roles.deleted")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, form("create", changesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		name := r.PostForm.Get("name")
		made, err := all.Create(r.Context(), caller, roles.Draft{Name: &name}, once(r.PostForm))
		if err == nil {
			return seeOther(w, rolePath(made.ID)+"?done=created")
		}
		f, err := ours(r, err)
		if err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
			return orNotFound(err, f)
		}
		v, err := s.roles(r.Context(), all, caller)
		if err != nil {
			return err
		}
		v.Name, v.Problems = name, problems(f, roleFields)
		return s.show(w, r, f.Code.Status(), v)
	}))
}

// roles prepares the list.
func (s *Site) roles(ctx context.Context, all *roles.Roles, caller identity.Caller) (page.Roles, error) {
	list, a, err := all.List(ctx, caller)
	if err != nil {
		return page.Roles{}, err
	}
	v := page.Roles{Workspace: workspace(a, caller, page.InPortal), Tab: "roles", Key: newKey(), Full: len(list) >= role.MaxRoles,
		May: caller.Administers()}
	for i := range list {
		x := &list[i]
		row := page.RoleRow{URL: rolePath(x.ID), Name: x.Name, Description: x.Description, State: roleState(x, s.now()), Users: x.Users}
		if !x.ExpiresAt.IsZero() {
			row.Expires = inWords(x.ExpiresAt, a)
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// inWords is a moment as the agency's people read it, in their time zone.
func inWords(at time.Time, a *agency.Agency) string { return at.In(a.Location()).Format(momentInWords) }

func roleState(r *role.Role, now time.Time) page.Badge {
	switch {
	case r.Expired(now):
		return page.Badge{Tone: page.Bad, Text: words.Say("roles.state_expired")}
	case r.Active:
		return page.Badge{Tone: page.Good, Text: words.Say("roles.state_active")}
	}
	return page.Badge{Tone: page.Idle, Text: words.Say("roles.state_off")}
}

// listWord is what a list of a module is called.
func listWord(k role.Kind) string {
	switch k {
	case role.Fields:
		return words.Say("roles.fields")
	case role.Relations:
		return words.Say("roles.relations")
	case role.Actions:
		return words.Say("roles.actions")
	}
	return words.Say("roles.notices")
}

// RolePage is one role, with the form that changes it. What a change takes away from users is shown before it is saved.
func RolePage(s *Site, auth *signin.Authenticator, all *roles.Roles) *Page {
	return s.page("userRolePage", auth, seesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.role(r, all, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v.Asking = q.Get("ask") == "delete" && v.May && v.Users == 0
		if text := roleOutcome(q.Get("done")); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		return s.show(w, r, http.StatusOK, v)
	}, primary(saveRole(s, all)), extendRole(s, all), deleteRole(s, all))
}

func roleOutcome(done string) string {
	switch done {
	case "created":
		return words.Say("roles.created")
	case "saved":
		return words.Say("roles.saved")
	case "extended":
		return words.Say("roles.extended")
	}
	return ""
}

// role prepares the page of the role that the path names.
func (s *Site) role(r *http.Request, all *roles.Roles, caller identity.Caller) (page.Role, error) {
	which, err := id.ParseRole(r.PathValue("roleId"))
	if err != nil {
		return page.Role{}, err
	}
	x, a, err := all.Get(r.Context(), caller, which)
	if err != nil {
		return page.Role{}, err
	}
	v := page.Role{Workspace: workspace(a, caller, page.InPortal), Tab: "roles", May: caller.Administers(), URL: rolePath(which),
		See: "/client-portal/see-as?role=" + string(which), Saved: x.Name, State: roleState(x, s.now()), Users: x.Users,
		Expired: x.Expired(s.now()), Zone: a.Location().String(), Tag: roles.Tag(x),
		Name: x.Name, Description: x.Description, Active: x.Active, Employees: x.EmployeesMayGive}
	if !x.ExpiresAt.IsZero() {
		v.Expires, v.Ends = x.ExpiresAt.In(a.Location()).Format(momentInForm), inWords(x.ExpiresAt, a)
	}
	for _, p := range role.Open() {
		m := page.RoleModule{Title: p.Title()}
		for _, k := range role.Kinds() {
			l := page.RoleList{Title: listWord(k)}
			for _, e := range p.List(k) {
				l.Choices = append(l.Choices, page.RoleChoice{Value: choice(p.Module, k, e.Key), Text: e.Title(),
					Ticked: x.Rules.Has(p.Module, k, e.Key)})
			}
			if len(l.Choices) > 0 {
				m.Lists = append(m.Lists, l)
			}
		}
		v.Modules = append(v.Modules, m)
	}
	return v, nil
}

// choice is an entry in the form.
func choice(m role.Module, k role.Kind, key string) string {
	return string(m) + "." + string(k) + "." + key
}

// chosenRules are the rules that a form ticks.
func chosenRules(ticked []string) role.Rules {
	out := role.Rules{}
	for _, s := range ticked {
		p := strings.SplitN(s, ".", 3)
		if len(p) != 3 {
			p = []string{s, "", ""}
		}
		l := out[role.Module(p[0])]
		switch role.Kind(p[1]) {
		case role.Fields:
			l.Fields = append(l.Fields, p[2])
		case role.Relations:
			l.Relations = append(l.Relations, p[2])
		case role.Actions:
			l.Actions = append(l.Actions, p[2])
		default:
			l.Notices = append(l.Notices, p[2])
		}
		out[role.Module(p[0])] = l
	}
	return out
}

// roleDraft is what the form says. The time is the agency's; one that nobody touched stays as exact as it is.
func roleDraft(f url.Values, shown string, zone *time.Location) (roles.Draft, error) {
	name, about, active, employees := f.Get("name"), f.Get("description"), f.Get("active") != "", f.Get("employees") != ""
	rules := chosenRules(f["give"])
	d := roles.Draft{Name: &name, Description: &about, Active: &active, EmployeesMayGive: &employees, Rules: &rules}
	typed := strings.TrimSpace(f.Get("expires"))
	if typed == shown {
		return d, nil
	}
	var at time.Time
	if typed != "" {
		var err error
		if at, err = time.ParseInLocation(momentInForm, typed[:min(len(typed), len(momentInForm))], zone); err != nil {
			return d, fault.InField("expiresAt", "errors.role_day")
		}
	}
	d.ExpiresAt = &at
	return d, nil
}

// saveRole changes a role; what it takes from anybody is to be confirmed first.
func saveRole(s *Site, all *roles.Roles) Form {
	return form("save", changesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.role(r, all, caller)
		if err != nil {
			return err
		}
		zone := timezone.Load(v.Zone)
		which, tag := id.Role(r.PathValue("roleId")), r.PostForm.Get("tag")
		d, err := roleDraft(r.PostForm, v.Expires, zone)
		if err == nil && r.PostForm.Get("confirm") == "" {
			var e *roles.Effect
			if _, e, err = all.Try(r.Context(), caller, which, d, tag); err == nil && e.Losing > 0 {
				retypeRole(&v, r.PostForm)
				v.Tag, v.Takes = tag, &page.RoleTakes{Losing: e.Losing, More: e.More}
				for _, l := range e.Lost {
					v.Takes.Rows = append(v.Takes.Rows, page.RoleLost{Text: l.Entry.Title(), Users: l.Users})
				}
				return s.show(w, r, http.StatusOK, v)
			}
		}
		if err == nil {
			_, err = all.Update(r.Context(), caller, which, d, tag)
		}
		if err == nil {
			return seeOther(w, v.URL+"?done=saved")
		}
		return s.refuseRole(w, r, v, err)
	})
}

// retypeRole puts back what was typed.
func retypeRole(v *page.Role, f url.Values) {
	v.Name, v.Description, v.Expires = f.Get("name"), f.Get("description"), f.Get("expires")
	v.Active, v.Employees = f.Get("active") != "", f.Get("employees") != ""
	for m := range v.Modules {
		for l := range v.Modules[m].Lists {
			for c := range v.Modules[m].Lists[l].Choices {
				x := &v.Modules[m].Lists[l].Choices[c]
				x.Ticked = slices.Contains(f["give"], x.Value)
			}
		}
	}
}

// refuseRole shows the page with what was typed, and what is wrong with it.
func (s *Site) refuseRole(w http.ResponseWriter, r *http.Request, v page.Role, err error) error {
	f, err := ours(r, err)
	if err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
		return orNotFound(err, f)
	}
	if r.PostForm.Get("do") == "save" {
		retypeRole(&v, r.PostForm)
	}
	v.Problems = problems(f, roleFields)
	return s.show(w, r, f.Code.Status(), v)
}

// extendBy is how much longer a role lasts by one click.
const extendBy = 30 * 24 * time.Hour

// extendRole has a role that expires last longer.
func extendRole(s *Site, all *roles.Roles) Form {
	return form("extend", changesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.role(r, all, caller)
		if err != nil {
			return err
		}
		if _, err := all.Extend(r.Context(), caller, id.Role(r.PathValue("roleId")), extendBy); err != nil {
			return s.refuseRole(w, r, v, err)
		}
		return seeOther(w, v.URL+"?done=extended")
	})
}

// deleteRole deletes a role that nobody has.
func deleteRole(s *Site, all *roles.Roles) Form {
	return form("delete", changesRoles, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.role(r, all, caller)
		if err != nil {
			return err
		}
		if err := all.Delete(r.Context(), caller, id.Role(r.PathValue("roleId")), r.PostForm.Get("tag")); err != nil {
			return s.refuseRole(w, r, v, err)
		}
		return seeOther(w, rolesPath+"?done=deleted")
	})
}

// SeeAsPage shows what a client, or somebody with roles, has of the portal, and why. It is no visit of anybody.
func SeeAsPage(s *Site, auth *signin.Authenticator, rights *roles.Rights) *Page {
	return s.page("seeAsPage", auth, identity.ByPortal(identity.ClientsRead, identity.See),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			l, err := lookAt(r.URL.Query())
			if err != nil {
				return err
			}
			h, err := rights.Preview(r.Context(), caller, l)
			if f := fault.As(err); f != nil && f.Code == fault.Invalid {
				return seeOther(w, rolesPath)
			}
			if err != nil {
				return err
			}
			return s.show(w, r, http.StatusOK, seeAs(h, caller))
		})
}

// lookAt reads whom somebody wants to look as.
func lookAt(q url.Values) (roles.Look, error) {
	var l roles.Look
	var err error
	if c := q.Get("client"); c != "" {
		if l.Client, err = id.ParseClient(c); err != nil {
			return l, err
		}
	}
	for s := range strings.SplitSeq(strings.Join(q["role"], ","), ",") {
		if s == "" {
			continue
		}
		which, err := id.ParseRole(s)
		if err != nil {
			return l, err
		}
		l.Roles = append(l.Roles, which)
	}
	return l, nil
}

func seeAs(h *roles.Held, caller identity.Caller) page.SeeAs {
	v := page.SeeAs{Workspace: workspace(h.Agency, caller, page.InPortal), Tab: "roles", Back: rolesPath}
	if c := h.Client; c != nil {
		v.Name, v.Back, v.Portal = c.DisplayName(), "/client-portal/users/"+string(c.ID), clientPath(c.ID)+"?preview=portal"
		v.Tab = "users"
	} else {
		names := make([]string, len(h.Roles))
		for n, r := range h.Roles {
			names[n] = r.Name
		}
		v.Name = strings.Join(names, ", ")
		if len(h.Roles) == 1 {
			v.Back = rolePath(h.Roles[0].ID)
		}
	}
	switch h.Rights.Closed {
	case role.BySuspension:
		v.Closed = words.Say("roles.closed_suspended")
	case role.ByEnd:
		v.Closed = words.Say("roles.closed_ended")
	case role.ByExpiry:
		v.Closed = words.Say("roles.closed_expired", "moment", inWords(h.Rights.ClosedAt, h.Agency))
	}
	for _, i := range h.Rights.Idle {
		if i.Expired.IsZero() {
			v.Idle = append(v.Idle, words.Say("roles.idle_off", "role", i.Name))
		} else {
			v.Idle = append(v.Idle, words.Say("roles.idle_expired", "role", i.Name, "moment", inWords(i.Expired, h.Agency)))
		}
	}
	for _, x := range h.All() {
		if n := len(v.Modules); n == 0 || v.Modules[n-1].Title != x.Part.Title() {
			v.Modules = append(v.Modules, page.SeeModule{Title: x.Part.Title(), Open: h.Rights.Has(x.Part.Module)})
		}
		m := &v.Modules[len(v.Modules)-1]
		if n := len(m.Lists); n == 0 || m.Lists[n-1].Title != listWord(x.Kind) {
			m.Lists = append(m.Lists, page.SeeList{Title: listWord(x.Kind)})
		}
		l := &m.Lists[len(m.Lists)-1]
		l.Rows = append(l.Rows, page.SeeRow{Text: x.Entry.Title(), Open: x.Open, Why: reasons(&x, h.Agency)})
	}
	return v
}

// reasons are why an entry is open, or closed, in sentences.
func reasons(x *roles.Why, a *agency.Agency) []string {
	var out []string
	for _, o := range x.By {
		s := ""
		switch {
		case o.Role == "" && o.Until.IsZero():
			s = words.Say("roles.by_own")
		case o.Role == "":
			s = words.Say("roles.by_own_until", "moment", inWords(o.Until, a))
		case o.Until.IsZero():
			s = words.Say("roles.by_role", "role", o.Name)
		default:
			s = words.Say("roles.by_role_until", "role", o.Name, "moment", inWords(o.Until, a))
		}
		if e, ok := x.Part.Action(o.Through); ok {
			s += " " + words.Say("roles.through", "action", e.Title())
		}
		out = append(out, s)
	}
	for _, i := range x.Would {
		if i.Expired.IsZero() {
			out = append(out, words.Say("roles.would_off", "role", i.Name))
		} else {
			out = append(out, words.Say("roles.would_expired", "role", i.Name, "moment", inWords(i.Expired, a)))
		}
	}
	if len(out) == 0 {
		out = append(out, words.Say("roles.no_rule"))
	}
	return out
}
