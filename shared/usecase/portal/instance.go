package portal

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/words"
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
	// Noted writes what was seen of the resource whose version was read, and its roster with it unless that is nil; when it
	// has changed since, nothing, and it returns conflict.ErrChanged.
	Noted(ctx context.Context, agency id.Agency, r *instance.Resource, roster *instance.Roster) error
	// Roster reads what the workflows of an instance were when they were last listed; nil when they never were.
	Roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error)
	// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
	// been most of them in it.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// N8N calls instances. Every method fails with code [fault.Unreachable] when n8n does not do as asked.
type N8N interface {
	instance.Lister

	// Workflow reads one workflow, or fails with code [fault.NotFound].
	Workflow(ctx context.Context, e instance.Endpoint, id string) (instance.Workflow, error)
	// SetActive switches a workflow on or off, and returns it as it is then. Code [fault.NotFound] when there is none.
	SetActive(ctx context.Context, e instance.Endpoint, id string, active bool) (instance.Workflow, error)
	// Invite sees to it that the person has an account there, and says how it gets in.
	Invite(ctx context.Context, e instance.Endpoint, email string) (instance.Entry, error)
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
	// EntriesPerHour is how often a client may ask for its way into an n8n that it has bought.
	EntriesPerHour = 20
	// noteApart is how far apart it is written down that an instance is still as it was.
	noteApart = time.Minute
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
	Roster    *instance.Roster // what it had when it last answered, where the workflows cannot be shown; nil for nothing
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
		v.Reason, v.NoFlows = told(err, v.Agency.Name), true
		p.note(ctx, v, instance.Unreadable(), nil)
		v.Roster, err = p.Store.Roster(ctx, v.Agency.ID, v.ID)
		return v, err
	}
	in, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	s := instance.Look(in, p.N8N, e)
	v.Workflows, v.More, v.Runs = s.Workflows, s.More, s.Runs
	if ctx.Err() == nil { // else it is the client that went away, whatever n8n would have said
		var roster *instance.Roster
		if s.NoFlows == nil {
			x := instance.RosterOf(p.Now().Truncate(time.Millisecond), s.Workflows, s.More)
			roster = &x
		}
		p.note(ctx, v, instance.SeenOf(s.NoFlows), roster)
	}
	switch {
	case s.NoFlows != nil:
		v.Reason, v.NoFlows = told(s.NoFlows, v.Agency.Name), true
		v.Roster, err = p.Store.Roster(ctx, v.Agency.ID, v.ID)
	case s.NoRuns != nil:
		v.Reason = told(s.NoRuns, v.Agency.Name)
	}
	return v, err
}

// note writes down what was seen, so that the agency reads the same, and the client does on its next page. It is written by
// the way: what cannot be written now is found by the next check.
func (p *Instances) note(ctx context.Context, v *Instance, seen instance.Seen, roster *instance.Roster) {
	now := p.Now().Truncate(time.Millisecond)
	r := &v.Resource
	before := *r
	r.Noticed(now, seen)
	if roster != nil && !r.List(*roster) {
		roster = nil
	}
	if roster == nil && r.Status == before.Status && r.Reason == before.Reason && now.Sub(before.CheckedAt) < noteApart {
		*r = before
		return
	}
	if err := p.Store.Noted(ctx, v.Agency.ID, r, roster); err != nil && !errors.Is(err, conflict.ErrChanged) {
		slog.WarnContext(ctx, "what was seen of an instance is not written down", "resource", v.ID, "error", err)
	}
}

// find looks through the agencies that the caller is a client of for the one that opens the instance to it, as it is now.
func (p *Instances) find(ctx context.Context, caller identity.Caller, which id.Resource) (*Instance, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_your_portal"); err != nil {
		return nil, err
	}
	missing := fault.New(fault.NotFound,
		"errors.there_is_no_such_instance_in")
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
		access := c.AccessAt(which, p.Now())
		if access == "" || !c.Joined() {
			if missing, err = p.over(ctx, c, which, missing); err != nil {
				return nil, err
			}
			continue
		}
		of, err := p.Store.Agency(ctx, a)
		if err != nil {
			return nil, err
		}
		if of.Suspended && (c.Bought(which) == nil || !c.Payment.State.Open()) { // what it pays for is its own
			return nil,
				fault.New(fault.Forbidden, "errors.this_portal_is_paused_ask_when", "name", of.Name)
		}
		have, err := p.Store.ResourcesByID(ctx, a, []id.Resource{which})
		if err != nil {
			return nil, err
		}
		r, ok := have[which]
		if !ok {
			return nil, missing
		}
		return &Instance{Agency: of, Client: c, Item: Item{r, access, c.Making(r.ID)}, Connected: r.Connected(),
			Workflows: []instance.Workflow{}, Runs: []instance.Run{}}, nil
	}
	return nil, missing
}

// over is the fault for an instance that was open to the client until its access ended; missing for any other.
func (p *Instances) over(ctx context.Context, c *client.Client, which id.Resource, missing *fault.Error) (*fault.Error, error) {
	if !c.Lapsed(p.Now()) || c.Access(which) == "" {
		return missing, nil
	}
	of, err := p.Store.Agency(ctx, c.Agency)
	if err != nil {
		return nil, err
	}
	return fault.New(fault.NotFound, "errors.your_access_has_ended", "agency", of.Name,
		"moment", c.ExpiresAt.In(of.Location()).Format("2 January 2006, 15:04 MST")), nil
}

// endpoint is the instance's address and API key.
func (p *Instances) endpoint(v *Instance) (instance.Endpoint, error) {
	key, err := p.Keys.Open(v.Key, v.Place(v.Agency.ID))
	return instance.Endpoint{URL: v.URL, Key: key}, err
}

// told is what a client needs to know of why n8n does not do as asked: what only the agency can mend is the agency's to
// know, and so is where its n8n stands.
func told(err error, agency string) string {
	f := fault.As(err)
	if f == nil || len(f.Fields) > 0 && f.Fields[0].Location == "apiKey" {
		return words.Say("n8n.reconnect", "agency", agency)
	}
	return words.Say("n8n.not_as_it_should_now")
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
			"errors.you_may_look_at_this_instance", "name", v.Agency.Name)
	case !workflowID.MatchString(workflow):
		return none, fault.New(fault.NotFound, "errors.there_is_no_such_workflow")
	case !v.Connected:
		return none, unreachable(words.Say("n8n.unconnected"), v.Agency.Name)
	}
	now := p.Now()
	wait, err := p.Store.Allow(ctx, "n8n-switch#"+string(v.Client.ID), SwitchesPerHour, time.Hour, now)
	if err != nil {
		return none, err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "errors.you_have_switched_workflows_very")
		f.Retry, f.Limit = wait, fault.Limit{Name: "workflow-switches", Quota: SwitchesPerHour, Window: time.Hour}
		return none, f
	}
	e, err := p.endpoint(v)
	if err != nil {
		return none, unreachable(told(err, v.Agency.Name), v.Agency.Name)
	}
	w, err := p.N8N.Workflow(ctx, e, workflow)
	if err == nil && w.Active != active {
		w, err = p.N8N.SetActive(ctx, e, workflow, active)
		if f := fault.As(err); f != nil && f.Code == fault.Unreachable && len(f.Fields) == 0 {
			return none, unreachable(words.Say("n8n.not_switchable"), v.Agency.Name)
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
		return none, unreachable(told(err, v.Agency.Name), v.Agency.Name)
	}
	return w, err
}

// unreachable is the fault that nothing was switched.
func unreachable(reason, agency string) error {
	f := fault.New(fault.Unreachable, "errors.nothing_was_switched_since_try_again", "reason", reason, "agency", agency)
	f.Reason = reason
	return f
}

// Enter gives a client who has bought an n8n an account in it and says how it gets in. The first time that is n8n's own page
// on which it chooses its password; nobody ever hands one over.
//
// Faults: as of Get; [fault.Forbidden] for an instance that the caller has not bought; [fault.Unreachable] with a
// reason when n8n does not do it; [fault.RateLimited].
func (p *Instances) Enter(ctx context.Context, caller identity.Caller, which id.Resource) (*Instance, instance.Entry, error) {
	none := instance.Entry{}
	v, err := p.find(ctx, caller, which)
	switch {
	case err != nil:
		return nil, none, err
	case !v.Own():
		return v, none, fault.New(fault.Forbidden, "errors.only_whoever_has_bought_an_n8n", "name", v.Agency.Name)
	case !v.Enterable():
		return v, none, closed(words.Say("n8n.not_open"), v.Agency.Name)
	}
	now := p.Now()
	wait, err := p.Store.Allow(ctx, "n8n-entry#"+string(v.Client.ID), EntriesPerHour, time.Hour, now)
	if err != nil {
		return v, none, err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "errors.you_have_asked_for_your_n8n")
		f.Retry, f.Limit = wait, fault.Limit{Name: "n8n-entries", Quota: EntriesPerHour, Window: time.Hour}
		return v, none, f
	}
	e, err := p.endpoint(v)
	if err != nil {
		return v, none, closed(told(err, v.Agency.Name), v.Agency.Name)
	}
	out, err := p.N8N.Invite(ctx, e, string(caller.Email))
	if fault.Is(err, fault.Unreachable) {
		if f := fault.As(err); len(f.Fields) == 0 { // about people, and not about the connection
			return v, none, closed(f.Reason, v.Agency.Name)
		}
		return v, none, closed(told(err, v.Agency.Name), v.Agency.Name)
	}
	if err == nil {
		err = p.Store.Record(ctx, v.Agency.ID, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: string(v.Client.ID), Action: audit.InstanceEntered, Subject: string(which)})
	}
	return v, out, err
}

// Own tells whether the client has bought it.
func (i *Instance) Own() bool { return i.Making != nil && i.OwnedBy() == i.Client.ID }

// Enterable tells whether the client can be given an account in it.
func (i *Instance) Enterable() bool { return i.Own() && i.Connected && i.Status.Linkable() }

// closed is the fault that there is no way in.
func closed(reason, agency string) error {
	f := fault.New(fault.Unreachable, "errors.we_could_not_open_your_account", "reason", reason, "agency", agency)
	f.Reason = reason
	return f
}
