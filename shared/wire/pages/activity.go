package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// ActivityPage serves /activity.
func (f Functions) ActivityPage() event.Function {
	return web.ActivityPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.ActivityLog()).Function()
}
