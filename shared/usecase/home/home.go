// Package home tells the people of an agency what needs them, how many of everything there are, and how to begin; and it opens
// the sandbox, in which a client can be walked through that does not exist.
package home

import (
	"cmp"
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/subscription"
)

// Store reads what an agency has.
type Store interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are more.
	EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error)
	// Resources lists the agency's resources of a kind in the order in which they were made.
	Resources(ctx context.Context, agency id.Agency, kind instance.Kind) ([]instance.Resource, error)
	// Domains lists the agency's sender domains in the order in which they were claimed, without what belongs to their names.
	Domains(ctx context.Context, agency id.Agency) ([]*sender.Claim, error)
}

// How far one look reaches: the newest clients are counted and looked through, and so many tasks are told one by one.
const (
	MaxClients = 2000
	MaxTasks   = 20
)

// Desk answers what waits for an agency.
type Desk struct {
	Store Store
	Now   func() time.Time
}

// Home is what an agency comes back to. What the caller may not see is nil or empty.
type Home struct {
	Agency    *agency.Agency
	Tasks     []Task // the most urgent first, at most MaxTasks
	MoreTasks int    // how many there are besides
	Clients   *Clients
	Instances *Instances
	Services  int
	Steps     []Step // what is left to begin with; none once a client was invited
}

// Clients are the agency's clients in numbers.
type Clients struct {
	Pending, Active, Inactive int
	Reasons                   map[client.Reason]int // how many are inactive for which reason
	More                      bool                  // whether there are more than MaxClients, of which the newest were counted
}

// All is how many were counted.
func (c *Clients) All() int { return c.Pending + c.Active + c.Inactive }

// Instances are the agency's n8n instances in numbers.
type Instances struct{ All, Up, Down int }

// Home looks at what the agency has: one read of the agency, one Query for its sender domains and for each kind of resource, and as
// many for the clients as their bytes take, four at most for clients of the usual size.
func (d *Desk) Home(ctx context.Context, caller identity.Caller) (*Home, error) {
	if err := caller.MayPortal(identity.AgencyRead, identity.Colleague); err != nil {
		return nil, err
	}
	a, err := d.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	h := &Home{Agency: a}
	office := caller.May(identity.AgencyRead) == nil
	if office && a.Payment.State == subscription.PastDue {
		h.Tasks = append(h.Tasks, Task{Kind: PlanPaymentFailed, At: a.Payment.PastDueSince})
	}
	if office {
		domains, err := d.Store.Domains(ctx, caller.Agency)
		if err != nil {
			return nil, err
		}
		for _, c := range domains {
			h.Tasks = append(h.Tasks, sending(c)...)
		}
	}
	if caller.MayPortal(identity.ClientsRead, identity.See) == nil {
		h.Clients = &Clients{Reasons: map[client.Reason]int{}}
		h.Clients.More, err = d.Store.EachClient(ctx, caller.Agency, MaxClients, func(c *client.Client) {
			switch c.At(now) {
			case client.Pending:
				h.Clients.Pending++
			case client.Active:
				h.Clients.Active++
			default:
				h.Clients.Inactive++
				h.Clients.Reasons[c.Why(now)]++
			}
			for _, t := range of(c, now) {
				if office || !t.Kind.money() { // what is paid is no business of employees
					h.Tasks = append(h.Tasks, t)
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if caller.MayPortal(identity.ResourcesRead, identity.Look) == nil {
		if err := d.resources(ctx, caller.Agency, h); err != nil {
			return nil, err
		}
	}
	if office && h.Clients != nil && h.Clients.All() == 0 {
		h.Steps = steps(a, h.Instances, h.Services)
	}
	slices.SortStableFunc(h.Tasks, func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.Kind.urgency(), b.Kind.urgency()), b.At.Compare(a.At))
	})
	if rest := len(h.Tasks) - MaxTasks; rest > 0 {
		h.Tasks, h.MoreTasks = h.Tasks[:MaxTasks], rest
	}
	return h, nil
}

// resources counts instances and services, and finds those that are down.
func (d *Desk) resources(ctx context.Context, which id.Agency, h *Home) error {
	instances, err := d.Store.Resources(ctx, which, instance.N8N)
	if err != nil {
		return err
	}
	services, err := d.Store.Resources(ctx, which, instance.Service)
	if err != nil {
		return err
	}
	h.Instances, h.Services = &Instances{}, len(services)
	for n := range instances {
		r := &instances[n]
		if r.Status == instance.Deleted {
			continue
		}
		h.Instances.All++
		switch {
		case r.Silent():
			h.Instances.Down++
			h.Tasks = append(h.Tasks, Task{Kind: InstanceDown, At: r.SilentAt, Resource: r.ID, Name: r.Name})
		case r.Up():
			h.Instances.Up++
		}
	}
	return nil
}

// Step is something to begin with.
type Step struct {
	Name StepName
	Done bool
}

// StepName names a step.
type StepName string

// The steps, in their order.
const (
	Brand   StepName = "brand"   // the agency's name, colour and logo
	Connect StepName = "connect" // an n8n, or another service; clients can be invited without
	Plan    StepName = "plan"    // Max, without which nobody is invited
	Invite  StepName = "invite"
)

// steps are what an agency begins with that has no client yet. What the caller may not see is not asked for.
func steps(a *agency.Agency, instances *Instances, services int) []Step {
	all := []Step{{Brand, a.Revision > 0 || a.LogoURL != ""}}
	if instances != nil {
		all = append(all, Step{Connect, instances.All+services > 0})
	}
	if a.Plan != agency.Max {
		all = append(all, Step{Plan, false})
	}
	return append(all, Step{Invite, false})
}
