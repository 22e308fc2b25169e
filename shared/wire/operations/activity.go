package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// Activity serves /v1/activity.
func (f Functions) Activity() event.Function {
	return api.Route(f.p.Origin(), api.ListActivity(f.p.Authenticator(), f.p.ActivityLog())).Function()
}

// ActivityExport serves /v1/activity/export.
func (f Functions) ActivityExport() event.Function {
	return api.Route(f.p.Origin(), api.ExportActivity(f.p.Authenticator(), f.p.ActivityLog())).Function()
}
