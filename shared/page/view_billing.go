package page

// Priced is one line of what is bought.
type Priced struct {
	Name        string
	Month, Year string
}

// Bill is what is bought, in words and figures.
type Bill struct {
	Lines       []Priced
	Month, Year string // what is paid each time
	Saving      string // what a year costs less than twelve months: "€98.00 a year (16 %)"; "" when nothing
	Tax         string // a sentence about tax; "" where there is none
}

// Checkout is where a person decides how to pay, before it goes to the payment service's own page.
type Checkout struct {
	Brand    Brand
	Agency   string // its id
	Person   string // who is signed in, and pays
	Bill     Bill
	Again    bool // it was paid before, and lapsed
	Year     bool // annual is chosen
	Until    Time // when the invitation expires
	Note     Note
	Problems Problems
}

func (v Checkout) frame() frame {
	title := "What you buy from " + v.Brand.Name
	if len(v.Problems) > 0 {
		title = "Error: " + title
	}
	return frame{template: "checkout", title: title, brand: v.Brand, till: true}
}

// Paying is the moment between paying and standing in the portal.
type Paying struct {
	Brand  Brand
	Person string
	Agency string // its id
}

func (v Paying) frame() frame {
	return frame{template: "paying", title: "Confirming your payment", brand: v.Brand}
}
