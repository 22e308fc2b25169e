package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
)

// LinkedBody is an instance or service as it is linked to a client.
type LinkedBody struct {
	ID     string `json:"id" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Kind   string `json:"kind" enum:"instance,service"`
	Name   string `json:"name" example:"Acme production"`
	Status string `json:"status" doc:"Its status today. removed if it is gone." example:"running"`
	Access string `json:"access" enum:"read,write"`

	Progress *ProgressBody `json:"progress,omitempty" doc:"How far along it is, if the client bought it."`
}

// ClientBody is a client.
type ClientBody struct {
	ID        string       `json:"id" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Email     string       `json:"email" example:"ops@acme.example"`
	Name      string       `json:"name" doc:"The client's name. Empty if none was given." example:"Acme Ltd"`
	Shown     string       `json:"displayName" doc:"The name, or the email address if there is none." example:"Acme Ltd"`
	Status    string       `json:"status" enum:"pending,active,inactive"`
	Resources []LinkedBody `json:"resources" doc:"What you share with them, or will once they accept."`
	Invite    *InviteBody  `json:"invite"`
	Proposal  *string      `json:"proposal" doc:"Another address the invitee proposed, or null." example:"pat@acme.example"`
	EndedAt   *Time        `json:"endedAt" doc:"When either side ended it. null while it lasts."`
	EndedBy   string       `json:"endedBy,omitempty" enum:"agency,client"`
	SeenAt    *Time        `json:"lastSeenAt" doc:"When they last opened their portal, to the hour. null if never."`
	CreatedAt Time         `json:"createdAt"`

	Roles         []string  `json:"roles" nullable:"false" doc:"IDs of their roles in Client Portal."`
	Rules         RulesBody `json:"rules" doc:"What they alone are given, besides what their roles give."`
	ExpiresAt     *Time     `json:"expiresAt" doc:"From this moment on only what they pay for is open. null if it never ends."`
	AccessExpired bool      `json:"accessExpired" doc:"Whether that moment has come."`
	Contacts      []string  `json:"contacts" nullable:"false" doc:"IDs of the contacts they are linked to."`

	Language string `json:"language,omitempty" doc:"Their own choice. Left out if none is known." example:"de"`

	Reason string `json:"reason,omitempty" enum:"expired,canceled,declined,bounced,removed,left,unpaid,promoted" doc:"If inactive."`
}

func clientBody(l clients.Listed, now time.Time) ClientBody {
	c := l.Client
	b := ClientBody{ID: string(c.ID), Email: string(c.Email), Name: c.Name, Shown: c.DisplayName(), Status: string(c.At(now)),
		Resources: []LinkedBody{}, Invite: inviteBody(c, now), EndedAt: orNull(c.EndedAt), EndedBy: string(c.EndedBy),
		CreatedAt: Time(c.CreatedAt), Roles: texts(c.Roles), Rules: rulesBody(c.Rules), ExpiresAt: orNull(c.ExpiresAt),
		AccessExpired: c.Lapsed(now), Contacts: texts(c.Contacts), Reason: string(c.Why(now)), Language: string(c.Language),
		SeenAt: orNull(c.SeenAt)}
	if p := c.Proposal; p != nil {
		address := string(p.Address)
		b.Proposal = &address
	}
	for _, r := range l.Resources {
		status := string(r.Status)
		if status == "" {
			status = "removed"
		}
		b.Resources = append(b.Resources, LinkedBody{string(r.Resource), string(r.Kind), r.Name, status, string(r.Access),
			progressBody(c.Making(r.Resource), now)})
	}
	return b
}

type listClientsInput struct {
	Paging
	Status string `query:"status" enum:"pending,active,inactive" doc:"Only clients in this state."`
	Reason string `query:"reason" enum:"expired,canceled,declined,bounced,removed,left,unpaid,promoted" doc:"Why they're inactive."`
	Find   string `query:"q" maxLength:"200" doc:"Part of the name or address. Follow nextCursor to the end." example:"acme"`
}

type clientsOutput struct {
	Body struct {
		Items      []ClientBody `json:"items"`
		NextCursor *string      `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListClients lists the agency's clients.
func ListClients(auth *signin.Authenticator, directory *clients.Directory) Operation {
	return operation(auth, described{
		id: "listClients", method: http.MethodGet, who: identity.ByPortal(identity.ClientsRead, identity.See),
		tag: tagClients, status: 200,
		summary:     "List clients",
		description: "Newest first, with their status and what you share with them.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *listClientsInput) (*clientsOutput, error) {
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		q.Status, q.Reason, q.Find = in.Status, in.Reason, text.Fold(in.Find)
		page, err := directory.Clients(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &clientsOutput{}
		out.Body.Items, out.Body.NextCursor = []ClientBody{}, cursor(page.Next)
		for _, l := range page.Items {
			out.Body.Items = append(out.Body.Items, clientBody(l, auth.Now()))
		}
		return out, nil
	})
}

// ClientRef names a client in the path.
type ClientRef struct {
	ClientID string `path:"clientId" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type clientOutput struct {
	ETag string `header:"ETag" doc:"Send it as If-Match with updateClient."`
	Body ClientBody
}

// GetClient reads a client.
func GetClient(auth *signin.Authenticator, directory *clients.Directory) Operation {
	return operation(auth, described{
		id: "getClient", method: http.MethodGet, who: identity.ByPortal(identity.ClientsRead, identity.See),
		tag: tagClients, status: 200,
		summary:     "Get a client",
		description: "Their status, what you share with them, and their current invite with its timeline.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*clientOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		l, err := directory.Client(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &clientOutput{etag(l.Client), clientBody(l, auth.Now())}, nil
	})
}

// ListInstances lists the agency's n8n instances.
func ListInstances(auth *signin.Authenticator, directory *clients.Directory) Operation {
	return operation(auth, described{
		id: "listInstances", method: http.MethodGet, who: identity.ByPortal(identity.ResourcesRead, identity.Look),
		tag: tagThings, status: 200,
		summary:     "List instances",
		description: "All n8n instances of your agency. You can share those that are active or running.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *listResourcesInput) (*resourcesOutput, error) {
		return resourceList(ctx, directory, caller, instance.N8N, in)
	})
}

// ListServices lists the agency's other services.
func ListServices(auth *signin.Authenticator, directory *clients.Directory) Operation {
	return operation(auth, described{
		id: "listServices", method: http.MethodGet, who: identity.ByPortal(identity.ResourcesRead, identity.Look),
		tag: tagThings, status: 200,
		summary:     "List services",
		description: "WhatsApp services, Hermes agents and others.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *listResourcesInput) (*resourcesOutput, error) {
		return resourceList(ctx, directory, caller, instance.Service, in)
	})
}

func resourceList(ctx context.Context, directory *clients.Directory, caller identity.Caller, kind instance.Kind,
	in *listResourcesInput) (*resourcesOutput, error) {
	all, err := directory.Resources(ctx, caller, kind, in.Linkable)
	if err != nil {
		return nil, err
	}
	prefix := id.InstancePrefix
	if kind == instance.Service {
		prefix = id.ServicePrefix
	}
	out := &resourcesOutput{}
	all, out.Body.NextCursor, err = pageOf(in.Paging, all, func(r *instance.Resource) string { return string(r.ID) }, false, prefix)
	if err != nil {
		return nil, err
	}
	out.Body.Items = []ResourceBody{}
	for i := range all {
		out.Body.Items = append(out.Body.Items, resourceBody(&all[i]))
	}
	return out, nil
}

type portalInput struct {
	Agency string `query:"agency" doc:"Whose portal, if you are a client of several." example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// PortalItem is an instance or service that is open to the client.
type PortalItem struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Status string `json:"status"`
	Access string `json:"access" enum:"read,write"`
	URL    string `json:"url"`

	Progress *ProgressBody `json:"progress,omitempty" doc:"How far along it is, if you bought it."`
}

// EndedAccess says what ended when the access ended that an agency had given.
type EndedAccess struct {
	At    Time         `json:"at"`
	Items []EndedThing `json:"items" doc:"What they shared with you until then."`
	Ask   string       `json:"ask" doc:"Whom to ask: the address of whoever invited you, or the agency's name." example:"sam@north.example"`
}

// EndedThing names a thing.
type EndedThing struct {
	ID   string `json:"id" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name string `json:"name" example:"Acme production"`
}

// endedAccess is what ended with the client's access; nil while that lasts.
func endedAccess(v *portal.View) *EndedAccess {
	if v.Access != portal.Over {
		return nil
	}
	b := &EndedAccess{At: Time(v.Client.ExpiresAt), Items: []EndedThing{}, Ask: v.Agency.Name}
	if v.Inviter != nil {
		b.Ask = string(v.Inviter.Email)
	}
	for _, g := range v.Lost {
		b.Items = append(b.Items, EndedThing{string(g.Resource), g.Name})
	}
	return b
}

// PortalBody is a client's portal.
type PortalBody struct {
	Agency    *AgencyBody   `json:"agency" doc:"null until you choose one of several."`
	Access    string        `json:"access,omitempty" enum:"full,past_due,kept,ended,inactive" doc:"kept, ended: what you pay for is open."`
	Ended     *EndedAccess  `json:"ended" doc:"What ended with your access. null while it lasts."`
	Instances []PortalItem  `json:"instances"`
	Services  []PortalItem  `json:"services"`
	Modules   []string      `json:"modules" nullable:"false" doc:"Parts of Client Portal that are open to you." example:"[\"contact\"]"`
	Agencies  []*AgencyBody `json:"agencies" doc:"The agencies to choose from, if you are a client of several."`
}

type portalOutput struct{ Body PortalBody }

// GetPortal shows the client's portal.
func GetPortal(auth *signin.Authenticator, p *portal.Portal) Operation {
	return operation(auth, described{
		id: "getPortal", method: http.MethodGet, who: identity.ByClient, tag: tagPortal, status: 200,
		summary:     "Get your portal",
		description: "What the agency shares with you right now. If several agencies have you as a client, name one with agency.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *portalInput) (*portalOutput, error) {
		var which id.Agency
		if in.Agency != "" {
			var err error
			if which, err = id.ParseAgency(in.Agency); err != nil {
				return nil, err
			}
		}
		v, err := p.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		if v.Access == portal.Closed { // to a program it is one more that is not open
			v.Access = portal.Inactive
		}
		b := PortalBody{Access: string(v.Access), Instances: items(v.Instances, p.Now()), Services: items(v.Services, p.Now()),
			Agencies: []*AgencyBody{}, Ended: endedAccess(v), Modules: texts(v.Modules)}
		if v.Agency != nil {
			b.Agency = agencyBody(v.Agency)
		}
		for _, a := range v.Choices {
			b.Agencies = append(b.Agencies, agencyBody(a))
		}
		return &portalOutput{b}, nil
	})
}

func items(in []portal.Item, now time.Time) []PortalItem {
	out := []PortalItem{}
	for _, i := range in {
		out = append(out, PortalItem{string(i.ID), i.Name, i.Type, string(i.Status), string(i.Access), i.URL, progressBody(i.Making, now)})
	}
	return out
}
