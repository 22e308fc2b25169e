package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// ContactsPage serves /contacts.
func (f Functions) ContactsPage() event.Function {
	return web.ContactsPage(f.p.Site(), f.p.Authenticator(), f.p.Cards()).Function()
}

// ContactPage serves /contacts/{contactId}.
func (f Functions) ContactPage() event.Function {
	return web.ContactPage(f.p.Site(), f.p.Authenticator(), f.p.Cards()).Function()
}

// ContactsImportPage serves /contacts/import.
func (f Functions) ContactsImportPage() event.Function {
	return web.ContactsImportPage(f.p.Site(), f.p.Authenticator(), f.p.Cards()).Function()
}

// PortalDetailsPage serves /portal/details.
func (f Functions) PortalDetailsPage() event.Function {
	return web.PortalDetailsPage(f.p.Site(), f.p.Authenticator(), f.p.OwnContacts()).Function()
}
