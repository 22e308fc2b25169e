package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/release"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

type emptyInput struct{}

type noContent struct{}

// HealthBody says that the function runs, and of which release it is.
type HealthBody struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version" doc:"The release that is deployed." example:"1.0.0"`
}

type healthOutput struct{ Body HealthBody }

// GetHealth answers as long as the API is reached at all. It touches nothing behind it.
func GetHealth() Operation {
	return operation(nil, described{
		id: "getHealth", method: http.MethodGet, who: identity.ByAnyone, tag: tagService, status: 200,
		summary:     "Check health",
		description: "Answers whenever the API can be reached, with the version that is deployed.",
	}, func(_ context.Context, _ identity.Caller, _ *emptyInput) (*healthOutput, error) {
		return &healthOutput{HealthBody{"ok", release.Version}}, nil
	})
}

type requestCodeInput struct {
	Body struct {
		Email      string `json:"email" doc:"Where we send the code." example:"ops@acme.example" maxLength:"320"`
		Invitation string `json:"invitation,omitempty" doc:"The secret of an invitation's link." example:"lki_…" maxLength:"400"`
	}
}

type flowOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Flow     string        `json:"flow" doc:"Send it with the code. Browsers also have it in a cookie." example:"s1.5f0c2f0e.8hYd0"`
		Warnings []WarningBody `json:"warnings" nullable:"false" doc:"What may be a mistake. The code is sent all the same."`
	}
}

// RequestSignInCode mails a sign-in code to an address.
func RequestSignInCode(codes *signin.Codes, invitations *onboarding.Invitations) Operation {
	return operation(nil, described{
		id: "requestSignInCode", method: http.MethodPost, who: identity.ByAnyone, tag: tagSession, status: 202,
		summary: "Email a sign-in code",
		description: "Emails a six-digit code. The answer is the same whether or not we know the address. The code works only " +
			"together with the flow in the answer, or with the cookie that carries it. With the secret of an open invitation to the " +
			"address, its holder has codes that strangers can't use up. Any other secret counts for nothing.",
		codes: []fault.Code{fault.Invalid, fault.RateLimited},
	}, func(ctx context.Context, _ identity.Caller, in *requestCodeInput) (*flowOutput, error) {
		to, err := email.Parse("email", in.Body.Email)
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		held, err := heldInvitation(ctx, invitations, in.Body.Invitation, to)
		if err != nil {
			return nil, err
		}
		var flow string
		if held != "" {
			flow, err = codes.RequestInvited(ctx, to, held, r.browser, r.ip)
		} else {
			flow, err = codes.Request(ctx, to, r.browser, r.ip)
		}
		if err != nil {
			return nil, err
		}
		out := &flowOutput{SetCookie: cookie.Flow(flow).String()}
		out.Body.Flow, out.Body.Warnings = flow, warnings(to)
		return out, nil
	}, func(in *requestCodeInput) error {
		_, err := email.Parse("email", in.Body.Email)
		return err
	})
}

// heldInvitation is the open invitation to the address whose link the secret is of; "" for none. That it is none is not told,
// since whoever holds a link that was passed on could find out by it to whom it was sent.
func heldInvitation(ctx context.Context, invitations *onboarding.Invitations, secret string, to email.Address) (id.Invite, error) {
	if secret == "" {
		return "", nil
	}
	invited, which, err := invitations.Address(ctx, secret)
	if err == nil && invited == to {
		return which, nil
	}
	if fault.As(err) != nil {
		err = nil
	}
	return "", err
}

type signInInput struct {
	Body struct {
		Email string `json:"email" example:"ops@acme.example" maxLength:"320"`
		Code  string `json:"code" doc:"The six-digit code from the email." example:"493021" maxLength:"400"`
		Flow  string `json:"flow,omitempty" doc:"The flow from requestSignInCode. Leave it out if you send its cookie." maxLength:"2000"`
	}
}

// check reads the address, and says what is wrong with the values.
func (in *signInInput) check() (email.Address, error) {
	who, badEmail := email.Parse("email", in.Body.Email)
	return who, withCode(badEmail, in.Body.Code)
}

// withCode adds what is wrong with a code to what else is wrong. A code that alone is wrong is told of by whoever counts the tries.
func withCode(err error, typed string) error {
	_, bad := identity.ParseCode(typed)
	if f := fault.As(bad); err != nil && f != nil {
		return fault.Together(err, fault.FieldSaying("code", f.Message))
	}
	return err
}

// SessionBody is who is signed in.
type SessionBody struct {
	Email     string         `json:"email" example:"owner@northwind.example"`
	Agency    *SessionAgency `json:"agency" doc:"The agency you work at, or null."`
	SignedIn  Time           `json:"signedInAt"`
	ProvedAt  Time           `json:"provedAt" doc:"When you last confirmed that it's you: by signing in, or with stepUp."`
	ExpiresAt Time           `json:"expiresAt,omitzero"`
	Bound     bool           `json:"bound" doc:"Whether your agency's own sign-in made this session, which opens the agency alone."`
}

// SessionAgency is the agency that a session acts for.
type SessionAgency struct {
	ID       string `json:"id" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	MemberID string `json:"memberId" example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type openedOutput struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      SessionBody
}

// SignIn exchanges a code for a session cookie.
func SignIn(signIns *signin.SignIns) Operation {
	return operation(nil, described{
		id: "signIn", method: http.MethodPost, who: identity.ByAnyone, tag: tagSession, status: 201,
		summary: "Sign in with a code",
		description: "Exchanges the emailed code for a session cookie. A code expires after ten minutes or five wrong tries, and" +
			" works only in the flow or browser that asked for it.",
		codes: []fault.Code{fault.Invalid, fault.WrongCode, fault.RateLimited},
	}, func(ctx context.Context, _ identity.Caller, in *signInInput) (*openedOutput, error) {
		who, err := in.check()
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		from := r.browser
		from.Flow = cmp.Or(in.Body.Flow, from.Flow)
		opened, err := signIns.SignIn(ctx, who, in.Body.Code, from, r.ip, r.credentials.Session)
		if err != nil {
			return nil, err
		}
		s := opened.Session
		return &openedOutput{[]string{cookie.New(opened.Cookie, identity.SessionLifetime).String(), cookie.Known(opened.Known).String()},
			sessionBody(s.Person(), s.ExpiresAt)}, nil
	}, func(in *signInInput) error {
		_, err := in.check()
		return err
	})
}

func sessionBody(c identity.Caller, expires time.Time) SessionBody {
	b := SessionBody{Email: string(c.Email), SignedIn: Time(c.Since), ProvedAt: Time(c.Proved), ExpiresAt: Time(expires),
		Bound: c.By.Bound != ""}
	if c.Agency != "" {
		b.Agency = &SessionAgency{string(c.Agency), string(c.Member)}
	}
	return b
}

type stepUpInput struct {
	Body struct {
		Code string `json:"code" doc:"The six-digit code from the email." example:"493021" maxLength:"400"`
		Flow string `json:"flow,omitempty" doc:"The flow from requestSignInCode. Leave it out if you send its cookie." maxLength:"2000"`
	}
}

type steppedOutput struct{ Body SessionBody }

// StepUp has somebody prove again that it is them, in the session that they have.
func StepUp(auth *signin.Authenticator, stepUps *signin.StepUps) Operation {
	return operation(auth, described{
		id: "stepUp", method: http.MethodPost, who: identity.ByPerson.AlsoBound(), tag: tagSession, status: 200,
		summary: "Confirm that it's you",
		description: "Billing, members, API keys, the sender and deleting need a proof from the last ten minutes. They answer " +
			"step_up_required without one. Ask for a code for your own address with requestSignInCode, send it here, and call again. " +
			"Signing in counts as a proof.",
		codes: []fault.Code{fault.Invalid, fault.WrongCode, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *stepUpInput) (*steppedOutput, error) {
		r := of(ctx)
		from := r.browser
		from.Flow = cmp.Or(in.Body.Flow, from.Flow)
		proved, err := stepUps.ByCode(ctx, caller, in.Body.Code, from, r.ip)
		if err != nil {
			return nil, err
		}
		return &steppedOutput{sessionBody(proved, proved.Since.Add(identity.SessionLifetime))}, nil
	}, func(in *stepUpInput) error { return withCode(nil, in.Body.Code) })
}

type signOutInput struct {
	Everywhere bool `query:"everywhere" doc:"End all your sessions, on every device."`
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

// SignOut ends the session of the request.
func SignOut(auth *signin.Authenticator, sessions *signin.Sessions) Operation {
	return operation(auth, described{
		id: "signOut", method: http.MethodDelete, who: identity.ByVisitor.AlsoBound(), tag: tagSession, status: 204,
		summary: "Sign out",
		description: "Ends this session, or all your sessions. Without a session it changes nothing. If you signed in with a provider, " +
			"you stay signed in there.",
		codes: []fault.Code{fault.Invalid, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *signOutInput) (*signOutOutput, error) {
		out := &signOutOutput{SetCookie: cookie.New("", 0).String()}
		held := of(ctx).credentials.Session
		if !in.Everywhere {
			return out, sessions.End(ctx, held)
		}
		if !caller.SignedIn() {
			return out, nil
		}
		r := of(ctx)
		return out, sessions.EndAll(ctx, caller, r.browser, r.ip)
	})
}

// WaitingBody is an invitation that waits for the caller's address.
type WaitingBody struct {
	AgencyID  string `json:"agencyId" doc:"Use it as the token of viewInvitation, acceptInvitation and startCheckout."`
	Agency    string `json:"agency" example:"Northwind Automations"`
	ExpiresAt Time   `json:"expiresAt"`
}

// CurrentBody is who is signed in, and what waits for the address.
type CurrentBody struct {
	SessionBody
	Invitations []WaitingBody `json:"invitations" nullable:"false" doc:"Invitations waiting for your address. Up to 20."`
}

type currentOutput struct{ Body CurrentBody }

// GetSession says who is signed in.
func GetSession(auth *signin.Authenticator, waiting *onboarding.Waiting) Operation {
	return operation(auth, described{
		id: "getSession", method: http.MethodGet, who: identity.ByPerson.AlsoBound(), tag: tagSession, status: 200,
		summary:     "Get your session",
		description: "Who you are, and the invitations waiting for your address. You can accept those without their links.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*currentOutput, error) {
		var invited []onboarding.Invitation
		var err error
		if caller.By.Bound == "" { // an agency's own provider opens nobody's invitations
			if invited, err = waiting.List(ctx, caller); err != nil {
				return nil, err
			}
		}
		out := &currentOutput{CurrentBody{sessionBody(caller, caller.Since.Add(identity.SessionLifetime)), []WaitingBody{}}}
		for _, i := range invited {
			out.Body.Invitations = append(out.Body.Invitations,
				WaitingBody{string(i.Client.Agency), i.Client.Invite.From.AgencyName, Time(i.Client.Invite.ExpiresAt)})
		}
		return out, nil
	})
}

// AgencyBody is an agency's face.
type AgencyBody struct {
	ID      string `json:"id,omitempty" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name    string `json:"name" example:"Northwind Automations"`
	Color   string `json:"color" example:"#0b6e4f"`
	LogoURL string `json:"logoUrl" doc:"Empty if there is none."`
}

func agencyBody(a *agency.Agency) *AgencyBody {
	return &AgencyBody{ID: string(a.ID), Name: a.Name, Color: a.Color, LogoURL: a.LogoURL}
}

// KeyBody is an API key, without its secret.
type KeyBody struct {
	ID         string   `json:"id" example:"key_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name       string   `json:"name" example:"CRM sync"`
	Scopes     []string `json:"scopes" example:"[\"invites:write\"]"`
	Hint       string   `json:"hint" doc:"The secret's last four characters." example:"x7Qa"`
	CreatedAt  Time     `json:"createdAt"`
	LastUsedAt *Time    `json:"lastUsedAt" doc:"To the hour. null if never used."`
	RevokedAt  *Time    `json:"revokedAt" doc:"null while the key works."`
	Secret     string   `json:"secret,omitempty" doc:"The key itself. Shown once, when you create it."`
}

func keyBody(k *identity.APIKey) KeyBody {
	b := KeyBody{ID: string(k.ID), Name: k.Name, Scopes: []string{}, Hint: k.Hint, CreatedAt: Time(k.CreatedAt),
		LastUsedAt: orNull(k.LastUsedAt), RevokedAt: orNull(k.RevokedAt)}
	for _, s := range k.Scopes {
		b.Scopes = append(b.Scopes, string(s))
	}
	return b
}

type createKeyInput struct {
	Once

	Body struct {
		Name   string   `json:"name" doc:"A name to tell your keys apart." example:"CRM sync"`
		Scopes []string `json:"scopes" doc:"The key's permissions." example:"[\"invites:write\",\"clients:read\"]"`
	}
}

// key is what the key is made from.
func (in *createKeyInput) key() signin.NewKey {
	n := signin.NewKey{Name: in.Body.Name}
	for _, s := range in.Body.Scopes {
		n.Scopes = append(n.Scopes, identity.Scope(s))
	}
	return n
}

type keyOutput struct{ Body KeyBody }

// powerful are the names of the powerful scopes, in words.
func powerful() string { return strings.Join(scopes(true), ", ") }

// scopes are the names of the scopes that are powerful, or of those that are not.
func scopes(powerful bool) (all []string) {
	for _, s := range identity.Scopes() {
		if s.Powerful() == powerful {
			all = append(all, string(s))
		}
	}
	return all
}

// CreateAPIKey makes an API key.
func CreateAPIKey(auth *signin.Authenticator, keys *signin.Keys) Operation {
	return operation(auth, described{
		id: "createApiKey", method: http.MethodPost, who: identity.ByStaff(identity.InPerson).Stepped(), tag: tagKeys, status: 201,
		summary: "Create an API key",
		description: "Only a signed-in member can create one. The secret is shown once. Scopes are " +
			strings.Join(scopes(false), ", ") + ", and the powerful ones: " + powerful() + ". Those do what people confirm first. " +
			"No key has one unless you name it. Each use is in Activity, and owners are emailed about it at most once a day.",
		codes: []fault.Code{fault.Invalid, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *createKeyInput) (*keyOutput, error) {
		k, token, err := keys.Create(ctx, caller, in.key(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		out := &keyOutput{keyBody(k)}
		out.Body.Secret = token
		return out, nil
	}, func(in *createKeyInput) error {
		_, err := in.key().Check()
		return err
	})
}

type keysOutput struct {
	Body struct {
		Items      []KeyBody `json:"items"`
		NextCursor *string   `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListAPIKeys lists the agency's API keys.
func ListAPIKeys(auth *signin.Authenticator, keys *signin.Keys) Operation {
	return operation(auth, described{
		id: "listApiKeys", method: http.MethodGet, who: identity.ByStaff(identity.InPerson), tag: tagKeys, status: 200,
		summary:     "List API keys",
		description: "Newest first, including revoked keys.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*keysOutput, error) {
		all, err := keys.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &keysOutput{}
		out.Body.Items = []KeyBody{}
		page, next, err := pageOf(*in, all, func(k *identity.APIKey) string { return string(k.ID) }, true, id.KeyPrefix)
		if err != nil {
			return nil, err
		}
		out.Body.NextCursor = next
		for i := range page {
			out.Body.Items = append(out.Body.Items, keyBody(&page[i]))
		}
		return out, nil
	})
}

type keyInput struct {
	KeyID string `path:"keyId" example:"key_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// RevokeAPIKey ends an API key.
func RevokeAPIKey(auth *signin.Authenticator, keys *signin.Keys) Operation {
	return operation(auth, described{
		id: "revokeApiKey", method: http.MethodDelete, who: identity.ByStaff(identity.InPerson).Stepped(), tag: tagKeys, status: 204,
		summary:     "Revoke an API key",
		description: "The key stops working at once.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *keyInput) (*noContent, error) {
		which, err := id.ParseKey(in.KeyID)
		if err != nil {
			return nil, err
		}
		return nil, keys.Revoke(ctx, caller, which)
	})
}
