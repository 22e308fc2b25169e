package onboarding

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/text"
)

// MaxReason is how long a reason for declining may be, in characters.
const MaxReason = 300

// Limits on what the holder of a link may write to the agency without having signed in.
const (
	answersPerIP = 60
	answerWindow = time.Hour
)

// AnswerStore is what answering without having signed in needs.
type AnswerStore interface {
	Store
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been
	// most of them already; zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Answers takes what the holder of a link tells the agency and does not end the invitation.
type Answers struct {
	Store AnswerStore
	Now   func() time.Time
}

// Decliner takes a no.
type Decliner struct {
	Store     AnswerStore
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

// Decline ends the invitation because the holder of its link, or the caller whose proven address it is for, does not want it. The
// reason is the holder's own words to the agency, and may be "". The link is dead from here on, and the address can be invited
// again.
//
// Faults: [fault.Invalid] in reason, [fault.RateLimited], [fault.Gone], [fault.Expired], [fault.AlreadyPaid].
func (r *Decliner) Decline(ctx context.Context, caller identity.Caller, token, reason, ip string) (*client.Client, error) {
	reason, err := text.Paragraph("reason", reason, MaxReason)
	if err != nil {
		return nil, err
	}
	return answer(ctx, r.Store, r.Now, caller, token, ip, func(c *client.Client, now time.Time) (audit.Action, error) {
		if err := c.Invite.MayAnswer(now); err != nil {
			return "", err
		}
		if err := client.CloseCheckout(ctx, r.Checkouts, c); err != nil {
			return "", err
		}
		c.Proposal = nil
		c.Payment.Hurry(now)
		return audit.InviteDeclined, c.Invite.Decline(now, reason)
	})
}

// Declined tells whether the link is that of an invitation that was declined: to thank for that, and nobody else learns it.
func (r *Decliner) Declined(ctx context.Context, caller identity.Caller, token string) (bool, error) {
	c, err := find(ctx, r.Store, token, caller, true)
	if fault.Is(err, fault.Gone) {
		return false, nil
	}
	return err == nil && c.Invite.WasDeclined(), err
}

// Propose tells the agency which address the holder of the link thinks the invitation should have gone to. Nothing is
// mailed and nothing else changes until the agency says so.
//
// Faults: [fault.Invalid] in email, [fault.RateLimited] from the fourth in a day on, [fault.Gone], [fault.Expired].
func (r *Answers) Propose(ctx context.Context, caller identity.Caller, token, address, ip string) (*client.Client, error) {
	to, err := email.Parse("email", address)
	if err != nil {
		return nil, err
	}
	return answer(ctx, r.Store, r.Now, caller, token, ip, func(c *client.Client, now time.Time) (audit.Action, error) {
		return audit.AddressProposed, c.Propose(now, to)
	})
}

// answer does something to the invitation behind a good link, with a row of the log.
func answer(ctx context.Context, store AnswerStore, clock func() time.Time, caller identity.Caller, token, ip string,
	do func(*client.Client, time.Time) (audit.Action, error)) (*client.Client, error) {
	if err := allow(ctx, store, ip, clock()); err != nil {
		return nil, err
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = find(ctx, store, token, caller, true); err != nil {
			return err
		}
		now := clock()
		if s, err := standing(ctx, store, c, identity.Caller{}, now); err != nil {
			return err
		} else if s.Standing != Anonymous {
			return errGone
		}
		action, err := do(c, now)
		if err != nil {
			return err
		}
		return store.Commit(ctx, c.Agency, client.Change{Client: c, Audit: []audit.Entry{row(now, audit.Invitee, action, c, "")}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// RequestLink notes for the agency that the holder of an expired link asks for a new one: once a day, and asking more
// often is no fault. Faults: [fault.RateLimited]; [fault.Gone] for a link that has not expired.
func (r *Answers) RequestLink(ctx context.Context, caller identity.Caller, token, ip string) (*client.Client, error) {
	if err := allow(ctx, r.Store, ip, r.Now()); err != nil {
		return nil, err
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = find(ctx, r.Store, token, caller, true); err != nil {
			return err
		}
		now := r.Now()
		rows := ranOut(c, now)
		if noted, err := c.Invite.Ask(now); err != nil || !noted {
			return err
		}
		rows = append(rows, row(now, audit.Invitee, audit.LinkRequested, c, ""))
		return r.Store.Commit(ctx, c.Agency, client.Change{Client: c, Audit: rows})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// allow counts one answer from the network address.
func allow(ctx context.Context, store AnswerStore, ip string, now time.Time) error {
	const kind = "answer-ip"
	wait, err := store.Allow(ctx, kind+"#"+ip, answersPerIP, answerWindow, now)
	if err != nil || wait <= 0 {
		return err
	}
	e := fault.New(fault.RateLimited, "errors.too_many_tries_from_this_network", "wait", identity.About(wait))
	e.Retry, e.Limit = wait, fault.Limit{Name: kind, Quota: answersPerIP, Window: answerWindow}
	return e
}

// Asked tells when the holder of this expired invitation last asked for a new link; zero when it may ask.
func (i Invitation) Asked(now time.Time) time.Time {
	if i.Client == nil || i.Client.Invite.At(now) != invite.Expired {
		return time.Time{}
	}
	return i.Client.Invite.Asked(now)
}
