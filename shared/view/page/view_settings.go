package page

import (
	"encoding/base64"
	"fmt"
	"html/template"

	"latchkey.dev/shared/domain/words"
)

// SignUp is the page on which a person makes an agency. It is at its second step when Code is asked for.
type SignUp struct {
	Brand    Brand
	Person   string // who is signed in; "" for nobody, who is asked for an address
	Key      string // the Idempotency-Key of this form
	Name     string // as typed
	Email    string
	AskCode  bool
	Code     string
	Max      *Bill // what Max costs; nil where it is not sold by card
	Note     Note
	Problems Problems
}

func (v SignUp) frame(l words.Language) frame {
	return frame{template: signupHTML, title: v.Problems.title(l, l.Say("signup.create")), brand: v.Brand, script: true}
}

// Agencies is where a person chooses for which of its agencies it acts.
type Agencies struct {
	Brand   Brand
	Person  string
	Places  []Employer
	Portals bool    // whether it is a client, too
	Waiting Waiting // invitations to be a client
	Note    Note
}

func (v Agencies) frame(l words.Language) frame {
	return frame{template: agenciesHTML, title: l.Say("general.your_agencies"), brand: v.Brand}
}

// Employer is an agency that a person works at.
type Employer struct {
	ID    string
	Brand Brand
	Level string // in words
	Here  bool
}

// Branding is the first of the settings: how the agency looks.
type Branding struct {
	Workspace Workspace
	Tab       string
	Owner     bool // whether the person may change anything
	Key       string
	Name      string // as typed
	Color     string
	Held      string // why the name stands in no From and no Subject, in a sentence; "" when it may
	Saved     Brand  // as it is stored, with the logo as a data: URL
	Revision  int
	Note      Note
	Problems  Problems
}

func (v Branding) frame(l words.Language) frame {
	return frame{template: brandingHTML, title: v.Problems.title(l, l.Say("general.branding")), brand: v.Workspace.Brand, script: true}
}

// DataURL is a PNG as an address, for a picture that is not worth a request of its own; "" for none.
func DataURL(png []byte) string {
	if len(png) == 0 {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

// Members is the settings' page of those who work at the agency.
type Members struct {
	Workspace Workspace
	Tab       string
	Owner     bool
	Key       string
	Rows      []MemberRow
	Full      bool   // no more can be added
	Email     string // as typed
	Name      string
	Level     string     // of the form; "" is an admin's
	App       bool       // whether Client Portal is installed
	Meant     *Meant     // what is asked about the address; nil for nothing
	Removing  *MemberRow // whom the dialog asks about; nil for no dialog
	Note      Note
	Problems  Problems
}

func (v Members) frame(l words.Language) frame {
	return frame{template: membersHTML, title: v.Problems.title(l, l.Say("general.members")), brand: v.Workspace.Brand, script: true}
}

// MemberRow is one person.
type MemberRow struct {
	ID    string
	Name  string // never empty: the address stands in
	Email string // "" when it stands in the name's place
	Level string
	Word  string // the level, in a word
	Right string // in Client Portal
	You   bool
	Since Time // Machine "" when it is not known
}

// Keys is the settings' page of API keys.
type Keys struct {
	Workspace Workspace
	Tab       string
	Key       string // the Idempotency-Key of the form
	Rows      []KeyRow
	Dead      int    // how many revoked keys are not shown
	Name      string // as typed
	Scopes    []ScopeChoice
	Powers    []ScopeChoice // the powerful ones
	Secret    string        // of the key that was just made; "" for none
	Made      string        // its name
	Revoking  *KeyRow
	Note      Note
	Problems  Problems
}

func (v Keys) frame(l words.Language) frame {
	return frame{template: keysHTML, title: v.Problems.title(l, l.Say("general.api_keys")), brand: v.Workspace.Brand, script: true}
}

// KeyRow is one key.
type KeyRow struct {
	ID      string
	Name    string
	Hint    string
	Scopes  []string
	Powers  []string // the powerful ones among them
	Created Time
	Used    Time // Machine "" for never
	Revoked Time // Machine "" while it works
}

// ScopeChoice is one thing that a key may do.
type ScopeChoice struct {
	Value  string
	Text   string
	Ticked bool
}

// Standing is the settings' page of plan and deletion.
type Standing struct {
	Workspace Workspace
	Tab       string
	Owner     bool
	Max       bool
	Suspended bool
	Paying    bool   // whether the agency has paid by card, and so has invoices
	State     Badge  // of the payment; Text "" for a plan that nobody pays for
	Renews    string // what comes next, in a sentence; "" for nothing
	PastDue   bool
	Renewing  bool   // the plan goes on until an owner cancels it
	Confirm   string // where a payment is confirmed that the payer's bank wants to see confirmed; "" for none
	Left      int
	Quota     int
	Losses    string // who loses what when the agency is deleted: "3 clients lose their portal"
	People    string // "You and 2 more people"
	Asking    bool   // whether the dialog is open
	Typed     string
	Problems  Problems
	Note      Note
}

func (v Standing) frame(l words.Language) frame {
	return frame{template: standingHTML, title: v.Problems.title(l, l.Say("general.plan")), brand: v.Workspace.Brand, script: true,
		till: v.Owner && v.Paying}
}

// Upgrade says what Max is and how to get it.
type Upgrade struct {
	Workspace Workspace
	Max       bool
	Support   string // the platform's address for such things; "" when none is known
	Bill      *Bill  // what Max costs; nil where it is not sold by card
	Bar       Barred // what is in the way of paying; empty for nothing
	Owner     bool   // whether the person may pay, and see what was paid
	Paying    bool   // whether the agency has paid by card, and so has invoices
	PastDue   bool   // the last payment failed
	Asks      bool   // the payer's bank wants to see a payment confirmed
	Confirm   string // where that is done; "" where no page is known
	Back      bool   // it has come back without paying
	Problems  Problems
}

// PlanPaid is where an owner comes back to who has paid for Max: it waits until the payment is known, and leads on from there.
// Nothing can be paid on it.
type PlanPaid struct {
	Workspace Workspace
	Max       bool // the payment has come
	Tries     int  // how often it has been looked
}

// Long tells whether it takes longer than it should.
func (v PlanPaid) Long() bool { return v.Tries > 4 }

// Again is the path of the next look.
func (v PlanPaid) Again() string { return fmt.Sprintf("/upgrade?paid=1&n=%d", v.Tries+1) }

func (v PlanPaid) frame(l words.Language) frame {
	title := l.Say("money.confirming")
	if v.Max {
		title = l.Say("money.on_max")
	}
	return frame{template: planpaidHTML, title: title, brand: v.Workspace.Brand}
}

// Mail is where a mail to the support begins.
func (v Upgrade) Mail() template.URL {
	mail := "mailto:" + v.Support + "?subject=Upgrade%20to%20Max"
	return template.URL(mail) //nolint:gosec // the operator's own setting, checked by the template
}

func (v Upgrade) frame(l words.Language) frame {
	return frame{template: upgradeHTML, title: l.Say("plan.get_max"), brand: v.Workspace.Brand,
		till: v.Paying || v.Bill != nil && !v.Max}
}

// OwnSignIn is the settings' page of the provider that an agency has of its own.
type OwnSignIn struct {
	Workspace Workspace
	Tab       string
	Owner     bool // whether the person may change it
	Max       bool
	Provider  string // its name; "" for none
	Required  bool
	Tested    bool // whether the person has just signed in by it
	Link      string
	TestURL   string
	Redirect  string // to register at the provider
	Linked    int    // how many have signed in by it
	People    int
	Domains   []string
	Removing  bool

	Edit     bool   // whether the form is open
	Stored   bool   // whether there is a secret that can be kept
	Name     string // as typed, or as stored
	Issuer   string
	ClientID string
	Note     Note
	Problems Problems
}

func (v OwnSignIn) frame(l words.Language) frame {
	return frame{template: ownsigninHTML, title: v.Problems.title(l, l.Say("ownsignin.tab")), brand: v.Workspace.Brand, script: true}
}

// Office is an agency's own way in.
type Office struct {
	Brand    Brand
	Agency   string
	Provider string // as its people know it
	Button   string // where one signs in by it
	URL      string // of the page itself
	SignIn   string // where one signs in otherwise, and comes back
	Email    string // who is signed in; "" for nobody
	Owner    bool   // whether that is an owner
	Note     Note
	Problems Problems
}

func (v Office) frame(l words.Language) frame {
	return frame{template: officeHTML, title: v.Problems.title(l, l.Say("signin.office_with", "provider", v.Provider)), brand: v.Brand,
		guest: true}
}
