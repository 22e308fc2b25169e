// Package instance holds what an agency can show a client: n8n instances and other services, and the grants that
// open them.
package instance

import (
	"strings"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Kind says which of the two families a resource belongs to.
type Kind string

// The kinds. The prefix of a resource's id says the same.
const (
	N8N     Kind = "instance"
	Service Kind = "service"
)

// Status is where a resource is in its life.
type Status string

// The states. Only an active or running resource can be granted.
const (
	PendingDeploy Status = "pending_deploy"
	Deploying     Status = "deploying"
	Running       Status = "running"
	Active        Status = "active"
	Stopped       Status = "stopped"
	SuspendedDown Status = "suspended"
	Failed        Status = "failed"
	Deleted       Status = "deleted" // what a client had bought: it was paid back, or is paid for no more
)

// Linkable tells whether a client can be given a resource in this state.
func (s Status) Linkable() bool { return s == Running || s == Active }

// Word is the state within a sentence.
func (s Status) Word() string {
	switch s {
	case PendingDeploy:
		return words.Say("resources.is_pending_deploy")
	case Deploying:
		return words.Say("resources.is_deploying")
	case Running:
		return words.Say("resources.is_running")
	case Active:
		return words.Say("resources.is_active")
	case Stopped:
		return words.Say("resources.is_stopped")
	case SuspendedDown:
		return words.Say("resources.is_suspended")
	case Failed:
		return words.Say("resources.is_failed")
	case Deleted:
		return words.Say("resources.is_deleted")
	}
	return string(s)
}

// Resource is one thing that an agency runs for its clients.
type Resource struct {
	ID        id.Resource
	Kind      Kind
	Type      string // "n8n", "whatsapp", "hermes" or "other"
	Name      string
	Status    Status
	URL       string // where it is opened; "" while it has no address yet
	CreatedAt time.Time
	Owner     id.Client // the client by whose contract it is there; "" for the agency's own
	Handed    bool      // that client has handed it over to the agency, which pays for it and owns it

	Key       string    // the API key of an n8n, sealed; "" for one that was never connected. It never leaves the product
	CheckedAt time.Time // when it was last called to see how it is; zero for never
	Reason    string    // what was seen then that should not be, in plain words; "" for nothing
	Version   int       // of what was read; 0 for one that is not stored yet

	BadKey     bool      // whether it is the API key that is refused, which the agency alone can mend
	AnsweredAt time.Time // when it last answered as it should; zero for never
	SilentAt   time.Time // since when it does not; zero while it does
	Next       time.Time // not to be called before by itself; zero for no such time

	Listed   string    // the sum of its Roster; "" for none
	ListedAt time.Time // when its workflows were last listed and that was written down
}

// Bought tells whether the platform has made it by a client's contract: whoever pays for it, no agency disconnects it or opens it to
// other clients than that one. What was deleted is nobody's any more.
func (r *Resource) Bought() bool { return r.Owner != "" && r.Status != Deleted }

// OwnedBy is the client that owns it; "" for what is the agency's.
func (r *Resource) OwnedBy() id.Client {
	if r.Handed {
		return ""
	}
	return r.Owner
}

// Connected tells whether the product can call it.
func (r *Resource) Connected() bool { return r.Kind == N8N && r.Key != "" && r.URL != "" }

// Place is where the resource's sealed key opens, and nowhere else.
func (r *Resource) Place(agency id.Agency) string { return string(agency) + " " + string(r.ID) }

// KindOf reads the kind from an id's prefix; "" when the id is malformed.
func KindOf(r id.Resource) Kind {
	switch {
	case strings.HasPrefix(string(r), id.InstancePrefix) && id.Valid(id.InstancePrefix, string(r)):
		return N8N
	case strings.HasPrefix(string(r), id.ServicePrefix) && id.Valid(id.ServicePrefix, string(r)):
		return Service
	}
	return ""
}

// Access is how far a grant reaches.
type Access string

// The two rights: seeing, and seeing and changing.
const (
	Read  Access = "read"
	Write Access = "write"
)

// Valid tells whether a is one of the rights.
func (a Access) Valid() bool { return a == Read || a == Write }

// Grant opens one resource to one client. Name is the resource's name when it was granted, so that a list of
// clients needs no second look-up and a contract keeps its words.
type Grant struct {
	Resource id.Resource
	Access   Access
	Name     string
}
