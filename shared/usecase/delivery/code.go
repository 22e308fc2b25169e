package delivery

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/view/letter"
)

// code mails a sign-in code, or tells of how somebody signs in: claim, send, record, as for an invite.
func (w *Worker) code(ctx context.Context, m job.Mail) error {
	digits, err := newCode()
	if err != nil {
		return err
	}
	digest := identity.Digest(w.Key, m.User, digits)
	var c *identity.Code
	err = conflict.Retry(ctx, func() (err error) {
		c, err = w.Store.Code(ctx, m.User, m.Job)
		if fault.Is(err, fault.NotFound) {
			c = nil
			return nil
		}
		if err != nil {
			return err
		}
		if !c.Claim(w.Now(), m.Job, digest) {
			c = nil
			return nil
		}
		return w.Store.SaveCode(ctx, c)
	})
	if err != nil || c == nil {
		return err
	}
	l := letter.Code(letter.CodeData{Code: digits, Platform: w.Platform, Lifetime: identity.CodeLifetime, Language: c.Language})
	kind := "code"
	if c.Tells != "" {
		kind = "account"
		link := w.Origin + "/account"
		switch {
		case c.Tells == identity.LinkOfOther:
			link = w.Origin + "/settings/members"
		case c.Tells.OfOthers():
			link = w.Origin + "/settings/sign-in"
		}
		l = letter.Account(letter.AccountData{Tells: c.Tells, Told: c.Told, When: c.AskedAt, Link: link, Platform: w.Platform,
			Language: c.Language})
	}
	_, sent := w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.From, To: c.Email, Letter: l, Tags: map[string]string{"kind": kind}})

	var again time.Duration
	err = conflict.Retry(ctx, func() error {
		c, err := w.Store.Code(ctx, m.User, m.Job)
		if err != nil {
			return err
		}
		if c.Job != m.Job || !c.Claimed {
			return nil
		}
		again = 0
		if _, final := refusal(sent); sent == nil || final {
			c.Sent()
		} else if wait, more := c.Retry(w.Now()); more {
			again = wait
		}
		return w.Store.SaveCode(ctx, c)
	})
	if err != nil {
		return fmt.Errorf("delivery: recording a code: %w", err)
	}
	if again > 0 {
		return w.Queue.Send(ctx, m.Encode(), again)
	}
	return nil
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", identity.CodeDigits, n), nil
}
