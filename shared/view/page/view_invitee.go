package page

import (
	"slices"

	"latchkey.dev/shared/domain/words"
)

// Step is where an invitee stands.
type Step string

// The steps.
const (
	AskCode   Step = "ask-code"   // not signed in: may have a code mailed
	GiveCode  Step = "give-code"  // a code was mailed
	Accept    Step = "accept"     // signed in with the invited address
	WrongUser Step = "wrong-user" // signed in with another one
	Joined    Step = "joined"     // accepted before, by this person
	Declining Step = "declining"  // about to turn it down
	Proposing Step = "proposing"  // about to name another address
)

// Invitation is the page behind the link of an invite.
type Invitation struct {
	Brand    Brand
	Inviter  string // the name of the person who invites; "" for one that has none
	Step     Step
	URL      string // of this page
	Client   string // the name of who is invited; "" for one without a name
	Masked   string // the invited address, masked
	Person   string // who is signed in
	Message  string
	Opens    []Linked
	Offer    string // fingerprint of what is shown, which the form to accept carries
	Agreed   bool   // this offer was accepted on the page before, so that the code alone is missing
	Proposed bool   // another address was suggested
	Until    Time
	Code     string // as typed
	Spent    bool   // the code is used up: only a new one helps
	Wait     int    // seconds until a new code can be asked for
	Reason   string // as typed, when declining
	Email    string // as typed, when proposing
	Meant    *Meant // what is asked about it; nil for nothing
	Note     Note
	Problems Problems
	Portal   string // path of the portal, when joined
	Pays     string // path of where the person pays, for an invitation that is paid; "" for one that is free
	Bill     Bill   // what is paid then
	With     string // the provider whose account signs in from the code on; "" for none

	Providers []Provider
}

func (v Invitation) frame(l words.Language) frame {
	title := l.Say("invitation.page", "agency", v.Brand.Name)
	switch v.Step {
	case WrongUser:
		title = l.Say("invitation.wrong_title")
	case Joined:
		title = l.Say("invitation.joined_title")
	case Declining:
		title = l.Say("invitation.decline_title")
	case Proposing:
		title = l.Say("invitation.propose_title")
	}
	return frame{template: invitationHTML, title: v.Problems.title(l, title), brand: v.Brand,
		guest: v.Step == GiveCode || v.Step == AskCode}
}

// Answered thanks for another answer than yes.
type Answered struct {
	Brand    Brand // the platform's when declined: the link tells nothing more
	Declined bool  // else another address was proposed
}

func (v Answered) frame(l words.Language) frame {
	title := l.Say("invitation.thanks")
	if v.Declined {
		title = l.Say("invitation.declined_title")
	}
	return frame{template: answeredHTML, title: title, brand: v.Brand}
}

// DeadLink is the one page for every link that opens nothing: unknown, revoked, used by somebody else, or foreign.
// With Expired or Ended it is the one for a link that was good, which only its holder gets to see, and is the agency's.
type DeadLink struct {
	Brand   Brand
	Expired bool   // it was good until its time was over
	Ended   bool   // it is of a person who accepted it and is no client any more
	Ask     string // where the form goes that asks for a new link; "" for no form
	Asked   Time   // when a new link was asked for; Machine "" for never
}

func (v DeadLink) frame(l words.Language) frame {
	title := l.Say("invitation.gone_title")
	switch {
	case v.Ended:
		title = l.Say("invitation.ended_title")
	case v.Expired:
		title = l.Say("invitation.expired_title")
	}
	return frame{template: deadlinkHTML, title: title, brand: v.Brand}
}

// Portal is what a client sees of one agency.
type Portal struct {
	Brand     Brand
	Person    string
	Choose    string  // path of the choice between agencies; "" for a client of one
	Places    []Place // the portals to switch between; none for a client of one
	Account   string  // path of the person's account; "" for none
	Agency    string  // path of the agency that the person works at; "" for nobody's member
	Welcome   bool    // right after accepting
	Waiting   Waiting // other invitations
	Menu      []Tab   // of what is open beside what runs; none where nothing is
	Instances []Tile
	Services  []Tile
	Ask       *Ask   // whom to ask; nil for nobody in particular
	Failed    string // why it cannot be shown; "" when it can
	Billing   string // the agency's id, for a client that pays: it can open its card and invoices; "" for none
	Renews    bool   // it goes on until the client cancels it
	Ending    bool   // it was cancelled at the payment service, which has not told yet
	Asks      bool   // the client's bank wants to see a payment confirmed
	Confirm   string // where that is done; "" where no page is known
	PastDue   bool   // the last payment failed
	Deal      *Deal  // what is paid for; nil for nothing
	Change    *PayerChanging
	Payer     string // path of who pays for what; "" where nobody can change it
	Problems  Problems
	Again     string // path of where it can be paid for again, when it has lapsed; "" otherwise
	DeletedOn string // the day on which what was bought is deleted; "" while it is not to be
	Preview   string // for whom the agency previews it; "" when it is the client's own
	Accepted  bool   // whether the one it is previewed for is a client already
	Over      *Over  // what ended with the client's access; nil while that lasts
	Kept      bool   // the agency is suspended, and this is what the client has bought and pays for
}

func (v Portal) frame(_ words.Language) frame {
	return frame{template: portalHTML, title: v.Brand.Name, brand: v.Brand, guest: true, till: v.Billing != ""}
}

// Tile is one thing that the client may open.
type Tile struct {
	Name   string
	Kind   string
	State  Badge
	Write  bool
	URL    string // "" while it has no address
	Look   string // path of its own page; "" for one that has none
	Reason string // why there is no link; "" when there is one
	Own    bool   // the person has bought it

	Glance   *Glance   // what runs in it; nil where that is not known
	Progress *Progress // of what the client has bought; nil when there is nothing to tell
}

// Glance is what runs in an instance, in short.
type Glance struct {
	Workflows, Active int
	More              bool  // it has more workflows than were counted
	NoRuns            bool  // its runs could not be read
	Last              Badge // what became of the newest run; Text "" for none
	LastAt            Time
	LastOf            string // the workflow that ran
	FailedOf          string // the workflow that failed; "" for none
	FailedAt          Time   // Machine "" when not known
	Why               string // "" when not known
}

// Over says that what an agency had opened to a client has come to its end.
type Over struct {
	Agency string
	At     string   // the moment
	Things []string // the names of what has ended
	Owns   bool     // whether there is something that the client pays for, which stays
}

// Ask is whom a client can ask.
type Ask struct{ Name, Email string }

// Progress is how far something is that was bought.
type Progress struct {
	Note    Note    // Text "" for none
	Steps   []Event // none when it is not on its way
	Edition string  // changes when there is something new to tell
	Live    bool    // whether it gets on by itself
}

// Edition changes when something that is set up gets on; "" when nothing is.
func (v Portal) Edition() (out string) {
	for _, t := range append(slices.Clone(v.Instances), v.Services...) {
		if t.Progress != nil {
			out += t.Progress.Edition + " "
		}
	}
	return out
}

// Watch tells whether the page is to follow what is set up.
func (v Portal) Watch() bool {
	return slices.ContainsFunc(append(slices.Clone(v.Instances), v.Services...), func(t Tile) bool {
		return t.Progress != nil && t.Progress.Live
	})
}

// Choose is the choice of a person who is a client of several agencies.
type Choose struct {
	Brand   Brand
	Person  string
	Waiting Waiting // invitations
	Places  []Place
}

func (v Choose) frame(l words.Language) frame {
	return frame{template: chooseHTML, title: l.Say("portal.choose_page"), brand: v.Brand}
}

// Place is one portal to choose.
type Place struct {
	Brand Brand
	URL   string
	Here  bool // whether it is the one that is shown
}

// EndedPortal is the page of a portal that the person has no more.
type EndedPortal struct {
	Brand    Brand
	Left     bool // by the person itself, rather than ended by the agency
	At       Time
	Contract string // path of what was bought; "" for nothing
}

func (v EndedPortal) frame(l words.Language) frame {
	return frame{template: endedportalHTML, title: l.Say("portal.ended_title"), brand: v.Brand}
}

// FormerPortal is a portal that the person had.
type FormerPortal struct {
	Name string
	Left bool // by the person itself, rather than ended by the agency
	At   Time
}

// Account is a person's own page.
type Account struct {
	Brand      Brand  // the agency's, of a person with one portal; else the platform's
	Home       string // path of where the brand leads
	Person     string
	Waiting    Waiting // invitations
	Portals    []OwnPortal
	Former     []FormerPortal
	Workplaces []Workplace
	Sessions   []Session
	Passkeys   Passkeys
	Changes    []AccountChange // of how the person signs in, newest first
	Review     string          // where a look at the passkeys alone leads on to; "" for the whole account
	Links      []LinkedAccount // the accounts at providers that sign the person in
	Connect    []Provider      // by which further ones can be connected
	Erase      Erasing
	Note       Note

	OlderSessions string // path of the page that goes on in the list; "" on its last one
}

func (v Account) frame(l words.Language) frame {
	title := l.Say("account.title")
	if v.Review != "" {
		title = l.Say("passkeys.review_title")
	}
	return frame{template: accountHTML, title: v.Passkeys.Problems.title(l, v.Erase.Problems.title(l, title)), brand: v.Brand, guest: true}
}

// Passkeys are a person's passkeys.
type Passkeys struct {
	Keys     []Passkey
	Most     int
	Full     bool     // there may be no more
	Host     string   // that they are for
	Handle   string   // by which authenticators know the person, in base64url; "" for a person who never had any
	Problems Problems // of the one whose question is asked
}

// Passkey is one of them.
type Passkey struct {
	ID         string
	Name       string
	Credential string // as browsers know it, in base64url
	Created    Time
	Used       *Time // nil for never
	Suspect    bool  // there may be a copy of it
	Renaming   bool  // whether that is asked already
	Removing   bool
	Typed      string // as typed, when renaming
}

// AccountChange is something that has changed about how the person signs in.
type AccountChange struct {
	What         string // one of identity.Tells
	Name, Before string // Name is the passkey's, the provider's, or of a session that has ended its device's
	Device       string // "" where it told nothing
	Network      string // the first part of its IP address; "" where that was not kept
	At           Time
}

// OwnPortal is a portal that the person may leave.
type OwnPortal struct {
	ID    string
	Brand Brand
	URL   string
	Since Time
	Open  bool // whether the question is asked already
}

// Workplace is an agency that the person works at.
type Workplace struct {
	Brand Brand
	Level string
}

// LinkedAccount is an account at a provider that signs the person in.
type LinkedAccount struct {
	Provider string
	Email    string // that the provider told; "" for none
	Issuer   string
	Since    Time
}

// Session is one device on which the person is signed in.
type Session struct {
	ID      string // by which it is ended; "" of this device's
	Device  string // as the browser has named itself; "" where it did not
	Network string // the first part of its IP address; "" where that was not kept
	Way     string // how the person signed in
	Since   Time
	Proved  *Time // when the person proved since to be who it is; nil for never
	Here    bool
}

// Erasing is the offer to forget the person.
type Erasing struct {
	Open     bool // whether the question is asked already
	Problems Problems
}
