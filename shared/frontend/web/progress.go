package web

import (
	"context"
	"net/url"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/view/page"
)

// stage is a step of a thing's making.
type stage struct {
	state purchase.State
	title string
}

// stages are the steps as people read them, in their order.
func stages(l words.Language) []stage {
	return []stage{
		{purchase.Requested, l.Say("progress.paid")},
		{purchase.Creating, l.Say("progress.creating")},
		{purchase.HealthWait, l.Say("progress.starting")},
		{purchase.Ready, l.Say("progress.ready")},
	}
}

// progress words how far a thing is that was bought; nil when there is nothing to tell. mine says that its owner reads it.
func progress(l words.Language, i *purchase.Item, mine bool, now time.Time) *page.Progress {
	if i == nil || i.State == purchase.Ready {
		return nil
	}
	p := &page.Progress{Edition: string(i.State), Live: i.Working()}
	due := page.TimeIn(l, i.Since.Add(purchase.GiveUp), now).Relative
	otherwise := l.Say("progress.else_theirs", "due", due)
	if mine {
		otherwise = l.Say("progress.else_mine", "due", due)
	}
	switch i.State {
	case purchase.Failed:
		p.Note = page.Note{Tone: page.Bad,
			Text: l.Say("progress.failed") + " " + sentence(l.Again("provisioning", i.Reason)) + " " + otherwise}
	case purchase.Compensating:
		p.Note = page.Note{Tone: page.Wait, Text: l.Say("progress.refunding")}
		return p
	case purchase.Refunded:
		p.Note = page.Note{Tone: page.Idle, Text: l.Say("progress.refunded")}
		return p
	case purchase.Suspended:
		p.Note = page.Note{Tone: page.Bad, Text: l.Say("progress.suspended",
			"day", page.TimeIn(l, i.DeletedOn(), now).Day)}
		return p
	case purchase.Deleting, purchase.Deleted:
		p.Note = page.Note{Tone: page.Idle, Text: l.Say("progress.deleted")}
		return p
	default:
		if i.Late(now) {
			p.Edition += " late"
			p.Note = page.Note{Tone: page.Wait, Text: l.Say("progress.late") + " " + otherwise}
		}
	}
	p.Steps = climbed(l, i, now)
	return p
}

// climbed are the steps on the way up: those that are behind with their times, the one that is under way, and those to come.
func climbed(l words.Language, i *purchase.Item, now time.Time) []page.Event {
	at := map[purchase.State]time.Time{}
	for _, s := range i.Steps { // the last time that each was reached
		at[s.State] = s.At
	}
	reached := 0
	switch i.State {
	case purchase.Creating:
		reached = 1
	case purchase.HealthWait:
		reached = 2
	}
	var out []page.Event
	for n, s := range stages(l) {
		e := page.Event{Title: s.title, Coming: true}
		switch {
		case n == 0:
			e.Tone, e.Coming, e.At = page.Good, false, page.TimeIn(l, i.Since, now)
		case n < reached:
			e.Tone, e.Coming, e.At = page.Good, false, page.TimeIn(l, at[s.state], now)
		case n == max(reached, 1) && i.State == purchase.Failed:
			e.Tone, e.Coming, e.At = page.Bad, false, page.TimeIn(l, at[purchase.Failed], now)
		case n == max(reached, 1):
			e.Tone, e.Coming, e.At = page.Wait, false, page.TimeIn(l, i.Steps[len(i.Steps)-1].At, now)
			if i.State == purchase.Retrying {
				e.Detail = l.Say("progress.tried") + " " + sentence(l.Again("provisioning", i.Reason)) + " " + l.Say("progress.again")
			}
		}
		out = append(out, e)
	}
	return out
}

// retryProvisioning has something set up again, and shows the client's page.
func retryProvisioning(s *Site, directory *clients.Directory, retrier *provisioning.Retrier) Form {
	again := func(ctx context.Context, caller identity.Caller, c *client.Client, form url.Values) error {
		thing, err := id.ParseResource(form.Get("resource"))
		if err == nil {
			_, err = retrier.Retry(ctx, caller, c.ID, thing)
		}
		return err
	}
	return s.change("retry", identity.ByPortal(identity.ClientsWrite, identity.Manage), always("retried"), directory, again)
}
