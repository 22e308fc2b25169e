package page

import "latchkey.dev/shared/domain/words"

// Users is the list of an agency's external users: those who have accepted.
type Users struct {
	Workspace Workspace
	Find      string
	Rows      []UserRow
	Newest    string // path of the first page; "" on it
	Older     string // path of the next page; "" on the last one
	Invite    bool   // whether whoever looks may invite
	Note      Note
}

func (v Users) frame(l words.Language) frame {
	return frame{template: usersHTML, title: l.Say("users.title"), brand: v.Workspace.Brand, script: true}
}

// UserRow is an external user in the list.
type UserRow struct {
	URL   string
	Name  string
	Email string // "" when it stands in the name's place
	Roles []string
	Ends  Badge // when its access ends; Text "" for never
	Seen  Time  // when it was in its portal last; Machine "" for never
}

// User is the card of an external user.
type User struct {
	Workspace Workspace
	URL       string
	Name      string
	Email     string // "" when it stands in the name's place
	Status    Badge
	Since     Time
	Seen      Time
	Client    string // path of the client's page
	Preview   string // path of its portal as it gets it; "" where there is none
	Why       string // path of what it may do and why
	Activity  string // path of all that the log has of it
	May       bool   // whether whoever looks may change anything
	Edition   string
	Note      Note
	Over      string // when its access ended; "" while it lasts
	Modules   []UserModule
	Roles     []UserRole
	NoRoles   bool // the agency has no roles yet
	HasRoles  bool // the user has some
	Idle      bool // some of the roles give nothing
	Term      Term
	Rules     []OwnModule // what it alone is given, and can be
	Contacts  []UserContact
	Most      int            // how many it can be linked to
	Picker    *ContactPicker // nil for who may not link any, and where it is linked to all that it can be
	Internal  *Internal      // nil for who may not ask
	History   []ActivityRow
	Problems  Problems
}

func (v User) frame(l words.Language) frame {
	return frame{template: userHTML, title: v.Problems.title(l, v.Name), brand: v.Workspace.Brand, script: true}
}

// UserModule is a part of the portal that is open to an external user, and by what.
type UserModule struct {
	Title string
	By    string // the roles' names
}

// OwnModule is what an external user alone is given of a module.
type OwnModule struct {
	Title string
	Lists []OwnList
}

// OwnList is one of a module's lists.
type OwnList struct {
	Title   string
	Entries []OwnEntry
}

// OwnEntry is an entry that can be given.
type OwnEntry struct {
	Value  string // in the form
	Title  string
	By     string // the roles that give it already; "" for none
	Ticked bool
}

// UserRole is a role that an external user has or can be given.
type UserRole struct {
	ID     string
	URL    string
	Name   string
	About  string
	Ticked bool
	State  Badge // that it is off, or over; Text "" for one that counts
}

// Term is when an external user's access ends, and what can be done about it.
type Term struct {
	Until   string // as the field has it; "" for never
	Text    string // in words
	Zone    string // the agency's time zone
	Longer  string // what one click puts it off to, as the form sends it; "" where there is no end
	Further string // that moment in words
	Open    bool   // whether it can be ended now
}

// UserContact is a card that is linked to an external user, or can be.
type UserContact struct {
	ID, URL, Name, Email, Phone string
	Company                     string // the name of where who it is about works; "" for none
	Asked                       bool   // whether the question is open
}

// ContactPicker looks for contacts that an external user can be linked to.
type ContactPicker struct {
	Find   string
	Looked bool          // whether somebody has looked, and Rows is what there is
	Rows   []UserContact // those that no external user is linked with
	More   string        // path of what else there is; "" for nothing
}

// Internal asks whether an external user is to become an internal one.
type Internal struct {
	Question
	URL    string // where it is asked
	Barred string // why it cannot become one; "" when it can
}
