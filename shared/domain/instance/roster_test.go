package instance_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey.dev/shared/domain/instance"
)

func TestFN4ARosterIsWrittenWhenItChangesOrIsOld(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	flows := []instance.Workflow{{ID: "a", Name: "One", Active: true}, {ID: "b", Name: "Two"}}
	r := instance.Resource{Kind: instance.N8N, URL: "https://n8n.example"}
	if !r.Unlisted(now) || !r.List(instance.RosterOf(now, flows, false)) || r.Unlisted(now) {
		t.Error("the first is not written")
	}
	if r.List(instance.RosterOf(now.Add(instance.RosterEvery-1), flows, false)) {
		t.Error("the same is written again at once")
	}
	if !r.List(instance.RosterOf(now.Add(instance.RosterEvery), flows, false)) {
		t.Error("the same is not written again when it is old")
	}
	now = r.ListedAt
	flows[1].Active = true
	for name, x := range map[string]instance.Roster{"a switch": instance.RosterOf(now, flows, false),
		"one less": instance.RosterOf(now, flows[:1], false), "more than are listed": instance.RosterOf(now, flows, true)} {
		fresh := r
		if !fresh.List(x) {
			t.Errorf("%s is not written", name)
		}
	}
	r.Move("https://n8n.example")
	if r.Listed == "" {
		t.Error("what stayed where it was is forgotten")
	}
	if r.Move("https://other.example"); r.Listed != "" || !r.Unlisted(now) {
		t.Error("another n8n has the roster of the one before")
	}
}

func TestFN4ARosterIsSmall(t *testing.T) {
	t.Parallel()
	var all []instance.Workflow
	for n := range 1000 {
		all = append(all, instance.Workflow{Name: fmt.Sprintf("%d %01000d", n, n), Active: n%4 == 0})
	}
	r := instance.RosterOf(time.Time{}, all, true)
	if r.Count != 1000 || r.On != 250 || !r.More || len(r.Named) != instance.MaxRoster {
		t.Errorf("%d, %d, %d", r.Count, r.On, len(r.Named))
	}
	for _, n := range r.Named {
		if len([]rune(n.Name)) > instance.MaxFlowName {
			t.Errorf("a name of %d", len(n.Name))
		}
	}
}
