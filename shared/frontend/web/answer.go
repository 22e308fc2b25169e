package web

import (
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/view/page"
)

// answerNames are the fields of the forms for another answer than yes.
var answerNames = map[string]string{"reason": "reason", "email": "email"}

// declineInvitation turns the invitation down, with or without a reason.
func declineInvitation(s *Site, invitations *onboarding.Invitations, decliner *onboarding.Decliner) Form {
	return s.answer("decline", page.Declining, declined, invitations,
		func(r *http.Request, caller identity.Caller, v *page.Invitation) (*client.Client, error) {
			v.Reason = r.PostForm.Get("reason")
			return decliner.Decline(r.Context(), caller, r.PathValue("token"), v.Reason, address(r))
		})
}

// proposeAddress tells the agency which address the invitation should have gone to.
func proposeAddress(s *Site, invitations *onboarding.Invitations, answers *onboarding.Answers) Form {
	return s.answer("propose", page.Proposing, proposed, invitations,
		func(r *http.Request, caller identity.Caller, v *page.Invitation) (*client.Client, error) {
			v.Email = r.PostForm.Get("email")
			var to string
			if to, v.Meant = meantIn(r.PostForm, proposes); v.Meant != nil {
				return nil, nil //nolint:nilnil // it is asked about first
			}
			return answers.Propose(r.Context(), caller, r.PathValue("token"), to, address(r))
		})
}

// answer takes another answer than yes: it leads on to where it is thanked for, or shows the form again with what was typed.
func (s *Site) answer(name string, step page.Step, thanks string, invitations *onboarding.Invitations,
	do func(*http.Request, identity.Caller, *page.Invitation) (*client.Client, error)) Form {
	return form(name, identity.ByHolder, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.invitation(r, invitations, caller)
		if err != nil {
			return err
		}
		v.Step = step
		c, err := do(r, caller, &v)
		if v.Meant != nil {
			return s.show(w, r, http.StatusOK, v)
		}
		if err == nil {
			event.Annotate(r.Context(), "invite", string(c.Invite.ID))
			return seeOther(w, v.URL+thanks)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		if f.Code.Status() == http.StatusGone {
			return f
		}
		v.Problems = problems(f, answerNames)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// requestNewLink tells the agency that the holder of an expired link asks for a new one.
func requestNewLink(answers *onboarding.Answers) Form {
	return form("request", identity.ByHolder, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		c, err := answers.RequestLink(r.Context(), caller, r.PathValue("token"), address(r))
		if err != nil {
			return err
		}
		event.Annotate(r.Context(), "agency", string(c.Agency), "invite", string(c.Invite.ID))
		return seeOther(w, invitationPath(r.PathValue("token")))
	})
}
