// Package agencies is an agency's own life: how it looks, who works there, and its end.
package agencies

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Team is an agency with those who work there.
type Team struct {
	Agency  *agency.Agency
	Members agency.Members
}

// row is a row of the agency's log.
func row(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

var errNoMember = fault.New(fault.NotFound, "errors.there_is_no_such_member")
