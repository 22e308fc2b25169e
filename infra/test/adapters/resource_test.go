package adapters_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
)

func n8nAt(url string) *instance.Resource {
	r := id.New[id.Resource](id.InstancePrefix, now)
	return &instance.Resource{ID: r, Kind: instance.N8N, Type: "n8n", Name: "N", Status: instance.Running, URL: url, CreatedAt: now,
		Key: "s1.x", CheckedAt: now, Reason: "r"}
}

func about(r *instance.Resource, action audit.Action) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: "mb_1", Action: action, Subject: string(r.ID)}
}

// A roster is of the n8n that was called, and goes with its instance: one that comes late writes nothing.
func TestFN4ARosterLastsAsLongAsItsInstance(t *testing.T) {
	t.Parallel()
	table, ctx := open(t), t.Context()
	a, b := found(t, table), found(t, table)
	one := n8nAt("https://one.example")
	if err := table.Connect(ctx, a, one, 500, about(one, audit.InstanceConnected), nil); err != nil {
		t.Fatal(err)
	}
	kept := func() *instance.Roster {
		r, err := table.Roster(ctx, a, one.ID)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := kept(); r != nil {
		t.Errorf("before any: %+v", r)
	}
	var all []instance.Workflow
	for n := range 300 {
		all = append(all, instance.Workflow{ID: fmt.Sprint(n), Name: strings.Repeat("名", 300), Active: n%2 == 0})
	}
	note := func(now time.Time, flows []instance.Workflow) error {
		roster := instance.RosterOf(now, flows, true)
		one.List(roster)
		return table.Noted(ctx, a, one, &roster)
	}
	if err := note(now, all); err != nil {
		t.Fatal(err)
	}
	want := instance.RosterOf(now, all, true)
	if r := kept(); r == nil || cmp.Diff(want, *r) != "" || len(r.Named) != instance.MaxRoster {
		t.Errorf("%+v", r)
	}
	if got, err := table.Resource(ctx, a, one.ID); err != nil || cmp.Diff(one, got) != "" {
		t.Error(err, cmp.Diff(one, got))
	}
	if r, err := table.Roster(ctx, b, one.ID); err != nil || r != nil {
		t.Errorf("another agency reads %+v, %v", r, err)
	}
	late := *one
	late.Version--
	empty := instance.RosterOf(now.Add(time.Hour), nil, false)
	if err := table.Noted(ctx, a, &late, &empty); !errors.Is(err, conflict.ErrChanged) || kept().Count != 300 {
		t.Errorf("of what has changed since: %v", err)
	}
	from := one.URL
	one.Move("https://moved.example")
	if err := table.Change(ctx, a, one, from, nil); err != nil || kept() != nil {
		t.Errorf("of another address: %+v, %v", kept(), err)
	}
	if err := note(now, all[:1]); err != nil || kept() == nil {
		t.Fatal(err)
	}
	if err := table.Disconnect(ctx, a, one, about(one, audit.InstanceDisconnected)); err != nil || kept() != nil {
		t.Errorf("of what is gone: %+v, %v", kept(), err)
	}
	if err := note(now, all); !errors.Is(err, conflict.ErrChanged) || kept() != nil {
		t.Errorf("it comes back: %+v, %v", kept(), err)
	}
}

func TestAnAddressIsConnectedOnce(t *testing.T) {
	t.Parallel()
	table, ctx := open(t), t.Context()
	a, b := found(t, table), found(t, table)
	one, two := n8nAt("https://one.example"), n8nAt("https://one.example")
	if err := table.Connect(ctx, a, one, 500, about(one, audit.InstanceConnected), nil); err != nil || one.Version != 1 {
		t.Fatal(err, one.Version)
	}
	if got, err := table.Resource(ctx, a, one.ID); err != nil || cmp.Diff(one, got) != "" {
		t.Error(err, cmp.Diff(one, got))
	}
	if err := table.Connect(ctx, a, two, 500, about(two, audit.InstanceConnected), nil); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("the same address twice: %v", err)
	}
	if err := table.Connect(ctx, b, two, 500, about(two, audit.InstanceConnected), nil); err != nil {
		t.Errorf("another agency's is another matter: %v", err)
	}
	if _, err := table.Resource(ctx, b, one.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another agency reads it: %v", err)
	}
	// It moves: the old address is free, the new one taken.
	from := one.URL
	one.URL = "https://moved.example"
	row := about(one, audit.InstanceChanged)
	if err := table.Change(ctx, a, one, from, &row); err != nil || one.Version != 2 {
		t.Fatal(err, one.Version)
	}
	if err := table.Connect(ctx, a, n8nAt("https://moved.example"), 500, about(one, audit.InstanceConnected), nil); !errors.Is(err,
		conflict.ErrChanged) {
		t.Errorf("the new address: %v", err)
	}
	three := n8nAt(from)
	if err := table.Connect(ctx, a, three, 500, about(three, audit.InstanceConnected), nil); err != nil {
		t.Errorf("the old address: %v", err)
	}
	three.URL = "https://moved.example"
	if err := table.Change(ctx, a, three, from, nil); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("moving to a taken address: %v", err)
	}
	if err := table.Disconnect(ctx, a, one, about(one, audit.InstanceDisconnected)); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Resource(ctx, a, one.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is still there: %v", err)
	}
	if err := table.Change(ctx, a, three, from, nil); err != nil {
		t.Errorf("an address that was left: %v", err)
	}
}

func TestAResourceIsChangedAsItWasRead(t *testing.T) {
	t.Parallel()
	table, ctx := open(t), t.Context()
	a := found(t, table)
	r := n8nAt("https://one.example")
	once := &idempotency.Record{Key: "k", Request: "q", Result: string(r.ID), At: now}
	if err := table.Connect(ctx, a, r, 500, about(r, audit.InstanceConnected), once); err != nil {
		t.Fatal(err)
	}
	again := n8nAt("https://two.example")
	if err := table.Connect(ctx, a, again, 500, about(again, audit.InstanceConnected), once); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("an idempotency key used twice: %v", err)
	}
	stale := *r
	r.Name = "Renamed"
	if err := table.Change(ctx, a, r, r.URL, nil); err != nil {
		t.Fatal(err)
	}
	if err := table.Change(ctx, a, &stale, stale.URL, nil); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a change of what was: %v", err)
	}
	if err := table.Disconnect(ctx, a, &stale, about(r, audit.InstanceDisconnected)); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a disconnection of what was: %v", err)
	}
	if got, err := table.Resource(ctx, a, r.ID); err != nil || got.Name != "Renamed" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestClientsAreVisitedUpToALimit(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	for i := range 7 {
		commit(t, table,
			client.Change{Client: begin(t, a, email.Address(fmt.Sprintf("ops%d@acme.example", i)), now.Add(time.Duration(i)*time.Second))})
	}
	for _, c := range []struct {
		most, visited int
		more          bool
	}{{10, 7, false}, {7, 7, false}, {6, 6, true}, {0, 0, true}} {
		var seen []time.Time
		more, err := table.EachClient(t.Context(), a, c.most, func(x *client.Client) { seen = append(seen, x.CreatedAt) })
		if err != nil || more != c.more || len(seen) != c.visited {
			t.Errorf("at most %d: %d visited, more %v, %v", c.most, len(seen), more, err)
		}
		for i := 1; i < len(seen); i++ {
			if seen[i].After(seen[i-1]) {
				t.Error("they are not visited newest first")
			}
		}
	}
}

func TestWhatHappensOutsideIsOnRecord(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	r := n8nAt("https://one.example")
	row := about(r, audit.WorkflowActivated)
	row.Detail = "wf1"
	if err := table.Record(t.Context(), a, row); err != nil {
		t.Fatal(err)
	}
	if err := table.Record(t.Context(), a, row); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("one row twice: %v", err)
	}
	log, err := table.History(t.Context(), a)
	if err != nil || len(log) != 1 || cmp.Diff(row, log[0]) != "" {
		t.Errorf("%+v, %v", log, err)
	}
}
