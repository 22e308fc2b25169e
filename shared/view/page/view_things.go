package page

import "latchkey.dev/shared/domain/words"

// Things is the list of an agency's instances, or of its services.
type Things struct {
	Workspace Workspace
	Service   bool // whether it is the services
	Rows      []ThingRow
	Filters   []Filter // none where there is nothing to tell apart
	More      bool     // whether the agency has more clients than were counted
	Form      ThingForm
	Fixed     bool // whether the person can change nothing of it
	Note      Note
	Failed    string // why the list cannot be shown; "" when it can
}

func (v Things) frame(l words.Language) frame {
	title, form := l.Say("general.instances"), l.Say("resources.connect_instance")
	if v.Service {
		title, form = l.Say("general.services"), l.Say("resources.connect_service")
	}
	if v.Form.Open {
		title = v.Form.Problems.title(l, form)
	}
	return frame{template: thingsHTML, title: title, brand: v.Workspace.Brand, script: true}
}

// ThingRow is one instance or service in the list.
type ThingRow struct {
	URL     string
	Name    string
	Kind    string
	Address string // without its scheme; "" for none
	State   Badge
	Meaning string // what the state means
	Seers   string // "3 clients", "No client yet"
	Seen    bool   // whether any client sees it
}

// ThingForm is the dialog that connects an instance or a service, or changes an instance, with what was typed. An API key
// is never shown again.
type ThingForm struct {
	Open     bool
	Key      string // the Idempotency-Key of this form
	Tag      string // of what is being changed
	Name     string
	URL      string
	Type     string // of a service
	HasKey   bool   // whether an API key is stored
	Problems Problems
}

// Thing is the page of one instance or service.
type Thing struct {
	Workspace Workspace
	Service   bool
	URL       string
	Name      string
	Kind      string
	Address   string // where it is opened; "" for nowhere
	State     Badge
	Meaning   string
	Since     Time
	Checked   Time   // Machine "" for never
	Answered  Time   // when it last answered as it should; Machine "" for never
	Silent    Time   // since when it does not; Machine "" while it does
	Reason    string // what the last check saw that should not be; "" for nothing
	Connected bool
	Live      bool    // whether n8n was called for this page
	Roster    *Roster // what it had when it last answered, where its workflows cannot be shown; nil for nothing
	Workflows []WorkflowRow
	Beyond    bool // whether it has more workflows than are listed
	Runs      []RunRow
	Clients   []SeerRow
	More      bool // whether the agency has more clients than were looked through
	Form      ThingForm
	Fixed     bool      // whether the person can change nothing of it
	Blind     bool      // whether clients are nothing for the person
	Owner     *SeerRow  // the client that has bought it; nil for the agency's own
	Progress  *Progress // of what a client has bought; nil when there is nothing to tell
	Asking    bool      // whether the question about disconnecting is open
	Note      Note      // the outcome of what was just done; Text "" for none
}

func (v Thing) frame(l words.Language) frame {
	title := v.Name
	if v.Form.Open && len(v.Form.Problems) > 0 {
		title = v.Form.Problems.title(l, title)
	}
	return frame{template: thingHTML, title: title, brand: v.Workspace.Brand, script: true}
}

// seers is how many clients a page names before it counts the rest.
const seers = 25

// Seers are the clients that the page names, and Rest how many there are beside them.
func (v Thing) Seers() []SeerRow { return v.Clients[:min(seers, len(v.Clients))] }
func (v Thing) Rest() int        { return max(0, len(v.Clients)-seers) } //nolint:revive // told above

// Back is the path of the list.
func (v Thing) Back() string {
	if v.Service {
		return "/services"
	}
	return "/instances"
}

// SeerRow is a client that sees an instance or a service.
type SeerRow struct {
	URL    string
	Name   string
	Status Badge
	Rights string
}

// PortalInstance is one n8n as a client sees it.
type PortalInstance struct {
	Brand     Brand
	Person    string
	Portal    string // path of the portal
	URL       string // path of this page
	API       string // path of it in the API
	Name      string
	State     Badge
	Write     bool
	Address   string // where n8n is opened; "" when it cannot be
	Connected bool
	Reason    string // why workflows or runs cannot be shown, as the middle of a sentence; "" when they can
	NoFlows   bool   // whether the workflows are among what cannot be shown
	Answered  Time   // when it last answered as it should; Machine "" for never
	Silent    Time   // since when it does not; Machine "" while it does
	Own       *Entry // how the person gets into the n8n that they have bought; nil for another's
	Workflows []WorkflowRow
	More      bool
	Roster    *Roster // what it had when it last answered, where its workflows cannot be shown; nil for nothing
	Runs      []RunRow
	Note      Note
	Progress  *Progress // of what the client has bought; nil when there is nothing to tell
}

func (v PortalInstance) frame(_ words.Language) frame {
	return frame{template: portalinstanceHTML, title: v.Name, brand: v.Brand, guest: true}
}

// WorkflowRow is a workflow.
type WorkflowRow struct {
	ID      string
	Name    string
	Active  bool
	Updated Time // Machine "" when not known
}

// Roster is what the workflows of an instance were when they were last listed.
type Roster struct {
	Seen      Time
	Count, On int
	More      bool // whether there were more than are counted
	Workflows []WorkflowRow
	Rest      int // how many of those that are counted are not named
}

// RunRow is one run of a workflow.
type RunRow struct {
	Workflow string
	State    Badge
	At       Time   // Machine "" when it has not begun
	Took     string // "2.4 s"; "" while it is under way
	Failure  string // what failed and where, in a sentence; "" for nothing
	URL      string // of the run in n8n; "" for nobody who could open it
}

// Entry is how a person gets into the n8n that they have bought.
type Entry struct {
	Email string // what they sign in with
	State string // of instance.EntryState; "" before they have asked
	URL   string // where they choose their password, or sign in
}
