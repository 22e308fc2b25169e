package web

import (
	"net/http"
	"net/url"
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// contactsSeen and contactsWritten say who sees contacts, and who changes them.
var (
	contactsSeen    = identity.ByPortal(identity.ContactsRead, identity.See)
	contactsWritten = identity.ByPortal(identity.ContactsWrite, identity.Administer)
)

// contactsPerPage is how many contacts a page of the list has.
const contactsPerPage = 50

// cards shows an agency's contacts.
type cards struct {
	*Site
	cards *contacts.Cards
}

// ContactsPage lists the agency's contacts; with ask=add the dialog is open on it.
func ContactsPage(s *Site, auth *signin.Authenticator, all *contacts.Cards) *Page {
	c := &cards{s, all}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := c.list(r, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "archived" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("contacts.was_archived")}
		}
		v.Form.Open = v.Writes && r.URL.Query().Get("ask") == "add"
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("contactsPage", auth, contactsSeen, show, primary(form("add", contactsWritten, c.add)))
}

// list prepares the list.
func (c *cards) list(r *http.Request, caller identity.Caller) (page.Contacts, error) {
	ctx, asked := r.Context(), r.URL.Query()
	event.Annotate(ctx, "agency", string(caller.Agency))
	v := page.Contacts{Find: strings.TrimSpace(asked.Get("q")), Only: asked.Get("only"), Writes: caller.Administers()}
	a, err := c.cards.Agency(ctx, caller)
	if err != nil {
		return v, err
	}
	v.Workspace = workspace(a, caller, page.InContacts)
	if len(v.Find) > longestFind {
		v.Find = strings.ToValidUTF8(v.Find[:longestFind], "")
	}
	q := contacts.Query{Find: text.Fold(v.Find), Limit: contactsPerPage}
	switch v.Only {
	case string(contact.Person), string(contact.Company):
		q.Kind = contact.Kind(v.Only)
	case "archived":
		q.Archived = true
	default:
		v.Only = ""
	}
	if after := asked.Get("after"); after != "" {
		if q.After, err = id.ParseContact(after); err != nil {
			return v, err
		}
		v.Newest = contactsPath(v.Find, v.Only, "")
	}
	seen, err := c.cards.List(ctx, caller, q)
	if err != nil {
		return v, err
	}
	for i := range seen.Cards {
		x := &seen.Cards[i]
		v.Rows = append(v.Rows, page.ContactRow{URL: contactPath(x.ID), Name: x.Name, Company: x.Kind == contact.Company,
			Email: string(x.Email), At: seen.Companies[x.Company].Name, User: x.Client != ""})
	}
	if seen.Next != "" {
		v.Older = contactsPath(v.Find, v.Only, seen.Next)
	}
	for _, f := range []struct{ only, word string }{{"", words.Say("contacts.only_all")}, {"person", words.Say("contacts.only_people")},
		{"company", words.Say("contacts.only_companies")}, {"archived", words.Say("contacts.only_archived")}} {
		v.Filters = append(v.Filters, page.Filter{Word: f.word, URL: contactsPath(v.Find, f.only, ""), Here: v.Only == f.only})
	}
	if caller.Administers() {
		v.CSV = contactsFile(q)
	}
	if v.Writes {
		v.Form, err = c.form(r, caller, page.ContactForm{Action: "/contacts", Do: "add", Title: words.Say("contacts.add"),
			Button: words.Say("contacts.add"), Back: "/contacts", Key: newKey(), Kind: string(contact.Person)})
	}
	return v, err
}

// contactsPath is the list as it is asked for.
func contactsPath(find, only string, after id.Contact) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": find, "only": only, "after": string(after)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/contacts"
	}
	return "/contacts?" + q.Encode()
}

// contactsFile is the API's path of a list as a file.
func contactsFile(q contacts.Query) string {
	v := url.Values{}
	if q.Find != "" {
		v.Set("find", q.Find)
	}
	if q.Kind != "" {
		v.Set("kind", string(q.Kind))
	}
	if q.Archived {
		v.Set("archived", "true")
	}
	if len(v) == 0 {
		return "/v1/contacts/export"
	}
	return "/v1/contacts/export?" + v.Encode()
}

func contactPath(which id.Contact) string { return "/contacts/" + url.PathEscape(string(which)) }

// form adds what can be chosen from to a form, with what is chosen.
func (c *cards) form(r *http.Request, caller identity.Caller, f page.ContactForm) (page.ContactForm, error) {
	choices, err := c.cards.Choices(r.Context(), caller)
	if err != nil {
		return f, err
	}
	known := f.Company == ""
	for i := range choices.Companies {
		x := &choices.Companies[i]
		known = known || string(x.ID) == f.Company
		f.Companies = append(f.Companies, page.CardOption{Value: string(x.ID), Text: x.Name, Chosen: string(x.ID) == f.Company})
	}
	if !known { // it is archived, or older than those to choose from
		f.Companies = append(f.Companies, page.CardOption{Value: f.Company, Text: words.Say("contacts.company_stays"), Chosen: true})
	}
	for i := range choices.Members {
		m := &choices.Members[i]
		f.Members = append(f.Members, page.CardOption{Value: string(m.ID), Text: nameOr(m.Name, string(m.Email)),
			Chosen: string(m.ID) == f.Responsible})
	}
	return f, nil
}

func nameOr(name, email string) string {
	if name == "" {
		return email
	}
	return name
}

// contactNames are the fields of the form by the names that the use case gives them.
var contactNames = map[string]string{"kind": "kind", "name": "contact-name", "email": "contact-email", "phone": "phone",
	"address": "address", "taxId": "tax-id", "customText": "custom-text", "note": "contact-note", "company": "company",
	"responsible": "responsible"}

// typedContact is what was typed into the form of a contact.
func typedContact(form url.Values) contact.Fields {
	of := func(name string) *string {
		s := form.Get(name)
		return &s
	}
	return contact.Fields{Kind: of("kind"), Name: of("name"), Email: of("email"), Phone: of("phone"), Address: of("address"),
		TaxID: of("taxId"), Custom: of("customText"), Note: of("note"), Company: of("company"), Responsible: of("responsible")}
}

// retypedContact puts back what was typed, and what is wrong with it.
func retypedContact(f *page.ContactForm, form url.Values, wrong *fault.Error) {
	f.Open, f.Problems = true, problems(wrong, contactNames)
	f.Kind, f.Name, f.Email, f.Phone = form.Get("kind"), form.Get("name"), form.Get("email"), form.Get("phone")
	f.Address, f.TaxID, f.Custom, f.Message = form.Get("address"), form.Get("taxId"), form.Get("customText"), form.Get("note")
	if wrong.Code == fault.ContactExists {
		f.Existing = contactPath(id.Contact(wrong.Existing))
	}
	for _, list := range []struct {
		options []page.CardOption
		chosen  string
	}{{f.Companies, form.Get("company")}, {f.Members, form.Get("responsible")}} {
		for i := range list.options {
			list.options[i].Chosen = list.options[i].Value == list.chosen
		}
	}
}

// add makes a contact and leads to its page.
func (c *cards) add(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	made, err := c.cards.Create(r.Context(), caller, typedContact(r.PostForm), once(r.PostForm))
	if err == nil {
		return seeOther(w, contactPath(made.ID)+"?done=added")
	}
	f, err := ours(r, err)
	if err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
		return orNotFound(err, f)
	}
	v, err := c.list(r, caller)
	if err != nil {
		return err
	}
	retypedContact(&v.Form, r.PostForm, f)
	return c.show(w, r, f.Code.Status(), v)
}

// ContactPage is the page of one contact; with ask=edit, ask=unlink or ask=archive a dialog is open on it.
func ContactPage(s *Site, auth *signin.Authenticator, all *contacts.Cards) *Page {
	c := &cards{s, all}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := c.one(r, caller)
		if err != nil {
			return err
		}
		v.Note = contactOutcome(r.URL.Query().Get("done"))
		switch ask := r.URL.Query().Get("ask"); {
		case !v.Writes:
		case ask == "edit" && v.Archived.Machine == "":
			v.Form.Open = true
		case ask == "unlink" && v.User != nil, ask == "archive" && v.Archived.Machine == "":
			v.Asking = ask
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("contactPage", auth, contactsSeen, show, primary(form("save", contactsWritten, c.save)),
		c.does("archive", "archived", func(r *http.Request, caller identity.Caller, which id.Contact) error {
			_, err := all.Archive(r.Context(), caller, which, "")
			return err
		}),
		c.does("restore", "restored", func(r *http.Request, caller identity.Caller, which id.Contact) error {
			open := false
			_, err := all.Update(r.Context(), caller, which, contact.Fields{}, &open, "")
			return err
		}),
		c.does("unlink", "unlinked", func(r *http.Request, caller identity.Caller, which id.Contact) error {
			_, err := all.Unlink(r.Context(), caller, which)
			return err
		}))
}

// contactOutcome says what was done to a contact, by the word that the redirect carries.
func contactOutcome(done string) page.Note {
	said := map[string]string{"added": words.Say("contacts.added"), "saved": words.Say("contacts.saved"),
		"restored": words.Say("contacts.was_restored"), "unlinked": words.Say("contacts.was_unlinked"),
		"archived": words.Say("contacts.was_archived")}[done]
	if said == "" {
		return page.Note{}
	}
	return page.Note{Tone: page.Good, Text: said}
}

// one prepares the page of the contact that the path names.
func (c *cards) one(r *http.Request, caller identity.Caller) (page.Contact, error) {
	ctx, now := r.Context(), c.now()
	event.Annotate(ctx, "agency", string(caller.Agency))
	which, err := id.ParseContact(r.PathValue("contactId"))
	if err != nil {
		return page.Contact{}, err
	}
	x, err := c.cards.Get(ctx, caller, which)
	if err != nil {
		return page.Contact{}, err
	}
	event.Annotate(ctx, "contact", string(x.ID))
	a, err := c.cards.Agency(ctx, caller)
	if err != nil {
		return page.Contact{}, err
	}
	v := page.Contact{Workspace: workspace(a, caller, page.InContacts), URL: contactPath(x.ID), Name: x.Name,
		Company: x.Kind == contact.Company, Private: x.Note, Since: page.TimeAt(x.CreatedAt, now), Writes: caller.Administers()}
	if x.Archived() {
		v.Archived = page.TimeAt(x.ArchivedAt, now)
	}
	v.Facts = contactFacts(x)
	if u := x.User; u != nil {
		v.User = &page.LinkedUser{URL: "/client-portal/users/" + url.PathEscape(string(u.ID)), Name: u.DisplayName(),
			Email: string(u.Email), Status: clientBadge(u.At(now))}
	} else if !x.Archived() && caller.MayPortal(identity.InPerson, identity.Invite) == nil {
		v.Invite = inviteUsersPath + "?" + url.Values{"contact": {string(x.ID)}, "email": {string(x.Email)}, "name": {x.Name}}.Encode()
	}
	if v.Writes {
		v.Form, err = c.form(r, caller, page.ContactForm{Action: v.URL, Do: "save", Title: words.Say("contacts.edit"),
			Button: words.Say("details.save"), Back: v.URL, Tag: x.Tag(), Kind: string(x.Kind), Name: x.Name, Email: string(x.Email),
			Phone: x.Phone, Address: x.Address, TaxID: x.TaxID, Custom: x.Custom, Message: x.Note, Company: string(x.Company),
			Responsible: string(x.Contact.Responsible)})
	}
	return v, err
}

// contactFacts are what stands on a contact, in the order in which it is shown.
func contactFacts(x *contacts.Card) []page.CardFact {
	facts := []page.CardFact{{Name: words.Say("details.email"), Text: string(x.Email)}, {Name: words.Say("details.phone"), Text: x.Phone}}
	if x.Kind == contact.Person {
		at := page.CardFact{Name: words.Say("details.company")}
		if x.At != nil {
			at.Text, at.URL = x.At.Name, contactPath(x.At.ID)
		}
		facts = append(facts, at)
	}
	by := ""
	if x.Responsible != nil {
		by = nameOr(x.Responsible.Name, string(x.Responsible.Email))
	}
	return append(facts, page.CardFact{Name: words.Say("details.address"), Text: x.Address},
		page.CardFact{Name: words.Say("details.tax_id"), Text: x.TaxID}, page.CardFact{Name: words.Say("details.responsible"), Text: by},
		page.CardFact{Name: words.Say("details.custom_text"), Text: x.Custom})
}

// save changes a contact.
func (c *cards) save(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	which, err := id.ParseContact(r.PathValue("contactId"))
	if err != nil {
		return err
	}
	_, err = c.cards.Update(r.Context(), caller, which, typedContact(r.PostForm), nil, r.PostForm.Get("tag"))
	if err == nil {
		return seeOther(w, contactPath(which)+"?done=saved")
	}
	f, err := ours(r, err)
	if err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
		return orNotFound(err, f)
	}
	v, err := c.one(r, caller)
	if err != nil {
		return err
	}
	retypedContact(&v.Form, r.PostForm, f)
	return c.show(w, r, f.Code.Status(), v)
}

// does is a form of the page that does something to its contact and leads on; where it is refused, the page says why.
func (c *cards) does(do, done string, f func(*http.Request, identity.Caller, id.Contact) error) Form {
	return form(do, contactsWritten, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseContact(r.PathValue("contactId"))
		if err != nil {
			return err
		}
		if err = f(r, caller, which); err == nil {
			return seeOther(w, contactPath(which)+"?done="+done)
		}
		wrong, err := ours(r, err)
		if err != nil || wrong.Code == fault.NotFound || wrong.Code == fault.Forbidden {
			return orNotFound(err, wrong)
		}
		v, err := c.one(r, caller)
		if err != nil {
			return err
		}
		v.Note = page.Note{Tone: page.Bad, Text: wrong.Message}
		retryAfter(w, wrong)
		return c.show(w, r, wrong.Code.Status(), v)
	})
}
