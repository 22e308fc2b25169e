package page

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"latchkey.dev/shared/domain/words"
)

// Clients is the agency's dashboard.
type Clients struct {
	Workspace Workspace
	Rows      []ClientRow
	Now       string // RFC 3339: when the list was made, from which its times are told
	Find      string // what is searched for, as typed
	Status    string // which state is asked for; "" for all
	Cursor    string // from where on the list is; "" for the first page
	Filters   []Filter
	Older     string // path of the next page; "" on the last one
	Newest    string // path of the first page; "" on it
	Barred    Barred
	PastDue   bool        // the agency's own payment for its plan failed
	Form      *InviteForm // nil when the agency may not invite
	Note      Note
	Failed    string // why the list cannot be shown; "" when it can
}

// Filter is one state to look at alone.
type Filter struct {
	Word  string
	Count string // how many are in it; "" where nobody has counted, "50+" where there may be more
	URL   string
	Here  bool
}

// Empty tells whether the agency has no client at all.
func (v Clients) Empty() bool {
	return len(v.Rows) == 0 && v.Newest == "" && v.Failed == "" && !v.Filtered()
}

// Filtered tells whether only some clients are asked for.
func (v Clients) Filtered() bool { return v.Find != "" || v.Status != "" }

// List is the query of the list as it is shown, which a form of it leads back to.
func (v Clients) List() string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Find, "status": v.Status, "cursor": v.Cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode()
}

// Count says how many clients stand on the page.
func (v Clients) Count() string {
	switch {
	case v.Older != "" && len(v.Rows) == 0:
		return words.Say("clients.none_among_newest")
	case v.Older != "":
		return words.Say("clients.count_or_more", "n", len(v.Rows))
	}
	return words.Say("clients.count", "n", len(v.Rows))
}

func (v Clients) frame(l words.Language) frame {
	title := l.Say("clients.title")
	if v.Form != nil && v.Form.Open {
		title = v.Form.Problems.title(l, l.Say("invite.title"))
	}
	return frame{template: clientsHTML, title: title, brand: v.Workspace.Brand, script: true}
}

// Barred is why an agency may not invite clients, or not pay for Max; empty when it may.
type Barred struct {
	Title string // "Inviting clients needs the Max plan."
	Text  string
	URL   string // of the page that says how to get Max; "" for an agency that does not lack it
}

// What can be done about a client from its row, each a letter of ClientRow.Can.
const (
	CanResend = "s"
	CanCancel = "c"
	CanAgain  = "a"
)

// ClientRow is one client in the list.
type ClientRow struct {
	ID     string
	URL    string
	Name   string // never empty: the address stands in
	Email  string // "" when it stands in the name's place
	Status Badge
	Linked []string // names of instances and services
	More   int      // how many more there are of them
	Pays   string   // who pays, in words
	Event  string   // what happened last, in words
	At     Time     // when that was
	Waits  string   // what the client waits for, or we for them, in words; "" for nothing
	Urgent bool     // whether that is for the agency to do something about
	Can    string   // what can be done from here, in letters
	Menu   bool     // whether its menu is open
}

// AnyRow is a row of no client, whose menu the script copies for each: its id is to be put in place of "cl_id".
func (v Clients) AnyRow() ClientRow {
	return ClientRow{ID: "cl_id", URL: "/clients/cl_id", Can: CanResend + CanCancel + CanAgain}
}

// May tells whether something can be done from the row.
func (r ClientRow) May(what string) bool { return strings.Contains(r.Can, what) }

// InviteForm is the dialog for inviting a client, with what was typed.
type InviteForm struct {
	Open      bool
	Key       string // the Idempotency-Key of this form
	Email     string
	Name      string
	Message   string
	Client    bool // whether the client pays
	Plain     bool // whether nothing can be linked and nothing sold
	Instances []Choice
	Services  []Choice // none: the section is left out
	Unready   []Choice // what cannot be linked now, each with why
	Left      int      // invites that the hour still allows
	Quota     int
	Next      Time      // when the next one is free, where none is left; Machine "" otherwise
	Selling   bool      // whether payments are set up, so that the client can be asked to pay
	Sizes     []Offered // of n8n Hosting, with what they cost; none where it is not sold
	Extra     *Offered  // the WhatsApp Service; nil where it is not sold
	Totals    []Total   // what every choice comes to
	Tax       string    // a sentence about tax; "" where there is none
	Hosting   string    // "", "10", "30" or "50"
	WhatsApp  bool
	Later     string // when it is to go out, as it was typed; "" for at once
	Zone      string // the recipient's time zone, as it was typed
	OwnZone   string // the agency's
	Quiet     bool   // whether it is never reminded of
	Language  string // the language that was chosen for the recipient; "" for the agency's
	Languages []Option
	Existing  string // path of the client that has the address already; "" for none
	Upgrade   string // path of the page that says how to get the plan that inviting needs; "" where it is there
	Meant     *Meant // what is asked about the address; nil for nothing
	Problems  Problems
}

// Choice is a resource that can be linked.
type Choice struct {
	ID     string
	Name   string
	State  Badge
	Ticked bool
	Write  bool   // read and write, rather than read only
	Why    string // why it cannot be linked; "" where it can
}

// NextHTML is when the next invite can be sent, with the exact moment.
func (f InviteForm) NextHTML() template.HTML {
	return template.HTML(`<time datetime="` + f.Next.Machine + `" title="` + f.Next.Exact + `" data-in="` + //nolint:gosec // our own words
		strconv.Itoa(f.Next.In) + `">` + f.Next.Relative + `</time>`)
}

// Chosen is which of Totals is chosen.
func (f InviteForm) Chosen() string { return TotalOf(f.Hosting, f.WhatsApp) }

// Offered is something that the client can be asked to buy.
type Offered struct {
	Value string // in the form
	Hint  string // who mostly takes it; "" for nobody in particular
	Priced
}

// Total is what a choice comes to.
type Total struct {
	Of          string // see TotalOf
	Month, Year string
	Saving      string // what a year costs less than twelve months; "" when nothing
}

// TotalOf names the choice of a size and the add-on, as the script does: "30", "30+whatsapp", "whatsapp" or "".
func TotalOf(hosting string, whatsapp bool) string {
	switch {
	case !whatsapp:
		return hosting
	case hosting == "":
		return "whatsapp"
	}
	return hosting + "+whatsapp"
}

// Client is the page of one client.
type Client struct {
	Workspace Workspace
	URL       string
	Name      string
	Email     string // "" when it stands in the name's place
	Status    Badge
	Since     Time
	SinceWord string // "Invited" or "Client since"
	Banner    Banner
	Resend    *Resend // nil when the invite cannot be sent again
	Again     bool    // whether the client can be invited again with a new invite
	Write     string  // mailto: address, where writing to the client is what helps; "" where it is not
	Preview   string  // path of the portal as this client sees it; "" where there is none to see
	Seen      Time    // when the client last opened its portal; Machine "" for never
	Undo      *Undo   // nil unless a right was just given that can be taken back at once
	Folded    bool    // whether the timeline is folded
	Declined  string  // the recipient's reason, in its own words; "" for none
	Story     []Event
	Watch     string // path of the invite in the API to look after while something is on its way; "" for nothing
	Edition   string // changes when something that is set up gets on
	Payer     string // who pays, in words
	PayerURL  string // path of who pays for what, and of what is proposed; "" for who is no client
	Change    *PayerChanging
	Access    []Linked
	AccessURL string     // where changes of access go; "" when it cannot be changed
	Fixed     string     // why it cannot be changed; "" where there is nothing to say
	Nothing   string     // what is said where nothing is open
	Stays     string     // why the client cannot be removed, where it otherwise could; "" where there is nothing to say
	Grant     *GrantForm // nil when nothing can be opened
	Rename    *Rename    // nil when the name cannot be changed
	Proposal  *Proposal  // nil for none
	Deal      *Deal      // what the client buys, or was asked to; nil for nothing
	Activity  string     // path of what was done about this client
	User      string     // path of its card as an external user; "" where there is none
	AgainURL  string     // path of the invite dialog with this client in it
	Expires   Time       // when a pending invite does; Machine "" for never
	Later     *Later     // of an invite that waits for its time, to whoever may change that; else nil
	Reminding *Reminding // of one that is pending, to whoever may change that; else nil
	Cancel    *Cancel
	Remove    *Question // nil when there is nothing to end
	Erase     *Question // nil for a client that is pending or active
	Internal  *Internal // nil when there is no question of making the client a member
	Note      Note      // the outcome of what was just done; Text "" for none
}

func (v Client) frame(_ words.Language) frame {
	return frame{template: clientHTML, title: v.Name, brand: v.Workspace.Brand, script: true}
}

// Later is when an invite goes out, and the form to change that.
type Later struct {
	At       string // by the clocks of the zone, as the form's field has it
	Zone     string
	Problems Problems
}

// Reminding is whether the recipient of an invite is reminded of it, and the form to change that.
type Reminding struct {
	On      bool
	Stopped bool   // whether they have stopped reminders themselves, so that there is nothing to switch
	Next    string // when the next one goes out, or whether there will be any, in a sentence; "" where none will
}

// Banner is what stands on top of a client's page.
type Banner struct {
	Tone  Tone // "" for a plain sentence
	Title string
	Text  string
	Next  string // what to do now, or what happens next; "" for nothing
	Spam  bool   // with the note about spam folders
	From  MailFrom
}

// MailFrom is what the invitation came from, as far as the note about spam folders goes. The zero value is the platform's address,
// where the agency has set up nothing of its own.
type MailFrom struct {
	Own bool   // it came from the agency's own domain
	Why string // why it did not, though something is set up, in a sentence: "Records of your domain are missing."; "" for nothing set up
	URL string // path of what tells more: the settings' page of email; "" for no link, or for that page where there is a Why
}

// Undo is the offer to take a right back that was just given.
type Undo struct {
	Text     string
	Resource string
	Access   string // the right that there was before, or "none"
}

// Last is what happened last; nil for nothing.
func (v Client) Last() *Event {
	for n := len(v.Story) - 1; n >= 0; n-- {
		if !v.Story[n].Coming {
			return &v.Story[n]
		}
	}
	return nil
}

// Resend is the offer to send an invite again.
type Resend struct {
	Wait  int    // seconds until it may be sent again; 0 for now
	Limit string // "4 of 5 left today, at least 60 seconds apart"
	Used  bool   // no more today
}

// Event is one line of a client's story.
type Event struct {
	Tone   Tone
	Title  string
	Detail string
	At     Time
	Coming bool // has not happened yet
}

// Linked is a resource that is open to a client.
type Linked struct {
	ID     string
	URL    string // path of its own page; "" where it has none
	Name   string
	Kind   string // "n8n instance", "WhatsApp"
	State  Badge  // Text "" when not known
	Rights string // in words
	Write  bool   // the same for a form
	Asked  bool   // whether taking it away is asked about already

	Own      bool      // the client has bought it: the agency can neither change nor take its right
	Progress *Progress // nil when there is nothing to tell
	Retry    bool      // whether the agency may have it set up again
}

// Cancel is the offer to cancel an invite.
type Cancel struct {
	Open bool   // whether the question is asked already
	Why  string // what cancelling does, in a sentence
	Text string
}
