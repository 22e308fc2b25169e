package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// EmailPage serves /settings/email.
func (f Functions) EmailPage() event.Function {
	p := f.p
	return web.EmailPage(p.Site(), p.Authenticator(), web.EmailForms{
		Directory: p.SenderDirectory(), Claims: p.SenderClaims(), Doctor: p.SenderDoctor(), Switch: p.SenderSwitch(),
		Settings: p.SenderSettings(), Servers: p.SenderServers(), Records: p.SenderRecords(), From: p.String("MAIL_FROM"),
	}).Function()
}

// RecordsPage serves /records/{token}.
func (f Functions) RecordsPage() event.Function {
	return web.RecordsPage(f.p.Site(), f.p.SenderLinks()).Function()
}
