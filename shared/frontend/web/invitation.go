package web

import (
	"net/http"
	"net/url"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

func invitationPath(token string) string { return "/i/" + url.PathEscape(token) }

func portalPath(agency string) string { return "/portal?agency=" + url.QueryEscape(agency) }

// The forms of an invitation's page lead back to it with these.
const (
	codeMailed = "?step=code"     // asks for the code that was mailed
	agreedTo   = "&offer="        // names the offer that was accepted, but for the code
	codeAgain  = "&again=1"       // says that it is a new one
	declined   = "?done=declined" // thanks for a no
	proposed   = "?done=proposed" // thanks for another address
)

// InvitationPage is what the link in the mail opens; with answer=decline or answer=propose it asks for that answer, and with
// step=code for the code that was mailed. Looking at it changes nothing.
func InvitationPage(s *Site, auth *signin.Authenticator, invitations *onboarding.Invitations, answers *onboarding.Answers,
	decliner *onboarding.Decliner, codes *signin.Codes, signIns *signin.SignIns, providers []identity.OpenIDProvider) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		q := r.URL.Query()
		v, err := s.invitation(r, invitations, caller)
		l := words.In(r.Context())
		v.Providers, v.Note = buttons(l, providers, v.URL), setbackNote(l, q, providers, s.now())
		if fault.Is(err, fault.Gone) && q.Get("done") == "declined" {
			// Whoever has declined is thanked. Any other dead link tells what it tells without the thanks.
			thanked, wrong := decliner.Declined(r.Context(), caller, r.PathValue("token"))
			if wrong != nil {
				return wrong
			}
			if thanked {
				return s.show(w, r, http.StatusOK, page.Answered{Brand: s.brand, Declined: true})
			}
		}
		if err != nil {
			return err
		}
		if v.Step == page.Joined {
			return s.show(w, r, http.StatusOK, v)
		}
		if q.Get("done") == "proposed" && v.Proposed {
			return s.show(w, r, http.StatusOK, page.Answered{Brand: v.Brand})
		}
		switch q.Get("answer") {
		case "decline":
			v.Step = page.Declining
		case "propose":
			v.Step, v.Email = page.Proposing, v.Person
		}
		if q.Get("step") == "code" && (v.Step == page.AskCode || v.Step == page.WrongUser) {
			v.Step, v.Wait = page.GiveCode, seconds(identity.CodeApart)
			// The code alone is missing when this very offer was accepted on the page before; any other is to be looked at.
			if offer := q.Get("offer"); offer == v.Offer {
				v.Agreed = true
			} else if offer != "" {
				v.Note = changedOffer(l)
			}
			if q.Get("again") != "" {
				v.Note = page.Note{Tone: page.Good, Text: l.Say("invitation.code_again")}
			}
			if proves := provesNote(l, q, providers); proves.Text != "" {
				v.With, v.Note = q.Get("with"), proves
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return speaks(s.page("invitationPage", auth, identity.ByHolder, show,
		primary(acceptInvitation(s, invitations, signIns)), mailCode(s, invitations, codes, providers),
		declineInvitation(s, invitations, decliner), proposeAddress(s, invitations, answers), requestNewLink(answers)),
		words.Invitation, words.Passkeys, words.Meant, words.SignIn, words.Money, words.Receipt, words.Contract)
}

// deadLink is the fault of a link that opens nothing, with the page to show for it.
type deadLink struct {
	view  page.DeadLink
	cause *fault.Error
}

func (d *deadLink) Error() string { return d.cause.Error() }
func (d *deadLink) Unwrap() error { return d.cause }

// dead is the page of a link that opens nothing: one with the agency's brand for the holder of a formerly good link.
func (s *Site) dead(w http.ResponseWriter, r *http.Request, err error, f *fault.Error) error {
	v := page.DeadLink{Brand: s.brand, Expired: f.Code == fault.Expired}
	if d, ok := asDeadLink(err); ok {
		v = d.view
	}
	return s.show(w, r, http.StatusGone, v)
}

// invitation prepares the page for whoever is looking. From then on the request speaks the page's language.
func (s *Site) invitation(r *http.Request, invitations *onboarding.Invitations, caller identity.Caller) (page.Invitation, error) {
	token, now := r.PathValue("token"), s.now()
	i, err := invitations.View(r.Context(), token, caller)
	if i.Client != nil {
		prefer(r, written(i.Client, i.Agency()))
	}
	l := words.In(r.Context())
	if f := fault.As(err); f != nil && i.Client != nil {
		d := &deadLink{page.DeadLink{Brand: senderBrand(i.Client.Invite.From)}, f}
		if d.view.Expired = f.Code == fault.Expired; !d.view.Expired {
			d.view.Ended = true
		} else if at := i.Asked(now); !at.IsZero() {
			d.view.Asked = page.TimeIn(l, at, now)
		} else {
			d.view.Ask = invitationPath(token)
		}
		return page.Invitation{}, d
	}
	if err != nil {
		return page.Invitation{}, err
	}
	c := i.Client
	event.Annotate(r.Context(), "agency", string(c.Agency), "client", string(c.ID), "invite", string(c.Invite.ID))
	v := page.Invitation{
		Brand: senderBrand(c.Invite.From), Inviter: c.Invite.From.Name,
		URL: invitationPath(token), Client: c.Name, Masked: c.Email.Masked(), Person: string(caller.Email),
		Message: c.Invite.Message, Until: page.TimeIn(l, c.Invite.ExpiresAt, now), Offer: i.OfferIn(l), Proposed: c.Proposal != nil,
	}
	if deal := c.Invite.Contract; deal != nil {
		v.Pays = checkoutPath(c.Agency)
		if v.Bill, err = bill(deal, l); err != nil {
			return page.Invitation{}, err
		}
	}
	for _, g := range i.Grants {
		v.Opens = append(v.Opens, page.Linked{Name: g.Name, Rights: accessWord(l, g.Access)})
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

// changedOffer is what somebody reads who has looked at another offer than the one there is now.
func changedOffer(l words.Language) page.Note {
	return page.Note{Tone: page.Wait, Title: l.Say("invitation.changed_title"), Text: l.Say("invitation.changed_text")}
}

// accessWord says to an invitee what it is given.
func accessWord(l words.Language, a instance.Access) string {
	if a == instance.Write {
		return l.Say("invitation.write")
	}
	return l.Say("invitation.read")
}

// seconds is a wait in whole seconds, rounded up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// mailCode mails a sign-in code to the invited address, and to no other.
func mailCode(s *Site, invitations *onboarding.Invitations, codes *signin.Codes, providers []identity.OpenIDProvider) Form {
	return form("code", identity.ByHolder, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		v, err := s.invitation(r, invitations, identity.Caller{})
		if err != nil {
			return err
		}
		l := words.In(r.Context())
		v.Providers, v.With = buttons(l, providers, v.URL), r.PostForm.Get("with")
		to, invite, err := invitations.AddressIn(r.Context(), r.PathValue("token"), r.PostForm.Get("timeZone"))
		if err != nil {
			return err
		}
		flow, err := codes.RequestInvited(r.Context(), to, invite, asking(r), address(r))
		if err == nil {
			http.SetCookie(w, cookie.Flow(flow))
			next := v.URL + codeMailed
			if offer := r.PostForm.Get("offer"); offer == v.Offer {
				next += agreedTo + offer
			}
			if r.PostForm.Get("again") != "" {
				next += codeAgain
			}
			if with, ok := identity.FindProvider(providers, identity.ProviderID(v.With)); ok {
				next += "&with=" + string(with.ID)
			}
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		waiting, err := codeWaits(r, codes, f, to)
		if err != nil {
			return err
		}
		if waiting {
			v.Step, v.Wait, v.Note = page.GiveCode, seconds(f.Retry), page.Note{Tone: page.Wait, Text: f.Message}
			v.Agreed = r.PostForm.Get("offer") == v.Offer
		} else {
			v.Problems = problems(f, nil)
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// acceptInvitation accepts for the signed-in person, or for the one who proves with a code to own the invited
// address, who is signed in by it.
func acceptInvitation(s *Site, invitations *onboarding.Invitations, signIns *signin.SignIns) Form {
	return form("accept", identity.ByHolder, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.invitation(r, invitations, caller)
		if err != nil {
			return err
		}
		ctx, token := r.Context(), r.PathValue("token") // in the language of the page, by which the offer is known
		var opened *identity.Opened
		if r.PostForm.Has("code") && v.Step != page.Accept && v.Step != page.Joined {
			to, _, err := invitations.Address(ctx, token)
			if err != nil {
				return err
			}
			v.Step, v.Code = page.GiveCode, r.PostForm.Get("code")
			v.Agreed = r.PostForm.Get("offer") == v.Offer
			opened, err = signIns.SignIn(ctx, to, v.Code, cookie.Browser(r), address(r), credentials(r).Session)
			if err != nil {
				f, err := ours(r, err)
				if err != nil {
					return err
				}
				v.Problems, v.Spent = problems(f, signInNames), identity.Spent(f)
				retryAfter(w, f)
				return s.show(w, r, f.Code.Status(), v)
			}
			signedIn(w, opened)
			caller = opened.Session.Person()
		}
		c, err := invitations.Accept(ctx, token, r.PostForm.Get("offer"), caller)
		switch {
		case err == nil:
			return seeOther(w, afterCode(opened, portalPath(string(c.Agency))+"&welcome=1"))
		case fault.Is(err, fault.PaymentRequired): // the person is signed in, and says there how it pays
			carry(w, r)
			return seeOther(w, afterCode(opened, v.Pays))
		case fault.Is(err, fault.OfferChanged): // it is shown anew, with what is offered now
			f := fault.As(err)
			note(ctx, f)
			if v, err = s.invitation(r, invitations, caller); err != nil {
				return err
			}
			v.Note = changedOffer(words.In(ctx))
			return s.show(w, r, f.Code.Status(), v)
		case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.WrongAccount): // the page says what to do
			f := fault.As(err)
			note(ctx, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		return err
	})
}
