package page

import "latchkey.dev/shared/domain/words"

// Roles lists an agency's roles of external users.
type Roles struct {
	Workspace Workspace
	Tab       string
	May       bool // whether the person may make and change them
	Full      bool // whether there is no room for more
	Rows      []RoleRow
	Key       string // the Idempotency-Key of the form
	Name      string // as typed
	Note      Note
	Problems  Problems
}

func (v Roles) frame(l words.Language) frame {
	return frame{template: rolesHTML, title: v.Problems.title(l, l.Say("roles.title")), brand: v.Workspace.Brand, script: true}
}

// RoleRow is a role in the list.
type RoleRow struct {
	URL         string
	Name        string
	Description string
	State       Badge
	Expires     string // in the agency's time zone; "" for never
	Soon        bool   // whether that is within the time of the warnings
	Users       int
}

// Role is one role, with the form that changes it.
type Role struct {
	Workspace Workspace
	Tab       string
	May       bool   // whether the person may change it
	URL       string // the page's own
	See       string // where the portal is shown as somebody with the role sees it
	Saved     string // its name as it is stored
	State     Badge
	Users     int
	Expired   bool
	Ends      string // when it expires, in the agency's time zone; "" for never
	Zone      string // that time zone
	Tag       string // of what the form was made of
	Asking    bool   // whether the dialog asks about deleting it

	Name, Description, Expires string // as typed
	Active, Employees          bool
	Modules                    []RoleModule

	Takes    *RoleTakes // what the change takes away, to be confirmed; nil for nothing
	Note     Note
	Problems Problems
}

func (v Role) frame(l words.Language) frame {
	return frame{template: roleHTML, title: v.Problems.title(l, v.Saved), brand: v.Workspace.Brand, script: true}
}

// RoleModule is what a role gives of one module.
type RoleModule struct {
	Title string
	Lists []RoleList
}

// RoleList is one of a module's four lists.
type RoleList struct {
	Title   string
	Choices []RoleChoice
}

// RoleChoice is an entry that a role can give.
type RoleChoice struct {
	Value  string // in the form
	Text   string
	Ticked bool
}

// RoleTakes is what a change takes from those who have the role.
type RoleTakes struct {
	Losing int
	Rows   []RoleLost
	More   bool // whether there are more clients than were looked through
}

// RoleLost is an entry that some users lose.
type RoleLost struct {
	Text  string
	Users int
}

// SeeAs is what somebody has of the portal, and why.
type SeeAs struct {
	Workspace Workspace
	Tab       string
	Name      string // whom it is looked at as
	Back      string // where that is looked after
	Portal    string // where the whole portal is shown as the client sees it; "" for roles alone
	Closed    string // why nothing is open, in a sentence; "" when something can be
	Idle      []string
	Modules   []SeeModule
}

func (v SeeAs) frame(l words.Language) frame {
	return frame{template: seeasHTML, title: l.Say("roles.see_as", "name", v.Name), brand: v.Workspace.Brand}
}

// SeeModule is a module as it is shown to somebody, or not.
type SeeModule struct {
	Title string
	Open  bool
	Lists []SeeList
}

// SeeList is one of a module's four lists.
type SeeList struct {
	Title string
	Rows  []SeeRow
}

// SeeRow is an entry, open or closed, with the reasons in sentences.
type SeeRow struct {
	Text string
	Open bool
	Why  []string
}
