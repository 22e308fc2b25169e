package page

import "latchkey.dev/shared/domain/words"

// PortalDetails is what an agency has about its client, as far as the client's roles show it.
type PortalDetails struct {
	Brand  Brand
	Person string // who is signed in
	Portal string // path of the portal
	URL    string // path of this page, with the agency
	Cards  []DetailsCard
	Note   Note
}

func (v PortalDetails) frame(l words.Language) frame {
	title := l.Say("details.details")
	for i := range v.Cards {
		title = v.Cards[i].Problems.title(l, title)
		if len(v.Cards[i].Problems) > 0 {
			break
		}
	}
	return frame{template: portaldetailsHTML, title: title, brand: v.Brand, guest: true}
}

// DetailsCard is one card. What is not open to the client is nowhere in it.
type DetailsCard struct {
	ID      string
	Title   string
	Facts   []CardFact
	Company []CardFact // of the company's own card; none where it is not shown
	Tag     string
	Phone   *string // that can be changed, as typed; nil for what cannot
	Address *string

	Problems Problems
}
