package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/activity"
)

// ActivityLog reads the audit log.
func (p *Parts) ActivityLog() *activity.Log {
	return &activity.Log{Store: dynamo.NewActivity(p.Table())}
}

// Activity serves /v1/activity.
func (f Functions) Activity() event.Function {
	return api.Route(f.p.Origin(), api.ListActivity(f.p.Authenticator(), f.p.ActivityLog())).Function()
}

// ActivityExport serves /v1/activity/export.
func (f Functions) ActivityExport() event.Function {
	return api.Route(f.p.Origin(), api.ExportActivity(f.p.Authenticator(), f.p.ActivityLog())).Function()
}

// ActivityPage serves /activity.
func (f Functions) ActivityPage() event.Function {
	return web.ActivityPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.ActivityLog()).Function()
}
