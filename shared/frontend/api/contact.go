package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
)

// ContactBody is a card of the agency's contacts.
type ContactBody struct {
	ID          string `json:"id" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Kind        string `json:"kind" enum:"person,company"`
	Name        string `json:"name" example:"Ida Berg"`
	Email       string `json:"email" doc:"Empty for none. No two open contacts have the same." example:"ida@acme.example"`
	Phone       string `json:"phone" example:"+46 8 123 45 67"`
	Address     string `json:"address" doc:"May have several lines." example:"Storgatan 1, 111 22 Stockholm"`
	TaxID       string `json:"taxId" example:"SE556677889901"`
	CustomText  string `json:"customText" doc:"Whatever you keep here. A role can show it to the client."`
	Note        string `json:"note" doc:"For your agency alone. No client ever sees it."`
	Company     string `json:"company" doc:"The person's company, a contact. Empty for none." example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCF"`
	CompanyName string `json:"companyName,omitempty" doc:"Its name." example:"Acme Ltd"`
	Responsible string `json:"responsible" doc:"Who looks after it. Empty for nobody." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	ClientID    string `json:"clientId" doc:"The external user it's linked with. Empty for none." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	ArchivedAt  *Time  `json:"archivedAt" doc:"When it was archived. null while it's open."`
	CreatedAt   Time   `json:"createdAt"`
}

func contactBody(c *contact.Contact, company string) ContactBody {
	return ContactBody{ID: string(c.ID), Kind: string(c.Kind), Name: c.Name, Email: string(c.Email), Phone: c.Phone, Address: c.Address,
		TaxID: c.TaxID, CustomText: c.Custom, Note: c.Note, Company: string(c.Company), CompanyName: company,
		Responsible: string(c.Responsible), ClientID: string(c.Client), ArchivedAt: orNull(c.ArchivedAt), CreatedAt: Time(c.CreatedAt)}
}

// ContactFields are what a contact is made from, or its changes.
type ContactFields struct {
	Kind        *string `json:"kind,omitempty" enum:"person,company" doc:"person, unless you say company."`
	Name        *string `json:"name,omitempty" example:"Ida Berg"`
	Email       *string `json:"email,omitempty" doc:"Empty for none." example:"ida@acme.example"`
	Phone       *string `json:"phone,omitempty" example:"+46 8 123 45 67"`
	Address     *string `json:"address,omitempty" example:"Storgatan 1, 111 22 Stockholm"`
	TaxID       *string `json:"taxId,omitempty" example:"SE556677889901"`
	CustomText  *string `json:"customText,omitempty" doc:"A role can show it to the client."`
	Note        *string `json:"note,omitempty" doc:"No client ever sees it."`
	Company     *string `json:"company,omitempty" doc:"A contact that is a company." example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCF"`
	Responsible *string `json:"responsible,omitempty" doc:"A member. Empty for nobody." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

func (b ContactFields) fields() contact.Fields {
	return contact.Fields{Kind: b.Kind, Name: b.Name, Email: b.Email, Phone: b.Phone, Address: b.Address, TaxID: b.TaxID,
		Custom: b.CustomText, Note: b.Note, Company: b.Company, Responsible: b.Responsible}
}

type createContactInput struct {
	Once

	Body ContactFields
}

type createdContactOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     ContactBody
}

// contactFaults are those of what is typed into a contact.
var contactFaults = []fault.Code{fault.Invalid, fault.NotFound, fault.ContactExists}

// CreateContact makes a contact.
func CreateContact(auth *signin.Authenticator, cards *contacts.Cards) Operation {
	return operation(auth, described{
		id: "createContact", method: http.MethodPost, who: identity.ByPortal(identity.ContactsWrite, identity.Administer),
		tag: tagContacts, status: 201,
		summary: "Add a contact",
		description: "A person or a company you know, whether or not they use your portal. An email stands on one open contact only: " +
			"the second is refused with the ID of the first.",
		codes: append([]fault.Code{fault.IdempotencyUsed}, contactFaults...),
	}, func(ctx context.Context, caller identity.Caller, in *createContactInput) (*createdContactOutput, error) {
		c, err := cards.Create(ctx, caller, in.Body.fields(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &createdContactOutput{"/v1/contacts/" + string(c.ID), c.Tag(), contactBody(c, "")}, nil
	}, func(in *createContactInput) error { return cards.CheckFields(in.Body.fields()) })
}

// ContactFilter says which contacts are asked for.
type ContactFilter struct {
	Find      string `query:"find" maxLength:"200" doc:"Part of a name or an email address, in any case." example:"berg"`
	Kind      string `query:"kind" enum:"person,company" doc:"Only these."`
	Archived  bool   `query:"archived" doc:"Those that are archived, instead of those that are open."`
	WithEmail bool   `query:"withEmail" doc:"Only those with an email address, such as you pick from to invite."`
}

func (f ContactFilter) asks() contacts.Query {
	return contacts.Query{Find: text.Fold(f.Find), Kind: contact.Kind(f.Kind), Archived: f.Archived, Emailed: f.WithEmail}
}

type listContactsInput struct {
	ContactFilter
	Paging
}

type contactsOutput struct {
	Body struct {
		Items      []ContactBody `json:"items"`
		NextCursor *string       `json:"nextCursor" doc:"null at the end. A page can be short of its limit and still have one."`
	}
}

// ListContacts lists the agency's contacts.
func ListContacts(auth *signin.Authenticator, book *contacts.Book) Operation {
	return operation(auth, described{
		id: "listContacts", method: http.MethodGet, who: identity.ByPortal(identity.ContactsRead, identity.See),
		tag: tagContacts, status: 200,
		summary: "List contacts", description: "Newest first.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *listContactsInput) (*contactsOutput, error) {
		after, err := in.after(id.ContactPrefix)
		if err != nil {
			return nil, err
		}
		q := in.asks()
		q.Limit, q.After = in.Limit, id.Contact(after)
		page, err := book.List(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &contactsOutput{}
		out.Body.Items, out.Body.NextCursor = []ContactBody{}, cursor(page.Next)
		for i := range page.Cards {
			c := &page.Cards[i]
			out.Body.Items = append(out.Body.Items, contactBody(c, page.Companies[c.Company].Name))
		}
		return out, nil
	})
}

type contactInput struct {
	ContactID string `path:"contactId" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// UserBody is the external user that a contact is linked with.
type UserBody struct {
	ID     string `json:"id" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Email  string `json:"email" example:"ida@acme.example"`
	Name   string `json:"name" example:"Ida Berg"`
	Status string `json:"status" enum:"pending,active,inactive"`
}

type contactOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		ContactBody

		ResponsibleName string    `json:"responsibleName,omitempty" doc:"The member's name." example:"Nora Lindqvist"`
		ExternalUser    *UserBody `json:"externalUser,omitempty" doc:"Who it's linked with. Left out if nobody."`
	}
}

func contactAnswer(c *contacts.Card, now time.Time) *contactOutput {
	out := &contactOutput{ETag: c.Tag()}
	company := ""
	if c.At != nil {
		company = c.At.Name
	}
	out.Body.ContactBody = contactBody(c.Contact, company)
	if m := c.Responsible; m != nil {
		out.Body.ResponsibleName = m.Name
	}
	if u := c.User; u != nil {
		out.Body.ExternalUser = &UserBody{string(u.ID), string(u.Email), u.Name, string(u.At(now))}
	}
	return out
}

// GetContact reads a contact.
func GetContact(auth *signin.Authenticator, book *contacts.Book) Operation {
	return operation(auth, described{
		id: "getContact", method: http.MethodGet, who: identity.ByPortal(identity.ContactsRead, identity.See),
		tag: tagContacts, status: 200,
		summary: "Get a contact", description: "Includes the external user it's linked with.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *contactInput) (*contactOutput, error) {
		which, err := id.ParseContact(in.ContactID)
		if err != nil {
			return nil, err
		}
		c, err := book.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return contactAnswer(c, book.Now()), nil
	})
}

type updateContactInput struct {
	ContactID string `path:"contactId" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	IfMatch   string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change." example:"\"3\""`
	Body      struct {
		ContactFields

		Archived *bool `json:"archived,omitempty" doc:"false restores an archived contact, true archives it."`
	}
}

// UpdateContact changes a contact.
func UpdateContact(auth *signin.Authenticator, cards *contacts.Cards) Operation {
	return operation(auth, described{
		id: "updateContact", method: http.MethodPatch, who: identity.ByPortal(identity.ContactsWrite, identity.Administer),
		tag: tagContacts, status: 200,
		summary:     "Change a contact",
		description: "Fields you leave out don't change. A field it doesn't have is refused, and nothing changes.",
		codes:       append([]fault.Code{fault.Changed, fault.NotActive}, contactFaults...),
	}, func(ctx context.Context, caller identity.Caller, in *updateContactInput) (*contactOutput, error) {
		which, err := id.ParseContact(in.ContactID)
		if err != nil {
			return nil, err
		}
		c, err := cards.Update(ctx, caller, which, in.Body.fields(), in.Body.Archived, in.IfMatch)
		if err != nil {
			return nil, err
		}
		return aroundContact(ctx, cards, c)
	}, func(in *updateContactInput) error { return cards.CheckFields(in.Body.fields()) })
}

func aroundContact(ctx context.Context, cards *contacts.Cards, c *contact.Contact) (*contactOutput, error) {
	card, err := cards.Around(ctx, c)
	if err != nil {
		return nil, err
	}
	return contactAnswer(card, cards.Now()), nil
}

type archiveContactInput struct {
	ContactID string `path:"contactId" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	IfMatch   string `header:"If-Match" doc:"The ETag you read, so that you don't archive what has changed meanwhile." example:"\"3\""`
}

// ArchiveContact puts a contact away.
func ArchiveContact(auth *signin.Authenticator, cards *contacts.Cards) Operation {
	return operation(auth, described{
		id: "archiveContact", method: http.MethodDelete, who: identity.ByPortal(identity.ContactsWrite, identity.Administer),
		tag: tagContacts, status: 200,
		summary: "Archive a contact",
		description: "It leaves your lists, and its email is free for another contact. The external user it's linked with doesn't see it " +
			"any more. updateContact with archived false brings it back.",
		codes: []fault.Code{fault.NotFound, fault.Changed},
	}, func(ctx context.Context, caller identity.Caller, in *archiveContactInput) (*contactOutput, error) {
		which, err := id.ParseContact(in.ContactID)
		if err != nil {
			return nil, err
		}
		c, err := cards.Archive(ctx, caller, which, in.IfMatch)
		if err != nil {
			return nil, err
		}
		return aroundContact(ctx, cards, c)
	})
}

// ImportRowBody is what becomes of one row of a file.
type ImportRowBody struct {
	Row      int    `json:"row" doc:"As your spreadsheet counts: the column names are row 1." example:"2"`
	Name     string `json:"name" example:"Ida Berg"`
	Email    string `json:"email" example:"ida@acme.example"`
	Verdict  string `json:"verdict" enum:"ready,created,exists,duplicate,invalid,limit"`
	Detail   string `json:"detail" doc:"The verdict in a sentence." example:"Will be added."`
	Contact  string `json:"contactId,omitempty" doc:"Made of it, or has its email." example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	FirstRow int    `json:"firstRow,omitempty" doc:"Of a duplicate: the row that counts." example:"2"`
}

type importContactsInput struct {
	Confirm string `query:"confirm" maxLength:"64" doc:"hash of the dry run. Nothing is written without." example:"9f86d081884c7d65"`
	RawBody []byte `contentType:"text/csv" takes:"text/csv,application/octet-stream" doc:"The file, up to 1,000 rows and 1 MB."`
}

type importOutput struct {
	Body struct {
		Hash           string          `json:"hash" doc:"Confirms this import." example:"9f86d081884c7d659a2feaa0c55ad015"`
		Done           bool            `json:"done" doc:"Whether it was carried out."`
		Ready          int             `json:"ready" doc:"How many rows will be added." example:"1"`
		Created        int             `json:"created" doc:"How many rows were added." example:"0"`
		Columns        []string        `json:"columns" doc:"The columns we read."`
		UnknownColumns []string        `json:"unknownColumns" doc:"The columns we don't know. They are ignored."`
		Rows           []ImportRowBody `json:"rows"`
	}
}

func importAnswer(m *contacts.Import) *importOutput {
	out := &importOutput{}
	out.Body.Hash, out.Body.Done = m.Hash, m.Done
	out.Body.Ready, out.Body.Created = m.Count(contacts.Ready), m.Count(contacts.Created)
	out.Body.Columns, out.Body.UnknownColumns = append([]string{}, m.Columns...), append([]string{}, m.Unknown...)
	out.Body.Rows = []ImportRowBody{}
	for i := range m.Rows {
		v := &m.Rows[i]
		out.Body.Rows = append(out.Body.Rows,
			ImportRowBody{v.Row, v.Name, v.Email, string(v.Outcome), v.Say(), string(v.Contact), v.First})
	}
	return out
}

// ImportContacts reads contacts from a file.
func ImportContacts(auth *signin.Authenticator, cards *contacts.Cards) Operation {
	return operation(auth, described{
		id: "importContacts", method: http.MethodPost, who: identity.ByPortal(identity.ContactsWrite, identity.Administer),
		tag: tagContacts, status: 200,
		summary: "Import contacts",
		description: "Send a CSV file as the body: a dry run, with a verdict for each row. Send it again with confirm set to the hash of " +
			"the dry run, and the rows that are ready are added. If verdicts have changed meanwhile, nothing is. Confirming twice adds " +
			"nothing twice. Columns: name, kind, email, phone, address, taxId, customText, note, company. Send UTF-16 as " +
			"application/octet-stream.",
		codes:   []fault.Code{fault.Invalid, fault.NotFound, fault.PreviewChanged},
		maxBody: sheet.MaxBytes + 1024, // what is a little over is told at the file
	}, func(ctx context.Context, caller identity.Caller, in *importContactsInput) (*importOutput, error) {
		if in.Confirm == "" {
			m, err := cards.Preview(ctx, caller, in.RawBody)
			if err != nil {
				return nil, err
			}
			return importAnswer(m), nil
		}
		m, err := cards.Confirm(ctx, caller, in.RawBody, in.Confirm)
		if f := fault.As(err); f != nil && f.Code == fault.PreviewChanged && m != nil {
			f.Fields = verdictFields(m)
		}
		if err != nil {
			return nil, err
		}
		return importAnswer(m), nil
	})
}

// verdictFields are the rows that are not ready, as what is wrong with a request.
func verdictFields(m *contacts.Import) []fault.Field {
	var out []fault.Field
	for i := range m.Rows {
		if v := &m.Rows[i]; v.Outcome != contacts.Ready && len(out) < mostErrors {
			out = append(out, fault.Field{Location: "rows[" + strconv.Itoa(v.Row) + "]", Message: v.Say()})
		}
	}
	return out
}

type exportContactsInput struct {
	ContactFilter
	Cursor string `query:"cursor" maxLength:"200" doc:"From the Link header of the file before."`
}

// ExportContacts gives contacts as a file.
func ExportContacts(auth *signin.Authenticator, book *contacts.Book) Operation {
	return operation(auth, described{
		id: "exportContacts", method: http.MethodGet, who: identity.ByPortal(identity.ContactsRead, identity.Administer),
		tag: tagContacts, status: 200,
		summary: "Export contacts",
		description: "The contacts of listContacts as a CSV file of up to 2,000 rows, which importContacts reads. It starts with a byte " +
			"order mark, so that Excel reads it. The Link header with rel=next leads to the next file.",
		gives: []string{"text/csv"},
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *exportContactsInput) (*activityFile, error) {
		after, err := Paging{Cursor: in.Cursor}.after(id.ContactPrefix)
		if err != nil {
			return nil, err
		}
		q := in.asks()
		q.After = id.Contact(after)
		file, next, err := book.Export(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &activityFile{ContentType: sheet.ContentType, Body: file,
			Disposition: `attachment; filename="contacts-` + book.Now().UTC().Format(time.DateOnly) + `.csv"`}
		if more := cursor(next); more != nil {
			v := url.Values{"cursor": {*more}}
			for name, value := range map[string]string{"find": in.Find, "kind": in.Kind, "archived": truly(in.Archived),
				"withEmail": truly(in.WithEmail)} {
				if value != "" {
					v.Set(name, value)
				}
			}
			out.Link = nextFile("/v1/contacts/export", v)
		}
		return out, nil
	})
}

// truly is a switch of the query that is on; "" for one that is off.
func truly(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// OwnContactBody is a contact as a client's roles show it. Left out is what they don't show.
type OwnContactBody struct {
	ID          string  `json:"id" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Kind        string  `json:"kind" enum:"person,company"`
	Name        *string `json:"name,omitempty" example:"Ida Berg"`
	Email       *string `json:"email,omitempty" example:"ida@acme.example"`
	Phone       *string `json:"phone,omitempty" example:"+46 8 123 45 67"`
	Address     *string `json:"address,omitempty" example:"Storgatan 1, 111 22 Stockholm"`
	TaxID       *string `json:"taxId,omitempty" example:"SE556677889901"`
	CustomText  *string `json:"customText,omitempty"`
	Company     *string `json:"company,omitempty" doc:"The name of the company. Empty for none." example:"Acme Ltd"`
	Responsible *string `json:"responsible,omitempty" doc:"The name of who looks after you. Empty for nobody." example:"Nora Lindqvist"`

	CompanyCard *OwnContactBody `json:"companyCard,omitempty" doc:"The company's own card, as far as your roles show it."`
	Editable    []string        `json:"editable" enum:"phone,address" doc:"What you may change of it."`
}

func ownContactBody(s *contacts.Shown) OwnContactBody {
	b := OwnContactBody{ID: string(s.ID), Kind: string(s.Kind), Name: s.Name, Email: s.Email, Phone: s.Phone, Address: s.Address,
		TaxID: s.TaxID, CustomText: s.Custom, Company: s.Company, Responsible: s.Responsible, Editable: []string{}}
	if s.CompanyCard != nil {
		at := ownContactBody(s.CompanyCard)
		b.CompanyCard = &at
	}
	if s.Edits && s.Phone != nil {
		b.Editable = append(b.Editable, "phone")
	}
	if s.Edits && s.Address != nil {
		b.Editable = append(b.Editable, "address")
	}
	return b
}

type ownContactsInput struct {
	Agency string `query:"agency" doc:"Whose portal. Needed if you are a client of several." example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type ownContactsOutput struct {
	Body struct {
		Items      []OwnContactBody `json:"items"`
		NextCursor *string          `json:"nextCursor" doc:"Always null: all of them stand here."`
	}
}

// ListPortalContacts shows a client its own contacts.
func ListPortalContacts(auth *signin.Authenticator, own *contacts.Own) Operation {
	return operation(auth, described{
		id: "listPortalContacts", method: http.MethodGet, who: identity.ByModule(role.Contact, ""), tag: tagPortal, status: 200,
		summary:     "List your own contacts",
		description: "What an agency has about you, as far as your roles show it.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *ownContactsInput) (*ownContactsOutput, error) {
		var which id.Agency
		if in.Agency != "" {
			var err error
			if which, err = id.ParseAgency(in.Agency); err != nil {
				return nil, err
			}
		}
		m, err := own.Get(ctx, caller, which, "")
		if err != nil {
			return nil, err
		}
		out := &ownContactsOutput{}
		out.Body.Items = []OwnContactBody{}
		for _, s := range m.Cards {
			out.Body.Items = append(out.Body.Items, ownContactBody(s))
		}
		return out, nil
	})
}

type ownContactOutput struct {
	ETag string `header:"ETag"`
	Body OwnContactBody
}

// GetPortalContact shows a client one of its own contacts.
func GetPortalContact(auth *signin.Authenticator, own *contacts.Own) Operation {
	return operation(auth, described{
		id: "getPortalContact", method: http.MethodGet, who: identity.ByModule(role.Contact, ""), tag: tagPortal, status: 200,
		summary: "Get your own contact", description: "What your roles don't show is left out.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *contactInput) (*ownContactOutput, error) {
		which, err := id.ParseContact(in.ContactID)
		if err != nil {
			return nil, err
		}
		_, s, err := own.One(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &ownContactOutput{s.Tag(), ownContactBody(s)}, nil
	})
}

type updateOwnContactInput struct {
	ContactID string `path:"contactId" example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	IfMatch   string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change."`
	Body      struct {
		Phone   *string `json:"phone,omitempty" example:"+46 8 123 45 67"`
		Address *string `json:"address,omitempty" example:"Storgatan 1, 111 22 Stockholm"`
	}
}

func (in *updateOwnContactInput) details() contacts.Details {
	return contacts.Details{Phone: in.Body.Phone, Address: in.Body.Address}
}

// UpdatePortalContact lets a client change its telephone number and its address.
func UpdatePortalContact(auth *signin.Authenticator, own *contacts.Own) Operation {
	return operation(auth, described{
		id: "updatePortalContact", method: http.MethodPatch, who: identity.ByModule(role.Contact, "edit"), tag: tagPortal, status: 200,
		summary:     "Change your own contact",
		description: "Your phone and your address, if a role lets you. Anything else is refused, and nothing changes.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound, fault.Changed},
	}, func(ctx context.Context, caller identity.Caller, in *updateOwnContactInput) (*ownContactOutput, error) {
		which, err := id.ParseContact(in.ContactID)
		if err != nil {
			return nil, err
		}
		s, err := own.Update(ctx, caller, which, in.details(), in.IfMatch)
		if err != nil {
			return nil, err
		}
		return &ownContactOutput{s.Tag(), ownContactBody(s)}, nil
	}, func(in *updateOwnContactInput) error { return own.CheckDetails(in.details()) })
}
