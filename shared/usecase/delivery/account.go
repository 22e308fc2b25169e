package delivery

import (
	"context"
	"errors"
	"fmt"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/view/letter"
)

// account tells a person what has changed about how it signs in. A mail that could not be handed over comes back with its message.
func (w *Worker) account(ctx context.Context, m job.Mail) error {
	c, err := w.Store.AccountChange(ctx, m.User, m.Job)
	if fault.Is(err, fault.NotFound) { // the person is forgotten
		return nil
	}
	if err != nil || !c.Waiting {
		return err
	}
	l := letter.Account(letter.AccountData{What: c.What, Name: c.Name, Before: c.Before, Device: c.Device, At: c.At,
		Link: w.Origin + "/account", Platform: w.Platform})
	_, err = w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.From, To: c.Email, Letter: l,
		Tags: map[string]string{"kind": "account"}})
	if _, final := refusal(err); err != nil && !final {
		return err
	}
	c.Told()
	// Another worker may have told it, and the person may be forgotten.
	if err := w.Store.SaveAccountChange(ctx, c); err != nil && !errors.Is(err, conflict.ErrChanged) {
		return fmt.Errorf("delivery: recording the mail about a change: %w", err)
	}
	return nil
}
