package page

import "latchkey.dev/shared/domain/words"

// Marketplace is where Client Portal is installed and taken away, and where it is said what each member does in it.
type Marketplace struct {
	Workspace Workspace
	Installed bool
	Since     Time
	May       bool // whether the person may change anything
	Rows      []PortalRightRow
	Removing  bool // whether the dialog asks
	Note      Note
	Problems  Problems
}

func (v Marketplace) frame(l words.Language) frame {
	return frame{template: marketplaceHTML, title: v.Problems.title(l, l.Say("general.marketplace")), brand: v.Workspace.Brand,
		script: true}
}

// PortalRightRow is a member, and what the member does in Client Portal.
type PortalRightRow struct {
	ID    string
	Name  string // never empty: the address stands in
	Email string // "" when it stands in the name's place
	Level string // in a word
	Right string // its value in the form
	Word  string // in words
	Fixed bool   // an owner's, which is what it is
	You   bool
}

// PortalSettings is how Client Portal behaves. It is one of the agency's settings, and a tab of the app.
type PortalSettings struct {
	Workspace       Workspace
	Tab             string
	InApp           bool // whether it is shown as the app's tab
	URL             string
	EmployeesInvite bool
	Zone            string // as typed
	Zones           []string
	Note            Note
	Problems        Problems
}

func (v PortalSettings) frame(l words.Language) frame {
	return frame{template: portalsettingsHTML, title: v.Problems.title(l, l.Say("portalapp.settings_title")), brand: v.Workspace.Brand,
		script: true}
}
