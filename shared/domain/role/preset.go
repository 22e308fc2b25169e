package role

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Presets are the roles that an agency finds when it installs the portal's app, all of them off. Each has what the portal has
// today of its modules.
func Presets(agency id.Agency, now time.Time) []Role {
	all := []struct {
		name, description string
		modules           []Module
	}{
		{words.Say("rights.preset_client"), words.Say("rights.preset_client_about"),
			[]Module{Contact, Tasks, Projects, Knowledge, Estimates, Invoices, Chat}},
		{words.Say("rights.preset_no_money"), words.Say("rights.preset_no_money_about"),
			[]Module{Contact, Tasks, Projects, Knowledge, Chat}},
		{words.Say("rights.preset_contractor"), words.Say("rights.preset_contractor_about"), []Module{Tasks}},
		{words.Say("rights.preset_accountant"), words.Say("rights.preset_accountant_about"), []Module{Invoices}},
	}
	out := make([]Role, len(all))
	for i, p := range all {
		// A millisecond apart, so that they are listed in this order.
		at := now.Add(time.Duration(i) * time.Millisecond)
		out[i] = Role{
			ID: id.New[id.Role](id.RolePrefix, at), Agency: agency, Name: p.name, Description: p.description,
			Rules: preset(p.modules, func(p *Part) bool { return p.Exists }), CreatedAt: now,
		}
	}
	return out
}

// preset is what the preset role "Client" has of the modules.
func preset(modules []Module, with func(*Part) bool) Rules {
	rules := Rules{}
	for _, m := range modules {
		p := m.Find()
		if !with(p) {
			continue
		}
		var l Lists
		for _, k := range Kinds() {
			for _, e := range p.lists[k] {
				if e.preset && (k == Fields || !away(modules, e)) {
					*l.of(k) = append(*l.of(k), e.Key)
				}
			}
		}
		rules[m] = l
	}
	return rules.normal()
}

// away tells whether the entry leads to a module that is not among these.
func away(modules []Module, e Entry) bool {
	m := Module(e.Key)
	return m.Find() != nil && !slices.Contains(modules, m)
}
