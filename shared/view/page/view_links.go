package page

import "latchkey.dev/shared/domain/words"

// Links is Client Portal's page of links by which people join, and of who asks to.
type Links struct {
	Workspace Workspace
	Requests  []JoinRow // who has waited for longest
	Waiting   int       // how many wait in all
	Rows      []LinkRow
	Older     int      // links that are not shown
	Form      LinkForm // of a new one
	Made      NewLink
	Refusing  *JoinRow // whom the dialog asks about; nil for no dialog
	Note      Note
	Problems  Problems
}

func (v Links) frame(l words.Language) frame {
	return frame{template: linksHTML, title: v.Problems.title(l, l.Say("links.title")), brand: v.Workspace.Brand, script: true}
}

// ShareLink is the page of one link.
type ShareLink struct {
	Workspace Workspace
	Link      LinkRow
	Form      LinkForm
	Made      NewLink
	Came      []CameRow
	More      int    // how many came before those
	Asks      string // "reset" or "disable" while the page asks about that; "" otherwise
	Note      Note
	Problems  Problems
}

func (v ShareLink) frame(l words.Language) frame {
	return frame{template: linkHTML, title: v.Problems.title(l, v.Link.Name), brand: v.Workspace.Brand, script: true}
}

// NewLink is a link that was just made, whose address is shown once.
type NewLink struct {
	Address string // "" for none
	Reset   bool   // whether it takes the place of another
}

// LinkRow is a link in a list.
type LinkRow struct {
	ID      string
	Name    string // never empty
	URL     string
	State   Badge
	Why     string // why it does not work, in a sentence; "" when it does
	Ends    Time   // Machine "" for never
	Endless bool   // to be flagged
	Uses    string // "3 of 25 uses"
	Free    bool   // any number of people may use it: to be flagged
	Roles   string // "" for none
	Domains string // "" for all
	Asks    bool   // whether an administrator decides
	Contact bool
	Last    Time // Machine "" for never
	Maker   string
	Made    Time
	Active  bool // whether it can be changed
}

// CameRow is somebody who came by a link.
type CameRow struct {
	Name string
	URL  string // of the client; "" for who was deleted
	At   Time
	Less string // what could not be done; "" for nothing
}

// JoinRow is somebody who asks to join.
type JoinRow struct {
	ID    string
	Name  string // "" for none
	Email string
	Link  string // its name
	URL   string // the link's page; "" for one that is gone
	At    Time
	Until Time
}

// LinkForm is the form of a link's terms.
type LinkForm struct {
	URL       string // where it goes
	Do        string // "create" or "save"
	Key       string // the Idempotency-Key; "" for none
	Name      string
	Roles     []ScopeChoice
	Contact   bool
	Never     bool
	Ends      string // as the browser's field has it, in the agency's time zone
	Zone      string
	Unlimited bool
	Uses      string
	Domains   string
	Approval  bool
	Problems  Problems
}

// JoinStep is where somebody stands who follows a link.
type JoinStep string

// The steps.
const (
	JoinAsk     JoinStep = "ask"     // not signed in: says who it is
	JoinCode    JoinStep = "code"    // a code was mailed
	JoinConfirm JoinStep = "confirm" // signed in, and may join
	JoinMore    JoinStep = "more"    // is a client: is asked first
	JoinDone    JoinStep = "done"    // is a client, and gets no more by it
	JoinWaits   JoinStep = "waits"   // an administrator decides
	JoinBarred  JoinStep = "barred"  // cannot join, and reads why
)

// Join is the page behind a link by which people join.
type Join struct {
	Brand    Brand
	Step     JoinStep
	URL      string // of this page
	Email    string // as typed
	Name     string // as typed
	Person   string // who is signed in
	Approval bool
	Code     string
	Spent    bool
	Wait     int
	Title    string // of what bars
	Why      string
	Next     string // where to go from what bars; "" for nowhere
	NextWord string
	Portal   string
	Note     Note
	Problems Problems

	Providers []Provider // by which somebody can sign in, by their ids
	With      string     // the provider whose account the code connects; "" for none
}

func (v Join) frame(l words.Language) frame {
	title := l.Say("links.join_page", "agency", v.Brand.Name)
	if v.Step == JoinBarred {
		title = v.Title
	}
	return frame{template: joinHTML, title: v.Problems.title(l, title), brand: v.Brand, guest: true}
}

// DeadJoin is the one page for every link that lets nobody join, for who is not signed in.
type DeadJoin struct {
	Brand Brand // the platform's
}

func (v DeadJoin) frame(l words.Language) frame {
	return frame{template: deadjoinHTML, title: l.Say("join.gone_title"), brand: v.Brand}
}
