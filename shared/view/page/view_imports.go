package page

import (
	"strings"

	"latchkey.dev/shared/domain/words"
)

// InviteUsers is where many are invited: by lines, by a pasted list, and by a file.
type InviteUsers struct {
	Workspace Workspace
	Barred    Barred // why nobody can be invited; Title "" for nothing
	Key       string
	Lines     []InviteLine
	Full      bool          // whether there can be no more lines
	Roles     []Choice      // for a pasted list; ticked as they were
	Find      string        // who was looked for among the contacts, as typed
	Looked    bool          // whether somebody has looked, and Found is what there is
	Found     []UserContact // contacts that no external user is linked with
	More      bool          // whether more of them match
	Paste     string        // as typed
	Rows      []AnsweredLine
	Hidden    int    // how many more rows there are
	Summary   string // what has become of the rows, in a sentence; "" for none
	Good      bool   // whether anything has become an invite
	Batch     string // of what was sent; "" for none
	Again     string // path of the form with the lines that have become no invite; "" for none
	Waits     bool   // whether some of it waits for its time
	Check     string // the hash of a file that was checked; "" for none
	Ready     int    // how many of its rows would be sent
	Ignored   []string
	Money     []string // roles that show money and go to many
	Note      Note
	Problems  Problems
}

func (v InviteUsers) frame(l words.Language) frame {
	return frame{template: inviteusersHTML, title: v.Problems.title(l, l.Say("bulk.title")), brand: v.Workspace.Brand, script: true}
}

// InviteLine is one line of the form.
type InviteLine struct {
	Number  int
	Email   string
	Name    string
	Roles   []Choice // all that can be given, or those alone that are, where the page has no room for more
	All     bool     // whether Roles are all
	Open    bool     // whether the roles are unfolded
	Contact string   // whose client this will be; "" for nobody's
	Card    string   // the contact's name
}

// Given are the names of the line's roles.
func (l InviteLine) Given() string {
	var names []string
	for _, r := range l.Roles {
		if r.Ticked {
			names = append(names, r.Name)
		}
	}
	return strings.Join(names, ", ")
}

// AnsweredLine is a line, and what has become of it.
type AnsweredLine struct {
	Number int
	Email  string
	Name   string
	State  Badge
	Reason string
	URL    string // of the client; "" for none
	At     Time   // about when it goes out
}

// Invitations are the invites that the agency has sent and nobody has accepted.
type Invitations struct {
	Workspace Workspace
	Filters   []Filter
	Batched   bool // whether batches are shown
	May       bool // whether the person invites
	Rows      []InvitationRow
	Batches   []BatchRow
	Newest    string // path of the first page; "" on it
	Older     string // path of the next page; "" on the last one
	Note      Note
	Problems  Problems
}

func (v Invitations) frame(l words.Language) frame {
	return frame{template: invitationsHTML, title: v.Problems.title(l, l.Say("bulk.invitations")), brand: v.Workspace.Brand, script: true}
}

// BatchRow is many invites that were sent at once.
type BatchRow struct {
	Title  string
	URL    string // of its verdicts; "" for none
	CSV    string
	At     Time
	Counts []string // how many lines became what, in words
	Last   Time     // about when the last one goes out; zero once all are out
	State  Badge
}

// InvitationRow is one invite.
type InvitationRow struct {
	Invite string
	URL    string
	Name   string
	Email  string
	State  Badge
	Said   string // before the time
	At     Time
	Resend bool
	Cancel bool
}
