package provisioning

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

const (
	// early is how much sooner than it is due a job may come, because two clocks differ: it is put back for that long. One
	// that comes sooner still is a repetition.
	early = 3 * time.Second
	// farthest is the longest delay of a message; what is due later is left to the sweep.
	farthest = 15 * time.Minute
	// triesToClear is how often a thing is tried to be deleted before its money is returned without that.
	triesToClear = 3
	// triesToAlert is how often a thing is tried to be deleted before an operator is asked for, and it is tried on.
	triesToAlert = 20
	// maxReason is the longest reason that a driver may give, in characters.
	maxReason = 200
)

// Alert is the key under which a log line asks for an operator: an alarm can count the lines that have it.
const Alert = "alert"

// Handle does one job: one step of one thing. An error means that the job must come again.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	j, err := job.DecodeProvision(body)
	if err != nil {
		return err
	}
	c, i, err := w.claim(ctx, j)
	if err != nil || c == nil {
		return err
	}
	return w.record(ctx, j, i, w.act(ctx, c, i))
}

// claim takes the thing for one step. It returns nil when there is nothing to do now.
func (w *Worker) claim(ctx context.Context, j job.Provision) (*client.Client, purchase.Item, error) {
	var mine *client.Client
	var i *purchase.Item
	announced := false
	err := conflict.Retry(ctx, func() error {
		mine = nil
		c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if i = find(c, j.Item); i == nil {
			return nil
		}
		now, before := w.now(), *i
		i.Overdue(now)
		if i.Notice(now) && !announced { // before it is written, as what is ready
			if err := w.tell(ctx, c, i, job.Removal); err != nil {
				return err
			}
			announced = true
		}
		i.Expire(now)
		if j.Told {
			i.Hurry(now)
		}
		claimed := i.Claim(now)
		if !claimed && i.State == before.State && i.Noticed == before.Noticed {
			if wait := i.Due.Sub(now); i.Working() && !i.Claimed && wait > 0 && wait <= early {
				return w.Queue.Send(ctx, j.Encode(), wait)
			}
			return nil
		}
		if err := w.commit(ctx, c, i, before, nil); err != nil {
			return err
		}
		if claimed {
			mine = c
		}
		return nil
	})
	if err != nil || mine == nil {
		return nil, purchase.Item{}, err
	}
	return mine, *i, nil
}

func find(c *client.Client, key string) *purchase.Item {
	for n := range c.Items {
		if c.Items[n].Key == key {
			return &c.Items[n]
		}
	}
	return nil
}

// now is the moment as it is stored.
func (w *Worker) now() time.Time { return w.Now().Truncate(time.Millisecond) }

// outcome is what came of a step.
type outcome struct {
	report Report
	err    error
	paid   bool // back
}

// act has one step done. Nothing is stored here.
func (w *Worker) act(ctx context.Context, c *client.Client, i purchase.Item) (out outcome) {
	o := Order{Key: i.Key, Handle: i.Handle, Agency: c.Agency, Client: c.ID, Resource: i.Resource, Article: i.Article}
	d := w.Driver
	switch {
	case i.Stale && i.State == purchase.Suspended:
		out.report, out.err = d.Suspend(ctx, o)
	case i.Stale:
		out.report, out.err = d.Resume(ctx, o)
	case i.State == purchase.Requested || i.State == purchase.Retrying:
		out.report, out.err = d.Begin(ctx, o)
	case i.State == purchase.Creating || i.State == purchase.HealthWait:
		out.report, out.err = d.Look(ctx, o)
	default: // deleting, compensating
		out.report, out.err = d.Delete(ctx, o)
	}
	if i.State == purchase.Compensating && (out.err == nil && out.report.Stage == Gone || i.Tries >= triesToClear) {
		if out.err != nil || out.report.Stage != Gone {
			slog.ErrorContext(ctx, "what is paid back may not be deleted", Alert, "provisioning_leftover",
				"agency", c.Agency, "client", c.ID, "item", i.Key, "error", out.err)
		}
		out.err = w.payBack(ctx, c, i)
		out.paid = out.err == nil
	}
	if out.err != nil {
		slog.WarnContext(ctx, "a step of provisioning failed",
			"agency", c.Agency, "client", c.ID, "item", i.Key, "state", i.State, "error", out.err)
	}
	return out
}

// payBack returns the money, tells both sides and asks for an operator. All of it may be repeated.
func (w *Worker) payBack(ctx context.Context, c *client.Client, i purchase.Item) error {
	if err := w.Refunds.Return(ctx, c, i.Key); err != nil {
		return err
	}
	slog.ErrorContext(ctx, "what was paid for could not be made and is paid back", Alert, "provisioning_refunded",
		"agency", c.Agency, "client", c.ID, "item", i.Key)
	return w.tell(ctx, c, &i, job.Refund)
}

// tell has both sides mailed, or the agency alone where it pays: then it is no business of the client's.
func (w *Worker) tell(ctx context.Context, c *client.Client, i *purchase.Item, kind job.Kind) error {
	m := job.Mail{Kind: kind, Agency: c.Agency, Client: c.ID, Item: i.Key, Job: job.Told}
	to := c.Invite.From.Member
	if c.AgencyPays() {
		to = cmp.Or(c.Change.Agent(), to)
	} else if err := w.Mail.Send(ctx, m.Encode(), 0); err != nil {
		return err
	}
	if m.Member = to; to == "" {
		return nil
	}
	return w.Mail.Send(ctx, m.Encode(), 0)
}

// record writes down what came of a step, and has the next one done in its time.
func (w *Worker) record(ctx context.Context, j job.Provision, was purchase.Item, out outcome) error {
	var next *purchase.Item
	announced := false
	err := conflict.Retry(ctx, func() error {
		next = nil
		c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		i := find(c, j.Item)
		if i == nil {
			return nil
		}
		now, before := w.now(), *i
		if !i.Claimed || !i.Due.Equal(was.Due) || i.State != was.State || i.Stale != was.Stale {
			// The lease ran out, or somebody has suspended, resumed or removed it: what was done stands, and whoever has
			// it now must know.
			if i.Handle == "" {
				i.Handle = out.report.Handle
			}
			if was.Stale {
				i.Doubt(now)
			}
			free := i.Released(now, was.Due)
			if i.Handle == before.Handle && i.Stale == before.Stale && !free {
				return nil
			}
		} else {
			w.apply(now, c, i, out)
		}
		if told(before, i) == audit.ProvisionReady && !announced { // before it is written: a mail that comes twice does no harm
			if err := w.Mail.Send(ctx, job.Mail{Kind: job.Ready, Agency: c.Agency, Client: c.ID, Item: i.Key, Job: job.Told}.Encode(),
				0); err != nil {
				return err
			}
			announced = true
		}
		if err := w.commit(ctx, c, i, before, &out.report); err != nil {
			return err
		}
		next = i
		return nil
	})
	if err != nil || next == nil || !next.Working() || next.Claimed {
		return err
	}
	if wait := next.Due.Sub(w.now()); wait <= farthest {
		if err := w.Queue.Send(ctx, j.Encode(), wait); err != nil {
			slog.WarnContext(ctx, "the next step is left to the sweep", "error", err)
		}
	}
	return nil
}

// apply brings the item to what came of a step.
func (w *Worker) apply(now time.Time, c *client.Client, i *purchase.Item, out outcome) {
	r := out.report
	switch {
	case i.Stale && out.err != nil:
		i.Later(now, "")
	case i.Stale:
		i.Told()
	case i.State == purchase.Compensating && out.paid:
		i.PaidBack(now)
	case i.State == purchase.Deleting && out.err == nil && r.Stage == Gone:
		if i.Gone(now); c.Payment.State.Open() && !i.Left { // paid for again while it was being deleted
			i.Renew(now)
		}
	case i.State == purchase.Compensating || i.State == purchase.Deleting:
		i.Later(now, i.Reason)
		if i.State == purchase.Deleting && i.Tries == triesToAlert {
			slog.Error("what was bought cannot be deleted", Alert, "provisioning_leftover",
				"agency", c.Agency, "client", c.ID, "item", i.Key, "error", out.err)
		}
	case out.err != nil && (i.State == purchase.Creating || i.State == purchase.HealthWait):
		i.Wait(now) // what could not be looked at may be well
	case out.err != nil:
		i.Fail(now, reason(out.err))
	case r.Stage == Broken || r.Stage == Gone:
		i.Fail(now, plain(r.Reason))
	default:
		w.climb(now, i, r)
	}
}

// climb takes the item as far up as the driver is.
func (w *Worker) climb(now time.Time, i *purchase.Item, r Report) {
	if i.State == purchase.Requested || i.State == purchase.Retrying {
		i.Begun(now, r.Handle)
	}
	if r.Handle != "" {
		i.Handle = r.Handle
	}
	switch {
	case r.Stage == Running:
		i.Done(now)
	case r.Stage == There && i.State == purchase.Creating:
		i.There(now)
	default:
		i.Wait(now)
	}
}

func reason(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return plain(f.Reason)
	}
	return words.Say("provisioning.unsaid")
}

// plain makes one short line of what somebody else's program says.
func plain(s string) string {
	if r := []rune(s); len(r) > maxReason {
		s = string(r[:maxReason-1]) + "…"
	}
	s, err := text.Line("reason", s, maxReason)
	if err != nil || s == "" {
		return words.Say("provisioning.unsaid")
	}
	return s
}

// commit writes the relationship with the resource as it is then, and the row of the log.
func (w *Worker) commit(ctx context.Context, c *client.Client, i *purchase.Item, before purchase.Item, r *Report) error {
	change := client.Change{Client: c}
	if action := told(before, i); action != "" {
		now := w.now()
		change.Audit = append(change.Audit, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: audit.System, Action: action, Subject: string(i.Resource), Detail: string(c.ID)})
	}
	if i.State != before.State || i.Stale != before.Stale {
		x, err := w.Store.Resource(ctx, c.Agency, i.Resource)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && w.follow(x, c, i, r) {
			change.Set = append(change.Set, x)
		}
	}
	return w.Store.Commit(ctx, c.Agency, change)
}

// told is what the log says of a step; "" for what is not worth a row.
func told(before purchase.Item, i *purchase.Item) audit.Action {
	switch {
	case i.State == purchase.Ready && (before.State == purchase.Ready || before.State == purchase.Suspended):
		if before.Stale && !i.Stale {
			return audit.ProvisionResumed
		}
	case i.State == purchase.Suspended:
		if before.Stale && !i.Stale {
			return audit.ProvisionSuspended
		}
	case i.State == before.State:
	case i.State == purchase.Creating && before.Handle == "":
		return audit.ProvisionRequested
	case i.State == purchase.Ready:
		return audit.ProvisionReady
	case i.State == purchase.Failed:
		return audit.ProvisionFailed
	case i.State == purchase.Refunded:
		return audit.ProvisionRefunded
	case i.State == purchase.Deleted || before.State == purchase.Deleting:
		return audit.ProvisionDeleted
	}
	return ""
}

// follow brings the resource to the item's state; false when that changes nothing.
func (w *Worker) follow(x *instance.Resource, c *client.Client, i *purchase.Item, r *Report) bool {
	before := *x
	x.Status = status(i)
	x.Calm()
	if x.Status == instance.Failed {
		x.Reason = i.Reason
	}
	if i.State == purchase.Ready && r != nil {
		if r.URL != "" {
			x.Move(r.URL)
		}
		if r.APIKey != "" && x.Kind == instance.N8N {
			x.Key = w.Keys.Seal(r.APIKey, x.Place(c.Agency))
		}
	}
	if x.Status == instance.Deleted {
		x.URL, x.Key = "", ""
	}
	return *x != before
}

// status is the state of a resource whose making is where the item is.
func status(i *purchase.Item) instance.Status {
	switch i.State {
	case purchase.Requested:
		return instance.PendingDeploy
	case purchase.Creating, purchase.HealthWait, purchase.Retrying:
		return instance.Deploying
	case purchase.Failed, purchase.Compensating:
		return instance.Failed
	case purchase.Refunded, purchase.Deleted:
		return instance.Deleted
	case purchase.Ready:
		if !i.Stale {
			return instance.Running
		}
	}
	return instance.SuspendedDown
}
