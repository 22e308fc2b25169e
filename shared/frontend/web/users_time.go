package web

import (
	"time"

	"latchkey.dev/shared/domain/agency"
)

// momentAt is a moment as the agency's people and clients read it, in its time zone.
func momentAt(a *agency.Agency, t time.Time) string {
	return t.In(a.Location()).Format("2 January 2006, 15:04 MST")
}
