package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/signin"
)

// StepBody is one step of a thing's making.
type StepBody struct {
	State string `json:"state" example:"creating"`
	At    Time   `json:"at"`
}

// ProgressBody says how far something is that was paid for.
type ProgressBody struct {
	State string `json:"state" enum:"requested,creating,health_wait,ready,retrying,failed,compensating,refunded,suspended,deleting,deleted"`

	Steps     []StepBody `json:"steps" doc:"What happened so far, oldest first."`
	Late      bool       `json:"late" doc:"Whether it is taking longer than ten minutes."`
	Reason    string     `json:"reason,omitempty" doc:"Why the last try failed." example:"There is no room left."`
	DeletedOn *Time      `json:"deletedOn" doc:"When it will be deleted because nobody pays for it, or null."`
}

// progressBody is nil for what was not bought.
func progressBody(i *purchase.Item, now time.Time) *ProgressBody {
	if i == nil {
		return nil
	}
	b := &ProgressBody{State: string(i.State), Steps: []StepBody{}, Late: i.Late(now), Reason: i.Reason}
	for _, s := range i.Steps {
		b.Steps = append(b.Steps, StepBody{string(s.State), Time(s.At)})
	}
	if i.State == purchase.Suspended {
		b.DeletedOn = orNull(i.DeletedOn())
	}
	return b
}

type retryProvisioningInput struct {
	ClientRef
	ResourceID string `path:"resourceId" example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type progressOutput struct{ Body *ProgressBody }

// RetryProvisioning has something set up again whose tries are used up.
func RetryProvisioning(auth *signin.Authenticator, retrier *provisioning.Retrier) Operation {
	return operation(auth, described{
		id: "retryProvisioning", method: http.MethodPost, who: identity.ByPortal(identity.ClientsWrite, identity.Manage),
		tag: tagClients, status: 200,
		summary: "Retry provisioning",
		description: "For something a client bought that couldn't be set up in five tries. If it's being set up already, nothing" +
			" changes. If it isn't ready a day after the payment, they get their money back without asking.",
		codes: []fault.Code{fault.NotFound, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *retryProvisioningInput) (*progressOutput, error) {
		event.Annotate(ctx, "client", in.ClientID, "resource", in.ResourceID)
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		thing, err := id.ParseResource(in.ResourceID)
		if err != nil {
			return nil, err
		}
		c, err := retrier.Retry(ctx, caller, which, thing)
		if err != nil {
			return nil, err
		}
		return &progressOutput{progressBody(c.Making(thing), retrier.Now())}, nil
	})
}
