package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

type approveInput struct {
	InviteRef
	Key    string `header:"Idempotency-Key" maxLength:"255"`
	Prefer string `header:"Prefer" doc:"wait=10 holds the answer until the mail is out (201) or refused (422)." example:"wait=10"`
}

// ApproveProposal invites the address that an invitee asks for in the place of its own.
func ApproveProposal(door *signin.Doorkeeper, inviter *onboarding.Inviter) Operation {
	return operation("approveProposal", "Invite the address that was asked for",
		"At once the invite is cancelled, so that its links are dead, and the same offer goes to the other address. It counts towards the ten per hour. The answer is the new invite.",
		tagInvites, 201, []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.PlanRequired, fault.Suspended, fault.NotFound, fault.NotPending,
			fault.AlreadyInvited, fault.AlreadyClient, fault.PayerFixed, fault.MailRefused, fault.RateLimited, fault.AlreadyPaid},
		func(ctx context.Context, in *approveInput) (*inviteOutput, error) {
			caller, err := forAgency(ctx, door, identity.InvitesWrite)
			if err != nil {
				return nil, err
			}
			c, err := inviter.Approve(ctx, caller, id.Invite(in.InviteID), of(ctx).once)
			return mailed(ctx, inviter, c, err, http.StatusCreated)
		})
}

// RefuseProposal leaves an invite with its address.
func RefuseProposal(door *signin.Doorkeeper, inviter *onboarding.Inviter) Operation {
	return operation("refuseProposal", "Keep the invited address", "The address that was asked for is forgotten; the invite and its link stay as they are.", tagInvites, 200,
		[]fault.Code{fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.NotPending},
		func(ctx context.Context, in *InviteRef) (*inviteAnswer, error) {
			caller, err := forAgency(ctx, door, identity.InvitesWrite)
			if err != nil {
				return nil, err
			}
			c, err := inviter.Refuse(ctx, caller, id.Invite(in.InviteID))
			if err != nil {
				return nil, err
			}
			return &inviteAnswer{inviteBody(c, inviter.Now())}, nil
		})
}
