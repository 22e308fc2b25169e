package page

import "latchkey.dev/shared/domain/words"

// Payer is who pays for what a client has, what either side proposes, and what both have agreed to. One side reads it within its
// workspace, the other on a page alone.
type Payer struct {
	Workspace *Workspace // of the agency; nil on the client's page
	Brand     Brand
	Person    string // who reads it, on the client's page
	URL       string // path of this page
	Back      string // path of where it was opened
	BackWord  string
	Client    string // its name, on the agency's page
	Now       string // a sentence that says who pays now

	Change   Note // how it stands with the newest change; Text "" for none
	Why      string
	Note     Note // what just happened besides
	Terms    *PayerTerms
	Agree    string // the hash of the terms, which the reader may agree to; "" where there is nothing to agree to
	Decline  bool
	Withdraw bool
	Card     string // path of where a card is given; "" where none is wanted of the reader
	Agency   string // the agency's id, for the card of a client
	Offer    *PayerOffer
	Barred   Note   // why nothing can be proposed now; Text "" where something can, or somebody else may
	Order    string // path of where something new is ordered; "" for none
	Problems Problems
}

func (v Payer) frame(l words.Language) frame {
	title := l.Say("payer.title")
	if v.Client != "" {
		title = l.Say("payer.title_of", "client", v.Client)
	}
	return frame{template: payerHTML, title: v.Problems.title(l, title), brand: v.Brand, script: true, guest: v.Workspace == nil,
		till: v.Card != ""}
}

// PayerChanging leads from another page to a change of payer that is open.
type PayerChanging struct {
	Note

	URL string
}

// PayerTerms are the contract that ends and the one that begins, side by side.
type PayerTerms struct {
	Title string
	State Badge
	Sides [2]PayerSide
	Facts []Fact
	Print string // the version, and the fingerprint that is agreed to; "" where nothing is proposed yet
}

// PayerSide is one of the two contracts.
type PayerSide struct {
	Title string
	Known []Known
	Lines []Known
	Total string
}

// PayerOffer is the form that proposes a change.
type PayerOffer struct {
	To          string // "agency" or "client"
	Month, Year string // what is paid each time
	Saving      string
	Yearly      bool // annual is chosen
}
