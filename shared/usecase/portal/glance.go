package portal

import (
	"context"
	"sync"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
)

// Limits of what the page that lists instances waits for.
const (
	// GlancePatience is how long it waits for all of them together.
	GlancePatience = 1500 * time.Millisecond
	// MaxGlances is how many it looks into; of more than these it says nothing, and their own pages do.
	MaxGlances = 4
)

// Glance is an n8n in short: what runs in it, what ran last, and what failed.
type Glance struct {
	Workflows int
	Active    int
	More      bool              // it has more workflows than were read, and so Active may be more
	Last      instance.Run      // the newest run; the zero Run for none
	Failed    instance.Run      // the newest one that failed of a workflow that has not run since; the zero Run for none
	Names     map[string]string // of the workflows, by their ids
	NoRuns    bool              // the runs could not be read
}

// Glances looks into the instances that a portal lists.
type Glances struct {
	N8N  N8N
	Keys *seal.Ring // that API keys are sealed with
}

// Of looks into the first of the view's instances at once. What does not answer in time is not in it, and neither is one of which
// it is known that it does not answer.
func (g *Glances) Of(ctx context.Context, v *View) map[id.Resource]Glance {
	ctx, cancel := context.WithTimeout(ctx, GlancePatience)
	defer cancel()
	out := map[id.Resource]Glance{}
	var all sync.WaitGroup
	var hold sync.Mutex
	looked := 0
	for n := range v.Instances {
		i := &v.Instances[n]
		if !i.Connected() || i.Silent() || !i.Status.Linkable() || looked == MaxGlances {
			continue
		}
		looked++
		all.Go(func() {
			seen, ok := g.look(ctx, v.Agency, &i.Resource)
			if ok {
				hold.Lock()
				defer hold.Unlock()
				out[i.ID] = seen
			}
		})
	}
	all.Wait()
	return out
}

// look reads one instance; false when its workflows cannot be read.
func (g *Glances) look(ctx context.Context, of *agency.Agency, r *instance.Resource) (Glance, bool) {
	key, err := g.Keys.Open(r.Key, r.Place(of.ID))
	if err != nil {
		return Glance{}, false
	}
	e := instance.Endpoint{URL: r.URL, Key: key}
	var flows []instance.Workflow
	var runs []instance.Run
	var failed, unread error
	seen := Glance{Names: map[string]string{}}
	var both sync.WaitGroup
	both.Go(func() { flows, seen.More, failed = g.N8N.Workflows(ctx, e) })
	both.Go(func() { runs, unread = g.N8N.LastRuns(ctx, e) })
	both.Wait()
	if failed != nil {
		return Glance{}, false
	}
	seen.Workflows, seen.NoRuns = len(flows), unread != nil
	for _, f := range flows {
		seen.Names[f.ID] = f.Name
		if f.Active {
			seen.Active++
		}
	}
	if len(runs) > 0 {
		seen.Last = runs[0]
	}
	since := map[string]bool{}
	for _, u := range runs { // the newest is first
		if bad := u.Status == instance.RunFailed || u.Status == instance.RunCrashed; bad && !since[u.Workflow] && seen.Failed.ID == "" {
			seen.Failed = u
		}
		since[u.Workflow] = true
	}
	return seen, true
}
