package provisioning

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
)

// RetryStore keeps relationships. Reads of what is not there return a fault with code [fault.NotFound].
type RetryStore interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Retrier has a thing tried again whose tries are used up.
type Retrier struct {
	Store RetryStore
	Queue Queue // of provisioning jobs
	Now   func() time.Time
}

const noThing = "errors.nothing_bought"

// Retry has a thing of a client of the caller's tried again, and returns the relationship as it is then. For one that is
// being made already nothing changes. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound];
// [fault.NotActive] for what is not to be made.
func (r *Retrier) Retry(ctx context.Context, caller identity.Caller, which id.Client, resource id.Resource) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Manage); err != nil {
		return nil, err
	}
	return r.RetryAs(ctx, caller.Actor(), caller.Agency, which, resource)
}

// RetryAs is Retry for whoever is let do so otherwise, such as the operator. The log names the actor. Faults:
// [fault.NotFound], [fault.NotActive].
func (r *Retrier) RetryAs(
	ctx context.Context, actor string, agency id.Agency, which id.Client, resource id.Resource,
) (*client.Client, error) {
	var c *client.Client
	var i *purchase.Item
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = r.Store.Client(ctx, agency, which.Ref(), true); err != nil {
			return err
		}
		if c.ID != which || !c.Listed {
			return fault.New(fault.NotFound, "errors.there_is_no_such_client")
		}
		if i = c.Making(resource); i == nil {
			return fault.New(fault.NotFound, noThing)
		}
		now := r.Now().Truncate(time.Millisecond)
		switch {
		case i.Again(now):
		case i.State == purchase.Requested || i.State == purchase.Creating || i.State == purchase.HealthWait ||
			i.State == purchase.Retrying:
			return nil
		default:
			return fault.New(fault.NotActive, "errors.only_what_could_not_be_set")
		}
		row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: actor, Action: audit.ProvisionRetried, Subject: string(resource), Detail: string(c.ID)}
		return r.Store.Commit(ctx, agency, client.Change{Client: c, Audit: []audit.Entry{row}})
	})
	if err != nil {
		return nil, err
	}
	if i.State == purchase.Requested {
		if err := r.Queue.Send(ctx, job.Provision{Agency: agency, Client: c.ID, Item: i.Key}.Encode(), 0); err != nil {
			slog.WarnContext(ctx, "job not enqueued, left to the sweep", "error", err)
		}
	}
	return c, nil
}
