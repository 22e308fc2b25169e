package api

import (
	"context"
	"net/http"
	"strings"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/signin"
)

// etag is the entity tag of a client (RFC 9110 section 8.8.3).
func etag(c *client.Client) string { return `"` + c.Edition() + `"` }

// edition reads an If-Match field: the one entity tag that we gave out, "" where any will do. What is no tag of ours matches
// nothing, so that a condition is never passed over.
func edition(ifMatch string) string {
	ifMatch = strings.TrimSpace(ifMatch)
	if ifMatch == "" || ifMatch == "*" {
		return ""
	}
	tag := strings.TrimPrefix(ifMatch, "W/")
	if len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return ifMatch + " is no tag"
	}
	return tag[1 : len(tag)-1]
}

// changed answers with the client as it is after a change.
func changed(ctx context.Context, auth *signin.Authenticator, directory *clients.Directory, c *client.Client,
	err error) (*clientOutput, error) {
	if err != nil {
		return nil, err
	}
	l, err := directory.Listed(ctx, c)
	if err != nil {
		return nil, err
	}
	return &clientOutput{etag(c), clientBody(l, auth.Now())}, nil
}

type updateClientInput struct {
	ClientRef
	IfMatch string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change." example:"\"5f0c2b1e1f7c4a52\""`
	Body    struct {
		Name      *string    `json:"name,omitempty" doc:"The new name. Empty for none: we then show the email address." example:"Acme Ltd"`
		Roles     *[]string  `json:"roles,omitempty" doc:"IDs of all roles they have from now on, up to 10."`
		Rules     *RulesBody `json:"rules,omitempty" doc:"All that they alone are given."`
		ExpiresAt *string    `json:"expiresAt,omitempty" doc:"RFC 3339. Empty: no end. Now: at once." example:"2027-01-31T17:00:00Z"`
		Contacts  *[]string  `json:"contacts,omitempty" doc:"IDs of all contacts they are linked to, up to 10."`
		Language  *string    `json:"language,omitempty" doc:"As in sendInvite. Empty: your agency's. Their own choice goes first."`
	}
}

// wishes are what the body asks for.
func (in *updateClientInput) wishes() (clients.Wishes, error) {
	w := clients.Wishes{Name: in.Body.Name, Language: in.Body.Language}
	if in.Body.Roles != nil {
		all := make([]id.Role, len(*in.Body.Roles))
		for n, s := range *in.Body.Roles {
			all[n], _ = id.ParseRole(s) // "" for what is no id, which is not found then
		}
		w.Roles = &all
	}
	if in.Body.Contacts != nil {
		all := make([]id.Contact, len(*in.Body.Contacts))
		for n, s := range *in.Body.Contacts {
			all[n] = contactOf(s)
		}
		w.Contacts = &all
	}
	if in.Body.Rules != nil {
		rules := in.Body.Rules.rules()
		w.Rules = &rules
	}
	if in.Body.ExpiresAt == nil {
		return w, nil
	}
	at, err := momentOrNever("expiresAt", *in.Body.ExpiresAt)
	w.ExpiresAt = &at
	return w, err
}

// UpdateClient changes a client: its name, and what it may do in Client Portal.
func UpdateClient(auth *signin.Authenticator, directory *clients.Directory, external *clients.External) Operation {
	return operation(auth, described{
		id: "updateClient", method: http.MethodPatch, who: identity.ByPortal(identity.ClientsWrite, identity.Administer), tag: tagClients,
		status: 200, summary: "Update a client",
		description: "Fields you leave out don't change. roles, rules, expiresAt and contacts are of Client Portal: without it they " +
			"answer 404. Before the client has accepted, roles and expiresAt change what the invite gives. Removing a contact " +
			"closes what came with it at the client's next request.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.Changed, fault.NotActive, fault.AlreadyLinked},
	}, func(ctx context.Context, caller identity.Caller, in *updateClientInput) (*clientOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		w, err := in.wishes()
		if err != nil {
			return nil, err
		}
		c, err := external.Update(ctx, caller, which, w, edition(in.IfMatch))
		return changed(ctx, auth, directory, c, err)
	}, func(in *updateClientInput) error {
		_, err := in.wishes()
		var badName, badLanguage error
		if in.Body.Name != nil {
			_, badName = text.Line("name", *in.Body.Name, text.MaxName)
		}
		if in.Body.Language != nil {
			_, badLanguage = text.Language("language", *in.Body.Language)
		}
		return fault.Together(badName, badLanguage, err)
	})
}

// GrantRef names what a client is given in the path.
type GrantRef struct {
	ClientRef
	ResourceID string `path:"resourceId" doc:"An instance's or a service's ID." example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type grantInput struct {
	GrantRef
	Body struct {
		Access string `json:"access" doc:"read (Read-only) or write (Read-write: can switch workflows on and off)." example:"read"`
	}
}

// GrantAccess opens an instance or service to a client.
func GrantAccess(auth *signin.Authenticator, directory *clients.Directory, access *clients.Access) Operation {
	return operation(auth, described{
		id: "grantAccess", method: http.MethodPut, who: identity.ByPortal(identity.ClientsWrite, identity.Manage),
		tag: tagClients, status: 200,
		summary: "Grant access",
		description: "Shares an instance or service with a client, or changes their access to it. Before they accept, it changes" +
			" what the invite offers. The instance or service must be active or running.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *grantInput) (*clientOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		thing, err := id.ParseResource(in.ResourceID)
		if err != nil {
			return nil, err
		}
		c, err := access.Grant(ctx, caller, which, thing, instance.Access(in.Body.Access))
		return changed(ctx, auth, directory, c, err)
	})
}

// RevokeAccess closes an instance or service to a client.
func RevokeAccess(auth *signin.Authenticator, access *clients.Access) Operation {
	return operation(auth, described{
		id: "revokeAccess", method: http.MethodDelete, who: identity.ByPortal(identity.ClientsWrite, identity.Manage),
		tag: tagClients, status: 204,
		summary:     "Revoke access",
		description: "They lose access at once. Revoking what isn't shared changes nothing.",
		codes:       []fault.Code{fault.NotFound, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *GrantRef) (*struct{}, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		thing, err := id.ParseResource(in.ResourceID)
		if err != nil {
			return nil, err
		}
		_, err = access.Revoke(ctx, caller, which, thing)
		return nil, err
	})
}

// RemoveClient ends the relationship.
func RemoveClient(auth *signin.Authenticator, directory *clients.Directory, removal *clients.Removal) Operation {
	return operation(auth, described{
		id: "removeClient", method: http.MethodDelete, who: identity.ByPortal(identity.ClientsWrite, identity.Administer),
		tag: tagClients, status: 200,
		summary: "Remove a client",
		description: "They lose access to everything you share, and an open invite is cancelled. They keep their sign-in and " +
			"what they own. They stay in your list as inactive, and you can invite them again. A client who pays by " +
			"subscription has to cancel first: until then the answer is 409.",
		codes: []fault.Code{fault.NotFound, fault.NotActive, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*clientOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		c, err := removal.Remove(ctx, caller, which)
		return changed(ctx, auth, directory, c, err)
	})
}

// EraseClient forgets a client.
func EraseClient(auth *signin.Authenticator, removal *clients.Removal) Operation {
	return operation(auth, described{
		id: "eraseClient", method: http.MethodPost, who: identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside(),
		tag: tagClients, status: 204,
		summary: "Erase a client",
		description: "Deletes their address, name, messages and history for good. Remove them first: only inactive clients can " +
			"be erased. The activity log keeps only IDs.",
		codes: []fault.Code{fault.NotFound, fault.NotActive, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*struct{}, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		return nil, removal.Erase(ctx, caller, which)
	})
}
