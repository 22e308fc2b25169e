package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
)

// PreviewBody is what the client of an invite would see.
type PreviewBody struct {
	PortalBody
	Invitation InvitationBody `json:"invitation" doc:"The invitation that the emailed link opens."`
	Warnings   []WarningBody  `json:"warnings" nullable:"false" doc:"What may be a mistake. sendInvite sends it all the same."`
}

type previewInput struct{ Body DraftBody }

type previewOutput struct{ Body PreviewBody }

// PreviewInvite shows what a client would see, before anything is sent.
func PreviewInvite(auth *signin.Authenticator, previewer *onboarding.Previewer) Operation {
	return operation(auth, described{
		id: "previewInvite", method: http.MethodPost, who: identity.ByPortal(identity.InvitesRead, identity.See),
		tag: tagInvites, status: 200,
		summary: "Preview an invite",
		description: "Takes the same body as sendInvite and checks it the same way. Answers with the invitation and the portal " +
			"that the client would see. Nothing is sent, stored or counted.",
		codes: []fault.Code{fault.Invalid, fault.PaymentsOff},
	}, func(ctx context.Context, caller identity.Caller, in *previewInput) (*previewOutput, error) {
		p, err := previewer.Preview(ctx, caller, in.Body.draft())
		if err != nil {
			return nil, err
		}
		v, now := portal.Preview(p.Agency, p.Offer.Grants, p.Resources), auth.Now()
		from := AgencyBody{Name: p.Agency.Name, Color: p.Agency.Color, LogoURL: p.Agency.LogoURL}
		out := &previewOutput{PreviewBody{
			PortalBody: PortalBody{Agency: agencyBody(p.Agency), Access: string(v.Access), Instances: items(v.Instances, now),
				Services: items(v.Services, now), Agencies: []*AgencyBody{}, Modules: texts(v.Modules)},
			Invitation: InvitationBody{Agency: from, Inviter: p.Offer.From.Name, Email: string(p.Offer.Email),
				Standing: string(onboarding.Invited),
				Payer:    string(p.Offer.Payer), Message: p.Offer.Message, Grants: []OfferBody{},
				ExpiresAt: Time(now.Add(invite.Lifetime))},
			Warnings: warnings(p.Offer.Email),
		}}
		for _, g := range p.Offer.Grants {
			out.Body.Invitation.Grants = append(out.Body.Invitation.Grants,
				OfferBody{string(instance.KindOf(g.Resource)), g.Name, string(g.Access)})
		}
		return out, nil
	}, func(in *previewInput) error { return in.Body.draft().Check() })
}
