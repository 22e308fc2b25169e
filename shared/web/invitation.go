package web

import (
	"net/http"
	"net/url"
	"strings"

	"latchkey.dev/shared/cookie"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/identity"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/page"
	"latchkey.dev/shared/signin"
)

func invitationPath(token string) string { return "/i/" + url.PathEscape(token) }

func portalPath(agency string) string { return "/portal?agency=" + url.QueryEscape(agency) }

// InvitationPage is what the link in the mail opens. Looking at it changes nothing.
func InvitationPage(s *Site, door *signin.Doorkeeper, reception *onboarding.Reception) Page {
	return s.look("invitationPage", func(w http.ResponseWriter, r *http.Request) error {
		caller, err := door.Caller(r.Context(), credentials(r))
		if err != nil {
			return err
		}
		v, err := s.invitation(r, reception, caller)
		if err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// dead is the page of a link that opens nothing.
func (s *Site) dead(w http.ResponseWriter, r *http.Request, f *fault.Error) error {
	v := page.DeadLink{Brand: s.brand}
	if f.Code == fault.Expired {
		v.Expired = f.Message
	}
	return s.show(w, r, http.StatusGone, v)
}

// invitation prepares the page for whoever is looking.
func (s *Site) invitation(r *http.Request, reception *onboarding.Reception, caller identity.Caller) (page.Invitation, error) {
	token, now := r.PathValue("token"), s.now()
	i, err := reception.View(r.Context(), token, caller)
	if err != nil {
		return page.Invitation{}, err
	}
	c := i.Client
	event.Annotate(r.Context(), "agency", string(c.Agency), "client", string(c.ID), "invite", string(c.Invite.ID))
	from := c.Invite.From
	v := page.Invitation{
		Brand: page.Brand{Name: from.AgencyName, Color: from.Color, LogoURL: from.LogoURL},
		URL:   invitationPath(token), Client: c.Name, Masked: c.Email.Masked(), Person: string(caller.Email),
		Message: c.Invite.Message, Until: page.TimeAt(c.Invite.ExpiresAt, now),
	}
	if v.Client == "" {
		v.Client = i.To()
	}
	for _, g := range c.Invite.Grants {
		v.Opens = append(v.Opens, page.Linked{Name: g.Name, Rights: rightsWord(g.Access)})
	}
	switch i.Standing {
	case onboarding.Invited:
		v.Step = page.Accept
	case onboarding.Other:
		v.Step = page.WrongUser
	case onboarding.Member:
		v.Step, v.Portal = page.Joined, portalPath(string(c.Agency))
	default:
		v.Step = page.AskCode
	}
	return v, nil
}

// InvitationCodeForm mails a sign-in code to the invited address, and to no other.
func InvitationCodeForm(s *Site, reception *onboarding.Reception, codes *signin.Codes) Page {
	return s.act("invitationCodeForm", func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.invitation(r, reception, identity.Caller{})
		if err != nil {
			return err
		}
		to, err := reception.Address(r.Context(), r.PathValue("token"))
		if err != nil {
			return err
		}
		if err = codes.Request(r.Context(), to, address(r)); err == nil {
			v.Step = page.GiveCode
			return s.show(w, r, http.StatusOK, v)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		if strings.HasPrefix(f.Limit.Name, "codes") { // one is out: it may as well be used
			v.Step, v.Note = page.GiveCode, page.Note{Tone: page.Wait, Text: f.Message}
		} else {
			v.Problems = problems(f, nil)
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// AcceptInvitationForm accepts for the signed-in person, or for the one who proves with a code to own the invited
// address, who is signed in by it.
func AcceptInvitationForm(s *Site, door *signin.Doorkeeper, reception *onboarding.Reception, codes *signin.Codes) Page {
	return s.act("acceptInvitationForm", func(w http.ResponseWriter, r *http.Request) error {
		ctx, token := r.Context(), r.PathValue("token")
		caller, err := door.Caller(ctx, credentials(r))
		if err != nil {
			return err
		}
		v, err := s.invitation(r, reception, caller)
		if err != nil {
			return err
		}
		if r.PostForm.Has("code") && v.Step != page.Accept && v.Step != page.Joined {
			to, err := reception.Address(ctx, token)
			if err != nil {
				return err
			}
			v.Step, v.Code = page.GiveCode, r.PostForm.Get("code")
			secret, session, err := codes.SignIn(ctx, to, v.Code, address(r), credentials(r).Session)
			if err != nil {
				f, err := ours(r, err)
				if err != nil {
					return err
				}
				v.Problems = problems(f, signInNames)
				retryAfter(w, f)
				return s.show(w, r, f.Code.Status(), v)
			}
			http.SetCookie(w, cookie.New(secret, identity.SessionLifetime))
			caller = session.Person()
		}
		c, err := reception.Accept(ctx, token, caller)
		switch {
		case err == nil:
			return seeOther(w, portalPath(string(c.Agency))+"&welcome=1")
		case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.WrongAccount): // the page says what to do
			f := fault.As(err)
			note(ctx, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		return err
	})
}
