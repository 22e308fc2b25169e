package page

import "latchkey.dev/shared/domain/words"

// Priced is one line of what is bought.
type Priced struct {
	Name        string
	Month, Year string
	Tax         string // what is said of tax beside them: "incl. 19 % VAT"; "" where it is said elsewhere
}

// Bill is what is bought, in words and figures.
type Bill struct {
	Lines       []Priced
	Month, Year string // what is paid each time
	Saving      string // what a year costs less than twelve months: "€98.00 a year (16 %)"; "" when nothing
	Tax         string // a sentence about tax: "Prices are incl. 19 % VAT."; "" where nobody has chosen
}

// Checkout is where a person decides how to pay, before it goes to the payment service's own page.
type Checkout struct {
	Brand    Brand
	Agency   string // its id
	Person   string // who is signed in, and pays
	Bill     Bill
	Language string // in which it is shown
	Offer    string // fingerprint of what is shown, to agree to
	Again    bool   // it was paid before, and lapsed
	Contract string // path of the whole contract
	Year     bool   // annual is chosen
	Until    Time   // when the invitation expires
	Note     Note
	Problems Problems
}

func (v Checkout) frame(l words.Language) frame {
	title := v.Problems.title(l, l.Say("checkout.page", "agency", v.Brand.Name))
	return frame{template: checkoutHTML, title: title, brand: v.Brand, till: true}
}

// Paying is the moment between paying and standing in the portal.
type Paying struct {
	Brand  Brand
	Person string
	Agency string // its id
	Tries  int    // how often it has been looked
}

// Long tells whether it takes longer than it should.
func (v Paying) Long() bool { return v.Tries > 4 }

// Next is how often it will have been looked after the next time.
func (v Paying) Next() int { return v.Tries + 1 }

func (v Paying) frame(l words.Language) frame {
	return frame{template: payingHTML, title: l.Say("checkout.confirming_title"), brand: v.Brand}
}

// Known is one thing that is known of a contract.
type Known struct {
	Term, Text string
}

// Contract is what is sold, to read, print and keep. One side reads it within its workspace, the other on a page alone.
type Contract struct {
	Workspace *Workspace // of the agency; nil on the client's page
	Brand     Brand
	Person    string // who reads it, on the client's page
	Back      string // path of where it was opened
	BackWord  string
	Number    string
	Agency    string
	Client    string
	Address   string // "" when it stands for the client's name
	Lines     []Priced
	Totals    []Priced
	Chosen    string // "month" or "year"; "" for nothing yet
	Saving    string
	Tax       string
	State     Badge
	Text      string
	Facts     []Known
	Notes     []string
	Download  string // path of the same as text
	Cancel    string // the agency's id, for a client whose subscription renews; "" otherwise
}

func (v Contract) frame(l words.Language) frame {
	return frame{template: contractHTML, title: l.Say("contract.title", "agency", v.Agency, "client", v.Client), brand: v.Brand,
		script: true, guest: v.Workspace == nil, till: v.Cancel != ""}
}

// Deal is a contract in short, and how its payment stands.
type Deal struct {
	Lines       []Priced
	Month, Year string // what is paid each time
	Tax         string // what is said of tax beside it: "incl. 19 % VAT"
	Chosen      string // "month" or "year"; "" for nothing yet
	State       Badge
	Text        string
	URL         string // of the whole contract
	Payer       string // of where both sides change who pays; "" where nobody can
}

// NothingToPay is for somebody who has nothing to pay where it is.
type NothingToPay struct {
	Brand  Brand
	Person string
	Next   string // path to come back to after signing in with another address; "" for none
}

func (v NothingToPay) frame(l words.Language) frame {
	return frame{template: toolateHTML, title: l.Say("checkout.nothing_title"), brand: v.Brand}
}

// TooLate is for somebody who was about to pay for what has ended.
type TooLate struct {
	Brand    Brand
	Expired  bool   // rather than cancelled
	Declined bool   // by the person itself
	Returned bool   // it was paid, and the money goes back
	Contract string // path of the contract
}

func (v TooLate) frame(l words.Language) frame {
	title := l.Say("checkout.canceled_title")
	switch {
	case v.Returned:
		title = l.Say("checkout.returned_title")
	case v.Declined:
		title = l.Say("checkout.declined_title")
	case v.Expired:
		title = l.Say("checkout.expired_title")
	}
	return frame{template: toolateHTML, title: title, brand: v.Brand}
}

// Person is nobody in particular.
func (v TooLate) Person() string { return "" }
