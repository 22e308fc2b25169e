package page

import "latchkey.dev/shared/domain/words"

// Contacts is the list of an agency's contacts.
type Contacts struct {
	Workspace Workspace
	Rows      []ContactRow
	Filters   []Filter
	Find      string // what is searched for, as typed
	Only      string // which filter is on; "" for all that are open
	Older     string // path of the next page; "" on the last one
	Newest    string // path of the first page; "" on it
	CSV       string // path of the list as a file; "" for who may take none away
	Writes    bool   // whether the person may add contacts
	Form      ContactForm
	Note      Note
}

// Empty tells whether the agency has no open contact at all.
func (v Contacts) Empty() bool {
	return len(v.Rows) == 0 && v.Find == "" && v.Only == "" && v.Newest == "" && v.Older == ""
}

func (v Contacts) frame(l words.Language) frame {
	title := l.Say("contacts.title")
	if v.Form.Open {
		title = v.Form.Problems.title(l, l.Say("contacts.add"))
	}
	return frame{template: contactsHTML, title: title, brand: v.Workspace.Brand, script: true}
}

// ContactRow is one contact in the list.
type ContactRow struct {
	URL     string
	Name    string
	Company bool   // whether it is a company
	Email   string // "" for none
	At      string // the person's company; "" for none
	User    bool   // whether it is linked with an external user
}

// ContactForm is the dialog that adds a contact, or changes one, with what was typed.
type ContactForm struct {
	Open        bool
	Action      string // where it is sent
	Do          string
	Title       string
	Button      string
	Back        string // where it is left for
	Key         string // the Idempotency-Key of this form; "" for a change
	Tag         string // of what is being changed
	Kind        string
	Name        string
	Email       string
	Phone       string
	Address     string
	TaxID       string
	Custom      string
	Message     string // the note, which is "note" in the form
	Company     string
	Responsible string
	Companies   []CardOption
	Members     []CardOption
	Existing    string // path of the contact that has the email; "" for none
	Problems    Problems
}

// CardOption is one entry of a list to choose from.
type CardOption struct {
	Value, Text string
	Chosen      bool
}

// Contact is the page of one contact.
type Contact struct {
	Workspace Workspace
	URL       string
	Name      string
	Company   bool
	Archived  Time // Machine "" while it is open
	Facts     []CardFact
	Private   string // the note
	User      *LinkedUser
	Invite    string // path of inviting this contact; "" for who may not, and where somebody is linked
	Since     Time
	Writes    bool
	Form      ContactForm
	Asking    string // which question is open: "unlink", "archive" or ""
	Note      Note
}

func (v Contact) frame(l words.Language) frame {
	title := v.Name
	if v.Form.Open && len(v.Form.Problems) > 0 {
		title = v.Form.Problems.title(l, title)
	}
	return frame{template: contactHTML, title: title, brand: v.Workspace.Brand, script: true}
}

// CardFact is one thing that stands on a contact.
type CardFact struct {
	Name string
	Text string
	URL  string // "" for none
}

// LinkedUser is the external user that a contact is linked with.
type LinkedUser struct {
	URL    string
	Name   string
	Email  string
	Status Badge
}

// ContactImport is the page that adds contacts from a file: first the file, then what would become of its rows, then what did.
type ContactImport struct {
	Workspace Workspace
	File      string // the file, packed, which the next step sends back; "" before there is one
	Hash      string
	Done      bool
	Ready     int
	Created   int
	Rest      int // how many rows no contact is made of
	Rows      []VerdictRow
	Hidden    int // how many rows more there are
	Unknown   []string
	Most      int // how many rows a file may have
	Note      Note
	Problems  Problems
}

func (v ContactImport) frame(l words.Language) frame {
	return frame{template: contactimportHTML, title: v.Problems.title(l, l.Say("contacts.import")), brand: v.Workspace.Brand, script: true}
}

// VerdictRow is one row of a file with what becomes of it.
type VerdictRow struct {
	Row   int
	Name  string
	Email string
	State Badge
	Text  string
	URL   string // of the contact; "" for none
}
