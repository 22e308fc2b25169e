// Package audit holds the rows of the log that says who changed what, and when. A row is written in the transaction
// of the change that it tells of, so that the log and the states can never disagree.
package audit

import (
	"time"

	"latchkey.dev/shared/id"
)

// Action names a change, subject first.
type Action string

// The actions.
const (
	InviteCreated  Action = "invite.created"
	InviteSent     Action = "invite.sent"
	InviteFailed   Action = "invite.failed"
	InviteResent   Action = "invite.resend_requested"
	InviteCanceled Action = "invite.canceled"
	InviteExpired  Action = "invite.expired"
	InviteBounced  Action = "invite.bounced"
	InviteAccepted Action = "invite.accepted"
	KeyCreated     Action = "api_key.created"
	KeyRevoked     Action = "api_key.revoked"
)

// System is the actor of what nobody in particular did: the mail worker, the sweep.
const System = "system"

// Entry is one row. It holds ids, never addresses, so that erasing a person leaves it as it is.
type Entry struct {
	ID      id.Event
	At      time.Time
	Actor   string // a member's, an API key's or a client's id, or System
	Action  Action
	Subject string // the id of what was changed
	Detail  string // for a person; may be ""
}
