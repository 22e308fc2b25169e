package api

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

// etag is the entity tag of a client (RFC 9110 section 8.8.3).
func etag(c *client.Client) string { return `"` + c.Edition() + `"` }

// edition reads an If-Match field: the one entity tag that we gave out, "" where any will do.
func edition(ifMatch string) string {
	if ifMatch == "*" {
		return ""
	}
	return strings.Trim(strings.TrimPrefix(ifMatch, "W/"), `" `)
}

// tended answers with the client as it is after a change.
func tended(ctx context.Context, directory *onboarding.Directory, caller identity.Caller, c *client.Client, err error) (*clientOutput, error) {
	if err != nil {
		return nil, err
	}
	l, err := directory.Listed(ctx, caller, c)
	if err != nil {
		return nil, err
	}
	return &clientOutput{etag(c), clientBody(l, directory.Now())}, nil
}

type updateClientInput struct {
	ClientRef
	IfMatch string `header:"If-Match" doc:"The ETag of what was read: then a change that somebody else made meanwhile is not overwritten." example:"\"5f0c2b1e1f7c4a52\""`
	Body    struct {
		Name *string `json:"name,omitempty" doc:"The new name; empty for none: then the address stands for it." example:"Acme Ltd"`
	}
}

// UpdateClient changes a client's name.
func UpdateClient(door *signin.Doorkeeper, directory *onboarding.Directory, keeper *clients.Keeper) Operation {
	return operation("updateClient", "Rename a client", "What is left out stays as it is.", tagClients, 200,
		[]fault.Code{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Changed},
		func(ctx context.Context, in *updateClientInput) (*clientOutput, error) {
			caller, err := forAgency(ctx, door, identity.ClientsWrite)
			if err != nil {
				return nil, err
			}
			which := id.Client(in.ClientID)
			if in.Body.Name == nil {
				l, err := directory.Client(ctx, caller, which)
				if err != nil {
					return nil, err
				}
				return &clientOutput{etag(l.Client), clientBody(l, directory.Now())}, nil
			}
			c, err := keeper.Rename(ctx, caller, which, *in.Body.Name, edition(in.IfMatch))
			return tended(ctx, directory, caller, c, err)
		})
}

// GrantRef names what a client is given in the path.
type GrantRef struct {
	ClientRef
	ResourceID string `path:"resourceId" doc:"An instance's or a service's id." example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type grantInput struct {
	GrantRef
	Body struct {
		Access string `json:"access" doc:"read: sees it. write: sees and changes it." example:"read"`
	}
}

// GrantAccess opens an instance or service to a client.
func GrantAccess(door *signin.Doorkeeper, directory *onboarding.Directory, keeper *clients.Keeper) Operation {
	return operation("grantAccess", "Open something to a client", "Or change the right to what is open already. Before the invite is accepted it is the offer that changes. Only an active or running instance or service can be opened anew.",
		tagClients, 200, []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.NotActive},
		func(ctx context.Context, in *grantInput) (*clientOutput, error) {
			caller, err := forAgency(ctx, door, identity.ClientsWrite)
			if err != nil {
				return nil, err
			}
			c, err := keeper.Grant(ctx, caller, id.Client(in.ClientID), id.Resource(in.ResourceID), instance.Access(in.Body.Access))
			return tended(ctx, directory, caller, c, err)
		})
}

// RevokeAccess closes an instance or service to a client.
func RevokeAccess(door *signin.Doorkeeper, keeper *clients.Keeper) Operation {
	return operation("revokeAccess", "Close something to a client", "From its next request on. What is not open to it is no error.",
		tagClients, 204, []fault.Code{fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.NotActive},
		func(ctx context.Context, in *GrantRef) (*struct{}, error) {
			caller, err := forAgency(ctx, door, identity.ClientsWrite)
			if err != nil {
				return nil, err
			}
			_, err = keeper.Revoke(ctx, caller, id.Client(in.ClientID), id.Resource(in.ResourceID))
			return nil, err
		})
}

// RemoveClient ends the relationship.
func RemoveClient(door *signin.Doorkeeper, directory *onboarding.Directory, keeper *clients.Keeper) Operation {
	return operation("removeClient", "Remove a client", "All access ends with the client's next request; an invite that is out is cancelled. The client keeps its sign-in and what it owns, stays in the list as inactive, and can be invited again. Removing it again answers the same. One that pays by subscription stays until it cancels: 409.",
		tagClients, 200, []fault.Code{fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.NotActive, fault.AlreadyPaid},
		func(ctx context.Context, in *ClientRef) (*clientOutput, error) {
			caller, err := forAgency(ctx, door, identity.ClientsWrite)
			if err != nil {
				return nil, err
			}
			c, err := keeper.Remove(ctx, caller, id.Client(in.ClientID))
			return tended(ctx, directory, caller, c, err)
		})
}

// EraseClient forgets a client.
func EraseClient(door *signin.Doorkeeper, keeper *clients.Keeper) Operation {
	return operation("eraseClient", "Erase a client", "Its address, name, messages and history are deleted for good. Only an inactive client can be erased. The activity log keeps its rows, which hold ids alone.",
		tagClients, 204, []fault.Code{fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.NotActive, fault.AlreadyPaid},
		func(ctx context.Context, in *ClientRef) (*struct{}, error) {
			caller, err := forAgency(ctx, door, identity.ClientsWrite)
			if err != nil {
				return nil, err
			}
			return nil, keeper.Erase(ctx, caller, id.Client(in.ClientID))
		})
}
