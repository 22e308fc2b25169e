package portal

import (
	"context"
	"regexp"
	"sync"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
)

// InstanceStore is what seeing and switching workflows needs.
type InstanceStore interface {
	// Portals lists the agencies that the person is a client of.
	Portals(ctx context.Context, user id.User) ([]id.Agency, error)
	// Agency reads an agency.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
	// Record writes a row of the log about something that happened outside of the store.
	Record(ctx context.Context, agency id.Agency, row audit.Entry) error
	// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
	// been most of them in it.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// N8N calls instances. Every method fails with code [fault.Unreachable] when n8n does not do as asked.
type N8N interface {
	// Workflows lists the workflows, and says whether there are more than are read.
	Workflows(ctx context.Context, e instance.Endpoint) ([]instance.Workflow, bool, error)
	// LastRuns reads the newest runs, newest first.
	LastRuns(ctx context.Context, e instance.Endpoint) ([]instance.Run, error)
	// Workflow reads one workflow, or fails with code [fault.NotFound].
	Workflow(ctx context.Context, e instance.Endpoint, id string) (instance.Workflow, error)
	// SetActive switches a workflow on or off, and returns it as it is then. Code [fault.NotFound] when there is none.
	SetActive(ctx context.Context, e instance.Endpoint, id string, active bool) (instance.Workflow, error)
}

// Instances shows a client what runs in its n8n instances, and lets those with the right switch it.
type Instances struct {
	Store InstanceStore
	N8N   N8N
	Keys  *seal.Ring // that API keys are sealed with
	Now   func() time.Time
}

// Limits.
const (
	// Patience is how long a page waits for n8n. It then shows what it has.
	Patience = 4 * time.Second
	// SwitchesPerHour is how often a client may switch workflows, of all its instances.
	SwitchesPerHour = 240
)

// Instance is one n8n of a client as it is at this moment.
type Instance struct {
	Agency *agency.Agency
	Client *client.Client
	Item
	Connected bool   // whether the agency has given the API key, without which there is nothing to show
	Reason    string // why its workflows, or runs, cannot be shown, in plain words; "" when they can
	NoFlows   bool   // whether the workflows are among what cannot be shown
	Workflows []instance.Workflow
	More      bool // whether it has more workflows than are shown
	Runs      []instance.Run
}

// Get shows an instance. What was taken away a moment ago is not found. That n8n does not answer is no fault, and told in
// Reason: the rest is shown.
//
// Faults: [fault.Unauthenticated]; [fault.NotFound]; [fault.Forbidden] when the portal is paused.
func (p *Instances) Get(ctx context.Context, caller identity.Caller, which id.Resource) (*Instance, error) {
	v, err := p.find(ctx, caller, which)
	if err != nil || !v.Connected {
		return v, err
	}
	e, err := p.endpoint(v)
	if err != nil {
		v.Reason, v.NoFlows = told(err), true
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var flows, runs error
	var both sync.WaitGroup
	both.Go(func() { v.Workflows, v.More, flows = p.N8N.Workflows(ctx, e) })
	both.Go(func() { v.Runs, runs = p.N8N.LastRuns(ctx, e) })
	both.Wait()
	switch {
	case flows != nil:
		v.Reason, v.NoFlows = told(flows), true
	case runs != nil:
		v.Reason = told(runs)
	}
	return v, nil
}

// find looks through the agencies that the caller is a client of for the one that opens the instance to it, as it is now.
func (p *Instances) find(ctx context.Context, caller identity.Caller, which id.Resource) (*Instance, error) {
	if !caller.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "Sign in to see your portal.")
	}
	missing := fault.New(fault.NotFound,
		"There is no such instance in your portal. It may have been taken away; your portal shows what is open to you.")
	if instance.KindOf(which) != instance.N8N {
		return nil, missing
	}
	mine, err := p.Store.Portals(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	for _, a := range mine {
		c, err := p.Store.Client(ctx, a, id.RefOf(a, caller.Email), true)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		access := c.Access(which)
		if access == "" || !c.Joined() {
			continue
		}
		of, err := p.Store.Agency(ctx, a)
		if err != nil {
			return nil, err
		}
		if of.Suspended && (c.Bought(which) == nil || !c.Payment.State.Open()) { // what it pays for is its own
			return nil,
				fault.New(fault.Forbidden, "This portal is paused. Ask %s when it opens again; your sign-in stays as it is.", of.Name)
		}
		have, err := p.Store.ResourcesByID(ctx, a, []id.Resource{which})
		if err != nil {
			return nil, err
		}
		r, ok := have[which]
		if !ok {
			return nil, missing
		}
		return &Instance{Agency: of, Client: c, Item: Item{r, access, c.Bought(r.ID)}, Connected: r.Connected(),
			Workflows: []instance.Workflow{}, Runs: []instance.Run{}}, nil
	}
	return nil, missing
}

// endpoint is the instance's address and API key.
func (p *Instances) endpoint(v *Instance) (instance.Endpoint, error) {
	key, err := p.Keys.Open(v.Key, v.Place(v.Agency.ID))
	return instance.Endpoint{URL: v.URL, Key: key}, err
}

// told is what a client needs to know of why n8n does not do as asked: what only the agency can mend is the agency's to
// know, and so is where its n8n stands.
func told(err error) string {
	f := fault.As(err)
	if f == nil || len(f.Fields) > 0 && f.Fields[0].Location == "apiKey" {
		return "its connection has to be renewed"
	}
	return "it does not answer as it should at the moment"
}

// a workflow's id is n8n's own: sixteen letters and digits, or in older ones a number.
var workflowID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Switch turns a workflow of an instance on or off, for clients with the right to write, and returns it as it is then.
// What it is already, it stays.
//
// Faults: as of Get; [fault.Forbidden] for a client that may only look; [fault.NotFound] for no such workflow;
// [fault.Unreachable] with a reason when n8n does not do it; [fault.RateLimited].
func (p *Instances) Switch(
	ctx context.Context, caller identity.Caller, which id.Resource, workflow string, active bool,
) (instance.Workflow, error) {
	none := instance.Workflow{}
	v, err := p.find(ctx, caller, which)
	switch {
	case err != nil:
		return none, err
	case v.Access != instance.Write:
		return none, fault.New(fault.Forbidden,
			"You may look at this instance and change nothing. Ask %s if you should be able to switch its workflows.", v.Agency.Name)
	case !workflowID.MatchString(workflow):
		return none, fault.New(fault.NotFound, "There is no such workflow.")
	case !v.Connected:
		return none, unreachable("it is not connected to your portal for workflows yet", v.Agency.Name)
	}
	now := p.Now()
	wait, err := p.Store.Allow(ctx, "n8n-switch#"+string(v.Client.ID), SwitchesPerHour, time.Hour, now)
	if err != nil {
		return none, err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "You have switched workflows very often. Wait a while, then try again.")
		f.Retry, f.Limit = wait, fault.Limit{Name: "workflow-switches", Quota: SwitchesPerHour, Window: time.Hour}
		return none, f
	}
	e, err := p.endpoint(v)
	if err != nil {
		return none, unreachable(told(err), v.Agency.Name)
	}
	w, err := p.N8N.Workflow(ctx, e, workflow)
	if err == nil && w.Active != active {
		w, err = p.N8N.SetActive(ctx, e, workflow, active)
		if f := fault.As(err); f != nil && f.Code == fault.Unreachable && len(f.Fields) == 0 {
			return none, unreachable(
				"n8n does not let it be switched; a step of it may lack something, or nothing in it can start it", v.Agency.Name)
		}
		if err == nil {
			action := audit.WorkflowActivated
			if !active {
				action = audit.WorkflowDeactivated
			}
			err = p.Store.Record(ctx, v.Agency.ID, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
				Actor: string(v.Client.ID), Action: action, Subject: string(which), Detail: workflow})
		}
	}
	if fault.Is(err, fault.Unreachable) {
		return none, unreachable(told(err), v.Agency.Name)
	}
	return w, err
}

// unreachable is the fault that nothing was switched.
func unreachable(reason, agency string) error {
	f := fault.New(fault.Unreachable, "Nothing was switched, since %s. Try again in a moment; if it stays so, tell %s.", reason, agency)
	f.Reason = reason
	return f
}
