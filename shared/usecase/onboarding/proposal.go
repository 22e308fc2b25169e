package onboarding

import (
	"context"
	"math/rand/v2"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
)

var errNoProposal = fault.New(fault.NotPending, "Nobody asks for another address any more. Look at the client again.")

// Approve grants an invitee's wish for another address: in one transaction the invite to the first address is cancelled,
// so that its links are dead, and the same offer is made to the other one and mailed. It returns the new relationship.
//
// Faults: [fault.NotFound]; [fault.NotPending] when nobody asks, or the invite is over; [fault.AlreadyPaid]; and those of Send, on which
// nothing has changed.
func (s *Inviter) Approve(ctx context.Context, caller identity.Caller, which id.Invite, once string) (*client.Client, error) {
	record, err := idempotency.For("approveProposal", caller.Actor()+string(which), once, nil)
	if err != nil {
		return nil, err
	}
	var made *client.Client
	replayed := false
	err = conflict.Retry(ctx, func() error {
		old, err := s.asked(ctx, caller, which, record)
		if err != nil {
			return err
		}
		want := Wanted{Once: record}
		if old.Proposal != nil {
			want.Ref, want.Resources = id.RefOf(caller.Agency, old.Proposal.Address), resources(old.Invite.Grants)
		}
		desk, err := s.Store.Desk(ctx, caller.Agency, want)
		if err != nil {
			return err
		}
		now := s.Now()
		if replayed, err = record.Replays(desk.Once, now); err != nil {
			return err
		} else if replayed {
			made, err = s.read(ctx, caller.Agency, id.Invite(desk.Once.Result))
			return err
		}
		if old.Proposal == nil {
			return errNoProposal
		}
		if desk.Agency == nil {
			return errNoClient
		}
		if err := desk.Agency.MayInvite(); err != nil {
			return err
		}
		offer := client.Offer{Email: old.Proposal.Address, Name: old.Name, Payer: old.Invite.Payer, Message: old.Invite.Message, Contract: old.Invite.Contract,
			From: invite.Sender{AgencyName: desk.Agency.Name, Color: desk.Agency.Color, LogoURL: desk.Agency.LogoURL, Member: caller.Member}}
		if offer.Grants, err = granted(old.Invite.Grants, desk); err != nil {
			return err
		}
		rows := ranOut(desk.Client, now)
		if made, err = client.Begin(desk.Client, caller.Agency, offer, now); err != nil {
			return err
		}
		slot, err := desk.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
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
		change := client.Change{Client: made, Also: []*client.Client{old}, MayInvite: true, Take: &slot, Audit: rows}
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

// Refuse leaves the invite with its address, and forgets the other one. Faults: [fault.NotFound]; [fault.NotPending] when
// nobody asks.
func (s *Inviter) Refuse(ctx context.Context, caller identity.Caller, which id.Invite) (*client.Client, error) {
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = s.asked(ctx, caller, which, nil); err != nil {
			return err
		}
		now := s.Now()
		c.Proposal = nil
		return s.Store.Commit(ctx, caller.Agency, client.Change{Client: c, Audit: []audit.Entry{row(now, caller.Actor(), audit.ProposalRefused, c, "")}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// asked reads the relationship whose invitee asks for another address. With a record it is no fault that nobody does:
// the request may have come before.
func (s *Inviter) asked(ctx context.Context, caller identity.Caller, which id.Invite, record *idempotency.Record) (*client.Client, error) {
	c, err := s.read(ctx, caller.Agency, which)
	if err != nil {
		return nil, err
	}
	if c.Invite.ID != which {
		return nil, errNoInvite
	}
	if c.Proposal == nil && record == nil {
		return nil, errNoProposal
	}
	return c, nil
}
