package onboarding

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// Invites reads an agency's invites one by one.
type Invites struct {
	Store InviteStore
}

// Get reads an invite of the agency, the ones replaced by a later invite to the same address too, of which only the
// outcome is kept. Faults: [fault.NotFound].
func (i *Invites) Get(ctx context.Context, caller identity.Caller, which id.Invite) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, err
	}
	c, err := read(ctx, i.Store, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if c.Invite.ID == which {
		return c, nil
	}
	for _, p := range c.Earlier {
		if p.ID == which {
			old := *c
			old.Invite = &invite.Invite{ID: p.ID, Payer: p.Payer, Status: p.Status, CreatedAt: p.Created, EndedAt: p.Ended}
			return &old, nil
		}
	}
	return nil, errNoInvite
}

// read reads the relationship that an invite belongs to.
func read(ctx context.Context, store InviteStore, agency id.Agency, which id.Invite) (*client.Client, error) {
	ref := which.Ref()
	if ref == "" {
		return nil, errNoInvite
	}
	c, err := store.Client(ctx, agency, ref, true)
	if fault.Is(err, fault.NotFound) {
		return nil, errNoInvite
	}
	return c, err
}

// readCurrent reads the relationship of which this is the current invite.
func readCurrent(ctx context.Context, store InviteStore, agency id.Agency, which id.Invite) (*client.Client, error) {
	c, err := read(ctx, store, agency, which)
	if err == nil && c.Invite.ID != which {
		return nil, errNoInvite
	}
	return c, err
}

// pollEvery is how often await looks.
const pollEvery = 40 * time.Millisecond

// await waits until the mail of the client's current invite is out or has failed, at most for d, and returns the
// state then. A mail that failed is a fault with code [fault.MailRefused]; one that is still on its way is none.
func await(ctx context.Context, store InviteStore, c *client.Client, d time.Duration) (*client.Client, error) {
	over := time.After(d)
	for {
		if err := refused(c); err != nil {
			return c, err
		}
		if m := c.Invite.Mail.State; d <= 0 || m != invite.MailQueued && m != invite.MailClaimed {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-over:
			return c, nil
		case <-time.After(pollEvery):
		}
		next, err := store.Client(ctx, c.Agency, c.Ref(), true)
		if err != nil {
			return c, err
		}
		if next.Invite.ID != c.Invite.ID {
			return c, nil
		}
		c = next
	}
}

// refused is what the sender is told whose mail could not be sent: the sentence of FE19 when the invite is gone with
// it, and another where an invite stays that was good before.
func refused(c *client.Client) error {
	i := c.Invite
	if !i.Unmailed() {
		return nil
	}
	e := fault.New(fault.MailRefused, "errors.we_couldnt_email_no_invite_was", "email", c.Email, "reason", i.Reason)
	switch i.Status {
	case invite.Failed:
	case invite.Expired:
		e.Message = words.Say("errors.invite_stays_expired", "email", c.Email, "reason", i.Reason)
	default:
		e.Message = words.Say("errors.link_before_still_works", "email", c.Email, "reason", i.Reason)
	}
	e.Reason = i.Reason
	e.Fields = []fault.Field{{Location: "email", Message: e.Message}}
	return e
}
