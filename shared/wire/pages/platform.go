package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// HomePage serves /.
func (f Functions) HomePage() event.Function {
	return web.HomePage(f.p.Site(), f.p.Authenticator()).Function()
}
