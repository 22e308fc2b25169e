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

// PortalContacts serves /v1/portal/contacts.
func (f Functions) PortalContacts() event.Function {
	return api.Route(f.p.Origin(), api.ListPortalContacts(f.p.Authenticator(), f.p.OwnContacts())).Function()
}

// PortalContact serves /v1/portal/contacts/{contactId}.
func (f Functions) PortalContact() event.Function {
	a, o := f.p.Authenticator(), f.p.OwnContacts()
	return api.Route(f.p.Origin(), api.GetPortalContact(a, o), api.UpdatePortalContact(a, o)).Function()
}
