package instance_test

import (
	"errors"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

func TestFN4OneMissIsForgivenAndALastingOneIsNot(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	fresh := func() instance.Resource {
		return instance.Resource{Kind: instance.N8N, Status: instance.Running, Key: "k", URL: "https://n8n.example", CreatedAt: now}
	}
	away := instance.Seen{Reason: "it does not answer in time"}
	r := fresh()
	r.Noticed(now, instance.Seen{})
	if r.Silent() || r.Told("Northwind").Says() || !r.AnsweredAt.Equal(now) || !r.Due().Equal(now.Add(instance.CheckEvery)) {
		t.Errorf("one that answers: %+v", r)
	}
	r.Noticed(now.Add(10*time.Minute), away)
	if !r.Silent() || r.Status != instance.Running || !r.AnsweredAt.Equal(now) || !r.Told("Northwind").Says() ||
		r.Due().Sub(r.CheckedAt) >= instance.CheckEvery {
		t.Errorf("missed once: %+v", r)
	}
	since := r.SilentAt
	r.Noticed(now.Add(16*time.Minute), away)
	if r.Status != instance.Failed || !r.SilentAt.Equal(since) {
		t.Errorf("still away: %+v", r)
	}
	r.Noticed(now.Add(26*time.Hour), away)
	if r.Due().Sub(r.CheckedAt) <= instance.CheckEvery {
		t.Errorf("one that has been away for a day is called as often: %v", r.Due())
	}
	r.Noticed(now.Add(27*time.Hour), instance.Seen{})
	if r.Status != instance.Running || r.Silent() || !r.SilentAt.IsZero() {
		t.Errorf("back again: %+v", r)
	}
	r = fresh()
	r.Noticed(now, instance.Seen{Reason: "it refuses the API key", BadKey: true})
	if r.Status != instance.Failed || !r.Told("Northwind").Says() {
		t.Errorf("one whose key is refused: %+v", r)
	}
	for _, s := range []instance.Status{instance.Stopped, instance.SuspendedDown, instance.PendingDeploy, instance.Deploying,
		instance.Deleted} {
		r = fresh()
		r.Status, r.Reason = s, "left over"
		if !r.Due().IsZero() || r.Silent() {
			t.Errorf("one that is %s is watched", s)
		}
	}
	r = fresh()
	r.Key = ""
	if !r.Due().IsZero() {
		t.Error("one without a key is watched")
	}
	r = fresh()
	if !r.Due().Equal(now) {
		t.Errorf("one that was never called is due at %v", r.Due())
	}
	r.Rest(now)
	if !r.Due().After(now) {
		t.Errorf("one at rest is due at %v", r.Due())
	}
}

func TestFN4WhatWasSeenIsReadFromTheError(t *testing.T) {
	t.Parallel()
	key := fault.New(fault.Unreachable, "x")
	key.Reason, key.Fields = "it refuses the API key", []fault.Field{{Location: "apiKey"}}
	for name, c := range map[string]struct {
		err  error
		want instance.Seen
	}{
		"nothing": {nil, instance.Seen{}}, "a key": {key, instance.Seen{Reason: "it refuses the API key", BadKey: true}},
		"anything else": {errors.New("x"), instance.Seen{Reason: "it cannot be called"}},
	} {
		if got := instance.SeenOf(c.err); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFN6ARunHasAnAddressInN8N(t *testing.T) {
	t.Parallel()
	r := instance.Run{ID: "10/42", Workflow: "w?1"}
	if got := instance.RunURL("https://n8n.example/x", r); got != "https://n8n.example/x/workflow/w%3F1/executions/10%2F42" {
		t.Error(got)
	}
	if instance.RunURL("", r) != "" || instance.RunURL("https://n8n.example", instance.Run{ID: "1"}) != "" {
		t.Error("an address of nothing")
	}
}
