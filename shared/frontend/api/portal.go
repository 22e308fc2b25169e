package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
)

// WorkflowBody is a workflow of an n8n.
type WorkflowBody struct {
	ID        string `json:"id" example:"2tUt1wbLX592XDdX"`
	Name      string `json:"name" example:"New orders to the ledger"`
	Active    bool   `json:"active"`
	UpdatedAt *Time  `json:"updatedAt" doc:"When it was last changed in n8n."`
}

func workflowBody(w instance.Workflow) WorkflowBody {
	return WorkflowBody{ID: w.ID, Name: w.Name, Active: w.Active, UpdatedAt: orNull(w.UpdatedAt)}
}

// RunBody is one execution of a workflow.
type RunBody struct {
	ID           string `json:"id" example:"1042"`
	WorkflowID   string `json:"workflowId" example:"2tUt1wbLX592XDdX"`
	WorkflowName string `json:"workflowName" doc:"Empty if the workflow is gone." example:"New orders to the ledger"`
	Status       string `json:"status" enum:"success,error,crashed,canceled,running,waiting,new,unknown"`
	StartedAt    *Time  `json:"startedAt"`
	StoppedAt    *Time  `json:"stoppedAt" doc:"null while it runs."`

	Failure *FailureBody `json:"failure,omitempty" doc:"Why a run failed, if n8n says. Only for the newest five."`
}

// FailureBody is why a run failed.
type FailureBody struct {
	Message string `json:"message" doc:"In n8n's words, shortened. Empty if it says nothing." example:"The service refused the connection"`
	Node    string `json:"node" doc:"The step where it stopped. Empty if n8n doesn't say." example:"Post to the ledger"`
	URL     string `json:"url" doc:"The run's address in n8n, or empty." example:"https://n8n.example.com/workflow/2t/executions/7"`
}

// PortalInstanceBody is one n8n as a client sees it.
type PortalInstanceBody struct {
	ID        string `json:"id" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name      string `json:"name" example:"Acme production"`
	Status    string `json:"status" example:"running"`
	Access    string `json:"access" enum:"read,write" doc:"read (Read-only) or write (Read-write: can switch workflows on and off)."`
	URL       string `json:"url"`
	Connected bool   `json:"connected" doc:"Whether the agency connected it, so that workflows can be shown."`

	CheckedAt   *Time `json:"checkedAt" doc:"When we last called n8n. null if never."`
	AnsweredAt  *Time `json:"answeredAt" doc:"When it last answered correctly. null if never."`
	SilentSince *Time `json:"silentSince" doc:"Since when it doesn't answer. null while it does."`

	Reason string `json:"reason,omitempty" doc:"Why workflows can't be shown." example:"it does not answer as it should at the moment"`

	Workflows     []WorkflowBody `json:"workflows"`
	MoreWorkflows bool           `json:"moreWorkflows" doc:"Whether n8n has more than these."`
	LastSeen      *RosterBody    `json:"lastSeen,omitempty" doc:"What it had when it last answered, if workflows can't be shown."`
	Progress      *ProgressBody  `json:"progress,omitempty" doc:"How far along it is, if you bought it."`
	Runs          []RunBody      `json:"runs" doc:"The last 20 runs, newest first."`
}

// RosterBody is what the workflows of an n8n were when they were last listed.
type RosterBody struct {
	At        Time        `json:"at"`
	Count     int         `json:"count" doc:"How many workflows there were." example:"12"`
	On        int         `json:"on" doc:"How many of them were on." example:"9"`
	More      bool        `json:"more" doc:"Whether there were more than are counted."`
	Workflows []NamedBody `json:"workflows" doc:"The first 50."`
}

// NamedBody is a workflow as it was last seen.
type NamedBody struct {
	Name   string `json:"name" example:"New orders to the ledger"`
	Active bool   `json:"active"`
}

func rosterBody(r *instance.Roster) *RosterBody {
	if r == nil {
		return nil
	}
	b := &RosterBody{At: Time(r.At), Count: r.Count, On: r.On, More: r.More, Workflows: []NamedBody{}}
	for _, n := range r.Named {
		b.Workflows = append(b.Workflows, NamedBody{n.Name, n.Active})
	}
	return b
}

type portalInstanceOutput struct{ Body PortalInstanceBody }

// GetPortalInstance shows a client one of its instances.
func GetPortalInstance(auth *signin.Authenticator, instances *portal.Instances) Operation {
	return operation(auth, described{
		id: "getPortalInstance", method: http.MethodGet, who: identity.ByClient, tag: tagPortal, status: 200,
		summary: "Get an instance of your portal",
		description: "Its workflows and last runs, read from n8n right now. If n8n doesn't answer, reason says so, and the " +
			"status is still 200.",
		codes: []fault.Code{fault.Forbidden, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *instanceInput) (*portalInstanceOutput, error) {
		thing, err := id.ParseResource(in.InstanceID)
		if err != nil {
			return nil, err
		}
		v, err := instances.Get(ctx, caller, thing)
		if err != nil {
			return nil, err
		}
		event.Annotate(ctx, "agency", string(v.Agency.ID), "client", string(v.Client.ID))
		b := PortalInstanceBody{ID: string(v.ID), Name: v.Name, Status: string(v.Status), Access: string(v.Access), URL: v.URL,
			Progress: progressBody(v.Making, instances.Now()), Connected: v.Connected, Reason: v.Reason.String(),
			CheckedAt: orNull(v.CheckedAt), AnsweredAt: orNull(v.AnsweredAt), SilentSince: orNull(v.SilentAt),
			LastSeen: rosterBody(v.Roster), MoreWorkflows: v.More, Workflows: []WorkflowBody{}, Runs: []RunBody{}}
		names := map[string]string{}
		for _, w := range v.Workflows {
			names[w.ID] = w.Name
			b.Workflows = append(b.Workflows, workflowBody(w))
		}
		for _, r := range v.Runs {
			x := RunBody{ID: r.ID, WorkflowID: r.Workflow, WorkflowName: names[r.Workflow], Status: string(r.Status),
				StartedAt: orNull(r.StartedAt), StoppedAt: orNull(r.StoppedAt)}
			if r.Failure != (instance.Failure{}) {
				x.Failure = &FailureBody{Message: r.Failure.Message, Node: r.Failure.Node}
				if v.Status.Linkable() || v.Silent() {
					x.Failure.URL = instance.RunURL(v.URL, r)
				}
			}
			b.Runs = append(b.Runs, x)
		}
		return &portalInstanceOutput{b}, nil
	})
}

// EntryBody is how a client gets into an n8n.
type EntryBody struct {
	State string `json:"state" enum:"ready,invited,mailed" doc:"Sign in, choose a password, or use the link that n8n emailed."`
	Email string `json:"email" doc:"The address to sign in with." example:"ops@acme.example"`
	URL   string `json:"url" doc:"Empty for mailed. For invited it is a secret that opens the account." example:"https://n8n.example.com"`
}

type entryOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         EntryBody
}

// EnterInstance gives a client who has bought an n8n an account in it.
func EnterInstance(auth *signin.Authenticator, instances *portal.Instances) Operation {
	return operation(auth, described{
		id: "enterInstance", method: http.MethodPost, who: identity.ByClient, tag: tagPortal, status: 200,
		summary: "Sign in to an n8n you bought",
		description: "n8n invites you as an administrator, or as a member where its edition allows only that. You choose your " +
			"password on n8n's own page, and sign in there from then on. Call it again whenever you need the link " +
			"again.",
		codes: []fault.Code{fault.Forbidden, fault.NotFound, fault.Unreachable},
	}, func(ctx context.Context, caller identity.Caller, in *instanceInput) (*entryOutput, error) {
		event.Annotate(ctx, "resource", in.InstanceID)
		v, e, err := instances.Enter(ctx, caller, id.Resource(in.InstanceID))
		if err != nil {
			return nil, err
		}
		b := EntryBody{State: string(e.State), Email: string(caller.Email), URL: e.URL}
		if e.State == instance.EntryReady {
			b.URL = v.URL
		}
		return &entryOutput{"no-store", b}, nil
	})
}

type setWorkflowInput struct {
	InstanceID string `path:"instanceId" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	WorkflowID string `path:"workflowId" example:"2tUt1wbLX592XDdX"`
	Body       struct {
		Active bool `json:"active"`
	}
}

type workflowOutput struct{ Body WorkflowBody }

// SetWorkflowState switches a workflow on or off.
func SetWorkflowState(auth *signin.Authenticator, instances *portal.Instances) Operation {
	return operation(auth, described{
		id: "setWorkflowState", method: http.MethodPut, who: identity.ByClient, tag: tagPortal, status: 200,
		summary:     "Switch a workflow on or off",
		description: "For clients with read-write access to the instance. The answer is the workflow as n8n now has it.",
		codes:       []fault.Code{fault.Invalid, fault.Forbidden, fault.NotFound, fault.Unreachable},
	}, func(ctx context.Context, caller identity.Caller, in *setWorkflowInput) (*workflowOutput, error) {
		event.Annotate(ctx, "resource", in.InstanceID)
		thing, err := id.ParseResource(in.InstanceID)
		if err != nil {
			return nil, err
		}
		w, err := instances.Switch(ctx, caller, thing, in.WorkflowID, in.Body.Active)
		if err != nil {
			return nil, err
		}
		return &workflowOutput{workflowBody(w)}, nil
	})
}
