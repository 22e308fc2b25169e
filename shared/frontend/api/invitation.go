package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

// LinkToken names an invitation in the path.
type LinkToken struct {
	Token string `path:"token" doc:"The emailed link's secret. Or, once signed in, the agency's ID." example:"lki_4fWqK0Y5hQ8m2nB7cX1v"`
}

// OfferBody is one thing that an invitation opens.
type OfferBody struct {
	Kind   string `json:"kind" enum:"instance,service"`
	Name   string `json:"name"`
	Access string `json:"access" enum:"read,write"`
}

// InvitationBody is what a link shows.
type InvitationBody struct {
	Agency    AgencyBody    `json:"agency"`
	Inviter   string        `json:"inviter,omitempty" doc:"Who invites you. Left out if they gave no name." example:"Nora Lindqvist"`
	Email     string        `json:"email" doc:"The invited address. Masked unless you signed in with it." example:"o•••@acme.example"`
	Standing  string        `json:"standing" enum:"anonymous,invited,other_account,accepted" doc:"How you relate to the invitation."`
	Payer     string        `json:"payer" enum:"agency,client"`
	Message   string        `json:"message,omitempty"`
	Grants    []OfferBody   `json:"grants" doc:"What you'll have access to."`
	Contract  *ContractBody `json:"contract" doc:"What you'd buy, see startCheckout. null if there's nothing to pay."`
	Offer     string        `json:"offer" doc:"Send it when you accept. Empty once accepted." example:"5f0c2f0e7f5e4a52"`
	Language  string        `json:"language" doc:"The one that offer holds for." example:"en"`
	ExpiresAt Time          `json:"expiresAt"`
}

type viewInvitationInput struct {
	LinkToken
	Spoken
}

type invitationOutput struct{ Body InvitationBody }

// ViewInvitation shows what a link opens.
func ViewInvitation(auth *signin.Authenticator, invitations *onboarding.Invitations) Operation {
	return operation(auth, described{
		id: "viewInvitation", method: http.MethodGet, who: identity.ByHolder, tag: tagInvitee, status: 200,
		summary: "View an invitation",
		description: "Changes nothing, however often you call it. A link that is unknown, cancelled, replaced or used by " +
			"somebody else answers 410. So does one from an agency that can't invite.",
		codes: []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Gone, fault.Expired},
	}, func(ctx context.Context, caller identity.Caller, in *viewInvitationInput) (*invitationOutput, error) {
		ctx, err := in.in(ctx)
		if err != nil {
			return nil, err
		}
		v, err := invitations.View(ctx, in.Token, caller)
		if err != nil {
			return nil, err
		}
		i := v.Client.Invite
		from := AgencyBody{Name: i.From.AgencyName, Color: i.From.Color, LogoURL: i.From.LogoURL}
		out := &invitationOutput{InvitationBody{Agency: from, Inviter: i.From.Name, Email: v.To(),
			Standing: string(v.Standing), Payer: string(i.Payer),
			Message: i.Message, Grants: []OfferBody{}, Offer: v.Offer, Language: string(words.In(ctx)),
			ExpiresAt: Time(i.ExpiresAt)}}
		if out.Body.Contract, err = contractBody(i.Contract); err != nil {
			return nil, err
		}
		for _, g := range v.Grants {
			out.Body.Grants = append(out.Body.Grants, OfferBody{string(instance.KindOf(g.Resource)), g.Name, string(g.Access)})
		}
		return out, nil
	})
}

type acceptInput struct {
	LinkToken
	Body *struct {
		Offer string `json:"offer,omitempty" doc:"The offer you saw. If it changed, you get 409." example:"5f0c2f0e7f5e4a52" maxLength:"64"`

		Language string `json:"language,omitempty" doc:"The one it was shown in. We write to them in it." example:"de"`
	} `required:"false"`
}

type acceptOutput struct {
	Body struct {
		ClientID  string `json:"clientId"`
		AgencyID  string `json:"agencyId"`
		PortalURL string `json:"portalUrl"`
	}
}

// AcceptInvitation makes the signed-in person a client.
func AcceptInvitation(auth *signin.Authenticator, invitations *onboarding.Invitations, origin string) Operation {
	return operation(auth, described{
		id: "acceptInvitation", method: http.MethodPost, who: identity.ByPerson, tag: tagInvitee, status: 200,
		summary: "Accept an invitation",
		description: "You must be signed in with the invited address. Accepting again gives the same answer. An invitation with " +
			"a contract is accepted by paying: use startCheckout.",
		codes: []fault.Code{fault.PaymentRequired, fault.WrongAccount, fault.OfferChanged, fault.Gone, fault.Expired, fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *acceptInput) (*acceptOutput, error) {
		seen := ""
		if in.Body != nil {
			var err error
			if ctx, err = (Spoken{in.Body.Language}).in(ctx); err != nil {
				return nil, err
			}
			seen = in.Body.Offer
		}
		c, err := invitations.Accept(ctx, in.Token, seen, caller)
		if err != nil {
			return nil, err
		}
		out := &acceptOutput{}
		out.Body.ClientID, out.Body.AgencyID, out.Body.PortalURL = string(c.ID), string(c.Agency), origin+"/portal?agency="+string(c.Agency)
		return out, nil
	})
}

type declineInput struct {
	LinkToken
	Body *struct {
		Reason string `json:"reason,omitempty" doc:"A note to the agency, up to 300 characters." example:"We work with somebody else now."`
	} `required:"false"`
}

// DeclineInvitation turns an invitation down.
func DeclineInvitation(auth *signin.Authenticator, decliner *onboarding.Decliner) Operation {
	return operation(auth, described{
		id: "declineInvitation", method: http.MethodPost, who: identity.ByHolder, tag: tagInvitee, status: 204,
		summary: "Decline an invitation",
		description: "Anybody who has the link can decline, without signing in. The link stops working. The agency reads the " +
			"reason and can invite the address again.",
		codes: []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Gone, fault.Expired, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *declineInput) (*noContent, error) {
		reason := ""
		if in.Body != nil {
			reason = in.Body.Reason
		}
		c, err := decliner.Decline(ctx, caller, in.Token, reason, of(ctx).ip)
		if err == nil {
			event.Annotate(ctx, "agency", string(c.Agency), "invite", string(c.Invite.ID))
		}
		return nil, err
	})
}

type proposeInput struct {
	LinkToken
	Body struct {
		Email string `json:"email" doc:"The address the invitation should have gone to." example:"pat@acme.example" maxLength:"320"`
	}
}

// ProposeAddress tells the agency that the invitation belongs to another address.
func ProposeAddress(auth *signin.Authenticator, answers *onboarding.Answers) Operation {
	return operation(auth, described{
		id: "proposeAddress", method: http.MethodPost, who: identity.ByHolder, tag: tagInvitee, status: 204,
		summary: "Propose another address",
		description: "Anybody who has the link can say that it belongs to another address, without signing in. The agency " +
			"decides. Until then nothing changes, and we don't email the other address. Up to three times a day.",
		codes: []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Gone, fault.Expired},
	}, func(ctx context.Context, caller identity.Caller, in *proposeInput) (*noContent, error) {
		c, err := answers.Propose(ctx, caller, in.Token, in.Body.Email, of(ctx).ip)
		if err == nil {
			event.Annotate(ctx, "agency", string(c.Agency), "invite", string(c.Invite.ID))
		}
		return nil, err
	}, func(in *proposeInput) error {
		_, err := email.Parse("email", in.Body.Email)
		return err
	})
}

// RequestNewLink asks the agency to send an expired invitation again.
func RequestNewLink(auth *signin.Authenticator, answers *onboarding.Answers) Operation {
	return operation(auth, described{
		id: "requestNewLink", method: http.MethodPost, who: identity.ByHolder, tag: tagInvitee, status: 204,
		summary:     "Ask for a new link",
		description: "For an invitation that has expired. The agency is told that you asked. It counts once a day.",
		codes:       []fault.Code{fault.Unauthenticated, fault.Gone},
	}, func(ctx context.Context, caller identity.Caller, in *LinkToken) (*noContent, error) {
		c, err := answers.RequestLink(ctx, caller, in.Token, of(ctx).ip)
		if err == nil {
			event.Annotate(ctx, "agency", string(c.Agency), "invite", string(c.Invite.ID))
		}
		return nil, err
	})
}
