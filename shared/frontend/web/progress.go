package web

import (
	"context"
	"net/url"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/view/page"
)

// stages are the steps of a thing's making as people read them, in their order.
var stages = []struct {
	state purchase.State
	title string
}{
	{purchase.Requested, "Payment received"},
	{purchase.Creating, "Setting it up"},
	{purchase.HealthWait, "Starting it"},
	{purchase.Ready, "Ready"},
}

// progress words how far a thing is that was bought; nil when there is nothing to tell. mine says that its owner reads it.
func progress(i *purchase.Item, mine bool, now time.Time) *page.Progress {
	if i == nil || i.State == purchase.Ready {
		return nil
	}
	p := &page.Progress{Edition: string(i.State), Live: i.Working()}
	whose := "The client's payment for it is returned by itself"
	if mine {
		whose = "Your payment for it is returned by itself"
	}
	due := page.TimeAt(i.Since.Add(purchase.GiveUp), now)
	switch i.State {
	case purchase.Failed:
		p.Note = page.Note{Tone: page.Bad,
			Text: "It could not be set up yet. " + sentence(i.Reason) + " " + whose + " if it is not ready " + due.Relative + "."}
	case purchase.Compensating:
		p.Note = page.Note{Tone: page.Wait, Text: "It could not be set up. The payment for it is being returned."}
		return p
	case purchase.Refunded:
		p.Note = page.Note{Tone: page.Idle, Text: "It could not be set up, and the payment for it has been returned."}
		return p
	case purchase.Suspended:
		p.Note = page.Note{Tone: page.Bad, Text: "It is suspended, because it is not paid. " +
			"Unless it is paid before, it is deleted with all that is in it on " + page.TimeAt(i.DeletedOn(), now).Day + "."}
		return p
	case purchase.Deleting, purchase.Deleted:
		p.Note = page.Note{Tone: page.Idle, Text: "It was deleted, because it was not paid any more."}
		return p
	default:
		if i.Late(now) {
			p.Edition += " late"
			p.Note = page.Note{Tone: page.Wait, Text: "Payment received; setup is taking longer. Nobody needs to do anything. " +
				whose + " if it is not ready " + due.Relative + "."}
		}
	}
	p.Steps = climbed(i, now)
	return p
}

// climbed are the steps on the way up: those that are behind with their times, the one that is under way, and those to come.
func climbed(i *purchase.Item, now time.Time) []page.Event {
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
	for n, s := range stages {
		e := page.Event{Title: s.title, Coming: true}
		switch {
		case n == 0:
			e.Tone, e.Coming, e.At = page.Good, false, page.TimeAt(i.Since, now)
		case n < reached:
			e.Tone, e.Coming, e.At = page.Good, false, page.TimeAt(at[s.state], now)
		case n == max(reached, 1) && i.State == purchase.Failed:
			e.Tone, e.Coming, e.At = page.Bad, false, page.TimeAt(at[purchase.Failed], now)
		case n == max(reached, 1):
			e.Tone, e.Coming, e.At = page.Wait, false, page.TimeAt(i.Steps[len(i.Steps)-1].At, now)
			if i.State == purchase.Retrying {
				e.Detail = "The last try failed. " + sentence(i.Reason) + " It is tried again by itself."
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
	return s.change("retry", identity.ClientsWrite, always("retried"), directory, again)
}
