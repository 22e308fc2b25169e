package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Contacts serves /v1/contacts.
func (f Functions) Contacts() event.Function {
	a, c := f.p.Authenticator(), f.p.Cards()
	return api.Route(f.p.Origin(), api.ListContacts(a, c.Book), api.CreateContact(a, c)).Function()
}

// Contact serves /v1/contacts/{contactId}.
func (f Functions) Contact() event.Function {
	a, c := f.p.Authenticator(), f.p.Cards()
	return api.Route(f.p.Origin(), api.GetContact(a, c.Book), api.UpdateContact(a, c), api.ArchiveContact(a, c)).Function()
}

// ContactsImport serves /v1/contacts/import.
func (f Functions) ContactsImport() event.Function {
	return api.Route(f.p.Origin(), api.ImportContacts(f.p.Authenticator(), f.p.Cards())).Function()
}

// ContactsExport serves /v1/contacts/export.
func (f Functions) ContactsExport() event.Function {
	return api.Route(f.p.Origin(), api.ExportContacts(f.p.Authenticator(), f.p.Contacts())).Function()
}
