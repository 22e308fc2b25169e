package client

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/unsubscribe"
)

// Change is a new state of a relationship with all that must happen with it or not at all. A store writes it in one
// transaction.
type Change struct {
	// Client is the new state. It is written when the stored version is still Client.Version, and then has the next.
	Client *Client
	// Also are new states of other relationships of the same agency, under the same condition.
	Also []*Client
	// MayInvite asks that the agency is on Max and not suspended at the moment of the change.
	MayInvite bool
	// Inviter, when not "", must work at the agency at the moment of the change.
	Inviter id.Member
	// Take, when not nil, takes a slot of the agency's hour: the slot must still hold Take.Old.
	Take *agency.Slot
	// Return, when not nil, gives a slot back, if it still holds Return.New.
	Return *agency.Slot
	// Mails are logs of mails that were caused, of the mail that goes with the change, each written when the stored version is
	// still the one that was read.
	Mails []allowance.Log
	// Promises, when not nil, are the times at which the agency's scheduled invites go out, written when the stored version is still
	// the one that was read.
	Promises *batch.Promises
	// Told are rows that webhook endpoints are told of and the log does not have. They are written where the agency has endpoints.
	Told []audit.Entry
	// Join records with the person that it has become a client of the agency.
	Join bool
	// Leave records with the person that it is no client of the agency any more, and that it was.
	Leave bool
	// Promote makes the person a member of the agency, with what Leave records.
	Promote *Promotion
	// Erase removes the relationship instead of writing it, under the same condition: all of it but what
	// [Client.Remains] leaves.
	Erase bool
	// Forget takes the relationship off what is kept of the person.
	Forget bool
	// Customer, when not "", is who the payment service knows the client as from here on.
	Customer string
	// Make are resources to come into being; none of them may exist.
	Make []instance.Resource
	// Set are new states of resources, each written when the stored version is still the one that was read.
	Set []*instance.Resource
	// Count, when not nil, is what became of a mail from a domain of the agency's own.
	Count *Count
	// Share, when not nil, is the use of a link by which the client comes.
	Share *Share
	// Wish, when not nil, is what the client wants of reminders, written when the stored version is still the one that was read.
	Wish *unsubscribe.Wish
	// Audit holds the rows of the log.
	Audit []audit.Entry
	// Once, when not nil, is the idempotency key to remember; it must not be stored yet.
	Once *idempotency.Record
}

// Fate is what became of a mail, as far as a domain's reputation goes.
type Fate string

// The fates. Delays and automatic replies are none.
const (
	WasSent       Fate = "sent"
	WasBounced    Fate = "bounced"
	WasComplained Fate = "complained"
)

// Count is one mail more of a domain, on the day of the change.
type Count struct {
	Domain id.SenderDomain
	Fates  []Fate // each once
	At     time.Time
}
