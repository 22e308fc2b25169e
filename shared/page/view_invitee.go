package page

// Step is where an invitee stands.
type Step string

// The steps.
const (
	AskCode   Step = "ask-code"   // not signed in: may have a code mailed
	GiveCode  Step = "give-code"  // a code was mailed
	Accept    Step = "accept"     // signed in with the invited address
	WrongUser Step = "wrong-user" // signed in with another one
	Joined    Step = "joined"     // accepted before, by this person
)

// Invitation is the page behind the link of an invite.
type Invitation struct {
	Brand    Brand
	Step     Step
	URL      string // of this page
	Client   string // who is invited: the name, or the masked address
	Masked   string // the invited address, masked
	Person   string // who is signed in
	Message  string
	Opens    []Linked
	Until    Time
	Code     string // as typed
	Note     Note
	Problems Problems
	Portal   string // path of the portal, when joined
}

func (v Invitation) frame() frame {
	title := "Invitation from " + v.Brand.Name
	switch {
	case v.Step == WrongUser:
		title = "This invitation is for another address"
	case v.Step == Joined:
		title = "You have accepted this invitation"
	case len(v.Problems) > 0:
		title = "Error: " + title
	}
	return frame{template: "invitation", title: title, brand: v.Brand}
}

// DeadLink is the one page for every link that opens nothing: unknown, revoked, used by somebody else, or foreign.
// With Expired it is the one for a link whose time is over, which only its holder gets to see.
type DeadLink struct {
	Brand   Brand
	Expired string // what to do, in a sentence; "" for a link that is not valid
}

func (v DeadLink) frame() frame {
	title := "This invitation is no longer valid."
	if v.Expired != "" {
		title = "This invitation has expired"
	}
	return frame{template: "deadlink", title: title, brand: v.Brand}
}

// Portal is what a client sees of one agency.
type Portal struct {
	Brand     Brand
	Person    string
	Choose    string // path of the choice between agencies; "" for a client of one
	Welcome   bool   // right after accepting
	Instances []Tile
	Services  []Tile
	Failed    string // why it cannot be shown; "" when it can
}

func (v Portal) frame() frame { return frame{template: "portal", title: v.Brand.Name, brand: v.Brand} }

// Tile is one thing that the client may open.
type Tile struct {
	Name   string
	Kind   string
	State  Badge
	Write  bool
	URL    string // "" while it has no address
	Reason string // why there is no link; "" when there is one
}

// Choose is the choice of a person who is a client of several agencies.
type Choose struct {
	Brand  Brand
	Person string
	Places []Place
}

func (v Choose) frame() frame {
	return frame{template: "choose", title: "Choose a portal", brand: v.Brand}
}

// Place is one portal to choose.
type Place struct {
	Brand Brand
	URL   string
}
