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
	Once
	Waiting
}

// ApproveProposal invites the address that an invitee asks for in the place of its own.
func ApproveProposal(auth *signin.Authenticator, approvals *onboarding.Approvals) Operation {
	return operation(auth, described{
		id: "approveProposal", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Manage),
		tag: tagInvites, status: 201,
		summary: "Invite the proposed address",
		description: "Cancels this invite and sends the same offer to the proposed address. It counts towards the hour's ten " +
			"invites. The answer is the new invite.",
		codes: []fault.Code{fault.Invalid, fault.PlanRequired, fault.Suspended, fault.NotFound, fault.NotPending, fault.AlreadyInvited,
			fault.AlreadyClient, fault.PayerFixed, fault.MailRefused, fault.RateLimited, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *approveInput) (*inviteOutput, error) {
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := approvals.Approve(ctx, caller, which, of(ctx).once)
		return mailed(ctx, auth, approvals, c, err, http.StatusCreated)
	})
}

// RefuseProposal leaves an invite with its address.
func RefuseProposal(auth *signin.Authenticator, proposals *onboarding.Proposals) Operation {
	return operation(auth, described{
		id: "refuseProposal", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Manage),
		tag: tagInvites, status: 200,
		summary:     "Keep the invited address",
		description: "Discards the proposed address. The invite and its link don't change.",
		codes:       []fault.Code{fault.NotFound, fault.NotPending},
	}, func(ctx context.Context, caller identity.Caller, in *InviteRef) (*inviteAnswer, error) {
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := proposals.Refuse(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &inviteAnswer{inviteBody(c, auth.Now())}, nil
	})
}
