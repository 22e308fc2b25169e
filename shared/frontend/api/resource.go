package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
)

// ResourceBody is an instance or a service of the agency.
type ResourceBody struct {
	ID          string `json:"id" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Kind        string `json:"kind" enum:"instance,service"`
	Type        string `json:"type" doc:"n8n, whatsapp, hermes or other." example:"n8n"`
	Name        string `json:"name" example:"Acme production"`
	Status      string `json:"status" example:"running"`
	Linkable    bool   `json:"linkable" doc:"Whether you can share it: active or running, and not owned by a client."`
	URL         string `json:"url" example:"https://n8n.example.com"`
	Connected   bool   `json:"connected" doc:"Whether an API key is stored, so that clients see workflows. We never show the key."`
	CheckedAt   *Time  `json:"checkedAt" doc:"When we last checked it. null if never."`
	AnsweredAt  *Time  `json:"answeredAt" doc:"When it last answered correctly. null if never."`
	SilentSince *Time  `json:"silentSince" doc:"Since when it doesn't answer. null while it does."`
	Reason      string `json:"reason,omitempty" doc:"What was wrong at the last check." example:"it does not answer in time"`

	OwnedBy string `json:"ownedBy,omitempty" doc:"The client who bought it. Left out for your own." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`

	CreatedAt Time `json:"createdAt"`
}

func resourceBody(r *instance.Resource) ResourceBody {
	return ResourceBody{ID: string(r.ID), Kind: string(r.Kind), Type: r.Type, Name: r.Name, Status: string(r.Status),
		Linkable: r.Status.Linkable() && !r.Bought(), OwnedBy: string(r.OwnedBy()), URL: r.URL,
		Connected: r.Connected(), Reason: r.Reason, CheckedAt: orNull(r.CheckedAt), CreatedAt: Time(r.CreatedAt),
		AnsweredAt: orNull(r.AnsweredAt), SilentSince: orNull(r.SilentAt)}
}

// SeerBody is a client that sees an instance or a service, or will when it accepts.
type SeerBody struct {
	ID     string `json:"id" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name   string `json:"name" doc:"The client's name. Empty if none was given." example:"Acme Ltd"`
	Shown  string `json:"displayName" doc:"The name, or the email address if there is none." example:"Acme Ltd"`
	Status string `json:"status" enum:"pending,active"`
	Access string `json:"access" enum:"read,write"`
}

// SeersBody are the clients that see an instance or a service.
type SeersBody struct {
	Clients     []SeerBody `json:"clients" doc:"Who you share it with, or will once they accept. Newest first."`
	MoreClients bool       `json:"moreClients" doc:"Whether there are more than the 2,000 clients we looked through."`
}

func seersBody(s *resources.Seen, now time.Time) SeersBody {
	b := SeersBody{Clients: []SeerBody{}, MoreClients: s.More}
	for _, x := range s.Clients {
		b.Clients = append(b.Clients, SeerBody{string(x.Client.ID), x.Client.Name, x.Client.DisplayName(), string(x.Client.At(now)),
			string(x.Access)})
	}
	return b
}

type listResourcesInput struct {
	Paging
	Linkable bool `query:"linkable" doc:"Only those you can share."`
}

type resourcesOutput struct {
	Body struct {
		Items      []ResourceBody `json:"items"`
		NextCursor *string        `json:"nextCursor" doc:"null on the last page."`
	}
}

type connectInstanceInput struct {
	Once

	Body struct {
		Name   string `json:"name" doc:"The name your clients see." example:"Acme production"`
		URL    string `json:"url" doc:"Where you open n8n in a browser: https, on the public internet." example:"https://n8n.example.com"`
		APIKey string `json:"apiKey" doc:"From n8n: Settings, n8n API. We never show it again." example:"eyJhbGciOiJIUzI1NiIs…"`
	}
}

// instance is what the n8n is connected from.
func (in *connectInstanceInput) instance() resources.Instance {
	return resources.Instance{Name: &in.Body.Name, URL: &in.Body.URL, APIKey: &in.Body.APIKey}
}

type createdResourceOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     ResourceBody
}

// ConnectInstance ties an n8n to the agency.
func ConnectInstance(auth *signin.Authenticator, connector *resources.Connector) Operation {
	return operation(auth, described{
		id: "connectInstance", method: http.MethodPost, who: identity.ByStaff(identity.ResourcesWrite), tag: tagThings, status: 201,
		summary:     "Connect an n8n instance",
		description: "We call n8n with the API key first. Nothing is stored if it doesn't answer.",
		codes:       []fault.Code{fault.Invalid, fault.IdempotencyUsed, fault.Unreachable},
	}, func(ctx context.Context, caller identity.Caller, in *connectInstanceInput) (*createdResourceOutput, error) {
		r, err := connector.Connect(ctx, caller, in.instance(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &createdResourceOutput{"/v1/instances/" + string(r.ID), resources.Tag(r), resourceBody(r)}, nil
	}, func(in *connectInstanceInput) error { return connector.CheckInstance(in.instance()) })
}

type instanceInput struct {
	InstanceID string `path:"instanceId" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type serviceInput struct {
	ServiceID string `path:"serviceId" example:"svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type seenOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		ResourceBody
		SeersBody

		Progress *ProgressBody `json:"progress,omitempty" doc:"How far along it is, if a client bought it."`
		LastSeen *RosterBody   `json:"lastSeen,omitempty" doc:"What it had when it last answered, if it doesn't now."`
	}
}

func seenBody(s *resources.Seen, now time.Time) *seenOutput {
	out := &seenOutput{ETag: resources.Tag(s.Resource)}
	out.Body.ResourceBody, out.Body.SeersBody = resourceBody(s.Resource), seersBody(s, now)
	out.Body.LastSeen = rosterBody(s.Roster)
	if c := s.Owner(); c != nil {
		out.Body.Progress = progressBody(c.Bought(s.Resource.ID), now)
	}
	return out
}

// GetInstance reads an instance and who sees it.
func GetInstance(auth *signin.Authenticator, inventory *resources.Inventory) Operation {
	return operation(auth, described{
		id: "getInstance", method: http.MethodGet, who: identity.ByPortal(identity.ResourcesRead, identity.Look),
		tag: tagThings, status: 200,
		summary:     "Get an instance",
		description: "Includes the clients you share it with. They lose it if you disconnect it.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *instanceInput) (*seenOutput, error) {
		thing, err := id.ParseResource(in.InstanceID)
		if err != nil {
			return nil, err
		}
		s, err := inventory.Get(ctx, caller, instance.N8N, thing)
		if err != nil {
			return nil, err
		}
		return seenBody(s, inventory.Now()), nil
	})
}

type updateInstanceInput struct {
	InstanceID string `path:"instanceId" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	IfMatch    string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change."`
	Body       struct {
		Name   *string `json:"name,omitempty" example:"Acme production"`
		URL    *string `json:"url,omitempty" doc:"A new address needs a new API key." example:"https://n8n.example.com"`
		APIKey *string `json:"apiKey,omitempty" doc:"A new API key. We try it before we replace the old one."`
	}
}

// instance is what changes about the instance.
func (in *updateInstanceInput) instance() resources.Instance {
	return resources.Instance{Name: in.Body.Name, URL: in.Body.URL, APIKey: in.Body.APIKey}
}

type resourceOutput struct {
	ETag string `header:"ETag"`
	Body ResourceBody
}

// UpdateInstance renames an instance or gives it another address or key.
func UpdateInstance(auth *signin.Authenticator, connector *resources.Connector) Operation {
	return operation(auth, described{
		id: "updateInstance", method: http.MethodPatch, who: identity.ByStaff(identity.ResourcesWrite), tag: tagThings, status: 200,
		summary: "Change an instance",
		description: "Fields you leave out don't change. We try a new address or API key first. Nothing changes if n8n doesn't " +
			"answer.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.Changed, fault.Unreachable},
	}, func(ctx context.Context, caller identity.Caller, in *updateInstanceInput) (*resourceOutput, error) {
		thing, err := id.ParseResource(in.InstanceID)
		if err != nil {
			return nil, err
		}
		r, err := connector.Update(ctx, caller, thing, in.instance(), in.IfMatch)
		if err != nil {
			return nil, err
		}
		return &resourceOutput{resources.Tag(r), resourceBody(r)}, nil
	}, func(in *updateInstanceInput) error { return connector.CheckInstance(in.instance()) })
}

// CheckInstance calls an instance now.
func CheckInstance(auth *signin.Authenticator, connector *resources.Connector) Operation {
	return operation(auth, described{
		id: "checkInstance", method: http.MethodPost, who: identity.ByStaff(identity.ResourcesWrite), tag: tagThings, status: 200,
		summary:     "Check an instance",
		description: "Calls n8n now and stores the result: running, or failed with the reason.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *instanceInput) (*resourceOutput, error) {
		thing, err := id.ParseResource(in.InstanceID)
		if err != nil {
			return nil, err
		}
		r, err := connector.Check(ctx, caller, thing)
		if err != nil {
			return nil, err
		}
		return &resourceOutput{resources.Tag(r), resourceBody(r)}, nil
	})
}

type seersOutput struct{ Body SeersBody }

func disconnect(
	ctx context.Context, inventory *resources.Inventory, caller identity.Caller, kind instance.Kind, which string,
) (*seersOutput, error) {
	thing, err := id.ParseResource(which)
	if err != nil {
		return nil, err
	}
	s, err := inventory.Disconnect(ctx, caller, kind, thing)
	if err != nil {
		return nil, err
	}
	return &seersOutput{seersBody(s, inventory.Now())}, nil
}

// DisconnectInstance takes an instance away.
func DisconnectInstance(auth *signin.Authenticator, inventory *resources.Inventory) Operation {
	return operation(auth, described{
		id: "disconnectInstance", method: http.MethodDelete, who: identity.ByStaff(identity.ResourcesWrite),
		tag: tagThings, status: 200,
		summary:     "Disconnect an instance",
		description: "The clients in the answer lose access at once. Open invites go on without it. Nothing changes in n8n.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *instanceInput) (*seersOutput, error) {
		return disconnect(ctx, inventory, caller, instance.N8N, in.InstanceID)
	})
}

type connectServiceInput struct {
	Once

	Body struct {
		Type string `json:"type" enum:"whatsapp,hermes,other"`
		Name string `json:"name" doc:"The name your clients see." example:"WhatsApp support line"`
		URL  string `json:"url,omitempty" doc:"Where clients open it in a browser, if they can." example:"https://wa.example.com"`
	}
}

// service is what the service is connected from.
func (in *connectServiceInput) service() resources.Service {
	return resources.Service{Type: in.Body.Type, Name: in.Body.Name, URL: in.Body.URL}
}

// ConnectService ties a service to the agency.
func ConnectService(auth *signin.Authenticator, inventory *resources.Inventory) Operation {
	return operation(auth, described{
		id: "connectService", method: http.MethodPost, who: identity.ByStaff(identity.ResourcesWrite), tag: tagThings, status: 201,
		summary:     "Connect a service",
		description: "A WhatsApp service, a Hermes agent or another service. You can share it right away.",
		codes:       []fault.Code{fault.Invalid, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *connectServiceInput) (*createdResourceOutput, error) {
		r, err := inventory.ConnectService(ctx, caller, in.service(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &createdResourceOutput{"/v1/services/" + string(r.ID), resources.Tag(r), resourceBody(r)}, nil
	}, func(in *connectServiceInput) error { return inventory.CheckService(in.service()) })
}

// GetService reads a service and who sees it.
func GetService(auth *signin.Authenticator, inventory *resources.Inventory) Operation {
	return operation(auth, described{
		id: "getService", method: http.MethodGet, who: identity.ByPortal(identity.ResourcesRead, identity.Look),
		tag: tagThings, status: 200,
		summary:     "Get a service",
		description: "Includes the clients you share it with. They lose it if you disconnect it.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *serviceInput) (*seenOutput, error) {
		thing, err := id.ParseResource(in.ServiceID)
		if err != nil {
			return nil, err
		}
		s, err := inventory.Get(ctx, caller, instance.Service, thing)
		if err != nil {
			return nil, err
		}
		return seenBody(s, inventory.Now()), nil
	})
}

// DisconnectService takes a service away.
func DisconnectService(auth *signin.Authenticator, inventory *resources.Inventory) Operation {
	return operation(auth, described{
		id: "disconnectService", method: http.MethodDelete, who: identity.ByStaff(identity.ResourcesWrite),
		tag: tagThings, status: 200,
		summary:     "Disconnect a service",
		description: "The clients in the answer lose access at once. Open invites go on without it.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *serviceInput) (*seersOutput, error) {
		return disconnect(ctx, inventory, caller, instance.Service, in.ServiceID)
	})
}
