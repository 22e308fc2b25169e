package host

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"latchkey.dev/infra/engine/wire"
	"latchkey.dev/infra/template"
)

// schedule is a rate of the template. next is guarded by the host's mutex.
type schedule struct {
	function *template.Function
	name     string
	every    time.Duration
	next     time.Time
}

// scheduledEvent is what EventBridge Scheduler sends to a function when the schedule gives no input of its own.
type scheduledEvent struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     string   `json:"detail"`
}

// keep runs a schedule whenever it is due, until ctx ends.
func (h *Host) keep(ctx context.Context, s *schedule) {
	for ctx.Err() == nil {
		h.mu.Lock()
		moved := h.moved
		left := s.next.Sub(h.options.Now())
		h.mu.Unlock()
		if left <= 0 {
			if h.claim(s) {
				_ = h.fire(ctx, s) // logged there
			}
			continue
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-moved:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// claim says that a schedule is due and runs now, once: however many periods were passed over by moving the clock.
func (h *Host) claim(s *schedule) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.options.Now()
	if s.next.IsZero() || s.next.After(now) {
		return false
	}
	s.next = now.Add(s.every)
	return true
}

func (h *Host) fire(ctx context.Context, s *schedule) error {
	in := h.template.Inputs
	payload, err := json.Marshal(scheduledEvent{
		Version: "0", ID: wire.RequestID(), DetailType: "Scheduled Event", Source: "aws.scheduler", Account: in.Account,
		Time: h.options.Now().UTC().Format(time.RFC3339), Region: in.Region, Detail: "{}",
		Resources: []string{"arn:" + in.Partition + ":scheduler:" + in.Region + ":" + in.Account + ":schedule/default/" + s.name},
	})
	if err == nil {
		_, err = h.Invoke(ctx, s.function.ID, payload)
	}
	if err != nil {
		h.options.Log.Error("schedule failed", "function", s.function.ID, "error", err)
	}
	return err
}

// Tick says that the clock was moved: every schedule that has become due runs once, and Tick returns when they have.
func (h *Host) Tick(ctx context.Context) error {
	h.mu.Lock()
	close(h.moved)
	h.moved = make(chan struct{})
	h.mu.Unlock()
	var errs []error
	for _, s := range h.schedules {
		if h.claim(s) {
			errs = append(errs, h.fire(ctx, s))
		}
	}
	return errors.Join(errs...)
}

// RunSchedules runs every schedule now, due or not, and returns when they have: what a killed process left unfinished
// is repaired at the next start, without waiting for a period to pass.
func (h *Host) RunSchedules(ctx context.Context) error {
	var errs []error
	for _, s := range h.schedules {
		errs = append(errs, h.fire(ctx, s))
	}
	return errors.Join(errs...)
}
