package host

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/template"
)

// schedule is a rate of the template. next is guarded by the host's mutex.
type schedule struct {
	function *template.Function
	name     string
	every    time.Duration
	next     time.Time
	running  chan struct{} // closed when the run that was claimed last is over
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
			if over := h.claim(s); over != nil {
				_ = h.fire(ctx, s) // logged there
				close(over)
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

// claim says that a schedule is due and runs now, once: however many periods were passed over by moving the clock. Whoever
// gets a channel runs it, and closes the channel then; nil means that it is not due.
func (h *Host) claim(s *schedule) (over chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.options.Now()
	if s.next.IsZero() || s.next.After(now) {
		return nil
	}
	s.next, s.running = now.Add(s.every), make(chan struct{})
	return s.running
}

func (h *Host) fire(ctx context.Context, s *schedule) error {
	in := h.template.Inputs
	payload, err := json.Marshal(scheduledEvent{
		Version: "0", ID: roundtrip.RequestID(), DetailType: "Scheduled Event", Source: "aws.scheduler", Account: in.Account,
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

// Tick says that the clock was moved: every schedule that has become due runs once, and Tick returns when they have,
// whoever ran them.
func (h *Host) Tick(ctx context.Context) error {
	h.mu.Lock()
	close(h.moved)
	h.moved = make(chan struct{})
	h.mu.Unlock()
	var errs []error
	for _, s := range h.schedules {
		if over := h.claim(s); over != nil {
			errs = append(errs, h.fire(ctx, s))
			close(over)
			continue
		}
		h.mu.Lock()
		running := s.running
		h.mu.Unlock()
		if running != nil { // its own loop was faster
			select {
			case <-running:
			case <-ctx.Done():
				errs = append(errs, ctx.Err())
			}
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
