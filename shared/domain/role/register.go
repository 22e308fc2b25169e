package role

// Object is a kind of thing that a module shows to its clients. Each module that exists has its objects here, and what shows them
// over HTTP goes through this register, as do the tests that ask for every entry with it and without it. So none can be left out.
type Object struct {
	Module Module
	Name   string // as the API calls it
	// Fields, Relations and Actions lead from an entry of the catalogue to the property, or the operation, that it opens; Notices to the
	// mail that is sent. What leads nowhere is in no list to choose from.
	Fields    map[string]string
	Relations map[string]string
	Actions   map[string]string
	Notices   map[string]string
}

// Objects lists them.
func Objects() []Object {
	return []Object{
		{
			Module: Contact, Name: "contact",
			Fields: map[string]string{
				"name": "name", "email": "email", "phone": "phone", "company": "company", "address": "address", "tax_id": "taxId",
				"custom_text": "customText",
			},
			Relations: map[string]string{"company": "companyCard", "responsible": "responsible"},
			Actions:   map[string]string{"edit": "updatePortalContact"},
		},
	}
}
