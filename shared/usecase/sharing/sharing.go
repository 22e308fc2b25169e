// Package sharing lets people join by a link: an agency's administrators make links, watch them, renew and disable them, and decide on
// who asks to join; whoever has a link joins by it, or asks to.
package sharing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sharelink"
)

// Query says what a [Scene] holds. Empty fields are left out.
type Query struct {
	Link    id.ShareLink
	Maker   id.Member
	Roles   []id.Role
	Person  email.Address // what the agency has with the address
	Request id.Ref
	Ledger  bool
	Card    bool // the contact with the person's address, and whether there can be one more
	Once    *idempotency.Record
}

// Scene is what a decision is made from, read at one moment. What does not exist is nil, or not in the list.
type Scene struct {
	Agency  *agency.Agency
	Link    *sharelink.Link
	Maker   *agency.Member
	Roles   []role.Role
	Client  *client.Client
	Member  bool // whether the address works at the agency
	Card    *contact.Contact
	Full    bool // whether the agency has as many contacts as it can have
	Request *sharelink.Request
	Ledger  *sharelink.Ledger // never nil where it is asked for
	Once    *idempotency.Record
}

// SceneStore reads what a decision is made from.
type SceneStore interface {
	// Link reads one link as it is now; a fault with code [fault.NotFound] when there is none.
	Link(ctx context.Context, agency id.Agency, which id.ShareLink) (*sharelink.Link, error)
	// Scene reads, as it is now, all that a decision needs.
	Scene(ctx context.Context, agency id.Agency, q Query) (*Scene, error)
}

// Change is a new state of a link with all that must happen with it or not at all. A store writes it in one transaction, while the
// agency has Client Portal, is not suspended, and has the people that it had; or nothing and conflict.ErrChanged.
type Change struct {
	Link   *sharelink.Link   // written when the stored version is still Link.Version
	Staff  int               // the agency's count of changes of its people, as it was read
	Ledger *sharelink.Ledger // nil where the change is no new link
	Drop   *sharelink.Link   // a dead link that goes
	Audit  []audit.Entry
	Once   *idempotency.Record // nil for none
}

// row is a row of the agency's log.
func row(now time.Time, actor string, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: actor, Action: action, Subject: subject, Detail: detail}
}

// administer returns nil when the caller may look after links; the agency must have Client Portal, whoever asks.
func administer(caller identity.Caller, s identity.Scope) error {
	return caller.MayPortal(s, identity.Administer)
}

// open returns nil when people can join the agency: it has Client Portal and the plan, and is not suspended.
func open(a *agency.Agency) error {
	if err := a.MayPortal(); err != nil {
		return err
	}
	return a.MayInvite()
}

var (
	errNoAgency  = fault.New(fault.NotFound, "errors.there_is_no_such_agency")
	errNoRequest = fault.New(fault.NotFound, "errors.there_is_no_such_join_request")
)
