package main

import (
	"strings"
	"time"

	"latchkey.dev/shared/view/page"
)

func contactStates() []state {
	here := workspace(true)
	here.Here, here.Portal = page.InContacts, page.AdminsApp
	filters := []page.Filter{{Word: "All", URL: "/contacts", Here: true}, {Word: "People", URL: "/contacts?only=person"},
		{Word: "Companies", URL: "/contacts?only=company"}, {Word: "Archived", URL: "/contacts?only=archived"}}
	rows := []page.ContactRow{
		{URL: "/contact", Name: "Ida Berg", Email: "ida@acme.example", At: "Acme Ltd", User: true},
		{URL: "/contact", Name: "Acme Ltd", Company: true, Email: "info@acme.example"},
		{URL: "/contact", Name: "Ole Dahl"},
		{URL: "/contact", Name: longest, Email: strings.Repeat("very.long.", 6) + "@example.com", At: longest, User: true},
		{URL: "/contact", Name: unbroken, Email: "x@example.com", At: unbroken},
		{URL: "/contact", Name: rtl, At: emoji},
	}
	companies := []page.CardOption{{Value: "con_1", Text: "Acme Ltd", Chosen: true}, {Value: "con_2", Text: longest}}
	members := []page.CardOption{{Value: "mb_1", Text: "Nora Lindqvist", Chosen: true}}
	form := page.ContactForm{Action: "/contacts", Do: "add", Title: "Add contact", Button: "Add contact", Back: "/contacts",
		Key: "k", Companies: companies, Members: members}
	typed := form
	typed.Open, typed.Name, typed.Email, typed.Phone = true, "Ida", "ida@acme.example", "call me"
	typed.Existing = "/contact"
	typed.Problems = page.Problems{{Field: "contact-email", Message: "Another contact has this email. Open that one instead."},
		{Field: "phone", Message: "Enter a phone number."}}
	list := page.Contacts{Workspace: here, Rows: rows, Filters: filters, CSV: "/v1/contacts/export", Writes: true, Form: form,
		Older: "/contacts?after=x"}
	card := page.Contact{Workspace: here, URL: "/contact", Name: "Ida Berg", Since: ago(40 * 24 * time.Hour), Writes: true,
		Facts: []page.CardFact{{Name: "Email", Text: "ida@acme.example"}, {Name: "Phone", Text: "+46 8 123 45 67"},
			{Name: "Company", Text: "Acme Ltd", URL: "/contact"}, {Name: "Address", Text: "Storgatan 1\n111 22 Stockholm"},
			{Name: "Tax ID"},
			{Name: "Responsible", Text: "Nora Lindqvist"}, {Name: "Custom text", Text: "Prefers calls before noon."}},
		Private: "Met at the fair.", User: &page.LinkedUser{URL: "/client", Name: "Ida Berg", Email: "ida@acme.example", Status: active},
		Form: form}
	with := func(change func(*page.Contact)) page.Contact {
		v := card
		change(&v)
		return v
	}
	verdicts := []page.VerdictRow{
		{Row: 4, Name: "Ida", Email: "ida@acme.example", State: page.Badge{Tone: page.Wait, Text: "Duplicate"},
			Text: "Same email as row 2, which counts."},
		{Row: 5, Name: "Info", Email: "info@acme.example", State: page.Badge{Tone: page.Idle, Text: "Exists"},
			Text: "Another contact has this email. It stays as it is.", URL: "/contact"},
		{Row: 6, Name: unbroken, Email: "bad@acme.example", State: page.Badge{Tone: page.Bad, Text: "Needs a look"},
			Text: "name: Leave links out of it."},
		{Row: 2, Name: "Ida Berg", Email: "ida@acme.example", State: page.Badge{Tone: page.Good, Text: "Ready"}, Text: "Will be added."},
	}
	phone, address := "+46 8 123 45 67", "Storgatan 1\n111 22 Stockholm"
	details := page.PortalDetails{Brand: northwind, Person: "ida@acme.example", Portal: "/portal", URL: "/portal/details",
		Cards: []page.DetailsCard{{ID: "con_1", Title: "Ida Berg", Facts: card.Facts[:4], Phone: &phone, Address: &address, Tag: "t",
			Company: []page.CardFact{{Name: "Name", Text: "Acme Ltd"}, {Name: "Email"}}}}}
	refused, wrong := details, details.Cards[0]
	wrong.Problems = page.Problems{{Field: "phone-con_1", Message: "Enter a phone number."}}
	refused.Cards = []page.DetailsCard{wrong}
	return []state{
		{Name: "portaldetails", view: details},
		{Name: "portaldetails-empty", view: page.PortalDetails{Brand: northwind, Person: "ida@acme.example", Portal: "/portal"}},
		{Name: "portaldetails-refused", view: refused},
		{Name: "contacts", view: list},
		{Name: "contacts-empty", view: page.Contacts{Workspace: here, Filters: filters, Writes: true, Form: form}},
		{Name: "contacts-none", view: page.Contacts{Workspace: here, Filters: filters, Find: "nobody", Writes: true, Form: form}},
		{Name: "contacts-reader", view: page.Contacts{Workspace: here, Rows: rows[:2], Filters: filters, CSV: "/v1/contacts/export"}},
		{Name: "contacts-add-refused", view: page.Contacts{Workspace: here, Rows: rows, Filters: filters, Writes: true, Form: typed}},
		{Name: "contact", view: card},
		{Name: "contact-empty", view: with(func(v *page.Contact) {
			v.Facts, v.Private, v.User, v.Writes = []page.CardFact{{Name: "Email"}, {Name: "Phone"}}, "", nil, false
			v.Invite = "/client-portal/invite?contact=con_1"
		})},
		{Name: "contact-archived", view: with(func(v *page.Contact) {
			v.Archived, v.Note = ago(time.Hour), page.Note{Tone: page.Good, Text: "Contact archived."}
		})},
		{Name: "contact-unlink", view: with(func(v *page.Contact) { v.Asking = "unlink" })},
		{Name: "contact-edit-refused", view: with(func(v *page.Contact) { v.Form = typed })},
		{Name: "contactimport", view: page.ContactImport{Workspace: here, Most: 1000}},
		{Name: "contactimport-refused", view: page.ContactImport{Workspace: here, Most: 1000,
			Problems: page.Problems{{Field: "file",
				Message: "We can't read this file's letters. Save as CSV UTF-8 and upload that file."}}}},
		{Name: "contactimport-verdicts", view: page.ContactImport{Workspace: here, Most: 1000, File: "x", Hash: "h", Ready: 41, Rest: 3,
			Rows: verdicts, Hidden: 40, Unknown: []string{"Favourite colour", unbroken}}},
		{Name: "contactimport-done", view: page.ContactImport{Workspace: here, Most: 1000, File: "x", Hash: "h", Done: true, Created: 41,
			Rest: 3, Rows: verdicts[:3]}},
	}
}
