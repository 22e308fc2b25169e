package role_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// anyRules draws rules over the whole catalogue, modules that come later too.
func anyRules(t *rapid.T, label string) role.Rules {
	rules := role.Rules{}
	for _, p := range role.Catalogue() {
		if !rapid.Bool().Draw(t, label+" has "+string(p.Module)) {
			continue
		}
		pick := func(k role.Kind) []string {
			var out []string
			for _, e := range p.List(k) {
				if rapid.Bool().Draw(t, fmt.Sprint(label, p.Module, k, e.Key)) {
					out = append(out, e.Key)
				}
			}
			return out
		}
		rules[p.Module] = role.Lists{
			Fields: pick(role.Fields), Relations: pick(role.Relations), Actions: pick(role.Actions), Notices: pick(role.Notices),
		}
	}
	return rules
}

// anyMoment draws an end that is none, long past, at the very moment, a millisecond around it, or far off.
func anyMoment(t *rapid.T, label string) time.Time {
	return rapid.SampledFrom([]time.Time{{}, noon.Add(-time.Hour), noon.Add(-time.Millisecond), noon, noon.Add(time.Millisecond),
		noon.Add(time.Hour), noon.Add(999 * time.Microsecond)}).Draw(t, label)
}

func anyRoles(t *rapid.T) []role.Role {
	all := make([]role.Role, rapid.IntRange(0, 10).Draw(t, "roles"))
	for i := range all {
		all[i] = role.Role{
			ID: id.New[id.Role](id.RolePrefix, noon.Add(time.Duration(i)*time.Second)), Name: fmt.Sprint("Role ", i),
			Active: rapid.Bool().Draw(t, "active"), ExpiresAt: anyMoment(t, "expires"), Rules: anyRules(t, fmt.Sprint("role ", i, " ")),
		}
	}
	return all
}

// opens says by itself, entry by entry, whether one set of rules opens an entry: what the computation is held against.
func opens(rules role.Rules, m role.Module, k role.Kind, key string) bool {
	if rules.Has(m, k, key) {
		return true
	}
	if k != role.Fields {
		return false
	}
	needs := map[string]map[role.Module]string{
		"comment":  {"": "comments"},
		"create":   {role.Tasks: "stage"},
		"move":     {role.Tasks: "stage"},
		"accept":   {role.Estimates: "lines totals terms"},
		"pay":      {role.Invoices: "number totals due balance"},
		"pay_part": {role.Invoices: "number totals due balance"},
	}
	for action, fields := range needs {
		if rules.Has(m, role.Actions, action) && slices.Contains(strings.Fields(fields[m]+" "+fields[""]), key) {
			return true
		}
	}
	return false
}

// each calls do for every entry of the catalogue.
func each(do func(m role.Module, k role.Kind, key string)) {
	for _, p := range role.Catalogue() {
		for _, k := range role.Kinds() {
			for _, e := range p.List(k) {
				do(p.Module, k, e.Key)
			}
		}
		do(p.Module, role.Fields, "comments")
	}
}

func TestPortalLK14AnyOrderOfTheRolesGivesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		roles := anyRoles(t)
		s := role.Subject{Installed: true, ExpiresAt: anyMoment(t, "own expiry"), Own: anyRules(t, "own ")}
		want := role.Effective(s, roles, noon)
		again := role.Effective(s, rapid.Permutation(roles).Draw(t, "order"), noon)
		if !reflect.DeepEqual(want, again) {
			t.Fatalf("%+v\n%+v", want, again)
		}
		if twice := role.Effective(s, append(slices.Clone(roles), roles...), noon); !reflect.DeepEqual(want, twice) {
			t.Fatal("a role that stands there twice gives something else")
		}
	})
}

func TestPortalFL21TheRightsAreTheUnionOfWhatCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		roles := anyRoles(t)
		s := role.Subject{
			Suspended: rapid.IntRange(0, 9).Draw(t, "suspended") == 0, Installed: rapid.IntRange(0, 9).Draw(t, "missing") != 0,
			Ended: rapid.IntRange(0, 9).Draw(t, "ended") == 0, ExpiresAt: anyMoment(t, "own expiry"), Own: anyRules(t, "own "),
		}
		r := role.Effective(s, roles, noon)
		over := func(at time.Time) bool { return !at.IsZero() && at.UnixMilli() <= noon.UnixMilli() }
		closed := s.Suspended || !s.Installed || s.Ended || over(s.ExpiresAt)
		if (r.Closed != "") != closed {
			t.Fatalf("closed %q, want %t", r.Closed, closed)
		}
		each(func(m role.Module, k role.Kind, key string) {
			want := map[id.Role]time.Time{}
			ends := func(a time.Time) time.Time {
				if a.IsZero() || !s.ExpiresAt.IsZero() && s.ExpiresAt.Before(a) {
					return s.ExpiresAt
				}
				return a
			}
			for _, x := range roles {
				if !closed && x.Active && !over(x.ExpiresAt) && opens(x.Rules, m, k, key) {
					want[x.ID] = ends(x.ExpiresAt)
				}
			}
			if !closed && opens(s.Own, m, k, key) {
				want[""] = s.ExpiresAt
			}
			if r.Opens(m, k, key) != (len(want) > 0) {
				t.Fatalf("%s %s %s: open %t, want %v", m, k, key, r.Opens(m, k, key), want)
			}
			got, last, never := map[id.Role]time.Time{}, time.Time{}, false
			for _, o := range r.Why(m, k, key) {
				got[o.Role] = o.Until
				never = never || o.Until.IsZero()
				if o.Until.After(last) {
					last = o.Until
				}
				if o.Through != "" && k != role.Fields {
					t.Fatalf("%s %s %s comes through %s", m, k, key, o.Through)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %s %s: by %v, want %v", m, k, key, got, want)
			}
			if never {
				last = time.Time{}
			}
			if !r.Until(m, k, key).Equal(last) {
				t.Fatalf("%s %s %s: until %v, want %v", m, k, key, r.Until(m, k, key), last)
			}
		})
		if closed && (len(r.All()) > 0 || len(r.Modules()) > 0) {
			t.Fatal("something is open to somebody who has nothing")
		}
	})
}

// There is no deny: whatever is added, nothing closes.
func TestPortalFL21MoreRolesNeverCloseAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, roles, more := role.Subject{Installed: true, Own: anyRules(t, "own ")}, anyRoles(t), anyRoles(t)
		few := role.Effective(s, roles, noon)
		many := role.Effective(s, append(slices.Clone(roles), more...), noon)
		each(func(m role.Module, k role.Kind, key string) {
			if few.Opens(m, k, key) && !many.Opens(m, k, key) {
				t.Fatalf("%s %s %s is closed by a role", m, k, key)
			}
		})
	})
}

func TestPortalARoleEndsAtTheVeryMillisecond(t *testing.T) {
	t.Parallel()
	rules := role.Rules{role.Contact: {Fields: []string{"name"}}}
	for name, c := range map[string]struct {
		at   time.Time
		open bool
	}{
		"a millisecond before":            {noon.Add(-time.Millisecond), true},
		"the last microsecond of it":      {noon.Add(-time.Microsecond), true},
		"at the very millisecond":         {noon, false},
		"within the millisecond":          {noon.Add(500 * time.Microsecond), false},
		"a millisecond after":             {noon.Add(time.Millisecond), false},
		"the same moment in another zone": {noon.In(time.FixedZone("", 9*3600)), false},
	} {
		x := role.Role{ID: "rol_A", Active: true, ExpiresAt: noon, Rules: rules}
		byRole := role.Effective(role.Subject{Installed: true}, []role.Role{x}, c.at)
		byOwn := role.Effective(role.Subject{Installed: true, ExpiresAt: noon, Own: rules}, nil, c.at)
		if byRole.Shows(role.Contact, "name") != c.open || byOwn.Shows(role.Contact, "name") != c.open {
			t.Errorf("%s: %t, %t; want %t", name, byRole.Shows(role.Contact, "name"), byOwn.Shows(role.Contact, "name"), c.open)
		}
	}
}

func TestPortalActionsShowWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		module role.Module
		action string
		fields string
	}{
		{role.Estimates, "accept", "lines totals terms"}, {role.Invoices, "pay", "number totals due balance"},
		{role.Invoices, "pay_part", "number totals due balance"}, {role.Tasks, "comment", "comments"}, {role.Projects, "comment", "comments"},
		{role.Knowledge, "comment", "comments"}, {role.Estimates, "comment", "comments"}, {role.Invoices, "comment", "comments"},
		{role.Tasks, "create", "stage"}, {role.Tasks, "move", "stage"}, {role.Tasks, "tick", ""}, {role.Tasks, "attach", ""},
		{role.Estimates, "decline", ""}, {role.Contact, "edit", ""}, {role.Chat, "write", ""},
	} {
		r := role.Effective(role.Subject{Installed: true, Own: role.Rules{c.module: {Actions: []string{c.action}}}}, nil, noon)
		if !r.May(c.module, c.action) || !r.Shows(c.module, "title") || !r.Shows(c.module, "id") {
			t.Errorf("%s %s is not open", c.module, c.action)
		}
		var got []string
		for _, x := range r.All() {
			if x.Kind == role.Fields {
				got = append(got, x.Entry.Key)
				if x.Why[0].Through != c.action {
					t.Errorf("%s %s comes through %q", c.module, x.Entry.Key, x.Why[0].Through)
				}
			}
		}
		want := strings.Fields(c.fields)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s %s shows %v, want %v", c.module, c.action, got, want)
		}
	}
}

func TestPortalWhatIsClosedSaysWhichRoleWouldOpenIt(t *testing.T) {
	t.Parallel()
	rules := role.Rules{role.Contact: {Fields: []string{"phone"}}}
	r := role.Effective(role.Subject{Installed: true}, []role.Role{
		{ID: "rol_A", Name: "Off", Rules: rules}, {ID: "rol_B", Name: "Over", Active: true, ExpiresAt: noon, Rules: rules},
		{ID: "rol_C", Name: "Other", Active: true, Rules: role.Rules{role.Contact: {Fields: []string{"name"}}}},
	}, noon)
	would := r.Would(role.Contact, role.Fields, "phone")
	if r.Shows(role.Contact, "phone") || len(would) != 2 || would[0].Name != "Off" || !would[0].Expired.IsZero() ||
		!would[1].Expired.Equal(noon) {
		t.Errorf("%+v", would)
	}
	if len(r.Would(role.Contact, role.Fields, "address")) != 0 {
		t.Error("nobody would open the address")
	}
}

func TestPortalFL20UnknownEntriesAreRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given role.Rules
		at    []string
	}{
		"an unknown module":            {role.Rules{"warehouse": {Fields: []string{"name"}}}, []string{"rules.warehouse"}},
		"a module that comes later":    {role.Rules{role.Tasks: {Actions: []string{"comment"}}}, []string{"rules.tasks"}},
		"an unknown field":             {role.Rules{role.Contact: {Fields: []string{"name", "salary"}}}, []string{"rules.contact.fields[1]"}},
		"a field among the actions":    {role.Rules{role.Contact: {Actions: []string{"phone"}}}, []string{"rules.contact.actions[0]"}},
		"another module's entry":       {role.Rules{role.Contact: {Notices: []string{"paid"}}}, []string{"rules.contact.notices[0]"}},
		"several of them, all named":   {role.Rules{role.Contact: {Fields: []string{"x"}, Relations: []string{"y"}}, "z": {}}, []string{"rules.contact.fields[0]", "rules.contact.relations[0]", "rules.z"}},
		"other case":                   {role.Rules{role.Contact: {Fields: []string{"Name"}}}, []string{"rules.contact.fields[0]"}},
		"the note that no client sees": {role.Rules{role.Contact: {Fields: []string{"note"}}}, []string{"rules.contact.fields[0]"}},
	} {
		got, err := role.ReadRules("rules", c.given)
		f := fault.As(err)
		if got != nil || f == nil || f.Code != fault.Invalid {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		var at []string
		for _, x := range f.Fields {
			at = append(at, x.Location)
		}
		if !slices.Equal(at, c.at) {
			t.Errorf("%s: %v, want %v", name, at, c.at)
		}
	}
	many := make([]string, 5000)
	for i := range many {
		many[i] = strings.Repeat("x", 500)
	}
	_, err := role.ReadRules("rules", role.Rules{role.Contact: {Fields: many}})
	if f := fault.As(err); f == nil || len(f.Fields) > 20 || len(f.Fields[0].Message) > 400 {
		t.Errorf("an answer as long as the question: %d", len(fault.As(err).Fields))
	}
}

// TestPortalNoSwitchIsWithoutEffect: what nothing in the product does yet is in no list to choose from, no rule gives it, and whoever names
// it is told so.
func TestPortalNoSwitchIsWithoutEffect(t *testing.T) {
	t.Parallel()
	if l := role.Contact.Find().List(role.Notices); len(l) > 0 {
		t.Errorf("nothing is mailed about a contact card, and these can be chosen: %+v", l)
	}
	given := role.Rules{role.Contact: {Fields: []string{"name"}, Notices: []string{"responsible_changed"}}}
	_, err := role.ReadRules("rules", given)
	want := fault.Field{Location: "rules.contact.notices[0]", Message: "“Responsible member changed” isn't available yet. Leave it out."}
	f := fault.As(err)
	if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != want.Location ||
		f.Fields[0].Message != want.Message {
		t.Errorf("%+v", f)
	}
	r := role.Effective(role.Subject{Installed: true, Own: given}, nil, noon)
	if !r.Shows(role.Contact, "name") || r.Opens(role.Contact, role.Notices, "responsible_changed") {
		t.Errorf("an older rule opens what nothing does: %+v", r.All())
	}
}

func TestPortalRulesHaveOneForm(t *testing.T) {
	t.Parallel()
	fields := []string{"phone", "name", "phone", "email"}
	got, err := role.ReadRules("rules", role.Rules{role.Contact: {Fields: fields, Actions: []string{}}})
	want := role.Rules{role.Contact: {Fields: []string{"name", "email", "phone"}}}
	if err != nil || !reflect.DeepEqual(got, want) || !got.Equal(want) || got.Count() != 3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, given := range []role.Rules{nil, {}, {role.Contact: {}}} {
		if got, err := role.ReadRules("rules", given); err != nil || got != nil || !got.Empty() {
			t.Errorf("%v: %v, %v", given, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		given := role.Rules{}
		if l, ok := anyRules(t, "")[role.Contact]; ok {
			given[role.Contact] = l
		}
		once, err := role.ReadRules("rules", given)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := role.ReadRules("rules", once)
		if err != nil || !reflect.DeepEqual(once, twice) || !once.Equal(twice) {
			t.Fatalf("%v, %v, %v", once, twice, err)
		}
	})
}

func TestPortalFL20PresetsAreOffAndHaveWhatThereIs(t *testing.T) {
	t.Parallel()
	all := role.Presets("ag_A", noon)
	var names []string
	for i, p := range all {
		names = append(names, p.Name)
		if p.Active || p.EmployeesMayGive || p.Agency != "ag_A" || !p.ExpiresAt.IsZero() {
			t.Errorf("%+v", p)
		}
		if i > 0 && all[i-1].ID >= p.ID {
			t.Error("they are listed in another order")
		}
		if again, err := role.ReadRules("rules", p.Rules); err != nil || !again.Equal(p.Rules) {
			t.Errorf("%s gives what nobody could give: %v, %v", p.Name, p.Rules, err)
		}
	}
	if strings.Join(names, "|") != "Client|Client without money|Contractor|Accountant" {
		t.Error(names)
	}
	if want := (role.Rules{role.Contact: {Fields: []string{"name", "email", "phone", "company"}}}); !all[0].Rules.Equal(want) {
		t.Errorf("%v", all[0].Rules)
	}
}

// Whoever adds a module, or an entry of one, is told here what is missing: every entry of a module that exists is opened somewhere.
func TestPortalEveryModuleHasItsObjects(t *testing.T) {
	t.Parallel()
	for _, p := range role.Catalogue() {
		have := map[role.Kind]map[string]string{role.Fields: {}, role.Relations: {}, role.Actions: {}, role.Notices: {}}
		for _, o := range role.Objects() {
			if o.Module != p.Module {
				continue
			}
			of := map[role.Kind]map[string]string{role.Fields: o.Fields, role.Relations: o.Relations, role.Actions: o.Actions,
				role.Notices: o.Notices}
			for k, of := range of {
				for key, property := range of {
					have[k][key] = property
				}
			}
		}
		for k, of := range have {
			for _, e := range p.List(k) {
				if (of[e.Key] != "") != p.Exists {
					t.Errorf("%s %s %s leads to %q", p.Module, k, e.Key, of[e.Key])
				}
				delete(of, e.Key)
			}
			if len(of) > 0 {
				t.Errorf("%s %s: %v are in no list", p.Module, k, of)
			}
		}
	}
}

func TestPortalTheCatalogueIsWholeAndReadable(t *testing.T) {
	t.Parallel()
	n := 0
	for _, p := range role.Catalogue() {
		if p.Title() == "" || strings.HasPrefix(p.Title(), "rights.") || p.Module.Find() != p || p.Module.Exists() != p.Exists {
			t.Errorf("%s: %q", p.Module, p.Title())
		}
		for _, k := range role.Kinds() {
			seen := map[string]bool{}
			for _, e := range p.List(k) {
				n++
				if e.Title() == "" || strings.HasPrefix(e.Title(), "rights.") || seen[e.Title()] || seen[e.Key] {
					t.Errorf("%s %s %s: %q", p.Module, k, e.Key, e.Title())
				}
				seen[e.Title()], seen[e.Key] = true, true
			}
		}
	}
	if n != 103 {
		t.Errorf("%d entries", n)
	}
}

func TestPortalLK18ARoleInUseStays(t *testing.T) {
	t.Parallel()
	r := role.Role{Name: "Clients", Users: 14}
	if f := fault.As(r.MayDelete()); f == nil || f.Code != fault.InUse || !strings.Contains(f.Message, "14 users") {
		t.Errorf("%v", f)
	}
	r.Users = 0
	if err := r.MayDelete(); err != nil {
		t.Error(err)
	}
}

func TestPortalM1WhoMayGiveARole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role                    role.Role
		administrator, employee fault.Code
	}{
		"a new one is off":              {role.Role{}, fault.Invalid, fault.Invalid},
		"an active one":                 {role.Role{Active: true}, "", fault.Forbidden},
		"one that employees may give":   {role.Role{Active: true, EmployeesMayGive: true}, "", ""},
		"one of theirs that is off":     {role.Role{EmployeesMayGive: true}, fault.Invalid, fault.Invalid},
		"one of theirs that is over":    {role.Role{Active: true, EmployeesMayGive: true, ExpiresAt: noon}, fault.Invalid, fault.Invalid},
		"one that ends in a moment":     {role.Role{Active: true, EmployeesMayGive: true, ExpiresAt: noon.Add(time.Millisecond)}, "", ""},
		"one that is off, and over too": {role.Role{ExpiresAt: noon}, fault.Invalid, fault.Invalid},
	} {
		for who, want := range map[bool]fault.Code{true: c.administrator, false: c.employee} {
			err := c.role.Givable(who, noon)
			if f := fault.As(err); (err == nil) != (want == "") || f != nil && f.Code != want {
				t.Errorf("%s, administrator %t: %v, want %q", name, who, err, want)
			}
		}
	}
}

func TestPortalAnExpiryIsWarnedOfTwice(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	r := role.Role{Active: true, ExpiresAt: noon.Add(30 * day)}
	r.Schedule(noon)
	var warned []time.Duration
	for now := noon; now.Before(noon.Add(40 * day)); now = now.Add(time.Hour) {
		if r.Warn(now) {
			warned = append(warned, r.ExpiresAt.Sub(now))
		}
	}
	if !slices.Equal(warned, []time.Duration{7 * day, day}) || !r.Due().IsZero() {
		t.Errorf("%v, %v", warned, r.Due())
	}
	for name, c := range map[string]struct {
		role role.Role
		due  time.Time
	}{
		"never":         {role.Role{Active: true}, time.Time{}},
		"off":           {role.Role{ExpiresAt: noon.Add(30 * day)}, time.Time{}},
		"in three days": {role.Role{Active: true, ExpiresAt: noon.Add(3 * day)}, noon.Add(2 * day)},
		"in an hour":    {role.Role{Active: true, ExpiresAt: noon.Add(time.Hour)}, time.Time{}},
		"put off":       {role.Role{Active: true, ExpiresAt: noon.Add(30 * day), Warned: 2}, noon.Add(23 * day)},
	} {
		c.role.Schedule(noon)
		if !c.role.Due().Equal(c.due) {
			t.Errorf("%s: due %v, want %v", name, c.role.Due(), c.due)
		}
	}
	late := role.Role{Active: true, ExpiresAt: noon.Add(30 * day)}
	if !late.Warn(noon.Add(29*day+time.Hour)) || late.Warned != 2 || late.Warn(noon.Add(29*day+2*time.Hour)) {
		t.Errorf("of warnings that were missed, the last one is given: %+v", late)
	}
	if over := (role.Role{Active: true, ExpiresAt: noon}); over.Warn(noon) {
		t.Error("what is over is not warned of")
	}
}

// TestSenderO8NoRoleGivesMoneyYet fails when a module is opened by which clients pay or commit to paying: then switching such a right on,
// and giving a role that has one, takes a step-up, as whatever else gives money does.
func TestSenderO8NoRoleGivesMoneyYet(t *testing.T) {
	t.Parallel()
	for _, m := range []role.Module{role.Estimates, role.Invoices} {
		if m.Exists() {
			t.Errorf("%s is open: what gives it takes a step-up", m)
		}
	}
}
