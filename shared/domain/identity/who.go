package identity

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/role"
)

// Kind is a kind of caller that an operation or a page is for.
type Kind string

// The kinds.
const (
	// Anyone may call, and nothing about the caller is looked at.
	Anyone Kind = "anyone"
	// Holder holds an invitation's link, which is the credential. A session is looked at where there is one.
	Holder Kind = "holder"
	// Visitor is anybody. A session is looked at where there is one.
	Visitor Kind = "visitor"
	// Person is somebody who is signed in.
	Person Kind = "person"
	// Client is somebody who is signed in, for what agencies share with them.
	Client Kind = "client"
	// Staff is a person who works at an agency, or an API key of it that has the scope.
	Staff Kind = "staff"
)

// Who says who may call an operation, use a page or send its form. It stands once, on the operation, page or form: the
// wrapper holds callers to it, the OpenAPI document prints it, and a test compares what the use cases decide with it.
type Who struct {
	Kind   Kind
	Scope  Scope       // of Staff: what an API key must have; InPerson for people alone
	Right  Right       // of Staff: what of Client Portal it asks for
	Module role.Module // of Client: the module of Client Portal that must be open to it; "" for what every client has
	Action string      // of Client: what must be allowed there besides; "" for nothing
	// Fresh is of what takes a sign-in of the last [FreshFor].
	Fresh bool
}

// FreshFor is how long ago a sign-in may be where a fresh one is asked for: a code that was just mailed, and no browser that was left
// open.
const FreshFor = 10 * time.Minute

// ByAnyone, ByHolder, ByVisitor, ByPerson and ByClient are the kinds that need no scope.
var (
	ByAnyone  = Who{Kind: Anyone}
	ByHolder  = Who{Kind: Holder}
	ByVisitor = Who{Kind: Visitor}
	ByPerson  = Who{Kind: Person}
	ByClient  = Who{Kind: Client}
)

// ByModule is for clients to whom the module of Client Portal is open, and who may do the action there, "" for just looking. Without the
// module it is not there for them. The use case holds them to it, since only it knows at which agency they are.
func ByModule(m role.Module, action string) Who { return Who{Kind: Client, Module: m, Action: action} }

// ByStaff is for those who work at an agency, and for its API keys with the scope.
func ByStaff(s Scope) Who { return Who{Kind: Staff, Scope: s} }

// ByPortal is for those who work at an agency and have the right in Client Portal, and for API keys of theirs with the scope.
func ByPortal(s Scope, r Right) Who { return Who{Kind: Staff, Scope: s, Right: r} }

// ByColleague is for everybody who works at an agency, and for API keys of theirs with the scope.
func ByColleague(s Scope) Who { return ByPortal(s, Colleague) }

// ByFreshStaff is for people who work at an agency and have just signed in.
func ByFreshStaff() Who { return Who{Kind: Staff, Scope: InPerson, Fresh: true} }

// Admits returns nil when the caller may call, as far as its credential and place say it; else the fault of [Caller.MayPortal].
func (w Who) Admits(c Caller) error { return c.MayPortal(w.Scope, w.Right) }

// Denies tells whether what it is of is not there for who is denied Client Portal.
func (w Who) Denies() bool { return w.Kind == Staff && w.Right != Office && w.Right != Colleague }

// Keys tells whether an API key may call.
func (w Who) Keys() bool { return w.Kind == Staff && w.Scope != InPerson }

// SignedIn tells whether somebody must be known.
func (w Who) SignedIn() bool { return w.Kind == Person || w.Kind == Client || w.Kind == Staff }

// String is the declaration as the OpenAPI document prints it, such as "staff invites:write", or "portal see clients:read".
func (w Who) String() string {
	if w.Kind != Staff {
		return strings.TrimSpace(strings.Join([]string{string(w.Kind), string(w.Module), w.Action}, " "))
	}
	by := "staff"
	switch w.Right {
	case Office:
	case Colleague:
		by = "colleague"
	default:
		by = "portal " + string(w.Right)
	}
	switch {
	case w.Fresh:
		return by + " in person, just signed in"
	case w.Scope == InPerson:
		return by + " in person"
	}
	return by + " " + string(w.Scope)
}
