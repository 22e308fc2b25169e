package api

import (
	"context"
	"net/http"
	"strings"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/home"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
)

// TaskBody is one thing that waits for the agency.
type TaskBody struct {
	Kind string `json:"kind" doc:"One of the kinds listed above." example:"link_requested"`
	Text string `json:"text" doc:"A sentence for a person." example:"Acme Ltd asked for a new link."`

	At Time `json:"at" doc:"Since when it waits. For invite_expires: when the invite expires."`

	ClientID   string `json:"clientId,omitempty" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	ResourceID string `json:"resourceId,omitempty" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	DomainID   string `json:"domainId,omitempty" example:"dom_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// ClientNumbersBody counts clients by their state.
type ClientNumbersBody struct {
	Pending  int `json:"pending" example:"8"`
	Active   int `json:"active" example:"4"`
	Inactive int `json:"inactive" example:"2"`

	Reasons map[string]int `json:"reasons" doc:"How many are inactive for which reason. Reasons without clients are left out."`

	More bool `json:"more" doc:"Whether you have more than 2,000 clients. Then the newest 2,000 are counted."`
}

// InstanceNumbersBody counts n8n instances by how they are.
type InstanceNumbersBody struct {
	All  int `json:"all" example:"9"`
	Up   int `json:"up" doc:"Running or active." example:"5"`
	Down int `json:"down" doc:"Connected, but not answering." example:"1"`
}

// FirstStepBody is something to begin with.
type FirstStepBody struct {
	Step string `json:"step" enum:"brand,connect,plan,invite"`
	Done bool   `json:"done"`
}

// HomeBody is what an agency comes back to.
type HomeBody struct {
	Tasks     []TaskBody `json:"tasks" doc:"What needs you, most urgent first. Up to 20."`
	MoreTasks int        `json:"moreTasks" doc:"How many more tasks there are."`

	Clients   *ClientNumbersBody   `json:"clients,omitempty" doc:"Left out for an API key without clients:read."`
	Instances *InstanceNumbersBody `json:"instances,omitempty" doc:"Left out for an API key without resources:read."`

	Steps  []FirstStepBody `json:"steps" doc:"First steps for an agency without clients. Empty once there is one."`
	Events []EventBody     `json:"events" doc:"The newest 8 events. Empty for an API key without activity:read."`
}

type homeOutput struct{ Body HomeBody }

// latest is how many events home shows.
const latest = 8

// kinds are the kinds of tasks in words.
func kinds() string {
	var all []string
	for _, k := range home.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

// GetHome tells an agency what needs it.
func GetHome(auth *signin.Authenticator, desk *home.Desk, log *activity.Log) Operation {
	return operation(auth, described{
		id: "getHome", method: http.MethodGet, who: identity.ByColleague(identity.AgencyRead), tag: tagAgency, status: 200,
		summary: "Get what needs you",
		description: "Tasks, numbers, first steps and the newest events. An API key sees what its scopes allow: clients:read, " +
			"resources:read and activity:read each add their part. Kinds of tasks, the most urgent first: " + kinds() + ".",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*homeOutput, error) {
		h, err := desk.Home(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &homeOutput{HomeBody{Tasks: []TaskBody{}, MoreTasks: h.MoreTasks, Steps: []FirstStepBody{}, Events: []EventBody{}}}
		for _, t := range h.Tasks {
			out.Body.Tasks = append(out.Body.Tasks,
				TaskBody{string(t.Kind), t.Sentence(), Time(t.At), string(t.Client), string(t.Resource),
					string(t.Domain)})
		}
		if c := h.Clients; c != nil {
			reasons := map[string]int{}
			for why, n := range c.Reasons {
				reasons[string(why)] = n
			}
			out.Body.Clients = &ClientNumbersBody{c.Pending, c.Active, c.Inactive, reasons, c.More}
		}
		if i := h.Instances; i != nil {
			out.Body.Instances = &InstanceNumbersBody{i.All, i.Up, i.Down}
		}
		for _, s := range h.Steps {
			out.Body.Steps = append(out.Body.Steps, FirstStepBody{string(s.Name), s.Done})
		}
		if refused := caller.MayPortal(identity.ActivityRead, identity.Oversee); refused != nil {
			return out, nil //nolint:nilerr // whoever may not read the log has the rest
		}
		events, err := log.List(ctx, caller, activity.Query{Limit: latest})
		if err != nil {
			return nil, err
		}
		for _, e := range events.Events {
			out.Body.Events = append(out.Body.Events, eventBody(e))
		}
		return out, nil
	})
}

// SandboxBody is a client that does not exist, and what they would see.
type SandboxBody struct {
	Sandbox bool   `json:"sandbox" doc:"Always true."`
	Notice  string `json:"notice" example:"Sandbox: nothing here is real, no email is sent"`

	Client     ClientBody     `json:"client" doc:"As getClient answers before the invitation is accepted. The IDs lead nowhere."`
	Invitation InvitationBody `json:"invitation" doc:"What viewInvitation would answer."`
	Portal     PortalBody     `json:"portal" doc:"What getPortal would answer after the invitation is accepted."`
	Pages      SandboxPages   `json:"pages" doc:"Where to see each in a browser, signed in as a member."`
}

// SandboxPages are the sandbox's pages.
type SandboxPages struct {
	Email      string `json:"email" example:"https://portal.example.com/sandbox/email"`
	Invitation string `json:"invitation" example:"https://portal.example.com/sandbox/invitation"`
	Portal     string `json:"portal" example:"https://portal.example.com/sandbox/portal"`
}

type sandboxOutput struct{ Body SandboxBody }

// OpenSandbox shows an agency a client that does not exist.
func OpenSandbox(auth *signin.Authenticator, sandbox *home.Sandbox, origin string) Operation {
	return operation(auth, described{
		id: "openSandbox", method: http.MethodPost, who: identity.ByStaff(identity.AgencyRead), tag: tagAgency, status: 200,
		summary: "Open the sandbox",
		description: "Shows a fictitious client with their invitation and portal under your brand, on any plan. Nothing is " +
			"stored, sent or counted.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*sandboxOutput, error) {
		s, err := sandbox.Open(ctx, caller)
		if err != nil {
			return nil, err
		}
		now := sandbox.Now()
		c, v := s.Client, portal.Preview(s.Agency, s.Client.Invite.Grants, s.Resources)
		listed := clients.Listed{Client: c}
		out := &sandboxOutput{SandboxBody{Sandbox: true, Notice: words.Say("sandbox.notice"),
			Invitation: InvitationBody{Agency: AgencyBody{Name: s.Agency.Name, Color: s.Agency.Color, LogoURL: s.Agency.LogoURL},
				Email: string(c.Email), Standing: string(onboarding.Invited), Payer: string(invite.AgencyPays), Message: c.Invite.Message,
				Grants: []OfferBody{}, Offer: c.Invite.Offer(), ExpiresAt: Time(c.Invite.ExpiresAt)},
			Portal: PortalBody{Agency: agencyBody(s.Agency), Access: string(v.Access), Instances: items(v.Instances, now),
				Services: items(v.Services, now), Agencies: []*AgencyBody{}, Modules: texts(v.Modules)},
			Pages: SandboxPages{origin + "/sandbox/email", origin + "/sandbox/invitation", origin + "/sandbox/portal"},
		}}
		for _, g := range c.Invite.Grants {
			r := s.Resources[g.Resource]
			listed.Resources = append(listed.Resources, clients.Linked{Grant: g, Kind: r.Kind, Type: r.Type, Status: r.Status})
			out.Body.Invitation.Grants = append(out.Body.Invitation.Grants,
				OfferBody{string(instance.KindOf(g.Resource)), g.Name, string(g.Access)})
		}
		out.Body.Client = clientBody(listed, now)
		return out, nil
	})
}
