package onboarding

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
)

var errNoProposal = fault.New(fault.NotPending, "errors.nobody_asks_for_another_address_any")

// Proposals answers invitees who ask for another address with no.
type Proposals struct {
	Store ChangeStore
	Now   func() time.Time
}

// Approvals answers them with yes, which ends one invite and sends another.
type Approvals struct {
	Store     Store
	Queue     Queue
	Checkouts client.CheckoutCloser
	Now       func() time.Time
}

// Approve grants an invitee's wish for another address: in one transaction the invite to the first address is cancelled,
// so that its links are dead, and the same offer is made to the other one and mailed. It returns the new relationship.
//
// Faults: [fault.NotFound]; [fault.NotPending] when nobody asks, or the invite is over; [fault.AlreadyPaid]; and those of
// Send, on which nothing has changed.
func (s *Approvals) Approve(ctx context.Context, caller identity.Caller, which id.Invite, once string) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Manage); err != nil {
		return nil, err
	}
	record, err := idempotency.For("approveProposal", caller.Actor()+string(which), once, nil)
	if err != nil {
		return nil, err
	}
	var made *client.Client
	replayed := false
	err = conflict.Retry(ctx, func() error {
		old, err := readCurrent(ctx, s.Store, caller.Agency, which)
		if err != nil {
			return err
		}
		want, mail := Query{Member: caller.Member, Once: record}, allowance.Mail{}
		if old.Proposal != nil {
			mail = mailTo(caller, old.Proposal.Address)
			want.Ref, want.Resources, want.Mails = id.RefOf(caller.Agency, old.Proposal.Address), resources(old.Invite.Grants), mail.Keys()
		}
		seen, err := s.Store.Snapshot(ctx, caller.Agency, want)
		if err != nil {
			return err
		}
		now := s.Now()
		if replayed, err = record.Replays(seen.Once, now); err != nil {
			return err
		} else if replayed {
			made, err = read(ctx, s.Store, caller.Agency, id.Invite(seen.Once.Result))
			return err
		}
		if old.Proposal == nil {
			return errNoProposal
		}
		if seen.Agency == nil {
			return errNoClient
		}
		if err := oneself(seen.Member, caller, old.Proposal.Address); err != nil {
			return err
		}
		if err := seen.Agency.MayInvite(); err != nil {
			return err
		}
		offer := client.Offer{Language: cmp.Or(old.Language, old.Invite.Language),
			Email: old.Proposal.Address, Name: old.Name, Payer: old.Invite.Payer, Message: old.Invite.Message,
			Contract: old.Invite.Contract, From: sender(seen, caller),
			Roles: old.Invite.Roles, Contact: old.Invite.Contact, Until: old.Invite.AccessUntil}
		if offer.Grants, err = granted(old.Invite.Grants, seen); err != nil {
			return err
		}
		rows := ranOut(seen.Client, now)
		if made, err = client.Begin(seen.Client, caller.Agency, offer, now); err != nil {
			return err
		}
		slot, err := seen.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
		if err != nil {
			return err
		}
		logs, err := seen.count(mail, now)
		if err != nil {
			return err
		}
		made.Invite.First(now, slot)
		if err := client.CloseCheckout(ctx, s.Checkouts, old); err != nil {
			return err
		}
		if !old.End(now, client.ByAgency) {
			return errNoProposal
		}
		rows = append(rows, row(now, caller.Actor(), audit.ProposalApproved, old, string(made.Invite.ID)),
			row(now, caller.Actor(), audit.InviteCanceled, old, ""), row(now, caller.Actor(), audit.InviteCreated, made, ""))
		change := client.Change{Client: made, Also: []*client.Client{old}, MayInvite: true, Take: &slot, Mails: logs, Audit: rows}
		change.Once = record.Of(string(made.Invite.ID), now)
		return s.Store.Commit(ctx, caller.Agency, change)
	})
	if err != nil {
		return nil, err
	}
	if !replayed {
		enqueue(ctx, s.Queue, made)
	}
	return made, nil
}

// Await waits for the mail of the new invite as [Inviter.Await] does.
func (s *Approvals) Await(ctx context.Context, c *client.Client, d time.Duration) (*client.Client, error) {
	return await(ctx, s.Store, c, d)
}

// Refuse leaves the invite with its address, and forgets the other one. Faults: [fault.NotFound]; [fault.NotPending] when
// nobody asks.
func (s *Proposals) Refuse(ctx context.Context, caller identity.Caller, which id.Invite) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Manage); err != nil {
		return nil, err
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = readCurrent(ctx, s.Store, caller.Agency, which); err != nil {
			return err
		}
		if c.Proposal == nil {
			return errNoProposal
		}
		now := s.Now()
		c.Proposal = nil
		logged := row(now, caller.Actor(), audit.ProposalRefused, c, "")
		return s.Store.Commit(ctx, caller.Agency, client.Change{Client: c, Audit: []audit.Entry{logged}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}
