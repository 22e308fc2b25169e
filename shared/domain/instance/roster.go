package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"
)

// Bounds of what is kept of an instance's workflows.
const (
	// MaxRoster is how many workflows a roster names.
	MaxRoster = 50
	// RosterEvery is how often a roster is written that says the same as before.
	RosterEvery = 10 * time.Minute
	// listEvery is how often workflows are listed that nobody asks for: a list is much longer than a sign of life.
	listEvery = time.Hour
)

// Roster is what the workflows of an instance were when they were last listed, for when it does not answer.
type Roster struct {
	At    time.Time
	Count int  // how many there were
	On    int  // how many of them were switched on
	More  bool // whether n8n had more than were listed
	Named []Named
}

// Named is a workflow of a roster.
type Named struct {
	Name   string
	Active bool
}

// RosterOf keeps of a list what a roster holds.
func RosterOf(now time.Time, all []Workflow, more bool) Roster {
	r := Roster{At: now, Count: len(all), More: more}
	for _, w := range all {
		if w.Active {
			r.On++
		}
		if len(r.Named) < MaxRoster {
			r.Named = append(r.Named, Named{Shown(w.Name, MaxFlowName), w.Active})
		}
	}
	return r
}

// Sum tells two rosters apart that do not say the same, whenever they are from.
func (r Roster) Sum() string {
	r.At = time.Time{}
	b, _ := json.Marshal(r) // of numbers and strings alone
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// List notes what the workflows are. It returns false where the roster that is kept says the same and is hardly older.
func (r *Resource) List(roster Roster) bool {
	sum := roster.Sum()
	if sum == r.Listed && roster.At.Sub(r.ListedAt) < RosterEvery {
		return false
	}
	r.Listed, r.ListedAt = sum, roster.At
	return true
}

// Unlisted tells whether nobody has listed its workflows for a while.
func (r *Resource) Unlisted(now time.Time) bool { return now.Sub(r.ListedAt) >= listEvery }

// Lister reads what runs in an instance.
type Lister interface {
	// Workflows lists the workflows, and says whether there are more than are read.
	Workflows(ctx context.Context, e Endpoint) ([]Workflow, bool, error)
	// LastRuns reads the newest runs, newest first.
	LastRuns(ctx context.Context, e Endpoint) ([]Run, error)
}

// Sight is what was read of an instance at one moment, and what kept either half from being read.
type Sight struct {
	Workflows []Workflow
	More      bool
	Runs      []Run

	NoFlows, NoRuns error
}

// Look reads both halves at once.
func Look(ctx context.Context, from Lister, e Endpoint) Sight {
	var s Sight
	var both sync.WaitGroup
	both.Go(func() { s.Workflows, s.More, s.NoFlows = from.Workflows(ctx, e) })
	both.Go(func() { s.Runs, s.NoRuns = from.LastRuns(ctx, e) })
	both.Wait()
	return s
}
