package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// StartPage serves /.
func (f Functions) StartPage() event.Function {
	return web.StartPage(f.p.Site(), f.p.Authenticator()).Function()
}
