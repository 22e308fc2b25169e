package onboarding

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

// Canceller cancels invites.
type Canceller struct {
	Store     ChangeStore
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

// Cancel ends a live or expired invite; its links are dead with the answer. Faults: [fault.NotFound],
// [fault.NotPending], [fault.AlreadyPaid]. Cancelling what is cancelled already is no fault.
func (s *Canceller) Cancel(ctx context.Context, caller identity.Caller, which id.Invite) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = readCurrent(ctx, s.Store, caller.Agency, which); err != nil {
			return err
		}
		if err := own(caller, c); err != nil {
			return err
		}
		if c.Invite.Status == invite.Canceled {
			return nil
		}
		if err := client.CloseCheckout(ctx, s.Checkouts, c); err != nil {
			return err
		}
		now := s.Now()
		if err := c.Invite.Cancel(now); err != nil {
			return err
		}
		logged := row(now, caller.Actor(), audit.InviteCanceled, c, "")
		return s.Store.Commit(ctx, caller.Agency, client.Change{Client: c, Audit: []audit.Entry{logged}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}
