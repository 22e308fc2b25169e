package web

import (
	"net/http"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/view/page"
)

// invited lists the invitations that wait for the address of whoever is signed in.
func (s *Site) invited(r *http.Request, waiting *onboarding.Waiting, caller identity.Caller) (page.Waiting, error) {
	l := words.In(r.Context())
	all, err := waiting.List(r.Context(), caller)
	if err != nil {
		return nil, err
	}
	var out page.Waiting
	for _, i := range all {
		out = append(out, page.WaitingInvitation{Name: i.Client.Invite.From.AgencyName,
			URL: invitationPath(string(i.Client.Agency)), Until: page.TimeIn(l, i.Client.Invite.ExpiresAt, s.now())})
	}
	return out, nil
}
