package identity

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
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
	// Bound is of what people may also use whose session is good for one agency alone: of Person, Client and Visitor.
	Bound bool
	// StepUp is of what takes a person who has proved within the last [StepUpLasts] to be who it is.
	StepUp bool
	// Inside is of what takes a step-up where the use case alone knows who may, such as whose client somebody is. It asks for the step-up
	// once it has said so: nobody proves again to be who it is for what is not there for them.
	Inside bool
	// Owner is of Staff: of what owners do alone.
	Owner bool
	// Self names the request's value that says which member it is about, who need not be an owner where it is the caller; "" for none.
	Self    string
	subject string // that value of a request
}

// StepUpLasts is how long ago a person may have proved to be who it is, where a step-up is asked for: by a code that was just mailed,
// and no browser that was left open (RFC 9470 calls it step-up authentication).
const StepUpLasts = 10 * time.Minute

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

// Stepped is for the same, once people among them have proved again that it is them. Keys that may call need no step-up: their maker's
// was one.
func (w Who) Stepped() Who {
	w.StepUp = true
	return w
}

// SteppedInside is Stepped, of what only the use case can say who may.
func (w Who) SteppedInside() Who {
	w = w.Stepped()
	w.Inside = true
	return w
}

// Owners is for owners alone among the same.
func (w Who) Owners() Who {
	w.Owner = true
	return w
}

// OrThemselves is for those among the same, too, whom the request is about. The value of that name says which member that is.
func (w Who) OrThemselves(name string) Who {
	w.Self = name
	return w
}

// Asked is the same for a request, of which value is what a name stands for there.
func (w Who) Asked(value func(name string) string) Who {
	if w.Self != "" {
		w.subject = value(w.Self)
	}
	return w
}

// AlsoBound is for the same, and for people whose session is good for one agency alone.
func (w Who) AlsoBound() Who {
	w.Bound = true
	return w
}

// BySteppedStaff is for people who work at an agency, once they have proved again that it is them.
func BySteppedStaff() Who { return ByStaff(InPerson).Stepped() }

// ByOwner is for owners of an agency, once they have proved again that it is them.
func ByOwner() Who { return BySteppedStaff().Owners() }

// Takes returns nil when the caller's credential is one for it, before anybody has looked at the caller's place; else a fault with code
// [fault.Unauthenticated], [fault.Forbidden] or, for a key where people have to step up, [fault.StepUpRequired].
func (w Who) Takes(c Caller) error {
	if w.Browser() && c.Key != "" {
		return errNoKey()
	}
	return c.MayPortal(w.Scope, Colleague)
}

// Admits returns nil when the caller may call at now, as far as its credential and place say it; else the fault of [Who.Takes],
// [Caller.MayPortal], one with code [fault.Forbidden] for who is no owner, or that of [Caller.SteppedUp], which is asked for last: nobody
// steps up to be told that they may not.
func (w Who) Admits(c Caller, now time.Time) error {
	if err := w.Takes(c); err != nil {
		return err
	}
	if err := c.MayPortal(w.Scope, w.Right); err != nil {
		return err
	}
	if w.Owner && c.place.Level != agency.Owner && (w.subject == "" || w.subject != string(c.Member)) {
		return fault.New(fault.Forbidden, "errors.only_an_owner_can_do_this")
	}
	if !w.StepUp || w.Inside {
		return nil
	}
	return c.SteppedUp(now)
}

// Browser tells whether a key is told that a person does this, with a browser, whatever the key's scopes: what takes a step-up and no key
// may do, and the rest of the office's business that is for people alone.
func (w Who) Browser() bool {
	switch w.Kind {
	case Staff:
		return w.Scope == InPerson && (w.StepUp || w.Right == Office)
	case Person, Client:
		return w.StepUp
	}
	return false
}

// Denies tells whether what it is of is not there for who is denied Client Portal.
func (w Who) Denies() bool { return w.Kind == Staff && w.Right != Office && w.Right != Colleague }

// Keys tells whether an API key may call.
func (w Who) Keys() bool { return w.Kind == Staff && w.Scope != InPerson }

// SignedIn tells whether somebody must be known.
func (w Who) SignedIn() bool { return w.Kind == Person || w.Kind == Client || w.Kind == Staff }

// String is the declaration as the OpenAPI document prints it, such as "staff invites:write", or "portal see clients:read".
func (w Who) String() string {
	again := ""
	if w.Bound {
		again = ", also bound"
	}
	if w.StepUp {
		again += ", stepped up"
	}
	if w.Kind != Staff {
		return strings.TrimSpace(strings.Join([]string{string(w.Kind), string(w.Module), w.Action}, " ")) + again
	}
	by := "staff"
	switch w.Right {
	case Office:
	case Colleague:
		by = "colleague"
	default:
		by = "portal " + string(w.Right)
	}
	if w.Scope == InPerson {
		by += " in person"
	} else {
		by += " " + string(w.Scope)
	}
	if w.Owner {
		by += ", owners"
	}
	if w.Self != "" {
		by += " or themselves"
	}
	return by + again
}
