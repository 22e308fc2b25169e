package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/words"
)

// AccessStore also reads what there is to open.
type AccessStore interface {
	Store
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
}

// Access opens an agency's resources to its clients, and closes them.
type Access struct {
	Store AccessStore
	Now   func() time.Time
}

// Grant opens a resource to the client, or changes the right that it has. The same again changes nothing.
//
// Faults: [fault.NotFound] for a client or a resource that the agency has not; [fault.Invalid] for a right that is none,
// for a resource that is not running, and for too many; [fault.NotActive].
func (a *Access) Grant(ctx context.Context, caller identity.Caller, which id.Client, resource id.Resource,
	access instance.Access) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Manage); err != nil {
		return nil, err
	}
	if !access.Valid() {
		return nil, fault.InField("access", "errors.choose_read_or_write")
	}
	if instance.KindOf(resource) == "" {
		return nil, errNoResource
	}
	return change(ctx, a.Store, a.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		have, err := a.Store.ResourcesByID(ctx, caller.Agency, []id.Resource{resource})
		if err != nil {
			return nil, err
		}
		r, ok := have[resource]
		if !ok {
			return nil, errNoResource
		}
		if r.Bought() && (!r.Handed || r.Owner.Ref() != which.Ref()) { // what was handed over was set up for one client alone
			return nil, fault.FieldSaying("resourceId", ownWords(r.Name))
		}
		before, err := c.Grant(now, instance.Grant{Resource: resource, Access: access, Name: r.Name})
		switch {
		case err != nil:
			return nil, err
		case before == access:
			return nil, nil //nolint:nilnil // nothing to write
		case before != "":
			return logged(row(now, caller, audit.AccessChanged, string(c.ID), string(resource)+" "+string(access))), nil
		case !r.Status.Linkable():
			return nil, fault.InField("resourceId", "errors.is_only_an_active_or_running", "name", r.Name, "status",
				r.Status.Word())
		}
		return logged(row(now, caller, audit.AccessGranted, string(c.ID), string(resource)+" "+string(access))), nil
	})
}

// ownWords says why an agency cannot open or close what a client has bought.
func ownWords(name string) string {
	return words.Say("errors.they_bought_and_own_it", "name", name)
}

// Revoke closes a resource to the client, from its next request on. What is not open is no fault. Faults:
// [fault.NotFound] for the client; [fault.NotActive], also for what the client has bought and pays for.
func (a *Access) Revoke(ctx context.Context, caller identity.Caller, which id.Client, resource id.Resource) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Manage); err != nil {
		return nil, err
	}
	return change(ctx, a.Store, a.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if i := c.Bought(resource); i != nil && i.State != purchase.Deleted && i.State != purchase.Refunded {
			return nil, fault.Saying(fault.NotActive, ownWords(i.Article.Name()))
		}
		before, err := c.Revoke(now, resource)
		if err != nil || before == "" {
			return nil, err
		}
		return logged(row(now, caller, audit.AccessRevoked, string(c.ID), string(resource))), nil
	})
}
