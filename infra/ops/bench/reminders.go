package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
)

// reminding counts what an invite asks of AWS that goes out at once, one that goes out at a time of its own, and a reminder, each until
// the mail is delivered, with what the sweep does for it beyond what it does when there is nothing to do.
func reminding(ctx context.Context, b *bench) error {
	l, m, lines, err := b.metered(ctx)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // in memory
	table := dynamo.OpenOperator(l.Engine.Config(), l.Stack.Template.Tables[0].Name, l.Now)
	day := l.Now().UTC().Truncate(24 * time.Hour).Add(10 * time.Hour)
	for day.Weekday() != time.Tuesday || day.Before(l.Now()) {
		day = day.Add(24 * time.Hour)
	}
	if err := l.Advance(ctx, day.Sub(l.Now())); err != nil {
		return err
	}
	// settle has so many mails go out, and then the sweep run until SES has told what became of them.
	out := 0
	settle := func(mails int) error {
		for out += mails; ; {
			next := l.Engine.SES.Watch()
			if len(l.Engine.SES.Mails("")) >= out {
				break
			}
			select {
			case <-next:
			case <-time.After(time.Minute):
				return fmt.Errorf("%d of %d mails are out after a minute", len(l.Engine.SES.Mails("")), out)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for range 4 {
			if err := l.Advance(ctx, 30*time.Second); err != nil {
				return err
			}
		}
		return nil
	}
	var idle account
	var idleRead, idleWrite cost
	measure := func(name string, do func() error) error {
		m.read()
		lines.reset()
		if err := do(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		calls, reads, write := m.read()
		a := bill(calls, reads, write, lines)
		if name == "" {
			idle, idleRead, idleWrite = a, reads, write
			return nil
		}
		mails, sum := mailsOf(calls), a.sum()-idle.sum()
		b.row(name, fmt.Sprintf("%.1f requests, %.1f messages, %d mail", float64(lines.requests)/perAgency,
			float64(lines.messages)/perAgency, mails/perAgency), "1 mail", mails == perAgency)
		b.row("   units", fmt.Sprintf("read %.1f, write %.1f to the table, %.1f to its indexes",
			(reads.table+reads.index-idleRead.table-idleRead.index)/perAgency, (write.table-idleWrite.table)/perAgency,
			(write.index-idleWrite.index)/perAgency), "", true)
		b.row("   1,000 of them at AWS's list prices", fmt.Sprintf("$%.3f", sum), "$0.20", sum <= 0.20)
		return nil
	}
	send := func(t *tenant, kind, more string, status int) error {
		for k := range perAgency {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Origin()+"/v1/invites",
				strings.NewReader(fmt.Sprintf(`{"email":"%s%d@acme.example"%s}`, kind, k, more)))
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+t.key)
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			res.Body.Close() //nolint:errcheck,gosec // nothing of it is wanted
			if res.StatusCode != status {
				return fmt.Errorf("sending an invite answered %d", res.StatusCode)
			}
		}
		return nil
	}
	if err := measure("", func() error { return settle(0) }); err != nil {
		return err
	}
	t, err := found(ctx, table, "Northwind Automations")
	if err != nil {
		return err
	}
	if err := measure("an invite, sent at once", func() error {
		if err := send(t, "now", "", http.StatusAccepted); err != nil {
			return err
		}
		return settle(perAgency)
	}); err != nil {
		return err
	}
	if err := measure("a reminder", func() error {
		if err := l.Advance(ctx, 72*time.Hour); err != nil {
			return err
		}
		return settle(perAgency)
	}); err != nil {
		return err
	}
	if t, err = found(ctx, table, "Globex"); err != nil {
		return err
	}
	return measure("an invite, sent at a time of its own", func() error {
		at := fmt.Sprintf(`,"sendAt":%q,"reminders":false`, l.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		if err := send(t, "later", at, http.StatusCreated); err != nil {
			return err
		}
		if err := l.Advance(ctx, time.Hour); err != nil {
			return err
		}
		return settle(perAgency)
	})
}
